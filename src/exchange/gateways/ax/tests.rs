//! Conversations with the gateway in memory: the real exchange behind it, paused, so that only what the test does happens.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Gateway;
use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::domain::number::Side;
use crate::exchange::catalogue::CatalogueData;
use crate::exchange::engine::{Command, ConnectionId, Place};
use crate::exchange::gateways::parts::{Effect, Fault, HttpRequest};
use crate::exchange::sim::{Config, Exchange, Progress, Released};

mod hostile;
mod market;
mod orders;

/// Market data, orders of Alice, orders of Bob.
const MARKET: ConnectionId = ConnectionId(1);
const ALICE: ConnectionId = ConnectionId(2);
const BOB: ConnectionId = ConnectionId(3);
/// Friday, 20 November 2026, 15:00 UTC.
const START: Utc = Utc::from_millis(1_795_186_800_000);
const SYMBOL: &str = "H100-2027-MAR";

struct Room {
    exchange: Exchange,
    gateway: Gateway,
    released: Released,
    effects: Vec<Effect>,
    now: Utc,
    next_rid: i64,
}

impl Room {
    fn open() -> Self {
        let (data, calendar) = (CatalogueData::embedded().unwrap(), Calendar::us().unwrap());
        let config = Config { seed: 7, start: START, rate: 0.0, data: Arc::new(data), calendar: Arc::new(calendar) };
        let exchange = Exchange::new(&config).unwrap();
        let (gateway, released) = (Gateway::default(), Released::default());
        Self { exchange, gateway, released, effects: Vec::new(), now: START, next_rid: 0 }
    }

    /// Market data for Alice; order sockets for both, Alice's cancelling on disconnect.
    fn busy() -> Self {
        let mut room = Self::open();
        let (alice, bob) = (room.token("alice"), room.token("bob"));
        room.dial(MARKET, "/md/ws", &alice).unwrap();
        room.dial(ALICE, "/orders/ws?cancel_on_disconnect=true", &alice).unwrap();
        room.dial(BOB, "/orders/ws", &bob).unwrap();
        assert_eq!(room.heard(ALICE), [json!({"rid": 0, "res": {"li": "alice", "o": null, "cod": true}})]);
        room
    }

