//! Who rents out GPUs: names, whose machines, how their catalogues count memory, and whether their terms let their prices into a
//! median. A seller not in the table is taken at its word under its own name.

use std::sync::Arc;

use crate::domain::number::Price;
use crate::domain::spot::{Hardware, IndexUse};

/// What `SizeInMiB` of a catalogue means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    PerGpu,
    OfAllGpus,
}

#[derive(Clone, Copy, Debug)]
pub struct Provider {
    pub id: &'static str,
    pub name: &'static str,
    /// Other spellings, lower-case letters and digits only.
    aliases: &'static [&'static str],
    pub hardware: Hardware,
    pub index_use: IndexUse,
    pub memory: Memory,
    /// Prices up to here are where bidding starts, not what a machine costs.
    pub bid_floor: Option<Price>,
}

const fn own(id: &'static str, name: &'static str, aliases: &'static [&'static str]) -> Provider {
    Provider {
        id,
        name,
        aliases,
        hardware: Hardware::Own,
        index_use: IndexUse::Allowed,
        memory: Memory::PerGpu,
        bid_floor: None,
    }
}

/// Vast.ai prohibits any index use of its prices, RunPod the building of a database, Shadeform collecting them by program: a person's
/// own file may list them, no median counts them.
const PROVIDERS: [Provider; 20] = [
    own("aws", "AWS", &["amazon", "amazonwebservices", "ec2"]),
    own("azure", "Azure", &["microsoftazure"]),
    own("crusoe", "Crusoe", &["crusoecloud"]),
    own("cudo", "Cudo", &["cudocompute"]),
    own("gcp", "Google Cloud", &["google", "googlecloud"]),
    own("hyperstack", "Hyperstack", &["nexgencloud"]),
    own("jarvislabs", "Jarvislabs", &["jarvislabsai"]),
    own("lambda", "Lambda", &["lambdalabs", "lambdacloud"]),
    own("latitude", "Latitude", &["latitudesh"]),
    own("lium", "Lium", &[]),
    Provider { bid_floor: Some(Price(1_000_000_000)), ..own("mithril", "Mithril", &["foundry", "mlfoundry"]) },
    own("nebius", "Nebius", &["nebiusai"]),
    Provider {
        hardware: Hardware::Resold,
        memory: Memory::OfAllGpus,
        ..own("primeintellect", "Prime Intellect", &["prime"])
    },
    Provider { index_use: IndexUse::Forbidden, ..own("runpod", "RunPod", &[]) },
    own("seeweb", "Seeweb", &[]),
    Provider { index_use: IndexUse::Forbidden, hardware: Hardware::Resold, ..own("shadeform", "Shadeform", &[]) },
    Provider { hardware: Hardware::Resold, ..own("spheron", "Spheron", &["spheronnetwork"]) },
    Provider { index_use: IndexUse::Forbidden, memory: Memory::OfAllGpus, ..own("vast", "Vast", &["vastai"]) },
    own("verda", "Verda", &["datacrunch", "datacrunchio"]),
    own("yotta", "Yotta", &[]),
];

/// The table's entry for a name in any spelling. A seller whose terms forbid index use is found by how its name begins, so that no
/// suffix ("RunPod Community") slips it into a median.
pub fn find(name: &str) -> Option<&'static Provider> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    PROVIDERS.iter().find(|provider| {
        let is_forbidden = provider.index_use == IndexUse::Forbidden;
        plain == provider.id || provider.aliases.contains(&&*plain) || (is_forbidden && plain.starts_with(provider.id))
    })
}

/// The id of the table, or the name in small letters.
pub fn id(name: &str) -> Arc<str> {
    find(name).map_or_else(|| name.trim().to_lowercase().into(), |provider| provider.id.into())
}

/// The name to show for an id.
pub fn display_name(id: &str) -> Arc<str> {
    find(id).map_or(id, |provider| provider.name).into()
}

/// Forbidden if the terms of any of the named forbid it.
pub fn index_use<'a>(names: impl IntoIterator<Item = &'a str>) -> IndexUse {
    let is_forbidden = names.into_iter().filter_map(find).any(|provider| provider.index_use == IndexUse::Forbidden);
    if is_forbidden { IndexUse::Forbidden } else { IndexUse::Allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet() {
        for (name, want) in [
            ("Prime Intellect", "primeintellect"),
            ("data-crunch", "verda"),
            ("lambdalabs", "lambda"),
            ("Vast.ai", "vast"),
            ("RunPod Community", "runpod"),
            ("Some Cloud ", "some cloud"),
        ] {
            assert_eq!(&*id(name), want);
        }
        assert_eq!(&*display_name("lambda"), "Lambda");
        assert_eq!(&*display_name("some cloud"), "some cloud");
    }

    #[test]
    fn terms_are_known() {
        for forbidden in ["vast", "VAST.AI", "runpod", "RunPod Secure", "Shadeform"] {
            assert_eq!(index_use([forbidden]), IndexUse::Forbidden, "{forbidden}");
        }
        assert_eq!(index_use(["primeintellect", "runpod"]), IndexUse::Forbidden);
        assert_eq!(index_use(["primeintellect", "lambda", "unheard of"]), IndexUse::Allowed);
    }

    #[test]
    fn the_table_is_in_order_and_unambiguous() {
        assert!(PROVIDERS.is_sorted_by(|a, b| a.id < b.id));
        for provider in &PROVIDERS {
            for name in provider.aliases.iter().chain([&provider.id, &provider.name]) {
                assert_eq!(find(name).map(|found| found.id), Some(provider.id), "{name}");
            }
        }
    }
}
