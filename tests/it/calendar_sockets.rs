//! The exchange's calendar over real sockets: an expiry on a fast clock, a halted product, a clock that stands.

use std::time::Instant;

use serde_json::{Value, json};
use tenor::base::time::Utc;
use tenor::exchange::catalogue::CatalogueData;
use tenor::exchange::sim::Scenario;
use tenor::shell::exchange_server::{ControlToken, ExchangeServer, ServerConfig, ServerHandle};

use crate::gateway_sockets::{Client, control};

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

const NOVEMBER: &str = "H100_USDC-30NOV26";

#[test]
fn an_expiry_is_over_in_seconds_of_the_wall_clock() {
    let start = Some(utc("2026-11-30T20:29:00Z"));
    let server =
        ExchangeServer::start(ServerConfig { rate: 300.0, start, speed: Some(400), ..ServerConfig::default() })
            .unwrap();
    let began = Instant::now();
    let mut client = Client::dial(&server, "erin");
    let states = "instrument.state.future.any";
    client.ask("public/set_heartbeat", &json!({"interval": 60}));
    let bought = client.ask("private/buy", &json!({"instrument_name": NOVEMBER, "amount": 2 * 730, "type": "market"}));
    let bought_at = bought["order"]["average_price"].as_f64().unwrap();
    client.ask("private/subscribe", &json!({"channels": [states, "user.portfolio.any"]}));
    let closed = loop {
        let state = client.next(states);
        if state["instrument_name"] == NOVEMBER {
            break state;
        }
    };
    assert_eq!(closed["state"], "closed");
    assert_eq!(closed["timestamp"].as_i64().unwrap(), utc("2026-11-30T21:00:00Z").millis(), "by the exchange's clock");
    assert!(began.elapsed().as_secs() < 60, "half an hour took {:?}", began.elapsed());
    let beats = client.heard.iter().filter(|message| message["method"] == "heartbeat").count();
    assert_eq!(beats, 0, "heartbeats go by the wall clock");

    let asked = json!({"instrument_name": NOVEMBER, "type": "delivery"});
    let told = client.ask("public/get_last_settlements_by_instrument", &asked);
    let delivery = &told["settlements"][0];
    assert_eq!((&delivery["type"], &delivery["instrument_name"]), (&json!("delivery"), &json!(NOVEMBER)));
    let price = delivery["mark_price"].as_f64().unwrap();
    let position = client.ask("private/get_position", &json!({"instrument_name": NOVEMBER}));
    assert_eq!(position["size"], 0);
    let paid = position["realized_profit_loss"].as_f64().unwrap();
    assert!((paid - (price - bought_at) * 1_460.0).abs() < 0.01, "{paid} at {price}, bought at {bought_at}");
    let summary = client.ask("private/get_account_summary", &json!({"currency": "USDC"}));
    let (balance, fee) = (summary["balance"].as_f64().unwrap(), bought_at * 1_460.0 * 0.0002);
    assert!((balance - (250_000.0 - fee + paid)).abs() < 0.02, "{balance}");
    assert_eq!(summary["maintenance_margin"], 0);
}

fn controlled() -> (ServerHandle, String) {
    let token = ControlToken::new().unwrap();
    let config = ServerConfig { rate: 0.0, control: Some(token.clone()), ..ServerConfig::default() };
    let server = ExchangeServer::start(config).unwrap();
    (server, format!("POST /control HTTP/1.1\r\nAuthorization: Bearer {}", token.reveal()))
}

