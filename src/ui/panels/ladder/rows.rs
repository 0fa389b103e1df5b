//! The rows: what stands at each visible price, and its drawing, back to front.

use std::time::Duration;

use egui::{Align, Color32, Rect, pos2, vec2};

use super::Scene;
use super::geometry::{Column, Layout};
use super::hand::{self, Hand};
use crate::base::time::Instant;
use crate::domain::number::{Price, Qty, Side};
use crate::ui::context::{Motion, PanelContext};
use crate::ui::format;
use crate::ui::theme::color::mix;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::ink::{Font, Ink, Up};
use crate::view::book::BookState;
use crate::view::trading::{OrderPhase, OrderView};

/// A changed size is marked this long, and not again within [`FADE_EVERY`].
const FADE: Duration = Duration::from_millis(200);
const FADE_EVERY: Duration = Duration::from_millis(250);
/// An own fill stays solid, then fades.
const FILLED_SOLID: Duration = Duration::from_millis(600);
const FILLED_FADE: Duration = Duration::from_millis(300);

/// One price.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub price: Price,
    sizes: [Size; 2],
    /// What the venue trades here with other books: beside the sizes, in none of their sums.
    implied: [Qty; 2],
    /// From the best of its side to here; zero between the sides.
    cumulative: [Qty; 2],
    volume: Qty,
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    qty: Qty,
    /// When it last changed on screen, and from what.
    changed: Option<(Instant, Qty)>,
}

impl Row {
    const fn qty(&self, side: Side) -> Qty {
        self.sizes[side as usize].qty
    }

    /// Of the book and, beside it, implied.
    const fn both(&self, side: Side) -> (Qty, Qty) {
        (self.qty(side), self.implied[side as usize])
    }
}

/// The visible prices, highest first, and the scales of their bars.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    before: Vec<Row>,
    most_qty: Qty,
    most_cumulative: Qty,
    most_volume: Qty,
    pub in_view: [Qty; 2],
}

impl Rows {
    pub fn collect(&mut self, scene: &Scene<'_>, top: i64, count: usize, now: Instant) {
        std::mem::swap(&mut self.rows, &mut self.before);
        let tick = scene.instrument.tick;
        self.rows.clear();
        self.rows
            .extend((0..count as i64).map(|at| Row { price: Price::from_ticks(top - at, tick), ..Row::default() }));
        for side in Side::BOTH {
            self.fill_side(scene, side, top);
        }
        for side in Side::BOTH {
            if let Some(level) = scene.market.implied.level(side)
                && let Some(row) = self.row_mut(top, level.price.ticks(tick))
            {
                row.implied[side as usize] = level.qty;
            }
        }
        for &(price, volume) in scene.market.volume_at_price.iter() {
            if let Some(row) = self.row_mut(top, price.ticks(tick)) {
                row.volume = volume;
            }
        }
        self.mark_changes(now);
        let most = |of: fn(&Row) -> Qty| self.rows.iter().map(of).max().unwrap_or_default();
        let of_side = |row: &Row, side: usize| row.sizes[side].qty.max(row.implied[side]);
        self.most_qty = self.rows.iter().map(|row| of_side(row, 0).max(of_side(row, 1))).max().unwrap_or_default();
        self.most_cumulative = most(|row| row.cumulative[0].max(row.cumulative[1]));
        self.most_volume = most(|row| row.volume);
    }

    fn fill_side(&mut self, scene: &Scene<'_>, side: Side, top: i64) {
        let tick = scene.instrument.tick;
        let bottom = top - self.rows.len() as i64 + 1;
        let (mut sum, mut in_view) = (Qty::ZERO, Qty::ZERO);
        let mut next_tick = None;
        for level in scene.market.book.levels(side) {
            let at = level.price.ticks(tick);
            // The staircase stays level over prices without an order.
            if let Some(from) = next_tick {
                self.step_to(side, top, from, at, sum);
            }
            sum += level.qty;
            if let Some(row) = self.row_mut(top, at) {
                row.sizes[side as usize].qty = level.qty;
                row.cumulative[side as usize] = sum;
                in_view += level.qty;
            }
            next_tick = Some(at);
            if side == Side::Bid && at <= bottom || side == Side::Ask && at >= top {
                break;
            }
        }
        self.in_view[side as usize] = in_view;
    }

