//! Conversations with the gateway in memory: the real exchange behind it, paused, so that only what the test does happens.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Effect, Fault, Gateway, HttpRequest, Output};
use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::exchange::catalogue::{Allowance, CatalogueData, Kind};
use crate::exchange::engine::ConnectionId;
use crate::exchange::sim::{Config, Exchange, Progress, Released};

mod channels;
mod combos;
mod funding;
mod hostile;
mod implied;
mod past;
mod special;

const ALICE: ConnectionId = ConnectionId(1);
const BOB: ConnectionId = ConnectionId(2);
/// Friday, 20 November 2026, 15:00 UTC.
const START: Utc = Utc::from_millis(1_795_186_800_000);

struct Room {
    exchange: Exchange,
    gateway: Gateway,
    out: Output,
    now: Utc,
    next_id: u64,
}

/// What one connection heard.
struct Heard(Vec<Value>);

impl Heard {
    /// Data of every notification of a channel.
    fn channel(&self, name: &str) -> Vec<Value> {
        let of = |message: &&Value| message["params"]["channel"] == name;
        self.0.iter().filter(of).map(|message| message["params"]["data"].clone()).collect()
    }
}

impl Room {
    fn open() -> Self {
        Self::of(CatalogueData::embedded().unwrap())
    }

    fn of(data: CatalogueData) -> Self {
        let data = Arc::new(data);
        let calendar = Arc::new(Calendar::us().unwrap());
        let exchange = Exchange::new(&Config { seed: 7, start: START, rate: 0.0, data, calendar }).unwrap();
        let mut room = Self { exchange, gateway: Gateway::default(), out: Output::default(), now: START, next_id: 0 };
        room.gateway.open(ALICE, START);
        room.gateway.open(BOB, START);
        room
    }

    /// Both logged in, as themselves.
    fn logged_in() -> Self {
        Self::logged_in_to(CatalogueData::embedded().unwrap())
    }

    fn logged_in_to(data: CatalogueData) -> Self {
        let mut room = Self::of(data);
        for (who, name) in [(ALICE, "alice"), (BOB, "bob")] {
            let login = json!({"grant_type": "client_credentials", "client_id": name, "client_secret": "s"});
            assert_eq!(room.ask(who, "public/auth", &login)["result"]["token_type"], "bearer");
        }
        room
    }

