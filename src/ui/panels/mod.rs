//! One file a panel. A panel reads [`PanelContext`](super::context::PanelContext), keeps only its own view state (scroll, zoom)
//! and emits commands.

pub mod basis;
pub mod blotter;
pub mod curve;
pub mod curve_desk;
pub mod depth;
pub mod footer;
pub mod heatmap;
pub mod hedge;
pub mod ladder;
pub mod market;
mod message;
pub mod positions;
mod price_board;
pub mod product_spread;
pub mod rental;
pub mod spark;
pub mod spreads;
pub mod strip;
mod tabs;
pub mod tape;
pub mod ticket;
pub mod title;
pub mod tokens;
