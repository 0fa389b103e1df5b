//! What the hand does on the rows. A press remembers the cell and the price drawn in it; only a release on the same cell showing
//! the same price acts. Everything else is dropped, and says so.

use std::time::Duration;

use egui::{CursorIcon, PointerButton, Pos2, Response, Ui};

use super::Scene;
use super::geometry::{Column, Layout};
use crate::base::time::Instant;
use crate::domain::command::{CancelScope, Intent};
use crate::domain::number::{Price, Side};
use crate::domain::order::OrderId;
use crate::ui::context::PanelContext;
use crate::view::trading::{OrderPhase, OrderView};

/// How long a dropped click is marked.
const DROPPED: Duration = Duration::from_millis(1_500);

/// The pointer's business with one ladder.
#[derive(Debug, Default)]
pub struct Hand {
    press: Option<Cell>,
    drag: Option<Drag>,
    hover: Option<Cell>,
    dropped: Option<(Price, Instant)>,
}

/// A column at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub column: Column,
    pub price: Price,
}

/// An own order on its way to another price.
#[derive(Clone, Copy, Debug)]
pub struct Drag {
    pub order: OrderId,
    pub side: Side,
    /// Where it would go.
    pub to: Option<Price>,
}

impl Hand {
    pub const fn hover(&self) -> Option<Cell> {
        self.hover
    }

    pub const fn drag(&self) -> Option<Drag> {
        self.drag
    }

    /// The price of a click that was not sent, for a moment.
    pub fn dropped(&self, now: Instant) -> Option<Price> {
        self.dropped.filter(|(_, at)| now.since(*at) < DROPPED).map(|(price, _)| price)
    }

    pub fn act(
        &mut self,
        ui: &Ui,
        ctx: &mut PanelContext<'_>,
        area: &Response,
        layout: &Layout,
        scene: &Scene<'_>,
        top: i64,
    ) {
        let cell_at = |at: Pos2| {
            let (column, row) = layout.hit(at)?;
            Some(Cell { column, price: Price::from_ticks(top - row as i64, scene.instrument.tick) })
        };
        let pointer = area.interact_pointer_pos().or_else(|| area.hover_pos());
        let here = pointer.and_then(cell_at);
        self.hover = here.filter(|_| area.hovered() || area.is_pointer_button_down_on());
        self.mark_hover(ctx, scene);

        // A quick hand presses and releases between two frames: then both fell on what the last frame showed.
        let clicked = area.clicked_by(PointerButton::Primary);
        if ui.input(|i| i.pointer.button_pressed(PointerButton::Primary))
            && (area.is_pointer_button_down_on() || clicked)
        {
            self.press = ui.input(|i| i.pointer.press_origin()).map_or(here, cell_at);
            self.drag = None;
        }
        if area.drag_started_by(PointerButton::Primary) {
            self.drag = self.press.and_then(|cell| drag_from(ctx, scene, cell));
        }
        if let Some(drag) = &mut self.drag {
            drag.to = here.map(|cell| cell.price);
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        }
        if area.drag_stopped_by(PointerButton::Primary) {
            if let Some(drag) = self.drag.take() {
                replace(ctx, scene, drag);
            }
            self.press = None;
        } else if clicked {
            let pressed = self.press.take();
            match (pressed, here) {
                (Some(pressed), Some(here)) if pressed == here => self.click(ctx, scene, here),
                (Some(pressed), _) => self.drop_click(ui, ctx, pressed.price),
                (None, _) => {}
            }
        }
    }

    fn mark_hover(&self, ctx: &mut PanelContext<'_>, scene: &Scene<'_>) {
        match self.hover {
            Some(cell) => ctx.selection.hover = Some((scene.id, cell.price)),
            None if ctx.selection.hover.is_some_and(|(id, _)| id == scene.id) => ctx.selection.hover = None,
            None => {}
        }
    }

    fn click(&mut self, ctx: &mut PanelContext<'_>, scene: &Scene<'_>, cell: Cell) {
        match cell.column {
            Column::Size(side) if scene.can_send => {
                let qty = ctx.selection.order_qty(scene.group);
                ctx.place_limit(scene.id, side, qty, cell.price, "ladder");
            }
            Column::Price => {
                let below = scene.market.book.mid().is_none_or(|mid| cell.price <= mid);
                ctx.selection.offer(scene.group, if below { Side::Bid } else { Side::Ask }, cell.price);
            }
            Column::Own(side) => {
                let orders: Vec<OrderId> = own_at(ctx, scene, side, cell.price).map(|order| order.id).collect();
                for order in orders {
                    ctx.send(Intent::Cancel(CancelScope::Order(order)));
                }
            }
            _ => {}
        }
    }

    fn drop_click(&mut self, ui: &Ui, ctx: &PanelContext<'_>, price: Price) {
        self.dropped = Some((price, ctx.now.mono));
        ui.ctx().request_repaint_after(DROPPED);
    }
}

/// Our open orders at a price that a cancel could still reach.
pub fn own_at<'a>(
    ctx: &PanelContext<'a>,
    scene: &Scene<'_>,
    side: Side,
    price: Price,
) -> impl Iterator<Item = &'a OrderView> {
    let id = scene.id;
    let orders = &ctx.view.trading.orders;
    orders.iter().filter(move |order| {
        order.instrument == id && order.side == side && order.price == Some(price) && order.phase.is_open()
    })
}

/// A chip that stands for exactly one settled order can be dragged.
fn drag_from(ctx: &PanelContext<'_>, scene: &Scene<'_>, cell: Cell) -> Option<Drag> {
    let Column::Own(side) = cell.column else { return None };
    let mut orders = own_at(ctx, scene, side, cell.price);
    let order = orders.next().filter(|o| matches!(o.phase, OrderPhase::Working | OrderPhase::PartFilled))?;
    (scene.can_send && orders.next().is_none()).then_some(Drag { order: order.id, side, to: None })
}

fn replace(ctx: &mut PanelContext<'_>, scene: &Scene<'_>, drag: Drag) {
    let order = ctx.view.trading.orders.iter().find(|order| order.id == drag.order);
    if let (Some(order), Some(price)) = (order, drag.to)
        && scene.can_send
        && order.phase.is_open()
        && order.price != Some(price)
    {
        let qty = order.qty;
        ctx.send(Intent::Replace { order: drag.order, qty, price });
    }
}
