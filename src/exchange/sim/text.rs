//! Words of the log of inputs that more than one of its lines has.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::domain::number::Side;

pub fn parse_rate(text: &str) -> Option<f64> {
    text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate >= 0.0)
}

/// Prints `-` for nothing.
pub struct Dash<T>(pub Option<T>);

impl<T: fmt::Display> fmt::Display for Dash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("-"),
            Some(value) => value.fmt(f),
        }
    }
}

pub fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for character in text.chars() {
        match character {
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            other => f.write_char(other)?,
        }
    }
    Ok(())
}

pub fn unescape(text: &str) -> Option<Arc<str>> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                's' => ' ',
                '\\' => '\\',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain.into())
}

/// The outer `None` is an error, the inner one is `-`.
pub fn optional<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    if text == "-" { Some(None) } else { parse(text).map(Some) }
}

/// `bid` or `ask`.
pub const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Bid => "bid",
        Side::Ask => "ask",
    }
}

pub fn parse_side(text: &str) -> Option<Side> {
    Side::BOTH.into_iter().find(|side| side_word(*side) == text)
}
