//! The way to one client, and the faults that tests put on it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::ConnectionId;

/// What the owner of the sockets must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send one text message; the text is shared by all who get it.
    Send { to: ConnectionId, text: Arc<str> },
    /// End the connection, then report it to its gateway as closed.
    Close { to: ConnectionId, why: &'static str },
    /// The same without a farewell: what is on its way is lost.
    Cut { to: ConnectionId },
}

/// Something that goes wrong on the way to one client, for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next book change is not sent: a gap.
    DropBook,
    /// The next book message is sent twice.
    DuplicateBook,
    /// Everything from the next book message on is held back for this long.
    DelayBook(Duration),
    /// The connection ends, without a farewell.
    Cut,
    /// The next order is refused.
    RejectOrder,
    /// Everything from the answer to the next order on is held back for this long.
    DelayAnswer(Duration),
}

/// What a message is, as far as faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freight {
    BookSnapshot,
    BookChange,
    Other,
}

/// A connection as tests see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionState {
    pub id: ConnectionId,
    /// That it acts for.
    pub account: Option<AccountId>,
    /// Channels of its account that it has subscribed to.
    pub account_channels: usize,
    /// Faults that were put on it and have yet to happen.
    pub faults: usize,
}

/// Messages that a delay holds back, in order.
#[derive(Debug)]
struct Held {
    until: Utc,
    messages: VecDeque<Arc<str>>,
}

#[derive(Debug)]
pub struct Line {
    to: ConnectionId,
    faults: VecDeque<Fault>,
    order_faults: VecDeque<Fault>,
    held: Option<Held>,
}

impl Line {
    pub fn new(to: ConnectionId) -> Self {
        Self { to, faults: VecDeque::new(), order_faults: VecDeque::new(), held: None }
    }

    pub fn inject(&mut self, fault: Fault, out: &mut Vec<Effect>) {
        match fault {
            Fault::Cut => out.push(Effect::Cut { to: self.to }),
            fault @ (Fault::RejectOrder | Fault::DelayAnswer(_)) => self.order_faults.push_back(fault),
            fault => self.faults.push_back(fault),
        }
    }

    /// Faults that have yet to happen.
    pub fn faults(&self) -> usize {
        self.faults.len() + self.order_faults.len()
    }

    /// Sends, unless a fault has other ideas.
    pub fn send(&mut self, now: Utc, freight: Freight, text: &Arc<str>, out: &mut Vec<Effect>) {
        if freight != Freight::Other && self.suffer(now, freight, text, out) {
            return;
        }
        self.emit(text, out);
    }

    /// Takes the next fault that applies. True when the message is not to be sent.
    fn suffer(&mut self, now: Utc, freight: Freight, text: &Arc<str>, out: &mut Vec<Effect>) -> bool {
        match self.faults.front() {
            Some(Fault::DropBook) if freight == Freight::BookChange => {
                self.faults.pop_front();
                true
            }
            Some(Fault::DuplicateBook) => {
                self.faults.pop_front();
                self.emit(text, out);
                false
            }
            Some(&Fault::DelayBook(span)) => {
                self.faults.pop_front();
                self.hold(now + span);
                false
            }
            _ => false,
        }
    }

    /// Takes the next fault that applies to an order. True when the order is to be refused.
    pub fn suffer_order(&mut self, now: Utc) -> bool {
        match self.order_faults.pop_front() {
            Some(Fault::DelayAnswer(span)) => {
                self.hold(now + span);
                false
            }
            Some(Fault::RejectOrder) => true,
            _ => false,
        }
    }

    fn hold(&mut self, until: Utc) {
        let held = self.held.get_or_insert_with(|| Held { until, messages: VecDeque::new() });
        held.until = held.until.max(until);
    }

    fn emit(&mut self, text: &Arc<str>, out: &mut Vec<Effect>) {
        match &mut self.held {
            Some(held) => held.messages.push_back(text.clone()),
            None => out.push(Effect::Send { to: self.to, text: text.clone() }),
        }
    }

    /// When what is held back must go.
    pub fn deadline(&self) -> Option<Utc> {
        self.held.as_ref().map(|held| held.until)
    }

    pub fn timer(&mut self, now: Utc, out: &mut Vec<Effect>) {
        if let Some(held) = self.held.take_if(|held| held.until <= now) {
            out.extend(held.messages.into_iter().map(|text| Effect::Send { to: self.to, text }));
        }
    }
}
