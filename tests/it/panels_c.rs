//! The curve desk's panels: pictures, what hands and keys do, and every figure worked out again from the view.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, OutputCommand, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tenor::curves::spreads::calendar;
use tenor::domain::book::Level;
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::instrument::{Catalogue, Instrument, InstrumentId, Unit};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::ui::context::{LinkGroup, PanelContext};
use tenor::ui::format::{PriceFormat, Sign};
use tenor::ui::panels::spark::SparkPanel;
use tenor::ui::panels::spreads::SpreadsPanel;
use tenor::ui::panels::spreads::figures::{Figures, Implied, Listing, Origin, Show, Way};
use tenor::view::View;
use tenor::view::book::BookState;
use tenor::view::market::VenueImplied;

use crate::panels_b::{Pictures, Stage, dark, stage};
use crate::screen::{self, Sample};

const NOV_26: Month = Month { year: 2026, month: 11 };
const SPREADS: Vec2 = vec2(760.0, 424.0);
const SPARK: Vec2 = vec2(620.0, 312.0);

fn p(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn h100() -> Product {
    Product::new("H100").unwrap()
}

fn outright(view: &View, product: &str, ahead: i32) -> InstrumentId {
    let product = Product::new(product).unwrap();
    let contract = Contract::Outright { product, delivery: Delivery::Month(NOV_26.plus(ahead)) };
    view.catalogue.find_contract(&contract).unwrap()
}

fn calendar_of(view: &View, near: i32, far: i32) -> Option<InstrumentId> {
    view.catalogue.find_contract(&calendar(&h100(), [NOV_26.plus(near), NOV_26.plus(far)]))
}

/// The shared moment with more calendars: tight ones, one whose ask is better made of its legs, one with a single side.
fn sample() -> Sample {
    let mut sample = screen::sample();
    let view = &mut sample.view;
    let march = outright(view, "H100", 4);
    view.markets[march.index()] = Arc::new(screen::market(march, view.instrument(march).unwrap(), 2_630));
    let mut listed: Vec<Instrument> = view.catalogue.iter().map(|(_, terms)| terms.as_ref().clone()).collect();
    for (near, far) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (1, 3), (4, 7), (2, 6)] {
        let months = [near, far].map(|ahead| NOV_26.plus(ahead));
        let symbol = format!("H100_USDC-CAL-{}_{}", months[0].code(), months[1].code());
        let terms = screen::instrument(&symbol, calendar(&h100(), months), Unit::GpuHour, "0.005", 730);
        let id = InstrumentId(listed.len() as u32);
        let mid = |ahead| view.market(outright(view, "H100", ahead)).unwrap().book.mid().unwrap().0 / 1_000_000;
        let mut market = screen::market(id, &terms, mid(near) - mid(far));
        if (near, far) == (1, 3) {
            market.book.asks.drain(..8);
        }
        if (near, far) == (2, 6) {
            market.book.asks.clear();
        }
        listed.push(terms);
        view.markets.push(Arc::new(market));
    }
    let mut catalogue = Catalogue::default();
    catalogue.reload(listed);
    view.catalogue = Arc::new(catalogue);
    sample
}

fn spreads_ui(part: &mut SpreadsPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

fn spark_ui(part: &mut SparkPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

fn matrix(sample: &Sample) -> Harness<'static, Stage<SpreadsPanel>> {
    stage(SpreadsPanel::default(), spreads_ui, sample, &dark(), SPREADS)
}

fn spark(sample: &Sample) -> Harness<'static, Stage<SparkPanel>> {
    stage(SparkPanel::default(), spark_ui, sample, &dark(), SPARK)
}

fn seen_at(view: &View) -> impl Fn(InstrumentId) -> BookState {
    |id| view.book_state(id, screen::now())
}

#[test]
fn pictures_of_the_curve_desk() {
    let mut pictures = Pictures::new(sample());
    pictures.take("spreads", SpreadsPanel::default, spreads_ui, SPREADS);
    let at_demo = || {
        let mut part = SparkPanel::default();
        part.set_heat_rate(3.2);
        part
    };
    pictures.take("spark", at_demo, spark_ui, SPARK);
    pictures.take("spark_negative", SparkPanel::default, spark_ui, SPARK);
    pictures.results.unwrap();
}

