//! When a picture goes out: urgent things at once, the rest at the publisher's own pace, nothing when nothing changed.

use std::time::Duration;

use super::meter::Visible;
use crate::base::time::Instant;
use crate::view::dirt::Dirt;

/// Shorter than any frame.
const VISIBLE: Duration = Duration::from_millis(8);
const HIDDEN: Duration = Duration::from_millis(250);
/// For what only ages the picture; well within [`LINK_SILENCE`](crate::view::book::LINK_SILENCE), which the screen counts by it.
const QUIET: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Pace {
    last: Option<Instant>,
    visible: Visible,
}

impl Pace {
    pub fn new() -> Self {
        Self { last: None, visible: Visible::Yes }
    }

    pub fn visible(&self) -> Visible {
        self.visible
    }

    pub fn set_visible(&mut self, visible: Visible) {
        self.visible = visible;
    }

    /// When something as dirty as this goes out; `None` for never.
    pub fn due(&self, dirt: Dirt) -> Option<Instant> {
        let wait = match (dirt, self.visible) {
            (Dirt::Clean, _) => return None,
            (Dirt::Quiet, _) => QUIET,
            (Dirt::Changed, Visible::Yes) => VISIBLE,
            (Dirt::Changed, Visible::No) => HIDDEN,
            (Dirt::Urgent, _) => return Some(Instant::default()),
        };
        Some(self.last.map_or(Instant::default(), |last| last + wait))
    }

    pub fn published(&mut self, now: Instant) {
        self.last = Some(now);
    }
}
