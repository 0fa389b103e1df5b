//! What will be used or made, as a hand says it: by month, or many months at once in words. Validated where it comes in, whether typed or
//! read from the settings; what cannot be is left out and told.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::curves::period::Period;
use crate::domain::contract::{Month, Product};
use crate::domain::instrument::Unit;
use crate::domain::number::{Price, Side};
use crate::ui::format;

pub const GPUS: RangeInclusive<f64> = 0.0..=1e6;
pub const HOURS: RangeInclusive<f64> = 0.0..=24.0;
pub const MTOK: RangeInclusive<f64> = 0.0..=1e9;
const RATE: RangeInclusive<f64> = 0.0..=1e4;

/// Who hedges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Will need it, so buys.
    #[default]
    Consumer,
    /// Will have it to sell, so sells.
    Producer,
}

impl Role {
    pub const ALL: [Self; 2] = [Self::Consumer, Self::Producer];

    pub const fn side(self) -> Side {
        match self {
            Self::Consumer => Side::Bid,
            Self::Producer => Side::Ask,
        }
    }

    /// On the panel and in the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Consumer => "Consume",
            Self::Producer => "Produce",
        }
    }
}

/// Of one month. GPUs and hours count for GPU-hours, tokens for tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Need {
    pub gpus: f64,
    pub hours_a_day: f64,
    pub mtok: f64,
}

impl Need {
    /// GPU-hours over every day of the month, or Mtok.
    pub fn units(&self, month: Month, unit: Unit) -> f64 {
        match unit {
            Unit::Mtok => self.mtok,
            Unit::GpuHour | Unit::Other => self.gpus * self.hours_a_day * days(month),
        }
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

pub fn days(month: Month) -> f64 {
    f64::from(Date::days_in_month(month.first_day()))
}

/// Everything that a plan is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// `None` until a hand has chosen: then that of the link group.
    pub product: Option<Product>,
    pub role: Role,
    needs: BTreeMap<Month, Need>,
    /// A broker's fixed rate for all of it, dollars a unit.
    pub rate: Option<Price>,
}

/// A number of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    Gpus,
    Hours,
    Mtok,
}

impl Column {
    pub const fn of(unit: Unit) -> &'static [Self] {
        match unit {
            Unit::Mtok => &[Self::Mtok],
            Unit::GpuHour | Unit::Other => &[Self::Gpus, Self::Hours],
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Gpus => "GPUs",
            Self::Hours => "h/day",
            Self::Mtok => "Mtok",
        }
    }

    const fn range(self) -> RangeInclusive<f64> {
        match self {
            Self::Gpus => GPUS,
            Self::Hours => HOURS,
            Self::Mtok => MTOK,
        }
    }
}

/// Why something typed or saved was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    #[error("{0:?} is no number")]
    NoNumber(String),
    #[error("{word} must be {low} to {high}, not {given}")]
    OutOfRange { word: &'static str, low: String, high: String, given: String },
    #[error("say how many first, as in: 64 GPUs, 24 h, JAN-27 to JUN-27")]
    NoAmount,
    #[error("say how much first, as in: 2,000 Mtok, JAN-27 to JUN-27")]
    NoTokens,
    #[error("say from when to when, as in: JAN-27 to JUN-27")]
    NoMonths,
    #[error("{to} comes before {from}")]
    Backwards { from: String, to: String },
    #[error("more than {0} months")]
    TooLong(u32),
    #[error("{0:?} is not understood; write: 64 GPUs, 24 h, JAN-27 to JUN-27")]
    Unknown(String),
    #[error("the saved plan's {0} cannot be used")]
    Saved(String),
}

fn number(text: &str) -> Result<f64, InputError> {
    let read = format::parse_price(text).ok_or_else(|| InputError::NoNumber(text.trim().to_owned()))?;
    // Decimal text, so that what was typed comes back as it was typed.
    read.to_string().parse().map_err(|_| InputError::NoNumber(text.trim().to_owned()))
}

fn within(word: &'static str, range: &RangeInclusive<f64>, value: f64) -> Result<f64, InputError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let plain = |value: f64| format::change(Price::from_f64_lossy(value.clamp(-9e9, 9e9)), 0).replace('+', "");
    let (low, high) = (plain(*range.start()), plain(*range.end()));
    Err(InputError::OutOfRange { word, low, high, given: plain_number(value) })
}

/// A number as a field shows it: as many decimals as it has.
pub fn plain_number(value: f64) -> String {
    let value = Price::from_f64_lossy((value * 1e4).round() / 1e4);
    format::price(value, value.decimals())
}

impl Input {
    pub fn new(product: Product, role: Role) -> Self {
        Self { product: Some(product), role, ..Self::default() }
    }

