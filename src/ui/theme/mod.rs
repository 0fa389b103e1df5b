//! How things look: colours and their mixes, fonts, icons, and the egui style made of them. A theme is data (`themes/*.toml`);
//! this room turns it into colours that are computed once and read many times a frame.

pub mod color;
pub mod fonts;
pub mod icons;
pub mod style;
pub mod tokens;

pub use fonts::Face;
pub use tokens::{Palette, SideInks, Theme, ThemeError, Tokens};
