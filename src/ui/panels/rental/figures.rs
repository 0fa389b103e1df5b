//! What the rental board shows, as a pure function of the View: which board, its rows in order, the index beside it, the axis.

use std::cmp::Ordering;

use crate::base::time::Utc;
use crate::domain::contract::Product;
use crate::domain::number::Price;
use crate::domain::price_list::RentalPrices;
use crate::domain::spot::{Gpu, Hardware, IndexUse, ProviderPrices, RentalBoard, RentalMode};
use crate::ui::panels::price_board::Sort;
use crate::ui::sheet::Sheet;
use crate::view::View;

pub const COLUMNS: [&str; 5] = ["Provider", "Median", "Low", "High", "Offers"];
/// Cheapest seller first.
pub const FIRST_SORT: Sort = Sort { column: 1, is_descending: false };
/// Of the median, where the axis ends unless all lies below.
const TOP_SHARE: i64 = 2;
/// Marks on the axis, at most.
const MOST_STEPS: i64 = 4;

/// The board that is shown until a hand chooses: the GPU of the group's product on demand, or the first there is.
pub fn first_board<'a>(prices: &'a RentalPrices, product: Option<&Product>) -> Option<&'a RentalBoard> {
    let gpu = product.and_then(|product| Gpu::parse(product.as_str()));
    gpu.and_then(|gpu| prices.board(gpu, RentalMode::OnDemand)).or_else(|| prices.boards.first())
}

/// `H100 on demand`.
pub fn board_name(board: &RentalBoard) -> String {
    format!("{} {}", board.gpu, board.mode.name())
}

/// The settlement index of the GPU, where the venue has one, and since when it stands.
pub fn index_of(view: &View, gpu: Gpu) -> Option<(Price, Utc)> {
    view.products.iter().find(|spot| spot.product.as_str() == gpu.name())?.index
}

/// Sellers in the order of a column; those that are equal in it by median and name.
pub fn sorted(board: &RentalBoard, sort: Sort) -> Vec<&ProviderPrices> {
    let compare = |a: &ProviderPrices, b: &ProviderPrices| -> Ordering {
        match sort.column {
            0 => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
            1 => a.median.cmp(&b.median),
            2 => a.low.cmp(&b.low),
            3 => a.high.cmp(&b.high),
            _ => a.offers.cmp(&b.offers),
        }
    };
    let mut rows: Vec<&ProviderPrices> = board.providers.iter().collect();
    rows.sort_by(|a, b| sort.apply(compare(a, b)));
    rows
}

/// What is to be said beside a seller's name.
pub const fn remark(row: &ProviderPrices) -> &'static str {
    match (row.index_use, row.hardware) {
        (IndexUse::Forbidden, _) => "not counted",
        (IndexUse::Allowed, Hardware::Resold) => "resold",
        (IndexUse::Allowed, Hardware::Own) => "",
    }
}

/// The axis: ends on half steps, marks on whole ones. A few dear sellers must not press all others together, so it ends at twice the
/// median unless nothing lies above; the index is always on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub low: Price,
    pub high: Price,
    pub step: Price,
}

impl Axis {
    pub fn of(board: &RentalBoard, index: Option<Price>) -> Option<Self> {
        let mut medians: Vec<Price> = board.providers.iter().map(|row| row.median).collect();
        medians.sort_unstable();
        let middle = board.summary.map(|summary| summary.median).or_else(|| medians.get(medians.len() / 2).copied())?;
        let highest = board.providers.iter().map(|row| row.high).max()?;
        let lowest = board.providers.iter().map(|row| row.low).min()?.min(index.unwrap_or(Price(i64::MAX)));
        let top = highest.min(Price(middle.0 * TOP_SHARE)).max(index.unwrap_or_default()).max(Price(lowest.0 + 1));
        let span = (top.0 - lowest.0).max(top.0 / 10).max(1);
        let powers = (0..18).map(|power| 10_i64.pow(power));
        let step =
            powers.flat_map(|power| [1, 2, 5].map(|lead| lead * power)).find(|step| span / step <= MOST_STEPS)?;
        let half = (step / 2).max(1);
        let low = lowest.0.div_euclid(half) * half;
        let high = top.0.div_ceil_to(half).max(low + half);
        Some(Self { low: Price(low), high: Price(high), step: Price(step) })
    }

