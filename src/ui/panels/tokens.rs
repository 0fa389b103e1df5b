//! The token board: what sellers list a million tokens at, by model, provider and region, and what that is blended by a mix of input,
//! output and cached input that a hand may change. The token index stands beside it and is said to be something else.

pub mod figures;

use std::sync::Arc;

use egui::{Align, Color32, Frame, Id, Rect, Response, Sense, TextEdit, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::message;
use super::price_board::{self, Sort};
use super::tabs::RowScroll;
use crate::domain::price_list::{PriceList, Refresh, TokenPrices};
use crate::domain::spot::{TokenListing, TokenMix};
use crate::ui::context::{PanelContext, PanelResponse};
use crate::ui::format::{self, NONE};
use crate::ui::place;
use crate::ui::sheet::Sheet;
use crate::ui::theme::{Face, Theme, icons};
use crate::ui::widgets::header::{Header, HeaderOutcome, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::Column;

use figures::{COLUMNS, Row, Rows};

const ROW: f32 = 18.0;
/// The filter and the mix, above the heads.
const FIELDS: f32 = 32.0;
/// What the figures are, below the rows.
const FOOT: f32 = 22.0;
/// Marks stand behind the last column.
const MARKS_LEFT: f32 = 14.0;
/// Of blended prices: the tick of the token futures.
const BLEND_DECIMALS: usize = 3;
const FILTER_WIDTH: f32 = 200.0;
const MIX_WIDTH: f32 = 84.0;

/// View state of the board.
#[derive(Debug)]
pub struct TokensPanel {
    filter: String,
    mix: TokenMix,
    /// As it is typed; the mix follows while it makes sense.
    mix_text: String,
    sort: Sort,
    scroll: RowScroll,
    drawn: Option<Drawn>,
}

/// Rows, and what they were worked out from.
#[derive(Debug)]
struct Drawn {
    prices: Arc<TokenPrices>,
    filter: String,
    mix: TokenMix,
    sort: Sort,
    rows: Rows,
}

impl Default for TokensPanel {
    fn default() -> Self {
        let mix = TokenMix::default();
        Self {
            filter: String::new(),
            mix,
            mix_text: figures::mix_text(mix),
            sort: figures::FIRST_SORT,
            scroll: RowScroll::new(),
            drawn: None,
        }
    }
}

impl TokensPanel {
    /// Shows only what has every word of `filter` in its name.
    pub fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
    }

    pub const fn mix(&self) -> TokenMix {
        self.mix
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let Some(prices) = ctx.view.spot.tokens.clone() else {
            let outcome = header(ui, ctx.theme, rect, &Header { title: "Token board", ..Header::default() });
            message::empty(
                ui,
                ctx.theme,
                outcome.body,
                icons::GRAPHICS_CARD,
                "Reading token prices",
                "They come with the program",
            );
            return outcome.response;
        };
        let outcome = Self::header_ui(ui, ctx, rect, &prices);
        let body = outcome.body;
        self.fields_ui(ui, ctx, Rect::from_min_size(body.min, vec2(body.width(), FIELDS)));
        let table = Rect::from_min_max(pos2(body.min.x, body.min.y + FIELDS), body.max);
        let columns = columns(table.width());
        let below = price_board::heads_ui(ui, ctx.theme, table, &columns, &mut self.sort);
        self.follow(&prices);
        let Some(Drawn { rows, .. }) = &self.drawn else { return outcome.response };
        let list = Rect::from_min_max(below.min, pos2(body.max.x, body.max.y - FOOT));
        if rows.rows.is_empty() {
            let detail = format!("None of {} listings matches", format::count(prices.board.rows.len() as u64));
            message::empty(ui, ctx.theme, list, icons::MAGNIFYING_GLASS, "Nothing found", &detail);
        } else if list.height() >= ROW {
            rows_ui(ui, ctx.theme, &mut self.scroll, list, &columns, &prices, rows, self.mix);
        }
        foot_ui(ui, ctx, body, &prices, rows, self.mix);
        if price_board::copies(ui, rect) {
            price_board::copy(ui, &figures::sheet(&prices.board, rows, self.mix));
        }
        outcome.response
    }

    /// The rows that the filter leaves, as they are ordered.
    pub fn sheet(&self, ctx: &PanelContext<'_>) -> Option<Sheet> {
        let prices = ctx.view.spot.tokens.as_deref()?;
        let rows = Rows::of(&prices.board, &self.filter, self.mix, self.sort);
        Some(figures::sheet(&prices.board, &rows, self.mix))
    }

    fn follow(&mut self, prices: &Arc<TokenPrices>) {
        let is_same = self.drawn.as_ref().is_some_and(|drawn| {
            Arc::ptr_eq(&drawn.prices, prices)
                && (&drawn.filter, drawn.mix, drawn.sort) == (&self.filter, self.mix, self.sort)
        });
        if !is_same {
            let rows = Rows::of(&prices.board, &self.filter, self.mix, self.sort);
            let (filter, mix, sort) = (self.filter.clone(), self.mix, self.sort);
            self.drawn = Some(Drawn { prices: prices.clone(), filter, mix, sort, rows });
        }
    }

    fn header_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, rect: Rect, prices: &TokenPrices) -> HeaderOutcome {
        let (board, from) = (&prices.board, std::slice::from_ref(&prices.from));
        let dated = price_board::dated(from);
        let subtitle = match ctx.view.spot.refresh(PriceList::Tokens) {
            Refresh::Running(progress) => price_board::progress_text(progress),
            _ if !ctx.as_of().is_live() => format!("{dated}, does not travel in time"),
            _ => format!("listed $/Mtok, {} models, {dated}", format::count(board.groups.len() as u64)),
        };
        let title = "Token board";
        let subtitle = price_board::fitting(ui, rect, title, &[&subtitle, &dated], 100.0);
        let outcome = header(ui, ctx.theme, rect, &Header { title, subtitle, ..Header::default() });
        price_board::origin_ui(ui, rect, &outcome, from);
        if outcome.free.right() - 74.0 > outcome.free.left() {
            let right = outcome.free.right() - 4.0;
            price_board::refresh_ui(ui, ctx, right, outcome.free.center().y, PriceList::Tokens);
        }
        outcome
    }

    /// The filter at the left; the mix; the index at the right.
    fn fields_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, line: Rect) {
        let t = &ctx.theme.tokens;
        let middle = line.center().y;
        let mut ink = Ink::new(ui.ctx());
        let field = |x: f32, width: f32| Rect::from_min_size(pos2(x, middle - 11.0), vec2(width, 22.0));
        let mut x = line.min.x + 10.0;
        let filter = field(x, FILTER_WIDTH);
        ink.chip(filter, t.bg2);
        let icon = Rect::from_min_size(filter.min, vec2(22.0, 22.0));
        ink.text(icon, Align::Center, Font::Icon12, icons::MAGNIFYING_GLASS.encode_utf8(&mut [0; 4]), t.text_lo);
        x = filter.max.x + 14.0;
        let words = "Mix, input : output : cached";
        x = ink.text(place::from(x, middle), Align::Min, Font::Ui11, words, t.text_lo) + 8.0;
        let mix = field(x, MIX_WIDTH);
        ink.chip(mix, t.bg2);
        x = mix.max.x + 14.0;
        if let Some((product, price, utc)) = figures::index_of(ctx.view).filter(|_| ctx.as_of().is_live()) {
            let name = format!("{product} index");
            let value = format::price(price, BLEND_DECIMALS);
            let width = ink.width(Font::Ui12, &name) + 6.0 + ink.width(Font::MonoBold12, &value);
            let left = line.max.x - 12.0 - width;
            if left > x {
                let end = ink.text(place::from(left, middle), Align::Min, Font::Ui12, &name, t.accent);
                ink.text(place::from(end + 6.0, middle), Align::Min, Font::MonoBold12, &value, t.accent);
                let rect = Rect::from_min_max(pos2(left, line.min.y), pos2(line.max.x - 12.0, line.max.y));
                let response = ui.interact(rect, ui.scope_id().with("index"), Sense::hover());
                let label = format!("{name} {value}");
                response.widget_info(move || WidgetInfo::labeled(Role::Label, true, label.clone()));
                let when = format!("{} {} UTC", format::date(utc), format::time_m(utc));
                response.on_hover_text(format!("settles {product} futures, made of no listing; said {when}"));
            }
        }
        ink.paint(ui.painter());
        let inner = Rect::from_min_max(pos2(filter.min.x + 24.0, filter.min.y), filter.max - vec2(4.0, 0.0));
        if edit_ui(ui, ctx.theme, inner, "Filter models and providers", &mut self.filter, t.text_hi).changed() {
            self.scroll = RowScroll::new();
        }
        let typed = TokenMix::parse(&self.mix_text);
        let color = if typed.is_some() { t.text_hi } else { t.warn };
        let edit = edit_ui(ui, ctx.theme, mix.shrink2(vec2(8.0, 0.0)), "Mix", &mut self.mix_text, color);
        match TokenMix::parse(&self.mix_text) {
            Some(mix) => self.mix = mix,
            // What makes no sense is put right when the field is left.
            None if !edit.has_focus() => self.mix_text = figures::mix_text(self.mix),
            None => {}
        }
    }
}

