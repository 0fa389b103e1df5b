//! The curve desk: pictures, what hands and keys do, the past that the slider turns to, and every number worked out again from the view.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use jiff::civil::date;
use tenor::base::time::{Instant, Utc};
use tenor::curves::curve::Curve;
use tenor::curves::smooth::{self, Average, Shape};
use tenor::domain::calendar::Calendar;
use tenor::domain::command::Intent;
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::event::Fixing;
use tenor::domain::number::{Price, Side};
use tenor::domain::past::{Settlement, SettlementKind, Settlements};
use tenor::history::{CurveMark, History, Origin};
use tenor::ui::context::{AsOf, LinkGroup, PanelContext};
use tenor::ui::format::{self, PriceFormat, Sign};
use tenor::ui::panels::curve_desk::CurveDesk;
use tenor::view::curve::CurveView;
use tenor::view::{Span, View};

use crate::panels_b::{self, Pictures, Stage, dark, stage};
use crate::screen::{self, Sample};

const DESK: Vec2 = vec2(1_148.0, 652.0);
const NARROW: Vec2 = vec2(580.0, 380.0);
const NOV_26: Month = Month { year: 2026, month: 11 };
const DAY: Duration = Duration::from_secs(86_400);
const CENT: i64 = 10_000_000;

fn h100() -> Product {
    Product::new("H100").unwrap()
}

fn outright(month: Month) -> Contract {
    Contract::Outright { product: h100(), delivery: Delivery::Month(month) }
}

fn at_time(year: i16, month: i8, day: i8, hour: u64, minute: u64) -> Utc {
    Utc::at(date(year, month, day), Duration::from_secs(hour * 3_600 + minute * 60))
}

/// What a month was worth so many days ago, in cents: a curve that has come down, most at its near end.
fn cents(month: Month, days_ago: i64) -> i64 {
    let ahead = i64::from(month.since(NOV_26));
    let mid = (2_810 - 38 * ahead + ahead * ahead / 2) / 10;
    mid + days_ago * 6 / (15 + 4 * ahead.max(0)) + i64::from(days_ago % 9 > 4)
        - i64::from(ahead > 9 && days_ago > 20) * 5
}

/// Ninety days of settlements, expired months included, marks of our own of the last two days, and fixings.
pub fn history() -> History {
    let calendar = Calendar::us().unwrap();
    let mut history = History::default();
    let now = screen::now().utc;
    for ahead in -3..14 {
        let month = NOV_26.plus(ahead);
        let expiry = calendar.expiry(month);
        let mut rows = Vec::new();
        for days_ago in (1..=90_i64).rev() {
            let utc = at_time(2026, 11, 20, 21, 0) - DAY * days_ago as u32;
            if utc > expiry || !calendar.is_business_day(utc.date()) {
                continue;
            }
            let kind = if utc == expiry { SettlementKind::Delivery } else { SettlementKind::Daily };
            rows.push(Settlement { utc, kind, price: Price(cents(month, days_ago) * CENT) });
        }
        history.add_settlements(&Settlements { contract: outright(month), rows }, Origin::Simulated);
    }
    for hours in 0..48_u32 {
        let utc = Utc(now.0 / 60_000_000_000 * 60_000_000_000) - Duration::from_secs(3_600) * hours;
        let months = (0..14).map(|ahead| {
            let month = NOV_26.plus(ahead);
            (month, Price(cents(month, i64::from(hours / 24)) * CENT + i64::from(hours) * 1_000_000))
        });
        history.add_mark(&h100(), CurveMark { utc, months: months.collect() });
    }
    let fixings: Vec<Fixing> = (0..95_u32)
        .map(|days| at_time(2026, 11, 20, 12, 0) - DAY * days)
        .filter(|utc| calendar.is_business_day(utc.date()))
        .filter(|utc| utc.date() < date(2026, 11, 20))
        .map(|utc| {
            let days_ago = screen::now().utc.since(utc).as_secs() as i64 / 86_400;
            let price = Price((cents(Month::of(utc.date()), days_ago) + days_ago % 3 - 1) * CENT);
            Fixing { index_name: "h100_usdc".into(), utc, price }
        })
        .collect();
    history.add_fixings(&fixings);
    history
}