    /// A listed future in the middle of the curve, and a price its bids can rest at.
    fn future(&self) -> (String, i64, f64) {
        let engine = self.exchange.engine();
        let listing = engine.catalogue().active().filter(|l| l.kind == Kind::Future).nth(3).unwrap();
        let (low, _) = engine.price_band(listing.id).unwrap();
        let price = low.ceil_to(listing.tick);
        (listing.symbol.to_string(), listing.contract_size, price.to_f64_lossy())
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out.effects)
    }

    fn raw(&mut self, who: ConnectionId, text: &[u8]) {
        self.gateway.text(who, self.now, text, &mut self.exchange, &mut self.out);
    }

    /// Sends a request and gives its answer; everything else stays in the room.
    fn ask(&mut self, who: ConnectionId, method: &str, params: &Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.raw(who, request.to_string().as_bytes());
        let is_answer = |effect: &Effect| match effect {
            Effect::Send { to, text } if *to == who => parse(text)["id"] == id,
            _ => false,
        };
        let at = self.out.effects.iter().position(is_answer).unwrap_or_else(|| panic!("no answer to {method}"));
        let Effect::Send { text, .. } = self.out.effects.remove(at) else { unreachable!() };
        parse(&text)
    }

    /// What `who` got since the last time; the others' messages are forgotten.
    fn heard(&mut self, who: ConnectionId) -> Heard {
        let mine = |effect: Effect| match effect {
            Effect::Send { to, text } if to == who => Some(parse(&text)),
            _ => None,
        };
        Heard(self.effects().into_iter().filter_map(mine).collect())
    }

    /// Lets virtual time pass.
    fn wait(&mut self, span: Duration) {
        self.now = self.now + span;
        let mut released = Released::default();
        loop {
            let progress = self.exchange.advance(self.now, &mut released);
            self.gateway.on_released(&released, &self.exchange, &mut self.out);
            released.clear();
            if progress == Progress::Done {
                break;
            }
        }
        self.gateway.timer(self.now, &mut self.out);
    }

    fn http(&mut self, method: &str, target: &str, authorization: Option<&str>, body: &str) -> (u16, Value) {
        let request = HttpRequest { method, target, authorization, body: body.as_bytes() };
        let (status, text) = self.gateway.http(self.now, &request, &mut self.exchange, &mut self.out);
        (status, parse(&text))
    }

    /// A resting bid of `contracts`.
    fn bid(&mut self, who: ConnectionId, contracts: i64, label: &str) -> Value {
        let (name, size, price) = self.future();
        let order = json!({"instrument_name": name, "amount": contracts * size, "price": price, "label": label});
        let answer = self.ask(who, "private/buy", &order);
        assert_eq!(answer["result"]["order"]["order_state"], "open", "{answer}");
        answer["result"]["order"].clone()
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_wrong_request_gets_its_code_and_the_connection_lives() {
    let mut room = Room::open();
    let (name, ..) = room.future();
    let long = format!(r#"{{"id":1,"method":"public/test","params":{{"x":"{}"}}}}"#, "y".repeat(40_000));
    let deep = "[".repeat(10_000);
    let order = format!(r#"{{"id":1,"method":"private/buy","params":{{"instrument_name":"{name}"}}}}"#);
    for (text, code) in [
        ("", -32_700),
        ("{", -32_700),
        ("\u{0}", -32_700),
        (&long, -32_700),
        (&deep, -32_700),
        ("[]", -32_600),
        ("7", -32_600),
        (r#"{"id":1}"#, -32_600),
        (r#"{"id":{},"method":"public/test"}"#, -32_600),
        (r#"{"id":1,"method":7}"#, -32_600),
        (r#"{"id":1,"method":"public/dance"}"#, -32_601),
        (r#"{"id":1,"method":"public/ticker","params":[]}"#, -32_602),
        (r#"{"id":1,"method":"public/ticker","params":{}}"#, -32_602),
        (r#"{"id":1,"method":"public/ticker","params":{"instrument_name":"BTC-PERPETUAL"}}"#, 10_020),
        (r#"{"id":1,"method":"public/get_instruments","params":{"kind":"cheese"}}"#, -32_602),
        (r#"{"id":1,"method":"public/set_heartbeat","params":{"interval":9}}"#, -32_602),
        (r#"{"id":1,"method":"public/auth","params":{"grant_type":"client_credentials","client_id":"x"}}"#, 13_004),
        (r#"{"id":1,"method":"private/get_positions","params":{"access_token":"no"}}"#, 13_009),
        (r#"{"id":1,"method":"private/get_positions"}"#, 10_000),
        (&order, 10_000),
    ] {
        room.raw(ALICE, text.as_bytes());
        let heard = room.heard(ALICE).0;
        assert_eq!(heard.len(), 1, "{text:.80}");
        assert_eq!(heard[0]["error"]["code"], code, "{text:.80} -> {}", heard[0]);
    }
    room.raw(ALICE, &[0xff, 0xfe]);
    assert_eq!(room.heard(ALICE).0[0]["error"]["code"], -32_700);
    assert_eq!(
        room.ask(ALICE, "public/test", &json!({}))["result"]["version"].as_str().map(|v| &v[..9]),
        Some("tenor-sim")
    );
    room.gateway = Gateway::of_run("7.1795208400000".to_owned());
    room.gateway.open(ALICE, room.now);
    let version = room.ask(ALICE, "public/test", &json!({}))["result"]["version"].clone();
    assert!(version.as_str().is_some_and(|v| v.ends_with("+7.1795208400000")), "{version}");
}

#[test]
fn orders_are_refused_with_the_documented_codes() {
    let mut room = Room::logged_in();
    let (name, size, price) = room.future();
    let base = json!({"instrument_name": name, "amount": size, "price": price});
    let with = |key: &str, value: Value| {
        let mut order = base.clone();
        order[key] = value;
        order
    };
    let post_only_market = {
        let mut order = with("type", json!("market"));
        order["post_only"] = json!(true);
        order
    };
    for (order, code) in [
        (with("instrument_name", json!("H100_USDC-1JAN20")), 10_020),
        (with("amount", json!(size + 1)), 10_021),
        (with("amount", json!(0)), 10_021),
        (with("price", json!(price + 0.0001)), 10_043),
        (with("price", json!(0.00000000001)), 10_026),
        (with("price", json!(price * 100.0)), 10_007),
        (with("price", Value::Null), 10_023),
        (with("type", json!("stop_market")), -32_602),
        (with("type", json!("market_limit")), 10_033),
        (with("type", json!("hope")), -32_602),
        (with("time_in_force", json!("forever")), -32_602),
        (with("label", json!("x".repeat(65))), -32_602),
        (with("valid_until", json!(1)), 13_888),
        (with("valid_until", json!(START.millis())), 13_888),
        (with("reduce_only", json!(true)), 11_030),
        (with("amount", json!(size * 1_000_000)), 10_009),
        (post_only_market, 11_029),
    ] {
        let answer = room.ask(ALICE, "private/buy", &order);
        assert_eq!(answer["error"]["code"], code, "{order} -> {answer}");
    }
    for (method, params, code) in [
        ("private/cancel", json!({"order_id": "17"}), 10_004),
        ("private/cancel", json!({"order_id": "x"}), 10_004),
        ("private/edit", json!({"order_id": "17", "amount": size}), 10_004),
        ("private/get_order_state", json!({"order_id": "17"}), 10_004),
        ("private/get_open_orders_by_instrument", json!({}), -32_602),
    ] {
        assert_eq!(room.ask(ALICE, method, &params)["error"]["code"], code, "{method}");
    }
    let order = room.bid(ALICE, 1, "mine");
    let id = json!({"order_id": order["order_id"]});
    assert_eq!(room.ask(BOB, "private/cancel", &id)["error"]["code"], 10_004, "others' orders are invisible");
    assert_eq!(room.ask(ALICE, "private/cancel", &id)["result"]["cancel_reason"], "user_request");
    assert_eq!(room.ask(ALICE, "private/cancel", &id)["error"]["code"], 11_044);
}

#[test]
fn a_raw_book_begins_with_a_snapshot_and_goes_on_without_a_hole() {
    let mut room = Room::logged_in();
    let (name, size, price) = room.future();
    let channel = format!("book.{name}.raw");
    let answer = room.ask(BOB, "public/subscribe", &json!({"channels": [channel, "book.NOPE.raw", "nonsense"]}));
    assert_eq!(answer["result"], json!([channel]), "what is not accepted is left out");
    let snapshot = room.heard(BOB).channel(&channel).remove(0);
    assert_eq!(snapshot["type"], "snapshot");
    assert!(snapshot["prev_change_id"].is_null());
    let bids = snapshot["bids"].as_array().unwrap();
    assert!(bids.len() > 3 && bids.iter().all(|level| level[0] == "new"), "{snapshot}");

    room.bid(ALICE, 2, "");
    let change = room.heard(BOB).channel(&channel).remove(0);
    assert_eq!((&change["type"], &change["prev_change_id"]), (&json!("change"), &snapshot["change_id"]));
    assert_eq!(change["bids"], json!([["new", price, 2 * size]]));

    room.ask(ALICE, "private/cancel_all", &json!({}));
    let next = room.heard(BOB).channel(&channel).remove(0);
    assert_eq!(next["prev_change_id"], change["change_id"]);
    assert_eq!(next["bids"], json!([["delete", price, 0]]));

    assert_eq!(room.ask(BOB, "public/unsubscribe", &json!({"channels": [channel]}))["result"], json!([channel]));
    room.bid(ALICE, 1, "");
    assert!(room.heard(BOB).channel(&channel).is_empty());
}

#[test]
fn a_flushed_book_gathers_and_a_late_subscriber_starts_where_the_next_change_begins() {
    let mut room = Room::logged_in();
    let (name, size, price) = room.future();
    let channel = format!("book.{name}.100ms");
    let subscribe = json!({"channels": [channel]});
    room.ask(BOB, "public/subscribe", &subscribe);
    let snapshot = room.heard(BOB).channel(&channel).remove(0);
    room.bid(ALICE, 1, "");
    room.bid(ALICE, 2, "");
    assert!(room.out.effects.is_empty(), "nothing before the flush");

    room.ask(ALICE, "public/subscribe", &subscribe);
    let effects = room.effects();
    let to = |who: ConnectionId| {
        let text = |effect: &Effect| match effect {
            Effect::Send { to, text } if *to == who => Some(parse(text)["params"]["data"].clone()),
            _ => None,
        };
        effects.iter().filter_map(text).collect::<Vec<_>>()
    };
    let change = to(BOB).remove(0);
    assert_eq!(change["prev_change_id"], snapshot["change_id"]);
    assert_eq!(change["bids"], json!([["new", price, 3 * size]]), "two changes of one level are one");
    assert_eq!(to(ALICE)[0]["change_id"], change["change_id"]);

    room.ask(ALICE, "private/cancel_all", &json!({}));
    room.wait(Duration::from_millis(100));
    for who in to_both(&mut room, &channel) {
        assert_eq!(who["prev_change_id"], change["change_id"]);
        assert_eq!(who["bids"], json!([["delete", price, 0]]));
    }
}

fn to_both(room: &mut Room, channel: &str) -> [Value; 2] {
    let effects = room.effects();
    [ALICE, BOB].map(|who| {
        let wanted = |effect: &Effect| match effect {
            Effect::Send { to, text } if *to == who => {
                let message = parse(text);
                (message["params"]["channel"] == channel).then(|| message["params"]["data"].clone())
            }
            _ => None,
        };
        let mut found: Vec<Value> = effects.iter().filter_map(wanted).collect();
        assert_eq!(found.len(), 1, "one flush, one message");
        found.remove(0)
    })
}

#[test]
fn a_raw_book_needs_a_login_and_private_channels_their_account() {
    let mut room = Room::open();
    let (name, ..) = room.future();
    let channels = json!({"channels": [format!("book.{name}.raw"), "user.orders.any.any.raw", "platform_state"]});
    assert_eq!(room.ask(ALICE, "public/subscribe", &channels)["result"], json!(["platform_state"]));
    assert_eq!(room.ask(ALICE, "private/subscribe", &channels)["error"]["code"], 10_000);
}

/// How often each channel spoke to `who` since the last time.
fn counts(room: &mut Room, who: ConnectionId, channels: &[String]) -> Vec<usize> {
    let heard = room.heard(who);
    channels.iter().map(|channel| heard.channel(channel).len()).collect()
}

#[test]
fn what_a_subscriber_was_welcomed_with_is_not_said_again() {
    let mut room = Room::logged_in();
    let engine = room.exchange.engine();
    let other = engine.catalogue().active().filter(|l| l.kind == Kind::Future).nth(5).unwrap();
    let (low, _) = engine.price_band(other.id).unwrap();
    let order = json!({"instrument_name": &*other.symbol, "amount": other.contract_size,
        "price": low.ceil_to(other.tick).to_string()});
    let channels: Vec<String> = ["ticker.NAME.100ms", "ticker.NAME.raw", "book.NAME.none.10.100ms", "quote.NAME"]
        .map(|channel| channel.replace("NAME", &other.symbol))
        .into_iter()
        .chain(["deribit_price_index.h100_usdc".to_owned()])
        .collect();
    room.ask(BOB, "public/subscribe", &json!({"channels": channels}));
    assert_eq!(counts(&mut room, BOB, &channels), [1, 1, 1, 1, 1], "welcomed");
    room.bid(ALICE, 1, "elsewhere");
    room.wait(Duration::from_millis(100));
    assert_eq!(counts(&mut room, BOB, &channels), [0, 0, 0, 0, 0], "nothing moved here");
    let placed = room.ask(ALICE, "private/buy", &order);
    assert_eq!(placed["result"]["order"]["order_state"], "open", "{placed}");
    room.wait(Duration::from_millis(100));
    assert_eq!(counts(&mut room, BOB, &channels), [1, 1, 1, 0, 0], "the book did, not its best");
}

#[test]
fn a_grouped_book_is_never_raw() {
    let mut room = Room::logged_in();
    let (name, ..) = room.future();
    let [raw, flushed] = ["raw", "100ms"].map(|interval| format!("book.{name}.none.10.{interval}"));
    let answer = room.ask(BOB, "public/subscribe", &json!({"channels": [raw, flushed]}));
    assert_eq!(answer["result"], json!([flushed]));
}

#[test]
fn an_expired_listing_can_be_left_and_not_be_joined() {
    let mut room = Room::logged_in();
    let engine = room.exchange.engine();
    let first = engine.catalogue().active().filter_map(|l| Some((l.expiry?, l.symbol.to_string()))).min().unwrap();
    let (expiry, name) = first;
    let channels = ["book.NAME.raw", "trades.NAME.raw", "ticker.NAME.100ms"].map(|c| c.replace("NAME", &name));
    let params = json!({"channels": channels});
    assert_eq!(room.ask(BOB, "public/subscribe", &params)["result"], json!(channels));
    room.wait(expiry.since(START) + Duration::from_secs(1));
    let is_active = |room: &Room| room.exchange.engine().catalogue().find(&name).is_some_and(|l| l.is_active);
    assert!(!is_active(&room), "{name} has expired");
    assert_eq!(room.ask(ALICE, "public/subscribe", &params)["result"], json!([]), "nothing to hear any more");
    assert_eq!(room.ask(BOB, "public/unsubscribe", &params)["result"], json!(channels));
    assert_eq!(room.ask(BOB, "public/unsubscribe", &params)["result"], json!([]), "left once");
}

#[test]
fn own_orders_and_fills_are_told_raw_one_by_one_and_flushed_in_lists() {
    let mut room = Room::logged_in();
    let (name, size, _) = room.future();
    let channels =
        ["user.orders.any.any.raw", "user.orders.any.any.100ms", "user.trades.any.any.raw", "user.portfolio.any"];
    let answer = room.ask(ALICE, "private/subscribe", &json!({"channels": channels}));
    assert_eq!(answer["result"], json!(channels));
    assert_eq!(room.heard(ALICE).channel("user.portfolio.any")[0]["equity"], 250_000);

    let market = json!({"instrument_name": name, "amount": size, "type": "market", "label": "T|x-1"});
    let placed = room.ask(ALICE, "private/buy", &market)["result"].clone();
    assert_eq!(placed["order"]["order_state"], "filled", "{placed}");
    let heard = room.heard(ALICE);
    let raw = heard.channel("user.orders.any.any.raw");
    assert_eq!(raw.last().map(|order| &order["order_id"]), Some(&placed["order"]["order_id"]), "raw is one object");
    let fills = heard.channel("user.trades.any.any.raw");
    assert_eq!(fills[0][0]["trade_id"], placed["trades"][0]["trade_id"]);
    assert_eq!((&fills[0][0]["liquidity"], &fills[0][0]["label"]), (&json!("T"), &json!("T|x-1")));

    room.wait(Duration::from_millis(100));
    let heard = room.heard(ALICE);
    assert!(heard.channel("user.orders.any.any.100ms")[0].is_array());
    let portfolio = heard.channel("user.portfolio.any").remove(0);
    assert!(portfolio["initial_margin"].as_f64().unwrap() > 0.0);
    let positions = room.ask(ALICE, "private/get_positions", &json!({}))["result"].clone();
    assert_eq!((&positions[0]["size"], &positions[0]["direction"]), (&json!(size), &json!("buy")));
    let found = room.ask(ALICE, "private/get_order_state_by_label", &json!({"currency": "any", "label": "T|x-1"}));
    assert_eq!(found["result"][0]["order_state"], "filled", "finished orders are found by label");
    let trades = room.ask(ALICE, "private/get_user_trades_by_instrument", &json!({"instrument_name": name}));
    assert_eq!(trades["result"]["trades"][0]["trade_id"], fills[0][0]["trade_id"]);
    assert_eq!(room.ask(BOB, "private/get_positions", &json!({}))["result"], json!([]));
}

#[test]
fn edits_keep_the_order_and_say_replaced() {
    let mut room = Room::logged_in();
    let (_, size, _) = room.future();
    let order = room.bid(ALICE, 2, "");
    let edit = json!({"order_id": order["order_id"], "amount": size});
    let edited = room.ask(ALICE, "private/edit", &edit)["result"]["order"].clone();
    assert_eq!((&edited["order_id"], &edited["replaced"]), (&order["order_id"], &json!(true)));
    assert_eq!((&edited["amount"], &edited["price"]), (&json!(size), &order["price"]));
}

#[test]
fn cancel_on_disconnect_empties_the_book_but_logging_out_does_not() {
    for (ending, left) in [("closed", 0), ("logout", 1), ("not asked for", 1)] {
        let mut room = Room::logged_in();
        if ending != "not asked for" {
            assert_eq!(room.ask(ALICE, "private/enable_cancel_on_disconnect", &json!({}))["result"], "ok");
            let state = room.ask(ALICE, "private/get_cancel_on_disconnect", &json!({}))["result"].clone();
            assert_eq!(state, json!({"scope": "connection", "enabled": true}));
        }
        room.bid(ALICE, 1, "");
        if ending == "logout" {
            room.raw(ALICE, br#"{"id":9,"method":"private/logout"}"#);
            assert!(room.effects().contains(&Effect::Close { to: ALICE, why: "logged out" }));
        }
        room.gateway.closed(ALICE, &mut room.exchange, &mut room.out);
        // The same account on another connection looks.
        let carol = ConnectionId(3);
        room.gateway.open(carol, room.now);
        let login = json!({"grant_type": "client_credentials", "client_id": "alice", "client_secret": "s"});
        room.ask(carol, "public/auth", &login);
        let open = room.ask(carol, "private/get_open_orders", &json!({}))["result"].clone();
        assert_eq!(open.as_array().map(Vec::len), Some(left), "{ending}");
    }
}

#[test]
fn a_silent_client_is_asked_and_then_given_up() {
    let mut room = Room::logged_in();
    room.ask(ALICE, "public/set_heartbeat", &json!({"interval": 10}));
    let due = room.gateway.deadline().unwrap();
    assert_eq!(due, START + Duration::from_secs(10));
    room.wait(Duration::from_secs(10));
    assert_eq!(room.heard(ALICE).0[0]["params"]["type"], "test_request");
    room.ask(ALICE, "public/test", &json!({}));
    room.wait(Duration::from_secs(10));
    assert_eq!(room.heard(ALICE).0[0]["params"]["type"], "test_request", "silent for ten seconds again");
    room.wait(Duration::from_secs(10));
    assert_eq!(room.effects(), [Effect::Close { to: ALICE, why: "test_request not answered" }]);
}

#[test]
fn injected_faults_happen_to_book_messages() {
    let mut room = Room::logged_in();
    let (name, ..) = room.future();
    let channel = format!("book.{name}.raw");
    room.ask(BOB, "public/subscribe", &json!({"channels": [channel]}));
    let snapshot = room.heard(BOB).channel(&channel).remove(0);
    room.gateway.inject(Some(BOB), Fault::DropBook, &mut room.out);
    room.bid(ALICE, 1, "");
    assert!(room.heard(BOB).0.is_empty(), "dropped");
    room.gateway.inject(Some(BOB), Fault::DuplicateBook, &mut room.out);
    room.bid(ALICE, 1, "");
    let twice = room.heard(BOB).channel(&channel);
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0], twice[1]);
    assert_ne!(twice[0]["prev_change_id"], snapshot["change_id"], "a gap");
    room.gateway.inject(Some(BOB), Fault::DelayBook(Duration::from_millis(50)), &mut room.out);
    room.bid(ALICE, 1, "");
    room.bid(ALICE, 1, "");
    assert!(room.heard(BOB).0.is_empty(), "held back");
    room.wait(Duration::from_millis(50));
    let late = room.heard(BOB).channel(&channel);
    assert_eq!((late.len(), &late[1]["prev_change_id"]), (2, &late[0]["change_id"]));
    room.gateway.inject(None, Fault::Cut, &mut room.out);
    assert_eq!(room.effects(), [Effect::Cut { to: ALICE }, Effect::Cut { to: BOB }]);
}

#[test]
fn http_speaks_the_same_language() {
    let mut room = Room::open();
    let (name, size, price) = room.future();
    let (status, answer) = room.http("GET", "/api/v2/public/get_instruments", None, "");
    assert_eq!(status, 200);
    let kinds = |kind: &str| answer["result"].as_array().unwrap().iter().filter(|i| i["kind"] == kind).count();
    assert!(kinds("future") > 50 && kinds("future_combo") > 30);
    let signed = Some("deri-hmac-sha256 id=k,ts=1,sig=ab,nonce=1");
    let target = format!("/api/v2/private/buy?instrument_name={name}&amount={size}&type=limit&price={price}");
    assert_eq!(room.http("GET", &target, None, "").1["error"]["code"], 10_000);
    let (status, answer) = room.http("GET", &target, signed, "");
    assert_eq!((status, &answer["result"]["order"]["order_state"]), (200, &json!("open")), "{answer}");
    let body = r#"{"jsonrpc":"2.0","id":"a","method":"private/get_open_orders","params":{}}"#;
    let (_, answer) = room.http("POST", "/api/v2", signed, body);
    assert_eq!((&answer["id"], answer["result"].as_array().map(Vec::len)), (&json!("a"), Some(1)));
    for method in ["public/subscribe", "public/set_heartbeat", "private/enable_cancel_on_disconnect", "private/logout"]
    {
        let (status, answer) = room.http("GET", &format!("/api/v2/{method}"), signed, "");
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(10_030)), "{method}");
    }
    assert_eq!(room.http("GET", "/api/v2/public/nothing", None, "").0, 404);
    assert_eq!(room.http("GET", "/elsewhere", None, "").0, 404);
    assert_eq!(room.http("GET", "/api/v2/private/get_positions", Some("Bearer x"), "").0, 401);
}

#[test]
fn every_public_question_has_an_answer() {
    let mut room = Room::open();
    let (name, ..) = room.future();
    for (method, params) in [
        ("public/hello", json!({"client_name": "t", "client_version": "1"})),
        ("public/get_time", json!({})),
        ("public/get_currencies", json!({})),
        ("public/get_combos", json!({"currency": "any"})),
        ("public/get_instrument", json!({"instrument_name": name})),
        ("public/get_order_book", json!({"instrument_name": name, "depth": 5})),
        ("public/ticker", json!({"instrument_name": name})),
        ("public/get_last_trades_by_instrument", json!({"instrument_name": name, "count": 3})),
        ("public/get_last_trades_by_currency", json!({"currency": "H100"})),
        ("public/get_index_price", json!({"index_name": "h100_usdc"})),
        ("public/get_delivery_prices", json!({"index_name": "h100_usdc"})),
        ("public/get_last_settlements_by_instrument", json!({"instrument_name": name})),
        ("public/get_tradingview_chart_data", json!({"instrument_name": name, "resolution": "1"})),
        ("public/unsubscribe_all", json!({})),
        ("public/disable_heartbeat", json!({})),
    ] {
        let answer = room.ask(ALICE, method, &params);
        assert!(!answer["result"].is_null(), "{method}: {answer}");
        assert_eq!((&answer["testnet"], &answer["usIn"]), (&json!(true), &json!(START.0 / 1_000)), "{method}");
    }
}
