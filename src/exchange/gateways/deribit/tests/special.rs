//! Trigger orders, icebergs, linked orders and block trades, over the wire.

use super::*;
use crate::domain::number::{Price, Side};
use crate::exchange::catalogue::Listing;

const ALL_ORDERS: &str = "user.orders.any.any.raw";

/// A listing with a touch, and a last price that the test has made: at the best ask.
struct Spot {
    listing: Arc<Listing>,
    bid: Price,
}

impl Spot {
    fn of(room: &mut Room) -> Self {
        let (name, size, _) = room.future();
        let bought = room.ask(BOB, "private/buy", &json!({"instrument_name": name, "amount": size, "type": "market"}));
        assert_eq!(bought["result"]["order"]["order_state"], "filled", "{bought}");
        let engine = room.exchange.engine();
        let listing = engine.catalogue().find(&name).unwrap().clone();
        let bid = engine.best(listing.id, Side::Bid).unwrap().price;
        Self { listing, bid }
    }

    fn number(price: Price) -> Value {
        parse(&price.to_string())
    }

    fn below(&self, ticks: i64) -> Value {
        Self::number(Price(self.bid.0 - ticks * self.listing.tick.0))
    }

    /// A sell of one contract, `more` added.
    fn sell(&self, kind: &str, more: &Value) -> Value {
        let mut order = json!({
            "instrument_name": &*self.listing.symbol, "amount": self.listing.contract_size, "type": kind, "trigger": "last_price",
        });
        for (key, value) in more.as_object().unwrap() {
            order[key] = value.clone();
        }
        order
    }
}

fn states(orders: &[Value]) -> Vec<(&str, &str)> {
    orders.iter().map(|o| (o["order_type"].as_str().unwrap(), o["order_state"].as_str().unwrap())).collect()
}

#[test]
fn a_stop_waits_untriggered_and_becomes_another_order() {
    let mut room = Room::logged_in();
    let spot = Spot::of(&mut room);
    room.ask(ALICE, "private/subscribe", &json!({"channels": [ALL_ORDERS]}));
    let order = spot.sell("stop_market", &json!({"trigger_price": spot.below(1), "label": "guard"}));
    let placed = room.ask(ALICE, "private/sell", &order)["result"].clone();
    let stop = &placed["order"];
    assert_eq!((&stop["order_state"], &stop["price"]), (&json!("untriggered"), &json!("market_price")), "{stop}");
    assert_eq!((&stop["triggered"], &stop["trigger"]), (&json!(false), &json!("last_price")));
    assert_eq!((&stop["trigger_price"], &placed["trades"]), (&spot.below(1), &json!([])));

    let name = &*spot.listing.symbol;
    for (kind, count) in
        [("all", 1), ("trigger_all", 1), ("stop_market", 1), ("stop_all", 1), ("limit", 0), ("take_all", 0)]
    {
        let open = json!({"instrument_name": name, "type": kind});
        let open = room.ask(ALICE, "private/get_open_orders_by_instrument", &open)["result"].clone();
        assert_eq!(open.as_array().unwrap().len(), count, "{kind}: {open}");
    }
    let id = json!({"order_id": stop["order_id"]});
    assert_eq!(room.ask(ALICE, "private/get_order_state", &id)["result"], *stop);
    assert_eq!(room.ask(BOB, "private/get_order_state", &id)["error"]["code"], 10_004, "others' are invisible");

    let edit =
        json!({"order_id": stop["order_id"], "amount": 2 * spot.listing.contract_size, "trigger_price": spot.below(0)});
    let edited = room.ask(ALICE, "private/edit", &edit)["result"]["order"].clone();
    assert_eq!((&edited["trigger_price"], &edited["replaced"]), (&spot.below(0), &json!(true)), "{edited}");
    room.effects();

    let sell = json!({"instrument_name": name, "amount": spot.listing.contract_size, "type": "market"});
    room.ask(BOB, "private/sell", &sell);
    let heard = room.heard(ALICE).channel(ALL_ORDERS);
    let told = states(&heard);
    assert_eq!((told[0], told.last().unwrap().0), (("stop_market", "triggered"), "market"), "{heard:?}");
    let order = heard.last().unwrap();
    assert_eq!((&order["trigger_order_id"], &order["triggered"]), (&stop["order_id"], &json!(true)));
    assert_eq!((&order["order_state"], &order["label"]), (&json!("filled"), &json!("guard")));
    assert_ne!(order["order_id"], stop["order_id"]);

    let history = room.ask(ALICE, "private/get_trigger_order_history", &json!({"currency": "USDC", "count": 1}));
    let first = &history["result"]["entries"][0];
    assert_eq!((&first["order_state"], &first["order_id"]), (&json!("triggered"), &order["order_id"]), "{history}");
    let rest = json!({"currency": "USDC", "continuation": history["result"]["continuation"]});
    let rest = room.ask(ALICE, "private/get_trigger_order_history", &rest)["result"].clone();
    assert_eq!((&rest["entries"][0]["order_state"], rest["entries"].as_array().unwrap().len()), (&json!("new"), 1));
    assert!(rest["continuation"].is_null(), "{rest}");
    assert_eq!(room.ask(ALICE, "private/cancel", &id)["error"]["code"], 11_044);
    assert_eq!(room.ask(ALICE, "private/get_order_state", &id)["result"]["order_state"], "triggered");
}

