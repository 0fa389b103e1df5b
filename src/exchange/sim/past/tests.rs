//! The months before a run: complete, of one piece with the run, and the same every time.

use std::sync::Arc;

use jiff::civil::Date;

use super::*;
use crate::domain::calendar::FIXING_TIME;
use crate::domain::contract::Month;
use crate::exchange::accounts::mean;
use crate::exchange::catalogue::{CatalogueData, ProductId};
use crate::exchange::sim::Exchange;
use crate::exchange::sim::prices::Averaging;

/// Sunday morning: the last settlement was on Friday, 20 November.
const SUNDAY: Utc = Utc::from_millis(1_795_338_000_000);

fn exchange(seed: u64, start: Utc) -> Exchange {
    let data = Arc::new(CatalogueData::embedded().unwrap());
    let calendar = Arc::new(Calendar::us().unwrap());
    Exchange::new(&Config { seed, start, rate: 0.0, data, calendar }).unwrap()
}

fn listing(exchange: &Exchange, symbol: &str) -> Listing {
    Listing::clone(exchange.engine().catalogue().find(symbol).unwrap())
}

fn settled(exchange: &Exchange, symbol: &str) -> Vec<Settlement> {
    exchange.engine().settlements(listing(exchange, symbol).id).copied().collect()
}

fn business_days(from: Utc, to: Utc) -> Vec<Date> {
    let calendar = Calendar::us().unwrap();
    let settlements =
        std::iter::successors(Some(calendar.next_settlement(from)), |at| Some(calendar.next_settlement(*at)));
    settlements.take_while(|at| *at <= to).map(Utc::date).collect()
}

#[test]
fn every_listing_has_settled_on_every_business_day_since_it_was_listed() {
    let exchange = exchange(1, SUNDAY);
    let last = Calendar::us().unwrap().last_settlement(SUNDAY);
    for listing in exchange.engine().catalogue().all() {
        let days: Vec<Date> = exchange.engine().settlements(listing.id).map(|s| s.utc.date()).collect();
        let until = listing.expiry.filter(|expiry| *expiry <= last).unwrap_or(last);
        let mut want = business_days((last - SPAN - Duration::from_secs(1)).max(listing.creation), until);
        if listing.kind == Kind::Calendar && !listing.is_active {
            want.pop();
        }
        assert_eq!(days, want, "{}", listing.symbol);
        assert!(
            exchange
                .engine()
                .settlements(listing.id)
                .all(|s| s.price.is_on(listing.tick) || s.kind == SettlementKind::Delivery)
        );
    }
    let december = settled(&exchange, "H100_USDC-31DEC26");
    assert!((60..=65).contains(&december.len()), "{} business days in 90", december.len());
}

#[test]
fn expired_months_were_delivered_at_the_mean_of_their_fixings() {
    let exchange = exchange(2, SUNDAY);
    for (symbol, month) in [("H100_USDC-31AUG26", 8), ("B200_USDC-30SEP26", 9), ("TOK_USDC-30OCT26", 10)] {
        let listing = listing(&exchange, symbol);
        assert!(!listing.is_active, "{symbol}");
        let month = Month { year: 2026, month };
        let fixings = exchange.engine().fixings(listing.product).iter();
        let fixed: Vec<Price> =
            fixings.filter(|(date, _)| Month::of(*date) == month).map(|(_, price)| *price).collect();
        assert!(fixed.len() >= 20, "{symbol}: {} fixings", fixed.len());
        let last = settled(&exchange, symbol).last().copied().unwrap();
        assert_eq!((last.kind, Some(last.utc)), (SettlementKind::Delivery, listing.expiry));
        assert_eq!(Some(last.price), mean(fixed.into_iter()));
        let before = settled(&exchange, symbol).iter().rev().nth(1).copied().unwrap();
        let moved = (before.price.to_f64_lossy() / last.price.to_f64_lossy()).ln();
        assert!(moved.abs() < 0.02, "{symbol}: an average hardly moves on its last day: {moved}");
    }
}

#[test]
fn calendars_settle_at_the_difference_of_their_legs() {
    let exchange = exchange(3, SUNDAY);
    let of = |symbol: &str| settled(&exchange, symbol);
    let (near, far) = (of("H100_USDC-31DEC26"), of("H100_USDC-31MAR27"));
    for spread in of("H100_USDC-CAL-31DEC26_31MAR27") {
        let leg = |leg: &[Settlement]| leg.iter().find(|s| s.utc == spread.utc).unwrap().price;
        assert_eq!(spread.price, leg(&near) - leg(&far), "{}", spread.utc);
    }
}

#[test]
fn the_past_runs_into_the_present_without_a_jump() {
    for seed in 1..=12 {
        let exchange = exchange(seed, SUNDAY);
        for listing in exchange.engine().catalogue().active().filter(|l| l.kind == Kind::Future) {
            let bars = exchange.bars(listing, FINE, (SUNDAY - DAY * 4, SUNDAY));
            assert!(bars.len() > 230, "{}: {} quarter hours", listing.symbol, bars.len());
            let settled = exchange.engine().settlements(listing.id).last().unwrap();
            let before = bars.iter().rfind(|bar| bar.start < settled.utc).unwrap();
            assert_eq!(before.start + FINE, settled.utc);
            let step = (settled.price.to_f64_lossy() / before.close.to_f64_lossy()).ln();
            assert!(step.abs() < 0.025, "seed {seed}, {}: {step}", listing.symbol);
            let last = exchange.engine().stats(listing.id).last.unwrap();
            assert_eq!(bars.last().unwrap().close, last, "{}: the last bar ends at the last trade", listing.symbol);
        }
    }
}

