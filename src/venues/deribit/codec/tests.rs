//! The scanner against serde, on good messages and on broken ones; and the shapes that real venues send.

use proptest::prelude::*;

use super::book::{self, BookMessage};
use super::fault::Fault;
use super::frame::{self, Frame};
use super::symbols::{Symbols, Terms};
use super::{account, market, scan};
use crate::domain::book::Level;
use crate::domain::event::{AnomalyKind, LevelChange};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Price, Qty};
use crate::venues::deribit::wire::{self, Channel, Number};

const NAME: &str = "H100_USDC-31DEC26";

fn symbols() -> Symbols {
    let terms = |n| Terms::new(InstrumentId(n), 730, Qty::lots(1));
    Symbols::new([(NAME.into(), terms(0)), ("H100_USDC-29JAN27".into(), terms(1))])
}

type Read = Result<(BookMessage, Vec<LevelChange>), Fault>;

/// What serde makes of a frame; `None` when it is not a book's.
fn by_serde(frame: &[u8]) -> Option<Read> {
    let (channel, data) = match frame::parse(frame) {
        Ok(Frame::News { channel, data }) => (channel, data),
        Ok(_) => return None,
        Err(fault) => return Some(Err(fault)),
    };
    let Some(Channel::Book(symbol, _)) = Channel::parse(channel) else { return None };
    let mut levels = Vec::new();
    Some(book::book(&symbol, data, &symbols(), &mut levels).map(|message| (message, levels)))
}

fn by_scan(frame: &[u8]) -> Option<(BookMessage, Vec<LevelChange>)> {
    let mut levels = Vec::new();
    scan::book(frame, &symbols(), &mut levels).map(|message| (message, levels))
}

#[derive(Clone, Debug)]
struct Row {
    action: &'static str,
    price: i64,
    decimals: usize,
    lots: i64,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let action = prop::sample::select(vec!["new", "change", "delete"]);
    let row = (action, -5_000_i64..50_000, 0_usize..4, 0_i64..5_000).prop_map(|(action, price, decimals, lots)| Row {
        action,
        price,
        decimals,
        lots,
    });
    prop::collection::vec(row, 0..12)
}

fn print_rows(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let price = row.price as f64 / 10_f64.powi(row.decimals as i32);
        format!("[\"{}\",{price:.decimals$},{}]", row.action, row.lots * 730, decimals = row.decimals)
    };
    format!("[{}]", rows.iter().map(row).collect::<Vec<_>>().join(","))
}

/// A well-formed frame with the keys of `data` in any order.
fn frames() -> impl Strategy<Value = String> {
    let head = (rows(), rows(), any::<bool>(), 0_u64..1 << 50, 0_u64..1 << 50, 0_u64..1 << 45);
    (head, prop::sample::select(vec!["raw", "100ms", "agg2"]), any::<prop::sample::Index>()).prop_flat_map(
        |((bids, asks, is_snapshot, prev, id, millis), interval, _)| {
            let fields = vec![
                format!("\"type\":\"{}\"", if is_snapshot { "snapshot" } else { "change" }),
                format!("\"timestamp\":{millis}"),
                format!("\"instrument_name\":\"{NAME}\""),
                format!("\"prev_change_id\":{prev}"),
                format!("\"change_id\":{id}"),
                format!("\"bids\":{}", print_rows(&bids)),
                format!("\"asks\":{}", print_rows(&asks)),
            ];
            Just(fields).prop_shuffle().prop_map(move |fields| {
                format!(
                    "{{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{{\"channel\":\"book.{NAME}.{interval}\",\"data\":{{{}}}}}}}",
                    fields.join(",")
                )
            })
        },
    )
}

