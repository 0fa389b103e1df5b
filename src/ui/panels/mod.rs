//! One file a panel. A panel reads [`PanelContext`](super::context::PanelContext), keeps only its own view state (scroll, zoom)
//! and emits commands.

pub mod depth;
pub mod heatmap;
pub mod ladder;
pub mod market;
