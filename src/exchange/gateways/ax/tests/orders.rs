//! The life of orders, over the socket and over REST.

use super::*;

fn order(room: &Room, side: Side, ticks: i64, lots: i64) -> Value {
    let d = if side == Side::Bid { "B" } else { "S" };
    json!({"t": "p", "s": SYMBOL, "d": d, "q": lots, "p": room.price(side, ticks), "tif": "GTC"})
}

fn with(mut request: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    request
}

/// Places an order that rests and gives its name.
fn rest(room: &mut Room, who: ConnectionId, side: Side, ticks: i64, lots: i64) -> String {
    let asked = order(room, side, ticks, lots);
    let answer = room.ask(who, asked);
    let heard = room.heard(who);
    let event = heard.last().unwrap();
    assert_eq!((&event["t"], &event["o"]["oid"]), (&json!("n"), &answer["res"]["oid"]));
    answer["res"]["oid"].as_str().unwrap().to_owned()
}

#[test]
fn an_order_is_acknowledged_with_everything_it_came_with() {
    let mut room = Room::busy();
    let marks =
        json!({"cid": u64::MAX, "tag": "desk1", "po": true, "rb": "rej", "aid": "alice", "st": "CancelResting"});
    let asked = with(order(&room, Side::Bid, -3, 2), &marks);
    let answer = room.ask(ALICE, asked.clone());
    let heard = room.heard(ALICE);
    assert_eq!(heard.len(), 1);
    let (event, told) = (&heard[0], &heard[0]["o"]);
    assert_eq!((&event["t"], &event["ts"], &event["tn"]), (&json!("n"), &json!(1_795_186_800), &json!(0)));
    assert!(event["eid"].as_str().is_some_and(|eid| eid.starts_with("E-")));
    assert_eq!(told["oid"], answer["res"]["oid"]);
    for (key, value) in [
        ("u", json!("alice")),
        ("aid", json!("alice")),
        ("s", json!(SYMBOL)),
        ("p", asked["p"].clone()),
        ("q", json!(2)),
        ("xq", json!(0)),
        ("rq", json!(2)),
        ("o", json!("ACCEPTED")),
        ("d", json!("B")),
        ("tif", json!("GTC")),
        ("cid", json!(u64::MAX)),
        ("tag", json!("desk1")),
        ("po", json!(true)),
        ("rb", json!("rej")),
    ] {
        assert_eq!(told[key], value, "{key}");
    }
    let open = room.ask(ALICE, json!({"t": "o"}));
    assert_eq!(open["res"]["orders"], json!([told]));
    let over_rest = room.rest("GET", "/orders/open-orders", "alice", &json!({}));
    assert_eq!((&over_rest["orders"], &over_rest["total_count"]), (&json!([told]), &json!(1)));
    let status = room.ask(ALICE, json!({"t": "s", "cid": u64::MAX}));
    assert_eq!(status["res"]["order_id"], told["oid"]);
    assert_eq!(room.rest("GET", "/orders/open-orders", "bob", &json!({}))["total_count"], 0, "nobody else's");
    let token = room.token("alice");
    room.dial(ConnectionId(7), "/orders/ws", &token).unwrap();
    assert_eq!(room.heard(ConnectionId(7))[0]["res"]["o"], json!([told]), "whoever logs in is shown it");
}

