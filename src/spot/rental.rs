//! Rental boards: what each seller asks for a GPU-hour, and the middle of all who may be counted.
//!
//! A seller's median, low and high are over its distinct offers (machine, GPUs, price), so that a price repeated over seventeen
//! regions counts once. The board's median and quartiles are over the sellers' medians, so that a long catalogue weighs no more than
//! a short one. Resellers are marked and counted; those whose terms forbid it are listed and not counted.

use std::collections::{BTreeMap, BTreeSet};

use super::provider;
use super::stats::{median, quartile};
use crate::domain::number::Price;
use crate::domain::spot::{
    Gpu, Hardware, IndexUse, ProviderPrices, RentalBoard, RentalMode, RentalOffer, RentalSummary,
};

/// Price, machine and its GPUs of each distinct offer, cheapest first.
type Distinct<'a> = BTreeSet<(Price, &'a str, u32)>;

/// A board for every GPU and mode that has an offer.
pub fn boards(offers: &[RentalOffer]) -> Vec<RentalBoard> {
    let all = Gpu::ALL.into_iter().flat_map(|gpu| RentalMode::BOTH.map(|mode| board(offers, gpu, mode)));
    all.filter(|board| !board.providers.is_empty()).collect()
}

pub fn board(offers: &[RentalOffer], gpu: Gpu, mode: RentalMode) -> RentalBoard {
    // Machines of a forbidden upstream stand in a row of their own, so that the rest of a reseller's can be counted.
    let mut sellers: BTreeMap<(&str, IndexUse), Distinct<'_>> = BTreeMap::new();
    for offer in offers.iter().filter(|offer| offer.gpu == gpu && offer.mode == mode) {
        let distinct = sellers.entry((&offer.provider, offer.index_use)).or_default();
        distinct.insert((offer.price, &offer.instance, offer.gpus));
    }
    let mut providers: Vec<ProviderPrices> =
        sellers.iter().filter_map(|((id, index_use), distinct)| prices(id, *index_use, distinct)).collect();
    providers.sort_by(|a, b| a.median.cmp(&b.median).then_with(|| a.name.cmp(&b.name)));
    RentalBoard { gpu, mode, summary: summary(&providers), providers }
}

fn prices(id: &str, index_use: IndexUse, distinct: &Distinct<'_>) -> Option<ProviderPrices> {
    let ascending: Vec<Price> = distinct.iter().map(|(price, _, _)| *price).collect();
    Some(ProviderPrices {
        provider: id.into(),
        name: provider::display_name(id),
        median: median(&ascending)?,
        low: *ascending.first()?,
        high: *ascending.last()?,
        offers: ascending.len(),
        hardware: provider::find(id).map_or(Hardware::Own, |provider| provider.hardware),
        index_use,
    })
}

/// Over `providers` in order of their medians.
fn summary(providers: &[ProviderPrices]) -> Option<RentalSummary> {
    let counted = || providers.iter().filter(|provider| provider.index_use == IndexUse::Allowed);
    let medians: Vec<Price> = counted().map(|provider| provider.median).collect();
    Some(RentalSummary {
        providers: medians.len(),
        median: median(&medians)?,
        lower_quartile: quartile(&medians, 1)?,
        upper_quartile: quartile(&medians, 3)?,
        low: counted().map(|provider| provider.low).min()?,
        high: counted().map(|provider| provider.high).max()?,
    })
}
