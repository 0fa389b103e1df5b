//! The front door: connections in, effects out, every request to the room that knows it.

use super::super::parts::{ConnectionState, Effect, Fault, HttpRequest, Pools};
use super::auth::{Admission, SocketKind, Tokens};
use super::connection::{Connection, Connections};
use super::desks::Desks;
use super::failure::Failure;
use super::feeds::Feeds;
use super::http::{self, Open, Route};
use super::market;
use super::market_socket;
use super::order_socket::{self, Message};
use super::request::{Answer, Query};
use super::trading::{Crossed, News, Rejections, Trader};
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::Allowance;
use crate::exchange::engine::{Command, ConnectionId, Engine};
use crate::exchange::sim::{Exchange, Released, What};

/// Longest message of a client, as on the other faces.
const MAX_MESSAGE: usize = 32 * 1024;
/// The venue's: of an account over all its connections; callers without a token share one pool.
const REQUESTS: Allowance = Allowance { burst: 100, per_second: 100 };

/// One server for all clients of this face. What it is told as `wall` is wall time, by which tokens, heartbeats, request limits and delays
/// go; all else goes by the exchange's.
#[derive(Debug, Default)]
pub struct Gateway {
    connections: Connections,
    feeds: Feeds,
    desks: Desks,
    tokens: Tokens,
    rejections: Rejections,
    pools: Pools<Option<AccountId>>,
}

impl Gateway {
    /// Whether a socket may be opened: status and body of the refusal.
    ///
    /// # Errors
    /// No valid token, or a query that makes no sense.
    pub fn knock(
        &self,
        wall: Utc,
        target: &str,
        authorization: Option<&str>,
        engine: &Engine,
    ) -> Result<Admission, (u16, String)> {
        let parts = target.split_once('?').unwrap_or((target, ""));
        self.tokens.knock(wall, parts, authorization, engine).map_err(|failure| (failure.code, failure.body()))
    }

    pub fn open(
        &mut self,
        id: ConnectionId,
        admission: Admission,
        wall: Utc,
        exchange: &mut Exchange,
        effects: &mut Vec<Effect>,
    ) {
        let mut connection = Connection::new(id, admission, wall);
        exchange.bind(id, connection.cancels());
        if admission.kind != SocketKind::Market {
            connection.say(order_socket::login(&connection, exchange.engine()), effects);
            self.desks.open(admission.account, id, exchange.engine());
        }
        self.connections.insert(id, connection);
    }

    /// One text message of a client. What it caused at the exchange is left in `released`.
    pub fn text(
        &mut self,
        id: ConnectionId,
        wall: Utc,
        body: &[u8],
        exchange: &mut Exchange,
        released: &mut Released,
        effects: &mut Vec<Effect>,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.wake(wall);
        let is_market = connection.kind == SocketKind::Market;
        let refusal = if body.len() > MAX_MESSAGE {
            Some(Failure::bad("message too large"))
        } else {
            (!self.pools.take(Some(connection.account), wall, REQUESTS)).then(Failure::too_many)
        };
        match refusal {
            Some(refusal) if is_market => {
                connection.say(refusal.market_frame(rid(body)), effects);
            }
            Some(refusal) => connection.say(refusal.order_frame(rid(body)), effects),
            None if is_market => {
                market_socket::text(exchange.now(), body, &mut self.feeds, exchange.engine(), connection, effects);
            }
            None => self.order_text(id, body, exchange, released, effects),
        }
    }

    fn order_text(
        &mut self,
        id: ConnectionId,
        body: &[u8],
        exchange: &mut Exchange,
        released: &mut Released,
        effects: &mut Vec<Effect>,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let (rid, kind) = match order_socket::read(body) {
            Message::Heartbeat => {
                connection.hear();
                return;
            }
            Message::Unreadable(rid, failure) => return connection.say(failure.order_frame(rid), effects),
            Message::Request { rid, kind } => (rid, kind),
        };
        let is_crossed = if kind.as_str() == "p" && connection.suffer_order() { Crossed::Yes } else { Crossed::No };
        let (account, now) = (connection.account, exchange.now());
        let mut trader = Trader {
            now,
            exchange,
            released,
            rejections: &mut self.rejections,
            account,
            connection: connection.cancels().then_some(id),
            is_crossed,
            news: Vec::new(),
        };
        let text = order_socket::answer(&mut trader, rid, &kind, body);
        let news = trader.news;
        connection.say(text, effects);
        self.tell(now, account, &news, effects);
    }

    /// One HTTP request; returns status and body. What it caused at the exchange is left in `released`.
    pub fn http(
        &mut self,
        wall: Utc,
        request: &HttpRequest<'_>,
        exchange: &mut Exchange,
        released: &mut Released,
        effects: &mut Vec<Effect>,
    ) -> (u16, String) {
        match self.call(wall, request, exchange, released, effects) {
            Ok(body) => (200, body),
            Err(failure) => (failure.code, failure.body()),
        }
    }

