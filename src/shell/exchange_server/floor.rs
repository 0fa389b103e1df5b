//! The trading floor: exchange, gateway and wall clock in one loop. Nothing in here waits for a client.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::control::{self, Controlled};
use super::dial::Dial;
use super::journal::Journal;
use super::net::{self, Face, Outgoing, OwnedCall, Request};
use super::{EventSink, REQUESTS, ServerConfig, ServerStats};
use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::exchange::catalogue::CatalogueData;
use crate::exchange::engine::ConnectionId;
use crate::exchange::gateways::ax;
use crate::exchange::gateways::deribit::{Gateway, Output};
use crate::exchange::gateways::parts::{ConnectionState, Effect, Fault, HttpRequest};
use crate::exchange::sim::{Config, Directive, Exchange, Progress, Released, Scenario};
use crate::shell::clock::Clock;

/// A job for the floor's thread.
pub type Question = Box<dyn FnOnce(&mut Floor) + Send>;

struct Client {
    outbox: mpsc::Sender<Outgoing>,
    task: AbortHandle,
}

/// Requests taken between two batches of the exchange's own events.
const REQUESTS_PER_TURN: usize = 256;
/// Batches released before the sockets get a turn.
const BATCHES_PER_TURN: usize = 4;
/// A lag beyond this is logged.
const LAG_WORTH_SAYING: Duration = Duration::from_secs(1);

pub struct Floor {
    pub exchange: Exchange,
    pub gateway: Gateway,
    ax: ax::Gateway,
    clock: Clock,
    dial: Dial,
    /// Nothing is released after it.
    end: Utc,
    clients: BTreeMap<ConnectionId, Client>,
    requests: mpsc::Receiver<Request>,
    released: Released,
    out: Output,
    inputs: Option<BufWriter<File>>,
    journal: Option<Journal>,
    events: Option<EventSink>,
    /// Whoever reads the events takes no more, or nothing can be kept any more.
    refused: Option<io::Error>,
    stats: ServerStats,
    lagging: bool,
}

enum Woken {
    Request(Option<Request>),
    Question(Option<Question>),
    Due,
}

impl Floor {
    /// Boots the exchange and starts listening.
    pub fn open(config: &ServerConfig, listener: TcpListener, events: Option<EventSink>) -> anyhow::Result<Self> {
        let clock = Clock::start();
        // Both readings before the boot: what that takes is made up for by the first release, not lost from virtual time for good.
        let opened = clock.now();
        let data = Arc::new(CatalogueData::embedded()?);
        let calendar = Arc::new(Calendar::us()?);
        let placed = config.scenario.as_ref().and_then(|scenario| scenario.start(opened.utc, &calendar));
        let start = config.start.or(placed).unwrap_or(opened.utc);
        let journal = config.data.as_deref().map(Journal::open).transpose()?;
        // A clock that was set back, or ran faster, does not take anything back.
        let start = journal.as_ref().map_or(start, |journal| start.max(journal.standing().at));
        let market = Config { seed: config.seed, start, rate: config.rate, data, calendar };
        let mut released = Released::default();
        let mut exchange = match &journal {
            None => Exchange::new(&market)?,
            Some(journal) => Exchange::resume(&market, journal.standing(), &mut released)?,
        };
        released.clear();
        let inputs = match &config.log_inputs {
            None => None,
            Some(path) => {
                let file = File::create(path).with_context(|| format!("cannot record to {}", path.display()))?;
                let mut file = BufWriter::new(file);
                writeln!(file, "{}", exchange.header())?;
                Some(file)
            }
        };
        let speed = config.speed.or(config.scenario.as_ref().and_then(|scenario| scenario.speed)).unwrap_or(1);
        if speed != 1 {
            exchange.set_speed(start, speed, &mut released);
        }
        if let Some(scenario) = &config.scenario {
            scenario.begin(&mut exchange, start, &mut released);
        }
        let (sender, requests) = mpsc::channel(REQUESTS);
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::spawn(net::accept(listener, sender, config.control.clone()));
        Ok(Self {
            exchange,
            // Its seed and the wall clock's reading: opened anew it is another market, whatever it is made from.
            gateway: Gateway::of_run(format!("{}.{}", config.seed, opened.utc.millis())),
            ax: ax::Gateway::default(),
            dial: Dial::new(opened.mono, start, speed),
            clock,
            end: config.duration.map_or(Utc(i64::MAX), |span| start + span),
            clients: BTreeMap::new(),
            requests,
            released,
            out: Output {
                printed: events.is_some().then(String::new),
                caused: Some(Released::default()),
                ..Output::default()
            },
            inputs,
            journal,
            events,
            refused: None,
            stats: ServerStats::default(),
            lagging: false,
        })
    }

