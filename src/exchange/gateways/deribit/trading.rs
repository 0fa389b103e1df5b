//! Orders: placing, changing, cancelling, asking.

use super::context::Context;
use super::filter::Filter;
use super::market::{Window, in_currency};
use super::rpc::{Answer, Failure, json, params};
use super::shapes;
use super::terms::{self, is_of_type};
use crate::domain::number::Side;
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::{Listing, ListingId};
use crate::exchange::engine::{Applied, Command, Edit, EditHeld, Engine, OrderId, Refused};
use crate::venues::deribit::wire::{
    self, CancelParams, Code, EditParams, Fills, LabelParams, OrderParams, OrdersParams, Placed, TradesParams,
};

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    Some(match method {
        "private/buy" => place(context, Side::Bid, text),
        "private/sell" => place(context, Side::Ask, text),
        "private/edit" | "private/edit_by_label" => edit(context, text),
        "private/cancel" => cancel(context, text),
        "private/cancel_by_label" => cancel_by_label(context, text),
        "private/cancel_all" => context.caller().and_then(|account| cancel_many(context, account, &Command::CancelAll)),
        "private/cancel_all_by_instrument" => cancel_by_instrument(context, text),
        "private/cancel_all_by_currency" => cancel_by_currency(context, text),
        "private/get_open_orders" | "private/get_open_orders_by_instrument" | "private/get_open_orders_by_currency" => {
            open_orders(context, method, text)
        }
        "private/get_open_orders_by_label" | "private/get_order_state_by_label" => by_label(context, method, text),
        "private/get_order_state" => order_state(context, text),
        "private/get_order_history_by_instrument" | "private/get_order_history_by_currency" => history(context, text),
        "private/get_user_trades_by_instrument"
        | "private/get_user_trades_by_instrument_and_time"
        | "private/get_user_trades_by_currency"
        | "private/get_user_trades_by_currency_and_time" => user_trades(context, text),
        "private/get_user_trades_by_order" => user_trades_by_order(context, text),
        _ => return None,
    })
}

fn listed<'a>(engine: &'a Engine, name: &str) -> Result<&'a Listing, Failure> {
    let listing = engine.catalogue().find(name).map(|listing| &**listing);
    listing.ok_or_else(|| Failure::because(Code::INVALID_INSTRUMENT, "no such instrument"))
}

/// Orders reach the engine before `valid_until` or not at all.
fn in_time(context: &Context<'_>, valid_until: Option<i64>) -> Result<(), Failure> {
    match valid_until {
        Some(until) if until <= context.now.millis() => {
            Err(Failure::because(Code::TIMED_OUT, "valid_until has passed"))
        }
        _ => Ok(()),
    }
}

fn place(context: &mut Context<'_>, side: Side, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: OrderParams<'_> = params(text)?;
    let listing = listed(context.engine(), &asked.instrument_name)?;
    let place = terms::place(listing, side, &asked, context.connection)?;
    in_time(context, asked.valid_until)?;
    submit(context, account, &Command::Place(place))
}

/// Applies a command about one order and answers with the order and what it traded at once.
fn submit(context: &mut Context<'_>, account: AccountId, command: &Command) -> Answer {
    let fills_before = context.engine().fills(account).next_back().map(|fill| fill.trade.trade_id);
    let Applied::Order(id) = context.submit(account, command)? else { return Err(Code::INTERNAL.into()) };
    let engine = context.engine();
    let mut trades: Vec<_> = engine
        .fills(account)
        .rev()
        .take_while(|fill| fills_before.is_none_or(|before| fill.trade.trade_id > before))
        .filter(|fill| fill.order == id)
        .map(|fill| shapes::fill(engine, fill))
        .collect();
    trades.reverse();
    json(&Placed { order: found(engine, account, id).ok_or(Code::INTERNAL)?, trades })
}

/// A working, held or finished order of `account`.
fn found(engine: &Engine, account: AccountId, id: OrderId) -> Option<wire::Order<'_>> {
    let order = engine.order(account, id).map(|order| shapes::order(engine, order));
    order.or_else(|| engine.held_order(account, id).map(|order| shapes::held(engine, order)))
}

fn order_id(text: &str) -> Result<OrderId, Failure> {
    text.parse().map(OrderId).map_err(|_| Failure::because(Code::ORDER_NOT_FOUND, "no such order of this account"))
}

