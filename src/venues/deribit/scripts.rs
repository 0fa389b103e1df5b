//! Plays the conversations of `tests/scripts/deribit` and compares what the sessions say with what is written there. A line that is
//! not indented is done; the indented lines after it are what came of it. `UPDATE_EXPECT=1` writes them anew.
//!
//! ```text
//! market | orders | orders-without-key      which session, first
//! include NAME                plays another script, silently
//! open | closed WHY | dial-failed WHY | control | wait 1500ms
//! answer METHOD JSON          to the oldest open question of that method
//! refuse METHOD CODE MESSAGE
//! news CHANNEL JSON | < TEXT
//! delist SYMBOL | relist SYMBOL             in the next catalogue
//! catalogue | resync SYMBOL | confirm SYMBOL | bars SYMBOL | reconnect | close | reconcile
//! place ID buy|sell QTY PRICE SYMBOL [post|reject|ioc|fok|day|reduce|market]… | replace ID VENUE_ORDER QTY PRICE
//! cancel ID VENUE_ORDER | cancel-all | find LABEL
//! ```
#![cfg(test)]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::describe::describe;
use super::{Config, Credentials, MarketSession, OrderSession};
use crate::base::time::{Instant, Now, Utc};
use crate::domain::command::SessionCommand;
use crate::domain::contract::{Contract, Delivery, Leg, Month, Product};
use crate::domain::event::VenueEvent;
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId, InstrumentLeg, Unit};
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{
    Approved, Label, NewOrder, OrderId, OrderType, PostOnly, Reduce, ReplaceOrder, TimeInForce, VenueOrderId,
};
use crate::venues::{Input, Output, Session, Wish};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/deribit")
}

fn month(year: i16, month: i8) -> Delivery {
    Delivery::Month(Month { year, month })
}

fn outright(symbol: &str, delivery: Delivery) -> Instrument {
    Instrument {
        symbol: symbol.into(),
        contract: Contract::Outright { product: Product::new("H100").unwrap(), delivery },
        unit: Unit::GpuHour,
        tick: Price(10_000_000),
        lot: Qty::lots(1),
        contract_size: 730,
        currency: "USDC".into(),
        index_name: "h100_usdc".into(),
        expiry: Some(Utc::from_millis(1_798_750_800_000)),
        legs: Vec::new(),
        is_active: true,
        is_halted: false,
    }
}

/// What the order scripts know without a market connection.
fn known_instruments() -> Vec<Instrument> {
    let (near, far) = ("H100_USDC-31DEC26", "H100_USDC-31MAR27");
    let leg = |delivery, ratio| Leg { product: Product::new("H100").unwrap(), delivery, ratio };
    let mut spread = outright("H100_USDC-CAL-31DEC26_31MAR27", Delivery::Perpetual);
    spread.contract = Contract::Spread { legs: vec![leg(month(2026, 12), 1), leg(month(2027, 3), -1)] };
    spread.legs = [(near, 1), (far, -1)].map(|(symbol, ratio)| InstrumentLeg { symbol: symbol.into(), ratio }).to_vec();
    vec![outright(near, month(2026, 12)), outright(far, month(2027, 3)), spread]
}

struct Play {
    session: Box<dyn Session>,
    now: Now,
    listed: Vec<Instrument>,
    catalogue: Catalogue,
    /// Questions not answered yet: number and method.
    open: Vec<(u64, String)>,
    out: Output,
}

impl Play {
    fn new(kind: &str) -> Self {
        let credentials = Credentials { client_id: "scripted".to_owned(), client_secret: "not a secret".into() };
        let config = Config::new((kind != "orders-without-key").then_some(credentials), 7);
        let (session, listed): (Box<dyn Session>, _) = match kind {
            "market" => (Box::new(MarketSession::new(config)), Vec::new()),
            "orders" | "orders-without-key" => (Box::new(OrderSession::new(config)), known_instruments()),
            other => panic!("no such session: {other}"),
        };
        let mut catalogue = Catalogue::default();
        catalogue.reload(listed.clone());
        let now = Now { mono: Instant(1_000_000_000), utc: Utc::from_millis(1_795_326_814_000) };
        Self { session, now, listed, catalogue, open: Vec::new(), out: Output::default() }
    }

