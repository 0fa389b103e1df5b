//! What the simulated market is made of: the price seeds of the contract file joined with `assets/data/agents.toml`, which says how thick
//! and how busy each product is and when launches are scheduled. Validated once; the rest of the room may index without checking.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::exchange::catalogue::{CatalogueData, Curve};

const EMBEDDED: &str = include_str!("../../../assets/data/agents.toml");

/// Why the data files cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    #[error("agents.toml: {0}")]
    Syntax(String),
    #[error("agents.toml: {what} of {product} is out of range")]
    OutOfRange { product: String, what: &'static str },
    #[error("agents.toml: no listed product is called {0}")]
    UnknownProduct(String),
    #[error("agents.toml: nobody trades the listed product {0}")]
    Missing(String),
    #[error("contracts.toml: the correlations contradict each other")]
    Correlations,
    #[error("indices.toml: {0}")]
    Indices(String),
}

/// What a run is made from.
#[derive(Clone, Debug)]
pub struct Config {
    pub seed: u64,
    pub start: Utc,
    /// Target in messages a second: book changes and trades of all listings. 0 is paused.
    pub rate: f64,
    pub data: Arc<CatalogueData>,
    pub calendar: Arc<Calendar>,
}

/// One product's price process and market.
#[derive(Clone, Debug)]
pub struct ProductSeed {
    /// USD per unit at the start of every run.
    pub spot: f64,
    pub curve: Curve,
    /// Volatility of the factor that fades, per square root of a year.
    pub sigma_short: f64,
    /// Volatility of the factor that stays.
    pub sigma_long: f64,
    pub market: Market,
}

/// How thick and busy a product's market is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Market {
    name: String,
    /// Typical size of the best level of the nearest month, in contracts.
    pub lots_at_touch: f64,
    /// Share of all messages, relative to the other products.
    pub activity: f64,
    /// Contracts open in the busiest month at the start.
    pub open_interest: f64,
    half_spread: Vec<(f64, usize)>,
}

impl Market {
    /// Half the quoted spread, in ticks, of the month that is `ahead` months from the nearest.
    pub fn half_spread_ticks(&self, ahead: usize) -> f64 {
        self.half_spread.iter().find(|(_, below)| ahead < *below).or(self.half_spread.last()).map_or(1.0, |s| s.0)
    }
}

/// A scheduled re-pricing.
#[derive(Clone, Debug)]
pub struct Launch {
    pub starts: Utc,
    pub over_hours: f64,
    /// Change of log spot, in the order of [`MarketData::products`].
    pub log_jumps: Vec<f64>,
}

/// In the order of the catalogue's products.
#[derive(Clone, Debug)]
pub struct MarketData {
    pub catalogue: Arc<CatalogueData>,
    pub products: Vec<ProductSeed>,
    /// Lower triangle of the Cholesky factor of the correlations: `factor[i][..=i]`.
    pub factor: Vec<Vec<f64>>,
    pub launches: Vec<Launch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    product: Vec<Market>,
    launch: Vec<LaunchRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaunchRow {
    starts: String,
    over_hours: f64,
    log_jumps: BTreeMap<String, f64>,
}

impl MarketData {
    /// The file in the program.
    ///
    /// # Errors
    /// [`DataError`]; a test shows that the shipped files have none.
    pub fn embedded(catalogue: Arc<CatalogueData>) -> Result<Self, DataError> {
        Self::parse(EMBEDDED, catalogue)
    }

