//! Orders as clients ask for them: types, triggers, slices, links.

use super::rpc::Failure;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::exchange::catalogue::Listing;
use crate::exchange::engine::terms::{FillCondition, Link, LinkKind, Reference, Terms, Trigger, TriggerKind};
use crate::exchange::engine::{ConnectionId, Place};
use crate::venues::deribit::wire::{Code, Number, OrderParams, OtocoParams, Text};

const MAX_LABEL: usize = 64;

pub const REFERENCES: [(Reference, &str); 3] =
    [(Reference::Last, "last_price"), (Reference::Mark, "mark_price"), (Reference::Index, "index_price")];
pub const CONDITIONS: [(FillCondition, &str); 3] = [
    (FillCondition::FirstHit, "first_hit"),
    (FillCondition::CompleteFill, "complete_fill"),
    (FillCondition::Incremental, "incremental"),
];
const LINKS: [(LinkKind, &str); 3] = [
    (LinkKind::Triggers, "one_triggers_other"),
    (LinkKind::Cancels, "one_cancels_other"),
    (LinkKind::TriggersCancels, "one_triggers_one_cancels_other"),
];
const TYPES: [(OrderType, Option<TriggerKind>, &str); 7] = [
    (OrderType::Limit, None, "limit"),
    (OrderType::Market, None, "market"),
    (OrderType::Limit, Some(TriggerKind::Stop), "stop_limit"),
    (OrderType::Market, Some(TriggerKind::Stop), "stop_market"),
    (OrderType::Limit, Some(TriggerKind::Take), "take_limit"),
    (OrderType::Market, Some(TriggerKind::Take), "take_market"),
    (OrderType::Market, Some(TriggerKind::Trailing), "trailing_stop"),
];

const TIMES_IN_FORCE: [(TimeInForce, &str); 4] = [
    (TimeInForce::GoodTilCancelled, "good_til_cancelled"),
    (TimeInForce::Day, "good_til_day"),
    (TimeInForce::ImmediateOrCancel, "immediate_or_cancel"),
    (TimeInForce::FillOrKill, "fill_or_kill"),
];

fn time_in_force(name: &str) -> Option<TimeInForce> {
    TIMES_IN_FORCE.iter().find(|(_, word)| *word == name).map(|(time_in_force, _)| *time_in_force)
}

pub fn time_in_force_name(time_in_force: TimeInForce) -> &'static str {
    word(&TIMES_IN_FORCE, &time_in_force)
}

