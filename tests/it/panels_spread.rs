//! The product spread panel: pictures, what hands do, and every figure worked out again from the view, live and as of then.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, OutputCommand, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable};
use tenor::base::time::{Instant, Utc};
use tenor::curves::spreads::{Normaliser, calendar};
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::past::{Bar, Bars, Settlement, SettlementKind, Settlements};
use tenor::history::{CurveMark, History, Origin};
use tenor::ui::context::{AsOf, LinkGroup, PanelContext};
use tenor::ui::panels::product_spread::ProductSpread;
use tenor::ui::panels::product_spread::figures::{Series, Word, Worth};
use tenor::ui::panels::product_spread::subject::Subject;
use tenor::view::View;

use crate::panels_b::{Pictures, Stage, dark, stage};
use crate::screen::{self, Sample};

const SIZE: Vec2 = vec2(760.0, 224.0);
const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);
const NOV_26: Month = Month { year: 2026, month: 11 };
/// Thursday, 19 November 2026, 21:00: the last settlement.
const LAST: Utc = Utc::from_millis(1_795_122_000_000);

fn product(name: &str) -> Product {
    Product::new(name).unwrap()
}

fn outright(name: &str, ahead: i32) -> Contract {
    Contract::Outright { product: product(name), delivery: Delivery::Month(NOV_26.plus(ahead)) }
}

/// Settlement of a product's months on the day so many before the last, in nanodollars: waves that are not each other's.
fn settled(name: &str, ahead: i32, ago: u32) -> i64 {
    let (base, wide, slow) = match name {
        "H200" => (3_230_000_000, 70_000_000.0, 9.0),
        "TOK" => (930_000_000, 20_000_000.0, 5.0),
        _ => (2_790_000_000, 50_000_000.0, 13.0),
    };
    let wave = (f64::from(ago) / slow).sin() * wide + (f64::from(ago * ago % 17)) * 2_000_000.0;
    let price = base - i64::from(ahead) * 38_000_000 + wave as i64;
    price / 1_000_000 * 1_000_000
}

fn is_weekday(utc: Utc) -> bool {
    utc.date().weekday().to_monday_one_offset() <= 5
}

/// How many days before the last settlement there was one.
fn settlement_days() -> Vec<u32> {
    (0..90).filter(|ago| is_weekday(LAST - DAY * *ago)).collect()
}

fn history() -> History {
    let mut history = History::default();
    for name in ["H100", "H200", "TOK"] {
        for ahead in 0..5 {
            let row = |ago: &u32| Settlement {
                utc: LAST - DAY * *ago,
                kind: SettlementKind::Daily,
                price: Price(settled(name, ahead, *ago)),
            };
            // One day of one leg is missing: that day is no point.
            let days: Vec<u32> = settlement_days().into_iter().filter(|ago| name != "H200" || *ago != 8).collect();
            let rows = days.iter().rev().map(row).collect();
            history.add_settlements(&Settlements { contract: outright(name, ahead), rows }, Origin::Simulated);
        }
        // Our marks since then, one a minute for ten minutes of two hours.
        for minute in (0..10).chain(60..70_u32) {
            let utc = LAST + HOUR * 12 + Duration::from_secs(60) * minute;
            let price = |ahead: i32| Price(settled(name, ahead, 0) + i64::from(minute) * 1_000_000);
            let months = (0..5).map(|ahead| (NOV_26.plus(ahead), price(ahead))).collect();
            history.add_mark(&product(name), CurveMark { utc, months });
        }
    }
    history
}

fn sample() -> Sample {
    let mut sample = screen::sample();
    sample.view.history = Arc::new(history());
    sample
}

