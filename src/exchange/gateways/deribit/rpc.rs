//! One request in, one answer out: JSON-RPC framing and its errors.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::base::time::Utc;
use crate::exchange::engine::Refused;
use crate::venues::deribit::wire::{Code, ErrorData, RpcError, Text};

/// Largest message a client may send.
pub const MAX_MESSAGE: usize = 32 * 1024;

/// A refusal on its way to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    pub reason: Option<Cow<'static, str>>,
    pub param: Option<String>,
}

impl Failure {
    pub fn because(code: Code, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, reason: Some(reason.into()), param: None }
    }

    pub fn param(name: &str, reason: &'static str) -> Self {
        Self { param: Some(name.to_owned()), ..Self::because(Code::INVALID_PARAMS, reason) }
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self { code, reason: None, param: None }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::because(Code(refused.code()), refused.reason())
    }
}

/// JSON of a result, or why there is none.
pub type Answer = Result<String, Failure>;

/// Prints a result.
pub fn json<T: Serialize>(value: &T) -> Answer {
    serde_json::to_string(value).map_err(|error| Failure::because(Code::INTERNAL, error.to_string()))
}

/// `"ok"`.
pub fn ok() -> Answer {
    Ok("\"ok\"".to_owned())
}

/// A request that is well-formed, whatever it asks.
#[derive(Debug)]
pub struct Call<'a> {
    /// As the client wrote it, to be echoed.
    pub id: &'a str,
    pub method: Cow<'a, str>,
    /// A JSON object.
    pub params: &'a str,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(default)]
    params: Option<&'a RawValue>,
}

/// Reads one message. The error side carries the id to answer to.
pub fn read(body: &[u8]) -> Result<Call<'_>, (&str, Failure)> {
    const NO_ID: &str = "null";
    if body.len() > MAX_MESSAGE {
        return Err((NO_ID, Failure::because(Code::PARSE_ERROR, "message too large")));
    }
    let raw = serde_json::from_slice::<&RawValue>(body)
        .map_err(|error| (NO_ID, Failure::because(Code::PARSE_ERROR, error.to_string())))?;
    if !raw.get().starts_with('{') {
        return Err((NO_ID, Failure::because(Code::INVALID_REQUEST, "a request is an object")));
    }
    let envelope: Envelope<'_> = serde_json::from_str(raw.get())
        .map_err(|error| (NO_ID, Failure::because(Code::INVALID_REQUEST, error.to_string())))?;
    let id = envelope.id.map_or(NO_ID, RawValue::get);
    if id.starts_with(['{', '[', 't', 'f']) {
        return Err((NO_ID, Failure::because(Code::INVALID_REQUEST, "id must be a number or a string")));
    }
    let params = envelope.params.map_or("{}", RawValue::get);
    if !params.starts_with('{') {
        return Err((id, Failure::because(Code::INVALID_PARAMS, "params must be an object")));
    }
    Ok(Call { id, method: envelope.method.0, params })
}

/// Reads `params`; the offending one is named where the parser knows it.
pub fn params<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let reason = error.to_string();
        let param = reason.split('`').nth(1).map(str::to_owned);
        Failure { code: Code::INVALID_PARAMS, reason: Some(reason.into()), param }
    })
}

/// The whole answer text.
pub fn answer(id: &str, answer: &Answer, now: Utc) -> String {
    let mut text = String::with_capacity(160 + answer.as_ref().map_or(0, String::len));
    text.push_str(r#"{"jsonrpc":"2.0","id":"#);
    text.push_str(id);
    match answer {
        Ok(result) => {
            text.push_str(r#","result":"#);
            text.push_str(result);
        }
        Err(failure) => {
            text.push_str(r#","error":"#);
            text.push_str(&error(failure));
        }
    }
    let micros = now.0.div_euclid(1_000);
    // Writing to a String cannot fail.
    let _ = write!(text, r#","usIn":{micros},"usOut":{micros},"usDiff":0,"testnet":true}}"#);
    text
}

fn error(failure: &Failure) -> String {
    let data = (failure.reason.is_some() || failure.param.is_some()).then(|| ErrorData {
        reason: failure.reason.as_deref().map(Text::from),
        param: failure.param.as_deref().map(Text::from),
    });
    let error = RpcError { code: failure.code.0, message: failure.code.message().into(), data };
    serde_json::to_string(&error).unwrap_or_else(|_| format!(r#"{{"code":{},"message":"error"}}"#, Code::INTERNAL.0))
}
