//! Where keys come from: the environment or a file, never the command line. The secret is wiped when dropped and never printed.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

/// A key pair of a venue account.
#[derive(Clone, Debug)]
pub struct KeyPair {
    pub key: String,
    pub secret: SecretString,
}

#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("the credentials file {path} cannot be read: {detail}")]
    Unreadable { path: PathBuf, detail: String },
    #[error("the credentials file {path} must hold two lines, key = \"...\" and secret = \"...\"")]
    Malformed { path: PathBuf },
    #[error("the credentials file {path} can be read by other users: run chmod 600 on it first")]
    Exposed { path: PathBuf },
    #[error("TENOR_KEY and TENOR_SECRET belong together: set both or neither")]
    Half,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    key: String,
    secret: SecretString,
}

impl KeyPair {
    /// From `file` if one is named, else from TENOR_KEY and TENOR_SECRET, else none.
    ///
    /// # Errors
    /// See [`CredentialsError`]; no message holds any part of the secret.
    pub fn find(file: Option<&Path>) -> Result<Option<Self>, CredentialsError> {
        if let Some(path) = file {
            return Self::read(path).map(Some);
        }
        match (std::env::var("TENOR_KEY").ok(), std::env::var("TENOR_SECRET").ok()) {
            (Some(key), Some(secret)) => Ok(Some(Self { key, secret: secret.into() })),
            (None, None) => Ok(None),
            _ => Err(CredentialsError::Half),
        }
    }

    fn read(path: &Path) -> Result<Self, CredentialsError> {
        let unreadable =
            |error: std::io::Error| CredentialsError::Unreadable { path: path.to_owned(), detail: error.to_string() };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(CredentialsError::Exposed { path: path.to_owned() });
            }
        }
        let text = SecretString::from(std::fs::read_to_string(path).map_err(unreadable)?);
        let saved: Saved = toml::from_str(secrecy::ExposeSecret::expose_secret(&text))
            .map_err(|_| CredentialsError::Malformed { path: path.to_owned() })?;
        Ok(Self { key: saved.key, secret: saved.secret })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn refuses_what_others_can_read_and_never_quotes_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let write = |text: &str, mode: u32| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            KeyPair::find(Some(&path))
        };
        assert!(matches!(write("key = \"k\"\nsecret = \"hush\"", 0o644), Err(CredentialsError::Exposed { .. })));
        let pair = write("key = \"k\"\nsecret = \"hush\"", 0o600).unwrap().unwrap();
        assert_eq!(pair.key, "k");
        assert!(!format!("{pair:?}").contains("hush"));
        let error = write("key = \"k\"\nsecret = hush", 0o600).unwrap_err();
        assert!(!error.to_string().contains("hush") && !format!("{error:?}").contains("hush"));
    }
}
