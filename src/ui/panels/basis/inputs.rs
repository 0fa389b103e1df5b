//! Where each figure of the index basis panel comes from, in words and numbers, and each row as a screen reader says it.

use super::figures::{Figures, Own, Row, Source};
use crate::base::time::Utc;
use crate::curves::averaging::Averaging;
use crate::domain::book::Level;
use crate::domain::number::Price;
use crate::ui::format::{self, NONE, PriceFormat, Sign};
use crate::ui::widgets::trace::Trace;
use crate::view::{Origin, Saying};

/// Prices with `decimals`, as they are.
pub const fn plain(decimals: usize) -> PriceFormat {
    PriceFormat { decimals, sign: Sign::Negative }
}

/// A basis: signed unless zero.
pub const fn signed(decimals: usize) -> PriceFormat {
    PriceFormat { decimals, sign: Sign::Change }
}

/// `Listings median: 3.41, +0.03, basis +0.60, 4 d old, overdue`.
pub fn sentence(row: &Row) -> String {
    let value = plain(row.decimals).opt(row.value.map(|(value, _)| value));
    let [change, basis] = [row.change(), row.basis].map(|price| signed(row.decimals).opt(price));
    let age = row.age.map_or_else(|| NONE.to_owned(), format::age_rough);
    let settles = if row.settles() { " settles" } else { "" };
    let overdue = if row.is_old() { ", overdue" } else { "" };
    format!("{}{settles}: {value}, {change}, basis {basis}, {age} old{overdue}", row.name)
}

/// With every decimal that it has, at least `decimals`: an index is finer than a tick, and sums must come out.
fn exact(price: Price, decimals: usize) -> String {
    plain(price.decimals().clamp(decimals, decimals + 2)).text(price)
}

/// `2.82 at 20 Nov 15:42`.
fn figure(price: Price, decimals: usize, utc: Option<Utc>) -> String {
    let price = exact(price, decimals);
    utc.map_or_else(|| price.clone(), |utc| format!("{price} at {}", when(utc)))
}

/// `20 Nov 15:42`.
fn when(utc: Utc) -> String {
    format::day_time(utc)
}

fn level(level: Option<Level>, decimals: usize) -> String {
    level.map_or_else(
        || NONE.to_owned(),
        |level| format!("{} × {}", plain(decimals).text(level.price), format::lots(level.qty)),
    )
}

pub const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Venue => "settlement of the venue",
        Origin::Simulated => "settlement of a simulated venue",
        Origin::Own => "our own mark",
    }
}

/// What a row's figures are made of.
pub fn row(figures: &Figures, row: &Row) -> Trace {
    let mut trace = Trace::new(&row.name);
    let decimals = row.decimals;
    match &row.source {
        Source::Settling(own) => {
            let word = if *own == Own::Fixing { "fixed" } else { "published" };
            trace = said(trace, word, row).note(format!("What {} contracts settle against", figures.product));
        }
        Source::Beside { index_name, kind, of } => {
            let word = match of {
                Saying::Publication => "published",
                Saying::Fixing => "at the fixing",
            };
            trace = said(trace, word, row);
            if let Some(every) = row.every {
                trace = trace.input("published every", format::age_rough(every));
            }
            trace = basis(trace, figures, row).note(format!("{index_name}: {kind}"));
            trace = trace.note("Informs only: nothing settles against it, and nothing is mixed with it");
        }
        Source::MonthToDate { fixings } => {
            if let (Some((first, _)), Some((last, latest))) = (fixings.first(), fixings.last()) {
                let days = format!("{}, {} to {}", fixings.len(), format::day(*first), format::day(*last));
                trace = trace.input("fixings", days).input("the last", figure(*latest, decimals - 2, Some(*last)));
            }
            if let Some(before) = row.before {
                trace = trace.input("mean before it", plain(decimals).text(before.price));
            }
            trace = basis(trace, figures, row).note("The plain mean of the settling index's fixings so far");
        }
        Source::Quotes { state, bid, ask } => {
            trace = trace.input("bid", level(*bid, decimals - 1)).input("ask", level(*ask, decimals - 1));
            if let Some(before) = row.before {
                trace = trace.input("settled", figure(before.price, decimals - 1, before.utc));
            }
            trace = basis(trace, figures, row).note(format!("The middle of the quotes; the book is {}", state.word()));
        }
        Source::Kept(of) => {
            trace = said(trace, "worth", row);
            trace = basis(trace, figures, row).note(format!("By {}", origin(*of)));
        }
    }
    trace
}

fn said(trace: Trace, word: &str, row: &Row) -> Trace {
    let mut trace = trace;
    if let Some((price, utc)) = row.value {
        trace = trace.input(word, figure(price, row.decimals, Some(utc)));
    }
    if let Some(before) = row.before {
        trace = trace.input("before", figure(before.price, row.decimals, before.utc));
    }
    trace
}

fn basis(trace: Trace, figures: &Figures, row: &Row) -> Trace {
    let Some(own) = figures.rows.first().and_then(|own| Some((own.value?, own.decimals))) else { return trace };
    let ((price, utc), decimals) = own;
    let text = signed(row.decimals).opt(row.basis);
    trace.input("settling index", figure(price, decimals, Some(utc))).input("less that", text)
}

/// What the rest must average for the month to settle at `target`.
pub fn rest(average: &Averaging, target: Price, result: &str, decimals: usize) -> Trace {
    let (n, k) = (average.fixes.total, average.fixes.published);
    let mean = mean(average, decimals);
    let open = average.remaining();
    Trace::new(format!("The last {open} of {}", average.month.screen()))
        .input("settles at", plain(decimals + 1).text(target))
        .input(format!("mean of {k}"), mean.clone())
        .input("so the rest", result)
        .note(format!("({n} × {} {} {k} × {mean}) / {open}", plain(decimals + 1).text(target), format::MINUS))
}

/// Where the month settles if the index stays.
pub fn stays(average: &Averaging, index: Price, result: &str, decimals: usize) -> Trace {
    let (n, k) = (average.fixes.total, average.fixes.published);
    let mean = mean(average, decimals);
    let open = average.remaining();
    Trace::new(format!("{} if the index stays", average.month.screen()))
        .input("index", exact(index, decimals))
        .input(format!("mean of {k}"), mean.clone())
        .input("so it settles at", result)
        .note(format!("({k} × {mean} + {open} × {}) / {n}", exact(index, decimals)))
}

/// What one step of the index still moves.
pub fn step(average: &Averaging, step: Price, result: &str, decimals: usize) -> Trace {
    Trace::new(format!("One step of the index, {}", average.month.screen()))
        .input("step", plain(decimals).text(step))
        .input("fixings to come", format!("{} of {}", average.remaining(), average.fixes.total))
        .input("so the settlement", result)
        .note("Every fixing to come moves by it; what is fixed does not move any more")
}

fn mean(average: &Averaging, decimals: usize) -> String {
    match average.fixes.published {
        0 => NONE.to_owned(),
        _ => plain(decimals + 2).text(Price::from_f64_lossy(average.mean)),
    }
}
