//! Bars of one listing, made from its own trades as they happen: minutes for hours, quarters of an hour for two days, hours
//! for a month, days for a season.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::time::Utc;
use crate::domain::number::{Money, Price, Qty, Side};

const MINUTE: Duration = Duration::from_secs(60);
const QUARTER: Duration = Duration::from_secs(900);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// How far back the bars of each width go, in bars, with the width. Bars that nobody traded in are not there.
const KEPT: [(Duration, u32); 4] = [(MINUTE, 480), (QUARTER, 192), (HOUR, 744), (DAY, 120)];

/// What traded from `start` on, for a time that the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    pub start: Utc,
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
    /// Contracts.
    pub volume: Qty,
    /// The part of the volume that takers bought.
    pub bought: Qty,
    pub cost: Money,
}

impl Bar {
    /// A single price.
    pub const fn at(start: Utc, price: Price, [volume, bought]: [Qty; 2], cost: Money) -> Self {
        Self { start, open: price, high: price, low: price, close: price, volume, bought, cost }
    }

    /// Nothing traded: the close goes on.
    const fn quiet(start: Utc, close: Price) -> Self {
        Self::at(start, close, [Qty::ZERO; 2], Money::ZERO)
    }

    /// Takes in what came after.
    fn extend(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume += later.volume;
        self.bought += later.bought;
        self.cost += later.cost;
    }
}

fn floor(at: Utc, width: Duration) -> Utc {
    let width = i64::try_from(width.as_nanos()).unwrap_or(i64::MAX).max(1);
    Utc(at.0.div_euclid(width) * width)
}

/// Joins bars (oldest first) into wider ones that begin at multiples of `width`; what nobody traded in gets a bar without volume.
pub fn regroup(bars: impl Iterator<Item = Bar>, width: Duration) -> Vec<Bar> {
    let mut joined: Vec<Bar> = Vec::new();
    for bar in bars {
        let start = floor(bar.start, width);
        while let Some(last) = joined.last().filter(|last| last.start < start && last.start + width < start) {
            joined.push(Bar::quiet(last.start + width, last.close));
        }
        match joined.last_mut() {
            Some(last) if last.start == start => last.extend(&bar),
            _ => joined.push(Bar { start, ..bar }),
        }
    }
    joined
}

/// Bounded series, by width.
#[derive(Clone, Debug, Default)]
pub struct Bars([VecDeque<Bar>; KEPT.len()]);

impl Bars {
    /// One trade, by the side of its taker.
    pub fn add(&mut self, utc: Utc, aggressor: Side, price: Price, qty: Qty, cost: Money) {
        let bought = if aggressor == Side::Bid { qty } else { Qty::ZERO };
        for (series, (width, kept)) in self.0.iter_mut().zip(KEPT) {
            let bar = Bar::at(floor(utc, width), price, [qty, bought], cost);
            match series.back_mut() {
                Some(last) if last.start == bar.start => last.extend(&bar),
                _ => {
                    let first = bar.start - width * (kept - 1);
                    let over = series.partition_point(|bar| bar.start < first);
                    series.drain(..over);
                    series.push_back(bar);
                }
            }
        }
    }

    pub fn clear(&mut self) {
        self.0.iter_mut().for_each(VecDeque::clear);
    }

    /// The widest bars that `width` can be made of, oldest first.
    pub fn parts(&self, width: Duration) -> impl DoubleEndedIterator<Item = Bar> {
        let fits = |part: Duration| width.as_secs().is_multiple_of(part.as_secs());
        let widest = KEPT.iter().rposition(|(part, _)| fits(*part)).unwrap_or(0);
        self.0[widest].iter().copied()
    }

    /// The bar of `width` that the last trade fell into.
    pub fn newest(&self, width: Duration) -> Option<Bar> {
        let start = floor(self.parts(width).next_back()?.start, width);
        let mut within: Vec<Bar> = self.parts(width).rev().take_while(|part| part.start >= start).collect();
        within.reverse();
        regroup(within.into_iter(), width).pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Utc {
        Utc::from_millis(1_795_186_800_000 + minutes * 60_000)
    }

    fn trade(bars: &mut Bars, minutes: i64, cents: i64, lots: i64) {
        let (price, qty) = (Price(cents * 10_000_000), Qty::lots(lots));
        let side = if cents % 2 == 0 { Side::Bid } else { Side::Ask };
        bars.add(at(minutes), side, price, qty, Money::notional(price, qty, 730));
    }

    #[test]
    fn wider_bars_are_the_narrow_ones_joined() {
        let mut bars = Bars::default();
        for (minutes, cents, lots) in [(0, 280, 1), (0, 283, 2), (7, 279, 1), (65, 281, 4), (190, 284, 1)] {
            trade(&mut bars, minutes, cents, lots);
        }
        let of = |minutes: u64| {
            let width = Duration::from_secs(60 * minutes);
            let bars = regroup(bars.parts(width), width);
            bars.iter().map(|b| [b.open, b.high, b.low, b.close].map(|p| p.0 / 10_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(of(60), [[280, 283, 279, 279], [281, 281, 281, 281], [281, 281, 281, 281], [284, 284, 284, 284]]);
        assert_eq!(of(180), [[280, 283, 279, 281], [284, 284, 284, 284]], "they begin at multiples of their width");
        assert_eq!(of(1_440), [[280, 284, 279, 284]]);
        let (five, day) = (Duration::from_secs(300), DAY);
        let volume = |width: Duration| regroup(bars.parts(width), width).iter().map(|b| b.volume).sum::<Qty>();
        assert_eq!((volume(five), volume(day)), (Qty::lots(9), Qty::lots(9)));
        let bought = |width: Duration| regroup(bars.parts(width), width).iter().map(|b| b.bought).sum::<Qty>();
        assert_eq!((bought(five), bought(day)), (Qty::lots(2), Qty::lots(2)), "at even prices");
        assert_eq!(regroup(bars.parts(five), five).len(), 39, "one every five minutes, traded or not");
        for width in [five, Duration::from_secs(3 * 3_600), day] {
            assert_eq!(bars.newest(width), regroup(bars.parts(width), width).pop());
        }
        assert_eq!(Bars::default().newest(day), None);
    }

    #[test]
    fn the_oldest_go() {
        let mut bars = Bars::default();
        for minute in 0..1_000 {
            trade(&mut bars, minute, 280, 1);
        }
        let minutes: Vec<Bar> = bars.parts(MINUTE).collect();
        assert_eq!((minutes.len(), minutes[0].start), (480, at(520)));
        assert_eq!(bars.parts(HOUR).map(|b| b.volume).sum::<Qty>(), Qty::lots(1_000));
        trade(&mut bars, 999 + 479, 281, 1);
        assert_eq!(
            bars.parts(MINUTE).map(|b| b.start).collect::<Vec<_>>(),
            [at(999), at(1_478)],
            "by time, not by count"
        );
    }
}
