//! Numbers as the screen writes them: U+2212 for minus, `·` for what is not known, every decimal of the tick, spreads always
//! signed. The `write_` forms append to a buffer that panels reuse; the others allocate.

use std::fmt::Write;
use std::time::Duration;

use crate::base::time::Utc;
use crate::domain::instrument::Instrument;
use crate::domain::number::{Money, PRICE_SCALE, Price, QTY_SCALE, Qty, Side};
use crate::view::session::Pace;

pub const MINUS: char = '\u{2212}';
/// Between the ends of a range.
pub const RANGE: char = '\u{2013}';
/// What is not known, is not there or does not apply: never a zero, never a dash.
pub const NONE: &str = "·";

/// When a number carries a plus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// Minus only.
    #[default]
    Negative,
    /// Plus and minus; zero has neither.
    Change,
    /// Plus and minus, plus for zero: the price of a spread.
    Always,
}

/// How an instrument's prices are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceFormat {
    pub decimals: usize,
    pub sign: Sign,
}

impl PriceFormat {
    pub fn of(instrument: &Instrument) -> Self {
        Self {
            decimals: instrument.tick.decimals(),
            sign: if instrument.contract.is_spread() { Sign::Always } else { Sign::Negative },
        }
    }

    /// The same decimals for a difference of two prices.
    pub const fn change(self) -> Self {
        Self { decimals: self.decimals, sign: Sign::Change }
    }

    /// More decimals, for averages.
    pub const fn finer(self, by: usize) -> Self {
        Self { decimals: self.decimals + by, sign: self.sign }
    }

    pub fn text(self, price: Price) -> String {
        let mut out = String::new();
        self.write(&mut out, price);
        out
    }

    pub fn opt(self, price: Option<Price>) -> String {
        price.map_or_else(|| NONE.to_owned(), |p| self.text(p))
    }

    pub fn write(self, out: &mut String, price: Price) {
        write_decimal(out, price.0.into(), PRICE_SCALE, self.decimals, self.sign);
    }

    /// Bytes at the start of a written price that rarely move and are drawn dimmer.
    pub fn dim_len(self, text: &str) -> usize {
        let keep = self.decimals.clamp(2, 3);
        text.char_indices().rev().nth(keep - 1).map_or(0, |(at, _)| at)
    }
}

/// Appends `units` of 10^-`scale`, rounded half to even at `decimals`, thousands in commas.
fn write_decimal(out: &mut String, units: i128, scale: u32, decimals: usize, sign: Sign) {
    let decimals = u32::try_from(decimals).unwrap_or(scale).min(scale);
    let step = 10_u128.pow(scale - decimals);
    let (mut magnitude, rest) = (units.unsigned_abs() / step, units.unsigned_abs() % step);
    if rest * 2 > step || (rest * 2 == step && magnitude % 2 == 1) {
        magnitude += 1;
    }
    match sign {
        _ if units < 0 && magnitude > 0 => out.push(MINUS),
        Sign::Always => out.push('+'),
        Sign::Change if magnitude > 0 => out.push('+'),
        Sign::Negative | Sign::Change => {}
    }
    let one = 10_u128.pow(decimals);
    write_grouped(out, magnitude / one);
    if decimals > 0 {
        let _ = write!(out, ".{:0width$}", magnitude % one, width = decimals as usize);
    }
}

fn write_grouped(out: &mut String, value: u128) {
    if value >= 1_000 {
        write_grouped(out, value / 1_000);
        let _ = write!(out, ",{:03}", value % 1_000);
    } else {
        let _ = write!(out, "{value}");
    }
}

/// A price with a fixed number of decimals.
pub fn price(value: Price, decimals: usize) -> String {
    PriceFormat { decimals, sign: Sign::Negative }.text(value)
}

/// Reads a price as people and fields write it: a sign, a true minus, and commas where thousands end and nowhere else.
pub fn parse_price(text: &str) -> Option<Price> {
    let text = text.trim().replace(MINUS, "-");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let whole = digits.split('.').next()?;
    let mut groups = whole.split(',').map(str::len);
    let are_thousands = !digits.contains(',') || ((1..=3).contains(&groups.next()?) && groups.all(|len| len == 3));
    if digits.starts_with(['-', '+']) || digits.get(whole.len()..)?.contains(',') || !are_thousands {
        return None;
    }
    Price::parse(&format!("{sign}{}", digits.replace(',', ""))).ok()
}

