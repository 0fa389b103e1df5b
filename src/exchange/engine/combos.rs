//! Combos on demand: listing them, and what a price of one means for its legs.

use super::Engine;
use super::command::{Applied, Refused};
use super::event::{Event, Events};
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::exchange::catalogue::Leg;
use crate::exchange::catalogue::combos::Combo;

impl Engine {
    /// Finds the combo of `legs` or opens a market for it.
    pub(super) fn create_combo(&mut self, now: Utc, legs: &[Leg], out: &mut Events) -> Result<Applied, Refused> {
        let id = match self.catalogue.combo(now, legs)? {
            Combo::Known(id) => id,
            Combo::New(id) => {
                self.open_markets(now);
                if let Some(changes) = &mut self.clearing.changes {
                    changes.combos.push(id);
                }
                out.list.push(Event::Listed(id));
                id
            }
        };
        Ok(Applied::Combo(id))
    }

    /// What every leg of a combo would trade at if its own book traded at `price` now. The combo need not be listed; legs and price may be
    /// the other way round.
    ///
    /// # Errors
    /// The legs make no combo.
    pub fn leg_prices(&self, asked: &[Leg], price: Price) -> Result<Vec<(Leg, Price)>, Refused> {
        let (legs, _) = self.catalogue.shaped(asked)?;
        let priced = |leg: &Leg| {
            let of = legs.iter().position(|turned| turned.listing == leg.listing)?;
            let turned = i64::from(legs[of].ratio.signum() * leg.ratio.signum());
            let prices = self.clearing.leg_prices(&legs, Price(price.0 * turned));
            Some((*leg, prices[of]))
        };
        asked.iter().map(priced).collect::<Option<_>>().ok_or(Refused::NotACombo)
    }
}
