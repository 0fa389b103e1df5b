//! What the gateway remembers of one WebSocket connection.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::filter::Filter;
use crate::base::time::Utc;
use crate::exchange::accounts::{AccountId, Portfolio};
use crate::exchange::catalogue::ListingId;
use crate::exchange::engine::ConnectionId;
use crate::venues::deribit::wire::Interval;

/// What the owner of the sockets must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send one text message; the text is shared by all who get it.
    Send { to: ConnectionId, text: Arc<str> },
    /// End the connection, then report it to [`Gateway::closed`](super::Gateway::closed).
    Close { to: ConnectionId, why: &'static str },
    /// The same without a farewell: what is on its way is lost.
    Cut { to: ConnectionId },
}

pub type Connections = BTreeMap<ConnectionId, Connection>;

/// A place in the list of feeds that one connection just joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined(pub Arc<str>);

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

/// A client without a word for this long is given up, if its orders are to end with it.
pub const INACTIVITY: Duration = Duration::from_secs(600);

/// The client asked to be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub interval: Duration,
    pub next: Utc,
    /// A `test_request` is out.
    pub asked: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDisconnect {
    #[default]
    Keep,
    Cancel,
}

/// What an account's feed says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserTopic {
    Orders(Filter, Interval),
    Trades(Filter, Interval),
    Changes(Filter, Interval),
    Portfolio,
    /// The portfolio of a currency that no account holds.
    Silent,
}

#[derive(Debug)]
pub struct UserFeed {
    pub name: Arc<str>,
    pub topic: UserTopic,
    /// Items until the next flush, printed.
    pub waiting: Vec<String>,
    /// What happened in each listing until the next message of [`UserTopic::Changes`].
    pub changes: BTreeMap<ListingId, Changes>,
    /// As last told.
    pub balance: Option<Portfolio>,
}

/// Of one listing, printed.
#[derive(Debug, Default)]
pub struct Changes {
    pub orders: Vec<String>,
    pub trades: Vec<String>,
}

#[derive(Debug)]
pub struct Connection {
    pub id: ConnectionId,
    /// Logged in as.
    pub account: Option<AccountId>,
    /// Every account that this connection ever was.
    pub acted_for: Vec<AccountId>,
    pub on_disconnect: OnDisconnect,
    pub heartbeat: Option<Heartbeat>,
    pub heard: Utc,
    /// Channels of the account.
    pub feeds: Vec<UserFeed>,
    faults: VecDeque<Fault>,
    order_faults: VecDeque<Fault>,
    held: Option<Held>,
}

/// Messages that a delay holds back, in order.
#[derive(Debug)]
struct Held {
    until: Utc,
    messages: VecDeque<Arc<str>>,
}

impl Connection {
    pub fn new(id: ConnectionId, now: Utc) -> Self {
        Self {
            id,
            account: None,
            acted_for: Vec::new(),
            on_disconnect: OnDisconnect::Keep,
            heartbeat: None,
            heard: now,
            feeds: Vec::new(),
            faults: VecDeque::new(),
            order_faults: VecDeque::new(),
            held: None,
        }
    }

    pub fn log_in(&mut self, account: AccountId) {
        self.account = Some(account);
        if !self.acted_for.contains(&account) {
            self.acted_for.push(account);
        }
    }

    pub fn inject(&mut self, fault: Fault, out: &mut Vec<Effect>) {
        match fault {
            Fault::Cut => out.push(Effect::Cut { to: self.id }),
            fault @ (Fault::RejectOrder | Fault::DelayAnswer(_)) => self.order_faults.push_back(fault),
            fault => self.faults.push_back(fault),
        }
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
            None => out.push(Effect::Send { to: self.id, text: text.clone() }),
        }
    }

    /// Something was heard of the client.
    pub fn hear(&mut self, now: Utc) {
        self.heard = now;
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.asked = false;
        }
    }

    pub fn deadline(&self) -> Option<Utc> {
        let held = self.held.as_ref().map(|held| held.until);
        let heartbeat = self.heartbeat.map(|heartbeat| heartbeat.next);
        let inactivity = (self.on_disconnect == OnDisconnect::Cancel).then(|| self.heard + INACTIVITY);
        [held, heartbeat, inactivity].into_iter().flatten().min()
    }

    pub fn timer(&mut self, now: Utc, out: &mut Vec<Effect>) {
        if let Some(held) = self.held.take_if(|held| held.until <= now) {
            out.extend(held.messages.into_iter().map(|text| Effect::Send { to: self.id, text }));
        }
        if self.on_disconnect == OnDisconnect::Cancel && self.heard + INACTIVITY <= now {
            out.push(Effect::Close { to: self.id, why: "ten minutes without a word" });
        }
        let Some(heartbeat) = &mut self.heartbeat else { return };
        if heartbeat.next > now {
            return;
        }
        heartbeat.next = now + heartbeat.interval;
        if heartbeat.asked {
            out.push(Effect::Close { to: self.id, why: "test_request not answered" });
            return;
        }
        heartbeat.asked = self.heard + heartbeat.interval <= now;
        let kind = if heartbeat.asked { "test_request" } else { "heartbeat" };
        let text = format!(r#"{{"jsonrpc":"2.0","method":"heartbeat","params":{{"type":"{kind}"}}}}"#).into();
        self.emit(&text, out);
    }
}
