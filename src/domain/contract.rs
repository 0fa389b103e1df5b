//! What is traded, independent of any venue: product, delivery, legs; and the one printer and parser of their names.
//!
//! Screen `H100 DEC-26`, text `H100.Z6`, a calendar `H100 DEC-26 / MAR-27` or `H100.Z6-H7`, the perpetual `H100 PERP` or
//! `H100.PERP`. A text may carry a venue: `AX:H100.Z6`.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

/// What is delivered: `H100`, `TOK`. Upper-case letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Product(Arc<str>);

impl Product {
    /// `None` unless `name` is 1 to 12 upper-case letters and digits.
    pub fn new(name: &str) -> Option<Self> {
        let valid =
            (1..=12).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        valid.then(|| Self(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A delivery month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

const NAMES: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Month letters of the futures industry, January first.
const LETTERS: &[u8; 12] = b"FGHJKMNQUVXZ";

impl Month {
    pub fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// The month `count` later (earlier when negative).
    pub fn plus(self, count: i32) -> Self {
        let index = i32::from(self.year) * 12 + i32::from(self.month) - 1 + count;
        Self {
            year: i16::try_from(index.div_euclid(12)).unwrap_or(i16::MAX),
            month: i8::try_from(index.rem_euclid(12) + 1).unwrap_or(1),
        }
    }

    /// Months from `earlier` to this one.
    pub fn since(self, earlier: Self) -> i32 {
        (i32::from(self.year) - i32::from(earlier.year)) * 12 + i32::from(self.month) - i32::from(earlier.month)
    }

    /// The last representable date for a month beyond the calendar's end.
    pub fn first_day(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or(Date::MAX)
    }

    fn index(self) -> usize {
        usize::try_from(self.month.saturating_sub(1)).unwrap_or(0).min(11)
    }

    /// `DEC-26`.
    pub fn screen(self) -> String {
        format!("{}-{:02}", NAMES[self.index()], self.year.rem_euclid(100))
    }

    /// `Z6`; decades are told apart by the reader, as in the trade.
    pub fn code(self) -> String {
        format!("{}{}", char::from(LETTERS[self.index()]), self.year.rem_euclid(10))
    }

    /// Reads `Z6` as the first such month not before `reference`.
    pub fn parse_code(text: &str, reference: Self) -> Option<Self> {
        let &[letter, digit] = text.as_bytes() else { return None };
        let month = i8::try_from(LETTERS.iter().position(|&l| l == letter)? + 1).ok()?;
        let digit = i16::from(char::from(digit).to_digit(10)? as u8);
        (0..=10)
            .map(|ahead| Self { year: reference.year.saturating_add(ahead), month })
            .find(|m| m.year.rem_euclid(10) == digit && *m >= reference)
    }

    /// Reads `DEC-26`.
    pub fn parse_screen(text: &str) -> Option<Self> {
        let (name, year) = text.split_once('-')?;
        let month = i8::try_from(NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))? + 1).ok()?;
        (year.len() == 2 && year.bytes().all(|b| b.is_ascii_digit())).then_some(())?;
        Some(Self { year: 2000 + year.parse::<i16>().ok()?, month })
    }
}

/// When an outright is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    Month(Month),
    Perpetual,
}

impl Delivery {
    /// `DEC-26` or `PERP`.
    pub fn screen(self) -> String {
        match self {
            Self::Month(month) => month.screen(),
            Self::Perpetual => "PERP".to_owned(),
        }
    }

    fn code(self) -> String {
        match self {
            Self::Month(month) => month.code(),
            Self::Perpetual => "PERP".to_owned(),
        }
    }

    fn parse_code(text: &str, reference: Month) -> Option<Self> {
        match text {
            "PERP" => Some(Self::Perpetual),
            code => Month::parse_code(code, reference).map(Self::Month),
        }
    }

    fn parse_screen(text: &str) -> Option<Self> {
        match text {
            "PERP" => Some(Self::Perpetual),
            name => Month::parse_screen(name).map(Self::Month),
        }
    }
}

/// One leg of a spread: `ratio` contracts bought (negative: sold) for one spread bought.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leg {
    pub product: Product,
    pub delivery: Delivery,
    pub ratio: i8,
}

/// What an instrument trades. Orientation of a spread is that of its legs; nothing infers it from a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    Outright { product: Product, delivery: Delivery },
    Spread { legs: Vec<Leg> },
}

impl Contract {
    /// The product of an outright, or of a spread's first leg.
    pub fn product(&self) -> Option<&Product> {
        match self {
            Self::Outright { product, .. } => Some(product),
            Self::Spread { legs } => legs.first().map(|leg| &leg.product),
        }
    }

    /// The delivery month of an outright.
    pub fn month(&self) -> Option<Month> {
        match self {
            Self::Outright { delivery: Delivery::Month(month), .. } => Some(*month),
            _ => None,
        }
    }

    pub fn is_spread(&self) -> bool {
        matches!(self, Self::Spread { .. })
    }

    /// One `near` bought and one `far` sold.
    fn calendar(product: Product, near: Delivery, far: Delivery) -> Option<Self> {
        (near != far).then(|| Self::Spread {
            legs: vec![
                Leg { product: product.clone(), delivery: near, ratio: 1 },
                Leg { product, delivery: far, ratio: -1 },
            ],
        })
    }

