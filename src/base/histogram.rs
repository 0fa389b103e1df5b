//! Latency histogram: buckets grow by powers of two, sixteen linear steps in each, so every reading is within 1/16 of the truth.

const STEP_BITS: u32 = 4;
const STEPS: usize = 1 << STEP_BITS;
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) * STEPS;

#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u32; BUCKETS]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), total: 0 }
    }
}

impl Histogram {
    pub fn record(&mut self, value: u64) {
        let slot = &mut self.counts[bucket(value)];
        *slot = slot.saturating_add(1);
        self.total += 1;
    }

    /// Lower edge of the bucket that holds the `q` quantile (`0.0..=1.0`); `None` when nothing was recorded.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        if self.total == 0 {
            return None;
        }
        let rank = ((q.clamp(0.0, 1.0) * self.total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        self.counts
            .iter()
            .position(|&count| {
                seen += u64::from(count);
                seen >= rank
            })
            .map(lower_edge)
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.total = 0;
    }
}

fn bucket(value: u64) -> usize {
    if value < STEPS as u64 {
        return value as usize;
    }
    let exponent = value.ilog2();
    let step = (value >> (exponent - STEP_BITS)) as usize & (STEPS - 1);
    (exponent - STEP_BITS + 1) as usize * STEPS + step
}

fn lower_edge(bucket: usize) -> u64 {
    if bucket < STEPS {
        return bucket as u64;
    }
    let exponent = (bucket / STEPS) as u32 - 1;
    ((STEPS + bucket % STEPS) as u64) << exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_sixteenth() {
        let mut histogram = Histogram::default();
        for value in 1..=100_000_u64 {
            histogram.record(value);
        }
        for q in [0.01, 0.5, 0.9, 0.99] {
            let truth = q * 100_000.0;
            let read = histogram.quantile(q).unwrap_or(0) as f64;
            assert!(read <= truth && read >= truth * (1.0 - 1.0 / 16.0), "{q}: {read} against {truth}");
        }
        assert_eq!(Histogram::default().quantile(0.5), None);
    }
}
