//! Combos that participants ask for: which shapes there are, how their legs are turned and ordered, what they are called.
//!
//! | shape | legs | name |
//! |---|---|---|
//! | calendar | near +1, far −1 | `H100_USDC-CAL-31DEC26_30JUN27` |
//! | butterfly | +1 −2 +1 | `H100_USDC-FLY-31DEC26_31MAR27_30JUN27` |
//! | condor | +1 −1 −1 +1 | `H100_USDC-CON-31DEC26_29JAN27_26FEB27_31MAR27` |
//! | two products, one month | later in the contract file +1, earlier −1 | `H200_USDC-IPS-H100_31DEC26` |
//! | quarter, calendar year | +1 of each month | `H100_USDC-STRIP-Q127`, `H100_USDC-STRIP-CAL27` |
//!
//! The price of every shape is the sum over its legs of ratio × price: a strip's too, so that it is the sum of its months and not their
//! mean. One lot of a combo is its ratios in lots of the legs. Asked for the other way round, the same combo is found.

use super::{Catalogue, Kind, Leg, Listing, ListingId, day_code};
use crate::base::time::Utc;
use crate::domain::contract::{Contract, Leg as ContractLeg, Month};
use crate::domain::number::Qty;

/// Combos made on demand that may be active at a time: on the venue, and of one leg.
pub const MOST_COMBOS: usize = 240;
pub const MOST_COMBOS_OF_LEG: usize = 24;

const STRIP: i8 = 1;
const CALENDAR: [i8; 2] = [1, -1];
const BUTTERFLY: [i8; 3] = [1, -2, 1];
const CONDOR: [i8; 4] = [1, -1, -1, 1];

/// Why legs are no combo here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCombo {
    /// A leg is not listed, has expired, is a spread itself or stands there twice.
    Leg,
    /// None of the shapes.
    Shape,
    /// There are as many as there may be.
    TooMany,
}

/// What was found or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combo {
    Known(ListingId),
    New(ListingId),
}

impl Catalogue {
    /// The combo of `legs`, whichever way round and in whatever order they are given; listed if it is not there yet.
    ///
    /// # Errors
    /// [`NoCombo`]; nothing was listed.
    pub fn combo(&mut self, now: Utc, legs: &[Leg]) -> Result<Combo, NoCombo> {
        let (legs, symbol) = self.shaped(legs)?;
        if let Some(known) = self.find(&symbol) {
            return if known.is_active { Ok(Combo::Known(known.id)) } else { Err(NoCombo::Leg) };
        }
        let made = || self.active().filter(|listing| listing.kind == Kind::Combo);
        let of_leg = |leg: &Leg| made().filter(|combo| combo.holds(leg.listing)).count();
        if made().count() >= MOST_COMBOS || legs.iter().any(|leg| of_leg(leg) >= MOST_COMBOS_OF_LEG) {
            return Err(NoCombo::TooMany);
        }
        self.list_combo(now, &symbol, legs).map(Combo::New).ok_or(NoCombo::Leg)
    }

    /// Legs in the venue's order and orientation, and the name of the combo that they make.
    ///
    /// # Errors
    /// [`NoCombo::Leg`] and [`NoCombo::Shape`].
    pub fn shaped(&self, legs: &[Leg]) -> Result<(Vec<Leg>, String), NoCombo> {
        let legs = self.turned(legs)?;
        let symbol = self.combo_symbol(&legs).ok_or(NoCombo::Shape)?;
        Ok((legs, symbol))
    }

    fn list_combo(&mut self, now: Utc, symbol: &str, legs: Vec<Leg>) -> Option<ListingId> {
        let outrights: Vec<Listing> =
            legs.iter().map(|leg| self.get(leg.listing).map(|l| (**l).clone())).collect::<Option<_>>()?;
        let first = outrights.first()?;
        let contract_legs = outrights.iter().zip(&legs).map(|(outright, leg)| match &outright.contract {
            Contract::Outright { product, delivery } => {
                Some(ContractLeg { product: product.clone(), delivery: *delivery, ratio: leg.ratio })
            }
            Contract::Spread { .. } => None,
        });
        let contract = Contract::Spread { legs: contract_legs.collect::<Option<_>>()? };
        let tick = outrights.iter().filter_map(|o| self.product(o.product)).map(|p| p.spread_tick).min()?;
        self.add(symbol, |id| Listing {
            id,
            symbol: symbol.into(),
            kind: Kind::Combo,
            product: first.product,
            contract,
            unit: first.unit,
            month: first.month,
            tick,
            contract_size: first.contract_size,
            lot: Qty::lots(1),
            legs,
            expiry: outrights.iter().filter_map(|outright| outright.expiry).min(),
            creation: now,
            is_active: true,
        });
        self.find(symbol).map(|listing| listing.id)
    }

