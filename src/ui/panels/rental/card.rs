//! Every offer behind a row, beside it and over whatever is there: price, machine, place, where the figure was read and of when it is.

use egui::{Align, Color32, Rect, Role, Ui, WidgetInfo, vec2};

use crate::domain::spot::{ProviderPrices, RentalBoard, RentalOffer};
use crate::ui::panels::price_board::{CARD_HEAD, CARD_ROW, card_painter, card_rect, dollars};
use crate::ui::panels::rental::figures;
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

/// Offers named; the rest is counted.
const MOST: usize = 12;
const GAP: f32 = 14.0;

/// Below the row, or above it where there is no room.
pub fn ui(ui: &Ui, theme: &Theme, line: Rect, board: &RentalBoard, row: &ProviderPrices, offers: &[&RentalOffer]) {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let title = format!("{}, {}", row.name, figures::board_name(board));
    let count = match (offers.len(), row.offers) {
        (all, distinct) if all == distinct => format!("{distinct} offers"),
        (all, distinct) => format!("{distinct} offers in {all} rows: a price repeated over regions counts once"),
    };
    let mut lines: Vec<[(String, Font, Color32); 5]> = Vec::new();
    for offer in offers.iter().take(MOST) {
        let machine =
            if offer.gpus == 1 { offer.instance.to_string() } else { format!("{} × {}", offer.gpus, offer.instance) };
        let upstream = offer.upstream.as_ref().map(|upstream| format!("of {upstream} ")).unwrap_or_default();
        lines.push([
            (dollars(offer.price), Font::Mono12, t.text_hi),
            (machine, Font::Ui12, t.text_mid),
            (format!("{upstream}{}", offer.region), Font::Ui12, t.text_mid),
            (offer.source.to_string(), Font::Ui11, t.text_lo),
            (offer.as_of.to_string(), Font::Ui11, t.text_lo),
        ]);
    }
    let widths: [f32; 5] =
        std::array::from_fn(|at| lines.iter().map(|cells| ink.width(cells[at].1, &cells[at].0)).fold(0.0, f32::max));
    let used: f32 = widths.iter().filter(|width| **width > 0.0).map(|width| width + GAP).sum();
    let heads = ink.width(Font::UiBold12, &title) + 10.0 + ink.width(Font::Ui11, &count) + 20.0;
    let rest = offers.len().saturating_sub(MOST);
    let height = CARD_HEAD + (lines.len() + usize::from(rest > 0)) as f32 * CARD_ROW + 8.0;
    let size = vec2((used - GAP + 20.0).max(heads), height);
    let card = card_rect(ui, line, size);
    ink.chip_outlined(card, t.bg3, t.line_hi);
    let y = card.min.y + CARD_HEAD / 2.0 + 1.0;
    let end = ink.text(place::from(card.min.x + 10.0, y), Align::Min, Font::UiBold12, &title, t.text_hi);
    ink.text(place::from(end + 10.0, y), Align::Min, Font::Ui11, &count, t.text_mid);
    for (at, cells) in lines.iter().enumerate() {
        let y = card.min.y + CARD_HEAD + (at as f32 + 0.5) * CARD_ROW;
        let mut x = card.min.x + 10.0;
        for ((text, font, color), width) in cells.iter().zip(widths) {
            // `text_lo` is never on `bg3`.
            let color = if *color == t.text_lo { t.text_mid } else { *color };
            ink.text(place::from(x, y), Align::Min, *font, text, color);
            x += if width > 0.0 { width + GAP } else { 0.0 };
        }
    }
    if rest > 0 {
        let y = card.max.y - 4.0 - CARD_ROW / 2.0;
        ink.text(place::from(card.min.x + 10.0, y), Align::Min, Font::Ui11, &format!("and {rest} more"), t.text_mid);
    }
    ink.paint(&card_painter(ui));
    let said: Vec<String> =
        lines.iter().map(|cells| cells.each_ref().map(|(text, ..)| text.as_str()).join(" ")).collect();
    let response = ui.interact(line, ui.scope_id().with("offers"), egui::Sense::hover());
    response
        .widget_info(move || WidgetInfo::labeled(Role::Group, true, format!("Offers of {title}: {}", said.join("; "))));
}
