//! Deribit API v2 for the embedded exchange, on WebSocket and HTTP.
//!
//! One [`Gateway`] serves every connection. Requests come in through [`Gateway::text`] and [`Gateway::http`], what the exchange
//! reports through [`Gateway::on_released`], time through [`Gateway::timer`]; all of them append [`Effect`]s in the order in which they must
//! happen. Events must be handed in before the next request is, so that a snapshot is never older than a change already sent.
//!
//! A wrong request is answered with the documented code; it never closes the connection. Amounts on the wire are units, inside they
//! are contracts.

mod account;
mod auth;
mod blocks;
mod combos;
mod connection;
mod context;
mod encode;
mod feeds;
mod filter;
mod funding;
mod gateway;
mod http;
mod implied;
mod limits;
mod market;
mod past;
mod print;
mod rpc;
mod shapes;
mod signatures;
mod terms;
mod topics;
mod trading;
mod triggered;
mod user_feeds;

pub use connection::{Effect, Fault};
pub use gateway::{Gateway, Output};
pub use http::HttpRequest;

#[cfg(test)]
mod tests;