/// The venue's word for a value.
pub fn word<T: PartialEq>(words: &[(T, &'static str)], value: &T) -> &'static str {
    words.iter().find(|(known, _)| known == value).map_or("", |(_, word)| word)
}

fn named<T: Copy>(words: &[(T, &'static str)], text: &Text<'_>, param: &str) -> Result<T, Failure> {
    let found = words.iter().find(|(_, word)| *word == text.as_str());
    found.map(|(value, _)| *value).ok_or_else(|| Failure::param(param, "unknown value"))
}

/// `stop_limit`.
pub fn type_name(place: &Place) -> &'static str {
    let trigger = place.terms.as_deref().and_then(|terms| terms.trigger).map(|trigger| trigger.kind);
    let found = TYPES.iter().find(|(kind, on, _)| (*kind, *on) == (place.kind, trigger));
    found.map_or("", |(_, _, name)| name)
}

/// Whether an order type is among those asked for: by its name, or by that of a group of types. Absent means any.
pub fn is_of_type(asked: Option<&Text<'_>>, name: &str) -> bool {
    match asked.map(Text::as_str) {
        None | Some("all") => true,
        Some("trigger_all" | "algo_all") => !matches!(name, "limit" | "market"),
        Some("stop" | "stop_all") => name.starts_with("stop"),
        Some("take" | "take_all") => name.starts_with("take"),
        Some("trailing_all") => name == "trailing_stop",
        Some(one) => one == name,
    }
}

/// The size in contracts, from `amount` in units or from `contracts`.
pub fn size(listing: &Listing, amount: Option<Number>, contracts: Option<Number>) -> Result<Qty, Failure> {
    let qty = match (amount, contracts) {
        (Some(amount), _) => amount.contracts(listing.contract_size),
        (None, Some(contracts)) => contracts.contracts(1),
        (None, None) => return Err(Failure::param("amount", "value required")),
    };
    qty.map_err(|_| Failure::because(Code::INVALID_AMOUNT, "the amount must be a multiple of the contract size"))
}

pub fn post_only(post: Option<bool>, reject: Option<bool>) -> PostOnly {
    match (post.unwrap_or(false), reject.unwrap_or(false)) {
        (false, _) => PostOnly::Off,
        (true, false) => PostOnly::Reprice,
        (true, true) => PostOnly::Reject,
    }
}

pub fn price(price: Option<Number>) -> Result<Option<Price>, Failure> {
    price.map(Number::price).transpose().map_err(|_| Failure::because(Code::PRICE_PRECISION, "at most nine decimals"))
}

/// The whole of what `private/buy` or `private/sell` asks for.
pub fn place(
    listing: &Listing,
    side: Side,
    asked: &OrderParams<'_>,
    connection: Option<ConnectionId>,
) -> Result<Place, Failure> {
    let mut place = one_order(listing, side, asked, connection)?;
    let Some(kind) = &asked.linked_order_type else {
        if asked.otoco_config.is_some() {
            return Err(Failure::param("linked_order_type", "value required"));
        }
        return Ok(place);
    };
    let kind = named(&LINKS, kind, "linked_order_type")?;
    let condition = match &asked.trigger_fill_condition {
        None => FillCondition::default(),
        Some(condition) => named(&CONDITIONS, condition, "trigger_fill_condition")?,
    };
    let config = asked.otoco_config.as_ref().ok_or_else(|| Failure::param("otoco_config", "value required"))?;
    let other = |other: &OtocoParams<'_>| {
        let side = other.direction.side().ok_or_else(|| Failure::param("direction", "buy or sell"))?;
        let mut order = other.order(&asked.instrument_name);
        if order.amount.is_none() && order.contracts.is_none() {
            (order.amount, order.contracts) = (asked.amount, asked.contracts);
        }
        one_order(listing, side, &order, connection)
    };
    let others = config.iter().map(other).collect::<Result<_, _>>()?;
    place.terms.get_or_insert_default().link = Some(Link { kind, condition, others });
    Ok(place)
}

fn one_order(
    listing: &Listing,
    side: Side,
    asked: &OrderParams<'_>,
    connection: Option<ConnectionId>,
) -> Result<Place, Failure> {
    let name = asked.order_type.as_ref().map_or("limit", Text::as_str);
    if name == "market_limit" {
        return Err(Failure::because(Code::NOT_IMPLEMENTED, "no market_limit orders"));
    }
    let found = TYPES.iter().find(|(_, _, word)| *word == name);
    let &(kind, on, _) = found.ok_or_else(|| Failure::param("type", "unknown order type"))?;
    let time_in_force = match (asked.time_in_force.as_deref(), kind) {
        (None, OrderType::Limit) => TimeInForce::GoodTilCancelled,
        (None, OrderType::Market) => TimeInForce::ImmediateOrCancel,
        (Some(name), _) => {
            time_in_force(name).ok_or_else(|| Failure::param("time_in_force", "unknown time in force"))?
        }
    };
    if asked.label.as_ref().is_some_and(|label| label.chars().count() > MAX_LABEL) {
        return Err(Failure::param("label", "at most 64 characters"));
    }
    let qty = size(listing, asked.amount, asked.contracts)?;
    let terms = Terms {
        trigger: on.map(|kind| trigger(kind, asked)).transpose()?,
        show: show(listing, asked)?.filter(|show| *show < qty && kind == OrderType::Limit),
        link: None,
    };
    Ok(Place {
        listing: listing.id,
        side,
        qty,
        price: price(asked.price)?,
        kind,
        time_in_force,
        post_only: post_only(asked.post_only, asked.reject_post_only),
        reduce: if asked.reduce_only.unwrap_or(false) { Reduce::Only } else { Reduce::Any },
        label: asked.label.as_ref().filter(|label| !label.is_empty()).map(|label| label.as_str().into()),
        connection,
        terms: terms.boxed(),
    })
}

fn trigger(kind: TriggerKind, asked: &OrderParams<'_>) -> Result<Trigger, Failure> {
    let reference = asked.trigger.as_ref().ok_or_else(|| Failure::param("trigger", "value required"))?;
    let (level, param) = match kind {
        TriggerKind::Trailing => (asked.trigger_offset, "trigger_offset"),
        TriggerKind::Stop | TriggerKind::Take => (asked.trigger_price, "trigger_price"),
    };
    let level = price(level)?.ok_or_else(|| Failure::param(param, "value required"))?;
    Ok(Trigger { kind, reference: named(&REFERENCES, reference, "trigger")?, level })
}

/// Contracts to show: `display_amount`, or `max_show` as it was called before.
fn show(listing: &Listing, asked: &OrderParams<'_>) -> Result<Option<Qty>, Failure> {
    let shown = asked.display_amount.or(asked.max_show).map(|amount| amount.contracts(listing.contract_size));
    shown.transpose().map_err(|_| Failure::because(Code::INVALID_MAX_SHOW, "not a multiple of the contract size"))
}
