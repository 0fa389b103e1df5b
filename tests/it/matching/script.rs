//! The language of the matching scripts. Names: accounts are opened when they first speak (`alice`, and `maker` is the house);
//! `NOV DEC MAR` are H100 futures, `SPR` the DEC/MAR calendar; orders get the name after `as`, others are called by number.
//!
//! ```text
//! > alice buy 3 DEC 2.81 ioc post reject reduce label x conn 1 as a1
//! > alice edit a1 5 2.80        > alice cancel a1        > alice cancel-on DEC bid
//! > alice cancel-all            > alice cancel-label x   > alice cut 1
//! > mark DEC 2.90   > index 2.81   > until 2026-11-23T21:00:00Z   > book DEC   > stats DEC   > position alice DEC   > cash alice
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use tenor::base::time::Utc;
use tenor::domain::calendar::Calendar;
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{Liquidity, OrderType, PostOnly, Reduce, TimeInForce};
use tenor::exchange::accounts::{AccountId, AccountKind};
use tenor::exchange::catalogue::{CatalogueData, ListingId, ProductId};
use tenor::exchange::engine::{
    Applied, Command, ConnectionId, Edit, Engine, Event, Events, Fill, Order, OrderId, Place, SettlementKind,
};

const START: &str = "2026-11-22T09:00:00Z";
const LISTINGS: [(&str, &str); 4] = [
    ("NOV", "H100_USDC-30NOV26"),
    ("DEC", "H100_USDC-31DEC26"),
    ("MAR", "H100_USDC-31MAR27"),
    ("SPR", "H100_USDC-CAL-31DEC26_31MAR27"),
];
const MARKS: [(&str, &str); 3] = [("NOV", "2.81"), ("DEC", "2.80"), ("MAR", "2.65")];

/// Runs the commands of a script and returns it with the answers as they are now.
pub fn run(text: &str) -> String {
    let mut stage = Stage::new();
    let mut told = String::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("> ") {
            let mut answer = String::new();
            stage.command(command, &mut answer);
            writeln!(told, "{line}").unwrap();
            told.push_str(&answer);
        } else if line.starts_with('#') || line.is_empty() {
            writeln!(told, "{line}").unwrap();
        }
    }
    told
}

struct Stage {
    engine: Engine,
    now: Utc,
    accounts: BTreeMap<AccountId, String>,
    orders: BTreeMap<OrderId, String>,
}

impl Stage {
    fn new() -> Self {
        let now = utc(START);
        let data = Arc::new(CatalogueData::embedded().unwrap());
        let engine = Engine::new(now, data, Arc::new(Calendar::us().unwrap()));
        let mut stage = Self { engine, now, accounts: BTreeMap::new(), orders: BTreeMap::new() };
        stage.engine.set_index(ProductId(0), price("2.81"));
        for (name, mark) in MARKS {
            stage.engine.set_mark(stage.listing(name), price(mark));
        }
        stage
    }

    fn listing(&self, name: &str) -> ListingId {
        let (_, symbol) =
            LISTINGS.iter().find(|(alias, _)| *alias == name).unwrap_or_else(|| panic!("no listing {name}"));
        self.engine.catalogue().find(symbol).unwrap().id
    }

