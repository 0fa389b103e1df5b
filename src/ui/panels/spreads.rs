//! The calendar spreads of the selected product as a matrix, row minus column: what each is worth by its own book, through others, or
//! at the best of both, how it has changed on the day, our orders and position; and one of them in full in the empty triangle.
//!
//! While the window looks back it shows what the legs were known at then ([`past`]).
//!
//! A click or the arrows choose a cell, Enter puts a listed one into the ladder of link group B, Ctrl+C over the matrix copies it.

mod card;
mod cell;
pub mod figures;
pub mod past;

use egui::{Align, Color32, Event, EventFilter, Id, Key, Modifiers, Rect, Sense, Ui, UiBuilder, Vec2};
use egui::{WidgetInfo, accesskit::Role, pos2, vec2};

use super::message;
use crate::curves::spreads::position;
use crate::domain::contract::{Delivery, Month};
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::Side;
use crate::ui::basket::Wanted;
use crate::ui::context::{AsOf, LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::place;
use crate::ui::sheet::Sheet;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::controls::segmented;
use crate::ui::widgets::header::{Header, HeaderOutcome, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::book::BookState;

use card::{Card, Clicks};
use figures::{Figures, Listing, Show, Terms};

/// Left of the first cell, above it, and below the last.
const LEFT: f32 = 64.0;
const TOP: f32 = 30.0;
const BOTTOM: f32 = 30.0;
/// A cell is no smaller: months are left out instead.
const LEAST_CELL: Vec2 = vec2(58.0, 34.0);
const TITLE: &str = "Calendar spreads";
const CHOICES: [(&str, Show); 3] = [("Best", Show::Best), ("Listed", Show::Listed), ("Implied", Show::Implied)];

/// View state of the matrix.
#[derive(Debug, Default)]
pub struct SpreadsPanel {
    pub group: LinkGroup,
    show: Show,
    /// Near and far. Until a hand has chosen, the calendar of link group B.
    selected: Option<[Month; 2]>,
    shows_butterfly: bool,
    listing: Option<Listing>,
    /// Of the picture on screen.
    drawn: Option<Drawn>,
    butterfly: Option<Butterfly>,
}

/// Figures, and what they were worked out from: a picture, and which books were live when it was painted.
#[derive(Debug)]
struct Drawn {
    version: u64,
    states: Vec<BookState>,
    cells: Vec<Figures>,
}

/// The butterfly that begins with a calendar.
#[derive(Debug)]
struct Butterfly {
    of: [Month; 2],
    terms: Option<Terms>,
    figures: Option<Figures>,
}

/// Where the cells stand.
#[derive(Clone, Copy, Debug)]
struct Grid {
    first: egui::Pos2,
    cell: Vec2,
    /// Months that there is room for.
    months: usize,
}

impl Grid {
    fn of(body: Rect, listed: usize) -> Self {
        let room = body.size() - vec2(LEFT + 8.0, TOP + BOTTOM);
        let fits = |room: f32, least: f32| (room / least).floor().max(1.0) as usize;
        let sides = fits(room.x, LEAST_CELL.x).min(fits(room.y, LEAST_CELL.y)).min(listed.saturating_sub(1)).max(1);
        Self { first: body.min + vec2(LEFT, TOP), cell: room / sides as f32, months: sides + 1 }
    }

    /// Columns begin with the second month.
    fn rect(&self, near: usize, far: usize) -> Rect {
        let at = vec2((far - 1) as f32 * self.cell.x, near as f32 * self.cell.y);
        Rect::from_min_size(self.first + at, self.cell).shrink(1.0)
    }

    fn cells(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.months).flat_map(move |near| (near + 1..self.months).map(move |far| (near, far)))
    }

    /// The corner that stays empty, if the card fits into it beside a row's name.
    fn card(&self, body: Rect) -> Option<Rect> {
        let corner = |row: usize| {
            let min = pos2(body.min.x + 10.0, self.first.y + row as f32 * self.cell.y + 6.0);
            let right = self.first.x + row as f32 * self.cell.x - 58.0;
            Rect::from_min_size(min, vec2(right - min.x, card::HEIGHT))
        };
        (1..self.months).map(corner).find(|card| card.width() >= card::LEAST_WIDTH).filter(|card| {
            let clear = body.max.y - BOTTOM;
            card.max.y <= clear
        })
    }
}

impl SpreadsPanel {
    pub fn new(group: LinkGroup) -> Self {
        Self { group, ..Self::default() }
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        self.follow(ctx);
        let outcome = self.header_ui(ui, ctx, rect);
        let Some(listing) = self.listing.as_ref().filter(|listing| listing.months.len() >= 2) else {
            let detail = "Choose a product with monthly contracts in the market panel";
            message::empty(ui, ctx.theme, outcome.body, icons::LIST_DASHES, "No calendar spreads", detail);
            return outcome.response;
        };
        let grid = Grid::of(outcome.body, listing.months.len());
        if let Some(at) = ctx.as_of().past() {
            self.past_ui(ui, ctx, outcome.body, grid, at);
            return outcome.response;
        }
        let mut selected = self.selected_cell(ctx, listing, grid);
        let was_opened = keys(ui, grid, &mut selected);
        let hovered = self.cells_ui(ui, ctx, grid, &mut selected);
        self.copy(ui, outcome.body, cell_id(ui, selected.0, selected.1));
        let (near, far) = hovered.unwrap_or(selected);
        self.names(ui, ctx.theme, grid, (near, far), AsOf::Live);
        let months = self.months(near, far);
        self.follow_butterfly(ctx, months);
        if hovered.is_some() {
            self.origins(ui, ctx, outcome.body, near, far);
        } else {
            self.legend(ui, ctx.theme, outcome.body);
        }
        let clicks = match grid.card(outcome.body) {
            Some(card) => self.card_ui(ui, ctx, card, near, far),
            None => Clicks::default(),
        };
        if was_opened || clicks.ladder {
            self.open_ladder(ctx, selected);
        }
        if clicks.alert {
            self.draft_alert(ctx, near, far);
        }
        outcome.response
    }

    /// Works out what is shown, unless that has been done for this picture.
    fn follow(&mut self, ctx: &PanelContext<'_>) {
        let product = ctx.chosen(self.group).and_then(|(_, instrument, _)| instrument.contract.product());
        let Some(product) = product else {
            self.listing = None;
            return;
        };
        let listing = match self.listing.take().filter(|listing| listing.is_of(&ctx.view.catalogue, product)) {
            Some(listing) => listing,
            None => {
                (self.drawn, self.butterfly) = (None, None);
                Listing::of(&ctx.view.catalogue, product)
            }
        };
        let states: Vec<BookState> = listing.books.iter().map(|id| ctx.book_state(*id)).collect();
        let version = ctx.view.version;
        if self.drawn.as_ref().is_none_or(|drawn| drawn.version != version || drawn.states != states) {
            let cells = listing.figures(ctx.view, |id| ctx.book_state(id));
            self.drawn = Some(Drawn { version, states, cells });
            if let Some(butterfly) = &mut self.butterfly {
                butterfly.figures = None;
            }
        }
        self.listing = Some(listing);
    }

    fn follow_butterfly(&mut self, ctx: &PanelContext<'_>, months: Option<[Month; 2]>) {
        let (Some(listing), Some([near, far])) = (&self.listing, months) else { return };
        if self.butterfly.as_ref().is_none_or(|known| known.of != [near, far]) {
            let terms = listing.butterfly(near, far);
            self.butterfly = Some(Butterfly { of: [near, far], terms, figures: None });
        }
        if let Some(Butterfly { terms: Some(terms), figures: figures @ None, .. }) = &mut self.butterfly {
            *figures = Some(terms.figures(ctx.view, |id| ctx.book_state(id)));
        }
    }

    fn months(&self, near: usize, far: usize) -> Option<[Month; 2]> {
        let months = &self.listing.as_ref()?.months;
        Some([*months.get(near)?, *months.get(far)?])
    }

    fn figures(&self, near: usize, far: usize) -> Option<&Figures> {
        self.drawn.as_ref()?.cells.get(self.listing.as_ref()?.index(near, far))
    }

    fn header_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, rect: Rect) -> HeaderOutcome {
        let books = self.listing.iter().flat_map(|listing| listing.books.iter().copied());
        let subtitle = self.listing.as_ref().map(|listing| format!("{}, row minus column, mid", listing.product));
        let head = Header {
            title: TITLE,
            subtitle: subtitle.as_deref().unwrap_or_default(),
            link: Some(self.group),
            state: ctx.worst_state(books),
            as_of: ctx.as_of(),
            ..Header::default()
        };
        let outcome = header(ui, ctx.theme, rect, &head);
        let width = 186.0;
        if outcome.free.width() >= width + 8.0 && ctx.as_of().is_live() {
            let min = pos2(outcome.free.max.x - width - 8.0, outcome.free.min.y + 1.0);
            let builder = UiBuilder::new().max_rect(Rect::from_min_size(min, vec2(width, 24.0))).id_salt("prices");
            let mut chosen = CHOICES.iter().position(|(_, show)| *show == self.show).unwrap_or_default();
            ui.scope_builder(builder, |ui| {
                segmented(ui, ctx.theme, "Prices", &CHOICES.map(|(word, _)| word), &mut chosen, width)
            });
            self.show = CHOICES.get(chosen).map_or(self.show, |(_, show)| *show);
        }
        outcome
    }

    fn selected_cell(&self, ctx: &PanelContext<'_>, listing: &Listing, grid: Grid) -> (usize, usize) {
        let of_months = |[near, far]: [Month; 2]| {
            let at = |month| listing.months.iter().take(grid.months).position(|listed| *listed == month);
            Some((at(near)?, at(far)?))
        };
        let of_group_b = || {
            let contract = &ctx.view.instrument(ctx.selection.instrument(LinkGroup::B)?)?.contract;
            match position(contract).as_slice() {
                [(product, Delivery::Month(near), 1), (_, Delivery::Month(far), -1)] if *product == listing.product => {
                    of_months([*near, *far])
                }
                _ => None,
            }
        };
        self.selected.and_then(of_months).or_else(of_group_b).unwrap_or((0, 1))
    }

    /// Draws the cells; returns the one under the pointer, and moves `selected` to one that was clicked.
    fn cells_ui(
        &mut self,
        ui: &Ui,
        ctx: &PanelContext<'_>,
        grid: Grid,
        selected: &mut (usize, usize),
    ) -> Option<(usize, usize)> {
        let mut ink = Ink::new(ui.ctx());
        let (mut hovered, mut clicked) = (None, None);
        for (near, far) in grid.cells() {
            let (Some(figures), Some(listing)) = (self.figures(near, far), &self.listing) else { continue };
            let is_selected = (near, far) == *selected;
            let rect = grid.rect(near, far);
            // Only the chosen cell is a stop of the tab key; the arrows go on from there.
            let sense = if is_selected { Sense::click() } else { Sense::CLICK };
            let response = ui.interact(rect, cell_id(ui, near, far), sense);
            let label = cell::label(figures, self.show, listing.format);
            response.widget_info(move || WidgetInfo::selected(Role::Cell, true, is_selected, label.clone()));
            cell::draw(&mut ink, ctx.theme, rect, figures, self.show, listing);
            cell::mark(&mut ink, ctx.theme, rect, &response, is_selected);
            if response.clicked() {
                clicked = Some((near, far));
            }
            if response.hovered() {
                hovered = Some((near, far));
            }
        }
        ink.paint(ui.painter());
        if let Some((near, far)) = clicked {
            *selected = (near, far);
            ui.memory_mut(|memory| memory.request_focus(cell_id(ui, near, far)));
        }
        let is_chosen_by_hand = clicked.is_some() || ui.memory(|m| m.has_focus(cell_id(ui, selected.0, selected.1)));
        if is_chosen_by_hand {
            self.selected = self.months(selected.0, selected.1);
        }
        hovered
    }

    /// The months: columns above, each row's just before its first cell.
    fn names(&self, ui: &Ui, theme: &Theme, grid: Grid, shown: (usize, usize), as_of: AsOf) {
        let Some(listing) = &self.listing else { return };
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let is_live = |at: usize| {
            if !as_of.is_live() {
                return true;
            }
            let other = if at == 0 { 1 } else { 0 };
            let legs = self.figures(at.min(other), at.max(other)).map(|cell| cell.legs.iter());
            let mut legs = legs.into_iter().flatten();
            legs.find(|leg| Some(&leg.month) == listing.months.get(at)).is_none_or(|leg| leg.state.is_live())
        };
        let name = |ink: &mut Ink, line: Rect, align: Align, at: usize, is_shown: bool| {
            let Some(month) = listing.months.get(at) else { return };
            let (font, color) = match (is_live(at), is_shown) {
                (false, _) => (Font::Ui11, t.stale),
                (true, true) => (Font::UiBold11, t.text_hi),
                (true, false) => (Font::Ui11, t.text_lo),
            };
            if !is_live(at) {
                let x = if align == Align::Max { line.max.x - 54.0 } else { line.center().x - 30.0 };
                ink.hatch(Rect::from_min_size(pos2(x, line.min.y), vec2(60.0, 16.0)), 8.0, t.line);
            }
            ink.text(line, align, font, &month.screen(), color);
        };
        for at in 0..grid.months {
            if at > 0 {
                let center = pos2(grid.rect(0, at).center().x, grid.first.y - TOP * 0.5);
                let line = Rect::from_center_size(center, vec2(60.0, 16.0));
                name(&mut ink, line, Align::Center, at, at == shown.1);
            }
            if at + 1 < grid.months {
                let first = grid.rect(at, at + 1);
                let line = place::until(first.left() - 9.0, first.center().y);
                name(&mut ink, line, Align::Max, at, at == shown.0);
            }
        }
        ink.paint(ui.painter());
    }

    fn card_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, rect: Rect, near: usize, far: usize) -> Clicks {
        let (Some(figures), Some(listing)) = (self.figures(near, far), &self.listing) else {
            return Clicks::default();
        };
        let butterfly = self.butterfly.as_ref().and_then(|known| known.figures.as_ref());
        let card = Card {
            calendar: figures,
            butterfly,
            shows_butterfly: self.shows_butterfly && butterfly.is_some(),
            show: self.show,
            format: listing.format,
            may_stage: ctx.as_of().is_live(),
        };
        let clicks = card.ui(ui, ctx.theme, rect);
        if clicks.stage {
            self.stage(ctx, (near, far));
        }
        if clicks.butterfly {
            self.shows_butterfly = !self.shows_butterfly;
        }
        clicks
    }

    /// An alert on what the card shows, at the price that it shows.
    fn draft_alert(&self, ctx: &mut PanelContext<'_>, near: usize, far: usize) {
        let Some(listing) = &self.listing else { return };
        let butterfly = self.butterfly.as_ref().filter(|_| self.shows_butterfly);
        let of_butterfly = butterfly.and_then(|known| Some((known.terms.as_ref()?, known.figures.as_ref()?)));
        let of_calendar = || Some((listing.cell(near, far)?, self.figures(near, far)?));
        if let Some((terms, figures)) = of_butterfly.or_else(of_calendar) {
            let level = figures.shown(self.show).map_or_else(String::new, |shown| shown.mid.to_string());
            ctx.selection.draft_alert(format!("{} > {level}", terms.expression(&listing.product)));
        }
    }

    /// Puts what the card shows into the ticket, bought leg by leg in the size of this group's orders.
    fn stage(&self, ctx: &mut PanelContext<'_>, (near, far): (usize, usize)) {
        let butterfly = self.butterfly.as_ref().filter(|_| self.shows_butterfly).and_then(|known| known.terms.as_ref());
        let calendar = self.listing.as_ref().and_then(|listing| listing.cell(near, far));
        let Some(terms) = butterfly.or(calendar) else { return };
        let lots = ctx.selection.order_qty(self.group);
        let leg = |(instrument, ratio): (InstrumentId, i64)| Wanted {
            instrument,
            side: if ratio < 0 { Side::Ask } else { Side::Bid },
            lots: lots * ratio.abs(),
            weight: Some(ratio.abs() as f64),
            limit: None,
        };
        let legs: Vec<Wanted> = terms.legs().map(leg).collect();
        ctx.stage(terms.contract.to_string(), TITLE, &legs, "");
    }

    /// The matrix as it is drawn.
    pub fn sheet(&self, ctx: &PanelContext<'_>) -> Option<Sheet> {
        let (listing, drawn) = (self.listing.as_ref()?, self.drawn.as_ref()?);
        if let Some(at) = ctx.as_of().past() {
            return Some(past::sheet(ctx.view, listing, at));
        }
        Some(Sheet::of_tab_separated(&listing.tab_separated(&drawn.cells, self.show)))
    }

    fn open_ladder(&self, ctx: &mut PanelContext<'_>, (near, far): (usize, usize)) {
        let terms = self.listing.as_ref().and_then(|listing| listing.cell(near, far));
        if let Some(id) = terms.and_then(|terms| terms.listed) {
            ctx.selection.select(LinkGroup::B, id);
        }
    }

    /// Ctrl+C over the matrix, unless it is meant for a text field.
    fn copy(&self, ui: &Ui, body: Rect, cell: Id) {
        let is_here =
            ui.rect_contains_pointer(body) && ui.memory(|m| m.focused().is_none_or(|focused| focused == cell));
        let was_asked = is_here && ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)));
        if let (true, Some(listing), Some(drawn)) = (was_asked, &self.listing, &self.drawn) {
            ui.ctx().copy_text(listing.tab_separated(&drawn.cells, self.show));
        }
    }

    /// Where the figures of the cell under the pointer come from, in the legend's place.
    fn origins(&self, ui: &Ui, ctx: &PanelContext<'_>, body: Rect, near: usize, far: usize) {
        let (Some(figures), Some(listing)) = (self.figures(near, far), &self.listing) else { return };
        let t = &ctx.theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let legs = PriceFormat { decimals: listing.format.decimals - 1, sign: format::Sign::Negative };
        let mut x = body.min.x + 10.0;
        let y = body.max.y - 22.0;
        let mut put = |ink: &mut Ink, font: Font, text: &str, color: Color32, gap: f32| {
            x = ink.text(place::from(x, y), Align::Min, font, text, color) + gap;
        };
        for leg in &figures.legs {
            let sign = if leg.ratio < 0 { format::MINUS } else { '+' };
            put(&mut ink, Font::UiBold11, &format!("{sign} {}", leg.month.screen()), t.text_hi, 6.0);
            if !leg.state.is_live() {
                put(&mut ink, Font::UiBold11, leg.state.word(), t.stale, 6.0);
            }
            for (side, level) in [(Side::Bid, leg.bid), (Side::Ask, leg.ask)] {
                let price = legs.opt(level.map(|level| level.price));
                let size = level.map(|level| format::lots(level.qty)).unwrap_or_default();
                let ink_of_side = if leg.state.is_live() { ctx.theme.side(side).full } else { t.stale };
                let parts = [(size, t.text_lo), (price, ink_of_side)];
                let order = if side == Side::Bid { [0, 1] } else { [1, 0] };
                for at in order {
                    put(&mut ink, Font::Mono11, &parts[at].0, parts[at].1, 5.0);
                }
            }
            put(&mut ink, Font::Ui11, "settle", t.text_lo, 4.0);
            put(&mut ink, Font::Mono11, &legs.opt(leg.settle), t.text_mid, 14.0);
        }
        let settle = figures.settle;
        let of = if settle.is_some_and(|settle| settle.is_own) { "change from its settlement" } else { "change from" };
        put(&mut ink, Font::Ui11, of, t.text_lo, 5.0);
        put(&mut ink, Font::Mono11, &listing.format.opt(settle.map(|settle| settle.price)), t.text_mid, 0.0);
        x = body.min.x + 10.0;
        let y = body.max.y - 8.0;
        for (side, word) in [(Side::Bid, "bid:"), (Side::Ask, "ask:")] {
            let way = figures.way(self.show, side, ctx.view);
            x = ink.text(place::from(x, y), Align::Min, Font::Ui11, word, ctx.theme.side(side).full) + 5.0;
            let way = way.as_deref().unwrap_or(NONE);
            x = ink.text(place::from(x, y), Align::Min, Font::Ui11, way, t.text_mid) + 16.0;
        }
        ink.paint(&ui.painter().with_clip_rect(body.intersect(ui.clip_rect())));
    }

    fn legend(&self, ui: &Ui, theme: &Theme, body: Rect) {
        let Some(listing) = &self.listing else { return };
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let y = body.max.y - 15.0;
        let full = format::price(listing.full_tint, listing.format.decimals);
        let unit = match listing.unit {
            Unit::Other => String::new(),
            unit => format!(", $/{}", unit.label()),
        };
        let tint = format!("tint: change on the day, full at {full}{unit}");
        let mut right = body.max.x - 10.0;
        ink.text(place::until(right, y), Align::Max, Font::Ui11, &tint, t.text_lo);
        right -= ink.width(Font::Ui11, &tint) + 14.0;
        for words in ["my order", "(by legs)", "[by venue]", "both", "listed"] {
            ink.text(place::until(right, y), Align::Max, Font::Ui11, words, t.text_lo);
            right -= ink.width(Font::Ui11, words) + 6.0;
            let swatch = Rect::from_min_max(pos2(right - 14.0, y - 6.0), pos2(right, y + 6.0));
            match words {
                "my order" => ink.rect(swatch.shrink2(vec2(3.0, 2.0)), t.own),
                "(by legs)" => ink.chip_outlined(swatch, t.bg1, t.line_hi),
                "[by venue]" => ink.chip_outlined(swatch, t.bg1, t.text_lo),
                "both" => cell::notch(&mut ink, swatch, t.bg2, t.text_lo),
                _ => ink.chip(swatch, theme.over(t.up, 40)),
            }
            right -= 28.0;
        }
        ink.paint(&ui.painter().with_clip_rect(body.intersect(ui.clip_rect())));
    }
}

fn cell_id(ui: &Ui, near: usize, far: usize) -> Id {
    ui.scope_id().with(("cell", near, far))
}

/// Arrows move the chosen cell while it has the focus; true when Enter asks for its ladder.
fn keys(ui: &Ui, grid: Grid, selected: &mut (usize, usize)) -> bool {
    let id = cell_id(ui, selected.0, selected.1);
    if !ui.memory(|memory| memory.has_focus(id)) {
        return false;
    }
    let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (near, far) = *selected;
    let moves = [
        (Key::ArrowUp, near.checked_sub(1).map(|near| (near, far))),
        (Key::ArrowDown, (near + 1 < far).then_some((near + 1, far))),
        (Key::ArrowLeft, (far - 1 > near).then_some((near, far - 1))),
        (Key::ArrowRight, (far + 1 < grid.months).then_some((near, far + 1))),
    ];
    for (key, to) in moves {
        if pressed(key) {
            *selected = to.unwrap_or(*selected);
        }
    }
    let was_opened = pressed(Key::Enter);
    let id = cell_id(ui, selected.0, selected.1);
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| {
        memory.request_focus(id);
        memory.set_focus_lock_filter(id, filter);
    });
    was_opened
}
