//! Which contract comes first, next and before: the order of months and products that keys walk through.

use super::context::{LinkGroup, Selection};
use crate::domain::contract::{Contract, Delivery, Product};
use crate::domain::instrument::InstrumentId;
use crate::view::View;

/// Outrights of a product by delivery, the perpetual last.
fn outrights(view: &View, product: &Product) -> Vec<InstrumentId> {
    let mut all: Vec<(Delivery, InstrumentId)> = view
        .catalogue
        .iter()
        .filter(|(_, i)| i.is_active)
        .filter_map(|(id, i)| match &i.contract {
            Contract::Outright { product: p, delivery } if p == product => Some((*delivery, id)),
            _ => None,
        })
        .collect();
    all.sort_unstable();
    all.into_iter().map(|(_, id)| id).collect()
}

/// Gives each link group its first contract once the catalogue is there: the first whole month of the first product, and the
/// calendar from it to three months later, or whichever calendar begins there.
pub fn choose_first(selection: &mut Selection, view: &View) {
    if view.catalogue.is_empty() {
        return;
    }
    if selection.instrument(LinkGroup::A).is_none()
        && let Some(product) = view.products.first().map(|p| p.product.clone()).or_else(|| first_product(view))
    {
        let months = outrights(view, &product);
        if let Some(&id) = months.get(1).or(months.first()) {
            selection.select(LinkGroup::A, id);
        }
    }
    if selection.instrument(LinkGroup::B).is_none()
        && let Some(id) = selection.instrument(LinkGroup::A).and_then(|near| calendar_from(view, near))
    {
        selection.select(LinkGroup::B, id);
    }
}

fn first_product(view: &View) -> Option<Product> {
    view.catalogue.iter().find_map(|(_, i)| i.contract.product().cloned())
}

/// The listed calendar whose near leg is `near`, preferably three months long.
fn calendar_from(view: &View, near: InstrumentId) -> Option<InstrumentId> {
    let Contract::Outright { product, delivery } = &view.instrument(near)?.contract else { return None };
    view.catalogue
        .iter()
        .filter(|(_, i)| i.is_active)
        .filter_map(|(id, i)| {
            let Contract::Spread { legs } = &i.contract else { return None };
            let [first, second] = legs.as_slice() else { return None };
            let (Delivery::Month(from), Delivery::Month(to)) = (first.delivery, second.delivery) else { return None };
            (first.product == *product && first.delivery == *delivery).then(|| ((to.since(from) - 3).abs(), id))
        })
        .min()
        .map(|(_, id)| id)
}

/// Moves link group A along its curve; stops at the ends.
pub fn step_month(selection: &mut Selection, view: &View, by: isize) {
    let Some(current) = selection.instrument(LinkGroup::A) else { return };
    let Some(product) = view.instrument(current).and_then(|i| i.contract.product()) else { return };
    let months = outrights(view, product);
    let at = months.iter().position(|id| *id == current).unwrap_or(0);
    if let Some(&next) = at.checked_add_signed(by).and_then(|at| months.get(at)) {
        selection.select(LinkGroup::A, next);
    }
}

/// Moves a link group to the same place on the curve of `product`.
pub fn choose_product(selection: &mut Selection, view: &View, group: LinkGroup, product: &Product) {
    let current = selection.instrument(group);
    let own = current.and_then(|id| view.instrument(id)).and_then(|terms| terms.contract.product());
    let place = own.and_then(|own| outrights(view, own).iter().position(|id| Some(*id) == current)).unwrap_or(0);
    let months = outrights(view, product);
    if let Some(&next) = months.get(place).or(months.last()) {
        selection.select(group, next);
    }
}

/// Moves link group A to the same place on another curve; stops at the ends.
pub fn step_product(selection: &mut Selection, view: &View, by: isize) {
    let Some(current) = selection.instrument(LinkGroup::A) else { return };
    let Some(product) = view.instrument(current).and_then(|i| i.contract.product()) else { return };
    let Some(at) = view.products.iter().position(|p| p.product == *product) else { return };
    if let Some(other) = at.checked_add_signed(by).and_then(|at| view.products.get(at)) {
        choose_product(selection, view, LinkGroup::A, &other.product);
    }
}
