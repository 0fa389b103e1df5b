//! The order connection.

use super::config::Config;
use crate::base::time::{Instant, Now};
use crate::venues::{Input, Output, Session};

/// The order side of one Deribit connection.
#[derive(Debug)]
pub struct OrderSession {
    config: Config,
}

impl OrderSession {
    pub fn new(config: Config) -> Self {
        Self { config }
    }
}

impl Session for OrderSession {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output) {
        let _ = (now, input, out, &self.config);
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }
}