#[test]
fn pictures_of_a_month_that_is_not_live() {
    let mut sample = sample();
    let asleep = [
        outright(&sample.view, "H100", 5),
        outright(&sample.view, "H100", 8),
        calendar_of(&sample.view, 4, 5).unwrap(),
    ];
    for id in asleep {
        screen::put_to_sleep(&mut sample.view, id);
    }
    let mut pictures = Pictures::new(sample);
    pictures.take("spreads_stale", SpreadsPanel::default, spreads_ui, SPREADS);
    pictures.take("spark_stale", SparkPanel::default, spark_ui, SPARK);
    pictures.results.unwrap();
}

#[test]
fn the_card_and_the_origins_follow_the_pointer() {
    let harness = {
        let mut harness = matrix(&sample());
        harness.get_by_label_contains("DEC-26 / FEB-27:").hover();
        harness.run_steps(3);
        harness
    };
    harness.get_by_role_and_label(Role::Group, "DEC-26 / FEB-27, buy near, sell far, 1:1");
    let mut harness = harness;
    let mut results = egui_kittest::SnapshotResults::new();
    results.add(harness.try_snapshot("spreads_hover_dark"));
    results.unwrap();
}

/// All that a calendar of the first nine months can be bought (`Ask`) or sold for, through everything but its own book: at most two
/// other calendars, each once, and then at most two outrights.
fn through_others(view: &View, near: usize, far: usize, side: Side) -> Option<i64> {
    let live = |id: InstrumentId| seen_at(view)(id).is_live();
    // Price for one bought (+1) or sold (−1), signed as a cost; the target itself counted as `side` says.
    let cost = |id: InstrumentId, bought: i64, lots: i64| -> Option<i64> {
        let takes_asks = (bought > 0) == (side == Side::Ask);
        let level = view.market(id)?.book.best(if takes_asks { Side::Ask } else { Side::Bid })?;
        assert!(level.qty.whole_lots() >= lots, "the first level is enough");
        live(id).then_some(bought * lots * level.price.0)
    };
    let mut calendars = Vec::new();
    for (from, to) in (0..9_usize).flat_map(|from| (from + 1..9).map(move |to| (from, to))) {
        if (from, to) != (near, far)
            && let Some(id) = calendar_of(view, from as i32, to as i32)
        {
            calendars.extend([1, -1].map(|way| (id, from, to, way)));
        }
    }
    let mut found = Vec::new();
    let mut finish = |chosen: &[(InstrumentId, usize, usize, i64)]| {
        let mut rest = [0_i64; 9];
        (rest[near], rest[far]) = (1, -1);
        for (_, from, to, way) in chosen {
            rest[*from] -= way;
            rest[*to] += way;
        }
        if rest.iter().filter(|count| **count != 0).count() > 2 {
            return;
        }
        let outrights = rest.iter().enumerate().filter(|(_, count)| **count != 0);
        let outrights =
            outrights.map(|(at, count)| cost(outright(view, "H100", at as i32), count.signum(), count.abs()));
        let spreads = chosen.iter().map(|(id, _, _, way)| cost(*id, *way, 1));
        found.extend(outrights.chain(spreads).sum::<Option<i64>>());
    };
    finish(&[]);
    for (at, first) in calendars.iter().enumerate() {
        finish(&[*first]);
        for second in calendars[at + 1..].iter().filter(|second| second.0 != first.0) {
            finish(&[*first, *second]);
        }
    }
    if side == Side::Ask { found.into_iter().min() } else { found.into_iter().max() }
}