    fn call(
        &mut self,
        wall: Utc,
        request: &HttpRequest<'_>,
        exchange: &mut Exchange,
        released: &mut Released,
        effects: &mut Vec<Effect>,
    ) -> Answer {
        if request.body.len() > MAX_MESSAGE {
            return Err(Failure { code: 413, message: "the body is too large".into() });
        }
        let route = http::route(request)?;
        let account = match route {
            Route::Open(_) => None,
            Route::Closed(_) => Some(self.tokens.bearer(request.authorization, wall)?),
        };
        if !self.pools.take(account, wall, REQUESTS) {
            return Err(Failure::too_many());
        }
        match (route, account) {
            (Route::Open(Open::Health), _) => Ok("{}".to_owned()),
            (Route::Open(Open::Authenticate), _) => self.tokens.log_in(wall, request.body, exchange, released),
            (Route::Open(Open::Instruments), _) => Ok(market::instruments(exchange.engine())),
            (Route::Open(Open::Instrument), _) => {
                let query = Query(super::super::parts::query(request.parts().1));
                market::instrument(exchange.engine(), &query)
            }
            (Route::Closed(route), Some(account)) => {
                let now = exchange.now();
                let mut trader = Trader {
                    now,
                    exchange,
                    released,
                    rejections: &mut self.rejections,
                    account,
                    connection: None,
                    is_crossed: Crossed::No,
                    news: Vec::new(),
                };
                let answer = http::answer(&mut trader, route, request);
                let news = trader.news;
                self.tell(now, account, &news, effects);
                answer
            }
            (Route::Closed(_), None) => Err(Failure::unauthorized()),
        }
    }

    fn tell(&mut self, now: Utc, account: AccountId, news: &[News], effects: &mut Vec<Effect>) {
        for item in news {
            self.desks.tell(now, account, item, &mut self.connections, effects);
        }
    }

    /// The socket has ended, by whoever's will. What that caused at the exchange is left in `released`.
    pub fn closed(&mut self, id: ConnectionId, exchange: &mut Exchange, released: &mut Released) {
        let Some(connection) = self.connections.remove(&id) else { return };
        self.feeds.leave_all(id);
        self.desks.close(connection.account, id);
        exchange.bind(id, false);
        if connection.cancels() {
            // Cancelling what is not there is no failure.
            let _ = exchange.submit(exchange.now(), connection.account, &Command::CancelConnection(id), released);
        }
    }

    /// When [`Gateway::timer`] is due at the latest, in wall time.
    pub fn deadline(&self) -> Option<Utc> {
        self.connections.values().map(Connection::deadline).min()
    }

    /// Heartbeats, and messages that a fault held back.
    pub fn timer(&mut self, wall: Utc, now: Utc, effects: &mut Vec<Effect>) {
        for connection in self.connections.values_mut() {
            connection.timer(wall, now, effects);
        }
    }

    /// Makes something go wrong for one connection.
    pub fn inject(&mut self, to: ConnectionId, fault: Fault, effects: &mut Vec<Effect>) {
        if let Some(connection) = self.connections.get_mut(&to) {
            connection.inject(fault, effects);
        }
    }

    /// Whether a connection is of this face.
    pub fn has(&self, id: ConnectionId) -> bool {
        self.connections.contains_key(&id)
    }

    /// Open connections with the account of each, oldest first.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionState> {
        self.connections.values().map(Connection::state)
    }

    /// Tells clients what the exchange released, by itself or for somebody.
    pub fn on_released(&mut self, released: &Released, exchange: &Exchange, effects: &mut Vec<Effect>) {
        let (engine, connections) = (exchange.engine(), &mut self.connections);
        for event in &released.events {
            match &event.what {
                What::Engine(range) => {
                    for report in released.engine_events(range) {
                        self.feeds.on_event(report, connections, effects);
                        self.desks.on_event(event.at, report, engine, connections, effects);
                    }
                }
                What::Flush100ms => self.feeds.flush(event.at, engine, connections, effects),
                What::Mark { .. } | What::Index { .. } | What::Secondary { .. } | What::Headline(_) => {}
            }
        }
    }
}

/// The number of a request that is refused unread, if it is easily found.
fn rid(body: &[u8]) -> Option<i64> {
    #[derive(serde::Deserialize)]
    struct Numbered {
        rid: Option<i64>,
    }
    if body.len() > MAX_MESSAGE {
        return None;
    }
    serde_json::from_slice::<Numbered>(body).ok().and_then(|numbered| numbered.rid)
}
