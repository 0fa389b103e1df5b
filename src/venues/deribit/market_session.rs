//! The market-data connection: loads the list, waits for ids, subscribes to everything, and keeps every book and tape whole.
//!
//! ```text
//! dial → hello → login → heartbeat → news of the list, time, instruments, combos → Instruments … Catalogue → subscribe → Up
//! ```
//!
//! Every reconnect goes through the same steps. While up: a gap resubscribes its book once; quiet books are asked for their change id
//! in turn; trades missed are fetched; the clock is read every two seconds, fixings once a minute. The list is loaded when the venue tells
//! of a change to it, and once a minute ([`Lists`]): what is new is subscribed to, what is not listed any more unsubscribed and
//! forgotten. The past is asked for when all this runs, slowly ([`Past`]).

use std::sync::Arc;
use std::time::Duration;

use super::book_feed::BookFeeds;
use super::codec::fault::Fault;
use super::codec::symbols::{Symbols, Terms};
use super::codec::{book, frame, market, past, scan};
use super::config::{BookFeed, Config};
use super::connection::{Connection, Event};
use super::listing::{KINDS, Lists, Step};
use super::past::{Past, Question};
use super::tape::Tapes;
use super::wire::{
    Channel, ChartParams, GroupedBook, IndexNamesParams, IndexPriceParams, InstrumentParams, InstrumentsParams,
    Interval, LastTrades, Number, Params, Selector, SettlementsParams, Subscribe, Text, Trade, TradesParams,
};
use crate::base::time::{Instant, Now, Utc};
use crate::domain::command::SessionCommand;
use crate::domain::event::{AnomalyKind, Fixing, Link, Refusal, VenueEvent};
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId};
use crate::domain::past::{Bars, Settlements};
use crate::venues::parts::rate_limit::RateLimit;
use crate::venues::parts::subscriptions::Subscriptions;
use crate::venues::{Input, Output, Session};

/// Most channels of one request, and most bytes of their names: the venue takes messages of up to 32 KiB.
const CHUNK_CHANNELS: usize = 250;
const CHUNK_BYTES: usize = 28 * 1024;
/// How often books are looked after, and how many questions about quiet books go out each time: few wake-ups, not many.
const TICK: Duration = Duration::from_millis(250);
const QUESTIONS_A_TICK: usize = 5;
const FIXINGS_EVERY: Duration = Duration::from_secs(60);
/// Often: a venue's clock may stand, or run fast, and be told to.
const TIME_EVERY: Duration = Duration::from_secs(2);
/// Trades fetched at once, and how many such questions may be open.
const TRADES_AT_ONCE: i64 = 200;
const FILLS_AT_ONCE: usize = 8;
/// Fixings asked for: a month of business days and more.
const FIXINGS_AT_ONCE: i64 = 40;
/// Months that expired longer ago are not asked about.
const EXPIRED_SINCE: Duration = Duration::from_secs(95 * 86_400);

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    Time,
    Instruments,
    Combos,
    Fixings(Arc<str>),
    Subscribe(Vec<Arc<str>>),
    Unsubscribe,
    ChangeId(InstrumentId),
    Trades(InstrumentId),
    Past(Question),
}

#[derive(Debug)]
pub struct MarketSession {
    connection: Connection<Ask>,
    subscribe_limit: RateLimit,
    query_limit: RateLimit,
    symbols: Symbols,
    index_names: Vec<Arc<str>>,
    lists: Lists,
    subscriptions: Subscriptions,
    /// Ids have come since the connection began.
    is_subscribing: bool,
    books: BookFeeds,
    tapes: Tapes,
    past: Past,
    /// `None` until the connection is ready.
    tick_due: Option<Instant>,
    minute_due: Instant,
    time_due: Instant,
    /// The venue's clock minus ours, as last read.
    ahead_ns: i64,
}

impl MarketSession {
    pub fn new(config: Config) -> Self {
        let limits = config.limits;
        Self {
            connection: Connection::new(Link::Market, config),
            subscribe_limit: RateLimit::new(limits.subscribe.per_1000_s, limits.subscribe.burst),
            query_limit: RateLimit::new(limits.queries.per_1000_s, limits.queries.burst),
            symbols: Symbols::default(),
            index_names: Vec::new(),
            lists: Lists::default(),
            subscriptions: Subscriptions::default(),
            is_subscribing: false,
            books: BookFeeds::default(),
            tapes: Tapes::default(),
            past: Past::default(),
            tick_due: None,
            minute_due: Instant::default(),
            time_due: Instant::default(),
            ahead_ns: 0,
        }
    }

