//! A plan in words and as a table for a spreadsheet, and how its numbers are written.

use std::fmt::Write;

use super::figures::{Figures, Listing, Quoted};
use super::input::{Input, Role};
use crate::curves::hedge::Verdict;
use crate::domain::contract::Month;
use crate::domain::instrument::Unit;
use crate::domain::number::{Price, Qty};
use crate::ui::format::{self, MINUS, NONE};

/// `47,616`: whole units.
pub fn units_text(units: f64) -> String {
    format::price(Price::from_f64_lossy(units), 0)
}

/// `+65`, `−65`, `0`.
pub fn lots_text(lots: i64) -> String {
    format::lots_signed(Qty::lots(lots))
}

/// An amount without cents; large ones stay exact to the dollar.
pub fn dollars(value: f64) -> String {
    format::money_whole(crate::domain::number::Money((value * 1e9).round() as i128))
}

/// `JAN-27–JUN-27`.
fn span(input: &Input) -> String {
    let months = || input.needs().keys();
    match (months().next(), months().next_back()) {
        (Some(first), Some(last)) if first == last => first.screen(),
        (Some(first), Some(last)) => format!("{}{}{}", first.screen(), format::RANGE, last.screen()),
        _ => String::new(),
    }
}

/// `Hedge of 64 H100, JAN-27–JUN-27`.
pub fn name(listing: &Listing, input: &Input) -> String {
    let gpus: Vec<f64> = input.needs().values().map(|need| need.gpus).collect();
    let what = match (listing.unit, gpus.first()) {
        (Unit::GpuHour, Some(first)) if gpus.iter().all(|count| count == first) => {
            format!("{} {}", super::input::plain_number(*first), listing.product)
        }
        _ => listing.product.to_string(),
    };
    format!("Hedge of {what}, {}", span(input))
}

/// What a rate means for whoever hedges, in one sentence.
pub fn verdict(quoted: &Quoted, role: Role, unit: &str) -> String {
    let place = match quoted.check.verdict {
        Some(Verdict::BelowBid) => "below the strip's bid",
        Some(Verdict::Inside) => "inside the strip's bid and ask",
        Some(Verdict::AboveAsk) => "above the strip's ask",
        None => "not comparable with the strip's quotes",
    };
    let (Some(dearer), Some(in_all)) = (quoted.dearer, quoted.dearer_in_all) else {
        return format!("The rate is {place}; no book says what the hedge would cost.");
    };
    let is_worse = if role == Role::Consumer { dearer > 0.0 } else { dearer < 0.0 };
    let word = if is_worse { "Worse" } else { "Better" };
    format!("{word} than the hedge by {:.4} $/{unit}, {} in all; {place}.", dearer.abs(), dollars(in_all.abs()))
}

/// Everything the panel says, for a message to somebody.
pub fn text(listing: &Listing, input: &Input, figures: &Figures) -> String {
    let unit = listing.unit.label();
    let mut out = String::new();
    let verb = match input.role {
        Role::Consumer => "needs",
        Role::Producer => "makes",
    };
    let lots = Qty::lots(figures.lots.abs());
    let _ = writeln!(out, "{}: {verb} {} {unit}", name(listing, input), units_text(figures.needed.abs()));
    let _ = writeln!(
        out,
        "{} {} lots ({} {unit}), {} {unit} stay open",
        figures.side.verb(),
        format::lots(lots),
        units_text(figures.hedged.abs()),
        format::change(Price::from_f64_lossy(figures.residual()), 0)
    );
    for row in &figures.orders {
        let price = row.walk.filter(|_| !row.is_short()).and_then(|walk| walk.average_lossy(listing.size));
        let price = price.map_or_else(|| "no price for all of it".to_owned(), |price| format!("{price:.4}"));
        let lots = format::lots(Qty::lots(row.order.lots));
        let _ = writeln!(out, "  {} {lots} {} {}: {price}", row.order.side.verb(), listing.product, row.order.period);
    }
    let money = |value: Option<crate::domain::number::Money>| value.map_or_else(|| NONE.to_owned(), format::money);
    let _ = writeln!(out, "At the touch {}, through the books {}", money(figures.at_touch), money(figures.with_depth));
    if let Some(average) = figures.average {
        let _ = writeln!(out, "All-in {average:.4} $/{unit} before fees");
    }
    for row in &figures.scenarios {
        let _ = writeln!(
            out,
            "Index {:+.0} %: unhedged {}, hedge {}, net {}",
            row.shift * 100.0,
            dollars(row.unhedged),
            dollars(row.unhedged - row.hedged),
            dollars(row.hedged)
        );
    }
    if let Some(quoted) = &figures.quoted {
        let _ = writeln!(out, "Reserved at {:.4}: {}", quoted.rate, verdict(quoted, input.role, unit));
    }
    out
}

/// A head and a line a month, tabs between, plain numbers.
pub fn table(listing: &Listing, input: &Input, figures: &Figures) -> String {
    let unit = listing.unit.label();
    let mut out = format!("month\tGPUs\th/day\tMtok\t{unit}\tlots\thedged\topen\tbid\task\tforward\n");
    let plain = |value: f64, decimals: usize| {
        format::price(Price::from_f64_lossy(value), decimals).replace(MINUS, "-").replace(',', "")
    };
    let opt = |value: Option<f64>| value.map(|value| plain(value, 6)).unwrap_or_default();
    for row in &figures.months {
        let need = input.need(row.month);
        let month: Month = row.month;
        let numbers = [need.gpus, need.hours_a_day, need.mtok].map(|value| plain(value, 4));
        let _ = writeln!(
            out,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            month.screen(),
            numbers.join("\t"),
            plain(row.needed, 2),
            row.lots,
            plain(row.hedged, 2),
            plain(row.residual, 2),
            opt(row.quote.bid),
            opt(row.quote.ask),
            opt(row.forward)
        );
    }
    out
}
