//! The rental board: what sellers list a GPU-hour at, a row each with its middle and range; the median over sellers and the settlement
//! index as two rules that are never mixed. Sellers whose terms keep them out of the median are drawn apart and say so. The row under
//! the pointer, or chosen with the arrows, shows every offer behind it.

mod bars;
mod card;
pub mod figures;

use egui::{Align, Id, Key, Modifiers, Popup, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::message;
use super::price_board::{self, HEADS, Sort};
use super::tabs::RowScroll;
use crate::base::time::Utc;
use crate::domain::contract::Product;
use crate::domain::number::Price;
use crate::domain::price_list::{PriceList, Refresh, RentalPrices};
use crate::domain::spot::{Gpu, IndexUse, ProviderPrices, RentalBoard, RentalMode};
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format;
use crate::ui::place;
use crate::ui::sheet::Sheet;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::header::{Header, HeaderOutcome, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::{self, Column};

use bars::Bars;
use figures::COLUMNS;

/// Where the bars begin, and what is kept free of them at the right.
const BARS_LEFT: f32 = 356.0;
const BARS_RIGHT: f32 = 22.0;
/// Bars are worth drawing from here on.
const LEAST_BARS: f32 = 140.0;
const ROW: f32 = 18.0;
/// The axis and what its rules are.
const FOOT: f32 = 32.0;

/// A board chosen by hand. It holds until the link group turns to another product.
#[derive(Clone, Debug)]
struct Pick {
    board: (Gpu, RentalMode),
    product: Option<Product>,
}

/// View state of the board.
#[derive(Debug)]
pub struct RentalPanel {
    pub group: LinkGroup,
    pick: Option<Pick>,
    sort: Sort,
    scroll: RowScroll,
    /// Seller, and whether it is counted.
    selected: Option<(String, IndexUse)>,
}

impl Default for RentalPanel {
    fn default() -> Self {
        Self::new(LinkGroup::default())
    }
}

impl RentalPanel {
    pub const fn new(group: LinkGroup) -> Self {
        Self { group, pick: None, sort: figures::FIRST_SORT, scroll: RowScroll::new(), selected: None }
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let prices = ctx.view.spot.rental.clone();
        let product = product_of(ctx, self.group);
        let board = prices.as_deref().and_then(|prices| self.board(prices, product.as_ref()));
        let outcome = self.header_ui(ui, ctx, rect, prices.as_deref(), board);
        let body = outcome.body;
        let (Some(prices), Some(board)) = (prices.as_deref(), board) else {
            let (title, detail) = match prices {
                None => ("Reading list prices", "They come with the program"),
                Some(_) => ("No list prices", "Name a list of your own in config.toml, or refresh"),
            };
            message::empty(ui, ctx.theme, body, icons::GRAPHICS_CARD, title, detail);
            return outcome.response;
        };
        self.board_ui(ui, ctx, body, prices, board);
        if price_board::copies(ui, rect) {
            price_board::copy(ui, &figures::sheet(board, self.sort));
        }
        outcome.response
    }

    /// All rows as they are ordered.
    pub fn sheet(&self, ctx: &PanelContext<'_>) -> Option<Sheet> {
        let prices = ctx.view.spot.rental.as_deref()?;
        Some(figures::sheet(self.board(prices, product_of(ctx, self.group).as_ref())?, self.sort))
    }

    fn board<'a>(&self, prices: &'a RentalPrices, product: Option<&Product>) -> Option<&'a RentalBoard> {
        let picked = self.pick.as_ref().filter(|pick| pick.product.as_ref() == product);
        let picked = picked.and_then(|Pick { board: (gpu, mode), .. }| prices.board(*gpu, *mode));
        picked.or_else(|| figures::first_board(prices, product))
    }

    fn header_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        rect: Rect,
        prices: Option<&RentalPrices>,
        board: Option<&RentalBoard>,
    ) -> HeaderOutcome {
        let (long, short) = match (ctx.view.spot.refresh(PriceList::Rental), prices, board) {
            (Refresh::Running(progress), ..) => (price_board::progress_text(progress), String::new()),
            (_, Some(prices), _) if !ctx.as_of().is_live() => {
                let short = "does not travel in time";
                (format!("{}, {short}", price_board::dated(&prices.from)), short.to_owned())
            }
            (_, Some(prices), Some(board)) => {
                let dated = price_board::dated(&prices.from);
                let short = format!("{} providers, {dated}", board.providers.len());
                (format!("listed $/GPU-hour, {short}"), short)
            }
            _ => (String::new(), String::new()),
        };
        let title = "Spot rental board";
        let subtitle = price_board::fitting(ui, rect, title, &[&long, &short], 200.0);
        let head = Header { title, subtitle, link: Some(self.group), ..Header::default() };
        let outcome = header(ui, ctx.theme, rect, &head);
        let middle = outcome.free.center().y;
        if let Some(prices) = prices {
            price_board::origin_ui(ui, rect, &outcome, &prices.from);
        }
        let mut right = outcome.free.right() - 4.0;
        if right - 70.0 > outcome.free.left() {
            right = price_board::refresh_ui(ui, ctx, right, middle, PriceList::Rental) - 6.0;
        }
        if let (Some(prices), Some(board)) = (prices, board)
            && right - 130.0 > outcome.free.left()
        {
            self.menu_ui(ui, ctx, right, middle, prices, board);
        }
        outcome
    }

    /// Which GPU, and how it is rented.
    fn menu_ui(
        &mut self,
        ui: &Ui,
        ctx: &PanelContext<'_>,
        right: f32,
        middle: f32,
        prices: &RentalPrices,
        board: &RentalBoard,
    ) {
        let name = figures::board_name(board);
        let response =
            price_board::word_button(ui, ctx.theme, right, middle, &format!("{name}     "), &format!("Board: {name}"));
        let mut ink = Ink::new(ui.ctx());
        let caret = Rect::from_center_size(response.rect.right_center() - vec2(10.0, 0.0), vec2(12.0, 12.0));
        let icon = icons::CARET_DOWN;
        ink.text(caret, Align::Center, Font::Icon12, icon.encode_utf8(&mut [0; 4]), ctx.theme.tokens.text_mid);
        ink.paint(ui.painter());
        let product = product_of(ctx, self.group);
        Popup::menu(&response).show(|ui| {
            for other in &prices.boards {
                let is_on = (other.gpu, other.mode) == (board.gpu, board.mode);
                if ui.selectable_label(is_on, figures::board_name(other)).clicked() {
                    self.pick = Some(Pick { board: (other.gpu, other.mode), product: product.clone() });
                    self.scroll = RowScroll::new();
                }
            }
        });
    }

    fn board_ui(&mut self, ui: &Ui, ctx: &PanelContext<'_>, body: Rect, prices: &RentalPrices, board: &RentalBoard) {
        let below = price_board::heads_ui(ui, ctx.theme, body, &columns(), &mut self.sort);
        let list = Rect::from_min_max(below.min, pos2(body.max.x, body.max.y - FOOT));
        if list.height() < ROW {
            return;
        }
        let rows = figures::sorted(board, self.sort);
        let row_height = (list.height() / rows.len() as f32).clamp(ROW, 20.0);
        let focus = ui.interact(list, ui.scope_id().with("rows"), Sense::click());
        let label = format!("Rental board of {}, {} providers", figures::board_name(board), rows.len());
        focus.widget_info(move || WidgetInfo::labeled(Role::Table, true, label.clone()));
        self.keys(ui, focus.id, &rows, list, row_height);
        let (first, top) = self.scroll.rows(ui, ctx.theme, list, row_height, rows.len());
        let bars = Bars::of(board, index_of(ctx, board), bars_area(body, list));
        let mut ink = Ink::new(ui.ctx());
        if let Some(bars) = &bars {
            bars.ground(&mut ink, ctx.theme);
        }
        ink.paint(ui.painter());
        let inside = ui.painter().with_clip_rect(list.intersect(ui.clip_rect()));
        let mut shown = None;
        for (at, row) in rows.iter().enumerate().skip(first) {
            let y = top + (at - first) as f32 * row_height;
            if y >= list.max.y {
                break;
            }
            let line = Rect::from_min_size(pos2(list.min.x, y), vec2(list.width(), row_height));
            let is_selected = self.is_selected(row);
            let response = ui.interact(line.intersect(list), row_id(ui, row), Sense::CLICK);
            let label = row_label(row);
            response.widget_info(move || WidgetInfo::selected(Role::Row, true, is_selected, label.clone()));
            if response.clicked() {
                self.selected = (!is_selected).then(|| (row.provider.to_string(), row.index_use));
            }
            if is_selected {
                table::selected_row(&mut ink, ctx.theme, line);
            }
            row_ui(&mut ink, ctx.theme, line, row, response.hovered());
            if let Some(bars) = &bars {
                bars.row(&mut ink, ctx.theme, line, row);
            }
            if response.hovered() || (is_selected && shown.is_none() && focus.has_focus()) {
                shown = Some((line, *row));
            }
        }
        ink.paint(&inside);
        if let Some(bars) = &bars {
            bars.rules(&mut ink, ctx.theme, body.min.y + HEADS / 2.0 + 1.0);
            ink.paint(ui.painter());
            bars.hints(ui, body.min.y, board);
        }
        self.foot_ui(ui, ctx, body, board);
        if let Some((line, row)) = shown {
            card::ui(ui, ctx.theme, line, board, row, &prices.offers_behind(board, row));
        }
    }

    fn is_selected(&self, row: &ProviderPrices) -> bool {
        self.selected
            .as_ref()
            .is_some_and(|(seller, index_use)| **seller == *row.provider && *index_use == row.index_use)
    }

    /// Up and down choose a row while the rows have the focus.
    fn keys(&mut self, ui: &Ui, focus: Id, rows: &[&ProviderPrices], list: Rect, row_height: f32) {
        if !ui.memory(|memory| memory.has_focus(focus)) {
            return;
        }
        let filter = egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(focus, filter));
        let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let at = rows.iter().position(|row| self.is_selected(row));
        let last = rows.len().saturating_sub(1);
        let next = if pressed(Key::ArrowDown) {
            Some(at.map_or(0, |at| (at + 1).min(last)))
        } else if pressed(Key::ArrowUp) {
            Some(at.map_or(last, |at| at.saturating_sub(1)))
        } else if pressed(Key::Home) {
            Some(0)
        } else if pressed(Key::End) {
            Some(last)
        } else {
            None
        };
        if let Some((next, row)) = next.and_then(|next| Some((next, rows.get(next)?))) {
            self.selected = Some((row.provider.to_string(), row.index_use));
            self.scroll.reveal(next, row_height, list.height());
        }
    }

    /// What the rules are, below the rows; or what a refresh ran into.
    fn foot_ui(&self, ui: &Ui, ctx: &PanelContext<'_>, body: Rect, board: &RentalBoard) {
        let t = &ctx.theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let x = body.min.x + 10.0;
        let lines = [body.max.y - FOOT + 10.0, body.max.y - FOOT + 24.0];
        if let Refresh::Failed(why) = ctx.view.spot.refresh(PriceList::Rental) {
            let clip =
                Rect::from_min_max(pos2(x, lines[0] - 8.0), pos2(bars_area(body, body).min.x - 16.0, body.max.y));
            ink.text(place::from(x, lines[0]), Align::Min, Font::Ui11, "Not refreshed, prices as before", t.warn);
            let words = why.split_once(": ").map_or(&**why, |(_, cause)| cause);
            let words = ink.shortened(Font::Ui11, words, clip.width());
            ink.text(place::from(x, lines[1]), Align::Min, Font::Ui11, &words, t.text_lo);
            ink.paint(&ui.painter().with_clip_rect(clip.intersect(ui.clip_rect())));
            let response = ui.interact(clip, ui.scope_id().with("failed"), Sense::hover());
            let label = why.to_string();
            response.widget_info(move || WidgetInfo::labeled(Role::Status, true, label.clone()));
            response.on_hover_text(&**why);
            return;
        }
        let captions = captions(board, index_of(ctx, board).map(|(price, _)| price));
        for (at, (y, words)) in lines.into_iter().zip(captions).enumerate() {
            ink.text(place::from(x, y), Align::Min, Font::Ui11, &words, t.text_lo);
            let rect = Rect::from_min_size(pos2(x, y - 7.0), vec2(ink.width(Font::Ui11, &words), 14.0));
            let caption = ui.interact(rect, ui.scope_id().with(("caption", at)), Sense::hover());
            caption.widget_info(move || WidgetInfo::labeled(Role::Label, true, words.clone()));
        }
        ink.paint(&ui.painter().with_clip_rect(body.intersect(ui.clip_rect())));
    }
}

