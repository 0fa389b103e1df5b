//! Broken lines and rings: how past curves, launches and the index are told from what is quoted now.

use egui::{Color32, Pos2};

use crate::ui::theme::Theme;
use crate::ui::widgets::ink::Ink;

/// How a past curve is drawn: points on, points off.
#[derive(Clone, Copy, Debug)]
pub struct Dash {
    on: f32,
    off: f32,
    pub width: f32,
    is_bright: bool,
}

impl Dash {
    pub const fn color(self, theme: &Theme) -> Color32 {
        if self.is_bright { theme.tokens.text_mid } else { theme.tokens.text_lo }
    }
}

/// In the order of [`SPANS`]: dots, short, long.
pub const DASHES: [Dash; 3] = [
    Dash { on: 1.25, off: 2.75, width: 1.25, is_bright: false },
    Dash { on: 3.0, off: 3.0, width: 1.0, is_bright: false },
    Dash { on: 6.0, off: 4.0, width: 1.25, is_bright: true },
];
/// Of a launch.
pub const LAUNCH: Dash = Dash { on: 2.0, off: 4.0, width: 1.0, is_bright: false };

/// A broken line through `points`.
pub fn dashed(ink: &mut Ink, points: &[Pos2], dash: Dash, width: f32, color: Color32) {
    let period = dash.on + dash.off;
    let mut along = 0.0;
    for pair in points.windows(2) {
        let (from, way) = (pair[0], pair[1] - pair[0]);
        let length = way.length();
        if length <= 0.0 {
            continue;
        }
        let at = |distance: f32| from + way * (distance / length);
        let mut start = -(along % period);
        while start < length {
            let (a, b) = (start.max(0.0), (start + dash.on).min(length));
            if b > a {
                ink.line(at(a), at(b), width, color);
            }
            start += period;
        }
        along += length;
    }
}

pub fn ring(ink: &mut Ink, at: Pos2, radius: f32, color: Color32, ground: Color32) {
    ink.disc(at, radius + 0.75, color);
    ink.disc(at, radius - 0.75, ground);
}
