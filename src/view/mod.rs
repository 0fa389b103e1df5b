//! The immutable picture that core publishes and the screen draws. A View is cheap to clone: what did not change is shared with
//! the one before. Whether a book may be shown as live is decided here, at the moment of painting, by [`View::book_state`].

pub mod alert;
pub mod book;
pub mod curve;
pub mod dirt;
pub mod market;
pub mod session;
pub mod trading;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::log::Log;
use crate::base::time::{Now, Utc};
use crate::domain::contract::{Month, Product};
use crate::domain::event::{Fixing, Link};
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId};
use crate::domain::number::Price;
use crate::domain::price_list::SpotPrices;

pub use crate::history::{CurveMark, CurvePoint, History, IndexPast, Origin, Point, Saying, Span, fixed_at};

use alert::AlertView;
use book::BookState;
use curve::CurveView;
use market::MarketView;
use session::{Notice, SessionView, Stats};
use trading::TradingView;

/// By product, ascending: the months in which a launch of new hardware is expected, so that smooth curves may break there. A hand sets
/// them by a command like any other, and whoever solves curves reads them here: a curve follows from the one picture that it names.
pub type Launches = BTreeMap<Product, Vec<Month>>;

/// One published moment.
#[derive(Clone, Debug)]
pub struct View {
    /// Grows with every publish; a Command carries the one it was formed on.
    pub version: u64,
    /// When core published.
    pub at: Now,
    pub session: SessionView,
    pub catalogue: Arc<Catalogue>,
    /// Indexed by [`InstrumentId`]; as long as the catalogue.
    pub markets: Vec<Arc<MarketView>>,
    /// In the catalogue's order of products.
    pub products: Arc<Vec<ProductView>>,
    /// In the same order, those that have been solved; each says from which picture.
    pub curves: Arc<Vec<Arc<CurveView>>>,
    pub launches: Arc<Launches>,
    pub trading: TradingView,
    /// In the order they were set.
    pub alerts: Arc<Vec<AlertView>>,
    /// Past settlements, marks, fixings and bars.
    pub history: Arc<History>,
    /// What sellers list, for the boards.
    pub spot: Arc<SpotPrices>,
    pub stats: Stats,
    /// What happened that a person should read; toasts and the log panel draw from it.
    pub notices: Log<Notice>,
}

/// One product's spot side.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductView {
    pub product: Product,
    /// The venue's index now, and when it said so.
    pub index: Option<(Price, Utc)>,
    /// The last fixing before the current one's day: what the index's change is counted from.
    pub previous_fixing: Option<Price>,
    /// Fixings of the front month so far, oldest first.
    pub front_fixings: Vec<Fixing>,
    /// Fixings the front month will have had at expiry.
    pub front_fixings_due: u32,
}

impl View {
    /// Nothing known yet: what the screen draws before the first publish.
    pub fn empty(session: SessionView) -> Self {
        Self {
            version: 0,
            at: Now::default(),
            session,
            catalogue: Arc::default(),
            markets: Vec::new(),
            products: Arc::default(),
            curves: Arc::default(),
            launches: Arc::default(),
            trading: TradingView::default(),
            alerts: Arc::default(),
            history: Arc::default(),
            spot: Arc::default(),
            stats: Stats::default(),
            notices: Log::new(256),
        }
    }

    pub fn market(&self, id: InstrumentId) -> Option<&MarketView> {
        self.markets.get(id.index()).map(Arc::as_ref)
    }

    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.catalogue.get(id).map(Arc::as_ref)
    }

    /// The newest curve of a product.
    pub fn curve(&self, product: &Product) -> Option<&Arc<CurveView>> {
        self.curves.iter().find(|curve| curve.product == *product)
    }

    /// The state of a book as it must be drawn at `now`: what core said, aged by what has happened since. Core being silent
    /// cannot keep a book live.
    pub fn book_state(&self, id: InstrumentId, now: Now) -> BookState {
        match self.market(id) {
            Some(market) => market.book.state_at(self.session.link(Link::Market), now),
            None => BookState::Connecting,
        }
    }
}
