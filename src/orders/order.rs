//! One order as the desk keeps it: the picture that is shown, and what is remembered to keep the picture true.

use std::time::Duration;

use super::life::{self, Happening, Step};
use super::queue::QueuePlace;
use crate::base::time::{Instant, Now, Utc};
use crate::domain::command::SessionCommand;
use crate::domain::number::{Price, Qty};
use crate::domain::order::{Fill, NewOrder, OrderId, OrderReport, VenueOrderState};
use crate::view::trading::{OrderPhase, OrderView};

/// A request without an answer for this long leaves the order Unknown.
pub const ANSWER_DUE: Duration = Duration::from_secs(1);
/// Between questions about one order: doubled each time up to 32 s.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// How we came to know an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Known from birth: its fills are counted one by one.
    Placed,
    /// Found at the venue: counted by the venue's reports alone.
    Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Ours,
    Others,
}

#[derive(Clone, Debug)]
pub struct Order {
    pub view: OrderView,
    origin: Origin,
    /// Σ of the fills we were told of, one by one.
    fills: i64,
    /// Σ price × quantity of them, 10⁻¹⁵.
    fills_value: i128,
    /// As the venue's reports count.
    reported: i64,
    reported_average: Option<Price>,
    /// The venue's stamp of the newest report.
    stamp: Utc,
    /// Which connection it was sent on.
    pub epoch: u32,
    /// The venue has already once said that it does not know it.
    pub was_missed: bool,
    /// A cancel was asked for and has not been refused.
    pub wants_cancel: bool,
    /// When the last request left, until its answer.
    pub request_left: Option<Instant>,
    asked: Option<Instant>,
    questions: u32,
    pub queue: Option<QueuePlace>,
}

impl Order {
    pub fn placed(order: &NewOrder, now: Now, epoch: u32) -> Self {
        let view = OrderView {
            id: order.id,
            label: order.label.clone(),
            venue_order: None,
            instrument: order.instrument,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            post_only: order.post_only,
            reduce: order.reduce,
            price: order.price,
            qty: order.qty,
            filled: Qty::ZERO,
            average_price: None,
            phase: OrderPhase::Sending,
            wanted: None,
            since: now.mono,
            sent: now.utc,
            updated: now.utc,
            reason: None,
            queue: None,
            is_ours: true,
        };
        Self::keep(view, Origin::Placed, epoch)
    }

    /// An order that the venue told us of: from before we started, or somebody else's.
    pub fn found(report: &OrderReport, id: OrderId, whose: Whose, now: Now, epoch: u32) -> Self {
        let label = report.label.clone().unwrap_or_else(|| crate::domain::order::Label("".into()));
        let view = OrderView {
            id,
            label,
            venue_order: Some(report.venue_order.clone()),
            instrument: report.instrument,
            side: report.side,
            kind: report.kind,
            time_in_force: report.time_in_force,
            post_only: report.post_only,
            reduce: report.reduce,
            price: report.price,
            qty: report.qty,
            filled: Qty::ZERO,
            average_price: None,
            phase: OrderPhase::Unknown,
            wanted: None,
            since: now.mono,
            sent: report.created,
            updated: report.updated,
            reason: None,
            queue: None,
            is_ours: whose == Whose::Ours,
        };
        Self::keep(view, Origin::Found, epoch)
    }

    fn keep(view: OrderView, origin: Origin, epoch: u32) -> Self {
        Self {
            view,
            origin,
            fills: 0,
            fills_value: 0,
            reported: 0,
            reported_average: None,
            stamp: Utc::default(),
            epoch,
            was_missed: false,
            wants_cancel: false,
            request_left: None,
            asked: None,
            questions: 0,
            queue: None,
        }
    }

    /// Moves along the table. True when the order should not have met this.
    pub fn happen(&mut self, now: Instant, happening: Happening) -> bool {
        let step = life::next(self.view.phase, happening);
        let to = match step {
            Step::Keep => return false,
            Step::Rest if self.view.filled.is_zero() => OrderPhase::Working,
            Step::Rest => OrderPhase::PartFilled,
            Step::To(phase) => phase,
            Step::Ask | Step::Odd => OrderPhase::Unknown,
        };
        if to != self.view.phase {
            self.view.phase = to;
            self.view.since = now;
        }
        if !matches!(to, OrderPhase::Replacing | OrderPhase::Cancelling | OrderPhase::Unknown) {
            self.view.wanted = None;
        }
        if to == OrderPhase::Unknown {
            if happening != Happening::Overdue {
                (self.asked, self.questions) = (None, 0);
            }
        } else {
            self.was_missed = false;
        }
        if !matches!(to, OrderPhase::Working | OrderPhase::PartFilled | OrderPhase::Replacing | OrderPhase::Cancelling)
        {
            self.queue = None;
            self.view.queue = None;
        }
        step == Step::Odd
    }

