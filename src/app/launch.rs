//! Command line, environment and files → a running terminal.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::scenario::scenario;
use crate::cli::{MarketArgs, TerminalArgs, ThemeName};
use crate::core;
use crate::domain::command::RiskLimits;
use crate::domain::number::Qty;
use crate::settings::config::ConfigFile;
use crate::settings::state::{State, StateError};
use crate::shell::clock::Clock;
use crate::shell::credentials::KeyPair;
use crate::shell::directories::Directories;
use crate::shell::exchange_server::{ExchangeServer, ServerConfig, ServerHandle};
use crate::shell::files;
use crate::shell::instance::Instance;
use crate::shell::keeper::{Access, Place};
use crate::shell::labels::Labels;
use crate::shell::prices;
use crate::shell::terminal::{self, Handle, Parts, Wake};
use crate::venues::deribit::{self, Credentials, Limits, MarketSession, OrderSession};
use crate::view::session::Environment;

/// Messages a second of the embedded exchange, unless asked otherwise.
pub const DEFAULT_RATE: f64 = 1_500.0;
/// The account of the embedded exchange that the terminal itself trades.
const SIM_ACCOUNT: &str = "SIM-01";

/// What was decided before anything runs: defaults < file < environment < arguments.
pub struct Plan {
    pub directories: Directories,
    pub instance: Instance,
    pub state: State,
    pub theme: ThemeName,
    pub limits: RiskLimits,
    pub log_filter: String,
    /// Where the past is kept.
    pub kept: Place,
    /// One sentence each, for the screen: what was wrong with the files and what was done.
    pub complaints: Vec<String>,
    config: ConfigFile,
    market: MarketArgs,
    connect: Option<String>,
    credentials: Option<std::path::PathBuf>,
}

impl Plan {
    /// # Errors
    /// Only for what the user named himself and cannot be used; broken remembered state is set aside instead.
    pub fn make(args: &TerminalArgs) -> anyhow::Result<Self> {
        let directories = Directories::find(args.data_dir.as_deref());
        let config = read_config(args.config.as_deref(), &directories)?;
        let mut complaints = Vec::new();
        let instance = Instance::claim(&directories.lock_file()).with_context(|| {
            format!("the data folder {} cannot be used; name another with --data-dir", directories.data.display())
        })?;
        if !instance.may_write() {
            complaints.push(
                "Another Tenor uses this data folder: settings and the kept past are read-only in this window."
                    .to_owned(),
            );
        }
        let state = read_state(&directories, instance.may_write(), &mut complaints);
        let theme = args.theme.unwrap_or(match state.theme.as_deref().or(config.theme.as_deref()) {
            Some("light") => ThemeName::Light,
            _ => ThemeName::Dark,
        });
        let log_filter = args.log.clone().or_else(|| config.log.clone()).unwrap_or_else(|| "info".to_owned());
        Ok(Self {
            theme,
            limits: limits(&config),
            log_filter,
            kept: Place {
                path: directories.history_file(),
                access: if instance.may_write() { Access::ReadWrite } else { Access::ReadOnly },
            },
            complaints,
            market: args.source.market.clone(),
            connect: args.source.connect.clone().or_else(|| config.connect.clone()),
            credentials: args.source.credentials.clone().or_else(|| config.credentials.clone()),
            directories,
            instance,
            state,
            config,
        })
    }

    /// Reads what another run has kept of the past, and keeps nothing itself.
    #[must_use]
    pub fn reading_past(mut self, data_dir: Option<&Path>) -> Self {
        self.kept = Place { path: Directories::find(data_dir).history_file(), access: Access::ReadOnly };
        self
    }

