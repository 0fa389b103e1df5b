//! The contract file: products, their terms and the parameters that seed the simulation.

use std::sync::Arc;

use serde::Deserialize;

use crate::domain::calendar::DataError;
use crate::domain::contract::Product;
use crate::domain::instrument::Unit;
use crate::domain::number::{Money, Price};

const CONTRACTS: &str = include_str!("../../../assets/data/contracts.toml");

/// A fraction, in 10⁻⁹: 20 % is 200,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(pub i64);

impl Ratio {
    /// This fraction of an amount, rounded towards zero.
    pub const fn of(self, amount: Money) -> Money {
        Money(amount.0 * self.0 as i128 / 1_000_000_000)
    }

    pub fn to_f64_lossy(self) -> f64 {
        self.0 as f64 * 1e-9
    }
}

/// Requests at once, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    pub burst: u32,
    pub per_second: u32,
}

/// What a client may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLimits {
    /// Placing, editing and cancelling.
    pub orders: Allowance,
    /// Everything else.
    pub queries: Allowance,
}

/// Which spreads trade with the orders of their legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Implied {
    /// All.
    All,
    /// Those that somebody asked for.
    OnDemand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueData {
    pub name: Arc<str>,
    pub currency: Arc<str>,
    pub opening_balance: Money,
    pub price_band: Ratio,
    pub initial_margin: Ratio,
    pub maintenance_margin: Ratio,
    /// A client is called when his maintenance margin is more than this part of his equity.
    pub margin_call: Ratio,
    /// Part of a position that a liquidation closes at once.
    pub liquidation_slice: Ratio,
    pub maker_fee: Ratio,
    pub taker_fee: Ratio,
    /// Of either side of a block trade.
    pub block_fee: Ratio,
    pub implied: Implied,
    pub limits: RequestLimits,
}

/// Forward over spot at the start of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Curve {
    /// `tail + (1 − tail)·exp(−(m/tau)^power)`, m in months.
    Relaxing { tail: f64, tau_months: f64, power: f64 },
    /// `yearly_factor^(m/12)`.
    Decaying { yearly_factor: f64 },
}

impl Curve {
    /// The forward of `months_ahead` over spot.
    pub fn ratio(self, months_ahead: f64) -> f64 {
        match self {
            Self::Relaxing { tail, tau_months, power } => {
                tail + (1.0 - tail) * (-(months_ahead / tau_months).powf(power)).exp()
            }
            Self::Decaying { yearly_factor } => yearly_factor.powf(months_ahead / 12.0),
        }
    }
}

/// Annualised, of the front month and of the farthest.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Volatility {
    pub front: f64,
    pub back: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perpetual {
    pub contract_size: i64,
    pub tick: Price,
    /// Of the notional, for a day of funding.
    pub daily_funding_cap: Ratio,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProductData {
    pub name: Product,
    pub description: Arc<str>,
    pub unit: Unit,
    pub contract_size: i64,
    /// How many months are listed.
    pub months: i32,
    pub tick: Price,
    pub spread_tick: Price,
    /// Where the index starts.
    pub spot: Price,
    pub curve: Curve,
    pub volatility: Volatility,
    pub perpetual: Option<Perpetual>,
    /// `h100_usdc`.
    pub index_name: Arc<str>,
}

impl ProductData {
    /// The forward at the start of the simulation, unrounded.
    pub fn seed_price_lossy(&self, months_ahead: f64) -> f64 {
        self.spot.to_f64_lossy() * self.curve.ratio(months_ahead)
    }
}

/// The whole file, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogueData {
    pub venue: VenueData,
    pub products: Vec<ProductData>,
    /// Correlation of the weekly factors: `correlations[a][b]`, symmetric, ones on the diagonal.
    pub correlations: Vec<Vec<f64>>,
}

impl CatalogueData {
    /// The file in the program.
    ///
    /// # Errors
    /// It is malformed.
    pub fn embedded() -> Result<Self, DataError> {
        Self::parse(CONTRACTS)
    }