fn edit_ui(ui: &mut Ui, theme: &Theme, rect: Rect, name: &str, text: &mut String, color: Color32) -> Response {
    let is_mono = name == "Mix";
    let font = if is_mono { Face::Mono.at(12.0) } else { Face::Ui.at(12.0) };
    let edit = TextEdit::singleline(text)
        .id(Id::unique(("token board", ui.scope_id(), name)))
        .font(font)
        .text_color(color)
        .hint_text(egui::RichText::new(name).color(theme.tokens.text_lo))
        .align(egui::Align2::LEFT_CENTER)
        .frame(Frame::NONE)
        .margin(0.0);
    let response = ui.put(rect, edit);
    if response.has_focus() {
        let mut ink = Ink::new(ui.ctx());
        ink.outline(rect.expand2(vec2(4.0, 0.0)), 1.5, theme.tokens.accent);
        ink.paint(ui.painter());
    }
    let label = name.to_owned();
    response.widget_info(move || WidgetInfo::labeled(Role::TextInput, true, label.clone()));
    response
}

fn columns(width: f32) -> [Column; COLUMNS.len()] {
    // Names share what the figures leave.
    let figures = 4.0 * 66.0 + 96.0;
    let names = (width - figures - 20.0).max(200.0);
    let [model, provider, region] = [0.46, 0.34, 0.20].map(|share| names * share);
    let number = |at: usize, place: usize| Column::right(COLUMNS[at], 10.0 + names + place as f32 * 66.0, 60.0);
    [
        Column::left(COLUMNS[0], 10.0, model - 8.0),
        Column::left(COLUMNS[1], 10.0 + model, provider - 8.0),
        Column::left(COLUMNS[2], 10.0 + model + provider, region - 8.0),
        number(3, 0),
        number(4, 1),
        number(5, 2),
        number(6, 3),
    ]
}

