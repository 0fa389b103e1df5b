//! Reads captured frames and says what they mean: `tenor inspect deribit`. For anyone with a capture and a doubt.
//!
//! A capture has no catalogue to look instruments up in: terms come from `get_instruments` answers in it, and an instrument that
//! none of them names is taken in the venue's own units. Answers without their questions are told apart by their shape.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::codec::book::{BookKind, BookMessage};
use super::codec::fault::Fault;
use super::codec::frame::{self, Frame};
use super::codec::symbols::{Symbols, Terms};
use super::codec::{account, book, market};
use super::describe::describe;
use super::wire::{self, Channel, Placed};
use crate::domain::book::Book;
use crate::domain::event::{AnomalyKind, Batch, BookLoss, Fixing, Link, VenueEvent};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Price, Qty, Side};
use crate::venues::parts::sequence::{Standing, standing};

/// What a capture holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Frames read.
    pub frames: u64,
    pub events: Vec<Entry>,
    /// Frames or fields that could not be understood, and broken sequences.
    pub anomalies: Vec<Entry>,
    /// Frames that are known and carry nothing that this program uses.
    pub unused: u64,
    pub books: Vec<FinalBook>,
}

/// Something said by one frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Line of the capture, from 1.
    pub line: u64,
    pub text: String,
}

/// A book as the capture leaves it; prices and contracts as exact decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FinalBook {
    pub symbol: Arc<str>,
    pub change_id: u64,
    /// No change was missing, no level inconsistent, never crossed.
    pub is_whole: bool,
    pub bids: Vec<(String, String)>,
    pub asks: Vec<(String, String)>,
}

impl Report {
    /// For people: one line an event, then the anomalies, then the final books.
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = self.events.iter().map(|e| format!("{:>6}  {}", e.line, e.text)).collect();
        lines.push(format!(
            "{} frames, {} events, {} not used, {} anomalies",
            self.frames,
            self.events.len(),
            self.unused,
            self.anomalies.len()
        ));
        lines.extend(self.anomalies.iter().map(|e| format!("{:>6}  {}", e.line, e.text)));
        for book in &self.books {
            let state = if book.is_whole { "whole" } else { "NOT whole" };
            lines.push(format!("book {} at {}, {state}", book.symbol, book.change_id));
            let level = |(price, qty): &(String, String)| format!("{price:>14} x {qty}");
            lines.extend(book.asks.iter().rev().map(|row| format!("  ask {}", level(row))));
            lines.extend(book.bids.iter().map(|row| format!("  bid {}", level(row))));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// The same as one JSON document.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// Decodes frames, one JSON text a line. Empty lines are skipped.
pub fn inspect<'a>(lines: impl IntoIterator<Item = &'a str>) -> Report {
    let mut inspector = Inspector::default();
    for (line, text) in (1..).zip(lines) {
        if !text.trim().is_empty() {
            inspector.frame(line, text.trim());
        }
    }
    inspector.finish()
}

#[derive(Default)]
struct Inspector {
    report: Report,
    symbols: Symbols,
    names: Vec<Arc<str>>,
    books: BTreeMap<InstrumentId, Followed>,
    batch: Batch,
}

/// A book being rebuilt.
struct Followed {
    book: Book,
    change_id: Option<u64>,
    is_whole: bool,
}

/// Keys by which answers are told apart.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Keys<'a> {
    #[serde(borrow)]
    order: Option<&'a RawValue>,
    trades: Option<&'a RawValue>,
    order_id: Option<&'a RawValue>,
    bids: Option<&'a RawValue>,
    equity: Option<&'a RawValue>,
    tick_size: Option<&'a RawValue>,
    size: Option<&'a RawValue>,
    stats: Option<&'a RawValue>,
}

