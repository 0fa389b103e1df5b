//! Funding of perpetuals, a rule of this simulator: on every full hour those on the side that presses the mark away from the index pay the
//! others a twenty-fourth of the mean premium of that hour, a day's worth being capped (`daily_funding_cap`). Cash moves at once; nobody
//! else is paid, so all of it comes to nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::{Event, Events};
use super::{Engine, ListingId};
use crate::base::ring::Ring;
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::exchange::catalogue::{Kind, Listing, Ratio};

pub const INTERVAL: Duration = Duration::from_secs(3_600);
const HOURS_PER_DAY: i64 = 24;
/// Hours that can be asked for.
const REMEMBERED: usize = 24 * 31;

/// One payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingHour {
    /// The end of the hour.
    pub utc: Utc,
    /// At the end of the hour, and at the end of the one before.
    pub index: Price,
    pub previous_index: Price,
    pub mark: Price,
    /// Of the notional at the index; positive: longs pay.
    pub rate: Ratio,
}

#[derive(Clone, Debug)]
struct Funding {
    /// Premiums of this hour, in 10⁻⁹, and how many.
    premiums: i128,
    samples: i64,
    hours: Ring<FundingHour>,
}

impl Default for Funding {
    fn default() -> Self {
        Self { premiums: 0, samples: 0, hours: Ring::new(REMEMBERED) }
    }
}

/// Of all perpetuals.
#[derive(Clone, Debug, Default)]
pub struct Fundings(BTreeMap<ListingId, Funding>);

impl Fundings {
    /// The part of the mean premium that falls due for `hours`, with the cap for as long.
    fn rate(&self, listing: &Listing, daily_cap: Ratio, hours: i64) -> Ratio {
        let premium = match self.0.get(&listing.id) {
            Some(funding) if funding.samples > 0 => funding.premiums / i128::from(funding.samples),
            _ => 0,
        };
        let premium = i64::try_from(premium).unwrap_or(0);
        let cap = daily_cap.0 * hours / HOURS_PER_DAY;
        Ratio((premium.saturating_mul(hours) / HOURS_PER_DAY).clamp(-cap, cap))
    }
}

impl Engine {
    /// The first full hour after `now`.
    pub fn next_funding(now: Utc) -> Utc {
        let hour = INTERVAL.as_nanos() as i64;
        Utc((now.0.div_euclid(hour) + 1) * hour)
    }

    /// Takes note of every perpetual's premium; to be called when indices are published.
    pub fn sample_premiums(&mut self) {
        for listing in self.perpetuals() {
            let (Some(mark), Some(index)) = (self.clearing.mark(listing.id), self.index(listing.product)) else {
                continue;
            };
            let premium = i128::from(mark.0 - index.0) * 1_000_000_000;
            let Some(premium) = premium.checked_div(i128::from(index.0)) else { continue };
            let funding = self.fundings.0.entry(listing.id).or_default();
            funding.premiums += premium;
            funding.samples += 1;
        }
    }

    /// The end of an hour: the premium is paid.
    pub fn fund(&mut self, now: Utc, out: &mut Events) {
        for listing in self.perpetuals() {
            let mark = self.clearing.mark(listing.id);
            let (Some(cap), Some(index)) = (self.daily_cap(&listing), self.index(listing.product)) else { continue };
            let rate = self.fundings.rate(&listing, cap, 1);
            let mut paid = self.clearing.accounts.fund(listing.id, index, rate);
            self.clearing.changed.append(&mut paid);
            let funding = self.fundings.0.entry(listing.id).or_default();
            (funding.premiums, funding.samples) = (0, 0);
            let previous_index = funding.hours.last().map_or(index, |hour| hour.index);
            funding.hours.push(FundingHour { utc: now, index, previous_index, mark: mark.unwrap_or(index), rate });
            out.list.push(Event::Funding { listing: listing.id, rate, index });
        }
        self.close_command(now, out);
    }

    /// What eight hours like this one so far would cost.
    pub fn current_funding(&self, id: ListingId) -> Option<Ratio> {
        let listing = self.catalogue.get(id).filter(|listing| listing.kind == Kind::Perpetual)?;
        Some(self.fundings.rate(listing, self.daily_cap(listing)?, 8))
    }

    /// Payments so far, oldest first, bounded.
    pub fn funding_hours(&self, id: ListingId) -> impl DoubleEndedIterator<Item = &FundingHour> {
        self.fundings.0.get(&id).into_iter().flat_map(|funding| funding.hours.iter())
    }

    /// Of the eight hours that ended at `at` or before it.
    pub fn funding_of_eight_hours(&self, id: ListingId, at: Utc) -> Ratio {
        let hours = self.funding_hours(id).filter(|hour| hour.utc <= at && hour.utc > at - INTERVAL * 8);
        Ratio(hours.map(|hour| hour.rate.0).sum())
    }

    fn daily_cap(&self, listing: &Listing) -> Option<Ratio> {
        self.catalogue.product(listing.product)?.perpetual.map(|terms| terms.daily_funding_cap)
    }

    fn perpetuals(&self) -> Vec<std::sync::Arc<Listing>> {
        self.catalogue.active().filter(|listing| listing.kind == Kind::Perpetual).cloned().collect()
    }
}
