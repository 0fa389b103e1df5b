//! Everything that needs more than one room, in one binary: linking dominates on small machines.
