//! Lines of the input log for what is not a plain order. Everything is a word: labels and nonces have their blanks escaped (`\s`).
//!
//! ```text
//! order <link> <one order> [<one order> …]       order oco/first_hit stop/last/2.7 - 12 ask 5 - market … =label
//! edit-held <order> <qty> <price> <trigger> <post-only>
//! block <timestamp> <nonce> <maker> <taker> [<listing> <side> <qty> <price> …]
//! ```
//!
//! One order is its trigger, what it shows, and the fields of a `place` line with the label last, `-` for none.

use std::fmt;

use super::input_words::{
    parse_kind, parse_post_only, parse_reduce, parse_time_in_force, post_only_word, write_fields,
};
use super::text::{Dash, optional, parse_side, side_word, unescape, write_escaped};
use crate::domain::number::{Price, Qty};
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::ListingId;
use crate::exchange::engine::terms::{FillCondition, Link, LinkKind, Reference, Terms, Trigger, TriggerKind};
use crate::exchange::engine::{BlockLeg, BlockTrade, ConnectionId, EditHeld, OrderId, Place};

const TRIGGERS: [(TriggerKind, &str); 3] =
    [(TriggerKind::Stop, "stop"), (TriggerKind::Take, "take"), (TriggerKind::Trailing, "trailing")];
const REFERENCES: [(Reference, &str); 3] =
    [(Reference::Last, "last"), (Reference::Mark, "mark"), (Reference::Index, "index")];
const LINKS: [(LinkKind, &str); 3] =
    [(LinkKind::Triggers, "oto"), (LinkKind::Cancels, "oco"), (LinkKind::TriggersCancels, "otoco")];
const CONDITIONS: [(FillCondition, &str); 3] = [
    (FillCondition::FirstHit, "first_hit"),
    (FillCondition::CompleteFill, "complete_fill"),
    (FillCondition::Incremental, "incremental"),
];
/// Words of one order.
const WORDS: usize = 12;