/// What the cell of two months must say, worked out from the view alone.
fn expected(view: &View, near: usize, far: usize) -> String {
    let listed = calendar_of(view, near as i32, far as i32);
    let own = |side| {
        let id = listed.filter(|id| seen_at(view)(*id).is_live())?;
        view.market(id)?.book.best(side).map(|level| level.price.0)
    };
    let best = |side: Side| {
        let (own, others) = (own(side), through_others(view, near, far, side));
        let is_own_best = match (own, others) {
            (Some(own), Some(others)) => {
                if side == Side::Bid {
                    own >= others
                } else {
                    own <= others
                }
            }
            (own, _) => own.is_some(),
        };
        if is_own_best { own.map(|price| (price, true)) } else { others.map(|price| (price, false)) }
    };
    let legs = [near, far].map(|at| outright(view, "H100", at as i32));
    let settle = |id: InstrumentId| view.market(id).unwrap().ticker.as_ref().unwrap().settlement.unwrap().0;
    let settle = listed.map_or_else(|| settle(legs[0]) - settle(legs[1]), settle);
    let ((bid, first), (ask, second)) = (best(Side::Bid).unwrap(), best(Side::Ask).unwrap());
    let mid = (bid + ask).div_euclid(2);
    let origin = match (first, second) {
        (true, true) => "listed",
        (false, false) => "implied",
        _ => "listed and implied",
    };
    let format = |sign| PriceFormat { decimals: 3, sign };
    let [name_near, name_far] = [near, far].map(|at| NOV_26.plus(at as i32).screen());
    let (mid, change) = (format(Sign::Always).text(Price(mid)), format(Sign::Change).text(Price(mid - settle)));
    format!("{name_near} / {name_far}: {mid} {origin}, {change} on the day")
}

#[test]
fn every_cell_can_be_worked_out_from_the_view() {
    let sample = sample();
    let harness = matrix(&sample);
    let mut origins = [0; 3];
    for (near, far) in (0..9_usize).flat_map(|near| (near + 1..9).map(move |far| (near, far))) {
        let expected = expected(&sample.view, near, far);
        harness.get_by_role_and_label(Role::Cell, &expected);
        let words = ["listed,", "implied,", "listed and implied,"];
        let kind = words.iter().rposition(|word| expected.contains(word)).unwrap();
        origins[kind] += 1;
    }
    assert!(origins.iter().all(|count| *count > 0), "the sample shows every kind: {origins:?}");
}

fn listing(view: &View) -> Listing {
    Listing::of(&view.catalogue, &h100())
}

fn figures(view: &View, near: usize, far: usize) -> Figures {
    listing(view).cell(near, far).unwrap().figures(view, seen_at(view))
}

#[test]
fn the_card_holds_what_is_quoted_ours_and_owned() {
    let sample = sample();
    let view = &sample.view;
    let cell = figures(view, 1, 4);
    let book = &view.market(sample.spread).unwrap().book;
    assert_eq!(cell.listed, Some((BookState::Live, Side::BOTH.map(|side| book.best(side)))));
    let [dec, mar] = [1, 4].map(|ahead| view.market(outright(view, "H100", ahead)).unwrap());
    for (side, against) in [(Side::Bid, Side::Ask), (Side::Ask, Side::Bid)] {
        let (near, far) = (dec.book.best(side).unwrap(), mar.book.best(against).unwrap());
        let implied = cell.implied[side as usize].as_ref().unwrap();
        let through = Side::BOTH.map(|side| through_others(view, 1, 4, side).unwrap());
        assert_eq!(implied.level.price.0, through[side as usize]);
        let Way::Legs(steps) = &implied.way else { panic!("the venue says nothing") };
        if steps.len() == 2 && implied.level.price == near.price - far.price {
            assert_eq!(implied.level.qty, near.qty.min(far.qty));
        }
    }
    let mine = cell.mine.map(|level| level.map(|level| (level.price, level.qty)));
    assert_eq!(mine, [Some((p("0.150"), Qty::lots(10))), Some((p("0.175"), Qty::lots(10)))]);
    let held = cell.held.unwrap();
    let profits =
        view.trading.positions.iter().filter(|at| at.net.abs() == Qty::lots(25)).map(|at| at.open_pl.unwrap());
    assert_eq!((held.net, held.open_pl), (Qty::lots(25), Some(profits.sum::<Money>())));
    assert_eq!(figures(view, 2, 4).held.map(|held| held.net), Some(Qty::lots(8)), "as many as the smaller leg");
    assert_eq!(figures(view, 1, 2).held, None, "both bought is no calendar");
    let settle = cell.settle.unwrap();
    assert_eq!((settle.price, settle.is_own), (p("0.150"), true));
    assert!(!figures(view, 0, 2).settle.unwrap().is_own);
    assert_eq!(cell.orientation(), "buy near, sell far, 1:1");
}

