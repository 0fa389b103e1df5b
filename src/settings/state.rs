//! `state.json`: what the program remembers: theme, zoom, window, layout, alerts, launches. Versioned; a newer version is not touched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alerts::SavedAlert;
use crate::domain::contract::{Month, Product};

const VERSION: u32 = 1;

/// The program's memory. Missing fields take their defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    pub version: u32,
    /// `dark` or `light`.
    pub theme: Option<String>,
    /// Bid and ask colours, by name.
    pub palette: Option<String>,
    pub zoom: Option<f32>,
    pub window: Option<Window>,
    /// The panels' tree and their own settings, in the workspace's words.
    pub workspace: Option<serde_json::Value>,
    pub has_reduced_motion: bool,
    pub alerts: Vec<SavedAlert>,
    /// By product: the months in which its curve may break, as the screen writes them: `AUG-27`.
    pub launches: BTreeMap<String, Vec<String>>,
}

/// Geometry in logical points; clamped to what is visible when restored.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub position: Option<(f32, f32)>,
    pub size: (f32, f32),
    pub is_maximised: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: VERSION,
            theme: None,
            palette: None,
            zoom: None,
            window: None,
            workspace: None,
            has_reduced_motion: false,
            alerts: Vec::new(),
            launches: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StateError {
    #[error("not readable: {0}")]
    Malformed(String),
    #[error("written by a newer version of this program (format {0})")]
    Newer(u32),
}

impl State {
    /// # Errors
    /// Not JSON of this shape, or of a newer format. Odd values are put right, not refused.
    pub fn parse(text: &[u8]) -> Result<Self, StateError> {
        let mut state: Self = serde_json::from_slice(text).map_err(|error| StateError::Malformed(error.to_string()))?;
        if state.version > VERSION {
            return Err(StateError::Newer(state.version));
        }
        state.version = VERSION;
        state.zoom = state.zoom.filter(|zoom| (0.5..=3.0).contains(zoom));
        state.window =
            state.window.filter(|w| (200.0..=20_000.0).contains(&w.size.0) && (200.0..=20_000.0).contains(&w.size.1));
        Ok(state)
    }

    /// What reads as a product and months.
    pub fn launches(&self) -> impl Iterator<Item = (Product, Vec<Month>)> {
        let months = |names: &Vec<String>| names.iter().filter_map(|name| Month::parse_screen(name)).collect();
        self.launches.iter().filter_map(move |(product, names)| Some((Product::new(product)?, months(names))))
    }

    pub fn set_launches(&mut self, product: &Product, months: &[Month]) {
        if months.is_empty() {
            self.launches.remove(product.as_str());
        } else {
            let names = months.iter().map(|month| month.screen()).collect();
            self.launches.insert(product.as_str().to_owned(), names);
        }
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip_and_odd_values() {
        let state = State {
            theme: Some("light".into()),
            zoom: Some(1.25),
            window: Some(Window { position: Some((10.0, 20.0)), size: (1280.0, 800.0), is_maximised: false }),
            ..State::default()
        };
        assert_eq!(State::parse(&state.to_json()), Ok(state));
        let mut launching = State::default();
        let (h100, aug_27) = (Product::new("H100").unwrap(), Month { year: 2027, month: 8 });
        launching.set_launches(&h100, &[aug_27]);
        let kept = State::parse(&launching.to_json()).unwrap();
        assert_eq!(kept.launches().collect::<Vec<_>>(), [(h100.clone(), vec![aug_27])]);
        launching.set_launches(&h100, &[]);
        assert_eq!(launching, State::default());
        let odd = State::parse(br#"{"launches": {"h100": ["AUG-27"], "TOK": ["soon", "SEP-27"]}}"#).unwrap();
        assert_eq!(
            odd.launches().map(|(product, months)| (product.to_string(), months.len())).collect::<Vec<_>>(),
            [("TOK".to_owned(), 1)]
        );
        assert_eq!(State::parse(b"{\"zoom\": 900}").unwrap().zoom, None);
        assert_eq!(State::parse(b"{\"version\": 99}"), Err(StateError::Newer(99)));
        assert!(matches!(State::parse(b"{"), Err(StateError::Malformed(_))));
    }
}
