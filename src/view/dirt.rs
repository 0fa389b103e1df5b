//! How soon a change of state must be seen.

/// Ordered by urgency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dirt {
    #[default]
    Clean,
    /// Only ages the picture: shown with the next publish, within a second.
    Quiet,
    /// Shown at the publisher's pace.
    Changed,
    /// Acks, fills, refusals, losses, halts: shown at once.
    Urgent,
}

impl Dirt {
    /// Becomes the more urgent of the two.
    pub fn raise(&mut self, other: Self) {
        *self = (*self).max(other);
    }
}
