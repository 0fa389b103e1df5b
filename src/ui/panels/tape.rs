//! Time and sales: newest first, one line a trade, its size also as a bar. A spread's leg is tagged, missing trades are a line in
//! amber.

use egui::{Align, Popup, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::domain::event::Trade;
use crate::domain::number::Qty;
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, PriceFormat};
use crate::ui::place;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::{Column, ROW_HEIGHT, heads};
use crate::view::market::TapeRow;

/// A bar of full length; sizes from `BOLD_LOTS` stand out.
const FULL_BAR_LOTS: i64 = 30;
const BOLD_LOTS: i64 = 20;
const BAR_X: f32 = 204.0;
const BAR_WIDTH: f32 = 70.0;
const MIN_SIZES: [i64; 4] = [1, 5, 10, 25];

const COLUMNS: [Column; 3] =
    [Column::left("Time", 8.0, 96.0), Column::right("Price", 104.0, 52.0), Column::right("Qty", 156.0, 40.0)];

/// What the tape remembers.
#[derive(Debug)]
pub struct TapePanel {
    pub group: LinkGroup,
    /// Smaller trades are left out.
    min_lots: i64,
    /// Points scrolled away from the newest.
    scroll: f32,
}

impl Default for TapePanel {
    fn default() -> Self {
        Self { group: LinkGroup::A, min_lots: MIN_SIZES[0], scroll: 0.0 }
    }
}

impl TapePanel {
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let link = self.group;
        let theme = ctx.theme;
        let rect = ui.max_rect();
        let chosen = ctx.chosen(link);
        let state = chosen.map(|(id, _, market)| (ctx.book_state(id), market.book.age(ctx.now)));
        let shown = state.filter(|(state, _)| !state.is_live()).map(|(state, age)| (state, Some(age)));
        let outcome = header(
            ui,
            theme,
            rect,
            &Header { title: "Time and sales", link: Some(link), state: shown, ..Header::default() },
        );
        self.filter_ui(ui, theme, outcome.free);
        let mut ink = Ink::new(ui.ctx());
        let list = heads(&mut ink, theme, outcome.body, &COLUMNS);
        let Some((_, instrument, market)) = chosen else {
            ink.paint(ui.painter());
            return outcome.response;
        };
        let format = PriceFormat::of(instrument);
        let min = Qty::lots(self.min_lots);
        let count = (list.height() / ROW_HEIGHT).floor() as usize;
        let is_shown = |row: &&TapeRow| match row {
            TapeRow::Trade(trade) => trade.qty >= min,
            TapeRow::Gap { .. } => true,
        };
        self.scroll_ui(ui, list, market.tape.len(), count);
        let skip = (self.scroll / ROW_HEIGHT).round() as usize;
        let is_stale = state.is_some_and(|(state, _)| !state.is_live());
        let mut is_empty = true;
        for (at, row) in market.tape.iter().rev().filter(is_shown).skip(skip).take(count).enumerate() {
            is_empty = false;
            let place = Rect::from_min_size(
                pos2(list.left(), list.top() + at as f32 * ROW_HEIGHT),
                vec2(list.width(), ROW_HEIGHT),
            );
            match row {
                TapeRow::Trade(trade) => trade_row(&mut ink, theme, place, format, trade, Freshness::of(is_stale)),
                TapeRow::Gap { since, until } => gap_row(&mut ink, theme, place, until.since(*since)),
            }
        }
        if is_empty {
            let text = if market.tape.is_empty() { "No trades yet" } else { "No trades of this size" };
            ink.text(list, Align::Center, Font::Ui12, text, theme.tokens.text_lo);
        }
        ink.paint(ui.painter());
        let whole = ui.interact(list, ui.scope_id().with("tape"), Sense::hover());
        let newest = market.tape.iter().rev().find_map(|row| match row {
            TapeRow::Trade(trade) => Some(trade),
            TapeRow::Gap { .. } => None,
        });
        whole.widget_info(|| {
            let text = newest.map_or_else(String::new, |trade| {
                format!(", last {} at {}", format::lots(trade.qty), format.text(trade.price))
            });
            WidgetInfo::labeled(Role::List, true, format!("Trades of {}{text}", instrument.contract))
        });
        outcome.response
    }

    fn scroll_ui(&mut self, ui: &Ui, list: Rect, rows: usize, visible: usize) {
        if ui.rect_contains_pointer(list) {
            self.scroll -= ui.input(|input| input.smooth_scroll_delta().y);
        }
        let most = rows.saturating_sub(visible) as f32 * ROW_HEIGHT;
        self.scroll = self.scroll.clamp(0.0, most);
    }

    /// The size filter at the right of the header.
    fn filter_ui(&mut self, ui: &Ui, theme: &Theme, free: Rect) {
        let t = &theme.tokens;
        let word = filter_word(self.min_lots);
        let mut ink = Ink::new(ui.ctx());
        let width = ink.width(Font::Ui11, &word) + 28.0;
        if width > free.width() {
            return;
        }
        let chip = Rect::from_min_size(pos2(free.right() - width, free.center().y - 9.0), vec2(width, 18.0));
        let response = ui.interact(chip, ui.scope_id().with("size filter"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Tape filter {word}")));
        ink.chip(chip, if response.hovered() { t.bg3 } else { t.bg2 });
        ink.text(place::from(chip.left() + 6.0, chip.center().y), Align::Min, Font::Ui11, &word, t.text_mid);
        let caret_at = place::until(chip.right() - 5.0, chip.center().y);
        ink.text(caret_at, Align::Max, Font::Icon12, icons::CARET_DOWN.encode_utf8(&mut [0; 4]), t.text_mid);
        ink.paint(ui.painter());
        Popup::menu(&response).show(|ui| {
            for lots in MIN_SIZES {
                if ui.selectable_label(self.min_lots == lots, filter_word(lots)).clicked() {
                    self.min_lots = lots;
                    self.scroll = 0.0;
                    ui.close();
                }
            }
        });
    }
}

fn filter_word(min_lots: i64) -> String {
    if min_lots <= 1 { "All sizes".to_owned() } else { format!("{min_lots} lots and more") }
}

/// Whether the feed behind the tape is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    Live,
    Stale,
}