/// What broken senders and broken lines do to a message.
fn mutate(frame: &str, at: usize, what: u8, with: u8) -> Vec<u8> {
    let mut bytes = frame.as_bytes().to_vec();
    let at = at % bytes.len();
    match what % 6 {
        0 => bytes[at] = with,
        1 => bytes.insert(at, with),
        2 => drop(bytes.remove(at)),
        3 => bytes.truncate(at),
        4 => {
            let other = (at + 1 + usize::from(with)) % bytes.len();
            bytes.swap(at, other);
        }
        _ => {
            let tail = bytes[at..].to_vec();
            bytes.extend(tail);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn scanner_reads_what_serde_reads(frame in frames()) {
        let reference = by_serde(frame.as_bytes());
        if let Some(scanned) = by_scan(frame.as_bytes()) {
            prop_assert_eq!(reference, Some(Ok(scanned)));
        }
    }

    #[test]
    fn scanner_never_accepts_what_serde_refuses(
        frame in frames(),
        hits in prop::collection::vec((any::<usize>(), any::<u8>(), prop::sample::select(b"\"\\,:[]{}0159-.eEnxt \x80".to_vec())), 1..4),
    ) {
        let mut bytes = frame.into_bytes();
        for (at, what, with) in hits {
            bytes = mutate(&String::from_utf8_lossy(&bytes), at, what, with);
            if bytes.is_empty() {
                return Ok(());
            }
        }
        let reference = by_serde(&bytes);
        if let Some(scanned) = by_scan(&bytes) {
            prop_assert_eq!(reference, Some(Ok(scanned)), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn nothing_panics_on_noise(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(by_scan(&bytes).is_none());
        let _ = by_serde(&bytes);
    }
}

/// The fast path must be taken by what venues really send, or it is no fast path.
#[test]
fn scanner_takes_the_usual_messages() {
    let head = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{{\"channel\":\"book.{NAME}.raw\",\"data\":"
    );
    for data in [
        r#"{"type":"change","timestamp":1795326814468,"prev_change_id":100,"instrument_name":"H100_USDC-31DEC26","change_id":107,"bids":[["change",2.4,730],["delete",2.39,0]],"asks":[["new",2.404,7300.0]]}"#,
        r#"{"type":"change","timestamp":1795326814468,"instrument_name":"H100_USDC-31DEC26","prev_change_id":100,"change_id":107,"bids":[],"asks":[["delete",-0.005,0.0]]}"#,
        r#"{"type":"snapshot","timestamp":1795326814468,"instrument_name":"H100_USDC-31DEC26","change_id":107,"bids":[["new",2.4,730]],"asks":[]}"#,
    ] {
        let frame = format!("{head}{data}}}}}");
        let scanned = by_scan(frame.as_bytes());
        assert!(scanned.is_some(), "{frame}");
        assert_eq!(by_serde(frame.as_bytes()), scanned.map(Ok));
    }
}

#[test]
fn a_remainder_against_the_lot_is_a_fault() {
    let data = r#"{"type":"change","timestamp":1,"instrument_name":"H100_USDC-31DEC26","prev_change_id":1,"change_id":2,"bids":[["new",2.4,731]],"asks":[]}"#;
    let mut levels = Vec::new();
    let fault = book::book(NAME, data, &symbols(), &mut levels).unwrap_err();
    assert_eq!((fault.what, levels.len()), (AnomalyKind::BadNumber, 0));
    let frame = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{{\"channel\":\"book.{NAME}.raw\",\"data\":{data}}}}}"
    );
    assert_eq!(by_scan(frame.as_bytes()), None);
}

#[test]
fn a_ticker_brings_implied_levels_in_contracts_and_none_where_the_venue_has_none() {
    let number = |units, decimals| Some(Number::new(units, decimals));
    let told = |ticker: &wire::Ticker<'_>| {
        let text = serde_json::to_string(ticker).unwrap();
        (market::ticker(&text, &symbols()).unwrap().implied, text)
    };
    let plain = wire::Ticker { instrument_name: NAME.into(), ..wire::Ticker::default() };
    let (levels, text) = told(&plain);
    assert_eq!(levels, [None, None]);
    assert!(!text.contains("implied"), "other venues know no such words: {text}");
    let bid = wire::Ticker { implied_bid_price: number(-5, 3), implied_bid_amount: number(1_460, 0), ..plain.clone() };
    let level = |price, lots| Some(Level { price: Price(price), qty: Qty::lots(lots) });
    assert_eq!(told(&bid).0, [level(-5_000_000, 2), None]);
    let ask = wire::Ticker { implied_ask_price: number(31, 2), implied_ask_amount: number(730, 0), ..bid };
    assert_eq!(told(&ask).0, [level(-5_000_000, 2), level(310_000_000, 1)]);
    let empty = wire::Ticker { implied_ask_amount: number(0, 0), ..ask };
    assert_eq!(told(&empty).0[1], None, "a price without an amount is none");
}

#[test]
fn orders_without_a_price_or_a_fill_are_read() {
    let order = r#"{"order_id":"USDC-SLMB-1","instrument_name":"H100_USDC-31DEC26","direction":"sell","order_type":"stop_market",
        "order_state":"untriggered","price":"market_price","amount":7300,"average_price":2.7933333333333334,"label":"ladder|A1-7",
        "time_in_force":"good_til_day","post_only":false,"reduce_only":true}"#;
    let order: wire::Order<'_> = serde_json::from_str(order).unwrap();
    let report = account::order(&order, &symbols()).unwrap();
    assert_eq!((report.price, report.qty, report.filled), (None, Qty::lots(10), Qty::ZERO));
    assert_eq!(report.average_price, Some(Price(2_793_333_333)));
}

#[test]
fn refusals_keep_the_reason() {
    let frame = br#"{"jsonrpc":"2.0","id":9,"error":{"code":-32602,"message":"Invalid params","data":{"reason":"wrong format","param":"amount"}}}"#;
    let Ok(Frame::Answer { id: Some(9), result: Err(refusal), .. }) = frame::parse(frame) else {
        panic!("an answer was expected")
    };
    assert_eq!((&*refusal.message, refusal.code), ("Invalid params: wrong format (amount)", -32_602));
}

#[test]
fn a_spread_takes_its_orientation_from_its_legs() {
    let listed = |name: &str, kind: &str, expiry: i64| {
        let json = format!(
            r#"{{"instrument_name":"{name}","kind":"{kind}","base_currency":"H100","quote_currency":"USDC","settlement_currency":"USDC","settlement_period":"month","price_index":"h100_usdc","tick_size":0.005,"min_trade_amount":730,"contract_size":730,"expiration_timestamp":{expiry},"is_active":true,"state":"open"}}"#
        );
        let data: wire::Instrument<'_> = serde_json::from_str(&json).unwrap();
        market::listing(&data).unwrap().unwrap()
    };
    let (december, march) = (1_798_750_800_000, 1_806_526_800_000);
    let listings = [
        listed("H100_USDC-31DEC26", "future", december),
        listed("H100_USDC-31MAR27", "future", march),
        listed("H100-FS-31MAR27_31DEC26", "future_combo", december),
        listed("H100-FS-NOBODY", "future_combo", december),
    ];
    let mut legs = market::Legs::new();
    let combos = r#"[{"id":"H100-FS-31MAR27_31DEC26","state":"active","legs":[{"instrument_name":"H100_USDC-31MAR27","amount":1},{"instrument_name":"H100_USDC-31DEC26","amount":-1}]}]"#;
    assert_eq!(market::combos(combos, &mut legs), Ok(Vec::new()));
    let (instruments, orphans) = market::assemble(&listings, &legs);
    assert_eq!(orphans, ["H100-FS-NOBODY".into()]);
    assert_eq!(instruments[2].contract.to_string(), "H100 MAR-27 / DEC-26");
    assert_eq!(instruments[0].lot, Qty::lots(1));
}
