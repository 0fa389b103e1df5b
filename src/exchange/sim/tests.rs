//! Whole runs: determinism, sanity of the books, pace.

mod directives;
mod standing;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::base::rng::Rng;
use crate::base::time::Utc;
use crate::domain::book::{Book, Level};
use crate::domain::calendar::Calendar;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{PostOnly, VenueOrderState};
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::{CatalogueData, Kind, ListingId};
use crate::exchange::engine::{Applied, Command, Edit, Event, OrderId, Place};

const FRIDAY: &str = "2026-11-20T15:00:00Z";
const SUNDAY: &str = "2026-11-22T09:00:00Z";

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

fn config(seed: u64, start: &str, rate: f64) -> Config {
    Config {
        seed,
        start: utc(start),
        rate,
        data: Arc::new(CatalogueData::embedded().unwrap()),
        calendar: Arc::new(Calendar::us().unwrap()),
    }
}

/// Advances to `until`, showing every batch.
fn run(exchange: &mut Exchange, until: Utc, mut look: impl FnMut(&Exchange, &Released)) {
    let mut out = Released::default();
    loop {
        let progress = exchange.advance(until, &mut out);
        look(exchange, &out);
        out.clear();
        if progress == Progress::Done {
            return;
        }
    }
}

fn messages(out: &Released) -> usize {
    out.engine.list.iter().filter(|e| matches!(e, Event::Book { .. } | Event::Trade(_))).count()
}

fn levels(exchange: &Exchange, listing: ListingId, side: Side) -> Vec<Level> {
    let mut levels = Vec::new();
    exchange.engine().copy_levels(listing, side, usize::MAX, &mut levels);
    levels
}

fn printed(config: &Config, span: Duration, inputs: Option<&InputLog>) -> String {
    let mut text = String::new();
    let sink = |lines: &str| {
        text.push_str(lines);
        Ok::<(), Infallible>(())
    };
    print_run(config, span, inputs, sink).unwrap();
    text
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let span = Duration::from_secs(8);
    let first = printed(&config(7, FRIDAY, 1_500.0), span, None);
    assert!(first.lines().count() > 5_000, "{}", first.lines().count());
    assert!(first == printed(&config(7, FRIDAY, 1_500.0), span, None));
    assert!(first != printed(&config(8, FRIDAY, 1_500.0), span, None));
}

/// A client that does a bit of everything, at irregular moments, while the rate changes under it.
fn live_run(config: &Config, span: Duration) -> (String, String) {
    let mut exchange = Exchange::new(config).unwrap();
    let mut rng = Rng::new(99);
    let mut out = Released::default();
    let (mut text, mut log) = (String::new(), format!("{}\n", exchange.header()));
    let mut account = None;
    let mut orders: Vec<OrderId> = Vec::new();
    let busiest: Vec<ListingId> = exchange.engine().catalogue().active().take(6).map(|l| l.id).collect();
    let end = config.start + span;
    let mut at = config.start;
    for step in 0_u32.. {
        at = at + Duration::from_secs_f64(rng.exponential(0.12));
        if at > end {
            break;
        }
        if rng.chance(0.5) {
            // Pacing that differs from the replay's must not matter.
            let _ = exchange.advance(at - Duration::from_millis(3), &mut out);
        }
        match step {
            0 => account = Some(exchange.open_account(at, "desk one", &mut out)),
            20 => exchange.set_rate(at, 0.0, &mut out),
            24 => exchange.set_rate(at, 4_000.0, &mut out),
            _ => trade_at_random(&mut exchange, at, account.unwrap(), &busiest, &mut orders, &mut rng, &mut out),
        }
        write_released(exchange.engine().catalogue(), &out, &mut text).unwrap();
        log.push_str(&out.inputs);
        out.clear();
    }
    while exchange.advance(end, &mut out) == Progress::More {}
    write_released(exchange.engine().catalogue(), &out, &mut text).unwrap();
    (text, log)
}

