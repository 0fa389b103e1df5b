//! What refreshes leave in the data folder: one file a list, its day in the name: `tokens-2026-11-22.json`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::domain::price_list::PriceList;
use crate::shell::files;

const fn affixes(list: PriceList) -> (&'static str, &'static str) {
    match list {
        PriceList::Rental => ("rental-", ".csv"),
        PriceList::Tokens => ("tokens-", ".json"),
    }
}

/// Every file of a list and its day, in no order.
fn all(folder: &Path, list: PriceList) -> Vec<(Date, PathBuf)> {
    let (before, after) = affixes(list);
    // A folder that is not there holds none.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let dated = entries.filter_map(|entry| {
        let name = entry.file_name();
        let date = name.to_str()?.strip_prefix(before)?.strip_suffix(after)?.parse().ok()?;
        Some((date, entry.path()))
    });
    dated.collect()
}

pub fn newest(folder: &Path, list: PriceList) -> Option<(Date, PathBuf)> {
    all(folder, list).into_iter().max()
}

/// Keeps `bytes` as the list of that day, in the place of all older ones.
///
/// # Errors
/// Whatever the file system says; the older ones are still there then.
pub fn write(folder: &Path, list: PriceList, date: Date, bytes: &[u8]) -> io::Result<()> {
    let (before, after) = affixes(list);
    files::write_atomically(&folder.join(format!("{before}{date}{after}")), bytes)?;
    for (older, path) in all(folder, list) {
        if older < date {
            // One that cannot be removed is never read again either.
            fs::remove_file(path).ok();
        }
    }
    Ok(())
}