    /// Where the product stands beside it: `DEC-26`, `DEC-26/MAR-27`, a strip `Q1-27` or `CAL-27`; two products `H200/H100 DEC-26`.
    pub fn short(&self) -> String {
        let legs = match self {
            Self::Outright { delivery, .. } => return delivery.screen(),
            Self::Spread { legs } => legs,
        };
        let join = |parts: Vec<String>, by: &str| parts.join(by);
        let deliveries = || legs.iter().map(|leg| leg.delivery.screen()).collect();
        let (Some(first), Some(last)) = (legs.first(), legs.last()) else { return String::new() };
        if legs.iter().any(|leg| leg.product != first.product) {
            if legs.iter().all(|leg| leg.delivery == first.delivery) {
                let products = legs.iter().map(|leg| leg.product.to_string()).collect();
                return format!("{} {}", join(products, "/"), first.delivery.screen());
            }
            return join(legs.iter().map(|leg| format!("{} {}", leg.product, leg.delivery.screen())).collect(), "/");
        }
        if legs.iter().any(|leg| leg.ratio < 0) {
            return join(deliveries(), "/");
        }
        match (first.delivery, last.delivery, legs.len()) {
            (Delivery::Month(from), Delivery::Month(to), 3) if from.month % 3 == 1 && to == from.plus(2) => {
                format!("Q{}-{:02}", from.month / 3 + 1, from.year.rem_euclid(100))
            }
            (Delivery::Month(from), Delivery::Month(to), 12) if from.month == 1 && to == from.plus(11) => {
                format!("CAL-{:02}", from.year.rem_euclid(100))
            }
            _ => join(deliveries(), "+"),
        }
    }

    /// Text form: `H100.Z6`, `H100.Z6-H7`; other spreads leg by leg, `+1*H100.Z6-2*H200.Z6`.
    pub fn code(&self) -> String {
        match self {
            Self::Outright { product, delivery } => format!("{product}.{}", delivery.code()),
            Self::Spread { legs } => match legs.as_slice() {
                [near, far] if near.product == far.product && (near.ratio, far.ratio) == (1, -1) => {
                    format!("{}.{}-{}", near.product, near.delivery.code(), far.delivery.code())
                }
                legs => legs
                    .iter()
                    .map(|leg| format!("{:+}*{}.{}", leg.ratio, leg.product, leg.delivery.code()))
                    .collect::<Vec<_>>()
                    .join(""),
            },
        }
    }

    /// Reads what [`code`](Self::code) prints; month codes mean the first such month not before `reference`.
    pub fn parse_code(text: &str, reference: Month) -> Option<Self> {
        if text.starts_with(['+', '-']) {
            return Self::parse_legs(text, reference);
        }
        let (product, rest) = text.split_once('.')?;
        let product = Product::new(product)?;
        let delivery = |code| Delivery::parse_code(code, reference);
        match rest.split_once('-') {
            None => Some(Self::Outright { product, delivery: delivery(rest)? }),
            Some((near, far)) => Self::calendar(product, delivery(near)?, delivery(far)?),
        }
    }

    fn parse_legs(text: &str, reference: Month) -> Option<Self> {
        let starts = text.match_indices(['+', '-']).map(|(at, _)| at);
        let ends = starts.clone().skip(1).chain([text.len()]);
        let leg = |(start, end): (usize, usize)| {
            let (ratio, outright) = text[start..end].split_once('*')?;
            let (product, delivery) = outright.split_once('.')?;
            Some(Leg {
                product: Product::new(product)?,
                delivery: Delivery::parse_code(delivery, reference)?,
                ratio: ratio.parse().ok().filter(|&ratio| ratio != 0)?,
            })
        };
        Some(Self::Spread { legs: starts.zip(ends).map(leg).collect::<Option<_>>()? })
    }

    /// Reads `H100 DEC-26`, `H100 PERP` and `H100 DEC-26 / MAR-27`, in any case.
    pub fn parse_screen(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let (product, rest) = text.split_once(' ')?;
        let product = Product::new(product)?;
        match rest.split_once('/') {
            None => Some(Self::Outright { product, delivery: Delivery::parse_screen(rest.trim())? }),
            Some((near, far)) => {
                Self::calendar(product, Delivery::parse_screen(near.trim())?, Delivery::parse_screen(far.trim())?)
            }
        }
    }
}

/// Screen form: `H100 DEC-26`, `H100 DEC-26 / MAR-27`.
impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outright { product, delivery } => write!(f, "{product} {}", delivery.screen()),
            Self::Spread { legs } => match legs.as_slice() {
                [near, far] if near.product == far.product && (near.ratio, far.ratio) == (1, -1) => {
                    write!(f, "{} {} / {}", near.product, near.delivery.screen(), far.delivery.screen())
                }
                legs => {
                    for (at, leg) in legs.iter().enumerate() {
                        let gap = if at == 0 { "" } else { " " };
                        write!(f, "{gap}{:+} {} {}", leg.ratio, leg.product, leg.delivery.screen())?;
                    }
                    Ok(())
                }
            },
        }
    }
}