    /// Takes over what a report says and tells what it amounts to.
    pub fn read(&mut self, report: &OrderReport) -> Happening {
        let is_older = report.updated < self.stamp || report.filled.0 < self.fills.max(self.reported);
        self.view.venue_order = Some(report.venue_order.clone());
        if is_older && report.state == VenueOrderState::Open {
            return Happening::Stale;
        }
        let was = (self.view.price, self.view.qty);
        let is_known = self.stamp != Utc::default();
        self.stamp = self.stamp.max(report.updated);
        self.reported = self.reported.max(report.filled.0);
        self.reported_average = report.average_price.or(self.reported_average);
        self.view.price = report.price;
        self.view.qty = report.qty;
        self.view.updated = report.updated;
        self.view.reason = report.cancel_reason.clone().or(self.view.reason.take());
        self.count_filled();
        let is_wanted = self.view.wanted.is_some_and(|(price, qty)| report.price == Some(price) && report.qty == qty);
        let is_amended = is_wanted || is_known && was != (report.price, report.qty);
        if is_amended {
            self.queue = None;
        }
        match report.state {
            VenueOrderState::Open if is_amended => Happening::Amended,
            VenueOrderState::Open => Happening::Open,
            VenueOrderState::Filled => Happening::ReportedFilled,
            VenueOrderState::Cancelled => Happening::ReportedCancelled,
            VenueOrderState::Rejected => Happening::ReportedRejected,
        }
    }

    /// Counts a new fill and tells what it amounts to.
    pub fn fill(&mut self, fill: &Fill) -> Happening {
        self.view.venue_order.get_or_insert_with(|| fill.venue_order.clone());
        if self.origin == Origin::Placed {
            self.fills = self.fills.saturating_add(fill.qty.0);
            self.fills_value = self.fills_value.saturating_add(i128::from(fill.price.0) * i128::from(fill.qty.0));
        }
        self.view.updated = self.view.updated.max(fill.utc);
        self.count_filled();
        if let Some(queue) = &mut self.queue {
            queue.reach_front();
            self.view.queue = Some(queue.bounds());
        }
        match self.fills.max(self.reported).cmp(&self.view.qty.0) {
            std::cmp::Ordering::Less => Happening::PartFill,
            std::cmp::Ordering::Equal => Happening::FullFill,
            std::cmp::Ordering::Greater => Happening::Overfill,
        }
    }

    /// Reports and fills count the same contracts and arrive in either order: the larger count is the newer.
    fn count_filled(&mut self) {
        self.view.filled = Qty(self.fills.max(self.reported));
        let by_fills =
            self.fills_value.checked_div(i128::from(self.fills)).and_then(|p| i64::try_from(p).ok()).map(Price);
        self.view.average_price =
            if self.fills >= self.reported { by_fills } else { self.reported_average.or(by_fills) };
    }

    /// Contracts that the venue counts as filled and no fill has told of yet.
    pub fn untold(&self) -> Qty {
        if self.origin == Origin::Placed { Qty((self.reported - self.fills).max(0)) } else { Qty::ZERO }
    }

    /// Whether an answer is overdue, or a question about it.
    pub fn overdue_at(&self) -> Option<Instant> {
        match self.view.phase {
            OrderPhase::Sending | OrderPhase::Replacing | OrderPhase::Cancelling => Some(self.view.since + ANSWER_DUE),
            OrderPhase::Unknown => Some(match self.asked {
                None => Instant::default(),
                Some(asked) => asked + ASK_AGAIN * (1 << self.questions.min(5).saturating_sub(1)),
            }),
            _ => None,
        }
    }

    /// The question what became of it; `None` when it has no label to ask by.
    pub fn question(&mut self, now: Instant) -> Option<SessionCommand> {
        self.asked = Some(now);
        self.questions = self.questions.saturating_add(1);
        let label = self.view.label.clone();
        (!label.0.is_empty()).then_some(SessionCommand::FindOrder { label, instrument: self.view.instrument })
    }

    /// The venue has acknowledged or filled it.
    pub fn is_acknowledged(&self) -> bool {
        self.view.venue_order.is_some()
    }

    /// It rests although it was to be cancelled.
    pub fn owes_cancel(&self) -> bool {
        self.wants_cancel && matches!(self.view.phase, OrderPhase::Working | OrderPhase::PartFilled)
    }

    pub fn cancel_command(&self) -> Option<SessionCommand> {
        let venue_order = self.view.venue_order.clone()?;
        Some(SessionCommand::Cancel { id: self.view.id, venue_order })
    }
}