fn edit(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: EditParams<'_> = params(text)?;
    let engine = context.engine();
    let id = match (&asked.order_id, &asked.label) {
        (Some(id), _) => order_id(id)?,
        (None, Some(label)) => labelled(engine, account, label, asked.instrument_name.as_ref())?,
        (None, None) => return Err(Failure::param("order_id", "value required")),
    };
    let waiting = engine.held_orders(account).find(|held| held.id == id);
    let order = engine.order(account, id);
    let (listing, qty, old_post_only) = match (waiting, order) {
        (Some(held), _) => (held.place.listing, held.place.qty, held.place.post_only),
        (None, Some(order)) => (order.listing, order.qty, order.post_only),
        (None, None) if engine.held_order(account, id).is_some() => {
            return Err(Failure::because(Code::NOT_OPEN_ORDER, "the order has triggered or ended"));
        }
        (None, None) => return Err(Failure::because(Code::ORDER_NOT_FOUND, "no such order of this account")),
    };
    let listing = engine.catalogue().get(listing).ok_or(Code::INVALID_INSTRUMENT)?;
    let qty = match (asked.amount, asked.contracts) {
        (None, None) => qty,
        (amount, contracts) => terms::size(listing, amount, contracts)?,
    };
    let post_only = match asked.post_only {
        None => old_post_only,
        given => terms::post_only(given, asked.reject_post_only),
    };
    let price = terms::price(asked.price)?;
    in_time(context, asked.valid_until)?;
    let command = if waiting.is_some() {
        let trigger = terms::price(asked.trigger_offset.or(asked.trigger_price))?;
        Command::EditHeld(EditHeld { order: id, qty, price, trigger, post_only })
    } else {
        Command::Edit(Edit { order: id, qty, price, post_only })
    };
    submit(context, account, &command)
}

/// The one order that waits or works under a label.
fn labelled(
    engine: &Engine,
    account: AccountId,
    label: &str,
    instrument: Option<&wire::Text<'_>>,
) -> Result<OrderId, Failure> {
    let here = |listing| instrument.is_none_or(|name| shapes::symbol(engine, listing) == name.as_str());
    let ids: Vec<OrderId> = standing(engine, account, |s| s.label == Some(label) && here(s.listing)).collect();
    match ids.as_slice() {
        [] => Err(Failure::because(Code::ORDER_NOT_FOUND, "no such order of this account")),
        [id] => Ok(*id),
        _ => Err(Failure::because(Code::NON_UNIQUE_LABEL, "more than one order has this label")),
    }
}

/// What an order that works or waits is chosen by.
struct Standing<'a> {
    listing: ListingId,
    label: Option<&'a str>,
    type_name: &'static str,
}

