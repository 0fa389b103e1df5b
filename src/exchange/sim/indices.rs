//! Secondary indices: made from the same prices as the products' own, each at its own level, pace and delay (`assets/data/indices.toml`).
//!
//! An index follows the logarithm of the product's index exponentially and strays around its level by a slow noise that depends on
//! seed and time only, so that the past and the present are one series.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::data::{DataError, MarketData};
use super::prices::PriceProcess;
use super::valuation;
use crate::base::digest::mix;
use crate::base::rng::Rng;
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::exchange::catalogue::{CatalogueData, ProductId};
use crate::exchange::engine::{Engine, SecondaryId, SecondaryIndex};

const EMBEDDED: &str = include_str!("../../../assets/data/indices.toml");
const MINUTE_NS: i64 = 60_000_000_000;
/// Knots of the noise, and each octave's share of its variance.
const OCTAVES: [(i64, f64); 2] = [(17 * 1_440, 0.7), (4 * 1_440, 0.3)];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    products: Vec<String>,
    index: Vec<Row>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    description: String,
    level: f64,
    follows_hours: f64,
    every_minutes: u32,
    delay_minutes: u32,
    strays: f64,
}

/// One secondary index of one product.
#[derive(Clone, Debug)]
pub struct Terms {
    name: Arc<str>,
    description: Arc<str>,
    product: usize,
    level: f64,
    follows_hours: f64,
    every_ns: i64,
    delay_ns: i64,
    strays: f64,
}

/// The file in the program, for the products of `catalogue`.
///
/// # Errors
/// [`DataError`]; a test shows that the shipped file has none.
pub fn embedded(catalogue: &CatalogueData) -> Result<Vec<Terms>, DataError> {
    parse(EMBEDDED, catalogue)
}

fn parse(text: &str, catalogue: &CatalogueData) -> Result<Vec<Terms>, DataError> {
    let file: File = toml::from_str(text).map_err(|e| DataError::Indices(e.message().to_owned()))?;
    let mut all = Vec::with_capacity(file.products.len() * file.index.len());
    for name in &file.products {
        let product = catalogue.products.iter().position(|p| p.name.as_str() == name);
        let product = product.ok_or_else(|| DataError::Indices(format!("no listed product is called {name}")))?;
        for row in &file.index {
            if !(row.level > 0.0 && row.follows_hours > 0.0 && row.every_minutes > 0 && row.strays >= 0.0) {
                return Err(DataError::Indices(format!("{} is out of range", row.code)));
            }
            all.push(Terms {
                name: format!("{}_{}", catalogue.products[product].index_name, row.code).into(),
                description: row.description.as_str().into(),
                product,
                level: row.level,
                follows_hours: row.follows_hours,
                every_ns: i64::from(row.every_minutes) * MINUTE_NS,
                delay_ns: i64::from(row.delay_minutes) * MINUTE_NS,
                strays: row.strays,
            });
        }
    }
    Ok(all)
}

impl Terms {
    /// The newest moment of publication at or before `at`.
    fn last_due(&self, at: Utc) -> Utc {
        let since = at.0 - self.delay_ns;
        Utc(since - since.rem_euclid(self.every_ns) + self.delay_ns)
    }
}

#[derive(Clone, Debug)]
struct Series {
    terms: Terms,
    id: SecondaryId,
    noise_seed: u64,
    /// Smoothed logarithm of the product's index.
    log: f64,
    published: Option<Utc>,
}

/// All secondary indices of a run.
#[derive(Clone, Debug)]
pub struct Secondaries {
    series: Vec<Series>,
    at: Option<Utc>,
}

impl Secondaries {
    /// Makes them known to the engine; nothing is published yet.
    pub fn new(seed: u64, terms: &[Terms], engine: &mut Engine) -> Self {
        let make = |terms: &Terms| {
            let id = engine.add_secondary_index(SecondaryIndex {
                name: terms.name.clone(),
                description: terms.description.clone(),
                product: ProductId(u8::try_from(terms.product).unwrap_or(u8::MAX)),
                every: Duration::from_nanos(terms.every_ns.unsigned_abs()),
                last: None,
                fixed: Vec::new(),
            });
            let noise_seed = Rng::fork(seed, &terms.name).next_u64();
            Series { terms: terms.clone(), id, noise_seed, log: 0.0, published: None }
        };
        Self { series: terms.iter().map(make).collect(), at: None }
    }

