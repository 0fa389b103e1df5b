//! The order connection: logs in, makes the venue promise to cancel on disconnect, catches up, and only then lets orders through.
//!
//! ```text
//! dial → hello → login → heartbeat → [ids] → cancel on disconnect → subscribe → fills since, open orders, positions, account → Up
//! ```
//!
//! An order is sent once and never again. Requests that cannot be sent are refused here, with the codes of [`refusal`]; a request
//! whose answer does not come is not answered for: core asks by label. An execution that comes both in an answer and in the news is
//! passed on once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::codec::account;
use super::codec::fault::Fault;
use super::codec::frame;
use super::codec::symbols::Symbols;
use super::config::Config;
use super::connection::{Connection, Event};
use super::wire::{
    self, CancelOnDisconnect, CancelParams, Channel, Code, CurrencyParams, EditParams, Fills, Interval, LabelParams,
    Number, OrderParams, Params, Placed, Scope, Selector, Subscribe, Text, TradesParams,
};
use crate::base::ring::Ring;
use crate::base::time::{Instant, Now};
use crate::domain::command::SessionCommand;
use crate::domain::event::{AnomalyKind, Link, OrderRequest, Refusal, VenueEvent};
use crate::domain::instrument::{Catalogue, InstrumentId};
use crate::domain::number::{Qty, Side};
use crate::domain::order::{
    Fill, Label, NewOrder, OrderId, OrderType, PostOnly, Reduce, ReplaceOrder, TimeInForce, VenueOrderId,
};
use crate::venues::parts::rate_limit::RateLimit;
use crate::venues::{Input, Output, Session};

/// Codes of refusals that never reached the venue.
pub mod refusal {
    /// The connection is not up.
    pub const NOT_UP: i64 = -1;
    /// More requests than the venue takes.
    pub const TOO_FAST: i64 = -2;
    /// The instrument is not in the catalogue.
    pub const NO_SUCH_INSTRUMENT: i64 = -3;
}

/// Executions remembered to recognise repeats.
const FILLS_REMEMBERED: usize = 8_192;
const FILLS_AT_ONCE: i64 = 1_000;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    CancelOnDisconnect,
    Subscribe(Vec<Arc<str>>),
    Fills,
    OpenOrders,
    Positions,
    Account,
    /// Positions alone, while the account is known: an answer that does not come is asked for again in its turn.
    PositionsAgain,
    Order(OrderId, OrderRequest),
    CancelAll,
    Find(Label),
}

impl Ask {
    /// Without an answer to it the account is not known.
    const fn is_of_catching_up(&self) -> bool {
        !matches!(self, Self::Order(..) | Self::CancelAll | Self::Find(_) | Self::PositionsAgain)
    }
}

#[derive(Debug)]
pub struct OrderSession {
    connection: Connection<Ask>,
    limit: RateLimit,
    catalogue: Option<Arc<Catalogue>>,
    symbols: Symbols,
    seen: SeenFills,
    /// What was filled before our first connection is remembered.
    knows_old_fills: bool,
    is_catching_up: bool,
    /// Something was told of an instrument that is not in the catalogue yet.
    has_missed: bool,
}

impl OrderSession {
    pub fn new(config: Config) -> Self {
        let orders = config.limits.orders;
        Self {
            connection: Connection::new(Link::Orders, config),
            limit: RateLimit::new(orders.per_1000_s, orders.burst),
            catalogue: None,
            symbols: Symbols::default(),
            seen: SeenFills::default(),
            knows_old_fills: false,
            is_catching_up: false,
            has_missed: false,
        }
    }

    fn act(&mut self, now: Now, event: Event<'_, Ask>, out: &mut Output) {
        match event {
            Event::Ready => self.begin(now, out),
            Event::Lost => self.is_catching_up = false,
            Event::News { channel, data } => {
                if let Err(fault) = self.news(channel, data, out) {
                    self.connection.anomaly(fault, out);
                }
            }
            Event::Answer { what, result: Ok(result), .. } => {
                if let Err(fault) = self.answer(now, &what, result, out) {
                    self.connection.anomaly(fault, out);
                    self.unusable(&what, out);
                }
            }
            Event::Answer { what, result: Err(refusal), .. } => self.refused(now, what, refusal, out),
            Event::Unanswered(what) => self.unusable(&what, out),
        }
    }