/// The venue says what it makes of a spread: this many lots at its own arithmetic, shifted in the customer's favour.
fn imply(view: &mut View, id: InstrumentId, cells: [usize; 2], lots: i64, better: &str) {
    let own = Side::BOTH.map(|side| through_others(view, cells[0], cells[1], side).unwrap());
    let level = |side: Side| {
        let price = Price(own[side as usize] + side.sign() * p(better).0);
        Some(Level { price, qty: Qty::lots(lots) })
    };
    let market = Arc::make_mut(&mut view.markets[id.index()]);
    market.implied = VenueImplied { levels: Side::BOTH.map(level), received: screen::now().mono };
}

fn empty(view: &mut View, id: InstrumentId) {
    let book = &mut Arc::make_mut(&mut view.markets[id.index()]).book;
    (book.bids, book.asks) = (Vec::new(), Vec::new());
}

/// Some listed, some implied by the venue, DEC-26 / MAR-27 with both.
fn implied_sample() -> Sample {
    let mut sample = sample();
    for (near, far) in [(1, 3), (4, 5), (5, 6), (4, 7), (2, 6)] {
        let id = calendar_of(&sample.view, near, far).unwrap();
        empty(&mut sample.view, id);
        imply(&mut sample.view, id, [near as usize, far as usize], 14, "0.000");
    }
    let id = sample.spread;
    imply(&mut sample.view, id, [1, 4], 12, "0.000");
    sample
}

#[test]
fn pictures_of_what_the_venue_implies() {
    let mut pictures = Pictures::new(implied_sample());
    pictures.take("spreads_venue", SpreadsPanel::default, spreads_ui, SPREADS);
    let mut harness = matrix(&implied_sample());
    harness.get_by_label_contains("MAR-27 / APR-27:").hover();
    harness.run_steps(3);
    pictures.results.add(harness.try_snapshot("spreads_venue_hover_dark"));
    pictures.results.unwrap();
}

#[test]
fn what_the_venue_implies_is_told_from_what_legs_would_make() {
    let mut view = sample().view;
    let id = calendar_of(&view, 4, 5).unwrap();
    empty(&mut view, id);
    let of = |view: &View| figures(view, 4, 5);
    let shown = |view: &View, show| of(view).shown(show).map(|shown| shown.origin);
    let words = |view: &View| of(view).way(Show::Best, Side::Ask, view).unwrap();
    assert_eq!(shown(&view, Show::Best), Some(Origin::Implied), "the venue says nothing");
    assert!(!words(&view).contains("one order"), "{}", words(&view));
    let own = of(&view).implied.map(|side| side.unwrap());

    imply(&mut view, id, [4, 5], 3, "0.000");
    assert_eq!([Show::Best, Show::Implied].map(|show| shown(&view, show)), [Some(Origin::Venue); 2]);
    assert_eq!(shown(&view, Show::Listed), None, "its own book is empty");
    let told = of(&view).implied.map(|side| side.unwrap());
    assert_eq!((told[0].level.price, told[0].level.qty), (own[0].level.price, Qty::lots(3)), "its size, not the legs'");
    assert_eq!((told[0].size(), own[0].size()), ("[3]".to_owned(), format!("({})", own[0].level.qty.whole_lots())));
    assert_eq!(words(&view), "implied by SIM from other books, tradeable in one order");

    imply(&mut view, id, [4, 5], 3, "-0.005");
    assert_eq!(shown(&view, Show::Best), Some(Origin::Implied), "the legs are better: a word for each");
    imply(&mut view, id, [4, 5], 3, "0.005");
    assert_eq!(shown(&view, Show::Best), Some(Origin::Venue));
    screen::put_to_sleep(&mut view, id);
    assert_eq!(shown(&view, Show::Best), Some(Origin::Implied), "nothing of the venue's is believed any more");
}

