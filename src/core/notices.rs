//! What a person should read: one sentence each, the noisy kinds counted together.

use std::sync::Arc;
use std::time::Duration;

use crate::base::log::Log;
use crate::base::time::{Instant, Now};
use crate::view::session::{Notice, Severity};

/// Lost sequences are told at most this often, with their number.
const LOSS_PACE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Notices {
    log: Log<Notice>,
    losses: u32,
    /// The first or only book of the untold losses.
    lost_book: String,
    told_losses: Option<Instant>,
    is_dirty: bool,
}

impl Notices {
    pub fn new() -> Self {
        Self { log: Log::new(256), losses: 0, lost_book: String::new(), told_losses: None, is_dirty: false }
    }

    pub fn tell(&mut self, now: Now, severity: Severity, text: impl Into<Arc<str>>, out: &mut Vec<Notice>) {
        self.tell_more(now, severity, text, "", out);
    }

    /// With a second line.
    pub fn tell_more(
        &mut self,
        now: Now,
        severity: Severity,
        text: impl Into<Arc<str>>,
        detail: impl Into<Arc<str>>,
        out: &mut Vec<Notice>,
    ) {
        let notice = Notice { utc: now.utc, at: now.mono, severity, text: text.into(), detail: detail.into() };
        self.log.push(notice.clone());
        out.push(notice);
        self.is_dirty = true;
    }

    /// A book was lost and is being loaded again.
    pub fn count_loss(&mut self, book: impl FnOnce() -> String) {
        if self.losses == 0 {
            self.lost_book = book();
        }
        self.losses += 1;
    }

    /// Tells of counted losses when their turn has come.
    pub fn tick(&mut self, now: Now, out: &mut Vec<Notice>) {
        if self.deadline().is_none_or(|due| now.mono < due) {
            return;
        }
        let text = match std::mem::take(&mut self.losses) {
            1 => format!("The book of {} broke and is being loaded again.", self.lost_book),
            count => format!("{count} books broke and are being loaded again, {} first.", self.lost_book),
        };
        self.told_losses = Some(now.mono);
        self.tell(now, Severity::Warn, text, out);
    }

    pub fn deadline(&self) -> Option<Instant> {
        (self.losses > 0).then(|| self.told_losses.map_or(Instant::default(), |told| told + LOSS_PACE))
    }

    pub fn log(&self) -> &Log<Notice> {
        &self.log
    }

    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.is_dirty)
    }
}
