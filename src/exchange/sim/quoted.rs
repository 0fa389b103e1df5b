//! One book as its makers see it: what the contract is worth, what they want to show, and the orders they have in it.

use super::data::MarketData;
use super::prices::CurvePoint;
use crate::base::digest::mix;
use crate::base::time::Utc;
use crate::domain::contract::{Contract, Delivery, Month};
use crate::domain::number::{Price, Side};
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::{Kind, Listing, ListingId};
use crate::exchange::engine::{OrderId, Phase};

/// Quotes reach this many ticks deep, without a gap: at the most, in calendars, and at the least where the price band is near.
const MAX_LEVELS: i64 = 20;
const CALENDAR_LEVELS: i64 = 16;
const MIN_LEVELS: i64 = 12;
/// Quotes keep this distance from the mark, so that no band refuses them.
const QUOTED_BAND: f64 = 0.09;
/// Sizes fade with this many months from the front.
const SIZE_REACH_MONTHS: f64 = 14.0;
/// A level's wanted size is drawn anew this often.
const TASTE_S: i64 = 600;
/// The quotes follow the fair price only once it has left their middle by this many ticks.
const STICKINESS_TICKS: f64 = 0.65;
/// How far the makers' inventory can lean their quotes, and what is left of it from one valuation to the next.
const MAX_LEAN_TICKS: f64 = 1.0;
const INVENTORY_FADE: f64 = 0.999_6;

/// Where a contract's worth comes from.
#[derive(Clone, Copy, Debug)]
pub enum Worth {
    Curve(CurvePoint),
    Index,
    /// Near minus far, by position among the books.
    Difference(usize, usize),
    /// Of no concern to the crowd.
    Unquoted,
}

/// A maker's working order. `depth` is the price in ticks with the sign that makes better prices smaller.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    pub depth: i64,
    pub order: OrderId,
    pub account: AccountId,
    pub lots: i64,
    pub filled: i64,
}

#[derive(Clone, Debug)]
pub struct QuotedBook {
    pub listing: ListingId,
    pub product: usize,
    pub worth: Worth,
    pub tick: Price,
    /// Wanted distance between best bid and best ask.
    pub width_ticks: i64,
    /// How many ticks deep the makers quote, from the best price on.
    pub levels: i64,
    pub lots_at_touch: f64,
    /// Share of the quoting and of the trading that happens here.
    pub weight: f64,
    pub fair: f64,
    pub best_bid_ticks: i64,
    /// Contracts the makers are long by trading here; leans their quotes, fades.
    inventory: f64,
    pub mark: Option<Price>,
    pub is_open: bool,
    pub phase: Phase,
    pub is_queued: bool,
    quotes: [Vec<Quote>; 2],
    /// Width and size at the touch while all makers are there.
    usual: (i64, f64),
}

const fn slot(side: Side) -> usize {
    match side {
        Side::Bid => 0,
        Side::Ask => 1,
    }
}

impl QuotedBook {
    pub fn new(listing: &Listing, worth: Worth, front: Month, data: &MarketData) -> Self {
        let product = listing.product.index();
        let market = &data.products[product].market;
        let months = |month: Option<Month>| month.map_or(0, |m| usize::try_from(m.since(front)).unwrap_or(0));
        let near = months(listing.month);
        let far = match &listing.contract {
            Contract::Spread { legs } => match legs.last().map(|leg| leg.delivery) {
                Some(Delivery::Month(month)) => months(Some(month)),
                _ => near,
            },
            Contract::Outright { .. } => near,
        };
        let (half_spread, thickness, share) = match listing.kind {
            Kind::Future => (market.half_spread_ticks(near), 1.0, month_share(near, listing.month)),
            Kind::Perpetual => (2.0, 0.8, 0.5),
            Kind::Combo => (market.half_spread_ticks(far), 0.0, 0.0),
            Kind::Calendar => {
                ((0.75 * market.half_spread_ticks(far)).round().max(1.0), 0.45, 0.22 * month_share(near, None))
            }
        };
        let width_ticks = (2.0 * half_spread).round() as i64;
        let lots_at_touch = (market.lots_at_touch * thickness * (-(far as f64) / SIZE_REACH_MONTHS).exp()).max(3.0);
        Self {
            listing: listing.id,
            product,
            worth,
            tick: listing.tick,
            width_ticks,
            levels: MAX_LEVELS,
            lots_at_touch,
            weight: market.activity * share,
            fair: 0.0,
            best_bid_ticks: 0,
            inventory: 0.0,
            mark: None,
            is_open: true,
            phase: Phase::Open,
            is_queued: false,
            quotes: [Vec::new(), Vec::new()],
            usual: (width_ticks, lots_at_touch),
        }
    }

