//! What a request is answered with: the exchange, the connection that asks, and what the answer leaves to be done.

use std::collections::{BTreeMap, BTreeSet};

use super::connection::{Connection, Connections, Effect, Joined};
use super::feeds::Feeds;
use super::rpc::Failure;
use super::signatures::Verified;
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::{Applied, Command, ConnectionId, Engine};
use crate::exchange::sim::{Exchange, Released};
use crate::venues::deribit::wire::Code;

/// A request being answered.
pub struct Context<'g> {
    /// By the exchange's clock.
    pub now: Utc,
    pub wall: Utc,
    /// Of the exchange; empty where nobody has named it.
    pub run: &'g str,
    pub exchange: &'g mut Exchange,
    pub released: &'g mut Released,
    pub connections: &'g mut Connections,
    pub feeds: &'g mut Feeds,
    pub sessions: &'g mut Sessions,
    pub effects: &'g mut Vec<Effect>,
    /// `None` over HTTP.
    pub connection: Option<ConnectionId>,
    pub account: Option<AccountId>,
    /// Channels that shall be welcomed after the answer.
    pub joined: Vec<Joined>,
    /// No answer is wanted.
    pub silent: Silence,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Silence {
    #[default]
    Answer,
    Keep,
}

impl Context<'_> {
    pub fn engine(&self) -> &Engine {
        self.exchange.engine()
    }

    /// The account that asks.
    pub fn caller(&self) -> Result<AccountId, Failure> {
        self.account.ok_or_else(|| Failure::because(Code::AUTHORIZATION_REQUIRED, "log in with public/auth"))
    }

    /// The WebSocket connection that asks.
    pub fn socket(&mut self) -> Result<&mut Connection, Failure> {
        let connection = self.connection.and_then(|id| self.connections.get_mut(&id));
        connection.ok_or_else(|| Code::WEBSOCKET_ONLY.into())
    }

    pub fn submit(&mut self, account: AccountId, command: &Command) -> Result<Applied, Failure> {
        Ok(self.exchange.submit(self.now, account, command, self.released)?)
    }
}

/// What outlives a connection.
#[derive(Debug, Default)]
pub struct Sessions {
    pub tokens: BTreeMap<String, AccountId>,
    /// Block trades that one side has agreed to, by signature.
    pub signatures: BTreeMap<String, Verified>,
    /// Accounts whose new connections cancel on disconnect.
    pub cancelling: BTreeSet<AccountId>,
}