/// Working orders, then held ones, oldest first.
fn standing(
    engine: &Engine,
    account: AccountId,
    wanted: impl Fn(&Standing<'_>) -> bool,
) -> impl Iterator<Item = OrderId> {
    let working = engine.open_orders(account).map(|order| {
        let type_name = shapes::order_type(order.kind);
        (order.id, Standing { listing: order.listing, label: order.label.as_deref(), type_name })
    });
    let waiting = engine.held_orders(account).map(|held| {
        let (place, type_name) = (&held.place, terms::type_name(&held.place));
        (held.id, Standing { listing: place.listing, label: place.label.as_deref(), type_name })
    });
    working.chain(waiting).filter(move |(_, standing)| wanted(standing)).map(|(id, _)| id)
}

fn cancel(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: CancelParams<'_> = params(text)?;
    let id = order_id(&asked.order_id)?;
    context.submit(account, &Command::Cancel(id))?;
    json(&found(context.engine(), account, id).ok_or(Code::INTERNAL)?)
}

/// Cancels one by one; what one of them takes with it counts too.
fn cancel_each(context: &mut Context<'_>, account: AccountId, orders: &[OrderId]) -> Answer {
    for &order in orders {
        match context.exchange.submit(context.now, account, &Command::Cancel(order), context.released) {
            Ok(_) | Err(Refused::NotOpenOrder) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    json(&orders.len())
}

fn cancel_many(context: &mut Context<'_>, account: AccountId, command: &Command) -> Answer {
    match context.submit(account, command)? {
        Applied::Cancelled(count) => json(&count),
        Applied::Order(_) | Applied::Block(_) | Applied::Combo(_) => json(&1),
    }
}

fn cancel_by_label(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: LabelParams<'_> = params(text)?;
    let Some(currency) = &asked.currency else {
        return cancel_many(context, account, &Command::CancelLabel(asked.label.as_str().into()));
    };
    let engine = context.engine();
    let wanted =
        |s: &Standing<'_>| s.label == Some(asked.label.as_str()) && in_currency(engine, Some(currency), s.listing);
    let orders: Vec<OrderId> = standing(engine, account, wanted).collect();
    cancel_each(context, account, &orders)
}

fn cancel_by_instrument(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: OrdersParams<'_> = params(text)?;
    let name = asked.instrument_name.as_deref().ok_or_else(|| Failure::param("instrument_name", "value required"))?;
    let engine = context.engine();
    let listing = listed(engine, name)?.id;
    if asked.order_type.is_none() {
        return cancel_many(context, account, &Command::CancelListing(listing, None));
    }
    let wanted = |s: &Standing<'_>| s.listing == listing && is_of_type(asked.order_type.as_ref(), s.type_name);
    let orders: Vec<OrderId> = standing(engine, account, wanted).collect();
    cancel_each(context, account, &orders)
}

fn cancel_by_currency(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: OrdersParams<'_> = params(text)?;
    let engine = context.engine();
    let filter = Filter::asked(asked.kind.as_ref(), asked.currency.as_ref(), engine.catalogue())?;
    let wanted = |s: &Standing<'_>| {
        engine.catalogue().get(s.listing).is_some_and(|listing| filter.covers(listing))
            && is_of_type(asked.order_type.as_ref(), s.type_name)
    };
    let orders: Vec<OrderId> = standing(engine, account, wanted).collect();
    cancel_each(context, account, &orders)
}

/// Whether an order is of the instrument, currency and type that were asked for.
fn selected(engine: &Engine, asked: &OrdersParams<'_>, listing: ListingId, type_name: &str) -> bool {
    let named = asked.instrument_name.as_ref().is_none_or(|name| shapes::symbol(engine, listing) == name.as_str());
    named && is_of_type(asked.order_type.as_ref(), type_name) && in_currency(engine, asked.currency.as_ref(), listing)
}

fn open_orders(context: &mut Context<'_>, method: &str, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: OrdersParams<'_> = params(text)?;
    let engine = context.engine();
    if method.ends_with("_by_instrument") {
        let name =
            asked.instrument_name.as_deref().ok_or_else(|| Failure::param("instrument_name", "value required"))?;
        listed(engine, name)?;
    }
    let orders = standing(engine, account, |s| selected(engine, &asked, s.listing, s.type_name));
    json(&orders.filter_map(|id| found(engine, account, id)).collect::<Vec<_>>())
}

fn by_label(context: &mut Context<'_>, method: &str, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: LabelParams<'_> = params(text)?;
    let engine = context.engine();
    let here = |listing| in_currency(engine, asked.currency.as_ref(), listing);
    let label = Some(asked.label.as_str());
    let mut orders = Vec::new();
    if method.ends_with("get_order_state_by_label") {
        let finished = engine.finished_orders(account).filter(|o| o.label.as_deref() == label && here(o.listing));
        orders.extend(finished.map(|order| shapes::order(engine, order)));
    }
    let ids = standing(engine, account, |s| s.label == label && here(s.listing));
    orders.extend(ids.filter_map(|id| found(engine, account, id)));
    json(&orders)
}

fn order_state(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: CancelParams<'_> = params(text)?;
    let order = found(context.engine(), account, order_id(&asked.order_id)?);
    json(&order.ok_or_else(|| Failure::because(Code::ORDER_NOT_FOUND, "no such order of this account"))?)
}

fn history(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: OrdersParams<'_> = params(text)?;
    let engine = context.engine();
    let count = usize::try_from(asked.count.unwrap_or(20)).unwrap_or(20).clamp(1, 1_000);
    let offset = usize::try_from(asked.offset.unwrap_or(0)).unwrap_or(0);
    let unfilled_too = asked.include_unfilled.unwrap_or(false);
    let orders: Vec<_> = engine
        .finished_orders(account)
        .rev()
        .filter(|order| unfilled_too || !order.filled.is_zero())
        .filter(|order| selected(engine, &asked, order.listing, shapes::order_type(order.kind)))
        .skip(offset)
        .take(count)
        .map(|order| shapes::order(engine, order))
        .collect();
    json(&orders)
}

fn user_trades(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: TradesParams<'_> = params(text)?;
    let engine = context.engine();
    let name = asked.instrument_name.as_ref();
    if let Some(name) = name {
        listed(engine, name)?;
    }
    let fills = engine.fills(account).filter(|fill| {
        name.is_none_or(|name| shapes::symbol(engine, fill.trade.listing) == name.as_str())
            && in_currency(engine, asked.currency.as_ref(), fill.trade.listing)
    });
    let (picked, has_more) = Window::new(&asked)?.select(fills, |fill| &fill.trade);
    json(&Fills { trades: picked.into_iter().map(|fill| shapes::fill(engine, fill)).collect(), has_more })
}

fn user_trades_by_order(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: CancelParams<'_> = params(text)?;
    let id = order_id(&asked.order_id)?;
    let engine = context.engine();
    let fills = engine.fills(account).filter(|fill| fill.order == id);
    json(&fills.map(|fill| shapes::fill(engine, fill)).collect::<Vec<_>>())
}