#[test]
fn a_butterfly_is_priced_from_its_three_months() {
    let view = sample().view;
    let listing = listing(&view);
    let [dec, mar, jun] = [1, 4, 7].map(|ahead| NOV_26.plus(ahead));
    let fly = listing.butterfly(dec, mar).unwrap().figures(&view, seen_at(&view));
    assert_eq!(fly.legs.iter().map(|leg| (leg.month, leg.ratio)).collect::<Vec<_>>(), [(dec, 1), (mar, -2), (jun, 1)]);
    assert_eq!((fly.name().as_str(), fly.listed), ("DEC-26 / MAR-27 / JUN-27", None));
    assert_eq!(fly.orientation(), "buy 1, sell 2, buy 1");
    // Its two calendars make it at least as well as its three months do.
    let of = |near, far, side| figures(&view, near, far).side(Show::Best, side).unwrap().0;
    let from_calendars = of(1, 4, Side::Ask) - of(4, 7, Side::Bid);
    let best = |id: InstrumentId, side| view.market(id).unwrap().book.best(side).unwrap().price;
    let ids = [1, 4, 7].map(|ahead| outright(&view, "H100", ahead));
    let from_months =
        best(ids[0], Side::Ask) - best(ids[1], Side::Bid) - best(ids[1], Side::Bid) + best(ids[2], Side::Ask);
    let ask = fly.side(Show::Implied, Side::Ask).unwrap().0;
    assert!(ask <= from_months && ask <= from_calendars, "{ask} of {from_months} and {from_calendars}");
    assert!(listing.butterfly(NOV_26.plus(6), NOV_26.plus(8)).is_some(), "SEP-27 is listed beyond the matrix");
    assert!(listing.butterfly(NOV_26, NOV_26.plus(8)).is_none(), "MAR-28 is not listed");
}

#[test]
fn a_book_that_is_not_live_makes_no_price() {
    let mut sample = sample();
    let [march, july] = [4, 8].map(|ahead| outright(&sample.view, "H100", ahead));
    screen::put_to_sleep(&mut sample.view, march);
    screen::put_to_sleep(&mut sample.view, july);
    let view = &sample.view;
    let harness = matrix(&sample);
    let mid = |id: InstrumentId| view.market(id).unwrap().book.mid().unwrap();
    let text = PriceFormat { decimals: 3, sign: Sign::Always }.text(mid(sample.spread));
    harness.get_by_label_contains(&format!("DEC-26 / MAR-27: {text} listed,"));
    let cells = listing(view).figures(view, seen_at(view));
    let steps = |implied: &Implied| match &implied.way {
        Way::Legs(steps) => steps.clone(),
        Way::Venue => panic!("the venue says nothing"),
    };
    let uses = |cell: &Figures, id| cell.implied.iter().flatten().any(|way| steps(way).iter().any(|step| step.0 == id));
    assert!(!cells.iter().any(|cell| uses(cell, march) || uses(cell, july)));
    let through_calendars = figures(view, 1, 4);
    assert!(through_calendars.implied.iter().all(Option::is_some), "MAR-27 can be had through its calendars");
    let asleep = figures(view, 4, 8);
    let known = asleep.shown(Show::Best).unwrap();
    assert_eq!((known.is_live, known.mid), (false, mid(march) - mid(july)), "the last that was known");
    assert_eq!((known.origin, asleep.change(known)), (Origin::Implied, None));
    assert_eq!(asleep.shown(Show::Listed), None);
    let table = listing(view).tab_separated(&cells, Show::Best);
    let of_july = table.lines().skip(1).map(|line| line.rsplit('\t').next().unwrap());
    assert!(of_july.clone().count() == 8 && of_july.clone().all(str::is_empty), "{table}");
}

#[test]
fn figures_are_of_a_version_and_hold_until_the_next() {
    let mut harness = matrix(&sample());
    let before = expected(&harness.state().view, 5, 8);
    harness.get_by_role_and_label(Role::Cell, &before);
    let view = &mut harness.state_mut().view;
    let july = outright(view, "H100", 8);
    let moved = screen::market(july, view.instrument(july).unwrap(), 2_400);
    view.markets[july.index()] = Arc::new(moved);
    let after = expected(view, 5, 8);
    assert_ne!(before, after);
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Cell, &before);
    harness.state_mut().view.version += 1;
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Cell, &after);
}