    /// Does one line and returns what came of it.
    fn step(&mut self, line: &str) -> Vec<String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut said = Vec::new();
        match verb {
            "wait" => self.wait(rest, &mut said),
            "open" => self.handle(Input::Opened, &mut said),
            "closed" => self.handle(Input::Closed(rest.into()), &mut said),
            "dial-failed" => self.handle(Input::DialFailed(rest.into()), &mut said),
            "control" => self.handle(Input::Control, &mut said),
            "delist" => self.listed.retain(|instrument| *instrument.symbol != *rest),
            "relist" => {
                let id = self.id(rest);
                let known = self.catalogue.get(id).expect("an instrument that was listed");
                self.listed.push(Instrument { is_active: true, ..Instrument::clone(known) });
            }
            "<" => self.handle(Input::Text(rest.as_bytes()), &mut said),
            "news" => {
                let (channel, data) = rest.split_once(' ').unwrap();
                let text = format!(
                    r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"{channel}","data":{data}}}}}"#
                );
                self.handle(Input::Text(text.as_bytes()), &mut said);
            }
            "answer" => {
                let (method, result) = rest.split_once(' ').unwrap();
                let id = self.close_question(method);
                let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result},"testnet":true}}"#);
                self.handle(Input::Text(text.as_bytes()), &mut said);
            }
            "refuse" => {
                let [method, code, message] = fields(rest);
                let id = self.close_question(method);
                let text = format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"{message}","data":null}}}}"#
                );
                self.handle(Input::Text(text.as_bytes()), &mut said);
            }
            _ => {
                let command = self.command(verb, rest);
                self.handle(Input::Command(command), &mut said);
            }
        }
        said
    }

    fn command(&mut self, verb: &str, rest: &str) -> SessionCommand {
        match verb {
            "catalogue" => {
                self.catalogue.reload(self.listed.clone());
                SessionCommand::Catalogue(Arc::new(self.catalogue.clone()))
            }
            "resync" => SessionCommand::Resync(self.id(rest)),
            "confirm" => SessionCommand::Confirm(self.id(rest)),
            "bars" => SessionCommand::Bars(self.id(rest)),
            "reconnect" => SessionCommand::Reconnect,
            "close" => SessionCommand::Close,
            "reconcile" => SessionCommand::Reconcile,
            "positions" => SessionCommand::Positions,
            "cancel-all" => SessionCommand::CancelAll,
            "find" => SessionCommand::FindOrder { label: Label(rest.into()), instrument: InstrumentId(0) },
            "cancel" => {
                let [id, venue_order] = fields(rest);
                let venue_order = VenueOrderId(venue_order.into());
                SessionCommand::Cancel { id: OrderId(id.parse().unwrap()), venue_order }
            }
            "replace" => {
                let [id, venue_order, qty, price] = fields(rest);
                SessionCommand::Replace(Approved::in_test(ReplaceOrder {
                    id: OrderId(id.parse().unwrap()),
                    venue_order: VenueOrderId(venue_order.into()),
                    instrument: InstrumentId(0),
                    qty: Qty::parse(qty).unwrap(),
                    price: Price::parse(price).unwrap(),
                    post_only: PostOnly::Off,
                }))
            }
            "place" => SessionCommand::Place(Approved::in_test(self.order(rest))),
            other => panic!("no such verb: {other}"),
        }
    }

    fn order(&self, rest: &str) -> NewOrder {
        let words: Vec<&str> = rest.split(' ').collect();
        let [id, side, qty, price, symbol, flags @ ..] = words.as_slice() else { panic!("too few words: {rest}") };
        let id = OrderId(id.parse().unwrap());
        let has = |flag| flags.contains(&flag);
        NewOrder {
            id,
            label: Label::new("ladder", "A1", id),
            instrument: self.id(symbol),
            side: if *side == "buy" { Side::Bid } else { Side::Ask },
            qty: Qty::parse(qty).unwrap(),
            price: (!has("market")).then(|| Price::parse(price).unwrap()),
            kind: if has("market") { OrderType::Market } else { OrderType::Limit },
            time_in_force: match () {
                () if has("ioc") => TimeInForce::ImmediateOrCancel,
                () if has("fok") => TimeInForce::FillOrKill,
                () if has("day") => TimeInForce::Day,
                () => TimeInForce::GoodTilCancelled,
            },
            post_only: match () {
                () if has("post") => PostOnly::Reprice,
                () if has("reject") => PostOnly::Reject,
                () => PostOnly::Off,
            },
            reduce: if has("reduce") { Reduce::Only } else { Reduce::Any },
        }
    }

    fn id(&self, symbol: &str) -> InstrumentId {
        self.catalogue.find(symbol).unwrap_or(InstrumentId(999))
    }

    fn close_question(&mut self, method: &str) -> u64 {
        let at = self.open.iter().position(|(_, open)| open == method);
        self.open.remove(at.unwrap_or_else(|| panic!("nobody asked {method}"))).0
    }

    /// Lets time pass, timers going off when they are due.
    fn wait(&mut self, span: &str, said: &mut Vec<String>) {
        let millis = span.strip_suffix("ms").and_then(|ms| ms.parse().ok()).expect("a wait like 1500ms");
        let until = self.now.later(Duration::from_millis(millis));
        while let Some(due) = self.session.deadline().filter(|due| *due <= until.mono) {
            self.now = self.now.later(due.since(self.now.mono));
            self.handle(Input::Timer, said);
            let next = self.session.deadline();
            assert!(next.is_none_or(|next| next > self.now.mono), "a deadline that does not pass: {next:?}");
        }
        self.now = self.now.later(until.mono.since(self.now.mono));
    }

    fn handle(&mut self, input: Input<'_>, said: &mut Vec<String>) {
        self.session.handle(self.now, input, &mut self.out);
        for event in &self.out.batch.events {
            if let VenueEvent::Instruments(list) = event {
                self.listed.clone_from(list);
            }
            let symbol = |id| self.catalogue.get(id).map_or_else(|| "?".into(), |instrument| instrument.symbol.clone());
            said.push(describe(event, &self.out.batch, &symbol));
        }
        self.out.batch.clear();
        for wish in std::mem::take(&mut self.out.wishes) {
            said.push(match wish {
                Wish::Dial => "dial".to_owned(),
                Wish::Hangup => {
                    self.open.clear();
                    "hang up".to_owned()
                }
                Wish::Finish => "finish".to_owned(),
                Wish::Send(text) => self.sent(&text),
            });
        }
    }

    /// Notes a question; prints it without its number, so that scripts do not depend on it.
    fn sent(&mut self, text: &str) -> String {
        let request: Value = serde_json::from_str(text).unwrap();
        let method = request["method"].as_str().unwrap().to_owned();
        let params = text.split_once("\"params\":").unwrap().1.strip_suffix('}').unwrap();
        self.open.push((request["id"].as_u64().unwrap(), method.clone()));
        format!("-> {method} {params}")
    }
}

