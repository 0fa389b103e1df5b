//! The facade that gateways, the shell and the batch printer drive. Time only comes in as an argument: pacing decides when due events are
//! released, never whether or in which order.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::boot::boot;
use super::clock::Schedule;
use super::crowd::{Crowd, Floor};
use super::data::{Config, DataError, MarketData};
use super::directive::{Directive, Stay};
use super::indices::{self, Secondaries};
use super::input_log::{Header, Input, Stamped};
use super::past::Past;
use super::plan::Plan;
use super::prices::{Direction, PriceProcess};
use super::valuation;
use crate::base::rng::Rng;
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::exchange::accounts::{AccountId, AccountKind};
use crate::exchange::catalogue::{Listing, ListingId, ProductId};
use crate::exchange::engine::bars::regroup;
use crate::exchange::engine::standing::Numbers;
use crate::exchange::engine::{
    Applied, Bar, Command, ConnectionId, Engine, Event, Events, IndexId, Refused, SecondaryId,
};
use crate::exchange::standing::{Entry, Standing};

/// Something that happened at a virtual instant.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeEvent {
    pub at: Utc,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The engine's answer to one participant's action or to the calendar: a range of [`Released::engine`]'s list.
    Engine(Range<u32>),
    Mark {
        listing: ListingId,
        mark: Price,
    },
    Index {
        product: ProductId,
        price: Price,
    },
    /// A secondary index was published.
    Secondary {
        index: SecondaryId,
        price: Price,
    },
    /// News, as everybody hears them.
    Headline(Arc<str>),
    /// Channels that gather for 100 ms send now. Due only on multiples of 100 ms of wall time after which something has happened.
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

/// Prices, valuations and marks move this often, indices and the places on the curves that often; of wall time, the last excepted.
const PRICE_TICK: Duration = Duration::from_millis(250);
const INDEX_TICK: Duration = Duration::from_secs(1);
const LIST_TICK: Duration = Duration::from_secs(600);
const FLUSH_NS: i64 = 100_000_000;
/// Events after which [`Exchange::advance`] pauses.
const BATCH: usize = 4_096;
/// The market's pace breathes: spread of the logarithm of the waiting time, and how many actions a breath lasts.
const BREATH: f64 = 0.35;
const BREATH_ACTIONS: f64 = 600.0;
/// An action that changes nothing still takes this share of a message's time.
const IDLE_MESSAGES: f64 = 0.2;

/// Numbers are promised to nobody else this far ahead: an entry for so many orders or trades, not for each.
const AHEAD: u64 = 1 << 20;
const FACTORS_EVERY: Duration = Duration::from_secs(10);

/// What the virtual clock waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Act,
    Price,
    Index,
    /// Where on the curves the months lie.
    Curve,
    /// Fixing, settlement, expiry.
    Calendar,
    /// Perpetuals are paid for.
    Funding,
    /// Hours, ends of pauses and calls.
    Session,
    /// What a scenario has planned.
    Plan,
    Flush,
}

/// Engine, agents and clock.
#[derive(Debug)]
pub struct Exchange {
    header: Header,
    data: Arc<MarketData>,
    engine: Engine,
    prices: PriceProcess,
    crowd: Crowd,
    past: Past,
    secondaries: Secondaries,
    schedule: Schedule<Due>,
    now: Utc,
    rate: f64,
    /// Seconds of the exchange's clock in one of the wall's.
    speed: u32,
    plan: Plan,
    session_due: Option<Utc>,
    pace: Rng,
    breath: f64,
    flush_is_due: bool,
    kept: Kept,
}

/// What the last entry with that in it said.
#[derive(Debug, Default)]
struct Kept {
    numbers: Numbers,
    factors_at: Utc,
}

impl Exchange {
    /// Boots at `config.start`: the time since the last settlement is simulated coarsely, then the books are filled.
    ///
    /// # Errors
    /// The data files do not fit each other.
    pub fn new(config: &Config) -> Result<Self, DataError> {
        Self::open(config, None)
    }

