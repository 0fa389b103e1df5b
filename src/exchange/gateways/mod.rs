//! The server halves of venue protocols, sans-IO like the clients: whoever owns the sockets hands in what was received and carries
//! out the [`deribit::Effect`]s. They add nothing to the exchange but a language.

pub mod ax;
pub mod deribit;
pub mod parts;