    fn step_to(&mut self, side: Side, top: i64, from: i64, to: i64, sum: Qty) {
        let bottom = top - self.rows.len() as i64 + 1;
        let between = match side {
            Side::Bid => to.max(bottom - 1) + 1..from.min(top + 1),
            Side::Ask => from.max(bottom - 1) + 1..to.min(top + 1),
        };
        for tick in between {
            if let Some(row) = self.row_mut(top, tick) {
                row.cumulative[side as usize] = sum;
            }
        }
    }

    fn row_mut(&mut self, top: i64, tick: i64) -> Option<&mut Row> {
        self.rows.get_mut(usize::try_from(top - tick).ok()?)
    }

    fn mark_changes(&mut self, now: Instant) {
        let (Some(first), Some(old_first)) = (self.rows.first(), self.before.first()) else { return };
        let step = self.rows.get(1).map_or(1, |second| first.price.0 - second.price.0);
        let offset = (old_first.price.0 - first.price.0) / step.max(1);
        for (at, row) in self.rows.iter_mut().enumerate() {
            let Ok(at_before) = usize::try_from(at as i64 + offset) else { continue };
            let Some(before) = self.before.get(at_before).filter(|old| old.price == row.price) else { continue };
            for (size, old) in row.sizes.iter_mut().zip(before.sizes) {
                size.changed = match old.changed {
                    Some((since, _)) if now.since(since) < FADE_EVERY => old.changed,
                    _ if old.qty != size.qty && !old.qty.is_zero() => Some((now, old.qty)),
                    _ => None,
                };
            }
        }
    }

    /// Something is still on its way back to rest.
    pub fn is_fading(&self, now: Instant) -> bool {
        let fading = |size: &Size| size.changed.is_some_and(|(since, _)| now.since(since) < FADE);
        self.rows.iter().any(|row| row.sizes.iter().any(fading))
    }

    fn index_of(&self, price: Price) -> Option<usize> {
        self.rows.iter().position(|row| row.price == price)
    }
}

/// Draws all rows; the caller clips. `shift` moves them while a recentring slides.
pub fn draw(
    ink: &mut Ink,
    ctx: &PanelContext<'_>,
    layout: &Layout,
    scene: &Scene<'_>,
    rows: &Rows,
    hand: &Hand,
    shift: f32,
) {
    let mut draw = Draw { ink, ctx, theme: ctx.theme, layout, scene, rows, hand, shift, text: String::new() };
    draw.ground();
    for index in 0..rows.rows.len() {
        draw.volume(index);
        for side in Side::BOTH {
            draw.implied_bar(index, side);
            draw.size(index, side);
            draw.implied(index, side);
        }
        draw.price(index);
    }
    draw.last_trade();
    draw.touch_lines();
    draw.own_orders();
    draw.hovered();
    draw.position_rail();
    draw.vwap();
    draw.dropped();
    draw.state_note();
}

struct Draw<'a, 'b> {
    ink: &'a mut Ink,
    ctx: &'a PanelContext<'b>,
    theme: &'a Theme,
    layout: &'a Layout,
    scene: &'a Scene<'a>,
    rows: &'a Rows,
    hand: &'a Hand,
    shift: f32,
    /// Reused for every number.
    text: String,
}

impl Draw<'_, '_> {
    fn cell(&self, column: Column, index: usize) -> Rect {
        self.layout.cell(column, index).translate(vec2(0.0, self.shift))
    }

    /// Sizes may be believed and are drawn in colour.
    const fn is_believed(&self) -> bool {
        matches!(self.scene.state, BookState::Live | BookState::Crossed)
    }

    fn best(&self, side: Side) -> Option<Price> {
        self.scene.market.book.best(side).map(|level| level.price)
    }

    fn is_best(&self, side: Side, index: usize) -> bool {
        self.rows.rows.get(index).map(|row| row.price) == self.best(side)
    }

    fn ground(&mut self) {
        let (t, rows) = (&self.theme.tokens, self.layout.rows);
        let price = self.layout.x(Column::Price);
        match self.scene.state {
            BookState::Stale | BookState::Connecting | BookState::Ended => self.ink.hatch(rows, 8.0, t.line),
            BookState::Gap => self.ink.hatch(rows, 8.0, self.theme.gap_hatch),
            _ => {}
        }
        self.ink.rect(Rect::from_x_y_ranges(price, rows.y_range()), t.bg2);
        if self.is_believed() {
            for side in Side::BOTH {
                self.staircase(side);
            }
        }
        let every = if self.scene.instrument.tick.to_string().ends_with('5') { 4 } else { 5 };
        for index in 0..self.rows.rows.len() {
            if self.is_decade(index, every) {
                let cell = self.cell(Column::Price, index);
                self.ink.hline(rows.x_range(), cell.max.y - 1.0, 1.0, t.line);
            }
        }
    }

