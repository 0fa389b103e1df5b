//! Who one is and what one has, over REST.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::failure::Failure;
use super::oid::Ulid;
use super::order_shapes;
use super::print::{Dec, contracts, print, side};
use super::request::{Answer, Query};
use super::shapes::CURRENCY;
use super::symbols;
use crate::base::time::Utc;
use crate::domain::number::{Money, Price};
use crate::domain::order::Liquidity;
use crate::exchange::accounts::{AccountId, PositionView};
use crate::exchange::catalogue::{Listing, VenueData};
use crate::exchange::engine::{Engine, Fill};

const LONGEST_SPAN: Duration = Duration::from_secs(7 * 86_400);

/// Whoever asks, and what is known of him.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    pub engine: &'a Engine,
    pub account: AccountId,
    pub now: Utc,
    /// When the exchange opened, and with it every account.
    pub opened: Utc,
}

impl<'a> Asker<'a> {
    fn name(self) -> &'a str {
        self.engine.client(self.account).map_or("", |client| client)
    }

    fn venue(self) -> &'a VenueData {
        &self.engine.catalogue().data().venue
    }

    /// Positions of what this venue lists.
    fn positions(self) -> Vec<(&'a Listing, String, PositionView)> {
        let catalogue = self.engine.catalogue();
        let named = |view: PositionView| {
            let listing = catalogue.get(view.listing)?;
            symbols::symbol(catalogue, listing).map(|symbol| (&**listing, symbol, view))
        };
        self.engine.positions(self.account).into_iter().filter_map(named).collect()
    }

    /// Fills of what this venue lists, with the name of it, oldest first; legs of spreads included.
    fn fills(self) -> impl Iterator<Item = (String, &'a Fill)> {
        let catalogue = self.engine.catalogue();
        self.engine.fills(self.account).filter_map(move |fill| {
            let listing = catalogue.get(fill.trade.listing)?;
            symbols::symbol(catalogue, listing).map(|symbol| (symbol, fill))
        })
    }
}

#[derive(Serialize)]
struct WhoAmI<'a> {
    id: &'a str,
    username: &'a str,
    created_at: String,
    is_onboarded: bool,
    is_frozen: bool,
    is_admin: bool,
    require_2fa: bool,
    accounts: [AccountShape<'a>; 1],
}

#[derive(Serialize)]
struct AccountShape<'a> {
    id: &'a str,
    name: &'a str,
    is_close_only: bool,
    maker_fee: Dec<Price>,
    taker_fee: Dec<Price>,
    can_list: bool,
    can_read: bool,
    can_set_limits: bool,
    can_reduce_or_close: bool,
    can_trade: bool,
}

pub fn who_am_i(asker: Asker<'_>) -> String {
    let (name, venue) = (asker.name(), asker.venue());
    print(&WhoAmI {
        id: name,
        username: name,
        created_at: asker.opened.to_string(),
        is_onboarded: true,
        is_frozen: false,
        is_admin: false,
        require_2fa: false,
        accounts: [AccountShape {
            id: name,
            name,
            is_close_only: false,
            maker_fee: Dec(Price(venue.maker_fee.0)),
            taker_fee: Dec(Price(venue.taker_fee.0)),
            can_list: true,
            can_read: true,
            can_set_limits: false,
            can_reduce_or_close: true,
            can_trade: true,
        }],
    })
}

#[derive(Serialize)]
struct Balances<'a> {
    balances: [Balance<'a>; 1],
    usd_borrow: Dec<Money>,
}

#[derive(Serialize)]
struct Balance<'a> {
    account_id: &'a str,
    symbol: &'static str,
    amount: Dec<Money>,
}

fn unknown() -> Failure {
    Failure::not_found("the account has no portfolio")
}

pub fn balances(asker: Asker<'_>) -> Answer {
    let portfolio = asker.engine.portfolio(asker.account).ok_or_else(unknown)?;
    let balance = Balance { account_id: asker.name(), symbol: CURRENCY, amount: Dec(portfolio.balance) };
    Ok(print(&Balances { balances: [balance], usd_borrow: Dec(Money::ZERO) }))
}

#[derive(Serialize)]
struct Positions<'a> {
    positions: Vec<Position<'a>>,
}

#[derive(Serialize)]
struct Position<'a> {
    account_id: &'a str,
    symbol: String,
    signed_quantity: i64,
    signed_cost_basis: Dec<Money>,
    signed_notional: Dec<Money>,
    timestamp: String,
    realized_pnl: Dec<Money>,
}