    /// The path of nearly every frame: a book message, scanned straight into the batch.
    fn take_book(&mut self, now: Now, frame: &[u8], out: &mut Output) -> bool {
        let first_level = out.batch.levels.len();
        let Some(message) = scan::book(frame, &self.symbols, &mut out.batch.levels) else { return false };
        self.connection.heard(now);
        self.books.apply(now.mono, &message, first_level, &mut out.batch);
        true
    }

    fn act(&mut self, now: Now, event: Event<'_, Ask>, out: &mut Output) {
        match event {
            Event::Ready => self.begin(now, out),
            Event::Lost => self.lost(out),
            Event::News { channel, data } => {
                if let Err(fault) = self.news(now, channel, data, out) {
                    self.connection.anomaly(fault, out);
                }
            }
            Event::Answer { asked, what, result } => {
                let refused = |refusal: Refusal| {
                    let detail = format!("{} {} to {}", refusal.code, refusal.message, what.name());
                    Fault::new(AnomalyKind::UnexpectedAnswer, detail)
                };
                let outcome = result.map_err(refused).and_then(|result| self.answer(now, asked, &what, result, out));
                if let Err(fault) = outcome {
                    self.connection.anomaly(fault, out);
                    self.unanswered(now, &what, out);
                }
            }
            Event::Unanswered(what) => self.unanswered(now, &what, out),
        }
    }

    /// Some questions can be asked again in their turn; without the others the connection is of no use.
    fn unanswered(&mut self, now: Now, what: &Ask, out: &mut Output) {
        match what {
            Ask::Trades(id) => self.tapes.filled(*id, Vec::new(), &mut out.batch),
            Ask::Instruments | Ask::Combos if self.connection.is_up() => self.lists.give_up(now.mono),
            Ask::Instruments | Ask::Combos | Ask::Subscribe(_) => {
                self.connection.hang_up(&format!("no usable answer to {}", what.name()), out);
            }
            Ask::Time | Ask::Fixings(_) | Ask::Unsubscribe | Ask::ChangeId(_) | Ask::Past(_) => {}
        }
    }

    fn begin(&mut self, now: Now, out: &mut Output) {
        self.subscriptions.clear();
        self.tick_due = Some(now.mono + TICK);
        self.minute_due = now.mono + FIXINGS_EVERY;
        for kind in KINDS {
            let state = Channel::InstrumentState { kind: kind.into(), currency: "any".into() };
            self.subscriptions.want(state.to_string().into());
        }
        // Before the list is asked for: nothing can happen to it unheard.
        self.drive(now, out);
        self.ask_time(now, out);
        self.load_list(now, out);
    }

    fn ask_time(&mut self, now: Now, out: &mut Output) {
        self.time_due = now.mono + TIME_EVERY;
        if !self.connection.is_asking(|ask| *ask == Ask::Time) {
            self.connection.ask(now, Ask::Time, "public/get_time", Params {}, out);
        }
    }

    /// The venue's time.
    fn venue_utc(&self, now: Now) -> Utc {
        Utc(now.utc.0.saturating_add(self.ahead_ns))
    }

    fn lost(&mut self, out: &mut Output) {
        self.tick_due = None;
        self.lists.disconnected();
        self.is_subscribing = false;
        self.books.disconnected(&mut out.batch);
        self.tapes.disconnected();
        self.past.disconnected();
    }

    fn load_list(&mut self, now: Now, out: &mut Output) {
        self.lists.begin(now.mono);
        self.load_next(now, out);
    }

    fn load_next(&mut self, now: Now, out: &mut Output) {
        match self.lists.next() {
            Some(Step::Instruments(kind)) => {
                let kind = Some(kind.into());
                let params = InstrumentsParams { currency: Some("any".into()), kind, expired: None };
                self.connection.ask(now, Ask::Instruments, "public/get_instruments", params, out);
            }
            Some(Step::Combos(currency)) => {
                let params = InstrumentsParams { currency: Some((&currency).into()), ..InstrumentsParams::default() };
                self.connection.ask(now, Ask::Combos, "public/get_combos", params, out);
            }
            Some(Step::Done) => {
                let loaded = self.lists.finish();
                for fault in loaded.faults {
                    self.connection.anomaly(fault, out);
                }
                out.batch.events.extend(loaded.list.map(VenueEvent::Instruments));
            }
            None => {}
        }
    }