    fn is_decade(&self, index: usize, every: i64) -> bool {
        let price = self.rows.rows.get(index).map_or(Price(1), |row| row.price);
        price.ticks(self.scene.instrument.tick).rem_euclid(every) == 0
    }

    /// Cumulative size, over the size column and ours.
    fn staircase(&mut self, side: Side) {
        let inks = self.theme.side(side);
        let (own, size) = (self.layout.x(Column::Own(side)), self.layout.x(Column::Size(side)));
        let span = own.span() + size.span() - 2.0;
        let scale = self.rows.most_cumulative.to_f64_lossy().max(1.0) as f32;
        let mut previous: Option<f32> = None;
        let indices: Vec<usize> = match side {
            Side::Bid => (0..self.rows.rows.len()).collect(),
            Side::Ask => (0..self.rows.rows.len()).rev().collect(),
        };
        for index in indices {
            let Some(row) = self.rows.rows.get(index) else { continue };
            let sum = row.cumulative[side as usize];
            if sum.is_zero() {
                continue;
            }
            let reach = sum.to_f64_lossy() as f32 / scale * span;
            let cell = self.cell(Column::Size(side), index);
            let (foot, tip) = match side {
                Side::Bid => (size.max, size.max - reach),
                Side::Ask => (size.min, size.min + reach),
            };
            self.ink.rect(Rect::from_x_y_ranges(foot.min(tip)..=foot.max(tip), cell.y_range()), inks.fill);
            self.ink.vline(tip, cell.y_range(), 1.0, inks.edge);
            if let Some(previous) = previous {
                let y = if side == Side::Bid { cell.min.y } else { cell.max.y - 1.0 };
                self.ink.hline(previous.min(tip)..=previous.max(tip), y, 1.0, inks.edge);
            }
            previous = Some(tip);
        }
    }

    fn size(&mut self, index: usize, side: Side) {
        let Some(row) = self.rows.rows.get(index) else { return };
        let size = row.sizes[side as usize];
        if size.qty.is_zero() {
            return;
        }
        let (cell, best) = (self.cell(Column::Size(side), index), self.is_best(side, index));
        if self.is_believed() || self.scene.state == BookState::Halted {
            self.size_bar(cell, side, size.qty, best);
        }
        self.text.clear();
        format::write_lots(&mut self.text, size.qty);
        let font = if best && self.is_believed() { Font::MonoBold12 } else { Font::Mono12 };
        let color = match self.scene.state {
            BookState::Live | BookState::Crossed => self.theme.tokens.text_hi,
            BookState::Halted => self.theme.tokens.text_mid,
            _ => self.theme.tokens.stale,
        };
        let right = self.size_end(cell, side, self.ink.width(font, &self.text));
        let place = Rect::from_min_max(cell.min, pos2(right, cell.max.y));
        if let Some((since, before)) = size.changed {
            self.change_mark(place, side, font, since, before);
        }
        self.ink.text(place, Align::Max, font, &self.text, color);
    }

    /// Right-aligned on both sides: the units of all sizes stand under each other.
    fn size_end(&self, cell: Rect, side: Side, width: f32) -> f32 {
        match side {
            Side::Bid => cell.max.x - 8.0,
            Side::Ask => cell.min.x + 8.0 + self.ink.width(Font::Mono12, "000").max(width),
        }
    }

    fn bar_length(&self, cell: Rect, qty: Qty) -> f32 {
        if qty.is_zero() {
            return 0.0;
        }
        let share = (qty.to_f64_lossy() / self.rows.most_qty.to_f64_lossy().max(1.0)) as f32;
        (share * (cell.width() - 4.0)).max(2.0)
    }

    /// Empty, at the end of the bar of the book's own orders.
    fn implied_bar(&mut self, index: usize, side: Side) {
        let (own, qty) = self.rows.rows.get(index).map_or_else(Default::default, |row| row.both(side));
        if qty.is_zero() || !self.is_believed() {
            return;
        }
        let cell = self.cell(Column::Size(side), index);
        let (from, most) = (self.bar_length(cell, own), cell.width() - 2.0);
        let (from, to) = (from.min(most - 4.0), (from + self.bar_length(cell, qty).max(4.0)).min(most));
        let (left, right) = match side {
            Side::Bid => (cell.max.x - to, cell.max.x - from),
            Side::Ask => (cell.min.x + from, cell.min.x + to),
        };
        let bar = Rect::from_min_max(pos2(left, cell.min.y + 2.0), pos2(right, cell.max.y - 2.0));
        self.ink.outline(bar, 1.0, self.theme.side(side).bar_best);
    }