    /// Runs until the end, or until the handle is gone.
    ///
    /// # Errors
    /// Those of the event sink, which end the run.
    pub async fn run(mut self, mut questions: mpsc::Receiver<Question>) -> io::Result<()> {
        while self.refused.is_none() {
            let progress = self.release();
            if progress == Progress::Done && self.exchange.now() >= self.end {
                break;
            }
            for _ in 0..REQUESTS_PER_TURN {
                let Ok(request) = self.requests.try_recv() else { break };
                self.take(request);
            }
            let question = match progress {
                Progress::More => {
                    tokio::task::yield_now().await;
                    match questions.try_recv() {
                        Ok(question) => Some(question),
                        Err(mpsc::error::TryRecvError::Empty) => None,
                        Err(mpsc::error::TryRecvError::Disconnected) => break,
                    }
                }
                Progress::Done => match self.wait(&mut questions).await {
                    Woken::Question(None) | Woken::Request(None) => break,
                    Woken::Question(question) => question,
                    Woken::Request(Some(request)) => {
                        self.release();
                        self.take(request);
                        None
                    }
                    Woken::Due => None,
                },
            };
            if let Some(question) = question {
                question(&mut self);
            }
        }
        self.flush();
        self.keep();
        if let Some(journal) = &self.journal {
            self.refused = self.refused.take().or(journal.sync().err());
        }
        self.refused.map_or(Ok(()), Err)
    }

