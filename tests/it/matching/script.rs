//! The language of the matching scripts. Names: accounts are opened when they first speak (`alice`, and `maker` is the house);
//! `NOV DEC MAR` are H100 futures, `SPR` the DEC/MAR calendar; orders get the name after `as`, others are called by number.
//!
//! ```text
//! > alice buy 3 DEC 2.81 ioc post reject reduce label x conn 1 as a1
//! > alice edit a1 5 2.80        > alice cancel a1        > alice cancel-on DEC bid
//! > alice cancel-all            > alice cancel-label x   > alice cut 1
//! > alice sell 2 DEC market stop last 2.70        > alice sell 2 DEC 2.69 take mark 2.90     > alice buy 1 DEC market trailing index 0.05
//! > alice sell 9 DEC 2.85 show 2                  > alice edit-held h1 3 2.68 at 2.66        > alice held
//! > alice buy 4 DEC 2.80 otoco complete as b1 / sell 4 DEC 2.90 / sell 4 DEC market stop last 2.70   (also oto, oco; first, incremental)
//! > alice block n1 bob sell 5 DEC 2.81 + buy 5 MAR 2.66
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
use tenor::exchange::engine::terms::{FillCondition, Link, LinkKind, Reference, Terms, Trigger, TriggerKind};
use tenor::exchange::engine::{
    Applied, BlockLeg, BlockTrade, Command, ConnectionId, Edit, EditHeld, Engine, Event, Events, Fill, HeldOrder,
    HeldState, Order, OrderId, Place, SettlementKind,
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
    /// Orders that came from others, without a name of their own.
    followers: usize,
}

