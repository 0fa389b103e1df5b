//! What the channels of the market say: from a name to its topic, and when a topic has something new to say.

use std::time::Duration;

use super::filter::Filter;
use super::implied::Implied;
use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::{Price, Side};
use crate::exchange::catalogue::{Kind, Listing, ListingId, ProductId, Ratio};
use crate::exchange::engine::{Bar, Engine, IndexId, Phase, Stats};
use crate::venues::deribit::wire::{Channel, Grouping, Interval};

/// Minutes of the resolutions that the venue documents; `1D` is a day.
const RESOLUTIONS: [u32; 11] = [1, 3, 5, 10, 15, 30, 60, 120, 180, 360, 720];
const DAY_MINUTES: u32 = 1_440;

/// What a public feed says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Book,
    FlushedBook,
    GroupedBook {
        group: Price,
        depth: usize,
    },
    Ticker(Interval),
    /// Only what moved since the message before.
    Increment,
    Quote,
    /// What holding it costs.
    Perpetual(Interval),
    Trades(Filter, Interval),
    /// Bars of this many minutes.
    Chart(u32),
    Index(IndexId),
    Expiration(ProductId),
    State(Filter),
    Platform,
}

/// What was last sent, for topics that speak only when it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Change(u64),
    Index(Price, Option<Utc>),
    Best([Option<Level>; 2]),
    Bar(Bar),
    Interest(Ratio, Price),
    /// Own book, figures, index, phase, and what other books make of either side.
    Summary(u64, Stats, Option<Price>, Phase, [Option<Level>; 2]),
}

/// Minutes of a resolution as charts name it.
pub fn minutes(resolution: &str) -> Option<u32> {
    match resolution {
        "1D" => Some(DAY_MINUTES),
        text => text.parse().ok().filter(|minutes| RESOLUTIONS.contains(minutes)),
    }
}

/// Of a bar.
pub fn width(minutes: u32) -> Duration {
    Duration::from_secs(60 * u64::from(minutes))
}

/// What a channel says, and of which listing. Expired ones too: their channels can be left.
pub fn resolve(channel: &Channel<'_>, engine: &Engine) -> Option<(Option<ListingId>, Topic)> {
    let catalogue = engine.catalogue();
    let beside = |name: &str, topic: Topic| catalogue.find(name).map(|listing| (Some(listing.id), topic));
    match channel {
        Channel::Book(name, Interval::Raw) => beside(name, Topic::Book),
        Channel::Book(name, _) => beside(name, Topic::FlushedBook),
        Channel::GroupedBook(_, _, Interval::Raw) => None,
        Channel::GroupedBook(name, Grouping { group, depth }, _) => {
            let tick = catalogue.find(name)?.tick;
            let group = match &**group {
                "none" => Price(0),
                text => Price::parse(text).ok().filter(|group| group.0 > 0 && group.is_on(tick))?,
            };
            let depth = usize::try_from(*depth).ok().filter(|depth| [1, 10, 20].contains(depth))?;
            beside(name, Topic::GroupedBook { group, depth })
        }
        Channel::Ticker(name, interval) => beside(name, Topic::Ticker(*interval)),
        Channel::IncrementalTicker(name) => beside(name, Topic::Increment),
        Channel::Quote(name) => beside(name, Topic::Quote),
        Channel::Perpetual(name, interval) => {
            let listing = catalogue.find(name).filter(|listing| listing.kind == Kind::Perpetual)?;
            Some((Some(listing.id), Topic::Perpetual(*interval)))
        }
        Channel::Chart { instrument, resolution } => beside(instrument, Topic::Chart(minutes(resolution)?)),
        Channel::Trades(selector, interval) => {
            let filter = Filter::select(selector, catalogue)?;
            match filter {
                Filter::One(id) => Some((Some(id), Topic::Trades(filter, *interval))),
                _ => Some((None, Topic::Trades(filter, *interval))),
            }
        }
        Channel::PriceIndex(name) => Some((None, Topic::Index(engine.find_index(name)?))),
        Channel::EstimatedExpiration(name) => match engine.find_index(name)? {
            IndexId::Settling(product) => Some((None, Topic::Expiration(product))),
            IndexId::Secondary(_) => None,
        },
        Channel::InstrumentState { kind, currency } => {
            Some((None, Topic::State(Filter::new(kind, currency, catalogue)?)))
        }
        Channel::PlatformState => Some((None, Topic::Platform)),
        Channel::UserOrders(..) | Channel::UserTrades(..) | Channel::UserChanges(..) | Channel::UserPortfolio(_) => {
            None
        }
    }
}

/// What a feed's message depends on, as it stands; `None` for topics that tell of events.
pub fn standing(
    now: Utc,
    topic: Topic,
    listing: Option<&Listing>,
    engine: &Engine,
    implied: &mut Implied,
) -> Option<Sent> {
    match (topic, listing) {
        (Topic::GroupedBook { .. }, Some(listing)) => Some(Sent::Change(engine.change_id(listing.id))),
        (Topic::Quote, Some(listing)) => Some(Sent::Best(Side::BOTH.map(|side| engine.best(listing.id, side)))),
        (Topic::Ticker(_) | Topic::Increment, Some(listing)) => {
            let (stats, index) = (engine.stats(listing.id), engine.index(listing.product));
            let implied = implied.of(now, listing.id, engine);
            Some(Sent::Summary(engine.change_id(listing.id), stats, index, engine.phase(listing.id), implied))
        }
        (Topic::Perpetual(_), Some(listing)) => {
            Some(Sent::Interest(engine.current_funding(listing.id)?, engine.index(listing.product)?))
        }
        (Topic::Chart(minutes), Some(listing)) => engine.newest_bar(listing.id, width(minutes)).map(Sent::Bar),
        (Topic::Expiration(product), _) => {
            let front = engine.front(product)?;
            Some(Sent::Index(engine.estimated_delivery(front.id)?, front.expiry))
        }
        (Topic::Index(index), _) => engine.index_now(index).map(|(price, since)| Sent::Index(price, since)),
        _ => None,
    }
}
