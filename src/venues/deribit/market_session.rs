//! The market-data connection.

use super::config::Config;
use crate::base::time::{Instant, Now};
use crate::venues::{Input, Output, Session};

/// The market-data side of one Deribit connection.
#[derive(Debug)]
pub struct MarketSession {
    config: Config,
}

impl MarketSession {
    pub fn new(config: Config) -> Self {
        Self { config }
    }
}

impl Session for MarketSession {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output) {
        let _ = (now, input, out, &self.config);
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }
}
