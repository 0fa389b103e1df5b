//! Conditions on the prices of expressions: whether a level has been passed. Pure: core says when to look and at what, and tells people
//! what came of it.
//!
//! Only live books count. An alert of which any leg is not live never fires and says why; when the book comes back beyond the level, it
//! fires then. A repeating alert fires again once the price has been back behind its level by its hysteresis: two ticks of every leg.

mod alert;
mod list;
#[cfg(test)]
mod tests;

pub use alert::{Alert, Quote};
pub use list::{AlertError, Alerts, Firing, MOST};