    /// Ids have come: wants everything that is listed, lets go of what is not any more.
    fn take_catalogue(&mut self, now: Now, catalogue: &Catalogue, out: &mut Output) {
        self.symbols = Symbols::of(catalogue);
        let interval = self.interval();
        let symbol = |id| catalogue.get(id).map_or_else(Arc::default, |instrument| instrument.symbol.clone());
        self.books.grow(catalogue.len(), |id| Channel::Book(Text::from(&symbol(id)), interval).to_string().into());
        self.tapes.grow(catalogue.len(), symbol);
        self.index_names = catalogue.iter().map(|(_, i)| i.index_name.clone()).filter(|n| !n.is_empty()).collect();
        self.index_names.sort();
        self.index_names.dedup();
        if self.connection.is_ready() && !self.lists.listed().is_empty() {
            self.let_go(now, catalogue, out);
            self.want_all(now, catalogue, out);
            self.past.follow(now.mono, catalogue, &self.index_names);
            self.drive(now, out);
        }
    }

    fn let_go(&mut self, now: Now, catalogue: &Catalogue, out: &mut Output) {
        let mut channels = Vec::new();
        for (id, instrument) in catalogue.iter().filter(|(_, instrument)| !instrument.is_active) {
            if !self.books.end(id, &mut out.batch) {
                continue;
            }
            self.tapes.end(id, &mut out.batch);
            self.past.ended(&instrument.symbol, &instrument.contract);
            let known = [self.books.channel(id)].into_iter().chain(self.told_of(instrument));
            channels.extend(known.filter(|channel| self.subscriptions.forget(channel)));
        }
        for chunk in channels.chunks(CHUNK_CHANNELS) {
            self.subscribe_limit.force(now.mono);
            self.unsubscribe(now, chunk, out);
        }
    }

    /// The channels of an instrument beside its book.
    fn told_of(&self, instrument: &Instrument) -> [Arc<str>; 2] {
        let symbol = || Text::from(&instrument.symbol);
        let trades = Channel::Trades(Selector::Instrument(symbol()), self.interval());
        let ticker = Channel::Ticker(symbol(), Interval::Flushed);
        [trades, ticker].map(|channel| channel.to_string().into())
    }

    fn want_all(&mut self, now: Now, catalogue: &Catalogue, out: &mut Output) {
        for (id, instrument) in catalogue.iter().filter(|(_, instrument)| instrument.is_active) {
            if self.books.begin(now.mono, id) {
                self.subscriptions.want(self.books.channel(id));
                self.tapes.want(id);
            }
            for channel in self.told_of(instrument) {
                self.subscriptions.want(channel);
            }
        }
        for name in &self.index_names {
            self.subscriptions.want(Channel::PriceIndex(name.into()).to_string().into());
        }
        self.is_subscribing = true;
        self.ask_fixings(now, out);
    }

    /// Raw channels are for those who logged in.
    fn interval(&self) -> Interval {
        let config = self.connection.config();
        match config.books {
            BookFeed::Raw if config.credentials.is_some() => Interval::Raw,
            _ => Interval::Flushed,
        }
    }

    fn ask_fixings(&mut self, now: Now, out: &mut Output) {
        for name in &self.index_names {
            let params = IndexPriceParams { index_name: name.into(), offset: None, count: Some(FIXINGS_AT_ONCE) };
            self.connection.ask(now, Ask::Fixings(name.clone()), "public/get_delivery_prices", params, out);
        }
    }

