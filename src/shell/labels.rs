//! The order counter. A block of numbers is written down as used before any of them is, so a crash loses numbers and never
//! repeats one.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::files;
use crate::base::rng::Rng;

/// Numbers reserved at a time.
const BLOCK: u64 = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    #[error(
        "the order counter {path} is unreadable: restore it, or delete it to continue as a new installation ({detail})"
    )]
    Unreadable { path: PathBuf, detail: String },
    #[error("the order counter {path} cannot be written, so no order may be sent: {source}")]
    Unwritable { path: PathBuf, source: io::Error },
}

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    /// Names this installation in every label; a new file gets a new name, so its numbers cannot meet the old ones.
    install: String,
    next: u64,
}

/// Hands out blocks of order numbers.
#[derive(Debug)]
pub struct Labels {
    path: PathBuf,
    saved: Saved,
}

impl Labels {
    /// Reads the counter, or starts one; `entropy` names a new installation.
    ///
    /// # Errors
    /// An existing file that cannot be read is never replaced silently.
    pub fn open(path: PathBuf, entropy: u64) -> Result<Self, LabelError> {
        let saved = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| LabelError::Unreadable { path: path.clone(), detail: error.to_string() })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Saved { install: format!("{:08x}", Rng::new(entropy).below(1 << 32)), next: 1 }
            }
            Err(error) => return Err(LabelError::Unreadable { path, detail: error.to_string() }),
        };
        Ok(Self { path, saved })
    }

    pub fn install(&self) -> Arc<str> {
        self.saved.install.as_str().into()
    }

    /// The next block, already persisted as used.
    ///
    /// # Errors
    /// Nothing is handed out when the counter could not be written.
    pub fn reserve(&mut self) -> Result<Range<u64>, LabelError> {
        let start = self.saved.next;
        let end = start + BLOCK;
        let next = Saved { install: self.saved.install.clone(), next: end };
        let text = serde_json::to_vec_pretty(&next).unwrap_or_default();
        files::write_atomically(&self.path, &text)
            .map_err(|source| LabelError::Unwritable { path: self.path.clone(), source })?;
        self.saved = next;
        Ok(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_repeat_across_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.json");
        let mut first = Labels::open(path.clone(), 7).unwrap();
        let a = first.reserve().unwrap();
        let b = first.reserve().unwrap();
        let mut again = Labels::open(path.clone(), 8).unwrap();
        let c = again.reserve().unwrap();
        assert_eq!(first.install(), again.install());
        assert!(a.end <= b.start && b.end <= c.start);

        fs::write(&path, b"{").unwrap();
        assert!(matches!(Labels::open(path, 9), Err(LabelError::Unreadable { .. })));
    }
}
