//! The embedded exchange on a real socket: one thread, one port, WebSocket and HTTP.
//!
//! The thread `tenor-exchange` owns the exchange and its gateways ([`floor`]), one for each protocol, told apart by path, and runs the
//! sockets ([`net`]) beside them. Virtual time follows the wall clock, one to one unless a [`dial`] is turned; when the machine cannot keep up, due events are
//! released late and in order, and the lag is reported. Events can be printed as they happen ([`EventSink`]): what a run without sockets prints from the log of inputs.
//!
//! | queue | bound | when full |
//! |---|---|---|
//! | sockets → floor | [`REQUESTS`] | stop reading that socket: TCP pushes back |
//! | floor → one client | [`CLIENT_MESSAGES`]; [`CLIENT_SNAPSHOTS`] where books come whole | the client is closed, with a logged reason: it never holds up the others |
//! | handle → floor | [`QUESTIONS`] | the question is refused |
//! | floor → event sink | none | the exchange waits: its reader asked for every event |

mod control;
mod dial;
mod floor;
mod journal;
mod net;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::sync::mpsc;

use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::Side;
use crate::exchange::catalogue::Listing;
use crate::exchange::gateways::parts::Fault;
use crate::exchange::sim::Scenario;
pub use control::ControlToken;
use control::Controlled as _;
use floor::{Floor, Question};

const REQUESTS: usize = 1_024;
const CLIENT_MESSAGES: usize = 65_536;
const CLIENT_SNAPSHOTS: usize = 8_192;
const QUESTIONS: usize = 64;

#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub seed: u64,
    /// Virtual time at the start; the scenario's wish when absent, or the wall clock's.
    pub start: Option<Utc>,
    /// Virtual time after which the exchange ends by itself; not one event later.
    pub duration: Option<Duration>,
    /// Messages a second of wall time; 0 is paused.
    pub rate: f64,
    /// How many times faster than the wall clock virtual time runs; the scenario's wish when absent, or as fast.
    pub speed: Option<u32>,
    pub scenario: Option<Scenario>,
    /// Where to record what clients did, for an exact replay.
    pub log_inputs: Option<PathBuf>,
    /// Keeps what clients own in this folder, beyond this run.
    pub data: Option<PathBuf>,
    /// Opens the [control channel](control) to whoever shows it.
    pub control: Option<ControlToken>,
}

impl Default for ServerConfig {
    /// On a free loopback port, at the pace of a busy afternoon.
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen,
            seed: 1,
            start: None,
            duration: None,
            rate: 1_500.0,
            speed: None,
            scenario: None,
            log_inputs: None,
            data: None,
            control: None,
        }
    }
}

/// How the server is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerStats {
    pub connections: usize,
    pub messages_sent: u64,
    /// How far virtual time is behind the wall clock now, and was at the worst.
    pub lag: Duration,
    pub worst_lag: Duration,
    /// Clients closed because they did not read.
    pub closed_slow: u64,
}

/// One of the exchange's own books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerBook {
    pub symbol: String,
    pub change_id: u64,
    pub digest: Option<u64>,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

/// Takes one line for each event, many at a time. An error ends the run.
pub type EventSink = Box<dyn Write + Send>;

pub struct ExchangeServer;

impl ExchangeServer {
    /// Boots the exchange and listens. Returns when clients may connect.
    ///
    /// # Errors
    /// The address is taken, the log cannot be created, or the data files are wrong.
    pub fn start(config: ServerConfig) -> anyhow::Result<ServerHandle> {
        Self::start_printing(config, None)
    }

    /// The same, telling `events` everything that happens.
    ///
    /// # Errors
    /// Those of [`ExchangeServer::start`].
    pub fn start_printing(config: ServerConfig, events: Option<EventSink>) -> anyhow::Result<ServerHandle> {
        let listener =
            TcpListener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let (questions, inbox) = mpsc::channel(QUESTIONS);
        let (ready, booted) = sync_channel(1);
        let thread = std::thread::Builder::new().name("tenor-exchange".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    drop(ready.send(Err(error.into())));
                    return Ok(());
                }
            };
            runtime.block_on(async move {
                // Whoever started us may have given up; then the handle is gone and the floor closes by itself.
                match Floor::open(&config, listener, events) {
                    Ok(floor) => {
                        drop(ready.send(Ok(())));
                        floor.run(inbox).await
                    }
                    Err(error) => {
                        drop(ready.send(Err(error)));
                        Ok(())
                    }
                }
            })
        })?;
        booted.recv().context("the exchange's thread ended while booting")??;
        Ok(ServerHandle { addr, questions: Some(questions), thread: Some(thread) })
    }
}

