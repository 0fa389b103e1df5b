//! The control channel: what tests and demonstrations may do to the exchange behind its clients' backs, and what they may see of it.
//! `POST /control` on the exchange's own port, from this machine and with the run's token only; one JSON object in, one out.
//!
//! | `do` | with | gives |
//! |---|---|---|
//! | `status` | | exchange time, its speed, whether it stands, the scenario, connections, messages sent, lag |
//! | `connections` | | of each WebSocket, oldest first: id, client, how many channels of its account it hears, faults to come |
//! | `book` | `instrument`, by its name on any face | its own name, phase, change id, digest, every level in contracts, what an auction would do now |
//! | `account` | `client` | balance, equity, margin and standing, working orders, positions |
//! | `rate` | `messages_per_second` | the market's pace; 0 pauses it |
//! | `scenario` | `name`, or `text` of a file | what it is about; the one before ends |
//! | `pause`, `continue` | | exchange time; sockets go on |
//! | `step` | `millis`, while paused | exchange time after it |
//! | `speed` | `times` | how much faster than the wall clock |
//! | `halt` | `instrument` or `product`; `millis`, else until resumed | its phase |
//! | `resume` | `instrument` or `product` | its phase: an auction follows |
//! | `inject` | `fault`, and `connection` or `client`, or neither for all; `millis` of a delay | how many connections it went to |
//!
//! Faults are `gap` (the next book change is lost), `duplicate` (the next book message comes twice), `delay` (everything from the next
//! book message on comes late), `cut` (the connection ends without a farewell), `reject` (the next order is refused) and `late_answer`
//! (everything from the answer to the next order on comes late).

use std::time::Duration;

use rustls::crypto::ring;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ServerStats;
use crate::domain::book::Level;
use crate::domain::number::{Money, Side};
use crate::domain::order::OrderType;
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::ProductId;
use crate::exchange::engine::{ConnectionId, Phase, Scope, SessionOrder, Standing};
use crate::exchange::gateways::ax;
use crate::exchange::gateways::parts::{ConnectionState, Fault};
use crate::exchange::sim::{Directive, Exchange, FASTEST, Scenario};

pub const PATH: &str = "/control";
const TOKEN_BYTES: usize = 24;
const DEFAULT_DELAY_MS: u64 = 250;
const LONGEST_STEP_MS: u64 = 86_400_000;

/// Who shows it may control the run.
#[derive(Clone, Debug)]
pub struct ControlToken(SecretString);

impl ControlToken {
    /// # Errors
    /// The system has no randomness to give.
    pub fn new() -> anyhow::Result<Self> {
        let mut bytes = [0_u8; TOKEN_BYTES];
        let filled = ring::default_provider().secure_random.fill(&mut bytes);
        filled.map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
        Ok(Self(data_encoding::HEXLOWER.encode(&bytes).into()))
    }

    /// For the file that hands it over.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether an `Authorization` header carries it.
    pub fn is_shown_in(&self, header: &str) -> bool {
        let Some(shown) = header.strip_prefix("Bearer ") else { return false };
        let (shown, token) = (shown.trim().as_bytes(), self.reveal().as_bytes());
        // All of it is looked at, whatever differs: time tells nothing.
        shown.len() == token.len() && shown.iter().zip(token).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
    }
}

