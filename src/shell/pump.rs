//! One task per connection: carries out a session's wishes on a real socket and brings it what arrives. All protocol lives in the
//! session; the pump only knows bytes and time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::clock::Clock;
use super::queues::BATCH_FRAMES;
use crate::core;
use crate::domain::command::SessionCommand;
use crate::domain::event::Link;
use crate::venues::{Input, Output, Session, Wish};

const DIAL_TIMEOUT: Duration = Duration::from_secs(10);
/// A peer that takes nothing for this long is gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
const READ_BUFFER_BYTES: usize = 256 << 10;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One connection's way between a session and core.
pub struct Pump {
    pub link: Link,
    pub url: Arc<str>,
    pub session: Box<dyn Session + Send>,
    pub clock: Clock,
    pub commands: mpsc::Receiver<SessionCommand>,
    pub inputs: mpsc::Sender<core::Input>,
}

enum Woken {
    Command(Option<SessionCommand>),
    Frame(Option<Result<Message, String>>),
    Due,
}

impl Pump {
    /// Runs until the session wishes to finish or core is gone.
    pub async fn run(mut self) {
        let mut out = Output::default();
        let mut socket: Option<Socket> = None;
        self.session.handle(self.clock.now(), Input::Timer, &mut out);
        loop {
            if !self.carry_out(&mut out, &mut socket).await || !self.deliver(&mut out).await {
                break;
            }
            match self.wait(socket.as_mut()).await {
                Woken::Due => self.session.handle(self.clock.now(), Input::Timer, &mut out),
                Woken::Command(Some(command)) => {
                    self.session.handle(self.clock.now(), Input::Command(command), &mut out);
                }
                Woken::Command(None) => break,
                Woken::Frame(frame) => self.take_frames(frame, &mut socket, &mut out),
            }
        }
        if let Some(mut socket) = socket {
            // The peer may be gone already; closing is a courtesy.
            drop(tokio::time::timeout(Duration::from_millis(200), socket.close(None)).await);
        }
    }

    async fn wait(&mut self, socket: Option<&mut Socket>) -> Woken {
        let deadline = self.session.deadline().map(|at| self.clock.runtime_instant(at));
        let due = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let frame = async {
            match socket {
                Some(socket) => socket.next().await.map(|frame| frame.map_err(|error| error.to_string())),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            command = self.commands.recv() => Woken::Command(command),
            frame = frame => Woken::Frame(frame),
            () = due => Woken::Due,
        }
    }

    /// Hands over the frame that woke us and all that is already here, up to a batch.
    fn take_frames(&mut self, first: Option<Result<Message, String>>, socket: &mut Option<Socket>, out: &mut Output) {
        let now = self.clock.now();
        let mut next = first;
        loop {
            out.batch.received = now.mono;
            out.batch.frames += 1;
            match next {
                Some(Ok(Message::Text(text))) => self.session.handle(now, Input::Text(text.as_bytes()), out),
                Some(Ok(Message::Binary(bytes))) => self.session.handle(now, Input::Text(&bytes), out),
                Some(Ok(Message::Close(frame))) => {
                    let why =
                        frame.map_or_else(|| "closed by the venue".to_owned(), |f| format!("closed by the venue: {f}"));
                    return self.closed(socket, &why, out);
                }
                Some(Ok(_)) => self.session.handle(now, Input::Control, out),
                Some(Err(why)) => return self.closed(socket, &why, out),
                None => return self.closed(socket, "the connection ended", out),
            }
            // A wish to send or hang up must not wait behind more reading.
            if out.batch.frames >= BATCH_FRAMES || !out.wishes.is_empty() {
                return;
            }
            let Some(ready) = socket.as_mut().and_then(|socket| socket.next().now_or_never()) else { return };
            next = ready.map(|frame| frame.map_err(|error| error.to_string()));
        }
    }

    fn closed(&mut self, socket: &mut Option<Socket>, why: &str, out: &mut Output) {
        *socket = None;
        self.session.handle(self.clock.now(), Input::Closed(why.into()), out);
    }

    /// False when the session is over. Wishes may cause inputs that cause wishes.
    async fn carry_out(&mut self, out: &mut Output, socket: &mut Option<Socket>) -> bool {
        while !out.wishes.is_empty() {
            for wish in std::mem::take(&mut out.wishes) {
                match wish {
                    Wish::Finish => return false,
                    Wish::Hangup => {
                        if let Some(mut open) = socket.take() {
                            drop(tokio::time::timeout(Duration::from_millis(200), open.close(None)).await);
                            self.session.handle(self.clock.now(), Input::Closed("we hung up".into()), out);
                        }
                    }
                    Wish::Send(text) => self.send(text, socket, out).await,
                    Wish::Dial => match self.dial().await {
                        Ok(open) => {
                            *socket = Some(open);
                            self.session.handle(self.clock.now(), Input::Opened, out);
                        }
                        Err(why) => self.session.handle(self.clock.now(), Input::DialFailed(why.into()), out),
                    },
                }
            }
        }
        true
    }

    async fn send(&mut self, text: String, socket: &mut Option<Socket>, out: &mut Output) {
        let Some(open) = socket.as_mut() else { return };
        match tokio::time::timeout(SEND_TIMEOUT, open.send(Message::text(text))).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.closed(socket, &error.to_string(), out),
            Err(_) => self.closed(socket, "the venue takes nothing more", out),
        }
    }

    async fn dial(&self) -> Result<Socket, String> {
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).max_message_size(Some(16 << 20));
        let dialling = connect_async_with_config(&*self.url, Some(config), true);
        match tokio::time::timeout(DIAL_TIMEOUT, dialling).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", DIAL_TIMEOUT.as_secs())),
        }
    }

    /// False when core is gone. Waiting here stops the reading, and so the peer: nothing is dropped.
    async fn deliver(&mut self, out: &mut Output) -> bool {
        if out.batch.events.is_empty() && out.batch.frames == 0 {
            return true;
        }
        let batch = std::mem::take(&mut out.batch);
        let input = core::Input::Venue { link: self.link, batch };
        self.inputs.send(input).await.is_ok()
    }
}
