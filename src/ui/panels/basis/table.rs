//! The rows of the index basis panel, and a dot for each on an axis around the settling index.

use egui::{Align, Color32, Rangef, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2};

use super::figures::{Figures, Row, Source};
use super::inputs::{plain, sentence, signed};
use crate::domain::number::Price;
use crate::ui::format;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::{Column, HEAD_HEIGHT, heads};

const COLUMNS: [Column; 5] = [
    Column::left("Index", 10.0, 150.0),
    Column::right("Value", 158.0, 56.0),
    Column::right("Chg", 218.0, 54.0),
    Column::right("Basis", 276.0, 60.0),
    Column::right("Age", 340.0, 52.0),
];
/// Of the five columns; what lies to the right of it is the axis.
const WIDTH: f32 = 400.0;
/// Narrower, there is no axis.
const LEAST_AXIS: f32 = 60.0;
const AXIS_PAD: f32 = 14.0;

/// Draws all rows, `pitch` high each; returns the one under the pointer and where it is.
pub fn table(ui: &Ui, theme: &Theme, area: Rect, figures: &Figures, pitch: f32) -> Option<(usize, Rect)> {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let below = heads(&mut ink, theme, area, &COLUMNS);
    let most = figures.rows.iter().map(|row| row.decimals).max().unwrap_or(0);
    let axis = Axis::of(figures, area);
    if let (Some(axis), Some(index)) = (&axis, figures.index()) {
        axis.rule(&mut ink, theme, area, figures, index, pitch);
    }
    let mut hovered = None;
    for (at, row) in figures.rows.iter().enumerate() {
        let top = below.top() + at as f32 * pitch;
        let line = Rect::from_x_y_ranges(area.x_range(), top..=top + pitch);
        let response = ui.interact(line, ui.scope_id().with(("row", at)), Sense::hover());
        let words = sentence(row);
        response.widget_info(move || WidgetInfo::labeled(Role::Row, true, words.clone()));
        if response.hovered() {
            ink.rect(line, t.bg2);
            hovered = Some((at, line));
        }
        if matches!(row.source, Source::MonthToDate { .. }) {
            ink.hline(area.x_range(), top, 1.0, t.line);
        }
        cells(&mut ink, theme, line, row, most);
        if let Some(axis) = &axis {
            axis.dot(&mut ink, theme, line, row);
        }
    }
    ink.paint(&ui.painter().with_clip_rect(area.intersect(ui.clip_rect())));
    hovered
}

fn cells(ink: &mut Ink, theme: &Theme, line: Rect, row: &Row, most: usize) {
    let t = &theme.tokens;
    let [name, value, change, basis, age] = &COLUMNS;
    let figure = if row.is_stale() { t.stale } else { t.text_hi };
    let (font, color) = match row.source {
        Source::Settling(_) => (Font::UiBold12, t.text_hi),
        Source::Beside { .. } => (Font::Ui12, t.text_mid),
        _ => (Font::Ui12, t.text_hi),
    };
    let room = value.x - name.x - 4.0;
    let end = ink.text(name.cell(line), Align::Min, font, &shortened(ink, font, &row.name, room), color);
    if row.settles() {
        let width = ink.width(Font::Ui11, "settles") + 8.0;
        let middle = line.center().y;
        let chip = Rect::from_min_max(pos2(end + 6.0, middle - 7.5), pos2(end + 6.0 + width, middle + 7.5));
        ink.chip(chip, t.bg3);
        ink.text(chip, Align::Center, Font::Ui11, "settles", t.text_mid);
    }
    // Points stand under each other: what a shorter number lacks is left blank.
    let mut put = |column: &Column, text: &str, color: Color32| {
        let lacks = if text == format::NONE { most } else { most - row.decimals };
        column.text(ink, line, Font::Mono12, &format!("{text}{:lacks$}", ""), color);
    };
    put(value, &plain(row.decimals).opt(row.value.map(|(value, _)| value)), figure);
    let moved = row.change();
    let direction = moved.map_or(t.text_lo, |change| theme.direction(change.0.signum()));
    put(change, &signed(row.decimals).opt(moved), if row.is_stale() { t.stale } else { direction });
    put(basis, &signed(row.decimals).opt(row.basis), if row.basis.is_some() { figure } else { t.text_lo });
    let old = row.age.map_or_else(|| format::NONE.to_owned(), format::age_rough);
    age.text(ink, line, Font::Mono11, &old, if row.is_old() { t.warn } else { t.text_lo });
}

/// As much of a text as there is room for.
fn shortened(ink: &Ink, font: Font, text: &str, room: f32) -> String {
    if ink.width(font, text) <= room {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while kept.pop().is_some() && ink.width(font, &kept) + ink.width(font, "…") > room {}
    format!("{}…", kept.trim_end())
}

/// Where values lie to the right of the columns.
struct Axis {
    x: Rangef,
    low: f64,
    high: f64,
}

impl Axis {
    fn of(figures: &Figures, area: Rect) -> Option<Self> {
        let x = Rangef::new(area.left() + WIDTH + AXIS_PAD, area.right() - AXIS_PAD);
        let values = figures.rows.iter().filter_map(|row| Some(row.value?.0.to_f64_lossy()));
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let reach = (high - low).max(figures.tick.to_f64_lossy());
        (x.span() >= LEAST_AXIS && low <= high).then_some(Self {
            x,
            low: low - 0.02 * reach,
            high: high + 0.02 * reach,
        })
    }

    fn x(&self, price: Price) -> f32 {
        self.x.min + ((price.to_f64_lossy() - self.low) / (self.high - self.low)) as f32 * self.x.span()
    }

    /// The settling index from top to bottom, named in the line of the heads.
    fn rule(&self, ink: &mut Ink, theme: &Theme, area: Rect, figures: &Figures, index: Price, pitch: f32) {
        let t = &theme.tokens;
        let x = self.x(index);
        let text = plain(figures.tick.decimals()).text(index);
        let half = ink.width(Font::Mono11, &text) / 2.0;
        let middle = x.clamp(area.left() + WIDTH + half, area.right() - half - 4.0);
        let head = Rect::from_min_max(pos2(middle - 60.0, area.top()), pos2(middle + 60.0, area.top() + HEAD_HEIGHT));
        ink.text(head, Align::Center, Font::Mono11, &text, t.text_mid);
        let top = area.top() + HEAD_HEIGHT;
        ink.vline(x - 0.5, top..=top + figures.rows.len() as f32 * pitch, 1.0, t.line_hi);
        for (at, row) in figures.rows.iter().enumerate() {
            let y = top + (at as f32 + 0.5) * pitch;
            if let Some((value, _)) = row.value {
                let to = self.x(value);
                ink.hline(x.min(to)..=x.max(to), y - 0.5, 1.0, t.text_lo);
            }
        }
    }

    /// Full for what is an index, hollow for what is made of one or traded.
    fn dot(&self, ink: &mut Ink, theme: &Theme, line: Rect, row: &Row) {
        let t = &theme.tokens;
        let Some((value, _)) = row.value else { return };
        let at = pos2(self.x(value), line.center().y);
        match row.source {
            Source::Settling(_) => ink.disc(at, 4.0, if row.is_stale() { t.stale } else { t.text_hi }),
            Source::Beside { .. } => ink.disc(at, 4.0, if row.is_old() { t.warn } else { t.text_mid }),
            _ => {
                ink.disc(at, 4.75, if row.is_stale() { t.stale } else { t.text_hi });
                ink.disc(at, 3.25, t.bg1);
            }
        }
    }
}
