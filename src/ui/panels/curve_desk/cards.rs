//! The read-outs at the top right, always in the same place: the month under the cursor, and the front month's settlement average.

use egui::{Align, Rect, pos2, vec2};

use super::plot::change;
use crate::domain::number::Price;
use crate::ui::context::PanelContext;
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::place;
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::curve::{CurveMonth, CurveView};

const CURSOR: egui::Vec2 = vec2(226.0, 168.0);
const AVERAGE: egui::Vec2 = vec2(330.0, 168.0);
const PAD: f32 = 10.0;
const LINE: f32 = 17.0;

pub fn paint(
    ink: &mut Ink,
    ctx: &PanelContext<'_>,
    curve: &CurveView,
    cursor: Option<&CurveMonth>,
    format: PriceFormat,
    area: Rect,
) {
    let mut right = area.right();
    if curve.front.is_some() && area.width() > CURSOR.x + AVERAGE.x + 300.0 {
        let card = Rect::from_min_size(pos2(right - AVERAGE.x, area.top() + 2.0), AVERAGE);
        average(ink, ctx, curve, format, card);
        right = card.left() - 6.0;
    }
    if let Some(month) = cursor {
        let card = Rect::from_min_size(pos2(right - CURSOR.x, area.top() + 2.0), CURSOR);
        at_cursor(ink, ctx, curve, month, format, card);
    }
}

/// Everything known of one month.
fn at_cursor(
    ink: &mut Ink,
    ctx: &PanelContext<'_>,
    curve: &CurveView,
    month: &CurveMonth,
    format: PriceFormat,
    card: Rect,
) {
    let theme = ctx.theme;
    let t = &theme.tokens;
    ink.chip(card, t.bg2);
    let (left, right) = (card.left() + PAD, card.right() - PAD);
    let mut y = card.top() + 15.0;
    let is_live = ctx.book_state(month.instrument).is_live();
    let title = format!("At cursor, {}", month.month.screen());
    ink.text(place::from(left, y), Align::Min, Font::UiBold12, &title, t.text_hi);
    let mid = month.bid.zip(month.ask).map(|(bid, ask)| Price(i64::midpoint(bid.price.0, ask.price.0)));
    let mid_ink = if is_live { t.text_hi } else { t.stale };
    let finer = format.finer(1);
    ink.text(place::until(right, y), Align::Max, Font::MonoBold13, &finer.opt(mid), mid_ink);
    y += LINE + 4.0;
    let line = |ink: &mut Ink, y: f32, word: &str| {
        ink.text(place::from(left, y), Align::Min, Font::Ui12, word, t.text_lo);
    };
    line(ink, y, "Bid, ask");
    let (bid_ink, ask_ink) = if is_live { (t.bid, t.ask) } else { (t.stale, t.stale) };
    let mut x = right;
    for (level, color) in [(month.ask, ask_ink), (month.bid, bid_ink)] {
        let qty = level.map_or_else(String::new, |level| format::lots(level.qty));
        let price = format.opt(level.map(|level| level.price));
        ink.text(place::until(x, y), Align::Max, Font::Mono12, &qty, t.text_mid);
        x -= ink.width(Font::Mono12, &qty) + 5.0;
        ink.text(place::until(x, y), Align::Max, Font::Mono12, &price, color);
        x -= ink.width(Font::Mono12, &price) + 10.0;
    }
    y += LINE;
    let figure = |value: Option<f64>, format: PriceFormat| format.opt(value.map(Price::from_f64_lossy));
    let off = month.model.zip(mid).map(|(model, mid)| (model - mid.to_f64_lossy()) / curve.tick.to_f64_lossy());
    let off = off.map_or_else(String::new, |off| format!("{} t", signed_tenth(off)));
    let both = |first: String, second: String| format!("{first}  {second}");
    let rows = [
        ("Last, settle", both(format.opt(month.last), format.opt(month.settle))),
        ("Model", both(figure(month.model, finer), off)),
        ("Step forward", figure(month.forward, finer)),
        ("Term from now", figure(month.term, finer)),
    ];
    for (word, value) in rows {
        line(ink, y, word);
        ink.text(place::until(right, y), Align::Max, Font::Mono12, &value, mid_ink);
        y += LINE;
    }
    line(ink, y, "Since settlement");
    let moved = change(month);
    let color = if is_live { theme.direction(moved.map_or(0, |change| change.0.signum())) } else { t.stale };
    ink.text(place::until(right, y), Align::Max, Font::Mono12, &finer.change().opt(moved), color);
    y += LINE;
    if let Err(trouble) = &curve.smooth {
        ink.text(place::from(left, y), Align::Min, Font::Ui11, &format!("No model: {trouble}"), t.warn);
    }
}