    /// `[12]` outside of the size of the book's own orders.
    fn implied(&mut self, index: usize, side: Side) {
        let Some(row) = self.rows.rows.get(index) else { return };
        let (own, qty) = row.both(side);
        if qty.is_zero() {
            return;
        }
        let cell = self.cell(Column::Size(side), index);
        let color = match self.scene.state {
            BookState::Live | BookState::Crossed => self.theme.tokens.text_mid,
            BookState::Halted => self.theme.tokens.text_lo,
            _ => self.theme.tokens.stale,
        };
        let (left, right) = self.implied_span(cell, side, own, qty);
        let place = Rect::from_min_max(pos2(left, cell.min.y), pos2(right, cell.max.y));
        self.ink.text(place, Align::Min, Font::Mono12, &self.text, color);
    }

    /// Where `[12]` stands, beside the own size where there is one; the words are left in `text`.
    fn implied_span(&mut self, cell: Rect, side: Side, own: Qty, qty: Qty) -> (f32, f32) {
        let mut width = |write: fn(&mut String, Qty), qty: Qty| {
            self.text.clear();
            write(&mut self.text, qty);
            self.ink.width(Font::Mono12, &self.text)
        };
        let (digits, implied) = (width(format::write_lots, own), width(format::write_implied, qty));
        match (side, own.is_zero()) {
            (Side::Bid, true) => (cell.max.x - 2.0 - implied, cell.max.x - 2.0),
            (Side::Ask, true) => (cell.min.x + 2.0, cell.min.x + 2.0 + implied),
            (Side::Bid, false) => {
                let end = self.size_end(cell, side, digits) - digits - 4.0;
                (end - implied, end)
            }
            (Side::Ask, false) => {
                let start = self.size_end(cell, side, digits) + 4.0;
                (start, start + implied)
            }
        }
    }

    fn size_bar(&mut self, cell: Rect, side: Side, qty: Qty, best: bool) {
        let inks = self.theme.side(side);
        let length = self.bar_length(cell, qty);
        let (left, right) = match side {
            Side::Bid => (cell.max.x - length, cell.max.x),
            Side::Ask => (cell.min.x, cell.min.x + length),
        };
        let bar = Rect::from_min_max(pos2(left, cell.min.y + 2.0), pos2(right, cell.max.y - 2.0));
        let color = match self.scene.state {
            BookState::Halted => self.theme.stale_bar,
            _ if best => inks.bar_best,
            _ => inks.bar,
        };
        if side == Side::Ask && self.theme.outlines_asks() {
            self.ink.outline(bar, 1.0, inks.full);
        } else {
            self.ink.rect(bar, color);
        }
    }

    /// Behind the digits that changed: from the first that differs to the last.
    fn change_mark(&mut self, place: Rect, side: Side, font: Font, since: Instant, before: Qty) {
        let gone = self.ctx.now.mono.since(since).as_secs_f32() / FADE.as_secs_f32();
        if gone >= 1.0 || self.ctx.prefs.motion == Motion::Reduced {
            return;
        }
        let old = format::lots(before);
        let same = self.text.bytes().zip(old.bytes()).take_while(|(a, b)| a == b).count();
        let same = if old.len() == self.text.len() { same } else { 0 };
        let width = self.ink.width(font, self.text.get(same..).unwrap_or_default());
        let mark = Rect::from_min_max(pos2(place.max.x - width, place.min.y + 2.0), place.max - vec2(0.0, 2.0));
        let ground = self.theme.side(side).bar;
        self.ink.rect(mark, mix(self.theme.side(side).full, ((1.0 - gone) * 70.0) as u8, ground));
    }

