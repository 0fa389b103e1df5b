//! REST: which path is answered by whom.

use serde::Serialize;

use super::super::parts::{HttpRequest, query};
use super::account::{self, Asker};
use super::auth::check_account;
use super::failure::Failure;
use super::market::{self, Which};
use super::order_shapes::OrderShape;
use super::print::print;
use super::request::{Answer, Query, read};
use super::trading::{self, StatusBody, Trader};

/// What anybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    Health,
    Authenticate,
    Instruments,
    Instrument,
}

/// What needs a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    WhoAmI,
    Ticker,
    Tickers,
    Book,
    Trades,
    Candles,
    Candle(Which),
    FundingRates,
    Preview,
    Balances,
    Positions,
    Fills,
    Transactions,
    Risk,
    Place,
    Cancel,
    CancelAll,
    Replace,
    OpenOrders,
    OrderStatus,
    Orders,
    Margin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Open(Open),
    Closed(Closed),
}

/// # Errors
/// No such path, or not with this method.
pub fn route(request: &HttpRequest<'_>) -> Result<Route, Failure> {
    use Closed as C;
    const GET: &str = "GET";
    const POST: &str = "POST";
    let (path, _) = request.parts();
    let (method, route) = match path.trim_end_matches('/') {
        "/api/health" => (GET, Route::Open(Open::Health)),
        "/api/authenticate" => (POST, Route::Open(Open::Authenticate)),
        "/api/instruments" => (GET, Route::Open(Open::Instruments)),
        "/api/instrument" => (GET, Route::Open(Open::Instrument)),
        "/api/whoami" => (GET, Route::Closed(C::WhoAmI)),
        "/api/ticker" => (GET, Route::Closed(C::Ticker)),
        "/api/tickers" => (GET, Route::Closed(C::Tickers)),
        "/api/book" => (GET, Route::Closed(C::Book)),
        "/api/trades" => (GET, Route::Closed(C::Trades)),
        "/api/candles" => (GET, Route::Closed(C::Candles)),
        "/api/candles/current" => (GET, Route::Closed(C::Candle(Which::Current))),
        "/api/candles/last" => (GET, Route::Closed(C::Candle(Which::Last))),
        "/api/funding-rates" => (GET, Route::Closed(C::FundingRates)),
        "/api/preview-aggressive-limit-order" => (POST, Route::Closed(C::Preview)),
        "/api/balances" => (GET, Route::Closed(C::Balances)),
        "/api/positions" => (GET, Route::Closed(C::Positions)),
        "/api/fills" => (GET, Route::Closed(C::Fills)),
        "/api/transactions" => (GET, Route::Closed(C::Transactions)),
        "/api/risk-snapshot" => (GET, Route::Closed(C::Risk)),
        "/orders/place-order" => (POST, Route::Closed(C::Place)),
        "/orders/cancel-order" => (POST, Route::Closed(C::Cancel)),
        "/orders/cancel-all-orders" => (POST, Route::Closed(C::CancelAll)),
        "/orders/replace-order" => (POST, Route::Closed(C::Replace)),
        "/orders/open-orders" => (GET, Route::Closed(C::OpenOrders)),
        "/orders/order-status" => (GET, Route::Closed(C::OrderStatus)),
        "/orders/orders" => (GET, Route::Closed(C::Orders)),
        "/orders/order-fills" => (GET, Route::Closed(C::Fills)),
        "/orders/initial-margin-requirement" => (POST, Route::Closed(C::Margin)),
        _ => return Err(Failure::not_found("no such path")),
    };
    if request.method == method { Ok(route) } else { Err(Failure::method()) }
}

#[derive(Serialize)]
struct Placed {
    oid: String,
}

#[derive(Serialize)]
struct CancelReceived {
    cxl_rx: bool,
}

#[derive(Serialize)]
struct OpenOrders {
    orders: Vec<OrderShape>,
    total_count: usize,
    limit: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Status {
    status: StatusBody,
}

/// An absent body is an empty one.
fn body_or_empty<'a, T: serde::Deserialize<'a>>(request: &HttpRequest<'a>) -> Result<T, Failure> {
    let bytes = if request.body.is_empty() { b"{}" } else { request.body };
    read(bytes)
}

/// Answers whoever has shown a token.
pub fn answer(trader: &mut Trader<'_>, route: Closed, request: &HttpRequest<'_>) -> Answer {
    let query = Query(query(request.parts().1));
    let (now, account, engine) = (trader.now, trader.account, trader.exchange.engine());
    check_account(engine, account, query.text("account_id"))?;
    let asker = Asker { engine, account, now, opened: trader.exchange.header().start };
    match route {
        Closed::WhoAmI => Ok(account::who_am_i(asker)),
        Closed::Ticker => market::ticker(engine, &query, now),
        Closed::Tickers => market::tickers(engine, &query, now),
        Closed::Book => market::book(engine, &query, now),
        Closed::Trades => market::trades(engine, &query),
        Closed::Candles => market::candles(trader.exchange, &query, now),
        Closed::Candle(which) => market::one_candle(trader.exchange, &query, now, which),
        Closed::FundingRates => market::funding_rates(engine, &query),
        Closed::Preview => market::preview(engine, request.body),
        Closed::Balances => account::balances(asker),
        Closed::Positions => Ok(account::positions(asker)),
        Closed::Fills => account::fills(asker, &query),
        Closed::Transactions => account::transactions(asker, &query),
        Closed::Risk => account::risk(asker),
        Closed::Place => trader.place(&read(request.body)?).map(|oid| print(&Placed { oid })),
        Closed::Cancel => trader.cancel(&read(request.body)?).map(|()| print(&CancelReceived { cxl_rx: true })),
        Closed::CancelAll => trader.cancel_all(&body_or_empty(request)?).map(|()| "{}".to_owned()),
        Closed::Replace => trader.replace(&read(request.body)?).map(|oid| print(&Placed { oid })),
        Closed::OpenOrders => {
            let all = Trader::open_orders(engine, account);
            let (page, total_count) = (query.page()?, all.len());
            Ok(print(&OpenOrders { orders: page.of(all), total_count, limit: page.limit, offset: page.offset }))
        }
        Closed::OrderStatus => {
            let status = trader.status(query.text("oid"), query.number("cid")?)?;
            Ok(print(&Status { status: StatusBody::of(status) }))
        }
        Closed::Orders => trader.history(&query),
        Closed::Margin => trading::margin(engine, account, request.body),
    }
}
