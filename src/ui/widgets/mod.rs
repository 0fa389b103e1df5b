//! What panels are made of: a batch painter that puts a whole panel into one mesh ([`ink`]), the header every panel wears, state
//! chips, and the few controls that this terminal uses. Widgets know the theme and nothing of the market.

pub mod button;
pub mod chip;
pub mod controls;
pub mod glyphs;
pub mod header;
pub mod ink;
pub mod table;
pub mod trace;