    /// Sends what waits, as far as the venue's limits allow.
    fn drive(&mut self, now: Now, out: &mut Output) {
        if !self.connection.is_ready() {
            return;
        }
        while self.subscriptions.has_wanted() && self.subscribe_limit.take(now.mono) {
            let channels = self.subscriptions.ask(CHUNK_CHANNELS, CHUNK_BYTES);
            self.subscribe(now, channels, out);
        }
        while self.books.wants_resync() && self.subscribe_limit.take(now.mono) {
            self.subscribe_limit.force(now.mono);
            let channels = self.books.take_resync(now.mono, CHUNK_CHANNELS);
            self.subscriptions.ask_again(&channels);
            self.unsubscribe(now, &channels, out);
            self.subscribe(now, channels, out);
        }
        while self.tapes.wants_older()
            && self.connection.count_asking(|ask| matches!(ask, Ask::Trades(_))) < FILLS_AT_ONCE
            && self.query_limit.take(now.mono)
        {
            let Some((id, symbol)) = self.tapes.next_wanted() else { break };
            let params = TradesParams {
                instrument_name: Some((&symbol).into()),
                count: Some(TRADES_AT_ONCE),
                sorting: Some("desc".into()),
                ..TradesParams::default()
            };
            self.connection.ask(now, Ask::Trades(id), "public/get_last_trades_by_instrument", params, out);
        }
        if !self.connection.is_up() && self.is_subscribing && self.subscriptions.is_settled() {
            self.connection.came_up(now, out);
        }
    }

    fn subscribe(&mut self, now: Now, channels: Vec<Arc<str>>, out: &mut Output) {
        let names = channels.clone();
        let params = Subscribe { channels: names.iter().map(Text::from).collect() };
        self.connection.ask(now, Ask::Subscribe(channels), "public/subscribe", params, out);
    }

    fn unsubscribe(&mut self, now: Now, channels: &[Arc<str>], out: &mut Output) {
        let params = Subscribe { channels: channels.iter().map(Text::from).collect() };
        self.connection.ask(now, Ask::Unsubscribe, "public/unsubscribe", params, out);
    }

    fn ask_change_id(&mut self, now: Now, id: InstrumentId, out: &mut Output) {
        let Some(symbol) = self.tapes.symbol(id) else { return };
        let params = InstrumentParams { instrument_name: symbol.into(), depth: Some(1) };
        self.connection.ask(now, Ask::ChangeId(id), "public/get_order_book", params, out);
    }

    fn timer(&mut self, now: Now, out: &mut Output) {
        while let Some(event) = self.connection.due(now, out) {
            self.act(now, event, out);
        }
        if !self.connection.is_ready() || self.tick_due.is_none_or(|due| now.mono < due) {
            return;
        }
        self.tick_due = Some(now.mono + TICK);
        self.books.tick(now.mono, &mut out.batch);
        for _ in 0..QUESTIONS_A_TICK {
            if self.query_limit.ready_at() > now.mono {
                break;
            }
            let Some(id) = self.books.next_to_ask(now.mono) else { break };
            self.query_limit.force(now.mono);
            self.ask_change_id(now, id, out);
        }
        if now.mono >= self.minute_due {
            self.minute_due = now.mono + FIXINGS_EVERY;
            self.ask_fixings(now, out);
        }
        if now.mono >= self.time_due {
            self.ask_time(now, out);
        }
        if self.lists.is_due(now.mono) {
            self.load_list(now, out);
        }
        self.ask_past(now, out);
        self.drive(now, out);
    }

    /// A few questions about the past, once everything live is running and while the venue's limit is far.
    fn ask_past(&mut self, now: Now, out: &mut Output) {
        if !self.connection.is_up() {
            return;
        }
        let most = Past::pace(self.connection.config().limits.queries, TICK);
        let open = self.connection.count_asking(|ask| matches!(ask, Ask::Past(_)));
        for _ in open..most {
            if self.query_limit.ready_at() > now.mono {
                break;
            }
            let Some(question) = self.past.next(now.mono) else { break };
            self.query_limit.force(now.mono);
            self.put(now, &question, out);
        }
    }

    fn put(&mut self, now: Now, question: &Question, out: &mut Output) {
        let asked = Ask::Past(question.clone());
        match question {
            Question::IndexNames => {
                let params = IndexNamesParams { extended: Some(true) };
                self.connection.ask(now, asked, "public/get_index_price_names", params, out);
            }
            Question::Expired(currency) => {
                let (currency, kind) = (Some(currency.into()), Some("future".into()));
                let params = InstrumentsParams { currency, kind, expired: Some(true) };
                self.connection.ask(now, asked, "public/get_instruments", params, out);
            }
            Question::Settlements { of, count } => {
                let name = Some((&of.symbol).into());
                let params =
                    SettlementsParams { instrument_name: name, count: Some(*count), ..SettlementsParams::default() };
                self.connection.ask(now, asked, "public/get_last_settlements_by_instrument", params, out);
            }
            Question::Fixings { index, count } => {
                let params = IndexPriceParams { index_name: index.into(), offset: None, count: Some(*count) };
                self.connection.ask(now, asked, "public/get_delivery_prices", params, out);
            }
            Question::Bars(id, resolution) => {
                let Some(symbol) = self.tapes.symbol(*id) else { return };
                let params = ChartParams {
                    instrument_name: symbol.into(),
                    start_timestamp: Some((self.venue_utc(now) - resolution.reach()).millis()),
                    end_timestamp: Some(self.venue_utc(now).millis()),
                    resolution: resolution.word().into(),
                };
                self.connection.ask(now, asked, "public/get_tradingview_chart_data", params, out);
            }
        }
    }