    /// Starts the exchange (if it is ours) and the terminal.
    ///
    /// # Errors
    /// When sockets, threads, keys or the order counter cannot be had.
    pub fn launch(&self, wake: Wake) -> anyhow::Result<Running> {
        let clock = Clock::start();
        let entropy = clock.now().utc.0.unsigned_abs() ^ u64::from(std::process::id());
        // A second window on one folder must not share the counter: its numbers live under a name of its own.
        let counter = if self.instance.may_write() {
            self.directories.counter_file()
        } else {
            self.directories.data.join(format!("orders-{}.json", std::process::id()))
        };
        let labels = Labels::open(counter, entropy)?;
        let (server, url, venue, environment, session) = match &self.connect {
            None => {
                let server = self.start_exchange()?;
                let url = server.url();
                let key =
                    Credentials { client_id: SIM_ACCOUNT.to_owned(), client_secret: SIM_ACCOUNT.to_owned().into() };
                let mut session = deribit::Config::new(Some(key), entropy);
                session.limits = Limits::EMBEDDED;
                (Some(server), url, "embedded".to_owned(), Environment::Simulated, session)
            }
            Some(url) => {
                let keys = KeyPair::find(self.credentials.as_deref())?;
                let keys = keys.map(|pair| Credentials { client_id: pair.key, client_secret: pair.secret });
                (None, url.clone(), host(url), Environment::Real, deribit::Config::new(keys, entropy))
            }
        };
        let account = session.credentials.as_ref().map_or("no account", |c| c.client_id.as_str());
        let core =
            core::Config { account: account.into(), venue: venue.into(), environment, install: labels.install() };
        let parts = Parts {
            core,
            url: Arc::from(url.as_str()),
            market: Box::new(MarketSession::new(session.clone())),
            orders: Box::new(OrderSession::new(session)),
            labels,
            kept: Some(self.kept.clone()),
            prices: self.prices(),
            clock,
        };
        let terminal = terminal::start(parts, wake).context("the terminal's threads cannot be started")?;
        Ok(Running { terminal, _server: server })
    }

    fn prices(&self) -> prices::Config {
        prices::Config {
            folder: Some(self.directories.data.join("prices")),
            may_keep: self.instance.may_write(),
            files: self.config.spot.files.clone(),
            ..prices::Config::default()
        }
    }

    fn start_exchange(&self) -> anyhow::Result<ServerHandle> {
        let config = ServerConfig {
            seed: self.market.seed.or(self.config.exchange.seed).unwrap_or(1),
            rate: self.market.rate.or(self.config.exchange.rate).unwrap_or(DEFAULT_RATE),
            scenario: scenario(self.market.scenario.as_deref())?,
            ..ServerConfig::default()
        };
        ExchangeServer::start(config).context("the embedded exchange cannot be started")
    }
}

/// A terminal, and the exchange it runs on if that is ours. The terminal closes first.
pub struct Running {
    pub terminal: Handle,
    /// Stops when dropped, after the terminal has left it.
    _server: Option<ServerHandle>,
}

fn read_config(named: Option<&Path>, directories: &Directories) -> anyhow::Result<ConfigFile> {
    let path = named.map_or_else(|| directories.config_file(), Path::to_owned);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let file = ConfigFile::parse(&text).with_context(|| format!("{} has a mistake", path.display()))?;
            Ok(file.beside(path.parent().unwrap_or(Path::new(""))))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => Ok(ConfigFile::default()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

fn read_state(directories: &Directories, may_write: bool, complaints: &mut Vec<String>) -> State {
    let path = directories.state_file();
    let Ok(bytes) = std::fs::read(&path) else { return State::default() };
    match State::parse(&bytes) {
        Ok(state) => state,
        Err(StateError::Newer(_)) => {
            complaints.push("The saved layout is of a newer Tenor: defaults are shown.".to_owned());
            State::default()
        }
        Err(StateError::Malformed(_)) => {
            let place = if may_write { files::set_aside(&path).ok() } else { None };
            complaints.push(match place {
                Some(aside) => {
                    format!("The saved layout was unreadable and is kept as {}: defaults are shown.", aside.display())
                }
                None => "The saved layout is unreadable: defaults are shown.".to_owned(),
            });
            State::default()
        }
    }
}

fn limits(config: &ConfigFile) -> RiskLimits {
    let base = RiskLimits::default();
    let lots = |value: Option<u32>, default| value.map_or(default, |v| Qty::lots(i64::from(v)));
    RiskLimits {
        max_order: lots(config.risk.max_order, base.max_order),
        max_position: lots(config.risk.max_position, base.max_position),
        collar_ticks: config.risk.collar_ticks.map_or(base.collar_ticks, i64::from),
        arm_secs: config.risk.arm_secs.unwrap_or(base.arm_secs),
    }
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
