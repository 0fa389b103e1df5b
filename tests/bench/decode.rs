//! A Deribit book change, from the bytes of its frame to the applied book with both bests read: our session's path (scan, sequence,
//! [`Book`]) against serde_json into owned structs and a std `BTreeMap` a side. Both check the sequence, deletes and crossing.

mod contest;
mod flow;
mod line;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use serde::Deserialize;
use tenor::base::digest::Digest;
use tenor::base::rng::Rng;
use tenor::domain::book::{Book, Level, level_digest};
use tenor::domain::event::LevelChange;
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Price, Qty, Side};
use tenor::venues::deribit::codec::book::BookKind;
use tenor::venues::deribit::codec::scan;
use tenor::venues::deribit::codec::symbols::{Symbols, Terms};
use tenor::venues::parts::sequence::{Standing, standing};

use contest::{Contestant, contest};
use flow::{Flow, TICK};

const SYMBOL: &str = "H100_USDC-31DEC26";
const CONTRACT_SIZE: i64 = 730;
const DEPTH: usize = 200;
const MESSAGES: usize = 1 << 15;

/// The venue's frames and the book they start from.
struct Recording {
    snapshot: Vec<LevelChange>,
    frames: Vec<String>,
}

impl Recording {
    /// One to three levels a message, as raw books have.
    fn new() -> Self {
        let mut flow = Flow::new(1, 560, DEPTH);
        let snapshot = flow.snapshot();
        let mut known: BTreeMap<(Side, Price), Qty> = snapshot.iter().map(|l| ((l.side, l.price), l.qty)).collect();
        let mut sizes = Rng::fork(1, "levels a message");
        let mut frames = Vec::with_capacity(MESSAGES);
        for at in 0..MESSAGES as u64 {
            let mut sides = [String::new(), String::new()];
            for _ in 0..=sizes.below(3) {
                let LevelChange { side, price, qty } = flow.next();
                let action = match (known.insert((side, price), qty).unwrap_or_default().is_zero(), qty.is_zero()) {
                    (_, true) => "delete",
                    (true, false) => "new",
                    (false, false) => "change",
                };
                let text = &mut sides[usize::from(side == Side::Ask)];
                let comma = if text.is_empty() { "" } else { "," };
                // Writing to a string cannot fail.
                let _ = write!(text, "{comma}[\"{action}\",{price},{}]", qty * CONTRACT_SIZE);
            }
            let (time, prev, id, [bids, asks]) = (1_795_326_814_468 + at, 1_000 + 3 * at, 1_003 + 3 * at, sides);
            frames.push(format!(
                r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.{SYMBOL}.raw","data":{{"type":"change","timestamp":{time},"prev_change_id":{prev},"instrument_name":"{SYMBOL}","change_id":{id},"bids":[{bids}],"asks":[{asks}]}}}}}}"#
            ));
        }
        Self { snapshot, frames }
    }
}

/// What both sides add up while they work.
#[derive(Default)]
struct Tally {
    last: u64,
    anomalies: u64,
    bests: i64,
}

impl Tally {
    fn sequence(&mut self, prev: u64, id: u64) {
        self.anomalies += u64::from(standing(self.last, prev, id) != Standing::Follows);
        self.last = id;
    }

    fn level(&mut self, before: Qty, after: Qty) {
        self.anomalies += u64::from(before.is_zero() && after.is_zero());
    }

    fn bests(&mut self, bid: Option<Level>, ask: Option<Level>) {
        if let (Some(bid), Some(ask)) = (bid, ask) {
            self.anomalies += u64::from(bid.price >= ask.price);
            self.bests = self.bests.wrapping_add(bid.price.0 ^ ask.price.0).wrapping_add(bid.qty.0 ^ ask.qty.0);
        }
    }

