//! Wire shapes against texts as the venue writes them.

use super::*;
use crate::base::decimal::DecimalError;
use crate::domain::number::{Price, Qty};
use proptest::prelude::*;

#[test]
fn channels_print_what_they_read() {
    for name in [
        "book.H100_USDC-31DEC26.raw",
        "book.H100_USDC-31DEC26.100ms",
        "book.H100_USDC-31DEC26.agg2",
        "book.H100_USDC-31DEC26.none.10.100ms",
        "ticker.H100_USDC-CAL-31DEC26_31MAR27.100ms",
        "quote.H100_USDC-PERPETUAL",
        "trades.TOK_USDC-29JAN27.100ms",
        "trades.future.any.100ms",
        "chart.trades.H100_USDC-31DEC26.1",
        "deribit_price_index.h100_usdc",
        "instrument.state.any.any",
        "platform_state",
        "user.orders.any.any.raw",
        "user.orders.H100_USDC-31DEC26.raw",
        "user.trades.future.H100.100ms",
        "user.portfolio.any",
    ] {
        assert_eq!(Channel::parse(name).map(|channel| channel.to_string()).as_deref(), Some(name));
    }
    for name in ["", "book", "book.", "book.X", "book.X.sometimes", "book.X.none.ten.100ms", "user.orders.a.b.c.raw"] {
        assert_eq!(Channel::parse(name), None, "{name}");
    }
}

#[test]
fn numbers_stay_exact() {
    for (text, printed) in [
        ("2.400", "2.4"),
        ("-0.005", "-0.005"),
        ("7300.0", "7300"),
        ("1e3", "1000"),
        ("0.0", "0"),
        ("5.551115123125783e-17", "0.00000000000000005551115123125783"),
    ] {
        assert_eq!(Number::parse(text).map(|n| n.to_string()).as_deref(), Ok(printed));
    }
    for text in ["", "-", "1.", ".5", "1.2.3", "0x10", "1e", "NaN"] {
        assert!(Number::parse(text).is_err(), "{text}");
    }
    assert_eq!(Number::parse("1460").and_then(|n| n.contracts(730)), Ok(Qty::lots(2)));
    assert_eq!(Number::parse("731").and_then(|n| n.contracts(730)), Err(DecimalError::TooPrecise));
    assert_eq!(Number::parse("0.0000000005").and_then(Number::price), Err(DecimalError::TooPrecise));
    assert_eq!(Number::parse("0.0000000015").and_then(Number::nearest_price), Ok(Price(2)));
}

#[test]
fn queries_carry_everything_as_text() {
    let text = r#"{"instrument_name":"X","amount":"730","price":"2.39","post_only":"true","valid_until":"12"}"#;
    let params: OrderParams<'_> = serde_json::from_str(text).unwrap();
    assert_eq!(params.amount, Number::parse("730").ok());
    assert_eq!((params.post_only, params.valid_until), (Some(true), Some(12)));
}

#[test]
fn a_book_change_reads_and_prints_alike() {
    let text = concat!(
        r#"{"type":"change","timestamp":1795326814468,"instrument_name":"H100_USDC-29JAN27","prev_change_id":100,"#,
        r#""change_id":101,"bids":[["change",2.4,10950],["delete",2.399,0]],"asks":[["new",2.404,2190]]}"#
    );
    let book: BookData<'_> = serde_json::from_str(text).unwrap();
    assert_eq!(book.bids[1].0, LevelAction::Delete);
    assert_eq!(serde_json::to_string(&book).unwrap(), text);
}

#[test]
fn a_stop_order_prints_a_word_for_its_price() {
    let text = r#"{"order_id":"1","instrument_name":"X","direction":"buy","order_type":"stop_market","order_state":"untriggered","price":"market_price","amount":10}"#;
    let order: Order<'_> = serde_json::from_str(text).unwrap();
    assert_eq!((order.price.number(), order.filled_amount), (None, None));
}

proptest! {
    #[test]
    fn prices_survive_the_wire(units in any::<i64>()) {
        let printed = serde_json::to_string(&Number::from(Price(units))).unwrap();
        let read: Number = serde_json::from_str(&printed).unwrap();
        prop_assert_eq!(read.price(), Ok(Price(units)));
    }

    #[test]
    fn nothing_panics(text in "[-0-9.eE]{0,50}") {
        let number = Number::parse(&text);
        prop_assert!(number.is_err() || number.is_ok_and(|n| n.nearest(9).is_ok() || n.exact(0).is_err()));
    }
}