/// The shared moment with a past, its curve solved, and fourteen of the front month's twenty fixings.
fn curve_sample() -> Sample {
    let mut sample = panels_b::sample();
    let view = &mut sample.view;
    view.history = Arc::new(history());
    let november = |fixing: &(Utc, Price)| Month::of(fixing.0.date()) == NOV_26;
    let fixings = view.history.index("h100_usdc").unwrap().fixings().iter().filter(|fixing| november(fixing));
    Arc::make_mut(&mut view.products)[0].front_fixings =
        fixings.map(|&(utc, price)| Fixing { index_name: "h100_usdc".into(), utc, price }).collect();
    view.curves = Arc::new(vec![Arc::new(CurveView::solve(view, &h100()).unwrap())]);
    sample
}

fn desk_ui(part: &mut CurveDesk, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

type Stand = Harness<'static, Stage<CurveDesk>>;

fn desk(sample: &Sample) -> Stand {
    stage(CurveDesk::default(), desk_ui, sample, &dark(), DESK)
}

fn look_at(harness: &mut Stand, as_of: AsOf) {
    harness.state_mut().selection.look_at(as_of);
    harness.run_steps(2);
}

const THEN: fn() -> Utc = || at_time(2026, 10, 21, 21, 0);

#[test]
fn pictures_of_the_curve_desk() {
    let mut pictures = Pictures::new(curve_sample());
    pictures.take("curve_desk", CurveDesk::default, desk_ui, DESK);
    pictures.take("curve_desk_narrow", CurveDesk::default, desk_ui, NARROW);
    pictures.sample.view.session.market.last_frame = Instant(0);
    pictures.take("curve_desk_stale", CurveDesk::default, desk_ui, DESK);
    pictures.sample = panels_b::sample();
    pictures.take("curve_desk_empty", CurveDesk::default, desk_ui, NARROW);
    pictures.results.unwrap();
}

#[test]
fn pictures_of_the_past_with_a_launch() {
    let mut sample = curve_sample();
    let launches = [(h100(), vec![Month { year: 2027, month: 8 }])];
    sample.view.launches = Arc::new(launches.into_iter().collect());
    sample.view.curves = Arc::new(vec![Arc::new(CurveView::solve(&sample.view, &h100()).unwrap())]);
    let mut results = egui_kittest::SnapshotResults::new();
    for (name, theme) in screen::themes() {
        let mut harness = stage(CurveDesk::default(), desk_ui, &sample, &theme, DESK);
        results.add(harness.try_snapshot(format!("curve_desk_launch_{name}")));
        look_at(&mut harness, AsOf::Past(THEN()));
        results.add(harness.try_snapshot(format!("curve_desk_past_{name}")));
        look_at(&mut harness, AsOf::Live);
        harness.event(Event::PointerMoved(pos2(420.0, 300.0)));
        harness.run_steps(40);
        results.add(harness.try_snapshot(format!("curve_desk_hover_{name}")));
    }
    results.unwrap();
}

/// The text of the chart, line by line.
fn spoken(harness: &Stand) -> Vec<String> {
    let canvas = harness.get_by_label("Curve desk of H100");
    canvas.accesskit_node().value().unwrap().lines().map(str::to_owned).collect()
}

fn two(price: Price) -> String {
    PriceFormat { decimals: 2, sign: Sign::Negative }.text(price)
}

fn three(value: f64) -> String {
    PriceFormat { decimals: 3, sign: Sign::Negative }.text(Price::from_f64_lossy(value))
}

fn signed(price: Option<Price>, decimals: usize) -> String {
    price.map_or_else(|| format::NONE.to_owned(), |price| format::change(price, decimals))
}

/// The mean of a curve from `a` to `b` by adding up its values: nothing of the panel's arithmetic is used.
fn mean(curve: &Curve, a: f64, b: f64) -> f64 {
    const PARTS: i32 = 40_000;
    let sum: f64 = (0..PARTS).map(|at| curve.value(a + (b - a) * (f64::from(at) + 0.5) / f64::from(PARTS))).sum();
    sum / f64::from(PARTS)
}

/// What a month was worth at `at`, straight from the rows that the sample wrote: a mark of the last two days, or the last settlement
/// that is not older than five days.
fn worth(view: &View, month: Month, at: Utc) -> Option<(Price, Utc)> {
    let mark = view.history.marks(&h100()).rfind(|mark| mark.utc <= at);
    let mark = mark.and_then(|mark| Some((mark.months.iter().find(|(of, _)| *of == month)?.1, mark.utc)));
    let past = view.history.contract(&outright(month))?;
    let settled = past.settlements().rfind(|point| point.utc <= at).map(|point| (point.price, point.utc));
    let expiry = Calendar::us().unwrap().expiry(month);
    let newest = mark.into_iter().chain(settled).max_by_key(|(_, utc)| *utc);
    newest.filter(|(_, utc)| at.since(*utc) <= DAY * 5 && at <= expiry.max(*utc))
}

/// One line of a month as it must read.
struct Expected<'a> {
    view: &'a View,
    at: Utc,
    smooth: Curve,
    /// The first month, the share of it that is fixed, and at what mean.
    front: (Month, f64, f64),
    against: Utc,
}

