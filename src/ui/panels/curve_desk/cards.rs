//! The read-outs at the top right, always in the same place: the month under the cursor, line by line with where it comes from, and the
//! front month's settlement average.

use egui::{Align, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::figures::{Desk, DeskMonth, SPANS, span_words};
use super::origins;
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::ui::context::PanelContext;
use crate::ui::format::{self, NONE};
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

const CURSOR: egui::Vec2 = vec2(226.0, 162.0);
const AVERAGE: egui::Vec2 = vec2(366.0, 162.0);
const PAD: f32 = 12.0;
const LINE: f32 = 17.0;
const GAP: f32 = 8.0;

/// Where the cards stand; each only where there is room for the curve beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cards {
    cursor: Option<Rect>,
    average: Option<Rect>,
}

impl Cards {
    pub fn of(area: Rect, desk: &Desk<'_>) -> Self {
        let has_room = |width: f32| area.width() > width + 380.0 && area.height() > CURSOR.y + 60.0;
        let seat = |right: f32, size: egui::Vec2| Rect::from_min_size(pos2(right - size.x, area.top() + 2.0), size);
        let average =
            (desk.front.is_some() && has_room(CURSOR.x + GAP + AVERAGE.x)).then(|| seat(area.right(), AVERAGE));
        let right = average.map_or(area.right(), |card| card.left() - GAP);
        Self { cursor: has_room(CURSOR.x).then(|| seat(right, CURSOR)), average }
    }

    pub fn contains(&self, at: egui::Pos2) -> bool {
        [self.cursor, self.average].into_iter().flatten().any(|card| card.contains(at))
    }

    pub fn ui(&self, ui: &Ui, ctx: &PanelContext<'_>, desk: &Desk<'_>, month: Option<&DeskMonth>) {
        let mut ink = Ink::new(ui.ctx());
        if let (Some(card), Some(month)) = (self.cursor, month) {
            cursor_ui(ui, &mut ink, ctx, desk, month, card);
        }
        if let Some(card) = self.average {
            average_ui(ui, &mut ink, ctx.theme, desk, card);
        }
        ink.paint(ui.painter());
    }
}

/// One line of the cursor's card: coloured pieces from left to right, and where they come from.
pub struct Row {
    pub word: &'static str,
    pieces: Vec<(String, Color32)>,
    origin: String,
}

impl Row {
    pub fn said(&self) -> String {
        let said: Vec<&str> = self.pieces.iter().map(|(text, _)| text.as_str()).collect();
        said.join(" ")
    }
}

/// Everything known of one month.
pub fn rows(ctx: &PanelContext<'_>, desk: &Desk<'_>, month: &DeskMonth) -> Vec<Row> {
    let theme = ctx.theme;
    let t = &theme.tokens;
    let (plain, finer) = (desk.format, desk.format.finer(1));
    let live = |color: Color32| if month.is_live() { color } else { t.stale };
    let value = |value: Option<f64>| finer.opt(value.map(Price::from_f64_lossy));
    let first = match month.mark {
        Some(mark) => {
            let pieces = vec![(format::day_time(mark.utc), t.text_mid), (plain.text(mark.price), t.text_hi)];
            Row { word: "Mark", pieces, origin: origins::value(ctx, month) }
        }
        None => {
            let side = |level: Option<crate::domain::book::Level>, color| {
                let qty = level.map_or_else(|| NONE.to_owned(), |level| format::lots(level.qty));
                [(plain.opt(level.map(|level| level.price)), live(color)), (qty, live(t.text_mid))]
            };
            let pieces = side(month.bid, t.bid).into_iter().chain(side(month.ask, t.ask)).collect();
            Row { word: "Bid, ask", pieces, origin: origins::value(ctx, month) }
        }
    };
    let settle = (plain.opt(month.settle), t.text_mid);
    let origin = origins::last_and_settle(ctx, month);
    let second = match month.mark {
        Some(_) => Row { word: "Settle", pieces: vec![settle], origin },
        None => Row { word: "Last, settle", pieces: vec![(plain.opt(month.last), live(t.text_hi)), settle], origin },
    };
    let off = month.off_ticks(desk.tick).map_or_else(|| NONE.to_owned(), |off| format!("{} t", signed_tenth(off)));
    let model = Row {
        word: "Model",
        pieces: vec![(value(month.model), live(t.text_hi)), (off, live(t.text_mid))],
        origin: origins::model(desk),
    };
    let forward = Row {
        word: "Forward, term",
        pieces: vec![(value(month.forward), live(t.text_mid)), (value(month.term), live(t.text_mid))],
        origin: origins::forward_and_term(month),
    };
    let change = |(span, overlay)| {
        let moved = Desk::change(month, overlay);
        let color = match moved {
            None => t.text_lo,
            Some(_) if !month.is_live() => t.stale,
            Some(moved) => theme.direction(moved.0.signum()),
        };
        let word = span_words(span);
        let origin = origins::change(word, overlay.point(month.month), plain);
        Row { word, pieces: vec![(finer.change().opt(moved), color)], origin }
    };
    let mut rows = vec![first, second, model, forward];
    rows.extend(SPANS.into_iter().zip(&desk.overlays).map(change));
    rows
}

