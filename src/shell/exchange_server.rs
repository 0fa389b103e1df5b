//! The embedded exchange on a real socket: one thread, one port, WebSocket and HTTP.
//!
//! The thread `tenor-exchange` owns the exchange and its gateway ([`floor`]) and runs the sockets ([`net`]) beside them. Virtual time
//! follows the wall clock one to one; when the machine cannot keep up, due events are released late and in order, and the lag is
//! reported.
//!
//! | queue | bound | when full |
//! |---|---|---|
//! | sockets → floor | [`REQUESTS`] | stop reading that socket: TCP pushes back |
//! | floor → one client | [`CLIENT_MESSAGES`] | the client is closed, with a logged reason: it never holds up the others |
//! | handle → floor | [`QUESTIONS`] | the question is refused |

mod floor;
mod net;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;

use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::Side;
use crate::exchange::catalogue::Listing;
use crate::exchange::gateways::deribit::Fault;
use floor::{Floor, Question};

const REQUESTS: usize = 1_024;
const CLIENT_MESSAGES: usize = 65_536;
const QUESTIONS: usize = 64;

#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub seed: u64,
    /// Virtual time at the start; the wall clock's when absent.
    pub start: Option<Utc>,
    /// Messages a second; 0 is paused.
    pub rate: f64,
    /// Where to record what clients did, for an exact replay.
    pub log_inputs: Option<PathBuf>,
}

impl Default for ServerConfig {
    /// On a free loopback port, at the pace of a busy afternoon.
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { listen, seed: 1, start: None, rate: 1_500.0, log_inputs: None }
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

pub struct ExchangeServer;

impl ExchangeServer {
    /// Boots the exchange and listens. Returns when clients may connect.
    ///
    /// # Errors
    /// The address is taken, the log cannot be created, or the data files are wrong.
    pub fn start(config: ServerConfig) -> anyhow::Result<ServerHandle> {
        let listener =
            TcpListener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let (questions, inbox) = mpsc::channel(QUESTIONS);
        let (ready, booted) = sync_channel(1);
        let thread = std::thread::Builder::new().name("tenor-exchange".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error.into()))),
            };
            runtime.block_on(async move {
                let floor = match Floor::open(&config, listener) {
                    Ok(floor) => floor,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                // Whoever started us may have given up; then the handle is gone and the floor closes by itself.
                drop(ready.send(Ok(())));
                floor.run(inbox).await;
            });
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
    thread: Option<JoinHandle<()>>,
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
            let id = floor.gateway.connections().nth(index);
            if id.is_some() {
                floor.inject(id, fault);
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
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the exchange's thread panicked");
        }
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.end();
    }
}
