//! Requests with something wrong in them, thousands of them.

use super::*;
use crate::base::rng::Rng;

const SEEDS: [&str; 12] = [
    r#"{"rid":1,"t":"p","s":"H100-2027-MAR","d":"B","q":1,"p":"2.80","tif":"GTC","po":true,"rb":"tbl","cid":7,"tag":"a"}"#,
    r#"{"rid":2,"t":"p","s":"H100-2027-MAR","d":"S","q":18446744073709551615,"p":"-0.00","tif":"IOC"}"#,
    r#"{"rid":3,"t":"x","oid":"O-01K5XAMPLE0000000000000001"}"#,
    r#"{"rid":4,"t":"X"}"#,
    r#"{"rid":5,"t":"r","cid":7,"q":2,"p":"2.79"}"#,
    r#"{"rid":-9223372036854775808,"t":"s","cid":7}"#,
    r#"{"rid":6,"t":"o"}"#,
    r#"{"rid":7,"t":"ef","symbol":"H100-PERP"}"#,
    r#"{"rid":1,"type":"subscribe","symbol":"H100-2027-MAR","level":"LEVEL_3","trades":true,"ticker":true}"#,
    r#"{"rid":2,"type":"subscribe_candles","symbol":"TOK-2027-JAN","width":"1s"}"#,
    r#"{"rid":3,"type":"unsubscribe","symbol":"H100-2027-MAR"}"#,
    r#"{"rid":4,"type":"subscribe_bbo_candles","symbol":"H100-PERP","width":"1d"}"#,
];

/// The first of them are for the orders socket, the others for market data.
const ORDER_SEEDS: usize = 8;

const TARGETS: [(&str, &str, &str); 8] = [
    (
        "GET",
        "/api/candles?symbol=H100-PERP&candle_width=1s&start_timestamp_ns=-9223372036854775808&end_timestamp_ns=9223372036854775807",
        "",
    ),
    ("GET", "/api/fills?start_timestamp_ns=9223372036854775807&limit=1000&cursor=18446744073709551615", ""),
    ("GET", "/orders/orders?symbol=H100-2027-MAR&order_state=OPEN&offset=3", ""),
    ("GET", "/orders/order-status?oid=O-7ZZZZZZZZZZZZZZZZZZZZZZZZZ", ""),
    ("POST", "/orders/place-order", r#"{"s":"H100-2027-MAR","d":"B","q":1,"p":"2.80","tif":"DAY"}"#),
    ("POST", "/orders/cancel-all-orders", r#"{"symbol":"H100-2027-MAR"}"#),
    (
        "POST",
        "/api/preview-aggressive-limit-order",
        r#"{"symbol":"H100-2027-MAR","quantity":18446744073709551615,"side":"B"}"#,
    ),
    (
        "POST",
        "/orders/initial-margin-requirement",
        r#"{"s":"H100-PERP","d":"S","q":9223372036854,"p":"1","tif":"GTC"}"#,
    ),
];

fn pick(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).unwrap()
}

fn spoil(rng: &mut Rng, text: &str) -> Vec<u8> {
    let mut text = text.as_bytes().to_vec();
    for _ in 0..rng.below(6) {
        if text.is_empty() {
            break;
        }
        let at = pick(rng, text.len());
        match rng.below(5) {
            0 => text[at] = pick(rng, 256) as u8,
            1 if text.len() > 1 => drop(text.remove(at)),
            2 => text.insert(at, b"{}[]\",:0e-\\&=%"[pick(rng, 14)]),
            3 => text.truncate(at.max(1)),
            _ => text.extend_from_within(at..),
        }
    }
    text
}

#[test]
fn every_spoilt_message_is_answered_once() {
    let mut room = Room::busy();
    let mut rng = Rng::new(11);
    let (mut granted, mut refused) = (0, 0);
    for turn in 0..20_000 {
        let who = if turn % 3 == 0 { MARKET } else { ALICE };
        let seeds = if who == MARKET { &SEEDS[ORDER_SEEDS..] } else { &SEEDS[..ORDER_SEEDS] };
        let seed = seeds[pick(&mut rng, seeds.len())];
        let text = spoil(&mut rng, seed);
        room.effects.clear();
        room.raw(who, &text);
        let mut answers = 0;
        for message in room.heard(who) {
            if message.get("rid").is_some() {
                answers += 1;
                let is_refusal = message.get("err").or(message.get("error")).is_some();
                *if is_refusal { &mut refused } else { &mut granted } += 1;
            }
        }
        let is_heartbeat = who == ALICE && serde_json::from_slice::<Value>(&text).is_ok_and(|value| value["t"] == "h");
        assert_eq!(answers, i32::from(!is_heartbeat), "{:?}", String::from_utf8_lossy(&text));
        // The pool of requests fills.
        room.now = room.now + Duration::from_millis(20);
    }
    assert!(granted > 2_000 && refused > 2_000, "{granted} granted, {refused} refused");
}

#[test]
fn every_spoilt_call_is_answered() {
    let mut room = Room::busy();
    let mut rng = Rng::new(12);
    let (mut granted, mut refused) = (0, 0);
    let mut token = String::new();
    for turn in 0..6_000 {
        if turn % 1_000 == 0 {
            token = room.token("alice");
        }
        let (method, target, body) = TARGETS[pick(&mut rng, TARGETS.len())];
        let target = if body.is_empty() {
            String::from_utf8_lossy(&spoil(&mut rng, target)).into_owned()
        } else {
            target.to_owned()
        };
        let body = spoil(&mut rng, body);
        let request = HttpRequest { method, target: &target, authorization: Some(&token), body: &body };
        let (exchange, released) = (&mut room.exchange, &mut room.released);
        let (status, text) = room.gateway.http(room.now, &request, exchange, released, &mut room.effects);
        room.publish();
        room.effects.clear();
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{target}: {text}");
        assert!([200, 400, 401, 403, 404, 405].contains(&status), "{target}: {status}");
        *if status == 200 { &mut granted } else { &mut refused } += 1;
        room.now = room.now + Duration::from_millis(20);
    }
    assert!(granted > 500 && refused > 500, "{granted} granted, {refused} refused");
}

#[test]
fn what_is_too_long_or_too_deep_is_refused_and_the_connection_lives() {
    let mut room = Room::busy();
    let long = format!(r#"{{"rid":1,"t":"o","x":"{}"}}"#, "y".repeat(40_000));
    let deep = format!(r#"{{"rid":1,"t":"o","x":{}"#, "[".repeat(10_000));
    for text in ["", "{", "[]", "7", "null", "\u{0}", &long, &deep] {
        for (who, key) in [(MARKET, "error"), (ALICE, "err")] {
            room.raw(who, text.as_bytes());
            let heard = room.heard(who);
            assert_eq!(heard.len(), 1, "{text:.40}");
            assert_eq!(heard[0][key]["code"], 400, "{text:.40} -> {}", heard[0]);
        }
    }
    room.raw(ALICE, &[0xff, 0xfe]);
    assert_eq!(room.heard(ALICE)[0]["err"]["code"], 400);
    assert!(room.ask(ALICE, json!({"t": "o"}))["res"].is_object());
}