impl Expected<'_> {
    fn model_and_term(&self, month: Month) -> (f64, f64) {
        let (front, share, fixed) = self.front;
        let x = f64::from(month.since(front));
        let model = if month == front {
            share * fixed + (1.0 - share) * mean(&self.smooth, share, 1.0)
        } else {
            mean(&self.smooth, x, x + 1.0)
        };
        (model, mean(&self.smooth, share, x + 1.0))
    }

    fn changes(&self, month: Month, value: Price) -> ([Option<Price>; 3], Option<Price>) {
        let since = |at: Utc| worth(self.view, month, at).map(|(price, _)| value - price);
        ([1_u32, 7, 30].map(|days| since(self.at - DAY * days)), since(self.against))
    }

    fn line(&self, month: Month, value: Price, first: &str, forward: f64) -> String {
        let (model, term) = self.model_and_term(month);
        let off = (model - value.to_f64_lossy()) / 0.01;
        let off = match format!("{:.1}", off.abs()).as_str() {
            "0.0" => "0.0".to_owned(),
            text if off < 0.0 => format!("{}{text}", format::MINUS),
            text => format!("+{text}"),
        };
        let (spans, bar) = self.changes(month, value);
        let [day, week, long] = spans.map(|change| signed(change, 3));
        format!(
            "{}: value {}; {first}; Model {} {off} t; Forward, term {} {}; 1 day {day}; 1 week {week}; 1 month {long}; bar {}",
            month.screen(),
            if value.0 % CENT == 0 { two(value) } else { three(value.to_f64_lossy()) },
            three(model),
            three(forward),
            three(term),
            signed(bar, 2)
        )
    }
}

/// Quarters and years as they must read, from the forwards of the months.
fn strips(forwards: &[(Month, f64)]) -> Vec<String> {
    let of = |wanted: &dyn Fn(Month) -> bool| {
        let found: Vec<f64> =
            forwards.iter().filter(|(month, _)| wanted(*month)).map(|(_, forward)| *forward).collect();
        (found.len(), found.iter().sum::<f64>() / found.len() as f64)
    };
    let mut lines = Vec::new();
    for year in 2026..=2027 {
        for quarter in 0..4_i8 {
            let (count, mean) = of(&|month: Month| month.year == year && (month.month - 1) / 3 == quarter);
            if count == 3 {
                lines.push(format!("Q{}-{} {}", quarter + 1, year - 2_000, three(mean)));
            }
        }
    }
    for year in 2026..=2027 {
        let (count, mean) = of(&|month: Month| month.year == year);
        lines.push(format!("{year}, {count} months, {}", three(mean)));
    }
    lines
}

fn assert_lines(shown: &[String], expected: &[String]) {
    for (shown, expected) in shown.iter().zip(expected) {
        assert_eq!(shown, expected);
    }
    assert!(shown.len() >= expected.len(), "{shown:#?}");
}