#[test]
fn what_cannot_live_is_rejected_with_its_reason() {
    let mut room = Room::busy();
    let base = order(&room, Side::Bid, -3, 1);
    room.ask(ALICE, with(base.clone(), &json!({"cid": 5})));
    drop(room.heard(ALICE));
    for (more, reason) in [
        (json!({"s": "XAU-PERP"}), json!("UNKNOWN_SYMBOL")),
        (json!({"q": 0}), json!("INCORRECT_QUANTITY")),
        (json!({"q": u64::MAX}), json!("INCORRECT_QUANTITY")),
        (json!({"p": "2.805"}), json!("INVALID_PRICE_INCREMENT")),
        (json!({"p": "2.8000000001"}), json!("INVALID_PRICE_INCREMENT")),
        (json!({"p": "9"}), json!("PRICE_OUT_OF_BOUNDS")),
        (json!({"p": "-1"}), json!("PRICE_OUT_OF_BOUNDS")),
        (json!({"q": 100_000}), json!("INSUFFICIENT_MARGIN")),
        (json!({"po": true, "tif": "IOC"}), json!("INCORRECT_ORDER_TYPE")),
        (json!({"st": "CancelBoth"}), json!("INCORRECT_ORDER_TYPE")),
        (json!({"cid": 5}), json!("DUPLICATE_CLIENT_ORDER_ID")),
        (json!({"po": true, "p": room.price(Side::Ask, 0)}), Value::Null),
    ] {
        let answer = room.ask(ALICE, with(base.clone(), &more));
        let oid = answer["res"]["oid"].clone();
        assert!(oid.is_string(), "{more}: {answer}");
        let heard = room.heard(ALICE);
        assert_eq!(heard.len(), 1, "{more}: {heard:?}");
        assert_eq!((&heard[0]["t"], &heard[0]["r"], &heard[0]["o"]["o"]), (&json!("j"), &reason, &json!("REJECTED")));
        assert!(heard[0].get("r").is_some() && heard[0]["txt"].as_str().is_some_and(|text| !text.is_empty()));
        let status = room.ask(ALICE, json!({"t": "s", "oid": oid}));
        assert_eq!((&status["res"]["state"], &status["res"]["reject_reason"]), (&json!("REJECTED"), &reason));
    }
    let last = room.rest("GET", "/orders/orders?order_state=REJECTED&limit=1", "alice", &json!({}));
    assert_eq!(last["orders"][0]["txt"], "post-only order would cross the book");
    assert_eq!((&last["total_count"], &last["next_cursor"]), (&json!(12), &json!("1")));
}

#[test]
fn what_cannot_be_read_is_refused_at_once() {
    let mut room = Room::busy();
    let base = order(&room, Side::Bid, -3, 1);
    for (request, code) in [
        (with(base.clone(), &json!({"q": -1})), 400),
        (with(base.clone(), &json!({"q": 1.5})), 400),
        (with(base.clone(), &json!({"p": 2.8})), 400),
        (with(base.clone(), &json!({"p": "two"})), 400),
        (with(base.clone(), &json!({"d": "X"})), 400),
        (with(base.clone(), &json!({"tif": "FOK"})), 400),
        (with(base.clone(), &json!({"tag": "eleven char"})), 400),
        (with(base.clone(), &json!({"aid": "bob"})), 403),
        (json!({"t": "p"}), 400),
        (json!({"t": "q"}), 400),
        (json!({"t": "x", "oid": "O-1"}), 404),
        (json!({"t": "x"}), 404),
        (json!({"t": "r", "cid": 1}), 404),
        (json!({"t": "X", "symbol": "XAU-PERP"}), 404),
        (json!({"t": "ef", "symbol": SYMBOL}), 404),
    ] {
        let answer = room.ask(ALICE, request.clone());
        assert_eq!(answer["err"]["code"], code, "{request}: {answer}");
        assert!(answer["err"]["msg"].is_string() && room.heard(ALICE).is_empty());
    }
}

