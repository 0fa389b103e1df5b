//! The market grid: products, their spot index, and a row a month: our position, sizes, bid and ask, last, change, volume. A click
//! on a month drives this panel's link group; a click on a calendar spread drives the other one, whose ladder stands beside.

use std::sync::Arc;
use std::time::Duration;

use egui::{Align, Color32, Rect, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::message;
use crate::base::time::Instant;
use crate::domain::contract::{Contract, Product};
use crate::domain::event::LinkState;
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId, Unit};
use crate::domain::number::{Price, Qty, Side};
use crate::ui::context::{LinkGroup, Motion, PanelContext, PanelResponse};
use crate::ui::format::{self, PriceFormat};
use crate::ui::theme::icons;
use crate::ui::widgets::controls;
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::{self, Column, ROW_HEIGHT};
use crate::view::book::{BookState, LINK_SILENCE};
use crate::view::market::MarketView;

const BAR_HEIGHT: f32 = 26.0;
/// Width at which the columns stand as in the pictures.
const FULL_WIDTH: f32 = 398.0;
/// A changed price keeps its tint this long.
const TINT: Duration = Duration::from_millis(200);
/// Decimals that all prices are padded to, so that points stand under each other.
const ALIGN_DECIMALS: usize = 3;
/// Months of a product shown before it is opened, at least.
const FEWEST_MONTHS: usize = 3;

/// What the rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Show {
    #[default]
    Months,
    Spreads,
}

/// View state of the grid.
#[derive(Debug, Default)]
pub struct MarketGrid {
    pub group: LinkGroup,
    show: Show,
    listing: Listing,
    /// Products whose every month is shown.
    opened: Vec<Product>,
    /// By instrument: what stood on screen last.
    seen: Vec<Seen>,
}

/// The catalogue by product; made again when the catalogue is another one.
#[derive(Debug, Default)]
struct Listing {
    of: Arc<Catalogue>,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    product: Product,
    months: Vec<InstrumentId>,
    perpetual: Option<InstrumentId>,
    spreads: Vec<InstrumentId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    best: [Option<Price>; 2],
    changed: [Option<Instant>; 2],
}

/// One line of the grid.
#[derive(Clone, Copy, Debug)]
enum Line {
    Product(usize),
    Row(InstrumentId),
    /// Opens or closes the rest of a product's months.
    More(usize, usize),
}

impl Line {
    const fn height(self) -> f32 {
        match self {
            Self::Product(_) => BAR_HEIGHT,
            Self::Row(_) | Self::More(..) => ROW_HEIGHT,
        }
    }
}

impl Listing {
    fn follow(&mut self, catalogue: &Arc<Catalogue>) {
        if Arc::ptr_eq(&self.of, catalogue) {
            return;
        }
        self.of = Arc::clone(catalogue);
        self.sections.clear();
        for (id, instrument) in catalogue.iter().filter(|(_, instrument)| instrument.is_active) {
            let Some(product) = instrument.contract.product() else { continue };
            let at = self.sections.iter().position(|section| section.product == *product).unwrap_or_else(|| {
                let (months, spreads) = (Vec::new(), Vec::new());
                self.sections.push(Section { product: product.clone(), months, perpetual: None, spreads });
                self.sections.len() - 1
            });
            let section = &mut self.sections[at];
            match &instrument.contract {
                Contract::Spread { .. } => section.spreads.push(id),
                contract if contract.month().is_some() => section.months.push(id),
                Contract::Outright { .. } => section.perpetual = Some(id),
            }
        }
        let month = |id: &InstrumentId| catalogue.get(*id).and_then(|instrument| instrument.contract.month());
        let legs = |id: &InstrumentId| catalogue.get(*id).map(|instrument| instrument.contract.clone());
        for section in &mut self.sections {
            section.months.sort_by_key(month);
            section.spreads.sort_by_key(legs);
        }
    }
}

