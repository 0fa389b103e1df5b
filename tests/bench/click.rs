//! A click on the ladder, from the Command to the bytes handed to the socket: core (gate, order number, label, life cycle) and the order
//! session, against nothing but the building and printing of the same message as a [`serde_json::Value`].

mod contest;
mod line;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tenor::base::digest::Digest;
use tenor::base::time::{Instant, Now, Utc};
use tenor::core::{self, Core, Effects};
use tenor::domain::calendar::Calendar;
use tenor::domain::command::{Command, Intent, OrderIntent};
use tenor::domain::event::Link;
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use tenor::exchange::catalogue::CatalogueData;
use tenor::exchange::engine::ConnectionId;
use tenor::exchange::gateways::deribit::{Effect, Gateway, Output as GatewayOutput};
use tenor::exchange::sim::{Config, Exchange};
use tenor::venues::deribit::{Config as SessionConfig, Credentials, Limits, MarketSession, OrderSession};
use tenor::venues::{Input, Output, Session, Wish};
use tenor::view::View;
use tenor::view::session::Environment;

use contest::{Contestant, contest};

const SYMBOL: &str = "H100_USDC-31DEC26";
const CONTRACT_SIZE: i64 = 730;
/// So few that none is asked about for want of an answer.
const CLICKS: u64 = 128;
const BETWEEN: Duration = Duration::from_millis(5);
const START: Utc = Utc(1_795_188_600_000_000_000);

/// A terminal that is up, on a resting exchange that answers in memory.
struct Ours {
    now: Now,
    core: Core,
    fx: Effects,
    sessions: [Box<dyn Session>; 2],
    exchange: Exchange,
    gateway: Gateway,
    view: Arc<View>,
}

impl Ours {
    fn new() -> anyhow::Result<Self> {
        let data = Arc::new(CatalogueData::embedded()?);
        let calendar = Arc::new(Calendar::us()?);
        let exchange = Exchange::new(&Config { seed: 1, start: START, rate: 0.0, data, calendar })?;
        let credentials = Credentials { client_id: "bench".to_owned(), client_secret: "x".to_owned().into() };
        let config = SessionConfig { limits: Limits::EMBEDDED, ..SessionConfig::new(Some(credentials), 1) };
        let core = Core::new(core::Config {
            account: "bench".into(),
            venue: "bench".into(),
            environment: Environment::Simulated,
            install: "b".into(),
        });
        let mut ours = Self {
            now: Now { mono: Instant(60_000_000_000), utc: START },
            view: core.initial_view(),
            core,
            fx: Effects::default(),
            sessions: [Box::new(MarketSession::new(config.clone())), Box::new(OrderSession::new(config))],
            exchange,
            gateway: Gateway::default(),
        };
        ours.step(core::Input::Labels(1..1_000));
        for at in 0..2 {
            ours.feed(at, Input::Timer);
        }
        // What waits for room in the request limits comes with the next ticks.
        for _ in 0..40 {
            ours.now = ours.now.later(Duration::from_millis(50));
            for at in 0..2 {
                ours.feed(at, Input::Timer);
            }
        }
        ours.step(core::Input::Command(Command { intent: Intent::Arm, seen: 0 }));
        Ok(ours)
    }

    fn step(&mut self, input: core::Input) {
        self.core.step(self.now, input, &mut self.fx);
        self.view = self.fx.publish.take().unwrap_or_else(|| self.view.clone());
        for (link, command) in std::mem::take(&mut self.fx.session) {
            self.feed(usize::from(link == Link::Orders), Input::Command(command));
        }
    }

    fn feed(&mut self, at: usize, input: Input<'_>) {
        let mut out = Output::default();
        out.batch.frames = u32::from(matches!(input, Input::Text(_)));
        out.batch.received = self.now.mono;
        self.sessions[at].handle(self.now, input, &mut out);
        let link = if at == 0 { Link::Market } else { Link::Orders };
        self.step(core::Input::Venue { link, batch: out.batch });
        let id = ConnectionId(at as u64);
        for wish in out.wishes {
            match wish {
                Wish::Dial => {
                    self.gateway.open(id, START);
                    self.feed(at, Input::Opened);
                }
                Wish::Send(text) => {
                    let mut told = GatewayOutput::default();
                    self.gateway.text(id, START, text.as_bytes(), &mut self.exchange, &mut told);
                    for effect in told.effects {
                        if let Effect::Send { to, text } = effect {
                            self.feed(usize::from(to.0 == 1), Input::Text(text.as_bytes()));
                        }
                    }
                }
                Wish::Hangup | Wish::Finish => {}
            }
        }
    }

    fn run(&mut self, price: Price) -> u64 {
        let mut digest = Digest::default();
        let mut out = Output::default();
        let Some(instrument) = self.view.catalogue.find(SYMBOL) else { return 0 };
        for _ in 0..CLICKS {
            self.now = self.now.later(BETWEEN);
            let intent = Intent::Place(OrderIntent {
                instrument,
                side: Side::Bid,
                qty: Qty::lots(1),
                price: Some(price),
                kind: OrderType::Limit,
                time_in_force: TimeInForce::GoodTilCancelled,
                post_only: PostOnly::Off,
                reduce: Reduce::Any,
                tag: "ladder".into(),
            });
            let command = Command { intent, seen: self.view.version };
            self.core.step(self.now, core::Input::Command(command), &mut self.fx);
            for (_, command) in self.fx.session.drain(..).filter(|(link, _)| *link == Link::Orders) {
                self.sessions[1].handle(self.now, Input::Command(command), &mut out);
            }
            for wish in out.wishes.drain(..) {
                if let Wish::Send(text) = wish {
                    digest.word(content(&text));
                }
            }
            out.batch.clear();
            self.view = self.fx.publish.take().unwrap_or_else(|| self.view.clone());
        }
        digest.finish()
    }
}

/// The same for the same fields in any order; request numbers, which differ, are small beside it.
fn content(text: &str) -> u64 {
    let (_, params) = text.split_once("\"params\":").unwrap_or_default();
    let end = params.find('}').map_or(params.len(), |at| at + 1);
    params[..end].bytes().map(u64::from).sum()
}

fn run_baseline(price: f64) -> u64 {
    let mut digest = Digest::default();
    for id in 1..=CLICKS {
        let message = json!({
            "jsonrpc": "2.0",
            "id": id,
            "method": "private/buy",
            "params": {
                "instrument_name": SYMBOL,
                "amount": CONTRACT_SIZE,
                "type": "limit",
                "price": price,
                "label": format!("ladder|b-{id}"),
                "time_in_force": "good_til_cancelled",
            },
        });
        digest.word(content(&message.to_string()));
    }
    digest.finish()
}

fn main() -> anyhow::Result<()> {
    let probe = Ours::new()?;
    let id = probe.view.catalogue.find(SYMBOL).context("the contract is listed")?;
    let price = probe.view.market(id).and_then(|market| market.book.best(Side::Bid)).context("its book is live")?.price;
    drop(probe);
    let plain: f64 = price.to_string().parse()?;
    let prepare = || Ours::new().ok();
    contest(
        "click_to_bytes",
        CLICKS as usize,
        Contestant { prepare, run: |ours: &mut Option<Ours>| ours.as_mut().map_or(0, |ours| ours.run(price)) },
        Contestant { prepare: || (), run: |_: &mut ()| run_baseline(plain) },
    )
    .map(drop)
    .map_err(|error: io::Error| error.into())
}
