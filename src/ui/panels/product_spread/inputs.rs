//! Every figure of the product spread panel in words: what it is, what it is made of, and whose word that is.

use super::figures::{Leg, Point, Series, Source, Statistics, WINDOW_DAYS, Worth};
use super::subject::Subject;
use crate::curves::spreads::Normaliser;
use crate::domain::number::Price;
use crate::ui::format::{self, MINUS, NONE, PriceFormat, Sign};
use crate::ui::widgets::trace::Trace;
use crate::view::Origin;

/// Prices of legs: as exact as the middle of two quotes.
fn leg_price(price: Option<f64>, decimals: usize) -> String {
    PriceFormat { decimals, sign: Sign::Negative }.opt(price.map(Price::from_f64_lossy))
}

/// Of most ticks, and of the middle between two.
const TICK_DECIMALS: usize = 2;
const LEG_DECIMALS: usize = 3;

/// As many as tell the price exactly.
fn decimals_of(leg: &Leg) -> usize {
    leg.price.map_or(0, |price| Price::from_f64_lossy((price * 1e6).round() / 1e6).decimals())
}

fn leg_decimals(leg: &Leg) -> usize {
    decimals_of(leg).max(LEG_DECIMALS)
}

/// `+0.8`, `−0.8`, `0.0`.
pub fn tenth(value: f64) -> String {
    format::change(Price::from_f64_lossy(value), 1)
}

fn value_text(value: Option<f64>, format: PriceFormat) -> String {
    format.opt(value.map(Price::from_f64_lossy))
}

/// `H200 minus H100 DEC-26: +0.440, bid +0.420, ask +0.460`.
pub fn sentence(subject: &Subject, worth: &Worth, format: PriceFormat) -> String {
    let name = match subject {
        Subject::Pair { month, .. } => format!("{} {}", subject.title(), month.screen()),
        Subject::Expression(_) => subject.title(),
    };
    let [value, bid, ask] = [worth.value, worth.touch.bid, worth.touch.ask].map(|value| value_text(value, format));
    format!("{name}: {value}, bid {bid}, ask {ask}")
}

/// `3.23 − 2.79`; of an expression nothing, it has its own words.
pub fn legs(subject: &Subject, worth: &Worth) -> String {
    let (Subject::Pair { normaliser, .. }, [first, second]) = (subject, worth.legs.as_slice()) else {
        return String::new();
    };
    let sign = if *normaliser == Normaliser::Ratio { '/' } else { MINUS };
    let [first, second] = [first, second].map(|leg| leg_price(leg.price, decimals_of(leg).max(TICK_DECIMALS)));
    format!("{first} {sign} {second}")
}

fn with_unit(text: &str, unit: &str) -> String {
    if unit.is_empty() { text.to_owned() } else { format!("{text} {unit}") }
}

/// What it is worth at the end of the chart.
pub fn worth(subject: &Subject, worth: &Worth, format: PriceFormat, unit: &str) -> Trace {
    let mut trace = Trace::new(format!("{} at {}", subject.title(), format::day_time(worth.utc)));
    for leg in &worth.legs {
        trace = trace.input(leg.contract.to_string(), source(leg));
    }
    trace = trace.input("worth", with_unit(&value_text(worth.value, format), unit));
    let is_quoted = worth.legs.iter().any(|leg| matches!(leg.source, Source::Book { .. } | Source::Outrights));
    if is_quoted {
        let [bid, ask] = [worth.touch.bid, worth.touch.ask].map(|value| value_text(value, format));
        trace = trace.input("bid, ask", format!("{bid}, {ask}"));
        trace = trace.note("Legs at the middle of their quotes; bid and ask as they can be traded");
    }
    subject.rule().into_iter().fold(trace, Trace::note)
}

fn source(leg: &Leg) -> String {
    let price = leg_price(leg.price, leg_decimals(leg));
    match &leg.source {
        Source::Book { state, touch } => {
            let side = |value: Option<f64>| leg_price(value, leg_decimals(leg));
            let state = if state.is_live() { String::new() } else { format!(" {}", state.word()) };
            format!("{price} of {}, {}{state}", side(touch.bid), side(touch.ask))
        }
        Source::Outrights => format!("{price} through its months"),
        Source::Kept { utc, origin } => {
            let whose = match origin {
                Origin::Venue => "settled",
                Origin::Simulated => "settled, simulated",
                Origin::Own => "own mark",
            };
            format!("{price} {whose} {}", format::day_time(*utc))
        }
        Source::Nothing => NONE.to_owned(),
    }
}

/// One instant of the past.
pub fn point(subject: &Subject, point: &Point, format: PriceFormat, unit: &str) -> Trace {
    let value = with_unit(&value_text(Some(point.value), format), unit);
    let mut trace = Trace::new(format::day_time(point.utc)).input(subject.title(), value);
    for (term, price) in subject.legs().terms.iter().zip(&point.terms) {
        trace = trace.input(term.to_string(), leg_price(Some(*price), LEG_DECIMALS));
    }
    let trace = trace.note(format!("By {}", point.word.words()));
    subject.rule().into_iter().fold(trace, Trace::note)
}

/// Mean, deviation, and where the present stands.
pub fn statistics(of: &Statistics, worth: &Worth, format: PriceFormat) -> Trace {
    let finer = format.finer(1);
    let deviation = PriceFormat { sign: Sign::Negative, ..finer }.text(Price::from_f64_lossy(of.deviation));
    let mut trace = Trace::new(format!("The last {WINDOW_DAYS} days"))
        .input("days", format!("{} since {}", of.count, format::day(of.since)))
        .input("mean", value_text(Some(of.mean), finer))
        .input("standard deviation", deviation);
    if let Some(score) = worth.value.and_then(|value| of.score(value)) {
        trace = trace.input("now", value_text(worth.value, format)).input("less the mean, over it", tenth(score));
    }
    trace.note(format!("One value a day, all by {}", of.word.words())).note("Bands: one and two standard deviations")
}

/// For a spreadsheet: one line an instant, oldest first, the present last.
pub fn tab_separated(subject: &Subject, series: &Series, worth: &Worth) -> String {
    let terms = subject.legs().terms;
    let names: String = terms.iter().map(|term| format!("\t{}", term.code())).collect();
    let mut text = format!("utc\t{}\tby{names}\n", subject.title());
    let number = |value: f64| Price::from_f64_lossy(value).to_string();
    for point in &series.points {
        let prices: String = point.terms.iter().map(|price| format!("\t{}", number(*price))).collect();
        text.push_str(&format!("{}\t{}\t{}{prices}\n", point.utc, number(point.value), point.word.words()));
    }
    let opt = |value: Option<f64>| value.map(number).unwrap_or_default();
    let prices: String = worth.legs.iter().map(|leg| format!("\t{}", opt(leg.price))).collect();
    text.push_str(&format!("{}\t{}\tas it stands{prices}\n", worth.utc, opt(worth.value)));
    text
}
