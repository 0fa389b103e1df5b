//! A socket that says nothing is asked whether it lives, and given up when it does not answer.

use std::time::Duration;

use crate::base::time::Instant;

/// Ask after this much silence, and again after as much more: LIVE needs some frame within three seconds.
const ASK_AFTER: Duration = Duration::from_secs(1);
/// Give up after this much silence.
const DEAD_AFTER: Duration = Duration::from_secs(10);

/// What silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    Ask,
    Dead,
}

#[derive(Clone, Copy, Debug)]
pub struct Silence {
    last_frame: Instant,
    last_asked: Instant,
}

impl Silence {
    pub fn new(now: Instant) -> Self {
        Self { last_frame: now, last_asked: now }
    }

    /// Any frame: a sign of life.
    pub fn heard(&mut self, now: Instant) {
        self.last_frame = now;
    }

    /// What is due at `now`; asking is due once per call.
    pub fn alarm(&mut self, now: Instant) -> Option<Alarm> {
        if now < self.deadline() {
            return None;
        }
        if now.since(self.last_frame) >= DEAD_AFTER {
            return Some(Alarm::Dead);
        }
        self.last_asked = now;
        Some(Alarm::Ask)
    }

    pub fn deadline(&self) -> Instant {
        (self.last_frame.max(self.last_asked) + ASK_AFTER).min(self.last_frame + DEAD_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_every_second_of_silence_then_gives_up() {
        let start = Instant(1);
        let mut silence = Silence::new(start);
        let mut asked = 0;
        let dead = loop {
            let now = silence.deadline();
            match silence.alarm(now) {
                Some(Alarm::Ask) => asked += 1,
                Some(Alarm::Dead) => break now,
                None => unreachable!("the deadline has come"),
            }
        };
        assert_eq!((asked, dead.since(start)), (9, DEAD_AFTER));
        silence.heard(dead);
        assert_eq!(silence.alarm(dead), None);
    }
}
