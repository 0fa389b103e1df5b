//! Which fills were counted: by (instrument, trade id), the newest few thousand.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::domain::instrument::InstrumentId;
use crate::domain::order::Fill;

/// Far more than a reconnect can repeat.
const KEPT: usize = 8_192;

type Key = (InstrumentId, Arc<str>);

#[derive(Clone, Debug, Default)]
pub struct SeenFills {
    keys: BTreeSet<Key>,
    oldest_first: VecDeque<Key>,
}

impl SeenFills {
    /// False when this fill was counted before.
    pub fn insert(&mut self, fill: &Fill) -> bool {
        let key = (fill.instrument, fill.trade_id.clone());
        if !self.keys.insert(key.clone()) {
            return false;
        }
        self.oldest_first.push_back(key);
        if self.oldest_first.len() > KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.keys.remove(&oldest);
        }
        true
    }
}
