//! Our orders: life cycle, risk gate, positions and profit, reconciliation. Applies venue events about our account in the order they
//! were seen; knows nothing of market data but what its callers hand in.
//!
//! [`Desk`] is the only door for events and requests, [`gate`] the only place where an order is approved. Rules:
//! - What became of an order is never guessed and an order is never sent twice: when an answer is missing the order is Unknown and the
//!   venue is asked by label.
//! - A fill changes the position whatever the order's state, once per (instrument, trade id).
//! - A spread has no position of its own: its legs' fills carry them; a fill on the spread itself only moves its order on.

mod desk;
pub mod gate;
mod guard;
mod ledger;
mod life;
mod link;
mod order;
mod out;
mod queue;
mod reconcile;
mod seen;

pub use desk::{Desk, Included, Scene};
pub use guard::Guard;
pub use out::Out;
