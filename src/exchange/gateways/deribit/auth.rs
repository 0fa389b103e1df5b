//! Sessions: logging in, heartbeats, cancel on disconnect, subscriptions. Any client id opens its own simulated account; secrets are
//! neither checked nor kept.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::connection::{Effect, Heartbeat, OnDisconnect};
use super::context::{Context, Silence};
use super::rpc::{Answer, Failure, json, ok, params};
use crate::base::digest::Digest;
use crate::exchange::accounts::AccountId;
use crate::venues::deribit::wire::{
    AuthParams, AuthResult, CancelOnDisconnect, Code, HeartbeatParams, Scope, Subscribe, Text,
};

/// Seconds. Tokens are not really withdrawn then: nothing of value hangs on them.
const EXPIRES_IN: i64 = 900;
const SCOPE: &str = "account:read_write connection mainaccount trade:read_write";
const MIN_HEARTBEAT_SECS: i64 = 10;
const MAX_HEARTBEAT_SECS: i64 = 3_600;

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    Some(match method {
        "public/auth" => log_in(context, text),
        "public/set_heartbeat" => set_heartbeat(context, text),
        "public/disable_heartbeat" => disable_heartbeat(context),
        "public/subscribe" | "private/subscribe" => subscribe(context, method, text),
        "public/unsubscribe" | "private/unsubscribe" => unsubscribe(context, text),
        "public/unsubscribe_all" | "private/unsubscribe_all" => unsubscribe_all(context),
        "private/enable_cancel_on_disconnect" => on_disconnect(context, text, OnDisconnect::Cancel),
        "private/disable_cancel_on_disconnect" => on_disconnect(context, text, OnDisconnect::Keep),
        "private/get_cancel_on_disconnect" => get_on_disconnect(context, text),
        "private/logout" => log_out(context),
        _ => return None,
    })
}

/// The account of an `access_token` in the parameters; `None` when there is no token.
pub fn by_token(context: &Context<'_>, text: &str) -> Result<Option<AccountId>, Failure> {
    #[derive(Deserialize)]
    struct Token<'a> {
        #[serde(default, borrow)]
        access_token: Option<Text<'a>>,
    }
    match params::<Token<'_>>(text)?.access_token {
        None => Ok(None),
        Some(token) => match context.sessions.tokens.get(token.as_str()) {
            Some(account) => Ok(Some(*account)),
            None => Err(Failure::because(Code::UNAUTHORIZED, "invalid_token")),
        },
    }
}

fn log_in(context: &mut Context<'_>, text: &str) -> Answer {
    let auth: AuthParams<'_> = params(text)?;
    let given = |value: &Option<Text<'_>>| value.as_ref().is_some_and(|v| !v.is_empty());
    let complete = match auth.grant_type.as_str() {
        "client_credentials" => given(&auth.client_secret),
        "client_signature" => given(&auth.signature) && auth.timestamp.is_some(),
        "refresh_token" => given(&auth.refresh_token),
        "coinbase_cdp" => given(&auth.token),
        _ => return Err(Failure::param("grant_type", "unsupported grant type")),
    };
    if !complete {
        return Err(Failure::because(Code::INVALID_CREDENTIALS, "credentials are incomplete"));
    }
    let account = match &auth.refresh_token {
        Some(token) if auth.grant_type.as_str() == "refresh_token" => {
            *context.sessions.tokens.get(token.as_str()).ok_or(Code::INVALID_CREDENTIALS)?
        }
        _ => {
            let bearer = auth.token.as_deref().filter(|_| auth.grant_type.as_str() == "coinbase_cdp");
            let named = match bearer {
                Some(token) => subject(token),
                None => auth.client_id.as_deref().map(str::to_owned),
            };
            let client = named.filter(|id| !id.is_empty()).ok_or(Code::INVALID_CREDENTIALS)?;
            if client.len() > 128 {
                return Err(Code::INVALID_CREDENTIALS.into());
            }
            context.exchange.open_account(context.now, &client, context.released)
        }
    };
    let cancelling = context.sessions.cancelling.contains(&account);
    if let Ok(connection) = context.socket() {
        connection.log_in(account);
        if cancelling {
            connection.on_disconnect = OnDisconnect::Cancel;
        }
    }
    let [access, refresh] = ["access", "refresh"].map(|what| token(what, account));
    context.sessions.tokens.insert(access.clone(), account);
    context.sessions.tokens.insert(refresh.clone(), account);
    let scope = match &auth.scope {
        Some(asked) if !asked.is_empty() => format!("{SCOPE} {asked}"),
        _ => SCOPE.to_owned(),
    };
    json(&AuthResult {
        access_token: access.into(),
        refresh_token: refresh.into(),
        expires_in: EXPIRES_IN,
        scope: scope.into(),
        token_type: "bearer".into(),
    })
}