    /// Goes on from what another process left, or begins to keep it. The time in between was a market at rest: prices stood still, the
    /// calendar went on. Changes are noted from here on, for [`Exchange::take_entry`].
    ///
    /// # Errors
    /// The data files do not fit each other.
    pub fn resume(config: &Config, standing: &Standing, out: &mut Released) -> Result<Self, DataError> {
        if standing.at == Utc::default() {
            let mut exchange = Self::open(config, None)?;
            exchange.engine.note_changes();
            return Ok(exchange);
        }
        let mut exchange = Self::open(&Config { start: standing.at, rate: 0.0, ..config.clone() }, Some(standing))?;
        exchange.kept.numbers = standing.numbers;
        while exchange.advance(config.start, out) == Progress::More {}
        exchange.set_rate(exchange.now, config.rate, out);
        Ok(exchange)
    }

    fn open(config: &Config, standing: Option<&Standing>) -> Result<Self, DataError> {
        let data = Arc::new(MarketData::embedded(config.data.clone())?);
        let booted = boot(config, &data, &indices::embedded(&config.data)?, standing);
        let mut exchange = Self {
            header: Header { seed: config.seed, start: config.start, rate: config.rate },
            data,
            engine: booted.engine,
            prices: booted.prices,
            crowd: booted.crowd,
            past: booted.past,
            secondaries: booted.secondaries,
            schedule: Schedule::default(),
            now: config.start,
            rate: 0.0,
            speed: 1,
            plan: Plan::default(),
            session_due: None,
            pace: Rng::fork(config.seed, "pace"),
            breath: 0.0,
            flush_is_due: false,
            kept: Kept::default(),
        };
        exchange.schedule.add(exchange.engine.next_due(), Due::Calendar);
        exchange.change_rate(config.rate);
        Ok(exchange)
    }

