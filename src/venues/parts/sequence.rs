//! Does this update follow the one before? Venues whose update ids jump carry the previous id with each.

/// How an update stands to the last one applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Follows,
    /// Already applied: its id is not newer than ours.
    Duplicate,
    Gap {
        expected: u64,
        got: u64,
    },
}

/// Compares an update `(prev, id)` with the last applied id.
pub const fn standing(last: u64, prev: u64, id: u64) -> Standing {
    if prev == last && id > last {
        Standing::Follows
    } else if id <= last {
        Standing::Duplicate
    } else {
        Standing::Gap { expected: last, got: prev }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_next_old_and_missing_apart() {
        assert_eq!(standing(100, 100, 107), Standing::Follows);
        assert_eq!(standing(107, 100, 107), Standing::Duplicate);
        assert_eq!(standing(107, 90, 100), Standing::Duplicate);
        assert_eq!(standing(100, 107, 110), Standing::Gap { expected: 100, got: 107 });
        assert_eq!(standing(100, 95, 110), Standing::Gap { expected: 100, got: 95 });
        assert_eq!(standing(100, 100, 100), Standing::Duplicate, "an id that does not move says nothing new");
    }
}
