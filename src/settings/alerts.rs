//! Alerts as the state file spells them. What cannot be read any more is left out.

use serde::{Deserialize, Serialize};

use crate::base::time::Utc;
use crate::domain::alert::{AlertPrice, AlertSpec, Passing, Repeat};
use crate::domain::number::Price;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedAlert {
    /// With contracts by their full names.
    pub expression: String,
    /// `bid`, `ask` or `mid`.
    pub price: String,
    /// `above` or `below`.
    pub passing: String,
    /// Dollars a unit, in decimals.
    pub level: String,
    #[serde(default)]
    pub is_repeating: bool,
    /// Milliseconds since 1970 UTC.
    #[serde(default)]
    pub fired_ms: Option<i64>,
}

impl From<&AlertSpec> for SavedAlert {
    fn from(spec: &AlertSpec) -> Self {
        Self {
            expression: spec.expression.to_string(),
            price: spec.price.word().to_owned(),
            passing: spec.passing.word().to_owned(),
            level: spec.level.to_string(),
            is_repeating: spec.repeat == Repeat::Again,
            fired_ms: spec.fired.map(Utc::millis),
        }
    }
}

impl SavedAlert {
    pub fn spec(&self) -> Option<AlertSpec> {
        Some(AlertSpec {
            expression: self.expression.as_str().into(),
            price: AlertPrice::ALL.into_iter().find(|price| price.word() == self.price)?,
            passing: [Passing::Above, Passing::Below].into_iter().find(|passing| passing.word() == self.passing)?,
            level: Price::parse(&self.level).ok()?,
            repeat: if self.is_repeating { Repeat::Again } else { Repeat::Once },
            fired: self.fired_ms.map(Utc::from_millis),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was_or_not_at_all() {
        let spec = AlertSpec {
            expression: "1.5*TOK DEC-26 - H100 DEC-26".into(),
            price: AlertPrice::Ask,
            passing: Passing::Below,
            level: Price::parse("-0.125").unwrap(),
            repeat: Repeat::Again,
            fired: Some(Utc::from_millis(1_795_208_400_123)),
        };
        let saved = SavedAlert::from(&spec);
        let text = serde_json::to_string(&saved).unwrap();
        assert_eq!(serde_json::from_str::<SavedAlert>(&text).unwrap().spec(), Some(spec));
        for broken in [
            SavedAlert { price: "last".into(), ..saved.clone() },
            SavedAlert { level: "much".into(), ..saved.clone() },
            SavedAlert { passing: String::new(), ..saved },
        ] {
            assert_eq!(broken.spec(), None);
        }
    }
}
