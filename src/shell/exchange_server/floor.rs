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
use super::net::{self, Outgoing, Request};
use super::{EventSink, REQUESTS, ServerConfig, ServerStats};
use crate::base::time::{Instant, Utc};
use crate::domain::calendar::Calendar;
use crate::exchange::catalogue::CatalogueData;
use crate::exchange::engine::ConnectionId;
use crate::exchange::gateways::deribit::{Effect, Fault, Gateway, HttpRequest, Output};
use crate::exchange::sim::{Config, Exchange, Progress, Released};
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
    clock: Clock,
    /// The wall clock's reading when virtual time was `start`.
    origin: Instant,
    start: Utc,
    /// Nothing is released after it.
    end: Utc,
    clients: BTreeMap<ConnectionId, Client>,
    requests: mpsc::Receiver<Request>,
    released: Released,
    out: Output,
    inputs: Option<BufWriter<File>>,
    events: Option<EventSink>,
    /// Whoever reads the events takes no more.
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
        let start = config.start.unwrap_or(opened.utc);
        let data = Arc::new(CatalogueData::embedded()?);
        let calendar = Arc::new(Calendar::us()?);
        let exchange = Exchange::new(&Config { seed: config.seed, start, rate: config.rate, data, calendar })?;
        let inputs = match &config.log_inputs {
            None => None,
            Some(path) => {
                let file = File::create(path).with_context(|| format!("cannot record to {}", path.display()))?;
                let mut file = BufWriter::new(file);
                writeln!(file, "{}", exchange.header())?;
                Some(file)
            }
        };
        let (sender, requests) = mpsc::channel(REQUESTS);
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::spawn(net::accept(listener, sender, config.control.clone()));
        Ok(Self {
            exchange,
            // Its seed and the wall clock's reading: opened anew it is another market, whatever it is made from.
            gateway: Gateway::of_run(format!("{}.{}", config.seed, opened.utc.millis())),
            origin: opened.mono,
            clock,
            start,
            end: config.duration.map_or(Utc(i64::MAX), |span| start + span),
            clients: BTreeMap::new(),
            requests,
            released: Released::default(),
            out: Output { printed: events.is_some().then(String::new), ..Output::default() },
            inputs,
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
        self.refused.map_or(Ok(()), Err)
    }

    async fn wait(&mut self, questions: &mut mpsc::Receiver<Question>) -> Woken {
        self.flush();
        let due = [self.exchange.next_due(), self.gateway.deadline()].into_iter().flatten().min();
        let due = due.map(|at| self.clock.runtime_instant(self.origin + at.min(self.end).since(self.start)));
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
        self.end.min(self.start + self.clock.now().mono.since(self.origin))
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
        self.gateway.timer(self.exchange.now(), &mut self.out);
        self.deliver();
        self.note_lag(if progress == Progress::Done { Duration::ZERO } else { target.since(self.exchange.now()) });
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

    /// Hands what was released to the gateway.
    fn publish(&mut self) {
        self.gateway.on_released(&self.released, &self.exchange, &mut self.out);
        self.released.clear();
    }

    fn take(&mut self, request: Request) {
        let now = self.exchange.now();
        match request {
            Request::Opened { id, outbox, task } => {
                self.clients.insert(id, Client { outbox, task });
                self.gateway.open(id, now);
            }
            Request::Text { id, body } => {
                self.gateway.text(id, now, body.as_bytes(), &mut self.exchange, &mut self.out);
            }
            Request::Alive { id } => self.gateway.alive(id, now),
            Request::Closed { id } => self.end(id),
            Request::Http { call, reply } => {
                let request = HttpRequest {
                    method: &call.method,
                    target: &call.target,
                    authorization: call.authorization.as_deref(),
                    body: &call.body,
                };
                let answer = self.gateway.http(now, &request, &mut self.exchange, &mut self.out);
                // The asker may have hung up.
                drop(reply.send(answer));
            }
            Request::Control { body, reply } => {
                let answer = control::answer(self, &body);
                drop(reply.send(answer));
            }
        }
        self.deliver();
    }

    /// Carries out what the gateway wants. Closing one client may cause messages to others.
    fn deliver(&mut self) {
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
        let now = self.exchange.now();
        self.gateway.closed(id, now, &mut self.exchange, &mut self.out);
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

    fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    fn set_rate(&mut self, rate: f64) {
        let now = self.exchange.now();
        self.exchange.set_rate(now, rate, &mut self.released);
        self.publish();
        self.deliver();
    }

    fn inject(&mut self, to: Option<ConnectionId>, fault: Fault) {
        self.gateway.inject(to, fault, &mut self.out);
        self.deliver();
    }

    fn stats(&self) -> ServerStats {
        ServerStats { connections: self.clients.len(), ..self.stats }
    }
}
