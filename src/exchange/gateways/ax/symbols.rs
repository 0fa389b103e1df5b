//! The venue's names of what the exchange lists. Spreads have none.

use std::sync::Arc;

use crate::domain::contract::Month;
use crate::exchange::catalogue::{Catalogue, Kind, Listing, ProductId};

pub const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const PERPETUAL: &str = "PERP";

/// `H100-2026-DEC`, `H100-PERP`; `None` for what this venue does not list.
pub fn symbol(catalogue: &Catalogue, listing: &Listing) -> Option<String> {
    let product = catalogue.product(listing.product)?.name.as_str();
    match (listing.kind, listing.month) {
        (Kind::Perpetual, _) => Some(format!("{product}-{PERPETUAL}")),
        (Kind::Future, Some(Month { year, month })) => Some(format!("{product}-{year}-{}", name(month)?)),
        _ => None,
    }
}

/// `DEC` of 12.
pub fn name(month: i8) -> Option<&'static str> {
    MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?).copied()
}

/// The listing of a name, expired ones included.
pub fn find<'a>(catalogue: &'a Catalogue, symbol: &str) -> Option<&'a Arc<Listing>> {
    let (head, last) = symbol.rsplit_once('-')?;
    if last == PERPETUAL {
        let product = product(catalogue, head)?;
        return catalogue.all().iter().find(|l| l.kind == Kind::Perpetual && l.product == product);
    }
    let (head, year) = head.rsplit_once('-')?;
    let month = MONTHS.iter().position(|name| *name == last)? + 1;
    let is_plain = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
    let year = year.parse().ok().filter(|_| is_plain)?;
    catalogue.future(product(catalogue, head)?, Month { year, month: i8::try_from(month).ok()? })
}

fn product(catalogue: &Catalogue, name: &str) -> Option<ProductId> {
    let at = catalogue.data().products.iter().position(|product| product.name.as_str() == name)?;
    u8::try_from(at).ok().map(ProductId)
}

/// Everything this venue lists that trades, with its name.
pub fn active(catalogue: &Catalogue) -> impl Iterator<Item = (&Arc<Listing>, String)> {
    catalogue.active().filter_map(|listing| symbol(catalogue, listing).map(|symbol| (listing, symbol)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Utc;
    use crate::domain::calendar::Calendar;
    use crate::exchange::catalogue::CatalogueData;

    #[test]
    fn every_name_leads_back_to_its_contract() {
        let (data, calendar) = (CatalogueData::embedded().unwrap(), Calendar::us().unwrap());
        let catalogue = Catalogue::at(Utc::from_millis(1_795_186_800_000), Arc::new(data), Arc::new(calendar));
        let mut names = Vec::new();
        for listing in catalogue.all() {
            let Some(name) = symbol(&catalogue, listing) else {
                assert_eq!(listing.kind, Kind::Calendar);
                continue;
            };
            assert_eq!(find(&catalogue, &name).map(|found| found.id), Some(listing.id), "{name}");
            names.push(name);
        }
        for expected in ["H100-2026-DEC", "H100-PERP", "TOK-2027-JAN"] {
            assert!(names.iter().any(|name| name == expected), "{expected}");
        }
        for wrong in [
            "",
            "-",
            "H100",
            "H100-",
            "H100-DEC",
            "H100-26-DEC",
            "H100-+026-DEC",
            "H100-2026-dec",
            "X-PERP",
            "TOK-PERP",
        ] {
            assert!(find(&catalogue, wrong).is_none(), "{wrong}");
        }
    }
}