    pub const fn needs(&self) -> &BTreeMap<Month, Need> {
        &self.needs
    }

    pub fn need(&self, month: Month) -> Need {
        self.needs.get(&month).copied().unwrap_or_default()
    }

    pub fn clear(&mut self) {
        self.needs.clear();
    }

    fn put(&mut self, month: Month, need: Need) {
        if need.is_nothing() {
            self.needs.remove(&month);
        } else {
            self.needs.insert(month, need);
        }
    }

    /// Takes what was typed into a cell; nothing typed is none. Hours may be a share of the day, `85%`.
    ///
    /// # Errors
    /// Not a number, or out of range: then nothing changes.
    pub fn type_cell(&mut self, month: Month, column: Column, text: &str) -> Result<(), InputError> {
        let mut need = self.need(month);
        let text = text.trim();
        let value = match (text, column) {
            ("", _) => 0.0,
            (text, Column::Hours) => hours(text)?,
            (text, _) => within(column.word(), &column.range(), number(text)?)?,
        };
        match column {
            Column::Gpus => {
                need.gpus = value;
                // Around the clock, unless something else was said.
                if need.hours_a_day == 0.0 && value > 0.0 {
                    need.hours_a_day = 24.0;
                }
                if value == 0.0 {
                    need.hours_a_day = 0.0;
                }
            }
            Column::Hours => need.hours_a_day = value,
            Column::Mtok => need.mtok = value,
        }
        self.put(month, need);
        Ok(())
    }

    pub fn cell(&self, month: Month, column: Column) -> String {
        let need = self.need(month);
        let value = match column {
            Column::Gpus => need.gpus,
            Column::Hours => need.hours_a_day,
            Column::Mtok => need.mtok,
        };
        if value == 0.0 { String::new() } else { plain_number(value) }
    }

    /// Takes the broker's rate; nothing typed is none.
    ///
    /// # Errors
    /// Not a number, or out of range: then nothing changes.
    pub fn type_rate(&mut self, text: &str) -> Result<(), InputError> {
        if text.trim().is_empty() {
            self.rate = None;
            return Ok(());
        }
        let read = format::parse_price(text).ok_or_else(|| InputError::NoNumber(text.trim().to_owned()))?;
        within("the rate", &RATE, read.to_f64_lossy())?;
        self.rate = Some(read);
        Ok(())
    }

    /// Fills months in words: `64 GPUs, 24 h, JAN-27 to JUN-27`, `2,000 Mtok, Q1-27`, `8 x 85% CAL-27`.
    ///
    /// # Errors
    /// What is not understood or not possible: then nothing changes.
    pub fn fill(&mut self, text: &str, unit: Unit) -> Result<(), InputError> {
        let fill = Fill::read(text)?;
        let (Some(from), Some(to)) = (fill.from, fill.to) else { return Err(InputError::NoMonths) };
        let len = to.since(from) + 1;
        if len < 1 {
            return Err(InputError::Backwards { from: from.screen(), to: to.screen() });
        }
        let months = u32::try_from(len).ok().and_then(|len| Period::new(from, len));
        let months = months.ok_or(InputError::TooLong(crate::curves::period::MAX_MONTHS))?;
        for month in months.iter() {
            let mut need = self.need(month);
            if unit == Unit::Mtok {
                need.mtok = within("Mtok", &MTOK, fill.amount.ok_or(InputError::NoTokens)?)?;
            } else {
                need.gpus = within("GPUs", &GPUS, fill.amount.ok_or(InputError::NoAmount)?)?;
                need.hours_a_day = fill.hours.unwrap_or(24.0);
            }
            self.put(month, need);
        }
        Ok(())
    }
}

/// `20`, `20h` or `85%` of a day.
fn hours(text: &str) -> Result<f64, InputError> {
    let value = match (text.strip_suffix('%'), text.strip_suffix(['h', 'H'])) {
        (Some(share), _) => number(share)? * 24.0 / 100.0,
        (None, Some(hours)) => number(hours)?,
        (None, None) => number(text)?,
    };
    within("hours a day", &HOURS, value)
}

/// What a line of words says.
#[derive(Debug, Default)]
struct Fill {
    amount: Option<f64>,
    hours: Option<f64>,
    from: Option<Month>,
    to: Option<Month>,
}

