//! Which listings a channel or a query covers, by kind and currency.

use super::rpc::Failure;
use super::shapes;
use crate::exchange::catalogue::{Catalogue, Listing, ListingId, ProductId};
use crate::venues::deribit::wire::{Selector, Text};

/// Which listings a channel covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    One(ListingId),
    Some {
        class: Option<&'static str>,
        product: Option<ProductId>,
    },
    /// A kind or currency that is not listed here: accepted, and silent.
    Nothing,
}

impl Filter {
    pub fn new(kind: &str, currency: &str, catalogue: &Catalogue) -> Option<Self> {
        let class = match kind {
            "any" => None,
            "future" => Some("future"),
            "combo" | "future_combo" => Some("future_combo"),
            "option" | "spot" | "option_combo" => return Some(Self::Nothing),
            _ => return None,
        };
        Some(match product(currency, catalogue) {
            Some(product) => Self::Some { class, product },
            None => Self::Nothing,
        })
    }

    /// Kind and currency as queries spell them; absent means any.
    pub fn asked(kind: Option<&Text<'_>>, currency: Option<&Text<'_>>, catalogue: &Catalogue) -> Result<Self, Failure> {
        let filter = Self::new(or_any(kind), or_any(currency), catalogue);
        filter.ok_or_else(|| Failure::param("kind", "unknown kind"))
    }

    pub fn select(selector: &Selector<'_>, catalogue: &Catalogue) -> Option<Self> {
        match selector {
            Selector::Instrument(name) => catalogue.find(name).map(|listing| Self::One(listing.id)),
            Selector::Kind { kind, currency } => Self::new(kind, currency, catalogue),
        }
    }

    pub fn covers(self, listing: &Listing) -> bool {
        match self {
            Self::One(id) => id == listing.id,
            Self::Some { class, product } => {
                class.is_none_or(|class| class == shapes::kind(listing.kind))
                    && product.is_none_or(|product| product == listing.product)
            }
            Self::Nothing => false,
        }
    }
}

fn or_any<'t>(text: Option<&'t Text<'_>>) -> &'t str {
    text.map_or("any", Text::as_str)
}

/// A currency's product; `Some(None)` for all of them, `None` for a currency that is not listed.
pub fn product(currency: &str, catalogue: &Catalogue) -> Option<Option<ProductId>> {
    let data = catalogue.data();
    if currency == "any" || currency.eq_ignore_ascii_case(&data.venue.currency) {
        return Some(None);
    }
    (0..)
        .zip(&data.products)
        .find(|(_, p)| p.name.as_str().eq_ignore_ascii_case(currency))
        .map(|(id, _)| Some(ProductId(id)))
}
