//! The front door: connections in, effects out, every request to the room that knows it.

use super::super::parts::ConnectionState;
use super::connection::{Connection, Connections, Effect, Fault, Freight, Joined, OnDisconnect};
use super::context::{Context, Sessions, Silence};
use super::feeds::Feeds;
use super::http::{self, HttpRequest};
use super::limits::{self, Caller, Limits};
use super::rpc::{self, Answer, Call, Failure};
use super::{account, auth, blocks, combos, funding, market, past, trading, triggered};
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::{Command, ConnectionId};
use crate::exchange::sim::{Exchange, Released, What, write_released};
use crate::venues::deribit::wire::Code;

/// Where the gateway writes; the caller empties it.
#[derive(Debug, Default)]
pub struct Output {
    pub effects: Vec<Effect>,
    /// Lines for the log of inputs.
    pub inputs: String,
    /// When present, every event that passes is printed to it: what a replay of `inputs` prints again.
    pub printed: Option<String>,
    /// When present, what the last request caused at the exchange is left in it, for the exchange's other gateways.
    pub caused: Option<Released>,
}

/// One server for all clients. What it is told as `wall` is wall time, by which heartbeats, inactivity, request limits and delays go; all else
/// is stamped by the exchange's clock, which a dial may run faster.
#[derive(Debug, Default)]
pub struct Gateway {
    /// Names this opening of the exchange to whoever asks for its version.
    run: String,
    connections: Connections,
    feeds: Feeds,
    sessions: Sessions,
    limits: Limits,
    released: Released,
}

impl Gateway {
    /// The door of one opening of the exchange: `run` names it, letters, digits and dots. What clients keep of another opening is of
    /// another market.
    pub fn of_run(run: String) -> Self {
        Self { run, ..Self::default() }
    }

    pub fn open(&mut self, id: ConnectionId, wall: Utc) {
        self.connections.insert(id, Connection::new(id, wall));
    }

    /// One text message of a client.
    pub fn text(&mut self, id: ConnectionId, wall: Utc, body: &[u8], exchange: &mut Exchange, out: &mut Output) {
        let now = exchange.now();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.hear(wall);
        let account = connection.account;
        let (call_id, answer, joined, silent) = match rpc::read(body) {
            Err((call_id, failure)) => (call_id, Err(failure), Vec::new(), Silence::Answer),
            Ok(call) if limits::is_order(&call.method) && connection.suffer_order() => {
                let refused = Failure::because(Code::OTHER_REJECT, "refused as the control channel wished");
                (call.id, Err(refused), Vec::new(), Silence::Answer)
            }
            Ok(call) => {
                let (answer, joined, silent) = self.call(&call, Some(id), account, wall, exchange, &mut out.effects);
                (call.id, answer, joined, silent)
            }
        };
        if let Some(connection) = self.connections.get_mut(&id) {
            exchange.bind(id, connection.on_disconnect == OnDisconnect::Cancel);
            if silent == Silence::Answer {
                let text = rpc::answer(call_id, &answer, now).into();
                connection.send(Freight::Other, &text, &mut out.effects);
            }
            for joined in &joined {
                self.feeds.welcome(now, joined, exchange.engine(), connection, &mut out.effects);
            }
        }
        self.report(exchange, out);
    }

    /// One HTTP request; returns status and body.
    pub fn http(
        &mut self,
        wall: Utc,
        request: &HttpRequest<'_>,
        exchange: &mut Exchange,
        out: &mut Output,
    ) -> (u16, String) {
        let now = exchange.now();
        let (id, answer) = match http::read(request) {
            Err((id, failure)) => (id.to_owned(), Err(failure)),
            Ok(parsed) => {
                let call = Call { id: &parsed.id, method: parsed.method.as_str().into(), params: &parsed.params };
                let account = http::authorise(request, &mut self.sessions, now, exchange, &mut self.released);
                let answer =
                    account.and_then(|account| self.call(&call, None, account, wall, exchange, &mut out.effects).0);
                (parsed.id, answer)
            }
        };
        self.report(exchange, out);
        (http::status(&answer), rpc::answer(&id, &answer, now))
    }

