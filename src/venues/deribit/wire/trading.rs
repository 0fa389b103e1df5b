//! Orders and executions of one account.

use serde::{Deserialize, Serialize};

use super::lenient::{Text, flag, integer, number_or_word};
use super::number::Number;
use crate::domain::number::Side;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Buy,
    Sell,
    /// Positions without a size.
    #[default]
    Zero,
}

impl From<Side> for Direction {
    fn from(side: Side) -> Self {
        match side {
            Side::Bid => Self::Buy,
            Side::Ask => Self::Sell,
        }
    }
}

impl Direction {
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::Buy => Some(Side::Bid),
            Self::Sell => Some(Side::Ask),
            Self::Zero => None,
        }
    }
}

/// `params` of `private/buy` and `private/sell`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderParams<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    /// Units; this or `contracts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<Number>,
    /// `limit` when absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub order_type: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub reject_post_only: Option<bool>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub reduce_only: Option<bool>,
    /// The name before `display_amount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_show: Option<Number>,
    /// Units of an iceberg that the book shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_amount: Option<Number>,
    /// `last_price`, `mark_price`, `index_price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Number>,
    /// Of trailing stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_offset: Option<Number>,
    /// `one_triggers_other`, `one_cancels_other`, `one_triggers_one_cancels_other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_order_type: Option<Text<'a>>,
    /// `first_hit`, `complete_fill`, `incremental`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_fill_condition: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otoco_config: Option<Vec<OtocoParams<'a>>>,
    /// Milliseconds; refused when the venue's clock is past it.
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
}

/// One of `otoco_config`: an order that is linked to the one it comes with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtocoParams<'a> {
    pub direction: Direction,
    /// Units; those of the first order when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Number>,
    #[serde(default, borrow, rename = "type", skip_serializing_if = "Option::is_none")]
    pub order_type: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub reject_post_only: Option<bool>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub reduce_only: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_offset: Option<Number>,
}

impl<'a> OtocoParams<'a> {
    /// As an order of its own.
    pub fn order(&self, instrument_name: &Text<'a>) -> OrderParams<'a> {
        OrderParams {
            instrument_name: instrument_name.clone(),
            amount: self.amount,
            order_type: self.order_type.clone(),
            price: self.price,
            label: self.label.clone(),
            time_in_force: self.time_in_force.clone(),
            post_only: self.post_only,
            reject_post_only: self.reject_post_only,
            reduce_only: self.reduce_only,
            trigger: self.trigger.clone(),
            trigger_price: self.trigger_price,
            trigger_offset: self.trigger_offset,
            ..OrderParams::default()
        }
    }
}

/// `params` of `private/edit` (by `order_id`) and `private/edit_by_label` (by `label` and `instrument_name`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_name: Option<Text<'a>>,
    /// The new total, in units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Number>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub reject_post_only: Option<bool>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub reduce_only: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_offset: Option<Number>,
    /// Milliseconds, as with new orders.
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
}

/// `params` of `private/cancel` and `private/get_order_state`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelParams<'a> {
    #[serde(borrow)]
    pub order_id: Text<'a>,
}

/// `params` of `private/cancel_by_label` and `private/get_order_state_by_label`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelParams<'a> {
    #[serde(borrow)]
    pub label: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
}

/// `params` of the queries over orders and of the cancel-all calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub instrument_name: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<'a>>,
    /// `all`, `limit`, …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub order_type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub include_old: Option<bool>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub include_unfilled: Option<bool>,
}

/// An order's price: a number, or the word `market_price`, or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderPrice {
    #[default]
    None,
    Market,
    At(Number),
}

impl OrderPrice {
    pub const fn number(self) -> Option<Number> {
        match self {
            Self::At(number) => Some(number),
            Self::None | Self::Market => None,
        }
    }
}

impl From<Option<Number>> for OrderPrice {
    fn from(number: Option<Number>) -> Self {
        number.map_or(Self::None, Self::At)
    }
}

