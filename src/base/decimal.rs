//! Decimal text ⇄ scaled integers, without a float in between. More digits than the scale holds is an error, never a rounding.

use std::fmt;

/// Why a text is not a number of the wanted scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("not a decimal number")]
    Malformed,
    #[error("more decimals than can be held exactly")]
    TooPrecise,
    #[error("number too large")]
    Overflow,
}

/// Largest scale accepted by [`parse`] and [`Scaled`].
pub const MAX_SCALE: u32 = 18;

/// Parses `[-]digits[.digits][e[±]digits]` into units of 10^-`scale`.
///
/// # Errors
/// [`DecimalError`]; non-zero digits below the scale are [`DecimalError::TooPrecise`].
pub fn parse(text: &[u8], scale: u32) -> Result<i64, DecimalError> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut magnitude: u64 = 0;
    let mut digits = 0_u32;
    let mut decimals: i32 = 0;
    let mut in_fraction = false;
    let mut exponent: i32 = 0;
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        match byte {
            b'0'..=b'9' => {
                magnitude = magnitude
                    .checked_mul(10)
                    .and_then(|m| m.checked_add(u64::from(byte - b'0')))
                    .ok_or(DecimalError::Overflow)?;
                digits += 1;
                decimals += i32::from(in_fraction);
            }
            b'.' if !in_fraction && digits > 0 => in_fraction = true,
            b'e' | b'E' if digits > 0 => {
                exponent = parse_exponent(body.get(at + 1..).unwrap_or_default())?;
                break;
            }
            _ => return Err(DecimalError::Malformed),
        }
        at += 1;
    }
    if digits == 0 || (in_fraction && decimals == 0) {
        return Err(DecimalError::Malformed);
    }
    let shift = i32::try_from(scale).unwrap_or(i32::MAX).saturating_add(exponent).saturating_sub(decimals);
    let scaled = rescale(magnitude, shift)?;
    let signed = i64::try_from(scaled).map_err(|_| DecimalError::Overflow)?;
    Ok(if negative { -signed } else { signed })
}

fn parse_exponent(text: &[u8]) -> Result<i32, DecimalError> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|s| s.parse::<i32>().ok())
        .filter(|e| e.unsigned_abs() <= 40)
        .ok_or(DecimalError::Malformed)
}

fn rescale(magnitude: u64, shift: i32) -> Result<u64, DecimalError> {
    if magnitude == 0 {
        return Ok(0);
    }
    let factor = 10_u64.checked_pow(shift.unsigned_abs());
    if shift >= 0 {
        return factor.and_then(|f| magnitude.checked_mul(f)).ok_or(DecimalError::Overflow);
    }
    let factor = factor.ok_or(DecimalError::TooPrecise)?;
    if magnitude.is_multiple_of(factor) { Ok(magnitude / factor) } else { Err(DecimalError::TooPrecise) }
}

/// Prints `units` of 10^-`scale` as the shortest decimal: `2.79`, `-0.005`, `730`.
#[derive(Clone, Copy, Debug)]
pub struct Scaled {
    pub units: i128,
    pub scale: u32,
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(self.scale.min(MAX_SCALE));
        let magnitude = self.units.unsigned_abs();
        if self.units < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", magnitude / one)?;
        let mut fraction = magnitude % one;
        if fraction == 0 {
            return Ok(());
        }
        let mut width = self.scale as usize;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        write!(f, ".{fraction:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_venues_send() {
        for (text, scale, want) in [
            ("2.79", 9, Ok(2_790_000_000)),
            ("-0.005", 9, Ok(-5_000_000)),
            ("1e-3", 9, Ok(1_000_000)),
            ("7.3E2", 6, Ok(730_000_000)),
            ("0.0", 0, Ok(0)),
            ("0.1234567891", 9, Err(DecimalError::TooPrecise)),
            ("99999999999", 9, Err(DecimalError::Overflow)),
            ("", 9, Err(DecimalError::Malformed)),
            ("-", 9, Err(DecimalError::Malformed)),
            (".5", 9, Err(DecimalError::Malformed)),
            ("5.", 9, Err(DecimalError::Malformed)),
            ("1.2.3", 9, Err(DecimalError::Malformed)),
            ("1e", 9, Err(DecimalError::Malformed)),
            ("1e-2147483648", 9, Err(DecimalError::Malformed)),
            ("-0.000", 9, Ok(0)),
            ("0.12345678901234567890123456789", 9, Err(DecimalError::Overflow)),
        ] {
            assert_eq!(parse(text.as_bytes(), scale), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(units in any::<i64>().prop_filter("i64::MIN has no positive twin", |u| *u != i64::MIN), scale in 0_u32..=18) {
            let text = Scaled { units: i128::from(units), scale }.to_string();
            prop_assert_eq!(parse(text.as_bytes(), scale), Ok(units));
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = parse(&bytes, 9);
        }
    }
}
