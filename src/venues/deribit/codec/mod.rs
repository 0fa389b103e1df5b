//! Bytes ⇄ domain, on the shapes of [`wire`](super::wire). Decoding returns events or faults: never a panic, never a rounded price,
//! never silence. Book messages go through [`scan`] first and fall back to serde, which is also what the scanner is tested against.

pub mod account;
pub mod book;
pub mod fault;
pub mod frame;
pub mod market;
pub mod past;
pub mod scan;
pub mod symbols;

#[cfg(test)]
mod tests;