    /// # Errors
    /// [`DataError`]
    pub fn parse(text: &str, catalogue: Arc<CatalogueData>) -> Result<Self, DataError> {
        let file: File = toml::from_str(text).map_err(|e| DataError::Syntax(e.message().to_owned()))?;
        file.product.iter().try_for_each(check)?;
        let mut products = Vec::with_capacity(catalogue.products.len());
        for terms in &catalogue.products {
            let market = file
                .product
                .iter()
                .find(|m| m.name == terms.name.as_str())
                .ok_or_else(|| DataError::Missing(terms.name.as_str().to_owned()))?;
            let (front, back) = (terms.volatility.front, terms.volatility.back);
            products.push(ProductSeed {
                spot: terms.spot.to_f64_lossy(),
                curve: terms.curve,
                sigma_short: (front * front - back * back).max(0.0).sqrt(),
                sigma_long: back,
                market: market.clone(),
            });
        }
        let launches = file.launch.iter().map(|row| launch(row, &catalogue)).collect::<Result<_, _>>()?;
        let factor = cholesky(&catalogue.correlations).ok_or(DataError::Correlations)?;
        Ok(Self { catalogue, products, factor, launches })
    }
}

fn launch(row: &LaunchRow, catalogue: &CatalogueData) -> Result<Launch, DataError> {
    let starts: Timestamp = row.starts.parse().map_err(|_| DataError::Syntax(format!("{} is no time", row.starts)))?;
    let mut log_jumps = vec![0.0; catalogue.products.len()];
    for (name, jump) in &row.log_jumps {
        let product = catalogue.products.iter().position(|p| p.name.as_str() == name);
        log_jumps[product.ok_or_else(|| DataError::UnknownProduct(name.clone()))?] = *jump;
    }
    let starts = Utc::from_millis(starts.as_millisecond());
    Ok(Launch { starts, over_hours: row.over_hours.max(0.01), log_jumps })
}

fn check(market: &Market) -> Result<(), DataError> {
    let checks = [
        ("lots_at_touch", market.lots_at_touch >= 2.0),
        ("activity", market.activity > 0.0),
        ("open_interest", market.open_interest >= 0.0),
        ("half_spread", !market.half_spread.is_empty() && market.half_spread.iter().all(|s| s.0 >= 0.5)),
    ];
    match checks.into_iter().find(|(_, passed)| !passed) {
        Some((what, _)) => Err(DataError::OutOfRange { product: market.name.clone(), what }),
        None => Ok(()),
    }
}

/// `None` unless the matrix is positive definite.
fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (i, row) in matrix.iter().enumerate() {
        let mut line: Vec<f64> = Vec::with_capacity(i + 1);
        for (j, &value) in row.iter().enumerate().take(i + 1) {
            let other = if j == i { &line } else { &lower[j] };
            let rest = value - line.iter().zip(other).take(j).map(|(a, b)| a * b).sum::<f64>();
            if j < i {
                line.push(rest / lower[j][j]);
            } else if rest > 0.0 {
                line.push(rest.sqrt());
            } else {
                return None;
            }
        }
        lower.push(line);
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_files_fit_each_other() {
        let data = MarketData::embedded(Arc::new(CatalogueData::embedded().unwrap())).unwrap();
        assert_eq!(data.products.len(), data.catalogue.products.len());
        let h100 = &data.products[0];
        assert!((h100.market.half_spread_ticks(0) - 0.5).abs() < 1e-9);
        assert!((h100.market.half_spread_ticks(35) - 5.0).abs() < 1e-9);
        assert!((h100.sigma_short.hypot(h100.sigma_long) - 0.35).abs() < 1e-12);
        for (i, row) in data.factor.iter().enumerate() {
            assert_eq!(row.len(), i + 1);
            assert!((row.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12, "unit variance");
        }
        assert!(data.launches.iter().all(|l| l.log_jumps.iter().any(|jump| *jump < 0.0)));
    }

    #[test]
    fn says_what_is_wrong() {
        let catalogue = Arc::new(CatalogueData::embedded().unwrap());
        let read = |from: &str, to: &str| {
            let text = EMBEDDED.replacen(from, to, 1);
            assert_ne!(text, EMBEDDED, "{from} is not in the file");
            MarketData::parse(&text, catalogue.clone()).err()
        };
        let out_of_range = DataError::OutOfRange { product: "H100".to_owned(), what: "lots_at_touch" };
        assert_eq!(read("lots_at_touch = 90.0", "lots_at_touch = 0.0"), Some(out_of_range));
        assert_eq!(read("name = \"TOK\"", "name = \"KOT\""), Some(DataError::Missing("TOK".to_owned())));
        assert_eq!(read("B200 = -0.22", "B300 = -0.22"), Some(DataError::UnknownProduct("B300".to_owned())));
        assert!(matches!(read("2027-03-16T", "soon"), Some(DataError::Syntax(_))));
        assert_eq!(cholesky(&[vec![1.0, 1.5], vec![1.5, 1.0]]), None);
    }
}
