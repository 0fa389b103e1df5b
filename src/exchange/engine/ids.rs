//! The numbers that orders and connections go by.

use serde::{Deserialize, Serialize};

/// The exchange's order number. Never used twice; the digits mean nothing to anybody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderId(pub u64);

/// Names a connection, so that its orders can be cancelled when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);
