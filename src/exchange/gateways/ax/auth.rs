//! Who asks: tokens, with an end in wall time, and what a socket shows at the door. Secrets are neither checked nor kept.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::parts::query;
use super::failure::Failure;
use super::paths::is_market_socket;
use super::print::print;
use super::request::read;
use crate::base::digest::Digest;
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::Engine;
use crate::exchange::sim::{Exchange, Released};

const DEFAULT_LIFE_S: u64 = 3_600;
const LONGEST_LIFE_S: u64 = 30 * 86_400;
const LONGEST_HEARTBEAT_S: u64 = 3_600;
/// Above it the tokens that end first are forgotten.
const MOST_TOKENS: usize = 4_096;
const LONGEST_NAME: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    Keep,
    Cancel,
}

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    Market,
    Orders {
        on_disconnect: OnDisconnect,
        /// The client promises a heartbeat at least this often.
        client_heartbeat: Option<Duration>,
    },
}

/// A socket that may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    pub account: AccountId,
    pub kind: SocketKind,
}

#[derive(Debug, Default)]
pub struct Tokens {
    /// With whose it is and when it ends.
    list: BTreeMap<String, (AccountId, Utc)>,
    issued: u64,
}

#[derive(Deserialize)]
struct Credentials {
    api_key: Option<String>,
    api_secret: Option<String>,
    username: Option<String>,
    password: Option<String>,
    expiration_seconds: Option<u64>,
}

#[derive(Serialize)]
struct Token<'a> {
    token: &'a str,
}

impl Tokens {
    /// `POST /api/authenticate`.
    pub fn log_in(
        &mut self,
        wall: Utc,
        body: &[u8],
        exchange: &mut Exchange,
        released: &mut Released,
    ) -> Result<String, Failure> {
        let asked: Credentials = read(body)?;
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let by_key = given(asked.api_key).zip(given(asked.api_secret));
        let Some((client, _)) = by_key.or_else(|| given(asked.username).zip(given(asked.password))) else {
            return Err(Failure { code: 401, message: "api_key and api_secret, or username and password".into() });
        };
        if client.len() > LONGEST_NAME {
            return Err(Failure::bad("the name is too long"));
        }
        let life = asked.expiration_seconds.unwrap_or(DEFAULT_LIFE_S);
        if !(1..=LONGEST_LIFE_S).contains(&life) {
            return Err(Failure::bad("expiration_seconds: 1 to 2592000"));
        }
        let account = exchange.open_account(exchange.now(), &client, released);
        self.list.retain(|_, (_, ends)| *ends > wall);
        if self.list.len() >= MOST_TOKENS
            && let Some(first) = self.list.iter().min_by_key(|(_, (_, ends))| *ends).map(|(token, _)| token.clone())
        {
            self.list.remove(&first);
        }
        self.issued += 1;
        let token = name(account, wall, self.issued);
        let answer = print(&Token { token: &token });
        self.list.insert(token, (account, wall + Duration::from_secs(life)));
        Ok(answer)
    }

    /// Whose token an `Authorization` header carries, with or without the word before it.
    pub fn bearer(&self, header: Option<&str>, wall: Utc) -> Result<AccountId, Failure> {
        let shown = header.unwrap_or_default().trim();
        let token = match shown.split_once(' ') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
            _ => shown,
        };
        let known = self.list.get(token).filter(|(_, ends)| *ends > wall);
        known.map(|(account, _)| *account).ok_or_else(Failure::unauthorized)
    }

    /// Whether a socket may be opened, and for what.
    pub fn knock(
        &self,
        wall: Utc,
        (path, pairs): (&str, &str),
        authorization: Option<&str>,
        engine: &Engine,
    ) -> Result<Admission, Failure> {
        let account = self.bearer(authorization, wall)?;
        if is_market_socket(path.trim_end_matches('/')) {
            return Ok(Admission { account, kind: SocketKind::Market });
        }
        let pairs = query(pairs);
        check_account(engine, account, pairs.get("account_id").map(String::as_str))?;
        let on_disconnect = match pairs.get("cancel_on_disconnect").map(String::as_str) {
            None | Some("false") => OnDisconnect::Keep,
            Some("true") => OnDisconnect::Cancel,
            Some(_) => return Err(Failure::bad("cancel_on_disconnect: true or false")),
        };
        let seconds = |text: &String| text.parse().ok().filter(|s| (1..=LONGEST_HEARTBEAT_S).contains(s));
        let client_heartbeat = match pairs.get("client_heartbeat_timeout") {
            None => None,
            Some(text) => {
                let seconds = seconds(text).ok_or_else(|| Failure::bad("client_heartbeat_timeout: 1 to 3600"))?;
                Some(Duration::from_secs(seconds))
            }
        };
        Ok(Admission { account, kind: SocketKind::Orders { on_disconnect, client_heartbeat } })
    }
}

/// Every user has one account, of his own name.
pub fn check_account(engine: &Engine, account: AccountId, named: Option<&str>) -> Result<(), Failure> {
    let own = engine.client(account).map(|client| &**client);
    match named {
        Some(name) if own != Some(name) => Err(Failure::forbidden("not an account of this user")),
        _ => Ok(()),
    }
}

/// Names a login of this run; guards nothing of value.
fn name(account: AccountId, wall: Utc, issued: u64) -> String {
    let half = |salt: u64| {
        let mut digest = Digest::default();
        for word in [salt, account.0.into(), wall.0.unsigned_abs(), issued] {
            digest.word(word);
        }
        digest.finish()
    };
    format!("sim-{:016x}{:016x}", half(1), half(2))
}
