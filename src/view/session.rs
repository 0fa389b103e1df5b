//! Connections, counters and notices.

use std::sync::Arc;
use std::time::Duration;

use crate::base::time::{Instant, Now, Utc};
use crate::domain::event::{Link, LinkState};

/// Whose money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// The embedded exchange: nothing is real.
    Simulated,
    /// The venue calls itself a test network.
    Testnet,
    Real,
}

/// How a venue's clock runs against ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Real,
    /// Whole times as fast.
    Times(u32),
    Standing,
}

impl Pace {
    /// Seconds of the venue to one of ours.
    pub const fn times(self) -> u32 {
        match self {
            Self::Real => 1,
            Self::Times(times) => times,
            Self::Standing => 0,
        }
    }
}

/// A venue's clock: what it showed when it was read, and how it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VenueTime {
    pub utc: Utc,
    /// When it showed that.
    pub read: Instant,
    pub pace: Pace,
    /// Half the round trip of the reading.
    pub uncertainty: Duration,
}

impl VenueTime {
    /// What it shows at a moment of ours, earlier ones included.
    pub fn at(&self, moment: Instant) -> Utc {
        let times = self.pace.times();
        let span = |from: Instant, to: Instant| to.since(from).saturating_mul(times);
        let utc =
            if moment >= self.read { self.utc + span(self.read, moment) } else { self.utc - span(moment, self.read) };
        utc.clamp(CLOCK_FROM, CLOCK_TO)
    }
}

/// No venue's clock shows less or more: the years 2000 and 2100.
pub const CLOCK_FROM: Utc = Utc(946_684_800_000_000_000);
pub const CLOCK_TO: Utc = Utc(4_102_444_800_000_000_000);
/// A venue's clock that is this close to ours is taken for ours: whatever the hour is, both show the same.
const SAME_CLOCK: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct SessionView {
    /// Short, for the badge's neighbour: `SIM-01`, `deribit`.
    pub account: Arc<str>,
    /// Host or `embedded`.
    pub venue: Arc<str>,
    pub environment: Environment,
    pub market: LinkView,
    pub orders: LinkView,
    /// The venue has promised to cancel our orders when the order link ends.
    pub cancel_on_disconnect: Option<bool>,
    /// `None` before it was first read.
    pub venue_time: Option<VenueTime>,
    /// Venue clock minus ours, and the uncertainty (half the round trip); `None` unless both run alike.
    pub clock_offset: Option<(i64, Duration)>,
    /// Core stopped on an internal error; sessions are closed.
    pub halted: Option<Arc<str>>,
}

impl SessionView {
    pub fn new(account: &str, venue: &str, environment: Environment) -> Self {
        Self {
            account: account.into(),
            venue: venue.into(),
            environment,
            market: LinkView::default(),
            orders: LinkView::default(),
            cancel_on_disconnect: None,
            venue_time: None,
            clock_offset: None,
            halted: None,
        }
    }

    /// The moment with the venue's time: what the hour, the day and all that is due are told by. Ages go by `mono`, which stays.
    pub fn now(&self, wall: Now) -> Now {
        let Some(time) = &self.venue_time else { return wall };
        let utc = time.at(wall.mono);
        let is_same = time.pace == Pace::Real && u128::from(utc.0.abs_diff(wall.utc.0)) < SAME_CLOCK.as_nanos();
        if is_same { wall } else { Now { utc, ..wall } }
    }

    /// How the venue's clock runs.
    pub fn pace(&self) -> Pace {
        self.venue_time.map_or(Pace::Real, |time| time.pace)
    }

    /// The venue within a sentence.
    pub fn venue_words(&self) -> &str {
        match self.environment {
            Environment::Simulated => "SIM",
            Environment::Testnet | Environment::Real => &self.venue,
        }
    }

    pub fn link(&self, link: Link) -> &LinkView {
        match link {
            Link::Market => &self.market,
            Link::Orders => &self.orders,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    pub state: LinkState,
    /// When it came up or, while it is not up, when it was lost: attempts in between do not count.
    pub since: Instant,
    /// When any frame last arrived.
    pub last_frame: Instant,
    /// Time from the venue's stamp to our receipt, newest book change, corrected by the clock offset.
    pub feed_delay: Option<Duration>,
    pub reconnects: u32,
}

impl Default for LinkView {
    fn default() -> Self {
        Self {
            state: LinkState::Connecting { attempt: 1 },
            since: Instant::default(),
            last_frame: Instant::default(),
            feed_delay: None,
            reconnects: 0,
        }
    }
}

/// Counters since start, and rates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    pub messages_per_sec: f32,
    /// Messages a second over the last 34 seconds, oldest first.
    pub message_rates: Vec<u32>,
    pub messages: u64,
    pub books_live: u32,
    pub books_total: u32,
    /// Frames that could not be taken in.
    pub drops: u64,
    pub gaps: u64,
    pub anomalies: u64,
    /// Median and 99th percentile of order round trips.
    pub order_rtt_p50: Option<Duration>,
    pub order_rtt_p99: Option<Duration>,
    pub last_order_rtt: Option<Duration>,
    /// Socket receipt to publish, 99th percentile.
    pub wire_to_view_p99: Option<Duration>,
    /// The market link has more waiting than it can take in time.
    pub is_degraded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Info,
    Fill,
    Warn,
    /// What somebody asked to be told; stays until closed.
    Alert,
    /// Stays until closed.
    Reject,
    Error,
}

/// One sentence for the screen: what happened and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub utc: Utc,
    pub at: Instant,
    pub severity: Severity,
    pub text: Arc<str>,
    /// Second line; may be empty.
    pub detail: Arc<str>,
}
