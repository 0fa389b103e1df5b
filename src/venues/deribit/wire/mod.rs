//! The JSON shapes of Deribit API v2, shared by the client (`venues::deribit`) and the embedded exchange's gateway. Shapes only: no
//! state, no decisions.
//!
//! Numbers keep their decimal text exactly ([`Number`]); no float is ever made. Reading is lenient where venues and HTTP queries
//! differ (quoted numbers, missing optional fields, unknown extra fields); printing is strict and shortest.

mod account;
mod channel;
mod envelope;
mod history;
mod lenient;
mod market;
mod number;
mod special;
mod trading;

pub use account::{
    AccountSummaries, AccountSummary, AuthParams, AuthResult, CancelOnDisconnect, CurrencyParams, Limits, Portfolio,
    Position, Scope,
};
pub use channel::{Channel, Grouping, Interval, Selector};
pub use envelope::{Code, ErrorData, Incoming, Notification, Params, Push, Request, RpcError};
pub use history::{
    Bar, ChartData, ChartParams, DeliveryPrice, DeliveryPrices, FundingParams, FundingRate, IndexName,
    IndexNamesParams, IndexPriceParams, Settlement, Settlements, SettlementsParams,
};
pub use lenient::Text;
pub use market::{
    BookData, BookKind, BookLevel, Combo, ComboIdsParams, ComboLeg, ComboParams, ComboTrade, CreateComboParams,
    Currency, GroupedBook, HeartbeatParams, IndexPrice, Instrument, InstrumentParams, InstrumentsParams, LastTrades,
    LegPrice, LegPrices, LegPricesParams, LevelAction, NamedIndexPrice, OrderBook, PriceLevel, Quote, Stats, Subscribe,
    Ticker, Trade, TradesParams, Version,
};
pub use number::Number;
pub use special::{
    BlockSignature, BlockTrade, BlockTradeLeg, BlockTradeParams, BlockTradesParams, TriggerHistory,
    TriggerHistoryParams, TriggerRecord,
};
pub use trading::{
    CancelParams, Direction, EditParams, Fill, Fills, LabelParams, Order, OrderParams, OrderPrice, OrdersParams,
    OtocoParams, Placed,
};

#[cfg(test)]
mod tests;