impl Inspector {
    fn frame(&mut self, line: u64, text: &str) {
        self.report.frames += 1;
        self.batch.clear();
        let outcome = match frame::parse(text.as_bytes()) {
            Ok(Frame::News { channel, data }) => self.news(channel, data),
            Ok(Frame::Answer { result: Ok(result), .. }) => self.answer(line, result),
            Ok(Frame::Answer { result: Err(refusal), .. }) => {
                self.say(line, format!("refusal {} {}", refusal.code, refusal.message));
                Ok(())
            }
            Ok(Frame::Heartbeat | Frame::TestRequest | Frame::Request) => self.skip(),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = outcome {
            self.batch.events.push(VenueEvent::Anomaly(fault.on(Link::Market)));
        }
        self.tell(line);
    }

    fn skip(&mut self) -> Result<(), Fault> {
        self.report.unused += 1;
        Ok(())
    }

    fn say(&mut self, line: u64, text: String) {
        self.report.events.push(Entry { line, text });
    }

    /// Writes down what the frame led to.
    fn tell(&mut self, line: u64) {
        let symbol = |id: InstrumentId| self.names.get(id.index()).cloned().unwrap_or_default();
        for event in &self.batch.events {
            let list = match event {
                VenueEvent::Anomaly(_) => &mut self.report.anomalies,
                _ => &mut self.report.events,
            };
            list.push(Entry { line, text: describe(event, &self.batch, &symbol) });
        }
    }

    fn register(&mut self, symbol: &str, terms: impl FnOnce(InstrumentId) -> Terms) -> bool {
        let is_new = self.symbols.get(symbol.as_bytes()).is_none();
        if is_new {
            let name: Arc<str> = symbol.into();
            self.symbols.insert(name.clone(), terms(InstrumentId(self.names.len() as u32)));
            self.names.push(name);
        }
        is_new
    }

    /// Reads something; an instrument that nobody listed is taken in the venue's own units.
    fn read<T>(&mut self, mut read: impl FnMut(&Symbols, &mut Batch) -> Result<T, Fault>) -> Result<T, Fault> {
        loop {
            match read(&self.symbols, &mut self.batch) {
                Err(fault) if fault.what == AnomalyKind::UnknownInstrument => {
                    if !self.register(&fault.detail, |id| Terms::new(id, 1, Qty(1))) {
                        return Err(fault);
                    }
                }
                done => return done,
            }
        }
    }

    /// Reads each item; one that cannot be read does not hide the others.
    fn read_each<W>(&mut self, items: &[W], read: impl Fn(&W, &Symbols) -> Result<VenueEvent, Fault>) {
        for item in items {
            let event = self.read(|symbols, _| read(item, symbols));
            self.batch.events.push(event.unwrap_or_else(|fault| VenueEvent::Anomaly(fault.on(Link::Market))));
        }
    }

    fn news(&mut self, channel: &str, data: &str) -> Result<(), Fault> {
        match Channel::parse(channel) {
            Some(Channel::Book(symbol, _)) => {
                let message = self.read(|symbols, batch| book::book(&symbol, data, symbols, &mut batch.levels))?;
                self.follow(&message);
            }
            Some(Channel::GroupedBook(..)) => self.top(data)?,
            Some(Channel::Trades(..)) => self.trades(&serde_json::from_str::<Vec<wire::Trade<'_>>>(data)?),
            Some(Channel::Ticker(..)) => self.ticker(data)?,
            Some(Channel::PriceIndex(_)) => {
                let Fixing { index_name, utc, price } = market::index_price(data)?;
                self.batch.events.push(VenueEvent::IndexPrice { index_name, utc, price });
            }
            Some(Channel::UserOrders(..)) if data.starts_with('[') => {
                self.orders(&serde_json::from_str::<Vec<_>>(data)?);
            }
            Some(Channel::UserOrders(..)) => self.orders(&[serde_json::from_str(data)?]),
            Some(Channel::UserTrades(..)) => self.fills(&serde_json::from_str::<Vec<_>>(data)?),
            Some(Channel::UserPortfolio(_)) => {
                self.batch.events.push(VenueEvent::Account(Box::new(account::account(data)?)));
            }
            Some(
                Channel::IncrementalTicker(_)
                | Channel::Quote(_)
                | Channel::Perpetual(..)
                | Channel::Chart { .. }
                | Channel::EstimatedExpiration(_)
                | Channel::InstrumentState { .. }
                | Channel::PlatformState
                | Channel::UserChanges(..),
            ) => {
                self.skip()?;
            }
            None if frame::is_known_unused(channel) => self.skip()?,
            None => return Err(Fault::new(AnomalyKind::UnknownMessage, channel)),
        }
        Ok(())
    }

    fn answer(&mut self, line: u64, result: &str) -> Result<(), Fault> {
        if !result.starts_with('[') {
            return self.answered_one(line, result);
        }
        let items: Vec<&RawValue> = serde_json::from_str(result)?;
        for item in items {
            self.answered_one(line, item.get())?;
        }
        Ok(())
    }

    fn answered_one(&mut self, line: u64, result: &str) -> Result<(), Fault> {
        if !result.starts_with('{') {
            return self.skip();
        }
        let keys: Keys<'_> = serde_json::from_str(result)?;
        if keys.order.is_some() {
            let placed: Placed<'_> = serde_json::from_str(result)?;
            self.orders(&[placed.order]);
            self.fills(&placed.trades);
        } else if keys.order_id.is_some() {
            self.orders(&[serde_json::from_str(result)?]);
        } else if let Some(trades) = keys.trades {
            self.trades(&serde_json::from_str::<Vec<wire::Trade<'_>>>(trades.get())?);
        } else if keys.bids.is_some() {
            self.top(result)?;
        } else if keys.tick_size.is_some() {
            self.listed(line, &serde_json::from_str(result)?)?;
        } else if keys.size.is_some() {
            let data: wire::Position<'_> = serde_json::from_str(result)?;
            let position = self.read(|symbols, _| account::position(&data, symbols))?;
            self.batch.events.push(VenueEvent::Positions(vec![position]));
        } else if keys.equity.is_some() {
            self.batch.events.push(VenueEvent::Account(Box::new(account::account(result)?)));
        } else if keys.stats.is_some() {
            self.ticker(result)?;
        } else {
            self.skip()?;
        }
        Ok(())
    }

    fn listed(&mut self, line: u64, data: &wire::Instrument<'_>) -> Result<(), Fault> {
        let contract_size = data.contract_size.integer().ok().filter(|size| *size > 0).unwrap_or(1);
        let lot = data.min_trade_amount.contracts(contract_size)?;
        self.register(&data.instrument_name, |id| Terms::new(id, contract_size, lot));
        let (name, kind, tick) = (&data.instrument_name, &data.kind, data.tick_size);
        self.say(line, format!("lists {name}, {kind}, tick {tick}, lot {lot}, contract of {}", data.contract_size));
        Ok(())
    }

    fn trades(&mut self, trades: &[wire::Trade<'_>]) {
        self.read_each(trades, |data, symbols| market::trade(data, symbols).map(VenueEvent::Trade));
    }

    fn orders(&mut self, orders: &[wire::Order<'_>]) {
        self.read_each(orders, |data, symbols| account::order(data, symbols).map(|o| VenueEvent::Order(Box::new(o))));
    }

    fn fills(&mut self, fills: &[wire::Fill<'_>]) {
        self.read_each(fills, |data, symbols| account::fill(data, symbols).map(|f| VenueEvent::Fill(Box::new(f))));
    }

    fn ticker(&mut self, data: &str) -> Result<(), Fault> {
        let ticker = self.read(|symbols, _| market::ticker(data, symbols))?;
        self.batch.events.push(VenueEvent::Ticker(Box::new(ticker)));
        Ok(())
    }

    fn top(&mut self, data: &str) -> Result<(), Fault> {
        let message = self.read(|symbols, batch| book::top(data, symbols, &mut batch.levels))?;
        self.batch.events.push(snapshot(&message, &self.batch));
        Ok(())
    }

    /// Applies a book message to the book being rebuilt. Unlike a session it goes on after a gap: a capture is all there is.
    fn follow(&mut self, message: &BookMessage) {
        let instrument = message.terms.id;
        let followed = self.books.entry(instrument).or_insert_with(Followed::new);
        let change_id = message.change_id;
        match message.kind {
            BookKind::Snapshot => {
                *followed = Followed { is_whole: book::is_sorted_snapshot(&self.batch.levels), ..Followed::new() };
                self.batch.events.push(snapshot(message, &self.batch));
            }
            BookKind::Change { prev_change_id } => {
                match followed.change_id.map(|last| standing(last, prev_change_id, change_id)) {
                    Some(Standing::Follows) => {}
                    Some(Standing::Duplicate) => {
                        let fault = Fault::new(AnomalyKind::Duplicate, format!("change {change_id}"));
                        return self.batch.events.push(VenueEvent::Anomaly(fault.on(Link::Market)));
                    }
                    Some(Standing::Gap { expected, got }) => {
                        followed.is_whole = false;
                        let why = BookLoss::Gap { expected, got };
                        self.batch.events.push(VenueEvent::BookLost { instrument, why });
                    }
                    None => followed.is_whole = false,
                }
                let levels = 0..self.batch.levels.len() as u32;
                let utc = message.utc;
                let event = VenueEvent::BookChange { instrument, prev_change_id, change_id, utc, levels };
                self.batch.events.push(event);
            }
        }
        followed.change_id = Some(change_id);
        for level in &self.batch.levels {
            let before = followed.book.set(level.side, level.price, level.qty);
            followed.is_whole &= !(before.is_zero() && level.qty.is_zero());
        }
        followed.is_whole &= !followed.book.is_crossed();
    }

    fn finish(mut self) -> Report {
        let rows = |book: &Book, side| {
            let mut levels = Vec::new();
            book.copy_levels(side, usize::MAX, &mut levels);
            levels.iter().map(|level| (level.price.to_string(), level.qty.to_string())).collect()
        };
        for (id, followed) in &self.books {
            self.report.books.push(FinalBook {
                symbol: self.names.get(id.index()).cloned().unwrap_or_default(),
                change_id: followed.change_id.unwrap_or_default(),
                is_whole: followed.is_whole,
                bids: rows(&followed.book, Side::Bid),
                asks: rows(&followed.book, Side::Ask),
            });
        }
        self.report
    }
}

impl Followed {
    fn new() -> Self {
        Self { book: Book::new(Price(1)), change_id: None, is_whole: true }
    }
}

fn snapshot(message: &BookMessage, batch: &Batch) -> VenueEvent {
    VenueEvent::BookSnapshot {
        instrument: message.terms.id,
        change_id: message.change_id,
        utc: message.utc,
        levels: 0..batch.levels.len() as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(prev: u64, id: u64, bids: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.H100_USDC-31DEC26.100ms","data":{{"type":"{}","timestamp":1,"instrument_name":"H100_USDC-31DEC26","prev_change_id":{prev},"change_id":{id},"bids":{bids},"asks":[]}}}}}}"#,
            if prev == 0 { "snapshot" } else { "change" }
        )
    }

    #[test]
    fn a_hole_in_a_capture_is_told_and_the_rest_still_read() {
        let lines = [
            r#"{"jsonrpc":"2.0","id":1,"result":[{"instrument_name":"H100_USDC-31DEC26","kind":"future","base_currency":"H100","quote_currency":"USDC","tick_size":0.01,"min_trade_amount":730,"contract_size":730}]}"#.to_owned(),
            change(0, 10, r#"[["new",2.41,7300],["new",2.4,1460]]"#),
            change(10, 12, r#"[["delete",2.41,0]]"#),
            change(13, 15, r#"[["new",2.42,730.0]]"#),
            change(13, 15, r#"[["new",2.42,730]]"#),
            "not json".to_owned(),
        ];
        let report = inspect(lines.iter().map(String::as_str));
        let texts: Vec<&str> = report.events.iter().map(|event| event.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "lists H100_USDC-31DEC26, future, tick 0.01, lot 1, contract of 730",
                "book H100_USDC-31DEC26 snapshot 10: bid 2.41x10 bid 2.4x2",
                "book H100_USDC-31DEC26 change 10 to 12: bid 2.41x0",
                "book H100_USDC-31DEC26 lost: gap, expected 12 and got 13",
                "book H100_USDC-31DEC26 change 13 to 15: bid 2.42x1",
            ]
        );
        let wrong: Vec<u64> = report.anomalies.iter().map(|anomaly| anomaly.line).collect();
        assert_eq!(wrong, [5, 6], "a repeat and a line that is no JSON");
        let book = &report.books[0];
        assert!(!book.is_whole);
        assert_eq!(book.bids, [("2.42".to_owned(), "1".to_owned()), ("2.4".to_owned(), "2".to_owned())]);
        assert!(report.text().contains("NOT whole"));
        assert!(serde_json::from_str::<serde_json::Value>(&report.json()).is_ok());
    }
}
