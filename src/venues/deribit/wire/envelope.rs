//! JSON-RPC 2.0 as Deribit speaks it: requests, answers, notifications, error codes.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::lenient::Text;

/// What a client sends.
#[derive(Clone, Debug, Serialize)]
pub struct Request<'a, P> {
    pub jsonrpc: &'static str,
    pub id: u64,
    pub method: &'a str,
    pub params: P,
}

impl<'a, P> Request<'a, P> {
    pub const fn new(id: u64, method: &'a str, params: P) -> Self {
        Self { jsonrpc: "2.0", id, method, params }
    }
}

/// An empty `params` object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {}

/// Anything a server sends: an answer has `id` and one of `result`, `error`; a notification has `method` and `params`.
#[derive(Clone, Debug, Deserialize)]
pub struct Incoming<'a> {
    #[serde(default)]
    pub id: Option<u64>,
    #[serde(default, borrow)]
    pub method: Option<Text<'a>>,
    #[serde(default)]
    pub params: Option<&'a RawValue>,
    #[serde(default)]
    pub result: Option<&'a RawValue>,
    #[serde(default)]
    pub error: Option<RpcError<'a>>,
    /// When the venue read the request and wrote the answer, microseconds since the epoch.
    #[serde(default, rename = "usIn")]
    pub us_in: Option<i64>,
    #[serde(default, rename = "usOut")]
    pub us_out: Option<i64>,
    #[serde(default)]
    pub testnet: Option<bool>,
}

/// `params` of a notification: `subscription` has `channel` and `data`, `heartbeat` has `type`.
#[derive(Clone, Debug, Deserialize)]
pub struct Push<'a> {
    #[serde(default, borrow)]
    pub channel: Option<Text<'a>>,
    #[serde(default)]
    pub data: Option<&'a RawValue>,
    /// `heartbeat` or `test_request`.
    #[serde(default, rename = "type")]
    pub kind: Option<Text<'a>>,
}

/// A subscription notification as the server prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Notification<'a, T> {
    pub jsonrpc: &'static str,
    pub method: &'static str,
    pub params: NotificationParams<'a, T>,
}

#[derive(Clone, Debug, Serialize)]
pub struct NotificationParams<'a, T> {
    pub channel: &'a str,
    pub data: T,
}

impl<'a, T> Notification<'a, T> {
    pub const fn new(channel: &'a str, data: T) -> Self {
        Self { jsonrpc: "2.0", method: "subscription", params: NotificationParams { channel, data } }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RpcError<'a> {
    pub code: i64,
    #[serde(default, borrow)]
    pub message: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<ErrorData<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorData<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<Text<'a>>,
}

/// Deribit's documented error codes, those that this program gives or acts upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub i64);

macro_rules! codes {
    ($($name:ident = $code:literal $message:literal;)*) => {
        impl Code {
            $(pub const $name: Self = Self($code);)*

            /// The venue's own word for it.
            pub const fn message(self) -> &'static str {
                match self.0 {
                    $($code => $message,)*
                    _ => "error",
                }
            }
        }
    };
}

codes! {
    AUTHORIZATION_REQUIRED = 10000 "authorization_required";
    ERROR = 10001 "error";
    QTY_TOO_LOW = 10002 "qty_too_low";
    ORDER_OVERLAP = 10003 "order_overlap";
    ORDER_NOT_FOUND = 10004 "order_not_found";
    PRICE_TOO_LOW = 10005 "price_too_low";
    PRICE_TOO_HIGH = 10007 "price_too_high";
    NOT_ENOUGH_FUNDS = 10009 "not_enough_funds";
    ALREADY_CLOSED = 10010 "already_closed";
    PRICE_NOT_ALLOWED = 10011 "price_not_allowed";
    BOOK_CLOSED = 10012 "book_closed";
    TOO_MANY_OPEN_ORDERS = 10013 "pme_max_total_open_orders";
    INVALID_INSTRUMENT = 10020 "invalid_or_unsupported_instrument";
    INVALID_AMOUNT = 10021 "invalid_amount";
    INVALID_QUANTITY = 10022 "invalid_quantity";
    INVALID_PRICE = 10023 "invalid_price";
    INVALID_MAX_SHOW = 10024 "invalid_max_show";
    INVALID_ORDER_ID = 10025 "invalid_order_id";
    PRICE_PRECISION = 10026 "price_precision_exceeded";
    NON_INTEGER_CONTRACTS = 10027 "non_integer_contract_amount";
    TOO_MANY_REQUESTS = 10028 "too_many_requests";
    NOT_OWNER = 10029 "not_owner_of_order";
    WEBSOCKET_ONLY = 10030 "must_be_websocket_request";
    NOT_IMPLEMENTED = 10033 "not_implemented";
    TRIGGER_PRICE_TOO_HIGH = 10034 "trigger_price_too_high";
    TRIGGER_PRICE_TOO_LOW = 10035 "trigger_price_too_low";
    INVALID_MAX_SHOW_AMOUNT = 10036 "invalid_max_show_amount";
    RETRY = 10040 "retry";
    SETTLEMENT_IN_PROGRESS = 10041 "settlement_in_progress";
    PRICE_WRONG_TICK = 10043 "price_wrong_tick";
    TRIGGER_PRICE_WRONG_TICK = 10044 "trigger_price_wrong_tick";
    ENGINE_QUEUE_FULL = 10047 "matching_engine_queue_full";
    ALREADY_FILLED = 11008 "already_filled";
    INVALID_ARGUMENTS = 11029 "invalid_arguments";
    OTHER_REJECT = 11030 "other_reject";
    NO_MORE_TRIGGERS = 11035 "no_more_triggers";
    INVALID_TRIGGER_PRICE = 11036 "invalid_trigger_price";
    NOT_OPEN_ORDER = 11044 "not_open_order";
    BAD_REQUEST = 11050 "bad_request";
    SYSTEM_MAINTENANCE = 11051 "system_maintenance";
    POST_ONLY_REJECT = 11054 "post_only_reject";
    INTERNAL = 11094 "internal_server_error";
    INVALID_CREDENTIALS = 13004 "invalid_credentials";
    UNAUTHORIZED = 13009 "unauthorized";
    VALUE_REQUIRED = 13010 "value_required";
    NOT_FOUND = 13020 "not_found";
    FORBIDDEN = 13021 "forbidden";
    NON_UNIQUE_LABEL = 13032 "non_unique_order_label";
    TIMED_OUT = 13888 "timed_out";
    NO_MORE_OTO_ORDERS = 13901 "no_more_oto_orders";
    MISSING_PARAMS = -32000 "Missing params";
    INVALID_REQUEST = -32600 "Invalid Request";
    METHOD_NOT_FOUND = -32601 "Method not found";
    INVALID_PARAMS = -32602 "Invalid params";
    PARSE_ERROR = -32700 "Parse error";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.message())
    }
}
