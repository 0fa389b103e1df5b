//! Names of orders, executions and events in the venue's form: a letter, a dash and 26 characters of Crockford's base 32, as a ULID has
//! them. The first 48 bits are the time in milliseconds, the next 16 count replacements, the rest is the exchange's own number: so an
//! order's name is found out from the order, and the order from its name, without a list.

use crate::base::time::Utc;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ulid {
    pub millis: u64,
    /// Replacements before this name.
    pub edits: u16,
    pub number: u64,
}

impl Ulid {
    pub fn new(utc: Utc, edits: u32, number: u64) -> Self {
        let millis = utc.millis().max(0).unsigned_abs() & ((1 << 48) - 1);
        Self { millis, edits: edits as u16, number }
    }

    /// `O-01K5X…`
    pub fn print(self, letter: char) -> String {
        let bits = u128::from(self.millis) << 80 | u128::from(self.edits) << 64 | u128::from(self.number);
        let mut text = String::with_capacity(LENGTH + 2);
        text.push(letter);
        text.push('-');
        for at in (0..LENGTH).rev() {
            let digit = (bits >> (5 * at)) as usize & 31;
            text.push(char::from(ALPHABET[digit]));
        }
        text
    }

    pub fn parse(text: &str, letter: char) -> Option<Self> {
        let digits = text.strip_prefix(letter)?.strip_prefix('-')?;
        if digits.len() != LENGTH {
            return None;
        }
        let bits = digits.bytes().try_fold(0_u128, |bits, byte| {
            let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
            bits.checked_mul(32).map(|bits| bits | digit as u128)
        })?;
        Some(Self { millis: (bits >> 80) as u64, edits: (bits >> 64) as u16, number: bits as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(millis in 0_i64..9_000_000_000_000, edits in any::<u16>(), number in any::<u64>()) {
            let name = Ulid::new(Utc::from_millis(millis), edits.into(), number);
            let text = name.print('O');
            prop_assert_eq!(text.len(), 28);
            prop_assert_eq!(Ulid::parse(&text, 'O'), Some(name));
        }

        #[test]
        fn anything_else_is_no_name(text in "\\PC{0,40}") {
            if let Some(name) = Ulid::parse(&text, 'O') {
                prop_assert_eq!(name.print('O'), text);
            }
        }
    }

    #[test]
    fn later_names_sort_later() {
        let at = |millis, number| Ulid::new(Utc::from_millis(millis), 0, number).print('O');
        assert!(at(1_795_186_800_000, 9) < at(1_795_186_800_001, 1));
        assert_eq!(Ulid::parse("O-ZZZZZZZZZZZZZZZZZZZZZZZZZZ", 'O'), None, "more than 128 bits");
        assert_eq!(Ulid::parse(&at(1, 1).to_lowercase(), 'O'), None);
    }
}