fn spread_ui(part: &mut ProductSpread, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

type Panel = Harness<'static, Stage<ProductSpread>>;

fn panel(sample: &Sample) -> Panel {
    stage(ProductSpread::default(), spread_ui, sample, &dark(), SIZE)
}

fn with_expression(text: &str) -> ProductSpread {
    let mut part = ProductSpread::default();
    part.set_expression(text);
    part
}

fn touch(view: &View, name: &str, ahead: i32) -> [f64; 2] {
    let book = &view.market(view.catalogue.find_contract(&outright(name, ahead)).unwrap()).unwrap().book;
    Side::BOTH.map(|side| book.best(side).unwrap().price.0 as f64 / 1e9)
}

fn mid(view: &View, name: &str, ahead: i32) -> f64 {
    let [bid, ask] = touch(view, name, ahead);
    f64::midpoint(bid, ask)
}

/// `+0.440`, by hand.
fn signed(value: f64, decimals: usize) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    if value < 0.0 && digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        format!("−{digits}")
    } else {
        format!("+{digits}")
    }
}

fn label(harness: &Panel, role: Role) -> String {
    harness.get_by_role(role).accesskit_node().label().unwrap_or_default()
}

#[test]
fn pictures() {
    let mut pictures = Pictures::new(sample());
    pictures.take("product_spread", ProductSpread::default, spread_ui, SIZE);
    pictures.take("product_spread_expression", || with_expression("1.5*TOK.Z6 - H100.Z6"), spread_ui, SIZE);
    pictures.take("product_spread_error", || with_expression("1.5*TOK.Z6 - H100.Z"), spread_ui, SIZE);
    let by_memory = || {
        let mut part = ProductSpread::default();
        part.set_pair(["B200", "H100"].map(product), Normaliser::GigabyteHour);
        part
    };
    pictures.take("product_spread_without_past", by_memory, spread_ui, SIZE);
    let mut stale = sample();
    stale.view.session.market.last_frame = Instant(0);
    let mut stale = Pictures::new(stale);
    stale.take("product_spread_stale", ProductSpread::default, spread_ui, SIZE);
    pictures.results.extend(stale.results);
    let mut empty = sample();
    empty.view = View::empty(empty.view.session.clone());
    let mut empty = Pictures::new(empty);
    empty.take("product_spread_empty", ProductSpread::default, spread_ui, SIZE);
    pictures.results.extend(empty.results);
    pictures.results.unwrap();
}

#[test]
fn pictures_under_the_pointer_and_of_then() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (name, theme) in screen::themes() {
        let mut harness = stage(ProductSpread::default(), spread_ui, &sample(), &theme, SIZE);
        harness.hover_at(egui::pos2(430.0, 120.0));
        harness.run_steps(3);
        results.add(harness.try_snapshot(format!("product_spread_hover_{name}")));
        harness.get_by_label_contains("standard deviations").hover();
        harness.run_steps(3);
        results.add(harness.try_snapshot(format!("product_spread_mean_{name}")));
        harness.hover_at(egui::pos2(4.0, 4.0));
        harness.state_mut().selection.look_at(AsOf::Past(LAST - DAY * 20 + HOUR));
        harness.run_steps(3);
        results.add(harness.try_snapshot(format!("product_spread_past_{name}")));
    }
    results.unwrap();
}

#[test]
fn what_it_is_worth_follows_from_the_books() {
    let sample = sample();
    let view = &sample.view;
    let ([h200_bid, h200_ask], [h100_bid, h100_ask]) = (touch(view, "H200", 1), touch(view, "H100", 1));
    let (h200, h100) = (mid(view, "H200", 1), mid(view, "H100", 1));
    let mut harness = panel(&sample);
    let of = |first: f64, second: f64, over: [f64; 2]| first / over[0] - second / over[1];
    for (choice, over, decimals) in [
        ("Compare by: $/GPU-h", [1.0, 1.0], 3),
        ("Compare by: $/PFLOP-h", [1.979, 1.979], 4),
        ("Compare by: $/GB-h", [141.0, 80.0], 5),
    ] {
        harness.get_by_label(choice).click();
        harness.run_steps(3);
        let text = |value| signed(value, decimals);
        let (value, bid, ask) =
            (text(of(h200, h100, over)), text(of(h200_bid, h100_ask, over)), text(of(h200_ask, h100_bid, over)));
        harness.get_by_label(&format!("H200 minus H100 DEC-26: {value}, bid {bid}, ask {ask}"));
    }
    harness.get_by_label("Compare by: Ratio").click();
    harness.run_steps(3);
    let (ratio, bid, ask) = (h200 / h100, h200_bid / h100_ask, h200_ask / h100_bid);
    harness.get_by_label(&format!("H200 over H100 DEC-26: {ratio:.3}, bid {bid:.3}, ask {ask:.3}"));
}