/// `+0.3`, `−1.2`; of ticks.
fn signed_tenth(value: f64) -> String {
    let text = format!("{:.1}", value.abs());
    match text.as_str() {
        "0.0" => text,
        _ if value < 0.0 => format!("{}{text}", format::MINUS),
        _ => format!("+{text}"),
    }
}

/// One bar a fixing, one dashed cell for each to come, the mean, and what the rest must do.
fn average(ink: &mut Ink, ctx: &PanelContext<'_>, curve: &CurveView, format: PriceFormat, card: Rect) {
    let Some(front) = &curve.front else { return };
    let t = &ctx.theme.tokens;
    ink.chip(card, t.bg2);
    let (left, right) = (card.left() + PAD, card.right() - PAD);
    let name = front.month.screen();
    let y = card.top() + 15.0;
    let title = format!("{name} settlement average");
    ink.text(place::from(left, y), Align::Min, Font::UiBold12, &title, t.text_hi);
    let so_far = format!("{} of {} fixed", front.fixes.published, front.fixes.total);
    ink.text(place::until(right, y), Align::Max, Font::Ui12, &so_far, t.text_mid);
    let cells = Rect::from_min_max(pos2(left, card.top() + 34.0), pos2(right, card.top() + 116.0));
    fixings(ink, ctx, curve, cells);
    let finer = format.finer(2);
    if front.fixes.published > 0 {
        let text = format!("mean {}", finer.text(Price::from_f64_lossy(front.mean)));
        ink.text(place::from(left, cells.bottom() + 12.0), Align::Min, Font::Ui12, &text, t.text_mid);
    }
    let mid = curve
        .month(front.month)
        .and_then(|at| Some(f64::midpoint(at.bid?.price.to_f64_lossy(), at.ask?.price.to_f64_lossy())));
    let y = card.bottom() - 16.0;
    let finer = format.finer(1);
    let price = |value: f64| finer.text(Price::from_f64_lossy(value));
    match mid.and_then(|mid| Some((mid, front.rest_for(mid)?))) {
        Some((mid, rest)) => {
            let words = format!("For {name} at {}, the last {} must average", price(mid), front.remaining());
            ink.text(place::from(left, y), Align::Min, Font::Ui12, &words, t.text_lo);
            ink.text(place::until(right, y), Align::Max, Font::MonoBold13, &price(rest), t.accent);
        }
        None if front.remaining() == 0 => {
            ink.text(place::from(left, y), Align::Min, Font::Ui12, "All is fixed", t.text_lo);
        }
        None => {
            ink.text(place::from(left, y), Align::Min, Font::Ui12, NONE, t.text_lo);
        }
    }
}

fn fixings(ink: &mut Ink, ctx: &PanelContext<'_>, curve: &CurveView, cells: Rect) {
    let Some(front) = &curve.front else { return };
    let t = &ctx.theme.tokens;
    let prices = super::fixed_prices(ctx.view, &curve.product);
    let total = front.fixes.total.max(1) as f32;
    let width = cells.width() / total;
    let most = prices.iter().map(|price| price.0).max().unwrap_or(0);
    let least = prices.iter().map(|price| price.0).min().unwrap_or(0);
    // From below the lowest, so that a percent is seen: the bars compare, the numbers tell.
    let floor = least - (most - least).max(most / 100);
    let height = |price: f64| ((price - floor as f64) / (most - floor).max(1) as f64) as f32 * (cells.height() - 6.0);
    let cell = |at: usize, height: f32| {
        let x = cells.left() + at as f32 * width;
        Rect::from_min_max(pos2(x, cells.bottom() - height), pos2(x + width - 2.0, cells.bottom()))
    };
    for (at, price) in prices.iter().enumerate() {
        ink.rect(cell(at, height(price.0 as f64)), ctx.theme.over(t.text_mid, 55));
    }
    for at in prices.len()..front.fixes.total as usize {
        ink.dashed_outline(cell(at, cells.height() / 2.0), t.accent);
    }
    if !prices.is_empty() {
        let y = cells.bottom() - height(Price::from_f64_lossy(front.mean).0 as f64);
        let end = cells.left() + prices.len() as f32 * width;
        ink.hline(cells.left()..=end, y, 1.0, t.text_hi);
    }
}
