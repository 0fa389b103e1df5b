//! Readings → the lists that the screen shows. A later list of rental prices goes before an earlier one, seller by seller: what a
//! person has written down, or what was fetched today, replaces what that seller was listed at before.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::intake::{Intake, Met};
use super::read::Reading;
use super::{rental, tokens};
use crate::domain::price_list::{Provenance, RentalPrices, Tally, TokenPrices};
use crate::domain::spot::{RentalOffer, TokenListing, TokenMix};

/// A reading, and of when it is: `catalogue of 22 Nov 2026`.
#[derive(Clone, Debug)]
pub struct Dated<T> {
    pub reading: Reading<T>,
    pub dated: Arc<str>,
}

/// `lists` in the order of their authority, the last one's sellers counting before all others.
pub fn rental(lists: &[Dated<RentalOffer>]) -> RentalPrices {
    let mut offers = Vec::new();
    for list in lists {
        replace_sellers(&mut offers, list.reading.rows.clone());
    }
    let from = lists.iter().map(|list| provenance(&list.reading, list.dated.clone())).collect();
    RentalPrices { boards: rental::boards(&offers), offers, from }
}

/// Puts `newer` in the place of all that its sellers had.
pub fn replace_sellers(offers: &mut Vec<RentalOffer>, newer: Vec<RentalOffer>) {
    let sellers: BTreeSet<Arc<str>> = newer.iter().map(|offer| offer.provider.clone()).collect();
    offers.retain(|offer| !sellers.contains(&offer.provider));
    offers.extend(newer);
}

pub fn tokens(list: Dated<TokenListing>) -> TokenPrices {
    let from = provenance(&list.reading, list.dated);
    TokenPrices { board: tokens::board(list.reading.rows, TokenMix::default()), from }
}

/// What a header says of a list of one's own: the newest day that its rows name.
pub fn dated_by_rows(offers: &[RentalOffer]) -> Arc<str> {
    match offers.iter().filter_map(|offer| offer.as_of.parse::<Date>().ok()).max() {
        Some(date) => of_day(date),
        None => "undated catalogue".into(),
    }
}

/// `catalogue of 22 Nov 2026`.
pub fn of_day(date: Date) -> Arc<str> {
    date.strftime("catalogue of %-d %b %Y").to_string().into()
}

fn provenance<T>(Reading { intake, source, .. }: &Reading<T>, dated: Arc<str>) -> Provenance {
    let Intake { taken, skipped, noted } = intake;
    let tally = |reason, met: &Met| Tally { reason, rows: met.count, first: met.first.as_str().into() };
    Provenance {
        source: source.name.into(),
        terms: source.terms.into(),
        dated,
        taken: *taken,
        skipped: skipped.iter().map(|(why, met)| tally(why.reason(), met)).collect(),
        noted: noted.iter().map(|(what, met)| tally(what.text(), met)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spot::{Gpu, RentalMode};
    use crate::spot::read;

    fn list(text: &str) -> Dated<RentalOffer> {
        let reading = read::rental("", format!("provider,gpu,price_per_gpu_hour,as_of\n{text}").as_bytes()).unwrap();
        let dated = dated_by_rows(&reading.rows);
        Dated { reading, dated }
    }

    #[test]
    fn a_later_list_replaces_its_sellers_and_nobody_else() {
        let lists =
            [list("Lambda,H100,4,\nLambda,H200,5,\nAWS,H100,7,"), list("Lambda,H100,3,2026-11-20\nVast,H100,2,")];
        let prices = rental(&lists);
        let board = prices.board(Gpu::H100, RentalMode::OnDemand).unwrap();
        let rows: Vec<(&str, i64)> = board.providers.iter().map(|p| (&*p.name, p.median.0 / 1_000_000_000)).collect();
        assert_eq!(rows, [("Vast", 2), ("Lambda", 3), ("AWS", 7)]);
        assert_eq!(prices.board(Gpu::H200, RentalMode::OnDemand), None, "Lambda's newer list has none");
        assert_eq!(board.summary.unwrap().providers, 2, "Vast's terms forbid counting it");
        let dated: Vec<&str> = prices.from.iter().map(|from| &*from.dated).collect();
        assert_eq!(dated, ["undated catalogue", "catalogue of 20 Nov 2026"]);
        let lambda = board.providers.iter().find(|row| &*row.provider == "lambda").unwrap();
        let behind = prices.offers_behind(board, lambda);
        assert_eq!(behind.iter().map(|offer| &*offer.as_of).collect::<Vec<_>>(), ["2026-11-20"]);
    }

    #[test]
    fn rows_that_were_skipped_are_told_of() {
        let prices = rental(&[list("Lambda,H100,,\nLambda,H100,x,\nAWS,H100,,\nAWS,H100,7,")]);
        let from = &prices.from[0];
        let told: Vec<(&str, u64, &str)> = from.skipped.iter().map(|t| (t.reason, t.rows, &*t.first)).collect();
        assert_eq!(told, [("no price", 2, "line 2"), ("unreadable number", 1, "line 3")]);
        assert_eq!((from.taken, from.skipped_rows()), (1, 3));
    }
}