#[test]
fn the_month_follows_the_group_and_the_pair_the_hand() {
    let sample = sample();
    let mut harness = panel(&sample);
    let february = sample.view.catalogue.find_contract(&outright("H100", 3)).unwrap();
    harness.state_mut().selection.select(LinkGroup::A, february);
    harness.run_steps(2);
    let value = signed(mid(&sample.view, "H200", 3) - mid(&sample.view, "H100", 3), 3);
    harness.get_by_label_contains(&format!("H200 minus H100 FEB-27: {value}"));
    harness.get_by_label("Products: H200 and H100").click();
    harness.run_steps(2);
    harness.get_by_label("B200 against H200").click();
    harness.run_steps(3);
    let value = signed(mid(&sample.view, "B200", 3) - mid(&sample.view, "H200", 3), 3);
    harness.get_by_label_contains(&format!("B200 minus H200 FEB-27: {value}"));
    // H100 is listed for more months than H200: the nearest both have is shown, and named.
    harness.state_mut().part.set_pair(["H200", "H100"].map(product), Normaliser::GpuHour);
    let last = sample.view.catalogue.find_contract(&outright("H100", 13)).unwrap();
    harness.state_mut().selection.select(LinkGroup::A, last);
    harness.run_steps(2);
    harness.get_by_label_contains("H200 minus H100 JUL-27:");
}

/// Values of the spread of the days it settled on, oldest first.
fn days(month: i32, within: u32) -> Vec<(Utc, f64)> {
    let value = |ago: u32| (settled("H200", month, ago) - settled("H100", month, ago)) as f64 / 1e9;
    let days = settlement_days().into_iter().rev().filter(|ago| *ago != 8 && *ago < within);
    days.map(|ago| (LAST - DAY * ago, value(ago))).collect()
}

#[test]
fn mean_and_deviations_follow_from_the_settlements_of_sixty_days() {
    let sample = sample();
    let harness = panel(&sample);
    // Sixty days back from 20 November, 15:42: 60 of them lie after the settlement of 21 September, 15:42.
    let values: Vec<f64> = days(1, 60).into_iter().map(|(_, value)| value).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt();
    let now = mid(&sample.view, "H200", 1) - mid(&sample.view, "H100", 1);
    let score = signed((now - mean) / deviation, 1).replace("+0.0", "0.0");
    let words = format!("60-day mean {}, now {score} standard deviations", signed(mean, 3));
    let mut harness = harness;
    harness.get_by_label(&words).hover();
    harness.run_steps(3);
    let trace = label(&harness, Role::Tooltip);
    let count = format!("days {} since 21 Sep", values.len());
    let told = format!("mean {}; standard deviation {deviation:.4}; now {}", signed(mean, 4), signed(now, 3));
    assert!(trace.contains(&count) && trace.contains(&told), "{trace} lacks {count} or {told}");
    assert!(trace.contains("all by settlements of a simulated venue"), "{trace}");
}

