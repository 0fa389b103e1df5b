//! What was: settlements, fixings of indices, bars. Times are milliseconds since the epoch; amounts are in units.

use serde::{Deserialize, Serialize};

use super::lenient::{Text, flag, integer};
use super::number::Number;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPriceParams<'a> {
    #[serde(borrow)]
    pub index_name: Text<'a>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPrices<'a> {
    #[serde(borrow)]
    pub data: Vec<DeliveryPrice<'a>>,
    pub records_total: i64,
}

/// One fixing of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPrice<'a> {
    /// `2026-11-20`.
    #[serde(borrow)]
    pub date: Text<'a>,
    pub delivery_price: Number,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexNamesParams {
    /// Whether more than the names is wanted.
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub extended: Option<bool>,
}

/// One item of an extended `get_index_price_names`. The last three are of the embedded exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexName<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    #[serde(default)]
    pub future_combo_enabled: bool,
    #[serde(default)]
    pub option_combo_enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text<'a>>,
    /// Milliseconds between publications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication_interval: Option<i64>,
    #[serde(default)]
    pub simulated: bool,
}

/// `params` of the calls for settlements, of one instrument or of a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementsParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub instrument_name: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    /// `settlement`, `delivery`, `bankruptcy`; nothing means all.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<'a>>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<Text<'a>>,
    /// The newest time to begin at.
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub search_start_timestamp: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlements<'a> {
    #[serde(borrow)]
    pub settlements: Vec<Settlement<'a>>,
    /// What to ask the next page with; nothing after the last.
    #[serde(default)]
    pub continuation: Option<Text<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement<'a> {
    /// `settlement` or `delivery`.
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    pub timestamp: i64,
    pub instrument_name: Text<'a>,
    #[serde(default)]
    pub mark_price: Option<Number>,
    #[serde(default)]
    pub index_price: Option<Number>,
    #[serde(default)]
    pub session_profit_loss: Option<Number>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartParams<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default, deserialize_with = "integer")]
    pub start_timestamp: Option<i64>,
    #[serde(default, deserialize_with = "integer")]
    pub end_timestamp: Option<i64>,
    /// Minutes, or `1D`.
    pub resolution: Text<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingParams<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default, deserialize_with = "integer")]
    pub start_timestamp: Option<i64>,
    #[serde(default, deserialize_with = "integer")]
    pub end_timestamp: Option<i64>,
}

/// A row of `public/get_funding_rate_history`: one hour that ended at `timestamp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingRate {
    pub timestamp: i64,
    pub index_price: Number,
    pub prev_index_price: Number,
    pub interest_8h: Number,
    pub interest_1h: Number,
}

/// Data of `chart.trades.<ins>.<resolution>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    pub tick: i64,
    pub open: Number,
    pub high: Number,
    pub low: Number,
    pub close: Number,
    pub volume: Number,
    pub cost: Number,
}

/// Answer of `public/get_tradingview_chart_data`: one column each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartData<'a> {
    pub ticks: Vec<i64>,
    pub open: Vec<Number>,
    pub high: Vec<Number>,
    pub low: Vec<Number>,
    pub close: Vec<Number>,
    pub volume: Vec<Number>,
    pub cost: Vec<Number>,
    /// `ok` or `no_data`.
    #[serde(borrow)]
    pub status: Text<'a>,
}
