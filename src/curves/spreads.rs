//! Spreads: how they are made of outrights, and what the quotes of different products have in common.
//!
//! Orientation lives in the legs (market.md 6.3): butterfly +1 −2 +1, condor +1 −1 −1 +1, strip +1 of each; a calendar buys near and
//! sells far. Prices of spreads may be negative.

use super::period::Period;
use super::touch::Touch;
use crate::domain::contract::{Contract, Delivery, Leg, Month, Product};

/// Buys `months` at `ratios`: one spread bought, leg by leg.
fn legs<const N: usize>(product: &Product, months: [Month; N], ratios: [i8; N]) -> Contract {
    let leg = |(month, ratio)| Leg { product: product.clone(), delivery: Delivery::Month(month), ratio };
    Contract::Spread { legs: months.into_iter().zip(ratios).map(leg).collect() }
}

/// Buy near, sell far (the NYMEX convention).
pub fn calendar(product: &Product, months: [Month; 2]) -> Contract {
    legs(product, months, [1, -1])
}

pub fn butterfly(product: &Product, months: [Month; 3]) -> Contract {
    legs(product, months, [1, -2, 1])
}

pub fn condor(product: &Product, months: [Month; 4]) -> Contract {
    legs(product, months, [1, -1, -1, 1])
}

pub fn double_butterfly(product: &Product, months: [Month; 4]) -> Contract {
    legs(product, months, [1, -3, 3, -1])
}

/// One of each month. Its price as a spread is the sum over the months; as a strip it is quoted as their mean.
pub fn strip(product: &Product, period: Period) -> Contract {
    let leg = |month| Leg { product: product.clone(), delivery: Delivery::Month(month), ratio: 1 };
    Contract::Spread { legs: period.iter().map(leg).collect() }
}

/// The outrights of a contract and how many of each one contract holds: sorted, merged, none zero.
pub fn position(contract: &Contract) -> Vec<(Product, Delivery, i64)> {
    let mut held: Vec<(Product, Delivery, i64)> = match contract {
        Contract::Outright { product, delivery } => vec![(product.clone(), *delivery, 1)],
        Contract::Spread { legs } => {
            legs.iter().map(|leg| (leg.product.clone(), leg.delivery, i64::from(leg.ratio))).collect()
        }
    };
    held.sort_unstable();
    held.dedup_by(|next, kept| {
        let is_same = (&next.0, next.1) == (&kept.0, kept.1);
        if is_same {
            kept.2 += next.2;
        }
        is_same
    });
    held.retain(|(_, _, count)| *count != 0);
    held
}

/// A contract's price from its legs: every leg bought at the ask or sold at the bid.
pub fn from_legs(contract: &Contract, touch: impl Fn(&Product, Delivery) -> Touch) -> Touch {
    position(contract)
        .iter()
        .map(|(product, delivery, count)| touch(product, *delivery).times(*count as f64))
        .fold(Touch::exact(0.0), |sum, leg| sum + leg)
}

/// What one GPU of a kind does and holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gpu {
    /// Peak dense 8-bit operations, 10¹⁵ a second.
    pub peta_ops: f64,
    pub memory_gb: f64,
}

/// The GPUs behind the products: NVIDIA's SXM boards by its own figures, half of those it prints for sparse matrices.
/// A100 80 GB (data sheet: 1,248 TOPS INT8, it has no FP8); H100 and H200 (data sheets: 3,958 TFLOPS FP8, 80 and 141 GB);
/// B200 as rented in eights (DGX B200, nvidia.com/en-us/data-center/dgx-b200: 72 PFLOPS FP8 and 1,440 GB for eight). The same chip
/// in a GB200, at more power, does 5.0 and is not this product.
pub fn gpu_of(product: &Product) -> Option<Gpu> {
    let (peta_ops, memory_gb) = match product.as_str() {
        "A100" => (0.624, 80.0),
        "H100" => (1.979, 80.0),
        "H200" => (1.979, 141.0),
        "B200" => (4.500, 180.0),
        _ => return None,
    };
    Some(Gpu { peta_ops, memory_gb })
}

