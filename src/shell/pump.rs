//! One task per connection: carries out a session's wishes on a real socket and brings it what arrives. All protocol lives in the
//! session; the pump only knows bytes and time. It never waits for a dial: what the session said is delivered before, and commands are
//! served meanwhile.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
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
const FAREWELL: Duration = Duration::from_millis(200);
const READ_BUFFER_BYTES: usize = 256 << 10;

type Socket = Box<WebSocketStream<MaybeTlsStream<TcpStream>>>;

/// One connection's way between a session and core.
pub struct Pump {
    pub link: Link,
    pub url: Arc<str>,
    pub session: Box<dyn Session + Send>,
    pub clock: Clock,
    pub commands: mpsc::Receiver<SessionCommand>,
    pub inputs: mpsc::Sender<core::Input>,
}

/// How far the socket is.
enum Line {
    Down,
    Dialling(BoxFuture<'static, Result<Socket, String>>),
    Open(Socket),
}

enum Woken {
    Command(Option<SessionCommand>),
    Dialled(Result<Socket, String>),
    Frame(Option<Result<Message, String>>),
    Due,
}

impl Pump {
    /// Runs until the session wishes to finish or core is gone.
    pub async fn run(mut self) {
        let mut out = Output::default();
        let mut line = Line::Down;
        self.session.handle(self.clock.now(), Input::Timer, &mut out);
        while self.carry_out(&mut out, &mut line).await && self.deliver(&mut out).await {
            match self.wait(&mut line).await {
                Woken::Due => self.session.handle(self.clock.now(), Input::Timer, &mut out),
                Woken::Command(Some(command)) => {
                    self.session.handle(self.clock.now(), Input::Command(command), &mut out);
                }
                Woken::Command(None) => break,
                Woken::Dialled(Ok(socket)) => {
                    line = Line::Open(socket);
                    self.session.handle(self.clock.now(), Input::Opened, &mut out);
                }
                Woken::Dialled(Err(why)) => {
                    line = Line::Down;
                    self.session.handle(self.clock.now(), Input::DialFailed(why.into()), &mut out);
                }
                Woken::Frame(frame) => self.take_frames(frame, &mut line, &mut out),
            }
        }
        hang_up(&mut line).await;
        // The session's last words; core may be gone before us.
        self.deliver(&mut out).await;
    }

    async fn wait(&mut self, line: &mut Line) -> Woken {
        let deadline = self.session.deadline().map(|at| self.clock.runtime_instant(at));
        let due = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let news = async {
            match line {
                Line::Down => std::future::pending().await,
                Line::Dialling(dialling) => Woken::Dialled(dialling.await),
                Line::Open(socket) => Woken::Frame(read(socket.next().await)),
            }
        };
        tokio::select! {
            biased;
            command = self.commands.recv() => Woken::Command(command),
            news = news => news,
            () = due => Woken::Due,
        }
    }

    /// Hands over the frame that woke us and all that is already here, up to a batch.
    fn take_frames(&mut self, first: Option<Result<Message, String>>, line: &mut Line, out: &mut Output) {
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
                    return self.closed(line, &why, out);
                }
                Some(Ok(_)) => self.session.handle(now, Input::Control, out),
                Some(Err(why)) => return self.closed(line, &why, out),
                None => return self.closed(line, "the connection ended", out),
            }
            // A wish to send or hang up must not wait behind more reading.
            if out.batch.frames >= BATCH_FRAMES || !out.wishes.is_empty() {
                return;
            }
            let Line::Open(socket) = line else { return };
            let Some(ready) = socket.next().now_or_never() else { return };
            next = read(ready);
        }
    }

    fn closed(&mut self, line: &mut Line, why: &str, out: &mut Output) {
        *line = Line::Down;
        self.session.handle(self.clock.now(), Input::Closed(why.into()), out);
    }

    /// False when the session is over. Wishes may cause inputs that cause wishes.
    async fn carry_out(&mut self, out: &mut Output, line: &mut Line) -> bool {
        while !out.wishes.is_empty() {
            for wish in std::mem::take(&mut out.wishes) {
                match wish {
                    Wish::Finish => return false,
                    Wish::Hangup => {
                        if hang_up(line).await {
                            self.session.handle(self.clock.now(), Input::Closed("we hung up".into()), out);
                        }
                    }
                    Wish::Send(text) => self.send(text, line, out).await,
                    Wish::Dial => *line = Line::Dialling(dial(self.url.clone()).boxed()),
                }
            }
        }
        true
    }

    async fn send(&mut self, text: String, line: &mut Line, out: &mut Output) {
        let Line::Open(open) = line else { return };
        match tokio::time::timeout(SEND_TIMEOUT, open.send(Message::text(text))).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.closed(line, &error.to_string(), out),
            Err(_) => self.closed(line, "the venue takes nothing more", out),
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

/// Ends an open socket, politely if that is quick. False when there was none.
async fn hang_up(line: &mut Line) -> bool {
    let Line::Open(mut socket) = std::mem::replace(line, Line::Down) else { return false };
    // The peer may be gone already; closing is a courtesy.
    drop(tokio::time::timeout(FAREWELL, socket.close(None)).await);
    true
}

async fn dial(url: Arc<str>) -> Result<Socket, String> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).max_message_size(Some(16 << 20));
    let dialling = connect_async_with_config(&*url, Some(config), true);
    match tokio::time::timeout(DIAL_TIMEOUT, dialling).await {
        Ok(Ok((socket, _))) => Ok(Box::new(socket)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", DIAL_TIMEOUT.as_secs())),
    }
}

fn read(frame: Option<Result<Message, tungstenite::Error>>) -> Option<Result<Message, String>> {
    frame.map(|frame| frame.map_err(|error| error.to_string()))
}