#[test]
fn a_halted_product_is_told_everywhere_and_takes_cancels_only() {
    let (server, head) = controlled();
    let order = |order: Value| {
        let (status, answer) = control(&server, &head, &order.to_string());
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let mut client = Client::dial(&server, "frank");
    let dec = "H100_USDC-31DEC26";
    let ticker = client.ask("public/ticker", &json!({"instrument_name": dec}));
    let low = ticker["min_price"].as_f64().unwrap();
    let low = (low * 100.0).ceil() / 100.0;
    let bid = json!({"instrument_name": dec, "amount": 730, "price": low});
    let working = client.ask("private/buy", &bid)["order"]["order_id"].clone();
    let (states, fast) = ("instrument.state.any.H100", format!("ticker.{dec}.raw"));
    client.ask("private/subscribe", &json!({"channels": ["platform_state", states, fast]}));
    assert_eq!(client.next("platform_state"), json!({"locked": false}));
    assert_eq!(client.next(&fast)["state"], "open");

    assert_eq!(order(json!({"do": "halt", "product": "H100"})), json!({"locked": true}));
    assert_eq!(client.next("platform_state"), json!({"price_index": "h100_usdc", "locked": true}));
    assert_eq!(client.ask("public/status", &json!({})), json!({"locked": "partial", "locked_indices": ["h100_usdc"]}));
    assert_eq!(client.next(&fast)["state"], "halted");
    let book = client.ask("public/get_order_book", &json!({"instrument_name": dec}));
    assert_eq!(book["state"], "halted");
    let refused = client.try_ask("private/buy", &bid).unwrap();
    assert_eq!((&refused["error"]["code"], &refused["error"]["message"]), (&json!(10_012), &json!("book_closed")));
    assert!(refused["error"]["data"]["reason"].as_str().unwrap().contains("halted"), "{refused}");
    assert_eq!(client.ask("private/cancel", &json!({"order_id": working}))["order_state"], "cancelled");
    assert_eq!(client.ask("public/ticker", &json!({"instrument_name": "H200_USDC-31DEC26"}))["state"], "open");

    // Call and auction: ten seconds, stepped through while the clock stands.
    order(json!({"do": "pause"}));
    assert_eq!(order(json!({"do": "resume", "product": "H100"})), json!({"locked": false}));
    let far = json!({"instrument_name": dec, "amount": 730, "price": low});
    client.ask("private/buy", &far);
    assert_eq!(order(json!({"do": "book", "instrument": dec}))["phase"], "pre_open");
    let before = order(json!({"do": "status"}))["now"].clone();
    order(json!({"do": "step", "millis": 10_000}));
    let after = order(json!({"do": "status"}));
    assert_eq!(after["paused"], true);
    let seconds = |now: &Value| utc(now.as_str().unwrap()).0 as f64 / 1e9;
    assert!((seconds(&after["now"]) - seconds(&before) - 10.0).abs() < 1e-6);
    assert_eq!(order(json!({"do": "book", "instrument": dec}))["phase"], "open");
    order(json!({"do": "continue"}));
    assert_eq!(order(json!({"do": "speed", "times": 50}))["speed"], 50);
    assert_eq!(control(&server, &head, r#"{"do":"step","millis":1}"#).0, 400, "only while it stands");
    for wrong in [r#"{"do":"halt"}"#, r#"{"do":"halt","product":"H900"}"#, r#"{"do":"speed","times":0}"#] {
        assert_eq!(control(&server, &head, wrong).0, 400, "{wrong}");
    }
}

#[test]
fn a_scenario_is_chosen_by_control_and_ends_with_the_next() {
    let (server, head) = controlled();
    let order = |order: Value| control(&server, &head, &order.to_string());
    let (status, begun) = order(json!({"do": "scenario", "name": "maker_leaves"}));
    assert_eq!((status, &begun["scenario"]), (200, &json!("maker_leaves")));
    assert_eq!(order(json!({"do": "status"})).1["scenario"], "maker_leaves");
    let text = "about = \"shut\"\nlasts = \"1m\"\n[[events]]\nat = \"0s\"\nhalt = { products = [\"TOK\"] }";
    assert_eq!(order(json!({"do": "scenario", "name": "shut", "text": text})).0, 200);
    let mut client = Client::dial(&server, "grace");
    let state = |client: &mut Client| {
        client.ask("public/ticker", &json!({"instrument_name": "TOK_USDC-31DEC26"}))["state"].clone()
    };
    while state(&mut client) != "halted" {}
    let (status, wrong) = order(json!({"do": "scenario", "name": "doom"}));
    assert!(status == 400 && wrong["error"].as_str().unwrap().contains("flash_crash"), "{wrong}");
    assert_eq!(order(json!({"do": "scenario", "name": "calm"})).0, 200);
    assert_eq!(client.ask("public/status", &json!({}))["locked"], "false");
}

#[test]
fn a_scenario_may_place_the_clock_before_an_expiry() {
    let data = CatalogueData::embedded().unwrap();
    let scenario = Some(Scenario::named("roll_week", &data).unwrap());
    let server = ExchangeServer::start(ServerConfig { rate: 0.0, scenario, ..ServerConfig::default() }).unwrap();
    let now = server.now().unwrap();
    let mut client = Client::dial(&server, "heidi");
    let listed = client.ask("public/get_instruments", &json!({"currency": "H100", "kind": "future"}));
    let expiries = listed.as_array().unwrap().iter().filter_map(|i| i["expiration_timestamp"].as_i64());
    let next = expiries.min().unwrap();
    let hours = (next - now.millis()) as f64 / 3.6e6;
    assert!((20.0..=26.0).contains(&hours), "{hours} hours before the expiry");
}