    fn answer_about_past(
        &mut self,
        now: Now,
        question: &Question,
        result: &str,
        out: &mut Output,
    ) -> Result<(), Fault> {
        match question {
            Question::IndexNames => {
                let indices = past::indices(result, &self.index_names)?;
                for index in indices.iter().filter(|index| index.beside.is_some()) {
                    self.subscriptions.want(Channel::PriceIndex((&index.name).into()).to_string().into());
                    self.past.want_fixings(&index.name);
                }
                out.batch.events.push(VenueEvent::Indices(indices));
                self.drive(now, out);
            }
            Question::Expired(_) => {
                let since = self.venue_utc(now) - EXPIRED_SINCE;
                for expired in past::expired(result)? {
                    if expired.expiry.is_some_and(|expiry| expiry >= since) {
                        self.past.want_settlements(&expired.symbol, &expired.contract);
                    }
                }
            }
            Question::Settlements { of, .. } => {
                let rows = past::settlements(result)?;
                let told = Settlements { contract: of.contract.clone(), rows };
                out.batch.events.push(VenueEvent::Settlements(Box::new(told)));
            }
            Question::Fixings { index, .. } => {
                out.batch.events.push(VenueEvent::Fixings(market::fixings(index, result)?));
            }
            Question::Bars(id, resolution) => {
                let listed = self.tapes.symbol(*id).and_then(|symbol| self.lists.find(symbol));
                // Delisted meanwhile: nobody looks at it any more.
                let Some(instrument) = listed else { return Ok(()) };
                let bars = past::bars(result, &Terms::of(*id, instrument))?;
                let told = Bars { contract: instrument.contract.clone(), width: resolution.width(), bars };
                out.batch.events.push(VenueEvent::Bars(Box::new(told)));
            }
        }
        Ok(())
    }

    fn command(&mut self, now: Now, command: &SessionCommand, out: &mut Output) {
        match command {
            SessionCommand::Catalogue(catalogue) => self.take_catalogue(now, catalogue, out),
            SessionCommand::Resync(id) => self.books.want_snapshot(now.mono, *id),
            SessionCommand::Confirm(id) => {
                if self.connection.is_ready() && self.books.may_ask(now.mono, *id) {
                    self.query_limit.force(now.mono);
                    self.ask_change_id(now, *id, out);
                }
            }
            SessionCommand::Bars(id) => self.past.want_bars(now.mono, *id),
            SessionCommand::Reconnect => self.connection.reconnect(out),
            SessionCommand::Close => self.connection.close(out),
            // Orders travel on the other connection.
            SessionCommand::Place(_)
            | SessionCommand::Replace(_)
            | SessionCommand::Cancel { .. }
            | SessionCommand::CancelAll
            | SessionCommand::FindOrder { .. }
            | SessionCommand::Reconcile
            | SessionCommand::Positions => {}
        }
    }

