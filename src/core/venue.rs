//! What venues say, applied in order.

use std::sync::Arc;

use super::{Core, Effects};
use crate::base::time::{Instant, Now, Utc};
use crate::domain::command::SessionCommand;
use crate::domain::event::{Batch, BookLoss, Link, LinkState, VenueEvent};
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::market::Found;
use crate::view::dirt::Dirt;
use crate::view::session::{Environment, LinkView, Severity};

impl Core {
    pub(super) fn batch(&mut self, now: Now, link: Link, mut batch: Batch, fx: &mut Effects) {
        if batch.frames > 0 {
            self.meter.count_frames(batch.frames, batch.received);
            self.link_mut(link).last_frame = batch.received;
            self.dirt.raise(Dirt::Quiet);
        }
        let received = batch.received;
        let mut newest_change = None;
        for event in std::mem::take(&mut batch.events) {
            match event {
                VenueEvent::BookChange { instrument, change_id, utc, levels, prev_change_id: _ } => {
                    let levels = batch.levels(&levels);
                    if let Err(found) = self.markets.change(instrument, change_id, utc, levels, received) {
                        self.book_found_wrong(instrument, found, fx);
                    }
                    newest_change = Some(utc);
                }
                VenueEvent::BookSnapshot { instrument, change_id, utc, levels } => {
                    let levels = batch.levels(&levels);
                    if let Err(found) = self.markets.snapshot(instrument, change_id, utc, levels, received) {
                        self.book_found_wrong(instrument, found, fx);
                    }
                }
                event => self.event(now, received, event, fx),
            }
        }
        if let Some(utc) = newest_change {
            self.note_delay(now, link, utc, received);
        }
    }

    fn note_delay(&mut self, now: Now, link: Link, stamp: Utc, received: Instant) {
        let delay = self.markets.clock.delay(now, stamp, received);
        self.link_mut(link).feed_delay = Some(delay);
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
            VenueEvent::Trade(trade) => {
                self.markets.trade(trade, received);
            }
            VenueEvent::BookConfirmed { instrument, change_id } => {
                self.markets.confirm(instrument, change_id, received);
            }
            VenueEvent::BookLost { instrument, why } => self.book_lost(instrument, why),
            VenueEvent::TradesLost { instrument, since } => self.markets.trades_lost(instrument, since, now),
            VenueEvent::IndexPrice { index_name, utc, price } => self.markets.index(&index_name, price, utc),
            VenueEvent::Fixings(fixings) => self.markets.fixings(fixings),
            VenueEvent::VenueTime { venue, sent, received } => {
                self.markets.clock.read(now, venue, sent, received);
                self.session.clock_offset = self.markets.clock.offset();
                self.dirt.raise(Dirt::Quiet);
            }
            VenueEvent::Instruments(listed) => self.relist(now, listed, fx),
            VenueEvent::LinkChanged { link, state } => self.link_changed(now, link, &state, fx),
            VenueEvent::Identified { testnet, version: _ } => self.identified(now, testnet, fx),
            VenueEvent::Anomaly(anomaly) => {
                self.meter.count_anomaly(anomaly.what);
                self.dirt.raise(Dirt::Quiet);
            }
            VenueEvent::CancelOnDisconnect { enabled } => {
                self.session.cancel_on_disconnect = Some(enabled);
                self.dirt.raise(Dirt::Changed);
            }
            _ => {}
        }
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
        }
        for link in [Link::Market, Link::Orders] {
            fx.session.push((link, SessionCommand::Catalogue(self.catalogue.clone())));
        }
        if !is_first && !change.is_empty() {
            let text = format!(
                "The venue's list changed: {} new, {} altered, {} gone.",
                change.added.len(),
                change.altered.len(),
                change.delisted.len()
            );
            self.notices.tell(now, Severity::Info, text, &mut fx.log);
        }
    }

    fn link_changed(&mut self, now: Now, link: Link, state: &LinkState, fx: &mut Effects) {
        let view = self.link_mut(link);
        if view.state == *state {
            return;
        }
        let before = std::mem::replace(&mut view.state, state.clone());
        view.since = now.mono;
        let was_connected = is_connected(&before);
        let name = match link {
            Link::Market => "Market data",
            Link::Orders => "Order entry",
        };
        match state {
            LinkState::Up => {
                let text = format!("{name} is up.");
                self.notices.tell(now, Severity::Info, text, &mut fx.log);
            }
            LinkState::Waiting { why, retry_in, attempt } if was_connected || *attempt == 1 => {
                let text = format!("{name} is down: {why}; trying again in {:.1} s.", retry_in.as_secs_f32());
                self.notices.tell(now, Severity::Warn, text, &mut fx.log);
            }
            LinkState::Failed { why } => {
                let text = format!("{name} was refused: {why}; correct it and reconnect.");
                self.notices.tell(now, Severity::Error, text, &mut fx.log);
            }
            _ => {}
        }
        if was_connected && !is_connected(state) {
            self.link_mut(link).reconnects += 1;
            if link == Link::Market {
                self.markets.lose_all();
            }
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
        self.dirt.raise(Dirt::Urgent);
        let text =
            if testnet { "The venue is a test network." } else { "The venue is not a test network: money is real." };
        self.notices.tell(now, Severity::Warn, text, &mut fx.log);
    }
}

fn is_connected(state: &LinkState) -> bool {
    matches!(state, LinkState::Syncing | LinkState::Up)
}

/// Losses that a connection's own coming and going does not explain.
fn counts_as_gap(why: BookLoss) -> bool {
    !matches!(why, BookLoss::Disconnected | BookLoss::Awaiting)
}
