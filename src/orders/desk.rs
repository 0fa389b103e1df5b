//! All our orders, fills and money, and what the order connection is told. Reports, fills and answers come in here; what follows from
//! a lost connection is in `reconcile`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::ledger::{self, Ledger};
use super::life::Happening;
use super::link::OrderLink;
use super::order::{Order, Whose};
use super::out::Out;
use super::queue::QueuePlace;
use super::seen::SeenFills;
use crate::base::digest::Digest;
use crate::base::log::Log;
use crate::base::time::{Instant, Now, Utc};
use crate::domain::command::{CancelScope, SessionCommand};
use crate::domain::event::{OrderRequest, Refusal, VenueAccount};
use crate::domain::instrument::{Catalogue, InstrumentId};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{
    Approved, Fill, Label, NewOrder, OrderId, OrderReport, ReplaceOrder, VenueOrderId, VenueOrderState,
};
use crate::view::dirt::Dirt;
use crate::view::session::Severity;
use crate::view::trading::{OrderPhase, OrderView, PositionView, TradingView};

/// Finished orders kept for the blotter.
const FINISHED: usize = 256;
/// Orders of others are numbered from here: no label's counter comes near.
const FOREIGN: u64 = 1 << 62;
/// Seconds of profit history.
const HISTORY: usize = 1_800;
/// A fill that a report has counted is told of within this.
const FILL_DUE: Duration = Duration::from_secs(2);
/// Beyond any real order: a billion contracts, ten million a unit, a quadrillion of fees.
const MAX_QTY: i64 = 10_i64.pow(15);
const MAX_PRICE: u64 = 10_u64.pow(16);
const MAX_FEE: u128 = 10_u128.pow(24);

/// The moment and the list of instruments, for whatever must be worked out or said.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub now: Now,
    pub catalogue: &'a Catalogue,
}

#[derive(Debug)]
pub struct Desk {
    install: Arc<str>,
    pub(super) orders: BTreeMap<OrderId, Order>,
    pub(super) open: BTreeSet<OrderId>,
    by_venue: BTreeMap<VenueOrderId, OrderId>,
    /// Oldest first.
    finished: VecDeque<OrderId>,
    next_foreign: u64,
    /// Instruments with an order of ours that may rest in the book.
    resting: Vec<InstrumentId>,
    seen: SeenFills,
    pub(super) ledger: Ledger,
    fills: Log<Arc<Fill>>,
    account: Option<Arc<VenueAccount>>,
    pub(super) link: OrderLink,
    /// When to see whether fills are missing that reports have counted.
    untold_check: Option<Instant>,
    orders_changed: bool,
    shown_orders: Arc<Vec<OrderView>>,
    shown_positions: Arc<Vec<PositionView>>,
    history: Arc<Vec<Money>>,
}