impl Stage {
    fn new() -> Self {
        let now = utc(START);
        let data = Arc::new(CatalogueData::embedded().unwrap());
        let engine = Engine::new(now, data, Arc::new(Calendar::us().unwrap()));
        let mut stage = Self { engine, now, accounts: BTreeMap::new(), orders: BTreeMap::new(), followers: 0 };
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
            ["mark", listing, mark] => {
                self.engine.set_mark(self.listing(listing), price(mark));
                self.fire(answer);
            }
            ["index", index] => {
                self.engine.set_index(ProductId(0), price(index));
                self.fire(answer);
            }
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

    fn fire(&mut self, answer: &mut String) {
        let mut out = Events::default();
        self.engine.fire(self.now, &mut out);
        self.name_followers(&out);
        self.tell(&out, answer);
    }

    /// Orders that nobody named are called by number, in the order in which they are heard of.
    fn name_followers(&mut self, out: &Events) {
        for event in &out.list {
            let id = match event {
                Event::Order(order) => order.id,
                Event::Held(held) => held.id,
                _ => continue,
            };
            if !self.orders.contains_key(&id) {
                self.followers += 1;
                self.orders.insert(id, format!("+{}", self.followers));
            }
        }
    }

    fn act(&mut self, account: AccountId, words: &[&str], answer: &mut String) {
        let (command, name) = match *words {
            ["buy" | "sell", ..] => {
                let mut orders = words.split(|word| *word == "/");
                let (mut place, name, link) = self.place(orders.next().unwrap());
                if let Some((kind, condition)) = link {
                    let others = orders.map(|words| self.place(words).0).collect();
                    place.terms.get_or_insert_default().link = Some(Link { kind, condition, others });
                }
                (Command::Place(place), name)
            }
            ["edit-held", order, qty, ref rest @ ..] => {
                let (at, trigger) = match *rest {
                    [] => (None, None),
                    ["at", trigger] => (None, Some(price(trigger))),
                    [at] => (Some(price(at)), None),
                    [at, "at", trigger] => (Some(price(at)), Some(price(trigger))),
                    ref other => panic!("unknown options {other:?}"),
                };
                let (order, qty) = (self.order(order), lots(qty));
                (Command::EditHeld(EditHeld { order, qty, price: at, trigger, post_only: PostOnly::Off }), None)
            }
            ["held"] => {
                let held: Vec<HeldOrder> = self.engine.held_orders(account).cloned().collect();
                for held in held {
                    writeln!(answer, "  {}", self.held_line(&held)).unwrap();
                }
                return;
            }
            ["block", nonce, taker, ref legs @ ..] => {
                let taker = self.account(taker);
                let leg = |words: &[&str]| match *words {
                    [side, qty, listing, at] => BlockLeg {
                        listing: self.listing(listing),
                        side: if side == "buy" { Side::Bid } else { Side::Ask },
                        qty: lots(qty),
                        price: price(at),
                    },
                    ref other => panic!("unknown leg {other:?}"),
                };
                let legs = legs.split(|word| *word == "+").map(leg).collect();
                let block = BlockTrade { maker: account, taker, timestamp_ms: 0, nonce: nonce.into(), legs };
                (Command::Block(Box::new(block)), None)
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
                let number = self.orders.len() - self.followers + 1;
                self.orders.entry(id).or_insert_with(|| name.unwrap_or_else(|| format!("#{number}")));
            }
            Ok(Applied::Cancelled(count)) => writeln!(answer, "  cancelled {count}").unwrap(),
            Ok(Applied::Combo(listing)) => writeln!(answer, "  combo {}", listing.0).unwrap(),
            Ok(Applied::Block(number)) => writeln!(answer, "  block {number}").unwrap(),
            Err(refused) => writeln!(answer, "  refused {} {refused}", refused.code()).unwrap(),
        }
        self.name_followers(&out);
        self.tell(&out, answer);
    }

    fn place(&self, words: &[&str]) -> (Place, Option<String>, Option<(LinkKind, FillCondition)>) {
        let &[side, qty, listing, at, ref options @ ..] = words else { panic!("half an order: {words:?}") };
        let side = if side == "buy" { Side::Bid } else { Side::Ask };
        let mut place = match at {
            "market" => Place::market(self.listing(listing), side, lots(qty)),
            at => Place::limit(self.listing(listing), side, lots(qty), price(at)),
        };
        let (mut name, mut link, mut terms) = (None, None, Terms::default());
        let mut words = options.iter().copied();
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
                "show" => terms.show = words.next().map(lots),
                "stop" | "take" | "trailing" => {
                    let kind = match word {
                        "stop" => TriggerKind::Stop,
                        "take" => TriggerKind::Take,
                        _ => TriggerKind::Trailing,
                    };
                    let reference = match words.next() {
                        Some("last") => Reference::Last,
                        Some("mark") => Reference::Mark,
                        Some("index") => Reference::Index,
                        other => panic!("unknown reference {other:?}"),
                    };
                    terms.trigger = Some(Trigger { kind, reference, level: price(words.next().unwrap()) });
                }
                "oto" | "oco" | "otoco" => {
                    let kind = match word {
                        "oto" => LinkKind::Triggers,
                        "oco" => LinkKind::Cancels,
                        _ => LinkKind::TriggersCancels,
                    };
                    let condition = match words.next() {
                        Some("first") => FillCondition::FirstHit,
                        Some("complete") => FillCondition::CompleteFill,
                        Some("incremental") => FillCondition::Incremental,
                        other => panic!("unknown condition {other:?}"),
                    };
                    link = Some((kind, condition));
                }
                other => panic!("unknown option {other}"),
            }
        }
        place.terms = terms.boxed();
        (place, name, link)
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
                let tag = match (t.combo, t.block) {
                    (Some(_), _) => " leg".to_owned(),
                    (None, Some(block)) => format!(" block {block}"),
                    (None, None) => String::new(),
                };
                let verb = t.aggressor.verb().to_lowercase();
                format!("trade {} {verb} {} @ {} seq {}{tag}", self.name_of(t.listing)?, t.qty, t.price, t.seq)
            }
            Event::Fill(fill) => self.fill_line(fill)?,
            Event::Order(order) => self.order_line(order),
            Event::Held(held) => self.held_line(held),
            Event::Portfolio(_) => return None,
            Event::Fixing { product, price, .. } => format!("fixing {} {price}", product.0),
            Event::Settlement(s) => {
                let kind = if s.kind == SettlementKind::Daily { "settle" } else { "deliver" };
                format!("{kind} {} @ {}", self.name_of(s.listing)?, s.price)
            }
            Event::State { listing, phase } => format!("state {} {phase:?}", self.name_of(*listing)?),
            Event::Locked { .. }
            | Event::Funding { .. }
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

    fn held_line(&self, h: &HeldOrder) -> String {
        let (account, name) = (&self.accounts[&h.account], &self.orders[&h.id]);
        let verb = h.place.side.verb().to_lowercase();
        let at = h.place.price.map_or("market".to_owned(), |price| price.to_string());
        let mut line = format!("held {account} {name} {verb} {} @ {at}", h.place.qty);
        if let Some(price) = h.trigger_price {
            write!(line, " triggers at {price}").unwrap();
        }
        match h.state {
            HeldState::Untriggered => {}
            HeldState::Triggered(Some(order)) => write!(line, " → {}", self.orders[&order]).unwrap(),
            HeldState::Triggered(None) => line.push_str(" placed"),
            HeldState::Cancelled(reason) => write!(line, " cancelled {}", reason.text()).unwrap(),
            HeldState::Rejected(refused) => write!(line, " rejected {refused}").unwrap(),
        }
        line
    }

    fn order_line(&self, o: &Order) -> String {
        let account = &self.accounts[&o.account];
        let name = &self.orders[&o.id];
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
