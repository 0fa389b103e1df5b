//! Lists of spot prices as the screen shows them: the boards, every row behind them, where the rows are from, of when they are, how
//! many could be used, and how far a refresh is. Made by `crate::spot`, fetched by the shell, carried by the View.

use std::sync::Arc;

use super::spot::{Gpu, ProviderPrices, RentalBoard, RentalMode, RentalOffer, TokenBoard};

/// The two lists there are; each is refreshed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceList {
    Rental,
    Tokens,
}

impl PriceList {
    pub const ALL: [Self; 2] = [Self::Rental, Self::Tokens];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Rental => "rental prices",
            Self::Tokens => "token prices",
        }
    }
}

/// Rows of a source that met the same fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    pub reason: &'static str,
    pub rows: u64,
    /// Where to look the first of them up.
    pub first: Arc<str>,
}

/// Where rows are from, of when they are, and what became of them. Rows read = taken + skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    pub source: Arc<str>,
    pub terms: Arc<str>,
    /// `catalogue of 22 Nov 2026`, `undated catalogue of 2026`.
    pub dated: Arc<str>,
    pub taken: u64,
    pub skipped: Vec<Tally>,
    /// Taken, but odd.
    pub noted: Vec<Tally>,
}

impl Provenance {
    pub fn skipped_rows(&self) -> u64 {
        self.skipped.iter().map(|tally| tally.rows).sum()
    }
}

/// What GPU-hours are listed at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RentalPrices {
    pub offers: Vec<RentalOffer>,
    /// Of every GPU and mode that has an offer.
    pub boards: Vec<RentalBoard>,
    pub from: Vec<Provenance>,
}

impl RentalPrices {
    pub fn board(&self, gpu: Gpu, mode: RentalMode) -> Option<&RentalBoard> {
        self.boards.iter().find(|board| board.gpu == gpu && board.mode == mode)
    }

    /// The offers behind a row of a board, cheapest first; a price repeated over regions is as many offers here.
    pub fn offers_behind(&self, board: &RentalBoard, row: &ProviderPrices) -> Vec<&RentalOffer> {
        let is_of_row = |offer: &&RentalOffer| {
            (offer.gpu, offer.mode, offer.index_use) == (board.gpu, board.mode, row.index_use)
                && offer.provider == row.provider
        };
        let mut offers: Vec<&RentalOffer> = self.offers.iter().filter(is_of_row).collect();
        offers.sort_by(|a, b| (a.price, &a.instance, &a.region).cmp(&(b.price, &b.instance, &b.region)));
        offers
    }
}

/// What tokens are listed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPrices {
    pub board: TokenBoard,
    pub from: Provenance,
}

/// How far a refresh is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    #[default]
    Idle,
    Running(Progress),
    /// What went wrong, in a sentence. The prices before it are still shown.
    Failed(Arc<str>),
}

/// Several documents may make a list: this is one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// From 1; zero while nothing has begun.
    pub document: usize,
    pub documents: usize,
    pub received_bytes: u64,
    /// If the server said so.
    pub expected_bytes: Option<u64>,
}

/// Both lists at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpotPrices {
    /// `None` until they are read.
    pub rental: Option<Arc<RentalPrices>>,
    pub tokens: Option<Arc<TokenPrices>>,
    refresh: [Refresh; PriceList::ALL.len()],
}

impl SpotPrices {
    pub const fn refresh(&self, list: PriceList) -> &Refresh {
        &self.refresh[list as usize]
    }

    pub fn set_refresh(&mut self, list: PriceList, refresh: Refresh) {
        self.refresh[list as usize] = refresh;
    }
}

/// What whoever reads and fetches prices has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceNews {
    Rental(Arc<RentalPrices>),
    Tokens(Arc<TokenPrices>),
    Refresh(PriceList, Refresh),
    /// A list of one's own, or part of a refresh, that cannot be used or kept: one sentence.
    Unusable(Arc<str>),
}

/// What they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceAsk {
    Refresh(PriceList),
    Cancel(PriceList),
}
