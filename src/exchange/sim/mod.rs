//! The simulated market around the [`Engine`](super::engine::Engine): a virtual clock, agents that trade on it, and the record of what
//! clients did. One [`Exchange`] is one run: the same seed, start, rate and inputs give the same events, byte for byte.
//!
//! `data` ← `prices` (what things are worth) ← `quoted` (one book as its makers see it) ← `crowd` (who quotes and trades) ← `valuation`
//! (keeps them in step) ← `past` (the months before) and `indices` (the ones that nobody settles against) ← `boot` (the day so far) ←
//! `exchange` (the facade). `directive` is what may be done to the market from outside, `scenario` a list of it in a file. `clock` orders what is due, `input_log` writes and reads client inputs, `print` runs without a socket.

mod boot;
mod clock;
mod crowd;
mod data;
mod directive;
mod exchange;
mod indices;
mod input_log;
mod input_orders;
mod input_words;
mod past;
mod plan;
mod prices;
mod print;
mod quoted;
mod scenario;
mod text;
mod valuation;

pub use data::{Config, DataError};
pub use directive::{Directive, Stay};
pub use exchange::{Exchange, ExchangeEvent, Progress, Released, What};
pub use input_log::{Header, Input, InputLog, LogError, Stamped};
pub use print::{RunError, print_run, write_released};
pub use scenario::{FASTEST, Scenario, ScenarioError};

#[cfg(test)]
mod tests;