impl Serialize for OrderPrice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Market => serializer.serialize_str("market_price"),
            Self::At(number) => number.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for OrderPrice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(number_or_word(deserializer)?.into())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    pub order_id: Text<'a>,
    pub instrument_name: Text<'a>,
    pub direction: Direction,
    pub order_type: Text<'a>,
    /// `open`, `filled`, `rejected`, `cancelled`, `untriggered`, `triggered`.
    pub order_state: Text<'a>,
    #[serde(default)]
    pub price: OrderPrice,
    pub amount: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<Number>,
    #[serde(default)]
    pub filled_amount: Option<Number>,
    #[serde(default)]
    pub average_price: Option<Number>,
    #[serde(default)]
    pub time_in_force: Text<'a>,
    #[serde(default)]
    pub label: Text<'a>,
    #[serde(default)]
    pub post_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject_post_only: Option<bool>,
    #[serde(default)]
    pub reduce_only: bool,
    #[serde(default)]
    pub replaced: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_show: Option<Number>,
    /// What the book shows of an iceberg now, and what each of its slices is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_amount: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_amount: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Number>,
    /// Of trailing stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_offset: Option<Number>,
    /// Of trailing stops: the watched price when they were placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_reference_price: Option<Number>,
    /// Of trigger orders, and of what came of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered: Option<bool>,
    /// The trigger order that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_order_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_fill_condition: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oto_order_ids: Vec<Text<'a>>,
    /// Names a pair of which one cancels the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oco_ref: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_primary_otoco: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_secondary_oto: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_order_id: Option<Text<'a>>,
    #[serde(default)]
    pub creation_timestamp: i64,
    #[serde(default)]
    pub last_update_timestamp: i64,
    #[serde(default)]
    pub api: bool,
    #[serde(default)]
    pub web: bool,
    #[serde(default)]
    pub mmp: bool,
    #[serde(default)]
    pub is_liquidation: bool,
    #[serde(default)]
    pub is_rebalance: bool,
    #[serde(default)]
    pub risk_reducing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
}

/// Answer of `private/buy`, `sell` and `edit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed<'a> {
    #[serde(borrow)]
    pub order: Order<'a>,
    #[serde(default)]
    pub trades: Vec<Fill<'a>>,
}

/// One of the account's executions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill<'a> {
    #[serde(borrow)]
    pub trade_id: Text<'a>,
    #[serde(default)]
    pub trade_seq: u64,
    pub order_id: Text<'a>,
    pub instrument_name: Text<'a>,
    pub direction: Direction,
    pub price: Number,
    pub amount: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<Number>,
    #[serde(default)]
    pub fee: Option<Number>,
    #[serde(default)]
    pub fee_currency: Text<'a>,
    /// `M` or `T`.
    #[serde(default)]
    pub liquidity: Text<'a>,
    /// State of the order after it.
    #[serde(default)]
    pub state: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    #[serde(default)]
    pub matching_id: Option<Text<'a>>,
    #[serde(default)]
    pub self_trade: bool,
    #[serde(default)]
    pub profit_loss: Option<Number>,
    #[serde(default)]
    pub order_type: Text<'a>,
    #[serde(default)]
    pub mark_price: Option<Number>,
    #[serde(default)]
    pub index_price: Option<Number>,
    pub timestamp: i64,
    #[serde(default)]
    pub tick_direction: u8,
    #[serde(default)]
    pub post_only: bool,
    #[serde(default)]
    pub reduce_only: bool,
    #[serde(default)]
    pub api: bool,
    #[serde(default)]
    pub mmp: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combo_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combo_trade_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_trade_id: Option<Text<'a>>,
}

/// Answer of `private/get_user_trades_*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fills<'a> {
    #[serde(borrow)]
    pub trades: Vec<Fill<'a>>,
    #[serde(default)]
    pub has_more: bool,
}
