//! Requests on the orders socket.

use serde::{Deserialize, Serialize};

use super::auth::{OnDisconnect, SocketKind};
use super::connection::Connection;
use super::failure::Failure;
use super::order_shapes::{self, OrderShape};
use super::print::print;
use super::request::{find, read as parse};
use super::trading::Trader;
use crate::exchange::engine::Engine;
use crate::venues::deribit::wire::Text;

#[derive(Deserialize)]
struct Envelope<'a> {
    rid: Option<i64>,
    #[serde(borrow)]
    t: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Funding<'a> {
    #[serde(borrow)]
    symbol: Option<Text<'a>>,
    #[serde(borrow)]
    s: Option<Text<'a>>,
}

#[derive(Serialize)]
struct Answer<T> {
    rid: i64,
    res: T,
}

#[derive(Serialize)]
struct Placed {
    oid: String,
}

#[derive(Serialize)]
struct CancelReceived {
    cxl_rx: bool,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct OpenOrders {
    orders: Vec<OrderShape>,
}

#[derive(Serialize)]
struct Login<'a> {
    li: &'a str,
    o: Option<Vec<OrderShape>>,
    cod: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    chb: Option<u64>,
}

/// The first frame.
pub fn login(connection: &Connection, engine: &Engine) -> String {
    let (cod, chb) = match connection.kind {
        SocketKind::Orders { on_disconnect, client_heartbeat } => {
            (on_disconnect == OnDisconnect::Cancel, client_heartbeat.map(|span| span.as_secs()))
        }
        SocketKind::Market => (false, None),
    };
    let open = Trader::open_orders(engine, connection.account);
    let li = order_shapes::client(engine, connection.account);
    let o = Some(open).filter(|open| !open.is_empty());
    print(&Answer { rid: 0, res: Login { li: &li, o, cod, chb } })
}

/// What a message is, as far as it can be read.
pub enum Message<'a> {
    /// The client lives; no answer.
    Heartbeat,
    Request {
        rid: i64,
        kind: Text<'a>,
    },
    Unreadable(Option<i64>, Failure),
}

pub fn read(body: &[u8]) -> Message<'_> {
    let envelope: Envelope<'_> = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(error) => return Message::Unreadable(None, Failure::bad(error.to_string())),
    };
    match (envelope.rid, envelope.t) {
        (_, Some(kind)) if kind.as_str() == "h" => Message::Heartbeat,
        (Some(rid), Some(kind)) => Message::Request { rid, kind },
        (None, _) => Message::Unreadable(None, Failure::bad("rid: a number is needed")),
        (rid, None) => Message::Unreadable(rid, Failure::bad("t: which request?")),
    }
}

/// The answer to one request; what follows from it lies with the trader.
pub fn answer(trader: &mut Trader<'_>, rid: i64, kind: &str, body: &[u8]) -> String {
    fn put<T: Serialize>(rid: i64, done: Result<T, Failure>) -> String {
        match done {
            Ok(res) => print(&Answer { rid, res }),
            Err(failure) => failure.order_frame(Some(rid)),
        }
    }
    match kind {
        "p" => put(rid, parse(body).and_then(|asked| trader.place(&asked)).map(|oid| Placed { oid })),
        "x" => {
            let done = parse(body).and_then(|asked| trader.cancel(&asked));
            put(rid, done.map(|()| CancelReceived { cxl_rx: true }))
        }
        "X" => put(rid, parse(body).and_then(|asked| trader.cancel_all(&asked)).map(|()| Nothing {})),
        "r" => put(rid, parse(body).and_then(|asked| trader.replace(&asked)).map(|oid| Placed { oid })),
        "s" => put(rid, parse(body).and_then(|asked| trader.status_of(&asked))),
        "o" => {
            let orders = Trader::open_orders(trader.exchange.engine(), trader.account);
            put(rid, Ok(OpenOrders { orders }))
        }
        "ef" => put::<Nothing>(rid, Err(funding(trader.exchange.engine(), body))),
        _ => put::<Nothing>(rid, Err(Failure::bad("t: no such request"))),
    }
}

/// Nothing of this exchange has an estimated funding rate.
fn funding(engine: &Engine, body: &[u8]) -> Failure {
    let asked: Funding<'_> = match parse(body) {
        Ok(asked) => asked,
        Err(failure) => return failure,
    };
    let symbol = asked.symbol.or(asked.s).unwrap_or_default();
    match find(engine, &symbol) {
        Ok(_) => Failure::not_found("estimated funding rate is not available for this symbol"),
        Err(failure) => failure,
    }
}