/// The ends that bars of these changes must have, to two decimals: the next round number.
fn reach(changes: impl Iterator<Item = Price>) -> String {
    let most = changes.map(|change| change.0.abs()).max().unwrap() as f64 / 1e9;
    let round = [0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5];
    two(Price::from_f64_lossy(round.into_iter().find(|reach| *reach >= most - 1e-12).unwrap()))
}

#[test]
fn every_live_number_can_be_worked_out_from_the_view() {
    let sample = curve_sample();
    let view = &sample.view;
    let mut harness = desk(&sample);
    let now = screen::now().utc;
    for (choice, days) in [("1 month", 30), ("1 day", 1), ("1 week", 7)] {
        harness.get_by_label(&format!("Change against: {choice}")).click();
        harness.run_steps(2);
        let smooth = view.curves[0].smooth.clone().unwrap();
        let spot = &view.products[0];
        let fixed: Vec<f64> = spot.front_fixings.iter().map(|fixing| fixing.price.to_f64_lossy()).collect();
        let share = fixed.len() as f64 / f64::from(spot.front_fixings_due);
        let front = (NOV_26, share, fixed.iter().sum::<f64>() / fixed.len() as f64);
        let expected = Expected { view, at: now, smooth, front, against: now - DAY * days };
        let (mut lines, mut forwards, mut bars) = (vec!["Index 2.81".to_owned()], Vec::new(), Vec::new());
        for ahead in 0..14 {
            let month = NOV_26.plus(ahead);
            let market = view.market(view.catalogue.find_contract(&outright(month)).unwrap()).unwrap();
            let [bid, ask] = [Side::Bid, Side::Ask].map(|side| market.book.best(side).unwrap());
            let value = Price((bid.price.0 + ask.price.0) / 2);
            let last = market.last.map_or_else(|| market.ticker.as_ref().unwrap().last.unwrap(), |last| last.price);
            let first = format!(
                "Bid, ask {} {} {} {}; Last, settle {} {}",
                two(bid.price),
                format::lots(bid.qty),
                two(ask.price),
                format::lots(ask.qty),
                two(last),
                two(market.ticker.as_ref().unwrap().settlement.unwrap())
            );
            let forward = value.to_f64_lossy();
            lines.push(expected.line(month, value, &first, forward));
            forwards.push((month, forward));
            bars.extend(expected.changes(month, value).1);
        }
        lines.extend(strips(&forwards));
        let shown = spoken(&harness);
        assert_lines(&shown, &lines);
        assert_eq!(shown.last().unwrap(), &format!("Bars against {choice} reach to {}", reach(bars.into_iter())));
    }
}