    /// An order whose answer is missing is core's to ask for; an account that cannot be read is not traded.
    fn unusable(&mut self, what: &Ask, out: &mut Output) {
        if what.is_of_catching_up() {
            self.connection.hang_up("the account could not be read", out);
        }
    }

    /// Ready and ids known: the account can be read.
    fn begin(&mut self, now: Now, out: &mut Output) {
        if self.connection.is_ready() && self.catalogue.is_some() && !self.is_catching_up && !self.connection.is_up() {
            self.is_catching_up = true;
            let params = CancelOnDisconnect { scope: Scope::Connection, enabled: None };
            self.connection.ask(now, Ask::CancelOnDisconnect, "private/enable_cancel_on_disconnect", params, out);
        }
    }

    fn subscribe(&mut self, now: Now, out: &mut Output) {
        let any = || Selector::Kind { kind: "any".into(), currency: "any".into() };
        let currency = self.connection.config().currency.clone();
        let channels = [
            Channel::UserOrders(any(), Interval::Raw),
            Channel::UserTrades(any(), Interval::Raw),
            Channel::UserPortfolio((&currency).into()),
        ];
        let channels: Vec<Arc<str>> = channels.iter().map(|channel| channel.to_string().into()).collect();
        let params = Subscribe { channels: channels.iter().map(Text::from).collect() };
        self.connection.ask(now, Ask::Subscribe(channels.clone()), "private/subscribe", params, out);
    }

    /// Fills first, so that positions find them applied.
    fn ask_fills(&mut self, now: Now, out: &mut Output) {
        let currency = self.connection.config().currency.clone();
        let params = TradesParams {
            currency: Some((&currency).into()),
            count: Some(FILLS_AT_ONCE),
            sorting: Some("desc".into()),
            ..TradesParams::default()
        };
        self.connection.ask(now, Ask::Fills, "private/get_user_trades_by_currency", params, out);
    }

    fn ask_positions(&mut self, now: Now, what: Ask, out: &mut Output) {
        let params = CurrencyParams { currency: Some("any".into()), kind: None };
        self.connection.ask(now, what, "private/get_positions", params, out);
    }

    fn take_positions(&mut self, result: &str, out: &mut Output) -> Result<(), Fault> {
        let positions: Vec<wire::Position<'_>> = serde_json::from_str(result)?;
        let positions = self.read_all(&positions, account::position, out);
        out.batch.events.push(VenueEvent::Positions(positions));
        Ok(())
    }

    /// The newest fills, newest first. Those of before our first connection are in the positions already: only remembered.
    fn catch_up(&mut self, answer: &Fills<'_>, out: &mut Output) {
        let is_first = !std::mem::replace(&mut self.knows_old_fills, true);
        let mut fresh = Vec::new();
        for fill in self.read_all(&answer.trades, account::fill, out) {
            if self.seen.is_new(&fill) && !is_first {
                fresh.push(VenueEvent::Fill(Box::new(fill)));
            }
        }
        if answer.has_more && !fresh.is_empty() && fresh.len() == answer.trades.len() {
            let fault = Fault::new(AnomalyKind::SequenceBroken, "more fills were missed than the venue tells at once");
            self.connection.anomaly(fault, out);
        }
        out.batch.events.extend(fresh.into_iter().rev());
    }

