//! Histories of trigger orders, and block trades.

use serde::{Deserialize, Serialize};

use super::lenient::{Text, integer};
use super::number::Number;
use super::trading::{Direction, Fill, OrderPrice};

/// `params` of `private/get_trigger_order_history`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerHistoryParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_name: Option<Text<'a>>,
    /// `stop_limit`, `take_all`, …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub order_type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<Text<'a>>,
}

/// Something that happened to a trigger order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerRecord<'a> {
    pub timestamp: i64,
    #[serde(borrow)]
    pub trigger_order_id: Text<'a>,
    /// What it has become.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Text<'a>>,
    /// `new`, `triggered`, `cancelled`, `rejected:<reason>`.
    pub order_state: Text<'a>,
    /// `trigger:order`, `trigger:cancel`.
    pub request: Text<'a>,
    pub instrument_name: Text<'a>,
    pub direction: Direction,
    pub order_type: Text<'a>,
    pub price: OrderPrice,
    pub amount: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_offset: Option<Number>,
    #[serde(default)]
    pub label: Text<'a>,
    #[serde(default)]
    pub reduce_only: bool,
    #[serde(default)]
    pub post_only: bool,
    #[serde(default)]
    pub last_update_timestamp: i64,
}

/// Answer of `private/get_trigger_order_history`, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerHistory<'a> {
    #[serde(borrow)]
    pub entries: Vec<TriggerRecord<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<Text<'a>>,
}

/// `params` of `private/verify_block_trade`, `execute_block_trade` and `simulate_block_trade`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTradeParams<'a> {
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Text<'a>>,
    /// `maker` or `taker`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Text<'a>>,
    pub trades: Vec<BlockTradeLeg<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty_signature: Option<Text<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTradeLeg<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    /// Of the maker.
    pub direction: Direction,
    pub price: Number,
    /// Units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Number>,
}

/// Answer of `private/verify_block_trade`, and `params` of `private/invalidate_block_trade_signature`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSignature<'a> {
    #[serde(borrow)]
    pub signature: Text<'a>,
}

/// `params` of `private/get_block_trade` (`id`) and `private/get_block_trades`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTradesParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Older ones than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_id: Option<Text<'a>>,
    /// The oldest that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_id: Option<Text<'a>>,
}

/// A block trade as one of its sides sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTrade<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    pub timestamp: i64,
    pub trades: Vec<Fill<'a>>,
}