    fn digest(&self, book: u64) -> u64 {
        let mut digest = Digest::default();
        digest.word(self.last);
        digest.word(self.anomalies);
        digest.word(self.bests.cast_unsigned());
        digest.word(book);
        digest.finish()
    }
}

struct Ours {
    book: Book,
    symbols: Symbols,
    levels: Vec<LevelChange>,
}

impl Ours {
    fn new(snapshot: &[LevelChange]) -> Self {
        let mut book = Book::new(TICK);
        for level in snapshot {
            book.set(level.side, level.price, level.qty);
        }
        let terms = Terms::new(InstrumentId(0), CONTRACT_SIZE, Qty::lots(1));
        Self { book, symbols: Symbols::new([(SYMBOL.into(), terms)]), levels: Vec::new() }
    }

    fn run(&mut self, frames: &[String]) -> u64 {
        let mut tally = Tally { last: 1_000, ..Tally::default() };
        for frame in frames {
            self.levels.clear();
            let Some(message) = scan::book(frame.as_bytes(), &self.symbols, &mut self.levels) else {
                tally.anomalies += 1;
                continue;
            };
            if let BookKind::Change { prev_change_id } = message.kind {
                tally.sequence(prev_change_id, message.change_id);
            }
            for level in &self.levels {
                tally.level(self.book.set(level.side, level.price, level.qty), level.qty);
            }
            tally.bests(self.book.best(Side::Bid), self.book.best(Side::Ask));
        }
        tally.digest(self.book.digest())
    }
}

/// The conventional way: owned structs, floats, a map a side.
#[derive(Deserialize)]
struct Frame {
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    instrument_name: String,
    prev_change_id: u64,
    change_id: u64,
    bids: Vec<(String, f64, f64)>,
    asks: Vec<(String, f64, f64)>,
}

struct Conventional {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    digest: u64,
}

impl Conventional {
    fn new(snapshot: &[LevelChange]) -> Self {
        let mut book = Self { bids: BTreeMap::new(), asks: BTreeMap::new(), digest: 0 };
        for level in snapshot {
            book.set(level.side, level.price, level.qty);
        }
        book
    }

    fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        let levels = match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        };
        let before = if qty.is_zero() { levels.remove(&price) } else { levels.insert(price, qty) }.unwrap_or_default();
        self.digest =
            self.digest.wrapping_sub(level_digest(side, price, before)).wrapping_add(level_digest(side, price, qty));
        before
    }

    fn run(&mut self, frames: &[String]) -> u64 {
        let mut tally = Tally { last: 1_000, ..Tally::default() };
        let level = |(&price, &qty): (&Price, &Qty)| Level { price, qty };
        for frame in frames {
            let Ok(Frame { params: Params { data } }) = serde_json::from_str::<Frame>(frame) else {
                tally.anomalies += 1;
                continue;
            };
            tally.anomalies += u64::from(data.instrument_name != SYMBOL);
            tally.sequence(data.prev_change_id, data.change_id);
            for (side, rows) in [(Side::Bid, &data.bids), (Side::Ask, &data.asks)] {
                for (action, price, amount) in rows {
                    let lots = if action == "delete" { 0 } else { (amount / CONTRACT_SIZE as f64).round() as i64 };
                    let before = self.set(side, Price::from_f64_lossy(*price), Qty::lots(lots));
                    tally.level(before, Qty::lots(lots));
                }
            }
            tally.bests(self.bids.last_key_value().map(level), self.asks.first_key_value().map(level));
        }
        tally.digest(self.digest)
    }
}

fn main() -> io::Result<()> {
    let recording = Recording::new();
    contest(
        "decode",
        recording.frames.len(),
        Contestant { prepare: || Ours::new(&recording.snapshot), run: |ours: &mut Ours| ours.run(&recording.frames) },
        Contestant {
            prepare: || Conventional::new(&recording.snapshot),
            run: |baseline: &mut Conventional| baseline.run(&recording.frames),
        },
    )
    .map(drop)
}
