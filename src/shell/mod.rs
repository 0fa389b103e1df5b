//! The imperative rim: threads, sockets, TLS, files, secrets, the clock, logging. Everything that can fail for reasons outside the
//! program fails here. Never egui.

pub mod clock;
pub mod credentials;
mod curves;
pub mod directories;
pub mod exchange_server;
pub mod fetch;
pub mod files;
pub mod instance;
pub mod keeper;
pub mod labels;
pub mod log;
pub mod machine;
pub mod prices;
pub mod pump;
pub mod queues;
pub mod terminal;
pub mod tls;