    fn name_of(&self, listing: ListingId) -> Option<&'static str> {
        let symbol = &self.engine.catalogue().get(listing).unwrap().symbol;
        LISTINGS.iter().find(|(_, s)| **s == **symbol).map(|(alias, _)| *alias)
    }

    fn order(&self, name: &str) -> OrderId {
        *self.orders.iter().find(|(_, n)| *n == name).unwrap_or_else(|| panic!("no order {name}")).0
    }

    fn account(&mut self, name: &str) -> AccountId {
        let kind = if name == "maker" { AccountKind::House } else { AccountKind::Client };
        let id = self.engine.open_account(name, kind);
        self.accounts.insert(id, name.to_owned());
        id
    }

    fn command(&mut self, text: &str, answer: &mut String) {
        let words: Vec<&str> = text.split_whitespace().collect();
        match *words.as_slice() {
            ["mark", listing, mark] => self.engine.set_mark(self.listing(listing), price(mark)),
            ["index", index] => self.engine.set_index(ProductId(0), price(index)),
            ["until", time] => {
                self.now = utc(time);
                let mut out = Events::default();
                self.engine.advance(self.now, &mut out);
                self.tell(&out, answer);
            }
            ["book", listing] => self.tell_book(self.listing(listing), answer),
            ["stats", listing] => self.tell_stats(self.listing(listing), answer),
            ["position", account, listing] => {
                let (account, listing) = (self.account(account), self.listing(listing));
                self.tell_position(account, listing, answer);
            }
            ["cash", account] => {
                let account = self.account(account);
                let p = self.engine.portfolio(account).unwrap();
                let [balance, equity, available] = [p.balance, p.equity, p.available].map(cents);
                writeln!(answer, "  balance {balance} equity {equity} available {available}").unwrap();
            }
            [account, ref rest @ ..] => {
                let account = self.account(account);
                self.act(account, rest, answer);
            }
            [] => panic!("an empty command"),
        }
    }

    fn act(&mut self, account: AccountId, words: &[&str], answer: &mut String) {
        let (command, name) = match *words {
            ["buy" | "sell", qty, listing, price, ref options @ ..] => {
                let side = if words[0] == "buy" { Side::Bid } else { Side::Ask };
                self.place(side, lots(qty), listing, price, options)
            }
            ["edit", order, qty, ref at @ ..] => {
                let (at, options) = at.split_at(usize::from(at.first().is_some_and(|word| !word.starts_with("post"))));
                let post_only = match options {
                    [] => PostOnly::Off,
                    ["post"] => PostOnly::Reprice,
                    ["post", "reject"] => PostOnly::Reject,
                    other => panic!("unknown options {other:?}"),
                };
                let edit =
                    Edit { order: self.order(order), qty: lots(qty), price: at.first().map(|at| price(at)), post_only };
                (Command::Edit(edit), None)
            }
            ["cancel", order] => (Command::Cancel(self.order(order)), None),
            ["cancel-all"] => (Command::CancelAll, None),
            ["cancel-on", listing] => (Command::CancelListing(self.listing(listing), None), None),
            ["cancel-on", listing, side] => {
                let side = if side == "bid" { Side::Bid } else { Side::Ask };
                (Command::CancelListing(self.listing(listing), Some(side)), None)
            }
            ["cancel-label", label] => (Command::CancelLabel(label.into()), None),
            ["cut", connection] => (Command::CancelConnection(connection_id(connection)), None),
            ref other => panic!("unknown command {other:?}"),
        };
        let mut out = Events::default();
        let result = self.engine.apply(self.now, account, &command, &mut out);
        match result {
            Ok(Applied::Order(id)) => {
                let number = self.orders.len() + 1;
                self.orders.entry(id).or_insert_with(|| name.unwrap_or_else(|| format!("#{number}")));
            }
            Ok(Applied::Cancelled(count)) => writeln!(answer, "  cancelled {count}").unwrap(),
            Ok(Applied::Combo(listing)) => writeln!(answer, "  combo {}", listing.0).unwrap(),
            Err(refused) => writeln!(answer, "  refused {} {refused}", refused.code()).unwrap(),
        }
        self.tell(&out, answer);
    }

    fn place(&self, side: Side, qty: Qty, listing: &str, at: &str, options: &[&str]) -> (Command, Option<String>) {
        let mut place = match at {
            "market" => Place::market(self.listing(listing), side, qty),
            at => Place::limit(self.listing(listing), side, qty, price(at)),
        };
        let (mut name, mut words) = (None, options.iter().copied());
        while let Some(word) = words.next() {
            match word {
                "day" => place.time_in_force = TimeInForce::Day,
                "ioc" => place.time_in_force = TimeInForce::ImmediateOrCancel,
                "fok" => place.time_in_force = TimeInForce::FillOrKill,
                "post" => place.post_only = PostOnly::Reprice,
                "reject" => place.post_only = PostOnly::Reject,
                "reduce" => place.reduce = Reduce::Only,
                "label" => place.label = words.next().map(Into::into),
                "conn" => place.connection = words.next().map(connection_id),
                "as" => name = words.next().map(str::to_owned),
                other => panic!("unknown option {other}"),
            }
        }
        (Command::Place(place), name)
    }

    fn tell(&self, out: &Events, answer: &mut String) {
        for event in &out.list {
            if let Some(line) = self.line(event, out) {
                writeln!(answer, "  {line}").unwrap();
            }
        }
    }

    /// One line an event; what concerns only listings without a name here stays untold.
    fn line(&self, event: &Event, out: &Events) -> Option<String> {
        Some(match event {
            Event::Book { listing, levels, .. } => {
                let changes: Vec<String> = out
                    .levels(levels)
                    .iter()
                    .map(|l| format!("{} {} {}→{}", side_word(l.side), l.price, l.before, l.qty))
                    .collect();
                format!("book {} {}", self.name_of(*listing)?, changes.join(", "))
            }
            Event::Trade(t) => {
                let tag = if t.combo.is_some() { " leg" } else { "" };
                let verb = t.aggressor.verb().to_lowercase();
                format!("trade {} {verb} {} @ {} seq {}{tag}", self.name_of(t.listing)?, t.qty, t.price, t.seq)
            }
            Event::Fill(fill) => self.fill_line(fill)?,
            Event::Order(order) => self.order_line(order),
            Event::Portfolio(_) => return None,
            Event::Fixing { product, price, .. } => format!("fixing {} {price}", product.0),
            Event::Settlement(s) => {
                let kind = if s.kind == SettlementKind::Daily { "settle" } else { "deliver" };
                format!("{kind} {} @ {}", self.name_of(s.listing)?, s.price)
            }
            Event::State { listing, phase } => format!("state {} {phase:?}", self.name_of(*listing)?),
            Event::Locked { .. }
            | Event::Restated { .. }
            | Event::Margin { .. }
            | Event::TakenOver { .. }
            | Event::Bankrupt { .. }
            | Event::Listed(_) => return None,
            Event::Expired(listing) => format!("expired {}", self.name_of(*listing)?),
        })
    }

    fn fill_line(&self, f: &Fill) -> Option<String> {
        let liquidity = if f.liquidity == Liquidity::Maker { "maker" } else { "taker" };
        let verb = f.side.verb().to_lowercase();
        let (account, listing) = (&self.accounts[&f.account], self.name_of(f.trade.listing)?);
        let (qty, price) = (f.trade.qty, f.trade.price);
        Some(format!(
            "fill {account} {liquidity} {verb} {qty} {listing} @ {price} fee {} profit {}",
            cents(f.fee),
            cents(f.profit_loss)
        ))
    }

    fn order_line(&self, o: &Order) -> String {
        let account = &self.accounts[&o.account];
        let number = format!("#{}", self.orders.len() + 1);
        let name = self.orders.get(&o.id).unwrap_or(&number);
        let price = match (o.kind, o.price) {
            (OrderType::Limit, Some(price)) => price.to_string(),
            _ => "market".to_owned(),
        };
        let mut line =
            format!("order {account} {name} {:?} {}/{} @ {price}", o.state, o.filled, o.qty).replace("Open", "open");
        line = line.replace("Filled", "filled").replace("Cancelled", "cancelled");
        if let Some(reason) = o.cancel_reason {
            write!(line, " {}", reason.text()).unwrap();
        }
        line
    }

    fn tell_book(&self, listing: ListingId, answer: &mut String) {
        for side in Side::BOTH {
            let mut levels = Vec::new();
            self.engine.copy_levels(listing, side, usize::MAX, &mut levels);
            let levels: Vec<String> = levels.iter().map(|l| format!("{}×{}", l.price, l.qty)).collect();
            writeln!(answer, "  {} {}", side_word(side), levels.join(" ")).unwrap();
        }
    }

    fn tell_stats(&self, listing: ListingId, answer: &mut String) {
        let s = self.engine.stats(listing);
        let show = |p: Option<Price>| p.map_or("-".to_owned(), |p| p.to_string());
        let [last, high, low, settle] = [s.last, s.high, s.low, s.settlement].map(show);
        writeln!(
            answer,
            "  last {last} high {high} low {low} volume {} open interest {} settle {settle}",
            s.volume, s.open_interest
        )
        .unwrap();
    }

    fn tell_position(&self, account: AccountId, listing: ListingId, answer: &mut String) {
        let Some(p) = self.engine.position(account, listing) else {
            writeln!(answer, "  none").unwrap();
            return;
        };
        let average = p.average_price.map_or("-".to_owned(), |price| price.to_string());
        let [floating, realised, margin] = [p.floating, p.realised, p.initial_margin].map(cents);
        writeln!(answer, "  {} @ {average} floating {floating} realised {realised} margin {margin}", p.net).unwrap();
    }
}

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn lots(text: &str) -> Qty {
    Qty::parse(text).unwrap()
}

fn connection_id(text: &str) -> ConnectionId {
    ConnectionId(text.parse().unwrap())
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Bid => "bid",
        Side::Ask => "ask",
    }
}

fn cents(money: Money) -> String {
    let cents = money.cents();
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}