#[test]
fn every_point_says_its_legs_and_whose_word_they_are() {
    let mut harness = panel(&sample());
    let chart = harness.get_by_label_contains("H200 minus H100 DEC-26").rect();
    let mut seen = Vec::new();
    for step in 0..42 {
        harness.hover_at(chart.left_center() + vec2(12.0 + 16.5 * step as f32, 0.0));
        harness.run_steps(2);
        seen.push(label(&harness, Role::Tooltip));
    }
    seen.dedup();
    let mut settled_days = 0;
    for trace in &seen {
        let is_mark = trace.contains("By our own marks");
        if is_mark {
            continue;
        }
        let (utc, value) = *days(1, 90)
            .iter()
            .find(|(utc, _)| trace.starts_with(&tenor::ui::format::day_time(*utc)))
            .unwrap_or_else(|| panic!("{trace} is no day of settlement"));
        let ago = (LAST.since(utc).as_secs() / 86_400) as u32;
        let legs = ["H200", "H100"].map(|name| (name, settled(name, 1, ago) as f64 / 1e9));
        let legs = legs.map(|(name, price)| format!("{name} DEC-26 {price:.3}")).join("; ");
        let told = format!("H200 minus H100 {} $/GPU-h; {legs}; By settlements of a simulated venue", signed(value, 3));
        assert!(trace.ends_with(&told), "{trace} is not {told}");
        settled_days += 1;
    }
    assert!(settled_days > 20, "{settled_days} of {}", seen.len());
    assert!(seen.last().unwrap().contains("20 Nov 10:09"), "the last mark of its hour: {:?}", seen.last());
    assert!(!seen.iter().any(|trace| trace.starts_with("11 Nov")), "one leg did not settle on that day");
}

fn pair() -> Subject {
    Subject::Pair { products: ["H200", "H100"].map(product), month: NOV_26.plus(1), normaliser: Normaliser::GpuHour }
}

#[test]
fn a_day_has_one_point_by_its_best_word() {
    let mut history = history();
    // On the day that H200 did not settle we had marks, and trades were seen on a weekend.
    let missing = LAST - DAY * 8;
    for name in ["H100", "H200"] {
        let months = vec![(NOV_26.plus(1), Price(settled(name, 1, 8)))];
        history.add_mark(&product(name), CurveMark { utc: missing - HOUR, months });
        let bar = |start| Bar {
            start,
            open: Price(1),
            high: Price(1),
            low: Price(1),
            close: Price(settled(name, 1, 8) + 2_000_000_000 * i64::from(name == "H200")),
            volume: Qty::lots(1),
        };
        let saturday = LAST - DAY * 5;
        let bars = vec![bar(missing - HOUR * 4), bar(saturday - HOUR * 3), bar(saturday)];
        history.add_bars(&Bars { contract: outright(name, 1), width: HOUR, bars });
    }
    let series = Series::of(&history, &pair(), LAST);
    let of_day = |ago: u32| -> Vec<(Utc, Word, f64)> {
        let day = (LAST - DAY * ago).date();
        series.points.iter().filter(|p| p.utc.date() == day).map(|p| (p.utc, p.word, p.value)).collect()
    };
    let value = (settled("H200", 1, 8) - settled("H100", 1, 8)) as f64 / 1e9;
    let [(utc, word, marked)] = of_day(8)[..] else { panic!("{:?}", of_day(8)) };
    assert_eq!((utc, word), (missing - HOUR, Word::Marked), "a mark goes before a trade");
    assert!((marked - value).abs() < 1e-9);
    let [(utc, word, traded)] = of_day(5)[..] else { panic!("{:?}", of_day(5)) };
    assert_eq!((utc, word), (LAST - DAY * 5 + HOUR, Word::Traded), "the last of the day, told at its end");
    assert!((traded - value - 2.0).abs() < 1e-9);
    let settlement = (settled("H200", 1, 9) - settled("H100", 1, 9)) as f64 / 1e9;
    let [(utc, word, settled)] = of_day(9)[..] else { panic!("{:?}", of_day(9)) };
    assert_eq!((utc, word), (LAST - DAY * 9, Word::Settled(Origin::Simulated)));
    assert!((settled - settlement).abs() < 1e-9);
    assert!(series.points.windows(2).all(|pair| pair[0].utc < pair[1].utc));
    let with_marks = Series::of(&history, &pair(), LAST + DAY);
    let late = |series: &Series| -> Vec<(Word, u64)> {
        let late = series.points.iter().filter(|point| point.utc > LAST);
        late.map(|point| (point.word, point.utc.since(LAST).as_secs() / 60)).collect()
    };
    let marks = [(Word::Marked, 12 * 60 + 9), (Word::Marked, 13 * 60 + 9)];
    assert_eq!(late(&with_marks), marks, "one an hour since the last settlement");
    // Trades of the same day are no better than marks; of a later day without any the last hour is told.
    for name in ["H100", "H200"] {
        let bar = |start, close| Bar { start, open: close, high: close, low: close, close, volume: Qty::lots(1) };
        let price = |cents: i64| Price(2_000_000_000 + cents * 10_000_000);
        let bars = [10, 20, 30, 33].map(|hours| bar(LAST + HOUR * hours, price(i64::from(hours)))).to_vec();
        history.add_bars(&Bars { contract: outright(name, 1), width: HOUR, bars });
    }
    let with_trades = Series::of(&history, &pair(), LAST + DAY * 2);
    assert_eq!(late(&with_trades), [marks[0], marks[1], (Word::Traded, 34 * 60)]);
    assert!(with_trades.points.windows(2).all(|pair| pair[0].utc < pair[1].utc));
    let statistics = with_marks.statistics.unwrap();
    assert_eq!(statistics.word, Word::Settled(Origin::Simulated), "kinds are not mixed");
    let only: Vec<f64> = days(1, 60).into_iter().map(|(_, value)| value).collect();
    assert!((statistics.mean - only.iter().sum::<f64>() / only.len() as f64).abs() < 1e-12);
}