    /// Share of the way along the axis; beyond its ends above 1 and below 0.
    pub fn share(&self, price: Price) -> f32 {
        (price.0 - self.low.0) as f32 / (self.high.0 - self.low.0) as f32
    }

    pub fn is_beyond(&self, price: Price) -> bool {
        price > self.high
    }

    pub fn marks(&self) -> impl Iterator<Item = Price> {
        let first = self.low.ceil_to(self.step);
        (0..).map(move |at| Price(first.0 + at * self.step.0)).take_while(|mark| *mark <= self.high)
    }
}

trait DivCeil {
    fn div_ceil_to(self, step: i64) -> i64;
}

impl DivCeil for i64 {
    fn div_ceil_to(self, step: i64) -> i64 {
        -(-self).div_euclid(step) * step
    }
}

/// Every row of a board.
pub fn sheet(board: &RentalBoard, sort: Sort) -> Sheet {
    let mut sheet =
        Sheet::new(["provider", "gpu", "mode", "median", "low", "high", "offers", "hardware", "in the median"]);
    for row in sorted(board, sort) {
        let hardware = match row.hardware {
            Hardware::Own => "own",
            Hardware::Resold => "resold",
        };
        let counts = if row.index_use == IndexUse::Allowed { "yes" } else { "no, terms forbid it" };
        sheet.push([
            row.name.to_string(),
            board.gpu.to_string(),
            board.mode.name().to_owned(),
            row.median.to_string(),
            row.low.to_string(),
            row.high.to_string(),
            row.offers.to_string(),
            hardware.to_owned(),
            counts.to_owned(),
        ]);
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn board(rows: &[(&str, &str, &str)]) -> RentalBoard {
        let row = |&(low, median, high): &(&str, &str, &str)| ProviderPrices {
            provider: median.into(),
            name: median.into(),
            median: p(median),
            low: p(low),
            high: p(high),
            offers: 1,
            hardware: Hardware::Own,
            index_use: IndexUse::Forbidden,
        };
        let providers = rows.iter().map(row).collect();
        RentalBoard { gpu: Gpu::H100, mode: RentalMode::OnDemand, providers, summary: None }
    }

    fn axis(rows: &[(&str, &str, &str)], index: Option<&str>) -> Axis {
        Axis::of(&board(rows), index.map(p)).unwrap()
    }

    #[test]
    fn one_dear_seller_is_off_the_scale() {
        let rows = [("1.75", "1.9", "2.4"), ("1.82", "2.35", "2.92"), ("6.88", "7.36", "9.49")];
        let axis = axis(&rows, Some("2.81"));
        assert_eq!((axis.low, axis.high, axis.step), (p("1.5"), p("5"), p("1")));
        assert!(axis.is_beyond(p("6.88")) && !axis.is_beyond(p("5")));
        assert_eq!(axis.marks().collect::<Vec<_>>(), ["2", "3", "4", "5"].map(p));
        assert_eq!(axis.share(p("3.25")), 0.5);
    }

    #[test]
    fn the_index_is_always_on_the_axis() {
        assert!(axis(&[("1", "1", "1")], Some("5.8")).high >= p("5.8"));
        assert!(axis(&[("1", "1", "1.1")], Some("0.4")).low <= p("0.4"));
        let single = axis(&[("2.29", "2.29", "2.29")], None);
        assert!(single.low < p("2.29") && single.high >= p("2.29"), "{single:?}");
        assert_eq!(Axis::of(&board(&[]), None), None);
    }
}
