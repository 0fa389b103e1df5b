//! What the perpetual's channel, ticker and history say of its funding.

use super::*;

const PERPETUAL: &str = "H100_USDC-PERPETUAL";

#[test]
fn an_hour_of_funding_is_told_and_remembered() {
    let mut room = Room::logged_in();
    let mut out = Released::default();
    room.exchange.set_rate(START, 20.0, &mut out);
    let channel = format!("perpetual.{PERPETUAL}.100ms");
    let asked = json!({"channels": [channel, "perpetual.H100_USDC-31DEC26.100ms"]});
    assert_eq!(room.ask(BOB, "public/subscribe", &asked)["result"], json!([channel]), "a future has no funding");
    let first = room.heard(BOB).channel(&channel).remove(0);
    assert_eq!(first["interest"], 0);
    room.ask(ALICE, "private/buy", &json!({"instrument_name": PERPETUAL, "amount": 50, "type": "market"}));
    room.wait(Duration::from_secs(3_600));
    let told = room.heard(BOB).channel(&channel);
    assert!(told.len() > 100 && told.iter().any(|data| data["interest"] != 0));
    let ticker = room.ask(BOB, "public/ticker", &json!({"instrument_name": PERPETUAL}))["result"].clone();

    let span = json!({"instrument_name": PERPETUAL, "start_timestamp": START.millis(),
        "end_timestamp": room.now.millis()});
    let rows = room.ask(BOB, "public/get_funding_rate_history", &span)["result"].clone();
    let [row] = rows.as_array().unwrap().as_slice() else { panic!("{rows}") };
    assert_eq!(row["timestamp"], START.millis() + 3_600_000);
    assert_eq!((&row["interest_1h"], &row["interest_8h"]), (&ticker["funding_8h"], &ticker["funding_8h"]));
    assert_eq!(room.ask(BOB, "public/get_funding_rate_value", &span)["result"], row["interest_1h"]);
    let position = room.ask(ALICE, "private/get_position", &json!({"instrument_name": PERPETUAL}))["result"].clone();
    let rate = row["interest_1h"].as_f64().unwrap();
    let cost = 50.0 * row["index_price"].as_f64().unwrap() * rate;
    assert!((position["realized_funding"].as_f64().unwrap() + cost).abs() < 1e-6, "{position}");

    let wrong = json!({"instrument_name": "H100_USDC-31DEC26", "start_timestamp": 0, "end_timestamp": 1});
    assert_eq!(room.ask(BOB, "public/get_funding_rate_value", &wrong)["error"]["code"], -32_602);
    let half = json!({"instrument_name": PERPETUAL, "start_timestamp": 0});
    assert_eq!(room.ask(BOB, "public/get_funding_rate_history", &half)["error"]["data"]["param"], "end_timestamp");
}
