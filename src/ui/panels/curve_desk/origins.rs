//! Where each figure of the curve desk comes from, in words: whose price, of which instant, and what a model was made of.

use super::figures::{Against, Desk, DeskMonth, SPANS, Year, span_words};
use crate::base::time::Utc;
use crate::curves::step::Origin as StepOrigin;
use crate::domain::number::Price;
use crate::ui::context::PanelContext;
use crate::ui::format::{self, PriceFormat};
use crate::view::Point;
use crate::view::curve::CurveStrip;

/// `own mark of 19 Nov 15:42`.
pub fn point(point: Point) -> String {
    format!("{} of {}", point.origin.word(), format::day_time(point.utc))
}

/// Quotes of a live month, or the mark of a past one.
pub fn value(ctx: &PanelContext<'_>, month: &DeskMonth) -> String {
    match (month.mark, month.instrument.and_then(|id| ctx.view.market(id))) {
        (Some(mark), _) => format!("Mark: {}", point(mark)),
        (None, Some(market)) => {
            format!(
                "Bid, ask: its own book, {}, changed {} ago",
                month.state.word(),
                format::age(market.book.age(ctx.now))
            )
        }
        (None, None) => "Bid, ask: no book".to_owned(),
    }
}

/// Last trade and settlement.
pub fn last_and_settle(ctx: &PanelContext<'_>, month: &DeskMonth) -> String {
    let settle = match (month.settle, month.settled) {
        (None, _) => "not known".to_owned(),
        (Some(_), Some(known)) => point(known),
        (Some(_), None) => "the venue's ticker".to_owned(),
    };
    let market = month.instrument.filter(|_| month.mark.is_none()).and_then(|id| ctx.view.market(id));
    let last = market.map(|market| match (market.last, &market.ticker) {
        (Some(last), _) => format!("our tape at {}", format::time_ms(last.utc)),
        (None, Some(ticker)) => format!("the venue's ticker at {}", format::time_s(ticker.utc)),
        (None, None) => "not known".to_owned(),
    });
    match last {
        Some(last) => format!("Last: {last}. Settle: {settle}"),
        None => format!("Settle: {settle}"),
    }
}

/// What the smooth curve was solved from.
pub fn model(desk: &Desk<'_>) -> String {
    let mut text = match desk.version {
        Some(version) => {
            let live = desk.months.iter().filter(|at| at.is_live()).count();
            let at = format::time_s(desk.at);
            format!("Model: smooth curve through {live} live quotes of picture {version}, {at}")
        }
        None => format!("Model: smooth curve through the {} marks", desk.months.len()),
    };
    if let Some(front) = desk.front {
        text += &format!(", {} of {} fixings of {}", front.fixes.published, front.fixes.total, front.month.screen());
    }
    if !desk.launches.is_empty() {
        let months: Vec<String> = desk.launches.iter().map(|month| month.screen()).collect();
        text += &format!(", free to jump at {}", months.join(", "));
    }
    if let Err(trouble) = desk.smooth {
        text = format!("No model: {trouble}");
    }
    text
}

pub fn forward_and_term(month: &DeskMonth) -> String {
    let forward = match month.origin {
        Some(StepOrigin::Quoted) if month.mark.is_some() => "its mark",
        Some(StepOrigin::Quoted) => "its quotes",
        Some(StepOrigin::Strip) => "what a strip leaves over",
        Some(StepOrigin::Carried) => "as the month before",
        None => "not known",
    };
    format!(
        "Forward: step curve, {forward}. Term: the model's mean from its start to the end of {}",
        month.month.screen()
    )
}

/// What a change is counted from.
pub fn change(words: &str, from: Option<Point>, format: PriceFormat) -> String {
    match from {
        Some(from) => format!("{words}: from {}, {}", format.text(from.price), point(from)),
        None => format!("{words}: nothing is known of then"),
    }
}

