//! Our orders. A pencil turns size and price of a line into fields; the cross cancels.

use egui::{Align, Color32, Frame, Key, Margin, Rect, Role, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2};

use crate::domain::command::{CancelScope, Intent};
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderId, OrderType, TimeInForce};
use crate::ui::context::{LinkGroup, PanelContext};
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::panels::positions::short_name;
use crate::ui::panels::tabs::RowScroll;
use crate::ui::place;
use crate::ui::theme::{Face, Theme, icons};
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::{Column, HEAD_HEIGHT, ROW_HEIGHT, heads};
use crate::view::trading::{OrderPhase, OrderView};

/// Room for the pencil and the cross at the right.
const ACTIONS: f32 = 54.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Sent,
    State,
    Side,
    Contract,
    Left,
    Done,
    Price,
    Market,
    Away,
    Queue,
    Force,
    Held,
    Age,
    Tag,
}

/// Head, stride to the next column, width of the cell, side.
const FIELDS: [(Field, &str, f32, f32, Align); 14] = [
    (Field::Sent, "Sent", 96.0, 92.0, Align::Min),
    (Field::State, "State", 100.0, 96.0, Align::Min),
    (Field::Side, "Side", 38.0, 34.0, Align::Min),
    (Field::Contract, "Contract", 122.0, 128.0, Align::Min),
    (Field::Left, "Left", 36.0, 34.0, Align::Max),
    (Field::Done, "Done", 48.0, 40.0, Align::Max),
    (Field::Price, "Price", 64.0, 56.0, Align::Max),
    (Field::Market, "Market", 130.0, 124.0, Align::Max),
    (Field::Away, "Away", 54.0, 46.0, Align::Max),
    (Field::Queue, "Queue", 108.0, 92.0, Align::Max),
    (Field::Force, "In force", 54.0, 46.0, Align::Min),
    (Field::Held, "Held", 92.0, 96.0, Align::Min),
    (Field::Age, "Age", 68.0, 52.0, Align::Max),
    (Field::Tag, "Tag", 60.0, 60.0, Align::Min),
];
/// What a narrow table leaves out, first to last.
const DROP_ORDER: [Field; 6] = [Field::Held, Field::Tag, Field::Queue, Field::Force, Field::Age, Field::Market];

/// An order being edited in its line.
#[derive(Debug)]
struct Edit {
    order: OrderId,
    left: String,
    price: String,
    has_begun: bool,
}

#[derive(Debug, Default)]
pub struct OrdersTable {
    scroll: RowScroll,
    edit: Option<Edit>,
}

