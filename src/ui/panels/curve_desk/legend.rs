//! The row above the curve: what each mark means, every entry a switch, and what changes are counted against.

use egui::{Align, Color32, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::dashes::{DASHES, dashed, ring};
use super::figures::{Against, Desk, SPANS};
use super::origins;
use super::series::{Hidden, Series};
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::button::focus_ring;
use crate::ui::widgets::controls::segmented;
use crate::ui::widgets::ink::{Font, Ink};

const GAP: f32 = 16.0;
const CHOICES_WIDTH: f32 = 232.0;

/// Draws the row and takes clicks.
pub fn legend_ui(ui: &mut Ui, theme: &Theme, row: Rect, desk: &Desk<'_>, hidden: &mut Hidden, against: &mut Against) {
    let mut right = row.right() - 10.0;
    if row.width() > 560.0 {
        right = against_ui(ui, theme, row, desk, against) - GAP;
    }
    let mut ink = Ink::new(ui.ctx());
    let mut x = row.left() + 10.0;
    for series in Series::ALL {
        if series == Series::Quotes && !desk.as_of.is_live() {
            continue;
        }
        let words = series.words(desk.as_of.is_live());
        let width = 22.0 + ink.width(Font::Ui12, words);
        if x + width > right {
            break;
        }
        let entry = Rect::from_min_size(pos2(x, row.center().y - 11.0), vec2(width, 22.0));
        entry_ui(ui, &mut ink, theme, entry, (series, words), desk, hidden);
        x += width + GAP;
    }
    ink.paint(ui.painter());
}

fn entry_ui(
    ui: &Ui,
    ink: &mut Ink,
    theme: &Theme,
    entry: Rect,
    (series, words): (Series, &'static str),
    desk: &Desk<'_>,
    hidden: &mut Hidden,
) {
    let t = &theme.tokens;
    let response = ui.interact(entry, ui.scope_id().with(("series", words)), Sense::click());
    if response.clicked() {
        hidden.turn(series);
    }
    let is_on = hidden.shows(series);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, format!("Show {words}")));
    if response.has_focus() {
        focus_ring(ink, theme, entry.shrink(3.0));
    }
    let color = match (is_on, response.hovered()) {
        (true, _) => t.text_hi,
        (false, true) => t.text_mid,
        (false, false) => t.text_lo,
    };
    swatch(ink, theme, entry, series, is_on);
    ink.text(place::from(entry.left() + 22.0, entry.center().y), Align::Min, Font::Ui12, words, color);
    let origin = match series {
        Series::Past(span) => {
            let overlay = SPANS.iter().position(|known| *known == span).and_then(|at| desk.overlays.get(at));
            overlay.map(|overlay| origins::overlay(words, overlay))
        }
        Series::Model => Some(origins::model(desk)),
        Series::Index => origins::index(desk),
        Series::Quotes | Series::Last | Series::Settle => None,
    };
    let turn = if is_on { "click hides it" } else { "click shows it" };
    response.on_hover_text(origin.map_or_else(|| turn.to_owned(), |origin| format!("{origin}; {turn}")));
}

fn swatch(ink: &mut Ink, theme: &Theme, entry: Rect, series: Series, is_on: bool) {
    let t = &theme.tokens;
    let pale = |color: Color32| if is_on { color } else { theme.over(color, 40) };
    let (left, y) = (entry.left(), entry.center().y);
    let middle = pos2(left + 8.0, y);
    match series {
        Series::Quotes => {
            ink.rect(Rect::from_center_size(middle, vec2(15.0, 9.0)), theme.over(t.text_mid, 16));
            ink.hline(left + 2.0..=left + 14.0, y - 5.0, 2.0, pale(t.ask));
            ink.hline(left + 2.0..=left + 14.0, y + 3.0, 2.0, pale(t.bid));
        }
        Series::Last => ink.disc(middle, 3.0, pale(t.text_hi)),
        Series::Settle => {
            ink.diamond(middle, 4.5, pale(t.text_mid));
            ink.diamond(middle, 3.1, t.bg1);
        }
        Series::Model => ink.line(pos2(left, y), pos2(left + 17.0, y), 1.5, pale(t.accent)),
        Series::Past(span) => {
            let dash = DASHES[span as usize];
            dashed(ink, &[pos2(left, y), pos2(left + 18.0, y)], dash, 1.5, pale(dash.color(theme)));
        }
        Series::Index => ring(ink, middle, 4.0, pale(t.text_hi), t.bg1),
    }
}

/// `Change against [1 day | 1 week | 1 month | Date]`; returns the x where it begins.
fn against_ui(ui: &mut Ui, theme: &Theme, row: Rect, desk: &Desk<'_>, against: &mut Against) -> f32 {
    let seat =
        Rect::from_min_size(pos2(row.right() - 10.0 - CHOICES_WIDTH, row.center().y - 12.0), vec2(CHOICES_WIDTH, 24.0));
    let date = match against {
        Against::Date(_) => against.words(),
        Against::Span(_) => "Date".to_owned(),
    };
    let options = ["1 day", "1 week", "1 month", date.as_str()];
    let mut chosen = match against {
        Against::Span(span) => *span as usize,
        Against::Date(_) => SPANS.len(),
    };
    let builder = UiBuilder::new().max_rect(seat).id_salt("against");
    let was_chosen = ui
        .scope_builder(builder, |ui| segmented(ui, theme, "Change against", &options, &mut chosen, CHOICES_WIDTH))
        .inner;
    if was_chosen {
        *against = match SPANS.get(chosen) {
            Some(span) => Against::Span(*span),
            // The handle of the slider stays where it is, and is its own from now on.
            None => Against::Date(against.instant(desk.at)),
        };
    }
    let words = "Change against";
    let mut ink = Ink::new(ui.ctx());
    let left = seat.left() - 10.0 - ink.width(Font::Ui12, words);
    if row.width() > 1_000.0 {
        ink.text(place::from(left, row.center().y), Align::Min, Font::Ui12, words, theme.tokens.text_lo);
        ink.paint(ui.painter());
        left
    } else {
        seat.left()
    }
}
