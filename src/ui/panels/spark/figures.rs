//! What the spark spread panel shows, as a pure function of one picture and the heat rate: `k·TOK − GPU` month by month, and how many
//! lots of one meet the other. A book that is not live quotes nothing; of the past, both legs are of one and the same instant.

use crate::base::time::Utc;
use crate::curves::spark::{self, Neutral, SparkMonth};
use crate::curves::touch::Touch;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::Side;
use crate::view::Point;
use crate::view::View;
use crate::view::book::BookState;

/// GPU lots that a neutral ratio may have at most.
const MOST_LOTS: i64 = 20;
/// A ratio whose residual is within this share of the tokens made is good enough to be preferred for having few lots.
const GOOD_RESIDUAL: f64 = 0.01;

/// Tokens against GPU-hours: the months that both are listed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub tokens: Product,
    pub gpu: Product,
    /// Mtok and GPU-hours in a contract.
    pub token_size: i64,
    pub gpu_size: i64,
    /// Ascending.
    pub months: Vec<PairMonth>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairMonth {
    pub month: Month,
    pub tokens: InstrumentId,
    pub gpu: InstrumentId,
}

impl Pair {
    /// The venue's tokens against `chosen`, or against the first GPU where that is none.
    pub fn of(view: &View, chosen: Option<&Product>) -> Option<Self> {
        let first = |unit| {
            let mut listed = view.catalogue.iter().filter(|(_, terms)| terms.is_active && terms.unit == unit);
            listed.find(|(_, terms)| terms.contract.month().is_some()).and_then(|(_, terms)| terms.contract.product())
        };
        let (tokens, gpu) = (first(Unit::Mtok)?, first(Unit::GpuHour)?);
        let is_gpu = |product: &&Product| {
            let mut listed = view.catalogue.iter().filter(|(_, terms)| terms.contract.product() == Some(*product));
            listed.next().is_some_and(|(_, terms)| terms.unit == Unit::GpuHour)
        };
        let gpu = chosen.filter(is_gpu).unwrap_or(gpu);
        let (token_months, gpu_months) = (months(view, tokens), months(view, gpu));
        let pairs = gpu_months.iter().filter_map(|&(month, gpu)| {
            let at = token_months.binary_search_by_key(&month, |(month, _)| *month).ok()?;
            Some(PairMonth { month, tokens: token_months[at].1, gpu })
        });
        let size = |months: &[(Month, InstrumentId)]| Some(view.instrument(months.first()?.1)?.contract_size);
        Some(Self {
            token_size: size(&token_months)?,
            gpu_size: size(&gpu_months)?,
            months: pairs.collect(),
            tokens: tokens.clone(),
            gpu: gpu.clone(),
        })
    }

    /// The spread of every month at the heat rate `k`, Mtok per GPU-hour.
    pub fn curve(&self, view: &View, k: f64, state: impl Fn(InstrumentId) -> BookState) -> Vec<SparkMonth> {
        let touch = |id: InstrumentId| {
            let market = view.market(id).filter(|_| state(id).is_live());
            let best = |side| Some(market?.book.best(side)?.price);
            Touch::of(best(Side::Bid), best(Side::Ask))
        };
        let quotes = self.months.iter().map(|at| (at.month, touch(at.tokens), touch(at.gpu)));
        spark::curve(k, &quotes.collect::<Vec<_>>())
    }

    /// Both legs of a month as they were known at one instant of the past: tokens, then GPU-hours.
    pub fn legs_at(&self, view: &View, month: Month, at: Utc) -> Option<[Point; 2]> {
        let of = |product: &Product| Contract::Outright { product: product.clone(), delivery: Delivery::Month(month) };
        view.history.together(&[of(&self.tokens), of(&self.gpu)], at)?.try_into().ok()
    }