impl OrdersTable {
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        body: Rect,
        group: LinkGroup,
        only: Option<InstrumentId>,
        with_finished: bool,
    ) {
        let theme = ctx.theme;
        let columns = columns(body.width() - ACTIONS);
        let plain: Vec<Column> = columns.iter().map(|(_, column)| *column).collect();
        let mut ink = Ink::new(ui.ctx());
        let list = heads(&mut ink, theme, body, &plain);
        let orders = std::sync::Arc::clone(&ctx.view.trading.orders);
        let rows: Vec<&OrderView> = orders
            .iter()
            .filter(|order| with_finished || order.phase.is_open())
            .filter(|order| only.is_none_or(|id| order.instrument == id))
            .collect();
        if self.edit.as_ref().is_some_and(|edit| !rows.iter().any(|o| o.id == edit.order && o.phase.is_open())) {
            self.edit = None;
        }
        if rows.is_empty() {
            ink.paint(ui.painter());
            empty(ui, theme, list);
            return;
        }
        let (first, mut top) = self.scroll.rows(ui, theme, list, ROW_HEIGHT, rows.len());
        for order in rows.into_iter().skip(first) {
            let row = Rect::from_min_size(pos2(list.left(), top), vec2(list.width(), ROW_HEIGHT));
            top += ROW_HEIGHT;
            if row.bottom() > list.bottom() + 1.0 {
                break;
            }
            if row.top() < list.top() - 1.0 {
                continue;
            }
            let Some(instrument) = ctx.view.catalogue.get(order.instrument) else { continue };
            let response = ui.interact(row, ui.scope_id().with(("order", order.id.0)), Sense::click());
            response.widget_info(|| {
                let words = format!("Order {} {} {}", order.id.0, order.side.verb(), order.phase.word());
                WidgetInfo::labeled(Role::Row, true, words)
            });
            if response.hovered() || self.is_editing(order.id) {
                ink.rect(row, theme.tokens.bg2);
            }
            if response.clicked() && !self.is_editing(order.id) {
                ctx.selection.select(group, order.instrument);
            }
            order_row(&mut ink, ctx, row, &columns, order, instrument);
            if order.phase.is_open() {
                ink.paint(ui.painter());
                if self.is_editing(order.id) {
                    self.edit_ui(ui, ctx, row, &columns, order);
                }
                self.actions_ui(ui, ctx, row, order, instrument);
            }
        }
        ink.paint(ui.painter());
    }

    fn is_editing(&self, order: OrderId) -> bool {
        self.edit.as_ref().is_some_and(|edit| edit.order == order)
    }

    /// Pencil and cross; while editing a tick and a cross that leaves.
    fn actions_ui(
        &mut self,
        ui: &Ui,
        ctx: &mut PanelContext<'_>,
        row: Rect,
        order: &OrderView,
        instrument: &Instrument,
    ) {
        let theme = ctx.theme;
        let mut ink = Ink::new(ui.ctx());
        let is_editing = self.is_editing(order.id);
        let mut action = |right: f32, icon: char, word: &str| {
            let place = Rect::from_center_size(pos2(row.right() - right, row.center().y), vec2(20.0, 20.0));
            let response = ui.interact(place, ui.scope_id().with((word, order.id.0)), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{word} order {}", order.id.0)));
            let color = if response.hovered() { theme.tokens.text_hi } else { theme.tokens.text_lo };
            ink.text(place, Align::Center, Font::Icon14, icon.encode_utf8(&mut [0; 4]), color);
            response.on_hover_text(word).clicked()
        };
        if is_editing {
            let is_sent = action(37.0, icons::CHECK_SQUARE, "Send change of");
            if action(17.0, icons::X, "Leave unchanged") {
                self.edit = None;
            } else if is_sent {
                self.commit(ctx, order);
            }
        } else {
            let may_edit = order.kind == OrderType::Limit && !order.phase.is_pending();
            if may_edit && action(37.0, icons::PENCIL_SIMPLE, "Edit") {
                self.edit = Some(Edit {
                    order: order.id,
                    left: order.left().to_string(),
                    price: PriceFormat::of(instrument).opt(order.price),
                    has_begun: false,
                });
            }
            if action(17.0, icons::X, "Cancel") {
                ctx.send(Intent::Cancel(CancelScope::Order(order.id)));
            }
        }
        ink.paint(ui.painter());
    }

    fn edit_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        row: Rect,
        columns: &[(Field, Column)],
        order: &OrderView,
    ) {
        let Some(edit) = &mut self.edit else { return };
        let theme = ctx.theme;
        let mut was_entered = false;
        for (field, name) in [(Field::Left, "New size"), (Field::Price, "New price")] {
            let Some((_, column)) = columns.iter().find(|(f, _)| *f == field) else { continue };
            let cell = column.cell(row).expand2(vec2(4.0, -1.0));
            ui.painter().rect_filled(cell, 2.0, theme.tokens.bg3);
            let text = if field == Field::Left { &mut edit.left } else { &mut edit.price };
            let widget = TextEdit::singleline(text)
                .font(Face::Mono.at(12.0))
                .text_color(theme.tokens.text_hi)
                .align(egui::Align2::RIGHT_CENTER)
                .frame(Frame::NONE)
                .margin(Margin::symmetric(4, 0));
            let response = ui.put(cell, widget);
            response
                .widget_info(|| WidgetInfo::labeled(Role::TextInput, true, format!("{name} of order {}", order.id.0)));
            if field == Field::Price && !edit.has_begun {
                response.request_focus();
                edit.has_begun = true;
            }
            was_entered |= response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        }
        let is_left = ui.input(|input| input.key_pressed(Key::Escape));
        if is_left {
            self.edit = None;
        } else if was_entered {
            self.commit(ctx, order);
        }
    }

    /// Sends the change when both fields hold numbers that fit the contract; otherwise the fields stay.
    fn commit(&mut self, ctx: &mut PanelContext<'_>, order: &OrderView) {
        let Some(edit) = &self.edit else { return };
        let Some(instrument) = ctx.view.catalogue.get(order.instrument) else { return };
        let price = format::parse_price(&edit.price).filter(|price| price.is_on(instrument.tick));
        let left = Qty::parse(edit.left.trim()).ok().filter(|q| *q > Qty::ZERO && q.0 % instrument.lot.0.max(1) == 0);
        if let (Some(price), Some(left)) = (price, left) {
            ctx.send(Intent::Replace { order: order.id, qty: order.filled + left, price });
            self.edit = None;
        }
    }
}

