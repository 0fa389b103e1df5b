//! The embedded exchange: a real exchange in miniature. `calendar` ← `catalogue` ← `accounts` ← `engine` (matching, margin,
//! settlement) ← `standing` (what outlives the process); agents and the virtual clock drive it from above, gateways speak a venue's protocol for it.
//!
//! Everything here is deterministic: time is an argument, nothing iterates a hash map, and the same commands at the same instants give
//! the same events.

pub mod accounts;
pub mod catalogue;
pub mod engine;
pub mod gateways;
pub mod sim;
pub mod standing;
