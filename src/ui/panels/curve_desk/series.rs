//! What the curve desk draws, entry by entry of its legend, and what of it is hidden.

use super::figures::span_words;
use crate::view::Span;

/// What can be shown or left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    Quotes,
    /// The last trade; in the past the mark.
    Last,
    Settle,
    Model,
    Past(Span),
    Index,
}

impl Series {
    pub const ALL: [Self; 8] = [
        Self::Quotes,
        Self::Last,
        Self::Settle,
        Self::Model,
        Self::Past(Span::Day),
        Self::Past(Span::Week),
        Self::Past(Span::Month),
        Self::Index,
    ];

    pub const fn words(self, is_live: bool) -> &'static str {
        match self {
            Self::Quotes => "Bid and ask",
            Self::Last if is_live => "Last",
            Self::Last => "Mark",
            Self::Settle => "Settle",
            Self::Model => "Model, max smoothness",
            Self::Past(span) => span_words(span),
            Self::Index => "Index",
        }
    }
}

/// Which of them are left out.
#[derive(Clone, Debug, Default)]
pub struct Hidden(Vec<Series>);

impl Hidden {
    pub fn shows(&self, series: Series) -> bool {
        !self.0.contains(&series)
    }

    pub fn turn(&mut self, series: Series) {
        match self.0.iter().position(|hidden| *hidden == series) {
            Some(at) => drop(self.0.remove(at)),
            None => self.0.push(series),
        }
    }
}