fn columns(width: f32) -> Vec<(Field, Column)> {
    let mut fields: Vec<_> = FIELDS.into_iter().collect();
    for drop in DROP_ORDER {
        if fields.iter().map(|(_, _, stride, ..)| stride).sum::<f32>() + 10.0 <= width {
            break;
        }
        fields.retain(|(field, ..)| *field != drop);
    }
    let mut x = 10.0;
    fields
        .into_iter()
        .map(|(field, head, stride, width, align)| {
            let column = Column { head, x, width, align };
            x += stride;
            (field, column)
        })
        .collect()
}

fn order_row(
    ink: &mut Ink,
    ctx: &PanelContext<'_>,
    row: Rect,
    columns: &[(Field, Column)],
    order: &OrderView,
    instrument: &Instrument,
) {
    let theme = ctx.theme;
    let t = &theme.tokens;
    let prices = PriceFormat::of(instrument);
    let is_open = order.phase.is_open();
    let (hi, mid) = if is_open { (t.text_hi, t.text_mid) } else { (t.text_lo, t.text_lo) };
    let book = ctx.view.market(order.instrument).map(|market| &market.book);
    let is_live = ctx.book_state(order.instrument).is_live();
    for (field, column) in columns {
        match field {
            Field::Sent => column.text(ink, row, Font::Mono12, &format::time_ms(order.sent), t.text_lo),
            Field::State => state_cell(ink, theme, column.cell(row), order),
            Field::Side => column.text(ink, row, Font::Ui12, order.side.verb(), theme.side(order.side).full),
            Field::Contract => column.text(ink, row, Font::Ui12, &short_name(instrument), hi),
            Field::Left => column.text(ink, row, Font::Mono12, &format::lots(order.left()), hi),
            Field::Done => {
                let text = if order.filled.is_zero() {
                    NONE.to_owned()
                } else {
                    format!("{}/{}", format::lots(order.filled), format::lots(order.qty))
                };
                column.text(ink, row, Font::Mono12, &text, mid);
            }
            Field::Price => {
                let price = order.wanted.map(|(price, _)| price).or(order.price);
                let text = if order.kind == OrderType::Market { "market".to_owned() } else { prices.opt(price) };
                column.text(ink, row, Font::MonoBold12, &text, hi);
            }
            Field::Market => {
                let best = |side| prices.opt(book.and_then(|b| b.best(side)).map(|level| level.price));
                let text = format!("{} / {}", best(Side::Bid), best(Side::Ask));
                column.text(ink, row, Font::Mono12, &text, if is_live { mid } else { t.stale });
            }
            Field::Away => {
                let text = away(order, instrument, book.and_then(|b| b.best(order.side)).map(|level| level.price));
                column.text(ink, row, Font::Mono12, &text, if is_live { mid } else { t.stale });
            }
            Field::Queue => {
                let text = match (order.queue, order.price, book) {
                    (Some((low, high)), Some(price), Some(book)) if is_open => {
                        let mut text = String::new();
                        format::write_range(&mut text, low, high);
                        text.push_str(" / ");
                        format::write_lots(&mut text, book.qty_at(order.side, price));
                        text
                    }
                    _ => NONE.to_owned(),
                };
                column.text(ink, row, Font::Mono12, &text, if is_live { mid } else { t.stale });
            }
            Field::Force => column.text(ink, row, Font::Ui12, force_word(order.time_in_force), t.text_lo),
            Field::Held => column.text(ink, row, Font::Ui12, "venue", t.text_lo),
            Field::Age => {
                let age = if order.phase.is_pending() {
                    ctx.now.mono.since(order.since)
                } else {
                    ctx.now.utc.since(order.sent)
                };
                column.text(ink, row, Font::Mono12, &format::age(age), t.text_lo);
            }
            Field::Tag => column.text(ink, row, Font::Ui12, order.tag(), t.text_lo),
        }
    }
}