#[test]
fn a_break_is_marked_where_settlements_become_another_venues() {
    let mut history = history();
    assert_eq!(Series::of(&history, &pair(), LAST).breaks(), []);
    for name in ["H100", "H200"] {
        let row =
            |ago: u32| Settlement { utc: LAST - DAY * ago, kind: SettlementKind::Daily, price: Price(2_000_000_000) };
        let rows = vec![row(1), row(0)];
        history.add_settlements(&Settlements { contract: outright(name, 1), rows }, Origin::Venue);
    }
    assert_eq!(Series::of(&history, &pair(), LAST).breaks(), [(LAST - DAY, Word::Settled(Origin::Venue))]);
}

#[test]
fn of_then_only_what_was_known_then_is_shown() {
    let sample = sample();
    let mut harness = panel(&sample);
    let then = LAST - DAY * 20 + HOUR;
    harness.state_mut().selection.look_at(AsOf::Past(then));
    harness.run_steps(3);
    let value = |ago: u32| (settled("H200", 1, ago) - settled("H100", 1, ago)) as f64 / 1e9;
    harness.get_by_label(&format!("H200 minus H100 DEC-26: {}, bid ·, ask ·", signed(value(20), 3)));
    let values: Vec<f64> =
        days(1, 90).into_iter().filter(|(utc, _)| *utc <= then && *utc >= then - DAY * 60).map(|(_, v)| v).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    harness.get_by_label_contains(&format!("60-day mean {}, now", signed(mean, 3)));
    let chart = harness.get_by_label_contains("H200 minus H100 DEC-26").rect();
    harness.hover_at(chart.right_center() - vec2(74.0, 0.0));
    harness.run_steps(3);
    assert!(label(&harness, Role::Tooltip).starts_with(&tenor::ui::format::day_time(LAST - DAY * 20)));
    harness.get_by_label_contains("Worth ").hover();
    harness.run_steps(3);
    let trace = label(&harness, Role::Tooltip);
    let leg = format!("H100 DEC-26 {:.3} settled, simulated 30 Oct 21:00", settled("H100", 1, 20) as f64 / 1e9);
    assert!(trace.contains(&leg), "{trace} lacks {leg}");
}

