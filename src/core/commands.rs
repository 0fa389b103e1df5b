//! What people ask for, and what became of our own requests to the connections.

use super::{Core, Effects};
use crate::base::time::Now;
use crate::domain::command::{Command, Intent, SessionCommand};
use crate::domain::event::Link;
use crate::view::dirt::Dirt;
use crate::view::session::Severity;

impl Core {
    pub(super) fn command(&mut self, now: Now, command: Command, fx: &mut Effects) {
        match command.intent {
            Intent::Watch(ids) => self.markets.watch(&ids, now),
            Intent::Visible(is_visible) => self.set_visible(is_visible),
            Intent::Reconnect => {
                fx.session.extend([Link::Market, Link::Orders].map(|link| (link, SessionCommand::Reconnect)));
            }
            _ => {}
        }
    }

    pub(super) fn undelivered(&mut self, now: Now, link: Link, command: SessionCommand, fx: &mut Effects) {
        let _ = (now, fx);
        if let (Link::Market, SessionCommand::Resync(id)) = (link, command) {
            self.markets.resync_undelivered(id);
        }
    }

    pub(super) fn degraded(&mut self, now: Now, is_degraded: bool, fx: &mut Effects) {
        if self.meter.stats.is_degraded == is_degraded {
            return;
        }
        self.meter.stats.is_degraded = is_degraded;
        self.dirt.raise(Dirt::Urgent);
        let (severity, text) = if is_degraded {
            (Severity::Warn, "Market data arrives faster than it can be taken in; prices lag by seconds.")
        } else {
            (Severity::Info, "Market data has caught up.")
        };
        self.notices.tell(now, severity, text, &mut fx.log);
    }
}