/// What two products are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normaliser {
    /// Dollars per GPU-hour, as quoted.
    GpuHour,
    /// Dollars per 10¹⁵ operations a second, for an hour.
    PetaOpsHour,
    /// Dollars per gigabyte of memory, for an hour.
    GigabyteHour,
    /// The first price over the second, no unit.
    Ratio,
}

impl Normaliser {
    pub const fn unit(self) -> &'static str {
        match self {
            Self::GpuHour => "$/GPU-h",
            Self::PetaOpsHour => "$/PFLOP-h",
            Self::GigabyteHour => "$/GB-h",
            Self::Ratio => "ratio",
        }
    }

    /// First minus second in [`unit`](Self::unit)s; for [`Self::Ratio`] first over second.
    pub fn compare(self, (first, first_gpu): (Touch, Gpu), (second, second_gpu): (Touch, Gpu)) -> Touch {
        let per = |gpu: Gpu| match self {
            Self::PetaOpsHour => gpu.peta_ops,
            Self::GigabyteHour => gpu.memory_gb,
            Self::GpuHour | Self::Ratio => 1.0,
        };
        match self {
            Self::Ratio => first.ratio(second),
            _ => first.times(1.0 / per(first_gpu)) - second.times(1.0 / per(second_gpu)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEC_26: Month = Month { year: 2026, month: 12 };

    fn product(name: &str) -> Product {
        Product::new(name).unwrap()
    }

    fn close(got: Option<f64>, want: f64) {
        assert!((got.unwrap() - want).abs() < 1e-12, "{got:?} is not {want}");
    }

    #[test]
    fn spreads_are_priced_from_their_legs() {
        let touch = |_: &Product, delivery: Delivery| {
            let Delivery::Month(month) = delivery else { return Touch::default() };
            let ahead = f64::from(month.since(DEC_26));
            Touch { bid: Some(2.80 - 0.05 * ahead), ask: Some(2.81 - 0.05 * ahead) }
        };
        let h100 = product("H100");
        let months = |ahead: [i32; 4]| ahead.map(|ahead| DEC_26.plus(ahead));
        let [a, b, c, d] = months([0, 1, 3, 4]);
        let price = |contract: &Contract| from_legs(contract, touch);
        close(price(&calendar(&h100, [a, c])).bid, 2.80 - 2.66);
        close(price(&calendar(&h100, [c, a])).bid, 2.65 - 2.81);
        close(price(&butterfly(&h100, [a, b, c])).bid, 2.80 - 2.0 * 2.76 + 2.65);
        close(price(&condor(&h100, [a, b, c, d])).ask, 2.81 - 2.75 - 2.65 + 2.61);
        close(price(&double_butterfly(&h100, [a, b, c, d])).ask, 2.81 - 3.0 * 2.75 + 3.0 * 2.66 - 2.60);
        close(price(&strip(&h100, Period::new(DEC_26, 3).unwrap())).ask, 3.0 * 2.76);
        assert_eq!(position(&strip(&h100, Period::new(DEC_26, 3).unwrap())).len(), 3);
    }

    #[test]
    fn legs_of_the_same_outright_are_one() {
        let leg = |ratio| Leg { product: product("H100"), delivery: Delivery::Perpetual, ratio };
        let held = |ratios: &[i8]| position(&Contract::Spread { legs: ratios.iter().copied().map(leg).collect() });
        assert_eq!(held(&[2, -3]), [(product("H100"), Delivery::Perpetual, -1)]);
        assert_eq!(held(&[2, -2]), []);
    }

    #[test]
    fn generations_are_compared_by_what_they_do() {
        let [h100, b200] = ["H100", "B200"].map(|name| gpu_of(&product(name)).unwrap());
        let first = (Touch { bid: Some(5.80), ask: Some(5.90) }, b200);
        let second = (Touch { bid: Some(2.80), ask: Some(2.82) }, h100);
        close(Normaliser::GpuHour.compare(first, second).bid, 2.98);
        close(Normaliser::PetaOpsHour.compare(first, second).ask, 5.90 / 4.5 - 2.80 / 1.979);
        close(Normaliser::GigabyteHour.compare(first, second).bid, 5.80 / 180.0 - 2.82 / 80.0);
        close(Normaliser::Ratio.compare(first, second).ask, 5.90 / 2.80);
        assert_eq!(gpu_of(&product("TOK")), None);
    }
}
