//! All alerts of one person, and which books they hang on.

use std::sync::Arc;

use super::alert::{Alert, Quote};
use crate::base::time::Utc;
use crate::curves::expression::{Expression, ExpressionError};
use crate::domain::alert::{AlertId, AlertSpec};
use crate::domain::contract::Month;
use crate::domain::instrument::{Catalogue, InstrumentId};
use crate::view::alert::AlertView;

/// More than anybody watches.
pub const MOST: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    #[error("The alert was not understood: {0}.")]
    Expression(#[from] ExpressionError),
    #[error("There are {MOST} alerts already; remove one first.")]
    TooMany,
}

/// An alert that has just fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    pub alert: AlertView,
    /// The price that it fired at.
    pub value: f64,
}

#[derive(Clone, Debug, Default)]
pub struct Alerts {
    list: Vec<Alert>,
    next: u32,
    /// By instrument: some alert hangs on it.
    watched: Vec<bool>,
}

impl Alerts {
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds one; set again, an alert begins anew. Month codes mean the first such month not before `reference`.
    ///
    /// # Errors
    /// [`AlertError`].
    pub fn set(&mut self, spec: &AlertSpec, reference: Month, catalogue: &Catalogue) -> Result<(), AlertError> {
        let expression = Expression::parse(&spec.expression, reference)?;
        let spec = AlertSpec { expression: expression.screen().into(), ..spec.clone() };
        self.list.retain(|known| !known.spec().is_same(&spec));
        if self.list.len() >= MOST {
            return Err(AlertError::TooMany);
        }
        self.list.push(Alert::new(AlertId(self.next), spec, expression, catalogue));
        self.next += 1;
        self.index();
        Ok(())
    }

    pub fn remove(&mut self, id: AlertId) {
        self.list.retain(|alert| alert.id != id);
        self.index();
    }

    pub fn relist(&mut self, catalogue: &Catalogue) {
        self.list.iter_mut().for_each(|alert| alert.relist(catalogue));
        self.index();
    }

    fn index(&mut self) {
        self.watched.clear();
        for id in self.list.iter().flat_map(Alert::instruments) {
            if self.watched.len() <= id.index() {
                self.watched.resize(id.index() + 1, false);
            }
            self.watched[id.index()] = true;
        }
    }

    /// Whether a change of this book may move an alert.
    pub fn watches(&self, id: InstrumentId) -> bool {
        self.watched.get(id.index()).copied().unwrap_or(false)
    }

    /// Looks at the books; returns what fires.
    pub fn look(&mut self, now: Utc, quote: impl Fn(InstrumentId) -> Quote) -> Vec<Firing> {
        let look = |alert: &mut Alert| {
            let value = alert.look(now, &quote)?;
            Some(Firing { alert: alert.paint(), value })
        };
        self.list.iter_mut().filter_map(look).collect()
    }

    /// Brings the picture up to date; true when it was not.
    pub fn paint(&self, picture: &mut Arc<Vec<AlertView>>) -> bool {
        let is_same = picture.len() == self.list.len()
            && picture.iter().zip(&self.list).all(|(painted, alert)| *painted == alert.paint());
        if !is_same {
            *picture = Arc::new(self.list.iter().map(Alert::paint).collect());
        }
        !is_same
    }
}
