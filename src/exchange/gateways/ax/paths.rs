//! Which addresses are this face's.

const MARKET_SOCKET: &str = "/md/ws";
const ORDER_SOCKET: &str = "/orders/ws";

/// Whether a path belongs to this face.
pub fn covers(path: &str) -> bool {
    let within = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    (within("/api") && !within("/api/v2")) || within("/orders") || is_socket(path)
}

pub fn is_socket(path: &str) -> bool {
    is_market_socket(path) || path == ORDER_SOCKET
}

pub fn is_market_socket(path: &str) -> bool {
    path == MARKET_SOCKET
}
