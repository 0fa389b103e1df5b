//! Every scenario from its beginning to its end.

use std::sync::Arc;

use super::super::data::Config;
use super::super::exchange::{Progress, What};
use super::*;
use crate::exchange::engine::{Event, IndexId, Phase, SettlementKind};

const H100: ProductId = ProductId(0);
const TOK: ProductId = ProductId(3);

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

fn data() -> CatalogueData {
    CatalogueData::embedded().unwrap()
}

/// What a run showed.
#[derive(Default)]
struct Seen {
    headlines: usize,
    phases: Vec<Phase>,
    restated: Vec<Arc<str>>,
    delivered: usize,
    listed: usize,
    /// Of H100, per second: front mark.
    marks: Vec<f64>,
    /// Contracts within reach in H100's books, per second.
    depth: Vec<i64>,
}

/// Runs a scenario to its end at a quiet rate.
fn play(name: &str, rate: f64) -> (Exchange, Seen) {
    let (data, calendar) = (Arc::new(data()), Arc::new(Calendar::us().unwrap()));
    let scenario = Scenario::named(name, &data).unwrap();
    let now = utc("2026-11-20T15:00:00Z");
    let start = scenario.start(now, &calendar).unwrap_or(now);
    let mut exchange = Exchange::new(&Config { seed: 4, start, rate, data, calendar }).unwrap();
    let mut out = Released::default();
    let mut seen = Seen::default();
    if let Some(speed) = scenario.speed {
        exchange.set_speed(start, speed, &mut out);
    }
    scenario.begin(&mut exchange, start, &mut out);
    let end = start + scenario.lasts;
    let step = Duration::from_secs(u64::from(exchange.speed()));
    let mut until = start;
    while until < end {
        until = (until + step).min(end);
        loop {
            let progress = exchange.advance(until, &mut out);
            note(&out, &mut seen);
            out.clear();
            if progress == Progress::Done {
                break;
            }
        }
        let engine = exchange.engine();
        let front = engine.front(H100).unwrap().id;
        seen.marks.push(engine.stats(front).mark.unwrap().to_f64_lossy());
        let months = engine.catalogue().active().filter(|l| l.product == H100 && l.legs.is_empty());
        let depth = months.flat_map(|l| Side::BOTH.map(|side| engine.best(l.id, side))).flatten();
        seen.depth.push(depth.map(|level| level.qty.whole_lots()).sum());
    }
    (exchange, seen)
}

