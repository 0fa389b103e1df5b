//! The other controls: one choice of several, a number with steps, a tick box.

use egui::{
    Align, Color32, FontId, Id, Rect, Response, Sense, Ui, UiBuilder, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::button::focus_ring;
use super::ink::{Font, Ink};
use crate::ui::theme::{Face, Theme, icons};

/// A widget that lays itself out, put at `rect`.
pub fn at<R>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(("at", rect.left() as i32, rect.top() as i32)), add).inner
}

/// One of `options` by index, as equal segments `width` wide in all. True when it changed.
pub fn segmented(ui: &mut Ui, theme: &Theme, name: &str, options: &[&str], chosen: &mut usize, width: f32) -> bool {
    let t = &theme.tokens;
    let (rect, _) = ui.allocate_exact_size(vec2(width, 24.0), Sense::hover());
    let mut ink = Ink::new(ui.ctx());
    ink.chip(rect, t.bg2);
    let inner = rect.shrink(2.0);
    let step = inner.width() / options.len().max(1) as f32;
    let before = *chosen;
    for (at, option) in options.iter().enumerate() {
        let cell = Rect::from_min_size(inner.min + vec2(step * at as f32, 0.0), vec2(step, inner.height()));
        let response = ui.interact(cell, ui.scope_id().with((name, at)), Sense::click());
        if response.clicked() {
            *chosen = at;
        }
        let on = *chosen == at;
        if on {
            ink.chip(cell, t.bg3);
        }
        let (font, color) = if on { (Font::UiBold12, t.text_hi) } else { (Font::Ui12, t.text_mid) };
        ink.text(cell, Align::Center, font, option, color);
        if response.has_focus() {
            ink.outline(cell, 2.0, t.accent);
        }
        let label = format!("{name}: {option}");
        response.widget_info(move || WidgetInfo::selected(Role::RadioButton, true, on, label.clone()));
    }
    ink.paint(ui.painter());
    *chosen != before
}

/// A small key of a row of choices; inverted when chosen. The label must be unique within its parent.
pub fn key(ui: &mut Ui, theme: &Theme, rect: Rect, text: &str, font: Font, on: bool) -> Response {
    let t = &theme.tokens;
    let response = ui.interact(rect, ui.scope_id().with(("key", text)), Sense::click());
    let mut ink = Ink::new(ui.ctx());
    let fill = if on {
        t.text_hi
    } else if response.hovered() {
        t.bg3
    } else {
        t.bg2
    };
    ink.chip(rect, fill);
    let (font, color) = match (on, font) {
        (true, Font::Mono12) => (Font::MonoBold12, t.bg1),
        (true, Font::Ui12) => (Font::UiBold12, t.bg1),
        (true, font) => (font, t.bg1),
        (false, font) => (font, t.text_mid),
    };
    ink.text(rect, Align::Center, font, text, color);
    if response.has_focus() {
        focus_ring(&mut ink, theme, rect);
    }
    ink.paint(ui.painter());
    let label = text.to_owned();
    response.widget_info(move || WidgetInfo::selected(Role::RadioButton, true, on, label.clone()));
    response
}

/// What a hand did to a stepper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// Steps up (or down) by button, wheel or arrow key.
    pub steps: i64,
    /// The text was edited and is complete.
    pub edited: bool,
}

/// `− text +`, `width` wide. The caller owns the text and its meaning; `steps` says what to add.
pub fn stepper(ui: &mut Ui, theme: &Theme, name: &str, text: &mut String, width: f32) -> Stepped {
    stepper_sized(ui, theme, name, text, vec2(width, 24.0), Face::Mono.at(13.0))
}

/// A stepper of any height, its number in any font.
pub fn stepper_sized(ui: &mut Ui, theme: &Theme, name: &str, text: &mut String, size: Vec2, font: FontId) -> Stepped {
    let t = &theme.tokens;
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let end = size.y;
    let mut stepped = Stepped::default();
    let mut ink = Ink::new(ui.ctx());
    ink.chip(rect, t.bg2);
    let ends = [
        (Rect::from_min_size(rect.min, vec2(end, end)), icons::MINUS, -1, "less"),
        (Rect::from_min_max(pos2(rect.max.x - end, rect.min.y), rect.max), icons::PLUS, 1, "more"),
    ];
    for (cell, icon, step, word) in ends {
        let response = ui.interact(cell, ui.scope_id().with((name, word)), Sense::click());
        if response.clicked() {
            stepped.steps += step;
        }
        let color = if response.hovered() { t.text_hi } else { t.text_mid };
        ink.text(cell, Align::Center, Font::Icon12, icon.encode_utf8(&mut [0; 4]), color);
        let label = format!("{name} {word}");
        response.widget_info(move || WidgetInfo::labeled(Role::Button, true, label.clone()));
    }
    ink.paint(ui.painter());
    let field = Rect::from_min_max(pos2(rect.min.x + end, rect.min.y), pos2(rect.max.x - end, rect.max.y));
    let edit = egui::TextEdit::singleline(text)
        .id(Id::unique(("stepper", ui.scope_id(), name)))
        .font(font)
        .text_color(t.text_hi)
        .align(egui::Align2::CENTER_CENTER)
        .frame(egui::Frame::NONE)
        .margin(0.0);
    let response = ui.put(field, edit);
    stepped.edited = response.changed() || response.lost_focus();
    if response.has_focus() {
        let mut ink = Ink::new(ui.ctx());
        ink.outline(rect, 1.5, t.accent);
        ink.paint(ui.painter());
        stepped.steps +=
            ui.input(|i| i64::from(i.key_pressed(egui::Key::ArrowUp)) - i64::from(i.key_pressed(egui::Key::ArrowDown)));
    }
    if ui.rect_contains_pointer(rect) {
        stepped.steps += ui.input(|input| input.events.iter().map(notches).sum::<i64>());
    }
    let label = name.to_owned();
    response.widget_info(move || WidgetInfo::labeled(Role::TextInput, true, label.clone()));
    stepped
}

