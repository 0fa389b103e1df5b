//! What became of a source's rows: each is taken or skipped under one reason, and the first of every reason is remembered, so that a
//! person can look it up.

use std::collections::BTreeMap;
use std::fmt;

/// Why a row gives no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    NoAccelerator,
    OtherAccelerator,
    UnknownMemory,
    BadCount,
    NoPrice,
    Placeholder,
    BadNumber,
    BadField,
    FieldCount,
    Repeated,
    Documentation,
    OtherMode,
    NoTokenPrice,
    PricedElsewhere,
    Malformed,
}

impl Skip {
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoAccelerator => "no accelerator",
            Self::OtherAccelerator => "another accelerator",
            Self::UnknownMemory => "A100 of unknown memory",
            Self::BadCount => "GPU count is not a whole number",
            Self::NoPrice => "no price",
            Self::Placeholder => "placeholder, not a price",
            Self::BadNumber => "unreadable number",
            Self::BadField => "unreadable field",
            Self::FieldCount => "more or fewer fields than the header",
            Self::Repeated => "repeats another row in every field",
            Self::Documentation => "documentation entry",
            Self::OtherMode => "not a text model",
            Self::NoTokenPrice => "no input and output price a token",
            Self::PricedElsewhere => "router, priced by the model it chooses",
            Self::Malformed => "not of the expected shape",
        }
    }
}

/// What was odd about a row that was taken all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    ZeroPrice,
    SpotZero,
    SpotEqualsOnDemand,
    BadDate,
    OtherCostUnread,
}

impl Note {
    pub const fn text(self) -> &'static str {
        match self {
            Self::ZeroPrice => "price 0 on demand taken as none",
            Self::SpotZero => "spot price 0 taken as none",
            Self::SpotEqualsOnDemand => "spot price equal to on demand taken as none",
            Self::BadDate => "unreadable retirement date left out",
            Self::OtherCostUnread => "unreadable cached, batch or tier price left out",
        }
    }
}

/// How often a reason was met, and where first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    pub count: u64,
    pub first: String,
}

/// Counts of one reading. Rows = taken + skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    pub taken: u64,
    pub skipped: BTreeMap<Skip, Met>,
    pub noted: BTreeMap<Note, Met>,
}

impl Intake {
    pub fn rows(&self) -> u64 {
        self.taken + self.skipped.values().map(|met| met.count).sum::<u64>()
    }

    pub fn skip(&mut self, why: Skip, place: impl fmt::Display) {
        meet(&mut self.skipped, why, 1, place);
    }

    pub fn note(&mut self, what: Note, place: impl fmt::Display) {
        meet(&mut self.noted, what, 1, place);
    }

    pub fn count_of(&self, why: Skip) -> u64 {
        self.skipped.get(&why).map_or(0, |met| met.count)
    }

    /// Adds the counts of another reading, of the source `name`.
    pub fn add(&mut self, name: &str, other: &Self) {
        self.taken += other.taken;
        for (&why, met) in &other.skipped {
            meet(&mut self.skipped, why, met.count, format_args!("{name}, {}", met.first));
        }
        for (&what, met) in &other.noted {
            meet(&mut self.noted, what, met.count, format_args!("{name}, {}", met.first));
        }
    }
}

fn meet<K: Ord>(counts: &mut BTreeMap<K, Met>, key: K, count: u64, place: impl fmt::Display) {
    counts.entry(key).or_insert_with(|| Met { count: 0, first: place.to_string() }).count += count;
}

/// `1263 rows: 1250 taken, 13 skipped`, then a line a reason.
impl fmt::Display for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.rows() - self.taken;
        write!(f, "{} rows: {} taken, {skipped} skipped", self.rows(), self.taken)?;
        for (why, met) in &self.skipped {
            write!(f, "\n  {:>6}  {} (first: {})", met.count, why.reason(), met.first)?;
        }
        for (what, met) in &self.noted {
            write!(f, "\n  {:>6}  {} (first: {})", met.count, what.text(), met.first)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_remembers_the_first() {
        let mut one = Intake { taken: 3, ..Intake::default() };
        one.skip(Skip::NoPrice, "line 4");
        one.skip(Skip::NoPrice, "line 9");
        one.note(Note::SpotZero, "line 2");
        let mut all = Intake::default();
        all.add("a.csv", &one);
        all.add("b.csv", &one);
        assert_eq!((all.rows(), all.taken, all.count_of(Skip::NoPrice)), (10, 6, 4));
        assert_eq!(
            all.to_string(),
            "10 rows: 6 taken, 4 skipped\n       4  no price (first: a.csv, line 4)\n       2  spot price 0 taken as none (first: a.csv, line 2)"
        );
    }
}
