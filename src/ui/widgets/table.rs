//! Tables that are drawn, not laid out: columns at fixed places, rows of one height, text through [`Ink`].

use egui::{Align, Color32, Rect, pos2};

use super::ink::{Font, Ink};
use crate::ui::theme::Theme;

pub const HEAD_HEIGHT: f32 = 18.0;
pub const ROW_HEIGHT: f32 = 20.0;

/// A column: its head, its place from the table's left edge, its alignment.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub head: &'static str,
    pub x: f32,
    pub width: f32,
    pub align: Align,
}

impl Column {
    pub const fn left(head: &'static str, x: f32, width: f32) -> Self {
        Self { head, x, width, align: Align::Min }
    }

    pub const fn right(head: &'static str, x: f32, width: f32) -> Self {
        Self { head, x, width, align: Align::Max }
    }

    /// The cell of this column in a row.
    pub fn cell(&self, row: Rect) -> Rect {
        let left = row.min.x + self.x;
        Rect::from_min_max(pos2(left, row.min.y), pos2(left + self.width, row.max.y))
    }

    pub fn text(&self, ink: &mut Ink, row: Rect, font: Font, text: &str, color: Color32) {
        ink.text(self.cell(row), self.align, font, text, color);
    }

    /// The `dim_len` leading bytes dimmer than the rest: prices.
    pub fn price(&self, ink: &mut Ink, theme: &Theme, row: Rect, text: &str, dim_len: usize, color: Color32) {
        ink.text_dimmed(self.cell(row), self.align, Font::Mono12, text, dim_len, theme.dim(color), color);
    }
}

/// The heads, 11 points in `text_lo`, over the top [`HEAD_HEIGHT`] of `rect`. Returns what is below.
pub fn heads(ink: &mut Ink, theme: &Theme, rect: Rect, columns: &[Column]) -> Rect {
    let line = Rect::from_min_max(rect.min, pos2(rect.max.x, rect.min.y + HEAD_HEIGHT));
    for column in columns {
        ink.text(column.cell(line), column.align, Font::Ui11, column.head, theme.tokens.text_lo);
    }
    Rect::from_min_max(pos2(rect.min.x, line.max.y), rect.max)
}

/// Ground of a chosen row: `bg3` and a bright bar at its left.
pub fn selected_row(ink: &mut Ink, theme: &Theme, row: Rect) {
    ink.rect(row, theme.tokens.bg3);
    ink.vline(row.min.x, row.y_range(), 2.0, theme.tokens.text_hi);
}
