//! What one side of a block trade has agreed to, until the other side uses it.

use crate::base::digest::Digest;
use crate::base::time::Utc;
use crate::domain::number::Side;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::{BlockLeg, BlockTrade};

/// Of a signature, in the wall's time.
pub const VALID_MS: i64 = 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Maker,
    Taker,
}

/// What a side has agreed to.
#[derive(Clone, Debug)]
pub struct Verified {
    pub account: AccountId,
    pub role: Role,
    pub timestamp_ms: i64,
    pub nonce: String,
    pub legs: Vec<BlockLeg>,
    /// By the wall's clock.
    pub expires_ms: i64,
}

impl Verified {
    /// With the other side: what the engine is asked for.
    pub fn with(self, other: AccountId) -> BlockTrade {
        let (maker, taker) = match self.role {
            Role::Maker => (self.account, other),
            Role::Taker => (other, self.account),
        };
        BlockTrade { maker, taker, timestamp_ms: self.timestamp_ms, nonce: self.nonce.into(), legs: self.legs }
    }

    /// Its legs as its own account trades them.
    pub fn own_legs(&self) -> Vec<BlockLeg> {
        let own = |side: Side| if self.role == Role::Maker { side } else { side.opposite() };
        self.legs.iter().map(|leg| BlockLeg { side: own(leg.side), ..*leg }).collect()
    }

    /// Names what was verified: until when it holds, when it was, and a digest of all of it.
    pub fn sign(&self, now: Utc) -> String {
        let mut digest = Digest::default();
        let role = if self.role == Role::Maker { 1 } else { 2 };
        for word in [u64::from(self.account.0), role, self.timestamp_ms.cast_unsigned(), now.0.cast_unsigned()] {
            digest.word(word);
        }
        digest.bytes(self.nonce.as_bytes());
        for leg in &self.legs {
            digest.word(leg.listing.0.into());
            digest.word(leg.side as u64);
            digest.word(leg.qty.0.cast_unsigned());
            digest.word(leg.price.0.cast_unsigned());
        }
        format!("{}.{}.{:016x}", self.expires_ms, now.0, digest.finish())
    }
}