    async fn wait(&mut self, questions: &mut mpsc::Receiver<Question>) -> Woken {
        self.flush();
        let now = self.clock.now();
        let event = self.exchange.next_due().and_then(|at| self.dial.wall(at.min(self.end)));
        let kept = [self.gateway.deadline(), self.ax.deadline()].into_iter().flatten().min();
        let kept = kept.map(|at| now.mono + at.since(now.utc));
        let due = [event, kept].into_iter().flatten().min().map(|at| self.clock.runtime_instant(at));
        let due = async {
            match due {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            question = questions.recv() => Woken::Question(question),
            request = self.requests.recv() => Woken::Request(request),
            () = due => Woken::Due,
        }
    }

    /// Where virtual time should be.
    fn target(&self) -> Utc {
        self.end.min(self.dial.target(self.clock.now().mono))
    }

    /// Releases what is due, a few batches at the most.
    fn release(&mut self) -> Progress {
        let target = self.target();
        let mut progress = Progress::More;
        for _ in 0..BATCHES_PER_TURN {
            progress = self.exchange.advance(target, &mut self.released);
            self.publish();
            if progress == Progress::Done {
                break;
            }
        }
        let wall = self.clock.now().utc;
        self.gateway.timer(wall, &mut self.out);
        self.ax.timer(wall, self.exchange.now(), &mut self.out.effects);
        self.deliver();
        let behind = target.since(self.exchange.now()) / self.exchange.speed();
        self.note_lag(if progress == Progress::Done { Duration::ZERO } else { behind });
        progress
    }

    fn note_lag(&mut self, lag: Duration) {
        self.stats.lag = lag;
        self.stats.worst_lag = self.stats.worst_lag.max(lag);
        let lagging = lag > LAG_WORTH_SAYING;
        if lagging && !self.lagging {
            tracing::warn!(
                lag_ms = lag.as_millis(),
                "the simulated market is behind the clock; events are late, none is lost"
            );
        }
        self.lagging = lagging;
    }

    /// Hands what was released to the gateways.
    fn publish(&mut self) {
        self.gateway.on_released(&self.released, &self.exchange, &mut self.out);
        self.ax.on_released(&self.released, &self.exchange, &mut self.out.effects);
        self.released.clear();
    }

    /// Tells the other face what a request on Deribit's caused; its own has told its clients already.
    fn pass_on(&mut self) {
        if let Some(caused) = &mut self.out.caused {
            self.ax.on_released(caused, &self.exchange, &mut self.out.effects);
            caused.clear();
        }
    }

    fn take(&mut self, request: Request) {
        let wall = self.clock.now().utc;
        match request {
            Request::Knock { target, authorization, reply } => {
                let admission = self.ax.knock(wall, &target, authorization.as_deref(), self.exchange.engine());
                drop(reply.send(admission));
            }
            Request::Opened { id, face, outbox, task } => {
                self.clients.insert(id, Client { outbox, task });
                match face {
                    Face::Deribit => self.gateway.open(id, wall),
                    Face::Ax(admission) => {
                        self.ax.open(id, admission, wall, &mut self.exchange, &mut self.out.effects);
                    }
                }
            }
            Request::Text { id, body } if self.ax.has(id) => {
                let (exchange, effects) = (&mut self.exchange, &mut self.out.effects);
                self.ax.text(id, wall, body.as_bytes(), exchange, &mut self.released, effects);
                self.publish();
            }
            Request::Text { id, body } => {
                self.gateway.text(id, wall, body.as_bytes(), &mut self.exchange, &mut self.out);
                self.pass_on();
            }
            Request::Alive { id } => self.gateway.alive(id, wall),
            Request::Closed { id } => self.end(id),
            Request::Http { call, reply } => {
                let answer = self.http(&call);
                self.keep();
                // The asker may have hung up. What was not kept gets no answer.
                if self.refused.is_none() {
                    drop(reply.send(answer));
                }
            }
            Request::Control { body, reply } => {
                let answer = control::answer(self, &body);
                drop(reply.send(answer));
            }
        }
        self.deliver();
    }

    /// Writes down what clients own, before anybody hears of it. What cannot be kept is not said: the run ends.
    fn keep(&mut self) {
        let Some(journal) = &mut self.journal else { return };
        let kept = self.exchange.take_entry().map_or(Ok(()), |entry| journal.append(entry));
        if let Err(error) = kept {
            tracing::error!(%error, "the journal cannot be written: the exchange ends");
            self.refused.get_or_insert(error);
        }
        if self.refused.is_some() {
            self.out.effects.clear();
        }
    }

    fn http(&mut self, call: &OwnedCall) -> (u16, String) {
        let wall = self.clock.now().utc;
        let request = HttpRequest {
            method: &call.method,
            target: &call.target,
            authorization: call.authorization.as_deref(),
            body: &call.body,
        };
        if ax::covers(request.parts().0) {
            let (exchange, effects) = (&mut self.exchange, &mut self.out.effects);
            let answer = self.ax.http(wall, &request, exchange, &mut self.released, effects);
            self.publish();
            return answer;
        }
        let answer = self.gateway.http(wall, &request, &mut self.exchange, &mut self.out);
        self.pass_on();
        answer
    }

    /// Carries out what the gateways want. Closing one client may cause messages to others.
    fn deliver(&mut self) {
        self.keep();
        while !self.out.effects.is_empty() {
            for effect in std::mem::take(&mut self.out.effects) {
                match effect {
                    Effect::Send { to, text } => self.send(to, text),
                    Effect::Close { to, why } => {
                        tracing::info!(connection = to.0, why, "closing a client");
                        if let Some(client) = self.clients.get(&to)
                            && client.outbox.try_send(Outgoing::Close(why)).is_err()
                        {
                            client.task.abort();
                        }
                        self.end(to);
                    }
                    Effect::Cut { to } => {
                        if let Some(client) = self.clients.get(&to) {
                            client.task.abort();
                        }
                        self.end(to);
                    }
                }
            }
            self.keep();
        }
        self.record();
    }

    fn send(&mut self, to: ConnectionId, text: Arc<str>) {
        let Some(client) = self.clients.get(&to) else { return };
        match client.outbox.try_send(Outgoing::Text(text)) {
            Ok(()) => self.stats.messages_sent += 1,
            Err(mpsc::error::TrySendError::Closed(_)) => self.end(to),
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!(connection = to.0, "closing a client that does not read");
                self.stats.closed_slow += 1;
                client.task.abort();
                self.end(to);
            }
        }
    }

