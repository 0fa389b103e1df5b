//! The order counter. A block of numbers is written down as used before any of them is, so a crash loses numbers and never
//! repeats one. Writing is a thread's own business ([`Reserver`]): no order and no book waits for a disk.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

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

/// Blocks asked for and not yet taken: whoever asks oftener has been answered by the one before.
const PENDING: usize = 1;

/// Reserves blocks on a thread of its own, which ends with it.
#[derive(Debug)]
pub struct Reserver {
    asks: SyncSender<()>,
    blocks: mpsc::Receiver<Range<u64>>,
}

impl Reserver {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(mut labels: Labels) -> io::Result<(Self, JoinHandle<()>)> {
        Self::start_with(move || labels.reserve())
    }

    fn start_with(
        mut reserve: impl FnMut() -> Result<Range<u64>, LabelError> + Send + 'static,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (asks, asked) = sync_channel(PENDING);
        let (done, blocks) = mpsc::channel(PENDING);
        let thread = std::thread::Builder::new().name("tenor-labels".into()).spawn(move || {
            while asked.recv().is_ok() {
                match reserve() {
                    Ok(block) => {
                        if done.blocking_send(block).is_err() {
                            return;
                        }
                    }
                    // Core refuses orders while it has no numbers, says why, and asks again.
                    Err(error) => tracing::error!("{error}"),
                }
            }
        })?;
        Ok((Self { asks, blocks }, thread))
    }

    /// Asks for a block and does not wait for it.
    pub fn ask(&self) {
        // Full: a block is on its way already.
        let _ = self.asks.try_send(());
    }

    /// The next block; cancelling loses none.
    pub async fn block(&mut self) -> Option<Range<u64>> {
        self.blocks.recv().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_disk_holds_up_nobody_and_an_error_is_no_block() {
        let (begun, writes) = std::sync::mpsc::channel();
        let (release, disk) = std::sync::mpsc::channel();
        let slow = move || {
            begun.send(()).unwrap();
            disk.recv()
                .map_err(|_| LabelError::Unwritable { path: PathBuf::new(), source: io::ErrorKind::Other.into() })
        };
        let (mut reserver, thread) = Reserver::start_with(slow).unwrap();
        reserver.ask();
        writes.recv().unwrap();
        for _ in 0..10 {
            reserver.ask();
        }
        assert!(reserver.blocks.try_recv().is_err(), "asking came back before the disk did");
        release.send(1..1_001).unwrap();
        assert_eq!(reserver.block().await, Some(1..1_001));
        release.send(1_001..2_001).unwrap();
        assert_eq!(reserver.block().await, Some(1_001..2_001), "asked for while the first was written");
        writes.recv().unwrap();
        drop(release);
        reserver.ask();
        writes.recv().unwrap();
        drop(reserver);
        thread.join().unwrap();
        assert!(writes.recv().is_err(), "ten impatient questions are one");
    }

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
