//! Public market data: instruments, books, tickers, trades, prices. Times are milliseconds since the epoch; amounts are in units.

use serde::{Deserialize, Serialize};

use super::lenient::{Text, flag, integer};
use super::number::Number;
use super::trading::Direction;

/// Answer of `public/hello` and `public/test`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version<'a> {
    #[serde(borrow)]
    pub version: Text<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatParams {
    /// Seconds, at least 10.
    #[serde(default, deserialize_with = "integer")]
    pub interval: Option<i64>,
}

/// `params` of the four (un)subscribe calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe<'a> {
    #[serde(borrow)]
    pub channels: Vec<Text<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency<'a> {
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub currency_long: Text<'a>,
    pub coin_type: Text<'a>,
    pub min_confirmations: i64,
    pub fee_precision: i64,
    pub withdrawal_fee: Number,
    #[serde(default)]
    pub disabled_deposit_address_creation: bool,
    #[serde(default)]
    pub withdrawal_priorities: Vec<()>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentsParams<'a> {
    /// `any` and nothing mean all.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
}

/// `params` of calls about one instrument: ticker, get_instrument, get_order_book, positions, history, cancel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentParams<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub depth: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default)]
    pub instrument_id: i64,
    /// `future`, `option`, `spot`, `future_combo`, `option_combo`.
    pub kind: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_type: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub future_type: Option<Text<'a>>,
    pub base_currency: Text<'a>,
    pub quote_currency: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter_currency: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_currency: Option<Text<'a>>,
    /// `day`, `week`, `month`, `perpetual`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_period: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_index: Option<Text<'a>>,
    pub tick_size: Number,
    #[serde(default)]
    pub tick_size_steps: Vec<TickStep>,
    pub min_trade_amount: Number,
    pub contract_size: Number,
    #[serde(default)]
    pub expiration_timestamp: Option<i64>,
    #[serde(default)]
    pub creation_timestamp: i64,
    #[serde(default)]
    pub is_active: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text<'a>>,
    #[serde(default)]
    pub maker_commission: Number,
    #[serde(default)]
    pub taker_commission: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_leverage: Option<Number>,
    #[serde(default)]
    pub max_liquidation_commission: Option<Number>,
    #[serde(default)]
    pub block_trade_commission: Option<Number>,
    #[serde(default)]
    pub block_trade_min_trade_amount: Option<Number>,
    #[serde(default)]
    pub block_trade_tick_size: Option<Number>,
    #[serde(default)]
    pub rfq: bool,
}

/// From `above_price` upwards the tick is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickStep {
    pub above_price: Number,
    pub tick_size: Number,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Combo<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default)]
    pub instrument_id: i64,
    pub state: Text<'a>,
    pub legs: Vec<ComboLeg<'a>>,
    #[serde(default)]
    pub creation_timestamp: i64,
    #[serde(default)]
    pub state_timestamp: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboLeg<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    /// Signed ratio: bought (+) or sold (−) for one spread bought.
    pub amount: Number,
}

/// `params` of `public/get_combo_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboIdsParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    /// `active`, `inactive` or `rfq`; nothing means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text<'a>>,
}

/// `params` of `public/get_combo_details`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboParams<'a> {
    #[serde(borrow)]
    pub combo_id: Text<'a>,
}

/// `params` of `private/create_combo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateComboParams<'a> {
    #[serde(borrow)]
    pub trades: Vec<ComboTrade<'a>>,
}

/// What is bought or sold of one leg. Only the proportions of the amounts count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboTrade<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    pub direction: Direction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Number>,
}

/// `params` of `private/get_leg_prices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegPricesParams<'a> {
    #[serde(borrow)]
    pub legs: Vec<ComboTrade<'a>>,
    /// Of all legs together.
    pub price: Number,
}

/// Answer of `private/get_leg_prices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegPrices<'a> {
    #[serde(borrow)]
    pub legs: Vec<LegPrice<'a>>,
    /// Times the ratio of a leg: its size.
    pub amount: Number,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegPrice<'a> {
    pub ratio: i64,
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    pub price: Number,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BookKind {
    Snapshot,
    Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LevelAction {
    New,
    Change,
    Delete,
}

/// `["new", 2.4, 7300]`; a delete carries amount 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookLevel(pub LevelAction, pub Number, pub Number);

/// `[2.4, 7300]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLevel(pub Number, pub Number);

/// Data of `book.<ins>.<interval>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookData<'a> {
    #[serde(rename = "type")]
    pub kind: BookKind,
    pub timestamp: i64,
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_change_id: Option<u64>,
    pub change_id: u64,
    pub bids: Vec<BookLevel>,
    pub asks: Vec<BookLevel>,
}

