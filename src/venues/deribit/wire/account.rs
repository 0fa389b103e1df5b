//! Logging in, positions and balances.

use serde::{Deserialize, Serialize};

use super::lenient::{Text, integer};
use super::number::Number;
use super::trading::Direction;

/// `params` of `public/auth`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthParams<'a> {
    /// `client_credentials`, `client_signature`, `refresh_token`, `coinbase_cdp`.
    #[serde(borrow)]
    pub grant_type: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Text<'a>>,
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Text<'a>>,
    /// JSON Web Token of `coinbase_cdp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Text<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthResult<'a> {
    #[serde(borrow)]
    pub access_token: Text<'a>,
    pub refresh_token: Text<'a>,
    /// Seconds.
    pub expires_in: i64,
    #[serde(default)]
    pub scope: Text<'a>,
    pub token_type: Text<'a>,
}

/// What cancel-on-disconnect covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    #[default]
    Connection,
    Account,
}

/// `params` (scope only) and answers of the cancel-on-disconnect calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOnDisconnect {
    #[serde(default)]
    pub scope: Scope,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyParams<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    #[serde(default)]
    pub kind: Text<'a>,
    pub direction: Direction,
    /// Signed, in units.
    pub size: Number,
    #[serde(default)]
    pub size_currency: Option<Number>,
    #[serde(default)]
    pub average_price: Option<Number>,
    #[serde(default)]
    pub mark_price: Option<Number>,
    #[serde(default)]
    pub index_price: Option<Number>,
    #[serde(default)]
    pub settlement_price: Option<Number>,
    #[serde(default)]
    pub initial_margin: Option<Number>,
    #[serde(default)]
    pub maintenance_margin: Option<Number>,
    #[serde(default)]
    pub open_orders_margin: Option<Number>,
    #[serde(default)]
    pub floating_profit_loss: Option<Number>,
    #[serde(default)]
    pub realized_profit_loss: Option<Number>,
    #[serde(default)]
    pub total_profit_loss: Option<Number>,
    #[serde(default)]
    pub realized_funding: Option<Number>,
    #[serde(default)]
    pub leverage: Option<Number>,
    #[serde(default)]
    pub delta: Option<Number>,
    #[serde(default)]
    pub estimated_liquidation_price: Option<Number>,
    #[serde(default)]
    pub interest_value: Option<Number>,
}

/// Data of `user.portfolio.<currency>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio<'a> {
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub equity: Number,
    pub balance: Number,
    pub available_funds: Number,
    #[serde(default)]
    pub margin_balance: Option<Number>,
    pub initial_margin: Number,
    pub maintenance_margin: Number,
    #[serde(default)]
    pub total_pl: Option<Number>,
    #[serde(default)]
    pub session_rpl: Option<Number>,
    #[serde(default)]
    pub session_upl: Option<Number>,
}

/// One currency of an account: an item of [`AccountSummaries`], and the answer of `private/get_account_summary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSummary<'a> {
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub equity: Number,
    pub balance: Number,
    pub available_funds: Number,
    #[serde(default)]
    pub margin_balance: Option<Number>,
    pub initial_margin: Number,
    pub maintenance_margin: Number,
    #[serde(default)]
    pub available_withdrawal_funds: Option<Number>,
    #[serde(default)]
    pub total_pl: Option<Number>,
    #[serde(default)]
    pub session_rpl: Option<Number>,
    #[serde(default)]
    pub session_upl: Option<Number>,
    #[serde(default)]
    pub cross_collateral_enabled: bool,
    #[serde(default)]
    pub margin_model: Text<'a>,
    #[serde(default)]
    pub limits: Limits,
}

/// Rate limits; the embedded exchange has none to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSummaries<'a> {
    #[serde(default)]
    pub id: i64,
    #[serde(default, borrow)]
    pub email: Text<'a>,
    #[serde(default)]
    pub system_name: Text<'a>,
    #[serde(default)]
    pub username: Text<'a>,
    #[serde(default, rename = "type")]
    pub kind: Text<'a>,
    #[serde(default)]
    pub creation_timestamp: i64,
    #[serde(default)]
    pub login_enabled: bool,
    #[serde(default)]
    pub security_keys_enabled: bool,
    #[serde(default)]
    pub mmp_enabled: bool,
    #[serde(default)]
    pub interuser_transfers_enabled: bool,
    #[serde(default)]
    pub self_trading_reject_mode: Text<'a>,
    #[serde(default)]
    pub self_trading_extended_to_subaccounts: bool,
    #[serde(default)]
    pub block_rfq_self_match_prevention: bool,
    #[serde(default)]
    pub referrer_id: Option<Text<'a>>,
    pub summaries: Vec<AccountSummary<'a>>,
}
