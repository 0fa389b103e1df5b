//! `config.toml`: how to start. Command-line arguments and the environment go before it.

use serde::Deserialize;

/// Every field may be missing; unknown ones are errors, so that a typing mistake cannot pass for a setting.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    /// WebSocket address of an exchange started elsewhere.
    pub connect: Option<String>,
    /// File with `key` and `secret`.
    pub credentials: Option<std::path::PathBuf>,
    /// `dark` or `light`.
    pub theme: Option<String>,
    /// `error`, `warn`, `info`, `debug`, `trace` or a directive.
    pub log: Option<String>,
    pub exchange: ExchangeConfig,
    pub risk: RiskConfig,
    pub spot: SpotConfig,
}

/// The boards of list prices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpotConfig {
    /// Rental prices of one's own, as CSV; the last one counts most. Relative to the file that names them.
    pub files: Vec<std::path::PathBuf>,
}

/// The embedded exchange.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExchangeConfig {
    pub seed: Option<u64>,
    /// Messages a second.
    pub rate: Option<f64>,
}

/// Limits of the risk gate at start.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskConfig {
    /// Contracts.
    pub max_order: Option<u32>,
    /// Contracts.
    pub max_position: Option<u32>,
    pub collar_ticks: Option<u32>,
    pub arm_secs: Option<u32>,
}

/// What is wrong with the file, in the parser's words with line and column.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigFile {
    /// # Errors
    /// Not TOML, an unknown field, a value of the wrong kind or out of range.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let file: Self = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        let refuse = |what: &str| Err(ConfigError(what.to_owned()));
        match file.theme.as_deref() {
            None | Some("dark" | "light") => {}
            Some(other) => return refuse(&format!("theme is \"{other}\": it must be \"dark\" or \"light\"")),
        }
        if file.exchange.rate.is_some_and(|rate| !(0.0..=200_000.0).contains(&rate)) {
            return refuse("exchange.rate must lie between 0 (paused) and 200000 messages a second");
        }
        for (name, value) in [
            ("max_order", file.risk.max_order),
            ("max_position", file.risk.max_position),
            ("collar_ticks", file.risk.collar_ticks),
            ("arm_secs", file.risk.arm_secs),
        ] {
            if value == Some(0) {
                return refuse(&format!("risk.{name} must be at least 1"));
            }
        }
        Ok(file)
    }

    /// With the paths of its lists as seen from `folder`, which it lies in.
    pub fn beside(mut self, folder: &std::path::Path) -> Self {
        for path in &mut self.spot.files {
            *path = folder.join(&*path);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_lie_beside_the_file_that_names_them() {
        let file = ConfigFile::parse("[spot]\nfiles = [\"mine.csv\", \"/abs/lambda.csv\"]").unwrap();
        let files = file.beside("/home/me".as_ref()).spot.files;
        assert_eq!(files, ["/home/me/mine.csv", "/abs/lambda.csv"].map(std::path::PathBuf::from));
    }

    #[test]
    fn reads_what_it_knows_and_refuses_the_rest() {
        let file = ConfigFile::parse("theme = \"light\"\n[exchange]\nrate = 0\n[risk]\nmax_order = 10").unwrap();
        assert_eq!(file.theme.as_deref(), Some("light"));
        assert_eq!((file.exchange.rate, file.risk.max_order), (Some(0.0), Some(10)));
        for (text, part) in [
            ("colour = 1", "colour"),
            ("theme = \"pink\"", "dark"),
            ("[exchange]\nrate = -1", "rate"),
            ("[risk]\narm_secs = 0", "arm_secs"),
            ("theme = ", "theme"),
        ] {
            let error = ConfigFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
