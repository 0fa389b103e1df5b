//! The hedge planner: what will be used or made, month by month, becomes lots; what they leave open, what they cost at the touch and
//! through the books, what happens if the index moves, how a broker's rate compares, and how far what is paid may stray from what
//! settles. The lots go into the ticket as staged legs.

mod cards;
mod export;
pub mod figures;
mod grid;
pub mod input;

use egui::{Event, Rect, Role as Accessible, Sense, Ui, WidgetInfo, pos2, vec2};
use serde_json::Value;

use super::message;
use crate::domain::contract::Product;
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::Qty;
use crate::ui::basket::Wanted;
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::sheet::Sheet;
use crate::ui::theme::icons;
use crate::ui::widgets::button::Button;
use crate::ui::widgets::controls::{at, segmented, text_field};
use crate::ui::widgets::header::{Header, header};
use crate::view::book::BookState;

use cards::{Card, Cards, Plan};
pub use export::verdict;
use figures::{Figures, Listing};
use grid::Grid;
use input::{Input, Role};

const TITLE: &str = "Hedge planner";
const PAD: f32 = 10.0;
const LEFT: f32 = 372.0;
const GAP: f32 = 14.0;
/// From this height on, all cards stand below each other.
const TALL: f32 = 800.0;

/// What the panel keeps: the plan, what is being typed, and which card is on top.
#[derive(Debug, Default)]
pub struct HedgePanel {
    pub group: LinkGroup,
    input: Input,
    fill_text: String,
    /// What was wrong with the newest words or numbers, until something right is typed.
    complaint: Option<String>,
    grid: Grid,
    cards: Cards,
    was_edited: bool,
    drawn: Option<Drawn>,
}

/// Figures, and what they were worked out from: a picture, an instant, and which books were live when it was painted.
#[derive(Debug)]
struct Drawn {
    of: (u64, Option<crate::base::time::Utc>),
    listing: Listing,
    input: Input,
    states: Vec<BookState>,
    figures: Figures,
}

impl HedgePanel {
    pub const fn input(&self) -> &Input {
        &self.input
    }

    pub fn set_input(&mut self, input: Input) {
        self.input = input;
        self.was_edited = true;
    }

    /// As the settings keep it.
    pub fn to_saved(&self) -> Value {
        self.input.to_saved()
    }

    /// Takes over what an earlier run kept, as far as it can be used.
    pub fn restore(&mut self, saved: &Value) {
        let (input, wrong) = Input::from_saved(saved);
        self.input = input;
        self.complaint = wrong.first().map(ToString::to_string);
    }

    /// Whether the plan has changed since the last time of asking.
    pub const fn take_was_edited(&mut self) -> bool {
        std::mem::replace(&mut self.was_edited, false)
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let listing = self.follow(ctx);
        let books = self.drawn.iter().flat_map(|drawn| drawn.figures.orders.iter().map(|row| row.instrument));
        let state = ctx.worst_state(books.collect::<Vec<_>>().into_iter());
        let subtitle = listing.as_ref().map(|listing| match listing.unit {
            Unit::Mtok => {
                format!("{}, lots of {} Mtok", listing.product, crate::ui::format::count(listing.size.unsigned_abs()))
            }
            unit => format!("{}, lots of {} {}", listing.product, listing.size, unit.label()),
        });
        let head = Header {
            title: TITLE,
            subtitle: subtitle.as_deref().unwrap_or_default(),
            link: Some(self.group),
            state,
            as_of: ctx.as_of(),
            ..Header::default()
        };
        let outcome = header(ui, ctx.theme, rect, &head);
        let Some(listing) = listing else {
            let detail = "The venue lists no months of GPU-hours or tokens yet";
            message::empty(ui, ctx.theme, outcome.body, icons::GRAPHICS_CARD, "Nothing to hedge with", detail);
            return outcome.response;
        };
        let body = outcome.body.shrink2(vec2(PAD, 0.0));
        self.choices_ui(ui, ctx, &listing, body);
        let left =
            Rect::from_min_max(pos2(body.left(), body.top() + 34.0), pos2(body.left() + LEFT, body.bottom() - 4.0));
        let right = Rect::from_min_max(pos2(left.right() + GAP, left.top()), pos2(body.right(), left.bottom()));
        self.fill_ui(ui, ctx, &listing, left);
        let table = Rect::from_min_max(pos2(left.left(), left.top() + 28.0), left.max);
        if let Some(drawn) = &self.drawn {
            let edited = self.grid.ui(
                ui,
                ctx,
                table,
                (&drawn.listing, &drawn.figures),
                &mut self.input,
                self.complaint.as_deref(),
            );
            match edited {
                None => {}
                Some(Ok(())) => (self.was_edited, self.complaint) = (true, None),
                Some(Err(wrong)) => self.complaint = Some(wrong.to_string()),
            }
        }
        if right.width() >= 200.0 {
            self.cards_ui(ui, ctx, right, rect.height() >= TALL);
        }
        self.copy_table(ui, rect);
        outcome.response
    }

