//! Sixty-four-bit digests of state, to compare two processes or two runs. Not for security.

/// Order-dependent digest: FNV-1a over what is fed to it, finished with [`mix`].
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Feeds one word.
    pub fn word(&mut self, word: u64) {
        self.0 = mix(self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    }

    /// Feeds bytes, length included.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    pub fn finish(self) -> u64 {
        mix(self.0)
    }
}

/// Spreads every input bit over the whole word (the finaliser of splitmix64, Steele, Lea & Flood 2014).
pub const fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