#[test]
fn what_cannot_trigger_is_refused_with_its_code() {
    let mut room = Room::logged_in();
    let spot = Spot::of(&mut room);
    let half = Spot::number(Price(spot.bid.0 - spot.listing.tick.0 / 2));
    for (method, kind, more, code) in [
        ("private/sell", "stop_market", json!({"trigger_price": spot.below(-1_000)}), 10_034),
        ("private/buy", "stop_market", json!({"trigger_price": spot.below(1)}), 10_035),
        ("private/sell", "take_limit", json!({"trigger_price": spot.below(1), "price": spot.below(0)}), 10_035),
        ("private/sell", "stop_market", json!({"trigger_price": half}), 10_044),
        ("private/sell", "trailing_stop", json!({"trigger_offset": 0}), 11_036),
        ("private/sell", "stop_limit", json!({"trigger_price": spot.below(1)}), 10_023),
        ("private/sell", "stop_market", json!({}), -32_602),
        ("private/sell", "trailing_stop", json!({"trigger_price": spot.below(1)}), -32_602),
        ("private/sell", "stop_market", json!({"trigger_price": spot.below(1), "trigger": "moon"}), -32_602),
        ("private/sell", "limit", json!({"price": spot.below(0), "display_amount": 1}), 10_024),
        ("private/sell", "limit", json!({"price": spot.below(0), "max_show": 0}), 10_036),
        ("private/sell", "limit", json!({"price": spot.below(0), "otoco_config": []}), -32_602),
        ("private/sell", "limit", json!({"price": spot.below(0), "linked_order_type": "one_cancels_other"}), -32_602),
    ] {
        let answer = room.ask(ALICE, method, &spot.sell(kind, &more));
        assert_eq!(answer["error"]["code"], code, "{kind} {more} -> {answer}");
    }
    let order = spot.sell("stop_market", &json!({"trigger_price": spot.below(2)}));
    for _ in 0..100 {
        assert_eq!(room.ask(ALICE, "private/sell", &order)["result"]["order"]["order_state"], "untriggered");
    }
    assert_eq!(room.ask(ALICE, "private/sell", &order)["error"]["code"], 11_035);
}

#[test]
fn held_orders_go_by_label_by_currency_and_with_their_connection() {
    let mut room = Room::logged_in();
    let spot = Spot::of(&mut room);
    let base = spot.listing.symbol.split('_').next().unwrap().to_owned();
    let hold = |room: &mut Room, label: &str| {
        let order = spot.sell("take_market", &json!({"trigger_price": spot.below(-50), "label": label}));
        let answer = room.ask(ALICE, "private/sell", &order);
        assert_eq!(answer["result"]["order"]["order_state"], "untriggered", "{answer}");
    };
    hold(&mut room, "one");
    hold(&mut room, "one");
    let edit = json!({"label": "one", "instrument_name": &*spot.listing.symbol, "amount": spot.listing.contract_size});
    assert_eq!(room.ask(ALICE, "private/edit_by_label", &edit)["error"]["code"], 13_032);
    let labelled = room.ask(ALICE, "private/get_open_orders_by_label", &json!({"label": "one", "currency": base}));
    assert_eq!(labelled["result"].as_array().unwrap().len(), 2);
    let cancel = |currency: &str| json!({"label": "one", "currency": currency});
    assert_eq!(room.ask(ALICE, "private/cancel_by_label", &cancel("BTC"))["result"], 0);
    assert_eq!(room.ask(ALICE, "private/cancel_by_label", &cancel(&base))["result"], 2);
    hold(&mut room, "two");
    let stops = json!({"instrument_name": &*spot.listing.symbol, "type": "stop_all"});
    assert_eq!(room.ask(ALICE, "private/cancel_all_by_instrument", &stops)["result"], 0);
    let takes = json!({"currency": "USDC", "type": "take_all"});
    assert_eq!(room.ask(ALICE, "private/cancel_all_by_currency", &takes)["result"], 1);

    assert_eq!(room.ask(ALICE, "private/enable_cancel_on_disconnect", &json!({}))["result"], "ok");
    hold(&mut room, "three");
    let alice = room.exchange.engine().find_account("alice").unwrap();
    room.gateway.closed(ALICE, &mut room.exchange, &mut room.out);
    assert_eq!(room.exchange.engine().held_orders(alice).count(), 0);
}

