//! Buttons: flat on `bg3`, no border. Only a submit is filled with a side's colour, only Kill is outlined in danger.

use egui::{Align, Color32, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::ink::{Font, Ink};
use crate::domain::number::Side;
use crate::ui::theme::Theme;

/// What a button is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Neutral,
    /// Text in `text_mid`: rows of equal small actions.
    Quiet,
    /// Inverted: the chosen one, or the one to press.
    Primary,
    /// Filled with a side's colour.
    Submit(Side),
    /// A side's tint: would send if armed.
    SubmitDisarmed(Side),
    /// Outlined in danger.
    Danger,
}

/// A button to be shown with [`Button::show`].
#[derive(Clone, Copy, Debug)]
pub struct Button<'a> {
    pub text: &'a str,
    pub kind: Kind,
    /// A count or price after the text.
    pub count: Option<&'a str>,
    /// Before the text, in the icon face.
    pub icon: Option<char>,
    /// Zero width: as wide as needed. Zero height: 24.
    pub size: Vec2,
    pub enabled: bool,
}

impl<'a> Button<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, kind: Kind::Neutral, count: None, icon: None, size: Vec2::ZERO, enabled: true }
    }

    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    pub fn count(mut self, count: &'a str) -> Self {
        self.count = Some(count);
        self
    }

    pub fn icon(mut self, icon: char) -> Self {
        self.icon = Some(icon);
        self
    }

    pub fn size(mut self, size: Vec2) -> Self {
        self.size = size;
        self
    }

    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    pub fn show(self, ui: &mut Ui, theme: &Theme) -> Response {
        let mut ink = Ink::new(ui.ctx());
        let height = if self.size.y > 0.0 { self.size.y } else { 24.0 };
        let width = if self.size.x > 0.0 { self.size.x } else { self.content_width(&ink) + 20.0 };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), self.sense());
        self.draw(&mut ink, theme, rect, &response);
        ink.paint(ui.painter());
        response
    }

    /// At a fixed place of a panel that lays itself out.
    pub fn put(self, ui: &mut Ui, theme: &Theme, rect: Rect) -> Response {
        let mut ink = Ink::new(ui.ctx());
        let id = ui.scope_id().with(("button", self.text));
        let response = ui.interact(rect, id, self.sense());
        self.draw(&mut ink, theme, rect, &response);
        ink.paint(ui.painter());
        response
    }

    fn sense(&self) -> Sense {
        if self.enabled { Sense::click() } else { Sense::hover() }
    }

    fn font(&self) -> Font {
        match self.kind {
            Kind::Neutral | Kind::Quiet => Font::Ui12,
            _ => Font::UiBold12,
        }
    }

    fn content_width(&self, ink: &Ink) -> f32 {
        let count = self.count.map_or(0.0, |c| 6.0 + ink.width(Font::Mono12, c));
        let icon = if self.icon.is_some() { 20.0 } else { 0.0 };
        icon + ink.width(self.font(), self.text) + count
    }

    fn inks(&self, theme: &Theme, response: &Response) -> (Color32, Color32, Option<Color32>) {
        let t = &theme.tokens;
        let (pressed, hovered) = (response.is_pointer_button_down_on(), response.hovered() && self.enabled);
        let flat = if pressed || !self.enabled {
            t.bg2
        } else if hovered {
            t.line_hi
        } else {
            t.bg3
        };
        if !self.enabled {
            return (flat, theme.dim(t.text_lo), None);
        }
        match self.kind {
            Kind::Neutral => (flat, t.text_hi, None),
            Kind::Quiet => (flat, if hovered { t.text_hi } else { t.text_mid }, None),
            Kind::Primary => (t.text_hi, t.bg1, None),
            Kind::Submit(side) => (theme.side(side).full, t.ink, None),
            Kind::SubmitDisarmed(side) => (theme.side(side).disarmed, theme.side(side).rest, None),
            Kind::Danger => (theme.over(t.danger, if hovered { 32 } else { 20 }), t.text_hi, Some(t.danger)),
        }
    }

    fn draw(&self, ink: &mut Ink, theme: &Theme, rect: Rect, response: &Response) {
        let (fill, text, edge) = self.inks(theme, response);
        match edge {
            Some(edge) => ink.chip_outlined(rect, fill, edge),
            None => ink.chip(rect, fill),
        }
        let mut x = rect.center().x - self.content_width(ink) * 0.5;
        let line = |x: f32| Rect::from_min_max(pos2(x, rect.min.y), rect.max);
        if let Some(icon) = self.icon {
            let (font, color) = match self.kind {
                Kind::Danger => (Font::IconBold14, theme.tokens.danger),
                _ => (Font::Icon14, text),
            };
            ink.text(line(x), Align::Min, font, icon.encode_utf8(&mut [0; 4]), color);
            x += 20.0;
        }
        x = ink.text(line(x), Align::Min, self.font(), self.text, text);
        if let Some(count) = self.count {
            let color = if self.enabled { theme.tokens.own_text } else { text };
            ink.text(line(x + 6.0), Align::Min, Font::Mono12, count, color);
        }
        if response.has_focus() {
            focus_ring(ink, theme, rect);
        }
        let (label, enabled) = (self.text.to_owned(), self.enabled);
        response.widget_info(move || WidgetInfo::labeled(egui::accesskit::Role::Button, enabled, label.clone()));
    }
}

/// Two points of accent, two points off.
pub fn focus_ring(ink: &mut Ink, theme: &Theme, rect: Rect) {
    ink.outline(rect.expand(4.0), 2.0, theme.tokens.accent);
}
