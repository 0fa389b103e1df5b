//! Market state: books, tape, liquidity history, and whether each book may be believed. Applies venue events in the order they
//! were seen; knows nothing of orders.
//!
//! [`Markets`] is the only door. What it changes it marks, and [`Markets::publish`] rebuilds the marked pictures only.
//!
//! A book that fails its checks says so at once, asks for one new snapshot and takes no change until that arrives. Sequence numbers
//! are the session's business; here the content is checked.

mod clock;
mod heat;
mod instrument;
mod markets;
mod products;
mod profile;
mod seen;

pub use instrument::LinkLife;
pub use markets::{Found, Markets};