#[test]
fn every_number_of_the_past_can_be_worked_out_from_the_history() {
    let sample = curve_sample();
    let view = &sample.view;
    let mut harness = desk(&sample);
    // On a settlement, between two, on a mark of our own, and in the month before, whose front is gone today.
    for at in [THEN(), at_time(2026, 11, 4, 10, 0), at_time(2026, 11, 20, 9, 42), at_time(2026, 9, 18, 12, 0)] {
        look_at(&mut harness, AsOf::Past(at));
        let calendar = Calendar::us().unwrap();
        let known = (-3..14).map(|ahead| NOV_26.plus(ahead));
        let months: Vec<(Month, Price, Utc)> =
            known.filter_map(|month| worth(view, month, at).map(|(price, utc)| (month, price, utc))).collect();
        let front = months[0].0;
        let fixings = view.history.index("h100_usdc").unwrap().fixings();
        let out = |day: jiff::civil::Date| Utc::at(day, Duration::from_secs(20 * 3_600 + 30 * 60)) <= at;
        let fixed: Vec<f64> = fixings
            .iter()
            .filter(|(utc, _)| Month::of(utc.date()) == front && out(utc.date()))
            .map(|(_, price)| price.to_f64_lossy())
            .collect();
        let share = fixed.len() as f64 / calendar.business_days(front).count() as f64;
        let fixed_mean = if fixed.is_empty() { 0.0 } else { fixed.iter().sum::<f64>() / fixed.len() as f64 };
        let rest = |at: usize, price: f64| if at == 0 { (price - share * fixed_mean) / (1.0 - share) } else { price };
        let averages: Vec<Average> = (months.iter().enumerate())
            .map(|(at, (_, price, _))| {
                let from = if at == 0 { share } else { at as f64 };
                Average::exact(from, at as f64 + 1.0, rest(at, price.to_f64_lossy()))
            })
            .collect();
        let smooth = smooth::smooth(&averages, &Shape::default()).unwrap().curve;
        let expected =
            Expected { view, at, smooth, front: (front, share, fixed_mean), against: at - Span::Month.length() };
        let index = fixings.iter().rfind(|(utc, _)| out(utc.date())).unwrap().1;
        let mut lines = vec![format!("Index {}", two(index))];
        let mut forwards = Vec::new();
        for &(month, price, utc) in &months {
            let past = view.history.contract(&outright(month)).unwrap();
            let settled = past.settlements().rfind(|point| point.utc <= at).unwrap().price;
            let first = format!("Mark {} {}; Settle {}", format::day_time(utc), two(price), two(settled));
            lines.push(expected.line(month, price, &first, price.to_f64_lossy()));
            forwards.push((month, price.to_f64_lossy()));
        }
        lines.extend(strips(&forwards));
        assert_lines(&spoken(&harness), &lines);
        let text = spoken(&harness).join("\n");
        assert!(!text.contains("Bid") && !text.contains("Last"), "no quotes are made up for the past: {text}");
    }
}

#[test]
fn a_line_of_the_card_says_where_it_comes_from() {
    let sample = curve_sample();
    let mut harness = desk(&sample);
    let origin = |harness: &Stand, label: &str| {
        let lines = harness.query_all_by_role(Role::Label);
        let line = lines.into_iter().find(|node| node.accesskit_node().value().is_some_and(|l| l.starts_with(label)));
        line.unwrap_or_else(|| panic!("{label}")).accesskit_node().description().unwrap_or_default()
    };
    assert_eq!(origin(&harness, "DEC-26: Bid, ask"), "Bid, ask: its own book, LIVE, changed 4 ms ago");
    let trades = "Last: our tape at 15:42:07.000. Settle: simulated settlement of 19 Nov 21:00";
    assert_eq!(origin(&harness, "DEC-26: Last, settle"), trades);
    let model = "Model: smooth curve through 14 live quotes of picture 42, 15:42:07, 14 of 20 fixings of NOV-26";
    assert_eq!(origin(&harness, "DEC-26: Model"), model);
    assert!(origin(&harness, "DEC-26: Forward, term").starts_with("Forward: step curve, its quotes."));
    assert!(origin(&harness, "DEC-26: 1 day").ends_with("own mark of 19 Nov 15:42"));
    assert!(origin(&harness, "DEC-26: 1 week").ends_with("simulated settlement of 12 Nov 21:00"));
    assert!(origin(&harness, "DEC-26: 1 month").ends_with("simulated settlement of 20 Oct 21:00"));
    look_at(&mut harness, AsOf::Past(THEN()));
    assert_eq!(origin(&harness, "DEC-26: Mark"), "Mark: simulated settlement of 21 Oct 21:00");
    assert!(
        origin(&harness, "DEC-26: Model").starts_with("Model: smooth curve through the 15 marks, 15 of 22 fixings")
    );
    assert!(origin(&harness, "OCT-26 settlement average: 15 of 22 fixed").starts_with("OCT-26 fixings: "));
}

#[test]
fn a_click_on_the_curve_selects_the_month_and_a_tab_the_product() {
    let sample = curve_sample();
    let mut harness = desk(&sample);
    harness.get_by_label("Curve desk of H100").click();
    harness.run_steps(2);
    let chosen = harness.state().selection.instrument(LinkGroup::A).unwrap();
    let month = sample.view.instrument(chosen).unwrap().contract.month().unwrap();
    assert_eq!(month.screen(), "MAY-27", "the middle of fourteen months and the index");
    harness.get_by_label("Curve of TOK").click();
    harness.run_steps(2);
    let chosen = harness.state().selection.instrument(LinkGroup::A).unwrap();
    assert_eq!(sample.view.instrument(chosen).unwrap().contract.to_string(), "TOK MAY-27", "the same place");
}