/// Data of `book.<ins>.<group>.<depth>.<interval>`: always the whole top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupedBook<'a> {
    pub timestamp: i64,
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    pub change_id: u64,
    pub bids: Vec<PriceLevel>,
    pub asks: Vec<PriceLevel>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    #[serde(default)]
    pub high: Option<Number>,
    #[serde(default)]
    pub low: Option<Number>,
    /// Units traded since the last settlement.
    #[serde(default)]
    pub volume: Option<Number>,
    #[serde(default)]
    pub volume_usd: Option<Number>,
    #[serde(default)]
    pub volume_notional: Option<Number>,
    /// Percent.
    #[serde(default)]
    pub price_change: Option<Number>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticker<'a> {
    pub timestamp: i64,
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default)]
    pub state: Text<'a>,
    #[serde(default)]
    pub stats: Stats,
    #[serde(default)]
    pub best_bid_price: Option<Number>,
    #[serde(default)]
    pub best_bid_amount: Option<Number>,
    #[serde(default)]
    pub best_ask_price: Option<Number>,
    #[serde(default)]
    pub best_ask_amount: Option<Number>,
    #[serde(default)]
    pub last_price: Option<Number>,
    #[serde(default)]
    pub mark_price: Option<Number>,
    #[serde(default)]
    pub index_price: Option<Number>,
    #[serde(default)]
    pub settlement_price: Option<Number>,
    #[serde(default)]
    pub min_price: Option<Number>,
    #[serde(default)]
    pub max_price: Option<Number>,
    #[serde(default)]
    pub open_interest: Option<Number>,
    #[serde(default)]
    pub estimated_delivery_price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_price: Option<Number>,
    #[serde(default)]
    pub interest_value: Option<Number>,
    /// Perpetuals only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_funding: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding_8h: Option<Number>,
    /// Only of the embedded exchange: what other books make of this side, to be had with one order here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_bid_price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_bid_amount: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_ask_price: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_ask_amount: Option<Number>,
}

/// Answer of `public/get_order_book`: a [`Ticker`] with levels. Written out because flattening would lose exact numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderBook<'a> {
    pub timestamp: i64,
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default)]
    pub state: Text<'a>,
    pub change_id: u64,
    pub bids: Vec<PriceLevel>,
    pub asks: Vec<PriceLevel>,
    #[serde(default)]
    pub stats: Stats,
    #[serde(default)]
    pub best_bid_price: Option<Number>,
    #[serde(default)]
    pub best_bid_amount: Option<Number>,
    #[serde(default)]
    pub best_ask_price: Option<Number>,
    #[serde(default)]
    pub best_ask_amount: Option<Number>,
    #[serde(default)]
    pub last_price: Option<Number>,
    #[serde(default)]
    pub mark_price: Option<Number>,
    #[serde(default)]
    pub index_price: Option<Number>,
    #[serde(default)]
    pub settlement_price: Option<Number>,
    #[serde(default)]
    pub min_price: Option<Number>,
    #[serde(default)]
    pub max_price: Option<Number>,
    #[serde(default)]
    pub open_interest: Option<Number>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote<'a> {
    pub timestamp: i64,
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default)]
    pub best_bid_price: Option<Number>,
    #[serde(default)]
    pub best_bid_amount: Option<Number>,
    #[serde(default)]
    pub best_ask_price: Option<Number>,
    #[serde(default)]
    pub best_ask_amount: Option<Number>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade<'a> {
    pub trade_seq: u64,
    #[serde(borrow)]
    pub trade_id: Text<'a>,
    pub timestamp: i64,
    /// 0 up, 1 level after up, 2 down, 3 level after down.
    #[serde(default)]
    pub tick_direction: u8,
    pub price: Number,
    #[serde(default)]
    pub mark_price: Option<Number>,
    #[serde(default)]
    pub index_price: Option<Number>,
    pub instrument_name: Text<'a>,
    /// The taker's side.
    pub direction: Direction,
    pub amount: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<Number>,
    /// On both legs of a combo trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combo_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combo_trade_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_trade_id: Option<Text<'a>>,
    /// On the combo itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<Trade<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradesParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub instrument_name: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<'a>>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub start_seq: Option<i64>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub end_seq: Option<i64>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub start_timestamp: Option<i64>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub end_timestamp: Option<i64>,
    /// `asc`, `desc`, `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sorting: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
    pub include_old: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTrades<'a> {
    #[serde(borrow)]
    pub trades: Vec<Trade<'a>>,
    #[serde(default)]
    pub has_more: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPrice {
    pub index_price: Number,
    pub estimated_delivery_price: Number,
}

/// Data of `deribit_price_index.<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedIndexPrice<'a> {
    #[serde(borrow)]
    pub index_name: Text<'a>,
    pub timestamp: i64,
    pub price: Number,
}
