//! What a staged basket means and whether it can be sent, as pure functions: each leg is an order like any other, and what holds for an
//! order of the ticket holds for it. Also what became of legs that were sent.

use std::sync::Arc;

use super::draft::{Consequence, Draft, Obstacle, consequence};
use crate::base::time::Now;
use crate::domain::command::OrderIntent;
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{OrderId, OrderType, Reduce};
use crate::ui::basket::{Basket, BasketLeg};
use crate::ui::format::{self, PriceFormat};
use crate::view::View;
use crate::view::session::Severity;
use crate::view::trading::OrderPhase;

/// What the orders of a basket are tagged with.
pub const TAG: &str = "basket";
/// Core answers within milliseconds; after this long without a word a leg counts as not sent.
const SILENCE_SECS: u64 = 3;
const SILENCE: &str = "Not sent: no answer; look at the blotter before sending again.";
const REJECTED: &str = "rejected by the venue";

/// The leg as the ticket would hold it.
pub fn draft(basket: &Basket, leg: &BasketLeg) -> Draft {
    Draft {
        instrument: Some(leg.instrument),
        side: leg.side,
        qty: leg.qty,
        price: leg.price,
        kind: OrderType::Limit,
        time_in_force: basket.time_in_force,
        post_only: basket.post_only,
        reduce: Reduce::Any,
    }
}

/// The first leg that cannot be sent, and why.
pub fn obstacle(
    basket: &Basket,
    view: &View,
    is_live: impl Fn(InstrumentId) -> bool,
) -> Option<(InstrumentId, Obstacle)> {
    let of = |leg: &BasketLeg| Some((leg.instrument, draft(basket, leg).obstacle(view, is_live(leg.instrument))?));
    basket.legs.iter().find_map(of)
}

pub fn needs_confirmation(basket: &Basket, view: &View) -> bool {
    basket.legs.iter().any(|leg| draft(basket, leg).needs_confirmation(view))
}

fn intent(basket: &Basket, leg: &BasketLeg) -> Option<OrderIntent> {
    Some(OrderIntent { tag: Arc::from(TAG), ..draft(basket, leg).intent()? })
}

/// One order a leg, in their order.
pub fn intents(basket: &Basket) -> Vec<OrderIntent> {
    basket.legs.iter().filter_map(|leg| intent(basket, leg)).collect()
}

/// What the combination costs a unit: bought legs less sold ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Net {
    pub price: Price,
    pub decimals: usize,
    pub unit: Unit,
    /// The mean over all units of legs on one side; else the price of a combination, paid or (negative) received.
    pub is_average: bool,
}

/// What all legs together would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Totals {
    /// Of all legs, whatever their side; `None` while a price is missing.
    pub notional: Option<Money>,
    /// Leg by leg, nothing set off; `None` while one is not known.
    pub margin_added: Option<Money>,
    pub net: Option<Net>,
    /// Contracts that would trade at once.
    pub takes: Qty,
    pub all: Qty,
}

pub fn totals(basket: &Basket, view: &View) -> Totals {
    let legs: Vec<Option<Consequence>> = basket.legs.iter().map(|leg| consequence(&draft(basket, leg), view)).collect();
    let sum = |of: fn(&Consequence) -> Option<Money>| legs.iter().map(|leg| leg.as_ref().and_then(of)).sum();
    Totals {
        notional: sum(|leg| leg.notional),
        margin_added: sum(|leg| leg.margin_added),
        net: net(basket, view),
        takes: legs.iter().flatten().map(|leg| leg.takes).sum(),
        all: basket.legs.iter().map(|leg| leg.qty).sum(),
    }
}

fn net(basket: &Basket, view: &View) -> Option<Net> {
    let legs: Vec<_> =
        basket.legs.iter().map(|leg| Some((leg, view.instrument(leg.instrument)?))).collect::<Option<_>>()?;
    let (first, first_terms) = legs.first()?;
    let is_one_unit = legs.iter().all(|(_, terms)| terms.unit == first_terms.unit);
    let decimals = legs.iter().map(|(_, terms)| terms.tick.decimals()).max()?;
    if legs.iter().all(|(leg, _)| leg.weight.is_some()) {
        // Legs of another unit are converted into it by their weights.
        let base = legs.iter().find(|(leg, _)| is_one_unit || leg.weight == Some(1.0)).map(|(_, terms)| terms.unit)?;
        let price: f64 = legs
            .iter()
            .map(|(leg, _)| Some(leg.side.sign() as f64 * leg.weight? * leg.price?.to_f64_lossy()))
            .sum::<Option<_>>()?;
        let price = Price::from_f64_lossy(price);
        return Some(Net { price, decimals: decimals.max(3), unit: base, is_average: false });
    }
    if !is_one_unit || legs.iter().any(|(leg, _)| leg.side != first.side) {
        return None;
    }
    let units = |leg: &BasketLeg, size: i64| i128::from(leg.qty.0) * i128::from(size);
    let all: i128 = legs.iter().map(|(leg, terms)| units(leg, terms.contract_size)).sum();
    let cost: i128 = legs
        .iter()
        .map(|(leg, terms)| Some(i128::from(leg.price?.0).saturating_mul(units(leg, terms.contract_size))))
        .sum::<Option<_>>()?;
    let price = Price(i64::try_from(cost.checked_div(all)?).ok()?);
    Some(Net { price, decimals: decimals + 2, unit: first_terms.unit, is_average: true })
}