    fn news(&mut self, now: Now, channel: &str, data: &str, out: &mut Output) -> Result<(), Fault> {
        match Channel::parse(channel) {
            Some(Channel::Book(symbol, _)) => {
                let first_level = out.batch.levels.len();
                match book::book(&symbol, data, &self.symbols, &mut out.batch.levels) {
                    Ok(message) => self.books.apply(now.mono, &message, first_level, &mut out.batch),
                    Err(fault) => {
                        if let Some(terms) = self.symbols.get(symbol.as_bytes()) {
                            self.books.unreadable(now.mono, terms.id, &mut out.batch);
                        }
                        return Err(fault);
                    }
                }
            }
            Some(Channel::Trades(..)) => {
                let trades: Vec<Trade<'_>> = serde_json::from_str(data)?;
                for trade in &trades {
                    match market::trade(trade, &self.symbols) {
                        Ok(trade) => self.tapes.live(trade, &mut out.batch),
                        Err(fault) => self.connection.anomaly(fault, out),
                    }
                }
                self.drive(now, out);
            }
            Some(Channel::Ticker(..)) => {
                let ticker = market::ticker(data, &self.symbols)?;
                out.batch.events.push(VenueEvent::Ticker(Box::new(ticker)));
            }
            Some(Channel::InstrumentState { .. }) => self.lists.heard(now.mono),
            Some(Channel::PriceIndex(_)) => {
                let Fixing { index_name, utc, price } = market::index_price(data)?;
                out.batch.events.push(VenueEvent::IndexPrice { index_name, utc, price });
            }
            Some(
                Channel::GroupedBook(..)
                | Channel::IncrementalTicker(_)
                | Channel::Quote(_)
                | Channel::Perpetual(..)
                | Channel::Chart { .. }
                | Channel::EstimatedExpiration(_)
                | Channel::PlatformState,
            ) => {}
            None if frame::is_known_unused(channel) => {}
            Some(
                Channel::UserOrders(..)
                | Channel::UserTrades(..)
                | Channel::UserChanges(..)
                | Channel::UserPortfolio(_),
            )
            | None => {
                return Err(Fault::new(AnomalyKind::UnknownMessage, channel));
            }
        }
        Ok(())
    }

    fn answer(&mut self, now: Now, asked: Instant, what: &Ask, result: &str, out: &mut Output) -> Result<(), Fault> {
        match what {
            Ask::Time => {
                let venue = Utc::from_millis(serde_json::from_str::<Number>(result)?.integer()?);
                self.ahead_ns = venue.0.saturating_sub(now.utc.0);
                out.batch.events.push(VenueEvent::VenueTime { venue, sent: asked, received: now.mono });
            }
            Ask::Instruments => {
                self.lists.instruments(result)?;
                self.load_next(now, out);
            }
            Ask::Combos => {
                self.lists.combos(result)?;
                self.load_next(now, out);
            }
            Ask::Fixings(name) => out.batch.events.push(VenueEvent::Fixings(market::fixings(name, result)?)),
            Ask::Subscribe(channels) => {
                let granted: Vec<Text<'_>> = serde_json::from_str(result)?;
                for channel in self.subscriptions.answered(channels, granted.iter().map(Text::as_str)) {
                    self.connection.anomaly(Fault::new(AnomalyKind::SubscriptionRefused, channel), out);
                }
                self.drive(now, out);
            }
            Ask::Past(question) => {
                self.answer_about_past(now, question, result, out)?;
                self.past.answered(question);
            }
            Ask::Unsubscribe => {}
            Ask::ChangeId(id) => {
                let book: GroupedBook<'_> = serde_json::from_str(result)?;
                self.books.told(now.mono, *id, book.change_id, &mut out.batch);
            }
            Ask::Trades(id) => {
                let answer: LastTrades<'_> = serde_json::from_str(result)?;
                let mut older = Vec::with_capacity(answer.trades.len());
                for trade in &answer.trades {
                    match market::trade(trade, &self.symbols) {
                        Ok(trade) => older.push(trade),
                        Err(fault) => self.connection.anomaly(fault, out),
                    }
                }
                self.tapes.filled(*id, older, &mut out.batch);
                self.drive(now, out);
            }
        }
        Ok(())
    }
}

impl Ask {
    /// For messages to people.
    fn name(&self) -> &'static str {
        match self {
            Self::Time => "get_time",
            Self::Instruments => "get_instruments",
            Self::Combos => "get_combos",
            Self::Fixings(_) => "get_delivery_prices",
            Self::Subscribe(_) => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::ChangeId(_) => "get_order_book",
            Self::Trades(_) => "get_last_trades_by_instrument",
            Self::Past(question) => question.name(),
        }
    }
}

impl Session for MarketSession {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output) {
        match input {
            Input::Text(frame) if self.take_book(now, frame, out) => {}
            Input::Command(command) => self.command(now, &command, out),
            Input::Timer => self.timer(now, out),
            other => {
                if let Some(event) = self.connection.input(now, other, out) {
                    self.act(now, event, out);
                }
            }
        }
        if self.books.wants_resync() {
            self.drive(now, out);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let tick = self.tick_due.filter(|_| self.connection.is_ready());
        [self.connection.deadline(), tick].into_iter().flatten().min()
    }
}
