//! The whole terminal without sockets, threads or clocks: embedded exchange, gateway, both sessions and core, wired together in memory
//! on virtual time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tenor::base::time::{Instant, Now, Utc};
use tenor::core::{self, Core, Effects};
use tenor::domain::calendar::Calendar;
use tenor::domain::command::{Command, Intent};
use tenor::domain::event::Link;
use tenor::exchange::catalogue::CatalogueData;
use tenor::exchange::engine::ConnectionId;
use tenor::exchange::gateways::deribit::{Effect, Gateway, Output as GatewayOutput};
use tenor::exchange::sim::{Config as ExchangeConfig, Exchange, Progress, Released};
use tenor::venues::deribit::{self, Credentials, Limits, MarketSession, OrderSession};
use tenor::venues::{Input, Output, Session, Wish};
use tenor::view::View;
use tenor::view::session::Environment;

/// Friday, 20 November 2026, 15:00 UTC.
const START: Utc = Utc::from_millis(1_795_186_800_000);
const ACCOUNT: &str = "SIM-01";
/// Virtual time between two looks at the sockets.
const SLICE: Duration = Duration::from_millis(4);
/// Order numbers handed out at once.
const LABELS: u64 = 1_000;

/// One connection: our end of it and what the exchange has sent.
struct Line {
    link: Link,
    id: ConnectionId,
    session: Box<dyn Session>,
    inbox: Vec<Arc<str>>,
}

pub struct House {
    exchange: Exchange,
    gateway: Gateway,
    released: Released,
    sent: GatewayOutput,
    lines: [Line; 2],
    core: Core,
    fx: Effects,
    labels: u64,
    now: Now,
    view: Arc<View>,
}

impl House {
    /// An exchange of `rate` messages a second and a terminal that dials it as time goes on.
    pub fn open(rate: f64) -> anyhow::Result<Self> {
        let data = Arc::new(CatalogueData::embedded()?);
        let calendar = Arc::new(Calendar::us()?);
        let exchange = Exchange::new(&ExchangeConfig { seed: 1, start: START, rate, data, calendar })?;
        let key = Credentials { client_id: ACCOUNT.to_owned(), client_secret: ACCOUNT.to_owned().into() };
        let mut session = deribit::Config::new(Some(key), 1);
        session.limits = Limits::EMBEDDED;
        let line = |link, id, session| Line { link, id: ConnectionId(id), session, inbox: Vec::new() };
        let lines = [
            line(Link::Market, 1, Box::new(MarketSession::new(session.clone()))),
            line(Link::Orders, 2, Box::new(OrderSession::new(session))),
        ];
        let core = Core::new(core::Config {
            account: ACCOUNT.into(),
            venue: "embedded".into(),
            environment: Environment::Simulated,
            install: "b".into(),
        });
        Ok(Self {
            exchange,
            gateway: Gateway::default(),
            released: Released::default(),
            sent: GatewayOutput::default(),
            lines,
            view: core.initial_view(),
            core,
            fx: Effects::default(),
            labels: 1,
            now: Now { mono: Instant(60_000_000_000), utc: START },
        })
    }

    pub fn now(&self) -> Now {
        self.now
    }

    /// The newest picture.
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// What a hand wants, formed on the newest picture.
    pub fn intend(&mut self, intent: Intent) -> anyhow::Result<()> {
        let seen = self.view.version;
        self.command(Command { intent, seen })
    }

    pub fn command(&mut self, command: Command) -> anyhow::Result<()> {
        self.step(core::Input::Command(command));
        self.settle()
    }

    /// Lets `span` pass everywhere.
    pub fn run(&mut self, span: Duration) -> anyhow::Result<()> {
        let end = self.now.mono + span;
        while self.now.mono < end {
            self.now = self.now.later(end.since(self.now.mono).min(SLICE));
            self.release()?;
            for at in 0..self.lines.len() {
                if self.lines[at].session.deadline().is_some_and(|due| due <= self.now.mono) {
                    self.handle(at, |session, now, out| session.handle(now, Input::Timer, out))?;
                }
            }
            self.settle()?;
            if self.core.deadline().is_some_and(|due| due <= self.now.mono) {
                self.step(core::Input::Timer);
                self.settle()?;
            }
        }
        Ok(())
    }

