//! One side of a book, in O(1) near the touch.
//!
//! Levels near the touch lie in a window: an array with one cell a tick, and a bitmap of the occupied ones in two storeys, so that
//! an update and the best cost the same few instructions at any depth, without a branch on what the update does. Everything else,
//! off the tick grid or outside the window, is held exactly in an ordered map. The window opens, moves and grows only after as
//! many updates have missed it as pay for moving the levels; a side that is seldom touched keeps none.
//!
//! Inside, a price is a key of which the lowest is the best: the price itself for asks, its bitwise complement for bids.
//!
//! Invariant: a level is in the window's cells if it can be, otherwise in the map, never in both.

use std::collections::BTreeMap;

use crate::domain::number::{Price, Qty, Side};

/// Cells of the smallest and the largest window. The upper storey of the bitmap is one word: at most 64 × 64 cells.
const SMALLEST: usize = 64;
const LARGEST: usize = 4_096;
/// Missed updates before the window is looked at again, beside half the levels held.
const PATIENCE: usize = 16;

/// Divides by a tick by multiplying with its inverse modulo 2⁶⁴ (Warren, Hacker's Delight, 2nd ed., 10-17).
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    tick: i64,
    /// Inverse of the tick's odd part, and its number of trailing zero bits.
    inverse: u64,
    shift: u32,
}

