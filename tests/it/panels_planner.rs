//! The hedge planner: pictures, every figure worked out again from the view, what is staged, and what is not when a book is not live.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role as Accessible;
use egui::{Event, Key, Modifiers, OutputCommand, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use proptest::prelude::*;
use serde_json::Value;
use tenor::base::time::Utc;
use tenor::curves::period::Period;
use tenor::curves::spreads::strip;
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::event::Fixing;
use tenor::domain::instrument::{Catalogue, InstrumentId, Unit};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::past::{IndexInfo, Settlement, SettlementKind, Settlements};
use tenor::ui::context::{AsOf, PanelContext};
use tenor::ui::format;
use tenor::ui::panels::hedge::HedgePanel;
use tenor::ui::panels::hedge::figures::{Figures, Listing, Paid};
use tenor::ui::panels::hedge::input::{Column, Input, Role};
use tenor::ui::screen::Screen;
use tenor::view::View;
use tenor::view::curve::CurveView;
use tenor::view::{History, Origin};

use crate::panels_b::{Pictures, Stage, dark, intents, stage};
use crate::screen::{self, Sample};

const NOV_26: Month = Month { year: 2026, month: 11 };
const JAN_27: Month = Month { year: 2027, month: 1 };
/// As a tab of the curve workspace, and as tall as shows everything.
const TAB: Vec2 = vec2(620.0, 286.0);
const TALL: Vec2 = vec2(760.0, 820.0);
const WORDS: &str = "64 GPUs, 24 h, JAN-27 to JUN-27";

fn h100() -> Product {
    Product::new("H100").unwrap()
}

fn outright(view: &View, product: &str, month: Month) -> InstrumentId {
    let product = Product::new(product).unwrap();
    view.catalogue.find_contract(&Contract::Outright { product, delivery: Delivery::Month(month) }).unwrap()
}

/// A day's index and another one beside it that strays from it, as a function of the day.
fn index_pair(day: i64) -> [i64; 2] {
    let own = 2_800_000_000 + (day * 37 % 23 - 11) * 9_000_000;
    [own, own * 12 / 10 + (day * 13 % 17 - 8) * 12_000_000]
}

fn day(at: i64) -> Utc {
    screen::now().utc - Duration::from_secs(86_400 * (70 - at).unsigned_abs())
}

/// The shared moment with the H100 curve solved, and seventy days of its index, of another one, and of settlements.
fn sample() -> Sample {
    let mut sample = screen::sample();
    let view = &mut sample.view;
    view.curves = Arc::new(vec![Arc::new(CurveView::solve(view, &h100()).unwrap())]);
    let mut history = History::default();
    let info = |name: &str, beside: Option<&str>, words: &str| IndexInfo {
        name: name.into(),
        beside: beside.map(Into::into),
        description: Some(words.into()),
        every: None,
        is_simulated: true,
    };
    history
        .set_indices(&[info("h100_usdc", None, "H100"), info("h100_usdc_grid", Some("h100_usdc"), "On-demand grid")]);
    for at in 0..70 {
        for (name, price) in ["h100_usdc", "h100_usdc_grid"].into_iter().zip(index_pair(at)) {
            history.add_fixings(&[Fixing { index_name: name.into(), utc: day(at), price: Price(price) }]);
        }
    }
    for ahead in 0..14 {
        let contract = Contract::Outright { product: h100(), delivery: Delivery::Month(NOV_26.plus(ahead)) };
        let row = |at: i64| Settlement {
            utc: day(at),
            kind: SettlementKind::Daily,
            price: Price(2_900_000_000 - i64::from(ahead) * 30_000_000 + at * 1_000_000),
        };
        history.add_settlements(&Settlements { contract, rows: (0..70).map(row).collect() }, Origin::Simulated);
    }
    view.history = Arc::new(history);
    sample
}

fn planned(words: &str) -> Input {
    let mut input = Input::new(h100(), Role::Consumer);
    input.fill(words, Unit::GpuHour).unwrap();
    input
}

fn planned_as(role: Role) -> Input {
    let mut input = planned(WORDS);
    input.role = role;
    input
}

fn panel(input: Input) -> HedgePanel {
    let mut panel = HedgePanel::default();
    panel.set_input(input);
    panel
}

fn draw(part: &mut HedgePanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

type Planner = Harness<'static, Stage<HedgePanel>>;

fn planner(sample: &Sample, input: Input, size: Vec2) -> Planner {
    stage(panel(input), draw, sample, &dark(), size)
}

fn figures(view: &View, input: &Input) -> Figures {
    let product = input.product.clone().unwrap();
    let listing = Listing::of(view, &product).unwrap();
    Figures::of(view, &listing, input, None, |id| view.book_state(id, screen::now()))
}

/// Turns to a card once it is drawn.
struct Turned {
    panel: HedgePanel,
    as_of: AsOf,
}

fn turned(part: &mut Turned, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    ctx.look_at(part.as_of);
    part.panel.ui(ui, ctx);
}

#[test]
fn pictures_of_the_planner() {
    let with_rate = || {
        let mut input = planned(WORDS);
        input.type_rate("2.72").unwrap();
        panel(input)
    };
    let mut pictures = Pictures::new(sample());
    pictures.take("planner", with_rate, draw, TAB);
    pictures.take("planner_tall", with_rate, draw, TALL);
    pictures.take("planner_nothing", || panel(Input::new(h100(), Role::Consumer)), draw, TAB);
    let past = || Turned { panel: with_rate(), as_of: AsOf::Past(day(40)) };
    pictures.take("planner_past", past, turned, TAB);
    let mut asleep = sample();
    let march = outright(&asleep.view, "H100", JAN_27.plus(2));
    screen::put_to_sleep(&mut asleep.view, march);
    pictures.sample = asleep;
    pictures.take("planner_stale", with_rate, draw, TAB);
    let thin = || panel(planned("3,000 GPUs, 24 h, JAN-27 to MAR-27"));
    pictures.sample = sample();
    pictures.take("planner_thin", thin, draw, TAB);
    let session = pictures.sample.view.session.clone();
    pictures.sample.view = View::empty(session);
    pictures.take("planner_empty", HedgePanel::default, draw, TAB);
    pictures.results.unwrap();
}

#[test]
fn pictures_of_the_cards() {
    let mut results = egui_kittest::SnapshotResults::new();
    for card in ["Moves", "Quote", "Basis"] {
        let mut input = planned(WORDS);
        input.type_rate("2.72").unwrap();
        let mut harness = planner(&sample(), input, TAB);
        harness.get_by_label(&format!("Show: {card}")).click();
        harness.run_steps(3);
        harness.remove_cursor();
        harness.run_steps(2);
        results.add(harness.try_snapshot(format!("planner_{}_dark", card.to_lowercase())));
    }
    results.unwrap();
}

/// Cost of `lots` against a side of a book in units of 10⁻⁹ dollars, and the last price reached; `None` if there are not so many.
fn naive_walk(view: &View, id: InstrumentId, against: Side, lots: i64, size: i64) -> Option<(i128, Price)> {
    let (mut left, mut cost, mut last) = (lots, 0_i128, Price(0));
    for level in view.market(id).unwrap().book.levels(against) {
        let taken = left.min(level.qty.whole_lots());
        if taken == 0 {
            break;
        }
        cost += i128::from(taken) * i128::from(size) * i128::from(level.price.0);
        (left, last) = (left - taken, level.price);
    }
    (left == 0).then_some((cost, last))
}

const DAYS: [i64; 6] = [31, 28, 31, 30, 31, 30];

#[test]
fn every_figure_of_the_cost_can_be_worked_out_from_the_view() {
    let sample = sample();
    let view = &sample.view;
    for (role, against, verb) in [(Role::Consumer, Side::Ask, "Buy"), (Role::Producer, Side::Bid, "Sell")] {
        let harness = planner(&sample, planned_as(role), TAB);
        let sign = if role == Role::Consumer { 1 } else { -1 };
        let (mut cost, mut touch, mut all_lots, mut all_units) = (0_i128, 0_i128, 0, 0);
        for (ahead, days) in (0..).zip(DAYS) {
            let month = JAN_27.plus(ahead);
            let units = 64 * 24 * days;
            let lots = (units as f64 / 730.0).round() as i64;
            let open = sign * (units - lots * 730);
            assert!(open.abs() * 2 <= 730, "never more than half a lot");
            let id = outright(view, "H100", month);
            let (paid, _) = naive_walk(view, id, against, lots, 730).unwrap();
            let average = Price((paid / i128::from(lots * 730)) as i64);
            harness.get_by_label(&format!(
                "{}: {} GPU-h, {} lots, open {}, at {}",
                month.screen(),
                format::count(units.unsigned_abs()),
                format::lots_signed(Qty::lots(sign * lots)),
                format::change(Price(open * 1_000_000_000), 0),
                format::price(average, 4)
            ));
            let best = view.market(id).unwrap().book.best(against).unwrap().price;
            touch += i128::from(lots * 730) * i128::from(best.0);
            (cost, all_lots, all_units) = (cost + paid, all_lots + lots, all_units + units);
        }
        let hedged = all_lots * 730;
        let per_unit = |money: i128| money as f64 / 1e9 / hedged as f64;
        let average = format::price(Price::from_f64_lossy(per_unit(cost)), 4);
        let depth = per_unit(cost - touch) * f64::from(sign as i32);
        let open = format::change(Price(sign * (all_units - hedged) * 1_000_000_000), 0);
        let units = format::count(all_units.unsigned_abs());
        let lots = format::lots_signed(Qty::lots(sign * all_lots));
        for label in [
            format!("Need: {units} GPU-h"),
            format!("{verb}: {all_lots} lots"),
            format!("Open: {open} GPU-h"),
            format!("At the touch: {}", format::money(Money(touch))),
            format!("Through the books: {}", format::money(Money(cost))),
            format!("All-in, $/GPU-h: {average}"),
            format!("Depth costs: {}", format::change(Price::from_f64_lossy(depth), 4)),
            format!("Total: {units} GPU-h, {lots} lots, open {open}, at {average}"),
        ] {
            harness.get_by_label(&label);
        }
        assert!(depth > 0.0, "depth never helps");
    }
}

#[test]
fn moves_of_the_index_can_be_worked_out_from_the_view() {
    let sample = sample();
    let view = &sample.view;
    for role in Role::ALL {
        let input = planned_as(role);
        let mut harness = planner(&sample, input.clone(), TAB);
        harness.get_by_label("Show: Moves").click();
        harness.run_steps(3);
        let sign = if role == Role::Consumer { 1.0 } else { -1.0 };
        let against = if role == Role::Consumer { Side::Ask } else { Side::Bid };
        let (mut need, mut bought, mut paid) = (0.0, 0.0, 0.0);
        for (ahead, days) in (0..).zip(DAYS) {
            let month = JAN_27.plus(ahead);
            let forward = view.curves[0].month(month).unwrap().forward.unwrap();
            let units = (64 * 24 * days) as f64;
            let lots = (units / 730.0).round() as i64;
            let (cost, _) = naive_walk(view, outright(view, "H100", month), against, lots, 730).unwrap();
            need += sign * units * forward;
            bought += sign * (lots * 730) as f64 * forward;
            paid += sign * cost as f64 / 1e9;
        }
        for (shift, words) in [(-0.2, "−20%"), (-0.1, "−10%"), (0.0, "0%"), (0.1, "+10%"), (0.2, "+20%")] {
            let (unhedged, profit) = (need * (1.0 + shift), bought * (1.0 + shift) - paid);
            let text = |value: f64| format::money_whole(Money((value * 1e9).round() as i128));
            let label = format!(
                "Index {words}: unhedged {}, hedge {}, net {}",
                text(sign * unhedged),
                format::change(Price::from_f64_lossy(profit), 0),
                text(sign * (unhedged - profit))
            );
            harness.get_by_label(&label);
        }
        assert_eq!(figures(view, &input).paid.map(|(_, by)| by), Some(Paid::WithDepth));
    }
}

#[test]
fn a_brokers_rate_is_held_against_the_same_months() {
    let sample = sample();
    let view = &sample.view;
    let rate = 2.72;
    let mut input = planned(WORDS);
    input.type_rate("2.72").unwrap();
    let mut harness = planner(&sample, input.clone(), TAB);
    harness.get_by_label("Show: Quote").click();
    harness.run_steps(3);
    let units: f64 = DAYS.iter().map(|days| (64 * 24 * days) as f64).sum();
    let mean = |of: &dyn Fn(Month) -> f64| {
        (0..).zip(DAYS).map(|(ahead, days)| (64 * 24 * days) as f64 * of(JAN_27.plus(ahead))).sum::<f64>() / units
    };
    let best = |side| {
        mean(&|month| view.market(outright(view, "H100", month)).unwrap().book.best(side).unwrap().price.to_f64_lossy())
    };
    let fair = mean(&|month| view.curves[0].month(month).unwrap().forward.unwrap());
    let all_in = figures(view, &input).average.unwrap();
    let plain = |value: f64| format::price(Price::from_f64_lossy(value), 4);
    let change = |value: f64, decimals| format::change(Price::from_f64_lossy(value), decimals);
    for label in [
        format!("Strip bid: {}", plain(best(Side::Bid))),
        format!("Strip ask: {}", plain(best(Side::Ask))),
        format!("Curve: {}", plain(fair)),
        format!("Rate over the curve: {}, {}%", change(rate - fair, 4), change((rate - fair) / fair * 100.0, 1)),
        format!("Rate over all-in: {}", change(rate - all_in, 4)),
        format!("In all, $: {}", change((rate - all_in) * units, 0)),
    ] {
        harness.get_by_label(&label);
    }
    assert!(rate > best(Side::Ask) && rate > all_in);
    harness.get_by_label_contains("Worse than the hedge by");
    input.role = Role::Producer;
    let quoted = figures(view, &input).quoted.unwrap();
    let words = tenor::ui::panels::hedge::verdict(&quoted, Role::Producer, "GPU-h");
    assert!(words.starts_with("Better than the hedge by") && words.ends_with("above the strip's ask."), "{words}");
}

#[test]
fn basis_risk_can_be_worked_out_from_the_fixings() {
    let sample = sample();
    let view = &sample.view;
    let input = planned(WORDS);
    let mut harness = planner(&sample, input, TAB);
    harness.get_by_label("Show: Basis").click();
    harness.run_steps(3);
    let changes: Vec<[f64; 2]> = (0..65)
        .map(|at| [1, 0].map(|which| (index_pair(at + 5)[which] as f64 / index_pair(at)[which] as f64).ln()))
        .collect();
    let sum = |of: &dyn Fn(&[f64; 2]) -> f64| changes.iter().map(of).sum::<f64>();
    let (mine, own, both) = (sum(&|c| c[0] * c[0]), sum(&|c| c[1] * c[1]), sum(&|c| c[0] * c[1]));
    let years = 65.0 * 5.0 / 365.25;
    let correlation = both / (mine * own).sqrt();
    let (volatility, of_index) = ((mine / years).sqrt(), (own / years).sqrt());
    assert!(correlation > 0.1 && correlation < 0.99, "worth measuring: {correlation}");
    let text = |value: f64, decimals| format::price(Price::from_f64_lossy(value), decimals);
    let (mut worth, mut hedge, mut weighed, mut units) = (0.0, 0.0, 0.0, 0.0);
    for (ahead, days) in (0..).zip(DAYS) {
        let month = JAN_27.plus(ahead);
        let forward = view.curves[0].month(month).unwrap().forward.unwrap();
        let need = (64 * 24 * days) as f64;
        worth += need * forward;
        hedge += (need / 730.0).round() * 730.0 * forward;
        let middle = Utc::at(month.first_day(), Duration::from_secs(15 * 86_400));
        weighed += need * (middle.0 - view.at.utc.0) as f64 / 1e9 / 86_400.0 / 365.25;
        units += need;
    }
    let span = weighed / units;
    let (a, b) = (worth * volatility, hedge * of_index);
    let deviation = ((a * a + b * b - 2.0 * correlation * a * b) * span).sqrt();
    for label in [
        format!("Correlation: {}", text(correlation, 2)),
        format!("Volatility: {}% : {}%", text(volatility * 100.0, 1), text(of_index * 100.0, 1)),
        format!("Least risk at: {} ×", text(correlation * volatility / of_index, 2)),
        format!("Strays by, $: {}", text(deviation, 0)),
        format!("Without a hedge, $: {}", text(a * span.sqrt(), 0)),
        format!(
            "The hedge settles to h100_usdc. If you pay by another price it takes at best {}% of the variance.",
            text(correlation * correlation * 100.0, 1)
        ),
    ] {
        harness.get_by_label(&label);
    }
}

#[test]
fn the_plan_is_staged_in_orders_that_may_be_sent() {
    let sample = sample();
    let view = &sample.view;
    let mut harness = planner(&sample, planned(WORDS), TAB);
    harness.get_by_label("Stage as basket").click();
    harness.run_steps(2);
    let basket = harness.state().selection.staged().unwrap();
    assert_eq!((basket.name.as_str(), basket.from), ("Hedge of 64 H100, JAN-27–JUN-27", "Hedge planner"));
    let most = view.trading.limits.max_order;
    for (ahead, days) in (0..).zip(DAYS) {
        let id = outright(view, "H100", JAN_27.plus(ahead));
        let lots = ((64 * 24 * days) as f64 / 730.0).round() as i64;
        let legs: Vec<_> = basket.legs.iter().filter(|leg| leg.instrument == id).collect();
        assert!(legs.len() == 2 && legs.iter().all(|leg| leg.side == Side::Bid && leg.qty <= most));
        assert_eq!(legs.iter().map(|leg| leg.qty).sum::<Qty>(), Qty::lots(lots));
        let (_, worst) = naive_walk(view, id, Side::Ask, lots, 730).unwrap();
        assert!(legs.iter().all(|leg| leg.price == Some(worst)), "as deep as it must reach");
    }
    assert_eq!(basket.note, "leaves +616 GPU-h open; orders of 50 lots at most");
    assert_eq!(intents(&harness), [], "nothing is sent");
}

#[test]
fn a_book_that_is_not_live_gives_no_cost_and_stages_nothing() {
    let mut sample = sample();
    let march = outright(&sample.view, "H100", JAN_27.plus(2));
    screen::put_to_sleep(&mut sample.view, march);
    let mut harness = planner(&sample, planned(WORDS), TAB);
    for label in
        ["At the touch: ·", "Through the books: ·", "All-in, $/GPU-h: ·", "1 of 6 books are not live: no cost."]
    {
        harness.get_by_label(label);
    }
    harness.get_by_label("MAR-27: 47,616 GPU-h, +65 lots, open +166, at ·");
    harness.get_by_label("Stage as basket").click();
    harness.run_steps(2);
    assert_eq!(harness.state().selection.staged(), None);
    assert_eq!(figures(&sample.view, &planned(WORDS)).paid.map(|(_, by)| by), Some(Paid::AtCurve));
}

#[test]
fn books_too_thin_are_told_and_not_made_up() {
    let sample = sample();
    let harness = planner(&sample, planned("3,000 GPUs, 24 h, JAN-27"), TAB);
    let id = outright(&sample.view, "H100", JAN_27);
    let held: Qty = sample.view.market(id).unwrap().book.levels(Side::Ask).iter().map(|level| level.qty).sum();
    let lots = (3_000.0 * 24.0 * 31.0 / 730.0_f64).round() as i64;
    assert!(held < Qty::lots(lots));
    harness.get_by_label("Through the books: ·");
    harness.get_by_label(&format!("The books hold {} of {} lots.", format::lots(held), format::lots(Qty::lots(lots))));
    harness.get_by_label_contains("at thin");
    assert_eq!(figures(&sample.view, &planned("3,000 GPUs, 24 h, JAN-27")).paid.map(|(_, by)| by), Some(Paid::AtTouch));
}

#[test]
fn the_past_has_a_curve_but_no_books() {
    let sample = sample();
    let mut harness = planner(&sample, planned(WORDS), TAB);
    harness.state_mut().selection.look_at(AsOf::Past(day(40)));
    harness.run_steps(3);
    let settled = format::price(Price(2_900_000_000 - 2 * 30_000_000 + 40 * 1_000_000), 4);
    harness.get_by_label(&format!("JAN-27: 47,616 GPU-h, +65 lots, open +166, at {settled}"));
    harness.get_by_label("Through the books: ·");
    harness.get_by_label("Of a past instant there are no books, so there is no cost.");
    harness.get_by_label("Stage as basket").click();
    harness.run_steps(2);
    assert_eq!(harness.state().selection.staged(), None);
}

#[test]
fn a_listed_strip_takes_what_its_months_have_in_common() {
    let mut sample = sample();
    let view = &mut sample.view;
    let quarter = Period::quarter_of(JAN_27);
    let contract = strip(&h100(), quarter);
    let terms = screen::instrument("H100_USDC-Q1-27", contract.clone(), Unit::GpuHour, "0.01", 730);
    let id = InstrumentId(view.catalogue.len() as u32);
    view.markets.push(Arc::new(screen::market(id, &terms, 8_100)));
    let mut listed: Vec<_> = view.catalogue.iter().map(|(_, terms)| terms.as_ref().clone()).collect();
    listed.push(terms);
    let mut catalogue = Catalogue::default();
    catalogue.reload(listed);
    view.catalogue = Arc::new(catalogue);
    let figures = figures(view, &planned("64 GPUs, 24 h, Q1-27"));
    let shown: Vec<_> = figures.orders.iter().map(|row| (row.order.period.to_string(), row.order.lots)).collect();
    // 65.2, 58.9 and 65.2 lots are needed: the quarter takes 58 of each.
    let want = [("Q1-27", 58), ("JAN-27", 7), ("FEB-27", 1), ("MAR-27", 7)];
    assert_eq!(shown, want.map(|(name, lots)| (name.to_owned(), lots)));
    assert_eq!(figures.hedged, f64::from((58 * 3 + 7 + 1 + 7) * 730));
    let best = |id: InstrumentId| view.market(id).unwrap().book.best(Side::Ask).unwrap().price;
    // The strip's price is the sum of its months': one lot holds 730 hours of each.
    let months: i128 = [(0, 7), (1, 1), (2, 7)]
        .map(|(ahead, lots)| i128::from(best(outright(view, "H100", JAN_27.plus(ahead))).0) * 730 * lots)
        .iter()
        .sum();
    assert_eq!(figures.at_touch, Some(Money(months + i128::from(best(id).0) * 730 * 58)));
    assert!(figures.average.is_some_and(|average| (2.6..2.8).contains(&average)), "{:?}", figures.average);
}

fn retype(harness: &mut Planner, field: &str, text: &str) {
    harness.get_by_role_and_label(Accessible::TextInput, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.key_press(Key::Backspace);
    harness.run_steps(2);
    harness.event(Event::Text(text.to_owned()));
    harness.run_steps(3);
}

#[test]
fn months_are_typed_filled_and_cleared_and_nonsense_is_told() {
    let mut harness = planner(&sample(), Input::new(h100(), Role::Consumer), TAB);
    retype(&mut harness, "GPUs in JAN-27", "16");
    harness.get_by_label_contains("JAN-27: 11,904 GPU-h, +16 lots");
    retype(&mut harness, "h/day in JAN-27", "25");
    harness.get_by_label("hours a day must be 0 to 24, not 25");
    assert_eq!(harness.state().part.input().need(JAN_27).hours_a_day, 0.0, "what is wrong is not taken");
    retype(&mut harness, "h/day in JAN-27", "50%");
    assert!(harness.query_by_label_contains("hours a day must be").is_none());
    assert_eq!(harness.state().part.input().cell(JAN_27, Column::Hours), "12");
    retype(&mut harness, "Fill months", "64 GPUs, 24 h, sometime");
    harness.get_by_label("Fill").click();
    harness.run_steps(3);
    harness.get_by_label_contains("\"sometime\" is not understood");
    retype(&mut harness, "Fill months", "64 GPUs, 24 h, Q1-27");
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_eq!(harness.state().part.input().needs().len(), 3);
    assert!(harness.query_by_label_contains("is not understood").is_none());
    harness.get_by_label("Clear").click();
    harness.run_steps(3);
    assert!(harness.state().part.input().needs().is_empty());
    harness.get_by_label("I will: Produce").click();
    harness.get_by_label("Hedge with: TOK").click();
    harness.run_steps(3);
    retype(&mut harness, "Mtok in JAN-27", "2,600");
    harness.get_by_label_contains("JAN-27: 2,600 Mtok, −3 lots, open +400");
}

#[test]
fn the_plan_is_copied_in_words_and_as_a_table() {
    let sample = sample();
    let mut harness = planner(&sample, planned(WORDS), TAB);
    let copied = |harness: &Planner| {
        harness.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    };
    harness.get_by_label("Copy as text").click();
    let words = (0..4).find_map(|_| {
        harness.step();
        copied(&harness)
    });
    let words = words.unwrap();
    assert!(words.starts_with("Hedge of 64 H100, JAN-27–JUN-27: needs 278,016 GPU-h\nBuy 380 lots"), "{words}");
    assert_eq!(words.lines().filter(|line| line.starts_with("Index ")).count(), 5, "{words}");
    harness.get_by_label_contains("JAN-27: 47,616").hover();
    harness.run_steps(2);
    harness.event(Event::Copy);
    harness.step();
    let table = copied(&harness).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows.len(), rows[0].len(), rows[1].len()), (7, 11, 11), "{table}");
    assert_eq!(rows[1][..8], ["JAN-27", "64.0000", "24.0000", "0.0000", "47616.00", "65", "47450.00", "166.00"]);
}

#[test]
fn a_plan_outlives_the_program() {
    let mut saved = Screen::default().to_saved();
    let mut plan = planned(WORDS);
    plan.type_rate("2.5").unwrap();
    saved["hedge_plan"] = plan.to_saved();
    let again = Screen::from_saved(Some(&saved));
    assert_eq!(again.to_saved(), saved);
    saved["hedge_plan"] = Value::from("spoiled");
    assert_eq!(Screen::from_saved(Some(&saved)).to_saved()["hedge_plan"], Input::default().to_saved());
}

proptest! {
    #[test]
    fn a_listed_month_is_never_left_with_more_than_half_a_lot(
        gpus in proptest::collection::vec(0.0..2_000.0_f64, 14), hours in 0.1..24.0_f64, sells: bool
    ) {
        let sample = screen::sample();
        let role = if sells { Role::Producer } else { Role::Consumer };
        let mut input = Input::new(h100(), role);
        for (ahead, gpus) in (0..).zip(&gpus) {
            let month = NOV_26.plus(ahead);
            input.type_cell(month, Column::Gpus, &format!("{gpus:.2}")).unwrap();
            if input.need(month).gpus > 0.0 {
                input.type_cell(month, Column::Hours, &format!("{hours:.2}")).unwrap();
            }
        }
        let figures = figures(&sample.view, &input);
        for row in &figures.months {
            prop_assert!(row.residual.abs() <= 365.0 + 1e-6, "{row:?}");
            prop_assert!((row.needed - row.lots as f64 * 730.0 - row.residual).abs() < 1e-6);
        }
        let open: f64 = figures.months.iter().map(|row| row.residual).sum();
        prop_assert!((figures.residual() - open).abs() < 1e-3);
    }
}