fn cursor_ui(ui: &Ui, ink: &mut Ink, ctx: &PanelContext<'_>, desk: &Desk<'_>, month: &DeskMonth, card: Rect) {
    let t = &ctx.theme.tokens;
    ink.chip(card, t.bg2);
    let (left, right) = (card.left() + PAD, card.right() - PAD);
    let name = month.month.screen();
    let y = card.top() + 16.0;
    ink.text(place::from(left, y), Align::Min, Font::UiBold12, &format!("At cursor, {name}"), t.text_hi);
    let color = if month.is_live() { t.text_hi } else { t.stale };
    let value = middle_text(desk, month.value());
    ink.text(place::until(right, y), Align::Max, Font::MonoBold15, &value, color);
    let head = Rect::from_min_max(card.min, pos2(card.right(), y + 12.0));
    let words = if month.mark.is_some() { origins::value(ctx, month) } else { "The middle of bid and ask".to_owned() };
    line_ui(ui, head, &format!("{name}: value {value}"), words);
    for (at, row) in rows(ctx, desk, month).into_iter().enumerate() {
        let y = y + LINE * (at as f32 + 1.0) + 5.0;
        ink.text(place::from(left, y), Align::Min, Font::Ui12, row.word, t.text_lo);
        let mut x = right;
        for (text, color) in row.pieces.iter().rev() {
            ink.text(place::until(x, y), Align::Max, Font::Mono12, text, *color);
            x -= ink.width(Font::Mono12, text) + 7.0;
        }
        let line = Rect::from_min_max(pos2(card.left(), y - LINE / 2.0), pos2(card.right(), y + LINE / 2.0));
        line_ui(ui, line, &format!("{name}: {} {}", row.word, row.said()), row.origin);
    }
}

/// A value that lies between two ticks shows the half.
pub fn middle_text(desk: &Desk<'_>, value: Option<Price>) -> String {
    let is_between = value.is_some_and(|value| !value.is_on(desk.tick));
    let format = if is_between { desk.format.finer(1) } else { desk.format };
    format.opt(value)
}

