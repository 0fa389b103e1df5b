//! The marks of the curve: quotes with the band between them, trades, settlements and marks, the model with its launches, past curves
//! beside it, the index.

use egui::{Align, Color32, Pos2, Rect, pos2, vec2};

use super::dashes::{DASHES, LAUNCH, dashed, ring};
use super::figures::{Desk, DeskMonth, SPANS};
use super::plot::Plot;
use super::series::{Hidden, Series};
use crate::curves::curve::Curve;
use crate::domain::contract::Month;
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

/// Points a month of the model is drawn in.
const MODEL_STEPS: f64 = 8.0;
/// Where a launch's line begins, as a share of the height.
const LAUNCH_TOP: f32 = 0.5;

/// Everything that stands for prices, back to front.
pub fn paint(ink: &mut Ink, theme: &Theme, plot: &Plot, desk: &Desk<'_>, hidden: &Hidden, cursor: Option<&DeskMonth>) {
    let t = &theme.tokens;
    let is_dead = !desk.months.iter().any(DeskMonth::is_live);
    if is_dead {
        ink.hatch(plot.parts.area, 8.0, t.line);
    }
    let has_quotes = hidden.shows(Series::Quotes);
    if has_quotes {
        band(ink, theme, plot, desk);
    }
    overlays(ink, theme, plot, desk, hidden);
    launches(ink, theme, plot, desk.launches);
    if let Some(month) = cursor {
        plot.cursor(ink, theme, month.month);
    }
    if let (true, Ok(smooth)) = (hidden.shows(Series::Model), desk.smooth) {
        model(ink, plot, smooth, desk, if is_dead { t.stale } else { t.accent });
    }
    for month in &desk.months {
        let x = plot.x(month.month);
        if has_quotes {
            quotes(ink, theme, plot, x, month);
        }
        if let Some(settle) = month.settle.filter(|_| hidden.shows(Series::Settle)) {
            ink.diamond(pos2(x, plot.price_y(settle)), 4.0, t.text_mid);
            ink.diamond(pos2(x, plot.price_y(settle)), 2.7, t.bg1);
        }
        let last = month.mark.map(|mark| mark.price).or(month.last);
        if let Some(last) = last.filter(|_| hidden.shows(Series::Last)) {
            ink.disc(pos2(x, plot.price_y(last)), 2.6, if month.is_live() { t.text_hi } else { t.stale });
        }
    }
    if let Some((month, value)) = cursor.and_then(|month| Some((month, month.value()?))) {
        let at = pos2(plot.x(month.month), plot.price_y(value));
        ink.disc(at, 5.75, t.text_hi);
        ink.disc(at, 4.25, t.bg1);
        ink.disc(at, 2.6, t.text_hi);
    }
    if let Some((price, _)) = desk.index.filter(|_| hidden.shows(Series::Index)) {
        let at = plot.index_place(price);
        ring(ink, at, 4.0, t.text_hi, t.bg1);
        let below = Rect::from_center_size(at + vec2(0.0, 16.0), vec2(60.0, 16.0));
        ink.text(below, Align::Center, Font::MonoBold12, &desk.format.text(price), t.text_hi);
    }
}

/// Between bid and ask of every two neighbours that are both live.
fn band(ink: &mut Ink, theme: &Theme, plot: &Plot, desk: &Desk<'_>) {
    let fill = theme.over(theme.tokens.text_mid, 14);
    let ends = |month: &DeskMonth| {
        let x = plot.x(month.month);
        Some([pos2(x, plot.price_y(month.ask?.price)), pos2(x, plot.price_y(month.bid?.price))])
    };
    for pair in desk.months.windows(2) {
        if let (Some([ask, bid]), Some([next_ask, next_bid])) = (ends(&pair[0]), ends(&pair[1]))
            && pair.iter().all(DeskMonth::is_live)
        {
            ink.convex(&[ask, next_ask, next_bid, bid], fill);
        }
    }
}

