//! The words that an order is made of in the log of inputs.

use std::fmt;
use std::str::SplitN;

use super::text::{Dash, side_word};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::exchange::engine::Place;

/// The next field.
pub fn number<T: std::str::FromStr>(fields: &mut SplitN<'_, char>) -> Option<T> {
    fields.next()?.parse().ok()
}

pub const fn kind_word(kind: OrderType) -> &'static str {
    match kind {
        OrderType::Limit => "limit",
        OrderType::Market => "market",
    }
}

pub fn parse_kind(text: &str) -> Option<OrderType> {
    [OrderType::Limit, OrderType::Market].into_iter().find(|kind| kind_word(*kind) == text)
}

pub fn parse_time_in_force(text: &str) -> Option<TimeInForce> {
    use TimeInForce::{Day, FillOrKill, GoodTilCancelled, ImmediateOrCancel};
    [GoodTilCancelled, Day, ImmediateOrCancel, FillOrKill].into_iter().find(|tif| time_in_force_word(*tif) == text)
}

pub fn parse_reduce(text: &str) -> Option<Reduce> {
    [Reduce::Any, Reduce::Only].into_iter().find(|reduce| reduce_word(*reduce) == text)
}

pub const fn time_in_force_word(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::GoodTilCancelled => "gtc",
        TimeInForce::Day => "day",
        TimeInForce::ImmediateOrCancel => "ioc",
        TimeInForce::FillOrKill => "fok",
    }
}

pub const fn post_only_word(post_only: PostOnly) -> &'static str {
    match post_only {
        PostOnly::Off => "off",
        PostOnly::Reprice => "reprice",
        PostOnly::Reject => "reject",
    }
}

pub fn parse_post_only(text: &str) -> Option<PostOnly> {
    [PostOnly::Off, PostOnly::Reprice, PostOnly::Reject].into_iter().find(|p| post_only_word(*p) == text)
}

pub const fn reduce_word(reduce: Reduce) -> &'static str {
    match reduce {
        Reduce::Any => "any",
        Reduce::Only => "reduce",
    }
}

/// The fields that every order has, but for its label.
pub fn write_fields(f: &mut fmt::Formatter<'_>, place: &Place) -> fmt::Result {
    write!(
        f,
        "{} {} {} {} {} {} {} {} {}",
        place.listing.0,
        side_word(place.side),
        place.qty,
        Dash(place.price),
        kind_word(place.kind),
        time_in_force_word(place.time_in_force),
        post_only_word(place.post_only),
        reduce_word(place.reduce),
        Dash(place.connection.map(|c| c.0)),
    )
}
