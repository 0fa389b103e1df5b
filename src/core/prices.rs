//! List prices on their way to the screen, and a hand's wish to have them fetched anew. Nothing that trades depends on them.

use std::sync::Arc;

use super::{Core, Effects};
use crate::base::time::Now;
use crate::domain::price_list::{PriceAsk, PriceNews, Progress, Refresh};
use crate::view::dirt::Dirt;
use crate::view::session::Severity;

impl Core {
    /// Passes the wish on, unless it is being met already or there is nothing to cancel.
    pub(super) fn ask_prices(&mut self, ask: PriceAsk, fx: &mut Effects) {
        let (PriceAsk::Refresh(list) | PriceAsk::Cancel(list)) = ask;
        let is_running = matches!(self.view.spot.refresh(list), Refresh::Running(_));
        if is_running == matches!(ask, PriceAsk::Refresh(_)) {
            return;
        }
        if let PriceAsk::Refresh(list) = ask {
            Arc::make_mut(&mut self.view.spot).set_refresh(list, Refresh::Running(Progress::default()));
            self.dirt.raise(Dirt::Urgent);
        }
        fx.prices.push(ask);
    }

    pub(super) fn take_prices(&mut self, now: Now, news: PriceNews, fx: &mut Effects) {
        let spot = Arc::make_mut(&mut self.view.spot);
        match news {
            PriceNews::Rental(prices) => spot.rental = Some(prices),
            PriceNews::Tokens(prices) => spot.tokens = Some(prices),
            PriceNews::Refresh(list, refresh) => {
                let failed = match &refresh {
                    Refresh::Failed(why) => Some(why.clone()),
                    Refresh::Idle | Refresh::Running(_) => None,
                };
                spot.set_refresh(list, refresh);
                if let Some(why) = failed {
                    self.tell(now, Severity::Warn, why, fx);
                }
            }
            PriceNews::Unusable(why) => self.tell(now, Severity::Error, why, fx),
        }
        self.dirt.raise(Dirt::Changed);
    }
}