    /// The spread of every month as it was known then. Nobody quoted: a price stands for both sides.
    pub fn past(&self, view: &View, k: f64, at: Utc) -> Vec<SparkMonth> {
        let known = |month: Month| match self.legs_at(view, month, at) {
            Some([tokens, gpu]) => [tokens, gpu].map(|point| Touch::exact(point.price.to_f64_lossy())),
            None => [Touch::default(); 2],
        };
        let months = self.months.iter().map(|at| {
            let [tokens, gpu] = known(at.month);
            (at.month, tokens, gpu)
        });
        spark::curve(k, &months.collect::<Vec<_>>())
    }

    /// The lots in which the spread carries next to no tokens: the fewest within [`GOOD_RESIDUAL`], or else the best ratio there is.
    pub fn hedge(&self, k: f64) -> Option<Hedge> {
        (k > 0.0 && self.gpu_size > 0 && self.token_size > 0).then_some(())?;
        let of = |gpu_lots| Hedge { gpu_lots, neutral: spark::neutralise(k, gpu_lots, self.gpu_size, self.token_size) };
        let share = |hedge: &Hedge| {
            let made = k * hedge.gpu_lots as f64 * self.gpu_size as f64;
            if hedge.neutral.token_lots == 0 { f64::INFINITY } else { hedge.neutral.residual_mtok.abs() / made }
        };
        let all = || (1..=MOST_LOTS).map(of);
        all().find(|hedge| share(hedge) <= GOOD_RESIDUAL).or_else(|| all().min_by(|a, b| share(a).total_cmp(&share(b))))
    }
}

/// So many lots of tokens bought for so many of GPU-hours sold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    pub gpu_lots: i64,
    pub neutral: Neutral,
}

impl Hedge {
    /// Tokens bought beyond what the GPU-hours sold would make, Mtok.
    pub fn residual_mtok(&self) -> f64 {
        -self.neutral.residual_mtok
    }
}

/// The heat rate at which a month's mid is zero.
pub fn break_even(month: &SparkMonth) -> Option<f64> {
    Some(month.gpu.mid()? / month.tokens.mid().filter(|mid| *mid > 0.0)?)
}

/// What a GPU must make for a heat rate, tokens a second without a pause: `k × 10⁶ / 3600`.
pub fn tokens_per_second(k: f64) -> f64 {
    k * 1e6 / 3_600.0
}

/// Listed months of a product, ascending.
fn months(view: &View, product: &Product) -> Vec<(Month, InstrumentId)> {
    let listed =
        view.catalogue.iter().filter(|(_, terms)| terms.is_active && terms.contract.product() == Some(product));
    let mut months: Vec<_> = listed.filter_map(|(id, terms)| Some((terms.contract.month()?, id))).collect();
    months.sort_unstable();
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        let product = |name| Product::new(name).unwrap();
        let (tokens, gpu) = (product("TOK"), product("H100"));
        Pair { tokens, gpu, token_size: 1_000, gpu_size: 730, months: Vec::new() }
    }

    #[test]
    fn lots_are_few_and_leave_little() {
        let hedge = pair().hedge(3.2).unwrap();
        assert_eq!((hedge.neutral.token_lots, hedge.gpu_lots), (7, 3));
        assert!((hedge.residual_mtok() + 8.0).abs() < 1e-9, "7,000 bought, 7,008 made");
        let hedge = pair().hedge(1.5).unwrap();
        assert_eq!((hedge.neutral.token_lots, hedge.gpu_lots), (11, 10));
        assert!((hedge.residual_mtok() - 50.0).abs() < 1e-9);
        assert_eq!(pair().hedge(0.0), None);
        assert!(pair().hedge(0.05).unwrap().neutral.token_lots > 0, "nothing is no hedge");
    }

    #[test]
    fn a_heat_rate_is_tokens_a_second() {
        assert_eq!(tokens_per_second(3.2).round(), 889.0);
        assert!((spark::heat_rate(tokens_per_second(1.5), 1.0) - 1.5).abs() < 1e-12);
    }
}
