//! When the list is loaded, what is asked for, and what is said of it.

use super::*;

const START: Instant = Instant(1_000_000_000_000);

fn at(millis: u64) -> Instant {
    START + Duration::from_millis(millis)
}

fn future(day: &str) -> String {
    format!(
        r#"{{"instrument_name":"H100_USDC-{day}","kind":"future","base_currency":"H100","quote_currency":"USDC","settlement_currency":"USDC","settlement_period":"month","price_index":"h100_usdc","tick_size":0.01,"min_trade_amount":730,"contract_size":730,"expiration_timestamp":1798750800000,"is_active":true,"state":"open"}}"#
    )
}

fn combo(name: &str) -> String {
    future(name).replace("\"future\"", "\"future_combo\"")
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// A load of these; what it asked for besides the instruments.
fn load(lists: &mut Lists, now: Instant, futures: &[String], combos: &[String], legs: &str) -> (Loaded, Vec<Step>) {
    lists.begin(now);
    let mut asked = Vec::new();
    loop {
        match lists.next().unwrap() {
            Step::Instruments("future") => lists.instruments(&list(futures)).unwrap(),
            Step::Instruments(_) => lists.instruments(&list(combos)).unwrap(),
            Step::Combos(currency) => {
                asked.push(Step::Combos(currency));
                lists.combos(legs).unwrap();
            }
            Step::Done => return (lists.finish(), asked),
        }
    }
}

#[test]
fn a_burst_is_one_load_and_loads_keep_apart() {
    let mut lists = Lists::default();
    load(&mut lists, at(0), &[future("31DEC26")], &[], "[]");
    for step in 0..40 {
        lists.heard(at(10_000 + step));
    }
    assert!(!lists.is_due(at(10_249)));
    assert!(lists.is_due(at(10_250)));
    lists.begin(at(10_250));
    lists.heard(at(10_300));
    assert!(!lists.is_due(at(20_000)), "one at a time");
    while lists.next() != Some(Step::Done) {
        lists.instruments("[]").unwrap();
    }
    lists.finish();
    assert!(!lists.is_due(at(12_249)));
    assert!(lists.is_due(at(12_250)), "what was heard meanwhile is looked at");
}

#[test]
fn lost_news_are_made_up_for_in_a_minute_and_a_failed_load_sooner() {
    let mut lists = Lists::default();
    let (loaded, _) = load(&mut lists, at(0), &[future("31DEC26")], &[], "[]");
    assert_eq!(loaded.list.map(|list| list.len()), Some(1));
    assert!(!lists.is_due(at(59_999)) && lists.is_due(at(60_000)));
    lists.begin(at(60_000));
    lists.give_up(at(61_000));
    assert_eq!(lists.listed().len(), 1, "what is known stays");
    assert!(!lists.is_due(at(70_999)) && lists.is_due(at(71_000)));
}

#[test]
fn legs_are_asked_for_once_and_what_cannot_be_read_is_said_once() {
    let mut lists = Lists::default();
    let futures = [future("31DEC26"), future("29JAN27"), r#"{"instrument_name":"ODD-1","kind":"future"}"#.to_owned()];
    let combos = [combo("CAL-31DEC26_29JAN27"), combo("NOBODY")];
    let legs = r#"[{"id":"H100_USDC-CAL-31DEC26_29JAN27","state":"active","legs":[{"instrument_name":"H100_USDC-31DEC26","amount":1},{"instrument_name":"H100_USDC-29JAN27","amount":-1}]},{"id":"HALF","state":"active","legs":[{"instrument_name":"H100_USDC-31DEC26","amount":0.5}]}]"#;
    let (loaded, asked) = load(&mut lists, at(0), &futures, &combos, legs);
    assert_eq!(asked, [Step::Combos("H100".into()), Step::Combos("USDC".into())]);
    assert_eq!(loaded.list.map(|list| list.len()), Some(3));
    let words: Vec<&str> = loaded.faults.iter().map(|fault| &*fault.detail).collect();
    assert!(words.contains(&"no legs of H100_USDC-NOBODY") && words.contains(&"leg ratio of HALF"), "{words:?}");
    assert!(words.iter().any(|words| words.contains("base_currency")), "{words:?}");

    let (again, asked) = load(&mut lists, at(60_000), &futures, &combos, legs);
    assert_eq!((again, asked), (Loaded::default(), Vec::new()), "nothing new, nothing asked, nothing said");

    let more = [combos[0].clone(), combos[1].clone(), combo("LATER")];
    let (later, asked) = load(&mut lists, at(120_000), &futures, &more, legs);
    assert_eq!(asked.len(), 2, "its legs are asked for");
    assert_eq!(later.faults.iter().map(|f| &*f.detail).collect::<Vec<_>>(), ["no legs of H100_USDC-LATER"]);
}
