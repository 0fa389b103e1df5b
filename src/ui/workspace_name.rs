//! The arrangements of panels that a window turns between.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WorkspaceName {
    #[default]
    Trader,
    Curve,
}

impl WorkspaceName {
    pub const ALL: [Self; 2] = [Self::Trader, Self::Curve];

    /// On its tab.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Trader => "Trader",
            Self::Curve => "Curve",
        }
    }

    /// Orders are given here: its panels never show the past.
    pub const fn is_always_live(self) -> bool {
        matches!(self, Self::Trader)
    }

    /// As the settings file spells it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Trader => "trader",
            Self::Curve => "curve",
        }
    }
}
