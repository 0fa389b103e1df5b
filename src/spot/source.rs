//! Where prices may come from, and on what terms.

use std::path::Path;
use std::sync::Arc;

use super::provider;
use crate::domain::spot::IndexUse;

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

/// Sellers whose SkyPilot catalogues a refresh fetches: those of the embedded set.
pub const REFRESHED_SELLERS: [&str; 11] = [
    "aws",
    "cudo",
    "hyperstack",
    "jarvislabs",
    "lambda",
    "lium",
    "nebius",
    "primeintellect",
    "seeweb",
    "spheron",
    "verda",
];

/// Why a seller's catalogue is not fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    #[error("{0}'s terms forbid collecting its prices by program; --file shows a list of your own")]
    TermsForbid(Arc<str>),
    #[error("{0} is not a seller's name: small letters, digits and dashes")]
    BadName(String),
}

/// Address of one seller's SkyPilot catalogue.
///
/// # Errors
/// [`NotFetched`].
pub fn skypilot_url(seller: &str) -> Result<String, NotFetched> {
    let id = provider::id(seller);
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || !id.bytes().all(is_plain) {
        return Err(NotFetched::BadName(seller.to_owned()));
    }
    if provider::index_use([&*id]) == IndexUse::Forbidden {
        return Err(NotFetched::TermsForbid(provider::display_name(&id)));
    }
    Ok(format!("https://raw.githubusercontent.com/skypilot-org/skypilot-catalog/master/catalogs/v8/{id}/vms.csv"))
}

/// Whose catalogue a file is: `lambda` for `lambda.csv` and for `lambda/vms.csv`.
pub fn seller_of(path: &Path) -> String {
    let name = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    match name(path.file_stem()) {
        Some(stem) if stem != "vms" => stem,
        stem => name(path.parent().and_then(Path::file_name)).or(stem).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_belongs_to_its_file_or_folder() {
        for (path, seller) in
            [("lambda.csv", "lambda"), ("catalogs/v8/nebius/vms.csv", "nebius"), ("/vms.csv", "vms"), ("mine", "mine")]
        {
            assert_eq!(seller_of(Path::new(path)), seller, "{path}");
        }
    }

    #[test]
    fn a_refresh_asks_nobody_who_forbids_it() {
        assert!(REFRESHED_SELLERS.is_sorted());
        for seller in REFRESHED_SELLERS {
            assert!(skypilot_url(seller).is_ok() && provider::find(seller).is_some(), "{seller}");
        }
    }

    #[test]
    fn fetches_only_where_the_terms_allow() {
        assert!(skypilot_url("Lambda").is_ok_and(|url| url.ends_with("/v8/lambda/vms.csv")));
        assert!(skypilot_url("new-cloud2").is_ok_and(|url| url.ends_with("/v8/new-cloud2/vms.csv")));
        for forbidden in ["vast", "Vast.ai", "runpod", "shadeform"] {
            assert!(matches!(skypilot_url(forbidden), Err(NotFetched::TermsForbid(_))), "{forbidden}");
        }
        for bad in ["", "../nowhere", "a b", "x/y", "é"] {
            assert_eq!(skypilot_url(bad), Err(NotFetched::BadName(bad.to_owned())));
        }
    }
}
