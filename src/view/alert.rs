//! Alerts as the screen shows them.

use crate::domain::alert::{AlertId, AlertSpec, Passing};
use crate::view::book::BookState;

#[derive(Clone, Debug, PartialEq)]
pub struct AlertView {
    pub id: AlertId,
    pub spec: AlertSpec,
    pub state: AlertState,
    /// The watched price, dollars a unit of the expression; of live books alone.
    pub value: Option<f64>,
    /// Behind the level so far, the price arms a repeating alert again.
    pub hysteresis: f64,
    /// That the watched price needs.
    pub decimals: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Fires when the price passes the level.
    Watching,
    /// Has fired, and waits for the price to come back.
    Resting,
    /// Has fired, once and for all.
    Fired,
    /// Not watched: this is the worst of its legs' books.
    Blind(BookState),
    /// Not watched: nobody quotes a side that it needs.
    Unquoted,
    /// Not watched: an instrument is not on the venue's list, any more or yet.
    Unlisted,
}

impl AlertState {
    /// A sentence's end: "alert is …".
    pub fn text(self) -> String {
        match self {
            Self::Watching => "watching".to_owned(),
            Self::Resting => "fired, waits for the price to come back".to_owned(),
            Self::Fired => "fired".to_owned(),
            Self::Blind(state) => format!("not watched, book {}", state.word().to_lowercase()),
            Self::Unquoted => "not watched, a side is not quoted".to_owned(),
            Self::Unlisted => "not watched, not listed".to_owned(),
        }
    }

    pub const fn has_fired(self) -> bool {
        matches!(self, Self::Resting | Self::Fired)
    }
}

impl AlertView {
    /// How far the price still is from the level; zero or less when it has passed.
    pub fn distance(&self) -> Option<f64> {
        let ahead = self.spec.level.to_f64_lossy() - self.value?;
        Some(match self.spec.passing {
            Passing::Above => ahead,
            Passing::Below => -ahead,
        })
    }
}