/// Says a line to screen readers, and where it comes from to a pointer that rests on it.
fn line_ui(ui: &Ui, rect: Rect, label: &str, origin: String) {
    let response =
        ui.interact(rect, ui.scope_id().with(("figure", rect.top() as i32, rect.left() as i32)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, label));
    response.on_hover_text(origin);
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
fn average_ui(ui: &Ui, ink: &mut Ink, theme: &Theme, desk: &Desk<'_>, card: Rect) {
    let Some(front) = desk.front else { return };
    let t = &theme.tokens;
    ink.chip(card, t.bg2);
    let (left, right) = (card.left() + PAD, card.right() - PAD);
    let name = front.month.screen();
    let y = card.top() + 16.0;
    let title = format!("{name} settlement average");
    ink.text(place::from(left, y), Align::Min, Font::UiBold12, &title, t.text_hi);
    let so_far = format!("{} of {} fixed", front.fixes.published, front.fixes.total);
    ink.text(place::until(right, y), Align::Max, Font::Ui12, &so_far, t.text_mid);
    let mean = (front.fixes.published > 0).then(|| Price::from_f64_lossy(front.mean));
    let cells = Rect::from_min_max(pos2(left, card.top() + 34.0), pos2(right, card.top() + 106.0));
    let mean_text = mean.map(|mean| desk.format.finer(2).text(mean)).unwrap_or_default();
    fixings(ink, theme, desk, cells, &mean_text);
    let y = cells.bottom() + 13.0;
    let day = |utc: Option<Utc>| utc.map(format::day).unwrap_or_default();
    ink.text(place::from(left, y), Align::Min, Font::Ui11, &day(desk.fixings.first().map(|(utc, _)| *utc)), t.text_lo);
    ink.text(place::until(right, y), Align::Max, Font::Ui11, &day(desk.expiry), t.text_lo);
    let y = card.bottom() - 18.0;
    let finer = desk.format.finer(1);
    let price = |value: f64| finer.text(Price::from_f64_lossy(value));
    let month = desk.month(front.month);
    let value = month.and_then(DeskMonth::value).map(Price::to_f64_lossy);
    let rest = value.and_then(|value| Some((value, front.rest_for(value)?)));
    let words = match rest {
        Some((value, _)) => format!("For {name} at {}, the last {} must average", price(value), front.remaining()),
        None if front.remaining() == 0 => "All is fixed".to_owned(),
        None => NONE.to_owned(),
    };
    ink.text(place::from(left, y), Align::Min, Font::Ui12, &words, t.text_lo);
    let rest = rest.map(|(_, rest)| price(rest)).unwrap_or_default();
    let color = if month.is_some_and(DeskMonth::is_live) { t.accent } else { t.stale };
    ink.text(place::until(right, y), Align::Max, Font::MonoBold15, &rest, color);
    let label = format!("{title}: {so_far}, mean {mean_text}. {words} {rest}");
    line_ui(ui, card, &label, origins::average(desk));
}

fn fixings(ink: &mut Ink, theme: &Theme, desk: &Desk<'_>, cells: Rect, mean_text: &str) {
    let Some(front) = desk.front else { return };
    let t = &theme.tokens;
    let prices: Vec<Price> = desk.fixings.iter().map(|(_, price)| *price).collect();
    let total = front.fixes.total.max(1) as f32;
    let width = cells.width() / total;
    let most = prices.iter().map(|price| price.0).max().unwrap_or(0);
    let least = prices.iter().map(|price| price.0).min().unwrap_or(0);
    // From below the lowest, so that a percent is seen: the bars compare, the numbers tell.
    let floor = least - (most - least).max(most / 100);
    let height = |price: f64| ((price - floor as f64) / (most - floor).max(1) as f64) as f32 * (cells.height() - 10.0);
    let cell = |at: usize, height: f32| {
        let x = cells.left() + at as f32 * width;
        Rect::from_min_max(pos2(x, cells.bottom() - height), pos2(x + width - 3.0, cells.bottom()))
    };
    for (at, price) in prices.iter().enumerate() {
        ink.rect(cell(at, height(price.0 as f64)), theme.over(t.text_mid, 55));
    }
    for at in prices.len()..front.fixes.total as usize {
        ink.dashed_outline(cell(at, cells.height() / 2.0), t.accent);
    }
    if !prices.is_empty() {
        let y = cells.bottom() - height(Price::from_f64_lossy(front.mean).0 as f64);
        let end = cells.left() + prices.len() as f32 * width;
        ink.hline(cells.left()..=end, y, 1.5, t.text_hi);
        let text = ink.width(Font::MonoBold12, mean_text);
        // Beside the line, or above its end once the last cells are full.
        let at = if end + text + 4.0 <= cells.right() {
            place::from(end + 2.0, y)
        } else {
            place::from(cells.right() - text, y - 9.0)
        };
        ink.text(at, Align::Min, Font::MonoBold12, mean_text, t.text_hi);
    }
}