    /// # Errors
    /// Malformed text or a value out of range.
    pub fn parse(text: &str) -> Result<Self, DataError> {
        let file: wire::File = toml::from_str(text)?;
        let products = file.products.iter().map(|p| product(p, &file.venue.currency)).collect::<Result<Vec<_>, _>>()?;
        let correlations = correlations(&products, &file.correlations)?;
        let venue = VenueData {
            name: file.venue.name.as_str().into(),
            currency: file.venue.currency.as_str().into(),
            opening_balance: Money(price(&file.venue.opening_balance)?.0.into()),
            price_band: ratio(&file.venue.price_band)?,
            initial_margin: ratio(&file.venue.initial_margin)?,
            maintenance_margin: ratio(&file.venue.maintenance_margin)?,
            margin_call: ratio(&file.venue.margin_call)?,
            liquidation_slice: ratio(&file.venue.liquidation_slice)?,
            maker_fee: ratio(&file.venue.maker_fee)?,
            taker_fee: ratio(&file.venue.taker_fee)?,
            block_fee: ratio(&file.venue.block_fee)?,
            implied: file.venue.implied,
            limits: file.venue.limits,
        };
        Ok(Self { venue, products, correlations })
    }
}

fn price(text: &str) -> Result<Price, DataError> {
    Price::parse(text).map_err(|e| DataError::Value(format!("{text}: {e}")))
}

fn positive(text: &str) -> Result<Price, DataError> {
    price(text).and_then(|p| if p.0 > 0 { Ok(p) } else { Err(DataError::Value(format!("{text}: must be positive"))) })
}

fn ratio(text: &str) -> Result<Ratio, DataError> {
    price(text).map(|p| Ratio(p.0))
}

fn product(row: &wire::Product, currency: &str) -> Result<ProductData, DataError> {
    let name = Product::new(&row.name).ok_or_else(|| DataError::Value(format!("{}: not a product name", row.name)))?;
    let unit = match row.unit.as_str() {
        "gpu_hour" => Unit::GpuHour,
        "mtok" => Unit::Mtok,
        other => return Err(DataError::Value(format!("{other}: unknown unit"))),
    };
    let perpetual = row
        .perpetual
        .as_ref()
        .map(|p| {
            let (tick, daily_funding_cap) = (positive(&p.tick)?, ratio(&p.daily_funding_cap)?);
            Ok::<_, DataError>(Perpetual { contract_size: p.contract_size, tick, daily_funding_cap })
        })
        .transpose()?;
    if row.contract_size <= 0 || row.months <= 0 {
        return Err(DataError::Value(format!("{name}: contract size and months must be positive")));
    }
    Ok(ProductData {
        index_name: format!("{}_{}", row.name, currency).to_lowercase().into(),
        name,
        description: row.description.as_str().into(),
        unit,
        contract_size: row.contract_size,
        months: row.months,
        tick: positive(&row.tick)?,
        spread_tick: positive(&row.spread_tick)?,
        spot: positive(&row.spot)?,
        curve: row.curve,
        volatility: row.volatility,
        perpetual,
    })
}

fn correlations(products: &[ProductData], rows: &[wire::Correlation]) -> Result<Vec<Vec<f64>>, DataError> {
    let mut matrix: Vec<Vec<f64>> = (0..products.len())
        .map(|row| (0..products.len()).map(|col| f64::from(u8::from(row == col))).collect())
        .collect();
    for row in rows {
        let find = |name: &str| {
            products
                .iter()
                .position(|p| p.name.as_str() == name)
                .ok_or_else(|| DataError::Value(format!("{name}: correlation of an unknown product")))
        };
        let (a, b) = (find(&row.products[0])?, find(&row.products[1])?);
        if !(-1.0..=1.0).contains(&row.value) {
            return Err(DataError::Value(format!("{}: not a correlation", row.value)));
        }
        matrix[a][b] = row.value;
        matrix[b][a] = row.value;
    }
    Ok(matrix)
}

/// The file as it is written.
mod wire {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct File {
        pub venue: Venue,
        pub products: Vec<Product>,
        pub correlations: Vec<Correlation>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Venue {
        pub name: String,
        pub currency: String,
        pub opening_balance: String,
        pub price_band: String,
        pub initial_margin: String,
        pub maintenance_margin: String,
        pub margin_call: String,
        pub liquidation_slice: String,
        pub maker_fee: String,
        pub taker_fee: String,
        pub block_fee: String,
        pub implied: super::Implied,
        pub limits: super::RequestLimits,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Product {
        pub name: String,
        pub description: String,
        pub unit: String,
        pub contract_size: i64,
        pub months: i32,
        pub tick: String,
        pub spread_tick: String,
        pub spot: String,
        pub curve: super::Curve,
        pub volatility: super::Volatility,
        pub perpetual: Option<Perpetual>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Perpetual {
        pub contract_size: i64,
        pub tick: String,
        pub daily_funding_cap: String,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Correlation {
        pub products: [String; 2],
        pub value: f64,
    }
}
