//! The curve of one product at full size: quotes, trades, settlements, the smooth curve through them, quarters and years, the change
//! since settlement; at the right what is under the cursor and how far the front month's average has come. A click selects the month.
//!
//! Quotes and curve are of one and the same picture, which the header names; whether they are live is judged at the moment of painting.

mod cards;
mod plot;

use egui::{Align, Event, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::domain::contract::Product;
use crate::domain::instrument::Unit;
use crate::domain::number::Price;
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, PriceFormat, Sign};
use crate::ui::panels::message;
use crate::ui::place;
use crate::ui::select;
use crate::ui::theme::icons;
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::View;
use crate::view::curve::{CurveMonth, CurveView, FIGURES};
use plot::Plot;

/// Narrower than this, the legend is all there is room for beside the curve.
const CARDS_WIDTH: f32 = 760.0;

#[derive(Debug, Default)]
pub struct CurveDesk {
    pub group: LinkGroup,
}

impl CurveDesk {
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let product = ctx.chosen(self.group).and_then(|(_, terms, _)| terms.contract.product().cloned());
        let curve = product.as_ref().and_then(|product| ctx.view.curve(product)).cloned();
        let state = curve.as_ref().and_then(|curve| ctx.worst_state(curve.months.iter().map(|at| at.instrument)));
        let head = Header { title: "Curve desk", link: Some(self.group), state, ..Header::default() };
        let outcome = header(ui, ctx.theme, ui.max_rect(), &head);
        let tabs_end = self.products_ui(ui, ctx, outcome.free, product.as_ref());
        let Some(curve) = curve else {
            let (title, detail) = match product {
                None => ("No contract", "Select a month in the market"),
                Some(_) => ("Waiting for the curve", "It is solved as soon as two months are quoted"),
            };
            message::empty(ui, ctx.theme, outcome.body, icons::PLUGS, title, detail);
            return outcome.response;
        };
        let mut ink = Ink::new(ui.ctx());
        let words = subtitle(&curve);
        if tabs_end + ink.width(Font::Ui12, &words) < outcome.free.right() {
            let at = place::from(tabs_end, outcome.free.center().y);
            ink.text(at, Align::Min, Font::Ui12, &words, ctx.theme.tokens.text_lo);
        }
        if let Some(plot) = Plot::of(outcome.body, &curve, fixed_prices(ctx.view, &curve.product)) {
            self.plot_ui(ui, ctx, &mut ink, &curve, &plot, outcome.body);
        } else {
            ink.paint(ui.painter());
            let detail = "The venue has not quoted a month yet";
            message::empty(ui, ctx.theme, outcome.body, icons::PLUGS, "Waiting for prices", detail);
        }
        outcome.response
    }

    /// The products as tabs; returns where they end.
    fn products_ui(&self, ui: &Ui, ctx: &mut PanelContext<'_>, free: Rect, shown: Option<&Product>) -> f32 {
        let t = &ctx.theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let mut x = free.left() + 4.0;
        let mut chosen = None;
        for spot in ctx.view.products.iter() {
            let name = spot.product.as_str();
            let is_on = shown == Some(&spot.product);
            let font = if is_on { Font::UiBold12 } else { Font::Ui12 };
            let tab = Rect::from_min_size(pos2(x, free.top()), vec2(ink.width(font, name) + 8.0, free.height()));
            let response = ui.interact(tab, ui.scope_id().with(("product", name)), Sense::click());
            response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_on, format!("Curve of {name}")));
            let color = if is_on || response.hovered() { t.text_hi } else { t.text_lo };
            ink.text(place::from(x + 4.0, free.center().y), Align::Min, font, name, color);
            if is_on {
                ink.hline(tab.x_range(), free.bottom() - 2.0, 2.0, t.text_hi);
            }
            if response.clicked() {
                chosen = Some(spot.product.clone());
            }
            x = tab.right() + 8.0;
        }
        ink.paint(ui.painter());
        if let Some(product) = chosen {
            select::choose_product(ctx.selection, ctx.view, self.group, &product);
        }
        x + 8.0
    }

    fn plot_ui(&self, ui: &Ui, ctx: &mut PanelContext<'_>, ink: &mut Ink, curve: &CurveView, plot: &Plot, body: Rect) {
        let response = ui.interact(body, ui.scope_id().with("months"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, format!("Curve desk of {}", curve.product)));
        let hovered = response.hover_pos().and_then(|at| plot.nearest(curve, at));
        let selected = ctx.selection.instrument(self.group);
        let cursor = hovered.or_else(|| curve.months.iter().find(|at| Some(at.instrument) == selected));
        let is_live = |month: &CurveMonth| ctx.book_state(month.instrument).is_live();
        let format = PriceFormat { decimals: curve.tick.decimals(), sign: Sign::Negative };
        plot.paint(ink, ctx.theme, curve, cursor, format, &is_live);
        if body.width() >= CARDS_WIDTH {
            cards::paint(ink, ctx, curve, cursor, format, plot.area);
        }
        ink.paint(ui.painter());
        if let Some(month) = hovered {
            if response.clicked() {
                ctx.selection.select(self.group, month.instrument);
            }
            if ui.input(|input| input.events.contains(&Event::Copy)) {
                ui.ctx().copy_text(table(curve));
            }
        }
    }
}

/// `$/GPU-h, 36 monthly contracts, as of 15:42:07`.
fn subtitle(curve: &CurveView) -> String {
    let unit = match curve.unit {
        Unit::Other => "price".to_owned(),
        unit => format!("$/{}", unit.label()),
    };
    format!("{unit}, {} monthly contracts, as of {}", curve.months.len(), format::time_s(curve.at.utc))
}

/// The front month's published fixings.
fn fixed_prices(view: &View, product: &Product) -> Vec<Price> {
    let spot = view.products.iter().find(|spot| spot.product == *product);
    spot.map(|spot| spot.front_fixings.iter().map(|fixing| fixing.price).collect()).unwrap_or_default()
}

/// For a spreadsheet: one line a month, tab-separated, empty where unknown.
pub fn table(curve: &CurveView) -> String {
    let mut text = format!("delivery\t{}\n", FIGURES.join("\t"));
    for at in &curve.months {
        let cells = at.figures().map(|value| value.map_or_else(String::new, |value| value.to_string()));
        text.push_str(&format!("{}\t{}\n", at.month.screen(), cells.join("\t")));
    }
    text
}
