//! Keeps the past on a disk: our own curve marks, and every settlement and fixing that a venue told of ([`file`]). A thread of its own
//! reads what is kept of a market when core opens it and writes what is new, some of it together, so that nothing else waits for a disk.
//!
//! A kill at any moment leaves the file whole: it costs what came in the last half second and was not written yet, which is at most the
//! marks of one minute; settlements and fixings are asked for again. A file that is broken or of a newer Tenor is set aside and a new
//! one begun; a disk that is full or fails is told of once, tried again with whatever comes next, and loses nothing but the oldest of
//! what waits for it ([`PENDING_MOST`]). A second Tenor on the same folder reads and never writes.

pub mod file;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::files;
use super::queues::{KEEPS, KEPT};
use crate::base::time::Utc;
use crate::history::{Keep, Kept, Market};
use file::{File, FileError};

/// What comes within this time is written together.
const GATHER: Duration = Duration::from_millis(500);
/// Rows that wait for a disk that fails; a day of marks of four products is 5,760.
const PENDING_MOST: usize = 8_192;

/// The file, and what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub access: Access,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    ReadWrite,
    /// Another Tenor writes it, or this one only asks.
    ReadOnly,
}

/// Core's end.
#[derive(Debug)]
pub struct Keeper {
    keeps: SyncSender<Keep>,
    has_lost: Arc<AtomicBool>,
    pub kept: mpsc::Receiver<Kept>,
}

impl Keeper {
    /// Starts the thread, which writes what is left and ends when this is dropped.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(place: Option<Place>) -> io::Result<(Self, JoinHandle<()>)> {
        let (keeps, asked) = sync_channel(KEEPS);
        let (says, kept) = mpsc::channel(KEPT);
        let has_lost = Arc::new(AtomicBool::new(false));
        let lost = has_lost.clone();
        let thread = std::thread::Builder::new().name("tenor-keeper".into()).spawn(move || match place {
            Some(place) => Disk::new(place, says).run(&asked, &lost),
            None => while asked.recv().is_ok() {},
        })?;
        Ok((Self { keeps, has_lost, kept }, thread))
    }

    /// Hands over and does not wait.
    pub fn keep(&self, keep: Keep) {
        if self.keeps.try_send(keep).is_err() {
            self.has_lost.store(true, Ordering::Relaxed);
        }
    }
}

/// The thread's own: the file, and what has not been written to it yet.
#[derive(Debug)]
struct Disk {
    place: Place,
    file: Option<File>,
    market: Option<(Market, Utc)>,
    pending: Vec<Keep>,
    is_in_trouble: bool,
    says: mpsc::Sender<Kept>,
}

impl Disk {
    fn new(place: Place, says: mpsc::Sender<Kept>) -> Self {
        Self { place, file: None, market: None, pending: Vec::new(), is_in_trouble: false, says }
    }

    fn run(mut self, keeps: &Receiver<Keep>, has_lost: &AtomicBool) {
        while let Ok(keep) = keeps.recv() {
            self.take(keep);
            let until = Instant::now() + GATHER;
            let ended = loop {
                match keeps.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(keep) => self.take(keep),
                    Err(ended) => break ended,
                }
            };
            self.write();
            if has_lost.swap(false, Ordering::Relaxed) {
                self.say(Kept::Trouble("The disk is slower than the market: a part of the past was not kept.".into()));
            }
            if ended == RecvTimeoutError::Disconnected {
                return;
            }
        }
    }

    fn take(&mut self, keep: Keep) {
        match keep {
            Keep::Open(market, now) => {
                self.write();
                self.pending.clear();
                self.market = Some((market, now));
                self.file = None;
                match self.place.access {
                    Access::ReadWrite => self.write(),
                    Access::ReadOnly => self.read(),
                }
            }
            keep if self.place.access == Access::ReadWrite => {
                if self.pending.len() >= PENDING_MOST {
                    self.pending.remove(0);
                }
                self.pending.push(keep);
            }
            _ => {}
        }
    }

    /// What another Tenor keeps, as it is now.
    fn read(&self) {
        let Some((market, _)) = &self.market else { return };
        match file::read(&self.place.path, market) {
            Ok(past) => self.say(Kept::Past(market.clone(), Box::new(past))),
            Err(FileError::Missing) => {}
            Err(error) => self.say(Kept::Trouble(format!("What is kept of the past cannot be read: {error}.").into())),
        }
    }

    /// Writes all that waits; what cannot be written waits on.
    fn write(&mut self) {
        let has_nothing_to_do = self.market.is_none() || (self.file.is_some() && self.pending.is_empty());
        if has_nothing_to_do || self.place.access == Access::ReadOnly {
            return;
        }
        match self.try_write() {
            Ok(()) if self.is_in_trouble => {
                self.is_in_trouble = false;
                self.say(Kept::Mended("The past is being kept again.".into()));
            }
            Ok(()) => {}
            Err(error) => {
                // After an error the file must be opened anew.
                self.file = None;
                tracing::error!("{} cannot be written: {error}", self.place.path.display());
                if !self.is_in_trouble {
                    self.is_in_trouble = true;
                    let text =
                        format!("The past cannot be kept on the disk at the moment, everything else goes on: {error}.");
                    self.say(Kept::Trouble(text.into()));
                }
            }
        }
    }

    fn try_write(&mut self) -> Result<(), FileError> {
        let Some((market, now)) = &self.market else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            empty => {
                let (mut file, aside) = open(&self.place.path)?;
                if let Some(aside) = aside {
                    say(&self.says, Kept::Trouble(aside.into()));
                }
                let past = file.open_market(market, *now)?;
                say(&self.says, Kept::Past(market.clone(), Box::new(past)));
                empty.insert(file)
            }
        };
        file.write(&self.pending)?;
        self.pending.clear();
        Ok(())
    }

    fn say(&self, kept: Kept) {
        say(&self.says, kept);
    }
}

fn say(says: &mpsc::Sender<Kept>, kept: Kept) {
    // Core is gone: nobody is left to tell.
    drop(says.blocking_send(kept));
}

/// Opens the file, or a new one in its place when it is of no use, with the sentence that says so.
fn open(path: &Path) -> Result<(File, Option<String>), FileError> {
    let (word, why) = match File::open(path) {
        Err(FileError::Broken(detail)) => {
            tracing::error!("{}: {detail}", path.display());
            ("broken", "was unreadable")
        }
        Err(FileError::Newer(_)) => ("newer", "is of a newer Tenor"),
        opened => return Ok((opened?, None)),
    };
    let aside = files::set_aside_as(path, word).map_err(FileError::Io)?;
    let text = format!("What was kept of the past {why} and is now {}: it begins anew.", aside.display());
    Ok((File::open(path)?, Some(text)))
}
