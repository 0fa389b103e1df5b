//! What the faces of the exchange have in common, whatever language they speak: the way to one client and what can go wrong on it,
//! requests over HTTP, and pools of requests.

mod http;
mod line;
mod pools;

pub use http::{HttpRequest, query};
pub use line::{ConnectionState, Effect, Fault, Freight, Line};
pub use pools::Pools;
