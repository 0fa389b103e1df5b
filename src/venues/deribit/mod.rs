//! Deribit API v2: JSON-RPC over WebSocket, market data and orders on two connections.

mod book_feed;
pub mod codec;
mod config;
mod connection;
pub mod describe;
pub mod inspect;
mod listing;
mod market_session;
mod order_session;
mod past;
mod scripts;
mod tape;
pub mod wire;

pub use config::{BookFeed, Config, Credentials, Limits, Rate};
pub use market_session::MarketSession;
pub use order_session::{OrderSession, refusal};
