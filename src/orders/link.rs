//! What the desk knows of its connection, and what it owes it.

use std::time::Duration;

use super::out::Out;
use crate::base::time::Instant;
use crate::domain::command::SessionCommand;

/// After a fill the venue is asked for positions and margin, not oftener than this; and now and then while anything is held.
const POSITIONS_AFTER: Duration = Duration::from_secs(2);
const POSITIONS_EVERY: Duration = Duration::from_secs(10);
/// Time for the other fills of the same order to come in.
const FILLS_SETTLE: Duration = Duration::from_millis(250);
/// A cancel of everything that could not leave is tried again.
const CANCEL_AGAIN: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    Something,
}

#[derive(Debug, Default)]
pub struct OrderLink {
    pub(super) is_up: bool,
    pub(super) is_connected: bool,
    /// All open orders were listed since the connection began.
    pub(super) is_reconciled: bool,
    /// Counts connections.
    pub epoch: u32,
    /// A cancel of everything that has not been sent.
    pub owes_cancel_all: bool,
    cancel_all_tried: Option<Instant>,
    pub owes_reconcile: Option<Instant>,
    /// When positions are to be asked for; never while flat and quiet.
    positions_due: Option<Instant>,
    positions_asked: Option<Instant>,
    /// How often positions that disagree were asked for again.
    pub(super) checks: u32,
}

impl OrderLink {
    pub fn is_up(&self) -> bool {
        self.is_up
    }

    /// Whether an answer about an order would mean what it says.
    pub fn can_ask(&self) -> bool {
        self.is_up && self.is_reconciled
    }

    pub fn tick(&mut self, now: Instant, out: &mut Out) {
        if self.deadline().is_none_or(|due| now < due) {
            return;
        }
        if self.owes_reconcile.take_if(|due| now >= *due).is_some() {
            out.session.push(SessionCommand::Reconcile);
        }
        if self.positions_due.is_some_and(|due| now >= due) {
            self.positions_asked = Some(now);
            self.positions_due = Some(now + POSITIONS_EVERY);
            out.session.push(SessionCommand::Positions);
        }
        if self.owes_cancel_all && self.cancel_all_due() <= now {
            self.owes_cancel_all = false;
            self.cancel_all_tried = Some(now);
            out.session.push(SessionCommand::CancelAll);
        }
    }

    /// What we hold has just changed.
    pub(super) fn note_fill(&mut self, now: Instant) {
        let earliest = self.positions_asked.map_or(now, |asked| asked + POSITIONS_AFTER);
        let due = earliest.max(now + FILLS_SETTLE);
        self.positions_due = Some(self.positions_due.map_or(due, |planned| planned.min(due)));
    }

    /// The venue told all positions; `held` is whether we hold any.
    pub(super) fn note_positions(&mut self, now: Instant, held: Held) {
        self.positions_due = match held {
            Held::Something => self.positions_due.or(Some(now + POSITIONS_EVERY)),
            Held::Nothing => None,
        };
    }

    pub fn deadline(&self) -> Option<Instant> {
        if !self.is_up {
            return None;
        }
        let cancel = self.owes_cancel_all.then(|| self.cancel_all_due());
        [self.owes_reconcile, self.positions_due, cancel].into_iter().flatten().min()
    }

    fn cancel_all_due(&self) -> Instant {
        self.cancel_all_tried.map_or(Instant::default(), |tried| tried + CANCEL_AGAIN)
    }
}
