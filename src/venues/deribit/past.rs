//! What was before, asked for question by question once everything live is running: names of indices, expired months, settlements of
//! every month, fixings, and the bars of what somebody looks at. Which question is next is decided here; asking and reading is the
//! session's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::config::Rate;
use crate::base::time::Instant;
use crate::domain::contract::Contract;
use crate::domain::instrument::{Catalogue, InstrumentId};

/// Everything is looked at again this often, for what has been added since.
const ROUND: Duration = Duration::from_secs(3_600);
/// Rows asked for at first: 90 calendar days and more. Later rounds need what has been added.
const ALL_ROWS: i64 = 100;
const NEW_ROWS: i64 = 5;
/// Bars of the same instrument are not asked for again before this.
const BARS_AGAIN: Duration = Duration::from_secs(60);
/// The past may use this part of the venue's limit on questions, and be asked for in this many at a time.
const PART_OF_LIMIT: u32 = 4;
const MOST_AT_ONCE: u32 = 8;

/// How wide bars are, and how far back they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    Hours,
    Days,
}

impl Resolution {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hours => "60",
            Self::Days => "1D",
        }
    }

    pub const fn width(self) -> Duration {
        match self {
            Self::Hours => Duration::from_secs(3_600),
            Self::Days => Duration::from_secs(86_400),
        }
    }

    pub const fn reach(self) -> Duration {
        match self {
            Self::Hours => Duration::from_secs(30 * 86_400),
            Self::Days => Duration::from_secs(90 * 86_400),
        }
    }
}

/// A contract and its name at the venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub symbol: Arc<str>,
    pub contract: Contract,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    IndexNames,
    /// Expired futures of a base currency.
    Expired(Arc<str>),
    Settlements {
        of: Named,
        count: i64,
    },
    Fixings {
        index: Arc<str>,
        count: i64,
    },
    Bars(InstrumentId, Resolution),
}

impl Question {
    /// For messages to people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::IndexNames => "get_index_price_names",
            Self::Expired(_) => "get_instruments",
            Self::Settlements { .. } => "get_last_settlements_by_instrument",
            Self::Fixings { .. } => "get_delivery_prices",
            Self::Bars(..) => "get_tradingview_chart_data",
        }
    }
}

/// The questions of one connection.
#[derive(Clone, Debug, Default)]
pub struct Past {
    queue: VecDeque<Question>,
    settled: BTreeMap<Arc<str>, Contract>,
    indices: BTreeSet<Arc<str>>,
    currencies: BTreeSet<Arc<str>>,
    /// Symbols and indices of which everything has been told.
    told: BTreeSet<Arc<str>>,
    bars_asked: BTreeMap<InstrumentId, Instant>,
    round_due: Option<Instant>,
}

impl Past {
    /// How many questions may be put every `tick`, and be open at once.
    pub fn pace(limit: Rate, tick: Duration) -> usize {
        let a_tick = f64::from(limit.per_1000_s) / 1_000.0 * tick.as_secs_f64() / f64::from(PART_OF_LIMIT);
        (a_tick as u32).clamp(1, MOST_AT_ONCE) as usize
    }

    /// The list: what is new on it is asked about.
    pub fn follow(&mut self, now: Instant, catalogue: &Catalogue, index_names: &[Arc<str>]) {
        if self.round_due.is_none() {
            self.round_due = Some(now + ROUND);
            self.queue.push_back(Question::IndexNames);
            for id in std::mem::take(&mut self.bars_asked).into_keys() {
                self.want_bars(now, id);
            }
        }
        for name in index_names {
            self.want_fixings(name);
        }
        for (_, instrument) in catalogue.iter().filter(|(_, instrument)| instrument.is_active) {
            let Contract::Outright { product, .. } = &instrument.contract else { continue };
            let currency: Arc<str> = product.as_str().into();
            if self.currencies.insert(currency.clone()) {
                self.queue.push_back(Question::Expired(currency));
            }
            self.want_settlements(&instrument.symbol, &instrument.contract);
        }
    }

    pub fn want_settlements(&mut self, symbol: &Arc<str>, contract: &Contract) {
        if self.settled.insert(symbol.clone(), contract.clone()).is_none() {
            let of = Named { symbol: symbol.clone(), contract: contract.clone() };
            self.queue.push_back(Question::Settlements { of, count: ALL_ROWS });
        }
    }

    /// It was delivered just now: its last settlement comes before everything else.
    pub fn ended(&mut self, symbol: &Arc<str>, contract: &Contract) {
        if self.settled.contains_key(symbol) {
            let of = Named { symbol: symbol.clone(), contract: contract.clone() };
            self.queue.push_front(Question::Settlements { of, count: NEW_ROWS });
        }
    }

    pub fn want_fixings(&mut self, index: &Arc<str>) {
        if self.indices.insert(index.clone()) {
            self.queue.push_back(Question::Fixings { index: index.clone(), count: ALL_ROWS });
        }
    }

