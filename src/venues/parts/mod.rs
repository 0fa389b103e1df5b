//! Parts of protocols that every venue needs, each a small machine of its own.