#[test]
fn any_expression_is_charted_and_priced_from_the_books() {
    let sample = sample();
    let view = &sample.view;
    let mut harness = stage(with_expression("1.5*TOK.Z6 - H100.Z6"), spread_ui, &sample, &dark(), SIZE);
    let ([tok_bid, tok_ask], [gpu_bid, gpu_ask]) = (touch(view, "TOK", 1), touch(view, "H100", 1));
    let [value, bid, ask] =
        [1.5 * mid(view, "TOK", 1) - mid(view, "H100", 1), 1.5 * tok_bid - gpu_ask, 1.5 * tok_ask - gpu_bid]
            .map(|value| signed(value, 4));
    harness.get_by_label(&format!("1.5*TOK.Z6 - H100.Z6: {value}, bid {bid}, ask {ask}"));
    // Every settlement at which both legs are known, and the middle one's value.
    let subject = Subject::parse("1.5*TOK.Z6 - H100.Z6", NOV_26).unwrap();
    let series = Series::of(&view.history, &subject, LAST);
    assert_eq!(series.points.len(), settlement_days().len());
    for (point, ago) in series.points.iter().rev().zip(settlement_days()) {
        let by_hand = 1.5 * settled("TOK", 1, ago) as f64 / 1e9 - settled("H100", 1, ago) as f64 / 1e9;
        assert!((point.value - by_hand).abs() < 1e-9 && point.utc == LAST - DAY * ago, "{point:?} is not {by_hand}");
    }
    // A calendar by its own book, which is not what its legs make.
    harness.state_mut().part.set_expression("H100.Z6-H7");
    harness.run_steps(3);
    let listed = calendar(&product("H100"), [1, 4].map(|ahead| NOV_26.plus(ahead)));
    let book = &view.market(view.catalogue.find_contract(&listed).unwrap()).unwrap().book;
    let [bid, ask] = Side::BOTH.map(|side| book.best(side).unwrap().price.0 as f64 / 1e9);
    let text = |value: f64| signed(value, 3);
    harness.get_by_label(&format!(
        "H100.Z6-H7: {}, bid {}, ask {}",
        text(f64::midpoint(bid, ask)),
        text(bid),
        text(ask)
    ));
}

#[test]
fn errors_point_at_the_place() {
    let mut harness = stage(with_expression("H100.Z6 - "), spread_ui, &sample(), &dark(), SIZE);
    harness.get_by_label("a number, an instrument or a parenthesis must stand here (column 11)");
    for (text, says) in [
        ("H100.Z6 * H200.Z6", "two prices cannot be multiplied"),
        ("2 * (H100.Z6 - H200.Z6", "this parenthesis is not closed"),
        ("H100.Q1X", "is no instrument"),
    ] {
        harness.state_mut().part.set_expression(text);
        harness.run_steps(2);
        harness.get_by_label_contains(says);
        assert!(harness.query_by_role(Role::Canvas).is_none(), "{text} is not charted");
    }
    harness.state_mut().part.set_expression("A100.Z6 - H100.Z6");
    harness.run_steps(2);
    assert!(harness.query_by_role(Role::Canvas).is_none(), "nobody lists A100");
}

#[test]
fn an_expression_is_typed_or_begun_with_a_shape() {
    let sample = sample();
    let mut harness = panel(&sample);
    harness.get_by_label("Compare by: Formula").click();
    harness.run_steps(3);
    for (shape, text) in [
        ("Pair", "H200.Z6 - H100.Z6"),
        ("Calendar", "H100.Z6 - H100.H7"),
        ("Butterfly", "H100.Z6 - 2*H100.F7 + H100.G7"),
        ("Condor", "H100.Z6 - H100.F7 - H100.G7 + H100.H7"),
    ] {
        harness.get_by_role_and_label(Role::Button, shape).click();
        harness.run_steps(3);
        harness.get_by_label_contains(&format!("{text}: "));
    }
    harness.get_by_role_and_label(Role::TextInput, "Expression over instruments").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text("2*H100.Z6 - H200 JAN-27".to_owned()));
    harness.run_steps(3);
    let value = signed(2.0 * mid(&sample.view, "H100", 1) - mid(&sample.view, "H200", 2), 3);
    harness.get_by_label_contains(&format!("2*H100.Z6 - H200.F7: {value}"));
}

#[test]
fn a_leg_that_is_not_live_makes_no_quote() {
    let mut sample = sample();
    let id = sample.view.catalogue.find_contract(&outright("H200", 1)).unwrap();
    let book = &mut Arc::make_mut(&mut sample.view.markets[id.index()]).book;
    book.confirmed = screen::ago(Duration::from_secs(44));
    let value = signed(mid(&sample.view, "H200", 1) - mid(&sample.view, "H100", 1), 3);
    let mut harness = panel(&sample);
    harness.get_by_label(&format!("H200 minus H100 DEC-26: {value}, bid ·, ask ·"));
    let worth = Worth::now(&sample.view, &pair(), screen::now(), |id| sample.view.book_state(id, screen::now()));
    assert!(!worth.is_live());
    harness.get_by_label_contains("Worth ").hover();
    harness.run_steps(3);
    assert!(label(&harness, Role::Tooltip).contains("STALE"));
}