fn quotes(ink: &mut Ink, theme: &Theme, plot: &Plot, x: f32, month: &DeskMonth) {
    let t = &theme.tokens;
    let half = (plot.pitch / 5.0).clamp(2.0, 5.0);
    let (bid_ink, ask_ink) = if month.is_live() { (t.bid, t.ask) } else { (t.stale, t.stale) };
    let ys = [month.bid, month.ask].map(|level| level.map(|level| plot.price_y(level.price)));
    if let [Some(bid), Some(ask)] = ys {
        ink.vline(x - 0.5, ask..=bid, 1.0, t.line_hi);
    }
    for (y, color) in [(ys[0], bid_ink), (ys[1], ask_ink)] {
        if let Some(y) = y {
            ink.hline(x - half..=x + half, y - 1.0, 2.0, color);
        }
    }
}

/// Past curves, the oldest at the back; only over the months that are shown.
fn overlays(ink: &mut Ink, theme: &Theme, plot: &Plot, desk: &Desk<'_>, hidden: &Hidden) {
    for ((span, overlay), dash) in SPANS.into_iter().zip(&desk.overlays).zip(DASHES).rev() {
        if !hidden.shows(Series::Past(span)) {
            continue;
        }
        let shown = overlay.points.iter().filter(|at| desk.month(at.month).is_some());
        let points: Vec<Pos2> = shown.map(|at| pos2(plot.x(at.month), plot.price_y(at.point.price))).collect();
        dashed(ink, &points, dash, dash.width, dash.color(theme));
    }
}

/// The smooth curve, from where the front month still moves, with its jumps upright.
fn model(ink: &mut Ink, plot: &Plot, smooth: &Curve, desk: &Desk<'_>, color: Color32) {
    let area = plot.parts.area;
    let breaks = desk.launches.iter().map(|month| f64::from(desk.ahead(*month)));
    let inner = breaks.filter(|at| *at > smooth.start() && *at < smooth.end());
    let ends: Vec<f64> = std::iter::once(smooth.start()).chain(inner).chain([smooth.end()]).collect();
    // The middle of a month is drawn over its name; the curve's own zero is the first day.
    let point = |x: f64, value: f64| pos2(plot.x_ahead(x as f32 - 0.5), plot.y(value));
    let mut from: Option<Pos2> = None;
    for pair in ends.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        let count = ((end - start) * MODEL_STEPS).ceil().max(1.0) as u32;
        for at in 0..=count {
            let x = start + (end - start) * f64::from(at) / f64::from(count);
            // At a launch the curve is continuous from the right: its left end is read just before.
            let read = if at == count { x - 1e-9 } else { x };
            let to = point(x, smooth.value(read));
            if let Some(from) = from.filter(|from| area.contains(*from) && area.contains(to)) {
                ink.line(from, to, 1.5, color);
            }
            from = Some(to);
        }
    }
}

/// A broken upright line on the first day of a launch month, with its name.
fn launches(ink: &mut Ink, theme: &Theme, plot: &Plot, launches: &[Month]) {
    let t = &theme.tokens;
    let area = plot.parts.area;
    let mut row_end = [f32::NEG_INFINITY; 2];
    for month in launches {
        let x = plot.x(*month) - plot.pitch / 2.0;
        let words = format!("launch knot, {}", month.screen());
        let row = usize::from(row_end[0] > x - 6.0);
        let top = area.top() + area.height() * LAUNCH_TOP + row as f32 * 16.0;
        dashed(ink, &[pos2(x, top + 6.0), pos2(x, area.bottom())], LAUNCH, 1.0, LAUNCH.color(theme));
        ink.diamond(pos2(x, top), 4.0, t.text_lo);
        row_end[row] = ink.text(place::from(x + 9.0, top), Align::Min, Font::Ui12, &words, t.text_lo);
    }
}
