//! Ground floor: time, decimal text, seeded randomness, bounded containers. Knows nothing of trading and imports nothing of
//! the crate.

pub mod decimal;
pub mod digest;
pub mod histogram;
pub mod log;
pub mod ring;
pub mod rng;
pub mod time;
