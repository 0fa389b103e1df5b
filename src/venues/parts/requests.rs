//! Requests on their way: numbers for them, what each was for, and which were never answered.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::time::Instant;

/// What is waited for, by request number. Numbers rise for the life of the session and are never used again.
#[derive(Clone, Debug)]
pub struct Requests<T> {
    next: u64,
    open: BTreeMap<u64, (Instant, T)>,
}

impl<T> Default for Requests<T> {
    fn default() -> Self {
        Self { next: 1, open: BTreeMap::new() }
    }
}

impl<T> Requests<T> {
    /// Notes a request made now and returns its number.
    pub fn open(&mut self, now: Instant, what: T) -> u64 {
        let id = self.next;
        self.next += 1;
        self.open.insert(id, (now, what));
        id
    }

    /// The answer came: when it was asked, and what for.
    pub fn close(&mut self, id: u64) -> Option<(Instant, T)> {
        self.open.remove(&id)
    }

    /// Forgets everything: the connection that would have answered is gone.
    pub fn clear(&mut self) {
        self.open.clear();
    }

    pub fn any(&self, wanted: impl Fn(&T) -> bool) -> bool {
        self.open.values().any(|(_, what)| wanted(what))
    }

    pub fn count(&self, wanted: impl Fn(&T) -> bool) -> usize {
        self.open.values().filter(|(_, what)| wanted(what)).count()
    }

    /// When the oldest request will have waited for `patience`. Numbers rise with time, so the first is the oldest.
    pub fn deadline(&self, patience: Duration) -> Option<Instant> {
        self.open.first_key_value().map(|(_, (asked, _))| *asked + patience)
    }

    /// Removes one request that has waited for `patience`.
    pub fn expire(&mut self, now: Instant, patience: Duration) -> Option<T> {
        let entry = self.open.first_entry()?;
        (now.since(entry.get().0) >= patience).then(|| entry.remove().1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_find_their_question_and_silence_expires() {
        let patience = Duration::from_secs(5);
        let mut requests = Requests::default();
        let first = requests.open(Instant(0), "first");
        let second = requests.open(Instant(10), "second");
        assert_ne!(first, second);
        assert_eq!(requests.close(first), Some((Instant(0), "first")));
        assert_eq!(requests.close(first), None, "an answer counts once");
        assert_eq!(requests.deadline(patience), Some(Instant(10) + patience));
        assert_eq!(requests.expire(Instant(10), patience), None);
        assert_eq!(requests.expire(Instant(10) + patience, patience), Some("second"));
        assert!(!requests.any(|_| true));
    }
}
