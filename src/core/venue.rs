//! What venues say, applied in order.

use std::sync::Arc;

use super::{Core, Effects};
use crate::base::time::{Instant, Now};
use crate::domain::command::SessionCommand;
use crate::domain::event::{Batch, BookLoss, Link, LinkState, Trade, VenueEvent};
use crate::domain::instrument::{CatalogueChange, Instrument, InstrumentId};
use crate::market::Found;
use crate::orders::Included;
use crate::view::dirt::Dirt;
use crate::view::session::{Environment, LinkView, Severity};

impl Core {
    pub(super) fn batch(&mut self, now: Now, link: Link, mut batch: Batch, fx: &mut Effects) {
        if batch.frames > 0 {
            self.meter.count_frames(batch.frames, batch.received);
            self.link_mut(link).last_frame = batch.received;
            self.dirt.raise(Dirt::Quiet);
            if link == Link::Market {
                self.note_backlog(now, now.mono.since(batch.received), fx);
            }
        }
        let received = batch.received;
        let (mut newest_change, mut moves_alerts) = (None, false);
        for event in std::mem::take(&mut batch.events) {
            match event {
                VenueEvent::BookChange { instrument, change_id, utc, levels, prev_change_id: _ } => {
                    let levels = batch.levels(&levels);
                    if let Err(found) = self.markets.change(instrument, change_id, utc, levels, received) {
                        self.book_found_wrong(instrument, found, fx);
                    }
                    newest_change = Some(utc);
                    moves_alerts |= self.alerts.watches(instrument);
                    self.see_levels(now, instrument, fx);
                }
                VenueEvent::BookSnapshot { instrument, change_id, utc, levels } => {
                    let levels = batch.levels(&levels);
                    if let Err(found) = self.markets.snapshot(instrument, change_id, utc, levels, received) {
                        self.book_found_wrong(instrument, found, fx);
                    }
                    moves_alerts |= self.alerts.watches(instrument);
                    self.see_levels(now, instrument, fx);
                }
                event => self.event(now, received, event, fx),
            }
        }
        if let Some(utc) = newest_change {
            self.link_mut(link).feed_delay = self.markets.clock.delay(utc, received);
        }
        if moves_alerts {
            self.look_at_alerts(now, fx);
        }
    }

    fn link_mut(&mut self, link: Link) -> &mut LinkView {
        match link {
            Link::Market => &mut self.session.market,
            Link::Orders => &mut self.session.orders,
        }
    }

    fn event(&mut self, now: Now, received: Instant, event: VenueEvent, fx: &mut Effects) {
        match event {
            VenueEvent::Ticker(ticker) => self.markets.ticker(*ticker, received),
            VenueEvent::Trade(trade) => self.trade(now, trade, received, fx),
            VenueEvent::BookConfirmed { instrument, change_id } => {
                self.markets.confirm(instrument, change_id, received);
            }
            VenueEvent::BookLost { instrument, why } => self.book_lost(instrument, why),
            VenueEvent::TradesLost { instrument, since } => self.markets.trades_lost(instrument, since, now),
            VenueEvent::IndexPrice { index_name, utc, price } => {
                self.markets.index(&index_name, price, utc);
                if self.history.wants_index_price(&index_name, utc) {
                    self.remember(|history| history.add_index_price(&index_name, utc, price));
                }
            }
            VenueEvent::Fixings(fixings) => {
                self.fixed(&fixings, fx);
                self.markets.fixings(fixings);
            }
            VenueEvent::Settlements(told) => self.settled(now, *told, fx),
            VenueEvent::Bars(told) => {
                self.remember(|history| history.add_bars(&told));
            }
            VenueEvent::Indices(indices) => {
                self.remember(|history| history.set_indices(&indices));
            }
            VenueEvent::VenueTime { venue, sent, received } => {
                self.markets.clock.read(venue, sent, received);
                self.session.clock_offset = self.markets.clock.offset(now.mono, self.wall);
                let before = self.session.pace();
                self.session.venue_time = self.markets.clock.time();
                if self.session.pace() == before {
                    self.dirt.raise(Dirt::Quiet);
                } else {
                    self.session.market.feed_delay = None;
                    self.dirt.raise(Dirt::Changed);
                }
            }
            VenueEvent::Instruments(listed) => self.relist(now, listed, fx),
            VenueEvent::LinkChanged { link, state } => self.link_changed(now, link, &state, fx),
            VenueEvent::Identified { testnet, version } => {
                self.identified(now, testnet, fx);
                self.open_past(now, &version, fx);
            }
            VenueEvent::Anomaly(anomaly) => {
                self.meter.count_anomaly(anomaly.what);
                self.dirt.raise(Dirt::Quiet);
            }
            VenueEvent::CancelOnDisconnect { enabled } => {
                self.session.cancel_on_disconnect = Some(enabled);
                self.dirt.raise(Dirt::Changed);
            }
            event => self.order_event(now, received, event, fx),
        }
    }

