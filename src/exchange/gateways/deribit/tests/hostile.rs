//! Requests with something wrong in them, thousands of them.

use super::*;
use crate::base::rng::Rng;

const SEEDS: [&str; 9] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"public/get_time","params":{}}"#,
    r#"{"jsonrpc":"2.0","id":"a","method":"private/buy","params":{"instrument_name":"H100_USDC-31DEC26","amount":730,"price":2.8}}"#,
    r#"{"jsonrpc":"2.0","id":2,"method":"public/subscribe","params":{"channels":["book.H100_USDC-31DEC26.100ms","x"]}}"#,
    r#"{"jsonrpc":"2.0","id":3,"method":"private/edit","params":{"order_id":"1","amount":1e300,"price":-0.0}}"#,
    r#"{"jsonrpc":"2.0","id":4,"method":"public/get_tradingview_chart_data","params":{"instrument_name":"TOK_USDC-31DEC26","start_timestamp":-9223372036854775808,"end_timestamp":9223372036854775807,"resolution":"1"}}"#,
    r#"{"jsonrpc":"2.0","id":5,"method":"public/get_last_settlements_by_currency","params":{"currency":"H100","count":1000,"continuation":"9-9"}}"#,
    r#"{"jsonrpc":"2.0","id":6,"method":"public/auth","params":{"grant_type":"coinbase_cdp","token":"a.b.c"}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"private/cancel_all_by_currency","params":{"currency":"any","kind":"future"}}"#,
    r#"{"jsonrpc":"2.0","id":8,"method":"private/sell","params":{"instrument_name":"H100_USDC-31DEC26","contracts":1,"type":"market"}}"#,
];

fn spoilt(rng: &mut Rng) -> Vec<u8> {
    let pick = |rng: &mut Rng, bound: usize| usize::try_from(rng.below(bound as u64)).unwrap();
    let mut text = SEEDS[pick(rng, SEEDS.len())].as_bytes().to_vec();
    for _ in 0..rng.below(6) {
        let at = pick(rng, text.len());
        match rng.below(5) {
            0 => text[at] = pick(rng, 256) as u8,
            1 if text.len() > 1 => drop(text.remove(at)),
            2 => text.insert(at, b"{}[]\",:0e-\\"[pick(rng, 11)]),
            3 => text.truncate(at.max(1)),
            _ => text.extend_from_within(at..),
        }
    }
    text
}

#[test]
fn every_spoilt_request_is_answered_once_and_the_books_stay_whole() {
    let mut data = CatalogueData::embedded().unwrap();
    let plenty = Allowance { burst: 1_000_000, per_second: 1_000 };
    (data.venue.limits.orders, data.venue.limits.queries) = (plenty, plenty);
    let mut room = Room::of(data);
    for (who, name) in [(ALICE, "alice"), (BOB, "bob")] {
        room.ask(
            who,
            "public/auth",
            &json!({"grant_type": "client_credentials", "client_id": name, "client_secret": "s"}),
        );
    }
    let channel = "book.H100_USDC-31DEC26.raw";
    room.ask(BOB, "private/subscribe", &json!({"channels": [channel]}));
    let mut last = room.heard(BOB).channel(channel)[0]["change_id"].clone();
    let mut rng = Rng::new(11);
    let (mut granted, mut refused, mut changes) = (0, 0, 0);
    for _ in 0..20_000 {
        let text = spoilt(&mut rng);
        room.raw(ALICE, &text);
        let mut answers = 0;
        for effect in room.effects() {
            let Effect::Send { to, text: sent } = effect else {
                panic!("{effect:?} after {:?}", String::from_utf8_lossy(&text))
            };
            let message = parse(&sent);
            if to == ALICE && message["method"].is_null() {
                answers += 1;
                // A result may be null; then there is no error.
                *if message.get("error").is_some() { &mut refused } else { &mut granted } += 1;
            } else if to == BOB {
                let change = &message["params"]["data"];
                assert_eq!(change["prev_change_id"], last);
                last = change["change_id"].clone();
                changes += 1;
            }
        }
        assert_eq!(answers, 1, "{:?}", String::from_utf8_lossy(&text));
    }
    assert!(
        granted > 2_000 && refused > 2_000 && changes > 100,
        "{granted} granted, {refused} refused, {changes} changes"
    );
    let truth = room.exchange.engine().catalogue().find("H100_USDC-31DEC26").map(|l| l.id).unwrap();
    assert_eq!(last, room.exchange.engine().change_id(truth));
}
