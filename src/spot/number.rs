//! Decimal text as catalogues write it: `1.8214000000000001`, `8.0`, `5e-06`. Unlike [`crate::base::decimal`], which refuses digits it
//! cannot hold, this rounds: such digits are noise of the floats that the writers went through.

use std::cmp::Ordering;

use crate::domain::number::Price;

/// Digits that an `i128` surely holds.
const MOST_DIGITS: u32 = 30;
/// Decimals that a price per GPU-hour is rounded to.
const RENTAL_DECIMALS: u32 = 4;

/// `text` in units of 10^-`scale`, halves away from zero; `None` unless it is a decimal number that fits.
pub fn rounded(text: &str, scale: i32) -> Option<i128> {
    let (negative, body) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 40)?),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if u32::try_from(digits.len()).ok()? > MOST_DIGITS {
        return None;
    }
    let magnitude = if digits.is_empty() { 0 } else { digits.parse::<i128>().ok()? };
    let shift = scale + exponent - i32::try_from(fraction.len()).ok()?;
    let scaled = shifted(magnitude, shift)?;
    Some(if negative { -scaled } else { scaled })
}

/// `magnitude` × 10^`shift`, halves up.
fn shifted(magnitude: i128, shift: i32) -> Option<i128> {
    let factor = 10_i128.checked_pow(shift.unsigned_abs());
    match shift.cmp(&0) {
        Ordering::Less => Some(factor.map_or(0, |factor| (magnitude + factor / 2) / factor)),
        Ordering::Equal => Some(magnitude),
        Ordering::Greater if magnitude == 0 => Some(0),
        Ordering::Greater => magnitude.checked_mul(factor?),
    }
}

/// Dollars, to 10⁻⁹.
pub fn dollars(text: &str) -> Option<Price> {
    price(rounded(text, 9)?)
}

/// Dollars per token → dollars per million tokens.
pub fn dollars_per_mtok(text: &str) -> Option<Price> {
    price(rounded(text, 9 + 6)?)
}

fn price(units: i128) -> Option<Price> {
    i64::try_from(units).ok().map(Price)
}

/// A whole number, also written `8.0` or `128e3`.
pub fn whole(text: &str) -> Option<u64> {
    let thousandths = rounded(text, 3)?;
    (thousandths % 1_000 == 0).then(|| u64::try_from(thousandths / 1_000).ok()).flatten()
}

/// A machine's hourly price shared among its GPUs, to four places, halves up. `gpus` must not be zero.
pub fn per_gpu(machine: Price, gpus: u32) -> Price {
    let unit = 10_i64.pow(9 - RENTAL_DECIMALS) * i64::from(gpus.max(1));
    Price(machine.0.saturating_add(unit / 2).div_euclid(unit) * 10_i64.pow(9 - RENTAL_DECIMALS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_catalogues_write() {
        for (text, scale, want) in [
            ("1.8214000000000001", 9, Some(1_821_400_000)),
            ("9.499999999999999e-07", 15, Some(950_000_000)),
            ("5.0000000000000004e-08", 15, Some(50_000_000)),
            ("5e-06", 15, Some(5_000_000_000)),
            ("3E-5", 15, Some(30_000_000_000)),
            ("0", 15, Some(0)),
            ("0.0", 9, Some(0)),
            ("8.0", 0, Some(8)),
            ("-1", 0, Some(-1)),
            ("0.5", 0, Some(1)),
            ("-0.5", 0, Some(-1)),
            ("0.49", 0, Some(0)),
            ("1e-40", 9, Some(0)),
            ("1e-41", 9, None),
            ("0.0000000000000000000000000000000000000001", 9, Some(0)),
            ("", 9, None),
            ("-", 9, None),
            (".5", 9, None),
            ("5.", 9, None),
            ("1,000", 9, None),
            ("+5", 9, None),
            ("5e", 9, None),
            ("nan", 9, None),
            ("1e40", 9, None),
            ("1234567890123456789012345678901", 0, None),
        ] {
            assert_eq!(rounded(text, scale), want, "{text}");
        }
        assert_eq!(whole("8.0"), Some(8));
        assert_eq!(whole("128e3"), Some(128_000));
        assert_eq!((whole("0.5"), whole("-8"), whole("8 GPUs")), (None, None, None));
        assert_eq!(dollars("99999999999"), None);
    }

    #[test]
    fn shares_a_machine_among_its_gpus() {
        let price = |text: &str| Price::parse(text).unwrap();
        assert_eq!(per_gpu(price("8.38"), 2), price("4.19"));
        assert_eq!(per_gpu(price("11.7655"), 8), price("1.4707"));
        assert_eq!(per_gpu(price("0.00035"), 1), price("0.0004"));
    }

    proptest! {
        #[test]
        fn agrees_with_the_strict_parser_where_that_reads(units in 0_i64..i64::MAX / 2) {
            let text = Price(units).to_string();
            prop_assert_eq!(rounded(&text, 9), Some(i128::from(units)));
        }

        #[test]
        fn never_panics(text in "[-0-9.eE+]{0,40}", scale in 0_i32..20) {
            let _ = rounded(&text, scale);
        }
    }
}