    fn price(&mut self, index: usize) {
        let Some(row) = self.rows.rows.get(index) else { return };
        let (t, cell) = (&self.theme.tokens, self.cell(Column::Price, index));
        self.text.clear();
        self.scene.format.write(&mut self.text, row.price);
        let every = if self.scene.instrument.tick.to_string().ends_with('5') { 4 } else { 5 };
        let best = Side::BOTH.into_iter().find(|&side| self.is_best(side, index));
        let (font, color) = match (self.scene.state, best) {
            (BookState::Live, Some(side)) => (Font::MonoBold13, self.theme.side(side).full),
            (BookState::Crossed, Some(_)) => (Font::MonoBold13, t.warn),
            (BookState::Live | BookState::Crossed, None) if !self.scene.can_send => (Font::Mono13, t.text_lo),
            (BookState::Live | BookState::Crossed, None) if self.is_decade(index, every) => (Font::Mono13, t.text_hi),
            (BookState::Live | BookState::Crossed, None) => (Font::Mono13, t.text_mid),
            (BookState::Halted, _) => (Font::Mono13, t.text_lo),
            _ => (Font::Mono13, t.stale),
        };
        let dim_len = self.scene.format.dim_len(&self.text);
        let dim = mix(color, 60, t.bg2);
        self.ink.text_dimmed(cell, Align::Center, font, &self.text, dim_len, dim, color);
    }

    fn volume(&mut self, index: usize) {
        let Some(row) = self.rows.rows.get(index).filter(|row| !row.volume.is_zero()) else { return };
        let cell = self.cell(Column::Volume, index);
        if cell.width() < 12.0 {
            return;
        }
        let most = row.volume == self.rows.most_volume;
        let share = (row.volume.to_f64_lossy() / self.rows.most_volume.to_f64_lossy().max(1.0)) as f32;
        let bar = Rect::from_min_max(
            pos2(cell.max.x - share * (cell.width() - 4.0), cell.min.y + 3.0),
            pos2(cell.max.x, cell.max.y - 3.0),
        );
        let (fill, color) = match most {
            true => (self.theme.volume_bar_most, self.theme.tokens.text_hi),
            false => (self.theme.volume_bar, self.theme.tokens.text_lo),
        };
        self.ink.rect(bar, fill);
        self.text.clear();
        format::write_lots(&mut self.text, row.volume);
        let place = Rect::from_min_max(cell.min, pos2(cell.max.x - 5.0, cell.max.y));
        self.ink.text(place, Align::Max, Font::Mono11, &self.text, color);
    }

    /// The price inverted; the size beside it on the aggressor's side, with an arrow.
    fn last_trade(&mut self) {
        let Some(last) = self.scene.market.last else { return };
        let Some(index) = self.rows.index_of(last.price) else { return };
        let (t, cell) = (&self.theme.tokens, self.cell(Column::Price, index));
        let believed = self.is_believed() || self.scene.state == BookState::Halted;
        self.ink.rect(cell, if believed { t.last } else { t.stale });
        self.text.clear();
        self.scene.format.write(&mut self.text, last.price);
        self.ink.text(cell, Align::Center, Font::MonoBold13, &self.text, t.last_ink);

        let beside = match last.aggressor {
            Side::Bid => Column::Size(Side::Ask),
            Side::Ask => Column::Size(Side::Bid),
        };
        let resting = match last.aggressor {
            Side::Bid => Side::Ask,
            Side::Ask => Side::Bid,
        };
        let place = self.cell(beside, index);
        let (own, implied) = self.rows.rows.get(index).map_or_else(Default::default, |row| row.both(resting));
        let is_taken = !own.is_zero() || !implied.is_zero();
        let implied = (!implied.is_zero()).then(|| self.implied_span(place, resting, own, implied));
        self.text.clear();
        format::write_lots(&mut self.text, last.qty);
        let width = self.ink.width(Font::MonoBold12, &self.text);
        let arrow_y = place.center().y;
        // Beside a resting size the mark moves to the far end of the column.
        let from_left = (last.aggressor == Side::Bid) != is_taken;
        let color = if is_taken { t.text_mid } else { t.text_hi };
        let up = if last.aggressor == Side::Bid { Up::Yes } else { Up::No };
        let (arrow_x, text_x) = match (last.aggressor, from_left) {
            (Side::Bid, true) => (place.min.x + 11.5, place.min.x + 20.0),
            (Side::Bid, false) => (place.max.x - width - 13.0, place.max.x - width - 4.0),
            (Side::Ask, true) => (place.min.x + 8.0, place.min.x + 15.0),
            (Side::Ask, false) => (place.max.x - 11.5, place.max.x - 20.0 - width),
        };
        let mark = text_x.min(arrow_x - 5.0)..(text_x + width).max(arrow_x + 5.0);
        if implied.is_some_and(|(left, right)| left < mark.end && mark.start < right) {
            // No room for three numbers: the tape has this one too.
            return;
        }
        self.ink.arrow(pos2(arrow_x, arrow_y), up, color);
        let text = Rect::from_min_max(pos2(text_x, place.min.y), place.max);
        self.ink.text(text, Align::Min, Font::MonoBold12, &self.text, color);
    }

