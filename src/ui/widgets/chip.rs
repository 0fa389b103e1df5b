//! State chips and badges: a shape, a word, an age. Never a colour alone.

use std::time::Duration;

use egui::{Align, Color32, Rect, pos2, vec2};

use super::ink::{Font, Ink};
use crate::ui::format;
use crate::ui::theme::Theme;
use crate::view::book::BookState;
use crate::view::session::Environment;

/// Colour of a state's word and shape.
pub const fn state_color(theme: &Theme, state: BookState) -> Color32 {
    match state {
        BookState::Live => theme.tokens.accent,
        BookState::Stale => theme.tokens.stale,
        BookState::Gap | BookState::Crossed => theme.tokens.warn,
        BookState::Connecting => theme.tokens.text_mid,
        BookState::Halted => theme.tokens.text_hi,
        BookState::Ended => theme.tokens.text_mid,
    }
}

/// Draws `● LIVE 4 ms` ending at `right`; returns the x where it begins.
pub fn state_chip(
    ink: &mut Ink,
    theme: &Theme,
    right: f32,
    middle: f32,
    state: BookState,
    age: Option<Duration>,
) -> f32 {
    let age_text = age.map(format::age).unwrap_or_default();
    let (word, color) = (state.word(), state_color(theme, state));
    let word_width = ink.width(Font::UiBold11, word);
    let age_width = ink.width(Font::Mono11, &age_text);
    let gap = if age_text.is_empty() { 0.0 } else { 5.0 };
    let left = right - age_width - gap - word_width - 11.0;
    let line = |x: f32| Rect::from_min_max(pos2(x, middle - 9.0), pos2(right, middle + 9.0));
    state_shape(ink, pos2(left + 3.0, middle), state, color);
    ink.text(line(left + 11.0), Align::Min, Font::UiBold11, word, color);
    ink.text(line(right), Align::Max, Font::Mono11, &age_text, theme.tokens.text_lo);
    left
}

pub fn state_shape(ink: &mut Ink, center: egui::Pos2, state: BookState, color: Color32) {
    match state {
        BookState::Live => ink.disc(center, 3.0, color),
        BookState::Stale => ink.hatch(Rect::from_center_size(center, vec2(8.0, 8.0)), 4.0, color),
        BookState::Gap => {
            ink.hline(center.x - 5.0..=center.x - 2.0, center.y - 1.0, 2.0, color);
            ink.hline(center.x + 2.0..=center.x + 5.0, center.y - 1.0, 2.0, color);
        }
        BookState::Crossed => {
            for (x, turn) in [(-4.0, 1.0), (4.0, -1.0)] {
                let tip = center + vec2(x + 3.0 * turn, 0.0);
                ink.line(center + vec2(x, -3.5), tip, 1.5, color);
                ink.line(tip, center + vec2(x, 3.5), 1.5, color);
            }
        }
        BookState::Connecting => ink.outline(Rect::from_center_size(center, vec2(6.0, 6.0)), 1.5, color),
        BookState::Ended => ink.rect(Rect::from_center_size(center, vec2(7.0, 7.0)), color),
        BookState::Halted => {
            for x in [-3.0, 1.0] {
                ink.rect(Rect::from_min_size(center + vec2(x, -3.5), vec2(2.0, 7.0)), color);
            }
        }
    }
}

/// Fill and ink of the badge that says whose money this is.
pub const fn environment_inks(theme: &Theme, environment: Environment) -> (&'static str, Color32, Color32) {
    let t = &theme.tokens;
    match environment {
        Environment::Simulated => ("SIM", t.sim, t.ink),
        Environment::Testnet => ("TEST", t.sim, t.ink),
        Environment::Real => ("REAL", t.text_hi, t.bg1),
    }
}