    /// First line of this run's input log.
    pub fn header(&self) -> Header {
        self.header
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Bars of `width` that begin in `[from, to)`, oldest first: the past that was drawn, then what has traded since.
    pub fn bars(&self, listing: &Listing, width: Duration, (from, to): (Utc, Utc)) -> Vec<Bar> {
        let past = self.past.bars(listing, (from, to), &self.engine, &self.data);
        let inside = |bar: &Bar| (from..to).contains(&bar.start);
        let mut bars = regroup(past.into_iter().chain(self.engine.bars(listing.id, width)), width);
        bars.retain(inside);
        bars
    }

    /// Virtual time: of the last release or input.
    pub fn now(&self) -> Utc {
        self.now
    }

    /// When something is due next; a paused market still has its calendar.
    pub fn next_due(&self) -> Option<Utc> {
        self.schedule.next_due()
    }

    /// Releases what is due by `until`, in order. `out` is appended to.
    pub fn advance(&mut self, until: Utc, out: &mut Released) -> Progress {
        let full = out.events.len() + BATCH;
        while let Some((due, what)) = self.schedule.pop_due(until) {
            self.now = self.now.max(due);
            self.release(what, out);
            let pauses = what == Due::Flush || out.events.len() >= full;
            if pauses && self.next_due().is_some_and(|next| next <= until) {
                return Progress::More;
            }
        }
        self.now = self.now.max(until);
        Progress::Done
    }

    /// Changes the target from `at` on; everything due by then is released first.
    pub fn set_rate(&mut self, at: Utc, rate: f64, out: &mut Released) {
        let rate = if rate.is_finite() { rate.max(0.0) } else { 0.0 };
        self.accept(at, Input::Rate(rate), out);
        self.change_rate(rate);
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
        self.accept(at, Input::Command { account, command: command.clone() }, out);
        let first = out.engine.list.len();
        let applied = self.engine.apply(self.now, account, command, &mut out.engine);
        self.report(first, out);
        applied
    }

    /// How many times faster than the wall's the exchange's clock is to run from `at` on. The pace of messages, prices and flushes stays
    /// what it is in wall time; whoever drives the exchange turns its clock.
    pub fn set_speed(&mut self, at: Utc, speed: u32, out: &mut Released) {
        let speed = speed.max(1);
        self.accept(at, Input::Speed(speed), out);
        self.speed = speed;
        self.change_rate(self.rate);
    }

    pub fn speed(&self) -> u32 {
        self.speed
    }

    /// Does something to the market.
    pub fn direct(&mut self, at: Utc, directive: &Directive, out: &mut Released) {
        self.accept(at, Input::Do(directive.clone()), out);
        self.carry_out(directive, out);
    }

    /// Begins a scenario: what the one before had planned or set is off.
    pub fn begin_scenario(&mut self, at: Utc, name: &str, out: &mut Released) {
        self.accept(at, Input::Scenario(name.into()), out);
        self.plan.begin(name);
        self.schedule.retain(|due| due != Due::Plan);
        self.prices.calm_down();
        for directive in self.plan.undo(&self.engine) {
            self.carry_out(&directive, out);
        }
    }

    /// The scenario that was begun last.
    pub fn scenario(&self) -> Option<&Arc<str>> {
        self.plan.scenario()
    }

    /// Has something done at `due`.
    pub fn plan(&mut self, at: Utc, due: Utc, directive: &Directive, out: &mut Released) {
        self.accept(at, Input::Plan { due, directive: directive.clone() }, out);
        self.plan.add(due.max(self.now), directive.clone());
        self.schedule.add(due.max(self.now), Due::Plan);
    }

    /// Does an input of a log again. Refusals are part of the run and change nothing.
    pub fn replay(&mut self, stamped: &Stamped, out: &mut Released) {
        match &stamped.input {
            Input::Open(client) => {
                self.open_account(stamped.at, client, out);
            }
            Input::Rate(rate) => self.set_rate(stamped.at, *rate, out),
            Input::Speed(speed) => self.set_speed(stamped.at, *speed, out),
            Input::Do(directive) => self.direct(stamped.at, directive, out),
            Input::Scenario(name) => self.begin_scenario(stamped.at, name, out),
            Input::Plan { due, directive } => self.plan(stamped.at, *due, directive, out),
            Input::Command { account, command } => {
                let _ = self.submit(stamped.at, *account, command, out);
            }
        }
    }

    /// Says whether a connection's orders end with it, for whoever keeps what clients own.
    pub fn bind(&mut self, connection: ConnectionId, ends: bool) {
        self.engine.bind(connection, ends);
    }

    /// How what clients own stands after what was released since the last time, for whoever keeps it; to be kept before any client hears
    /// of it. `None` when nothing changed.
    pub fn take_entry(&mut self) -> Option<Entry> {
        let changes = self.engine.take_changes();
        let numbers = self.engine.numbers();
        let told = self.kept.numbers;
        let is_near = numbers.order + AHEAD / 2 > told.order || numbers.trade + AHEAD / 2 > told.trade;
        let are_old = self.now.since(self.kept.factors_at) >= FACTORS_EVERY || !changes.settlements.is_empty();
        if changes.is_empty() && !is_near && !are_old {
            return None;
        }
        let mut entry = Entry::of(self.now, &changes, &self.engine);
        if is_near {
            self.kept.numbers = Numbers { order: numbers.order + AHEAD, trade: numbers.trade + AHEAD };
            entry.numbers = Some(self.kept.numbers);
        }
        if are_old {
            self.kept.factors_at = self.now;
            entry.factors = Some(self.prices.snapshot().figures());
        }
        Some(entry)
    }

    fn accept(&mut self, at: Utc, input: Input, out: &mut Released) {
        while self.advance(at, out) == Progress::More {}
        let stamped = Stamped { at: self.now, input };
        out.inputs.push_str(&stamped.to_string());
        out.inputs.push('\n');
    }

    fn release(&mut self, due: Due, out: &mut Released) {
        match due {
            Due::Act => self.act(out),
            Due::Price => {
                self.prices.walk(self.now, Direction::Forward);
                valuation::value_books(&mut self.crowd, &self.prices);
                self.mark(out);
                self.supervise(out);
                self.fire(out);
                self.schedule.add(self.now + PRICE_TICK * self.speed, Due::Price);
            }
            Due::Index => {
                self.publish_indices(out);
                self.engine.sample_premiums();
                self.fire(out);
                self.schedule.add(self.now + INDEX_TICK * self.speed, Due::Index);
            }
            Due::Curve => {
                self.follow_list();
                self.schedule.add(self.now + LIST_TICK, Due::Curve);
            }
            Due::Calendar => self.turn_the_page(out),
            Due::Funding => {
                let first = out.engine.list.len();
                self.engine.fund(self.now, &mut out.engine);
                self.report(first, out);
                self.schedule.add(Engine::next_funding(self.now), Due::Funding);
            }
            Due::Session => {
                self.session_due = None;
                let first = out.engine.list.len();
                self.engine.turn_sessions(self.now, &mut out.engine);
                self.report(first, out);
                self.watch_sessions();
            }
            Due::Plan => {
                while let Some(directive) = self.plan.next(self.now) {
                    self.carry_out(&directive, out);
                }
            }
            Due::Flush => {
                self.flush_is_due = false;
                out.events.push(ExchangeEvent { at: self.now, what: What::Flush100ms });
            }
        }
    }

    fn act(&mut self, out: &mut Released) {
        let first = out.engine.list.len();
        self.crowd.act(&mut Floor {
            engine: &mut self.engine,
            prices: &mut self.prices,
            out: &mut out.engine,
            now: self.now,
            rate: self.rate,
        });
        let messages = self.report(first, out);
        self.schedule_action(f64::from(messages).max(IDLE_MESSAGES));
    }

    /// The next action waits as long as the last one's messages are worth at the target rate: the rate holds whatever an action costs.
    fn schedule_action(&mut self, messages: f64) {
        if self.rate <= 0.0 {
            return;
        }
        let keep = 1.0 - 1.0 / BREATH_ACTIONS;
        self.breath = self.breath * keep + BREATH * (1.0 - keep * keep).sqrt() * self.pace.normal();
        let breath = (self.breath - BREATH * BREATH / 2.0).exp();
        let wait_s = self.pace.exponential(messages / self.rate) * breath * f64::from(self.speed);
        let wait_ns = (wait_s * 1e9).clamp(1.0, 1e17) as i64;
        self.schedule.add(Utc(self.now.0.saturating_add(wait_ns)), Due::Act);
    }

    /// Wraps the engine's events since `first` into one, lets the crowd see them, and counts their messages.
    fn report(&mut self, first: usize, out: &mut Released) -> u32 {
        let events = &out.engine.list[first..];
        if events.is_empty() {
            return 0;
        }
        let messages = self.crowd.observe(events);
        if events.iter().any(|event| matches!(event, Event::State { .. })) {
            self.watch_sessions();
        }
        let range = first as u32..out.engine.list.len() as u32;
        self.tell(What::Engine(range), out);
        messages
    }

    fn tell(&mut self, what: What, out: &mut Released) {
        out.events.push(ExchangeEvent { at: self.now, what });
        if !self.flush_is_due {
            self.flush_is_due = true;
            let grid = FLUSH_NS * i64::from(self.speed);
            self.schedule.add(Utc((self.now.0.div_euclid(grid) + 1) * grid), Due::Flush);
        }
    }

    fn mark(&mut self, out: &mut Released) {
        let mut marks = Vec::new();
        valuation::mark_books(&mut self.crowd, &mut self.engine, |listing, mark| {
            marks.push(What::Mark { listing, mark });
        });
        marks.into_iter().for_each(|what| self.tell(what, out));
    }

    /// Looks at margins after marks have moved.
    fn supervise(&mut self, out: &mut Released) {
        let first = out.engine.list.len();
        self.engine.supervise(self.now, &mut out.engine);
        self.report(first, out);
    }

    /// Marks or indices have moved: what they trigger is placed.
    fn fire(&mut self, out: &mut Released) {
        let first = out.engine.list.len();
        self.engine.fire(self.now, &mut out.engine);
        self.report(first, out);
    }

    fn publish_indices(&mut self, out: &mut Released) {
        let mut indices = Vec::new();
        valuation::set_indices(&self.prices, &self.data, &mut self.engine, |product, price| {
            indices.push(What::Index { product, price });
        });
        let changed = |index, price| indices.push(What::Secondary { index, price });
        self.secondaries.advance(self.now, &self.prices, &self.data, &mut self.engine, changed);
        indices.into_iter().for_each(|what| self.tell(what, out));
    }

    fn follow_list(&mut self) {
        valuation::follow_list(&mut self.crowd, &self.engine, &self.prices, &self.data, self.now);
    }

    /// What the calendar asks for: the index is published once more, the engine fixes, settles and rolls, and new books are opened.
    fn turn_the_page(&mut self, out: &mut Released) {
        if self.rate > 0.0 {
            self.prices.walk(self.now, Direction::Forward);
            self.publish_indices(out);
        }
        let first = out.engine.list.len();
        self.engine.advance(self.now, &mut out.engine);
        let known = self.crowd.books.len();
        self.report(first, out);
        self.follow_list();
        valuation::value_books(&mut self.crowd, &self.prices);
        self.mark(out);
        self.supervise(out);
        let opened = out.engine.list.len();
        let mut floor = Floor {
            engine: &mut self.engine,
            prices: &mut self.prices,
            out: &mut out.engine,
            now: self.now,
            rate: self.rate,
        };
        for at in known..self.crowd.books.len() {
            self.crowd.fill_book(at, &mut floor);
        }
        self.report(opened, out);
        self.fire(out);
        self.schedule.add(self.engine.next_due(), Due::Calendar);
    }

    /// Has the engine turned when a phase ends next.
    fn watch_sessions(&mut self) {
        let due = self.engine.next_session_change();
        if due != self.session_due {
            self.schedule.retain(|due| due != Due::Session);
            due.into_iter().for_each(|at| self.schedule.add(at, Due::Session));
            self.session_due = due;
        }
    }

    fn carry_out(&mut self, directive: &Directive, out: &mut Released) {
        self.plan.note(directive);
        let first = out.engine.list.len();
        match directive {
            Directive::Session(order) => self.engine.direct(self.now, *order, &mut out.engine),
            Directive::Shock { product, log_jump, over, stay } => {
                self.prices.shock(product.index(), *log_jump, *over, *stay);
            }
            Directive::Volatility { product, times } => self.prices.set_volatility(product.index(), *times),
            Directive::Makers { product, present } => {
                let (crowd, mut floor) = self.floor(out);
                crowd.set_makers(product.index(), *present as usize, &mut floor);
            }
            Directive::Sweep { product, side, lots } => {
                let (crowd, mut floor) = self.floor(out);
                crowd.sweep(product.index(), *side, i64::from(*lots), &mut floor);
            }
            Directive::Rate(rate) => self.change_rate(*rate),
            Directive::Restate { index, fixings, log_change } => {
                self.restate(index, (*fixings as usize, *log_change), out);
            }
            Directive::Headline(text) => self.tell(What::Headline(text.clone()), out),
        }
        self.report(first, out);
        self.watch_sessions();
    }

    /// The index and its last fixings are corrected; what is made of it from now on follows.
    fn restate(&mut self, name: &str, (fixings, log_change): (usize, f64), out: &mut Released) {
        let Some(id) = self.engine.find_index(name) else { return };
        let product = match id {
            IndexId::Settling(product) => product,
            IndexId::Secondary(index) => match self.engine.secondary_index(index) {
                Some(index) => index.product,
                None => return,
            },
        };
        let step = valuation::index_step(&self.data, product.index());
        self.engine.restate(self.now, name, (fixings, log_change), step, &mut out.engine);
        match id {
            IndexId::Settling(product) => {
                self.prices.shock(product.index(), log_change, Duration::ZERO, Stay::Lasting);
                self.follow_list();
            }
            IndexId::Secondary(index) => self.secondaries.restate(index, log_change),
        }
    }

    fn floor<'a>(&'a mut self, out: &'a mut Released) -> (&'a mut Crowd, Floor<'a>) {
        let floor = Floor {
            engine: &mut self.engine,
            prices: &mut self.prices,
            out: &mut out.engine,
            now: self.now,
            rate: self.rate,
        };
        (&mut self.crowd, floor)
    }

    fn change_rate(&mut self, rate: f64) {
        let was_paused = self.rate <= 0.0;
        self.rate = rate;
        self.schedule.retain(|due| due != Due::Act);
        if rate <= 0.0 {
            self.schedule.retain(|due| !matches!(due, Due::Price | Due::Index | Due::Curve | Due::Funding));
            return;
        }
        if was_paused {
            self.prices.skip(self.now);
            self.schedule.add(self.now + PRICE_TICK * self.speed, Due::Price);
            self.schedule.add(self.now + INDEX_TICK * self.speed, Due::Index);
            self.schedule.add(self.now, Due::Curve);
            self.schedule.add(Engine::next_funding(self.now), Due::Funding);
        }
        self.schedule_action(1.0);
    }
}
