//! What could not be understood in a message, or in a part of it.

use std::sync::Arc;

use crate::base::decimal::DecimalError;
use crate::domain::event::{Anomaly, AnomalyKind, Link};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub what: AnomalyKind,
    pub detail: Arc<str>,
}

/// Longest excerpt of a message in a fault.
const EXCERPT: usize = 160;

impl Fault {
    pub fn new(what: AnomalyKind, detail: impl AsRef<str>) -> Self {
        let detail = detail.as_ref();
        let mut end = detail.len().min(EXCERPT);
        while !detail.is_char_boundary(end) {
            end -= 1;
        }
        Self { what, detail: detail[..end].into() }
    }

    pub fn unknown_instrument(symbol: &str) -> Self {
        Self::new(AnomalyKind::UnknownInstrument, symbol)
    }

    pub fn on(self, link: Link) -> Anomaly {
        Anomaly { link, what: self.what, detail: self.detail }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        let what = if error.is_data() { AnomalyKind::MissingField } else { AnomalyKind::NotJson };
        Self::new(what, error.to_string())
    }
}

impl From<DecimalError> for Fault {
    fn from(error: DecimalError) -> Self {
        Self::new(AnomalyKind::BadNumber, error.to_string())
    }
}