    /// The socket has ended, by whoever's will.
    pub fn closed(&mut self, id: ConnectionId, exchange: &mut Exchange, out: &mut Output) {
        let Some(connection) = self.connections.remove(&id) else { return };
        self.feeds.leave_all(id);
        self.limits.forget(id);
        exchange.bind(id, false);
        if connection.on_disconnect == OnDisconnect::Cancel {
            for account in connection.acted_for {
                // Cancelling what is not there is no failure.
                let _ = exchange.submit(exchange.now(), account, &Command::CancelConnection(id), &mut self.released);
            }
        }
        self.report(exchange, out);
    }

    /// A control frame was received: a sign of life.
    pub fn alive(&mut self, id: ConnectionId, wall: Utc) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.heard = wall;
        }
    }

    /// When [`Gateway::timer`] is due at the latest, in wall time.
    pub fn deadline(&self) -> Option<Utc> {
        self.connections.values().filter_map(Connection::deadline).min()
    }

    /// Heartbeats, and messages that a fault held back.
    pub fn timer(&mut self, wall: Utc, out: &mut Output) {
        for connection in self.connections.values_mut() {
            connection.timer(wall, &mut out.effects);
        }
    }

    /// Makes something go wrong for one connection, or for all.
    pub fn inject(&mut self, to: Option<ConnectionId>, fault: Fault, out: &mut Output) {
        for connection in self.connections.values_mut().filter(|c| to.is_none_or(|id| id == c.id)) {
            connection.inject(fault, &mut out.effects);
        }
    }

    /// Open connections with the account that each is logged in as, oldest first.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionState> {
        self.connections.values().map(Connection::state)
    }

    /// Tells clients what the exchange released by itself.
    pub fn on_released(&mut self, released: &Released, exchange: &Exchange, out: &mut Output) {
        if let Some(text) = &mut out.printed {
            // Writing to a string cannot fail.
            let _ = write_released(exchange.engine().catalogue(), released, text);
        }
        for event in &released.events {
            match &event.what {
                What::Engine(range) => {
                    let list = released.engine_events(range);
                    let (connections, effects) = (&mut self.connections, &mut out.effects);
                    self.feeds.on_events(event.at, list, &released.engine, exchange.engine(), connections, effects);
                }
                What::Flush100ms => {
                    self.feeds.flush(event.at, exchange.engine(), &mut self.connections, &mut out.effects);
                }
                What::Mark { .. } | What::Index { .. } | What::Secondary { .. } | What::Headline(_) => {}
            }
        }
        out.inputs.push_str(&released.inputs);
    }

    /// Tells clients what a request caused.
    fn report(&mut self, exchange: &Exchange, out: &mut Output) {
        let mut released = std::mem::take(&mut self.released);
        self.on_released(&released, exchange, out);
        if let Some(caused) = &mut out.caused {
            std::mem::swap(caused, &mut released);
        }
        released.clear();
        self.released = released;
    }

    fn call(
        &mut self,
        call: &Call<'_>,
        connection: Option<ConnectionId>,
        account: Option<AccountId>,
        wall: Utc,
        exchange: &mut Exchange,
        effects: &mut Vec<Effect>,
    ) -> (Answer, Vec<Joined>, Silence) {
        let limits = &exchange.engine().catalogue().data().venue.limits;
        if let Err(failure) = self.limits.take(Caller::of(account, connection), &call.method, wall, limits) {
            return (Err(failure), Vec::new(), Silence::Answer);
        }
        let mut context = Context {
            now: exchange.now(),
            wall,
            run: &self.run,
            exchange,
            released: &mut self.released,
            connections: &mut self.connections,
            feeds: &mut self.feeds,
            sessions: &mut self.sessions,
            effects,
            connection,
            account,
            joined: Vec::new(),
            silent: Silence::Answer,
        };
        let answer = dispatch(&mut context, call);
        (answer, context.joined, context.silent)
    }
}

fn dispatch(context: &mut Context<'_>, call: &Call<'_>) -> Answer {
    let rooms = [
        auth::call,
        market::call,
        past::call,
        funding::call,
        combos::call,
        trading::call,
        triggered::call,
        blocks::call,
        account::call,
    ];
    if context.account.is_none() && call.method.starts_with("private/") {
        context.account = auth::by_token(context, call.params)?;
    }
    for room in rooms {
        if let Some(answer) = room(context, &call.method, call.params) {
            return answer;
        }
    }
    Err(Code::METHOD_NOT_FOUND.into())
}
