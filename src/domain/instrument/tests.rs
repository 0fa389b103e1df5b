//! Reloads of the catalogue against a plain map of what was listed last.

use proptest::prelude::*;

use super::*;
use crate::domain::contract::{Delivery, Month, Product};

fn instrument(number: u8, tick: i64) -> Instrument {
    let month = Month { year: 2026, month: 1 }.plus(i32::from(number));
    Instrument {
        symbol: format!("S{number}").into(),
        contract: Contract::Outright { product: Product::new("H100").unwrap(), delivery: Delivery::Month(month) },
        unit: Unit::GpuHour,
        tick: Price(tick),
        lot: Qty::lots(1),
        contract_size: 730,
        currency: "USDC".into(),
        index_name: "h100_usdc".into(),
        expiry: None,
        legs: Vec::new(),
        is_active: true,
        is_halted: false,
    }
}

proptest! {
    #[test]
    fn reloads_append_and_never_renumber(lists in prop::collection::vec(prop::collection::btree_map(0..12_u8, 1..3_i64, 0..10), 1..8)) {
        let mut catalogue = Catalogue::default();
        let mut known: BTreeMap<u8, (InstrumentId, i64, bool)> = BTreeMap::new();
        for listed in lists {
            let change = catalogue.reload(listed.iter().map(|(&number, &tick)| instrument(number, tick)).collect());
            let mut want = CatalogueChange::default();
            for (&number, &tick) in &listed {
                let next = InstrumentId(known.len() as u32);
                let entry = known.entry(number).or_insert_with(|| {
                    want.added.push(next);
                    (next, tick, true)
                });
                if (entry.1, entry.2) != (tick, true) {
                    let list = if entry.2 { &mut want.altered } else { &mut want.resumed };
                    list.push(entry.0);
                    (entry.1, entry.2) = (tick, true);
                }
            }
            for (number, (id, _, is_active)) in &mut known {
                if *is_active && !listed.contains_key(number) {
                    want.delisted.push(*id);
                    *is_active = false;
                }
            }
            want.delisted.sort();
            prop_assert_eq!(change.is_empty(), want == CatalogueChange::default());
            prop_assert_eq!(change, want);
            prop_assert_eq!(catalogue.len(), known.len());
            for (&number, &(id, tick, is_active)) in &known {
                let want = Instrument { is_active, ..instrument(number, tick) };
                prop_assert_eq!(catalogue.find(&want.symbol), Some(id));
                prop_assert_eq!(catalogue.get(id).map(Arc::as_ref), Some(&want));
                prop_assert_eq!(catalogue.find_contract(&want.contract), is_active.then_some(id));
            }
        }
    }
}

#[test]
fn one_symbol_listed_twice_is_one_instrument() {
    let mut catalogue = Catalogue::default();
    let change = catalogue.reload(vec![instrument(1, 1), instrument(1, 2)]);
    assert_eq!((change.added.as_slice(), catalogue.len()), (&[InstrumentId(0)][..], 1));
    assert_eq!(catalogue.get(InstrumentId(0)).map(|i| i.tick), Some(Price(2)));
    assert!(catalogue.reload(vec![instrument(1, 2)]).is_empty());
}

#[test]
fn a_halt_is_told_apart_from_an_end() {
    let mut catalogue = Catalogue::default();
    let with = |is_active, is_halted| Instrument { is_active, is_halted, ..instrument(1, 1) };
    let id = vec![InstrumentId(0)];
    catalogue.reload(vec![with(true, false)]);
    let mut told = |is_active, is_halted| catalogue.reload(vec![with(is_active, is_halted)]);
    assert_eq!(told(true, true), CatalogueChange { halted: id.clone(), ..CatalogueChange::default() });
    assert_eq!(told(true, false), CatalogueChange { resumed: id.clone(), ..CatalogueChange::default() });
    assert_eq!(told(false, false), CatalogueChange { delisted: id.clone(), ..CatalogueChange::default() });
    assert!(catalogue.reload(Vec::new()).is_empty(), "gone already");
    assert_eq!(
        catalogue.reload(vec![with(true, false)]),
        CatalogueChange { resumed: id, ..CatalogueChange::default() }
    );
}
