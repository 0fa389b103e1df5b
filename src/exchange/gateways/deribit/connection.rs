//! What the gateway remembers of one WebSocket connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::parts::{ConnectionState, Line};
pub use super::super::parts::{Effect, Fault, Freight};
use super::filter::Filter;
use crate::base::time::Utc;
use crate::exchange::accounts::{AccountId, Portfolio};
use crate::exchange::catalogue::ListingId;
use crate::exchange::engine::ConnectionId;
use crate::venues::deribit::wire::Interval;

pub type Connections = BTreeMap<ConnectionId, Connection>;

/// A place in the list of feeds that one connection just joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined(pub Arc<str>);

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
    /// Wall time: a dial that runs the exchange's clock faster makes no client late.
    pub heard: Utc,
    wall: Utc,
    /// Channels of the account.
    pub feeds: Vec<UserFeed>,
    line: Line,
}

impl Connection {
    /// `wall` is wall time, as everywhere here.
    pub fn new(id: ConnectionId, wall: Utc) -> Self {
        Self {
            id,
            account: None,
            acted_for: Vec::new(),
            on_disconnect: OnDisconnect::Keep,
            heartbeat: None,
            heard: wall,
            wall,
            feeds: Vec::new(),
            line: Line::new(id),
        }
    }

    pub fn log_in(&mut self, account: AccountId) {
        self.account = Some(account);
        if !self.acted_for.contains(&account) {
            self.acted_for.push(account);
        }
    }

    pub fn state(&self) -> ConnectionState {
        let Self { id, account, .. } = *self;
        ConnectionState { id, account, account_channels: self.feeds.len(), faults: self.line.faults() }
    }

    pub fn inject(&mut self, fault: Fault, out: &mut Vec<Effect>) {
        self.line.inject(fault, out);
    }

    /// Sends, unless a fault has other ideas.
    pub fn send(&mut self, freight: Freight, text: &Arc<str>, out: &mut Vec<Effect>) {
        self.line.send(self.wall, freight, text, out);
    }

    /// Takes the next fault that applies to an order. True when the order is to be refused.
    pub fn suffer_order(&mut self) -> bool {
        self.line.suffer_order(self.wall)
    }

    /// Something was heard of the client.
    pub fn hear(&mut self, wall: Utc) {
        (self.heard, self.wall) = (wall, wall);
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.asked = false;
        }
    }

    pub fn deadline(&self) -> Option<Utc> {
        let heartbeat = self.heartbeat.map(|heartbeat| heartbeat.next);
        let inactivity = (self.on_disconnect == OnDisconnect::Cancel).then(|| self.heard + INACTIVITY);
        [self.line.deadline(), heartbeat, inactivity].into_iter().flatten().min()
    }

    pub fn timer(&mut self, now: Utc, out: &mut Vec<Effect>) {
        self.wall = now;
        self.line.timer(now, out);
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
        self.line.send(now, Freight::Other, &text, out);
    }
}