    /// Works out what is shown, unless that has been done for this picture and this plan.
    fn follow(&mut self, ctx: &PanelContext<'_>) -> Option<Listing> {
        let chosen = ctx.chosen(self.group).and_then(|(_, terms, _)| terms.contract.product().cloned());
        let product = self.input.product.clone().or(chosen)?;
        let known = self.drawn.take().filter(|drawn| drawn.listing.product == product);
        let past = ctx.as_of().past();
        let of = (ctx.view.version, past);
        if let Some(drawn) = known
            && drawn.of == of
            && drawn.input == self.input
            && drawn.states == states(ctx, &drawn.listing)
        {
            let listing = drawn.listing.clone();
            self.drawn = Some(drawn);
            return Some(listing);
        }
        let listing = Listing::of(ctx.view, &product)?;
        let figures = Figures::of(ctx.view, &listing, &self.input, past, |id| ctx.book_state(id));
        let states = states(ctx, &listing);
        self.drawn = Some(Drawn { of, listing: listing.clone(), input: self.input.clone(), states, figures });
        Some(listing)
    }

    /// Product, who hedges, and what may be done with the plan.
    fn choices_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, listing: &Listing, body: Rect) {
        let theme = ctx.theme;
        let y = body.top() + 6.0;
        let products: Vec<Product> = ctx.view.products.iter().map(|spot| spot.product.clone()).collect();
        let names: Vec<&str> = products.iter().map(Product::as_str).collect();
        let mut chosen = products.iter().position(|product| *product == listing.product).unwrap_or_default();
        let before = chosen;
        let width = (names.len() as f32 * 48.0).min(240.0);
        let place = Rect::from_min_size(pos2(body.left(), y), vec2(width, 24.0));
        at(ui, place, |ui| segmented(ui, theme, "Hedge with", &names, &mut chosen, width));
        if chosen != before {
            self.input.product = products.get(chosen).cloned();
            self.was_edited = true;
        }
        let mut role = Role::ALL.iter().position(|role| *role == self.input.role).unwrap_or_default();
        let place = Rect::from_min_size(pos2(place.right() + 8.0, y), vec2(144.0, 24.0));
        let words = Role::ALL.map(Role::word);
        if at(ui, place, |ui| segmented(ui, theme, "I will", &words, &mut role, 144.0)) {
            self.input.role = Role::ALL.get(role).copied().unwrap_or_default();
            self.was_edited = true;
        }
        let can_stage = ctx.as_of().is_live()
            && self.drawn.as_ref().is_some_and(|drawn| !drawn.figures.orders.is_empty() && drawn.figures.dead() == 0);
        let stage = Rect::from_min_size(pos2(body.right() - 112.0, y), vec2(112.0, 24.0));
        if Button::new("Stage as basket").enabled(can_stage).put(ui, theme, stage).clicked() {
            self.stage(ctx);
        }
        let copy = Rect::from_min_size(pos2(stage.left() - 94.0, y), vec2(88.0, 24.0));
        if copy.left() > place.right()
            && Button::new("Copy as text").put(ui, theme, copy).clicked()
            && let Some(drawn) = &self.drawn
        {
            ui.ctx().copy_text(export::text(&drawn.listing, &self.input, &drawn.figures));
        }
    }

    /// One line of words that fills many months.
    fn fill_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, listing: &Listing, area: Rect) {
        let theme = ctx.theme;
        let field = Rect::from_min_size(area.min, vec2(area.width() - 106.0, 24.0));
        let hint = match listing.unit {
            Unit::Mtok => "2,000 Mtok, JAN-27 to JUN-27",
            _ => "64 GPUs, 24 h, JAN-27 to JUN-27",
        };
        let typed = text_field(ui, theme, field, "Fill months", &mut self.fill_text, hint);
        let fill = Rect::from_min_size(pos2(field.right() + 6.0, area.top()), vec2(44.0, 24.0));
        let clear = Rect::from_min_size(pos2(fill.right() + 6.0, area.top()), vec2(50.0, 24.0));
        if Button::new("Fill").put(ui, theme, fill).clicked() || typed.was_entered(ui) {
            match self.input.fill(&self.fill_text, listing.unit) {
                Ok(()) => (self.was_edited, self.complaint) = (true, None),
                Err(wrong) => self.complaint = Some(wrong.to_string()),
            }
        }
        if Button::new("Clear").enabled(!self.input.needs().is_empty()).put(ui, theme, clear).clicked() {
            self.input.clear();
            (self.was_edited, self.complaint) = (true, None);
        }
    }

    fn cards_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, area: Rect, is_tall: bool) {
        let Some(drawn) = &self.drawn else { return };
        let plan = Plan { listing: &drawn.listing, figures: &drawn.figures };
        let edited = if is_tall {
            self.cards.all_ui(ui, ctx, area, plan, &mut self.input)
        } else {
            let words = Card::ALL.map(Card::word);
            let mut chosen = Card::ALL.iter().position(|card| *card == self.cards.shown).unwrap_or_default();
            let track = Rect::from_min_size(area.min, vec2(area.width(), 24.0));
            at(ui, track, |ui| segmented(ui, ctx.theme, "Show", &words, &mut chosen, track.width()));
            self.cards.shown = Card::ALL.get(chosen).copied().unwrap_or_default();
            let below = Rect::from_min_max(pos2(area.left(), area.top() + 30.0), area.max);
            self.cards.one_ui(ui, ctx, below, self.cards.shown, plan, &mut self.input)
        };
        match edited {
            None => {}
            Some(Ok(())) => (self.was_edited, self.complaint) = (true, None),
            Some(Err(wrong)) => self.complaint = Some(wrong.to_string()),
        }
    }

    /// Every order of the plan into the ticket, none larger than one order may be, as deep into its book as it must reach.
    fn stage(&self, ctx: &mut PanelContext<'_>) {
        let Some(drawn) = &self.drawn else { return };
        let most = ctx.view.trading.limits.max_order.whole_lots().max(1);
        let mut legs = Vec::new();
        for row in &drawn.figures.orders {
            let mut left = row.order.lots;
            while left > 0 {
                let lots = left.min(most);
                legs.push(Wanted {
                    instrument: row.instrument,
                    side: row.order.side,
                    lots: Qty::lots(lots),
                    weight: None,
                    limit: row.walk.map(|walk| walk.worst),
                });
                left -= lots;
            }
        }
        let split = if legs.len() > drawn.figures.orders.len() {
            format!("; orders of {most} lots at most")
        } else {
            String::new()
        };
        let open = crate::ui::format::change(crate::domain::number::Price::from_f64_lossy(drawn.figures.residual()), 0);
        let note = format!("leaves {open} {} open{split}", drawn.listing.unit.label());
        ctx.stage(export::name(&drawn.listing, &self.input), TITLE, &legs, note);
    }

    /// The plan's table as it is drawn.
    pub fn sheet(&self) -> Option<Sheet> {
        let drawn = self.drawn.as_ref()?;
        Some(Sheet::of_tab_separated(&export::table(&drawn.listing, &self.input, &drawn.figures)))
    }

    /// Ctrl+C over the panel, unless it is meant for a text field.
    fn copy_table(&self, ui: &Ui, rect: Rect) {
        let is_here = ui.rect_contains_pointer(rect) && ui.memory(|memory| memory.focused().is_none());
        let was_asked = is_here && ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)));
        if let (true, Some(drawn)) = (was_asked, &self.drawn) {
            ui.ctx().copy_text(export::table(&drawn.listing, &self.input, &drawn.figures));
        }
    }
}

/// Whether each book of the product is live now.
fn states(ctx: &PanelContext<'_>, listing: &Listing) -> Vec<BookState> {
    listing.periods.values().map(|id: &InstrumentId| ctx.book_state(*id)).collect()
}

/// A place that tells what its figures are made of, to the pointer and to screen readers.
fn told(ui: &Ui, place: Rect, key: impl std::hash::Hash + std::fmt::Debug, label: &str, inputs: &str) {
    let hover = ui.interact(place, ui.scope_id().with(key), Sense::hover());
    let words = label.to_owned();
    hover.widget_info(|| WidgetInfo::labeled(Accessible::Label, true, words.clone()));
    if !inputs.is_empty() {
        hover.on_hover_text(inputs);
    }
}