fn fields<const N: usize>(rest: &str) -> [&str; N] {
    let words: Vec<&str> = rest.splitn(N, ' ').collect();
    words.try_into().unwrap_or_else(|_| panic!("{N} words were expected: {rest}"))
}

/// The lines of a script that are done, comments and blanks left in.
fn inputs(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder().join(name).with_extension("txt")).unwrap();
    text.lines().filter(|line| !line.starts_with("    ")).map(str::to_owned).collect()
}

fn play(name: &str, play: &mut Option<Play>) -> String {
    let mut text = String::new();
    for line in inputs(name) {
        writeln!(text, "{line}").unwrap();
        match line.split_once(' ') {
            _ if line.is_empty() || line.starts_with('#') => {}
            _ if ["market", "orders", "orders-without-key"].contains(&&*line) => *play = Some(Play::new(&line)),
            Some(("include", other)) => drop(self::play(other, play)),
            _ => {
                for said in play.as_mut().expect("a script begins with its session").step(&line) {
                    writeln!(text, "    {said}").unwrap();
                }
            }
        }
    }
    text
}

#[test]
fn sessions_keep_to_their_scripts() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 12, "scripts are missing: {names:?}");
    let mut wrong = String::new();
    for name in names {
        let path = folder().join(&name).with_extension("txt");
        let (written, played) = (std::fs::read_to_string(&path).unwrap(), play(&name, &mut None));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &played).unwrap();
        } else if written != played {
            let at = written.lines().zip(played.lines()).take_while(|(w, p)| w == p).count();
            let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
            writeln!(wrong, "{name}:{}\n  written {}\n  played  {}", at + 1, line(&written), line(&played)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "UPDATE_EXPECT=1 writes what was played\n{wrong}");
}
