//! Whether a click may send: armed for a while, not blocked, within limits.

use std::time::Duration;

use crate::base::time::Instant;
use crate::domain::command::RiskLimits;
use crate::domain::number::Qty;
use crate::view::trading::Arming;

#[derive(Clone, Debug, Default)]
pub struct Guard {
    arming: Arming,
    pub is_blocked: bool,
    limits: RiskLimits,
}

impl Guard {
    pub fn arming(&self) -> Arming {
        self.arming
    }

    pub fn limits(&self) -> &RiskLimits {
        &self.limits
    }

    /// Negative limits mean none at all.
    pub fn set_limits(&mut self, limits: &RiskLimits) {
        self.limits = RiskLimits {
            max_order: limits.max_order.max(Qty::ZERO),
            max_position: limits.max_position.max(Qty::ZERO),
            collar_ticks: limits.collar_ticks.max(0),
            arm_secs: limits.arm_secs.max(1),
        };
    }

    pub fn arm(&mut self, now: Instant) {
        self.arming = Arming::Armed { until: now + Duration::from_secs(u64::from(self.limits.arm_secs)) };
    }

    pub fn disarm(&mut self) {
        self.arming = Arming::Disarmed;
    }

    pub fn is_armed(&self, now: Instant) -> bool {
        matches!(self.arming, Arming::Armed { until } if now < until)
    }

    /// An order click: the arming period begins again.
    pub fn touch(&mut self, now: Instant) {
        if self.is_armed(now) {
            self.arm(now);
        }
    }

    /// True once, when the arming period has run out.
    pub fn expire(&mut self, now: Instant) -> bool {
        let is_over = self.deadline().is_some_and(|until| now >= until);
        if is_over {
            self.disarm();
        }
        is_over
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self.arming {
            Arming::Armed { until } => Some(until),
            Arming::Disarmed => None,
        }
    }
}