#[test]
fn fills_come_in_steps_and_the_rest_expires() {
    let mut room = Room::busy();
    let lots = room.best_lots(Side::Ask);
    let more = json!({"tif": "IOC", "p": room.price(Side::Ask, 0)});
    let asked = with(order(&room, Side::Bid, 0, lots + 5), &more);
    let oid = room.ask(ALICE, asked)["res"]["oid"].clone();
    let heard = room.heard(ALICE);
    let kinds: Vec<&str> = heard.iter().map(|m| m["t"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], kinds[kinds.len() - 1]), ("n", "x"));
    assert!(kinds.len() >= 3 && kinds[1..kinds.len() - 1].iter().all(|kind| *kind == "p"), "{kinds:?}");
    let mut executed = 0;
    for event in &heard[1..heard.len() - 1] {
        assert_eq!(event["xs"]["agg"], true);
        executed += event["xs"]["q"].as_i64().unwrap();
        assert_eq!((&event["o"]["xq"], &event["o"]["rq"]), (&json!(executed), &json!(lots + 5 - executed)));
        assert_eq!(event["o"]["o"], "PARTIALLY_FILLED");
    }
    assert_eq!(executed, lots);
    let last = heard.last().unwrap();
    assert_eq!((&last["o"]["o"], &last["o"]["xq"], &last["o"]["oid"]), (&json!("EXPIRED"), &json!(lots), &oid));
    let fills = room.rest("GET", "/api/fills", "alice", &json!({}));
    let list = fills["fills"].as_array().unwrap();
    assert_eq!(list.iter().map(|f| f["quantity"].as_i64().unwrap()).sum::<i64>(), lots);
    assert!(list.iter().all(|f| f["order_id"] == oid && f["is_taker"] == true && f["side"] == "B"));
    let ids = |list: &[Value], key: &str| list.iter().map(|f| f[key].clone()).collect::<Vec<_>>();
    let told: Vec<Value> = heard[1..heard.len() - 1].iter().rev().map(|m| m["xs"]["tid"].clone()).collect();
    assert_eq!(ids(list, "trade_id"), told, "the same executions, newest first");
    let positions = room.rest("GET", "/api/positions", "alice", &json!({}));
    assert_eq!(positions["positions"][0]["signed_quantity"], lots);
    let balances = room.rest("GET", "/api/balances", "alice", &json!({}));
    let rows = room.rest("GET", "/api/transactions", "alice", &json!({}));
    let sum: f64 = rows["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["amount"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    let amount: f64 = balances["balances"][0]["amount"].as_str().unwrap().parse().unwrap();
    assert!((sum - amount).abs() < 1e-6 && amount < 250_000.0, "deposit less fees: {sum} {amount}");
    let risk = room.rest("GET", "/api/risk-snapshot", "alice", &json!({}))["risk_snapshot"].clone();
    assert_eq!(risk["per_symbol"][SYMBOL]["signed_quantity"], lots);
    assert_eq!(risk["initial_margin_required_total"], risk["per_symbol"][SYMBOL]["initial_margin_required_total"]);
}

#[test]
fn a_maker_hears_of_its_fill() {
    let mut room = Room::busy();
    let oid = rest(&mut room, ALICE, Side::Bid, 1, 3);
    let hit = json!({"t": "p", "s": SYMBOL, "d": "S", "q": 1, "p": room.price(Side::Bid, 0), "tif": "IOC"});
    for (times, kind) in [(1, "p"), (2, "p"), (3, "f")] {
        room.ask(BOB, hit.clone());
        let heard = room.heard(ALICE);
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!((&heard[0]["t"], &heard[0]["o"]["oid"]), (&json!(kind), &json!(oid)));
        assert_eq!((&heard[0]["o"]["xq"], &heard[0]["xs"]["agg"]), (&json!(times), &json!(false)));
    }
    let late = room.ask(ALICE, json!({"t": "x", "oid": oid}));
    assert_eq!(late["res"]["cxl_rx"], true);
    let heard = room.heard(ALICE);
    assert_eq!(
        (&heard[0]["t"], &heard[0]["r"], &heard[0]["oid"]),
        (&json!("e"), &json!("ORDER_NOT_FOUND"), &json!(oid))
    );
}

