//! What is kept between runs. [`config`] is written by people and only read; [`state`] is the program's own memory. Both are
//! versioned and validated; a file that cannot be used is reported and defaults are taken, never guessed at.

pub mod alerts;
pub mod config;
pub mod state;