impl Desk {
    /// `install` names this installation in labels.
    pub fn new(install: Arc<str>) -> Self {
        Self {
            install,
            orders: BTreeMap::new(),
            open: BTreeSet::new(),
            by_venue: BTreeMap::new(),
            finished: VecDeque::new(),
            next_foreign: FOREIGN,
            resting: Vec::new(),
            seen: SeenFills::default(),
            ledger: Ledger::default(),
            fills: TradingView::default().fills,
            account: None,
            link: OrderLink::default(),
            untold_check: None,
            orders_changed: false,
            shown_orders: Arc::default(),
            shown_positions: Arc::default(),
            history: Arc::default(),
        }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn order(&self, id: OrderId) -> Option<&OrderView> {
        self.orders.get(&id).map(|order| &order.view)
    }

    pub fn is_link_up(&self) -> bool {
        self.link.is_up()
    }

    /// Orders that may still trade.
    pub fn open_orders(&self) -> impl Iterator<Item = &OrderView> {
        self.open.iter().filter_map(|id| self.order(*id))
    }

    // ---- what we ask -------------------------------------------------------------------------------------------------------------

    pub fn place(&mut self, scene: Scene<'_>, order: Approved<NewOrder>, out: &mut Out) {
        let new = order.get();
        self.orders.insert(new.id, Order::placed(new, scene.now, self.link.epoch));
        self.open.insert(new.id);
        self.changed(out);
        out.session.push(SessionCommand::Place(order));
    }

    pub fn replace(&mut self, scene: Scene<'_>, order: Approved<ReplaceOrder>, out: &mut Out) {
        let ReplaceOrder { id, price, qty, .. } = *order.get();
        self.happen(scene, id, Happening::ReplaceSent, out);
        if let Some(kept) = self.orders.get_mut(&id) {
            kept.view.wanted = Some((price, qty));
        }
        out.session.push(SessionCommand::Replace(order));
    }

    pub fn cancel(&mut self, scene: Scene<'_>, scope: &CancelScope, out: &mut Out) {
        match *scope {
            CancelScope::All => self.cancel_all(scene, out),
            CancelScope::Order(id) if self.open.contains(&id) => self.cancel_one(scene, id, out),
            CancelScope::Order(_) => out.say(Severity::Info, "That order is already finished; nothing was cancelled."),
            CancelScope::Instrument(instrument, side) => {
                let is_meant = |order: &&OrderView| {
                    order.instrument == instrument && order.is_ours && side.is_none_or(|side| order.side == side)
                };
                let meant: Vec<OrderId> = self.open_orders().filter(is_meant).map(|order| order.id).collect();
                for id in meant {
                    self.cancel_one(scene, id, out);
                }
            }
        }
        if !self.link.is_up() && !self.open.is_empty() {
            out.say(Severity::Warn, "Order entry is down; the cancel is sent as soon as it is back.");
        }
    }

    /// Cancels now, or as soon as the venue has acknowledged the order and the connection is up.
    pub(super) fn cancel_one(&mut self, scene: Scene<'_>, id: OrderId, out: &mut Out) {
        let is_up = self.link.is_up();
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.wants_cancel = true;
        if let Some(command) = order.cancel_command().filter(|_| is_up) {
            out.session.push(command);
            self.happen(scene, id, Happening::CancelSent, out);
        }
    }

    fn cancel_all(&mut self, scene: Scene<'_>, out: &mut Out) {
        self.link.owes_cancel_all = !self.link.is_up();
        if self.link.is_up() {
            out.session.push(SessionCommand::CancelAll);
        }
        let open: Vec<OrderId> = self.open.iter().copied().collect();
        for id in open {
            let Some(order) = self.orders.get_mut(&id) else { continue };
            order.wants_cancel = true;
            if order.is_acknowledged() && self.link.is_up() {
                self.happen(scene, id, Happening::CancelSent, out);
            }
        }
    }

    /// A command for the order connection did not reach it.
    pub fn undelivered(&mut self, scene: Scene<'_>, command: &SessionCommand, out: &mut Out) {
        match command {
            SessionCommand::Place(order) => {
                let id = order.get().id;
                self.happen(scene, id, Happening::PlaceUndelivered, out);
                self.reason(id, "not sent: the connection's queue was full");
                let what = self.phrase(scene, id);
                out.say(
                    Severity::Reject,
                    format!("Not sent: the order to {what} found the connection behind; try again."),
                );
            }
            SessionCommand::Replace(order) => {
                self.happen(scene, order.get().id, Happening::ReplaceUndelivered, out);
                out.say(Severity::Reject, "The change was not sent, the connection is behind; try again.");
            }
            SessionCommand::Cancel { id, .. } => {
                self.happen(scene, *id, Happening::CancelUndelivered, out);
                out.say(Severity::Reject, "The cancel was not sent, the connection is behind; try again.");
            }
            SessionCommand::CancelAll => self.link.owes_cancel_all = true,
            SessionCommand::Reconcile => self.link.owes_reconcile = Some(scene.now.mono + FILL_DUE),
            _ => {}
        }
    }

    // ---- what the venue says -----------------------------------------------------------------------------------------------------

    /// A request went out on the socket.
    pub fn sent(&mut self, id: OrderId, at: Instant) {
        if let Some(order) = self.orders.get_mut(&id) {
            order.request_left = Some(at);
        }
    }

    pub fn report(&mut self, scene: Scene<'_>, report: &OrderReport, received: Instant, out: &mut Out) {
        if !is_plausible(report) {
            out.anomalies += 1;
            return;
        }
        let Some(id) = self.find(report.label.as_ref(), &report.venue_order).or_else(|| self.adopt(scene, report))
        else {
            return;
        };
        let Some(order) = self.orders.get_mut(&id) else { return };
        if order.view.venue_order.as_ref().is_some_and(|known| *known != report.venue_order)
            || order.view.instrument != report.instrument
        {
            out.anomalies += 1;
            return;
        }
        self.by_venue.insert(report.venue_order.clone(), id);
        if order.view.phase.is_pending() {
            out.round_trips.extend(order.request_left.take().map(|left| received.since(left)));
        }
        let happening = order.read(report);
        if !order.untold().is_zero() {
            self.untold_check.get_or_insert(scene.now.mono + FILL_DUE);
        }
        let was_wanted = order.wants_cancel;
        self.happen(scene, id, happening, out);
        if happening == Happening::ReportedCancelled && !was_wanted {
            let reason = report.cancel_reason.as_deref().unwrap_or("no reason given");
            let what = self.phrase(scene, id);
            out.say(Severity::Warn, format!("The venue cancelled the order to {what}: {reason}."));
        }
    }

    /// A request of ours about an order was refused.
    pub fn refused(
        &mut self,
        scene: Scene<'_>,
        (id, request): (OrderId, OrderRequest),
        refusal: &Refusal,
        received: Instant,
        out: &mut Out,
    ) {
        let Some(order) = self.orders.get_mut(&id) else {
            out.anomalies += 1;
            return;
        };
        out.round_trips.extend(order.request_left.take().map(|left| received.since(left)));
        let happening = match (request, refusal.is_not_open()) {
            (OrderRequest::Place, _) => Happening::PlaceRefused,
            (OrderRequest::Replace, false) => Happening::ReplaceRefused,
            (OrderRequest::Replace, true) => Happening::ReplaceTooLate,
            (OrderRequest::Cancel, false) => Happening::CancelRefused,
            (OrderRequest::Cancel, true) => Happening::CancelTooLate,
        };
        order.wants_cancel &= request != OrderRequest::Cancel;
        let was_open = order.view.phase.is_open();
        self.happen(scene, id, happening, out);
        let (what, why) = (self.phrase(scene, id), &refusal.message);
        let text = match request {
            OrderRequest::Place => {
                self.reason(id, why);
                format!("The venue refused to {what}: {why}.")
            }
            OrderRequest::Replace => format!("The venue refused to change the order to {what}: {why}."),
            OrderRequest::Cancel => format!("The venue refused to cancel the order to {what}: {why}."),
        };
        let is_moot = request != OrderRequest::Place && (refusal.is_not_open() || !was_open);
        out.say(if is_moot { Severity::Info } else { Severity::Reject }, text);
    }

    /// The venue knows no order of this label. Believed at once only on the connection that sent it: what an earlier one carried may
    /// still be under way, so there it takes two answers.
    pub fn not_found(&mut self, scene: Scene<'_>, label: &Label, out: &mut Out) {
        if !self.link.can_ask() {
            return;
        }
        let Some(id) = self.by_label(label) else { return };
        let epoch = self.link.epoch;
        let Some(order) = self.orders.get_mut(&id) else { return };
        if order.epoch != epoch && !order.was_missed {
            order.was_missed = true;
            return;
        }
        let (happening, reason) = if order.is_acknowledged() {
            (Happening::Gone, "is no longer known to the venue")
        } else {
            (Happening::NeverThere, "never reached the venue")
        };
        self.happen(scene, id, happening, out);
        if self.order(id).is_some_and(|order| !order.phase.is_open()) {
            self.reason(id, reason);
            let what = self.phrase(scene, id);
            out.say(
                Severity::Reject,
                format!("Not working: the order to {what} {reason}; send it again if you still want it."),
            );
        }
    }

    pub fn fill(&mut self, scene: Scene<'_>, fill: Box<Fill>, out: &mut Out) {
        let is_plausible = (1..=MAX_QTY).contains(&fill.qty.0)
            && fill.price.0.unsigned_abs() <= MAX_PRICE
            && fill.fee.0.unsigned_abs() <= MAX_FEE;
        if !is_plausible {
            out.anomalies += 1;
            return;
        }
        if !self.seen.insert(&fill) {
            return;
        }
        out.dirt.raise(Dirt::Urgent);
        self.link.note_fill(scene.now.mono);
        if !ledger::is_spread(scene.catalogue, fill.instrument) {
            let size = scene.catalogue.get(fill.instrument).map_or(1, |i| i.contract_size);
            self.ledger.fill(&fill, size);
        }
        let id = self.find(fill.label.as_ref(), &fill.venue_order);
        if let Some(order) = id.and_then(|id| self.orders.get_mut(&id))
            && order.view.instrument == fill.instrument
        {
            let id = order.view.id;
            self.by_venue.insert(fill.venue_order.clone(), id);
            let happening = order.fill(&fill);
            self.happen(scene, id, happening, out);
        }
        if fill.spread_trade.is_none() {
            out.say_more(Severity::Fill, fill_text(scene, &fill), self.fill_detail(id));
        }
        self.fills.push(Arc::new(*fill));
    }

    fn fill_detail(&self, id: Option<OrderId>) -> String {
        match id.and_then(|id| self.order(id)) {
            Some(order) if order.is_ours => format!("{} of {} filled, {}", order.filled, order.qty, order.tag()),
            _ => "an order of another session".to_owned(),
        }
    }

    pub fn account(&mut self, account: VenueAccount, out: &mut Out) {
        self.account = Some(Arc::new(account));
        out.dirt.raise(Dirt::Changed);
    }

    // ---- keeping -----------------------------------------------------------------------------------------------------------------

    /// Moves one order along and does what follows.
    pub(super) fn happen(&mut self, scene: Scene<'_>, id: OrderId, happening: Happening, out: &mut Out) {
        let is_up = self.link.is_up();
        let Some(order) = self.orders.get_mut(&id) else { return };
        let was_open = order.view.phase.is_open();
        if order.happen(scene.now.mono, happening) {
            out.anomalies += 1;
        }
        if order.owes_cancel() && is_up && happening != Happening::CancelUndelivered {
            out.session.extend(order.cancel_command());
            order.happen(scene.now.mono, Happening::CancelSent);
        }
        let is_open = order.view.phase.is_open();
        match (was_open, is_open) {
            (true, false) => self.finish(id),
            (false, true) => {
                self.finished.retain(|kept| *kept != id);
                self.open.insert(id);
            }
            _ => {}
        }
        self.changed(out);
    }

    fn finish(&mut self, id: OrderId) {
        self.open.remove(&id);
        self.finished.push_back(id);
        if self.finished.len() > FINISHED
            && let Some(oldest) = self.finished.pop_front()
            && let Some(order) = self.orders.remove(&oldest)
            && let Some(venue_order) = order.view.venue_order
        {
            self.by_venue.remove(&venue_order);
        }
    }

    fn changed(&mut self, out: &mut Out) {
        self.orders_changed = true;
        out.dirt.raise(Dirt::Urgent);
        self.resting.clear();
        for id in &self.open {
            let Some(order) = self.orders.get(id).filter(|order| order.view.price.is_some()) else { continue };
            if !self.resting.contains(&order.view.instrument) {
                self.resting.push(order.view.instrument);
            }
        }
    }

    fn reason(&mut self, id: OrderId, why: &str) {
        if let Some(order) = self.orders.get_mut(&id) {
            order.view.reason = Some(why.into());
        }
    }

    fn by_label(&self, label: &Label) -> Option<OrderId> {
        let (_, install, id) = label.parts()?;
        if *install == *self.install {
            return self.orders.get(&id).filter(|order| order.view.label == *label).map(|order| order.view.id);
        }
        self.open_orders().find(|order| order.label == *label).map(|order| order.id)
    }

    fn find(&self, label: Option<&Label>, venue_order: &VenueOrderId) -> Option<OrderId> {
        self.by_venue.get(venue_order).copied().or_else(|| self.by_label(label?))
    }

    /// Takes in an open order that was not placed in this run: ours from before, or another session's.
    fn adopt(&mut self, scene: Scene<'_>, report: &OrderReport) -> Option<OrderId> {
        if report.state != VenueOrderState::Open {
            return None;
        }
        let ours = report.label.as_ref().and_then(Label::parts).filter(|&(_, install, _)| install == &*self.install);
        let id = match ours {
            Some((_, _, id)) if id.0 < FOREIGN && !self.orders.contains_key(&id) => id,
            _ => {
                self.next_foreign += 1;
                OrderId(self.next_foreign)
            }
        };
        let whose = if ours.is_some() { Whose::Ours } else { Whose::Others };
        let order = Order::found(report, id, whose, scene.now, self.link.epoch);
        self.orders.insert(id, order);
        self.open.insert(id);
        Some(id)
    }

    /// `buy 5 H100 DEC-26 at 2.77`.
    pub(super) fn phrase(&self, scene: Scene<'_>, id: OrderId) -> String {
        let Some(order) = self.order(id) else { return "an order".to_owned() };
        let verb = order.side.verb().to_lowercase();
        let name = name(scene, order.instrument);
        match order.price {
            Some(price) => format!("{verb} {} {name} at {price}", order.qty),
            None => format!("{verb} {} {name} at the market", order.qty),
        }
    }

    // ---- time --------------------------------------------------------------------------------------------------------------------

    /// Questions and checks that are due.
    pub fn tick(&mut self, scene: Scene<'_>, out: &mut Out) {
        let now = scene.now.mono;
        let can_ask = self.link.can_ask();
        let is_due = |order: &Order| order.overdue_at().is_some_and(|due| now >= due);
        let waits = |order: &Order| order.view.phase == OrderPhase::Unknown && !can_ask;
        let due: Vec<OrderId> = self
            .open
            .iter()
            .filter(|id| self.orders.get(id).is_some_and(|o| is_due(o) && !waits(o)))
            .copied()
            .collect();
        for id in due {
            self.overdue(scene, id, out);
        }
        self.link.tick(now, out);
        if self.untold_check.is_some_and(|due| now >= due) {
            self.untold_check = None;
            self.ask_for_untold_fills(scene, out);
        }
    }

    fn overdue(&mut self, scene: Scene<'_>, id: OrderId, out: &mut Out) {
        let was_known = self.order(id).is_some_and(|order| order.phase != OrderPhase::Unknown);
        self.happen(scene, id, Happening::Overdue, out);
        if was_known {
            let what = self.phrase(scene, id);
            out.say(
                Severity::Warn,
                format!("No answer yet about the order to {what}; the venue is being asked, do not send it again."),
            );
        }
        if self.link.can_ask()
            && let Some(order) = self.orders.get_mut(&id)
        {
            out.session.push(order.question(scene.now.mono).unwrap_or(SessionCommand::Reconcile));
        }
    }

    fn ask_for_untold_fills(&mut self, scene: Scene<'_>, out: &mut Out) {
        let Some(id) = self.orders.values().find(|order| !order.untold().is_zero()).map(|order| order.view.id) else {
            return;
        };
        let what = self.phrase(scene, id);
        out.say(
            Severity::Warn,
            format!("A fill of the order to {what} was counted but not told; positions are being checked."),
        );
        out.session.push(SessionCommand::Reconcile);
    }

    pub fn deadline(&self) -> Option<Instant> {
        let can_ask = self.link.can_ask();
        let open = self.open.iter().filter_map(|id| self.orders.get(id));
        let orders =
            open.filter(|order| can_ask || order.view.phase != OrderPhase::Unknown).filter_map(Order::overdue_at).min();
        [orders, self.untold_check, self.link.deadline()].into_iter().flatten().min()
    }

    // ---- the queue at our price --------------------------------------------------------------------------------------------------

    /// Whether an order of ours may rest on this instrument.
    pub fn rests_on(&self, id: InstrumentId) -> bool {
        self.resting.contains(&id)
    }

    /// The book of `id` changed or an order was acknowledged; `level` gives the quantity at a price.
    pub fn see_levels(&mut self, id: InstrumentId, level: impl Fn(Side, Price) -> Qty, book: Included, out: &mut Out) {
        for order in self.open.iter().copied().collect::<Vec<_>>() {
            let Some(order) = self.orders.get_mut(&order) else { continue };
            let view = &mut order.view;
            let Some(price) = view.price.filter(|_| view.instrument == id) else { continue };
            let at_level = level(view.side, price);
            let left = view.left();
            match &mut order.queue {
                Some(queue) if book.has(view.updated) => queue.see_level(at_level, left),
                Some(_) => {}
                None if matches!(view.phase, OrderPhase::Working | OrderPhase::PartFilled) && view.filled.is_zero() => {
                    let own = if book.has(view.updated) { left } else { Qty::ZERO };
                    order.queue = Some(QueuePlace::join(Qty((at_level.0 - own.0).max(0))));
                }
                None => continue,
            }
            let bounds = order.queue.map(|queue| queue.bounds());
            if view.queue != bounds {
                view.queue = bounds;
                self.orders_changed = true;
                out.dirt.raise(Dirt::Changed);
            }
        }
    }

    /// A trade at `price` against resting orders of `side`.
    pub fn see_trade(&mut self, id: InstrumentId, side: Side, price: Price, qty: Qty, out: &mut Out) {
        for order in &self.open {
            let Some(order) = self.orders.get_mut(order) else { continue };
            let is_there = order.view.instrument == id && order.view.side == side && order.view.price == Some(price);
            if let Some(queue) = order.queue.as_mut().filter(|_| is_there) {
                queue.see_trade(qty);
                order.view.queue = Some(queue.bounds());
                self.orders_changed = true;
                out.dirt.raise(Dirt::Changed);
            }
        }
    }

    // ---- the picture -------------------------------------------------------------------------------------------------------------

    /// Writes what is ours into the picture; arming and limits are the guard's.
    pub fn paint(
        &mut self,
        catalogue: &Catalogue,
        mark: impl Fn(InstrumentId) -> Option<Price>,
        view: &mut TradingView,
    ) {
        if std::mem::take(&mut self.orders_changed) {
            let mut open: Vec<OrderView> = self.open_orders().cloned().collect();
            open.sort_by_key(|order| std::cmp::Reverse(order.sent));
            let finished = self.finished.iter().rev().filter_map(|id| self.order(*id)).cloned();
            self.shown_orders = Arc::new(open.into_iter().chain(finished).collect());
        }
        if !self.ledger.is_empty() {
            let positions = self.ledger.view(catalogue, mark);
            if *self.shown_positions != positions {
                self.shown_positions = Arc::new(positions);
            }
        }
        view.orders = self.shown_orders.clone();
        view.open_orders = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        view.fills.clone_from(&self.fills);
        view.positions = self.shown_positions.clone();
        view.account.clone_from(&self.account);
        view.open_pl = self.shown_positions.iter().map(|p| p.open_pl).sum();
        view.realised = self.shown_positions.iter().map(|p| p.realised).sum();
        view.fees = self.shown_positions.iter().map(|p| p.fees).sum();
        view.pl_history = self.history.clone();
    }

    /// Once a second: where the session's profit stands.
    pub fn note_profit(&mut self, profit: Option<Money>) {
        let Some(profit) = profit.filter(|_| !self.ledger.is_empty()) else { return };
        let history = Arc::make_mut(&mut self.history);
        if history.len() >= HISTORY {
            history.remove(0);
        }
        history.push(profit);
    }

    pub fn digest(&self, digest: &mut Digest) {
        for (id, order) in &self.orders {
            digest.word(id.0);
            digest.word(order.view.phase as u64);
            digest.word(order.view.qty.0 as u64);
            digest.word(order.view.filled.0 as u64);
            digest.word(order.view.price.map_or(0, |p| p.0 as u64));
        }
        digest.word(self.fills.next_seq());
        self.ledger.digest(digest);
    }
}

/// Up to which venue time a book shows what happened.
#[derive(Clone, Copy, Debug)]
pub struct Included(pub Option<Utc>);

impl Included {
    fn has(self, moment: Utc) -> bool {
        self.0.is_some_and(|until| until >= moment)
    }
}

fn is_plausible(report: &OrderReport) -> bool {
    (0..=MAX_QTY).contains(&report.qty.0)
        && (0..=MAX_QTY).contains(&report.filled.0)
        && report.price.is_none_or(|p| p.0.unsigned_abs() <= MAX_PRICE)
        && report.average_price.is_none_or(|p| p.0.unsigned_abs() <= MAX_PRICE)
}

fn name(scene: Scene<'_>, id: InstrumentId) -> String {
    scene.catalogue.get(id).map_or_else(|| "an unlisted instrument".to_owned(), |i| i.contract.to_string())
}

/// `Bought 5 H100 DEC-26 at 2.77.`
fn fill_text(scene: Scene<'_>, fill: &Fill) -> String {
    let verb = match fill.side {
        Side::Bid => "Bought",
        Side::Ask => "Sold",
    };
    format!("{verb} {} {} at {}.", fill.qty, name(scene, fill.instrument), fill.price)
}