/// Ticks from the own side's best; `best` when it is there.
fn away(order: &OrderView, instrument: &Instrument, best: Option<Price>) -> String {
    match (order.price, best) {
        (Some(price), Some(best)) if price == best => "best".to_owned(),
        (Some(price), Some(best)) => format::ticks((price - best).ticks(instrument.tick)),
        _ => NONE.to_owned(),
    }
}

const fn force_word(force: TimeInForce) -> &'static str {
    match force {
        TimeInForce::GoodTilCancelled => "GTC",
        TimeInForce::Day => "Day",
        TimeInForce::ImmediateOrCancel => "IOC",
        TimeInForce::FillOrKill => "FOK",
    }
}

/// A shape and a word. What we do not know is in amber.
fn state_cell(ink: &mut Ink, theme: &Theme, cell: Rect, order: &OrderView) {
    let t = &theme.tokens;
    let at = Rect::from_center_size(pos2(cell.left() + 5.0, cell.center().y), vec2(8.0, 8.0));
    let color: Color32 = match order.phase {
        OrderPhase::Working => {
            ink.chip(at, t.own);
            t.text_hi
        }
        OrderPhase::PartFilled => {
            ink.chip_outlined(at, t.bg1, t.own);
            ink.rect(Rect::from_min_max(pos2(at.left(), at.center().y), at.max), t.own);
            t.text_hi
        }
        OrderPhase::Sending | OrderPhase::Replacing | OrderPhase::Cancelling => {
            ink.dashed_outline(at, t.own);
            t.own_text
        }
        OrderPhase::Unknown => {
            icon(ink, cell, icons::WARNING, t.warn);
            t.warn
        }
        OrderPhase::Filled => {
            icon(ink, cell, icons::CHECK_SQUARE, t.text_mid);
            t.text_mid
        }
        OrderPhase::Cancelled => {
            icon(ink, cell, icons::X, t.text_lo);
            t.text_lo
        }
        OrderPhase::Rejected => {
            icon(ink, cell, icons::X_CIRCLE, t.danger);
            t.text_mid
        }
    };
    ink.text(place::from(cell.left() + 17.0, cell.center().y), Align::Min, Font::Ui12, order.phase.word(), color);
}

fn icon(ink: &mut Ink, cell: Rect, icon: char, color: Color32) {
    let place = Rect::from_center_size(pos2(cell.left() + 5.0, cell.center().y), vec2(12.0, 12.0));
    ink.text(place, Align::Center, Font::IconFill12, icon.encode_utf8(&mut [0; 4]), color);
}

fn empty(ui: &Ui, theme: &Theme, list: Rect) {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let middle = list.center().y - HEAD_HEIGHT / 2.0;
    let line = |y: f32| Rect::from_min_max(pos2(list.left(), y - 8.0), pos2(list.right(), y + 8.0));
    ink.text(line(middle - 14.0), Align::Center, Font::Icon14, icons::LIST_DASHES.encode_utf8(&mut [0; 4]), t.text_lo);
    ink.text(line(middle + 4.0), Align::Center, Font::UiBold12, "No working orders", t.text_hi);
    let hint = "Click a price while armed, or press Ctrl K and type one";
    ink.text(line(middle + 21.0), Align::Center, Font::Ui12, hint, t.text_lo);
    ink.paint(ui.painter());
}
