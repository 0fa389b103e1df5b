//! The book messages, printed by hand: they are most of what the exchange says. Everything else goes through serde.

use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::{PRICE_SCALE, Price, QTY_SCALE, Qty, Side};
use crate::exchange::catalogue::Listing;
use crate::exchange::engine::LevelUpdate;

/// Prints into one buffer that is reused.
#[derive(Debug, Default)]
pub struct BookEncoder {
    text: String,
}

impl BookEncoder {
    pub fn change(
        &mut self,
        channel: &str,
        listing: &Listing,
        now: Utc,
        (prev_change_id, change_id): (u64, u64),
        levels: &[LevelUpdate],
    ) -> &str {
        self.open(channel, r#","data":{"type":"change","timestamp":"#, listing, now);
        self.text.push_str(r#","prev_change_id":"#);
        push_digits(&mut self.text, prev_change_id);
        self.change_id(change_id);
        for (side, key) in [(Side::Bid, r#","bids":["#), (Side::Ask, r#"],"asks":["#)] {
            self.text.push_str(key);
            for level in levels.iter().filter(|level| level.side == side) {
                self.comma();
                self.text.push_str(action(level));
                self.level(level.price, level.qty, listing);
            }
        }
        self.close()
    }

    pub fn snapshot(
        &mut self,
        channel: &str,
        listing: &Listing,
        now: Utc,
        change_id: u64,
        [bids, asks]: [&[Level]; 2],
    ) -> &str {
        self.open(channel, r#","data":{"type":"snapshot","timestamp":"#, listing, now);
        self.change_id(change_id);
        self.sides([bids, asks], r#"["new","#, listing);
        self.close()
    }

    /// The top of a grouped book: always whole, without a type.
    pub fn grouped(
        &mut self,
        channel: &str,
        listing: &Listing,
        now: Utc,
        change_id: u64,
        [bids, asks]: [&[Level]; 2],
    ) -> &str {
        self.open(channel, r#","data":{"timestamp":"#, listing, now);
        self.change_id(change_id);
        self.sides([bids, asks], "[", listing);
        self.close()
    }

    fn open(&mut self, channel: &str, data: &str, listing: &Listing, now: Utc) {
        self.text.clear();
        self.text.push_str(r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":""#);
        self.text.push_str(channel);
        self.text.push('"');
        self.text.push_str(data);
        push_digits(&mut self.text, now.millis().unsigned_abs());
        self.text.push_str(r#","instrument_name":""#);
        self.text.push_str(&listing.symbol);
        self.text.push('"');
    }

    fn change_id(&mut self, change_id: u64) {
        self.text.push_str(r#","change_id":"#);
        push_digits(&mut self.text, change_id);
    }

    fn sides(&mut self, [bids, asks]: [&[Level]; 2], head: &str, listing: &Listing) {
        for (levels, key) in [(bids, r#","bids":["#), (asks, r#"],"asks":["#)] {
            self.text.push_str(key);
            for level in levels {
                self.comma();
                self.text.push_str(head);
                self.level(level.price, level.qty, listing);
            }
        }
    }

    fn level(&mut self, price: Price, qty: Qty, listing: &Listing) {
        push_decimal(&mut self.text, price.0, PRICE_SCALE);
        self.text.push(',');
        push_decimal(&mut self.text, qty.0.saturating_mul(listing.contract_size), QTY_SCALE);
        self.text.push(']');
    }

    fn comma(&mut self) {
        if self.text.ends_with(']') {
            self.text.push(',');
        }
    }

    fn close(&mut self) -> &str {
        self.text.push_str("]}}}");
        &self.text
    }
}

fn action(level: &LevelUpdate) -> &'static str {
    match (level.before.is_zero(), level.qty.is_zero()) {
        (_, true) => r#"["delete","#,
        (true, false) => r#"["new","#,
        (false, false) => r#"["change","#,
    }
}

fn push_digits(text: &mut String, number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}

/// The shortest decimal of `units` × 10^-`scale`.
fn push_decimal(text: &mut String, units: i64, scale: u32) {
    if units < 0 {
        text.push('-');
    }
    let one = 10_u64.pow(scale);
    let magnitude = units.unsigned_abs();
    push_digits(text, magnitude / one);
    let mut fraction = magnitude % one;
    if fraction == 0 {
        return;
    }
    text.push('.');
    let mut place = one / 10;
    while fraction > 0 {
        text.push(char::from(b'0' + (fraction / place) as u8));
        fraction %= place;
        place /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::decimal::Scaled;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decimals_print_like_the_slow_way(units in any::<i64>(), scale in 1_u32..=9) {
            let mut text = String::new();
            push_decimal(&mut text, units, scale);
            prop_assert_eq!(text, Scaled { units: units.into(), scale }.to_string());
        }
    }
}
