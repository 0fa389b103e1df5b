//! The screen: panels that draw one [`View`](crate::view::View) and emit [`Command`](crate::domain::command::Command)s, the
//! widgets and themes they are made of. Holds no business state.

pub mod context;
pub mod format;
pub mod panels;
pub mod theme;
pub mod widgets;
