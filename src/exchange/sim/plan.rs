//! What is to be done to the market later, and what has been set that a new scenario must undo.

use std::collections::VecDeque;
use std::sync::Arc;

use super::directive::Directive;
use crate::base::time::Utc;
use crate::exchange::catalogue::ProductId;
use crate::exchange::engine::{Engine, Scope, SessionOrder};

/// All makers and more: however many there are.
const EVERYBODY: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub struct Plan {
    scenario: Option<Arc<str>>,
    /// By time, then in the order of planning.
    due: VecDeque<(Utc, Directive)>,
    thinned: Vec<ProductId>,
    sessions: Vec<ProductId>,
}

impl Plan {
    pub fn begin(&mut self, name: &str) {
        self.scenario = Some(name.into());
        self.due.clear();
    }

    pub fn scenario(&self) -> Option<&Arc<str>> {
        self.scenario.as_ref()
    }

    pub fn add(&mut self, due: Utc, directive: Directive) {
        let at = self.due.partition_point(|(other, _)| *other <= due);
        self.due.insert(at, (due, directive));
    }

    /// The next thing that is due by `now`.
    pub fn next(&mut self, now: Utc) -> Option<Directive> {
        self.due.pop_front_if(|(due, _)| *due <= now).map(|(_, directive)| directive)
    }

    /// Remembers what lasts.
    pub fn note(&mut self, directive: &Directive) {
        let (list, product) = match directive {
            Directive::Makers { product, .. } => (&mut self.thinned, *product),
            Directive::Session(SessionOrder::Hours(product, _) | SessionOrder::Velocity(product, _)) => {
                (&mut self.sessions, *product)
            }
            _ => return,
        };
        if !list.contains(&product) {
            list.push(product);
        }
    }

    /// What makes the market an ordinary one again: makers, hours and rules as at the start, and nothing halted as a whole.
    pub fn undo(&mut self, engine: &Engine) -> Vec<Directive> {
        let makers = self.thinned.drain(..).map(|product| Directive::Makers { product, present: EVERYBODY });
        let sessions = self
            .sessions
            .drain(..)
            .flat_map(|product| [SessionOrder::Velocity(product, None), SessionOrder::Hours(product, None)]);
        let products = (0_u8..).map(ProductId).take(engine.catalogue().data().products.len());
        let locked = products.filter(|product| engine.is_locked(*product));
        let resumed = locked.map(|product| SessionOrder::Resume(Scope::Product(product)));
        makers.chain(sessions.chain(resumed).map(Directive::Session)).collect()
    }
}