impl MarketGrid {
    pub fn new(group: LinkGroup) -> Self {
        Self { group, ..Self::default() }
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let head =
            Header { title: "Market", link: Some(self.group), state: Some(link_state(ctx)), ..Header::default() };
        let outcome = header(ui, ctx.theme, rect, &head);
        self.listing.follow(&ctx.view.catalogue);
        if self.listing.sections.is_empty() {
            let detail = "The venue's list of contracts has not come yet";
            message::empty(ui, ctx.theme, outcome.body, icons::PLUGS, "Waiting for the venue", detail);
            return outcome.response;
        }
        self.choice_ui(ui, ctx, outcome.free);
        let columns = columns(rect.width());
        let mut ink = Ink::new(ui.ctx());
        let body = table::heads(&mut ink, ctx.theme, outcome.body, &columns);
        ink.paint(&ui.painter().with_clip_rect(rect));
        if body.height() < 1.0 {
            return outcome.response;
        }
        let lines = self.lines(body.height());
        let total: f32 = lines.iter().map(|line| line.height()).sum();
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(body).id_salt("rows"));
        inner.spacing_mut().item_spacing = vec2(0.0, 0.0);
        ScrollArea::vertical().auto_shrink([false, false]).show_viewport(&mut inner, |ui, viewport| {
            ui.set_height(total);
            let top = ui.min_rect().min.y;
            let visible = viewport.translate(vec2(0.0, top));
            self.lines_ui(ui, ctx, &columns, &lines, top, Rect::from_x_y_ranges(rect.x_range(), visible.y_range()));
        });
        outcome.response
    }

    fn choice_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, free: Rect) {
        if free.width() < 132.0 {
            return;
        }
        let mut place = Rect::from_min_size(free.min + vec2(0.0, 4.0), vec2(60.0, 18.0));
        for (show, word) in [(Show::Months, "Months"), (Show::Spreads, "Spreads")] {
            if controls::key(ui, ctx.theme, place, word, Font::Ui11, self.show == show).clicked() {
                self.show = show;
            }
            place = place.translate(vec2(64.0, 0.0));
        }
    }

    /// What stands under each other: closed products share the height there is.
    fn lines(&self, height: f32) -> Vec<Line> {
        let sections = &self.listing.sections;
        let rows = ((height - sections.len() as f32 * BAR_HEIGHT) / ROW_HEIGHT).max(0.0) as usize;
        let share = (rows / sections.len().max(1)).max(FEWEST_MONTHS + 1);
        let mut spare = rows.saturating_sub(share * sections.len());
        let mut lines = Vec::new();
        for (at, section) in sections.iter().enumerate() {
            lines.push(Line::Product(at));
            if self.show == Show::Spreads {
                lines.extend(section.spreads.iter().copied().map(Line::Row));
                continue;
            }
            let all = section.months.len();
            let is_open = self.opened.contains(&section.product);
            let fixed = usize::from(section.perpetual.is_some());
            let shown = if is_open || all + fixed <= share + spare {
                spare = spare.saturating_sub((all + fixed).saturating_sub(share));
                all
            } else {
                (share + std::mem::take(&mut spare) - 1 - fixed).min(all)
            };
            lines.extend(section.months.iter().take(shown).copied().map(Line::Row));
            lines.extend(section.perpetual.map(Line::Row));
            if is_open || shown < all {
                lines.push(Line::More(at, all - shown));
            }
        }
        lines
    }

    fn lines_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        columns: &[Column],
        lines: &[Line],
        top: f32,
        visible: Rect,
    ) {
        let mut ink = Ink::new(ui.ctx());
        let mut y = top;
        for &line in lines {
            let row = Rect::from_x_y_ranges(visible.x_range(), y..=y + line.height());
            y += line.height();
            if row.max.y < visible.min.y || row.min.y > visible.max.y {
                continue;
            }
            match line {
                Line::Product(at) => self.product_row(&mut ink, ctx, columns, row, at),
                Line::More(at, hidden) => self.more_ui(ui, &mut ink, ctx, row, at, hidden),
                Line::Row(id) => self.row_ui(ui, &mut ink, ctx, columns, row, id),
            }
        }
        ink.paint(ui.painter());
        if self.seen.iter().flat_map(|seen| seen.changed).flatten().any(|at| ctx.now.mono.since(at) < TINT) {
            ui.ctx().request_repaint_after(TINT);
        }
    }

    fn more_ui(&mut self, ui: &Ui, ink: &mut Ink, ctx: &PanelContext<'_>, row: Rect, at: usize, hidden: usize) {
        let Some(section) = self.listing.sections.get(at) else { return };
        let product = section.product.clone();
        let response = ui.interact(row, ui.scope_id().with(("more", at)), Sense::click());
        let text = if hidden == 0 { "Fewer months".to_owned() } else { format!("{hidden} more months") };
        let color = if response.hovered() { ctx.theme.tokens.text_hi } else { ctx.theme.tokens.text_lo };
        let place = Rect::from_min_max(row.min + vec2(8.0, 0.0), row.max);
        ink.text(place, Align::Min, Font::Ui11, &text, color);
        let label = format!("{product}: {text}");
        response.widget_info(move || WidgetInfo::labeled(Role::Button, true, label.clone()));
        if response.clicked() {
            match self.opened.iter().position(|open| *open == product) {
                Some(open) => {
                    self.opened.remove(open);
                }
                None => self.opened.push(product),
            }
        }
    }

    /// Name, unit, curve, index with its change, volume.
    fn product_row(&self, ink: &mut Ink, ctx: &PanelContext<'_>, columns: &[Column], row: Rect, at: usize) {
        let Some(section) = self.listing.sections.get(at) else { return };
        let t = &ctx.theme.tokens;
        ink.rect(row, t.bg2);
        let from = |x: f32| Rect::from_min_max(pos2(x, row.min.y), row.max);
        let mut x = ink.text(from(row.min.x + 8.0), Align::Min, Font::UiBold13, section.product.as_str(), t.text_hi);
        let front = section.months.first().and_then(|&id| ctx.view.instrument(id));
        if let Some(front) = front {
            x = ink.text(from(x + 8.0), Align::Min, Font::Ui11, &unit_text(front), t.text_lo);
        }
        let marks: Vec<f32> = section
            .months
            .iter()
            .filter_map(|&id| ctx.view.market(id)?.mark())
            .map(|p| p.to_f64_lossy() as f32)
            .collect();
        let spark = Rect::from_min_size(pos2(row.min.x + 150.0, row.min.y + 5.0), vec2(68.0, 16.0));
        if x < spark.min.x {
            spark_line(ink, spark, &marks, t.text_mid);
        }
        let Some(view) = ctx.view.products.iter().find(|view| view.product == section.product) else { return };
        let decimals = front.map_or(2, |front| front.tick.decimals());
        if x < row.min.x + 228.0 {
            ink.text(from(row.min.x + 228.0), Align::Min, Font::Ui11, "Index", t.text_lo);
        }
        let index = view.index.map(|(price, _)| price);
        let pad = " ".repeat(ALIGN_DECIMALS.saturating_sub(decimals));
        let mut cell = |head: &str, text: &str, color: Color32| {
            if let Some(column) = columns.iter().find(|column| column.head == head) {
                let font = if ink.width(Font::Mono12, text) > column.width { Font::Mono11 } else { Font::Mono12 };
                column.text(ink, row, font, text, color);
            }
        };
        let index_text = index.map_or_else(|| format::NONE.to_owned(), |price| format::price(price, decimals) + &pad);
        cell("Last", &index_text, t.text_hi);
        if let (Some(index), Some(before)) = (index, view.previous_fixing) {
            let text = format::change(index - before, decimals) + &pad;
            cell("Chg", &text, ctx.theme.direction((index - before).0));
        }
        let all = section.months.iter().chain(&section.perpetual);
        let volume: Qty = all.filter_map(|&id| Some(ctx.view.market(id)?.ticker.as_ref()?.volume)).sum();
        cell("Vol", &short_lots(volume, 10_000), t.text_lo);
    }

    fn row_ui(
        &mut self,
        ui: &Ui,
        ink: &mut Ink,
        ctx: &mut PanelContext<'_>,
        columns: &[Column],
        row: Rect,
        id: InstrumentId,
    ) {
        let (Some(instrument), Some(market)) = (ctx.view.catalogue.get(id), ctx.view.market(id)) else { return };
        let group = if instrument.contract.is_spread() { self.group.next() } else { self.group };
        let response = ui.interact(row, ui.scope_id().with(id.0), Sense::click());
        let is_chosen = ctx.selection.instrument(group) == Some(id);
        let label = instrument.contract.to_string();
        response.widget_info(move || WidgetInfo::selected(Role::ListItem, true, is_chosen, label.clone()));
        if response.clicked() {
            ctx.selection.select(group, id);
        }
        if is_chosen {
            table::selected_row(ink, ctx.theme, row);
        } else if response.hovered() {
            ink.rect(row, ctx.theme.tokens.bg2);
        }
        let seen = self.look(id, market, ctx.now.mono);
        let scene = RowScene { id, instrument, market, seen, is_chosen, row, columns };
        scene.draw(ink, ctx);
    }

    /// Remembers what is shown, and when it last changed.
    fn look(&mut self, id: InstrumentId, market: &MarketView, now: Instant) -> Seen {
        if self.seen.len() <= id.index() {
            self.seen.resize(id.index() + 1, Seen::default());
        }
        let seen = &mut self.seen[id.index()];
        for side in Side::BOTH {
            let (at, best) = (side as usize, market.book.best(side).map(|level| level.price));
            if seen.best[at] != best {
                seen.changed[at] = seen.best[at].map(|_| now);
                seen.best[at] = best;
            }
        }
        *seen
    }
}