/// What was paid for a position: its worth at the mark less what it has gained.
fn cost(listing: &Listing, view: &PositionView) -> Money {
    notional(listing, view) - view.floating
}

fn notional(listing: &Listing, view: &PositionView) -> Money {
    Money::notional(view.mark.unwrap_or_default(), view.net, listing.contract_size)
}

pub fn positions(asker: Asker<'_>) -> String {
    let of = |(listing, symbol, view): (&Listing, String, PositionView)| {
        let last = asker.engine.fills(asker.account).rev().find(|fill| fill.trade.listing == view.listing);
        Position {
            account_id: asker.name(),
            symbol,
            signed_quantity: contracts(view.net),
            signed_cost_basis: Dec(cost(listing, &view)),
            signed_notional: Dec(notional(listing, &view)),
            timestamp: last.map_or(asker.now, |fill| fill.trade.utc).to_string(),
            realized_pnl: Dec(view.realised),
        }
    };
    print(&Positions { positions: asker.positions().into_iter().map(of).collect() })
}

#[derive(Serialize)]
struct Fills<'a> {
    fills: Vec<FillShape<'a>>,
    limit: usize,
    total_count: usize,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct FillShape<'a> {
    trade_id: String,
    order_id: Option<String>,
    account_id: &'a str,
    timestamp: String,
    symbol: String,
    price: Dec<Price>,
    quantity: i64,
    is_taker: bool,
    fee: Dec<Money>,
    side: &'static str,
    realized_pnl: Dec<Money>,
}

pub fn trade_id(utc: Utc, number: u64) -> String {
    Ulid::new(utc, 0, number).print('T')
}

/// Newest first, of a week at the most.
pub fn fills(asker: Asker<'_>, query: &Query) -> Answer {
    let (start, end) = query.span()?;
    if start.zip(end).is_some_and(|(start, end)| end.since(start) > LONGEST_SPAN + Duration::from_secs(1)) {
        return Err(Failure::bad("the span may be seven days long"));
    }
    let end = end.unwrap_or(Utc(i64::MAX));
    let start = start.unwrap_or(end.min(asker.now) - LONGEST_SPAN);
    let order = query.text("order_id").map(|text| order_shapes::order_id(text).unwrap_or_default());
    let of = |(symbol, fill): (String, &Fill)| {
        let inside = (start..end).contains(&fill.trade.utc) && order.is_none_or(|order| order == fill.order);
        inside.then(|| FillShape {
            trade_id: trade_id(fill.trade.utc, fill.trade.trade_id),
            order_id: asker.engine.order(asker.account, fill.order).map(order_shapes::oid),
            account_id: asker.name(),
            timestamp: fill.trade.utc.to_string(),
            symbol,
            price: Dec(fill.trade.price),
            quantity: contracts(fill.trade.qty),
            is_taker: fill.liquidity == Liquidity::Taker,
            fee: Dec(fill.fee),
            side: side(fill.side),
            realized_pnl: Dec(fill.profit_loss),
        })
    };
    let mut list: Vec<_> = asker.fills().filter_map(of).collect();
    list.reverse();
    let (page, total_count) = (query.page()?, list.len());
    let next_cursor = page.next_cursor(total_count);
    Ok(print(&Fills { fills: page.of(list), limit: page.limit, total_count, next_cursor }))
}

#[derive(Serialize)]
struct Transactions<'a> {
    transactions: Vec<Transaction<'a>>,
    limit: usize,
    total_count: usize,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Transaction<'a> {
    account_id: &'a str,
    event_id: String,
    symbol: &'static str,
    timestamp: String,
    amount: Dec<Money>,
    transaction_type: &'static str,
    reference_id: Option<String>,
    initiated_by_user_id: Option<String>,
}