    /// Changes the exchange's pace.
    pub fn set_rate(&mut self, rate: f64) -> anyhow::Result<()> {
        self.exchange.set_rate(self.now.utc, rate, &mut self.released);
        self.release()
    }

    /// What the exchange does by itself.
    fn release(&mut self) -> anyhow::Result<()> {
        loop {
            let progress = self.exchange.advance(self.now.utc, &mut self.released);
            self.gateway.on_released(&self.released, &self.exchange, &mut self.sent);
            self.released.clear();
            if progress == Progress::Done {
                break;
            }
        }
        self.gateway.timer(self.now.utc, &mut self.sent);
        self.post()
    }

    /// Carries the exchange's messages into the inboxes.
    fn post(&mut self) -> anyhow::Result<()> {
        self.sent.inputs.clear();
        for effect in self.sent.effects.drain(..) {
            let Effect::Send { to, text } = effect else { bail!("the exchange hung up: {effect:?}") };
            self.lines.iter_mut().filter(|line| line.id == to).for_each(|line| line.inbox.push(text.clone()));
        }
        Ok(())
    }

    /// Runs messages and commands to and fro until nobody has anything to say.
    fn settle(&mut self) -> anyhow::Result<()> {
        loop {
            let mut rests = true;
            for at in 0..self.lines.len() {
                let texts = std::mem::take(&mut self.lines[at].inbox);
                if !texts.is_empty() {
                    rests = false;
                    self.handle(at, |session, now, out| {
                        for text in texts {
                            out.batch.frames += 1;
                            session.handle(now, Input::Text(text.as_bytes()), out);
                        }
                    })?;
                }
            }
            for (link, command) in std::mem::take(&mut self.fx.session) {
                rests = false;
                let at = usize::from(link == Link::Orders);
                self.handle(at, |session, now, out| session.handle(now, Input::Command(command), out))?;
            }
            if rests {
                return Ok(());
            }
        }
    }

    /// One call of a session, its wishes, and its news for core.
    fn handle(&mut self, at: usize, call: impl FnOnce(&mut dyn Session, Now, &mut Output)) -> anyhow::Result<()> {
        let mut out = Output::default();
        call(self.lines[at].session.as_mut(), self.now, &mut out);
        while !out.wishes.is_empty() {
            for wish in std::mem::take(&mut out.wishes) {
                let id = self.lines[at].id;
                match wish {
                    Wish::Dial => {
                        self.gateway.open(id, self.now.utc);
                        self.lines[at].session.handle(self.now, Input::Opened, &mut out);
                    }
                    Wish::Send(text) => {
                        let (exchange, sent) = (&mut self.exchange, &mut self.sent);
                        self.gateway.text(id, self.now.utc, text.as_bytes(), exchange, sent);
                    }
                    Wish::Hangup | Wish::Finish => bail!("the terminal hung up"),
                }
            }
        }
        self.post()?;
        let Output { mut batch, .. } = out;
        if batch.frames > 0 || !batch.events.is_empty() {
            batch.received = self.now.mono;
            let link = self.lines[at].link;
            self.step(core::Input::Venue { link, batch });
        }
        Ok(())
    }

    fn step(&mut self, input: core::Input) {
        self.core.step(self.now, input, &mut self.fx);
        if std::mem::take(&mut self.fx.needs_labels) {
            let labels = self.labels..self.labels + LABELS;
            self.labels = labels.end;
            self.core.step(self.now, core::Input::Labels(labels), &mut self.fx);
        }
        self.fx.log.clear();
        if let Some(view) = self.fx.publish.take() {
            self.view = view;
        }
    }
}