    fn token(&mut self, name: &str) -> String {
        let body = json!({"api_key": name, "api_secret": "s", "expiration_seconds": 3_600});
        let (status, answer) = self.http("POST", "/api/authenticate", None, &body.to_string());
        assert_eq!(status, 200, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }

    fn dial(&mut self, id: ConnectionId, target: &str, token: &str) -> Result<(), u16> {
        let bearer = format!("Bearer {token}");
        let admission = self.gateway.knock(self.now, target, Some(&bearer), self.exchange.engine());
        let admission = admission.map_err(|(status, _)| status)?;
        self.gateway.open(id, admission, self.now, &mut self.exchange, &mut self.effects);
        Ok(())
    }

    fn publish(&mut self) {
        self.gateway.on_released(&self.released, &self.exchange, &mut self.effects);
        self.released.clear();
    }

    fn http(&mut self, method: &str, target: &str, authorization: Option<&str>, body: &str) -> (u16, Value) {
        let request = HttpRequest { method, target, authorization, body: body.as_bytes() };
        let (exchange, released) = (&mut self.exchange, &mut self.released);
        let (status, text) = self.gateway.http(self.now, &request, exchange, released, &mut self.effects);
        self.publish();
        (status, parse(&text))
    }

    /// A request of Alice or Bob over REST that must succeed.
    fn rest(&mut self, method: &str, target: &str, name: &str, body: &Value) -> Value {
        let token = self.token(name);
        let (status, answer) = self.http(method, target, Some(&token), &body.to_string());
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    fn raw(&mut self, who: ConnectionId, text: &[u8]) {
        let (exchange, released) = (&mut self.exchange, &mut self.released);
        self.gateway.text(who, self.now, text, exchange, released, &mut self.effects);
        self.publish();
    }

    /// Sends a request and gives its answer; everything else stays in the room.
    fn ask(&mut self, who: ConnectionId, mut request: Value) -> Value {
        self.next_rid += 1;
        let rid = self.next_rid;
        request["rid"] = rid.into();
        self.raw(who, request.to_string().as_bytes());
        let is_answer = |effect: &Effect| match effect {
            Effect::Send { to, text } if *to == who => parse(text)["rid"] == rid,
            _ => false,
        };
        let at = self.effects.iter().position(is_answer).unwrap_or_else(|| panic!("no answer to {request}"));
        let Effect::Send { text, .. } = self.effects.remove(at) else { unreachable!() };
        parse(&text)
    }

    /// What `who` got since the last time; the others' messages are forgotten.
    fn heard(&mut self, who: ConnectionId) -> Vec<Value> {
        let mine = |effect: Effect| match effect {
            Effect::Send { to, text } if to == who => Some(parse(&text)),
            _ => None,
        };
        std::mem::take(&mut self.effects).into_iter().filter_map(mine).collect()
    }

    /// Kinds of what `who` got since the last time.
    fn kinds(&mut self, who: ConnectionId) -> Vec<String> {
        self.heard(who).iter().map(|message| message["t"].as_str().unwrap_or("-").to_owned()).collect()
    }

    /// Lets virtual time pass.
    fn wait(&mut self, span: Duration) {
        self.now = self.now + span;
        loop {
            let progress = self.exchange.advance(self.now, &mut self.released);
            self.publish();
            if progress == Progress::Done {
                break;
            }
        }
        self.gateway.timer(self.now, self.now, &mut self.effects);
    }

    fn hang_up(&mut self, who: ConnectionId) {
        self.gateway.closed(who, &mut self.exchange, &mut self.released);
        self.publish();
    }

    /// Best price of a side, as text, so many ticks better (negative: worse).
    fn price(&self, side: Side, ticks: i64) -> String {
        let engine = self.exchange.engine();
        let listing = super::find(engine.catalogue(), SYMBOL).unwrap();
        let best = engine.best(listing.id, side).unwrap().price;
        crate::domain::number::Price(best.0 + side.sign() * ticks * listing.tick.0).to_string()
    }

    fn best_lots(&self, side: Side) -> i64 {
        let engine = self.exchange.engine();
        let listing = super::find(engine.catalogue(), SYMBOL).unwrap();
        engine.best(listing.id, side).unwrap().qty.whole_lots()
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_token_opens_until_it_ends() {
    let mut room = Room::open();
    for (body, status) in [
        (json!({}), 401),
        (json!({"api_key": "a"}), 401),
        (json!({"api_key": "", "api_secret": "s"}), 401),
        (json!({"api_key": "a", "api_secret": "s", "expiration_seconds": 0}), 400),
        (json!({"api_key": "a".repeat(200), "api_secret": "s"}), 400),
        (json!([]), 400),
        (json!({"username": "a", "password": "s", "totp": "123456"}), 200),
    ] {
        assert_eq!(room.http("POST", "/api/authenticate", None, &body.to_string()).0, status, "{body}");
    }
    let token = room.token("alice");
    for header in [format!("Bearer {token}"), format!("bearer  {token}"), token.clone()] {
        let (status, me) = room.http("GET", "/api/whoami", Some(&header), "");
        assert_eq!((status, me["username"].as_str()), (200, Some("alice")), "{header}");
        assert!(room.gateway.knock(room.now, "/md/ws", Some(&header), room.exchange.engine()).is_ok());
    }
    for header in [None, Some(""), Some("Bearer"), Some("Bearer x"), Some("Basic eA==")] {
        assert_eq!(room.http("GET", "/api/whoami", header, "").0, 401, "{header:?}");
    }
    assert_eq!(room.http("GET", "/api/instruments", None, "").0, 200, "public");
    assert_eq!(room.dial(ALICE, "/orders/ws?account_id=bob", &token), Err(403));
    assert_eq!(room.dial(ALICE, "/orders/ws?cancel_on_disconnect=yes", &token), Err(400));
    assert_eq!(room.dial(ALICE, "/orders/ws?account_id=alice", &token), Ok(()));
    room.wait(Duration::from_secs(3_600));
    assert_eq!(room.http("GET", "/api/whoami", Some(&token), "").0, 401, "it has ended");
    assert_eq!(room.dial(BOB, "/md/ws", &token), Err(401));
}

#[test]
fn paths_and_methods_are_those_of_the_venue() {
    let mut room = Room::open();
    let token = room.token("alice");
    for (method, target, status) in [
        ("GET", "/api/health", 200),
        ("GET", "/api/nothing", 404),
        ("POST", "/api/whoami", 405),
        ("GET", "/orders/place-order", 405),
        ("GET", "/api/ticker", 400),
        ("GET", "/api/ticker?symbol=H100_USDC-31DEC26", 404),
        ("GET", "/api/trades?symbol=H100-PERP&limit=101", 400),
        ("GET", "/api/book?symbol=H100-PERP&level=1", 400),
        ("GET", "/api/candles?symbol=H100-PERP&candle_width=2m", 400),
        ("GET", "/api/funding-rates?symbol=H100-2027-MAR", 404),
        ("GET", "/api/funding-rates?symbol=H100-PERP", 200),
        ("GET", "/api/fills?start_timestamp_ns=0&end_timestamp_ns=1000000000000000000", 400),
        ("GET", "/api/positions?account_id=bob", 403),
        ("GET", "/orders/order-status?oid=O-1", 404),
        ("GET", "/orders/open-orders?limit=x", 400),
    ] {
        let (got, answer) = room.http(method, target, Some(&token), "");
        assert_eq!(got, status, "{method} {target}: {answer}");
        assert_eq!(answer["error"]["code"].as_u64(), (status != 200).then_some(status.into()), "{target}");
    }
    for (path, ours) in [("/api", true), ("/api/book", true), ("/orders/ws", true), ("/md/ws", true), ("/md", false)] {
        assert_eq!(super::covers(path), ours, "{path}");
    }
    assert!(!super::covers("/api/v2/public/test") && !super::covers("/api/v2") && !super::covers("/apis"));
}

#[test]
fn who_asks_too_much_is_told_so() {
    let mut room = Room::busy();
    let (mut granted, mut refused) = (0, 0);
    for rid in 1..=300 {
        let answer = room.ask(ALICE, json!({"t": "o"}));
        match answer["err"]["code"].as_u64() {
            None => granted += 1,
            Some(code) => {
                assert_eq!((code, answer["rid"].as_i64()), (429, Some(rid)));
                refused += 1;
            }
        }
    }
    assert!((98..=100).contains(&granted) && refused == 300 - granted, "{granted} granted");
    assert_eq!(room.ask(MARKET, json!({"type": "subscribe"}))["error"]["code"], 429, "one pool for the account");
    assert!(room.ask(BOB, json!({"t": "o"}))["res"]["orders"].is_array(), "everybody has his own");
    room.wait(Duration::from_millis(100));
    assert!(room.ask(ALICE, json!({"t": "o"}))["res"]["orders"].is_array());
}

#[test]
fn both_sides_show_that_they_live() {
    let mut room = Room::busy();
    let bob = room.token("bob");
    let watched = ConnectionId(9);
    room.dial(watched, "/orders/ws?client_heartbeat_timeout=8", &bob).unwrap();
    assert_eq!(room.heard(watched)[0]["res"]["chb"], 8);
    room.wait(Duration::from_secs(5));
    assert_eq!(room.heard(MARKET), [json!({"t": "h", "ts": 1_795_186_805, "tn": 0})]);
    room.raw(watched, br#"{"t":"h"}"#);
    assert!(room.effects.is_empty(), "heartbeats get no answer");
    room.wait(Duration::from_secs(7));
    let closed = |effect: &Effect| matches!(effect, Effect::Close { to, .. } if *to == watched);
    assert!(!room.effects.iter().any(closed));
    room.wait(Duration::from_secs(1));
    assert!(room.effects.iter().any(closed), "eight seconds without one");
}
