//! The words of the trade: numbers, contracts, instruments, books, orders, and what flows between the rooms: [`event`]s from
//! venues, [`command`]s from people.

pub mod alert;
pub mod book;
pub mod calendar;
pub mod command;
pub mod contract;
pub mod event;
pub mod instrument;
pub mod number;
pub mod order;
pub mod past;
pub mod price_list;
pub mod spot;
