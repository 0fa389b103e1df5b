//! Channel names: one parser and one printer.

use std::fmt;

use super::lenient::Text;

/// How often a channel speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interval {
    Raw,
    /// Deribit's 100 ms.
    Flushed,
    Agg2,
}

impl Interval {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Flushed => "100ms",
            Self::Agg2 => "agg2",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Raw, Self::Flushed, Self::Agg2].into_iter().find(|interval| interval.as_str() == text)
    }
}

/// Price grouping and depth of a grouped book channel; `group` is kept as printed (`none`, `5`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grouping<'a> {
    pub group: Text<'a>,
    pub depth: u32,
}

/// Which instruments an order, trade or state channel covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector<'a> {
    Instrument(Text<'a>),
    /// `any` is a word like the others.
    Kind {
        kind: Text<'a>,
        currency: Text<'a>,
    },
}

/// A channel, names borrowed from its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel<'a> {
    Book(Text<'a>, Interval),
    GroupedBook(Text<'a>, Grouping<'a>, Interval),
    Ticker(Text<'a>, Interval),
    /// A ticker whose messages after the first name only what moved.
    IncrementalTicker(Text<'a>),
    Quote(Text<'a>),
    /// What holding a perpetual costs.
    Perpetual(Text<'a>, Interval),
    Trades(Selector<'a>, Interval),
    Chart {
        instrument: Text<'a>,
        resolution: Text<'a>,
    },
    PriceIndex(Text<'a>),
    /// What the contract of an index that expires next would settle at.
    EstimatedExpiration(Text<'a>),
    InstrumentState {
        kind: Text<'a>,
        currency: Text<'a>,
    },
    PlatformState,
    UserOrders(Selector<'a>, Interval),
    UserTrades(Selector<'a>, Interval),
    /// Orders, fills and position of one instrument together.
    UserChanges(Selector<'a>, Interval),
    UserPortfolio(Text<'a>),
}

impl<'a> Channel<'a> {
    /// `None` for channels that are not known here; instruments and currencies are not looked up.
    pub fn parse(name: &'a str) -> Option<Self> {
        let (head, rest) = name.split_once('.').unwrap_or((name, ""));
        match head {
            "platform_state" => rest.is_empty().then_some(Self::PlatformState),
            "quote" => single(rest).map(Self::Quote),
            "deribit_price_index" => single(rest).map(Self::PriceIndex),
            "estimated_expiration_price" => single(rest).map(Self::EstimatedExpiration),
            "incremental_ticker" => single(rest).map(Self::IncrementalTicker),
            "ticker" => {
                let (instrument, interval) = rest.rsplit_once('.')?;
                Some(Self::Ticker(single(instrument)?, Interval::parse(interval)?))
            }
            "perpetual" => {
                let (instrument, interval) = rest.rsplit_once('.')?;
                Some(Self::Perpetual(single(instrument)?, Interval::parse(interval)?))
            }
            "book" => Self::parse_book(rest),
            "trades" => Self::parse_selected(rest).map(|(selector, interval)| Self::Trades(selector, interval)),
            "chart" => {
                let (instrument, resolution) = rest.strip_prefix("trades.")?.rsplit_once('.')?;
                Some(Self::Chart { instrument: single(instrument)?, resolution: single(resolution)? })
            }
            "instrument" => {
                let (kind, currency) = rest.strip_prefix("state.")?.split_once('.')?;
                Some(Self::InstrumentState { kind: single(kind)?, currency: single(currency)? })
            }
            "user" => {
                let (what, rest) = rest.split_once('.')?;
                match what {
                    "orders" => Self::parse_selected(rest).map(|(s, interval)| Self::UserOrders(s, interval)),
                    "trades" => Self::parse_selected(rest).map(|(s, interval)| Self::UserTrades(s, interval)),
                    "changes" => Self::parse_selected(rest).map(|(s, interval)| Self::UserChanges(s, interval)),
                    "portfolio" => single(rest).map(Self::UserPortfolio),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether only `private/subscribe` on an authenticated connection may have it.
    pub const fn is_private(&self) -> bool {
        matches!(self, Self::UserOrders(..) | Self::UserTrades(..) | Self::UserChanges(..) | Self::UserPortfolio(..))
    }

    fn parse_book(rest: &'a str) -> Option<Self> {
        let mut parts = rest.split('.');
        let instrument = single(parts.next()?)?;
        let second = parts.next()?;
        let Some(depth) = parts.next() else {
            return Some(Self::Book(instrument, Interval::parse(second)?));
        };
        let interval = Interval::parse(parts.next()?)?;
        let grouping = Grouping { group: single(second)?, depth: depth.parse().ok()? };
        parts.next().is_none().then_some(Self::GroupedBook(instrument, grouping, interval))
    }

    fn parse_selected(rest: &'a str) -> Option<(Selector<'a>, Interval)> {
        let (what, interval) = rest.rsplit_once('.')?;
        let selector = match what.split_once('.') {
            Some((kind, currency)) => Selector::Kind { kind: single(kind)?, currency: single(currency)? },
            None => Selector::Instrument(single(what)?),
        };
        Some((selector, Interval::parse(interval)?))
    }
}

fn single(part: &str) -> Option<Text<'_>> {
    (!part.is_empty() && !part.contains('.')).then(|| part.into())
}

impl fmt::Display for Selector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instrument(name) => f.write_str(name),
            Self::Kind { kind, currency } => write!(f, "{kind}.{currency}"),
        }
    }
}

impl fmt::Display for Channel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Book(name, interval) => write!(f, "book.{name}.{}", interval.as_str()),
            Self::GroupedBook(name, Grouping { group, depth }, interval) => {
                write!(f, "book.{name}.{group}.{depth}.{}", interval.as_str())
            }
            Self::Ticker(name, interval) => write!(f, "ticker.{name}.{}", interval.as_str()),
            Self::IncrementalTicker(name) => write!(f, "incremental_ticker.{name}"),
            Self::Quote(name) => write!(f, "quote.{name}"),
            Self::Perpetual(name, interval) => write!(f, "perpetual.{name}.{}", interval.as_str()),
            Self::Trades(selector, interval) => write!(f, "trades.{selector}.{}", interval.as_str()),
            Self::Chart { instrument, resolution } => write!(f, "chart.trades.{instrument}.{resolution}"),
            Self::PriceIndex(name) => write!(f, "deribit_price_index.{name}"),
            Self::EstimatedExpiration(name) => write!(f, "estimated_expiration_price.{name}"),
            Self::InstrumentState { kind, currency } => write!(f, "instrument.state.{kind}.{currency}"),
            Self::PlatformState => f.write_str("platform_state"),
            Self::UserOrders(selector, interval) => write!(f, "user.orders.{selector}.{}", interval.as_str()),
            Self::UserTrades(selector, interval) => write!(f, "user.trades.{selector}.{}", interval.as_str()),
            Self::UserChanges(selector, interval) => write!(f, "user.changes.{selector}.{}", interval.as_str()),
            Self::UserPortfolio(currency) => write!(f, "user.portfolio.{currency}"),
        }
    }
}
