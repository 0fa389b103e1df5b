//! Questions about the past.

use super::*;

const DECEMBER: &str = "H100_USDC-31DEC26";

fn rows(answer: &Value) -> &Vec<Value> {
    answer["result"]["settlements"].as_array().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn settlements_of_an_instrument_come_newest_first_and_in_pages() {
    let mut room = Room::open();
    let method = "public/get_last_settlements_by_instrument";
    let all = room.ask(ALICE, method, &json!({"instrument_name": DECEMBER, "count": 1000}));
    assert!((60..=65).contains(&rows(&all).len()), "{}", rows(&all).len());
    assert_eq!(all["result"]["continuation"], Value::Null);
    let times: Vec<i64> = rows(&all).iter().map(|row| row["timestamp"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a > b));
    assert_eq!(rows(&all)[0]["type"], "settlement");
    let ticker = room.ask(ALICE, "public/ticker", &json!({"instrument_name": DECEMBER}));
    assert_eq!(rows(&all)[0]["mark_price"], ticker["result"]["settlement_price"], "the newest is the settlement price");

    let (mut paged, mut next) = (Vec::new(), Value::Null);
    loop {
        let mut params = json!({"instrument_name": DECEMBER, "count": 7});
        if !next.is_null() {
            params["continuation"] = next;
        }
        let page = room.ask(ALICE, method, &params);
        paged.extend(rows(&page).iter().cloned());
        next = page["result"]["continuation"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!(&paged, rows(&all));
    assert_eq!(
        rows(&room.ask(ALICE, method, &json!({"instrument_name": DECEMBER}))).len(),
        20,
        "the documented default"
    );
    let older = room.ask(ALICE, method, &json!({"instrument_name": DECEMBER, "search_start_timestamp": times[30]}));
    assert_eq!(rows(&older)[0]["timestamp"], times[30]);
}

#[test]
fn settlements_of_a_currency_name_expired_months() {
    let mut room = Room::open();
    let method = "public/get_last_settlements_by_currency";
    let delivered = room.ask(ALICE, method, &json!({"currency": "H100", "type": "delivery", "count": 100}));
    let names: Vec<&str> = rows(&delivered).iter().map(|row| row["instrument_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["H100_USDC-30OCT26", "H100_USDC-30SEP26", "H100_USDC-31AUG26"]);
    let expired =
        room.ask(ALICE, "public/get_instruments", &json!({"currency": "H100", "kind": "future", "expired": true}));
    assert_eq!(expired["result"].as_array().unwrap().len(), 3, "{expired}");

    let (mut paged, mut next, mut pages) = (0, String::new(), 0);
    loop {
        let page = room.ask(ALICE, method, &json!({"currency": "TOK", "count": 1000, "continuation": next}));
        paged += rows(&page).len();
        pages += 1;
        match page["result"]["continuation"].as_str() {
            Some(token) => token.clone_into(&mut next),
            None => break,
        }
    }
    let engine = room.exchange.engine();
    let tokens = engine.catalogue().all().iter().filter(|l| l.symbol.starts_with("TOK_"));
    assert_eq!(paged, tokens.map(|l| engine.settlements(l.id).count()).sum::<usize>());
    assert!(pages > 1, "{pages}");
    assert!(rows(&room.ask(ALICE, method, &json!({"currency": "H100", "type": "bankruptcy"}))).is_empty());
}

#[test]
fn delivery_prices_are_paged_by_offset() {
    let mut room = Room::open();
    let method = "public/get_delivery_prices";
    for name in ["h100_usdc", "h100_usdc_grid"] {
        let all = room.ask(ALICE, method, &json!({"index_name": name, "count": 1000}))["result"].clone();
        let (total, all) = (all["records_total"].as_u64().unwrap(), all["data"].as_array().unwrap().clone());
        assert!(total >= 60 && all.len() as u64 == total, "{name}: {total}");
        assert_eq!(all[0]["date"], "2026-11-19", "{name}: of Thursday, the newest at 15:00 on Friday");
        let page = room.ask(ALICE, method, &json!({"index_name": name, "offset": 3, "count": 5}));
        assert_eq!(page["result"]["data"].as_array().unwrap(), &all[3..8]);
        let beyond = room.ask(ALICE, method, &json!({"index_name": name, "offset": total}));
        assert_eq!(beyond["result"]["data"], json!([]));
    }
}

#[test]
fn secondary_indices_are_named_priced_and_streamed() {
    let mut room = Room::open();
    let names = room.ask(ALICE, "public/get_index_price_names", &json!({}))["result"].clone();
    let names: Vec<&str> = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names.len(), 4 + 12);
    let more = room.ask(ALICE, "public/get_index_price_names", &json!({"extended": true}))["result"].clone();
    let grid = more.as_array().unwrap().iter().find(|index| index["name"] == "h100_usdc_grid").unwrap().clone();
    assert_eq!(
        (&grid["description"], &grid["publication_interval"], &grid["simulated"]),
        (&json!("On-demand grid"), &json!(6 * 3_600_000), &json!(true))
    );
    for name in &names {
        let price = room.ask(ALICE, "public/get_index_price", &json!({"index_name": name}));
        assert!(price["result"]["index_price"].as_f64().unwrap() > 0.0, "{name}");
    }
    let channel = "deribit_price_index.h100_usdc_composite";
    let accepted = room.ask(ALICE, "public/subscribe", &json!({"channels": [channel]}));
    assert_eq!(accepted["result"], json!([channel]));
    let said = room.heard(ALICE).channel(channel);
    assert_eq!(said.len(), 1);
    let since = START.millis() - said[0]["timestamp"].as_i64().unwrap();
    assert!((0..15 * 60_000).contains(&since), "stamped with its publication, {since} ms ago");
    let mut out = Released::default();
    room.exchange.set_rate(room.now, 50.0, &mut out);
    room.wait(Duration::from_secs(16 * 60));
    let said = room.heard(ALICE).channel(channel);
    assert!((1..=2).contains(&said.len()), "every quarter hour, said once: {}", said.len());
}

#[test]
fn bars_of_every_resolution_cover_the_past_and_today() {
    let mut room = Room::open();
    let now = START.millis();
    for (resolution, minutes) in [
        ("1", 1),
        ("3", 3),
        ("5", 5),
        ("10", 10),
        ("15", 15),
        ("30", 30),
        ("60", 60),
        ("120", 120),
        ("180", 180),
        ("360", 360),
        ("720", 720),
        ("1D", 1_440),
    ] {
        let width = minutes * 60_000;
        let start = now - 40 * width;
        let params = json!({"instrument_name": DECEMBER, "start_timestamp": start, "end_timestamp": now, "resolution": resolution});
        let bars = room.ask(ALICE, "public/get_tradingview_chart_data", &params)["result"].clone();
        assert_eq!(bars["status"], "ok", "{resolution}");
        let ticks: Vec<i64> = bars["ticks"].as_array().unwrap().iter().map(|tick| tick.as_i64().unwrap()).collect();
        assert!(ticks.windows(2).all(|w| w[1] - w[0] == width), "{resolution}: no bar is missing");
        assert!(ticks.iter().all(|tick| tick % width == 0 && (start - width..=now).contains(tick)), "{resolution}");
        assert!(minutes < 15 || ticks.len() >= 40, "{resolution}: {}", ticks.len());
        for column in ["open", "high", "low", "close", "volume", "cost"] {
            assert_eq!(bars[column].as_array().unwrap().len(), ticks.len(), "{resolution} {column}");
        }
    }
    let stats = room.ask(ALICE, "public/ticker", &json!({"instrument_name": DECEMBER}))["result"].clone();
    let day = json!({"instrument_name": DECEMBER, "start_timestamp": now - 3_600_000, "end_timestamp": now, "resolution": "1D"});
    let today = room.ask(ALICE, "public/get_tradingview_chart_data", &day)["result"].clone();
    assert_eq!(today["close"][0], stats["last_price"]);
    let old = json!({"instrument_name": DECEMBER, "start_timestamp": 0, "end_timestamp": 1, "resolution": "1D"});
    assert_eq!(room.ask(ALICE, "public/get_tradingview_chart_data", &old)["result"]["status"], "no_data");
}

#[test]
fn wrong_questions_about_the_past_are_refused_by_name() {
    let mut room = Room::open();
    for (method, params, code, param) in [
        ("get_tradingview_chart_data", json!({"instrument_name": DECEMBER, "resolution": "7"}), -32_602, "resolution"),
        ("get_tradingview_chart_data", json!({"instrument_name": DECEMBER}), -32_602, "resolution"),
        ("get_tradingview_chart_data", json!({"instrument_name": "X", "resolution": "1D"}), 10_020, ""),
        ("get_last_settlements_by_instrument", json!({}), -32_602, "instrument_name"),
        ("get_last_settlements_by_instrument", json!({"instrument_name": "X"}), 10_020, ""),
        ("get_last_settlements_by_instrument", json!({"instrument_name": DECEMBER, "count": 0}), -32_602, "count"),
        ("get_last_settlements_by_instrument", json!({"instrument_name": DECEMBER, "type": "x"}), -32_602, "type"),
        ("get_last_settlements_by_currency", json!({}), -32_602, "currency"),
        ("get_last_settlements_by_currency", json!({"currency": "H100", "continuation": "x"}), -32_602, "continuation"),
        ("get_delivery_prices", json!({"index_name": "x"}), -32_602, "index_name"),
        ("get_delivery_prices", json!({"index_name": "h100_usdc", "count": 1001}), -32_602, "count"),
        ("get_delivery_prices", json!({"index_name": "h100_usdc", "offset": -1}), -32_602, "offset"),
        ("get_index_price", json!({"index_name": "x"}), -32_602, "index_name"),
    ] {
        let answer = room.ask(ALICE, &format!("public/{method}"), &params);
        assert_eq!(answer["error"]["code"], code, "{method} {params}: {answer}");
        if !param.is_empty() {
            assert_eq!(answer["error"]["data"]["param"], param, "{method} {params}: {answer}");
        }
    }
}