    /// With this share of the makers: quotes are smaller, and wider apart.
    pub fn thin(&mut self, share: f64) {
        let (width_ticks, lots_at_touch) = self.usual;
        self.width_ticks = (width_ticks as f64 / share).round() as i64;
        self.lots_at_touch = (lots_at_touch * share).max(1.0);
    }

    /// Whether orders may come in.
    pub fn is_quoted(&self) -> bool {
        self.is_open && matches!(self.phase, Phase::Open | Phase::PreOpen)
    }

    /// Takes over a new fair price. `reference` is the price of the outright that bands are measured by.
    pub fn value(&mut self, fair: f64, reference: f64) {
        self.fair = fair;
        let tick = self.tick.to_f64_lossy();
        let room = (QUOTED_BAND * reference / tick).floor() as i64 - self.width_ticks;
        self.levels = room.clamp(MIN_LEVELS, self.most_levels());
        self.inventory *= INVENTORY_FADE;
        let lean = (self.inventory / (8.0 * self.lots_at_touch)).clamp(-1.0, 1.0) * MAX_LEAN_TICKS;
        let middle = fair / tick - lean;
        let half = self.width_ticks as f64 / 2.0;
        if (middle - half - self.best_bid_ticks as f64).abs() <= STICKINESS_TICKS {
            return;
        }
        self.best_bid_ticks = (middle - half).round() as i64;
        if !matches!(self.worth, Worth::Difference(..)) {
            self.best_bid_ticks = self.best_bid_ticks.max(1);
        }
    }

    fn most_levels(&self) -> i64 {
        if matches!(self.worth, Worth::Difference(..)) { CALENDAR_LEVELS } else { MAX_LEVELS }
    }

    /// Rank of the best level behind the wanted best that nobody quotes.
    pub fn hole(&self, side: Side) -> Option<i64> {
        let mut rank = 1;
        for quote in self.quotes(side) {
            match self.rank_of(side, quote) {
                quoted if quoted > rank => break,
                quoted if quoted == rank => rank += 1,
                _ => {}
            }
        }
        (rank < self.levels).then_some(rank)
    }

    /// The best price the makers want to show, in ticks.
    pub fn wanted_ticks(&self, side: Side) -> i64 {
        match side {
            Side::Bid => self.best_bid_ticks,
            Side::Ask => self.best_bid_ticks + self.width_ticks,
        }
    }

    /// Ticks of the level `rank` levels behind the wanted best.
    pub fn ticks_at(&self, side: Side, rank: i64) -> i64 {
        self.wanted_ticks(side) - side.sign() * rank
    }

    /// How far behind the wanted best a quote lies; negative inside the spread.
    pub fn rank_of(&self, side: Side, quote: &Quote) -> i64 {
        quote.depth + side.sign() * self.wanted_ticks(side)
    }

    pub fn price(&self, ticks: i64) -> Price {
        Price::from_ticks(ticks, self.tick)
    }

    pub const fn depth(side: Side, ticks: i64) -> i64 {
        -side.sign() * ticks
    }

    /// Best first, oldest first at a price.
    pub fn quotes(&self, side: Side) -> &[Quote] {
        &self.quotes[slot(side)]
    }

