//! A panel header whose title is a row of tabs: blotter and positions.

use egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::context::PanelResponse;
use crate::ui::place;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::button::focus_ring;
use crate::ui::widgets::header::{HEADER_HEIGHT, moves};
use crate::ui::widgets::ink::{Font, Ink};

/// A tab and how many things are behind it.
#[derive(Clone, Copy, Debug)]
pub struct Tab<'a> {
    pub word: &'a str,
    pub count: usize,
    pub is_active: bool,
}

/// What was done to the header, and where it left room.
#[derive(Clone, Copy, Debug)]
pub struct TabsOutcome {
    pub response: PanelResponse,
    pub clicked: Option<usize>,
    pub free: Rect,
    pub body: Rect,
}

/// Draws the ground of `rect` and its header; `name` is the panel's accessible name.
pub fn tabs_header(ui: &Ui, theme: &Theme, rect: Rect, name: &str, tabs: &[Tab<'_>]) -> TabsOutcome {
    let t = &theme.tokens;
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER_HEIGHT));
    ui.painter().rect_filled(rect, 4.0, t.bg1);
    let mut ink = Ink::new(ui.ctx());
    ink.hline(rect.x_range(), bar.bottom() - 1.0, 1.0, t.line);
    let drag = ui.interact(bar, ui.scope_id().with("header"), Sense::drag());
    drag.widget_info(|| WidgetInfo::labeled(Role::TitleBar, true, format!("Move {name}")));
    let middle = bar.center().y;
    let mut clicked = None;
    let mut x = bar.left() + 8.0;
    for (at, tab) in tabs.iter().enumerate() {
        let font = if tab.is_active { Font::UiBold12 } else { Font::Ui12 };
        let count = tab.count.to_string();
        let width = ink.width(font, tab.word) + 5.0 + ink.width(Font::Mono12, &count);
        let place = Rect::from_min_size(pos2(x, bar.top()), vec2(width + 4.0, HEADER_HEIGHT));
        let response = ui.interact(place, ui.scope_id().with(("tab", at)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, tab.is_active, format!("{} tab", tab.word)));
        let color = if tab.is_active || response.hovered() { t.text_hi } else { t.text_lo };
        let end = ink.text(place::from(x + 2.0, middle), Align::Min, font, tab.word, color);
        ink.text(place::from(end + 5.0, middle), Align::Min, Font::Mono12, &count, color);
        if tab.is_active {
            ink.hline(place.x_range(), bar.bottom() - 2.0, 2.0, t.text_hi);
        }
        if response.has_focus() {
            focus_ring(&mut ink, theme, place.shrink2(vec2(0.0, 4.0)));
        }
        if response.clicked() {
            clicked = Some(at);
        }
        x = place.right() + 16.0;
    }
    let dots = Rect::from_center_size(pos2(bar.right() - 14.0, middle), vec2(16.0, 20.0));
    let menu = ui.interact(dots, ui.scope_id().with("menu"), Sense::click());
    menu.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Menu of {name}")));
    let dots_ink = if menu.hovered() { t.text_hi } else { t.text_lo };
    ink.text(dots, Align::Center, Font::IconBold14, icons::DOTS_THREE_VERTICAL.encode_utf8(&mut [0; 4]), dots_ink);
    ink.paint(ui.painter());
    TabsOutcome {
        response: PanelResponse {
            drag_started: moves(ui, &drag),
            menu_clicked: menu.clicked(),
            ..PanelResponse::default()
        },
        clicked,
        free: Rect::from_min_max(pos2(x, bar.top()), pos2(dots.left() - 4.0, bar.bottom())),
        body: Rect::from_min_max(pos2(rect.left(), bar.bottom()), rect.max),
    }
}

/// A word with an icon in a header, ending at `right`. Returns its left end and whether it was clicked.
pub fn header_toggle(
    ui: &Ui,
    theme: &Theme,
    right: f32,
    middle: f32,
    icon: char,
    word: &str,
    name: &str,
) -> (f32, bool) {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let width = 19.0 + ink.width(Font::Ui12, word);
    let rect = Rect::from_min_size(pos2(right - width, middle - 10.0), vec2(width, 20.0));
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}: {word}")));
    let color = if response.hovered() { t.text_hi } else { t.text_lo };
    ink.text(place::from(rect.left(), middle), Align::Min, Font::Icon14, icon.encode_utf8(&mut [0; 4]), color);
    ink.text(place::from(rect.left() + 19.0, middle), Align::Min, Font::Ui12, word, color);
    if response.has_focus() {
        focus_ring(&mut ink, theme, rect);
    }
    ink.paint(ui.painter());
    (rect.left(), response.clicked())
}

/// Scrolling of a list of equal rows, without egui's scroll area: an offset in points and a thin bar.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowScroll {
    offset: f32,
}

impl RowScroll {
    pub const fn new() -> Self {
        Self { offset: 0.0 }
    }

    /// Brings a row into the `height` that is shown.
    pub fn reveal(&mut self, at: usize, row: f32, height: f32) {
        let top = at as f32 * row;
        self.offset = self.offset.clamp((top + row - height).max(0.0), top);
    }

    /// Takes the wheel over `list` and returns the index of the first row to show, with its top.
    pub fn rows(&mut self, ui: &Ui, theme: &Theme, list: Rect, row: f32, count: usize) -> (usize, f32) {
        if ui.rect_contains_pointer(list) {
            self.offset -= ui.input(|input| input.smooth_scroll_delta().y);
        }
        let content = count as f32 * row;
        let most = (content - list.height()).max(0.0);
        self.offset = self.offset.clamp(0.0, most);
        if most > 0.0 {
            let length = (list.height() * list.height() / content).max(16.0);
            let top = list.top() + (list.height() - length) * self.offset / most;
            let bar = Rect::from_min_size(pos2(list.right() - 4.0, top), vec2(3.0, length));
            ui.painter().rect_filled(bar, 1.5, theme.tokens.line_hi);
        }
        let first = (self.offset / row).floor();
        (first as usize, list.top() + first * row - self.offset)
    }
}
