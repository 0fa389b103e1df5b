//! What became of trigger orders.

use super::context::Context;
use super::market::in_currency;
use super::rpc::{Answer, json, params};
use super::shapes;
use super::terms::{is_of_type, type_name};
use crate::exchange::engine::{Engine, HeldOrder, HeldState};
use crate::venues::deribit::wire::{TriggerHistory, TriggerHistoryParams, TriggerRecord};

const DEFAULT_COUNT: usize = 20;
const MAX_COUNT: usize = 1_000;

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    (method == "private/get_trigger_order_history").then(|| history(context, text))
}

/// What happened to trigger orders, newest first.
fn history(context: &Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: TriggerHistoryParams<'_> = params(text)?;
    let engine = context.engine();
    let count = asked.count.and_then(|count| usize::try_from(count).ok()).unwrap_or(DEFAULT_COUNT).clamp(1, MAX_COUNT);
    let mut entries = engine
        .held_past(account)
        .rev()
        .filter(|held| held.terms().is_some_and(|terms| terms.trigger.is_some()))
        .filter(|held| {
            let name = shapes::symbol(engine, held.place.listing);
            asked.instrument_name.as_ref().is_none_or(|asked| asked.as_str() == name)
                && in_currency(engine, asked.currency.as_ref(), held.place.listing)
                && is_of_type(asked.order_type.as_ref(), type_name(&held.place))
        })
        .skip_while(|held| asked.continuation.as_ref().is_some_and(|token| token.as_str() != place_of(held)))
        .skip(usize::from(asked.continuation.is_some()));
    let list: Vec<&HeldOrder> = entries.by_ref().take(count).collect();
    let continuation = list.last().filter(|_| entries.next().is_some()).map(|last| place_of(last).into());
    json(&TriggerHistory { entries: list.into_iter().map(|held| record(engine, held)).collect(), continuation })
}

/// Where in the history an entry lies.
fn place_of(held: &HeldOrder) -> String {
    let step = if held.state == HeldState::Untriggered { "new" } else { "end" };
    format!("{}.{}.{step}", held.updated.millis(), held.id.0)
}

fn record<'a>(engine: &'a Engine, held: &'a HeldOrder) -> TriggerRecord<'a> {
    let order = shapes::held(engine, held);
    let (state, request) = match held.state {
        HeldState::Untriggered => ("new", "trigger:order"),
        HeldState::Triggered(_) => ("triggered", "trigger:order"),
        HeldState::Cancelled(_) => ("cancelled", "trigger:cancel"),
        HeldState::Rejected(_) => ("rejected", "trigger:order"),
    };
    let order_state = match held.state {
        HeldState::Rejected(refused) => format!("{state}:{refused}").into(),
        _ => state.into(),
    };
    TriggerRecord {
        timestamp: held.updated.millis(),
        trigger_order_id: order.order_id,
        order_id: match held.state {
            HeldState::Triggered(became) => became.map(shapes::number),
            _ => None,
        },
        order_state,
        request: request.into(),
        instrument_name: order.instrument_name,
        direction: order.direction,
        order_type: order.order_type,
        price: order.price,
        amount: order.amount,
        trigger: order.trigger,
        trigger_price: order.trigger_price,
        trigger_offset: order.trigger_offset,
        label: order.label,
        reduce_only: order.reduce_only,
        post_only: order.post_only,
        last_update_timestamp: order.last_update_timestamp,
    }
}