#[test]
fn a_listed_cell_goes_to_the_ladder_and_an_unlisted_one_cannot() {
    let sample = sample();
    let mut harness = matrix(&sample);
    let group_b = |harness: &Harness<'_, Stage<SpreadsPanel>>| harness.state().selection.instrument(LinkGroup::B);
    harness.get_by_role_and_label(Role::Group, "DEC-26 / MAR-27, buy near, sell far, 1:1");
    harness.get_by_label_contains("JAN-27 / FEB-27:").click();
    harness.run_steps(3);
    assert_eq!(group_b(&harness), Some(sample.spread), "to look is not to choose");
    harness.get_by_label("Ladder").click();
    harness.run_steps(2);
    assert_eq!(group_b(&harness), calendar_of(&sample.view, 2, 3));
    harness.get_by_label_contains("JAN-27 / APR-27:").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Ladder").is_none(), "not listed: only its legs can be traded");
}

#[test]
fn arrows_walk_the_triangle_and_enter_opens_the_ladder() {
    let sample = sample();
    let mut harness = matrix(&sample);
    harness.get_by_label_contains("DEC-26 / MAR-27:").click();
    harness.remove_cursor();
    harness.run_steps(3);
    let shown = |harness: &Harness<'_, Stage<SpreadsPanel>>, name: &str| {
        harness.get_by_role_and_label(Role::Group, &format!("{name}, buy near, sell far, 1:1"));
    };
    for (key, name) in [
        (Key::ArrowLeft, "DEC-26 / FEB-27"),
        (Key::ArrowDown, "JAN-27 / FEB-27"),
        (Key::ArrowDown, "JAN-27 / FEB-27"),
        (Key::ArrowLeft, "JAN-27 / FEB-27"),
        (Key::ArrowRight, "JAN-27 / MAR-27"),
        (Key::ArrowDown, "FEB-27 / MAR-27"),
    ] {
        harness.key_press(key);
        harness.run_steps(3);
        shown(&harness, name);
    }
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_eq!(harness.state().selection.instrument(LinkGroup::B), calendar_of(&sample.view, 3, 4));
}

#[test]
fn the_butterfly_button_turns_the_card() {
    let mut harness = matrix(&sample());
    harness.get_by_label("Butterfly").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Group, "DEC-26 / MAR-27 / JUN-27, buy 1, sell 2, buy 1");
    harness.get_by_label("Butterfly").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Group, "DEC-26 / MAR-27, buy near, sell far, 1:1");
}

#[test]
fn listed_prices_alone_and_implied_prices_alone() {
    let mut harness = matrix(&sample());
    for (choice, show) in [("Listed", Show::Listed), ("Implied", Show::Implied)] {
        harness.get_by_label(&format!("Prices: {choice}")).click();
        harness.run_steps(3);
        let view = &harness.state().view;
        let format = PriceFormat { decimals: 3, sign: Sign::Always };
        let known = figures(view, 1, 4).shown(show).unwrap();
        let word = if show == Show::Listed { "listed" } else { "implied" };
        harness.get_by_label_contains(&format!("DEC-26 / MAR-27: {} {word},", format.text(known.mid)));
        if show == Show::Listed {
            harness.get_by_label("DEC-26 / APR-27: not known");
            harness.get_by_label("JAN-27 / MAY-27: not known");
        }
    }
}

#[test]
fn the_matrix_is_copied_as_a_table() {
    let sample = sample();
    let mut harness = matrix(&sample);
    let copied = |harness: &Harness<'_, Stage<SpreadsPanel>>| {
        harness.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    };
    harness.event(Event::Copy);
    harness.step();
    assert_eq!(copied(&harness), None, "the pointer is elsewhere");
    harness.get_by_label_contains("DEC-26 / FEB-27:").hover();
    harness.run_steps(2);
    harness.event(Event::Copy);
    harness.step();
    let text = copied(&harness).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (9, 9), "{text}");
    assert_eq!((rows[0][0], rows[0][4], rows[2][0]), ("H100", "MAR-27", "DEC-26"));
    for (near, far) in (0..8_usize).flat_map(|near| (1..9).map(move |far| (near, far))) {
        let cell = rows[near + 1][far];
        if far <= near {
            assert_eq!(cell, "");
            continue;
        }
        let expected = expected(&sample.view, near, far);
        let number = expected.split(": ").nth(1).unwrap().split(' ').next().unwrap().trim_start_matches('+');
        assert_eq!(cell, number.replace('−', "-"), "{expected}");
    }
}

