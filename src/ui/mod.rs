//! The screen: panels that draw one [`View`](crate::view::View) and emit [`Command`](crate::domain::command::Command)s, the
//! widgets and themes they are made of. Holds no business state. [`screen::Screen`] is the whole window.

pub mod actions;
pub mod alerts;
pub mod banner;
pub mod basket;
pub mod context;
pub mod export;
pub mod format;
mod help;
mod keymap;
pub mod palette;
pub mod panels;
mod place;
pub mod screen;
mod select;
pub mod sheet;
pub mod sheets;
pub mod theme;
pub mod toast;
pub mod widgets;
pub mod workspace;
pub mod workspace_name;
