//! Alerts: what people set, looked at whenever a book that one hangs on has changed, and once a second for books that have gone quiet.

use super::{Core, Effects};
use crate::alerts::{Firing, Quote};
use crate::base::time::Now;
use crate::domain::alert::{AlertId, AlertSpec, Passing, Repeat};
use crate::domain::contract::Month;
use crate::domain::number::Side;
use crate::view::book::BookState;
use crate::view::dirt::Dirt;
use crate::view::session::Severity;

impl Core {
    pub(super) fn set_alert(&mut self, now: Now, spec: &AlertSpec, fx: &mut Effects) {
        let reference = Month::of(now.utc.date());
        if let Err(error) = self.alerts.set(spec, reference, &self.catalogue) {
            return self.tell(now, Severity::Reject, error.to_string(), fx);
        }
        self.dirt.raise(Dirt::Changed);
        self.look_at_alerts(now, fx);
    }

    pub(super) fn remove_alert(&mut self, id: AlertId) {
        self.alerts.remove(id);
        self.dirt.raise(Dirt::Changed);
    }

    pub(super) fn look_at_alerts(&mut self, now: Now, fx: &mut Effects) {
        if self.alerts.is_empty() {
            return;
        }
        let (markets, link) = (&self.markets, &self.session.market);
        let quote = |id| match markets.get(id) {
            None => Quote { state: BookState::Connecting, bid: None, ask: None },
            Some(market) => {
                let best = |side| market.book().best(side).map(|level| level.price);
                Quote { state: market.state_at(link, now), bid: best(Side::Bid), ask: best(Side::Ask) }
            }
        };
        for firing in self.alerts.look(now.utc, quote) {
            let (text, detail) = sentences(&firing);
            self.notices.tell_more(now, Severity::Alert, text, detail, &mut fx.log);
            self.dirt.raise(Dirt::Urgent);
        }
    }
}

/// `H200 DEC-26 - H100 DEC-26 is above 0.5: mid 0.515.`, and what comes after.
fn sentences(Firing { alert, value }: &Firing) -> (String, String) {
    let AlertSpec { expression, price, passing, level, repeat, .. } = &alert.spec;
    let decimals = alert.decimals;
    let text = format!("{expression} is {} {level}: {} {value:.decimals$}.", passing.word(), price.word());
    let back = match passing {
        Passing::Above => level.to_f64_lossy() - alert.hysteresis,
        Passing::Below => level.to_f64_lossy() + alert.hysteresis,
    };
    let detail = match repeat {
        Repeat::Once => "alert, once".to_owned(),
        Repeat::Again => format!("alert, armed again behind {back:.decimals$}"),
    };
    (text, detail)
}