impl Fill {
    fn read(text: &str) -> Result<Self, InputError> {
        let mut fill = Self::default();
        let spaced = text.replace("..", " to ").replace(['–', '—', ';'], " ");
        let words: Vec<&str> =
            spaced.split_whitespace().map(|word| word.trim_matches(',')).filter(|word| !word.is_empty()).collect();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            let lower = word.to_ascii_lowercase();
            if matches!(
                &*lower,
                "to" | "until" | "-" | "x" | "×" | "from" | "at" | "a" | "day" | "per" | "h" | "gpu" | "gpus" | "mtok"
            ) {
                continue;
            }
            if let Some(period) = period(&lower) {
                fill.span(period);
            } else if lower.ends_with('%') || (lower.ends_with('h') && lower.len() > 1) {
                fill.hours = Some(hours(&lower)?);
            } else if let Ok(value) = number(&lower) {
                let is_hours =
                    words.get(at).is_some_and(|next| matches!(&*next.to_ascii_lowercase(), "h" | "hours" | "hour"));
                if is_hours {
                    at += 1;
                    fill.hours = Some(within("hours a day", &HOURS, value)?);
                } else if fill.amount.is_none() {
                    fill.amount = Some(value);
                } else {
                    return Err(InputError::Unknown((*word).to_owned()));
                }
            } else {
                return Err(InputError::Unknown((*word).to_owned()));
            }
        }
        Ok(fill)
    }

    fn span(&mut self, period: Period) {
        if self.from.is_none() {
            self.from = Some(period.first);
        }
        self.to = Some(period.end().plus(-1));
    }
}

/// `jan-27`, `q1-27`, `cal-27`.
fn period(word: &str) -> Option<Period> {
    if let Some(month) = Month::parse_screen(word) {
        return Some(Period::month(month));
    }
    let (name, year) = word.split_once('-')?;
    let year = (year.len() == 2).then(|| year.parse::<i16>().ok())?? + 2000;
    let quarter = name.strip_prefix('q').and_then(|n| n.parse::<i8>().ok()).filter(|n| (1..=4).contains(n));
    match (name, quarter) {
        ("cal", _) => Some(Period::year(year)),
        (_, Some(quarter)) => Some(Period::quarter_of(Month { year, month: quarter * 3 })),
        _ => None,
    }
}

/// As the settings keep it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    product: Option<String>,
    role: String,
    months: BTreeMap<String, Need>,
    rate: Option<String>,
}

impl Input {
    pub fn to_saved(&self) -> Value {
        // By their number, so that the file's order is that of time.
        let key = |month: &Month| format!("{:04}-{:02}", month.year, month.month);
        let saved = Saved {
            product: self.product.as_ref().map(ToString::to_string),
            role: self.role.word().to_owned(),
            months: self.needs.iter().map(|(month, need)| (key(month), *need)).collect(),
            rate: self.rate.map(|rate| rate.to_string()),
        };
        serde_json::to_value(saved).unwrap_or_default()
    }

    /// What can be used of a saved plan, and what was left out.
    pub fn from_saved(saved: &Value) -> (Self, Vec<InputError>) {
        let mut input = Self::default();
        let mut wrong = Vec::new();
        if saved.is_null() {
            return (input, wrong);
        }
        let Ok(saved) = Saved::deserialize(saved) else {
            return (input, vec![InputError::Saved("form".to_owned())]);
        };
        if let Some(name) = saved.product {
            input.product = Product::new(&name);
            wrong.extend(input.product.is_none().then_some(InputError::Saved("product".to_owned())));
        }
        input.role = Role::ALL.into_iter().find(|role| role.word() == saved.role).unwrap_or_default();
        for (key, need) in saved.months {
            let month = month_of(&key);
            let is_sound = GPUS.contains(&need.gpus) && HOURS.contains(&need.hours_a_day) && MTOK.contains(&need.mtok);
            match month.filter(|_| is_sound) {
                Some(month) => input.put(month, need),
                None => wrong.push(InputError::Saved(format!("month {key}"))),
            }
        }
        if let Some(rate) = saved.rate
            && input.type_rate(&rate).is_err()
        {
            wrong.push(InputError::Saved("rate".to_owned()));
        }
        (input, wrong)
    }
}

