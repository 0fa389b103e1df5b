//! Why a request is refused: a code in the manner of HTTP and a sentence. The three surfaces print it in different words.

use std::borrow::Cow;

use serde::Serialize;

use super::print::print;

/// A refusal on its way to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: u16,
    pub message: Cow<'static, str>,
}

impl Failure {
    fn new(code: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }

    /// The request makes no sense.
    pub fn bad(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, message)
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "a valid token is needed: POST /api/authenticate")
    }

    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, message)
    }

    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(404, message)
    }

    pub fn method() -> Self {
        Self::new(405, "this path takes another method")
    }

    pub fn too_many() -> Self {
        Self::new(429, "too many requests")
    }

    pub fn symbol(symbol: &str) -> Self {
        let shown: String = symbol.chars().take(64).collect();
        Self::not_found(format!("Symbol {shown} is not available"))
    }

    /// As the body of an HTTP answer.
    pub fn body(&self) -> String {
        print(&Wrapped { error: Spelt { message: &self.message, code: self.code } })
    }

    /// As a frame of the market-data socket.
    pub fn market_frame(&self, rid: Option<i64>) -> String {
        print(&MarketFrame { rid, error: Spelt { message: &self.message, code: self.code } })
    }

    /// As a frame of the orders socket.
    pub fn order_frame(&self, rid: Option<i64>) -> String {
        print(&OrderFrame { rid, err: Short { code: self.code, msg: &self.message } })
    }
}

#[derive(Serialize)]
struct Spelt<'a> {
    message: &'a str,
    code: u16,
}

#[derive(Serialize)]
struct Wrapped<'a> {
    error: Spelt<'a>,
}

#[derive(Serialize)]
struct MarketFrame<'a> {
    rid: Option<i64>,
    error: Spelt<'a>,
}

#[derive(Serialize)]
struct Short<'a> {
    code: u16,
    msg: &'a str,
}

#[derive(Serialize)]
struct OrderFrame<'a> {
    rid: Option<i64>,
    err: Short<'a>,
}
