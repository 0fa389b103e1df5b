//! What is done to a market from outside: its effects, and that a replay does it again.

use super::*;
use crate::exchange::catalogue::{ProductId, Ratio};
use crate::exchange::engine::{Hours, IndexId, Phase, Scope, SessionOrder, Velocity};

const H100: ProductId = ProductId(0);
const TOK: ProductId = ProductId(3);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn velocity() -> Directive {
    let rule = Velocity { band: Ratio(20_000_000), window: secs(2), pause: secs(3), auction: secs(2) };
    Directive::Session(SessionOrder::Velocity(H100, Some(rule)))
}

fn sweep() -> Directive {
    Directive::Sweep { product: H100, side: Side::Ask, lots: 20_000 }
}

/// Index of a product and mark of its front month.
fn prices(exchange: &Exchange, product: ProductId) -> (f64, f64) {
    let engine = exchange.engine();
    let mark = engine.stats(engine.front(product).unwrap().id).mark.unwrap();
    (engine.index(product).unwrap().to_f64_lossy(), mark.to_f64_lossy())
}

#[test]
fn a_run_with_every_directive_replays_to_the_same_bytes() {
    let config = config(5, FRIDAY, 1_200.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let (mut out, mut text, mut log) = (Released::default(), String::new(), format!("{}\n", exchange.header()));
    let at = |ms: u64| config.start + Duration::from_millis(ms);
    exchange.begin_scenario(at(10), "made up", &mut out);
    exchange.plan(at(10), at(2_500), &velocity(), &mut out);
    exchange.plan(at(10), at(3_000), &sweep(), &mut out);
    for (ms, directive) in (500..).step_by(317).zip(super::super::directive::one_of_each()) {
        exchange.direct(at(ms), &directive, &mut out);
    }
    exchange.set_speed(at(9_000), 40, &mut out);
    exchange.begin_scenario(at(30_000), "calm", &mut out);
    exchange.set_speed(at(31_000), 1, &mut out);
    let span = secs(33);
    while exchange.advance(config.start + span, &mut out) == Progress::More {}
    write_released(exchange.engine().catalogue(), &out, &mut text).unwrap();
    log.push_str(&out.inputs);
    for word in [" Halted", " PreOpen", " locked", " restated", " headline"] {
        assert!(text.contains(word), "nothing was{word}");
    }
    let log = InputLog::parse(&log).unwrap();
    assert!(text == printed(&config, span, Some(&log)), "the replay differs");
}

#[test]
fn a_sweep_halts_the_month_and_an_auction_brings_it_back() {
    let config = config(6, FRIDAY, 1_500.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    exchange.direct(config.start, &velocity(), &mut out);
    run(&mut exchange, config.start + secs(4), |_, _| {});
    exchange.direct(config.start + secs(4), &sweep(), &mut out);
    let front = exchange.engine().front(H100).unwrap().id;
    assert_eq!(exchange.engine().phase(front), Phase::Halted);
    let before = exchange.engine().change_id(front);
    run(&mut exchange, config.start + Duration::from_millis(6_900), |_, _| {});
    assert_eq!(exchange.engine().change_id(front), before, "makers leave a halted book alone");
    run(&mut exchange, config.start + secs(20), |_, _| {});
    assert_eq!(exchange.engine().phase(front), Phase::Open);
    assert!(exchange.engine().change_id(front) > before);
    let [bid, ask] = Side::BOTH.map(|side| exchange.engine().best(front, side).unwrap().price);
    assert!(bid < ask);
}

#[test]
fn shocks_move_one_product_fading_or_lasting() {
    let config = config(7, FRIDAY, 800.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    let (index, mark) = prices(&exchange, H100);
    let (other, _) = prices(&exchange, TOK);
    let shock = Directive::Shock { product: H100, log_jump: -0.2, over: secs(10), stay: Stay::Lasting };
    exchange.direct(config.start, &shock, &mut out);
    run(&mut exchange, config.start + secs(5), |_, _| {});
    let (half, _) = prices(&exchange, H100);
    assert!(((half / index).ln() + 0.1).abs() < 0.02, "half of it after half the time: {}", (half / index).ln());
    run(&mut exchange, config.start + secs(30), |_, _| {});
    let (after, marked) = prices(&exchange, H100);
    assert!(((after / index).ln() + 0.2).abs() < 0.02);
    // Most of November is fixed already: its mark moves by what is left of the month.
    assert!(marked < mark - 0.05);
    assert!((prices(&exchange, TOK).0 / other).ln().abs() < 0.02);
}

#[test]
fn makers_that_leave_take_size_and_width_with_them() {
    let config = config(8, FRIDAY, 2_000.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    let depth = |exchange: &Exchange| -> i64 {
        let of = exchange.engine().catalogue().active().filter(|l| l.product == H100 && l.kind == Kind::Future);
        of.flat_map(|l| Side::BOTH.map(|side| levels(exchange, l.id, side)))
            .flatten()
            .map(|level| level.qty.whole_lots())
            .sum()
    };
    let full = depth(&exchange);
    exchange.direct(config.start, &Directive::Makers { product: H100, present: 1 }, &mut out);
    run(&mut exchange, config.start + secs(20), |_, _| {});
    let thin = depth(&exchange);
    assert!(thin < full / 2, "{full} before, {thin} after");
    exchange.begin_scenario(config.start + secs(20), "calm", &mut out);
    run(&mut exchange, config.start + secs(60), |_, _| {});
    assert!(depth(&exchange) > thin * 3 / 2, "they come back: {thin} to {}", depth(&exchange));
}

#[test]
fn a_restatement_corrects_fixings_of_months_that_still_settle() {
    // On the second of December only the fixing of the first can still be corrected.
    let config = config(9, "2026-12-02T15:00:00Z", 100.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    let before = exchange.engine().fixings(H100).to_vec();
    let (index, _) = prices(&exchange, H100);
    let restate = |name: &str| Directive::Restate { index: name.into(), fixings: 3, log_change: 0.05 };
    exchange.direct(config.start, &restate("h100_usdc"), &mut out);
    let after = exchange.engine().fixings(H100);
    let changed: Vec<bool> = before.iter().zip(after).map(|(a, b)| a.1 != b.1).collect();
    let (last, others) = changed.split_last().unwrap();
    assert!(*last && others.iter().all(|changed| !changed), "{changed:?}");
    let ratio = after.last().unwrap().1.to_f64_lossy() / before.last().unwrap().1.to_f64_lossy();
    assert!((ratio.ln() - 0.05).abs() < 1e-3);
    run(&mut exchange, config.start + secs(3), |_, _| {});
    assert!(((prices(&exchange, H100).0 / index).ln() - 0.05).abs() < 0.01, "the index goes on from there");

    let grid = exchange.engine().find_index("h100_usdc_grid").unwrap();
    let of = |exchange: &Exchange| {
        (exchange.engine().index_now(grid).unwrap().0, exchange.engine().index_fixings(grid).len())
    };
    let (value, count) = of(&exchange);
    exchange.direct(config.start + secs(3), &restate("h100_usdc_grid"), &mut out);
    let (corrected, same) = of(&exchange);
    assert!((corrected.to_f64_lossy() / value.to_f64_lossy()).ln() > 0.045 && same == count);
    assert!(matches!(grid, IndexId::Secondary(_)));
    assert_eq!(exchange.engine().fixings(TOK), Exchange::new(&config).unwrap().engine().fixings(TOK));
}

#[test]
fn a_fast_clock_keeps_the_pace_of_messages_and_reaches_settlement_soon() {
    let config = config(10, "2026-11-30T20:29:00Z", 1_500.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    exchange.set_speed(config.start, 120, &mut out);
    let (mut told, mut fixed, mut expired) = (0, 0, 0);
    // Sixteen seconds of the wall clock's.
    run(&mut exchange, config.start + secs(16 * 120), |_, out| {
        told += messages(out);
        fixed += out.engine.list.iter().filter(|e| matches!(e, Event::Fixing { .. })).count();
        expired += out.engine.list.iter().filter(|e| matches!(e, Event::Expired(_))).count();
    });
    assert_eq!(fixed, 4);
    assert!(expired > 4, "{expired}");
    assert!(
        (14_000..60_000).contains(&told),
        "{told} messages in 16 s at 1,500 a second, a new month's books included"
    );
}

#[test]
fn hours_come_and_go_with_the_scenario() {
    let config = config(11, FRIDAY, 500.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    let [pre_open, open, close] = [20, 21, 22].map(|hour| secs(hour * 3_600));
    let hours = Hours::new(pre_open, open, close).unwrap();
    exchange.direct(config.start, &Directive::Session(SessionOrder::Hours(TOK, Some(hours))), &mut out);
    exchange.direct(config.start, &Directive::Session(SessionOrder::Halt(Scope::Product(H100), None)), &mut out);
    let [tok, h100] = [TOK, H100].map(|product| exchange.engine().front(product).unwrap().id);
    run(&mut exchange, config.start + secs(2), |_, _| {});
    assert_eq!([tok, h100].map(|id| exchange.engine().phase(id)), [Phase::Closed, Phase::Halted]);
    exchange.begin_scenario(config.start + secs(2), "calm", &mut out);
    run(&mut exchange, config.start + secs(13), |_, _| {});
    assert_eq!([tok, h100].map(|id| exchange.engine().phase(id)), [Phase::Open; 2]);
}