fn word<T: Copy + PartialEq>(words: &[(T, &'static str)], value: T) -> &'static str {
    words.iter().find(|(known, _)| *known == value).map_or("?", |(_, word)| word)
}

fn named<T: Copy>(words: &[(T, &'static str)], text: &str) -> Option<T> {
    words.iter().find(|(_, word)| *word == text).map(|(value, _)| *value)
}

pub fn write_order(f: &mut fmt::Formatter<'_>, place: &Place) -> fmt::Result {
    f.write_str("order ")?;
    match place.terms.as_deref().and_then(|terms| terms.link.as_ref()) {
        None => f.write_str("-")?,
        Some(link) => write!(f, "{}/{}", word(&LINKS, link.kind), word(&CONDITIONS, link.condition))?,
    }
    write_one(f, place)?;
    let others = place.terms.iter().flat_map(|terms| &terms.link).flat_map(|link| &link.others);
    others.into_iter().try_for_each(|other| write_one(f, other))
}

fn write_one(f: &mut fmt::Formatter<'_>, place: &Place) -> fmt::Result {
    let terms = place.terms.as_deref();
    match terms.and_then(|terms| terms.trigger) {
        None => f.write_str(" -")?,
        Some(trigger) => {
            let (kind, reference) = (word(&TRIGGERS, trigger.kind), word(&REFERENCES, trigger.reference));
            write!(f, " {kind}/{reference}/{}", trigger.level)?;
        }
    }
    write!(f, " {} ", Dash(terms.and_then(|terms| terms.show)))?;
    write_fields(f, place)?;
    f.write_str(" ")?;
    match &place.label {
        None => f.write_str("-"),
        Some(label) => {
            f.write_str("=")?;
            write_word(f, label)
        }
    }
}

pub fn parse_order(text: &str) -> Option<Place> {
    let words: Vec<&str> = text.split(' ').collect();
    let (&link, orders) = words.split_first()?;
    if orders.is_empty() || orders.len() % WORDS != 0 {
        return None;
    }
    let mut places = orders.chunks(WORDS).map(parse_one).collect::<Option<Vec<Place>>>()?;
    let others = places.split_off(1);
    let mut place = places.pop()?;
    if link == "-" {
        return others.is_empty().then_some(place);
    }
    let (kind, condition) = link.split_once('/')?;
    let link = Link { kind: named(&LINKS, kind)?, condition: named(&CONDITIONS, condition)?, others };
    place.terms.get_or_insert_default().link = Some(link);
    Some(place)
}

fn parse_one(words: &[&str]) -> Option<Place> {
    let [trigger, show, listing, side, qty, price, kind, time_in_force, post_only, reduce, connection, label] = words
    else {
        return None;
    };
    let terms =
        Terms { trigger: optional(trigger, parse_trigger)?, show: optional(show, |t| Qty::parse(t).ok())?, link: None };
    Some(Place {
        listing: ListingId(listing.parse().ok()?),
        side: parse_side(side)?,
        qty: Qty::parse(qty).ok()?,
        price: optional(price, |t| Price::parse(t).ok())?,
        kind: parse_kind(kind)?,
        time_in_force: parse_time_in_force(time_in_force)?,
        post_only: parse_post_only(post_only)?,
        reduce: parse_reduce(reduce)?,
        connection: optional(connection, |t| t.parse().ok().map(ConnectionId))?,
        label: optional(label, |t| unescape(t.strip_prefix('=')?))?,
        terms: terms.boxed(),
    })
}

fn parse_trigger(text: &str) -> Option<Trigger> {
    let mut parts = text.split('/');
    let (kind, reference, level) = (parts.next()?, parts.next()?, parts.next()?);
    let level = Price::parse(level).ok()?;
    Some(Trigger { kind: named(&TRIGGERS, kind)?, reference: named(&REFERENCES, reference)?, level })
}

pub fn write_edit(f: &mut fmt::Formatter<'_>, edit: &EditHeld) -> fmt::Result {
    let (price, trigger) = (Dash(edit.price), Dash(edit.trigger));
    write!(f, "edit-held {} {} {price} {trigger} {}", edit.order.0, edit.qty, post_only_word(edit.post_only))
}

pub fn parse_edit(text: &str) -> Option<EditHeld> {
    let words: Vec<&str> = text.split(' ').collect();
    let [order, qty, price, trigger, post_only] = words.as_slice() else { return None };
    Some(EditHeld {
        order: OrderId(order.parse().ok()?),
        qty: Qty::parse(qty).ok()?,
        price: optional(price, |t| Price::parse(t).ok())?,
        trigger: optional(trigger, |t| Price::parse(t).ok())?,
        post_only: parse_post_only(post_only)?,
    })
}

pub fn write_block(f: &mut fmt::Formatter<'_>, block: &BlockTrade) -> fmt::Result {
    write!(f, "block {} =", block.timestamp_ms)?;
    write_word(f, &block.nonce)?;
    write!(f, " {} {}", block.maker.0, block.taker.0)?;
    let mut legs = block.legs.iter();
    legs.try_for_each(|leg| write!(f, " {} {} {} {}", leg.listing.0, side_word(leg.side), leg.qty, leg.price))
}

pub fn parse_block(text: &str) -> Option<BlockTrade> {
    let words: Vec<&str> = text.split(' ').collect();
    let [timestamp, nonce, maker, taker, legs @ ..] = words.as_slice() else { return None };
    if legs.len() % 4 != 0 {
        return None;
    }
    let leg = |words: &[&str]| {
        let [listing, side, qty, price] = words else { return None };
        Some(BlockLeg {
            listing: ListingId(listing.parse().ok()?),
            side: parse_side(side)?,
            qty: Qty::parse(qty).ok()?,
            price: Price::parse(price).ok()?,
        })
    };
    Some(BlockTrade {
        timestamp_ms: timestamp.parse().ok()?,
        nonce: unescape(nonce.strip_prefix('=')?)?,
        maker: AccountId(maker.parse().ok()?),
        taker: AccountId(taker.parse().ok()?),
        legs: legs.chunks(4).map(leg).collect::<Option<_>>()?,
    })
}

/// As one word.
fn write_word(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut parts = text.split(' ');
    if let Some(first) = parts.next() {
        write_escaped(f, first)?;
    }
    parts.try_for_each(|part| {
        f.write_str("\\s")?;
        write_escaped(f, part)
    })
}
