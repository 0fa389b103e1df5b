//! The exchange's clock against the wall's: as fast, faster, or standing. Readings are handed in.

use std::time::Duration;

use crate::base::time::{Instant, Utc};

#[derive(Clone, Copy, Debug)]
pub struct Dial {
    /// The wall clock's reading when the exchange's was `start`.
    origin: Instant,
    start: Utc,
    speed: u32,
    is_paused: bool,
}

impl Dial {
    pub const fn new(origin: Instant, start: Utc, speed: u32) -> Self {
        Self { origin, start, speed, is_paused: false }
    }

    /// Where the exchange's clock should be.
    pub fn target(&self, now: Instant) -> Utc {
        if self.is_paused { self.start } else { self.start + now.since(self.origin) * self.speed }
    }

    /// When the exchange's clock will show `at`; `None` while it stands before it.
    pub fn wall(&self, at: Utc) -> Option<Instant> {
        let ahead = at.since(self.start);
        match ahead.is_zero() {
            true => Some(self.origin),
            false if self.is_paused => None,
            false => Some(self.origin + ahead / self.speed),
        }
    }

    pub const fn is_paused(&self) -> bool {
        self.is_paused
    }

    pub fn set_speed(&mut self, now: Instant, speed: u32) {
        self.anchor(now);
        self.speed = speed.max(1);
    }

    pub fn pause(&mut self, now: Instant) {
        self.anchor(now);
        self.is_paused = true;
    }

    pub fn go_on(&mut self, now: Instant) {
        self.anchor(now);
        self.is_paused = false;
    }

    /// Puts the hands forward.
    pub fn step(&mut self, span: Duration) {
        self.start = self.start + span;
    }

    fn anchor(&mut self, now: Instant) {
        (self.start, self.origin) = (self.target(now), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Instant {
        Instant(secs * 1_000_000_000)
    }

    const fn utc(secs: i64) -> Utc {
        Utc(secs * 1_000_000_000)
    }

    #[test]
    fn speed_changes_without_a_jump() {
        let mut dial = Dial::new(at(10), utc(1_000), 1);
        assert_eq!((dial.target(at(15)), dial.wall(utc(1_005))), (utc(1_005), Some(at(15))));
        dial.set_speed(at(20), 60);
        assert_eq!((dial.target(at(20)), dial.target(at(22))), (utc(1_010), utc(1_130)));
        assert_eq!(dial.wall(utc(1_130)), Some(at(22)));
        dial.set_speed(at(22), 0);
        assert_eq!(dial.target(at(23)), utc(1_131), "it never stands still by its speed");
    }

    #[test]
    fn a_pause_waits_and_can_be_stepped_through() {
        let mut dial = Dial::new(at(0), utc(100), 10);
        dial.pause(at(1));
        assert_eq!((dial.target(at(50)), dial.wall(utc(111))), (utc(110), None));
        assert_eq!(dial.wall(utc(109)), Some(at(1)), "what is due is due");
        dial.step(Duration::from_secs(3));
        assert_eq!(dial.target(at(60)), utc(113));
        dial.go_on(at(60));
        assert_eq!(dial.target(at(61)), utc(123));
    }
}