    /// Thin lines that close the inside market.
    fn touch_lines(&mut self) {
        if !self.is_believed() {
            return;
        }
        for side in Side::BOTH {
            if let Some(index) = self.best(side).and_then(|price| self.rows.index_of(price)) {
                let cell = self.cell(Column::Size(side), index);
                let y = if side == Side::Bid { cell.min.y } else { cell.max.y - 1.0 };
                self.ink.hline(cell.x_range(), y, 1.0, self.theme.side(side).full);
            }
        }
    }

    fn own_orders(&mut self) {
        let now = self.ctx.now.mono;
        for index in 0..self.rows.rows.len() {
            let Some(price) = self.rows.rows.get(index).map(|row| row.price) else { continue };
            for side in Side::BOTH {
                let mut orders = hand::own_at(self.ctx, self.scene, side, price);
                if let Some(first) = orders.next() {
                    let (others, more) = orders.fold((0, Qty::ZERO), |(n, sum), o| (n + 1, sum + o.left()));
                    self.chip(index, side, first, others, first.left() + more);
                }
            }
        }
        let (id, orders) = (self.scene.id, &self.ctx.view.trading.orders);
        for order in orders.iter().filter(|order| order.instrument == id) {
            if let (OrderPhase::Replacing, Some((price, qty))) = (order.phase, order.wanted)
                && let Some(index) = self.rows.index_of(price)
            {
                let place = self.chip_place(index, order.side);
                self.ghost_chip(place, qty, self.theme.tokens.own_text, &format::age(now.since(order.since)));
            }
            if order.phase == OrderPhase::Filled && now.since(order.since) < FILLED_SOLID + FILLED_FADE {
                self.filled_chip(order, now.since(order.since));
            }
        }
    }

    fn chip_place(&self, index: usize, side: Side) -> Rect {
        self.cell(Column::Own(side), index).shrink2(vec2(3.0, 1.0))
    }

    fn chip(&mut self, index: usize, side: Side, order: &OrderView, others: u32, left: Qty) {
        let (t, place) = (&self.theme.tokens, self.chip_place(index, side));
        let pending = format::age(self.ctx.now.mono.since(order.since));
        let is_dragged = self.hand.drag().is_some_and(|drag| drag.order == order.id);
        match order.phase {
            OrderPhase::Sending => return self.ghost_chip(place, left, t.own_text, &pending),
            OrderPhase::Unknown => return self.ghost_chip(place, left, t.warn, &format!("? {pending}")),
            _ => {}
        }
        let faint = if order.phase == OrderPhase::Replacing || is_dragged { 45 } else { 100 };
        let soft = |color: Color32| mix(color, faint, self.theme.tokens.bg1);
        self.ink.chip_outlined(place, soft(self.theme.chip_fill), soft(self.theme.chip_edge));
        self.text.clear();
        format::write_lots(&mut self.text, left);
        self.ink.text(lower_edge_free(place, 5.0), Align::Min, Font::MonoBold12, &self.text, soft(t.own_text));
        self.text.clear();
        match (order.phase, others, order.queue) {
            (OrderPhase::Cancelling, ..) => self.text.push_str(&pending),
            (_, 1.., _) => self.text.push_str(&format!("×{}", others + 1)),
            (_, 0, Some((low, high))) => format::write_range(&mut self.text, low, high),
            (_, 0, None) => self.text.push_str(format::NONE),
        }
        self.ink.text(lower_edge_free(place, 4.0), Align::Max, Font::Mono11, &self.text, soft(t.text_mid));
        if order.phase == OrderPhase::Cancelling {
            self.ink.hline(place.min.x + 4.0..=place.max.x - 4.0, place.center().y, 1.25, t.own);
        }
        if let Some((low, high)) = order.queue.filter(|_| others == 0) {
            self.gauge(place, index, side, (low, high), faint);
        }
    }

