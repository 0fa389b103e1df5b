//! Files that survive a crash in the middle of writing.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces `path` with `contents` in one step: readers see the old file or the new one, never a part. Creates the folder.
///
/// # Errors
/// Whatever the file system says.
pub fn write_atomically(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Writes a file that was not there: `name.extension`, or `name-2.extension` where that exists, and so on. Creates the folder.
/// Returns where it went.
///
/// # Errors
/// Whatever the file system says.
pub fn write_new(folder: &Path, name: &str, extension: &str, contents: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    for copy in 1.. {
        let copy = if copy == 1 { String::new() } else { format!("-{copy}") };
        let path = folder.join(format!("{name}{copy}.{extension}"));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => file = taken.file,
            Err(failed) => return Err(failed.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Moves a file that cannot be used out of the way, keeping it for its owner. Returns where it went.
///
/// # Errors
/// Whatever the file system says.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    set_aside_as(path, "broken")
}

/// The same under another word than `broken`.
///
/// # Errors
/// Whatever the file system says.
pub fn set_aside_as(path: &Path, word: &str) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(word);
    let aside = path.with_file_name(name);
    fs::rename(path, &aside)?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_never_written_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| write_new(&folder.path().join("deeper"), "rows", "csv", text.as_bytes()).unwrap();
        let paths = [write("one"), write("two"), write("three")];
        let names = paths.each_ref().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        assert_eq!(names, ["rows.csv", "rows-2.csv", "rows-3.csv"]);
        assert_eq!(paths.map(|path| fs::read_to_string(path).unwrap()), ["one", "two", "three"]);
        assert_eq!(fs::read_dir(folder.path().join("deeper")).unwrap().count(), 3, "nothing else is left behind");
    }

    #[test]
    fn a_broken_file_is_kept_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/state.json");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let aside = set_aside(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(fs::read(aside).unwrap(), b"two");
    }
}
