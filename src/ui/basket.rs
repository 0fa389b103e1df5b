//! Orders that belong together: what a panel stages for the ticket. A basket is only a proposal; each of its legs becomes an order of its
//! own, through the risk gate like any other, when a hand submits it there. Pure: made of one picture, it names which.

#[cfg(test)]
mod tests;

use crate::base::time::Now;
use crate::curves::expression::{Expression, Staging};
use crate::domain::contract::Contract;
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{PostOnly, TimeInForce};
use crate::ui::format;
use crate::view::View;

/// Contracts that the smallest ratio of an expression may have in its largest leg.
const MOST_LOTS: u32 = 20;
/// A ratio that errs by no more than this share is preferred for having few lots.
const GOOD_ERROR: f64 = 0.01;

/// A leg as a panel asks for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    pub instrument: InstrumentId,
    pub side: Side,
    pub lots: Qty,
    /// Its part in the price of one unit of the combination, without sign; `None` where the legs are no combination.
    pub weight: Option<f64>,
    /// Instead of the touch, for more than stands there.
    pub limit: Option<Price>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BasketLeg {
    pub instrument: InstrumentId,
    pub side: Side,
    pub qty: Qty,
    /// `None` until there was a live one.
    pub price: Option<Price>,
    /// The touch that the price was taken from; `None` for a price of the hand's.
    pub touch: Option<Price>,
    /// As in [`Wanted`].
    pub weight: Option<f64>,
    /// Why it was not taken when it was sent.
    pub refusal: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Basket {
    /// What the legs make: `3.20 × TOK − H100 DEC-26`.
    pub name: String,
    /// The title of the panel that formed it.
    pub from: &'static str,
    /// [`View::version`] that it was formed on.
    pub seen: u64,
    pub legs: Vec<BasketLeg>,
    /// What the whole lots leave open, in words; may be empty.
    pub note: String,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
}

/// Why nothing can be staged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    #[error("{0} is not listed")]
    NotListed(String),
    #[error("no whole lots come close to the ratio")]
    NoRatio,
    #[error("nothing to trade")]
    Nothing,
}

impl Basket {
    /// Prices every leg at its limit or else at its touch, where the book is live.
    pub fn new(view: &View, now: Now, name: impl Into<String>, from: &'static str, wanted: &[Wanted]) -> Self {
        let mut basket = Self {
            name: name.into(),
            from,
            seen: view.version,
            legs: Vec::new(),
            note: String::new(),
            time_in_force: TimeInForce::GoodTilCancelled,
            post_only: PostOnly::Off,
        };
        basket.legs = wanted
            .iter()
            .map(|&Wanted { instrument, side, lots: qty, weight, .. }| BasketLeg {
                instrument,
                side,
                qty,
                price: None,
                touch: None,
                weight,
                refusal: None,
            })
            .collect();
        basket.reprice(view, now);
        for (leg, wanted) in basket.legs.iter_mut().zip(wanted).filter(|(leg, _)| leg.price.is_some()) {
            leg.price = wanted.limit.or(leg.price);
        }
        basket
    }

    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The legs of an expression bought (or sold), `times` the smallest whole ratio that comes within a hundredth of its coefficients, or
    /// else the closest there is. A spread without a book of its own is staged by its months.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn of_expression(
        view: &View,
        now: Now,
        from: &'static str,
        expression: &Expression,
        (side, times): (Side, i64),
    ) -> Result<Self, StageError> {
        let find = |contract: &Contract| view.catalogue.find_contract(contract);
        let terms = |contract: &Contract| find(contract).and_then(|id| view.instrument(id));
        let outright = expression.over(|contract| find(contract).is_some());
        if let Some(missing) = outright.terms().iter().find(|term| find(&term.contract).is_none()) {
            return Err(StageError::NotListed(missing.contract.to_string()));
        }
        if outright.terms().is_empty() || times <= 0 {
            return Err(StageError::Nothing);
        }
        let size = |contract: &Contract| terms(contract).map_or(1, |terms| terms.contract_size);
        let ratio = outright.smallest(MOST_LOTS, GOOD_ERROR, size).ok_or(StageError::NoRatio)?;
        let wanted: Vec<Wanted> = ratio
            .legs
            .iter()
            .zip(outright.terms())
            .filter_map(|(leg, term)| {
                let leg_side = if side == Side::Bid { leg.side } else { leg.side.opposite() };
                Some(Wanted {
                    instrument: find(&leg.contract)?,
                    side: leg_side,
                    lots: Qty::lots(leg.lots.saturating_mul(times)),
                    weight: Some(term.coefficient.abs()),
                    limit: None,
                })
            })
            .collect();
        let unit = |contract: &Contract| terms(contract).map_or(Unit::Other, |terms| terms.unit);
        let note = residuals(&ratio, side.sign() * times, unit);
        Ok(Self::new(view, now, expression.to_string(), from, &wanted).with_note(note))
    }

    /// Every price at the touch of its live book: what the leg would trade at, or rest at where it must not take.
    pub fn reprice(&mut self, view: &View, now: Now) {
        let post_only = self.post_only;
        for leg in &mut self.legs {
            if let Some(touch) = leg.touch_now(view, now, post_only) {
                (leg.price, leg.touch) = (Some(touch), Some(touch));
            }
        }
    }

    /// Only orders that can rest can promise not to take.
    pub const fn may_be_post_only(&self) -> bool {
        matches!(self.time_in_force, TimeInForce::GoodTilCancelled | TimeInForce::Day)
    }

    pub const fn set_time_in_force(&mut self, time_in_force: TimeInForce) {
        self.time_in_force = time_in_force;
        if !self.may_be_post_only() {
            self.post_only = PostOnly::Off;
        }
    }

    /// Leaves a leg out; what is left is no longer the combination.
    pub fn remove(&mut self, at: usize) {
        if at < self.legs.len() {
            self.legs.remove(at);
        }
        for leg in &mut self.legs {
            leg.weight = None;
        }
    }
}

impl BasketLeg {
    /// The touch as it is now; `None` without a live book.
    pub fn touch_now(&self, view: &View, now: Now, post_only: PostOnly) -> Option<Price> {
        let side = if post_only == PostOnly::Off { self.side.opposite() } else { self.side };
        let is_live = view.book_state(self.instrument, now).is_live();
        view.market(self.instrument).filter(|_| is_live)?.book.best(side).map(|level| level.price)
    }

    /// The price was a touch that the market has since left.
    pub fn is_outdated(&self, view: &View, now: Now, post_only: PostOnly) -> bool {
        let now = self.touch_now(view, now, post_only);
        self.touch.is_some() && now.is_some() && self.touch != now
    }
}

/// `leaves −8 Mtok open`; empty when the lots meet the ratio.
fn residuals(ratio: &Staging, times: i64, unit: impl Fn(&Contract) -> Unit) -> String {
    let open = ratio.legs.iter().filter_map(|leg| {
        let units = leg.residual_units * times as f64;
        let text = format::change(Price::from_f64_lossy(units), 0);
        (units.abs() >= 0.5).then(|| format!("{text} {} of {}", unit(&leg.contract).label(), leg.contract))
    });
    let open: Vec<String> = open.collect();
    if open.is_empty() { String::new() } else { format!("leaves {} open", open.join(", ")) }
}