/// The opening deposit, and the fees of the fills that are remembered. Newest first.
pub fn transactions(asker: Asker<'_>, query: &Query) -> Answer {
    let entry = |event_id, timestamp: Utc, amount, transaction_type, reference_id| Transaction {
        account_id: asker.name(),
        event_id,
        symbol: CURRENCY,
        timestamp: timestamp.to_string(),
        amount: Dec(amount),
        transaction_type,
        reference_id,
        initiated_by_user_id: None,
    };
    let event = |utc, number| Ulid::new(utc, 0, number).print('E');
    let fees = asker.fills().filter(|(_, fill)| fill.fee != Money::ZERO).map(|(_, fill)| {
        let utc = fill.trade.utc;
        let reference = trade_id(utc, fill.trade.trade_id);
        entry(event(utc, fill.trade.trade_id), utc, -fill.fee, "fee", Some(reference))
    });
    let deposit = entry(event(asker.opened, 0), asker.opened, asker.venue().opening_balance, "deposit", None);
    let wanted = query.text("transaction_types");
    let wanted = |kind: &str| wanted.is_none_or(|list| list.split(',').any(|word| word == kind));
    let mut list: Vec<_> = std::iter::once(deposit).chain(fees).filter(|row| wanted(row.transaction_type)).collect();
    list.reverse();
    let (page, total_count) = (query.page()?, list.len());
    let next_cursor = page.next_cursor(total_count);
    Ok(print(&Transactions { transactions: page.of(list), limit: page.limit, total_count, next_cursor }))
}

#[derive(Serialize)]
struct Risk<'a> {
    risk_snapshot: RiskSnapshot<'a>,
}

#[derive(Serialize)]
struct RiskSnapshot<'a> {
    account_id: &'a str,
    timestamp_ns: String,
    balance_usd: Dec<Money>,
    equity: Dec<Money>,
    unrealized_pnl: Dec<Money>,
    initial_margin_required_for_positions: Dec<Money>,
    initial_margin_required_for_open_orders: Dec<Money>,
    initial_margin_required_total: Dec<Money>,
    initial_margin_available: Dec<Money>,
    maintenance_margin_required: Dec<Money>,
    maintenance_margin_available: Dec<Money>,
    per_symbol: BTreeMap<String, SymbolRisk>,
}

#[derive(Serialize)]
struct SymbolRisk {
    signed_quantity: i64,
    signed_cost_basis: Dec<Money>,
    signed_notional: Dec<Money>,
    mark_price: Option<Dec<Price>>,
    average_price: Option<Dec<Price>>,
    initial_margin_required_position: Dec<Money>,
    initial_margin_required_open_orders: Dec<Money>,
    initial_margin_required_total: Dec<Money>,
    maintenance_margin_required: Dec<Money>,
    unrealized_pnl: Dec<Money>,
    liquidation_price: Option<Dec<Price>>,
}

pub fn risk(asker: Asker<'_>) -> Answer {
    let portfolio = asker.engine.portfolio(asker.account).ok_or_else(unknown)?;
    let positions = asker.positions();
    let sum = |of: fn(&PositionView) -> Money| positions.iter().map(|(_, _, view)| of(view)).sum::<Money>();
    let for_orders = sum(|view| view.open_orders_margin);
    let per_symbol = positions.iter().map(|(listing, symbol, view)| {
        let risk = SymbolRisk {
            signed_quantity: contracts(view.net),
            signed_cost_basis: Dec(cost(listing, view)),
            signed_notional: Dec(notional(listing, view)),
            mark_price: view.mark.map(Dec),
            average_price: view.average_price.map(Dec),
            initial_margin_required_position: Dec(view.initial_margin - view.open_orders_margin),
            initial_margin_required_open_orders: Dec(view.open_orders_margin),
            initial_margin_required_total: Dec(view.initial_margin),
            maintenance_margin_required: Dec(view.maintenance_margin),
            unrealized_pnl: Dec(view.floating),
            liquidation_price: view.liquidation_price.map(Dec),
        };
        (symbol.clone(), risk)
    });
    Ok(print(&Risk {
        risk_snapshot: RiskSnapshot {
            account_id: asker.name(),
            timestamp_ns: asker.now.to_string(),
            balance_usd: Dec(portfolio.balance),
            equity: Dec(portfolio.equity),
            unrealized_pnl: Dec(sum(|view| view.floating)),
            initial_margin_required_for_positions: Dec(portfolio.initial_margin - for_orders),
            initial_margin_required_for_open_orders: Dec(for_orders),
            initial_margin_required_total: Dec(portfolio.initial_margin),
            initial_margin_available: Dec(portfolio.available),
            maintenance_margin_required: Dec(portfolio.maintenance_margin),
            maintenance_margin_available: Dec(portfolio.equity - portfolio.maintenance_margin),
            per_symbol: per_symbol.collect(),
        },
    }))
}
