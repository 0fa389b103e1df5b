//! What a Deribit session is told before it begins.

use std::sync::Arc;

use secrecy::SecretString;

/// An API key. The secret never reaches a log: [`SecretString`] prints itself as redacted.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: SecretString,
}

/// Which book channel is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BookFeed {
    /// Every change. The venue grants it to authenticated connections only; without credentials it falls back to 100 ms.
    #[default]
    Raw,
    Every100Ms,
}

/// Requests a second and burst of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_1000_s: u32,
    pub burst: u32,
}

/// The venue's request pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub subscribe: Rate,
    pub queries: Rate,
    pub orders: Rate,
}

impl Limits {
    /// Deribit's published default tier.
    pub const DERIBIT: Self = Self {
        subscribe: Rate { per_1000_s: 3_300, burst: 10 },
        queries: Rate { per_1000_s: 20_000, burst: 100 },
        orders: Rate { per_1000_s: 5_000, burst: 20 },
    };
    /// A venue on this machine.
    pub const EMBEDDED: Self = Self {
        subscribe: Rate { per_1000_s: 50_000, burst: 100 },
        queries: Rate { per_1000_s: 500_000, burst: 500 },
        orders: Rate { per_1000_s: 200_000, burst: 200 },
    };
}

#[derive(Clone, Debug)]
pub struct Config {
    /// Needed for raw books and for the order session.
    pub credentials: Option<Credentials>,
    /// Said in `public/hello`.
    pub client_name: Arc<str>,
    pub client_version: Arc<str>,
    /// Of the back-off's jitter.
    pub seed: u64,
    /// Settlement currency of the account that is traded: `USDC`.
    pub currency: Arc<str>,
    pub books: BookFeed,
    pub limits: Limits,
}

impl Config {
    /// Raw books, a USDC account, Deribit's own limits.
    pub fn new(credentials: Option<Credentials>, seed: u64) -> Self {
        Self {
            credentials,
            client_name: env!("CARGO_PKG_NAME").into(),
            client_version: env!("CARGO_PKG_VERSION").into(),
            seed,
            currency: "USDC".into(),
            books: BookFeed::default(),
            limits: Limits::DERIBIT,
        }
    }
}