    /// Everything about our own account.
    fn order_event(&mut self, now: Now, received: Instant, event: VenueEvent, fx: &mut Effects) {
        let instrument = match &event {
            VenueEvent::Order(report) => Some(report.instrument),
            _ => None,
        };
        self.with_desk(now, fx, |desk, scene, out| match event {
            VenueEvent::Order(report) => desk.report(scene, &report, received, out),
            VenueEvent::OrderRefused { id, request, refusal } => {
                desk.refused(scene, (id, request), &refusal, received, out);
            }
            VenueEvent::OrderNotFound { label } => desk.not_found(scene, &label, out),
            VenueEvent::Fill(fill) => desk.fill(scene, fill, out),
            VenueEvent::OpenOrders(listed) => desk.open_orders_listed(scene, &listed, received, out),
            VenueEvent::Positions(told) => desk.positions_listed(scene, &told, out),
            VenueEvent::Account(account) => desk.account(*account, out),
            VenueEvent::Sent { id, request: _, at } => desk.sent(id, at),
            _ => {}
        });
        if let Some(instrument) = instrument {
            self.see_levels(now, instrument, fx);
        }
    }

    fn trade(&mut self, now: Now, trade: Trade, received: Instant, fx: &mut Effects) {
        let Trade { instrument, price, qty, aggressor, is_spread_leg, .. } = trade;
        let is_new = self.markets.trade(trade, received);
        if is_new && !is_spread_leg && self.desk.rests_on(instrument) {
            self.with_desk(now, fx, |desk, _, out| desk.see_trade(instrument, aggressor.opposite(), price, qty, out));
        }
    }

    /// Shows the desk the levels at which its orders stand in the queue.
    fn see_levels(&mut self, now: Now, id: InstrumentId, fx: &mut Effects) {
        if !self.desk.rests_on(id) {
            return;
        }
        let Some(market) = self.markets.get(id).filter(|market| market.loss().is_none()) else { return };
        let level = |side, price| market.book().qty_at(side, price);
        let mut out = std::mem::take(&mut self.out);
        self.desk.see_levels(id, level, Included(market.book_utc()), &mut out);
        self.carry_out(now, out, fx);
    }

    fn book_lost(&mut self, id: InstrumentId, why: BookLoss) {
        if self.markets.lose(id, why) && counts_as_gap(why) {
            self.meter.stats.gaps += 1;
            self.tell_loss(id);
        }
    }

    fn book_found_wrong(&mut self, id: InstrumentId, found: Found, fx: &mut Effects) {
        self.meter.stats.gaps += 1;
        fx.session.extend(found.ask.map(|command| (Link::Market, command)));
        self.tell_loss(id);
    }

    fn tell_loss(&mut self, id: InstrumentId) {
        let name = || self.catalogue.get(id).map_or_else(String::new, |i| i.contract.to_string());
        self.notices.count_loss(name);
    }

    /// The complete list: at first, and after every reconnect.
    fn relist(&mut self, now: Now, listed: Vec<Instrument>, fx: &mut Effects) {
        let is_first = self.catalogue.is_empty();
        let change = Arc::make_mut(&mut self.catalogue).reload(listed);
        if is_first || !change.is_empty() {
            self.markets.relist(&self.catalogue, &change, now);
            self.alerts.relist(&self.catalogue);
            self.look_at_alerts(now, fx);
        }
        self.send_catalogue(fx);
        if !is_first {
            self.tell_of_list(now, &change, fx);
        }
    }

