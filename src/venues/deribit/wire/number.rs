//! A JSON number held as an exact decimal.

use std::fmt;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::base::decimal::DecimalError;
use crate::domain::number::{Money, PRICE_SCALE, Price, QTY_SCALE, Qty};

/// `mantissa` × 10^-`scale`, normalised: no trailing zero below the point, so equal values compare equal.
///
/// A quoted number is read like a bare one (HTTP queries are all text).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Number {
    mantissa: i128,
    scale: u32,
}

/// Enough for every float a venue prints (`5.551115123125783e-17`).
const MAX_SCALE: u32 = 60;

impl Number {
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    pub fn new(mantissa: i128, scale: u32) -> Self {
        let mut number = Self { mantissa, scale };
        while number.scale > 0 && number.mantissa % 10 == 0 {
            number.mantissa /= 10;
            number.scale -= 1;
        }
        number
    }

    /// Reads decimal text.
    ///
    /// # Errors
    /// Malformed text, or more digits than fit.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (negative, body) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (digits, exponent) = match body.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| DecimalError::Malformed)?),
            None => (body, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || (fraction.is_empty() && digits.len() != whole.len()) {
            return Err(DecimalError::Malformed);
        }
        let mut mantissa: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0')).ok_or(DecimalError::Malformed)?;
            mantissa = mantissa.checked_mul(10).and_then(|m| m.checked_add(digit)).ok_or(DecimalError::Overflow)?;
        }
        let decimals = i32::try_from(fraction.len()).unwrap_or(i32::MAX).saturating_sub(exponent);
        if negative {
            mantissa = -mantissa;
        }
        match u32::try_from(decimals) {
            _ if mantissa == 0 => Ok(Self::ZERO),
            Ok(scale) if scale <= MAX_SCALE => Ok(Self::new(mantissa, scale)),
            Ok(_) => Err(DecimalError::TooPrecise),
            Err(_) => {
                let factor = 10_i128.checked_pow(decimals.unsigned_abs());
                let mantissa = factor.and_then(|f| mantissa.checked_mul(f)).ok_or(DecimalError::Overflow)?;
                Ok(Self { mantissa, scale: 0 })
            }
        }
    }

    /// The value in units of 10^-`scale`.
    ///
    /// # Errors
    /// Digits below the scale, or too large.
    pub fn exact(self, scale: u32) -> Result<i128, DecimalError> {
        let up = scale.checked_sub(self.scale).ok_or(DecimalError::TooPrecise)?;
        10_i128.checked_pow(up).and_then(|f| self.mantissa.checked_mul(f)).ok_or(DecimalError::Overflow)
    }

    /// The value in units of 10^-`scale`, halves to even: for marks, margins and other figures that are never sent back.
    ///
    /// # Errors
    /// Too large.
    pub fn nearest(self, scale: u32) -> Result<i128, DecimalError> {
        let Some(down) = self.scale.checked_sub(scale).filter(|&down| down > 0) else {
            return self.exact(scale);
        };
        let Some(one) = 10_i128.checked_pow(down) else { return Ok(0) };
        let (quotient, rest) = (self.mantissa.div_euclid(one), self.mantissa.rem_euclid(one));
        let up = rest > one - rest || (rest == one - rest && quotient.rem_euclid(2) == 1);
        Ok(quotient + i128::from(up))
    }

    /// # Errors
    /// More than nine decimals, or too large.
    pub fn price(self) -> Result<Price, DecimalError> {
        narrow(self.exact(PRICE_SCALE)?).map(Price)
    }

    /// # Errors
    /// Too large.
    pub fn nearest_price(self) -> Result<Price, DecimalError> {
        narrow(self.nearest(PRICE_SCALE)?).map(Price)
    }

    /// Half-even to 10⁻⁹ where the venue prints more.
    ///
    /// # Errors
    /// Too large.
    pub fn money(self) -> Result<Money, DecimalError> {
        self.nearest(PRICE_SCALE).map(Money)
    }

    /// Contracts, from an amount in units.
    ///
    /// # Errors
    /// `TooPrecise` when the amount is no whole number of 10⁻⁶ contracts.
    pub fn contracts(self, contract_size: i64) -> Result<Qty, DecimalError> {
        let units = self.exact(QTY_SCALE)?;
        let size = i128::from(contract_size.max(1));
        if units % size != 0 {
            return Err(DecimalError::TooPrecise);
        }
        narrow(units / size).map(Qty)
    }

    /// An amount in units, from contracts.
    pub fn amount(qty: Qty, contract_size: i64) -> Self {
        Self::new(i128::from(qty.0) * i128::from(contract_size), QTY_SCALE)
    }

    /// Whole numbers only (timestamps, counts).
    ///
    /// # Errors
    /// A fraction, or too large.
    pub fn integer(self) -> Result<i64, DecimalError> {
        narrow(self.exact(0)?)
    }
}

fn narrow(value: i128) -> Result<i64, DecimalError> {
    i64::try_from(value).map_err(|_| DecimalError::Overflow)
}

impl From<Price> for Number {
    fn from(price: Price) -> Self {
        Self::new(price.0.into(), PRICE_SCALE)
    }
}

impl From<Qty> for Number {
    fn from(qty: Qty) -> Self {
        Self::new(qty.0.into(), QTY_SCALE)
    }
}

impl From<Money> for Number {
    fn from(money: Money) -> Self {
        Self::new(money.0, PRICE_SCALE)
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Self {
        Self { mantissa: whole.into(), scale: 0 }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.mantissa);
        }
        let width = self.scale as usize + 1;
        let digits = format!("{:0width$}", self.mantissa.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let bare = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        Self::parse(bare).map_err(|error| D::Error::custom(format_args!("{error}: {bare:.40}")))
    }
}
