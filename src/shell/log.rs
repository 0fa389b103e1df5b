//! The log: one text file in the state folder, capped in size, with a few older ones beside it. Written by a thread of its own;
//! lines are dropped rather than anybody waiting.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

const FILE_BYTES_MAX: u64 = 4 << 20;
const OLD_FILES: u32 = 3;

/// Flushes the log when dropped.
#[must_use]
#[derive(Debug)]
pub struct LogGuard(#[expect(dead_code, reason = "dropping it flushes")] WorkerGuard);

/// Starts logging to `folder/tenor.log`. `filter` is a level (`info`) or tracing's directive syntax.
///
/// # Errors
/// When the folder or file cannot be made, or the filter is not understood.
pub fn start(folder: &Path, filter: &str) -> io::Result<LogGuard> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error.to_string()))?;
    fs::create_dir_all(folder)?;
    let (writer, guard) = tracing_appender::non_blocking(CappedFile::open(folder.join("tenor.log"), FILE_BYTES_MAX)?);
    let subscriber =
        tracing_subscriber::fmt().with_writer(writer).with_ansi(false).with_target(false).with_env_filter(filter);
    // Fails only when a subscriber was set before, as when several terminals run in one test process.
    drop(subscriber.try_init());
    Ok(LogGuard(guard))
}

struct CappedFile {
    path: PathBuf,
    file: File,
    written: u64,
    limit: u64,
}

impl CappedFile {
    fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(&path)?;
        let written = file.metadata()?.len();
        Ok(Self { path, file, written, limit })
    }

    fn old(&self, age: u32) -> PathBuf {
        self.path.with_extension(format!("{age}.log"))
    }

    fn rotate(&mut self) -> io::Result<()> {
        for age in (1..OLD_FILES).rev() {
            if self.old(age).exists() {
                fs::rename(self.old(age), self.old(age + 1))?;
            }
        }
        fs::rename(&self.path, self.old(1))?;
        *self = Self::open(self.path.clone(), self.limit)?;
        Ok(())
    }
}

impl Write for CappedFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written + line.len() as u64 > self.limit && self.written > 0 {
            self.rotate()?;
        }
        let count = self.file.write(line)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_its_cap() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = CappedFile::open(folder.path().join("tenor.log"), 100).unwrap();
        for _ in 0..100 {
            file.write_all(&[b'x'; 40]).unwrap();
        }
        let sizes: Vec<u64> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).collect();
        assert_eq!(sizes.len(), 1 + OLD_FILES as usize);
        assert!(sizes.iter().all(|&size| size <= 100));
    }
}
