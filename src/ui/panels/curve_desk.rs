//! The curve of one product at full size: quotes, trades, settlements, the smooth curve through them, quarters and years, the curves of a
//! day, a week and a month ago, how far every month has come from one of them; at the right what is under the cursor and how far the front
//! month's average has come. Below, the time slider, which turns the whole window to a past instant.
//!
//! A click selects the month, a right click says where launches are expected. Quotes and curve are of one and the same picture, which the
//! header names; whether they are live is judged at the moment of painting.

mod axis;
mod bars;
mod cards;
mod dashes;
pub mod figures;
mod legend;
mod marks;
mod origins;
mod playback;
mod plot;
mod series;
mod slider;
mod spoken;

use std::sync::Arc;

use egui::{
    Align, Event, Popup, PopupCloseBehavior, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::base::time::Utc;
use crate::domain::command::Intent;
use crate::domain::contract::{Month, Product};
use crate::domain::instrument::{Instrument, Unit};
use crate::ui::context::{AsOf, LinkGroup, PanelContext, PanelResponse};
use crate::ui::format;
use crate::ui::panels::message;
use crate::ui::place;
use crate::ui::select;
use crate::ui::sheet::Sheet;
use crate::ui::theme::icons;
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::History;
use crate::view::Span;
use crate::view::book::BookState;
use crate::view::curve::past::{Known, PastCurve};
use cards::Cards;
use figures::{Against, Desk, DeskMonth};
use playback::Playback;
use plot::{Parts, Plot};
use series::Hidden;
use slider::{Slider, Spark, Wish};

#[derive(Debug)]
pub struct CurveDesk {
    pub group: LinkGroup,
    hidden: Hidden,
    against: Against,
    playback: Playback,
    /// Solved last for a past instant.
    past: Option<PastCurve>,
    spark: Option<(Arc<History>, Product, Spark)>,
    /// The month whose menu is open.
    menu: Option<Month>,
}

impl Default for CurveDesk {
    fn default() -> Self {
        Self {
            group: LinkGroup::default(),
            hidden: Hidden::default(),
            against: Against::Span(Span::Month),
            playback: Playback::default(),
            past: None,
            spark: None,
            menu: None,
        }
    }
}

impl CurveDesk {
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let terms = ctx.chosen(self.group).map(|(_, terms, _)| terms);
        let product = terms.and_then(|terms| terms.contract.product().cloned());
        self.play(ui, ctx);
        let as_of = ctx.as_of();
        let curve = product.as_ref().and_then(|product| ctx.view.curve(product)).cloned();
        let state = curve.as_ref().and_then(|curve| ctx.worst_state(curve.months.iter().map(|at| at.instrument)));
        let head = Header { title: "Curve desk", link: Some(self.group), state, as_of, ..Header::default() };
        let outcome = header(ui, ctx.theme, ui.max_rect(), &head);
        let tabs_end = self.products_ui(ui, ctx, outcome.free, product.as_ref());
        let Some((terms, product)) = terms.zip(product) else {
            message::empty(ui, ctx.theme, outcome.body, icons::PLUGS, "No contract", "Select a month in the market");
            return outcome.response;
        };
        let past = as_of.past().and_then(|at| self.past_curve(ctx, &product, at));
        let desk = match (as_of, &past, &curve) {
            (AsOf::Past(at), Some(past), _) => Some(Desk::past(ctx.view, past, terms.tick, at, self.against)),
            (AsOf::Live, _, Some(curve)) => Desk::live(ctx.view, curve, self.against, |id| ctx.book_state(id)),
            _ => None,
        };
        let worst = state.map_or(BookState::Connecting, |(state, _)| state);
        match desk.and_then(|desk| Some((Plot::of(outcome.body, &desk, &self.hidden)?, desk))) {
            Some((plot, desk)) => {
                subtitle_ui(ui, ctx, &desk, terms, tabs_end, outcome.free);
                self.plot_ui(ui, ctx, &plot, &desk);
            }
            None => {
                let parts = Parts::of(outcome.body);
                let room = Rect::from_min_max(outcome.body.min, pos2(outcome.body.right(), parts.axis.bottom()));
                let (title, detail) = match as_of {
                    AsOf::Past(_) => ("Nothing is known of then", "Move the slider, or go back to live"),
                    AsOf::Live => ("Waiting for the curve", "It is solved as soon as two months are quoted"),
                };
                message::empty(ui, ctx.theme, room, icons::PLUGS, title, detail);
            }
        }
        if let Some(rect) = Parts::of(outcome.body).slider {
            self.slider_ui(ui, ctx, rect, &product, terms, worst);
        }
        self.past = past;
        outcome.response
    }

    /// What is shown, a row a month.
    pub fn sheet(&self, ctx: &PanelContext<'_>) -> Option<Sheet> {
        let (_, terms, _) = ctx.chosen(self.group)?;
        let desk = match (ctx.as_of(), &self.past) {
            (AsOf::Past(at), Some(past)) => Desk::past(ctx.view, past, terms.tick, at, self.against),
            (AsOf::Past(_), None) => return None,
            (AsOf::Live, _) => {
                let curve = ctx.view.curve(terms.contract.product()?)?;
                Desk::live(ctx.view, curve, self.against, |id| ctx.book_state(id))?
            }
        };
        Some(Sheet::of_tab_separated(&desk.table()))
    }

    /// Moves the past on by what a film has run since the last frame.
    fn play(&mut self, ui: &Ui, ctx: &mut PanelContext<'_>) {
        if !self.playback.is_running() {
            return;
        }
        let run = self.playback.advance(ctx.now.mono);
        match ctx.as_of().past().map(|at| at + run).filter(|at| *at < ctx.now.utc) {
            Some(at) => {
                ctx.look_at(AsOf::Past(at));
                ui.ctx().request_repaint_after(playback::FRAME);
            }
            None => {
                self.playback.stop();
                ctx.look_at(AsOf::Live);
            }
        }
    }

    /// Solved anew only when something else was known.
    fn past_curve(&mut self, ctx: &PanelContext<'_>, product: &Product, at: Utc) -> Option<PastCurve> {
        let known = Known::at(ctx.view, product, at)?;
        Some(match self.past.take().filter(|past| past.known == known) {
            Some(past) => past,
            None => known.solve(),
        })
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
            if tab.right() > free.right() {
                break;
            }
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

    fn plot_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, plot: &Plot, desk: &Desk<'_>) {
        let low = plot.parts.bars.map_or(plot.parts.axis.bottom(), |bars| bars.bottom());
        let canvas = Rect::from_min_max(plot.parts.legend.left_bottom(), pos2(plot.parts.legend.right(), low));
        let response = ui.interact(canvas, ui.scope_id().with("months"), Sense::click());
        let cards = Cards::of(plot.parts.area, desk);
        let pointer = response.hover_pos().filter(|at| !cards.contains(*at));
        let hovered = pointer.and_then(|at| plot.nearest(desk, at));
        let selected = ctx.selection.instrument(self.group);
        let cursor =
            hovered.or_else(|| desk.months.iter().find(|at| at.instrument.is_some() && at.instrument == selected));
        let mut ink = Ink::new(ui.ctx());
        plot.grid(&mut ink, ctx.theme, desk.format);
        plot.years(&mut ink, ctx.theme, desk);
        marks::paint(&mut ink, ctx.theme, plot, desk, &self.hidden, cursor);
        axis::paint(&mut ink, ctx.theme, plot, desk, cursor);
        bars::paint(&mut ink, ctx.theme, plot, desk, cursor);
        ink.paint(ui.painter());
        cards.ui(ui, ctx, desk, cursor);
        legend::legend_ui(ui, ctx.theme, plot.parts.legend, desk, &mut self.hidden, &mut self.against);
        let label = format!("Curve desk of {}", desk.product);
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(spoken::words(ctx, plot, desk)),
            ..WidgetInfo::labeled(Role::Canvas, true, label.clone())
        });
        if response.clicked()
            && let Some(id) = hovered.and_then(|month| month.instrument)
        {
            ctx.selection.select(self.group, id);
        }
        if response.secondary_clicked() {
            self.menu = hovered.map(|month| month.month);
        }
        if pointer.is_some() && ui.input(|input| input.events.contains(&Event::Copy)) {
            ui.ctx().copy_text(desk.table());
        }
        self.launch_menu_ui(ctx, &response, desk);
        if let Some(words) = pointer.and_then(|at| words_at(ctx, plot, desk, at, hovered)) {
            response.on_hover_text_at_pointer(words);
        }
    }

    /// Where the curve may break, by hand.
    fn launch_menu_ui(&mut self, ctx: &mut PanelContext<'_>, response: &Response, desk: &Desk<'_>) {
        let Some(month) = self.menu else { return };
        let menu = Popup::context_menu(response).close_behavior(PopupCloseBehavior::CloseOnClick);
        menu.show(|ui| {
            let mut launches = ctx.view.launches.get(&desk.product).cloned().unwrap_or_default();
            let name = month.screen();
            if let Some(at) = launches.iter().position(|launch| *launch == month) {
                if ui.button(format!("No launch in {name}: draw the curve through")).clicked() {
                    launches.remove(at);
                    ctx.send(Intent::SetLaunches(desk.product.clone(), launches));
                }
            } else if desk.ahead(month) <= 0 {
                ui.label(format!("The curve begins with {name}: nothing can break there"));
            } else if ui.button(format!("Launch in {name}: let the curve break here")).clicked() {
                launches.push(month);
                ctx.send(Intent::SetLaunches(desk.product.clone(), launches));
            }
        });
    }

    fn slider_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        rect: Rect,
        product: &Product,
        terms: &Instrument,
        state: BookState,
    ) {
        let history = &ctx.view.history;
        let is_known = |(of, known, _): &(Arc<History>, Product, Spark)| Arc::ptr_eq(of, history) && known == product;
        let (of, known, spark) = self
            .spark
            .take()
            .filter(is_known)
            .unwrap_or_else(|| (Arc::clone(history), product.clone(), Spark::of(history, product, ctx.now.utc)));
        let shown = ctx.as_of().past().unwrap_or(ctx.now.utc);
        let slider = Slider {
            rect,
            spark: &spark,
            now: ctx.now.utc,
            as_of: ctx.as_of(),
            compared: self.against.instant(shown),
            format: format::PriceFormat::of(terms),
            state,
        };
        let builder = UiBuilder::new().max_rect(rect).id_salt("slider");
        let wish = ui.scope_builder(builder, |ui| slider.ui(ui, ctx.theme, &mut self.playback)).inner;
        match wish {
            None => {}
            Some(Wish::LookAt(as_of)) => {
                self.playback.stop();
                ctx.look_at(as_of);
            }
            Some(Wish::CompareWith(utc)) => self.against = Against::Date(utc),
            Some(Wish::Pause) => self.playback.stop(),
            Some(Wish::Play) => {
                if ctx.as_of().is_live() {
                    let first = spark.first().unwrap_or(ctx.now.utc);
                    ctx.look_at(AsOf::Past(self.against.instant(ctx.now.utc).max(first)));
                }
                self.playback.start(ctx.now.mono);
                ui.ctx().request_repaint_after(playback::FRAME);
            }
        }
        self.spark = Some((of, known, spark));
    }
}

