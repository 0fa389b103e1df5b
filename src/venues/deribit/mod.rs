//! Deribit API v2: JSON-RPC over WebSocket, market data and orders on two connections.

mod config;
pub mod inspect;
mod market_session;
mod order_session;
pub mod wire;

pub use config::{BookFeed, Config, Credentials, Limits, Rate};
pub use market_session::MarketSession;
pub use order_session::OrderSession;