#[test]
fn an_iceberg_shows_its_slice() {
    let mut room = Room::logged_in();
    let (name, size, price) = room.future();
    let listing = room.exchange.engine().catalogue().find(&name).unwrap().id;
    let shown = |room: &Room| {
        let mut levels = Vec::new();
        room.exchange.engine().copy_levels(listing, Side::Bid, usize::MAX, &mut levels);
        levels.last().unwrap().qty.whole_lots()
    };
    let order = json!({"instrument_name": name, "amount": 7 * size, "price": price, "display_amount": 2 * size});
    let placed = room.ask(ALICE, "private/buy", &order)["result"]["order"].clone();
    assert_eq!(placed["amount"], 7 * size, "{placed}");
    for field in ["max_show", "display_amount", "refresh_amount"] {
        assert_eq!(placed[field], 2 * size, "{field}");
    }
    assert_eq!(shown(&room), 2);
    let edit = json!({"order_id": placed["order_id"], "amount": size});
    let edited = room.ask(ALICE, "private/edit", &edit)["result"]["order"].clone();
    assert_eq!((&edited["display_amount"], shown(&room)), (&json!(size), 1), "{edited}");
}

#[test]
fn linked_orders_name_each_other() {
    let mut room = Room::logged_in();
    let (name, size, price) = room.future();
    let spot = Spot::of(&mut room);
    let config = json!([
        {"direction": "sell", "type": "limit", "amount": size, "price": spot.below(0), "label": "profit"},
        {"direction": "sell", "type": "stop_market", "trigger": "mark_price", "trigger_price": price, "reduce_only": true},
    ]);
    let order = json!({
        "instrument_name": name, "amount": size, "price": price, "linked_order_type": "one_triggers_one_cancels_other",
        "trigger_fill_condition": "complete_fill", "otoco_config": config,
    });
    let first = room.ask(ALICE, "private/buy", &order)["result"]["order"].clone();
    assert_eq!((&first["is_primary_otoco"], &first["order_state"]), (&json!(true), &json!("open")), "{first}");
    assert_eq!(first["trigger_fill_condition"], "complete_fill");
    let others = first["oto_order_ids"].as_array().unwrap().clone();
    assert_eq!(others.len(), 2);
    let open = room.ask(ALICE, "private/get_open_orders", &json!({}))["result"].clone();
    let open = open.as_array().unwrap();
    assert_eq!(states(open), [("limit", "open"), ("limit", "untriggered"), ("stop_market", "untriggered")]);
    for (order, id) in open[1..].iter().zip(&others) {
        assert_eq!((&order["order_id"], &order["primary_order_id"]), (id, &first["order_id"]));
        assert_eq!(order["is_secondary_oto"], true);
    }
    room.ask(ALICE, "private/cancel", &json!({"order_id": first["order_id"]}));
    for id in &others {
        let state = room.ask(ALICE, "private/get_order_state", &json!({"order_id": id}))["result"].clone();
        assert_eq!(
            (&state["order_state"], &state["cancel_reason"]),
            (&json!("cancelled"), &json!("oto_primary_closed"))
        );
    }

    // The same over HTTP, where the list is text; one cancels the other, whichever way it ends.
    let query = format!(
        "/api/v2/private/buy?instrument_name={name}&amount={size}&price={price}&linked_order_type=one_cancels_other\
         &otoco_config=%5B%7B%22direction%22%3A%22buy%22%2C%22type%22%3A%22stop_market%22%2C%22trigger%22%3A%22mark_price%22\
         %2C%22trigger_price%22%3A1000%7D%5D"
    );
    let (status, answer) = room.http("GET", &query, Some("deri-hmac-sha256 id=alice,ts=1,sig=x,nonce=y"), "");
    assert_eq!(status, 200, "{answer}");
    let pair = &answer["result"]["order"]["oco_ref"];
    let open = room.ask(ALICE, "private/get_open_orders", &json!({"type": "stop_market"}))["result"].clone();
    assert_eq!((&open[0]["oco_ref"], &open[0]["amount"]), (pair, &json!(size)), "{open}");
    room.ask(ALICE, "private/cancel", &json!({"order_id": open[0]["order_id"]}));
    let other = json!({"order_id": answer["result"]["order"]["order_id"]});
    let other = room.ask(ALICE, "private/get_order_state", &other)["result"].clone();
    assert_eq!(other["cancel_reason"], "oco_other_closed", "{other}");
}