    /// Somebody looks at it: its bars come before everything else.
    pub fn want_bars(&mut self, now: Instant, id: InstrumentId) {
        if self.bars_asked.get(&id).is_some_and(|asked| now.since(*asked) < BARS_AGAIN) {
            return;
        }
        self.bars_asked.insert(id, now);
        for resolution in [Resolution::Hours, Resolution::Days] {
            self.queue.push_front(Question::Bars(id, resolution));
        }
    }

    /// The next question; an hour after the last round everything is asked about again.
    pub fn next(&mut self, now: Instant) -> Option<Question> {
        if self.round_due.is_some_and(|due| now >= due) {
            self.round_due = Some(now + ROUND);
            let count = |name: &Arc<str>| if self.told.contains(name) { NEW_ROWS } else { ALL_ROWS };
            let fixings =
                self.indices.iter().map(|index| Question::Fixings { index: index.clone(), count: count(index) });
            let settlements = self.settled.iter().map(|(symbol, contract)| {
                let of = Named { symbol: symbol.clone(), contract: contract.clone() };
                Question::Settlements { of, count: count(symbol) }
            });
            self.queue.push_back(Question::IndexNames);
            self.queue.extend(fixings.chain(settlements));
        }
        self.queue.pop_front()
    }

    /// An answer was understood: the next round asks for what is new since.
    pub fn answered(&mut self, question: &Question) {
        if let Question::Settlements { of: Named { symbol: name, .. }, .. } | Question::Fixings { index: name, .. } =
            question
        {
            self.told.insert(name.clone());
        }
    }

    /// The connection ended: the next one begins anew. What was looked at still is.
    pub fn disconnected(&mut self) {
        *self = Self { bars_asked: std::mem::take(&mut self.bars_asked), ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Delivery, Month, Product};
    use crate::domain::instrument::{Instrument, Unit};
    use crate::domain::number::{Price, Qty};

    fn catalogue(months: i8) -> Catalogue {
        let instrument = |month| Instrument {
            symbol: format!("H100-{month}").into(),
            contract: Contract::Outright {
                product: Product::new("H100").unwrap(),
                delivery: Delivery::Month(Month { year: 2027, month }),
            },
            unit: Unit::GpuHour,
            tick: Price(10_000_000),
            lot: Qty::lots(1),
            contract_size: 730,
            currency: "USDC".into(),
            index_name: "h100_usdc".into(),
            expiry: None,
            legs: Vec::new(),
            is_active: true,
            is_halted: false,
        };
        let mut catalogue = Catalogue::default();
        catalogue.reload((1..=months).map(instrument).collect());
        catalogue
    }

    fn all(past: &mut Past, now: Instant) -> Vec<Question> {
        std::iter::from_fn(|| past.next(now)).collect()
    }

    #[test]
    fn everything_is_asked_once_and_what_is_looked_at_first() {
        let (mut past, now) = (Past::default(), Instant(0));
        past.follow(now, &catalogue(2), &["h100_usdc".into()]);
        past.want_bars(now, InstrumentId(1));
        let asked = all(&mut past, now);
        assert_eq!(asked.len(), 2 + 1 + 1 + 1 + 2);
        assert_eq!(asked[0], Question::Bars(InstrumentId(1), Resolution::Days));
        assert_eq!(asked[2], Question::IndexNames);
        past.follow(now, &catalogue(3), &["h100_usdc".into()]);
        past.want_bars(now, InstrumentId(1));
        let asked = all(&mut past, now);
        assert!(
            matches!(&asked[..], [Question::Settlements { of, count: 100 }] if &*of.symbol == "H100-3"),
            "{asked:?}"
        );
    }

    #[test]
    fn an_hour_later_only_what_is_new_is_asked_for() {
        let (mut past, now) = (Past::default(), Instant(0));
        past.follow(now, &catalogue(2), &["h100_usdc".into()]);
        let far = |q: &&Question| matches!(q, Question::Settlements { of, .. } if &*of.symbol == "H100-2");
        for question in all(&mut past, now).iter().filter(|question| !far(question)) {
            past.answered(question);
        }
        assert_eq!(past.next(Instant(now.0 + ROUND.as_nanos() as u64 - 1)), None);
        let asked = all(&mut past, now + ROUND);
        let count = |question: &Question| match question {
            Question::Settlements { count, .. } | Question::Fixings { count, .. } => *count,
            _ => 0,
        };
        assert_eq!(asked.iter().map(count).collect::<Vec<_>>(), [0, 5, 5, 100], "all of what was never told");
        past.want_bars(now, InstrumentId(0));
        past.disconnected();
        assert_eq!(past.next(now + ROUND * 3), None);
        past.follow(now + ROUND * 3, &catalogue(1), &[]);
        let again = all(&mut past, now + ROUND * 3);
        let bars = again.iter().filter(|question| matches!(question, Question::Bars(..)));
        assert_eq!(bars.count(), 2, "it is looked at still: {again:?}");
    }

    #[test]
    fn the_pace_leaves_room_for_others() {
        let pace = |per_1000_s| Past::pace(Rate { per_1000_s, burst: 100 }, Duration::from_millis(250));
        assert_eq!([pace(20_000), pace(500_000), pace(100)], [1, 8, 1]);
    }
}
