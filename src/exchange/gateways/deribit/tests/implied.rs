//! What tickers tell of implied prices: nobody but the test moves anything, so every change has one cause.

use super::*;
use crate::exchange::catalogue::Implied;
use crate::exchange::engine::{Scope, SessionOrder};
use crate::exchange::sim::Directive;

const NEAR: &str = "H100_USDC-31DEC26";
const FAR: &str = "H100_USDC-30JUN27";
const SPREAD: &str = "H100_USDC-CAL-31DEC26_30JUN27";
const SIZE: f64 = 730.0;

/// Price and contracts.
type Quote = Option<(f64, f64)>;

fn quote(ticker: &Value, kind: &str) -> Quote {
    let number = |what: &str| ticker.get(format!("{kind}_{what}")).map(|value| value.as_f64().unwrap());
    Some((number("price")?, number("amount")? / SIZE))
}

fn implied(ticker: &Value) -> [Quote; 2] {
    ["implied_bid", "implied_ask"].map(|kind| quote(ticker, kind))
}

fn ticks(price: f64) -> i64 {
    (price * 1_000.0).round() as i64
}

impl Room {
    /// With a calendar whose own book is empty, and the only one that trades with its legs.
    fn with_spread() -> Self {
        let mut data = CatalogueData::embedded().unwrap();
        data.venue.implied = Implied::OnDemand;
        let mut room = Self::logged_in_to(data);
        let trades = json!({"trades": [
            {"instrument_name": NEAR, "direction": "buy", "amount": SIZE},
            {"instrument_name": FAR, "direction": "sell", "amount": SIZE},
        ]});
        assert_eq!(room.ask(ALICE, "private/create_combo", &trades)["result"]["id"], SPREAD);
        room
    }

    fn ticker(&mut self, name: &str) -> Value {
        self.ask(ALICE, "public/ticker", &json!({"instrument_name": name}))["result"].clone()
    }

    /// The newest ticker that BOB is told of within a tenth of a second, if any.
    fn told(&mut self, channel: &str) -> Option<Value> {
        self.wait(Duration::from_millis(100));
        self.heard(BOB).channel(channel).pop()
    }

    fn buy(&mut self, name: &str, price: f64, contracts: f64) -> Value {
        let order = json!({"instrument_name": name, "amount": contracts * SIZE, "price": price});
        let answer = self.ask(ALICE, "private/buy", &order);
        assert_eq!(answer["result"]["order"]["order_state"], "open", "{answer}");
        answer["result"]["order"]["order_id"].clone()
    }

    fn cancel(&mut self, order: &Value) {
        let answer = self.ask(ALICE, "private/cancel", &json!({"order_id": order}));
        assert_eq!(answer["result"]["order_state"], "cancelled", "{answer}");
    }
}

#[test]
fn a_ticker_tells_what_the_legs_make_of_a_spread_and_changes_with_them_alone() {
    let mut room = Room::with_spread();
    let channels = [format!("ticker.{SPREAD}.100ms"), format!("ticker.{SPREAD}.raw")];
    room.ask(BOB, "public/subscribe", &json!({"channels": channels}));
    let near = room.ticker(NEAR);
    let far = room.ticker(FAR);
    let bid_at = |near: &Value| {
        let (Some((bid, most)), Some((ask, offered))) = (quote(near, "best_bid"), quote(&far, "best_ask")) else {
            panic!("no quotes: {near} {far}");
        };
        (ticks(bid) - ticks(ask), most.min(offered))
    };
    let in_ticks = |quote: Quote| quote.map(|(price, contracts)| (ticks(price), contracts));
    let welcome = room.heard(BOB);
    for channel in &channels {
        let told = welcome.channel(channel).pop().unwrap();
        assert_eq!(quote(&told, "best_bid"), Some((0.0, 0.0)), "its own book is empty");
        assert_eq!(in_ticks(implied(&told)[0]), Some(bid_at(&near)));
        assert_eq!(implied(&told), implied(&room.ticker(SPREAD)));
    }
    assert_eq!(room.told(&channels[0]), None, "nothing moved");

    let better = quote(&near, "best_bid").unwrap().0 + 0.01;
    let order = room.buy(NEAR, better, 3.0);
    room.wait(Duration::from_millis(100));
    let heard = room.heard(BOB);
    for channel in &channels {
        let told = heard.channel(channel);
        assert_eq!(told.len(), 1, "{channel}");
        assert_eq!(in_ticks(implied(&told[0])[0]), Some((bid_at(&near).0 + 10, 3.0)), "three at the better price");
    }
    room.cancel(&order);
    let told = room.told(&channels[0]).unwrap();
    assert_eq!(in_ticks(implied(&told)[0]), Some(bid_at(&near)), "and gone again");
}

#[test]
fn an_implied_price_of_an_outright_comes_and_goes_with_the_spread_that_makes_it() {
    let mut room = Room::with_spread();
    let (whole, parts) = (format!("ticker.{NEAR}.100ms"), format!("incremental_ticker.{NEAR}"));
    room.ask(BOB, "public/subscribe", &json!({"channels": [whole, parts]}));
    let welcome = room.heard(BOB);
    assert_eq!(implied(&welcome.channel(&whole)[0]), [None, None]);
    let mut known = welcome.channel(&parts).remove(0);

    let (bid, most) = quote(&room.ticker(FAR), "best_bid").unwrap();
    let order = room.buy(SPREAD, 0.31, 2.0);
    room.wait(Duration::from_millis(100));
    let heard = room.heard(BOB);
    let told = implied(&heard.channel(&whole)[0]);
    assert_eq!(told[0].map(|(price, lots)| (ticks(price), lots)), Some((ticks(bid) + 310, most.min(2.0))));
    assert_eq!(told[1], None);
    let mut learn = |news: Value| {
        for (member, value) in news.as_object().unwrap() {
            known[member] = value.clone();
        }
        known.clone()
    };
    assert_eq!(implied(&learn(heard.channel(&parts).remove(0)))[0], told[0]);

    room.cancel(&order);
    room.wait(Duration::from_millis(100));
    let heard = room.heard(BOB);
    assert_eq!(implied(&heard.channel(&whole)[0]), [None, None]);
    assert_eq!(learn(heard.channel(&parts).remove(0))["implied_bid_price"], Value::Null, "told to be gone");
}

#[test]
fn a_halt_of_one_leg_takes_the_implied_price_away() {
    let mut room = Room::with_spread();
    let channel = format!("ticker.{SPREAD}.100ms");
    room.ask(BOB, "public/subscribe", &json!({"channels": [channel]}));
    assert!(implied(&room.heard(BOB).channel(&channel)[0])[0].is_some());
    let far = Scope::Listing(room.exchange.engine().catalogue().find(FAR).unwrap().id);
    let direct = |room: &mut Room, order: SessionOrder| {
        let mut released = Released::default();
        room.exchange.direct(room.now, &Directive::Session(order), &mut released);
        room.gateway.on_released(&released, &room.exchange, &mut room.out);
    };
    direct(&mut room, SessionOrder::Halt(far, None));
    let told = room.told(&channel).unwrap();
    assert_eq!((&told["state"], implied(&told)), (&json!("halted"), [None, None]));
    direct(&mut room, SessionOrder::Resume(far));
    room.wait(Duration::from_secs(60));
    let told = room.heard(BOB).channel(&channel).pop().unwrap();
    assert_eq!(told["state"], "open");
    assert!(implied(&told)[0].is_some(), "the legs trade again: {told}");
}
