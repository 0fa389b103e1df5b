//! Lines of text at a point: rectangles for [`Ink::text`](super::widgets::ink::Ink::text), which centres vertically in one.

use egui::{Rect, pos2};

/// Longer than any text of one line.
const FAR: f32 = 4_000.0;

/// A line that begins at `x`, its middle at `y`.
pub fn from(x: f32, y: f32) -> Rect {
    Rect::from_min_max(pos2(x, y - 8.0), pos2(x + FAR, y + 8.0))
}

/// A line that ends at `x`, its middle at `y`; to be drawn with [`egui::Align::Max`].
pub fn until(x: f32, y: f32) -> Rect {
    Rect::from_min_max(pos2(x - FAR, y - 8.0), pos2(x, y + 8.0))
}