    /// Near to far, the first one bought, ratios without a common factor.
    fn turned(&self, legs: &[Leg]) -> Result<Vec<Leg>, NoCombo> {
        let mut legs = legs.to_vec();
        let listing = |leg: &Leg| self.get(leg.listing).filter(|l| l.is_active && l.kind == Kind::Future);
        if legs.iter().any(|leg| leg.ratio == 0 || listing(leg).is_none()) {
            return Err(NoCombo::Leg);
        }
        legs.sort_unstable_by_key(|leg| listing(leg).map(|l| (l.month, std::cmp::Reverse(l.product))));
        if legs.windows(2).any(|pair| pair[0].listing == pair[1].listing) {
            return Err(NoCombo::Leg);
        }
        let common = legs.iter().fold(0, |common, leg| gcd(common, leg.ratio.unsigned_abs()));
        let common = i16::from(common) * i16::from(legs.first().map_or(1, |first| first.ratio.signum()));
        for leg in &mut legs {
            leg.ratio = i8::try_from(i16::from(leg.ratio) / common).map_err(|_| NoCombo::Shape)?;
        }
        Ok(legs)
    }

    /// The name of turned legs; `None` when they have no shape that is traded here.
    fn combo_symbol(&self, legs: &[Leg]) -> Option<String> {
        let outrights: Vec<&Listing> =
            legs.iter().map(|leg| self.get(leg.listing).map(|l| &**l)).collect::<Option<_>>()?;
        let ratios: Vec<i8> = legs.iter().map(|leg| leg.ratio).collect();
        let months: Vec<Month> = outrights.iter().map(|outright| outright.month).collect::<Option<_>>()?;
        let (first, second) = (*outrights.first()?, *outrights.get(1)?);
        let name = |listing: &Listing| self.product(listing.product).map(|product| product.name.to_string());
        let days =
            || months.iter().map(|month| day_code(self.calendar.expiry_date(*month))).collect::<Vec<_>>().join("_");
        let rest = if outrights.iter().all(|outright| outright.product == first.product) {
            match ratios.as_slice() {
                ratios if ratios == CALENDAR => format!("CAL-{}", days()),
                ratios if ratios == BUTTERFLY => format!("FLY-{}", days()),
                ratios if ratios == CONDOR => format!("CON-{}", days()),
                ratios if ratios.iter().all(|ratio| *ratio == STRIP) => format!("STRIP-{}", period(&months)?),
                _ => return None,
            }
        } else {
            let comparable =
                first.month == second.month && (first.contract_size, first.unit) == (second.contract_size, second.unit);
            if ratios != CALENDAR || !comparable {
                return None;
            }
            format!("IPS-{}_{}", name(second)?, day_code(self.calendar.expiry_date(months[0])))
        };
        Some(format!("{}_{}-{rest}", name(first)?, self.data.venue.currency))
    }
}

impl Listing {
    /// Whether it is a spread with this leg.
    pub fn holds(&self, leg: ListingId) -> bool {
        self.legs.iter().any(|held| held.listing == leg)
    }
}

/// `Q127` of a quarter's months, `CAL27` of a year's.
fn period(months: &[Month]) -> Option<String> {
    let first = months.first()?;
    let follow = months.windows(2).all(|pair| pair[1] == pair[0].plus(1));
    let year = first.year.rem_euclid(100);
    match (follow, months.len()) {
        (true, 3) if first.month % 3 == 1 => Some(format!("Q{}{year:02}", first.month / 3 + 1)),
        (true, 12) if first.month == 1 => Some(format!("CAL{year:02}")),
        _ => None,
    }
}

