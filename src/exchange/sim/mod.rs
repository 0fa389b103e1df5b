//! The simulated market around the [`Engine`](super::engine::Engine): a virtual clock, agents that trade on it, and the record of what
//! clients did. One [`Exchange`] is one run: the same seed, start, rate and inputs give the same events, byte for byte.
//!
//! `data` ← `prices` (what things are worth) ← `crowd` (who quotes and trades) ← `boot` (the day so far) ← `exchange` (the facade);
//! `clock` orders what is due, `input_log` writes and reads client inputs, `print` runs without a socket.

pub mod clock;
mod data;
mod exchange;
mod input_log;
pub mod prices;

pub use data::{DataError, MarketData};
pub use exchange::{Config, Exchange, ExchangeEvent, Progress, Released, What};
pub use input_log::{Header, Input, InputLog, LogError, Stamped};