fn rows_ui(
    ui: &Ui,
    theme: &Theme,
    scroll: &mut RowScroll,
    list: Rect,
    columns: &[Column; COLUMNS.len()],
    prices: &TokenPrices,
    rows: &Rows,
    mix: TokenMix,
) {
    let (first, top) = scroll.rows(ui, theme, list, ROW, rows.rows.len());
    let mut ink = Ink::new(ui.ctx());
    let inside = ui.painter().with_clip_rect(list.intersect(ui.clip_rect()));
    let mut shown = None;
    for (at, row) in rows.rows.iter().enumerate().skip(first) {
        let y = top + (at - first) as f32 * ROW;
        if y >= list.max.y {
            break;
        }
        let line = Rect::from_min_size(pos2(list.min.x, y), vec2(list.width(), ROW));
        let listing = &prices.board.rows[row.at].listing;
        let response = ui.interact(line.intersect(list), ui.scope_id().with(("token", row.at)), Sense::hover());
        let label = row_label(listing, row);
        response.widget_info(move || WidgetInfo::labeled(Role::Row, true, label.clone()));
        if response.hovered() {
            ink.rect(line, theme.tokens.bg2);
            shown = Some((line, listing));
        }
        row_ui(&mut ink, theme, line, columns, listing, row);
    }
    ink.paint(&inside);
    if let Some((line, listing)) = shown {
        let title = format!("{} at {}", listing.key, listing.provider);
        price_board::card_ui(ui, theme, line, &title, &figures::details(listing, mix));
    }
}

