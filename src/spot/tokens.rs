//! Token boards: listings with their oddities marked, blended by a mix, grouped by base name.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::intake::{Note, Skip};
use super::json::NotANumber;
use super::model_name;
use super::stats::{median, quartile};
use crate::domain::number::Price;
use crate::domain::spot::{
    BatchPrices, BlendedRange, LongContext, ModelGroup, TokenBoard, TokenFlag, TokenListing, TokenMix, TokenRow,
};

/// Dollars per million tokens above which a price is taken for one per thousand.
const MOST_INPUT: Price = Price(100_000_000_000);
const MOST_OUTPUT: Price = Price(600_000_000_000);

/// What a parser found of one model.
#[derive(Clone, Debug)]
pub struct Draft {
    pub key: String,
    pub provider: String,
    pub input: Price,
    pub output: Price,
    pub cached: Option<Price>,
    pub batch: Option<BatchPrices>,
    pub long_context: Option<LongContext>,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub retires_on: Option<Date>,
    pub is_tiered: bool,
    pub is_off_peak: bool,
    pub notes: BTreeSet<Note>,
}

impl Draft {
    /// # Errors
    /// [`Skip::BadNumber`] when a price is negative.
    pub fn new(key: &str, provider: &str, input: Price, output: Price) -> Result<Self, Skip> {
        if input.0 < 0 || output.0 < 0 {
            return Err(Skip::BadNumber);
        }
        Ok(Self {
            key: key.to_owned(),
            provider: provider.to_owned(),
            input,
            output,
            cached: None,
            batch: None,
            long_context: None,
            max_input_tokens: None,
            max_output_tokens: None,
            retires_on: None,
            is_tiered: false,
            is_off_peak: false,
            notes: BTreeSet::new(),
        })
    }

    /// A price beside the two that matter: noted, not fatal, when it cannot be read.
    pub fn optional<T>(&mut self, read: Result<Option<T>, NotANumber>) -> Option<T> {
        read.unwrap_or_else(|NotANumber| {
            self.notes.insert(Note::OtherCostUnread);
            None
        })
    }

    pub fn retires(&mut self, date: Option<&str>) {
        let Some(text) = date else { return };
        match text.parse() {
            Ok(date) => self.retires_on = Some(date),
            Err(_) => {
                self.notes.insert(Note::BadDate);
            }
        }
    }

    fn flags(&self) -> Vec<TokenFlag> {
        let is_free = |price: Price| price.0 == 0;
        let marks = [
            (TokenFlag::Free, is_free(self.input) && is_free(self.output)),
            (TokenFlag::HalfFree, is_free(self.input) != is_free(self.output)),
            (TokenFlag::Outlier, self.input > MOST_INPUT || self.output > MOST_OUTPUT),
            (TokenFlag::Retiring, self.retires_on.is_some()),
            (TokenFlag::Tiered, self.is_tiered),
            (TokenFlag::OffPeak, self.is_off_peak),
        ];
        marks.into_iter().filter_map(|(flag, is_set)| is_set.then_some(flag)).collect()
    }
}

pub fn listing(draft: Draft) -> TokenListing {
    let name = model_name::split(&draft.key, &draft.provider);
    TokenListing {
        flags: draft.flags(),
        key: draft.key.into(),
        provider: draft.provider.into(),
        model: name.model,
        base: name.base,
        region: name.region,
        input: draft.input,
        output: draft.output,
        cached: draft.cached,
        batch: draft.batch,
        long_context: draft.long_context,
        max_input_tokens: draft.max_input_tokens,
        max_output_tokens: draft.max_output_tokens,
        retires_on: draft.retires_on,
    }
}

pub fn board(listings: Vec<TokenListing>, mix: TokenMix) -> TokenBoard {
    let blend = |listing: TokenListing| TokenRow { blended: mix.blend(&listing), listing };
    let mut rows: Vec<TokenRow> = listings.into_iter().map(blend).collect();
    rows.sort_by(|a, b| order(&a.listing).cmp(&order(&b.listing)));
    let mut groups: Vec<ModelGroup> = Vec::new();
    let mut start = 0;
    for chunk in rows.chunk_by(|a, b| a.listing.base == b.listing.base) {
        groups.push(group(start, chunk));
        start += chunk.len();
    }
    TokenBoard { mix, rows, groups }
}

fn order(listing: &TokenListing) -> [&str; 4] {
    [&listing.base, &listing.provider, listing.region.as_deref().unwrap_or_default(), &listing.key]
}

fn group(start: usize, rows: &[TokenRow]) -> ModelGroup {
    let counted = || rows.iter().filter(|row| row.listing.counts());
    let mut blended: Vec<Price> = counted().map(|row| row.blended).collect();
    blended.sort_unstable();
    let range =
        || Some(BlendedRange { low: quartile(&blended, 0)?, median: median(&blended)?, high: quartile(&blended, 4)? });
    ModelGroup {
        base: rows.first().map_or_else(|| Arc::from(""), |row| row.listing.base.clone()),
        rows: start..start + rows.len(),
        providers: rows.iter().map(|row| &row.listing.provider).collect::<BTreeSet<_>>().len(),
        blended: range(),
    }
}
