//! The world itself: exchange, gateway, two lines, two sessions and core, wired in memory and moved by one virtual clock. The same seed
//! gives the same world; time only ever jumps to what is due next.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tenor::base::rng::Rng;
use tenor::base::time::{Instant, Now, Utc};
use tenor::core::{self, Core, Effects};
use tenor::domain::calendar::Calendar;
use tenor::domain::command::{Command, Intent};
use tenor::domain::event::{Link, LinkState};
use tenor::exchange::accounts::AccountId;
use tenor::exchange::catalogue::CatalogueData;
use tenor::exchange::engine::ConnectionId;
use tenor::exchange::gateways::deribit::{Effect, Gateway, Output as GatewayOutput};
use tenor::exchange::sim::{Config, Exchange, Progress, Released};
use tenor::venues::deribit::{Config as SessionConfig, Credentials, Limits, MarketSession, OrderSession};
use tenor::venues::{Input, Output, Wish};
use tenor::view::View;
use tenor::view::session::Environment;

use super::line::{Dial, Fault, Gaps, Line, Tally};
use super::oracle::{self, Oracle};
use super::trader::Trader;

pub const MARKET: usize = 0;
pub const ORDERS: usize = 1;
/// A Friday afternoon, far from fixing and settlement.
const START: Utc = Utc(1_795_188_600_000_000_000);
const MONO_AT_START: Instant = Instant(60_000_000_000);
/// The terminal's wall clock against the exchange's.
const SKEW: Duration = Duration::from_millis(250);
const ACCOUNT: &str = "world";
/// So many turns without time moving are a circle.
const MOST_TURNS_AT_ONCE: u32 = 20_000;

/// What was wrong, where to find it again.
pub struct Violation {
    pub seed: u64,
    pub turn: u64,
    pub after: Duration,
    pub what: String,
}

/// The line to begin with: one command leads back to the same place.
impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, turn, after, what } = self;
        write!(f, "WORLD_SEED={seed} cargo test --test it world::  (turn {turn}, after {after:?}): {what}")
    }
}

pub struct World {
    seed: u64,
    turns: u64,
    now: Now,
    standing_still: u32,
    rng: Rng,
    pub exchange: Exchange,
    gateway: Gateway,
    /// Everything that the exchange did, as text, and the inputs that made it so.
    pub told: GatewayOutput,
    released: Released,
    last_connection: u64,
    pub account: AccountId,
    pub lines: [Line; 2],
    out: Output,
    core: Core,
    fx: Effects,
    next_label: u64,
    pub view: Arc<View>,
    pub oracle: Oracle,
    pub repeats: u32,
    /// Faults and orders come while there is one.
    storm: Option<Storm>,
}

struct Storm {
    rng: Rng,
    trader: Trader,
    next_fault: Instant,
    next_order: Instant,
}

impl World {
    /// Nothing connected yet.
    pub fn new(seed: u64, rate: f64, gaps: Gaps) -> Self {
        let config = config(seed, rate);
        let mut exchange = Exchange::new(&config).unwrap();
        let mut gateway = Gateway::default();
        let mut told = GatewayOutput { printed: Some(String::new()), ..GatewayOutput::default() };
        let mut released = Released::default();
        let account = exchange.open_account(config.start, ACCOUNT, &mut released);
        gateway.on_released(&released, &exchange, &mut told);
        released.clear();
        let credentials = Credentials { client_id: ACCOUNT.to_owned(), client_secret: "x".to_owned().into() };
        let session = SessionConfig { limits: Limits::EMBEDDED, ..SessionConfig::new(Some(credentials), seed) };
        let core = Core::new(core::Config {
            account: "SIM-01".into(),
            venue: "embedded".into(),
            environment: Environment::Simulated,
            install: "w1".into(),
        });
        Self {
            seed,
            turns: 0,
            now: Now { mono: MONO_AT_START, utc: START + SKEW },
            standing_still: 0,
            rng: Rng::fork(seed, "world"),
            exchange,
            gateway,
            told,
            released,
            last_connection: 0,
            account,
            lines: [
                Line::new(Link::Market, Box::new(MarketSession::new(session.clone())), gaps),
                Line::new(Link::Orders, Box::new(OrderSession::new(session)), gaps),
            ],
            out: Output::default(),
            view: core.initial_view(),
            core,
            fx: Effects::default(),
            next_label: 1,
            oracle: Oracle::default(),
            repeats: 0,
            storm: None,
        }
    }