/// Controls a running server; dropping it stops the exchange.
#[derive(Debug)]
pub struct ServerHandle {
    pub addr: SocketAddr,
    questions: Option<mpsc::Sender<Question>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl ServerHandle {
    /// `ws://127.0.0.1:40123/ws/api/v2`
    pub fn url(&self) -> String {
        format!("ws://{}/ws/api/v2", self.addr)
    }

    /// Sets the target in messages a second.
    pub fn set_rate(&self, rate: f64) {
        self.ask(move |floor| floor.set_rate(rate));
    }

    /// Makes something go wrong for every connection.
    pub fn inject(&self, fault: Fault) {
        self.ask(move |floor| floor.inject(None, fault));
    }

    /// Makes something go wrong for the connection that was opened as the `index`-th of those still open.
    pub fn inject_at(&self, index: usize, fault: Fault) {
        self.ask(move |floor| {
            if let Some(connection) = floor.connections().get(index) {
                floor.inject(Some(connection.id), fault);
            }
        });
    }

    /// The digest that a book had after a change; `None` when it never had, or too long ago.
    pub fn digest_at(&self, symbol: &str, change_id: u64) -> Option<u64> {
        let symbol = symbol.to_owned();
        self.ask(move |floor| {
            let engine = floor.exchange.engine();
            engine.catalogue().find(&symbol).and_then(|listing| engine.digest_at(listing.id, change_id))
        })?
    }

    /// Every active book as it is at one instant.
    pub fn books(&self) -> Vec<ServerBook> {
        self.ask(|floor| {
            let engine = floor.exchange.engine();
            let book = |listing: &Arc<Listing>| {
                let [bids, asks] = Side::BOTH.map(|side| {
                    let mut levels = Vec::new();
                    engine.copy_levels(listing.id, side, usize::MAX, &mut levels);
                    levels
                });
                let change_id = engine.change_id(listing.id);
                let digest = engine.digest_at(listing.id, change_id);
                ServerBook { symbol: listing.symbol.to_string(), change_id, digest, bids, asks }
            };
            engine.catalogue().active().map(book).collect()
        })
        .unwrap_or_default()
    }

    /// Virtual time.
    pub fn now(&self) -> Option<Utc> {
        self.ask(|floor| floor.exchange.now())
    }

    pub fn stats(&self) -> ServerStats {
        self.ask(|floor| floor.stats()).unwrap_or_default()
    }

    /// Waits for the exchange to end by itself: when its time is up, or its events are not wanted any more.
    ///
    /// # Errors
    /// Those of the event sink, or a panic of the exchange's thread.
    pub fn wait(mut self) -> anyhow::Result<()> {
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(ended)) => Ok(ended?),
            Some(Err(_)) => bail!("the exchange's thread panicked"),
        }
    }

    /// Stops the exchange and waits for its thread.
    pub fn stop(mut self) {
        self.end();
    }

    /// Has the floor answer between two events. `None` when it is gone or asked too much at once.
    fn ask<T: Send + 'static>(&self, question: impl FnOnce(&mut Floor) -> T + Send + 'static) -> Option<T> {
        let (reply, answer) = sync_channel(1);
        let question: Question = Box::new(move |floor| drop(reply.send(question(floor))));
        self.questions.as_ref()?.try_send(question).ok()?;
        answer.recv().ok()
    }

    fn end(&mut self) {
        self.questions = None;
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) => tracing::error!(%error, "the events could not be printed to the end"),
            Some(Err(_)) => tracing::error!("the exchange's thread panicked"),
        }
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.end();
    }
}
