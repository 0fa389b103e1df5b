//! Public data, asked for and streamed.

use super::*;

fn trade(room: &mut Room, lots: i64) {
    let order = json!({"t": "p", "s": SYMBOL, "d": "B", "q": lots, "p": room.price(Side::Ask, 0), "tif": "IOC"});
    assert!(room.ask(BOB, order)["res"]["oid"].is_string());
}

#[test]
fn contracts_are_told_in_the_venues_way() {
    let mut room = Room::open();
    let (_, listed) = room.http("GET", "/api/instruments", None, "");
    let listed = listed["instruments"].as_array().unwrap();
    assert_eq!(listed.len(), 3 * 36 + 18 + 1, "futures and the perpetual, no spreads");
    let one = listed.iter().find(|i| i["symbol"] == "H100-2026-DEC").unwrap();
    for (key, value) in [
        ("product", json!("H100")),
        ("multiplier", json!("730")),
        ("tick_size", json!("0.01")),
        ("price_scale", json!(100)),
        ("minimum_order_size", json!("1")),
        ("initial_margin_pct", json!("20")),
        ("maintenance_margin_pct", json!("15")),
        ("price_band_upper_deviation_pct", json!("10")),
        ("category", json!("compute")),
        ("quote_currency", json!("USD")),
        ("contract_size", json!("730 GPU-hours per contract")),
    ] {
        assert_eq!(one[key], value, "{key}");
    }
    assert!(one["expiration"].as_str().is_some_and(|text| text.starts_with("2026-12-31T")));
    assert!(listed.iter().all(|i| i["description"].as_str().unwrap().starts_with("Simulated. ")));
    let perpetual = room.http("GET", "/api/instrument?symbol=H100-PERP", None, "").1;
    assert_eq!((&perpetual["expiration"], &perpetual["tick_size"]), (&Value::Null, &json!("0.001")));
}

#[test]
fn books_are_the_exchanges_own_at_every_depth() {
    let mut room = Room::busy();
    let listing = crate::exchange::gateways::ax::find(room.exchange.engine().catalogue(), SYMBOL).unwrap().id;
    let engine = room.exchange.engine();
    let mut bids = Vec::new();
    engine.copy_levels(listing, Side::Bid, usize::MAX, &mut bids);
    let own: Vec<Value> = bids.iter().map(|l| json!({"p": l.price.to_string(), "q": l.qty.whole_lots()})).collect();
    for (level, kind) in [("LEVEL_1", "1"), ("LEVEL_2", "2"), ("LEVEL_3", "3")] {
        let asked = json!({"type": "subscribe", "symbol": SYMBOL, "level": level, "trades": false, "ticker": false});
        assert_eq!(room.ask(MARKET, asked)["result"], json!({"subscribed": SYMBOL}));
        let heard = room.heard(MARKET);
        assert_eq!(heard.len(), 1, "{heard:?}");
        let book = &heard[0];
        assert_eq!((&book["t"], &book["s"]), (&json!(kind), &json!(SYMBOL)));
        assert_eq!(book["st"], if kind == "1" { Value::Null } else { json!(true) });
        let told = book["b"].as_array().unwrap();
        let plain: Vec<Value> = told.iter().map(|l| json!({"p": l["p"], "q": l["q"]})).collect();
        assert_eq!(plain, own[..told.len()]);
        assert_eq!(told.len(), if kind == "1" { 1 } else { own.len() });
        for level in told {
            let orders = level["o"].as_array().map(|sizes| sizes.iter().map(|q| q.as_i64().unwrap()).sum::<i64>());
            assert_eq!(orders, (kind == "3").then(|| level["q"].as_i64().unwrap()));
        }
    }
    let asked = room.rest("GET", &format!("/api/book?symbol={SYMBOL}"), "alice", &json!({}));
    assert_eq!(asked["book"]["b"], json!(own));
}

#[test]
fn one_wish_for_each_contract_and_errors_with_their_code() {
    let mut room = Room::busy();
    for (request, code) in [
        (json!({"type": "subscribe", "symbol": "XAU-PERP", "level": "LEVEL_2"}), 404),
        (json!({"type": "subscribe", "symbol": SYMBOL, "level": "LEVEL_9"}), 400),
        (json!({"type": "subscribe", "symbol": SYMBOL}), 400),
        (json!({"type": "dance", "symbol": SYMBOL}), 400),
        (json!({"type": "unsubscribe", "symbol": SYMBOL}), 404),
        (json!({"type": "subscribe_candles", "symbol": SYMBOL, "width": "2m"}), 400),
        (json!({"type": "unsubscribe_candles", "symbol": SYMBOL, "width": "1m"}), 404),
    ] {
        assert_eq!(room.ask(MARKET, request.clone())["error"]["code"], code, "{request}");
    }
    let message = room.ask(MARKET, json!({"type": "subscribe", "symbol": "XAU-PERP", "level": "LEVEL_2"}));
    assert_eq!(message["error"]["message"], "Symbol XAU-PERP is not available");
    room.ask(MARKET, json!({"type": "subscribe", "symbol": SYMBOL, "level": "LEVEL_2"}));
    assert_eq!(room.kinds(MARKET), ["2", "s"], "book and ticker at once");
    trade(&mut room, 1);
    room.wait(Duration::from_millis(200));
    assert_eq!(room.kinds(MARKET), ["t", "2", "s"]);
    room.ask(MARKET, json!({"type": "subscribe", "symbol": SYMBOL, "level": "TRADES"}));
    trade(&mut room, 1);
    room.wait(Duration::from_millis(200));
    assert_eq!(room.kinds(MARKET), ["t"], "the second wish took the place of the first");
    assert_eq!(room.ask(MARKET, json!({"type": "unsubscribe", "symbol": SYMBOL}))["result"]["unsubscribed"], SYMBOL);
    trade(&mut room, 1);
    room.wait(Duration::from_millis(200));
    assert!(room.kinds(MARKET).is_empty());
}