    fn answer(&mut self, now: Now, what: &Ask, result: &str, out: &mut Output) -> Result<(), Fault> {
        match what {
            Ask::CancelOnDisconnect => {
                out.batch.events.push(VenueEvent::CancelOnDisconnect { enabled: true });
                self.subscribe(now, out);
            }
            Ask::Subscribe(channels) => {
                let granted: Vec<Text<'_>> = serde_json::from_str(result)?;
                for channel in channels.iter().filter(|c| !granted.iter().any(|g| g.as_str() == &***c)) {
                    self.connection.anomaly(Fault::new(AnomalyKind::SubscriptionRefused, channel), out);
                }
                self.ask_fills(now, out);
            }
            Ask::Fills => {
                let fills = serde_json::from_str::<Fills<'_>>(result)?;
                self.catch_up(&fills, out);
                self.connection.ask(now, Ask::OpenOrders, "private/get_open_orders", Params {}, out);
            }
            Ask::OpenOrders => {
                let orders: Vec<wire::Order<'_>> = serde_json::from_str(result)?;
                let reports = self.read_all(&orders, account::order, out);
                out.batch.events.push(VenueEvent::OpenOrders(reports));
                self.ask_positions(now, Ask::Positions, out);
            }
            Ask::PositionsAgain => self.take_positions(result, out)?,
            Ask::Positions => {
                self.take_positions(result, out)?;
                let currency = self.connection.config().currency.clone();
                let params = CurrencyParams { currency: Some((&currency).into()), kind: None };
                self.connection.ask(now, Ask::Account, "private/get_account_summary", params, out);
            }
            Ask::Account => {
                out.batch.events.push(VenueEvent::Account(Box::new(account::account(result)?)));
                self.is_catching_up = false;
                self.connection.came_up(now, out);
            }
            Ask::Order(_, OrderRequest::Place | OrderRequest::Replace) => {
                let placed: Placed<'_> = serde_json::from_str(result)?;
                out.batch.events.push(VenueEvent::Order(Box::new(account::order(&placed.order, &self.symbols)?)));
                self.take_fills(&placed.trades, out);
            }
            Ask::Order(_, OrderRequest::Cancel) => {
                let order: wire::Order<'_> = serde_json::from_str(result)?;
                out.batch.events.push(VenueEvent::Order(Box::new(account::order(&order, &self.symbols)?)));
            }
            Ask::CancelAll => {}
            Ask::Find(label) => {
                let orders: Vec<wire::Order<'_>> = serde_json::from_str(result)?;
                if orders.is_empty() {
                    out.batch.events.push(VenueEvent::OrderNotFound { label: label.clone() });
                }
                for order in &orders {
                    out.batch.events.push(VenueEvent::Order(Box::new(account::order(order, &self.symbols)?)));
                }
            }
        }
        Ok(())
    }

    fn refused(&mut self, now: Now, what: Ask, refusal: Refusal, out: &mut Output) {
        let is_unknown = [Code::ORDER_NOT_FOUND, Code::NOT_FOUND].contains(&Code(refusal.code));
        match what {
            Ask::Order(id, request) => out.batch.events.push(VenueEvent::OrderRefused { id, request, refusal }),
            Ask::Find(label) if is_unknown => out.batch.events.push(VenueEvent::OrderNotFound { label }),
            what => {
                let detail = format!("{} {}", refusal.code, refusal.message);
                self.connection.anomaly(Fault::new(AnomalyKind::UnexpectedAnswer, detail), out);
                if what == Ask::CancelOnDisconnect {
                    out.batch.events.push(VenueEvent::CancelOnDisconnect { enabled: false });
                    self.subscribe(now, out);
                } else {
                    self.unusable(&what, out);
                }
            }
        }
    }

    fn news(&mut self, channel: &str, data: &str, out: &mut Output) -> Result<(), Fault> {
        match Channel::parse(channel) {
            Some(Channel::UserOrders(..)) => {
                // Raw channels carry one order, flushed ones a list.
                let orders: Vec<wire::Order<'_>> = if data.trim_start().starts_with('[') {
                    serde_json::from_str(data)?
                } else {
                    vec![serde_json::from_str(data)?]
                };
                for report in self.read_all(&orders, account::order, out) {
                    out.batch.events.push(VenueEvent::Order(Box::new(report)));
                }
            }
            Some(Channel::UserTrades(..)) => {
                let fills: Vec<wire::Fill<'_>> = serde_json::from_str(data)?;
                self.take_fills(&fills, out);
            }
            Some(Channel::UserPortfolio(_)) => {
                let account = account::account(data)?;
                if account.currency == self.connection.config().currency {
                    out.batch.events.push(VenueEvent::Account(Box::new(account)));
                }
            }
            None if frame::is_known_unused(channel) => {}
            _ => return Err(Fault::new(AnomalyKind::UnknownMessage, channel)),
        }
        Ok(())
    }

    /// Passes on what was not seen before.
    fn take_fills(&mut self, fills: &[wire::Fill<'_>], out: &mut Output) {
        for fill in self.read_all(fills, account::fill, out) {
            if self.seen.is_new(&fill) {
                out.batch.events.push(VenueEvent::Fill(Box::new(fill)));
            }
        }
    }

    /// Reads a list; what cannot be read is an anomaly each and does not hide the others.
    fn read_all<W, T>(&mut self, items: &[W], read: fn(&W, &Symbols) -> Result<T, Fault>, out: &mut Output) -> Vec<T> {
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            match read(item, &self.symbols) {
                Ok(read) => all.push(read),
                Err(fault) => {
                    self.has_missed |= fault.what == AnomalyKind::UnknownInstrument;
                    self.connection.anomaly(fault, out);
                }
            }
        }
        all
    }

