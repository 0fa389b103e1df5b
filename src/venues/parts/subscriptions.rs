//! What was asked for and what was granted. A venue that leaves a channel out of its answer has refused it without a word.

use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Wanted,
    Asked,
    Granted,
    Refused,
}

/// Channels by name. Order of asking is the order of wanting.
#[derive(Clone, Debug, Default)]
pub struct Subscriptions {
    stages: BTreeMap<Arc<str>, Stage>,
    queue: Vec<Arc<str>>,
}

impl Subscriptions {
    /// Wants a channel; nothing happens if it is wanted already.
    pub fn want(&mut self, channel: Arc<str>) {
        if !self.stages.contains_key(&channel) {
            self.stages.insert(channel.clone(), Stage::Wanted);
            self.queue.push(channel);
        }
    }

    /// The next channels to ask for: at most `count`, and at most `bytes` of names with their quotes and commas.
    pub fn ask(&mut self, count: usize, bytes: usize) -> Vec<Arc<str>> {
        let mut size = 0;
        let fits = self.queue.iter().take(count).take_while(|channel| {
            size += channel.len() + 3;
            size <= bytes
        });
        let taken = fits.count();
        let asked: Vec<Arc<str>> = self.queue.drain(..taken).collect();
        for channel in &asked {
            self.stages.insert(channel.clone(), Stage::Asked);
        }
        asked
    }

    /// Granted channels are being asked for once more.
    pub fn ask_again(&mut self, channels: &[Arc<str>]) {
        for channel in channels {
            self.stages.insert(channel.clone(), Stage::Asked);
        }
    }

    /// A channel is not wanted any more: true when the venue was asked for it and must be told.
    pub fn forget(&mut self, channel: &str) -> bool {
        let stage = self.stages.remove(channel);
        if stage == Some(Stage::Wanted) {
            self.queue.retain(|waiting| **waiting != *channel);
        }
        matches!(stage, Some(Stage::Asked | Stage::Granted))
    }

    /// Takes an answer; returns the channels that were asked for and are missing from it.
    pub fn answered<'a, 'g>(
        &mut self,
        asked: &'a [Arc<str>],
        granted: impl IntoIterator<Item = &'g str>,
    ) -> Vec<&'a Arc<str>> {
        for channel in granted {
            if let Some(stage) = self.stages.get_mut(channel) {
                *stage = Stage::Granted;
            }
        }
        let mut missing = Vec::new();
        for channel in asked {
            if let Some(stage) = self.stages.get_mut(channel).filter(|stage| **stage == Stage::Asked) {
                *stage = Stage::Refused;
                missing.push(channel);
            }
        }
        missing
    }

    /// Every wanted channel was asked for and answered.
    pub fn is_settled(&self) -> bool {
        self.queue.is_empty() && !self.stages.values().any(|stage| *stage == Stage::Asked)
    }

    pub fn has_wanted(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The connection is new: nothing is granted.
    pub fn clear(&mut self) {
        self.stages.clear();
        self.queue.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_refusal_is_found() {
        let mut subscriptions = Subscriptions::default();
        for name in ["book.A.raw", "book.B.raw", "book.A.raw", "trades.A.raw"] {
            subscriptions.want(name.into());
        }
        let asked = subscriptions.ask(10, 26);
        assert_eq!(asked.len(), 2, "two names of ten letters fit into 26 bytes");
        assert!(!subscriptions.is_settled());
        let refused = subscriptions.answered(&asked, ["book.B.raw"]);
        assert_eq!(refused, [&Arc::from("book.A.raw")]);
        assert!(!subscriptions.is_settled(), "one is still to be asked for");
        let rest = subscriptions.ask(10, 1_000);
        assert!(subscriptions.answered(&rest, ["trades.A.raw"]).is_empty());
        assert!(subscriptions.is_settled());
    }

    #[test]
    fn what_is_forgotten_is_neither_asked_for_nor_missed() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.want("granted".into());
        let asked = subscriptions.ask(1, 1_000);
        subscriptions.answered(&asked, ["granted"]);
        subscriptions.want("asked".into());
        let asked = subscriptions.ask(1, 1_000);
        subscriptions.want("waiting".into());
        let told = ["granted", "asked", "waiting", "unheard of"].map(|channel| subscriptions.forget(channel));
        assert_eq!(told, [true, true, false, false]);
        assert!(!subscriptions.has_wanted() && subscriptions.is_settled());
        assert!(subscriptions.answered(&asked, []).is_empty());
        subscriptions.want("granted".into());
        assert_eq!(subscriptions.ask(9, 1_000), [Arc::from("granted")], "wanted anew");
    }
}
