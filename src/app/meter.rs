//! What the window costs: frames a second, time a frame, memory. Shown in the footer.

use std::time::Duration;

use crate::base::ring::Ring;
use crate::base::time::Instant;
use crate::shell::machine;
use crate::ui::context::FrameStats;

const FRAMES: usize = 240;
const MEMORY_EVERY: Duration = Duration::from_secs(1);
const RATE_WINDOW: Duration = Duration::from_secs(2);

/// Collects frame times; the figures are refreshed once a second so that they can be read.
#[derive(Debug)]
pub struct Meter {
    frames: Ring<(Instant, Duration)>,
    refreshed: Instant,
    painted: u64,
    stats: FrameStats,
}

impl Default for Meter {
    fn default() -> Self {
        Self { frames: Ring::new(FRAMES), refreshed: Instant::default(), painted: 0, stats: FrameStats::default() }
    }
}

impl Meter {
    pub fn stats(&self) -> &FrameStats {
        &self.stats
    }

    /// A frame that began at `begun` and ended at `ended`.
    pub fn record(&mut self, begun: Instant, ended: Instant) {
        self.frames.push((begun, ended.since(begun)));
        self.painted += 1;
        if ended.since(self.refreshed) < MEMORY_EVERY {
            return;
        }
        self.refreshed = ended;
        let mut times: Vec<Duration> = self.frames.iter().map(|&(_, time)| time).collect();
        times.sort_unstable();
        let recent = self.frames.iter().filter(|(at, _)| ended.since(*at) <= RATE_WINDOW).count();
        self.stats = FrameStats {
            frames_per_sec: recent as f32 / RATE_WINDOW.as_secs_f32(),
            frame_p50: times.get(times.len() / 2).copied(),
            frame_p99: times.get(times.len() * 99 / 100).copied(),
            memory_bytes: machine::resident_bytes(),
        };
        tracing::debug!(painted = self.painted, stats = ?self.stats, "frames");
    }
}
