//! Parts of protocols that every venue needs, each a small machine of its own. Time is an argument everywhere.

pub mod backoff;
pub mod rate_limit;
pub mod requests;
pub mod sequence;
pub mod silence;
pub mod subscriptions;
