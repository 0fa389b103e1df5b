//! Order statistics of prices, exact in integers.

use crate::domain::number::Price;

/// Quartile 0 to 4 of ascending prices, linear between ranks (Hyndman & Fan 1996, type 7), rounded down to 10⁻⁹. `None` of nothing.
pub fn quartile(ascending: &[Price], quarter: u8) -> Option<Price> {
    let quarters = ascending.len().checked_sub(1)? * usize::from(quarter.min(4));
    let low = *ascending.get(quarters / 4)?;
    let high = ascending.get(quarters / 4 + 1).map_or(low, |&price| price);
    let part = i128::from((high - low).0) * (quarters % 4) as i128 / 4;
    Some(low + Price(i64::try_from(part).unwrap_or_default()))
}

/// The middle one, or the mean of the middle two.
pub fn median(ascending: &[Price]) -> Option<Price> {
    quartile(ascending, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quartiles(prices: &[i64]) -> Vec<i64> {
        let prices: Vec<Price> = prices.iter().map(|&price| Price(price)).collect();
        (0..=4).filter_map(|quarter| quartile(&prices, quarter)).map(|price| price.0).collect()
    }

    #[test]
    fn quartiles_of_small_sets() {
        assert!(quartiles(&[]).is_empty());
        assert_eq!(quartiles(&[7]), [7, 7, 7, 7, 7]);
        assert_eq!(quartiles(&[0, 100]), [0, 25, 50, 75, 100]);
        assert_eq!(quartiles(&[10, 20, 30, 40]), [10, 17, 25, 32, 40]);
        assert_eq!(quartiles(&[1, 2, 3, 4, 5]), [1, 2, 3, 4, 5]);
    }
}
