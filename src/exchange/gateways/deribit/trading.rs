//! Orders: placing, changing, cancelling, asking.

use super::context::Context;
use super::filter::Filter;
use super::market::{Window, in_currency};
use super::rpc::{Answer, Failure, json, params};
use super::shapes;
use crate::domain::number::{Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::Listing;
use crate::exchange::engine::{Applied, Command, Edit, Engine, Order, OrderId, Place};
use crate::venues::deribit::wire::{
    CancelParams, Code, EditParams, Fills, InstrumentParams, LabelParams, Number, OrderParams, OrdersParams, Placed,
    TradesParams,
};

const MAX_LABEL: usize = 64;

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

/// The size in contracts, from `amount` in units or from `contracts`.
fn size(listing: &Listing, amount: Option<Number>, contracts: Option<Number>) -> Result<Qty, Failure> {
    let qty = match (amount, contracts) {
        (Some(amount), _) => amount.contracts(listing.contract_size),
        (None, Some(contracts)) => contracts.contracts(1),
        (None, None) => return Err(Failure::param("amount", "value required")),
    };
    qty.map_err(|_| Failure::because(Code::INVALID_AMOUNT, "the amount must be a multiple of the contract size"))
}

fn post_only(post: Option<bool>, reject: Option<bool>) -> PostOnly {
    match (post.unwrap_or(false), reject.unwrap_or(false)) {
        (false, _) => PostOnly::Off,
        (true, false) => PostOnly::Reprice,
        (true, true) => PostOnly::Reject,
    }
}

fn listed<'a>(engine: &'a Engine, name: &str) -> Result<&'a Listing, Failure> {
    let listing = engine.catalogue().find(name).map(|listing| &**listing);
    listing.ok_or_else(|| Failure::because(Code::INVALID_INSTRUMENT, "no such instrument"))
}

fn price(price: Option<Number>) -> Result<Option<crate::domain::number::Price>, Failure> {
    price.map(Number::price).transpose().map_err(|_| Failure::because(Code::PRICE_PRECISION, "at most nine decimals"))
}

fn place(context: &mut Context<'_>, side: Side, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: OrderParams<'_> = params(text)?;
    let listing = listed(context.engine(), &asked.instrument_name)?;
    let kind = match asked.order_type.as_deref() {
        None | Some("limit") => OrderType::Limit,
        Some("market") => OrderType::Market,
        Some("stop_limit" | "stop_market" | "take_limit" | "take_market" | "market_limit" | "trailing_stop") => {
            return Err(Failure::because(Code::NOT_IMPLEMENTED, "only limit and market orders"));
        }
        Some(_) => return Err(Failure::param("type", "unknown order type")),
    };
    let time_in_force = match (asked.time_in_force.as_deref(), kind) {
        (None, OrderType::Limit) => TimeInForce::GoodTilCancelled,
        (None, OrderType::Market) => TimeInForce::ImmediateOrCancel,
        (Some(name), _) => {
            shapes::time_in_force(name).ok_or_else(|| Failure::param("time_in_force", "unknown time in force"))?
        }
    };
    if asked.label.as_ref().is_some_and(|label| label.chars().count() > MAX_LABEL) {
        return Err(Failure::param("label", "at most 64 characters"));
    }
    if asked.valid_until.is_some_and(|until| until < context.now.millis()) {
        return Err(Failure::because(Code::OTHER_REJECT, "valid_until has passed"));
    }
    let command = Command::Place(Place {
        listing: listing.id,
        side,
        qty: size(listing, asked.amount, asked.contracts)?,
        price: price(asked.price)?,
        kind,
        time_in_force,
        post_only: post_only(asked.post_only, asked.reject_post_only),
        reduce: if asked.reduce_only.unwrap_or(false) { Reduce::Only } else { Reduce::Any },
        label: asked.label.filter(|label| !label.is_empty()).map(|label| label.as_str().into()),
        connection: context.connection,
    });
    submit(context, account, &command)
}

/// Applies a command about one order and answers with the order and what it traded at once.
fn submit(context: &mut Context<'_>, account: AccountId, command: &Command) -> Answer {
    let fills_before = context.engine().fills(account).next_back().map(|fill| fill.trade.trade_id);
    let Applied::Order(id) = context.submit(account, command)? else { return Err(Code::INTERNAL.into()) };
    let engine = context.engine();
    let order = engine.order(account, id).ok_or(Code::INTERNAL)?;
    let mut trades: Vec<_> = engine
        .fills(account)
        .rev()
        .take_while(|fill| fills_before.is_none_or(|before| fill.trade.trade_id > before))
        .filter(|fill| fill.order == id)
        .map(|fill| shapes::fill(engine, fill))
        .collect();
    trades.reverse();
    json(&Placed { order: shapes::order(engine, order), trades })
}