/// One month, ready to draw.
struct RowScene<'a> {
    id: InstrumentId,
    instrument: &'a Instrument,
    market: &'a MarketView,
    seen: Seen,
    is_chosen: bool,
    row: Rect,
    columns: &'a [Column],
}

impl RowScene<'_> {
    fn draw(&self, ink: &mut Ink, ctx: &PanelContext<'_>) {
        let (t, state) = (&ctx.theme.tokens, ctx.book_state(self.id));
        let live = state.is_live();
        if !live {
            let color = if matches!(state, BookState::Gap | BookState::Crossed) { ctx.theme.gap_hatch } else { t.line };
            ink.hatch(self.row, 8.0, color);
        }
        let name = self.instrument.contract.short();
        let (font, color) = match (self.is_chosen, live) {
            (true, _) => (Font::UiBold12, t.text_hi),
            (false, true) => (Font::Ui12, t.text_hi),
            (false, false) => (Font::Ui12, t.stale),
        };
        self.text(ink, "Month", font, &name, color);
        let is_wide = self.instrument.contract.is_spread();
        if live {
            if let Some(held) = ctx.position(self.id).filter(|p| !p.net.is_zero() && !is_wide) {
                self.text(ink, "Pos", Font::Mono12, &format::lots_signed(held.net), t.text_hi);
            }
            for (head, side) in [("Qty", Side::Bid), ("Qty ", Side::Ask)] {
                if let Some(best) = self.market.book.best(side).filter(|_| !is_wide || side == Side::Ask) {
                    self.text(ink, head, Font::Mono12, &short_lots(best.qty, 1_000), t.text_mid);
                }
            }
        } else if !is_wide {
            let age = format::age(self.market.book.age(ctx.now));
            let words = match state {
                BookState::Connecting => "connecting".to_owned(),
                BookState::Stale => format!("stale {age}"),
                state => state.word().to_lowercase(),
            };
            self.text(ink, "Qty", Font::Ui11, &words, t.stale);
        }
        for side in Side::BOTH {
            self.quote(ink, ctx, side, live);
        }
        let format = PriceFormat::of(self.instrument);
        self.price(ink, ctx, "Last", self.market.last_price(), if live { t.text_hi } else { t.stale });
        match self.market.change() {
            Some(change) if change.0 != 0 => {
                let text = format.change().text(change) + &self.pad();
                self.text(ink, "Chg", Font::Mono12, &text, if live { ctx.theme.direction(change.0) } else { t.stale });
            }
            _ => self.text(
                ink,
                "Chg",
                Font::Mono12,
                "·   ",
                if live && !self.is_chosen { t.text_lo } else { t.text_mid },
            ),
        }
        let volume =
            self.market.ticker.as_ref().map_or_else(|| format::NONE.to_owned(), |t| short_lots(t.volume, 10_000));
        self.text(ink, "Vol", Font::Mono12, &volume, if self.is_chosen { t.text_mid } else { t.text_lo });
    }

    /// A best price: tinted when it has just changed, boxed when an order of ours is on it.
    fn quote(&self, ink: &mut Ink, ctx: &PanelContext<'_>, side: Side, live: bool) {
        let head = if side == Side::Bid { "Bid" } else { "Ask" };
        let Some(column) = self.columns.iter().find(|column| column.head == head) else { return };
        let cell = column.cell(self.row);
        let ground = Rect::from_min_max(cell.min + vec2(2.0, 1.0), cell.max + vec2(2.0, -1.0));
        let (t, inks) = (&ctx.theme.tokens, ctx.theme.side(side));
        let best = self.market.book.best(side).map(|level| level.price);
        let changed = self.seen.changed[side as usize]
            .is_some_and(|at| ctx.now.mono.since(at) < TINT && ctx.prefs.motion == Motion::Full);
        if live && changed {
            ink.chip(ground, inks.changed);
        }
        let is_ours = best.is_some()
            && ctx.view.trading.orders.iter().any(|order| {
                order.instrument == self.id && order.side == side && order.price == best && order.phase.is_open()
            });
        if is_ours {
            ink.outline(ground, 1.0, t.own);
        }
        let color = match (live, changed) {
            (false, _) => t.stale,
            (true, true) => inks.full,
            (true, false) => inks.rest,
        };
        self.price(ink, ctx, head, best, color);
    }

    fn price(&self, ink: &mut Ink, ctx: &PanelContext<'_>, head: &str, price: Option<Price>, color: Color32) {
        let Some(column) = self.columns.iter().find(|column| column.head == head) else { return };
        let Some(price) = price else {
            return column.text(ink, self.row, Font::Mono12, "·   ", ctx.theme.tokens.text_lo);
        };
        let format = PriceFormat::of(self.instrument);
        let mut text = format.text(price);
        let dim_len = format.dim_len(&text);
        text.push_str(&self.pad());
        column.price(ink, ctx.theme, self.row, &text, dim_len, color);
    }

    fn pad(&self) -> String {
        " ".repeat(ALIGN_DECIMALS.saturating_sub(self.instrument.tick.decimals()))
    }

    fn text(&self, ink: &mut Ink, head: &str, font: Font, text: &str, color: Color32) {
        if let Some(column) = self.columns.iter().find(|column| column.head == head) {
            column.text(ink, self.row, font, text, color);
        }
    }
}