    fn end(&mut self, id: ConnectionId) {
        self.clients.remove(&id);
        if self.ax.has(id) {
            self.ax.closed(id, &mut self.exchange, &mut self.released);
            self.publish();
        } else {
            self.gateway.closed(id, &mut self.exchange, &mut self.out);
            self.pass_on();
        }
    }

    /// Writes down what clients did and what happened.
    fn record(&mut self) {
        if let Some(file) = &mut self.inputs {
            let written = file.write_all(self.out.inputs.as_bytes());
            self.keep_recording(written);
        }
        self.out.inputs.clear();
        if let (Some(sink), Some(text)) = (&mut self.events, &mut self.out.printed) {
            let printed = sink.write_all(text.as_bytes());
            text.clear();
            self.refused = self.refused.take().or(printed.err());
        }
    }

    fn flush(&mut self) {
        if let Some(file) = &mut self.inputs {
            let flushed = file.flush();
            self.keep_recording(flushed);
        }
        if let Some(sink) = &mut self.events {
            self.refused = self.refused.take().or(sink.flush().err());
        }
    }

    fn keep_recording(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            tracing::error!(%error, "recording of inputs ends here");
            self.inputs = None;
        }
    }
}

impl Controlled for Floor {
    fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    fn connections(&self) -> Vec<ConnectionState> {
        let mut all: Vec<_> = self.gateway.connections().chain(self.ax.connections()).collect();
        all.sort_unstable_by_key(|connection| connection.id);
        all
    }

    fn set_rate(&mut self, rate: f64) {
        let now = self.exchange.now();
        self.exchange.set_rate(now, rate, &mut self.released);
        self.publish();
        self.deliver();
    }

    fn set_speed(&mut self, speed: u32) {
        self.exchange.set_speed(self.exchange.now(), speed, &mut self.released);
        self.publish();
        self.deliver();
        self.dial.set_speed(self.clock.now().mono, speed);
    }

    fn pause(&mut self) {
        while self.release() == Progress::More {}
        self.dial.pause(self.clock.now().mono);
    }

    fn go_on(&mut self) {
        self.dial.go_on(self.clock.now().mono);
    }

    fn is_paused(&self) -> bool {
        self.dial.is_paused()
    }

    fn step(&mut self, span: Duration) {
        self.dial.step(span);
        while self.release() == Progress::More {}
    }

    fn begin(&mut self, scenario: &Scenario) {
        let now = self.exchange.now();
        scenario.begin(&mut self.exchange, now, &mut self.released);
        self.publish();
        self.deliver();
        if let Some(speed) = scenario.speed {
            self.set_speed(speed);
        }
    }

    fn direct(&mut self, directive: &Directive) {
        self.exchange.direct(self.exchange.now(), directive, &mut self.released);
        self.publish();
        self.deliver();
    }

    fn inject(&mut self, to: Option<ConnectionId>, fault: Fault) {
        let all = self.connections().into_iter().map(|connection| connection.id);
        for id in all.filter(|id| to.is_none_or(|to| to == *id)) {
            if self.ax.has(id) {
                self.ax.inject(id, fault, &mut self.out.effects);
            } else {
                self.gateway.inject(Some(id), fault, &mut self.out);
            }
        }
        self.deliver();
    }

    fn stats(&self) -> ServerStats {
        ServerStats { connections: self.clients.len(), ..self.stats }
    }
}