/// What each rule is.
fn captions(board: &RentalBoard, index: Option<Price>) -> [String; 2] {
    let median = match board.summary {
        Some(all) => {
            let [median, low, high] =
                [all.median, all.lower_quartile, all.upper_quartile].map(|price| format::price(price, 2));
            format!("Dashed: median {median} of {} providers, half in {low} to {high}", all.providers)
        }
        None => "No median: no provider's terms allow one".to_owned(),
    };
    let index = match index {
        Some(price) => {
            format!("Index {} settles {} futures, made of no listing", price_board::dollars(price), board.gpu)
        }
        None => format!("No index of {} stands beside it", board.gpu),
    };
    [median, index]
}

/// The settlement index; not beside a window that looks back: the board does not.
fn index_of(ctx: &PanelContext<'_>, board: &RentalBoard) -> Option<(Price, Utc)> {
    figures::index_of(ctx.view, board.gpu).filter(|_| ctx.as_of().is_live())
}

fn product_of(ctx: &PanelContext<'_>, group: LinkGroup) -> Option<Product> {
    ctx.chosen(group).and_then(|(_, terms, _)| terms.contract.product().cloned())
}

fn columns() -> [Column; COLUMNS.len()] {
    [
        Column::left(COLUMNS[0], 10.0, 118.0),
        Column::right(COLUMNS[1], 128.0, 52.0),
        Column::right(COLUMNS[2], 186.0, 48.0),
        Column::right(COLUMNS[3], 240.0, 48.0),
        Column::right(COLUMNS[4], 292.0, 46.0),
    ]
}

