//! How much a client may ask, in two pools as the venue documents them: what reaches the matching engine, and everything else.
//! A pool fills with time up to its burst; who finds it empty is told so and keeps his connection.

use super::super::parts::Pools;
use super::rpc::Failure;
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::RequestLimits;
use crate::exchange::engine::ConnectionId;
use crate::venues::deribit::wire::Code;

/// Whose pools they are. An account shares its pools among its connections; who calls over HTTP without a name shares with all such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    Account(AccountId),
    Connection(ConnectionId),
    Nobody,
}

impl Caller {
    pub fn of(account: Option<AccountId>, connection: Option<ConnectionId>) -> Self {
        account.map(Self::Account).or(connection.map(Self::Connection)).unwrap_or(Self::Nobody)
    }
}

#[derive(Debug, Default)]
pub struct Limits {
    orders: Pools<Caller>,
    queries: Pools<Caller>,
}

impl Limits {
    /// # Errors
    /// The pool of this method is empty; nothing was taken then.
    pub fn take(&mut self, caller: Caller, method: &str, now: Utc, limits: &RequestLimits) -> Result<(), Failure> {
        let (pools, allowance) = match reaches_engine(method) {
            true => (&mut self.orders, limits.orders),
            false => (&mut self.queries, limits.queries),
        };
        if pools.take(caller, now, allowance) {
            return Ok(());
        }
        Err(Failure::because(Code::TOO_MANY_REQUESTS, format!("{} a second", allowance.per_second)))
    }

    pub fn forget(&mut self, connection: ConnectionId) {
        for pools in [&mut self.orders, &mut self.queries] {
            pools.forget(&Caller::Connection(connection));
        }
    }
}

fn reaches_engine(method: &str) -> bool {
    is_order(method)
        || method.starts_with("private/edit")
        || method.starts_with("private/cancel")
        || method == "private/execute_block_trade"
}

/// Whether a call places an order.
pub fn is_order(method: &str) -> bool {
    matches!(method, "private/buy" | "private/sell")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exchange::catalogue::Allowance;

    #[test]
    fn a_pool_grants_its_burst_and_then_its_rate() {
        let limits = RequestLimits {
            orders: Allowance { burst: 20, per_second: 5 },
            queries: Allowance { burst: 100, per_second: 20 },
        };
        let mut pools = Limits::default();
        let start = Utc::from_millis(1_795_186_800_000);
        let (alice, bob) = (Caller::Connection(ConnectionId(1)), Caller::Connection(ConnectionId(2)));
        let mut granted =
            |caller, method, at| (0..500).filter(|_| pools.take(caller, method, at, &limits).is_ok()).count();
        assert_eq!(granted(alice, "private/buy", start), 20);
        assert_eq!(granted(alice, "private/cancel_all", start), 0, "one pool for all that reaches the engine");
        assert_eq!(granted(alice, "public/ticker", start), 100, "questions have their own");
        assert_eq!(granted(bob, "private/edit", start), 20, "and so has everybody");
        let later = start + Duration::from_secs(2);
        assert_eq!(granted(alice, "private/sell", later), 10);
        assert_eq!(granted(alice, "private/get_positions", later), 40);
        pools.forget(ConnectionId(1));
        assert!(pools.take(alice, "private/buy", later, &limits).is_ok());
    }
}
