//! The same calls over HTTP: `GET /api/v2/<method>?<params>`, or POST of a JSON-RPC body to `/api/v2`.

use std::collections::BTreeMap;

use serde_json::Value;

pub use super::super::parts::HttpRequest;
use super::super::parts::query;
use super::context::Sessions;
use super::rpc::{self, Answer, Failure};
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::sim::{Exchange, Released};
use crate::venues::deribit::wire::Code;

const ROOT: &str = "/api/v2";

/// A call that owns its parts.
pub struct Parsed {
    pub id: String,
    pub method: String,
    pub params: String,
}

pub fn read<'a>(request: &HttpRequest<'a>) -> Result<Parsed, (&'a str, Failure)> {
    const NO_ID: &str = "null";
    let (path, query) = request.parts();
    let method = path.strip_prefix(ROOT).map(|rest| rest.trim_matches('/'));
    let method = method.ok_or_else(|| (NO_ID, Failure::because(Code::NOT_FOUND, "paths begin with /api/v2")))?;
    match request.method {
        "GET" => Ok(Parsed { id: NO_ID.to_owned(), method: method.to_owned(), params: query_to_json(query) }),
        "POST" => {
            let call = rpc::read(request.body)?;
            Ok(Parsed { id: call.id.to_owned(), method: call.method.into_owned(), params: call.params.to_owned() })
        }
        _ => Err((NO_ID, Failure::because(Code::BAD_REQUEST, "only GET and POST"))),
    }
}

/// The account that the `Authorization` header names: `deri-hmac-sha256 id=…,ts=…,sig=…,nonce=…` or `Bearer <token>`.
pub fn authorise(
    request: &HttpRequest<'_>,
    sessions: &mut Sessions,
    now: Utc,
    exchange: &mut Exchange,
    released: &mut Released,
) -> Result<Option<AccountId>, Failure> {
    let Some(header) = request.authorization else { return Ok(None) };
    let (scheme, rest) = header.trim().split_once(' ').ok_or(Code::UNAUTHORIZED)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        let account = sessions.tokens.get(rest.trim());
        return account.map(|id| Some(*id)).ok_or_else(|| Failure::because(Code::UNAUTHORIZED, "invalid_token"));
    }
    if !scheme.eq_ignore_ascii_case("deri-hmac-sha256") {
        return Err(Failure::because(Code::UNAUTHORIZED, "unsupported authorization scheme"));
    }
    let fields: BTreeMap<&str, &str> = rest.split(',').filter_map(|field| field.trim().split_once('=')).collect();
    let complete = ["ts", "sig", "nonce"].iter().all(|key| fields.get(key).is_some_and(|value| !value.is_empty()));
    let client = fields.get("id").filter(|id| complete && (1..=128).contains(&id.len()));
    let client = client.ok_or_else(|| Failure::because(Code::UNAUTHORIZED, "the signature is incomplete"))?;
    Ok(Some(exchange.open_account(now, client, released)))
}

/// Refusals are 400, as clients of the real venue expect; the body tells the rest.
pub fn status(answer: &Answer) -> u16 {
    match answer {
        Ok(_) => 200,
        Err(failure) if failure.code == Code::METHOD_NOT_FOUND || failure.code == Code::NOT_FOUND => 404,
        Err(failure) if failure.code == Code::UNAUTHORIZED || failure.code == Code::AUTHORIZATION_REQUIRED => 401,
        Err(_) => 400,
    }
}

/// Parameters whose value is JSON.
const LISTS: [&str; 3] = ["legs", "otoco_config", "trades"];

/// All values become JSON strings, but lists: the shapes read numbers and flags from text too.
fn query_to_json(text: &str) -> String {
    let value = |key: &str, value: String| {
        let list = if LISTS.contains(&key) { serde_json::from_str(&value).ok() } else { None };
        list.unwrap_or(Value::String(value))
    };
    let pairs: BTreeMap<String, Value> = query(text)
        .into_iter()
        .map(|(key, text)| {
            let value = value(&key, text);
            (key, value)
        })
        .collect();
    serde_json::to_string(&pairs).unwrap_or_else(|_| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_become_json() {
        assert_eq!(query_to_json("a=1&b=x%22y&c=d+e&&f"), r#"{"a":"1","b":"x\"y","c":"d e","f":""}"#);
        assert_eq!(
            query_to_json("trades=%5B%7B%22a%22%3A1%7D%5D&label=%5B1%5D"),
            r#"{"label":"[1]","trades":[{"a":1}]}"#
        );
        assert_eq!(query_to_json("trades=%5B"), r#"{"trades":"["}"#);
    }
}
