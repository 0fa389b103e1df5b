//! What a figure under the pointer is made of: a raised card beside it, over whatever the panel shows there.

use egui::{Align, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::ink::{Font, Ink};
use crate::ui::place;
use crate::ui::theme::Theme;

const PAD: f32 = 10.0;
const LINE: f32 = 16.0;
const GAP: f32 = 16.0;

/// A name, its inputs word by word, and what else must be known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    pub title: String,
    pub inputs: Vec<(String, String)>,
    pub notes: Vec<String>,
}

impl Trace {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    #[must_use]
    pub fn input(mut self, word: impl Into<String>, figure: impl Into<String>) -> Self {
        self.inputs.push((word.into(), figure.into()));
        self
    }

    #[must_use]
    pub fn note(mut self, words: impl Into<String>) -> Self {
        self.notes.push(words.into());
        self
    }

    /// As a screen reader says it.
    pub fn sentence(&self) -> String {
        let inputs = self.inputs.iter().map(|(word, figure)| format!("{word} {figure}"));
        let parts: Vec<String> = std::iter::once(self.title.clone()).chain(inputs).chain(self.notes.clone()).collect();
        parts.join("; ")
    }

    /// Below `of` if it fits into `bounds` there, otherwise above it, and never over it.
    pub fn ui(&self, ui: &Ui, theme: &Theme, bounds: Rect, of: Rect) {
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let word_width = self.inputs.iter().map(|(word, _)| ink.width(Font::Ui11, word)).fold(0.0, f32::max);
        let figure_width = self.inputs.iter().map(|(_, figure)| ink.width(Font::Mono11, figure)).fold(0.0, f32::max);
        let notes = self.notes.iter().map(|note| ink.width(Font::Ui11, note));
        let widest =
            notes.fold((word_width + GAP + figure_width).max(ink.width(Font::UiBold12, &self.title)), f32::max);
        let lines = 1 + self.inputs.len() + self.notes.len();
        let size = vec2(widest + 2.0 * PAD, lines as f32 * LINE + 12.0).min(bounds.size());
        let fits_below = of.bottom() + 4.0 + size.y <= bounds.bottom();
        let top = if fits_below { of.bottom() + 4.0 } else { (of.top() - 4.0 - size.y).max(bounds.top()) };
        let left = of.left().clamp(bounds.left(), (bounds.right() - size.x).max(bounds.left()));
        let card = Rect::from_min_size(pos2(left, top), size);
        ink.chip_outlined(card, t.bg2, t.line_hi);
        let mut y = card.top() + 6.0 + LINE / 2.0;
        ink.text(place::from(card.left() + PAD, y), Align::Min, Font::UiBold12, &self.title, t.text_hi);
        for (word, figure) in &self.inputs {
            y += LINE;
            ink.text(place::from(card.left() + PAD, y), Align::Min, Font::Ui11, word, t.text_mid);
            ink.text(place::until(card.right() - PAD, y), Align::Max, Font::Mono11, figure, t.text_hi);
        }
        for note in &self.notes {
            y += LINE;
            ink.text(place::from(card.left() + PAD, y), Align::Min, Font::Ui11, note, t.text_mid);
        }
        ink.paint(&ui.painter().with_clip_rect(bounds.intersect(ui.clip_rect())));
        let response = ui.interact(card, ui.scope_id().with("trace"), Sense::hover());
        let words = self.sentence();
        response.widget_info(move || WidgetInfo::labeled(Role::Tooltip, true, words.clone()));
    }
}
