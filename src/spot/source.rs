//! Where prices may come from, and on what terms.

/// A place that publishes prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: &'static str,
    pub terms: &'static str,
}

pub const LITELLM: Source =
    Source { name: "LiteLLM model price map", terms: "MIT, Copyright (c) 2023 Berri AI (content outside enterprise/)" };

pub const OPENROUTER: Source = Source {
    name: "OpenRouter models endpoint",
    terms: "published for use with the service; lowest price of each model; not redistributed",
};

pub const SKYPILOT: Source = Source {
    name: "SkyPilot catalogue",
    terms: "no licence stated; list prices read for your own use, not redistributed; some sellers' terms forbid index use",
};

pub const OWN_FILE: Source = Source { name: "your own file", terms: "yours to know" };

pub const COMPILED: Source = Source {
    name: "compiled by hand from list prices of 2026",
    terms: "figures with their source in each row, undated: a realistic spread and not quotes",
};

/// Address of the price map as its project publishes it.
pub const LITELLM_URL: &str =
    "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";

pub const OPENROUTER_URL: &str = "https://openrouter.ai/api/v1/models";

/// Address of one seller's SkyPilot catalogue. `provider` is an id of [`super::provider`].
pub fn skypilot_url(provider: &str) -> String {
    format!("https://raw.githubusercontent.com/skypilot-org/skypilot-catalog/master/catalogs/v8/{provider}/vms.csv")
}
