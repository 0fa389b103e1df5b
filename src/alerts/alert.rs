//! One alert: its legs, and whether its level has been passed.

use crate::base::time::Utc;
use crate::curves::expression::Expression;
use crate::curves::touch::Touch;
use crate::domain::alert::{AlertId, AlertPrice, AlertSpec, Passing, Repeat};
use crate::domain::instrument::{Catalogue, InstrumentId};
use crate::domain::number::Price;
use crate::view::alert::{AlertState, AlertView};
use crate::view::book::BookState;

/// Sums of prices differ from what they should be by far less, and prices by far more.
const NOISE: f64 = 1e-9;
/// Of every leg: how far back the price must come.
const HYSTERESIS_TICKS: f64 = 2.0;

/// The top of a book as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    pub state: BookState,
    pub bid: Option<Price>,
    pub ask: Option<Price>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Leg {
    instrument: InstrumentId,
    coefficient: f64,
}

#[derive(Clone, Debug)]
pub struct Alert {
    pub id: AlertId,
    spec: AlertSpec,
    expression: Expression,
    /// `None` while the venue does not list them all.
    legs: Option<Vec<Leg>>,
    hysteresis: f64,
    decimals: usize,
    /// Fired, and not back yet.
    is_resting: bool,
    state: AlertState,
    value: Option<f64>,
}

impl Alert {
    pub fn new(id: AlertId, spec: AlertSpec, expression: Expression, catalogue: &Catalogue) -> Self {
        let mut alert = Self {
            id,
            spec,
            expression,
            legs: None,
            hysteresis: 0.0,
            decimals: 2,
            is_resting: false,
            state: AlertState::Unlisted,
            value: None,
        };
        alert.relist(catalogue);
        alert
    }

    pub const fn spec(&self) -> &AlertSpec {
        &self.spec
    }

    /// The venue's list is new: ids may have come or gone.
    pub fn relist(&mut self, catalogue: &Catalogue) {
        let mut legs = Vec::new();
        let (mut hysteresis, mut decimals) = (0.0, 0);
        for term in self.expression.terms() {
            let known = catalogue.find_contract(&term.contract).and_then(|id| Some((id, catalogue.get(id)?)));
            let Some((instrument, terms)) = known else {
                self.legs = None;
                return;
            };
            hysteresis += HYSTERESIS_TICKS * term.coefficient.abs() * terms.tick.to_f64_lossy();
            // The mid lies between ticks.
            decimals = decimals.max(terms.tick.decimals() + 1);
            legs.push(Leg { instrument, coefficient: term.coefficient });
        }
        (self.legs, self.hysteresis, self.decimals) = (Some(legs), hysteresis, decimals);
    }

    pub fn instruments(&self) -> impl Iterator<Item = InstrumentId> {
        self.legs.iter().flatten().map(|leg| leg.instrument)
    }

    /// Looks at the books; returns the price at which it fires, if it does.
    pub fn look(&mut self, now: Utc, quote: impl Fn(InstrumentId) -> Quote) -> Option<f64> {
        let (blind, touch) = self.price(quote);
        self.value = match (blind, self.spec.price) {
            (Some(_), _) => None,
            (None, AlertPrice::Bid) => touch.bid,
            (None, AlertPrice::Ask) => touch.ask,
            (None, AlertPrice::Mid) => touch.mid(),
        };
        let is_over = self.spec.repeat == Repeat::Once && self.spec.fired.is_some();
        let beyond = self.value.map(|value| self.beyond(value));
        if beyond.is_some_and(|beyond| beyond < -self.hysteresis - NOISE) {
            self.is_resting = false;
        }
        let fires = !is_over && !self.is_resting && beyond.is_some_and(|beyond| beyond > NOISE);
        if fires {
            self.spec.fired = Some(now);
            self.is_resting = true;
        }
        self.state = match blind {
            _ if is_over || (fires && self.spec.repeat == Repeat::Once) => AlertState::Fired,
            Some(state) => state,
            None if self.value.is_none() => AlertState::Unquoted,
            None if self.is_resting => AlertState::Resting,
            None => AlertState::Watching,
        };
        self.value.filter(|_| fires)
    }

    /// Positive when the level is passed.
    fn beyond(&self, value: f64) -> f64 {
        let above = value - self.spec.level.to_f64_lossy();
        match self.spec.passing {
            Passing::Above => above,
            Passing::Below => -above,
        }
    }

    /// Why there is nothing to see, and the price from the legs' quotes.
    fn price(&self, quote: impl Fn(InstrumentId) -> Quote) -> (Option<AlertState>, Touch) {
        let Some(legs) = &self.legs else { return (Some(AlertState::Unlisted), Touch::default()) };
        let (mut worst, mut sum) = (BookState::Live, Touch::exact(self.expression.constant()));
        for leg in legs {
            let Quote { state, bid, ask } = quote(leg.instrument);
            worst = worst.min(state);
            sum = sum + Touch::of(bid, ask).times(leg.coefficient);
        }
        ((!worst.is_live()).then_some(AlertState::Blind(worst)), sum)
    }

    pub fn paint(&self) -> AlertView {
        AlertView {
            id: self.id,
            spec: self.spec.clone(),
            state: self.state,
            value: self.value,
            hysteresis: self.hysteresis,
            decimals: self.decimals,
        }
    }
}