impl Grid {
    pub(super) fn new(tick: Price) -> Self {
        let shift = tick.0.trailing_zeros();
        let odd = tick.0.cast_unsigned().checked_shr(shift).unwrap_or(1);
        // Newton's iteration doubles the correct low bits; an odd number is its own inverse in the lowest three.
        let inverse = (0..5).fold(odd, |x, _| x.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(x))));
        Self { tick: tick.0, inverse, shift }
    }

    pub(super) fn tick(&self) -> Price {
        Price(self.tick)
    }

    /// Whether a window of any size can lie on this grid.
    fn is_usable(&self) -> bool {
        (1..i64::MAX / LARGEST as i64).contains(&self.tick)
    }

    fn is_on(&self, price: i64) -> bool {
        price.rem_euclid(self.tick) == 0
    }

    /// Key of the first cell of a window whose first quarter ends at `best`, its cells on multiples of the tick; `None` when it
    /// would not lie among the representable prices.
    fn window(&self, best: i64, flip: i64, size: usize) -> Option<i64> {
        let price = best ^ flip;
        let touch = price.checked_sub(price.rem_euclid(self.tick))? ^ flip;
        let base = touch.checked_sub(size as i64 / 4 * self.tick)?;
        base.checked_add(size as i64 * self.tick)?;
        Some(base)
    }

    /// `offset` in ticks if it is a multiple of the tick and not negative; otherwise a number beyond [`LARGEST`].
    #[inline]
    fn cell(&self, offset: i64) -> usize {
        let ticks = offset.cast_unsigned().wrapping_mul(self.inverse).rotate_right(self.shift);
        usize::try_from(ticks).unwrap_or(usize::MAX)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Half {
    /// What turns a price into its key and back by exclusive or.
    flip: i64,
    /// Key of the first cell.
    base: i64,
    /// Zero where there is no level. Empty until the window opens.
    cells: Vec<Qty>,
    /// Bit `i % 64` of word `i / 64` is set when cell `i` holds a level.
    words: Vec<u64>,
    /// Bit `w` is set when word `w` is not zero.
    summary: u64,
    /// Occupied cells.
    held: usize,
    outer: BTreeMap<i64, Qty>,
    /// The first entry of `outer`.
    outer_best: Option<(i64, Qty)>,
    /// Updates that missed the window since it was last looked at.
    misses: usize,
}

impl Half {
    pub(super) fn new(side: Side) -> Self {
        let flip = match side {
            Side::Bid => -1,
            Side::Ask => 0,
        };
        Self {
            flip,
            base: 0,
            cells: Vec::new(),
            words: Vec::new(),
            summary: 0,
            held: 0,
            outer: BTreeMap::new(),
            outer_best: None,
            misses: 0,
        }
    }

    /// Forgets all levels, keeps the window and its memory.
    pub(super) fn clear(&mut self) {
        self.cells.fill(Qty::ZERO);
        self.words.fill(0);
        self.summary = 0;
        self.held = 0;
        self.outer.clear();
        self.outer_best = None;
        self.misses = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.held + self.outer.len()
    }

    pub(super) fn get(&self, grid: &Grid, price: Price) -> Qty {
        let key = price.0 ^ self.flip;
        match self.cells.get(self.cell(grid, key)) {
            Some(&qty) => qty,
            None => self.outer.get(&key).copied().unwrap_or_default(),
        }
    }

    /// Returns what stood at the price before.
    #[inline]
    pub(super) fn set(&mut self, grid: &Grid, price: Price, qty: Qty) -> Qty {
        let key = price.0 ^ self.flip;
        let at = self.cell(grid, key);
        if at < self.cells.len() { self.set_cell(at, qty) } else { self.set_outer(grid, key, qty) }
    }

    #[inline]
    pub(super) fn best(&self, grid: &Grid) -> Option<(Price, Qty)> {
        self.best_key(grid).map(|(key, qty)| (Price(key ^ self.flip), qty))
    }

    /// All levels, best first.
    pub(super) fn iter<'a>(&'a self, grid: &'a Grid) -> impl Iterator<Item = (Price, Qty)> + 'a {
        self.iter_keys(grid).map(|(key, qty)| (Price(key ^ self.flip), qty))
    }

    #[inline]
    fn cell(&self, grid: &Grid, key: i64) -> usize {
        grid.cell(key.wrapping_sub(self.base))
    }

    /// Free of branches: whether an update adds, changes or deletes cannot be predicted.
    #[inline]
    fn set_cell(&mut self, at: usize, qty: Qty) -> Qty {
        let before = std::mem::replace(&mut self.cells[at], qty);
        let (word_at, bit) = (at / 64, at % 64);
        let is_held = u64::from(!qty.is_zero());
        let word = &mut self.words[word_at];
        *word = (*word & !(1 << bit)) | (is_held << bit);
        self.summary = (self.summary & !(1 << word_at)) | (u64::from(*word != 0) << word_at);
        self.held = self.held + usize::from(!qty.is_zero()) - usize::from(!before.is_zero());
        before
    }

    #[inline]
    fn best_key(&self, grid: &Grid) -> Option<(i64, Qty)> {
        let inner = self.best_cell(grid);
        match (inner, self.outer_best) {
            (Some(near), Some(far)) => Some(if near.0 < far.0 { near } else { far }),
            (inner, outer) => inner.or(outer),
        }
    }

    #[inline]
    fn best_cell(&self, grid: &Grid) -> Option<(i64, Qty)> {
        let word_at = self.summary.trailing_zeros() as usize;
        let word = *self.words.get(word_at)?;
        let at = word_at * 64 + word.trailing_zeros() as usize;
        Some((self.base + at as i64 * grid.tick, *self.cells.get(at)?))
    }

    fn iter_keys<'a>(&'a self, grid: &'a Grid) -> impl Iterator<Item = (i64, Qty)> + 'a {
        let mut inner = self.occupied(grid).peekable();
        let mut outer = self.outer.iter().map(|(&key, &qty)| (key, qty)).peekable();
        std::iter::from_fn(move || match (inner.peek(), outer.peek()) {
            (Some(near), Some(far)) if far.0 < near.0 => outer.next(),
            (Some(_), _) => inner.next(),
            (None, _) => outer.next(),
        })
    }

    fn occupied<'a>(&'a self, grid: &'a Grid) -> impl Iterator<Item = (i64, Qty)> + 'a {
        let bits = |mut word: u64| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                word &= word.checked_sub(1)?;
                Some(bit)
            })
        };
        let cells = self.words.iter().enumerate().flat_map(move |(at, &word)| bits(word).map(move |bit| at * 64 + bit));
        cells.map(|at| (self.base + at as i64 * grid.tick, self.cells[at]))
    }

    #[inline(never)]
    fn set_outer(&mut self, grid: &Grid, key: i64, qty: Qty) -> Qty {
        let before = self.put_outer(key, qty);
        self.misses += 1;
        if self.misses > PATIENCE + self.len() / 2 {
            self.misses = 0;
            self.reconsider(grid, key);
        }
        before
    }

    fn put_outer(&mut self, key: i64, qty: Qty) -> Qty {
        let before = if qty.is_zero() { self.outer.remove(&key) } else { self.outer.insert(key, qty) };
        self.outer_best = self.outer.first_key_value().map(|(&key, &qty)| (key, qty));
        before.unwrap_or_default()
    }

    /// Opens, moves or grows the window when the touch is not in its first half, or when a larger one would have let `missed` in.
    fn reconsider(&mut self, grid: &Grid, missed: i64) {
        let Some((best, _)) = self.best_key(grid).filter(|_| grid.is_usable()) else { return };
        let reach = missed.saturating_sub(best) / grid.tick;
        let is_worth_holding = grid.is_on(missed ^ self.flip) && (0..LARGEST as i64 * 3 / 4).contains(&reach);
        let wanted = if is_worth_holding { (reach + 1) as usize * 4 / 3 + 1 } else { 0 };
        let size = wanted.next_power_of_two().clamp(self.cells.len().max(SMALLEST), LARGEST);
        let touch_at = best.saturating_sub(self.base).div_euclid(grid.tick);
        if size == self.cells.len() && (0..size as i64 / 2).contains(&touch_at) {
            return;
        }
        if let Some(base) = grid.window(best, self.flip, size) {
            self.open(grid, base, size);
        }
    }

    fn open(&mut self, grid: &Grid, base: i64, size: usize) {
        let levels: Vec<_> = self.iter_keys(grid).collect();
        self.cells = vec![Qty::ZERO; size];
        self.words = vec![0; size / 64];
        self.clear();
        self.base = base;
        for (key, qty) in levels {
            let at = self.cell(grid, key);
            if at < size {
                self.set_cell(at, qty);
            } else {
                self.put_outer(key, qty);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(side: Side, ranks: impl Iterator<Item = i64>) -> (Grid, Half) {
        let (grid, mut half) = (Grid::new(Price(5_000_000)), Half::new(side));
        for rank in ranks {
            half.set(&grid, Price((3 - side.sign() * rank) * 5_000_000), Qty::lots(1));
        }
        (grid, half)
    }

    #[test]
    fn a_shallow_side_keeps_no_window_and_a_deep_one_lies_in_it() {
        for side in Side::BOTH {
            let (_, shallow) = filled(side, 0..10);
            assert!(shallow.cells.is_empty());
            let (_, usual) = filled(side, (0..20).cycle().take(100));
            assert_eq!((usual.cells.len(), usual.outer.len()), (64, 0));
            let (_, deep) = filled(side, (0..1_000).cycle().take(3_000));
            assert_eq!((deep.cells.len(), deep.outer.len()), (2_048, 0));
            let (_, beyond) = filled(side, (0..10_000).step_by(2).cycle().take(20_000));
            assert_eq!((beyond.cells.len(), beyond.held), (LARGEST, LARGEST * 3 / 8));
        }
    }

    #[test]
    fn the_window_follows_the_touch_and_ignores_what_it_cannot_hold() {
        let (grid, mut half) = filled(Side::Ask, (0..20).cycle().take(100));
        let stub = Price(9_000_000_000_000_000_000);
        for nth in 0..100 {
            half.set(&grid, stub, Qty::lots(nth + 1));
            half.set(&grid, Price(15_000_001), Qty::lots(nth + 1));
        }
        assert_eq!((half.cells.len(), half.outer.len()), (64, 2));
        for nth in 0..100 {
            half.set(&grid, Price::from_ticks(-70, Price(5_000_000)), Qty::lots(nth + 1));
        }
        assert_eq!((half.held, half.outer.len()), (1, 22), "the window has moved to the new touch");
        assert_eq!(half.iter(&grid).count(), half.len());
    }
}
