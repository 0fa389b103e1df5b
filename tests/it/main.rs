//! Everything that needs more than one room, in one binary: linking dominates on small machines. Modules are marked `cfg(test)` so
//! that their helpers may unwrap, as unit tests may.

#[cfg(test)]
mod layers;
#[cfg(test)]
mod matching;
