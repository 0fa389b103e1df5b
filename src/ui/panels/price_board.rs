//! What the boards of list prices share: where the prices are from, fetching them anew, and columns that sort.

use std::cmp::Ordering;

use egui::{Align, Event, Id, LayerId, Order, Painter, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::domain::command::Intent;
use crate::domain::number::Price;
use crate::domain::price_list::{PriceAsk, PriceList, Progress, Provenance, Refresh};
use crate::ui::context::PanelContext;
use crate::ui::format;
use crate::ui::place;
use crate::ui::sheet::Sheet;
use crate::ui::theme::Theme;
use crate::ui::widgets::button::focus_ring;
use crate::ui::widgets::header::HeaderOutcome;
use crate::ui::widgets::ink::{Font, Ink, Up};
use crate::ui::widgets::table::Column;

/// Of the heads above the rows.
pub const HEADS: f32 = 22.0;
/// Of a card beside a row: its title, and each line.
pub const CARD_HEAD: f32 = 26.0;
pub const CARD_ROW: f32 = 17.0;

/// Dollars as a board writes them: at least cents.
pub fn dollars(price: Price) -> String {
    format::price(price, price.decimals().max(2))
}

/// Where the rows are from, on what terms, and what became of those that are not there.
pub fn origin_text(from: &[Provenance]) -> String {
    let mut lines = Vec::new();
    for list in from {
        let Provenance { source, terms, dated, taken, skipped, noted } = list;
        lines.push(format!("{source}, {dated}"));
        lines.push(format!("terms: {terms}"));
        let count = format::count;
        lines.push(format!("{} rows taken, {} skipped", count(*taken), count(list.skipped_rows())));
        for tally in skipped {
            lines.push(format!("    {}  {} (first: {})", count(tally.rows), tally.reason, tally.first));
        }
        for tally in noted {
            lines.push(format!("    {}  {} (first: {})", count(tally.rows), tally.reason, tally.first));
        }
    }
    lines.join("\n")
}

/// `catalogue of 22 Nov 2026, your own file`.
pub fn dated(from: &[Provenance]) -> String {
    let (first, others) = match from {
        [] => return "no prices".to_owned(),
        [first, others @ ..] => (first, others),
    };
    match others {
        [] => first.dated.to_string(),
        [_] => format!("{} and your file", first.dated),
        more => format!("{} and {} files of yours", first.dated, more.len()),
    }
}

/// The first of `subtitles` that leaves `controls` at the right of it, longest first; or none.
pub fn fitting<'a>(ui: &Ui, rect: Rect, title: &str, subtitles: &[&'a str], controls: f32) -> &'a str {
    let ink = Ink::new(ui.ctx());
    let room = rect.width() - ink.width(Font::UiBold12, title) - 68.0 - controls;
    subtitles.iter().find(|words| ink.width(Font::Ui12, words) <= room).copied().unwrap_or_default()
}

/// The header's words say where everything is from to whoever points at them.
pub fn origin_ui(ui: &Ui, rect: Rect, header: &HeaderOutcome, from: &[Provenance]) {
    let words = Rect::from_min_max(pos2(rect.min.x + 32.0, header.free.min.y), header.free.left_bottom());
    let response = ui.interact(words, ui.scope_id().with("origin"), Sense::hover());
    let text = origin_text(from);
    let label = text.clone();
    response.widget_info(move || WidgetInfo::labeled(Role::Label, true, label.clone()));
    response.on_hover_text(text);
}

/// `3 of 11, 1.2 MB`.
pub fn progress_text(progress: &Progress) -> String {
    let Progress { document, documents, received_bytes, expected_bytes } = progress;
    if *document == 0 {
        return "fetching".to_owned();
    }
    let place = if *documents > 1 { format!("fetching {document} of {documents}, ") } else { "fetching ".to_owned() };
    let of = expected_bytes.map(|bytes| format!(" of {}", format::kilobytes(bytes))).unwrap_or_default();
    format!("{place}{}{of}", format::kilobytes(*received_bytes))
}

/// A small word to press, ending at `right`. Returns its response; it begins where its rectangle does.
pub fn word_button(ui: &Ui, theme: &Theme, right: f32, middle: f32, word: &str, name: &str) -> Response {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let width = ink.width(Font::Ui11, word) + 12.0;
    let rect = Rect::from_min_size(pos2(right - width, middle - 9.0), vec2(width, 18.0));
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    let label = name.to_owned();
    response.widget_info(move || WidgetInfo::labeled(Role::Button, true, label.clone()));
    ink.chip(rect, if response.hovered() { t.bg3 } else { t.bg2 });
    ink.text(rect, Align::Center, Font::Ui11, word, t.text_mid);
    if response.has_focus() {
        focus_ring(&mut ink, theme, rect.shrink(3.0));
    }
    ink.paint(ui.painter());
    response
}

/// Fetches a list anew, or stops doing so. Returns where it begins.
pub fn refresh_ui(ui: &Ui, ctx: &mut PanelContext<'_>, right: f32, middle: f32, list: PriceList) -> f32 {
    let is_running = matches!(ctx.view.spot.refresh(list), Refresh::Running(_));
    let (word, verb, ask) = if is_running {
        ("Cancel", "Stop fetching", PriceAsk::Cancel(list))
    } else {
        ("Refresh", "Fetch", PriceAsk::Refresh(list))
    };
    let response = word_button(ui, ctx.theme, right, middle, word, &format!("{verb} {}", list.name()));
    let left = response.rect.left();
    if response.clicked() {
        ctx.send(Intent::Prices(ask));
    }
    if !is_running {
        response.on_hover_text(format!("Fetch the {} anew over HTTPS from where they are published", list.name()));
    }
    left
}

