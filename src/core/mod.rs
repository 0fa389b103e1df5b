//! The single writer. `Core::step` takes one input at a time, in the order they were seen, and returns what must be done; it
//! performs nothing itself, so the same inputs give the same state on any machine.

use std::ops::Range;
use std::sync::Arc;

use crate::base::time::{Instant, Now};
use crate::domain::command::{Command, SessionCommand};
use crate::domain::event::{Batch, Link};
use crate::view::View;
use crate::view::session::{Environment, SessionView};

/// One thing that happened, as core sees it.
#[derive(Debug)]
pub enum Input {
    Command(Command),
    /// From a connection, in the order received.
    Venue {
        link: Link,
        batch: Batch,
    },
    /// Order counters that are persisted as used up and may now be used.
    Labels(Range<u64>),
    /// A queue refused one of our commands: it did not reach the connection.
    Undelivered {
        link: Link,
        command: SessionCommand,
    },
    /// Frames waiting behind the market link's queue for more than 2 s.
    Degraded(bool),
    Timer,
}

/// What must be done, in order. The caller empties it.
#[derive(Debug, Default)]
pub struct Effects {
    pub session: Vec<(Link, SessionCommand)>,
    /// At most one: the newest picture.
    pub publish: Option<Arc<View>>,
    /// Fewer than a few hundred order counters are left: persist and send more.
    pub needs_labels: bool,
    /// Lines for the log file: severity is the notice's own.
    pub log: Vec<crate::view::session::Notice>,
}

/// Fixed for the life of a core.
#[derive(Clone, Debug)]
pub struct Config {
    /// Account label for the screen: `SIM-01`.
    pub account: Arc<str>,
    pub venue: Arc<str>,
    /// What the venue was dialled as; a venue that says testnet on a REAL connection changes it.
    pub environment: Environment,
    /// Names this installation in order labels; letters and digits.
    pub install: Arc<str>,
}

/// All business state of the terminal.
#[derive(Debug)]
pub struct Core {
    session: SessionView,
}

impl Core {
    pub fn new(config: Config) -> Self {
        Self { session: SessionView::new(&config.account, &config.venue, config.environment) }
    }

    /// Applies one input. `fx` is appended to.
    pub fn step(&mut self, now: Now, input: Input, fx: &mut Effects) {
        let _ = (now, input, fx);
    }

    /// When `step(Timer)` is due at the latest: a pending publish, an unanswered order, a stale book, a disarm.
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The first picture, before any publish.
    pub fn initial_view(&self) -> Arc<View> {
        Arc::new(View::empty(self.session.clone()))
    }
}
