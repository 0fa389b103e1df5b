//! The step curve the plain way: all difference constraints in one matrix, every distance found anew by Floyd and Warshall after each
//! price that is fixed. Of quotes that do not contradict each other. In whole numbers, half 10⁻⁹ dollars: with a rounding in it, a way
//! there and back costs a little less than nothing, and every turn doubles that.

use tenor::curves::period::{Quote, Units};
use tenor::domain::contract::Month;
use tenor::domain::number::Price;

/// Dearer than anything, and may be added to itself.
const UNKNOWN: i64 = i64::MAX / 4;
const PER_DOLLAR: f64 = 2e9;

/// One forward a month from `first` on, of months that are all quoted.
pub fn forwards(quotes: &[Quote], first: Month, months: usize, units: Units) -> Vec<f64> {
    let span = |quote: &Quote| {
        let from = quote.period.first.since(first) as usize;
        (from, from + quote.period.len() as usize)
    };
    let size = |quote: &Quote| units.of(quote.period);
    let mut costs = vec![vec![UNKNOWN; months + 1]; months + 1];
    for (at, row) in costs.iter_mut().enumerate() {
        row[at] = 0;
    }
    for quote in quotes {
        let (a, b) = span(quote);
        for (from, to, price) in [(a, b, quote.ask), (b, a, quote.bid.map(|bid| -bid))] {
            let cost = price.map_or(UNKNOWN, |Price(price)| 2 * price * size(quote));
            costs[from][to] = costs[from][to].min(cost);
        }
    }
    tighten(&mut costs);
    let mut finest: Vec<&Quote> = quotes.iter().collect();
    finest.sort_unstable_by_key(|quote| (quote.period.len(), quote.period.first));
    for quote in finest {
        let (Some(bid), Some(ask)) = (quote.bid, quote.ask) else { continue };
        let (a, b) = span(quote);
        let total = ((bid.0 + ask.0) * size(quote)).clamp(-costs[b][a], costs[a][b]);
        (costs[a][b], costs[b][a]) = (total, -total);
        tighten(&mut costs);
    }
    let forward = |(at, month): (usize, Month)| costs[at][at + 1] as f64 / PER_DOLLAR / units.of_month(month) as f64;
    (0..months).map(|at| (at, first.plus(at as i32))).map(forward).collect()
}

fn tighten(costs: &mut [Vec<i64>]) {
    for over in 0..costs.len() {
        let onward = costs[over].clone();
        for row in costs.iter_mut() {
            let start = row[over];
            row.iter_mut().zip(&onward).for_each(|(known, onward)| *known = (*known).min(start + onward));
        }
    }
}