#[test]
fn the_legend_hides_and_shows() {
    let mut harness = desk(&curve_sample());
    let whole = harness.render().unwrap();
    for series in ["Bid and ask", "Last", "Settle", "Model, max smoothness", "1 day", "1 week", "1 month", "Index"] {
        let label = format!("Show {series}");
        harness.get_by_label(&label).click();
        harness.event(Event::PointerGone);
        harness.run_steps(2);
        let without = harness.render().unwrap();
        let differing = whole.pixels().zip(without.pixels()).filter(|(a, b)| a != b).count();
        assert!(differing > 60, "{series}: {differing} pixels");
        harness.get_by_label(&label).click();
        harness.event(Event::PointerGone);
        harness.run_steps(2);
    }
    harness.get_by_label("Show Index");
    let again = harness.render().unwrap();
    let focus_only = whole.pixels().zip(again.pixels()).filter(|(a, b)| a != b).count();
    assert!(focus_only < 1_500, "everything is back: {focus_only} pixels");
}

#[test]
fn the_curve_copies_as_a_table() {
    let mut harness = desk(&curve_sample());
    let copied = |harness: &mut Stand| {
        harness.event(Event::PointerMoved(pos2(420.0, 300.0)));
        harness.run_steps(1);
        harness.event(Event::Copy);
        harness.step();
        let commands = &harness.output().platform_output.commands;
        let text = commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        text.unwrap()
    };
    let live = copied(&mut harness);
    let rows: Vec<Vec<&str>> = live.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (15, 11));
    assert_eq!(rows[2][..5], ["DEC-26", "2.78", "2.8", "2.79", "2.77"]);
    look_at(&mut harness, AsOf::Past(THEN()));
    let past = copied(&mut harness);
    let rows: Vec<Vec<&str>> = past.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (16, 10));
    assert_eq!((rows[1][0], rows[1][2]), ("OCT-26", "2026-10-21T21:00:00.000Z"));
    assert!(rows.iter().all(|row| row.len() == 10));
}

fn as_of(harness: &Stand) -> AsOf {
    harness.state().selection.as_of()
}

fn handle(harness: &Stand, name: &str) -> Rect {
    let sliders = harness.query_all_by_role(Role::Slider);
    let of_name = |label: Option<String>| label.is_some_and(|label| label.starts_with(name));
    sliders.into_iter().find(|node| of_name(node.accesskit_node().label())).unwrap().rect()
}

fn drag(harness: &mut Stand, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(Event::PointerMoved(from));
    harness.event(button(from, true));
    harness.step();
    for part in 1..=4 {
        harness.event(Event::PointerMoved(from + (to - from) * (part as f32 / 4.0)));
        harness.step();
    }
    harness.event(button(to, false));
    harness.run_steps(2);
}

#[test]
fn the_handles_turn_the_window_and_choose_what_is_compared() {
    let mut harness = desk(&curve_sample());
    let (live, compared) = (handle(&harness, "Time shown").center(), handle(&harness, "Compared with").center());
    drag(&mut harness, live, pos2((live.x + compared.x) / 2.0, live.y));
    let at = as_of(&harness).past().expect("the window looks back");
    let wanted = at_time(2026, 11, 5, 15, 42);
    assert!(at.since(wanted).max(wanted.since(at)) < DAY, "half way between 21 Oct and 20 Nov: {at}");
    let compared = handle(&harness, "Compared with").center();
    drag(&mut harness, compared, pos2(compared.x - 60.0, compared.y));
    harness.get_by_role_and_label(Role::RadioButton, "Change against: 29 Sep");
    let shown = handle(&harness, "Time shown").center();
    drag(&mut harness, shown, pos2(live.x + 30.0, live.y));
    assert_eq!(as_of(&harness), AsOf::Live, "at its end the slider means now");
    let compared = handle(&harness, "Compared with").center();
    drag(&mut harness, compared, pos2(live.x + 100.0, live.y));
    harness.get_by_label("Compared with: 20 Nov 15:42");
}

