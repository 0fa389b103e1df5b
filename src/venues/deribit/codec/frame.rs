//! The JSON-RPC envelope: whether a frame answers a request, brings news of a channel, or asks for a sign of life.

use serde_json::value::RawValue;

use crate::domain::event::{AnomalyKind, Refusal};
use crate::venues::deribit::wire::{Incoming, Push, RpcError};

use super::fault::Fault;

/// One message of the venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    Answer {
        /// The number of our request, when the venue repeated it.
        id: Option<u64>,
        result: Result<&'a str, Refusal>,
        testnet: Option<bool>,
    },
    News {
        channel: &'a str,
        data: &'a str,
    },
    Heartbeat,
    /// To be answered with `public/test`, or the venue hangs up.
    TestRequest,
    /// A request: only captures of both directions have it.
    Request,
}

/// Reads the envelope and leaves the content as text.
///
/// # Errors
/// Not JSON, or none of the known kinds.
pub fn parse(frame: &[u8]) -> Result<Frame<'_>, Fault> {
    let text = std::str::from_utf8(frame).map_err(|_| Fault::new(AnomalyKind::NotJson, "not UTF-8"))?;
    let incoming: Incoming<'_> = serde_json::from_str(text)?;
    let (id, testnet) = (incoming.id, incoming.testnet);
    let unknown = || Fault::new(AnomalyKind::UnknownMessage, text);
    if let Some(error) = incoming.error {
        return Ok(Frame::Answer { id, result: Err(refusal(&error)), testnet });
    }
    let Some(method) = incoming.method else {
        let result = incoming.result.map(RawValue::get).or(id.map(|_| "null")).ok_or_else(unknown)?;
        return Ok(Frame::Answer { id, result: Ok(result), testnet });
    };
    if method.starts_with("public/") || method.starts_with("private/") {
        return Ok(Frame::Request);
    }
    let push: Push<'_> = serde_json::from_str(incoming.params.ok_or_else(unknown)?.get())?;
    match (method.as_str(), push.channel, push.data) {
        ("subscription", Some(channel), Some(data)) => match channel.0 {
            std::borrow::Cow::Borrowed(channel) => Ok(Frame::News { channel, data: data.get() }),
            std::borrow::Cow::Owned(_) => Err(unknown()),
        },
        ("heartbeat", ..) if push.kind.as_deref() == Some("test_request") => Ok(Frame::TestRequest),
        ("heartbeat", ..) => Ok(Frame::Heartbeat),
        _ => Err(unknown()),
    }
}

/// The venue's words, with its reason when it gives one.
fn refusal(error: &RpcError<'_>) -> Refusal {
    let data = error.data.as_ref();
    let reason = data.and_then(|data| data.reason.as_deref());
    let param = data.and_then(|data| data.param.as_deref());
    let message = match (reason, param) {
        (Some(reason), Some(param)) => format!("{}: {reason} ({param})", error.message),
        (Some(reason), None) => format!("{}: {reason}", error.message),
        _ => error.message.to_string(),
    };
    Refusal { code: error.code, message: message.into() }
}

/// Channels of the documentation that carry nothing we use.
const UNUSED: [&str; 17] = [
    "block_rfq.",
    "block_trade_confirmations",
    "chart.trades.",
    "deribit_price_ranking.",
    "deribit_price_statistics.",
    "deribit_volatility_index.",
    "estimated_expiration_price.",
    "incremental_ticker.",
    "instrument.state.",
    "markprice.options.",
    "platform_state",
    "rfq.",
    "user.access_log",
    "user.block_rfq.",
    "user.changes.",
    "user.combo_trades.",
    "user.mmp_trigger.",
];

/// Whether a channel is known to exist though nothing here needs it.
pub fn is_known_unused(channel: &str) -> bool {
    UNUSED.iter().any(|known| channel.starts_with(known))
}