#[test]
fn the_legs_are_staged_and_never_from_the_past() {
    let sample = sample();
    let mut harness = panel(&sample);
    let staged = |harness: &mut Panel| {
        harness.get_by_label("Stage").click();
        harness.run_steps(3);
        harness.state_mut().selection.take_staged()
    };
    let basket = staged(&mut harness).unwrap();
    assert_eq!((basket.name.as_str(), basket.from), ("H200.Z6 - H100.Z6", "Product spread"));
    let legs: Vec<_> = basket.legs.iter().map(|leg| (leg.instrument, leg.side, leg.qty, leg.price)).collect();
    let id = |name| sample.view.catalogue.find_contract(&outright(name, 1)).unwrap();
    let at = |name, side: Side| sample.view.market(id(name)).unwrap().book.best(side).map(|level| level.price);
    let wanted = [
        (id("H200"), Side::Bid, Qty::lots(1), at("H200", Side::Ask)),
        (id("H100"), Side::Ask, Qty::lots(1), at("H100", Side::Bid)),
    ];
    assert_eq!(legs, wanted, "bought at the ask, sold at the bid");
    // By memory 141 GB are worth 80: eighty of the larger for a hundred and forty-one of the smaller, as near as few lots come.
    harness.get_by_label("Compare by: $/GB-h").click();
    harness.run_steps(3);
    let basket = staged(&mut harness).unwrap();
    let [first, second] = basket.legs.as_slice() else { panic!("{basket:?}") };
    let ratio = first.qty.whole_lots() as f64 / second.qty.whole_lots() as f64;
    assert!((ratio / (80.0 / 141.0) - 1.0).abs() < 0.01, "{ratio}");
    harness.get_by_label("Compare by: Ratio").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Stage").is_none(), "a ratio is no position");
    harness.get_by_label("Compare by: $/GPU-h").click();
    harness.run_steps(3);
    harness.state_mut().selection.look_at(AsOf::Past(LAST));
    harness.run_steps(3);
    assert_eq!(staged(&mut harness), None, "from the past");
    harness.state_mut().selection.look_at(AsOf::Live);
    screen::put_to_sleep(&mut harness.state_mut().view, id("H100"));
    harness.run_steps(3);
    assert_eq!(staged(&mut harness), None, "a book is not live");
}

#[test]
fn the_wheel_widens_and_the_chart_copies() {
    let sample = sample();
    let mut harness = panel(&sample);
    let chart = harness.get_by_label_contains("H200 minus H100 DEC-26").rect();
    let first_day = |harness: &mut Panel| {
        harness.hover_at(chart.left_center() + vec2(2.0, 0.0));
        harness.run_steps(3);
        label(harness, Role::Tooltip)
    };
    let near = first_day(&mut harness);
    let turn = Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, -1.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    };
    harness.event(turn);
    harness.run_steps(3);
    let far = first_day(&mut harness);
    assert!(near.starts_with("21 Sep") && far.starts_with("24 Aug"), "{near} and {far}");
    harness.event(Event::Copy);
    harness.step();
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let text = copied.unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["utc", "H200 minus H100", "by", "H200.Z6", "H100.Z6"]);
    assert_eq!(rows.len(), 1 + days(1, 90).len() + 2 + 1, "settlements, two hours of marks, and now");
    assert!(rows.iter().all(|row| row.len() == 5));
    let (utc, value) = days(1, 90)[0];
    assert_eq!((rows[1][0], rows[1][2]), (utc.to_string().as_str(), "settlements of a simulated venue"));
    assert!((rows[1][1].parse::<f64>().unwrap() - value).abs() < 1e-9);
}
