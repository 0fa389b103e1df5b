//! The rows of panels that have no table of their own figures: what the venue lists, books, trades, orders, fills and positions, as
//! the View has them.

use super::sheet::{self, Sheet};
use crate::curves::spark::SparkMonth;
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Price, Qty, Side};
use crate::view::View;
use crate::view::curve::{CurveMonth, FIGURES};
use crate::view::market::TapeRow;

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn name(view: &View, id: InstrumentId) -> String {
    text(view.instrument(id).map(|terms| &terms.contract))
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Bid => "buy",
        Side::Ask => "sell",
    }
}

/// A row a contract, in the catalogue's order.
pub fn market(view: &View) -> Sheet {
    let head = ["contract", "state", "bid_lots", "bid", "ask", "ask_lots", "last", "settle", "change", "volume"];
    let mut sheet = Sheet::new(head);
    for (id, terms) in view.catalogue.iter().filter(|(_, terms)| terms.is_active) {
        let Some(market) = view.market(id) else { continue };
        let [bid, ask] = Side::BOTH.map(|side| market.book.best(side));
        sheet.push([
            terms.contract.to_string(),
            view.book_state(id, view.at).word().to_owned(),
            text(bid.map(|level| level.qty)),
            sheet::price(bid.map(|level| level.price)),
            sheet::price(ask.map(|level| level.price)),
            text(ask.map(|level| level.qty)),
            sheet::price(market.last_price()),
            sheet::price(market.settlement()),
            sheet::price(market.change()),
            text(market.ticker.as_ref().map(|ticker| ticker.volume)),
        ]);
    }
    sheet
}

/// A row a month of the curve that a contract belongs to.
pub fn curve(view: &View, id: InstrumentId) -> Option<Sheet> {
    let curve = view.curve(view.instrument(id)?.contract.product()?)?;
    let head = std::iter::once("delivery").chain(FIGURES).map(str::to_owned).collect();
    let row = |at: &CurveMonth| std::iter::once(at.month.screen()).chain(at.figures().map(text)).collect();
    Some(Sheet { head, rows: curve.months.iter().map(row).collect() })
}

/// A row a price level, highest first.
pub fn book(view: &View, id: InstrumentId) -> Option<Sheet> {
    let market = view.market(id)?;
    let mut sheet = Sheet::new(["contract", "price", "bid_lots", "ask_lots"]);
    let contract = name(view, id);
    let mut push = |price: Price, bid: Option<Qty>, ask: Option<Qty>| {
        sheet.push([contract.clone(), price.to_string(), text(bid), text(ask)]);
    };
    for level in market.book.levels(Side::Ask).iter().rev() {
        push(level.price, None, Some(level.qty));
    }
    for level in market.book.levels(Side::Bid) {
        push(level.price, Some(level.qty), None);
    }
    Some(sheet)
}

/// A row a trade, newest first.
pub fn tape(view: &View, id: InstrumentId) -> Option<Sheet> {
    let mut sheet = Sheet::new(["time", "contract", "price", "lots", "aggressor"]);
    let tape = &view.market(id)?.tape;
    let rows: Vec<&TapeRow> = tape.since(tape.first_seq()).collect();
    for row in rows.into_iter().rev() {
        if let TapeRow::Trade(trade) = row {
            let (price, lots) = (trade.price.to_string(), trade.qty.to_string());
            sheet.push([trade.utc.to_string(), name(view, id), price, lots, side(trade.aggressor).to_owned()]);
        }
    }
    Some(sheet)
}

/// Orders as the desk knows them, then fills.
pub fn blotter(view: &View) -> Sheet {
    let head = ["kind", "time", "contract", "side", "price", "lots", "filled", "state", "tag"];
    let mut sheet = Sheet::new(head);
    for order in view.trading.orders.iter() {
        sheet.push([
            "order".to_owned(),
            order.updated.to_string(),
            name(view, order.instrument),
            side(order.side).to_owned(),
            sheet::price(order.price),
            order.qty.to_string(),
            order.filled.to_string(),
            order.phase.word().to_owned(),
            order.tag().to_owned(),
        ]);
    }
    let fills = &view.trading.fills;
    for fill in fills.since(fills.first_seq()) {
        sheet.push([
            "fill".to_owned(),
            fill.utc.to_string(),
            name(view, fill.instrument),
            side(fill.side).to_owned(),
            fill.price.to_string(),
            fill.qty.to_string(),
            fill.qty.to_string(),
            "Filled".to_owned(),
            fill.trade_id.to_string(),
        ]);
    }
    sheet
}

pub fn positions(view: &View) -> Sheet {
    let mut sheet = Sheet::new(["contract", "lots", "average", "mark", "open_pl", "realised", "fees"]);
    for held in view.trading.positions.iter() {
        sheet.push([
            name(view, held.instrument),
            held.net.to_string(),
            sheet::price(held.average),
            sheet::price(held.mark),
            text(held.open_pl),
            held.realised.to_string(),
            held.fees.to_string(),
        ]);
    }
    sheet
}

/// A row a month; analytics to a millionth of a dollar.
pub fn spark(months: &[SparkMonth], k: f64) -> Sheet {
    let head = ["delivery", "k", "tok_bid", "tok_ask", "gpu_bid", "gpu_ask", "spread_bid", "spread_mid", "spread_ask"];
    let mut sheet = Sheet::new(head);
    let figure = |value: Option<f64>| text(value.map(|value| (value * 1e6).round() / 1e6));
    for at in months {
        let [tokens, gpu, spark] = [at.tokens, at.gpu, at.spark];
        sheet.push([
            at.month.screen(),
            k.to_string(),
            figure(tokens.bid),
            figure(tokens.ask),
            figure(gpu.bid),
            figure(gpu.ask),
            figure(spark.bid),
            figure(spark.mid()),
            figure(spark.ask),
        ]);
    }
    sheet
}