#[test]
fn a_block_trade_needs_both_sides_and_prints_apart() {
    let mut room = Room::logged_in();
    let spot = Spot::of(&mut room);
    let (name, size) = (&*spot.listing.symbol, spot.listing.contract_size);
    let last = room.exchange.engine().stats(spot.listing.id).last;
    let legs = json!([{"instrument_name": name, "direction": "sell", "price": spot.below(0), "amount": 10 * size}]);
    let side =
        |role: &str, nonce: &str| json!({"timestamp": START.millis(), "nonce": nonce, "role": role, "trades": legs});
    assert_eq!(room.ask(ALICE, "private/simulate_block_trade", &side("maker", "n"))["result"], true);
    let verified = room.ask(ALICE, "private/verify_block_trade", &side("maker", "n"))["result"].clone();
    let signed = |role: &str, nonce: &str| {
        let mut params = side(role, nonce);
        params["counterparty_signature"] = verified["signature"].clone();
        params
    };
    for (who, params) in [
        (BOB, signed("taker", "other")),
        (BOB, signed("maker", "n")),
        (ALICE, signed("taker", "n")),
        (BOB, {
            let mut params = signed("taker", "n");
            params["trades"][0]["amount"] = json!(20 * size);
            params
        }),
        (BOB, {
            let mut params = signed("taker", "n");
            params["counterparty_signature"] = json!("made up");
            params
        }),
    ] {
        let answer = room.ask(who, "private/execute_block_trade", &params);
        assert_eq!(answer["error"]["code"], 11_029, "{params} -> {answer}");
    }
    room.ask(
        ALICE,
        "private/subscribe",
        &json!({"channels": ["user.trades.any.any.raw", format!("trades.{name}.raw")]}),
    );
    let done = room.ask(BOB, "private/execute_block_trade", &signed("taker", "n"))["result"].clone();
    let fill = &done["trades"][0];
    assert_eq!(
        (&fill["direction"], &fill["liquidity"], &fill["state"]),
        (&json!("buy"), &json!("T"), &json!("filled"))
    );
    assert_eq!((&fill["block_trade_id"], &fill["amount"]), (&done["id"], &json!(10 * size)), "{done}");
    assert!(fill["fee"].as_f64().unwrap() > 0.0);
    let heard = room.heard(ALICE);
    let (own, public) = (heard.channel("user.trades.any.any.raw"), heard.channel(&format!("trades.{name}.raw")));
    assert_eq!((&own[0][0]["direction"], &own[0][0]["block_trade_id"]), (&json!("sell"), &done["id"]));
    assert_eq!((&public[0][0]["block_trade_id"], &public[0][0]["direction"]), (&done["id"], &json!("buy")));
    assert_eq!(room.exchange.engine().stats(spot.listing.id).last, last, "the last price is the book's");

    let again = room.ask(BOB, "private/execute_block_trade", &signed("taker", "n"));
    assert_eq!(again["error"]["code"], 11_029, "the signature is used up");
    for (who, direction) in [(ALICE, "sell"), (BOB, "buy")] {
        let one = room.ask(who, "private/get_block_trade", &json!({"id": done["id"]}))["result"].clone();
        assert_eq!(one["trades"][0]["direction"], direction);
        assert_eq!(room.ask(who, "private/get_block_trades", &json!({"currency": "any"}))["result"], json!([one]));
    }

    let spare = room.ask(ALICE, "private/verify_block_trade", &side("maker", "m"))["result"].clone();
    assert_eq!(room.ask(BOB, "private/invalidate_block_trade_signature", &spare)["error"]["code"], 11_029);
    assert_eq!(room.ask(ALICE, "private/invalidate_block_trade_signature", &spare)["result"], "ok");
    let mut late = side("maker", "late");
    late["timestamp"] = json!(START.millis() - 61_000);
    assert_eq!(room.ask(ALICE, "private/verify_block_trade", &late)["error"]["code"], -32_602);
    let huge = json!([{"instrument_name": name, "direction": "sell", "price": spot.below(0), "amount": 10_000 * size}]);
    let huge = json!({"role": "taker", "trades": huge});
    assert_eq!(room.ask(ALICE, "private/simulate_block_trade", &huge)["result"], false);
}