    /// An index is corrected from now on.
    pub fn restate(&mut self, id: SecondaryId, log_change: f64) {
        if let Some(series) = self.series.iter_mut().find(|series| series.id == id) {
            series.terms.level *= log_change.exp();
        }
    }

    /// Follows `prices` to `at` and publishes what is due, stamped with the moment it was due. Calls `changed` for each.
    pub fn advance(
        &mut self,
        at: Utc,
        prices: &PriceProcess,
        data: &MarketData,
        engine: &mut Engine,
        mut changed: impl FnMut(SecondaryId, Price),
    ) {
        let hours = self.at.map(|before| at.since(before).as_secs_f64() / 3_600.0);
        self.at = Some(at);
        for series in &mut self.series {
            let terms = &series.terms;
            let log = prices.index(terms.product).ln();
            let kept = hours.map_or(0.0, |hours| (-hours / terms.follows_hours).exp());
            series.log = series.log * kept + log * (1.0 - kept);
            let due = terms.last_due(at);
            if series.published.is_some_and(|before| before >= due) {
                continue;
            }
            series.published = Some(due);
            let value = terms.level * (series.log + terms.strays * noise(series.noise_seed, due)).exp();
            let price = Price::from_f64_lossy(value).round_to(valuation::index_step(data, terms.product));
            engine.publish_secondary(series.id, due, price);
            changed(series.id, price);
        }
    }
}

/// A smooth noise of about unit variance: a function of seed and time.
fn noise(seed: u64, at: Utc) -> f64 {
    let minutes = at.0.div_euclid(MINUTE_NS);
    let octave = |(number, (span, share)): (u64, (i64, f64))| {
        let knot = |n: i64| Rng::new(mix(seed ^ mix(number) ^ n.unsigned_abs())).normal();
        let (n, part) = (minutes.div_euclid(span), minutes.rem_euclid(span) as f64 / span as f64);
        let blend = part * part * (3.0 - 2.0 * part);
        f64::sqrt(share) * (knot(n) * (1.0 - blend) + knot(n + 1) * blend)
    };
    (0..).zip(OCTAVES).map(octave).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Vec<Terms> {
        embedded(&CatalogueData::embedded().unwrap()).unwrap()
    }

    #[test]
    fn the_shipped_file_names_four_indices_of_each_gpu_product() {
        let names: Vec<String> = terms().iter().map(|t| t.name.to_string()).collect();
        assert_eq!(names.len(), 12);
        assert_eq!(names[..2], ["h100_usdc_transacted", "h100_usdc_grid"]);
        let catalogue = CatalogueData::embedded().unwrap();
        let read = |from: &str, to: &str| parse(&EMBEDDED.replacen(from, to, 1), &catalogue).unwrap_err().to_string();
        assert_eq!(read("\"B200\"", "\"B300\""), "indices.toml: no listed product is called B300");
        assert_eq!(read("level = 1.064", "level = 0"), "indices.toml: grid is out of range");
        assert!(read("strays =", "stray =").contains("stray"));
    }

    #[test]
    fn publications_come_at_their_own_times() {
        let listings = terms().into_iter().find(|t| &*t.name == "h100_usdc_listings").unwrap();
        let sunday = Utc::from_millis(1_795_343_400_000);
        let due = listings.last_due(sunday);
        assert_eq!(due.to_string(), "2026-11-16T14:00:00.000Z", "a Monday");
        assert_eq!(listings.last_due(due), due);
        assert_eq!(listings.last_due(Utc(due.0 - 1)), due - Duration::from_secs(7 * 86_400));
    }

    #[test]
    fn the_noise_is_slow_and_of_unit_size() {
        let hour = 60 * MINUTE_NS;
        let values: Vec<f64> = (0..24 * 3_000).map(|n| noise(5, Utc(n * hour))).collect();
        let variance = values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64;
        assert!((0.5..1.5).contains(&variance), "{variance}");
        let steps = values.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
        assert!(steps < 0.1, "{steps} in an hour");
    }
}
