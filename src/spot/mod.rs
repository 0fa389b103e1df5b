//! Spot boards: what GPU-hours and tokens cost at those who sell them. Bytes come in (embedded, from a file, or fetched by the
//! shell), rows and counts of what was skipped come out; nothing here opens a file or a socket.
//!
//! A source is a small parser: [`litellm`], [`openrouter`], [`skypilot`], [`own_csv`]. What each may be used for is in [`source`],
//! whose prices may not enter a median in [`provider`]. [`rental`] and [`tokens`] make boards of rows, [`listing`] what the screen
//! shows of them, [`embedded`] holds the snapshots that come with the program, [`print`](mod@print) writes boards for scripts.
//!
//! Invariants: every row of a source is either taken or counted under a reason ([`intake`]); prices are decimal text turned into
//! integers, never floats ([`number`]); a median of list prices is never called an index.

pub mod csv;
pub mod embedded;
pub mod gpu;
pub mod intake;
mod json;
pub mod listing;
pub mod litellm;
pub mod model_name;
pub mod number;
pub mod openrouter;
pub mod own_csv;
pub mod print;
pub mod provider;
pub mod read;
pub mod rental;
pub mod skypilot;
pub mod source;
pub mod stats;
pub mod tokens;

/// Why a whole text is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpotError {
    #[error("the text is not UTF-8")]
    NotText,
    #[error("the text is empty")]
    Empty,
    #[error("the header lacks {missing}; it has {found}")]
    Header { missing: String, found: String },
    #[error("not the expected JSON: {0}")]
    Json(String),
    #[error("neither a price map, a model list nor the condensed set: {0}")]
    UnknownShape(&'static str),
    #[error("the embedded prices are damaged")]
    Damaged,
}
