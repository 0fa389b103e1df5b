//! `tenor exchange --data DIR`: what clients own, written down before they hear of it. `DIR/standing.journal` is a line for each
//! [`Entry`], with its checksum; `DIR/lock` is held while an exchange uses the folder.
//!
//! ```text
//! tenor-standing 1
//! 5f0c2b1a {"at":1795338000250000000,"orders":[…]}
//! ```
//!
//! A line reaches the system before an answer reaches a socket: whatever ends the process, an acknowledged order is in the file. A line
//! that breaks off at the end was never answered to and is cut away; one that is damaged further up stops the start. When the file has
//! grown it is replaced, in one step, by one entry that says it all. Only that, and the end of a run, wait for the disk: a power cut may
//! cost the lines that the system had not written yet.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::exchange::standing::{Entry, Standing};
use crate::shell::files;
use crate::shell::instance::Instance;

const NAME: &str = "standing.journal";
const HEAD: &str = "tenor-standing 1";
/// Bytes after which the file is replaced.
const FULL: u64 = 8 << 20;

#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes since the last replacement.
    grown: u64,
    standing: Standing,
    _lock: Instance,
}

impl Journal {
    /// Takes a folder into use and reads what is there.
    ///
    /// # Errors
    /// Another exchange uses the folder, it cannot be written to, or the journal is damaged.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let lock = Instance::claim(&folder.join("lock"))
            .with_context(|| format!("the folder {} cannot be used", folder.display()))?;
        if !lock.may_write() {
            bail!("another exchange uses {}: end it, or choose another folder", folder.display());
        }
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        let standing = read(&bytes)
            .with_context(|| format!("{} is damaged: move it away to begin with empty accounts", path.display()))?;
        let file = replace(&path, &standing).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self { path, file, grown: 0, standing, _lock: lock })
    }

    /// What all entries say together.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Writes an entry down.
    ///
    /// # Errors
    /// The system's. Nothing may be acknowledged after that.
    pub fn append(&mut self, entry: Entry) -> io::Result<()> {
        let line = line(&entry)?;
        self.file.write_all(line.as_bytes())?;
        self.grown += line.len() as u64;
        self.standing.take(entry);
        if self.grown > FULL {
            self.file = replace(&self.path, &self.standing)?;
            self.grown = 0;
        }
        Ok(())
    }

    /// Waits for the disk.
    ///
    /// # Errors
    /// The system's.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A new file of one entry; goes on in it.
fn replace(path: &Path, standing: &Standing) -> io::Result<File> {
    let mut text = format!("{HEAD}\n");
    if *standing != Standing::default() {
        text.push_str(&line(&standing.whole())?);
    }
    files::write_atomically(path, text.as_bytes())?;
    File::options().append(true).open(path)
}

fn line(entry: &Entry) -> io::Result<String> {
    let json = serde_json::to_string(entry)?;
    Ok(format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())))
}

/// # Errors
/// Lines count from 1.
fn read(bytes: &[u8]) -> anyhow::Result<Standing> {
    let mut standing = Standing::default();
    // What follows the last line break was never finished.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = (1..).zip(bytes[..whole].split_inclusive(|byte| *byte == b'\n')).peekable();
    match lines.next() {
        None => return Ok(standing),
        Some((_, head)) if head.trim_ascii_end() == HEAD.as_bytes() => {}
        Some(_) => bail!("it does not begin with `{HEAD}`"),
    }
    while let Some((number, line)) = lines.next() {
        match entry(line.trim_ascii_end()) {
            Ok(entry) => standing.take(entry),
            // The pages of a last line may reach the disk out of order.
            Err(error) if lines.peek().is_none() => tracing::warn!(%error, "the last line of the journal was cut away"),
            Err(error) => return Err(error.context(format!("line {number}"))),
        }
    }
    Ok(standing)
}

fn entry(line: &[u8]) -> anyhow::Result<Entry> {
    let text = str::from_utf8(line)?;
    let (sum, json) = text.split_once(' ').context("no checksum")?;
    if u32::from_str_radix(sum, 16)? != crc32fast::hash(json.as_bytes()) {
        bail!("the checksum is wrong");
    }
    Ok(serde_json::from_str(json)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Utc;
    use crate::domain::number::Money;
    use crate::exchange::standing::AccountRow;

    fn entry_of(at: i64) -> Entry {
        let row = AccountRow { client: "desk \n one".into(), balance: Money(at.into()), positions: Vec::new() };
        Entry { at: Utc(at), accounts: vec![row], ..Entry::default() }
    }

    fn of_entries(count: i64) -> Standing {
        let mut standing = Standing::default();
        (1..=count).for_each(|at| standing.take(entry_of(at)));
        standing
    }

    #[test]
    fn wherever_it_breaks_off_the_finished_lines_count() {
        let mut text = format!("{HEAD}\n");
        let mut ends = vec![text.len()];
        for at in 1..=3 {
            text.push_str(&line(&entry_of(at)).unwrap());
            ends.push(text.len());
        }
        for length in 0..=text.len() {
            let finished = ends.iter().filter(|end| **end <= length).count() as i64 - 1;
            let standing = read(&text.as_bytes()[..length]).unwrap();
            assert_eq!(standing, of_entries(finished.max(0)), "{length} bytes of {}", text.len());
        }
    }

    #[test]
    fn damage_stops_the_start_and_is_named() {
        let lines: Vec<String> = (1..=3).map(|at| line(&entry_of(at)).unwrap()).collect();
        let damaged = |at: usize| {
            let mut bytes = format!("{HEAD}\n{}", lines.concat()).into_bytes();
            let start = HEAD.len() + 1 + lines[..at].concat().len();
            bytes[start + 20] ^= 1;
            read(&bytes)
        };
        assert!(damaged(0).unwrap_err().to_string().contains("line 2"));
        assert!(damaged(1).unwrap_err().to_string().contains("line 3"));
        assert_eq!(damaged(2).unwrap(), of_entries(2), "the last line may be half written");
        assert!(read(b"{}\n").is_err());
    }

    #[test]
    fn one_exchange_at_a_time_goes_on_where_the_last_one_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(*journal.standing(), Standing::default());
        (1..=3).for_each(|at| journal.append(entry_of(at)).unwrap());
        let told = Journal::open(folder.path()).unwrap_err().to_string();
        assert!(told.contains("another exchange"), "{told}");
        drop(journal);
        assert_eq!(*Journal::open(folder.path()).unwrap().standing(), of_entries(3));
    }

    #[test]
    fn a_grown_file_becomes_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        let mut at = 0;
        while journal.grown > 0 || at == 0 {
            at += 1;
            let big = AccountRow { client: "x".repeat(1 << 20).into(), balance: Money(1), positions: Vec::new() };
            journal.append(Entry { accounts: vec![big], ..entry_of(at) }).unwrap();
        }
        let path = folder.path().join(NAME);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        journal.append(entry_of(at + 1)).unwrap();
        let kept = journal.standing().clone();
        drop(journal);
        assert_eq!(*Journal::open(folder.path()).unwrap().standing(), kept);
        assert_eq!(kept.at, Utc(at + 1));
    }
}