    fn command(&mut self, now: Now, command: SessionCommand, out: &mut Output) {
        match command {
            SessionCommand::Catalogue(catalogue) => {
                self.symbols = Symbols::of(&catalogue);
                self.catalogue = Some(catalogue);
                self.begin(now, out);
                if std::mem::take(&mut self.has_missed) {
                    self.reconcile(now, out);
                }
            }
            SessionCommand::Place(order) => self.place(now, order.get(), out),
            SessionCommand::Replace(order) => self.replace(now, order.get(), out),
            SessionCommand::Cancel { id, venue_order } => self.cancel(now, id, &venue_order, out),
            SessionCommand::CancelAll => {
                if self.connection.is_ready() {
                    self.limit.force(now.mono);
                    self.connection.ask(now, Ask::CancelAll, "private/cancel_all", Params {}, out);
                }
            }
            SessionCommand::FindOrder { label, .. } => {
                if self.connection.is_ready() {
                    let currency = self.connection.config().currency.clone();
                    let name = label.0.clone();
                    let params = LabelParams { label: (&name).into(), currency: Some((&currency).into()) };
                    self.connection.ask(now, Ask::Find(label), "private/get_order_state_by_label", params, out);
                }
            }
            SessionCommand::Reconcile => self.reconcile(now, out),
            SessionCommand::Positions => {
                let is_asking = |ask: &Ask| ask.is_of_catching_up() || *ask == Ask::PositionsAgain;
                if self.connection.is_up() && !self.connection.is_asking(is_asking) {
                    self.ask_positions(now, Ask::PositionsAgain, out);
                }
            }
            // Without a key every dial would end the same.
            SessionCommand::Reconnect if self.connection.config().credentials.is_none() => {}
            SessionCommand::Reconnect => self.connection.reconnect(out),
            SessionCommand::Close => self.connection.close(out),
            // Books are the other connection's.
            SessionCommand::Resync(_) | SessionCommand::Confirm(_) | SessionCommand::Bars(_) => {}
        }
    }

    fn reconcile(&mut self, now: Now, out: &mut Output) {
        if self.connection.is_up() && !self.connection.is_asking(Ask::is_of_catching_up) {
            self.ask_fills(now, out);
        }
    }

    fn symbol(&self, id: InstrumentId) -> Option<Arc<str>> {
        Some(self.catalogue.as_ref()?.get(id)?.symbol.clone())
    }

    fn contract_size(&self, id: InstrumentId) -> i64 {
        self.catalogue.as_ref().and_then(|c| c.get(id)).map_or(1, |instrument| instrument.contract_size)
    }

    /// Why a request cannot be sent now.
    fn obstacle(&self, now: Now) -> Option<(i64, &'static str)> {
        if !self.connection.is_up() {
            Some((refusal::NOT_UP, "the order connection is not up"))
        } else if self.limit.ready_at() > now.mono {
            Some((refusal::TOO_FAST, "more orders than the venue takes at once"))
        } else {
            None
        }
    }

    fn refuse(&self, id: OrderId, request: OrderRequest, (code, message): (i64, &str), out: &mut Output) {
        let refusal = Refusal { code, message: message.into() };
        out.batch.events.push(VenueEvent::OrderRefused { id, request, refusal });
    }

    fn place(&mut self, now: Now, order: &NewOrder, out: &mut Output) {
        if let Some(obstacle) = self.obstacle(now) {
            return self.refuse(order.id, OrderRequest::Place, obstacle, out);
        }
        let Some(symbol) = self.symbol(order.instrument) else {
            let why = (refusal::NO_SUCH_INSTRUMENT, "the venue does not list this instrument");
            return self.refuse(order.id, OrderRequest::Place, why, out);
        };
        let (post_only, reject_post_only) = post_only(order.post_only);
        let params = OrderParams {
            instrument_name: (&symbol).into(),
            amount: Some(self.amount(order.instrument, order.qty)),
            order_type: Some(order_type(order.kind).into()),
            price: order.price.map(Number::from),
            label: Some((&order.label.0).into()),
            time_in_force: Some(time_in_force(order.time_in_force).into()),
            post_only,
            reject_post_only,
            reduce_only: (order.reduce == Reduce::Only).then_some(true),
            ..OrderParams::default()
        };
        let method = match order.side {
            Side::Bid => "private/buy",
            Side::Ask => "private/sell",
        };
        self.limit.force(now.mono);
        self.connection.ask(now, Ask::Order(order.id, OrderRequest::Place), method, params, out);
        sent(now, order.id, OrderRequest::Place, out);
    }

