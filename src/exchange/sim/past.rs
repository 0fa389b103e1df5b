//! Prices before the run began: one path of the price process, walked backwards from the last settlement, with everything that is read
//! off it: fixings, daily settlements, bars. The market's own coarse history since that settlement continues it without a jump.

use std::time::Duration;

use super::data::{Config, MarketData};
use super::prices::{Direction, PriceProcess, Snapshot, averaging};
use super::quoted::month_share;
use super::valuation;
use crate::base::digest::mix;
use crate::base::time::Utc;
use crate::domain::calendar::{Calendar, SETTLEMENT_TIME};
use crate::domain::number::{Money, Price, Qty};
use crate::exchange::catalogue::{Kind, Listing, ListingId};
use crate::exchange::engine::{Bar, Engine, Settlement, SettlementKind};

const DAY: Duration = Duration::from_secs(86_400);
/// Fixings reach back this far,
const FIXING_DAYS: u32 = 200;
/// settlements and bars this far.
pub const SPAN: Duration = Duration::from_secs(90 * 86_400);
/// The path is fine for the newest part, coarse before.
const FINE_SPAN: Duration = Duration::from_secs(30 * 86_400);
const FINE: Duration = Duration::from_secs(900);
const COARSE: Duration = Duration::from_secs(3_600);
/// Share of the busiest month's open interest that changes hands in a day, over all months.
const TURNOVER: f64 = 0.2;

/// The path, oldest moment first, up to but without the last settlement.
#[derive(Clone, Debug)]
pub struct Past {
    seed: u64,
    ends: Utc,
    moments: Vec<(Utc, Snapshot)>,
    /// For reading snapshots.
    prices: PriceProcess,
    fixings: Vec<(Utc, Vec<Price>)>,
}

impl Past {
    /// Walks `history` on from `settled`, where it stands, into the past.
    pub fn walk(history: &PriceProcess, data: &MarketData, config: &Config, settled: Utc) -> Self {
        let mut prices = history.clone();
        let fixing_times = fixing_times(&config.calendar, settled);
        let mut times: Vec<Utc> = grid(settled).chain(fixing_times.iter().copied()).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        times.dedup();
        let (mut moments, mut fixings) = (Vec::with_capacity(times.len()), Vec::with_capacity(fixing_times.len()));
        for at in times {
            prices.walk(at, Direction::Back);
            if at >= settled - SPAN {
                moments.push((at, prices.snapshot()));
            }
            if fixing_times.binary_search(&at).is_ok() {
                let published = (0..data.products.len()).map(|id| valuation::published_index(&prices, data, id));
                fixings.push((at, published.collect()));
            }
        }
        moments.reverse();
        fixings.reverse();
        Self { seed: config.seed, ends: settled, moments, prices, fixings }
    }

    /// Indices at the fixings, oldest first, each in the order of the products.
    pub fn fixings(&self) -> &[(Utc, Vec<Price>)] {
        &self.fixings
    }

    /// Every moment with its prices, oldest first.
    pub fn each(&self, mut look: impl FnMut(Utc, &PriceProcess)) {
        let mut prices = self.prices.clone();
        for (at, snapshot) in &self.moments {
            prices.restore(snapshot);
            look(*at, &prices);
        }
    }

    /// Daily and final settlements of whatever was listed on each business day, oldest first, without the last settlement.
    pub fn settlements(&self, engine: &Engine, data: &MarketData) -> Vec<Settlement> {
        let listings = engine.catalogue().all();
        let calendar = engine.catalogue().calendar();
        let mut all = Vec::new();
        self.each(|utc, prices| {
            let date = utc.date();
            if utc != Utc::at(date, SETTLEMENT_TIME) || !calendar.is_business_day(date) {
                return;
            }
            let mut settled: Vec<Option<Price>> = vec![None; listings.len()];
            for listing in listings {
                let (kind, price) = match listing.expiry {
                    _ if listing.creation >= utc => continue,
                    Some(expiry) if expiry < utc => continue,
                    Some(expiry) if expiry == utc => {
                        let Some(price) = engine.final_price(listing) else { continue };
                        (SettlementKind::Delivery, price)
                    }
                    _ => {
                        let of = |leg: ListingId| settled.get(leg.index()).copied().flatten();
                        let price = worth(listing, utc, prices, engine, of);
                        (SettlementKind::Daily, price.round_to(listing.tick))
                    }
                };
                settled[listing.id.index()] = Some(price);
                let index = valuation::published_index(prices, data, listing.product.index());
                all.push(Settlement { listing: listing.id, kind, utc, price, index });
            }
        });
        all
    }

