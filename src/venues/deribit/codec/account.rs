//! Private data: orders, fills, positions, balances.

use std::sync::Arc;

use crate::base::time::Utc;
use crate::domain::event::{AnomalyKind, VenueAccount, VenuePosition};
use crate::domain::number::{Money, Price, QTY_SCALE, Qty, Side};
use crate::domain::order::{
    Fill, Label, Liquidity, OrderReport, OrderType, PostOnly, Reduce, TimeInForce, VenueOrderId, VenueOrderState,
};
use crate::venues::deribit::wire::{self, Direction, Number};

use super::book::{bad_number, contracts};
use super::fault::Fault;
use super::symbols::Symbols;

fn side(direction: Direction) -> Result<Side, Fault> {
    direction.side().ok_or_else(|| Fault::new(AnomalyKind::MissingField, "neither bought nor sold"))
}

fn label(text: &str) -> Option<Label> {
    (!text.is_empty()).then(|| Label(text.into()))
}

/// Averages are quotients: rounded to a price's last decimal. Zero means that there is none.
fn average(number: Option<Number>) -> Result<Option<Price>, Fault> {
    Ok(number.map(Number::nearest_price).transpose()?.filter(|price| price.0 != 0))
}

fn money(number: Option<Number>) -> Result<Money, Fault> {
    Ok(number.unwrap_or_default().money()?)
}

pub fn order(data: &wire::Order<'_>, symbols: &Symbols) -> Result<OrderReport, Fault> {
    let terms = symbols.terms(&data.instrument_name)?;
    let state = match data.order_state.as_str() {
        "open" | "untriggered" => VenueOrderState::Open,
        "filled" => VenueOrderState::Filled,
        "rejected" => VenueOrderState::Rejected,
        // What triggers goes on as another order.
        "cancelled" | "triggered" => VenueOrderState::Cancelled,
        other => return Err(Fault::new(AnomalyKind::UnknownMessage, format!("order state {other}"))),
    };
    let post_only = match (data.post_only, data.reject_post_only) {
        (false, _) => PostOnly::Off,
        (true, Some(true)) => PostOnly::Reject,
        (true, _) => PostOnly::Reprice,
    };
    Ok(OrderReport {
        venue_order: VenueOrderId(data.order_id.as_str().into()),
        label: label(&data.label),
        instrument: terms.id,
        side: side(data.direction)?,
        kind: match data.order_type.as_str() {
            "market" | "stop_market" | "take_market" | "trailing_stop" => OrderType::Market,
            _ => OrderType::Limit,
        },
        time_in_force: match data.time_in_force.as_str() {
            "good_til_day" => TimeInForce::Day,
            "immediate_or_cancel" => TimeInForce::ImmediateOrCancel,
            "fill_or_kill" => TimeInForce::FillOrKill,
            _ => TimeInForce::GoodTilCancelled,
        },
        post_only,
        reduce: if data.reduce_only { Reduce::Only } else { Reduce::Any },
        price: data.price.number().map(|p| p.price().map_err(|error| bad_number(p, &error.to_string()))).transpose()?,
        qty: contracts(terms, data.amount)?,
        filled: contracts(terms, data.filled_amount.unwrap_or_default())?,
        average_price: average(data.average_price)?,
        state,
        cancel_reason: data.cancel_reason.as_deref().map(Arc::from),
        created: Utc::from_millis(data.creation_timestamp),
        updated: Utc::from_millis(data.last_update_timestamp),
    })
}

pub fn fill(data: &wire::Fill<'_>, symbols: &Symbols) -> Result<Fill, Fault> {
    let terms = symbols.terms(&data.instrument_name)?;
    Ok(Fill {
        trade_id: data.trade_id.as_str().into(),
        venue_order: VenueOrderId(data.order_id.as_str().into()),
        label: label(data.label.as_deref().unwrap_or_default()),
        instrument: terms.id,
        side: side(data.direction)?,
        price: data.price.price().map_err(|error| bad_number(data.price, &error.to_string()))?,
        qty: contracts(terms, data.amount)?,
        fee: money(data.fee)?,
        liquidity: if data.liquidity.as_str() == "M" { Liquidity::Maker } else { Liquidity::Taker },
        utc: Utc::from_millis(data.timestamp),
        spread_trade: data.combo_trade_id.as_deref().map(Arc::from),
    })
}

pub fn position(data: &wire::Position<'_>, symbols: &Symbols) -> Result<VenuePosition, Fault> {
    let terms = symbols.terms(&data.instrument_name)?;
    let units = data.size.exact(QTY_SCALE).map_err(|error| bad_number(data.size, &error.to_string()))?;
    let size = i64::try_from(units).ok().and_then(|units| terms.qty(units.abs()));
    let Qty(size) = size.ok_or_else(|| bad_number(data.size, "not a number of lots"))?;
    // Deribit signs the size as well as naming the direction; the direction decides.
    let net = match data.direction {
        Direction::Buy => Qty(size),
        Direction::Sell => Qty(-size),
        Direction::Zero => Qty::ZERO,
    };
    Ok(VenuePosition {
        instrument: terms.id,
        net,
        average_price: average(data.average_price)?,
        mark: data.mark_price.map(Number::nearest_price).transpose()?,
        floating: money(data.floating_profit_loss)?,
        realised: money(data.realized_profit_loss)?,
        initial_margin: data.initial_margin.map(Number::money).transpose()?,
    })
}

/// From `user.portfolio` and from `get_account_summary` alike.
pub fn account(data: &str) -> Result<VenueAccount, Fault> {
    let data: wire::Portfolio<'_> = serde_json::from_str(data)?;
    Ok(VenueAccount {
        currency: data.currency.as_str().into(),
        equity: data.equity.money()?,
        balance: data.balance.money()?,
        available: data.available_funds.money()?,
        initial_margin: data.initial_margin.money()?,
        maintenance_margin: data.maintenance_margin.money()?,
        total_pl: money(data.total_pl)?,
    })
}