/// A difference of prices: signed unless zero.
pub fn change(value: Price, decimals: usize) -> String {
    PriceFormat { decimals, sign: Sign::Change }.text(value)
}

/// `change` over `from` as `+0.72%`; `None` when there is nothing to divide by.
pub fn percent(change: Price, from: Price) -> Option<String> {
    let base = i128::from(from.0.abs());
    let hundredths = (i128::from(change.0) * 10_000 * 2 + base).checked_div_euclid(base * 2)?;
    let mut out = String::new();
    write_decimal(&mut out, hundredths, 2, 2, Sign::Change);
    out.push('%');
    Some(out)
}

/// An amount with cents: `1,460.00`.
pub fn money(value: Money) -> String {
    let mut out = String::new();
    write_decimal(&mut out, value.cents(), 2, 2, Sign::Negative);
    out
}

/// Profit, loss or a change: `+1,460.00`, `−118.80`, `0.00`.
pub fn money_signed(value: Money) -> String {
    let mut out = String::new();
    write_decimal(&mut out, value.cents(), 2, 2, Sign::Change);
    out
}

/// An amount without cents.
pub fn money_whole(value: Money) -> String {
    let mut out = String::new();
    write_decimal(&mut out, value.0, PRICE_SCALE, 0, Sign::Negative);
    out
}

/// Contracts: `12,604`; fractions as far as they go.
pub fn lots(value: Qty) -> String {
    let mut out = String::new();
    write_lots(&mut out, value);
    out
}

pub fn write_lots(out: &mut String, value: Qty) {
    write_decimal(out, value.0.into(), QTY_SCALE, lot_decimals(value), Sign::Negative);
}

/// A size that the venue trades with other books: `[12]`.
pub fn write_implied(out: &mut String, value: Qty) {
    out.push('[');
    write_lots(out, value);
    out.push(']');
}

pub fn implied(value: Qty) -> String {
    let mut out = String::new();
    write_implied(&mut out, value);
    out
}

/// A position or a change of it: `+25`, `−10`.
pub fn lots_signed(value: Qty) -> String {
    let mut out = String::new();
    write_decimal(&mut out, value.0.into(), QTY_SCALE, lot_decimals(value), Sign::Change);
    out
}

fn lot_decimals(value: Qty) -> usize {
    (0..QTY_SCALE).find(|&d| value.0 % 10_i64.pow(QTY_SCALE - d) == 0).unwrap_or(QTY_SCALE) as usize
}

/// A range of estimates: `38–61`, or one number when both ends agree.
pub fn write_range(out: &mut String, low: Qty, high: Qty) {
    write_lots(out, low);
    if low != high {
        out.push(RANGE);
        write_lots(out, high);
    }
}

/// A distance in ticks: `+2 t`.
pub fn ticks(count: i64) -> String {
    let mut out = String::new();
    write_decimal(&mut out, count.into(), 0, 0, Sign::Change);
    out.push_str(" t");
    out
}

/// A plain count with commas.
pub fn count(value: u64) -> String {
    let mut out = String::new();
    write_grouped(&mut out, value.into());
    out
}

/// Memory or a file: `138 MB`, `1.24 GB`.
pub fn bytes(value: u64) -> String {
    const MB: u64 = 1 << 20;
    const GB: u64 = 1 << 30;
    if value >= GB { format!("{:.2} GB", value as f64 / GB as f64) } else { format!("{} MB", value.div_ceil(MB)) }
}

/// A document on its way: `12 kB`, `1.2 MB`.
pub fn kilobytes(value: u64) -> String {
    const KB: u64 = 1 << 10;
    const MB: u64 = 1 << 20;
    if value >= MB { format!("{:.1} MB", value as f64 / MB as f64) } else { format!("{} kB", value.div_ceil(KB)) }
}

/// Time of day in UTC: `15:42:06.914`.
pub fn time_ms(at: Utc) -> String {
    let t = at.civil();
    format!("{:02}:{:02}:{:02}.{:03}", t.hour(), t.minute(), t.second(), t.millisecond())
}