    /// Place in the level: from first in line at the left to last at the right.
    fn gauge(&mut self, place: Rect, index: usize, side: Side, (low, high): (Qty, Qty), faint: u8) {
        let level = self.rows.rows.get(index).map_or(Qty::ZERO, |row| row.qty(side)).max(high);
        let track = Rect::from_min_max(pos2(place.min.x + 1.0, place.max.y - 3.0), place.max - vec2(1.0, 1.0));
        let soft = |color: Color32| mix(color, faint, self.theme.tokens.bg1);
        self.ink.rect(track, soft(self.theme.gauge_track));
        let share = |qty: Qty| (qty.to_f64_lossy() / level.to_f64_lossy().max(1.0)) as f32 * track.width();
        let start = (track.min.x + share(low)).min(track.max.x - 2.0);
        let end = (track.min.x + share(high)).clamp(start + 2.0, track.max.x);
        self.ink.rect(Rect::from_x_y_ranges(start..=end, track.y_range()), soft(self.theme.tokens.own));
    }

    fn ghost_chip(&mut self, place: Rect, qty: Qty, color: Color32, note: &str) {
        let muted = if color == self.theme.tokens.warn { color } else { self.theme.tokens.text_mid };
        self.ink.dashed_outline(place, color);
        self.text.clear();
        format::write_lots(&mut self.text, qty);
        self.ink.text(lower_edge_free(place, 5.0), Align::Min, Font::MonoBold12, &self.text, color);
        self.ink.text(lower_edge_free(place, 4.0), Align::Max, Font::Mono11, note, muted);
    }

    fn filled_chip(&mut self, order: &OrderView, gone: Duration) {
        let Some(index) = order.price.and_then(|price| self.rows.index_of(price)) else { return };
        let fading = gone.saturating_sub(FILLED_SOLID).as_secs_f32() / FILLED_FADE.as_secs_f32();
        if self.ctx.prefs.motion == Motion::Reduced && fading > 0.0 {
            return;
        }
        let strength = ((1.0 - fading).clamp(0.0, 1.0) * 100.0) as u8;
        let place = self.chip_place(index, order.side);
        let t = &self.theme.tokens;
        self.ink.chip(place, mix(t.own, strength, t.bg1));
        self.text.clear();
        format::write_lots(&mut self.text, order.filled);
        let on_own = if self.theme.is_dark { t.ink } else { t.text_hi };
        let color = mix(on_own, strength, t.bg1);
        self.ink.text(lower_edge_free(place, 5.0), Align::Min, Font::MonoBold12, &self.text, color);
        self.ink.text(lower_edge_free(place, 4.0), Align::Max, Font::Mono11, "filled", color);
    }

    fn hovered(&mut self) {
        let t = &self.theme.tokens;
        if let Some(drag) = self.hand.drag() {
            let order = self.ctx.view.trading.orders.iter().find(|order| order.id == drag.order);
            if let (Some(order), Some(index)) = (order, drag.to.and_then(|price| self.rows.index_of(price))) {
                let place = self.chip_place(index, drag.side);
                self.ghost_chip(place, order.left(), t.own_text, "move");
            }
            return;
        }
        let Some(cell) = self.hand.hover() else { return };
        let Column::Size(side) = cell.column else { return };
        let Some(index) = self.rows.index_of(cell.price) else { return };
        let place = self.chip_place(index, side);
        if self.scene.can_send {
            let inks = self.theme.side(side);
            let outline = self.cell(cell.column, index);
            self.ink.outline(outline, 1.5, inks.full);
            if hand::own_at(self.ctx, self.scene, side, cell.price).next().is_none() {
                let ahead = self.rows.rows.get(index).map_or(Qty::ZERO, |row| row.qty(side));
                self.ink.dashed_outline(place, inks.ghost);
                self.text.clear();
                format::write_lots(&mut self.text, self.ctx.selection.order_qty(self.scene.group));
                self.ink.text(lower_edge_free(place, 5.0), Align::Min, Font::MonoBold12, &self.text, inks.full);
                let ahead = format!("{}+", format::lots(ahead));
                self.ink.text(lower_edge_free(place, 4.0), Align::Max, Font::Mono11, &ahead, t.text_lo);
            }
        } else if self.scene.state.is_live() {
            let word = if self.ctx.view.trading.is_blocked { "Blocked" } else { "Disarmed" };
            let lock = icons::LOCK_SIMPLE.encode_utf8(&mut [0; 4]).to_owned();
            let end = self.ink.text(lower_edge_free(place, 2.0), Align::Min, Font::Icon12, &lock, t.text_lo);
            let text = Rect::from_min_max(pos2(end + 4.0, place.min.y), place.max);
            self.ink.text(text, Align::Min, Font::Ui11, word, t.text_lo);
        }
    }