#[test]
fn keys_go_from_settlement_to_settlement() {
    let mut harness = desk(&curve_sample());
    harness.get_by_label("Time shown: 20 Nov 15:42").click();
    harness.run_steps(2);
    let mut press = |key: Key| {
        harness.key_press(key);
        harness.run_steps(2);
        as_of(&harness)
    };
    assert_eq!(press(Key::ArrowLeft), AsOf::Past(at_time(2026, 11, 19, 21, 0)));
    assert_eq!(press(Key::ArrowLeft), AsOf::Past(at_time(2026, 11, 18, 21, 0)));
    assert_eq!(press(Key::ArrowRight), AsOf::Past(at_time(2026, 11, 19, 21, 0)));
    assert_eq!(press(Key::ArrowRight), AsOf::Live);
    assert_eq!(press(Key::Home), AsOf::Past(at_time(2026, 8, 24, 21, 0)), "ninety days, from the first business day");
    assert_eq!(press(Key::End), AsOf::Live);
    harness.get_by_label("One settlement back").click();
    harness.run_steps(2);
    assert_eq!(as_of(&harness), AsOf::Past(at_time(2026, 11, 19, 21, 0)));
    harness.get_by_label("Go live").click();
    harness.run_steps(2);
    assert_eq!(as_of(&harness), AsOf::Live);
}

#[test]
fn the_past_plays_by_the_clock_and_paints_only_while_it_does() {
    let mut harness = desk(&curve_sample());
    let paints =
        |harness: &Stand| harness.output().viewport_output.values().any(|v| v.repaint_delay < Duration::from_secs(1));
    harness.run_steps(5);
    assert!(!paints(&harness), "at rest");
    harness.get_by_label("Play the past").click();
    harness.run_steps(3);
    let begun = as_of(&harness).past().expect("it starts where the comparison lies");
    assert_eq!(begun, screen::now().utc - Span::Month.length());
    assert!(paints(&harness));
    let later = |harness: &mut Stand, ms: u64| {
        harness.state_mut().now = harness.state().now.later(Duration::from_millis(ms));
        harness.step();
    };
    later(&mut harness, 50);
    later(&mut harness, 50);
    assert_eq!(
        as_of(&harness).past(),
        Some(begun + Duration::from_secs(3_600)),
        "a tenth of a second at ten hours each"
    );
    harness.get_by_label("Speed: 60x").click();
    harness.run_steps(2);
    let from = as_of(&harness).past().unwrap();
    later(&mut harness, 50);
    assert_eq!(as_of(&harness).past(), Some(from + Duration::from_secs(3 * 3_600)));
    harness.get_by_label("Pause").click();
    harness.run_steps(8);
    let paused = as_of(&harness);
    later(&mut harness, 50);
    harness.run_steps(8);
    assert_eq!(as_of(&harness), paused);
    assert!(!paints(&harness), "it stands again");
    harness.get_by_label("Play the past").click();
    harness.run_steps(2);
    for _ in 0..400 {
        later(&mut harness, 100);
    }
    assert_eq!(as_of(&harness), AsOf::Live, "it ends where the present begins");
    assert!(harness.state().commands.is_empty(), "{:?}", harness.state().commands);
}