#[test]
fn settlements_move_as_much_as_the_product_should() {
    let (mut squares, mut count) = (0.0, 0);
    for seed in 0..24 {
        let exchange = exchange(seed, SUNDAY);
        let prices: Vec<f64> = settled(&exchange, "H100_USDC-31MAR27").iter().map(|s| s.price.to_f64_lossy()).collect();
        squares += prices.windows(2).map(|w| (w[1] / w[0]).ln().powi(2)).sum::<f64>();
        count += prices.len() - 1;
    }
    // Deviation of a business day's move, weekends in it, plus order flow's pressure at both ends.
    let yearly = (squares / f64::from(count as u32) * 252.0).sqrt();
    assert!((0.25..0.45).contains(&yearly), "{yearly}");
}

#[test]
fn bars_are_whole_and_wide_ones_are_made_of_narrow_ones() {
    let exchange = exchange(4, SUNDAY);
    let december = listing(&exchange, "H100_USDC-31DEC26");
    let from = Utc::at(SUNDAY.date(), Duration::ZERO) - DAY * 20;
    let days = exchange.bars(&december, DAY, (from, SUNDAY));
    let hours = exchange.bars(&december, COARSE, (from, SUNDAY));
    assert_eq!((days.len(), hours.len()), (21, 20 * 24 + 9), "one for each, weekends too");
    for day in &days {
        // An hour without a trade repeats the close before it, which the day need not know of.
        let traded = |hour: &&Bar| hour.volume > Qty::ZERO && hour.start.date() == day.start.date();
        let inside: Vec<&Bar> = hours.iter().filter(traded).collect();
        assert_eq!(inside.iter().map(|h| h.high).max(), Some(day.high));
        assert_eq!(inside.iter().map(|h| h.low).min(), Some(day.low));
        assert_eq!((inside[0].open, inside[inside.len() - 1].close), (day.open, day.close));
        assert_eq!(inside.iter().map(|h| h.volume).sum::<Qty>(), day.volume);
        assert!(day.low < day.high && day.volume > Qty::ZERO);
    }
    let all = exchange.bars(&december, DAY, (Utc(0), SUNDAY));
    assert_eq!(all.len(), 93, "the day 90 days before the last settlement, and all since");
    let expired = listing(&exchange, "H100_USDC-30SEP26");
    let last = exchange.bars(&expired, COARSE, (Utc(0), SUNDAY)).last().copied().unwrap();
    assert_eq!(Some(last.start + COARSE), expired.expiry);
}

#[test]
fn secondary_indices_were_published_all_along() {
    let exchange = exchange(5, SUNDAY);
    let engine = exchange.engine();
    let index = engine.index(ProductId(0)).unwrap().to_f64_lossy();
    for secondary in engine.secondary_indices().iter().filter(|s| s.product == ProductId(0)) {
        let (utc, price) = secondary.last.unwrap();
        assert!(SUNDAY.since(utc) <= secondary.every, "{}: {utc}", secondary.name);
        let ratio = price.to_f64_lossy() / index;
        assert!((0.85..1.5).contains(&ratio), "{}: {ratio}", secondary.name);
        assert!(secondary.fixed.len() >= 60, "{}: {}", secondary.name, secondary.fixed.len());
        let days: Vec<Date> = secondary.fixed.iter().map(|(date, _)| *date).collect();
        let fixings = engine.fixings(ProductId(0));
        let want: Vec<Date> = fixings[fixings.len() - days.len()..].iter().map(|(date, _)| *date).collect();
        assert_eq!(days, want);
        let steps = secondary.fixed.windows(2).map(|w| (w[1].1.to_f64_lossy() / w[0].1.to_f64_lossy()).ln().abs());
        assert!(steps.fold(0.0, f64::max) < 0.12, "{}", secondary.name);
    }
}

#[test]
fn a_month_is_averaged_as_far_as_it_was_published_then() {
    let calendar = Calendar::us().unwrap();
    let november = Month { year: 2026, month: 11 };
    let fixings: Vec<(Date, Price)> =
        calendar.business_days(november).zip(1_i64..).map(|(date, n)| (date, Price(n * 1_000_000_000))).collect();
    let at = |utc| averaging(&calendar, &fixings, november, utc);
    let (third, _) = fixings[2];
    let before = at(Utc(Utc::at(third, FIXING_TIME).0 - 1));
    assert_eq!((before.published, before.total), (2, 20));
    assert!((before.mean - 1.5).abs() < 1e-12);
    assert_eq!(at(Utc::at(third, FIXING_TIME)).published, 3);
    assert_eq!(at(Utc::at(november.first_day(), Duration::ZERO) - FINE), Averaging::default());
}

#[test]
fn a_seed_is_a_past() {
    let read = |seed| {
        let exchange = exchange(seed, SUNDAY);
        let december = listing(&exchange, "H100_USDC-31DEC26");
        let bars = exchange.bars(&december, COARSE, (Utc(0), SUNDAY));
        (settled(&exchange, "H100_USDC-31DEC26"), bars, exchange.engine().secondary_indices().to_vec())
    };
    assert!(read(7) == read(7));
    let (first, other) = (read(7), read(8));
    assert!(first.0 != other.0 && first.1 != other.1 && first.2 != other.2);
}
