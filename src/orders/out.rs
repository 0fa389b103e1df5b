//! What the desk wants done and said. Core empties it.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::command::SessionCommand;
use crate::view::dirt::Dirt;
use crate::view::session::Severity;

#[derive(Debug, Default)]
pub struct Out {
    /// For the order connection.
    pub session: Vec<SessionCommand>,
    /// One sentence and a second line each.
    pub said: Vec<(Severity, Arc<str>, Arc<str>)>,
    pub anomalies: u64,
    pub round_trips: Vec<Duration>,
    pub dirt: Dirt,
}

impl Out {
    pub fn say(&mut self, severity: Severity, text: impl Into<Arc<str>>) {
        self.say_more(severity, text, "");
    }

    pub fn say_more(&mut self, severity: Severity, text: impl Into<Arc<str>>, detail: impl Into<Arc<str>>) {
        self.said.push((severity, text.into(), detail.into()));
    }
}