#[test]
fn a_launch_is_set_and_taken_back_by_hand() {
    let mut sample = curve_sample();
    let press = |harness: &mut Stand, at: Pos2| {
        for pressed in [true, false] {
            let button = PointerButton::Secondary;
            harness.event(Event::PointerMoved(at));
            harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
            harness.run_steps(2);
        }
    };
    let mut harness = desk(&sample);
    // Between the fourth and the last month: AUG-27 stands right of the middle, below the cards.
    press(&mut harness, pos2(786.0, 400.0));
    harness.get_by_label("Launch in AUG-27: let the curve break here").click();
    harness.run_steps(2);
    let aug_27 = Month { year: 2027, month: 8 };
    let sent: Vec<Intent> = harness.state().commands.iter().map(|command| command.intent.clone()).collect();
    assert_eq!(sent, [Intent::SetLaunches(h100(), vec![aug_27])]);
    sample.view.launches = Arc::new([(h100(), vec![aug_27])].into_iter().collect());
    let smooth_before = sample.view.curves[0].smooth.clone().unwrap();
    sample.view.curves = Arc::new(vec![Arc::new(CurveView::solve(&sample.view, &h100()).unwrap())]);
    let curve = &sample.view.curves[0];
    assert_eq!(curve.launches, [aug_27], "the curve says what it was solved with");
    let jump = |curve: &Curve| curve.value(9.0) - curve.value(9.0 - 1e-9);
    assert!(jump(&smooth_before).abs() < 1e-6 && jump(curve.smooth.as_ref().unwrap()).abs() > 1e-5);
    let mut harness = desk(&sample);
    press(&mut harness, pos2(786.0, 400.0));
    harness.get_by_label("No launch in AUG-27: draw the curve through").click();
    harness.run_steps(2);
    let sent: Vec<Intent> = harness.state().commands.iter().map(|command| command.intent.clone()).collect();
    assert_eq!(sent, [Intent::SetLaunches(h100(), Vec::new())]);
    let mut harness = desk(&sample);
    press(&mut harness, pos2(106.0, 400.0));
    harness.get_by_label("The curve begins with NOV-26: nothing can break there");
}

#[test]
fn what_is_not_known_is_said() {
    let mut sample = curve_sample();
    let mut harness = desk(&sample);
    look_at(&mut harness, AsOf::Past(at_time(2026, 6, 1, 12, 0)));
    assert!(harness.query_by_label("Curve desk of H100").is_none());
    harness.get_by_label("Go live");
    sample.view.history = Arc::default();
    let mut harness = desk(&sample);
    harness.run_steps(2);
    let december = spoken(&harness).into_iter().find(|line| line.starts_with("DEC-26")).unwrap();
    assert!(december.ends_with("1 day ·; 1 week ·; 1 month ·; bar ·"), "{december}");
}

#[test]
fn escape_and_the_header_lead_back_and_the_trader_is_always_live() {
    let mut harness = panels_b::window(&curve_sample(), &dark(), vec2(1_920.0, 1_080.0));
    let press = |harness: &mut Harness<'static, panels_b::Window>, key: Key, modifiers: Modifiers| {
        harness.event(panels_b::key(key, modifiers));
        harness.run_steps(3);
    };
    let now_shown = |harness: &Harness<'static, panels_b::Window>| harness.state().screen.selection().as_of();
    press(&mut harness, Key::Num2, Modifiers::COMMAND);
    let back = |harness: &mut Harness<'static, panels_b::Window>| {
        harness.get_by_label("One settlement back").click();
        harness.run_steps(3);
    };
    let settled = AsOf::Past(at_time(2026, 11, 19, 21, 0));
    back(&mut harness);
    assert_eq!(now_shown(&harness), settled);
    press(&mut harness, Key::Num1, Modifiers::COMMAND);
    assert_eq!(now_shown(&harness), AsOf::Live, "orders are at home in the Trader workspace");
    press(&mut harness, Key::Num2, Modifiers::COMMAND);
    assert_eq!(now_shown(&harness), settled, "kept meanwhile");
    press(&mut harness, Key::F1, Modifiers::NONE);
    press(&mut harness, Key::Escape, Modifiers::NONE);
    assert_eq!(now_shown(&harness), settled, "the first Escape closes what lies on top");
    press(&mut harness, Key::Escape, Modifiers::NONE);
    assert_eq!(now_shown(&harness), AsOf::Live);
    back(&mut harness);
    let signs: Vec<Rect> =
        harness.query_all_by_label("Back to live from 19 Nov 21:00").map(|node| node.rect()).collect();
    assert!(!signs.is_empty());
    harness.query_all_by_label("Back to live from 19 Nov 21:00").next().unwrap().click();
    harness.run_steps(3);
    assert_eq!(now_shown(&harness), AsOf::Live);
}
