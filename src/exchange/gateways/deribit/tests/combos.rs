//! Combos over the wire: made, found, listed, traded, ended.

use super::*;

fn fly() -> Value {
    json!({"trades": [
        {"instrument_name": "H100_USDC-31MAR27", "direction": "buy", "amount": "1460"},
        {"instrument_name": "H100_USDC-31DEC26", "direction": "sell", "amount": 730},
        {"instrument_name": "H100_USDC-30JUN27", "direction": "sell", "amount": 730},
    ]})
}

const FLY: &str = "H100_USDC-FLY-31DEC26_31MAR27_30JUN27";

#[test]
fn a_combo_is_made_once_and_told_to_everybody() {
    let mut room = Room::logged_in();
    room.ask(BOB, "public/subscribe", &json!({"channels": ["instrument.state.any.any"]}));
    let made = room.ask(ALICE, "private/create_combo", &fly())["result"].clone();
    assert_eq!(made["id"], FLY);
    assert_eq!(made["state"], "active");
    let legs: Vec<(&str, i64)> = made["legs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leg| (leg["instrument_name"].as_str().unwrap(), leg["amount"].as_i64().unwrap()))
        .collect();
    assert_eq!(legs, [("H100_USDC-31DEC26", 1), ("H100_USDC-31MAR27", -2), ("H100_USDC-30JUN27", 1)]);
    let states = room.heard(BOB).channel("instrument.state.any.any");
    assert_eq!((&states[0]["state"], &states[0]["instrument_name"]), (&json!("created"), &json!(FLY)));

    let again = room.ask(BOB, "private/create_combo", &fly())["result"].clone();
    assert_eq!(again, made);
    assert!(room.heard(BOB).channel("instrument.state.any.any").is_empty(), "nothing new is listed");
    assert_eq!(room.ask(BOB, "public/get_combo_details", &json!({"combo_id": FLY}))["result"], made);
    let ids = room.ask(BOB, "public/get_combo_ids", &json!({"currency": "H100", "state": "active"}))["result"].clone();
    assert!(ids.as_array().unwrap().contains(&json!(FLY)));
    let inactive =
        room.ask(BOB, "public/get_combo_ids", &json!({"currency": "any", "state": "inactive"}))["result"].clone();
    assert!(!inactive.as_array().unwrap().contains(&json!(FLY)));
    let combos = room.ask(BOB, "public/get_combos", &json!({"currency": "any"}))["result"].clone();
    assert!(combos.as_array().unwrap().contains(&made));
    let listed = room.ask(BOB, "public/get_instrument", &json!({"instrument_name": FLY}))["result"].clone();
    assert_eq!(
        (&listed["kind"], &listed["tick_size"], &listed["min_trade_amount"]),
        (&json!("future_combo"), &json!(0.005), &json!(730))
    );
    let december =
        room.ask(BOB, "public/get_instrument", &json!({"instrument_name": "H100_USDC-31DEC26"}))["result"].clone();
    assert_eq!(listed["expiration_timestamp"], december["expiration_timestamp"]);
    let all =
        room.ask(BOB, "public/get_instruments", &json!({"currency": "any", "kind": "future_combo"}))["result"].clone();
    assert!(all.as_array().unwrap().contains(&listed));
}

#[test]
fn a_combo_trades_in_its_own_book_with_legs_that_add_up() {
    let mut room = Room::logged_in();
    room.ask(ALICE, "private/create_combo", &fly());
    let mark =
        room.ask(ALICE, "public/ticker", &json!({"instrument_name": FLY}))["result"]["mark_price"].as_f64().unwrap();
    let price = (mark / 0.005).round() * 0.005;
    let channel = format!("trades.{FLY}.raw");
    room.ask(BOB, "public/subscribe", &json!({"channels": [channel]}));
    // Whatever the legs in the market make of it, these two agree at a price between them.
    let order = json!({"instrument_name": FLY, "amount": 730, "price": price});
    room.ask(ALICE, "private/buy", &order);
    room.ask(BOB, "private/sell", &order);
    let trades = room.heard(BOB).channel(&channel);
    let trade = &trades[0][0];
    let legs = trade["legs"].as_array().unwrap();
    let size = |leg: &Value| leg["amount"].as_f64().unwrap() / 730.0;
    let sign = |leg: &Value| if leg["direction"] == trade["direction"] { 1.0 } else { -1.0 };
    let sum: f64 = legs.iter().map(|leg| sign(leg) * size(leg) * leg["price"].as_f64().unwrap()).sum();
    assert!((sum - trade["price"].as_f64().unwrap()).abs() < 1e-9, "{trade}");
    let ratios: Vec<f64> = legs.iter().map(|leg| sign(leg) * size(leg)).collect();
    assert_eq!(ratios, [1.0, -2.0, 1.0]);
    assert!(legs.iter().all(|leg| leg["combo_id"] == FLY && leg["combo_trade_id"] == trade["trade_id"]));
    for leg in legs {
        let position = room.ask(ALICE, "private/get_position", &json!({"instrument_name": leg["instrument_name"]}));
        let held = position["result"]["size"].as_f64().unwrap() / 730.0;
        let bought_by_alice = sign(leg) * size(leg);
        assert_eq!(held, bought_by_alice, "{position}");
    }
}

#[test]
fn leg_prices_follow_the_marks_and_add_up_either_way_round() {
    let mut room = Room::logged_in();
    let trades = fly()["trades"].clone();
    let answer = room.ask(ALICE, "private/get_leg_prices", &json!({"legs": trades, "price": 0.03}));
    let result = &answer["result"];
    assert_eq!(result["amount"], 730);
    let legs = result["legs"].as_array().unwrap();
    let named: Vec<(&Value, &Value, &Value)> =
        legs.iter().map(|leg| (&leg["instrument_name"], &leg["direction"], &leg["ratio"])).collect();
    let asked = trades.as_array().unwrap();
    assert_eq!(named[0], (&asked[0]["instrument_name"], &json!("buy"), &json!(2)));
    assert_eq!(named[1], (&asked[1]["instrument_name"], &json!("sell"), &json!(1)));
    let sign = |leg: &Value| if leg["direction"] == "buy" { 1.0 } else { -1.0 };
    let sum: f64 =
        legs.iter().map(|leg| sign(leg) * leg["ratio"].as_f64().unwrap() * leg["price"].as_f64().unwrap()).sum();
    assert!((sum - 0.03).abs() < 1e-9, "{answer}");
    let ids = room.ask(ALICE, "public/get_combo_ids", &json!({"currency": "any"}))["result"].clone();
    assert!(!ids.as_array().unwrap().contains(&json!(FLY)), "asking lists nothing");
}

#[test]
fn wrong_legs_are_refused_with_the_reason() {
    let mut room = Room::logged_in();
    let legs = |far: &str, amount: i64| {
        json!({"trades": [
            {"instrument_name": "H100_USDC-31DEC26", "direction": "buy", "amount": 730},
            {"instrument_name": far, "direction": "sell", "amount": amount},
        ]})
    };
    for (params, code) in [
        (legs("H100_USDC-31MAR27", 1_460), 11_029),
        (legs("H100_USDC-PERPETUAL", 730), 10_020),
        (legs("H100_USDC-NOBODY", 730), 10_020),
        (legs("H100_USDC-31MAR27", 0), 10_021),
        (json!({"trades": []}), 11_029),
        (json!({}), -32_602),
    ] {
        let answer = room.ask(ALICE, "private/create_combo", &params);
        assert_eq!(answer["error"]["code"], code, "{params} {answer}");
    }
    let nobody = room.ask(ALICE, "public/get_combo_details", &json!({"combo_id": "H100_USDC-31DEC26"}));
    assert_eq!(nobody["error"]["code"], 10_020);
}