/// What can be controlled.
pub trait Controlled {
    fn exchange(&self) -> &Exchange;
    /// Of every face, by id.
    fn connections(&self) -> Vec<ConnectionState>;
    fn stats(&self) -> ServerStats;
    fn set_rate(&mut self, rate: f64);
    fn set_speed(&mut self, speed: u32);
    fn pause(&mut self);
    fn go_on(&mut self);
    fn is_paused(&self) -> bool;
    /// Puts a paused clock forward and releases what is due.
    fn step(&mut self, span: Duration);
    fn begin(&mut self, scenario: &Scenario);
    fn direct(&mut self, directive: &Directive);
    fn inject(&mut self, to: Option<ConnectionId>, fault: Fault);
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Status,
    Connections,
    Book { instrument: String },
    Account { client: String },
    Rate { messages_per_second: f64 },
    Scenario { name: Option<String>, text: Option<String> },
    Pause,
    Continue,
    Step { millis: u64 },
    Speed { times: u32 },
    Halt { instrument: Option<String>, product: Option<String>, millis: Option<u64> },
    Resume { instrument: Option<String>, product: Option<String> },
    Inject { fault: FaultName, connection: Option<u64>, client: Option<String>, millis: Option<u64> },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultName {
    Gap,
    Duplicate,
    Delay,
    Cut,
    Reject,
    LateAnswer,
}

/// Status and body of the answer.
pub fn answer(floor: &mut impl Controlled, body: &[u8]) -> (u16, String) {
    let done = serde_json::from_slice(body).map_err(|error| error.to_string()).and_then(|order| obey(floor, order));
    match done {
        Ok(value) => (200, value.to_string()),
        Err(why) => (400, json!({ "error": why }).to_string()),
    }
}

fn obey(floor: &mut impl Controlled, order: Order) -> Result<Value, String> {
    match order {
        Order::Status => Ok(status(floor)),
        Order::Connections => Ok(connections(floor)),
        Order::Book { instrument } => book(floor, &instrument),
        Order::Account { client } => account(floor, &client),
        Order::Rate { messages_per_second } if messages_per_second.is_finite() && messages_per_second >= 0.0 => {
            floor.set_rate(messages_per_second);
            Ok(json!({ "messages_per_second": messages_per_second }))
        }
        Order::Rate { .. } => Err("messages_per_second must be zero or more".to_owned()),
        Order::Scenario { name, text } => scenario(floor, name, text),
        Order::Pause => {
            floor.pause();
            Ok(time(floor))
        }
        Order::Continue => {
            floor.go_on();
            Ok(time(floor))
        }
        Order::Step { millis } if floor.is_paused() && millis <= LONGEST_STEP_MS => {
            floor.step(Duration::from_millis(millis));
            Ok(time(floor))
        }
        Order::Step { .. } => Err("only a paused clock can be stepped, a day at most".to_owned()),
        Order::Speed { times } if (1..=FASTEST).contains(&times) => {
            floor.set_speed(times);
            Ok(time(floor))
        }
        Order::Speed { .. } => Err(format!("times must be 1 to {FASTEST}")),
        Order::Halt { instrument, product, millis } => {
            let scope = scope(floor, instrument, product)?;
            let order = SessionOrder::Halt(scope, millis.map(Duration::from_millis));
            floor.direct(&Directive::Session(order));
            Ok(phase(floor, scope))
        }
        Order::Resume { instrument, product } => {
            let scope = scope(floor, instrument, product)?;
            floor.direct(&Directive::Session(SessionOrder::Resume(scope)));
            Ok(phase(floor, scope))
        }
        Order::Inject { fault, connection, client, millis } => {
            let client = client.map(|client| account_of(floor, &client)).transpose()?;
            let delay = Duration::from_millis(millis.unwrap_or(DEFAULT_DELAY_MS));
            let fault = match fault {
                FaultName::Gap => Fault::DropBook,
                FaultName::Duplicate => Fault::DuplicateBook,
                FaultName::Delay => Fault::DelayBook(delay),
                FaultName::Cut => Fault::Cut,
                FaultName::Reject => Fault::RejectOrder,
                FaultName::LateAnswer => Fault::DelayAnswer(delay),
            };
            let mut to = floor.connections();
            to.retain(|to| connection.is_none_or(|id| id == to.id.0) && client.is_none_or(|it| to.account == Some(it)));
            for connection in &to {
                floor.inject(Some(connection.id), fault);
            }
            Ok(json!({ "connections": to.len() }))
        }
    }
}

fn scenario(floor: &mut impl Controlled, name: Option<String>, text: Option<String>) -> Result<Value, String> {
    let data = floor.exchange().engine().catalogue().data();
    let read = match (name, text) {
        (name, Some(text)) => Scenario::parse(name.as_deref().unwrap_or("control"), &text, data),
        (Some(name), None) => Scenario::named(&name, data),
        (None, None) => return Err("a name or a text is needed".to_owned()),
    };
    let scenario = read.map_err(|error| error.to_string())?;
    floor.begin(&scenario);
    Ok(json!({ "scenario": scenario.name, "about": scenario.about, "lasts_s": scenario.lasts.as_secs() }))
}

fn time(floor: &impl Controlled) -> Value {
    let exchange = floor.exchange();
    json!({ "now": exchange.now().to_string(), "speed": exchange.speed(), "paused": floor.is_paused() })
}

/// One instrument, or one product.
fn scope(floor: &impl Controlled, instrument: Option<String>, product: Option<String>) -> Result<Scope, String> {
    let catalogue = floor.exchange().engine().catalogue();
    match (instrument, product) {
        (Some(name), None) => {
            let listing = catalogue.find(&name).ok_or_else(|| format!("no instrument {name}"))?;
            Ok(Scope::Listing(listing.id))
        }
        (None, Some(name)) => {
            let mut products = (0_u8..).zip(&catalogue.data().products);
            let found = products.find(|(_, product)| product.name.as_str() == name);
            found.map(|(id, _)| Scope::Product(ProductId(id))).ok_or_else(|| format!("no product {name}"))
        }
        _ => Err("either an instrument or a product is needed".to_owned()),
    }
}

const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Open => "open",
        Phase::PreOpen => "pre_open",
        Phase::Halted => "halted",
        Phase::Closed => "closed",
    }
}

fn phase(floor: &impl Controlled, scope: Scope) -> Value {
    let engine = floor.exchange().engine();
    match scope {
        Scope::Listing(listing) => json!({ "phase": phase_word(engine.phase(listing)) }),
        Scope::Product(product) => json!({ "locked": engine.is_locked(product) }),
    }
}

