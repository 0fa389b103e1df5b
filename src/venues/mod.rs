//! Client sides of venue protocols. Every connection is a [`Session`]: a state machine that never spawns, sleeps, reads a clock or
//! opens a socket. The pump in `shell` carries its wishes out; tests and worlds do the same in memory.

pub mod deribit;
pub mod parts;

use std::sync::Arc;

use crate::base::time::{Instant, Now};
use crate::domain::command::SessionCommand;
use crate::domain::event::Batch;

/// What happened to a connection.
#[derive(Debug)]
pub enum Input<'a> {
    /// The deadline passed, or the session was just made and may begin.
    Timer,
    /// The socket is open.
    Opened,
    /// Dialling failed.
    DialFailed(Arc<str>),
    /// One text message.
    Text(&'a [u8]),
    /// Any control frame: a sign of life.
    Control,
    /// The socket has ended, by whoever's will.
    Closed(Arc<str>),
    Command(SessionCommand),
}

/// What a session wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Open the socket; answered by `Opened` or `DialFailed`. Never asked for twice at once.
    Dial,
    /// Send one text message.
    Send(String),
    /// Close the socket now; answered by `Closed`.
    Hangup,
    /// No more dialling: this session is over.
    Finish,
}

/// Where a session writes. The caller empties it after every [`Session::handle`] or after a run of them.
#[derive(Debug, Default)]
pub struct Output {
    pub batch: Batch,
    pub wishes: Vec<Wish>,
}

/// One connection's protocol, sans-IO.
pub trait Session {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Output);

    /// When `handle(Timer)` is due at the latest; `None` while only a message can change anything.
    fn deadline(&self) -> Option<Instant>;
}
