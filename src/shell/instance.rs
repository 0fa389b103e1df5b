//! One writer per data folder: the first instance holds a file lock, later ones open with settings read-only.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// Held for the life of the process; the system releases it even after a crash.
#[derive(Debug)]
pub enum Instance {
    First { lock: File },
    Second,
}

impl Instance {
    /// # Errors
    /// When the lock file cannot be made or locked at all.
    pub fn claim(lock_file: &Path) -> io::Result<Self> {
        if let Some(folder) = lock_file.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(lock_file)?;
        match file.try_lock() {
            Ok(()) => Ok(Self::First { lock: file }),
            Err(TryLockError::WouldBlock) => Ok(Self::Second),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    pub fn may_write(&self) -> bool {
        matches!(self, Self::First { lock: _ })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_claim_may_not_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Instance::claim(&path).unwrap();
        let second = Instance::claim(&path).unwrap();
        assert!(first.may_write() && !second.may_write());
        drop(first);
        assert!(Instance::claim(&path).unwrap().may_write());
    }
}
