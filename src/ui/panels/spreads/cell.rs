//! One cell of the matrix: its price, its change as words and tint, our order and position, and where the price comes from by weight,
//! brackets and a marked corner.

use egui::{Align, Color32, Rect, Response, pos2, vec2};

use super::figures::{Figures, Listing, Origin, Show};
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::theme::{Theme, color::mix};
use crate::ui::widgets::ink::{Font, Ink};

/// What a screen reader says: `DEC-26 / MAR-27: +0.160 listed, +0.010 on the day`.
pub fn label(figures: &Figures, show: Show, format: PriceFormat) -> String {
    let Some(shown) = figures.shown(show) else { return format!("{}: not known", figures.name()) };
    let origin = match (shown.is_live, shown.origin) {
        (false, _) => "not live",
        (true, Origin::Listed) => "listed",
        (true, Origin::Implied) => "implied",
        (true, Origin::Venue) => "implied by the venue",
        (true, Origin::Both) => "listed and implied",
    };
    let change = figures.change(shown).map(|change| format!(", {} on the day", format.change().text(change)));
    format!("{}: {} {origin}{}", figures.name(), format.text(shown.mid), change.unwrap_or_default())
}

pub fn draw(ink: &mut Ink, theme: &Theme, rect: Rect, figures: &Figures, show: Show, listing: &Listing) {
    let t = &theme.tokens;
    let format = listing.format;
    let lines = [pos2(0.0, rect.center().y - 9.0), pos2(0.0, rect.center().y + 8.0)]
        .map(|at| Rect::from_min_max(pos2(rect.min.x, at.y - 8.0), pos2(rect.max.x, at.y + 8.0)));
    let shown = figures.shown(show);
    match shown {
        None => {
            ink.chip_outlined(rect, t.bg1, t.line);
            ink.text(rect, Align::Center, Font::Mono13, NONE, t.text_lo);
        }
        Some(shown) if !shown.is_live => {
            ink.chip_outlined(rect, t.bg1, t.line);
            ink.hatch(rect.shrink(1.0), 8.0, t.line);
            ink.text(lines[0], Align::Center, Font::Mono13, &bracketed(shown.origin, format.text(shown.mid)), t.stale);
            ink.text(lines[1], Align::Center, Font::Mono11, NONE, t.stale);
        }
        Some(shown) => {
            let change = figures.change(shown);
            let (least, range) = if shown.origin == Origin::Listed { (11.0, 44.0) } else { (8.0, 32.0) };
            let fill = match change.filter(|change| change.0 != 0) {
                Some(change) => {
                    let share = (change.to_f64_lossy() / listing.full_tint.to_f64_lossy()).abs().min(1.0);
                    theme.over(theme.direction(change.0), (least + share * range) as u8)
                }
                None if matches!(shown.origin, Origin::Implied | Origin::Venue) => t.bg1,
                None => t.bg2,
            };
            match shown.origin {
                Origin::Listed => ink.chip(rect, fill),
                Origin::Implied => ink.chip_outlined(rect, fill, t.line_hi),
                Origin::Venue => ink.chip_outlined(rect, fill, t.text_lo),
                Origin::Both => notch(ink, rect, fill, t.text_lo),
            }
            let (font, color) = match shown.origin {
                Origin::Listed => (Font::MonoBold13, t.text_hi),
                Origin::Implied => (Font::Mono13, mix(t.text_mid, 70, t.text_hi)),
                Origin::Venue | Origin::Both => (Font::Mono13, t.text_hi),
            };
            let text = bracketed(shown.origin, format.text(shown.mid));
            ink.text(lines[0], Align::Center, font, &text, color);
            let (words, color) = match change.filter(|change| change.0 != 0) {
                Some(change) => (format.change().text(change), mix(theme.direction(change.0), 55, t.text_hi)),
                None => (NONE.to_owned(), t.text_mid),
            };
            let align = if figures.held.is_some() { Align::Max } else { Align::Center };
            ink.text(lines[1].shrink2(vec2(5.0, 0.0)), align, Font::Mono11, &words, color);
        }
    }
    if let Some(held) = figures.held {
        let color = if shown.is_some_and(|shown| shown.is_live) { t.text_hi } else { t.stale };
        let text = format::lots_signed(held.net);
        ink.text(lines[1].shrink2(vec2(5.0, 0.0)), Align::Min, Font::MonoBold11, &text, color);
    }
    if figures.mine.iter().any(Option::is_some) {
        ink.rect(Rect::from_min_size(rect.min + vec2(4.0, 4.0), vec2(6.0, 6.0)), t.own);
    }
}

fn bracketed(origin: Origin, text: String) -> String {
    match origin {
        Origin::Implied => format!("({text})"),
        Origin::Venue => format!("[{text}]"),
        Origin::Listed | Origin::Both => text,
    }
}

/// A cell with its corner marked.
pub fn notch(ink: &mut Ink, rect: Rect, fill: Color32, mark: Color32) {
    ink.chip(rect, fill);
    let corner = rect.right_top();
    let size = (rect.height() * 0.6).min(10.0);
    ink.convex(&[corner - vec2(size, 0.0), corner, corner + vec2(0.0, size)], mark);
}

pub fn mark(ink: &mut Ink, theme: &Theme, rect: Rect, response: &Response, is_selected: bool) {
    let t = &theme.tokens;
    if is_selected {
        ink.outline(rect, 2.0, if response.has_focus() { t.accent } else { t.text_hi });
    } else if response.hovered() {
        ink.outline(rect, 1.0, t.text_mid);
    }
}