/// What a hand did in a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    pub has_focus: bool,
    pub has_left: bool,
    pub changed: bool,
    /// By the arrow keys.
    pub steps: i64,
}

impl Typed {
    /// Enter ended the typing.
    pub fn was_entered(self, ui: &Ui) -> bool {
        self.has_left && ui.input(|input| input.key_pressed(egui::Key::Enter))
    }
}

/// A number in a cell of a table, right aligned. The caller owns the text and its meaning.
pub fn number_field(ui: &mut Ui, theme: &Theme, rect: Rect, name: &str, text: &mut String, color: Color32) -> Typed {
    let edit = egui::TextEdit::singleline(text).font(Face::Mono.at(12.0)).text_color(color);
    field(ui, theme, rect, name, edit.align(egui::Align2::RIGHT_CENTER))
}

/// Words, with a hint while there are none.
pub fn text_field(ui: &mut Ui, theme: &Theme, rect: Rect, name: &str, text: &mut String, hint: &str) -> Typed {
    let hint = egui::RichText::new(hint).font(Face::Ui.at(12.0)).color(theme.tokens.text_lo);
    let edit = egui::TextEdit::singleline(text).font(Face::Ui.at(12.0)).text_color(theme.tokens.text_hi);
    field(ui, theme, rect, name, edit.hint_text(hint).align(egui::Align2::LEFT_CENTER))
}

fn field(ui: &mut Ui, theme: &Theme, rect: Rect, name: &str, edit: egui::TextEdit<'_>) -> Typed {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    ink.chip(rect, t.bg2);
    ink.paint(ui.painter());
    let edit = edit.id(Id::unique((ui.scope_id(), name))).frame(egui::Frame::NONE).margin(0.0);
    let line = Rect::from_center_size(rect.center() - vec2(0.0, 1.0), vec2(rect.width() - 10.0, 20.0));
    let response = ui.put(line, edit);
    let name = name.to_owned();
    response.widget_info(move || WidgetInfo::labeled(Role::TextInput, true, name.clone()));
    let mut typed = Typed {
        has_focus: response.has_focus(),
        has_left: response.lost_focus(),
        changed: response.changed(),
        steps: 0,
    };
    if typed.has_focus {
        ink.outline(rect, 1.5, t.accent);
        ink.paint(ui.painter());
        typed.steps =
            ui.input(|i| i64::from(i.key_pressed(egui::Key::ArrowUp)) - i64::from(i.key_pressed(egui::Key::ArrowDown)));
    }
    typed
}

/// A wheel's clicks as the hand made them: egui's smoothed scrolling spreads one over many frames.
fn notches(event: &egui::Event) -> i64 {
    match event {
        egui::Event::MouseWheel { unit, delta, .. } if *unit != egui::MouseWheelUnit::Point || delta.y.abs() >= 8.0 => {
            delta.y.partial_cmp(&0.0).map_or(0, |order| order as i64)
        }
        _ => 0,
    }
}

/// A tick box with its label. True when it changed.
pub fn checkbox(ui: &mut Ui, theme: &Theme, label: &str, on: &mut bool) -> bool {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let size = vec2(20.0 + ink.width(Font::Ui12, label), 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if response.clicked() {
        *on = !*on;
    }
    let tick_box = Rect::from_center_size(rect.left_center() + vec2(7.0, 0.0), vec2(14.0, 14.0));
    if *on {
        ink.chip(tick_box, t.text_hi);
        let [a, b, c] = [vec2(3.5, 7.2), vec2(6.0, 9.6), vec2(10.5, 4.6)].map(|v| tick_box.min + v);
        ink.line(a, b, 1.8, t.bg1);
        ink.line(b, c, 1.8, t.bg1);
    } else {
        ink.chip_outlined(tick_box, t.bg1, t.line_hi);
    }
    let text = Rect::from_min_max(pos2(rect.min.x + 20.0, rect.min.y), rect.max);
    ink.text(text, Align::Min, Font::Ui12, label, if *on { t.text_hi } else { t.text_mid });
    if response.has_focus() {
        focus_ring(&mut ink, theme, tick_box);
    }
    ink.paint(ui.painter());
    let (state, label) = (*on, label.to_owned());
    response.widget_info(move || WidgetInfo::selected(Role::CheckBox, true, state, label.clone()));
    response.clicked()
}
