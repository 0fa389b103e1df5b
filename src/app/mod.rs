//! (being built)

pub mod raster;