/// The columns that fit, widened evenly.
fn columns(width: f32) -> Vec<Column> {
    let all = [
        Column::left("Month", 8.0, 52.0),
        Column::right("Pos", 56.0, 30.0),
        Column::right("Qty", 86.0, 36.0),
        Column::right("Bid", 124.0, 46.0),
        Column::right("Ask", 172.0, 46.0),
        Column::right("Qty ", 218.0, 34.0),
        Column::right("Last", 256.0, 42.0),
        Column::right("Chg", 302.0, 48.0),
        Column::right("Vol", 352.0, 40.0),
    ];
    let step = ((width - FULL_WIDTH) / (all.len() - 1) as f32).max(0.0);
    let place = |(at, column): (usize, Column)| Column { x: column.x + step * at as f32, ..column };
    all.into_iter().enumerate().map(place).filter(|column| column.x + column.width <= width).collect()
}

/// `1.4k` from `limit` contracts on, where all digits would run into the next column.
fn short_lots(qty: Qty, limit: i64) -> String {
    let hundreds = (qty.whole_lots() + 50) / 100;
    if qty.whole_lots() < limit { format::lots(qty) } else { format!("{}.{}k", hundreds / 10, hundreds % 10) }
}

/// `$/GPU-h, 730 h` or `$/Mtok, 1,000 Mtok`: what a price is of, and how much a contract is.
fn unit_text(instrument: &Instrument) -> String {
    let size = format::count(instrument.contract_size.unsigned_abs());
    match instrument.unit {
        Unit::GpuHour => format!("$/{}, {size} h", instrument.unit.label()),
        Unit::Mtok | Unit::Other => format!("$/{0}, {size} {0}", instrument.unit.label()),
    }
}

/// The market link as a state, and its age: single rows say for themselves when they are not live.
fn link_state(ctx: &PanelContext<'_>) -> (BookState, Option<Duration>) {
    let link = &ctx.view.session.market;
    let age = ctx.now.mono.since(link.last_frame);
    let state = match link.state {
        _ if ctx.view.session.halted.is_some() => BookState::Halted,
        LinkState::Up if age <= LINK_SILENCE => BookState::Live,
        LinkState::Up => BookState::Stale,
        _ => BookState::Connecting,
    };
    (state, (state != BookState::Connecting).then_some(age))
}

/// A line through `values`, oldest or nearest first, over the whole of `rect`.
fn spark_line(ink: &mut Ink, rect: Rect, values: &[f32], color: Color32) {
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    if values.len() < 2 || low >= high {
        return;
    }
    let place = |(at, &value): (usize, &f32)| {
        let x = rect.min.x + rect.width() * at as f32 / (values.len() - 1) as f32;
        pos2(x, rect.max.y - 1.0 - (value - low) / (high - low) * (rect.height() - 2.0))
    };
    let points: Vec<_> = values.iter().enumerate().map(place).collect();
    for pair in points.windows(2) {
        ink.line(pair[0], pair[1], 1.25, color);
    }
}