/// Every figure of a month.
pub fn month(ctx: &PanelContext<'_>, desk: &Desk<'_>, month: &DeskMonth) -> String {
    let mut lines = vec![
        month.month.screen(),
        value(ctx, month),
        last_and_settle(ctx, month),
        model(desk),
        forward_and_term(month),
    ];
    lines.extend(changes(desk, month));
    lines.join("\n")
}

/// What each change of a month is counted from; the one of the bars too where it is none of these.
pub fn changes(desk: &Desk<'_>, month: &DeskMonth) -> Vec<String> {
    let of = |(span, overlay): (_, &super::figures::Overlay)| {
        change(span_words(span), overlay.point(month.month), desk.format)
    };
    let mut lines: Vec<String> = SPANS.into_iter().zip(&desk.overlays).map(of).collect();
    if matches!(desk.against, Against::Date(_)) {
        lines.push(change(&desk.against.words(), desk.compared.point(month.month), desk.format));
    }
    lines
}

/// A past curve: of which instants its points truly are.
pub fn overlay(words: &str, overlay: &super::figures::Overlay) -> String {
    let (oldest, newest) = (
        overlay.points.iter().map(|at| at.point).min_by_key(|point| point.utc),
        overlay.points.iter().map(|at| at.point).max_by_key(|point| point.utc),
    );
    match (oldest, newest) {
        (Some(oldest), Some(newest)) if (oldest.utc, oldest.origin) == (newest.utc, newest.origin) => {
            format!("{words}: {} months, {}", overlay.points.len(), point(newest))
        }
        (Some(oldest), Some(newest)) => {
            format!("{words}: {} months, from {} to {}", overlay.points.len(), point(oldest), point(newest))
        }
        _ => format!("{words}: nothing is known of {}", format::day_time(overlay.at)),
    }
}

pub fn strip(desk: &Desk<'_>, strip: &CurveStrip) -> String {
    let finer = desk.format.finer(1);
    let price = |value: f64| finer.text(Price::from_f64_lossy(value));
    let parts = mean_of(desk, strip.period.iter());
    let mut text = format!("{} {}: the mean of {parts}", strip.period, price(strip.forward));
    if let (Some(bid), Some(ask), true) = (strip.bid, strip.ask, desk.as_of.is_live()) {
        text += &format!("; sold at {}, bought at {} through its months", price(bid), price(ask));
    }
    text
}

pub fn year(desk: &Desk<'_>, year: &Year) -> String {
    let price = desk.format.finer(1).opt(year.forward.map(Price::from_f64_lossy));
    format!("{} {price}: the mean of {} months' forwards", year.year, year.months)
}

fn mean_of(desk: &Desk<'_>, months: impl Iterator<Item = crate::domain::contract::Month>) -> String {
    let finer = desk.format.finer(1);
    let forward = |month| desk.month(month).and_then(|at| at.forward).map(Price::from_f64_lossy);
    let parts: Vec<String> = months.map(|month| format!("{} {}", month.screen(), finer.opt(forward(month)))).collect();
    parts.join(", ")
}

pub fn index(desk: &Desk<'_>) -> Option<String> {
    let (price, utc) = desk.index?;
    let text = desk.format.text(price);
    Some(match desk.as_of.past() {
        None => format!("Index {text}: the venue's word at {}", format::time_s(utc)),
        Some(_) => format!("Index {text}: the fixing of {}", format::day_time(utc)),
    })
}

/// What the front month's average is made of.
pub fn average(desk: &Desk<'_>) -> String {
    let Some(front) = desk.front else { return "Its fixings are not known".to_owned() };
    let prices: Vec<String> = desk.fixings.iter().map(|(_, price)| desk.format.text(*price)).collect();
    let fixings = if prices.is_empty() { "none yet".to_owned() } else { prices.join(" ") };
    format!("{} fixings: {fixings}", front.month.screen())
}

/// What the front month was worth on the days of the slider.
pub fn spark(at: Utc, price: Price, format: PriceFormat) -> String {
    format!("{}: front month settled at {}", format::day_time(at), format.text(price))
}