    pub fn now(&self) -> Now {
        self.now
    }

    pub fn tally(&self) -> Tally {
        let [a, b] = [self.lines[MARKET].tally, self.lines[ORDERS].tally];
        Tally {
            drops: a.drops + b.drops,
            duplicates: a.duplicates + b.duplicates,
            delays: a.delays + b.delays,
            cuts: a.cuts + b.cuts,
        }
    }

    pub fn violation(&self, what: impl Into<String>) -> Violation {
        let after = self.now.mono.since(MONO_AT_START);
        Violation { seed: self.seed, turn: self.turns, after, what: what.into() }
    }

    /// Where the terminal is not the exchange's image.
    pub fn difference(&self) -> Option<String> {
        oracle::difference(&self.view, self.now, self.exchange.engine(), self.account)
    }

    pub fn brew(&mut self) {
        self.storm = Some(Storm {
            rng: Rng::fork(self.seed, "storm"),
            trader: Trader::new(self.seed),
            next_fault: self.now.mono,
            next_order: self.now.mono,
        });
    }

    pub fn calm(&mut self) {
        self.storm = None;
        for line in &mut self.lines {
            line.fault = None;
            line.next_dial = Dial::Succeeds;
        }
    }

    pub fn set_rate(&mut self, rate: f64) -> Result<(), Violation> {
        let now = self.exchange.now();
        self.exchange.set_rate(now, rate, &mut self.released);
        self.publish_released();
        self.deliver()
    }

    /// Takes turns until `is_there`, for `span` at the most; whether it was.
    pub fn run(&mut self, span: Duration, is_there: impl Fn(&Self) -> bool) -> Result<bool, Violation> {
        let end = self.now.mono + span;
        while !is_there(self) {
            if self.now.mono >= end {
                return Ok(false);
            }
            self.turn(end)?;
        }
        Ok(true)
    }

    /// Everything that is due next, at `limit` at the latest.
    fn turn(&mut self, limit: Instant) -> Result<(), Violation> {
        self.turns += 1;
        let due = self.next_due().min(limit);
        let ahead = due.since(self.now.mono);
        self.standing_still = if ahead.is_zero() { self.standing_still + 1 } else { 0 };
        if self.standing_still > MOST_TURNS_AT_ONCE {
            let lines: Vec<_> = self.lines.iter().map(|line| line.session.deadline()).collect();
            let (core, theirs) = (self.core.deadline(), [self.exchange.next_due(), self.gateway.deadline()]);
            let now = self.now.mono;
            return Err(self.violation(format!(
                "time stands still at {now:?}: sessions {lines:?}, core {core:?}, exchange and gateway {theirs:?}"
            )));
        }
        self.now = self.now.later(ahead);
        self.move_exchange()?;
        self.hear_clients()?;
        self.brew_on()?;
        for at in [MARKET, ORDERS] {
            self.hear_venue(at)?;
        }
        if self.core.deadline().is_some_and(|due| due <= self.now.mono) {
            self.step(core::Input::Timer)?;
        }
        Ok(())
    }

    fn next_due(&self) -> Instant {
        let theirs = [self.exchange.next_due(), self.gateway.deadline()].into_iter().flatten();
        let theirs = theirs.map(|utc| MONO_AT_START + utc.since(START));
        let storm = self.storm.iter().flat_map(|storm| [storm.next_fault, storm.next_order]);
        let lines = self.lines.iter().filter_map(Line::due);
        let due = theirs.chain(storm).chain(lines).chain(self.core.deadline()).min();
        due.map_or(self.now.mono, |due| due.max(self.now.mono))
    }

    // ---- the exchange's side -----------------------------------------------------------------------------------------------------