/// Lines about a row, below it or above it where there is no room, over whatever is there.
pub fn card_ui(ui: &Ui, theme: &Theme, line: Rect, title: &str, lines: &[String]) {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let widths = lines.iter().map(|text| ink.width(Font::Ui12, text));
    let width = widths.fold(ink.width(Font::UiBold12, title), f32::max) + 20.0;
    let card = card_rect(ui, line, vec2(width, CARD_HEAD + lines.len() as f32 * CARD_ROW + 8.0));
    ink.chip_outlined(card, t.bg3, t.line_hi);
    let at = |y: f32| place::from(card.min.x + 10.0, card.min.y + y);
    ink.text(at(CARD_HEAD / 2.0 + 1.0), Align::Min, Font::UiBold12, title, t.text_hi);
    for (row, text) in lines.iter().enumerate() {
        let y = CARD_HEAD + (row as f32 + 0.5) * CARD_ROW;
        ink.text(at(y), Align::Min, Font::Ui12, text, t.text_mid);
    }
    ink.paint(&card_painter(ui));
    let response = ui.interact(line, ui.scope_id().with("card"), Sense::hover());
    let label = format!("{title}: {}", lines.join("; "));
    response.widget_info(move || WidgetInfo::labeled(Role::Group, true, label.clone()));
}

/// Where a card of that size goes.
pub fn card_rect(ui: &Ui, line: Rect, size: Vec2) -> Rect {
    let window = ui.ctx().content_rect().shrink(4.0);
    let left = (line.min.x + 128.0).min(window.max.x - size.x).max(window.min.x);
    let below = line.max.y + 2.0;
    let top = if below + size.y <= window.max.y { below } else { line.min.y - 2.0 - size.y };
    Rect::from_min_size(pos2(left, top.max(window.min.y)), size)
}

/// Over all panels.
pub fn card_painter(ui: &Ui) -> Painter {
    ui.ctx().layer_painter(LayerId::new(Order::Tooltip, Id::unique("price card")))
}

/// Which column orders the rows, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: usize,
    pub is_descending: bool,
}

impl Sort {
    /// A click on a head: that column, or the other way round.
    pub fn click(&mut self, column: usize) {
        *self = Self { column, is_descending: self.column == column && !self.is_descending };
    }

    pub const fn apply(self, order: Ordering) -> Ordering {
        if self.is_descending { order.reverse() } else { order }
    }
}

/// Heads over the top [`HEADS`] of `rect`, to be clicked. Returns what is below.
pub fn heads_ui(ui: &Ui, theme: &Theme, rect: Rect, columns: &[Column], sort: &mut Sort) -> Rect {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let line = Rect::from_min_size(rect.min, vec2(rect.width(), HEADS));
    for (at, column) in columns.iter().enumerate() {
        let cell = column.cell(line);
        let response = ui.interact(cell, ui.scope_id().with(("head", column.head)), Sense::click());
        let is_on = sort.column == at;
        let way = match (is_on, sort.is_descending) {
            (false, _) => "",
            (true, false) => ", ascending",
            (true, true) => ", descending",
        };
        let label = format!("Sort by {}{way}", column.head);
        response.widget_info(move || WidgetInfo::selected(Role::ColumnHeader, true, is_on, label.clone()));
        let color = if is_on || response.hovered() || response.has_focus() { t.text_hi } else { t.text_lo };
        ink.text(cell, column.align, Font::Ui11, column.head, color);
        if is_on {
            let width = ink.width(Font::Ui11, column.head);
            let x = match column.align {
                Align::Max => cell.right() - width - 8.0,
                _ => cell.left() + width + 8.0,
            };
            let up = if sort.is_descending { Up::No } else { Up::Yes };
            ink.arrow(pos2(x, cell.center().y + 1.0), up, t.text_mid);
        }
        if response.clicked() {
            sort.click(at);
        }
    }
    ink.paint(ui.painter());
    Rect::from_min_max(pos2(rect.left(), line.bottom()), rect.max)
}

/// Ctrl+C over `body`, unless it is meant for a text field.
pub fn copies(ui: &Ui, body: Rect) -> bool {
    ui.rect_contains_pointer(body)
        && !ui.ctx().text_edit_focused()
        && ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)))
}

pub fn copy(ui: &Ui, sheet: &Sheet) {
    ui.ctx().copy_text(sheet.tab_separated());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_turns_the_order_round() {
        let mut sort = Sort { column: 1, is_descending: false };
        sort.click(1);
        assert_eq!(sort, Sort { column: 1, is_descending: true });
        assert_eq!(sort.apply(Ordering::Less), Ordering::Greater);
        sort.click(1);
        assert_eq!(sort, Sort { column: 1, is_descending: false });
        sort.click(3);
        assert_eq!(sort, Sort { column: 3, is_descending: false });
    }

    #[test]
    fn progress_in_words() {
        let progress = |document, documents, received_bytes, expected_bytes| {
            progress_text(&Progress { document, documents, received_bytes, expected_bytes })
        };
        assert_eq!(progress(0, 0, 0, None), "fetching");
        assert_eq!(progress(1, 1, 1_536, None), "fetching 2 kB");
        assert_eq!(progress(3, 11, 1 << 20, Some(3 << 20)), "fetching 3 of 11, 1.0 MB of 3.0 MB");
    }
}
