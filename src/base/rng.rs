//! Seeded randomness. A generator can be forked by name, so that adding a consumer never disturbs the others.

use super::digest::{Digest, mix};

/// xoshiro256++ (Blackman & Vigna 2018), seeded through splitmix64.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    pub fn new(seed: u64) -> Self {
        let mut word = seed;
        let state = std::array::from_fn(|_| {
            let value = mix(word);
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            value
        });
        Self { state }
    }

    /// An independent generator that depends on this one's seed and `name` only.
    pub fn fork(seed: u64, name: &str) -> Self {
        let mut digest = Digest::default();
        digest.word(seed);
        digest.bytes(name.as_bytes());
        Self::new(digest.finish())
    }

    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..bound` (multiply-shift; the bias is below 2^-32 for the bounds used here). Zero for an empty range.
    pub fn below(&mut self, bound: u64) -> u64 {
        u64::try_from((u128::from(self.next_u64()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Standard normal (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Exponential with the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Pareto with minimum 1 and tail index `alpha`: heavy-tailed sizes.
    pub fn pareto(&mut self, alpha: f64) -> f64 {
        (1.0 - self.unit()).powf(-1.0 / alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence_and_forks_are_independent_of_their_siblings() {
        let take = |mut rng: Rng| (0..8).map(|_| rng.next_u64()).collect::<Vec<_>>();
        assert_eq!(take(Rng::new(7)), take(Rng::new(7)));
        assert_ne!(take(Rng::new(7)), take(Rng::new(8)));
        assert_eq!(take(Rng::fork(7, "makers")), take(Rng::fork(7, "makers")));
        assert_ne!(take(Rng::fork(7, "makers")), take(Rng::fork(7, "takers")));
        assert_ne!(take(Rng::fork(7, "makers")), take(Rng::fork(8, "makers")));
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut rng = Rng::new(1);
        let mut mean =
            |draw: &mut dyn FnMut(&mut Rng) -> f64| (0..40_000).map(|_| draw(&mut rng)).sum::<f64>() / 40_000.0;
        let mut near = |name: &str, want: f64, draw: &mut dyn FnMut(&mut Rng) -> f64| {
            let got = mean(draw);
            assert!((got - want).abs() < 0.05, "{name}: {got} against {want}");
        };
        near("unit", 0.5, &mut Rng::unit);
        near("normal", 0.0, &mut Rng::normal);
        near("variance of normal", 1.0, &mut |rng| rng.normal().powi(2));
        near("exponential", 2.0, &mut |rng| rng.exponential(2.0));
        near("pareto", 1.5, &mut |rng| rng.pareto(3.0));
        near("chance", 0.25, &mut |rng| f64::from(u8::from(rng.chance(0.25))));
        near("below", 4.5, &mut |rng| rng.below(10) as f64);
        assert_eq!(rng.below(0), 0);
        assert!((0..1_000).all(|_| rng.below(3) < 3));
    }
}