#[test]
fn what_trades_is_printed_told_and_drawn() {
    let mut room = Room::busy();
    for width in ["1s", "1m"] {
        let asked = json!({"type": "subscribe_candles", "symbol": SYMBOL, "width": width});
        assert_eq!(room.ask(MARKET, asked)["result"]["subscribed_candle"], format!("{SYMBOL}:{width}"));
    }
    let asked = json!({"type": "subscribe_bbo_candles", "symbol": SYMBOL, "width": "1m"});
    assert_eq!(room.ask(MARKET, asked)["result"]["subscribed_bbo_candle"], format!("{SYMBOL}:1m"));
    room.wait(Duration::from_secs(3_700));
    room.ask(MARKET, json!({"type": "subscribe", "symbol": SYMBOL, "level": "TRADES"}));
    drop(room.heard(MARKET));
    let price = room.price(Side::Ask, 0);
    trade(&mut room, 2);
    let heard = room.heard(MARKET);
    let print = heard.iter().find(|message| message["t"] == "t").unwrap();
    assert_eq!((&print["p"], &print["q"], &print["d"]), (&json!(price), &json!(2), &json!("B")));
    room.wait(Duration::from_millis(200));
    let heard = room.heard(MARKET);
    for width in ["1s", "1m"] {
        let candle = heard.iter().find(|m| m["t"] == "c" && m["width"] == width).unwrap();
        assert_eq!((&candle["open"], &candle["close"]), (&json!(price), &json!(price)), "{width}");
        let volumes = ["buy_volume", "sell_volume", "volume"].map(|key| candle[key].as_i64().unwrap());
        assert_eq!(volumes, [2, 0, 2]);
        let target = format!("/api/candles/current?symbol={SYMBOL}&candle_width={width}");
        let asked = room.rest("GET", &target, "alice", &json!({}));
        let mut same = candle.clone();
        same.as_object_mut().unwrap().remove("t");
        assert_eq!(asked["candle"], same);
    }
    let quotes = heard.iter().find(|m| m["t"] == "bc").unwrap();
    assert_eq!(quotes["bid_close"], room.price(Side::Bid, 0));
    let trades = room.rest("GET", &format!("/api/trades?symbol={SYMBOL}&limit=1"), "alice", &json!({}));
    assert_eq!(trades["trades"][0]["q"], 2);
    let ticker = room.rest("GET", &format!("/api/ticker?symbol={SYMBOL}"), "alice", &json!({}))["ticker"].clone();
    assert_eq!((&ticker["p"], &ticker["q"], &ticker["i"]), (&json!(price), &json!(2), &json!("OPEN")));
    let day = room.rest("GET", &format!("/api/candles?symbol={SYMBOL}&candle_width=1h"), "alice", &json!({}));
    let candles = day["candles"].as_array().unwrap();
    assert!(candles.len() > 24 && candles.windows(2).all(|pair| pair[0]["ts"].as_i64() < pair[1]["ts"].as_i64()));
    let sums = |c: &Value| c["buy_volume"].as_i64().unwrap() + c["sell_volume"].as_i64().unwrap();
    assert!(candles.iter().all(|c| sums(c) == c["volume"].as_i64().unwrap()));
}

#[test]
fn faults_hit_books_alone() {
    let mut room = Room::busy();
    room.ask(MARKET, json!({"type": "subscribe", "symbol": SYMBOL, "level": "LEVEL_2", "ticker": false}));
    drop(room.heard(MARKET));
    room.gateway.inject(MARKET, Fault::DropBook, &mut room.effects);
    trade(&mut room, 1);
    room.wait(Duration::from_millis(200));
    assert_eq!(room.kinds(MARKET), ["t"], "the book is lost");
    trade(&mut room, 1);
    room.wait(Duration::from_millis(200));
    assert_eq!(room.kinds(MARKET), ["t", "2"], "and whole again with the next");
    room.gateway.inject(MARKET, Fault::DuplicateBook, &mut room.effects);
    trade(&mut room, 1);
    room.wait(Duration::from_millis(200));
    assert_eq!(room.kinds(MARKET), ["t", "2", "2"]);
    room.gateway.inject(MARKET, Fault::Cut, &mut room.effects);
    assert_eq!(room.effects, [Effect::Cut { to: MARKET }]);
}

#[test]
fn an_aggressive_price_is_found_in_the_book() {
    let mut room = Room::busy();
    let lots = room.best_lots(Side::Ask);
    let body = json!({"symbol": SYMBOL, "quantity": lots + 1, "side": "B"});
    let target = "/api/preview-aggressive-limit-order";
    let preview = room.rest("POST", target, "alice", &body);
    assert_eq!((&preview["filled_quantity"], &preview["remaining_quantity"]), (&json!(lots + 1), &json!(0)));
    let best: f64 = room.price(Side::Ask, 0).parse().unwrap();
    let limit: f64 = preview["limit_price"].as_str().unwrap().parse().unwrap();
    let average: f64 = preview["vwap"].as_str().unwrap().parse().unwrap();
    assert!(best < average && average < limit, "{preview}");
    let all = room.rest("POST", target, "alice", &json!({"symbol": SYMBOL, "quantity": 1_000_000, "side": "B"}));
    assert!(all["remaining_quantity"].as_i64().is_some_and(|left| left > 0));
}