fn month_of(key: &str) -> Option<Month> {
    let (year, month) = key.split_once('-')?;
    let month = Month { year: year.parse().ok()?, month: month.parse().ok()? };
    (Date::new(month.year, month.month, 1).is_ok()).then_some(month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const JAN: Month = Month { year: 2027, month: 1 };

    #[test]
    fn words_fill_months() {
        let mut input = Input::default();
        input.fill("64 GPUs, 24 h, JAN-27 to JUN-27", Unit::GpuHour).unwrap();
        assert_eq!(input.needs().len(), 6);
        assert_eq!(input.need(JAN), Need { gpus: 64.0, hours_a_day: 24.0, mtok: 0.0 });
        assert_eq!(input.need(JAN).units(JAN, Unit::GpuHour), 64.0 * 24.0 * 31.0);
        assert_eq!(input.need(JAN.plus(1)).units(JAN.plus(1), Unit::GpuHour), 64.0 * 24.0 * 28.0);
        input.fill("8 x 85% q2-27", Unit::GpuHour).unwrap();
        let april = input.need(JAN.plus(3));
        assert!((april.gpus - 8.0).abs() < 1e-12 && (april.hours_a_day - 20.4).abs() < 1e-12);
        assert_eq!(input.need(JAN.plus(2)).gpus, 64.0, "other months stay");
        input.fill("2,000 Mtok, CAL-27", Unit::Mtok).unwrap();
        assert_eq!((input.need(JAN.plus(11)).mtok, input.need(JAN).gpus), (2_000.0, 64.0));
        input.fill("0 JAN-27..FEB-27", Unit::GpuHour).unwrap();
        assert_eq!(input.need(JAN).gpus, 0.0);
    }

    #[test]
    fn what_is_wrong_is_told_and_changes_nothing() {
        let mut input = Input::default();
        for (text, unit, told) in [
            ("64 GPUs, 24 h", Unit::GpuHour, "say from when to when, as in: JAN-27 to JUN-27"),
            ("JAN-27", Unit::GpuHour, "say how many first, as in: 64 GPUs, 24 h, JAN-27 to JUN-27"),
            ("JAN-27", Unit::Mtok, "say how much first, as in: 2,000 Mtok, JAN-27 to JUN-27"),
            ("64 JUN-27 to JAN-27", Unit::GpuHour, "JAN-27 comes before JUN-27"),
            ("64 25h JAN-27", Unit::GpuHour, "hours a day must be 0 to 24, not 25"),
            ("-3 JAN-27", Unit::GpuHour, "GPUs must be 0 to 1,000,000, not −3"),
            ("64 JAN-27 to JAN-47", Unit::GpuHour, "more than 120 months"),
            ("64 lamas JAN-27", Unit::GpuHour, "\"lamas\" is not understood; write: 64 GPUs, 24 h, JAN-27 to JUN-27"),
        ] {
            assert_eq!(input.fill(text, unit).unwrap_err().to_string(), told, "{text}");
        }
        assert_eq!(input, Input::default());
    }

    #[test]
    fn cells_take_numbers_shares_and_nothing() {
        let mut input = Input::default();
        input.type_cell(JAN, Column::Gpus, "1,024").unwrap();
        assert_eq!((input.cell(JAN, Column::Gpus), input.cell(JAN, Column::Hours)), ("1,024".into(), "24".into()));
        input.type_cell(JAN, Column::Hours, "87.5%").unwrap();
        assert_eq!(input.cell(JAN, Column::Hours), "21");
        let wrong = input.type_cell(JAN, Column::Gpus, "many").unwrap_err();
        assert_eq!((wrong.to_string().as_str(), input.need(JAN).gpus), ("\"many\" is no number", 1_024.0));
        assert!(input.type_cell(JAN, Column::Mtok, "1e99").is_err());
        input.type_cell(JAN, Column::Gpus, "").unwrap();
        assert!(input.needs().is_empty(), "no GPUs need no hours");
        input.type_rate("2.45").unwrap();
        assert_eq!(input.rate, Some(Price::parse("2.45").unwrap()));
        assert!(input.type_rate("−1").is_err() && input.rate.is_some());
        input.type_rate(" ").unwrap();
        assert_eq!(input.rate, None);
    }

    #[test]
    fn a_plan_survives_saving_and_a_spoiled_one_is_used_as_far_as_it_goes() {
        let mut input = Input { product: Product::new("H100"), role: Role::Producer, ..Input::default() };
        input.fill("12.5 GPUs 20h NOV-27 to FEB-28", Unit::GpuHour).unwrap();
        input.type_rate("1.98").unwrap();
        assert_eq!(Input::from_saved(&input.to_saved()), (input, vec![]));
        assert_eq!(Input::from_saved(&Value::Null), (Input::default(), vec![]));
        assert_eq!(Input::from_saved(&json!([1])).1.len(), 1);
        let spoiled = json!({
            "product": "H100",
            "role": "Ruin",
            "rate": "cheap",
            "months": {
                "2027-01": { "gpus": 3.0, "hours_a_day": 24.0 },
                "2027-02": { "gpus": -3.0, "hours_a_day": 24.0 },
                "2027-13": { "gpus": 3.0 },
                "soon": {}
            }
        });
        let (read, wrong) = Input::from_saved(&spoiled);
        assert_eq!((read.needs().len(), read.role, read.rate), (1, Role::Consumer, None));
        assert_eq!(wrong.len(), 4, "{wrong:?}");
    }
}