fn order_id(text: &str) -> Result<OrderId, Failure> {
    text.parse().map(OrderId).map_err(|_| Failure::because(Code::ORDER_NOT_FOUND, "no such order of this account"))
}

fn edit(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: EditParams<'_> = params(text)?;
    let engine = context.engine();
    let order = match (&asked.order_id, &asked.label) {
        (Some(id), _) => engine.order(account, order_id(id)?),
        (None, Some(label)) => engine.open_orders(account).find(|order| order.label.as_deref() == Some(label.as_str())),
        (None, None) => return Err(Failure::param("order_id", "value required")),
    };
    let order = order.ok_or_else(|| Failure::because(Code::ORDER_NOT_FOUND, "no such order of this account"))?;
    let listing = engine.catalogue().get(order.listing).ok_or(Code::INVALID_INSTRUMENT)?;
    let qty = match (asked.amount, asked.contracts) {
        (None, None) => order.qty,
        (amount, contracts) => size(listing, amount, contracts)?,
    };
    let post_only = match asked.post_only {
        None => order.post_only,
        given => post_only(given, asked.reject_post_only),
    };
    let command = Command::Edit(Edit { order: order.id, qty, price: price(asked.price)?, post_only });
    submit(context, account, &command)
}

fn cancel(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: CancelParams<'_> = params(text)?;
    let id = order_id(&asked.order_id)?;
    context.submit(account, &Command::Cancel(id))?;
    let engine = context.engine();
    json(&shapes::order(engine, engine.order(account, id).ok_or(Code::INTERNAL)?))
}

fn cancel_many(context: &mut Context<'_>, account: AccountId, command: &Command) -> Answer {
    match context.submit(account, command)? {
        Applied::Cancelled(count) => json(&count),
        Applied::Order(_) | Applied::Combo(_) => json(&1),
    }
}

fn cancel_by_label(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: LabelParams<'_> = params(text)?;
    cancel_many(context, account, &Command::CancelLabel(asked.label.as_str().into()))
}

fn cancel_by_instrument(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: InstrumentParams<'_> = params(text)?;
    let listing = listed(context.engine(), &asked.instrument_name)?.id;
    cancel_many(context, account, &Command::CancelListing(listing, None))
}

fn cancel_by_currency(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: OrdersParams<'_> = params(text)?;
    let engine = context.engine();
    let filter = Filter::asked(asked.kind.as_ref(), asked.currency.as_ref(), engine.catalogue())?;
    let orders: Vec<OrderId> = engine
        .open_orders(account)
        .filter(|order| engine.catalogue().get(order.listing).is_some_and(|listing| filter.covers(listing)))
        .map(|order| order.id)
        .collect();
    let mut count = 0;
    for order in orders {
        context.submit(account, &Command::Cancel(order))?;
        count += 1;
    }
    json(&count)
}

/// Whether an order is of the instrument, currency and kind that were asked for.
fn selected(engine: &Engine, asked: &OrdersParams<'_>, order: &Order) -> bool {
    let named =
        asked.instrument_name.as_ref().is_none_or(|name| shapes::symbol(engine, order.listing) == name.as_str());
    let kind = asked.order_type.as_deref().is_none_or(|kind| match kind {
        "limit" => order.kind == OrderType::Limit,
        "market" => order.kind == OrderType::Market,
        "all" => true,
        _ => false,
    });
    named && kind && in_currency(engine, asked.currency.as_ref(), order.listing)
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
    let orders = engine.open_orders(account).filter(|order| selected(engine, &asked, order));
    json(&orders.map(|order| shapes::order(engine, order)).collect::<Vec<_>>())
}

fn by_label(context: &mut Context<'_>, method: &str, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: LabelParams<'_> = params(text)?;
    let engine = context.engine();
    let finished_too = method.ends_with("get_order_state_by_label");
    let orders: Vec<_> = engine
        .orders_by_label(account, &asked.label)
        .filter(|order| finished_too || order.state == crate::domain::order::VenueOrderState::Open)
        .filter(|order| in_currency(engine, asked.currency.as_ref(), order.listing))
        .map(|order| shapes::order(engine, order))
        .collect();
    json(&orders)
}

fn order_state(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: CancelParams<'_> = params(text)?;
    let engine = context.engine();
    let order = engine.order(account, order_id(&asked.order_id)?);
    let order = order.ok_or_else(|| Failure::because(Code::ORDER_NOT_FOUND, "no such order of this account"))?;
    json(&shapes::order(engine, order))
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
        .filter(|order| selected(engine, &asked, order))
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