/// `Buy 7 TOK DEC-26 at 0.934`.
pub fn leg_words(leg: &BasketLeg, view: &View) -> String {
    let terms = view.instrument(leg.instrument);
    let name = terms.map(|terms| terms.contract.to_string()).unwrap_or_default();
    let price = terms.map(|terms| PriceFormat::of(terms).opt(leg.price)).unwrap_or_default();
    format!("{} {} {name} at {price}", leg.side.verb(), format::lots(leg.qty))
}

/// All of it in one sentence: `Buy 7 TOK DEC-26 at 0.934, sell 3 H100 DEC-26 at 2.78`.
pub fn whole(basket: &Basket, view: &View) -> String {
    let lower = |words: String| match words.split_once(' ') {
        Some((verb, rest)) => format!("{} {rest}", verb.to_lowercase()),
        None => words,
    };
    let legs = basket.legs.iter().map(|leg| leg_words(leg, view));
    legs.enumerate().map(|(at, words)| if at == 0 { words } else { lower(words) }).collect::<Vec<_>>().join(", ")
}

/// `Send 6 orders: buy 390 lots`, for what no button can hold leg by leg.
pub fn summary(basket: &Basket) -> String {
    let lots = |side| -> Qty { basket.legs.iter().filter(|leg| leg.side == side).map(|leg| leg.qty).sum() };
    let parts = [(Side::Bid, "buy"), (Side::Ask, "sell")].map(|(side, verb)| (lots(side), verb));
    let parts = parts.iter().filter(|(lots, _)| !lots.is_zero());
    let parts: Vec<String> = parts.map(|(lots, verb)| format!("{verb} {} lots", format::lots(*lots))).collect();
    format!("Send {} orders: {}", basket.legs.len(), parts.join(", "))
}

/// Legs that were handed to core, until it has answered for all of them.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Now,
    /// Notices before this one are of other things.
    pub notices_from: u64,
}

/// What became of one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Waiting,
    Taken,
    Refused(String),
}

impl Sent {
    pub fn now(view: &View, now: Now) -> Self {
        Self { at: now, notices_from: view.notices.next_seq() }
    }

    /// Leg by leg. An order is told by contract, side and size; what the gate refused makes none, but a notice that says which it was.
    pub fn fates(&self, basket: &Basket, view: &View, now: Now) -> Vec<Fate> {
        let is_late = now.mono.since(self.at.mono).as_secs() >= SILENCE_SECS;
        let mut counted: Vec<OrderId> = Vec::new();
        let mut fate = |leg: &BasketLeg| {
            let order = view.trading.orders.iter().find(|order| {
                (order.is_ours && order.tag() == TAG && order.sent >= self.at.utc)
                    && (order.instrument, order.side, order.qty) == (leg.instrument, leg.side, leg.qty)
                    && !counted.contains(&order.id)
            });
            counted.extend(order.map(|order| order.id));
            if let Some(order) = order {
                return match order.phase {
                    OrderPhase::Sending => Fate::Waiting,
                    OrderPhase::Rejected => Fate::Refused(order.reason.as_deref().unwrap_or(REJECTED).to_owned()),
                    _ => Fate::Taken,
                };
            }
            match self.refusal(basket, leg, view) {
                Some(reason) => Fate::Refused(reason),
                None if is_late => Fate::Refused(SILENCE.to_owned()),
                None => Fate::Waiting,
            }
        };
        basket.legs.iter().map(&mut fate).collect()
    }

    fn refusal(&self, basket: &Basket, leg: &BasketLeg, view: &View) -> Option<String> {
        let words = intent(basket, leg)?.words(&view.instrument(leg.instrument)?.contract);
        let mut since = view.notices.since(self.notices_from);
        since.find(|notice| notice.severity == Severity::Reject && *notice.detail == *words).map(|n| n.text.to_string())
    }
}