#[test]
fn a_replacement_has_a_new_name() {
    let mut room = Room::busy();
    let first = rest(&mut room, ALICE, Side::Bid, -4, 5);
    let less = room.ask(ALICE, json!({"t": "r", "oid": first, "q": 4}))["res"]["oid"].clone();
    let heard = room.heard(ALICE);
    assert_eq!((&heard[0]["ro"]["oid"], &heard[0]["noid"], &heard[0]["no"]["q"]), (&json!(first), &less, &json!(4)));
    let first = less.as_str().unwrap().to_owned();

    let price = room.price(Side::Bid, -2);
    let second = room.ask(ALICE, json!({"t": "r", "oid": first, "p": price}))["res"]["oid"].clone();
    assert_ne!(second, json!(first));
    let heard = room.heard(ALICE);
    let event = &heard[0];
    assert_eq!((&event["t"], &event["noid"], &event["no"]["oid"]), (&json!("r"), &second, &second));
    assert_eq!(
        (&event["ro"]["oid"], &event["ro"]["o"], &event["ro"]["rq"]),
        (&json!(first), &json!("REPLACED"), &json!(0))
    );
    assert_eq!(
        (&event["no"]["p"], &event["no"]["q"], &event["no"]["o"]),
        (&json!(price), &json!(4), &json!("ACCEPTED"))
    );

    let old = room.ask(ALICE, json!({"t": "s", "oid": first}));
    assert_eq!(old["res"]["state"], "REPLACED");
    assert_eq!(room.ask(ALICE, json!({"t": "x", "oid": first}))["err"]["code"], 404, "the old name is gone");
    let over_rest = json!({"oid": second, "q": 6});
    let third = room.rest("POST", "/orders/replace-order", "alice", &over_rest)["oid"].clone();
    assert_ne!(third, second);
    let refused = room.ask(ALICE, json!({"t": "r", "oid": third, "p": "9"}));
    assert_eq!(refused["err"]["code"], 400, "{refused}");
    assert!(refused["err"]["msg"].as_str().is_some_and(|text| text.starts_with("PRICE_OUT_OF_BOUNDS")));
    assert_eq!(room.ask(ALICE, json!({"t": "o"}))["res"]["orders"][0]["oid"], third, "what is refused changes nothing");

    // A replacement that takes: it is told before its fills, which carry its name.
    let take = json!({"t": "r", "oid": third, "p": room.price(Side::Ask, 0), "q": 2});
    drop(room.heard(ALICE));
    let fourth = room.ask(ALICE, take)["res"]["oid"].clone();
    let heard = room.heard(ALICE);
    assert_eq!((&heard[0]["t"], &heard[0]["noid"]), (&json!("r"), &fourth));
    assert_eq!((&heard[1]["t"], &heard[1]["o"]["oid"]), (&json!("f"), &fourth), "{heard:?}");
}

#[test]
fn orders_are_cancelled_one_by_one_and_all_together() {
    let mut room = Room::busy();
    let oid = rest(&mut room, ALICE, Side::Bid, -4, 1);
    assert_eq!(room.ask(ALICE, json!({"t": "x", "oid": oid}))["res"], json!({"cxl_rx": true}));
    let heard = room.heard(ALICE);
    assert_eq!(
        (&heard[0]["t"], &heard[0]["xr"], &heard[0]["o"]["o"]),
        (&json!("c"), &json!("USER_REQUESTED"), &json!("CANCELED"))
    );
    room.ask(ALICE, with(order(&room, Side::Bid, -4, 1), &json!({"cid": 77})));
    assert_eq!(room.rest("POST", "/orders/cancel-order", "alice", &json!({"cid": 77})), json!({"cxl_rx": true}));
    assert_eq!(room.kinds(ALICE), ["n", "c"], "told whatever way it was asked");
    for ticks in [-4, -5, -6] {
        rest(&mut room, ALICE, Side::Bid, ticks, 1);
    }
    rest(&mut room, BOB, Side::Bid, -4, 1);
    assert_eq!(room.rest("POST", "/orders/cancel-all-orders", "alice", &json!({"symbol": "H100-PERP"})), json!({}));
    assert!(room.kinds(ALICE).is_empty());
    assert_eq!(room.ask(ALICE, json!({"t": "X", "symbol": SYMBOL}))["res"], json!({}));
    assert_eq!(room.kinds(ALICE), ["c", "c", "c"]);
    assert_eq!(room.ask(BOB, json!({"t": "o"}))["res"]["orders"].as_array().map(Vec::len), Some(1));
}

