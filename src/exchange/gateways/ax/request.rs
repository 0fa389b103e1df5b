//! What requests are made of, whichever way they come: the pairs of a query, pages, sides, sizes, contracts by name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::failure::Failure;
use super::symbols;
use crate::base::time::Utc;
use crate::domain::number::{Qty, Side};
use crate::exchange::catalogue::Listing;
use crate::exchange::engine::Engine;

/// Rows of a page, unless asked otherwise, and at the most.
const PAGE: usize = 100;
const LONGEST_PAGE: usize = 1_000;

/// The body of an answer, or why there is none.
pub type Answer = Result<String, Failure>;

/// What stands behind the question mark.
#[derive(Debug)]
pub struct Query(pub BTreeMap<String, String>);

impl Query {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub fn needed(&self, name: &'static str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| Failure::bad(format!("{name}: value required")))
    }

    pub fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Failure> {
        let read = |text: &str| text.parse().map_err(|_| Failure::bad(format!("{name}: not a number that can be")));
        self.text(name).map(read).transpose()
    }

    /// `start_timestamp_ns` and `end_timestamp_ns`, the end included.
    pub fn span(&self) -> Result<(Option<Utc>, Option<Utc>), Failure> {
        let [start, end] = [self.number("start_timestamp_ns")?, self.number("end_timestamp_ns")?];
        Ok((start.map(Utc), end.map(|end: i64| Utc(end.saturating_add(1)))))
    }

    /// How many rows to skip, by `cursor` or `offset`, and how many to give.
    pub fn page(&self) -> Result<Page, Failure> {
        let offset = match self.number("cursor")? {
            Some(cursor) => Some(cursor),
            None => self.number("offset")?,
        };
        let limit = self.number::<usize>("limit")?.unwrap_or(PAGE);
        if !(1..=LONGEST_PAGE).contains(&limit) {
            return Err(Failure::bad("limit: 1 to 1000"));
        }
        Ok(Page { offset: offset.unwrap_or(0), limit })
    }
}

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub offset: usize,
    pub limit: usize,
}

impl Page {
    pub fn of<T>(self, list: Vec<T>) -> Vec<T> {
        list.into_iter().skip(self.offset).take(self.limit).collect()
    }

    /// Where the next page of `total` rows begins.
    pub fn next_cursor(self, total: usize) -> Option<String> {
        let next = self.offset.saturating_add(self.limit);
        (next < total).then(|| next.to_string())
    }
}

pub fn find<'a>(engine: &'a Engine, symbol: &str) -> Result<&'a Listing, Failure> {
    let found = symbols::find(engine.catalogue(), symbol);
    found.map(|listing| &**listing).ok_or_else(|| Failure::symbol(symbol))
}

/// `B` or `S`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub enum SideWord {
    B,
    S,
}

impl From<SideWord> for Side {
    fn from(word: SideWord) -> Self {
        match word {
            SideWord::B => Self::Bid,
            SideWord::S => Self::Ask,
        }
    }
}

/// Whole contracts; `None` where the exchange could not hold so many.
pub fn size(quantity: u64) -> Option<Qty> {
    let lots = i64::try_from(quantity).ok()?;
    Some(Qty::lots(lots)).filter(|qty| qty.whole_lots() == lots)
}

/// Reads a body or a frame.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::bad(error.to_string()))
}