impl Freshness {
    const fn of(is_stale: bool) -> Self {
        if is_stale { Self::Stale } else { Self::Live }
    }
}

fn trade_row(ink: &mut Ink, theme: &Theme, row: Rect, format: PriceFormat, trade: &Trade, freshness: Freshness) {
    let t = &theme.tokens;
    let inks = theme.side(trade.aggressor);
    let is_stale = freshness == Freshness::Stale;
    let [time, price, qty] = COLUMNS;
    time.text(ink, row, Font::Mono12, &format::time_ms(trade.utc), if is_stale { t.stale } else { t.text_lo });
    let text = format.text(trade.price);
    let color = if is_stale { t.stale } else { t.text_hi };
    price.price(ink, theme, row, &text, format.dim_len(&text), color);
    let is_large = trade.qty >= Qty::lots(BOLD_LOTS);
    let font = if is_large { Font::MonoBold12 } else { Font::Mono12 };
    qty.text(ink, row, font, &format::lots(trade.qty), if is_stale { t.stale } else { inks.full });
    let share = (trade.qty.to_f64_lossy() as f32 / FULL_BAR_LOTS as f32).clamp(0.0, 1.0);
    let left = row.left() + BAR_X;
    let width = (share * BAR_WIDTH).max(2.0).min((row.right() - left - 4.0).max(0.0));
    let bar = Rect::from_min_size(pos2(left, row.top() + 4.0), vec2(width, 12.0));
    let bar_ink = match (is_stale, is_large) {
        (true, _) => theme.stale_bar,
        (false, true) => theme.over(inks.full, 80),
        (false, false) => theme.over(inks.full, 45),
    };
    ink.rect(bar, bar_ink);
    if trade.is_spread_leg && bar.right() + 34.0 < row.right() {
        ink.text(place::from(bar.right() + 5.0, row.center().y), Align::Min, Font::Ui11, "leg", t.text_lo);
    }
}

/// A rule across the panel that says what is missing.
fn gap_row(ink: &mut Ink, theme: &Theme, row: Rect, span: std::time::Duration) {
    let warn = theme.tokens.warn;
    let y = row.center().y;
    ink.hline(row.left() + 8.0..=row.left() + 28.0, y, 1.0, warn);
    let text = format!("gap of {}, not backfilled", format::age(span));
    let end = ink.text(place::from(row.left() + 34.0, y), Align::Min, Font::Ui11, &text, warn);
    ink.hline(end + 6.0..=row.right() - 8.0, y, 1.0, warn);
}