    /// From our average to the last price along the price column: how far, and for or against us.
    fn position_rail(&mut self) {
        let Some(position) = self.ctx.position(self.scene.id).filter(|p| !p.net.is_zero()) else { return };
        let (Some(average), Some(last)) = (position.average, self.scene.market.last_price()) else { return };
        let (Some(first), rows) = (self.rows.rows.first(), self.layout.rows) else { return };
        let tick = self.scene.instrument.tick.0.max(1) as f32;
        let y_of = |price: Price| {
            let below = (first.price.0 - price.0) as f32 / tick;
            rows.min.y + self.shift + (below + 0.5) * self.layout.row_height
        };
        let gain = (last.0 - average.0).signum() * position.net.0.signum();
        let color = if self.is_believed() { self.theme.direction(gain) } else { self.theme.tokens.stale };
        let (from, to) = (y_of(average), y_of(last));
        let (top, bottom) = (from.min(to).max(rows.min.y), from.max(to).min(rows.max.y));
        let x = self.layout.x(Column::Price).min;
        if bottom > top {
            self.ink.vline(x, top..=bottom, 2.0, color);
        }
        let at = from.clamp(rows.min.y + 4.0, rows.max.y - 4.0);
        if at == from {
            self.ink.diamond(pos2(x + 1.0, at), 4.0, color);
        } else {
            self.ink.arrow(pos2(x + 1.0, at), if from < at { Up::Yes } else { Up::No }, color);
        }
    }

    fn vwap(&mut self) {
        let (Some(vwap), Some(first)) = (self.scene.market.vwap, self.rows.rows.first()) else { return };
        let below = (first.price.0 - vwap.0) as f32 / self.scene.instrument.tick.0.max(1) as f32;
        let y = self.layout.rows.min.y + self.shift + (below + 0.5) * self.layout.row_height;
        let x = self.layout.x(Column::Volume).min;
        let points = [pos2(x, y - 4.0), pos2(x + 6.0, y), pos2(x, y + 4.0)];
        self.ink.convex(&points, self.theme.tokens.text_mid);
    }

    fn dropped(&mut self) {
        let Some(index) = self.hand.dropped(self.ctx.now.mono).and_then(|price| self.rows.index_of(price)) else {
            return;
        };
        let warn = self.theme.tokens.warn;
        let row = Rect::from_x_y_ranges(self.layout.rows.x_range(), self.cell(Column::Price, index).y_range());
        self.ink.outline(row, 1.5, warn);
        let place = Rect::from_min_max(pos2(self.cell(Column::Size(Side::Ask), index).min.x, row.min.y), row.max);
        self.note(place, "moved, nothing sent", warn);
    }

    /// Why the rows take no clicks, on the row nearest the middle of the market.
    fn state_note(&mut self) {
        let age = format::age(self.scene.market.book.age(self.ctx.now));
        let (words, color) = match self.scene.state {
            BookState::Live => return,
            BookState::Stale => (format!("stale {age}"), self.theme.tokens.stale),
            BookState::Connecting => ("waiting for the book".to_owned(), self.theme.tokens.stale),
            BookState::Gap => ("gap, snapshot asked".to_owned(), self.theme.tokens.warn),
            BookState::Crossed => ("crossed".to_owned(), self.theme.tokens.warn),
            BookState::Halted => ("halted, cancels only".to_owned(), self.theme.tokens.text_mid),
            BookState::Ended => ("no longer listed".to_owned(), self.theme.tokens.text_mid),
        };
        let middle = self.scene.market.book.mid().map(|mid| mid.floor_to(self.scene.instrument.tick));
        let index = middle.and_then(|price| self.rows.index_of(price)).unwrap_or(self.rows.rows.len() / 2);
        let place = self.cell(Column::Own(Side::Ask), index);
        self.note(Rect::from_min_max(place.min, pos2(self.layout.rows.max.x, place.max.y)), &words, color);
    }

    fn note(&mut self, at: Rect, words: &str, color: Color32) {
        let width = self.ink.width(Font::Ui11, words);
        let ground = Rect::from_min_size(at.min + vec2(0.0, 1.0), vec2(width + 12.0, at.height() - 2.0));
        self.ink.chip(ground, self.theme.tokens.bg2);
        self.ink.text(ground, Align::Center, Font::Ui11, words, color);
    }
}

/// The inside of a chip, `pad` from either end, above its gauge.
fn lower_edge_free(place: Rect, pad: f32) -> Rect {
    Rect::from_min_max(pos2(place.min.x + pad, place.min.y), pos2(place.max.x - pad, place.max.y - 1.0))
}