/// Where what is under the pointer comes from: a quarter, a year, the index, a month.
fn words_at(
    ctx: &PanelContext<'_>,
    plot: &Plot,
    desk: &Desk<'_>,
    at: egui::Pos2,
    month: Option<&DeskMonth>,
) -> Option<String> {
    let on_index = desk.index.is_some_and(|(price, _)| plot.index_place(price).distance(at) < 14.0);
    axis::words_at(plot, desk, at)
        .or_else(|| origins::index(desk).filter(|_| on_index))
        .or_else(|| Some(origins::month(ctx, desk, month?)))
}

/// `$/GPU-h, 36 monthly contracts, as of 15:42:07`, where the header has room.
fn subtitle_ui(ui: &Ui, ctx: &PanelContext<'_>, desk: &Desk<'_>, terms: &Instrument, left: f32, free: Rect) {
    let unit = match terms.unit {
        Unit::Other => "price".to_owned(),
        unit => format!("$/{}", unit.label()),
    };
    let words = match desk.as_of {
        AsOf::Live => format!("{unit}, {} monthly contracts, as of {}", desk.months.len(), format::time_s(desk.at)),
        AsOf::Past(_) => {
            let newest = desk.months.iter().filter_map(|at| at.mark).max_by_key(|mark| mark.utc);
            let whose = newest.map(origins::point).unwrap_or_default();
            format!("{unit}, {} months, {whose}", desk.months.len())
        }
    };
    let mut ink = Ink::new(ui.ctx());
    if left + ink.width(Font::Ui12, &words) < free.right() {
        ink.text(place::from(left, free.center().y), Align::Min, Font::Ui12, &words, ctx.theme.tokens.text_lo);
    }
    ink.paint(ui.painter());
}