fn row_ui(ink: &mut Ink, theme: &Theme, line: Rect, columns: &[Column; 7], listing: &TokenListing, row: &Row) {
    let t = &theme.tokens;
    let [strong, weak] = if listing.counts() { [t.text_hi, t.text_mid] } else { [t.text_mid, t.text_lo] };
    let region = listing.region.as_deref().unwrap_or_default();
    for (column, text, color) in [(0, &*listing.model, strong), (1, &*listing.provider, weak), (2, region, t.text_lo)] {
        let cell = columns[column].cell(line);
        let text = ink.shortened(Font::Ui12, text, cell.width());
        ink.text(cell, Align::Min, Font::Ui12, &text, color);
    }
    let cached = listing.cached.map_or_else(|| NONE.to_owned(), price_board::dollars);
    for (column, text, color) in [
        (3, price_board::dollars(listing.input), weak),
        (4, cached, if listing.cached.is_some() { weak } else { t.text_lo }),
        (5, price_board::dollars(listing.output), weak),
        (6, format::price(row.blended, BLEND_DECIMALS), strong),
    ] {
        columns[column].text(ink, line, Font::Mono12, &text, color);
    }
    let flags: Vec<&str> = listing.flags.iter().map(|flag| flag.name()).collect();
    let marks =
        Rect::from_min_max(pos2(columns[6].cell(line).max.x + MARKS_LEFT, line.min.y), line.max - vec2(10.0, 0.0));
    let flags = flags.join(", ");
    let text = ink.shortened(Font::Ui11, &flags, marks.width());
    ink.text(marks, Align::Min, Font::Ui11, &text, t.text_lo);
}

/// A row as a screen reader says it.
fn row_label(listing: &TokenListing, row: &Row) -> String {
    let region = listing.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
    let cached = listing.cached.map(|price| format!(", cached {}", price_board::dollars(price))).unwrap_or_default();
    let [input, output] = [listing.input, listing.output].map(price_board::dollars);
    let blended = format::price(row.blended, BLEND_DECIMALS);
    let (model, provider) = (&listing.model, &listing.provider);
    format!("{model} at {provider}{region}: input {input}{cached}, output {output}, blended {blended}")
}

fn foot_ui(ui: &Ui, ctx: &PanelContext<'_>, body: Rect, prices: &TokenPrices, rows: &Rows, mix: TokenMix) {
    let t = &ctx.theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let line = place::from(body.min.x + 10.0, body.max.y - FOOT / 2.0);
    if let Refresh::Failed(why) = ctx.view.spot.refresh(PriceList::Tokens) {
        ink.text(line, Align::Min, Font::Ui11, why, t.warn);
    } else {
        let all = format::count(prices.board.rows.len() as u64);
        let [shown, counted] = [rows.rows.len(), rows.counted].map(|count| format::count(count as u64));
        let median = rows.median.map_or_else(|| NONE.to_owned(), |price| format::price(price, BLEND_DECIMALS));
        let words = format!(
            "{shown} of {all} listings; median blended {median} over {counted} unmarked, mix {}; no listing enters an index",
            figures::mix_text(mix)
        );
        ink.text(line, Align::Min, Font::Ui11, &words, t.text_lo);
    }
    ink.paint(&ui.painter().with_clip_rect(body.intersect(ui.clip_rect())));
}