fn trade_at_random(
    exchange: &mut Exchange,
    at: Utc,
    account: AccountId,
    listings: &[ListingId],
    orders: &mut Vec<OrderId>,
    rng: &mut Rng,
    out: &mut Released,
) {
    let listing = listings[rng.below(listings.len() as u64) as usize];
    let side = if rng.chance(0.5) { Side::Bid } else { Side::Ask };
    let mut pick = || orders.get(rng.below(orders.len() as u64 + 1) as usize).copied().unwrap_or(OrderId(1));
    let (victim, moved) = (pick(), pick());
    let best = exchange.engine().best(listing, side).map_or(Price(2_500_000_000), |level| level.price);
    let command = match rng.below(6) {
        0 => Command::Cancel(victim),
        1 => Command::Edit(Edit { order: moved, qty: Qty::lots(2), price: None, post_only: PostOnly::Off }),
        2 => Command::Place(Place::market(listing, side, Qty::lots(1))),
        _ => Command::Place(Place {
            label: Some("T|abc-1".into()),
            ..Place::limit(listing, side, Qty::lots(1 + rng.below(4) as i64), best)
        }),
    };
    if let Ok(Applied::Order(id)) = exchange.submit(at, account, &command, out) {
        orders.push(id);
    }
}

#[test]
fn a_live_runs_input_log_replays_to_the_same_bytes() {
    let config = config(3, FRIDAY, 1_200.0);
    let span = Duration::from_secs(12);
    let (live, log) = live_run(&config, span);
    let log = InputLog::parse(&log).unwrap();
    assert!(log.inputs.len() > 60 && live.contains(" order ") && live.contains(" fill "), "the client did something");
    assert!(live == printed(&config, span, Some(&log)), "the replay differs");
    let mut shorter = log;
    shorter.inputs.retain(|s| !matches!(s.input, Input::Command { command: Command::Place(_), .. }));
    assert!(live != printed(&config, span, Some(&shorter)), "the inputs matter");
}

