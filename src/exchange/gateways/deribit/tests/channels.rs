//! What the rarer channels say, and who may ask how much.

use super::*;

/// Buys at the market, so that something trades.
fn take(room: &mut Room, who: ConnectionId) -> Value {
    let (name, size, _) = room.future();
    let market = json!({"instrument_name": name, "amount": size, "type": "market"});
    let placed = room.ask(who, "private/buy", &market)["result"].clone();
    assert_eq!(placed["order"]["order_state"], "filled", "{placed}");
    placed
}

#[test]
fn a_chart_channel_speaks_when_its_bar_has_moved() {
    let mut room = Room::logged_in();
    let (name, size, _) = room.future();
    let [minute, day, odd] = ["1", "1D", "7"].map(|resolution| format!("chart.trades.{name}.{resolution}"));
    let answer = room.ask(BOB, "public/subscribe", &json!({"channels": [minute, day, odd]}));
    assert_eq!(answer["result"], json!([minute, day]), "seven minutes are no resolution");
    room.wait(Duration::from_millis(100));
    room.heard(BOB);
    let trade = take(&mut room, ALICE)["trades"][0].clone();
    room.wait(Duration::from_millis(100));
    let heard = room.heard(BOB);
    let [minute, day] = [minute, day].map(|channel| heard.channel(&channel));
    assert_eq!((minute.len(), day.len()), (1, 1));
    let bar = &minute[0];
    assert_eq!((&bar["close"], &bar["volume"]), (&trade["price"], &json!(size)));
    assert_eq!(bar["tick"].as_i64().unwrap(), START.millis() / 60_000 * 60_000);
    assert!(day[0]["high"].as_f64() >= bar["high"].as_f64() && day[0]["low"].as_f64() <= bar["low"].as_f64());
    room.wait(Duration::from_millis(200));
    assert!(room.heard(BOB).0.is_empty(), "nothing traded since");
}

#[test]
fn an_incremental_ticker_names_what_moved_and_adds_up_to_the_whole() {
    let mut room = Room::logged_in();
    let (name, ..) = room.future();
    let channel = format!("incremental_ticker.{name}");
    room.ask(BOB, "public/subscribe", &json!({"channels": [channel]}));
    let mut known = room.heard(BOB).channel(&channel).remove(0);
    assert_eq!(known["type"], "snapshot");
    take(&mut room, ALICE);
    room.wait(Duration::from_millis(100));
    let news = room.heard(BOB).channel(&channel);
    assert_eq!((news.len(), &news[0]["type"]), (1, &json!("change")));
    assert!(news[0].get("min_price").is_none(), "the band has not moved: {}", news[0]);
    for (member, value) in news[0].as_object().unwrap() {
        known[member] = value.clone();
    }
    let whole = room.ask(BOB, "public/ticker", &json!({"instrument_name": name}))["result"].clone();
    for (member, value) in whole.as_object().unwrap().iter().filter(|(member, _)| *member != "timestamp") {
        assert_eq!(&known[member], value, "{member}");
    }
}

#[test]
fn the_next_expiry_is_estimated_from_its_fixings() {
    let mut room = Room::logged_in();
    let channel = "estimated_expiration_price.h100_usdc";
    room.ask(BOB, "public/subscribe", &json!({"channels": [channel, "estimated_expiration_price.h100_usdc_grid"]}));
    let said = room.heard(BOB).channel(channel).remove(0);
    let instruments = room.ask(BOB, "public/get_instruments", &json!({"currency": "H100", "kind": "future"}));
    let futures = instruments["result"].as_array().unwrap().iter().filter(|i| i["settlement_period"] == "month");
    let front = futures.min_by_key(|i| i["expiration_timestamp"].as_i64()).unwrap().clone();
    let ticker = room.ask(BOB, "public/ticker", &json!({"instrument_name": front["instrument_name"]}));
    assert_eq!(said["price"], ticker["result"]["estimated_delivery_price"]);
    let until = (front["expiration_timestamp"].as_i64().unwrap() - START.millis()) / 1_000;
    assert_eq!((&said["seconds"], &said["is_estimated"]), (&json!(until), &json!(true)), "November has had fixings");
}

#[test]
fn changes_of_an_instrument_come_together_with_the_position() {
    let mut room = Room::logged_in();
    let (name, size, _) = room.future();
    let channels = ["user.changes.any.any.raw", "user.changes.future.H100.100ms"];
    let answer = room.ask(ALICE, "private/subscribe", &json!({"channels": channels}));
    assert_eq!(answer["result"], json!(channels));
    let placed = take(&mut room, ALICE);
    let raw = room.heard(ALICE).channel(channels[0]);
    room.wait(Duration::from_millis(100));
    let flushed = room.heard(ALICE).channel(channels[1]);
    for said in [&raw, &flushed] {
        assert_eq!(said.len(), 1, "{said:?}");
        let said = &said[0];
        assert_eq!(said["instrument_name"], json!(name));
        assert_eq!(said["trades"][0]["trade_id"], placed["trades"][0]["trade_id"]);
        let orders = said["orders"].as_array().unwrap();
        assert_eq!(orders.last().map(|order| &order["order_state"]), Some(&json!("filled")));
        assert_eq!((&said["positions"][0]["size"], &said["positions"][0]["direction"]), (&json!(size), &json!("buy")));
    }
    room.bid(BOB, 1, "");
    room.wait(Duration::from_millis(100));
    assert!(room.heard(ALICE).0.iter().all(|m| m["params"]["channel"] != channels[0]), "of others, nothing");
}

#[test]
fn a_coinbase_token_logs_its_subject_in() {
    let mut room = Room::open();
    // Header and signature are not looked at; the claims are {"sub":"organizations/x/apiKeys/y"}.
    let token = "e30.eyJzdWIiOiJvcmdhbml6YXRpb25zL3gvYXBpS2V5cy95In0.c2ln";
    let answer = room.ask(ALICE, "public/auth", &json!({"grant_type": "coinbase_cdp", "token": token}));
    assert_eq!(answer["result"]["token_type"], "bearer", "{answer}");
    let order = room.bid(ALICE, 1, "");
    let same =
        json!({"grant_type": "client_credentials", "client_id": "organizations/x/apiKeys/y", "client_secret": "s"});
    room.ask(BOB, "public/auth", &same);
    let open = room.ask(BOB, "private/get_open_orders", &json!({}));
    assert_eq!(open["result"][0]["order_id"], order["order_id"], "one account, however it logs in");
    for token in ["", "e30", "e30.!!.c2ln", "e30.e30.c2ln"] {
        let answer = room.ask(BOB, "public/auth", &json!({"grant_type": "coinbase_cdp", "token": token}));
        assert_eq!(answer["error"]["code"], 13_004, "{token}");
    }
}

#[test]
fn who_asks_too_often_is_told_and_can_go_on_later() {
    let mut data = CatalogueData::embedded().unwrap();
    data.venue.limits.queries = Allowance { burst: 3, per_second: 1 };
    let mut room = Room::of(data);
    let ask = |room: &mut Room| room.ask(ALICE, "public/get_time", &json!({}))["error"]["code"].clone();
    for _ in 0..3 {
        assert_eq!(ask(&mut room), Value::Null);
    }
    assert_eq!(ask(&mut room), json!(10_028));
    assert_eq!(room.ask(BOB, "public/get_time", &json!({}))["error"], Value::Null, "others notice nothing");
    room.wait(Duration::from_secs(1));
    assert_eq!(ask(&mut room), Value::Null);
}
