//! The matrix as it was known at a past instant: what each calendar's legs were worth together then, and how far that had come in a day.
//! Nobody quoted: there are no sides, no implied prices and no sizes, and nothing can be opened or staged.

use egui::{Align, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::figures::{Listing, Terms};
use super::{Grid, SpreadsPanel, cell_id};
use crate::base::time::Utc;
use crate::domain::contract::{Contract, Delivery, Month};
use crate::domain::number::Price;
use crate::ui::context::PanelContext;
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::place;
use crate::ui::sheet::{self, Sheet};
use crate::ui::theme::{Theme, color::mix};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::{Origin, Point, Span, View};

/// A spread as it was worth then.
#[derive(Clone, Debug, PartialEq)]
pub struct PastSpread {
    pub value: Price,
    /// Each leg's ratio and its price, all of one instant.
    pub legs: Vec<(Month, i64, Point)>,
    /// Against the legs a day before.
    pub change: Option<Price>,
}

impl PastSpread {
    pub fn of(view: &View, listing: &Listing, terms: &Terms, at: Utc) -> Option<Self> {
        let legs: Vec<(Month, i64)> = terms
            .legs()
            .map(|(id, ratio)| Some((view.instrument(id)?.contract.month()?, ratio)))
            .collect::<Option<_>>()?;
        let contract = |&(month, _): &(Month, i64)| Contract::Outright {
            product: listing.product.clone(),
            delivery: Delivery::Month(month),
        };
        let contracts: Vec<Contract> = legs.iter().map(contract).collect();
        let value = |points: &[Point]| {
            let parts = legs.iter().zip(points).map(|((_, ratio), point)| Price(point.price.0.saturating_mul(*ratio)));
            parts.sum::<Price>()
        };
        let points = view.history.together(&contracts, at)?;
        let before = view.history.together(&contracts, at - Span::Day.length());
        let shown = value(&points);
        Some(Self {
            value: shown,
            change: before.map(|before| shown - value(&before)),
            legs: legs.iter().zip(points).map(|(&(month, ratio), point)| (month, ratio, point)).collect(),
        })
    }

    /// `+0.160 as of 21 Oct 21:00, +0.010 in a day`.
    fn words(&self, format: PriceFormat) -> String {
        let when = self.legs.first().map(|(_, _, point)| format::day_time(point.utc)).unwrap_or_default();
        let change = self.change.map(|change| format!(", {} in a day", format.change().text(change)));
        format!("{} as of {when}{}", format.text(self.value), change.unwrap_or_default())
    }
}

/// The matrix for a spreadsheet, laid out as the live one.
pub fn sheet(view: &View, listing: &Listing, at: Utc) -> Sheet {
    let months = &listing.months;
    let heads = months.iter().skip(1).map(|month| month.screen());
    let row = |near: usize| {
        let cell = |far: usize| {
            let terms = (far > near).then(|| listing.cell(near, far)).flatten();
            sheet::price(terms.and_then(|terms| PastSpread::of(view, listing, terms, at)).map(|past| past.value))
        };
        std::iter::once(months[near].screen()).chain((1..months.len()).map(cell)).collect()
    };
    Sheet {
        head: std::iter::once(listing.product.to_string()).chain(heads).collect(),
        rows: (0..months.len().saturating_sub(1)).map(row).collect(),
    }
}

impl SpreadsPanel {
    /// Draws the body as of `at`.
    pub(super) fn past_ui(&mut self, ui: &Ui, ctx: &PanelContext<'_>, body: Rect, grid: Grid, at: Utc) {
        let Some(listing) = &self.listing else { return };
        let mut ink = Ink::new(ui.ctx());
        let mut selected = self.selected_cell(ctx, listing, grid);
        let (mut hovered, mut clicked) = (None, None);
        let mut shown = None;
        let cells: Vec<_> =
            grid.cells().filter_map(|(near, far)| Some((near, far, listing.cell(near, far)?))).collect();
        for &(near, far, terms) in &cells {
            let past = PastSpread::of(ctx.view, listing, terms, at);
            let rect = grid.rect(near, far);
            let is_selected = (near, far) == selected;
            let response = ui.interact(rect, cell_id(ui, near, far), Sense::click());
            let name = listing.months[near].screen() + " / " + &listing.months[far].screen();
            let says = past.as_ref().map_or_else(|| "not known".to_owned(), |past| past.words(listing.format));
            response.widget_info(|| WidgetInfo::selected(Role::Cell, true, is_selected, format!("{name}: {says}")));
            draw(&mut ink, ctx.theme, rect, past.as_ref(), listing);
            super::cell::mark(&mut ink, ctx.theme, rect, &response, is_selected);
            if response.clicked() {
                clicked = Some((near, far));
            }
            if response.hovered() {
                hovered = Some((near, far));
            }
            if hovered == Some((near, far)) || (hovered.is_none() && is_selected) {
                shown = Some((name, past));
            }
        }
        selected = clicked.unwrap_or(selected);
        self.names(ui, ctx.theme, grid, hovered.unwrap_or(selected), ctx.as_of());
        if let Some((name, past)) = shown {
            let card = grid.card(body).map(|card| Rect::from_min_size(card.min, vec2(card.width(), 118.0)));
            if let (Some(card), Some(past)) = (card, &past) {
                card_ui(&mut ink, ctx.theme, card, &name, past, listing.format);
            }
        }
        let t = &ctx.theme.tokens;
        let words = format!(
            "legs of one instant; tint: change in a day, full at {}",
            format::price(listing.full_tint, listing.format.decimals)
        );
        let seat = place::until(body.max.x - 10.0, body.max.y - 15.0);
        ink.text(seat, Align::Max, Font::Ui11, &words, t.text_lo);
        ink.paint(&ui.painter().with_clip_rect(body.intersect(ui.clip_rect())));
        if let Some((near, far)) = clicked {
            self.selected = self.months(near, far);
        }
    }
}

fn draw(ink: &mut Ink, theme: &Theme, rect: Rect, past: Option<&PastSpread>, listing: &Listing) {
    let t = &theme.tokens;
    let Some(past) = past else {
        ink.chip_outlined(rect, t.bg1, t.line);
        ink.text(rect, Align::Center, Font::Mono13, NONE, t.text_lo);
        return;
    };
    let line = |y: f32| {
        Rect::from_min_max(pos2(rect.min.x, rect.center().y + y - 8.0), pos2(rect.max.x, rect.center().y + y + 8.0))
    };
    let moved = past.change.filter(|change| change.0 != 0);
    let fill = moved.map_or(t.bg2, |change| {
        let share = (change.to_f64_lossy() / listing.full_tint.to_f64_lossy()).abs().min(1.0);
        theme.over(theme.direction(change.0), (8.0 + share * 32.0) as u8)
    });
    ink.chip(rect, fill);
    ink.text(line(-9.0), Align::Center, Font::Mono13, &listing.format.text(past.value), t.text_hi);
    let (words, color) = match moved {
        Some(change) => (listing.format.change().text(change), mix(theme.direction(change.0), 55, t.text_hi)),
        None => (NONE.to_owned(), t.text_mid),
    };
    ink.text(line(8.0), Align::Center, Font::Mono11, &words, color);
}

/// The chosen spread with its legs, and whose word they are.
fn card_ui(ink: &mut Ink, theme: &Theme, card: Rect, name: &str, past: &PastSpread, format: PriceFormat) {
    let t = &theme.tokens;
    ink.chip(card, t.bg2);
    let (left, right) = (card.min.x + 11.0, card.max.x - 11.0);
    let mut y = card.min.y + 18.0;
    ink.text(place::from(left, y), Align::Min, Font::UiBold13, name, t.text_hi);
    ink.text(place::until(right, y), Align::Max, Font::MonoBold15, &format.text(past.value), t.text_hi);
    y += 19.0;
    ink.text(place::from(left, y), Align::Min, Font::Ui12, "In a day", t.text_lo);
    let color = past.change.map_or(t.text_lo, |change| theme.direction(change.0.signum()));
    ink.text(place::until(right, y), Align::Max, Font::Mono12, &format.change().opt(past.change), color);
    y += 22.0;
    let plain = PriceFormat { decimals: format.decimals - 1, sign: format::Sign::Negative };
    for (month, ratio, point) in &past.legs {
        let sign = if *ratio < 0 { format::MINUS } else { '+' };
        let word = if point.origin == Origin::Own { "own mark" } else { "settlement" };
        let words = format!("{sign} {} {word}, {}", month.screen(), format::day_time(point.utc));
        ink.text(place::from(left, y), Align::Min, Font::Ui11, &words, t.text_lo);
        ink.text(place::until(right, y), Align::Max, Font::Mono12, &plain.text(point.price), t.text_mid);
        y += 19.0;
    }
}