    /// What traded before the last settlement, one bar a moment of the path in `[from, to)`, oldest first.
    pub fn bars(&self, listing: &Listing, (from, to): (Utc, Utc), engine: &Engine, data: &MarketData) -> Vec<Bar> {
        let from = from.max(listing.creation);
        let to = to.min(self.ends).min(listing.expiry.unwrap_or(self.ends));
        let first = self.moments.partition_point(|(at, _)| *at < from);
        let count = self.moments[first..].partition_point(|(at, _)| *at < to);
        let legs: Vec<&Listing> =
            listing.legs.iter().filter_map(|leg| engine.catalogue().get(leg.listing)).map(|leg| &**leg).collect();
        let mut prices = self.prices.clone();
        let mut bars = Vec::with_capacity(count);
        for (number, (at, snapshot)) in self.moments[first..first + count].iter().enumerate() {
            prices.restore(snapshot);
            let of = |id: ListingId| {
                legs.iter().find(|leg| leg.id == id).map(|leg| worth(leg, *at, &prices, engine, |_| None))
            };
            let price = worth(listing, *at, &prices, engine, of).round_to(listing.tick);
            let next = self.moments.get(first + number + 1).map_or(self.ends, |(next, _)| *next);
            let qty = self.volume(listing, *at, next.since(*at), engine.catalogue().calendar(), data);
            // Nobody knows who took; takers of both sides, then.
            let bought = Qty::lots(qty.whole_lots() / 2);
            bars.push(Bar::at(*at, price, [qty, bought], Money::notional(price, qty, listing.contract_size)));
        }
        bars
    }

    /// Contracts traded in a span: by how busy the month was then, and chance.
    fn volume(&self, listing: &Listing, at: Utc, span: Duration, calendar: &Calendar, data: &MarketData) -> Qty {
        let market = &data.products[listing.product.index()].market;
        let ahead = listing.month.map_or(1, |month| month.since(calendar.front_month(at)));
        let share = match listing.kind {
            Kind::Future => month_share(usize::try_from(ahead).unwrap_or(0), listing.month),
            Kind::Perpetual => 0.5,
            Kind::Combo => 0.0,
            Kind::Calendar => 0.22 * month_share(usize::try_from(ahead).unwrap_or(0), None),
        };
        let draw = mix(self.seed ^ mix(u64::from(listing.id.0)) ^ at.0.unsigned_abs());
        let unit = (draw >> 11) as f64 / (1_u64 << 53) as f64;
        let usual = market.open_interest * TURNOVER * share * span.as_secs_f64() / DAY.as_secs_f64();
        Qty::lots((2.0 * usual * unit).round() as i64)
    }
}

/// Moments before `settled`: fine ones, then coarse ones.
fn grid(settled: Utc) -> impl Iterator<Item = Utc> {
    let fine = (1..).map(move |n| settled - FINE * n).take_while(move |at| *at > settled - FINE_SPAN);
    let coarse = (0..).map(move |n| settled - FINE_SPAN - COARSE * n).take_while(move |at| *at >= settled - SPAN);
    fine.chain(coarse)
}

/// Oldest first.
fn fixing_times(calendar: &Calendar, settled: Utc) -> Vec<Utc> {
    let mut at = settled - DAY * FIXING_DAYS;
    let next = || {
        at = calendar.next_fixing(at);
        (at < settled).then_some(at)
    };
    std::iter::from_fn(next).collect()
}

/// What a contract was worth, unrounded; a spread by the settlements or values of its legs.
fn worth(
    listing: &Listing,
    at: Utc,
    prices: &PriceProcess,
    engine: &Engine,
    of: impl Fn(ListingId) -> Option<Price>,
) -> Price {
    if !listing.legs.is_empty() {
        let leg = |sum: Price, leg: &crate::exchange::catalogue::Leg| {
            Price(sum.0 + of(leg.listing).unwrap_or_default().0 * i64::from(leg.ratio))
        };
        return listing.legs.iter().fold(Price(0), leg);
    }
    let product = listing.product.index();
    let Some(month) = listing.month else { return Price::from_f64_lossy(prices.index(product)) };
    let calendar = engine.catalogue().calendar();
    let averaging = averaging(calendar, engine.fixings(listing.product), month, at);
    let point = prices.curve_point(product, calendar.months_ahead(month, at), averaging);
    Price::from_f64_lossy(prices.fair(&point))
}

#[cfg(test)]
mod tests;
