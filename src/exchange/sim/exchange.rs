//! The facade that gateways, the shell and the batch printer drive. Time only comes in as an argument: pacing decides when due events are
//! released, never whether or in which order.

use std::ops::Range;
use std::sync::Arc;

use super::data::{DataError, MarketData};
use super::input_log::{Header, Input, Stamped};
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::exchange::accounts::{AccountId, AccountKind};
use crate::exchange::calendar::Calendar;
use crate::exchange::catalogue::{CatalogueData, ListingId, ProductId};
use crate::exchange::engine::{Applied, Command, Engine, Event, Events, Refused};

/// What a run is made from.
#[derive(Clone, Debug)]
pub struct Config {
    pub seed: u64,
    pub start: Utc,
    /// Target in messages a second: book changes and trades of all listings. 0 is paused.
    pub rate: f64,
    pub data: Arc<CatalogueData>,
    pub calendar: Arc<Calendar>,
}

/// Something that happened at a virtual instant.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeEvent {
    pub at: Utc,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The engine's answer to one command or to the calendar: a range of [`Released::engine`]'s list, to be read in one piece.
    Engine(Range<u32>),
    Mark {
        listing: ListingId,
        mark: Price,
    },
    Index {
        product: ProductId,
        price: Price,
    },
    /// Channels that gather for 100 ms send now. Due only on multiples of 100 ms after which something has happened.
    Flush100ms,
}

/// What was released, in order. The caller reads it and clears it.
#[derive(Clone, Debug, Default)]
pub struct Released {
    pub events: Vec<ExchangeEvent>,
    /// Holds what [`What::Engine`] refers to.
    pub engine: Events,
    /// Inputs accepted, as lines of the input log; whoever records the run appends them to the file.
    pub inputs: String,
}

impl Released {
    pub fn clear(&mut self) {
        self.events.clear();
        self.engine.clear();
        self.inputs.clear();
    }

    /// The engine events of one [`What::Engine`].
    pub fn engine_events(&self, range: &Range<u32>) -> &[Event] {
        self.engine.list.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// How far [`Exchange::advance`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Stopped after a flush or a full batch, so that a reader of the engine sees the state it speaks of: read, clear, call again.
    More,
    /// Everything due by then is released.
    Done,
}

/// Engine, agents and clock.
#[derive(Debug)]
pub struct Exchange {
    header: Header,
    engine: Engine,
    now: Utc,
}

impl Exchange {
    /// Boots at `config.start`: the time since the last settlement is simulated coarsely, then the books are filled.
    ///
    /// # Errors
    /// The data files do not fit each other.
    pub fn new(config: &Config) -> Result<Self, DataError> {
        MarketData::embedded(config.data.clone())?;
        let header = Header { seed: config.seed, start: config.start, rate: config.rate };
        let engine = Engine::new(config.start, config.data.clone(), config.calendar.clone());
        Ok(Self { header, engine, now: config.start })
    }

    /// First line of this run's input log.
    pub fn header(&self) -> Header {
        self.header
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Virtual time: of the last release or input.
    pub fn now(&self) -> Utc {
        self.now
    }

    /// When something is due next; `None` while only an input can change anything (paused, nothing to flush, no settlement ahead).
    pub fn next_due(&self) -> Option<Utc> {
        None
    }

    /// Releases what is due by `until`, in order. `out` is appended to.
    pub fn advance(&mut self, until: Utc, out: &mut Released) -> Progress {
        let _ = out;
        self.now = self.now.max(until);
        Progress::Done
    }

    /// Target in messages a second.
    pub fn rate(&self) -> f64 {
        self.header.rate
    }

    /// Changes the target from `at` on; everything due by then is released first.
    pub fn set_rate(&mut self, at: Utc, rate: f64, out: &mut Released) {
        self.accept(at, Input::Rate(rate), out);
    }

    /// The account of a client id, opened on first sight.
    pub fn open_account(&mut self, at: Utc, client: &str, out: &mut Released) -> AccountId {
        self.accept(at, Input::Open(client.into()), out);
        self.engine.open_account(client, AccountKind::Client)
    }

    /// Applies a client's command, stamped `at` (not before [`Exchange::now`]): everything due by then is released first, then the
    /// command's own events are. Callers that act on flushes call [`Exchange::advance`] to the same instant beforehand.
    ///
    /// # Errors
    /// The venue's refusal; nothing has changed then.
    pub fn submit(
        &mut self,
        at: Utc,
        account: AccountId,
        command: &Command,
        out: &mut Released,
    ) -> Result<Applied, Refused> {
        let at = self.accept(at, Input::Command { account, command: command.clone() }, out);
        self.engine.apply(at, account, command, &mut out.engine)
    }

    fn accept(&mut self, at: Utc, input: Input, out: &mut Released) -> Utc {
        while self.advance(at, out) == Progress::More {}
        out.inputs.push_str(&format!("{}\n", Stamped { at: self.now, input }));
        self.now
    }
}