    /// One sentence for each thing that happened to the list.
    fn tell_of_list(&mut self, now: Now, change: &CatalogueChange, fx: &mut Effects) {
        let happened = [
            ("Newly listed", &change.added),
            ("No longer listed", &change.delisted),
            ("Halted", &change.halted),
            ("Trading again", &change.resumed),
            ("The venue altered the terms of", &change.altered),
        ];
        for (what, ids) in happened {
            let contracts = ids.iter().filter_map(|id| self.catalogue.get(*id)).map(|terms| &terms.contract);
            let Some(first) = contracts.min_by_key(|contract| (contract.is_spread(), *contract)) else { continue };
            let text = match ids.len() - 1 {
                0 => format!("{what}: {first}."),
                more => format!("{what}: {first} and {more} more."),
            };
            self.tell(now, Severity::Info, text, fx);
        }
    }

    pub(super) fn send_catalogue(&self, fx: &mut Effects) {
        let catalogue = || SessionCommand::Catalogue(self.catalogue.clone());
        fx.session.extend([Link::Market, Link::Orders].map(|link| (link, catalogue())));
    }

    fn link_changed(&mut self, now: Now, link: Link, state: &LinkState, fx: &mut Effects) {
        let view = self.link_mut(link);
        if view.state == *state {
            return;
        }
        let before = std::mem::replace(&mut view.state, state.clone());
        let has_turned = (before == LinkState::Up) != (*state == LinkState::Up);
        if has_turned || view.since == Instant::default() {
            view.since = now.mono;
            view.feed_delay = None;
        }
        let was_connected = is_connected(&before);
        let name = match link {
            Link::Market => "Market data",
            Link::Orders => "Order entry",
        };
        match state {
            LinkState::Up => {
                let text = format!("{name} is up.");
                self.tell(now, Severity::Info, text, fx);
            }
            LinkState::Waiting { why, retry_in, attempt } if was_connected || *attempt == 1 => {
                let text = format!("{name} is down: {why}; trying again in {:.1} s.", retry_in.as_secs_f32());
                self.tell(now, Severity::Warn, text, fx);
            }
            LinkState::Failed { why } => {
                let text = format!("{name} was refused: {why}; correct it and reconnect.");
                self.tell(now, Severity::Error, text, fx);
            }
            _ => {}
        }
        if was_connected && !is_connected(state) {
            self.link_mut(link).reconnects += 1;
            if link == Link::Market {
                self.markets.lose_all();
            }
        }
        if link == Link::Orders {
            if !was_connected && is_connected(state) {
                self.session.cancel_on_disconnect = None;
            }
            let promised = self.session.cancel_on_disconnect == Some(true);
            self.with_desk(now, fx, |desk, scene, out| desk.link_changed(scene, state, promised, out));
        }
        self.dirt.raise(Dirt::Urgent);
    }

    /// The venue's own word on whether its money is real.
    fn identified(&mut self, now: Now, testnet: bool, fx: &mut Effects) {
        let environment = match self.session.environment {
            Environment::Simulated => Environment::Simulated,
            Environment::Testnet | Environment::Real if testnet => Environment::Testnet,
            Environment::Testnet | Environment::Real => Environment::Real,
        };
        if environment == self.session.environment {
            return;
        }
        self.session.environment = environment;
        self.disarm();
        self.dirt.raise(Dirt::Urgent);
        let text =
            if testnet { "The venue is a test network." } else { "The venue is not a test network: money is real." };
        self.tell(now, Severity::Warn, text, fx);
    }
}

fn is_connected(state: &LinkState) -> bool {
    matches!(state, LinkState::Syncing | LinkState::Up)
}

/// Losses that a connection's own coming and going does not explain.
fn counts_as_gap(why: BookLoss) -> bool {
    !matches!(why, BookLoss::Disconnected | BookLoss::Awaiting)
}