/// The month's sentence, worked out from the view alone.
fn spark_sentence(view: &View, k: f64, ahead: i32) -> String {
    let touch = |product| {
        let book = &view.market(outright(view, product, ahead)).unwrap().book;
        Side::BOTH.map(|side| book.best(side).unwrap().price.to_f64_lossy())
    };
    let ([token_bid, token_ask], [gpu_bid, gpu_ask]) = (touch("TOK"), touch("H100"));
    let (bid, ask) = (k * token_bid - gpu_ask, k * token_ask - gpu_bid);
    let format = PriceFormat { decimals: 3, sign: Sign::Always };
    let text = |value: f64| format.text(Price::from_f64_lossy(value));
    let ratio = (gpu_bid + gpu_ask) / (token_bid + token_ask);
    let month = NOV_26.plus(ahead).screen();
    let mid = text(f64::midpoint(bid, ask));
    format!("H100 spark spread: {month} {mid}, bid {}, ask {}, break-even k {ratio:.2}", text(bid), text(ask))
}

#[test]
fn the_spark_spread_can_be_worked_out_from_the_view() {
    let sample = sample();
    let mut harness = spark(&sample);
    harness.get_by_label(&spark_sentence(&sample.view, 1.5, 1));
    harness.state_mut().part.set_heat_rate(3.2);
    let january = sample.view.catalogue.find("H100_USDC-JAN-27").unwrap();
    harness.state_mut().selection.select(LinkGroup::A, january);
    harness.run_steps(2);
    harness.get_by_label(&spark_sentence(&sample.view, 3.2, 2));
}

#[test]
fn a_month_of_the_spark_spread_is_looked_at_and_chosen() {
    let sample = sample();
    let mut harness = spark(&sample);
    let chart = harness.get_by_label_contains("H100 spark spread").rect();
    harness.hover_at(chart.left_top() + vec2(61.0, 90.0));
    harness.run_steps(3);
    harness.get_by_label(&spark_sentence(&sample.view, 1.5, 0));
    assert_eq!(harness.state().selection.instrument(LinkGroup::A), Some(sample.dec));
    harness.get_by_label_contains("H100 spark spread").click();
    harness.run_steps(3);
    let chosen = harness.state().selection.instrument(LinkGroup::A).unwrap();
    assert_eq!(chosen, outright(&sample.view, "H100", 3), "the middle of seven months");
}

#[test]
fn the_heat_rate_is_stepped_typed_and_reset() {
    let mut harness = spark(&sample());
    let k = |harness: &Harness<'_, Stage<SparkPanel>>| harness.state().part.heat_rate();
    harness.get_by_label("Efficiency k more").click();
    harness.run_steps(2);
    assert_eq!(k(&harness), 1.55);
    harness.get_by_role_and_label(Role::TextInput, "Efficiency k").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.key_press(Key::Backspace);
    harness.run_steps(3);
    assert_eq!(k(&harness), 1.55, "nothing is not a number");
    for (typed, rate) in [("2", 2.0), (".", 2.0), ("3", 2.3), ("3", 2.33), ("x", 2.33)] {
        harness.event(Event::Text(typed.to_owned()));
        harness.run_steps(2);
        assert_eq!(k(&harness), rate, "after {typed}");
    }
    harness.key_press(Key::Enter);
    harness.get_by_label("Efficiency k less").click();
    harness.run_steps(2);
    assert_eq!(k(&harness), 2.3, "onto the grid of steps");
    harness.get_by_label("Reset k to 1.50").click();
    harness.run_steps(2);
    assert_eq!(k(&harness), 1.5);
}

#[test]
fn panels_without_a_market_say_so() {
    let mut empty = sample();
    let session = empty.view.session.clone();
    empty.view = View::empty(session);
    let mut pictures = Pictures::new(empty);
    pictures.take("spreads_empty", SpreadsPanel::default, spreads_ui, vec2(480.0, 160.0));
    pictures.take("spark_empty", SparkPanel::default, spark_ui, vec2(480.0, 160.0));
    pictures.results.unwrap();
}
