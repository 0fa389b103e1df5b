//! The fast path for book messages: one pass from bytes to levels, no allocation. It knows the envelope literally, the keys of `data`
//! in any order, and plain numbers; whatever else it meets makes it give up, and serde decides. It must never accept what serde
//! would refuse or read differently.

use super::book::{BookKind, BookMessage};
use super::symbols::{Symbols, Terms};
use crate::base::time::Utc;
use crate::domain::event::LevelChange;
use crate::domain::number::{PRICE_SCALE, Price, QTY_SCALE, Qty, Side};

/// As many digits as surely fit an `i64`.
const MOST_DIGITS: u32 = 18;
const POWERS: [i64; 10] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

const HEAD: &[u8] = br#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book."#;

/// Reads a whole frame of `book.<symbol>.raw|100ms` and appends its levels; `None`, and `levels` as before, when it is anything else.
pub fn book(frame: &[u8], symbols: &Symbols, levels: &mut Vec<LevelChange>) -> Option<BookMessage> {
    let rest = frame.strip_prefix(HEAD)?;
    let mark = levels.len();
    let message = Scan { rest }.message(symbols, levels);
    if message.is_none() {
        levels.truncate(mark);
    }
    message
}

struct Scan<'a> {
    rest: &'a [u8],
}

/// What has been seen of `data`, to refuse repeats and omissions as serde does.
#[derive(Default)]
struct Fields {
    seen: u8,
    is_snapshot: bool,
    timestamp: u64,
    change_id: u64,
    prev_change_id: Option<u64>,
}

const TYPE: u8 = 1;
const TIMESTAMP: u8 = 2;
const NAME: u8 = 4;
const CHANGE_ID: u8 = 8;
const PREV: u8 = 16;
const BIDS: u8 = 32;
const ASKS: u8 = 64;
const NEEDED: u8 = TYPE | TIMESTAMP | NAME | CHANGE_ID | BIDS | ASKS;

impl<'a> Scan<'a> {
    fn message(&mut self, symbols: &Symbols, levels: &mut Vec<LevelChange>) -> Option<BookMessage> {
        let channel = self.rest_of_string()?;
        let symbol = channel.strip_suffix(b".raw").or_else(|| channel.strip_suffix(b".100ms"))?;
        let terms = symbols.get(symbol)?;
        self.literal(br#","data":{"#)?;
        let mut fields = Fields::default();
        loop {
            self.field(&mut fields, symbol, terms, levels)?;
            match self.byte()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        if self.rest != b"}}" || fields.seen & NEEDED != NEEDED {
            return None;
        }
        let kind = match (fields.is_snapshot, fields.prev_change_id) {
            (true, _) => BookKind::Snapshot,
            (false, Some(prev_change_id)) => BookKind::Change { prev_change_id },
            (false, None) => return None,
        };
        let utc = Utc::from_millis(i64::try_from(fields.timestamp).ok()?);
        Some(BookMessage { terms: *terms, kind, change_id: fields.change_id, utc })
    }

    fn field(
        &mut self,
        fields: &mut Fields,
        symbol: &[u8],
        terms: &Terms,
        levels: &mut Vec<LevelChange>,
    ) -> Option<()> {
        let key = self.string()?;
        self.literal(b":")?;
        let bit = match key {
            b"bids" => {
                self.levels(Side::Bid, terms, levels)?;
                // Serde's path delivers bids before asks whatever the order on the wire; only that order is taken here.
                if fields.seen & ASKS != 0 {
                    return None;
                }
                BIDS
            }
            b"asks" => {
                self.levels(Side::Ask, terms, levels)?;
                ASKS
            }
            b"change_id" => {
                fields.change_id = self.integer()?;
                CHANGE_ID
            }
            b"prev_change_id" => {
                fields.prev_change_id = Some(self.integer()?);
                PREV
            }
            b"timestamp" => {
                fields.timestamp = self.integer()?;
                TIMESTAMP
            }
            b"instrument_name" => {
                if self.string()? != symbol {
                    return None;
                }
                NAME
            }
            b"type" => {
                fields.is_snapshot = match self.string()? {
                    b"snapshot" => true,
                    b"change" => false,
                    _ => return None,
                };
                TYPE
            }
            _ => return None,
        };
        if fields.seen & bit != 0 {
            return None;
        }
        fields.seen |= bit;
        Some(())
    }

    fn levels(&mut self, side: Side, terms: &Terms, levels: &mut Vec<LevelChange>) -> Option<()> {
        self.literal(b"[")?;
        if let [b']', rest @ ..] = self.rest {
            self.rest = rest;
            return Some(());
        }
        loop {
            self.literal(b"[\"")?;
            let is_delete = match self.rest.first()? {
                b'n' => self.literal(b"new\",").map(|()| false)?,
                b'c' => self.literal(b"change\",").map(|()| false)?,
                b'd' => self.literal(b"delete\",").map(|()| true)?,
                _ => return None,
            };
            let price = Price(self.decimal(PRICE_SCALE)?);
            self.literal(b",")?;
            let stated = terms.qty(self.decimal(QTY_SCALE)?)?;
            self.literal(b"]")?;
            levels.push(LevelChange { side, price, qty: if is_delete { Qty::ZERO } else { stated } });
            match self.byte()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    #[inline]
    fn literal(&mut self, expected: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A string of printable ASCII without escapes; returns what is between the quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.literal(b"\"")?;
        self.rest_of_string()
    }

    fn rest_of_string(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|&byte| byte == b'"')?;
        let (text, rest) = self.rest.split_at(end);
        if text.iter().any(|&byte| byte == b'\\' || !(0x20..0x7f).contains(&byte)) {
            return None;
        }
        self.rest = &rest[1..];
        Some(text)
    }

    /// An unsigned integer as JSON spells it.
    #[inline]
    fn integer(&mut self) -> Option<u64> {
        let (value, count) = self.digits()?;
        (count <= MOST_DIGITS).then_some(value)
    }

    /// A decimal without an exponent, in units of 10^-`scale`.
    #[inline]
    fn decimal(&mut self, scale: u32) -> Option<i64> {
        let negative = self.literal(b"-").is_some();
        let (whole, whole_count) = self.digits()?;
        let (mut mantissa, mut count, mut decimals) = (whole, whole_count, 0);
        if self.literal(b".").is_some() {
            let before = self.rest.len();
            while let Some((&byte @ b'0'..=b'9', rest)) = self.rest.split_first() {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                self.rest = rest;
            }
            decimals = (before - self.rest.len()) as u32;
            count += decimals;
            if decimals == 0 {
                return None;
            }
        }
        if count > MOST_DIGITS || decimals > scale {
            return None;
        }
        let scaled = i64::try_from(mantissa).ok()?.checked_mul(POWERS[(scale - decimals) as usize])?;
        Some(if negative { -scaled } else { scaled })
    }

    /// Digits without a superfluous leading zero: their value, wrapped if there are more than [`MOST_DIGITS`], and their count.
    #[inline]
    fn digits(&mut self) -> Option<(u64, u32)> {
        let before = self.rest;
        let mut value = 0_u64;
        while let Some((&byte @ b'0'..=b'9', rest)) = self.rest.split_first() {
            value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            self.rest = rest;
        }
        let count = before.len() - self.rest.len();
        if count == 0 || (count > 1 && before[0] == b'0') {
            return None;
        }
        Some((value, count as u32))
    }
}
