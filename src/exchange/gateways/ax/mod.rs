//! Architect AX for the embedded exchange: REST under `/api` and `/orders`, market data on `/md/ws`, orders on `/orders/ws`. The second
//! face of one and the same exchange: accounts, orders and trades are those of every other face.
//!
//! | file | owns |
//! |---|---|
//! | [`Gateway`] (`gateway`) | the front door: connections, requests, events, time |
//! | `auth` | tokens and what a socket asks for when it knocks |
//! | `http`, `paths` | which path is answered by whom |
//! | `request` | what requests are made of |
//! | `symbols` | `H100-2026-DEC` and `H100-PERP` for the exchange's own names |
//! | `market`, `market_socket`, `feeds`, `candles` | public data, asked for and streamed |
//! | `account` | balances, positions, fills, risk |
//! | `trading`, `order_socket`, `oid` | orders, asked for and placed |
//! | `desks` | the stream of what happens to an account's orders |
//! | `shapes`, `order_shapes`, `print`, `failure` | the messages, refusals among them |
//!
//! The caller hands every [`Released`](crate::exchange::sim::Released) to all gateways of the exchange, this one included, before the next
//! request; unlike Deribit's gateway this one does not tell itself what its own requests caused.
//!
//! Rules, where the venue leaves room or the exchange differs:
//! - Any key or user name opens its own simulated account, the same as on the other faces; secrets are neither checked nor kept.
//! - The exchange's dollars are printed as `USD`. Quantities are whole contracts, one lot each; nothing else is taken.
//! - Spreads are not listed here. Trades of their legs change positions and fills, but are no prices: they print neither on the tape nor
//!   in candles.
//! - Whatever can be read as an order gets an id and lives or is rejected by event; what cannot be read is refused at once.
//! - Every replacement makes a new id. It keeps its executed quantity, and `q` is the whole size, executed part included; less size at
//!   the same price keeps the place in the queue.
//! - Self-trade prevention is the exchange's: the resting order goes. Orders that ask for another kind are rejected.
//! - Books are whole in every frame, told every 100 ms in which they changed.
//! - Transactions list the opening deposit and fees; there is no record of settlement payments.

mod account;
mod auth;
mod candles;
mod connection;
mod desks;
mod failure;
mod feeds;
mod gateway;
mod http;
mod market;
mod market_socket;
mod oid;
mod order_shapes;
mod order_socket;
mod paths;
mod print;
mod request;
mod shapes;
mod symbols;
mod trading;

pub use auth::{Admission, SocketKind};
pub use gateway::Gateway;
pub use paths::{covers, is_socket};
pub use symbols::{find, symbol};

#[cfg(test)]
mod tests;