/// Whose key a JSON Web Token speaks for (RFC 7519: the claim `sub`). Its signature is not checked, as no secret is here.
fn subject(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
    }
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.sub)
}

/// Names an account of this run; guards nothing.
fn token(what: &str, account: AccountId) -> String {
    let mut digest = Digest::default();
    digest.bytes(what.as_bytes());
    digest.word(account.0.into());
    format!("sim-{what}-{:016x}", digest.finish())
}

fn log_out(context: &mut Context<'_>) -> Answer {
    context.caller()?;
    let connection = context.socket()?;
    connection.on_disconnect = OnDisconnect::Keep;
    let to = connection.id;
    context.effects.push(Effect::Close { to, why: "logged out" });
    context.silent = Silence::Keep;
    ok()
}

fn set_heartbeat(context: &mut Context<'_>, text: &str) -> Answer {
    let now = context.wall;
    let connection = context.socket()?;
    let asked: HeartbeatParams = params(text)?;
    let seconds = asked.interval.filter(|s| (MIN_HEARTBEAT_SECS..=MAX_HEARTBEAT_SECS).contains(s));
    let seconds = seconds.ok_or_else(|| Failure::param("interval", "must be 10 to 3600 seconds"))?;
    let interval = Duration::from_secs(seconds.unsigned_abs());
    connection.heartbeat = Some(Heartbeat { interval, next: now + interval, asked: false });
    ok()
}

fn disable_heartbeat(context: &mut Context<'_>) -> Answer {
    context.socket()?.heartbeat = None;
    ok()
}

fn subscribe(context: &mut Context<'_>, method: &str, text: &str) -> Answer {
    let who = context.socket()?.id;
    if method.starts_with("private/") {
        context.caller()?;
    }
    let asked: Subscribe<'_> = params(text)?;
    let mut accepted: Vec<Text<'_>> = Vec::with_capacity(asked.channels.len());
    for name in asked.channels {
        let private = name.starts_with("user.");
        if private && method.starts_with("public/") {
            continue;
        }
        let (now, engine) = (context.now, context.exchange.engine());
        if let Some(joined) = context.feeds.join(now, &name, engine, context.connections, who, context.effects) {
            context.joined.extend(joined);
            accepted.push(name);
        }
    }
    json(&accepted)
}

fn unsubscribe(context: &mut Context<'_>, text: &str) -> Answer {
    let who = context.socket()?.id;
    let asked: Subscribe<'_> = params(text)?;
    let mut left: Vec<Text<'_>> = Vec::with_capacity(asked.channels.len());
    for name in asked.channels {
        let Some(connection) = context.connections.get_mut(&who) else { break };
        if context.feeds.leave(&name, context.exchange.engine(), connection) {
            left.push(name);
        }
    }
    json(&left)
}

fn unsubscribe_all(context: &mut Context<'_>) -> Answer {
    let connection = context.socket()?;
    connection.feeds.clear();
    let who = connection.id;
    context.feeds.leave_all(who);
    ok()
}

fn on_disconnect(context: &mut Context<'_>, text: &str, wanted: OnDisconnect) -> Answer {
    let account = context.caller()?;
    let asked: CancelOnDisconnect = params(text)?;
    let connection = context.socket()?;
    match asked.scope {
        Scope::Connection => connection.on_disconnect = wanted,
        Scope::Account if wanted == OnDisconnect::Cancel => {
            context.sessions.cancelling.insert(account);
        }
        Scope::Account => {
            context.sessions.cancelling.remove(&account);
        }
    }
    ok()
}

fn get_on_disconnect(context: &mut Context<'_>, text: &str) -> Answer {
    #[derive(Serialize)]
    struct Setting {
        scope: Scope,
        enabled: bool,
    }
    let account = context.caller()?;
    let asked: CancelOnDisconnect = params(text)?;
    let enabled = match asked.scope {
        Scope::Connection => context.socket()?.on_disconnect == OnDisconnect::Cancel,
        Scope::Account => context.sessions.cancelling.contains(&account),
    };
    json(&Setting { scope: asked.scope, enabled })
}