#[test]
fn orders_end_with_a_socket_that_asked_for_it() {
    let mut room = Room::busy();
    rest(&mut room, ALICE, Side::Bid, -4, 1);
    let over_rest = order(&room, Side::Bid, -5, 1);
    room.rest("POST", "/orders/place-order", "alice", &over_rest);
    rest(&mut room, BOB, Side::Bid, -4, 1);
    let token = room.token("alice");
    room.dial(ConnectionId(8), "/orders/ws", &token).unwrap();
    drop(room.heard(ALICE));
    room.hang_up(ALICE);
    let heard = room.heard(ConnectionId(8));
    assert_eq!(heard.len(), 1, "what came over REST stays: {heard:?}");
    assert_eq!((&heard[0]["t"], &heard[0]["xr"]), (&json!("c"), &json!("UNKNOWN")));
    assert_eq!(heard[0]["txt"], "cancel_on_disconnect");
    room.hang_up(BOB);
    assert_eq!(room.rest("GET", "/orders/open-orders", "bob", &json!({}))["total_count"], 1, "Bob's keeps");
}

#[test]
fn post_only_orders_go_where_they_were_asked_to() {
    let mut room = Room::busy();
    // Room between the two sides.
    let own = rest(&mut room, BOB, Side::Bid, -1, 1);
    assert!(own.starts_with("O-"));
    let crossing = room.price(Side::Ask, 0);
    let one_less = room.price(Side::Ask, 1);
    for (rb, price) in [("bo", one_less), ("tbl", room.price(Side::Bid, 0))] {
        let asked = with(order(&room, Side::Bid, 0, 1), &json!({"p": crossing, "po": true, "rb": rb}));
        let answer = room.ask(ALICE, asked);
        let heard = room.heard(ALICE);
        assert_eq!(
            (&heard[0]["t"], &heard[0]["o"]["p"], &heard[0]["o"]["rb"]),
            (&json!("n"), &json!(price), &json!(rb))
        );
        room.ask(ALICE, json!({"t": "x", "oid": answer["res"]["oid"]}));
        drop(room.heard(ALICE));
    }
}

#[test]
fn day_orders_are_done_at_settlement() {
    let mut room = Room::busy();
    let asked = with(order(&room, Side::Bid, -4, 1), &json!({"tif": "DAY"}));
    room.ask(BOB, asked);
    drop(room.heard(BOB));
    room.wait(Duration::from_secs(4 * 86_400));
    let heard: Vec<Value> = room.heard(BOB).into_iter().filter(|m| m["t"] != "h").collect();
    assert_eq!((heard.len(), &heard[0]["t"], &heard[0]["o"]["o"]), (1, &json!("d"), &json!("DONE_FOR_DAY")));
}

#[test]
fn orders_of_another_face_are_seen_and_can_be_cancelled() {
    let mut room = Room::busy();
    let engine = room.exchange.engine();
    let listing = crate::exchange::gateways::ax::find(engine.catalogue(), SYMBOL).unwrap();
    let (id, price) = (listing.id, engine.price_band(listing.id).unwrap().0.ceil_to(listing.tick));
    let account = engine.find_account("alice").unwrap();
    let place =
        Place { label: Some("mine".into()), ..Place::limit(id, Side::Bid, crate::domain::number::Qty::lots(1), price) };
    room.exchange.submit(room.now, account, &Command::Place(place), &mut room.released).unwrap();
    room.publish();
    let heard = room.heard(ALICE);
    assert_eq!(heard[0]["t"], "n");
    assert!(heard[0]["o"].get("cid").is_none(), "a label of another face is no mark of ours");
    let oid = heard[0]["o"]["oid"].clone();
    assert_eq!(room.ask(ALICE, json!({"t": "x", "oid": oid}))["res"]["cxl_rx"], true);
    assert_eq!(room.kinds(ALICE), ["c"]);
}

#[test]
fn the_control_channels_refusal_is_a_rejection() {
    let mut room = Room::busy();
    room.gateway.inject(ALICE, Fault::RejectOrder, &mut room.effects);
    let asked = order(&room, Side::Bid, -4, 1);
    room.ask(ALICE, asked.clone());
    assert_eq!(room.kinds(ALICE), ["j"]);
    room.ask(ALICE, asked);
    assert_eq!(room.kinds(ALICE), ["n"]);
}