fn note(out: &Released, seen: &mut Seen) {
    seen.headlines += out.events.iter().filter(|e| matches!(e.what, What::Headline(_))).count();
    for event in &out.engine.list {
        match event {
            Event::State { phase, .. } => seen.phases.push(*phase),
            Event::Restated { index, .. } => seen.restated.push(index.clone()),
            Event::Settlement(s) if s.kind == SettlementKind::Delivery => seen.delivered += 1,
            Event::Listed(_) => seen.listed += 1,
            _ => {}
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn the_shipped_files_are_whole() {
    let data = data();
    for name in Scenario::names() {
        let scenario = Scenario::named(name, &data).unwrap();
        assert!(!scenario.events.is_empty() && !scenario.about.is_empty(), "{name}");
        assert!(scenario.events.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{name}");
    }
    assert!(Scenario::named("doom", &data).unwrap_err().to_string().contains("maker_leaves"));
}

#[test]
fn a_mistake_gets_a_sentence() {
    let data = data();
    let read = |event: &str| {
        let text = format!("about = \"a\"\nlasts = \"1m\"\n[[events]]\n{event}\n");
        Scenario::parse("mine", &text, &data).map(|_| ()).unwrap_err().to_string()
    };
    for (event, part) in [
        ("at = \"2m\"\nrate = 1.0", "mine: event 1: it comes after the end"),
        ("at = \"1s\"", "an event is one thing"),
        ("at = \"1s\"\nrate = 1.0\nheadline = \"x\"", "an event is one thing"),
        ("at = \"1s\"\nrates = 1.0", "unknown field `rates`"),
        ("at = \"soon\"\nrate = 1.0", "soon: a span is"),
        ("at = \"1s\"\nmakers = { products = [\"H900\"], present = 2 }", "no listed product is called H900"),
        ("at = \"1s\"\nmakers = { products = [], present = 2 }", "it names no product"),
        ("at = \"1s\"\nmakers = { products = [\"H100\"], present = 0 }", "1 to 4 makers"),
        ("at = \"1s\"\nshock = { products = [\"H100\"], percent = -99, over = \"1s\" }", "-95"),
        (
            "at = \"1s\"\nhours = { products = [\"H100\"], pre_open = \"14:00\", open = \"13:00\", close = \"20:00\" }",
            "follow each other",
        ),
    ] {
        let told = read(event);
        assert!(told.contains(part), "{event}: {told}");
    }
    let speedy = Scenario::parse("mine", "about = \"a\"\nlasts = \"1m\"\nspeed = 0", &data);
    assert!(speedy.unwrap_err().to_string().contains("speed must be"));
}

#[test]
fn calm_is_calmer() {
    let (_, seen) = play("calm", 400.0);
    let (low, high) = seen.marks.iter().fold((f64::MAX, 0.0_f64), |(low, high), m| (low.min(*m), high.max(*m)));
    assert!(high / low < 1.03, "{low} to {high}");
    assert!(seen.phases.is_empty());
}

#[test]
fn on_launch_day_the_old_generations_gap_down_and_stay_there() {
    let (exchange, seen) = play("launch_day", 400.0);
    let engine = exchange.engine();
    assert_eq!(seen.headlines, 1);
    let index = |product| engine.index(ProductId(product)).unwrap().to_f64_lossy();
    for (product, spot, percent) in [(0, 2.81, -9.0), (1, 3.25, -8.0), (2, 5.87, -6.0)] {
        let moved = (index(product) / spot - 1.0) * 100.0;
        assert!((moved - percent).abs() < 4.0, "product {product}: {moved} %");
    }
    assert!((index(3) / 0.96 - 1.0).abs() < 0.03, "tokens do not care");
    // November is three quarters fixed: a quarter of nine per cent, within some seconds.
    let (before, after) = (mean(&seen.marks[5..20]), mean(&seen.marks[40..60]));
    assert!(after / before < 0.99, "{before} to {after}");
}

#[test]
fn a_supply_shock_lifts_the_near_end() {
    let (exchange, seen) = play("supply_shock", 400.0);
    let peak = seen.marks[60..300].iter().copied().fold(0.0, f64::max);
    assert!(peak / mean(&seen.marks[5..20]) > 1.01, "{peak}");
    assert_eq!(seen.headlines, 2);
    let index = exchange.engine().index(H100).unwrap().to_f64_lossy();
    assert!((1.0..1.09).contains(&(index / 2.81)), "half of it is gone again: {index}");
}

#[test]
fn restatements_are_told_and_correct_the_fixings() {
    let fresh = |name: &str| {
        let (data, calendar) = (Arc::new(data()), Arc::new(Calendar::us().unwrap()));
        let start = utc("2026-11-20T15:00:00Z");
        let exchange = Exchange::new(&Config { seed: 4, start, rate: 0.0, data, calendar }).unwrap();
        let id = exchange.engine().find_index(name).unwrap();
        exchange.engine().index_fixings(id).to_vec()
    };
    let (exchange, seen) = play("index_restatement", 300.0);
    assert_eq!(seen.restated.iter().map(|name| &**name).collect::<Vec<_>>(), ["h100_usdc_grid", "h100_usdc"]);
    for (name, count, percent) in [("h100_usdc_grid", 15, -3.0), ("h100_usdc", 5, -1.0)] {
        let id = exchange.engine().find_index(name).unwrap();
        let (before, after) = (fresh(name), exchange.engine().index_fixings(id));
        let ratios: Vec<f64> =
            before.iter().zip(after).map(|(a, b)| (b.1.to_f64_lossy() / a.1.to_f64_lossy() - 1.0) * 100.0).collect();
        let (old, new) = ratios.split_at(ratios.len() - count);
        // No more than the fixings of the month that has not settled.
        let corrected = new.iter().filter(|r| (**r - percent).abs() < 0.05).count();
        assert!(corrected >= count.min(14), "{name}: {new:?}");
        assert!(old.iter().all(|r| r.abs() < 1e-9), "{name}");
        assert!(matches!((name, id), ("h100_usdc", IndexId::Settling(_)) | ("h100_usdc_grid", IndexId::Secondary(_))));
    }
}

#[test]
fn a_flash_crash_halts_and_reopens_and_comes_back() {
    let (exchange, seen) = play("flash_crash", 1_500.0);
    let count = |phase| seen.phases.iter().filter(|p| **p == phase).count();
    assert!(count(Phase::Halted) >= 1 && count(Phase::PreOpen) >= 1, "{:?}", seen.phases);
    assert!(seen.phases.contains(&Phase::Open));
    let engine = exchange.engine();
    assert!(engine.catalogue().active().all(|listing| engine.phase(listing.id) != Phase::Closed));
    let (before, low, after) = (
        mean(&seen.marks[10..20]),
        seen.marks[25..80].iter().copied().fold(f64::MAX, f64::min),
        mean(&seen.marks[200..]),
    );
    assert!(low / before < 0.99 && after / low > 1.005, "{before}, {low}, {after}");
}

#[test]
fn a_roll_week_delivers_the_front_month_and_lists_another() {
    let (exchange, seen) = play("roll_week", 200.0);
    assert_eq!(seen.delivered, 4, "one month of each product");
    assert!(seen.listed > 4);
    let front = exchange.engine().front(TOK).unwrap();
    assert_eq!(&*front.symbol, "TOK_USDC-31DEC26");
    assert_eq!(seen.headlines, 2);
}

#[test]
fn when_makers_leave_the_best_levels_are_thinner() {
    let (_, seen) = play("maker_leaves", 1_500.0);
    let of =
        |range: std::ops::Range<usize>| mean(&seen.depth[range].iter().map(|lots| *lots as f64).collect::<Vec<_>>());
    let (before, gone, back) = (of(5..20), of(60..170), of(240..299));
    assert!(gone < 0.6 * before && back > 1.3 * gone, "{before}, {gone}, {back}");
}
