//! Notifications as text.

use std::sync::Arc;

use serde::Serialize;

use crate::venues::deribit::wire::Notification;

/// Prints a shape; shapes cannot fail to print.
pub fn print<T: Serialize>(data: &T) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

pub fn notification<T: Serialize>(channel: &str, data: T) -> Arc<str> {
    print(&Notification::new(channel, data)).into()
}

/// A notification around data that is printed already. Channel names were parsed: nothing in them needs escaping.
pub fn notification_of(channel: &str, data: &str) -> Arc<str> {
    format!(r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"{channel}","data":{data}}}}}"#).into()
}
