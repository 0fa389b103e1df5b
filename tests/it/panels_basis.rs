//! The index basis panel: pictures, the solver in hand, and every figure worked out again from the view, live and as of then.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, OutputCommand, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable};
use tenor::base::time::{Instant, Utc};
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::event::Fixing;
use tenor::domain::number::{Price, Side};
use tenor::domain::past::{IndexInfo, Settlement, SettlementKind, Settlements};
use tenor::history::{History, Origin};
use tenor::ui::context::{AsOf, PanelContext};
use tenor::ui::panels::basis::BasisPanel;
use tenor::view::View;

use crate::panels_b::{Pictures, Stage, dark, stage};
use crate::screen::{self, Sample};

const SIZE: Vec2 = vec2(524.0, 312.0);
const DAY: Duration = Duration::from_secs(86_400);
const NOV_26: Month = Month { year: 2026, month: 11 };
const INDEX: &str = "h100_usdc";
/// The business days of November 2026 before the twentieth, and of October from the twelfth on.
const NOVEMBER: [i8; 14] = [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19];
const OCTOBER: [i8; 15] = [12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30];

fn p(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn h100() -> Product {
    Product::new("H100").unwrap()
}

fn at(month: i8, day: i8, hour: u64, minute: u64) -> Utc {
    Utc::at(jiff::civil::date(2026, month, day), Duration::from_secs(hour * 3_600 + minute * 60))
}

fn november(day: i8) -> Price {
    // Falls by a cent every other day and rises at the end: a mean that is no round number.
    Price(2_860_000_000 - i64::from(day) * 4_000_000 + if day == 19 { 7_000_000 } else { 0 })
}

fn october(day: i8) -> Price {
    Price(2_900_000_000 - i64::from(day) * 1_000_000)
}

fn front() -> Contract {
    Contract::Outright { product: h100(), delivery: Delivery::Month(NOV_26) }
}

/// What is heard of one secondary index: code, title, how often, and its publications.
type Heard = (&'static str, &'static str, u64, [(Utc, i64); 2]);

fn heard() -> [Heard; 4] {
    const fn ago(minutes: i64) -> Utc {
        // Friday 20 November 2026, 15:42 UTC.
        Utc::from_millis(1_795_189_320_000 - minutes * 60_000)
    }
    [
        ("transacted", "Transacted, 1 h VWAP", 60, [(ago(102), 2_760), (ago(42), 2_740)]),
        ("grid", "On-demand grid", 360, [(ago(3_600), 2_990), (ago(222), 2_990)]),
        // Weekly, and nobody has published it for nine days.
        ("listings", "Listings median", 10_080, [(ago(20_000), 3_380), (ago(13_000), 3_410)]),
        ("composite", "Composite, 15 min", 15, [(ago(27), 3_600), (ago(12), 3_620)]),
    ]
}

fn history() -> History {
    let mut history = History::default();
    let info = |name: &str, title: Option<&str>, minutes: Option<u64>| IndexInfo {
        name: name.into(),
        beside: title.is_some().then(|| INDEX.into()),
        description: title.map(Into::into),
        every: minutes.map(|minutes| Duration::from_secs(minutes * 60)),
        is_simulated: true,
    };
    history.set_indices(&[info(INDEX, None, None)]);
    let midnight = |month, day| at(month, day, 0, 0);
    let fixing = |name: &str, utc, price| Fixing { index_name: name.into(), utc, price };
    history.add_fixings(&OCTOBER.map(|day| fixing(INDEX, midnight(10, day), october(day))));
    history.add_fixings(&NOVEMBER.map(|day| fixing(INDEX, midnight(11, day), november(day))));
    for (code, title, minutes, published) in heard() {
        let name: Arc<str> = format!("{INDEX}_{code}").into();
        history.set_indices(&[info(&name, Some(title), Some(minutes))]);
        for (utc, price) in published {
            assert!(history.add_index_price(&name, utc, Price(price * 1_000_000)));
        }
        if code == "listings" {
            continue;
        }
        let then =
            [16, 17].map(|day| fixing(&name, midnight(11, day), Price(3_000_000_000 + i64::from(day) * 10_000_000)));
        history.add_fixings(&then);
    }
    let settle = |month: i8, day: i8| Settlement {
        utc: at(month, day, 21, 0),
        kind: SettlementKind::Daily,
        price: Price(2_850_000_000 - i64::from(day) * 2_000_000),
    };
    let rows = OCTOBER.map(|day| settle(10, day)).into_iter().chain(NOVEMBER.map(|day| settle(11, day))).collect();
    history.add_settlements(&Settlements { contract: front(), rows }, Origin::Simulated);
    history
}

/// The shared moment with what indices have said, and fourteen of the front month's twenty fixings.
fn sample() -> Sample {
    let mut sample = screen::sample();
    let view = &mut sample.view;
    view.history = Arc::new(history());
    let products = Arc::make_mut(&mut view.products);
    products[0].front_fixings = NOVEMBER
        .iter()
        .map(|day| Fixing { index_name: INDEX.into(), utc: at(11, *day, 0, 0), price: november(*day) })
        .collect();
    products[0].previous_fixing = Some(november(19));
    let listed: Vec<_> = view
        .catalogue
        .iter()
        .map(|(_, terms)| {
            let mut terms = terms.as_ref().clone();
            if terms.contract.product() == Some(&h100()) {
                terms.index_name = INDEX.into();
            }
            terms
        })
        .collect();
    let mut catalogue = tenor::domain::instrument::Catalogue::default();
    catalogue.reload(listed);
    view.catalogue = Arc::new(catalogue);
    sample
}

fn basis_ui(part: &mut BasisPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

type Panel = Harness<'static, Stage<BasisPanel>>;

fn panel(sample: &Sample) -> Panel {
    stage(BasisPanel::default(), basis_ui, sample, &dark(), SIZE)
}

fn look_at(harness: &mut Panel, utc: Utc) {
    harness.state_mut().selection.look_at(AsOf::Past(utc));
    harness.run_steps(2);
}

/// `−0.0075`, by hand: nanodollars rounded half to even at `decimals`.
fn text(nanos: f64, decimals: usize, is_signed: bool) -> String {
    let scale = 10_f64.powi(9 - decimals as i32);
    let units = (nanos / scale).round_ties_even();
    let digits = format!("{:.decimals$}", units.abs() / 10_f64.powi(decimals as i32));
    match (units < 0.0, is_signed && units > 0.0) {
        (true, _) => format!("−{digits}"),
        (_, true) => format!("+{digits}"),
        _ => digits,
    }
}

fn mid(view: &View) -> f64 {
    let id = view.catalogue.find_contract(&front()).unwrap();
    let best = |side| view.market(id).unwrap().book.best(side).unwrap().price.0 as f64;
    f64::midpoint(best(Side::Bid), best(Side::Ask))
}

fn mean(prices: &[Price]) -> f64 {
    prices.iter().map(|price| price.0 as f64).sum::<f64>() / prices.len() as f64
}

#[test]
fn pictures() {
    let mut pictures = Pictures::new(sample());
    pictures.take("basis", BasisPanel::default, basis_ui, SIZE);
    pictures.take("basis_in_a_tab", BasisPanel::default, basis_ui, vec2(524.0, 286.0));
    pictures.take("basis_narrow", BasisPanel::default, basis_ui, vec2(404.0, 270.0));
    let mut stale = sample();
    stale.view.session.market.last_frame = Instant(0);
    let mut stale = Pictures::new(stale);
    stale.take("basis_stale", BasisPanel::default, basis_ui, SIZE);
    pictures.results.extend(stale.results);
    let mut empty = sample();
    empty.view = View::empty(empty.view.session.clone());
    let mut empty = Pictures::new(empty);
    empty.take("basis_empty", BasisPanel::default, basis_ui, SIZE);
    pictures.results.extend(empty.results);
    pictures.results.unwrap();
}

#[test]
fn pictures_under_the_pointer_and_of_then() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (name, theme) in screen::themes() {
        let mut harness = stage(BasisPanel::default(), basis_ui, &sample(), &theme, SIZE);
        harness.get_by_label_contains("Listings median").hover();
        harness.run_steps(3);
        results.add(harness.try_snapshot(format!("basis_hover_{name}")));
        harness.get_by_label_contains("remaining fixes average").hover();
        harness.run_steps(3);
        results.add(harness.try_snapshot(format!("basis_solver_hover_{name}")));
        harness.hover_at(egui::pos2(4.0, 4.0));
        look_at(&mut harness, at(11, 17, 21, 0));
        results.add(harness.try_snapshot(format!("basis_past_{name}")));
    }
    results.unwrap();
}

#[test]
fn every_row_can_be_worked_out_from_the_view() {
    let sample = sample();
    let view = &sample.view;
    let harness = panel(&sample);
    let index = p("2.81").0 as f64;
    let row = |name: &str, value: f64, before: f64, decimals: usize, age: &str| {
        let change = text(value - before, decimals, true);
        let (value, basis) = (text(value, decimals, false), text(value - index, decimals, true));
        harness.get_by_role_and_label(Role::Row, &format!("{name}: {value}, {change}, basis {basis}, {age}"));
    };
    let own = text(index - november(19).0 as f64, 2, true);
    harness.get_by_role_and_label(Role::Row, &format!("H100 index settles: 2.81, {own}, basis ·, 0 ms old"));
    let ages = ["42 min old", "3.7 h old", "9 d old, overdue", "12 min old"];
    for ((_, title, _, published), age) in heard().into_iter().zip(ages) {
        let [(_, before), (_, value)] = published;
        row(title, value as f64 * 1e6, before as f64 * 1e6, 2, age);
    }
    let fixings = NOVEMBER.map(november);
    row("NOV-26 month to date", mean(&fixings), mean(&fixings[..13]), 4, "19 h old");
    let id = view.catalogue.find_contract(&front()).unwrap();
    let settle = view.market(id).unwrap().settlement().unwrap().0 as f64;
    row("NOV-26 future", mid(view), settle, 3, "4 ms old");
}

#[test]
fn every_row_of_then_can_be_worked_out_from_the_history() {
    let mut harness = panel(&sample());
    // Tuesday, before the fixing of that day.
    look_at(&mut harness, at(11, 17, 20, 0));
    let index = november(16).0 as f64;
    let expect = |harness: &Panel, name: &str, value: f64, before: f64, decimals: usize, age: &str| {
        let change = text(value - before, decimals, true);
        let (value, basis) = (text(value, decimals, false), text(value - index, decimals, true));
        harness.get_by_role_and_label(Role::Row, &format!("{name}: {value}, {change}, basis {basis}, {age} old"));
    };
    let own = text(index - november(13).0 as f64, 2, true);
    let value = text(index, 2, false);
    harness.get_by_role_and_label(Role::Row, &format!("H100 index settles: {value}, {own}, basis ·, 23 h old"));
    // Publications of the week are not yet made; what is known is Monday's fixing, and of the weekly one a publication.
    for title in ["Transacted, 1 h VWAP", "On-demand grid", "Composite, 15 min"] {
        let value = text(3.16e9, 2, false);
        let basis = text(3.16e9 - index, 2, true);
        harness.get_by_label_contains(&format!("{title}: {value}, ·, basis {basis}, 23 h old"));
    }
    let so_far: Vec<Price> = NOVEMBER.iter().filter(|day| **day <= 16).map(|day| november(*day)).collect();
    let before = &so_far[..so_far.len() - 1];
    expect(&harness, "NOV-26 month to date", mean(&so_far), mean(before), 4, "23 h");
    let settled = |day: i64| (2_850_000_000 - day * 2_000_000) as f64;
    expect(&harness, "NOV-26 future", settled(16), settled(13), 3, "23 h");
    harness.get_by_label_contains("NOV-26, 9 fixes left");
    look_at(&mut harness, at(11, 17, 20, 30));
    harness.get_by_label_contains("NOV-26, 8 fixes left");
}

/// What the solver's three results must say.
fn solved(fixed: &[Price], total: usize, target: f64, index: f64) -> [String; 3] {
    let (n, k) = (total as f64, fixed.len() as f64);
    let sum: f64 = fixed.iter().map(|price| price.0 as f64).sum();
    let rest = (n * target - sum) / (n - k);
    let stays = (sum + (n - k) * index) / n;
    let step = text(1e7 * (n - k) / n, 4, false);
    [
        format!("If it settles at {}, remaining fixes average {}", text(target, 3, false), text(rest, 3, false)),
        format!("At today's {} it would settle at {}", text(index, 2, false), text(stays, 4, false)),
        format!("each 0.01 on the index moves it {}", step.trim_end_matches('0')),
    ]
}

#[test]
fn the_solver_says_what_the_rest_must_average() {
    let sample = sample();
    let mut harness = panel(&sample);
    let fixed = NOVEMBER.map(november);
    for words in solved(&fixed, 20, mid(&sample.view), 2.81e9) {
        harness.get_by_label(&words);
    }
    harness.get_by_label_contains("NOV-26, 6 fixes left");
    let mut target = mid(&sample.view);
    for (button, step) in [("Settles at more", 1e7), ("Settles at more", 1e7), ("Settles at less", -1e7)] {
        harness.get_by_label(button).click();
        harness.run_steps(2);
        target += step;
        harness.get_by_label(&solved(&fixed, 20, target, 2.81e9)[0]);
    }
    harness.get_by_role_and_label(Role::TextInput, "Settles at").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    for character in "2.655".chars() {
        harness.event(Event::Text(character.to_string()));
        harness.run_steps(2);
    }
    harness.get_by_label(&solved(&fixed, 20, 2.655e9, 2.81e9)[0]);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.key_press(Key::Backspace);
    harness.run_steps(3);
    harness.get_by_label(&solved(&fixed, 20, mid(&sample.view), 2.81e9)[0]);
}

#[test]
fn the_solver_knows_the_ends_of_the_month_and_what_it_does_not_know() {
    let with = |fixings: usize, due: u32| {
        let mut sample = sample();
        let spot = &mut Arc::make_mut(&mut sample.view.products)[0];
        spot.front_fixings.truncate(fixings);
        spot.front_fixings_due = due;
        sample
    };
    let harness = panel(&with(14, 14));
    let all = text(mean(&NOVEMBER.map(november)), 4, false);
    harness.get_by_label(&format!("All 14 fixings are published: it settles at {all}"));
    assert!(harness.query_by_label("Settles at more").is_none(), "nothing is left to solve");
    let harness = panel(&with(13, 14));
    harness.get_by_label_contains("the last fixing is");
    let harness = panel(&with(12, 20));
    harness.get_by_label_contains("NOV-26, 12 of 14 fixings known");
    harness.get_by_label("NOV-26 month to date: ·, ·, basis ·, · old");
    let harness = panel(&with(0, 20));
    harness.get_by_label_contains("NOV-26, 0 of 14 fixings known");
    let harness = panel(&with(14, 0));
    harness.get_by_label_contains("How many fixings the month will have is not known");
}

#[test]
fn before_its_first_fixing_a_month_is_all_to_come() {
    let mut sample = sample();
    let mut harness = {
        let december = Contract::Outright { product: h100(), delivery: Delivery::Month(NOV_26.plus(1)) };
        let mut history = history();
        let rows = vec![Settlement { utc: at(11, 19, 21, 0), kind: SettlementKind::Daily, price: p("2.77") }];
        history.add_settlements(&Settlements { contract: december, rows }, Origin::Simulated);
        let delivered = Settlement { utc: at(11, 19, 21, 0), kind: SettlementKind::Delivery, price: p("2.80") };
        history.add_settlements(&Settlements { contract: front(), rows: vec![delivered] }, Origin::Simulated);
        sample.view.history = Arc::new(history);
        panel(&sample)
    };
    look_at(&mut harness, at(11, 19, 22, 0));
    harness.get_by_label_contains("DEC-26, none of 22 fixed");
    harness.get_by_label("If it settles at 2.770, remaining fixes average 2.770");
    let index = text(november(19).0 as f64, 2, false);
    harness.get_by_label(&format!("At {index} it would settle at {}", text(november(19).0 as f64, 4, false)));
}

#[test]
fn a_figure_under_the_pointer_shows_what_it_is_made_of() {
    let mut harness = panel(&sample());
    assert!(harness.query_by_role(Role::Tooltip).is_none());
    for (row, says) in [
        ("Transacted", "published 2.74 at 20 Nov 15:00; before 2.76 at 20 Nov 14:00; published every 1.0 h"),
        ("Listings median", "asked for, not traded; Informs only: nothing settles against it"),
        ("H100 index settles", "before 2.791 at 19 Nov 20:30; What H100 contracts settle against"),
        ("month to date", "fixings 14, 2 Nov to 19 Nov; the last 2.791 at 19 Nov 20:30"),
        ("NOV-26 future", "The middle of the quotes; the book is LIVE"),
    ] {
        harness.get_by_label_contains(row).hover();
        harness.run_steps(3);
        let trace = harness.get_by_role(Role::Tooltip).accesskit_node().label().unwrap_or_default();
        assert!(trace.contains(says), "{row}: {trace}");
    }
    harness.get_by_label_contains("remaining fixes average").hover();
    harness.run_steps(3);
    let trace = harness.get_by_role(Role::Tooltip).accesskit_node().label().unwrap_or_default();
    let mean = text(mean(&NOVEMBER.map(november)), 4, false);
    assert!(trace.contains(&format!("mean of 14 {mean}")) && trace.contains(&format!("− 14 × {mean}) / 6")), "{trace}");
}

#[test]
fn an_index_finer_than_a_tick_is_told_exactly_under_the_pointer() {
    let mut sample = sample();
    Arc::make_mut(&mut sample.view.products)[0].index = Some((p("2.8078"), screen::now().utc));
    let mut harness = panel(&sample);
    harness.get_by_label_contains("H100 index settles: 2.81,");
    for (row, says) in
        [("NOV-26 future", "settling index 2.8078 at 20 Nov 15:42"), ("it would settle at", "index 2.8078")]
    {
        harness.get_by_label_contains(row).hover();
        harness.run_steps(3);
        let trace = harness.get_by_role(Role::Tooltip).accesskit_node().label().unwrap_or_default();
        assert!(trace.contains(says), "{row}: {trace}");
    }
}

#[test]
fn the_table_is_copied_as_it_stands() {
    let mut harness = panel(&sample());
    harness.get_by_label_contains("Transacted").hover();
    harness.run_steps(2);
    harness.event(Event::Copy);
    harness.step();
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let text = copied.unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (8, 6), "{text}");
    assert!(rows.iter().all(|row| row.len() == 6));
    assert_eq!(rows[2][..4], ["Transacted, 1 h VWAP", "2.74", "-0.02", "-0.07"]);
    assert_eq!((rows[1][3], rows[2][4]), ("", "2527"), "seconds since 15:00:00");
}

#[test]
fn nothing_of_today_is_told_of_then() {
    let mut harness = panel(&sample());
    // Long before anything is known.
    look_at(&mut harness, at(11, 2, 0, 0) - DAY * 200);
    harness.get_by_label("H100 index settles: ·, ·, basis ·, · old");
    assert!(harness.query_by_label_contains("month to date").is_none());
    assert!(harness.query_by_label_contains("2.81").is_none());
}