/// Time of day in UTC: `15:42:06`.
pub fn time_s(at: Utc) -> String {
    let t = at.civil();
    format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
}

/// Time of day in UTC: `15:42`.
pub fn time_m(at: Utc) -> String {
    let t = at.civil();
    format!("{:02}:{:02}", t.hour(), t.minute())
}

/// `Fri 20 Nov 2026`.
pub fn date(at: Utc) -> String {
    at.date().strftime("%a %-d %b %Y").to_string()
}

/// A past instant in UTC: `21 Oct 21:00`.
pub fn day_time(at: Utc) -> String {
    format!("{} {}", day(at), time_m(at))
}

/// A past day: `21 Oct`.
pub fn day(at: Utc) -> String {
    at.date().strftime("%-d %b").to_string()
}

/// How long ago, in as few digits as say it: `34 ms`, `3.4 s`, `12 s`, `3:54`, `1:02:03`.
pub fn age(span: Duration) -> String {
    let mut out = String::new();
    write_age(&mut out, span);
    out
}

pub fn write_age(out: &mut String, span: Duration) {
    let secs = span.as_secs();
    let _ = match (span.as_millis(), secs) {
        (ms @ 0..1_000, _) => write!(out, "{ms} ms"),
        (ms, 0..10) => write!(out, "{}.{} s", secs, ms % 1_000 / 100),
        (_, 10..60) => write!(out, "{secs} s"),
        (_, 60..3_600) => write!(out, "{}:{:02}", secs / 60, secs % 60),
        _ => write!(out, "{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60),
    };
}

/// How long ago, for what is published by the hour or the week: `4 ms`, `12 s`, `42 min`, `3.7 h`, `19 h`, `4 d`.
pub fn age_rough(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0 => format!("{} ms", span.as_millis()),
        1..60 => format!("{secs} s"),
        60..3_600 => format!("{} min", secs / 60),
        3_600..36_000 => format!("{}.{} h", secs / 3_600, secs % 3_600 / 360),
        36_000..172_800 => format!("{} h", secs / 3_600),
        _ => format!("{} d", secs / 86_400),
    }
}

/// Milliseconds of something that should be short, with a decimal while that tells: `0.4`, `9.6`, `21`.
pub fn millis(span: Duration) -> String {
    let tenths = span.as_micros().saturating_add(50) / 100;
    match tenths {
        0 => "<0.1".to_owned(),
        1..100 => format!("{}.{}", tenths / 10, tenths % 10),
        _ => count(u64::try_from(span.as_micros().saturating_add(500) / 1_000).unwrap_or(u64::MAX)),
    }
}

/// A countdown: `04:32`.
pub fn countdown(left: Duration) -> String {
    let secs = left.as_millis().div_ceil(1_000);
    format!("{:02}:{:02}", secs / 60, secs % 60)
}

/// "Buy" or "Sell" as an order's side.
pub const fn side_word(side: Side) -> &'static str {
    side.verb()
}

