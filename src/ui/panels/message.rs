//! What a panel says when it has nothing to show: an icon, what is missing, what to do.

use egui::{Align, Rect, Ui, pos2};

use crate::ui::theme::{Face, Theme};
use crate::ui::widgets::ink::{Font, Ink};

/// In the middle of `rect`; words are dropped when there is no room.
pub fn empty(ui: &Ui, theme: &Theme, rect: Rect, icon: char, title: &str, detail: &str) {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let line = |y: f32| Rect::from_min_max(pos2(rect.min.x, y - 9.0), pos2(rect.max.x, y + 9.0));
    let middle = rect.center().y;
    if rect.height() >= 24.0 && ink.width(Font::Ui13, title) + 8.0 <= rect.width() {
        ink.text(line(middle), Align::Center, Font::Ui13, title, t.text_hi);
    }
    if rect.height() >= 64.0 && ink.width(Font::Ui11, detail) + 8.0 <= rect.width() {
        ink.text(line(middle + 18.0), Align::Center, Font::Ui11, detail, t.text_lo);
    }
    ink.paint(ui.painter());
    if rect.height() >= 100.0 {
        let at = pos2(rect.center().x, middle - 28.0);
        ui.painter().text(at, egui::Align2::CENTER_CENTER, icon, Face::Icon.at(24.0), t.text_lo);
    }
}