#[test]
fn books_follow_from_their_events_and_are_never_crossed() {
    let config = config(11, FRIDAY, 6_000.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let listings = exchange.engine().catalogue().all().to_vec();
    let mut books: Vec<(u64, Book)> = Vec::new();
    for listing in &listings {
        let mut book = Book::new(listing.tick);
        for side in Side::BOTH {
            for level in levels(&exchange, listing.id, side) {
                book.set(side, level.price, level.qty);
            }
        }
        books.push((exchange.engine().change_id(listing.id), book));
    }
    let mut changes = 0;
    run(&mut exchange, config.start + Duration::from_secs(20), |_, out| {
        for event in &out.engine.list {
            let Event::Book { listing, prev_change_id, change_id, levels } = event else { continue };
            let (last, book) = &mut books[listing.index()];
            assert_eq!(*last, *prev_change_id);
            *last = *change_id;
            for level in out.engine.levels(levels) {
                assert_eq!(book.set(level.side, level.price, level.qty), level.before);
            }
            assert!(!book.is_crossed(), "{}", listings[listing.index()].symbol);
            changes += 1;
        }
    });
    assert!(changes > 80_000, "{changes}");
    for listing in &listings {
        for side in Side::BOTH {
            let mut followed = Vec::new();
            books[listing.id.index()].1.copy_levels(side, usize::MAX, &mut followed);
            assert_eq!(followed, levels(&exchange, listing.id, side), "{}", listing.symbol);
        }
    }
}

/// Quoted width in ticks of what the makers want, which the sim keeps to itself: as shown right after boot.
fn width_ticks(exchange: &Exchange, listing: ListingId) -> i64 {
    let tick = exchange.engine().catalogue().get(listing).unwrap().tick;
    let best = |side| exchange.engine().best(listing, side).unwrap().price;
    (best(Side::Ask) - best(Side::Bid)).ticks(tick)
}

#[test]
fn after_boot_every_listing_has_a_past_and_a_full_book() {
    for (seed, start) in [
        (1, FRIDAY),
        (2, SUNDAY),
        (3, "2026-11-30T21:00:00Z"),
        (4, "2026-11-30T20:59:59Z"),
        (5, "2026-12-01T20:40:00Z"),
        (6, "2027-01-01T00:00:00Z"),
        (7, "2029-07-05T13:14:15.123456789Z"),
    ] {
        let exchange = Exchange::new(&config(seed, start, 1_500.0)).unwrap();
        let engine = exchange.engine();
        for listing in engine.catalogue().active() {
            let (stats, name) = (engine.stats(listing.id), format!("{} at {start}", listing.symbol));
            let (high, low, last) = (stats.high.unwrap(), stats.low.unwrap(), stats.last.unwrap());
            assert!(low <= last && last <= high, "{name}");
            assert!(stats.settlement.is_some() && stats.volume > Qty::ZERO, "{name}");
            assert!(engine.trades(listing.id).count() >= 4, "{name}");
            let settled = stats.settlement.unwrap();
            assert!((last - settled).0.abs() < 300_000_000, "{name}: last {last}, settled {settled}");
            if listing.kind != Kind::Calendar {
                assert!(stats.open_interest > Qty::ZERO, "{name}");
                let (mark, bid) = (stats.mark.unwrap(), engine.best(listing.id, Side::Bid).unwrap().price);
                assert!(bid < mark && mark < engine.best(listing.id, Side::Ask).unwrap().price, "{name}");
            }
            for side in Side::BOTH {
                let shown = levels(&exchange, listing.id, side);
                assert!((10..=20).contains(&shown.len()), "{name}: {} levels", shown.len());
                assert!(shown.iter().all(|level| level.qty >= Qty::lots(1) && level.qty <= Qty::lots(2_000)), "{name}");
            }
        }
    }
}

#[test]
fn spreads_widen_down_the_curve() {
    let exchange = Exchange::new(&config(1, SUNDAY, 0.0)).unwrap();
    let catalogue = exchange.engine().catalogue();
    let width = |symbol: &str| width_ticks(&exchange, catalogue.find(symbol).unwrap().id);
    assert_eq!(
        [
            "H100_USDC-30NOV26",
            "H100_USDC-31DEC26",
            "H100_USDC-31DEC27",
            "H100_USDC-31OCT29",
            "B200_USDC-31DEC26",
            "TOK_USDC-31DEC26"
        ]
        .map(width),
        [1, 2, 4, 10, 4, 4]
    );
    let december = catalogue.find("H100_USDC-31DEC26").unwrap().id;
    let bests = Side::BOTH.map(|side| exchange.engine().best(december, side).unwrap().price.to_string());
    assert_eq!(bests, ["2.78", "2.8"], "a run begins at the seed prices");
}

#[test]
fn no_book_passes_what_other_books_imply() {
    let config = config(5, FRIDAY, 1_500.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let listings: Vec<ListingId> = exchange.engine().catalogue().active().map(|listing| listing.id).collect();
    let mut compared = 0;
    for second in 1..=90 {
        run(&mut exchange, config.start + Duration::from_secs(second), |_, _| {});
        let engine = exchange.engine();
        for (listing, side) in listings.iter().flat_map(|listing| Side::BOTH.map(|side| (*listing, side))) {
            let implied = engine.implied(listing, side.opposite());
            let (Some(own), Some(implied)) = (engine.best(listing, side), implied) else { continue };
            assert!(!side.reaches(own.price, implied.price), "{listing:?}: {own:?} passes {implied:?}");
            compared += 1;
        }
    }
    assert!(compared > 90 * 200, "{compared}");
}

#[test]
fn the_target_rate_is_kept() {
    for (rate, seconds) in [(100.0, 240), (1_500.0, 40), (20_000.0, 6)] {
        let config = config(2, FRIDAY, rate);
        let mut exchange = Exchange::new(&config).unwrap();
        let mut count = 0;
        run(&mut exchange, config.start + Duration::from_secs(seconds), |_, out| count += messages(out));
        let shown = count as f64 / seconds as f64 / rate;
        assert!((0.85..=1.15).contains(&shown), "{rate}/s: {shown}");
    }
}

#[test]
fn a_paused_market_stands_still_until_it_is_told_to_go_on() {
    let config = config(2, FRIDAY, 0.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    let later = config.start + Duration::from_secs(3_600);
    assert_eq!(exchange.advance(later, &mut out), Progress::Done);
    assert!(out.events.is_empty() && exchange.now() == later);
    assert_eq!(exchange.next_due(), Some(utc("2026-11-20T20:30:00Z")), "the calendar goes on");

    let account = exchange.open_account(later, "me", &mut out);
    let december = exchange.engine().catalogue().find("H100_USDC-31DEC26").unwrap().id;
    let buy = Command::Place(Place::market(december, Side::Bid, Qty::lots(2)));
    exchange.submit(later, account, &buy, &mut out).unwrap();
    assert_eq!(exchange.engine().net(account, december), Qty::lots(2), "orders still match");
    run(&mut exchange, later + Duration::from_secs(5), |_, _| {});
    assert_eq!(exchange.next_due(), Some(utc("2026-11-20T20:30:00Z")), "after one flush nothing is due");

    exchange.set_rate(later + Duration::from_secs(5), 1_500.0, &mut out);
    let mut count = 0;
    run(&mut exchange, later + Duration::from_secs(15), |_, out| count += messages(out));
    assert!(count > 10_000, "{count}");
}

#[test]
fn events_are_in_order_and_flushes_on_the_hundred_milliseconds() {
    let config = config(4, "2026-11-20T15:00:00.05Z", 300.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let (mut last, mut flushes, mut since_flush) = (config.start, 0, 0);
    run(&mut exchange, config.start + Duration::from_secs(30), |exchange, out| {
        for (at, event) in out.events.iter().enumerate() {
            assert!(event.at >= last);
            last = event.at;
            if event.what == What::Flush100ms {
                assert!(event.at.0 % 100_000_000 == 0 && since_flush > 0);
                assert_eq!(at + 1, out.events.len(), "a batch ends with its flush");
                assert_eq!(exchange.now(), event.at);
                (flushes, since_flush) = (flushes + 1, 0);
            } else {
                since_flush += 1;
            }
        }
    });
    assert!((200..=300).contains(&flushes), "{flushes}");
}

#[test]
fn the_front_months_trade_and_prices_move_by_a_few_ticks_in_half_an_hour() {
    let config = config(7, FRIDAY, 800.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let december = exchange.engine().catalogue().find("H100_USDC-31DEC26").unwrap().clone();
    let (mut trades, mut mids) = (0, Vec::new());
    for second in 1..=1_800 {
        run(&mut exchange, config.start + Duration::from_secs(second), |_, out| {
            let own = |e: &&Event| matches!(e, Event::Trade(t) if t.listing == december.id && t.combo.is_none());
            trades += out.engine.list.iter().filter(own).count();
        });
        let best = |side| exchange.engine().best(december.id, side).map(|level| level.price);
        mids.extend(best(Side::Bid).zip(best(Side::Ask)).map(|(b, a)| (b + a).ticks(december.tick)));
    }
    assert!((200..=1_800).contains(&trades), "a trade every few seconds: {trades}");
    let range = (mids.iter().max().unwrap() - mids.iter().min().unwrap()) / 2;
    assert!((3..=25).contains(&range), "{range} ticks");
    let turns = mids.windows(3).filter(|w| (w[1] - w[0]) * (w[2] - w[1]) < 0).count();
    assert!(turns > 5, "it comes and goes: {turns}");
}

#[test]
fn an_hour_across_settlement_expiry_and_roll_stays_sane() {
    let config = config(6, "2026-11-30T20:15:00Z", 500.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let opening: Vec<_> =
        exchange.engine().catalogue().active().map(|l| (l.clone(), width_ticks(&exchange, l.id))).collect();
    let (mut fixings, mut settlements, mut listed, mut expired) = (0, 0, Vec::new(), Vec::new());
    run(&mut exchange, config.start + Duration::from_secs(3_600), |_, out| {
        for event in &out.engine.list {
            match event {
                Event::Fixing { .. } => fixings += 1,
                Event::Settlement(_) => settlements += 1,
                Event::Listed(id) => listed.push(*id),
                Event::Expired(id) => expired.push(*id),
                _ => {}
            }
        }
    });
    let engine = exchange.engine();
    assert_eq!(fixings, 4, "one for each product");
    let futures =
        |ids: &[ListingId]| ids.iter().filter(|id| engine.catalogue().get(**id).unwrap().kind == Kind::Future).count();
    assert_eq!((futures(&listed), futures(&expired)), (4, 4));
    assert!(settlements > 150, "{settlements}");
    for (listing, width) in opening.iter().filter(|(listing, _)| !expired.contains(&listing.id)) {
        let name = &listing.symbol;
        let now = width_ticks(&exchange, listing.id);
        assert!(now >= 1 && now <= width + 4, "{name}: {now} ticks wide, {width} at boot");
        for side in Side::BOTH {
            let shown = levels(&exchange, listing.id, side);
            assert!((8..=24).contains(&shown.len()), "{name}: {} levels", shown.len());
            let lots: i64 = shown.iter().map(|level| level.qty.whole_lots()).sum();
            assert!((20..=8_000).contains(&lots), "{name}: {lots} contracts");
        }
        if listing.kind != Kind::Calendar {
            let (low, high) = engine.price_band(listing.id).unwrap();
            let settled = engine.stats(listing.id).settlement.unwrap();
            assert!(low < settled && settled < high, "{name}");
        }
    }
    for id in &listed {
        assert!(levels(&exchange, *id, Side::Bid).len() >= 8, "a new listing is quoted from its first moment");
    }
    for id in &expired {
        assert!(levels(&exchange, *id, Side::Bid).is_empty(), "nothing is left of an expired one");
    }
}

#[test]
fn agents_fill_a_client_that_rests_at_the_best_price() {
    let config = config(9, FRIDAY, 3_000.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let mut out = Released::default();
    let account = exchange.open_account(config.start, "me", &mut out);
    let december = exchange.engine().catalogue().find("H100_USDC-31DEC26").unwrap().clone();
    let bid = exchange.engine().best(december.id, Side::Bid).unwrap().price;
    let inside = Place::limit(december.id, Side::Bid, Qty::lots(3), bid + december.tick);
    let Ok(Applied::Order(id)) = exchange.submit(config.start, account, &Command::Place(inside), &mut out) else {
        panic!("refused")
    };
    run(&mut exchange, config.start + Duration::from_secs(60), |_, _| {});
    let order = exchange.engine().order(account, id).unwrap();
    assert_eq!((order.state, order.filled), (VenueOrderState::Filled, Qty::lots(3)));
    assert!(exchange.engine().digest_at(december.id, exchange.engine().change_id(december.id)).is_some());
}

#[test]
fn books_are_quoted_without_gaps_behind_the_touch() {
    let config = config(8, FRIDAY, 3_000.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let listings: Vec<_> = exchange.engine().catalogue().active().cloned().collect();
    let (mut held, mut all) = (0, 0);
    for second in 1..=30 {
        run(&mut exchange, config.start + Duration::from_secs(second), |_, _| {});
        for listing in &listings {
            for side in Side::BOTH {
                let shown = levels(&exchange, listing.id, side);
                let Some(best) = shown.first() else { continue };
                let away = |level: &Level| (best.price - level.price).ticks(listing.tick) * side.sign();
                held += shown.iter().filter(|level| away(level) < 12).count();
                all += 12;
            }
        }
    }
    assert!(all > 100_000, "{all}");
    assert!(held * 100 >= all * 96, "{held} of {all} levels are there");
}

#[test]
fn updates_are_a_mix_of_new_changed_and_deleted_levels_mostly_near_the_touch() {
    let config = config(7, FRIDAY, 8_000.0);
    let mut exchange = Exchange::new(&config).unwrap();
    let (mut new, mut deleted, mut near, mut all) = (0, 0, 0, 0);
    run(&mut exchange, config.start + Duration::from_secs(20), |exchange, out| {
        for event in &out.engine.list {
            let Event::Book { listing, levels, .. } = event else { continue };
            let tick = exchange.engine().catalogue().get(*listing).unwrap().tick;
            for level in out.engine.levels(levels) {
                let best = exchange.engine().best(*listing, level.side).map_or(level.price, |best| best.price);
                near += usize::from((best - level.price).0.abs() <= 3 * tick.0);
                new += usize::from(level.before.is_zero());
                deleted += usize::from(level.qty.is_zero());
                all += 1;
            }
        }
    });
    let share = |count: usize| count * 100 / all;
    assert!((5..=40).contains(&share(new)) && (5..=40).contains(&share(deleted)), "{new} {deleted} of {all}");
    assert!((45..=85).contains(&share(near)), "{near} of {all}");
}