fn bars_area(body: Rect, list: Rect) -> Rect {
    Rect::from_min_max(pos2(body.min.x + BARS_LEFT, list.min.y), pos2(body.max.x - BARS_RIGHT, list.max.y + 4.0))
}

fn row_id(ui: &Ui, row: &ProviderPrices) -> Id {
    ui.scope_id().with(("row", &*row.provider, row.index_use == IndexUse::Allowed))
}

/// A row as a screen reader says it.
fn row_label(row: &ProviderPrices) -> String {
    let [median, low, high] = [row.median, row.low, row.high].map(price_board::dollars);
    let remark = figures::remark(row);
    let remark = if remark.is_empty() { String::new() } else { format!(", {remark}") };
    format!("{}: median {median}, low {low}, high {high}, offers {}{remark}", row.name, row.offers)
}

fn row_ui(ink: &mut Ink, theme: &Theme, line: Rect, row: &ProviderPrices, is_hovered: bool) {
    let t = &theme.tokens;
    if is_hovered {
        ink.rect(line, t.bg2);
    }
    let counts = row.index_use == IndexUse::Allowed;
    let columns = columns();
    let name_ink = if counts { t.text_hi } else { t.text_mid };
    let middle = line.center().y;
    let end = ink.text(place::from(line.min.x + columns[0].x, middle), Align::Min, Font::Ui12, &row.name, name_ink);
    ink.text(place::from(end + 5.0, middle), Align::Min, Font::Ui11, figures::remark(row), t.text_lo);
    let (strong, weak) = if counts { (t.text_hi, t.text_mid) } else { (t.text_mid, t.text_lo) };
    for (column, price, color) in [(1, row.median, strong), (2, row.low, weak), (3, row.high, weak)] {
        columns[column].text(ink, line, Font::Mono12, &price_board::dollars(price), color);
    }
    columns[4].text(ink, line, Font::Mono12, &format::count(row.offers as u64), t.text_lo);
}