    fn replace(&mut self, now: Now, order: &ReplaceOrder, out: &mut Output) {
        if let Some(obstacle) = self.obstacle(now) {
            return self.refuse(order.id, OrderRequest::Replace, obstacle, out);
        }
        let (post_only, reject_post_only) = post_only(order.post_only);
        let params = EditParams {
            order_id: Some((&order.venue_order.0).into()),
            amount: Some(self.amount(order.instrument, order.qty)),
            price: Some(order.price.into()),
            post_only,
            reject_post_only,
            ..EditParams::default()
        };
        self.limit.force(now.mono);
        self.connection.ask(now, Ask::Order(order.id, OrderRequest::Replace), "private/edit", params, out);
        sent(now, order.id, OrderRequest::Replace, out);
    }

    /// Cancels are never held back by our own limit.
    fn cancel(&mut self, now: Now, id: OrderId, venue_order: &VenueOrderId, out: &mut Output) {
        if !self.connection.is_ready() {
            let why = (refusal::NOT_UP, "the order connection is not up");
            return self.refuse(id, OrderRequest::Cancel, why, out);
        }
        self.limit.force(now.mono);
        let params = CancelParams { order_id: (&venue_order.0).into() };
        self.connection.ask(now, Ask::Order(id, OrderRequest::Cancel), "private/cancel", params, out);
        sent(now, id, OrderRequest::Cancel, out);
    }

    fn amount(&self, id: InstrumentId, qty: Qty) -> Number {
        Number::amount(qty, self.contract_size(id))
    }
}

fn sent(now: Now, id: OrderId, request: OrderRequest, out: &mut Output) {
    out.batch.events.push(VenueEvent::Sent { id, request, at: now.mono });
}

const fn order_type(kind: OrderType) -> &'static str {
    match kind {
        OrderType::Limit => "limit",
        OrderType::Market => "market",
    }
}

const fn time_in_force(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::GoodTilCancelled => "good_til_cancelled",
        TimeInForce::Day => "good_til_day",
        TimeInForce::ImmediateOrCancel => "immediate_or_cancel",
        TimeInForce::FillOrKill => "fill_or_kill",
    }
}

/// `post_only` and `reject_post_only` on the wire; absent is the same as false.
const fn post_only(post_only: PostOnly) -> (Option<bool>, Option<bool>) {
    match post_only {
        PostOnly::Off => (None, None),
        PostOnly::Reprice => (Some(true), Some(false)),
        PostOnly::Reject => (Some(true), Some(true)),
    }
}

/// The newest executions, to recognise one that comes twice.
#[derive(Debug)]
struct SeenFills {
    order: Ring<(InstrumentId, Arc<str>)>,
    known: BTreeSet<(InstrumentId, Arc<str>)>,
}

impl Default for SeenFills {
    fn default() -> Self {
        Self { order: Ring::new(FILLS_REMEMBERED), known: BTreeSet::new() }
    }
}

impl SeenFills {
    fn is_new(&mut self, fill: &Fill) -> bool {
        let key = (fill.instrument, fill.trade_id.clone());
        if !self.known.insert(key.clone()) {
            return false;
        }
        if let Some(forgotten) = self.order.push(key) {
            self.known.remove(&forgotten);
        }
        true
    }
}

impl Session for OrderSession {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output) {
        match input {
            Input::Command(command) => self.command(now, command, out),
            Input::Timer => {
                if self.connection.config().credentials.is_none() {
                    return self.connection.fail("no credentials for the order connection", out);
                }
                while let Some(event) = self.connection.due(now, out) {
                    self.act(now, event, out);
                }
            }
            other => {
                if let Some(event) = self.connection.input(now, other, out) {
                    self.act(now, event, out);
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.connection.deadline()
    }
}
