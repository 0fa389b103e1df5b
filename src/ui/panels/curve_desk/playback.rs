//! The past as a film: how fast it runs, and how far it has come since the last frame.

use std::time::Duration;

use crate::base::time::Instant;

/// What a second shows of the past at [`Speed::X1`].
const SECOND_IS: Duration = Duration::from_secs(3_600);
/// A longer pause between two frames is none: nobody was looking.
const LONGEST_FRAME: Duration = Duration::from_millis(100);
/// While it runs, the window is painted this often: settlements are a day apart, an eye sees no more.
pub const FRAME: Duration = Duration::from_millis(33);
pub const MEANING: &str = "1x plays an hour of the past in a second, 10x ten hours, 60x two and a half days";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    X1,
    #[default]
    X10,
    X60,
}

impl Speed {
    pub const ALL: [Self; 3] = [Self::X1, Self::X10, Self::X60];

    pub const fn words(self) -> &'static str {
        match self {
            Self::X1 => "1x",
            Self::X10 => "10x",
            Self::X60 => "60x",
        }
    }

    const fn factor(self) -> u32 {
        match self {
            Self::X1 => 1,
            Self::X10 => 10,
            Self::X60 => 60,
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Playback {
    pub speed: Speed,
    /// When the last frame was painted, while it runs.
    last: Option<Instant>,
}

impl Playback {
    pub const fn is_running(&self) -> bool {
        self.last.is_some()
    }

    pub const fn start(&mut self, now: Instant) {
        self.last = Some(now);
    }

    pub const fn stop(&mut self) {
        self.last = None;
    }

    /// How much of the past has run off since the last frame; nothing while it stands.
    pub fn advance(&mut self, now: Instant) -> Duration {
        let Some(last) = self.last.replace(now) else {
            self.last = None;
            return Duration::ZERO;
        };
        let painted = now.since(last).min(LONGEST_FRAME);
        Duration::from_secs_f64(painted.as_secs_f64() * SECOND_IS.as_secs_f64() * f64::from(self.speed.factor()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_an_hour_times_the_speed() {
        let at = |ms: u64| Instant(ms * 1_000_000);
        for (speed, hours) in [(Speed::X1, 1.0), (Speed::X10, 10.0), (Speed::X60, 60.0)] {
            let mut playback = Playback { speed, ..Playback::default() };
            assert_eq!(playback.advance(at(50)), Duration::ZERO, "it does not run yet");
            playback.start(at(0));
            let run: Duration = (1..=20).map(|frame| playback.advance(at(frame * 50))).sum();
            assert!((run.as_secs_f64() / 3_600.0 - hours).abs() < 1e-6, "{speed:?}: {run:?}");
            assert_eq!(playback.advance(at(61_000)).as_secs_f64(), hours * 360.0, "a minute unseen counts as a tenth");
            playback.stop();
            assert_eq!(playback.advance(at(62_000)), Duration::ZERO);
        }
    }
}
