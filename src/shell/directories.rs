//! Where the platform wants our files, unless told otherwise.

use std::path::{Path, PathBuf};

use directories::{ProjectDirs, UserDirs};

/// Folders of one installation; none is created before something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// `config.toml`, written by people.
    pub config: PathBuf,
    /// What the program keeps: layout, window, order counter, past prices, lock.
    pub data: PathBuf,
    /// Files that people ask for: their downloads.
    pub exports: PathBuf,
    /// Logs.
    pub state: PathBuf,
}

impl Directories {
    /// The platform's own folders; with `data_dir`, everything lies below that one.
    pub fn find(data_dir: Option<&Path>) -> Self {
        if let Some(root) = data_dir {
            return Self {
                config: root.to_owned(),
                data: root.to_owned(),
                exports: root.join("exports"),
                state: root.join("logs"),
            };
        }
        match ProjectDirs::from("", "", "tenor") {
            Some(dirs) => Self {
                config: dirs.config_dir().to_owned(),
                data: dirs.data_local_dir().to_owned(),
                exports: downloads().unwrap_or_else(|| dirs.data_local_dir().join("exports")),
                state: dirs.state_dir().unwrap_or(dirs.data_local_dir()).join("logs"),
            },
            // No home folder at all: stay beside the program's user, visibly.
            None => Self {
                config: ".tenor".into(),
                data: ".tenor".into(),
                exports: ".tenor/exports".into(),
                state: ".tenor/logs".into(),
            },
        }
    }

    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    pub fn state_file(&self) -> PathBuf {
        self.data.join("state.json")
    }

    pub fn counter_file(&self) -> PathBuf {
        self.data.join("orders.json")
    }

    pub fn history_file(&self) -> PathBuf {
        self.data.join("history.redb")
    }

    pub fn lock_file(&self) -> PathBuf {
        self.data.join("lock")
    }
}

/// Where people look for what a program gives them: downloads, or else documents.
fn downloads() -> Option<PathBuf> {
    let user = UserDirs::new()?;
    user.download_dir().or(user.document_dir()).map(Path::to_owned)
}