fn status(floor: &impl Controlled) -> Value {
    let stats = floor.stats();
    json!({
        "now": floor.exchange().now().to_string(),
        "speed": floor.exchange().speed(),
        "paused": floor.is_paused(),
        "scenario": floor.exchange().scenario(),
        "connections": stats.connections,
        "messages_sent": stats.messages_sent,
        "lag_ms": u64::try_from(stats.lag.as_millis()).unwrap_or(u64::MAX),
        "closed_slow": stats.closed_slow,
    })
}

fn connections(floor: &impl Controlled) -> Value {
    let engine = floor.exchange().engine();
    let list = floor.connections().into_iter().map(|ConnectionState { id, account, account_channels, faults }| {
        let client = account.and_then(|account| engine.client(account));
        json!({ "connection": id.0, "client": client, "account_channels": account_channels, "faults": faults })
    });
    Value::Array(list.collect())
}

fn book(floor: &impl Controlled, instrument: &str) -> Result<Value, String> {
    let engine = floor.exchange().engine();
    let catalogue = engine.catalogue();
    let listing = catalogue.find(instrument).or_else(|| ax::find(catalogue, instrument));
    let listing = listing.ok_or_else(|| format!("no instrument {instrument}"))?;
    let change_id = engine.change_id(listing.id);
    let [bids, asks] = Side::BOTH.map(|side| {
        let mut levels: Vec<Level> = Vec::new();
        engine.copy_levels(listing.id, side, usize::MAX, &mut levels);
        levels.iter().map(|level| json!([level.price.to_string(), level.qty.to_string()])).collect::<Vec<_>>()
    });
    let digest = engine.digest_at(listing.id, change_id).map(|digest| format!("{digest:016x}"));
    let auction = engine.indicative(listing.id);
    let auction = auction.map(|(price, qty)| json!({ "price": price.to_string(), "contracts": qty.to_string() }));
    Ok(json!({
        "instrument": listing.symbol,
        "phase": phase_word(engine.phase(listing.id)),
        "change_id": change_id,
        "digest": digest,
        "bids": bids,
        "asks": asks,
        "auction": auction,
    }))
}

fn account_of(floor: &impl Controlled, client: &str) -> Result<AccountId, String> {
    floor.exchange().engine().find_account(client).ok_or_else(|| format!("no client {client}"))
}

fn account(floor: &impl Controlled, client: &str) -> Result<Value, String> {
    let account = account_of(floor, client)?;
    let engine = floor.exchange().engine();
    let symbol = |listing| engine.catalogue().get(listing).map(|listing| listing.symbol.clone());
    let portfolio = engine.portfolio(account).ok_or("the account has no portfolio")?;
    let orders = engine.open_orders(account).map(|order| {
        json!({
            "order_id": order.id.0.to_string(),
            "instrument": symbol(order.listing),
            "side": if order.side == Side::Bid { "buy" } else { "sell" },
            "type": if order.kind == OrderType::Limit { "limit" } else { "market" },
            "price": order.price.map(|price| price.to_string()),
            "contracts": order.qty.to_string(),
            "filled": order.filled.to_string(),
            "label": order.label,
        })
    });
    let untriggered = engine.held_orders(account).map(|held| {
        json!({
            "order_id": held.id.0.to_string(),
            "instrument": symbol(held.place.listing),
            "side": if held.place.side == Side::Bid { "buy" } else { "sell" },
            "price": held.place.price.map(|price| price.to_string()),
            "trigger_price": held.trigger_price.map(|price| price.to_string()),
            "contracts": held.place.qty.to_string(),
            "label": held.place.label,
        })
    });
    let positions = engine.positions(account).into_iter().filter(|view| !view.net.is_zero()).map(|view| {
        json!({
            "instrument": symbol(view.listing),
            "contracts": view.net.to_string(),
            "average_price": view.average_price.map(|price| price.to_string()),
        })
    });
    let money = |money: Money| money.to_string();
    Ok(json!({
        "client": client,
        "currency": portfolio.currency,
        "balance": money(portfolio.balance),
        "equity": money(portfolio.equity),
        "fees": money(portfolio.fees),
        "initial_margin": money(portfolio.initial_margin),
        "maintenance_margin": money(portfolio.maintenance_margin),
        "standing": match engine.standing(account) {
            Standing::Sound => "sound",
            Standing::Called => "called",
            Standing::Liquidated => "liquidated",
        },
        "orders": orders.collect::<Vec<_>>(),
        "untriggered": untriggered.collect::<Vec<_>>(),
        "positions": positions.collect::<Vec<_>>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_opens() {
        let (token, other) = (ControlToken::new().unwrap(), ControlToken::new().unwrap());
        assert_eq!(token.reveal().len(), 2 * TOKEN_BYTES);
        assert!(token.is_shown_in(&format!("Bearer {}", token.reveal())));
        let short = &token.reveal()[1..];
        for wrong in [other.reveal(), short, ""] {
            assert!(!token.is_shown_in(&format!("Bearer {wrong}")), "{wrong}");
        }
        assert!(!token.is_shown_in(token.reveal()), "without its scheme");
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