    fn move_exchange(&mut self) -> Result<(), Violation> {
        let target = START + self.now.mono.since(MONO_AT_START);
        loop {
            let progress = self.exchange.advance(target, &mut self.released);
            self.publish_released();
            self.deliver()?;
            if progress == Progress::Done {
                break;
            }
        }
        self.gateway.timer(self.exchange.now(), &mut self.told);
        self.deliver()
    }

    fn publish_released(&mut self) {
        self.gateway.on_released(&self.released, &self.exchange, &mut self.told);
        self.released.clear();
    }

    /// Sets on their way what the gateway sends; ends what it ends.
    fn deliver(&mut self) -> Result<(), Violation> {
        self.oracle.observe(self.now.mono, self.exchange.engine());
        while !self.told.effects.is_empty() {
            for effect in std::mem::take(&mut self.told.effects) {
                match effect {
                    Effect::Send { to, text } => {
                        let due = self.now.mono + self.latency();
                        if let Some(line) = self.lines.iter_mut().find(|line| line.peer == Some(to)) {
                            line.receive(self.now.mono, due, &text);
                        }
                    }
                    Effect::Close { to, .. } | Effect::Cut { to } => {
                        self.gateway.closed(to, &mut self.exchange, &mut self.told);
                        if let Some(at) = self.lines.iter().position(|line| line.peer == Some(to)) {
                            self.lines[at].peer = None;
                            self.lines[at].down.clear();
                            self.feed(at, Input::Closed("the venue hung up".into()))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn latency(&mut self) -> Duration {
        Duration::from_micros(200 + self.rng.below(3_000))
    }

    /// What has arrived at the exchange: messages, ends of connections, dials.
    fn hear_clients(&mut self) -> Result<(), Violation> {
        for at in [MARKET, ORDERS] {
            while let Some(sent) = self.lines[at].up.pop_front_if(|sent| sent.due <= self.now.mono) {
                let now = self.exchange.now();
                self.gateway.text(sent.from, now, sent.text.as_bytes(), &mut self.exchange, &mut self.told);
                self.deliver()?;
            }
            while let Some(index) = self.lines[at].ends.iter().position(|(due, _)| *due <= self.now.mono) {
                let (_, ended) = self.lines[at].ends.remove(index);
                self.lines[at].up.retain(|sent| sent.from != ended);
                self.gateway.closed(ended, &mut self.exchange, &mut self.told);
                self.deliver()?;
            }
            match self.lines[at].dial.take_if(|(due, _)| *due <= self.now.mono) {
                Some((_, Dial::Fails)) => self.feed(at, Input::DialFailed("refused".into()))?,
                Some((_, Dial::Succeeds)) => {
                    self.last_connection += 1;
                    let id = ConnectionId(self.last_connection);
                    self.gateway.open(id, self.exchange.now());
                    self.lines[at].peer = Some(id);
                    self.feed(at, Input::Opened)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    // ---- the terminal's side -----------------------------------------------------------------------------------------------------

    fn hear_venue(&mut self, at: usize) -> Result<(), Violation> {
        while let Some(frame) = self.lines[at].down.pop_front_if(|frame| frame.due <= self.now.mono) {
            if frame.is_repeat {
                self.hear_again(at, &frame.text)?;
            } else {
                self.feed(at, Input::Text(frame.text.as_bytes()))?;
            }
        }
        if self.lines[at].session.deadline().is_some_and(|due| due <= self.now.mono) {
            self.feed(at, Input::Timer)?;
        }
        Ok(())
    }

    /// A frame that came twice changes nothing.
    fn hear_again(&mut self, at: usize, text: &str) -> Result<(), Violation> {
        self.repeats += 1;
        self.step(core::Input::Timer)?;
        let before = self.core.digest();
        self.feed(at, Input::Text(text.as_bytes()))?;
        if self.core.digest() == before {
            Ok(())
        } else {
            Err(self.violation(format!("a duplicate changed something: {text}")))
        }
    }

    fn feed(&mut self, at: usize, input: Input<'_>) -> Result<(), Violation> {
        let frames = u32::from(matches!(input, Input::Text(_)));
        self.lines[at].session.handle(self.now, input, &mut self.out);
        let mut out = std::mem::take(&mut self.out);
        out.batch.frames = frames;
        out.batch.received = self.now.mono;
        for wish in out.wishes {
            self.grant(at, wish)?;
        }
        if out.batch.frames > 0 || !out.batch.events.is_empty() {
            let link = self.lines[at].link;
            self.step(core::Input::Venue { link, batch: out.batch })?;
        }
        Ok(())
    }

    fn grant(&mut self, at: usize, wish: Wish) -> Result<(), Violation> {
        let due = self.now.mono + self.latency();
        let line = &mut self.lines[at];
        match wish {
            Wish::Dial => line.dial = Some((due, std::mem::replace(&mut line.next_dial, Dial::Succeeds))),
            Wish::Send(text) => line.send(due, text),
            Wish::Hangup => {
                if line.end(due) {
                    self.feed(at, Input::Closed("we hung up".into()))?;
                }
            }
            Wish::Finish => {}
        }
        Ok(())
    }

    pub fn intent(&mut self, intent: Intent) -> Result<(), Violation> {
        self.step(core::Input::Command(Command { intent, seen: self.view.version }))
    }

    /// One step of core, and what follows from it.
    fn step(&mut self, input: core::Input) -> Result<(), Violation> {
        self.core.step(self.now, input, &mut self.fx);
        let fx = std::mem::take(&mut self.fx);
        if let Some(view) = fx.publish {
            let checked = self.oracle.check(&view, self.now, self.exchange.engine());
            self.view = view;
            checked.map_err(|what| self.violation(what))?;
        }
        for (link, command) in fx.session {
            let at = if link == Link::Market { MARKET } else { ORDERS };
            self.feed(at, Input::Command(command))?;
        }
        if fx.needs_labels {
            let labels = self.next_label..self.next_label + 1_000;
            self.next_label = labels.end;
            self.step(core::Input::Labels(labels))?;
        }
        Ok(())
    }

    // ---- the storm ---------------------------------------------------------------------------------------------------------------

    fn brew_on(&mut self) -> Result<(), Violation> {
        let Some(mut storm) = self.storm.take() else { return Ok(()) };
        if storm.next_fault <= self.now.mono {
            storm.next_fault = self.now.mono + Duration::from_millis(20 + storm.rng.below(300));
            self.break_something(&mut storm.rng)?;
        }
        if storm.next_order <= self.now.mono {
            storm.next_order = self.now.mono + Duration::from_millis(20 + storm.rng.below(300));
            if let Some(intent) = storm.trader.next(&self.view, self.now) {
                self.intent(intent)?;
            }
        }
        self.storm = Some(storm);
        Ok(())
    }

    /// Cuts happen at once, everything else to the next frame that it fits.
    fn break_something(&mut self, rng: &mut Rng) -> Result<(), Violation> {
        let at = if rng.chance(0.7) { MARKET } else { ORDERS };
        let fault = match rng.below(100) {
            0..40 if at == MARKET => Fault::DropChange,
            0..50 => Fault::DropAny,
            50..75 => Fault::Duplicate,
            75..95 => Fault::Delay(Duration::from_millis(rng.below(1_500))),
            95..97 => Fault::Delay(Duration::from_secs(2 + rng.below(10))),
            _ => Fault::Cut,
        };
        // A lost ack is worth more than a login that hangs.
        if fault == Fault::DropAny && at == ORDERS && self.view.session.orders.state != LinkState::Up {
            return Ok(());
        }
        let line = &mut self.lines[at];
        if fault != Fault::Cut {
            line.fault.get_or_insert(fault);
            return Ok(());
        }
        let heard = self.now.mono + Duration::from_millis(rng.below(300));
        if line.end(heard) {
            line.tally.cuts += 1;
            line.next_dial = if rng.chance(0.3) { Dial::Fails } else { Dial::Succeeds };
            self.feed(at, Input::Closed("cut".into()))?;
        }
        Ok(())
    }
}

/// What the exchange of a seed is made from.
pub fn config(seed: u64, rate: f64) -> Config {
    let data = Arc::new(CatalogueData::embedded().unwrap());
    let calendar = Arc::new(Calendar::us().unwrap());
    Config { seed, start: START, rate, data, calendar }
}
