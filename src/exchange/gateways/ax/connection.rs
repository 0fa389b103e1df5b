//! What the gateway remembers of one WebSocket connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::super::parts::{ConnectionState, Effect, Fault, Freight, Line};
use super::auth::{Admission, OnDisconnect, SocketKind};
use super::print::{print, stamp};
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::ConnectionId;

pub type Connections = BTreeMap<ConnectionId, Connection>;

/// How often the server shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Connection {
    pub id: ConnectionId,
    pub account: AccountId,
    pub kind: SocketKind,
    line: Line,
    /// Wall time, like all times here: a dial that runs the exchange's clock faster makes no client late.
    wall: Utc,
    next_heartbeat: Utc,
    /// The client's last heartbeat.
    heard: Utc,
}

#[derive(Serialize)]
struct Heartbeat {
    t: &'static str,
    ts: i64,
    tn: i64,
}

impl Connection {
    pub fn new(id: ConnectionId, admission: Admission, wall: Utc) -> Self {
        let Admission { account, kind } = admission;
        Self { id, account, kind, line: Line::new(id), wall, next_heartbeat: wall + HEARTBEAT, heard: wall }
    }

    /// Something happens on it.
    pub fn wake(&mut self, wall: Utc) {
        self.wall = wall;
    }

    /// The client shows that it lives.
    pub fn hear(&mut self) {
        self.heard = self.wall;
    }

    pub fn state(&self) -> ConnectionState {
        // The order socket tells of everything from the first moment on, the other of nothing.
        let account_channels = usize::from(matches!(self.kind, SocketKind::Orders { .. }));
        ConnectionState { id: self.id, account: Some(self.account), account_channels, faults: self.line.faults() }
    }

    pub fn inject(&mut self, fault: Fault, out: &mut Vec<Effect>) {
        self.line.inject(fault, out);
    }

    pub fn send(&mut self, freight: Freight, text: &Arc<str>, out: &mut Vec<Effect>) {
        self.line.send(self.wall, freight, text, out);
    }

    /// An answer or a message that no fault is meant for.
    pub fn say(&mut self, text: String, out: &mut Vec<Effect>) {
        self.line.send(self.wall, Freight::Other, &text.into(), out);
    }

    pub fn suffer_order(&mut self) -> bool {
        self.line.suffer_order(self.wall)
    }

    /// Whether its orders end with it.
    pub fn cancels(&self) -> bool {
        matches!(self.kind, SocketKind::Orders { on_disconnect: OnDisconnect::Cancel, .. })
    }

    /// When it is given up, if the client asked for that.
    fn patience(&self) -> Option<Utc> {
        match self.kind {
            SocketKind::Orders { client_heartbeat: Some(span), .. } => Some(self.heard + span),
            _ => None,
        }
    }

    pub fn deadline(&self) -> Utc {
        let others = [self.line.deadline(), self.patience()];
        others.into_iter().flatten().fold(self.next_heartbeat, Utc::min)
    }

    /// `now` is the exchange's time.
    pub fn timer(&mut self, wall: Utc, now: Utc, out: &mut Vec<Effect>) {
        self.wall = wall;
        self.line.timer(wall, out);
        if self.patience().is_some_and(|until| until <= wall) {
            out.push(Effect::Close { to: self.id, why: "no heartbeat of the client" });
        }
        if self.next_heartbeat <= wall {
            self.next_heartbeat = wall + HEARTBEAT;
            let (ts, tn) = stamp(now);
            self.say(print(&Heartbeat { t: "h", ts, tn }), out);
        }
    }
}