/// `×60`, `PAUSED`; nothing for a clock that runs as ours does.
pub fn pace(pace: Pace) -> String {
    match pace {
        Pace::Real => String::new(),
        Pace::Times(times) => format!("×{}", count(u64::from(times))),
        Pace::Standing => "PAUSED".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    #[test]
    fn prices_keep_the_ticks_decimals() {
        let outright = PriceFormat { decimals: 2, sign: Sign::Negative };
        let spread = PriceFormat { decimals: 3, sign: Sign::Always };
        assert_eq!(outright.text(p("2.8")), "2.80");
        assert_eq!(outright.text(p("1234.5")), "1,234.50");
        assert_eq!(outright.opt(None), "·");
        assert_eq!(spread.text(p("0.16")), "+0.160");
        assert_eq!(spread.text(p("-0.005")), "−0.005");
        assert_eq!(spread.text(p("0")), "+0.000");
        assert_eq!(outright.change().text(p("0")), "0.00");
        assert_eq!(outright.change().text(p("0.02")), "+0.02");
        assert_eq!(outright.finer(1).text(p("2.71")), "2.710");
    }

    #[test]
    fn rounds_half_to_even_and_never_prints_minus_zero() {
        let f = PriceFormat { decimals: 2, sign: Sign::Negative };
        assert_eq!(f.text(p("2.785")), "2.78");
        assert_eq!(f.text(p("2.775")), "2.78");
        assert_eq!(f.text(p("2.7751")), "2.78");
        assert_eq!(f.text(p("-0.001")), "0.00");
        assert_eq!(f.change().text(p("-0.001")), "0.00");
    }

    #[test]
    fn dims_all_but_the_digits_that_move() {
        let outright = PriceFormat { decimals: 2, sign: Sign::Negative };
        assert_eq!(outright.dim_len("2.79"), 2);
        let spread = PriceFormat { decimals: 3, sign: Sign::Always };
        assert_eq!(spread.dim_len("−0.160"), "−0.".len());
        assert_eq!(spread.dim_len("1"), 0);
    }

    #[test]
    fn money_and_lots_are_grouped_and_signed() {
        assert_eq!(money(Money::dollars(10_147)), "10,147.00");
        assert_eq!(money_signed(Money(-118_800_000_000)), "−118.80");
        assert_eq!(money_signed(Money::ZERO), "0.00");
        assert_eq!(money_signed(Money(4_000_000)), "0.00", "less than half a cent");
        assert_eq!(money_whole(Money::dollars(38_655)), "38,655");
        assert_eq!(lots(Qty::lots(12_604)), "12,604");
        assert_eq!(lots(Qty(2_500_000)), "2.5");
        assert_eq!(lots_signed(Qty::lots(-25)), "−25");
        assert_eq!(lots_signed(Qty::lots(25)), "+25");
        assert_eq!(ticks(-4), "−4 t");
        assert_eq!(count(1_234_567), "1,234,567");
        let mut range = String::new();
        write_range(&mut range, Qty::lots(38), Qty::lots(61));
        assert_eq!(range, "38–61");
    }

    #[test]
    fn reads_prices_as_people_write_them_and_guesses_none() {
        for (text, value) in [
            ("2.78", "2.78"),
            (" −0.160 ", "-0.16"),
            ("+0.160", "0.16"),
            ("1,234.5", "1234.5"),
            ("−12,345,678", "-12345678"),
        ] {
            assert_eq!(parse_price(text), Some(p(value)), "{text}");
        }
        for text in ["", "2.", "-", "+-1", "--1", "2,78", "1,2345", ",123", "12,34.5", "1.234,5", "1234,567", "x"] {
            assert_eq!(parse_price(text), None, "{text}");
        }
    }

    #[test]
    fn percent_needs_something_to_divide_by() {
        assert_eq!(percent(p("0.02"), p("2.77")).unwrap(), "+0.72%");
        assert_eq!(percent(p("-0.01"), p("0.15")).unwrap(), "−6.67%");
        assert_eq!(percent(p("0.01"), p("0")), None);
    }

    #[test]
    fn times_and_ages() {
        let at = Utc::from_millis(1_795_189_326_914);
        assert_eq!(time_ms(at), "15:42:06.914");
        assert_eq!(date(at), "Fri 20 Nov 2026");
        assert_eq!(day_time(at), "20 Nov 15:42");
        for (ms, text) in [(34, "34 ms"), (3_456, "3.4 s"), (12_999, "12 s"), (234_000, "3:54"), (3_723_000, "1:02:03")]
        {
            assert_eq!(age(Duration::from_millis(ms)), text);
        }
        for (secs, text) in [
            (12, "12 s"),
            (2_549, "42 min"),
            (3_600, "1.0 h"),
            (13_679, "3.7 h"),
            (69_127, "19 h"),
            (172_799, "47 h"),
            (400_000, "4 d"),
        ] {
            assert_eq!(age_rough(Duration::from_secs(secs)), text);
        }
        assert_eq!(age_rough(Duration::from_micros(4_900)), "4 ms");
        for (us, text) in
            [(0, "<0.1"), (380, "0.4"), (9_640, "9.6"), (9_960, "10"), (21_400, "21"), (1_204_000, "1,204")]
        {
            assert_eq!(millis(Duration::from_micros(us)), text);
        }
        assert_eq!(countdown(Duration::from_millis(271_001)), "04:32");
        assert_eq!(bytes(138 << 20), "138 MB");
        assert_eq!([kilobytes(0), kilobytes(1), kilobytes(1_300_000)], ["0 kB", "1 kB", "1.2 MB"]);
    }
}