    /// The makers' best price in ticks.
    pub fn best_ticks(&self, side: Side) -> Option<i64> {
        self.quotes(side).first().map(|quote| -side.sign() * quote.depth)
    }

    /// Positions of the quotes at a price.
    pub fn at_ticks(&self, side: Side, ticks: i64) -> std::ops::Range<usize> {
        let quotes = self.quotes(side);
        let depth = Self::depth(side, ticks);
        let first = quotes.partition_point(|q| q.depth < depth);
        first..first + quotes[first..].partition_point(|q| q.depth == depth)
    }

    pub fn lots_at(&self, side: Side, ticks: i64) -> i64 {
        self.quotes(side)[self.at_ticks(side, ticks)].iter().map(|q| q.lots).sum()
    }

    pub fn insert(&mut self, side: Side, quote: Quote) {
        let quotes = &mut self.quotes[slot(side)];
        let at = quotes.partition_point(|q| q.depth <= quote.depth);
        quotes.insert(at, quote);
    }

    pub fn remove(&mut self, side: Side, at: usize) -> Quote {
        self.quotes[slot(side)].remove(at)
    }

    /// Takes a fill off the maker's order; false when the order is not one of these.
    pub fn fill(&mut self, side: Side, order: OrderId, lots: i64) -> bool {
        let quotes = &mut self.quotes[slot(side)];
        let Some(at) = quotes.iter().position(|q| q.order == order) else { return false };
        let quote = &mut quotes[at];
        quote.lots -= lots;
        quote.filled += lots;
        if quote.lots <= 0 {
            quotes.remove(at);
        }
        self.inventory += (side.sign() * lots) as f64;
        true
    }

    /// Nothing more is quoted or traded here.
    pub fn close(&mut self) {
        self.is_open = false;
        self.weight = 0.0;
        self.quotes.iter_mut().for_each(Vec::clear);
    }

    /// Whether the shown best differs from the wanted one.
    pub fn is_stale(&self) -> bool {
        Side::BOTH.into_iter().any(|side| self.best_ticks(side) != Some(self.wanted_ticks(side)))
    }

    /// Contracts the makers want at a level: thin at the touch, thickest some ticks behind it, thick at round prices, and with a taste of
    /// its own that changes every few minutes.
    pub fn wanted_lots(&self, side: Side, rank: i64, now: Utc) -> i64 {
        let ticks = self.ticks_at(side, rank);
        let key = mix(u64::from(self.listing.0) << 32 ^ ticks.unsigned_abs() << 1 ^ slot(side) as u64);
        let phase = (key % TASTE_S.unsigned_abs()) as i64;
        let draw = mix(key ^ ((now.0 / 1_000_000_000 + phase) / TASTE_S).unsigned_abs());
        let unit = |shift: u32| f64::from((draw >> shift) as u16) / 65_536.0;
        let distance = rank.max(0) as f64;
        let hump = (0.75 + 0.9 * distance * (-distance / 4.0).exp()) * (-distance / 20.0).exp();
        let round = match (ticks.rem_euclid(10), ticks.rem_euclid(5)) {
            (0, _) => 2.4 + 2.4 * unit(16),
            (_, 0) => 1.5 + 1.6 * unit(16),
            _ => 1.0,
        };
        // At the touch several makers stand at a price already.
        let round = if rank < 3 { 1.0 + 0.3 * (round - 1.0) } else { round };
        ((self.lots_at_touch * hump * round * (0.55 + 0.9 * unit(0))).round() as i64).max(1)
    }
}

/// Activity of a delivery month: most in the second one, more in the quarters' last months.
pub fn month_share(ahead: usize, month: Option<Month>) -> f64 {
    let distance = (ahead as f64 - 1.0).abs();
    let quarter = month.is_some_and(|m| m.month % 3 == 0);
    (0.04 + (-distance / 3.5).exp()) * if quarter { 1.4 } else { 1.0 }
}