const fn gcd(a: u8, b: u8) -> u8 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::super::CatalogueData;
    use super::*;
    use crate::domain::calendar::Calendar;

    fn now() -> Utc {
        let stamp: jiff::Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
    }

    fn catalogue() -> Catalogue {
        Catalogue::at(now(), Arc::new(CatalogueData::embedded().unwrap()), Arc::new(Calendar::us().unwrap()))
    }

    /// `2 H100_USDC-31DEC26`, leg by leg.
    fn legs(catalogue: &Catalogue, text: &str) -> Vec<Leg> {
        let leg = |item: &str| {
            let (ratio, symbol) = item.trim().split_once(' ').unwrap();
            Leg { listing: catalogue.find(symbol).unwrap().id, ratio: ratio.parse().unwrap() }
        };
        text.split(',').map(leg).collect()
    }

    fn months(product: &str, ratio: i8, months: std::ops::Range<i32>) -> String {
        let calendar = Calendar::us().unwrap();
        let january = Month { year: 2027, month: 1 };
        let days = months.map(|ahead| day_code(calendar.expiry_date(january.plus(ahead))));
        days.map(|day| format!("{ratio} {product}_USDC-{day}")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn every_shape_has_one_name_whichever_way_round_it_is_asked_for() {
        let mut catalogue = catalogue();
        let year = months("H100", 1, 0..12);
        let quarter = months("TOK", 3, 3..6);
        for (asked, name, ratios) in [
            ("-3 H100_USDC-31DEC26, 3 H100_USDC-30JUN27", "H100_USDC-CAL-31DEC26_30JUN27", vec![1, -1]),
            (
                "4 H100_USDC-31MAR27, -2 H100_USDC-30JUN27, -2 H100_USDC-31DEC26",
                "H100_USDC-FLY-31DEC26_31MAR27_30JUN27",
                vec![1, -2, 1],
            ),
            (
                "1 H100_USDC-31DEC26, -1 H100_USDC-29JAN27, -1 H100_USDC-26FEB27, 1 H100_USDC-31MAR27",
                "H100_USDC-CON-31DEC26_29JAN27_26FEB27_31MAR27",
                vec![1, -1, -1, 1],
            ),
            ("1 H100_USDC-31DEC26, -1 H200_USDC-31DEC26", "H200_USDC-IPS-H100_31DEC26", vec![1, -1]),
            ("1 B200_USDC-31DEC26, -1 H100_USDC-31DEC26", "B200_USDC-IPS-H100_31DEC26", vec![1, -1]),
            (&quarter, "TOK_USDC-STRIP-Q227", vec![1; 3]),
            (&year, "H100_USDC-STRIP-CAL27", vec![1; 12]),
        ] {
            let asked = legs(&catalogue, asked);
            let Ok(Combo::New(id)) = catalogue.combo(now(), &asked) else { panic!("{name} is not made") };
            let listing = catalogue.get(id).unwrap().clone();
            assert_eq!(&*listing.symbol, name);
            assert_eq!(listing.legs.iter().map(|leg| leg.ratio).collect::<Vec<_>>(), ratios, "{name}");
            let expiries = listing.legs.iter().map(|leg| catalogue.get(leg.listing).unwrap().expiry);
            assert_eq!(listing.expiry, expiries.min().unwrap(), "{name} ends with its first leg");
            let turned: Vec<Leg> = asked.iter().rev().map(|leg| Leg { ratio: -leg.ratio, ..*leg }).collect();
            assert_eq!(catalogue.combo(now(), &turned), Ok(Combo::Known(id)), "{name}");
        }
        let listed = legs(&catalogue, "1 H100_USDC-31DEC26, -1 H100_USDC-31MAR27");
        let known = catalogue.find("H100_USDC-CAL-31DEC26_31MAR27").unwrap().id;
        assert_eq!(catalogue.combo(now(), &listed), Ok(Combo::Known(known)), "what is listed anyway is not made again");
    }

    #[test]
    fn other_legs_are_refused_and_list_nothing() {
        let mut catalogue = catalogue();
        let before = catalogue.all().len();
        let late = months("H100", 1, 1..4);
        for (asked, why) in [
            ("1 H100_USDC-31DEC26", NoCombo::Shape),
            ("1 H100_USDC-31DEC26, -2 H100_USDC-31MAR27", NoCombo::Shape),
            ("1 H100_USDC-31DEC26, 1 H100_USDC-31MAR27", NoCombo::Shape),
            ("1 H100_USDC-31DEC26, -1 H100_USDC-31DEC26", NoCombo::Leg),
            ("1 H100_USDC-31DEC26, -1 H100_USDC-PERPETUAL", NoCombo::Leg),
            ("1 H100_USDC-31DEC26, -1 H100_USDC-CAL-31DEC26_31MAR27", NoCombo::Leg),
            ("1 H200_USDC-31DEC26, -1 H100_USDC-31MAR27", NoCombo::Shape),
            ("1 TOK_USDC-31DEC26, -1 H100_USDC-31DEC26", NoCombo::Shape),
            (&late, NoCombo::Shape),
        ] {
            let asked_legs = legs(&catalogue, asked);
            assert_eq!(catalogue.combo(now(), &asked_legs), Err(why), "{asked}");
        }
        let nobody = [Leg { listing: ListingId(9_999), ratio: 1 }, Leg { listing: ListingId(0), ratio: -1 }];
        assert_eq!(catalogue.combo(now(), &nobody), Err(NoCombo::Leg));
        assert_eq!(catalogue.all().len(), before);
    }

    #[test]
    fn a_leg_carries_only_so_many() {
        let mut catalogue = catalogue();
        let futures: Vec<ListingId> = catalogue
            .active()
            .filter(|l| l.kind == Kind::Future && l.product == super::super::ProductId(0))
            .map(|l| l.id)
            .collect();
        let mut made = BTreeSet::new();
        let mut ends = BTreeSet::new();
        for far in &futures[1..] {
            let legs = [Leg { listing: futures[0], ratio: 1 }, Leg { listing: *far, ratio: -1 }];
            match catalogue.combo(now(), &legs) {
                Ok(Combo::New(id)) => made.insert(id),
                Ok(Combo::Known(_)) => true,
                Err(why) => ends.insert(format!("{why:?}")),
            };
        }
        assert_eq!((made.len(), ends.len()), (MOST_COMBOS_OF_LEG, 1));
        assert!(ends.contains("TooMany"));
    }
}
