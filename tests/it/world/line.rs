//! One connection of the world: what is on its way in both directions, and what goes wrong with it. Frames keep their order, as on TCP,
//! and take their time; faults lose them, repeat them, hold them back or end the connection.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tenor::base::time::Instant;
use tenor::domain::event::Link;
use tenor::exchange::engine::ConnectionId;
use tenor::venues::Session;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next change of a book is lost: a gap.
    DropChange,
    /// The next news is lost on the market's connection, the next answer on the orders'.
    DropAny,
    Duplicate,
    Delay(Duration),
    Cut,
}

/// Whether a session can see that changes were lost. Hidden ones are the canary: the line then mends `prev_change_id`, which is the same
/// to a session as not to look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    Shown,
    Hidden,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub drops: u32,
    pub duplicates: u32,
    pub delays: u32,
    pub cuts: u32,
}

impl Tally {
    pub fn all(self) -> u32 {
        self.drops + self.duplicates + self.delays + self.cuts
    }
}

#[derive(Debug)]
pub struct Frame {
    pub due: Instant,
    pub text: Arc<str>,
    pub is_repeat: bool,
}

/// A message of ours.
#[derive(Debug)]
pub struct Sent {
    pub due: Instant,
    pub from: ConnectionId,
    pub text: String,
}

pub struct Line {
    pub link: Link,
    pub session: Box<dyn Session>,
    /// The other end's name for us, while connected.
    pub peer: Option<ConnectionId>,
    pub down: VecDeque<Frame>,
    pub up: VecDeque<Sent>,
    /// When a dial is answered, and whether it is refused.
    pub dial: Option<(Instant, Dial)>,
    /// The next dial's fate.
    pub next_dial: Dial,
    /// Connections that have ended here and not yet there.
    pub ends: Vec<(Instant, ConnectionId)>,
    pub fault: Option<Fault>,
    pub tally: Tally,
    /// News of these channels is lost, not counted as faults.
    pub deaf_to: Option<&'static str>,
    /// Instrument and change id of the change that was lost last.
    pub lost: Option<(String, u64)>,
    gaps: Gaps,
    /// Change ids that the session has been shown, by instrument.
    passed: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dial {
    Succeeds,
    Fails,
}

impl Line {
    pub fn new(link: Link, session: Box<dyn Session>, gaps: Gaps) -> Self {
        Self {
            link,
            session,
            peer: None,
            down: VecDeque::new(),
            up: VecDeque::new(),
            dial: None,
            next_dial: Dial::Succeeds,
            ends: Vec::new(),
            fault: None,
            tally: Tally::default(),
            deaf_to: None,
            lost: None,
            gaps,
            passed: BTreeMap::new(),
        }
    }

    pub fn due(&self) -> Option<Instant> {
        let queues = [self.down.front().map(|frame| frame.due), self.up.front().map(|sent| sent.due)];
        let calls = [self.dial.map(|(due, _)| due), self.session.deadline()];
        let ends = self.ends.iter().map(|(due, _)| *due);
        queues.into_iter().chain(calls).flatten().chain(ends).min()
    }

    /// A message of ours sets out.
    pub fn send(&mut self, due: Instant, text: String) {
        let Some(from) = self.peer else { return };
        let due = self.up.back().map_or(due, |last| last.due.max(due));
        self.up.push_back(Sent { due, from, text });
    }

    /// A frame sets out to us at `now`, to arrive at `due` unless something happens to it.
    pub fn receive(&mut self, now: Instant, due: Instant, text: &Arc<str>) {
        let book = Book::of(text);
        if self.deaf_to.is_some_and(|channel| text.contains(channel)) {
            return;
        }
        let mut due = self.down.back().map_or(due, |last| last.due.max(due));
        let fault = self.fault.take_if(|fault| match fault {
            Fault::DropChange => book.is_some_and(|book| book.prev_change_id.is_some()),
            Fault::DropAny => is_news(text) == (self.link == Link::Market),
            Fault::Duplicate | Fault::Delay(_) => true,
            Fault::Cut => false,
        });
        match fault {
            Some(Fault::DropChange | Fault::DropAny) => {
                self.tally.drops += 1;
                self.lost = book.map(|book| (book.symbol.to_owned(), book.change_id));
                return;
            }
            Some(Fault::Delay(span)) => {
                self.tally.delays += 1;
                due = due.max(now + span);
            }
            _ => {}
        }
        let text = match book {
            Some(book) if self.gaps == Gaps::Hidden => self.mend(text, book),
            _ => text.clone(),
        };
        self.down.push_back(Frame { due, text: text.clone(), is_repeat: false });
        if fault == Some(Fault::Duplicate) {
            self.tally.duplicates += 1;
            self.down.push_back(Frame { due, text, is_repeat: true });
        }
    }

    /// Makes a change follow the last one that came through.
    fn mend(&mut self, text: &Arc<str>, book: Book<'_>) -> Arc<str> {
        let last = self.passed.insert(book.symbol.to_owned(), book.change_id);
        match (last, book.prev_change_id) {
            (Some(last), Some(prev)) => {
                text.replacen(&format!("{PREV}{prev}"), &format!("{PREV}{last}"), 1).as_str().into()
            }
            _ => text.clone(),
        }
    }

    /// The connection is gone on our side; `heard` is when the other side notices. Returns whether there was one.
    pub fn end(&mut self, heard: Instant) -> bool {
        let Some(peer) = self.peer.take() else { return false };
        self.down.clear();
        self.ends.push((heard, peer));
        true
    }
}

/// What a book message says of itself.
#[derive(Clone, Copy, Debug)]
struct Book<'a> {
    symbol: &'a str,
    /// `None` for a snapshot.
    prev_change_id: Option<u64>,
    change_id: u64,
}

const CHANNEL: &str = r#""channel":"book."#;
const PREV: &str = r#""prev_change_id":"#;
const ID: &str = r#""change_id":"#;

impl<'a> Book<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (_, rest) = text.split_once(CHANNEL)?;
        let (symbol, _) = rest.split_once('.')?;
        Some(Self { symbol, prev_change_id: number_after(rest, PREV), change_id: number_after(rest, ID)? })
    }
}

fn number_after(text: &str, key: &str) -> Option<u64> {
    let (_, rest) = text.split_once(key)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}

fn is_news(text: &str) -> bool {
    text.contains(r#""method":"subscription""#)
}
