//! One side of a book: a flat window of price levels with a bitmap of the occupied ones. Keys are ticks, negated for bids, so that the
//! best level has the lowest key on either side. The window moves and grows with the prices; finding, adding and removing a level costs an
//! index, finding the next best a look at a few words.

/// End of a list, no order.
pub const NIL: u32 = u32::MAX;

/// A side never spans more levels than this.
const MAX_LEVELS: i64 = 1 << 16;
const MIN_LEVELS: i64 = 128;
const WORD: usize = u64::BITS as usize;

/// A queue of orders at one price, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    pub head: u32,
    pub tail: u32,
    /// Sum over the queue, in units of `Qty`.
    pub qty: i64,
    /// The last command that touched it.
    pub epoch: u32,
}

const EMPTY: Level = Level { head: NIL, tail: NIL, qty: 0, epoch: 0 };

#[derive(Clone, Debug, Default)]
pub struct Ladder {
    /// Key of `levels[0]`.
    base: i64,
    levels: Vec<Level>,
    /// Bit set: the level has orders.
    occupied: Vec<u64>,
    /// Index of the lowest occupied level; `levels.len()` when there is none.
    best: usize,
}

impl Ladder {
    /// Key of the best level.
    pub fn best(&self) -> Option<i64> {
        (self.best < self.levels.len()).then(|| self.base + self.best as i64)
    }

    pub fn get(&self, key: i64) -> Option<&Level> {
        self.index(key).map(|at| &self.levels[at])
    }

    /// The level of a key that [`Ladder::occupy`] has made room for.
    pub fn get_mut(&mut self, key: i64) -> Option<&mut Level> {
        self.index(key).map(|at| &mut self.levels[at])
    }

    /// Whether the side may come to hold this key.
    pub fn admits(&self, key: i64) -> bool {
        self.index(key).is_some() || self.span_with(key).is_none_or(|(low, high)| high - low < MAX_LEVELS)
    }

    /// The level of `key`, marked occupied.
    pub fn occupy(&mut self, key: i64) -> &mut Level {
        let at = match self.index(key) {
            Some(at) => at,
            None => self.make_room(key),
        };
        self.occupied[at / WORD] |= 1 << (at % WORD);
        self.best = self.best.min(at);
        &mut self.levels[at]
    }

    /// Marks the level of `key` as having no orders.
    pub fn vacate(&mut self, key: i64) {
        let Some(at) = self.index(key) else { return };
        self.occupied[at / WORD] &= !(1 << (at % WORD));
        if at == self.best {
            self.best = self.next_from(at);
        }
    }

    /// Occupied levels, best first.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Level)> {
        let mut at = self.best;
        std::iter::from_fn(move || {
            let level = self.levels.get(at)?;
            let key = self.base + at as i64;
            at = self.next_from(at + 1);
            Some((key, level))
        })
    }

    fn index(&self, key: i64) -> Option<usize> {
        let at = key.wrapping_sub(self.base) as u64;
        (at < self.levels.len() as u64).then_some(at as usize)
    }

    /// The first occupied index at or after `from`, or the length.
    fn next_from(&self, from: usize) -> usize {
        let mut word = from / WORD;
        let Some(&first) = self.occupied.get(word) else { return self.levels.len() };
        let mut bits = first & (u64::MAX << (from % WORD));
        loop {
            if bits != 0 {
                return word * WORD + bits.trailing_zeros() as usize;
            }
            word += 1;
            match self.occupied.get(word) {
                Some(&next) => bits = next,
                None => return self.levels.len(),
            }
        }
    }

    /// Lowest and highest key once `key` is occupied too; `None` while nothing is.
    fn span_with(&self, key: i64) -> Option<(i64, i64)> {
        let last_word = self.occupied.iter().rposition(|&word| word != 0)?;
        let highest = last_word * WORD + WORD - 1 - self.occupied[last_word].leading_zeros() as usize;
        let (low, high) = (self.base + self.best as i64, self.base + highest as i64);
        Some((low.min(key), high.max(key)))
    }

    /// Moves the window over everything occupied and `key`, growing it when that fills half of it; returns the index of `key`.
    fn make_room(&mut self, key: i64) -> usize {
        let (low, high) = self.span_with(key).unwrap_or((key, key));
        let span = high - low + 1;
        let wanted = (span as u64 * 2).next_power_of_two().max(MIN_LEVELS as u64) as usize;
        let len = wanted.max(self.levels.len());
        let base = low - (len as i64 - span) / 2;
        let mut moved = Self { base, levels: vec![EMPTY; len], occupied: vec![0; len / WORD], best: len };
        for (key, level) in self.iter() {
            *moved.occupy(key) = *level;
        }
        *self = moved;
        (key - base) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_a_sorted_set(steps in proptest::collection::vec((any::<bool>(), -3_000_i64..3_000), 1..400)) {
            let (mut ladder, mut model) = (Ladder::default(), BTreeSet::new());
            for (add, key) in steps {
                if add {
                    ladder.occupy(key).qty = key;
                    model.insert(key);
                } else {
                    ladder.vacate(key);
                    model.remove(&key);
                }
                prop_assert_eq!(ladder.best(), model.first().copied());
            }
            let got: Vec<(i64, i64)> = ladder.iter().map(|(key, level)| (key, level.qty)).collect();
            let want: Vec<(i64, i64)> = model.iter().map(|&key| (key, key)).collect();
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn refuses_to_span_the_whole_number_line() {
        let mut ladder = Ladder::default();
        assert!(ladder.admits(i64::MAX / 2));
        ladder.occupy(0);
        assert!(ladder.admits(MAX_LEVELS - 1));
        assert!(!ladder.admits(MAX_LEVELS));
        assert!(!ladder.admits(-MAX_LEVELS));
    }
}
