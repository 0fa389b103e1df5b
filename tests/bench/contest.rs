//! A contestant beside its baseline, so that a noisy machine slows both. Rounds are interleaved and timed in CPU time of this thread;
//! the line carries the medians, and as ratio the median of the rounds' ratios. Both must end every round with the same digest:
//! whoever skips work does not get a figure.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use cpu_time::ThreadTime;

use super::line::Line;

/// Untimed and timed rounds.
const WARM_UP: usize = 3;
const ROUNDS: usize = 31;

/// One side of a contest: `prepare` makes a round's state, untimed; `run` does the work and returns the digest of its result.
pub struct Contestant<P, R> {
    pub prepare: P,
    pub run: R,
}

impl<P, R> Contestant<P, R> {
    fn round<S>(&mut self) -> (Duration, u64)
    where
        P: FnMut() -> S,
        R: FnMut(&mut S) -> u64,
    {
        let mut state = black_box((self.prepare)());
        let start = ThreadTime::now();
        let digest = black_box((self.run)(&mut state));
        (start.elapsed(), digest)
    }
}

/// Runs both sides and prints nanoseconds per item; a round handles `items` of them. Returns ours and the baseline's.
///
/// # Panics
/// When the digests differ.
pub fn contest<S, T>(
    name: &str,
    items: usize,
    mut ours: Contestant<impl FnMut() -> S, impl FnMut(&mut S) -> u64>,
    mut baseline: Contestant<impl FnMut() -> T, impl FnMut(&mut T) -> u64>,
) -> io::Result<[f64; 2]> {
    let per_item = |span: Duration| span.as_secs_f64() * 1e9 / items as f64;
    let (mut values, mut baselines, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        let (our_time, our_digest) = ours.round();
        let (base_time, base_digest) = baseline.round();
        assert_eq!(our_digest, base_digest, "{name}: the two sides did not do the same work");
        if round >= WARM_UP {
            values.push(per_item(our_time));
            baselines.push(per_item(base_time));
            ratios.push(our_time.as_secs_f64() / base_time.as_secs_f64());
        }
    }
    let [value, base, ratio] = [values, baselines, ratios].map(median);
    Line { name, value, unit: "ns", baseline: Some(base), ratio: Some(ratio) }.print()?;
    Ok([value, base])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
