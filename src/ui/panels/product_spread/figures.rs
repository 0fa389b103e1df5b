//! What the product spread panel shows, as pure functions of one picture: every past instant at which all legs are known by one and the
//! same kind of word, mean and deviation of one kind over sixty days, and what the spread is worth now.
//!
//! Before the last settlement one point a day is kept, after it one of our marks an hour. Where several kinds tell of a day, a settlement
//! goes before our own mark and that before a traded bar: the last trades of two legs are not of one moment, so bars tell of days only,
//! and of none that something better tells of. Kinds are never averaged with one another.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::subject::{Legs, Subject};
use crate::base::time::{Now, Utc};
use crate::curves::touch::Touch;
use crate::domain::contract::Contract;
use crate::domain::instrument::InstrumentId;
use crate::domain::number::Side;
use crate::view::book::BookState;
use crate::view::{CurveMark, History, Origin, View};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// What mean and deviation are of.
pub const WINDOW_DAYS: u32 = 60;
/// Neighbours further apart than this are not joined: a long weekend and a day.
pub const HOLE: Duration = Duration::from_secs(5 * 86_400);

/// Whose word a point is; better words first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// All legs settled at this instant; the origin is `Simulated` when that of any leg is.
    Settled(Origin),
    /// Our own marks of one minute.
    Marked,
    /// The last trades of one hour.
    Traded,
}

impl Word {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Settled(Origin::Simulated) => "settlements of a simulated venue",
            Self::Settled(_) => "settlements of the venue",
            Self::Marked => "our own marks",
            Self::Traded => "last trades of the hour",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub utc: Utc,
    pub value: f64,
    pub word: Word,
    /// A price for each term of the subject.
    pub terms: Vec<f64>,
}

/// Of the daily points of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    pub word: Word,
    pub count: usize,
    pub since: Utc,
    pub mean: f64,
    /// Of the sample (n − 1).
    pub deviation: f64,
}

impl Statistics {
    /// `None` where nothing has varied.
    pub fn score(&self, value: f64) -> Option<f64> {
        (self.deviation > 0.0).then(|| (value - self.mean) / self.deviation)
    }
}

/// The past of a subject up to an instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Oldest first.
    pub points: Vec<Point>,
    pub statistics: Option<Statistics>,
}

impl Series {
    pub fn of(history: &History, subject: &Subject, until: Utc) -> Self {
        let legs = subject.legs();
        let mut all = settled(history, &legs, until);
        let last = all.keys().next_back().copied();
        for (utc, moment) in marked(history, &legs, until).into_iter().chain(traded(history, &legs, until)) {
            match all.entry(utc) {
                std::collections::btree_map::Entry::Occupied(known) if known.get().0 <= moment.0 => {}
                entry => {
                    entry.insert_entry(moment);
                }
            }
        }
        let point = |utc: Utc, (word, prices): &Moment| {
            let terms = legs.price_terms(prices);
            Some(Point { utc, value: subject.value(&terms).filter(|value| value.is_finite())?, word: *word, terms })
        };
        // Slots of a day, then of an hour; the best word of a slot stays, the last one of several alike.
        let mut slots: BTreeMap<(bool, i64), Point> = BTreeMap::new();
        let day = |utc: Utc| utc.0.div_euclid(i64::try_from(DAY.as_nanos()).unwrap_or(i64::MAX));
        let better: BTreeSet<i64> =
            all.iter().filter(|(_, (word, _))| *word < Word::Traded).map(|(utc, _)| day(*utc)).collect();
        let is_needed = |utc: &Utc, word: Word| word < Word::Traded || !better.contains(&day(*utc));
        for (utc, moment) in all.iter().filter(|(utc, (word, _))| is_needed(utc, *word)) {
            let is_late = moment.0 == Word::Marked && last.is_none_or(|last| *utc > last);
            let width = if is_late { HOUR } else { DAY };
            let slot = (is_late, utc.0.div_euclid(i64::try_from(width.as_nanos()).unwrap_or(i64::MAX)));
            let Some(point) = point(*utc, moment) else { continue };
            match slots.get(&slot) {
                Some(known) if known.word < point.word => {}
                _ => {
                    slots.insert(slot, point);
                }
            }
        }
        let mut points: Vec<Point> = slots.into_values().collect();
        points.sort_by_key(|point| point.utc);
        let statistics = statistics(&points, until);
        Self { points, statistics }
    }

    /// Where settlements turn from one venue's into another's.
    pub fn breaks(&self) -> Vec<(Utc, Word)> {
        let settled = self.points.iter().filter(|point| matches!(point.word, Word::Settled(_)));
        let settled: Vec<&Point> = settled.collect();
        let turns = settled.windows(2).filter(|pair| pair[0].word != pair[1].word);
        turns.map(|pair| (pair[1].utc, pair[1].word)).collect()
    }
}

/// A price for each outright, and whose word they are.
type Moment = (Word, Vec<f64>);
type Moments = BTreeMap<Utc, Moment>;

fn settled(history: &History, legs: &Legs, until: Utc) -> Moments {
    let Some(first) = legs.outrights.first().and_then(|first| history.contract(first)) else { return Moments::new() };
    let moment = |utc: Utc| {
        let mut worst = Origin::Venue;
        let mut price = |outright: &Contract| {
            let point = history.contract(outright)?.settlement_at(utc).filter(|point| point.utc == utc)?;
            worst = worst.max(point.origin);
            Some(point.price.to_f64_lossy())
        };
        let prices = legs.outrights.iter().map(&mut price).collect::<Option<Vec<f64>>>()?;
        Some((Word::Settled(worst), prices))
    };
    let instants = first.settlements().map(|point| point.utc).filter(|utc| *utc <= until);
    instants.filter_map(|utc| Some((utc, moment(utc)?))).collect()
}

fn marked(history: &History, legs: &Legs, until: Utc) -> Moments {
    let mut rows: Vec<BTreeMap<Utc, &CurveMark>> = Vec::with_capacity(legs.outrights.len());
    for outright in &legs.outrights {
        let Some(product) = outright.product() else { return Moments::new() };
        let marks = history.marks(product).filter(|mark| mark.utc <= until);
        rows.push(marks.map(|mark| (mark.utc, mark)).collect());
    }
    let Some(first) = rows.first() else { return Moments::new() };
    let moment = |utc: &Utc| {
        let price = |(outright, marks): (&Contract, &BTreeMap<Utc, &CurveMark>)| {
            Some(marks.get(utc)?.of(outright.month()?)?.to_f64_lossy())
        };
        let prices = legs.outrights.iter().zip(&rows).map(price).collect::<Option<Vec<f64>>>()?;
        Some((Word::Marked, prices))
    };
    first.keys().filter_map(|utc| Some((*utc, moment(utc)?))).collect()
}

/// A bar's last trade counts from the bar's end.
fn traded(history: &History, legs: &Legs, until: Utc) -> Moments {
    let bars = |outright: &Contract| {
        let bars = history.contract(outright)?.bars(HOUR);
        Some(bars.iter().map(|bar| (bar.start + HOUR, bar.close.to_f64_lossy())).collect::<BTreeMap<Utc, f64>>())
    };
    let Some(all) = legs.outrights.iter().map(bars).collect::<Option<Vec<_>>>() else { return Moments::new() };
    let Some(first) = all.first() else { return Moments::new() };
    let moment = |utc: &Utc| {
        let prices = all.iter().map(|bars| bars.get(utc).copied()).collect::<Option<Vec<f64>>>()?;
        Some((Word::Traded, prices))
    };
    first.keys().filter(|utc| **utc <= until).filter_map(|utc| Some((*utc, moment(utc)?))).collect()
}

/// Of the kind that tells of most days among the last sixty.
fn statistics(points: &[Point], until: Utc) -> Option<Statistics> {
    let since = until - DAY * WINDOW_DAYS;
    let mut kinds: BTreeMap<Word, BTreeMap<i64, (Utc, f64)>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.utc >= since) {
        let day = point.utc.0.div_euclid(i64::try_from(DAY.as_nanos()).unwrap_or(i64::MAX));
        kinds.entry(point.word).or_default().insert(day, (point.utc, point.value));
    }
    // Of kinds that tell of equally many days the better word.
    let (word, days) = kinds.into_iter().rev().max_by_key(|(_, days)| days.len())?;
    let count = days.len();
    let (first, _) = *days.values().next()?;
    (count >= 2).then_some(())?;
    let mean = days.values().map(|(_, value)| value).sum::<f64>() / count as f64;
    let squares: f64 = days.values().map(|(_, value)| (value - mean).powi(2)).sum();
    Some(Statistics { word, count, since: first, mean, deviation: (squares / (count as f64 - 1.0)).sqrt() })
}

/// One instrument of the subject as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Leg {
    pub contract: Contract,
    pub price: Option<f64>,
    pub source: Source,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Its own book.
    Book { state: BookState, touch: Touch },
    /// The outrights it is made of.
    Outrights,
    /// Known at a past instant.
    Kept { utc: Utc, origin: Origin },
    /// Nobody lists it, or nothing is known.
    Nothing,
}

/// What the subject is worth at the end of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    pub utc: Utc,
    pub value: Option<f64>,
    /// Of live books.
    pub touch: Touch,
    pub legs: Vec<Leg>,
}

impl Worth {
    /// From the books; a book that is not live quotes nothing, its last middle is told as stale.
    pub fn now(view: &View, subject: &Subject, now: Now, state: impl Fn(InstrumentId) -> BookState) -> Self {
        let book = |contract: &Contract| {
            let id = view.catalogue.find_contract(contract)?;
            let best = |side| Some(view.market(id)?.book.best(side)?.price);
            Some((state(id), Touch::of(best(Side::Bid), best(Side::Ask))))
        };
        let live = |contract: &Contract| match book(contract) {
            Some((state, touch)) if state.is_live() => touch,
            _ => Touch::default(),
        };
        let legs = subject.legs();
        let outrights: Option<Vec<f64>> = legs.outrights.iter().map(|outright| book(outright)?.1.mid()).collect();
        let through = outrights.map(|prices| legs.price_terms(&prices));
        let leg = |(at, contract): (usize, &Contract)| {
            let through = through.as_ref().map(|terms| terms[at]);
            match book(contract) {
                Some((state, touch)) if touch.mid().is_some() || through.is_none() => {
                    Leg { contract: contract.clone(), price: touch.mid(), source: Source::Book { state, touch } }
                }
                _ => {
                    let source = if through.is_some() { Source::Outrights } else { Source::Nothing };
                    Leg { contract: contract.clone(), price: through, source }
                }
            }
        };
        let legs: Vec<Leg> = legs.terms.iter().enumerate().map(leg).collect();
        let prices: Option<Vec<f64>> = legs.iter().map(|leg| leg.price).collect();
        Self { utc: now.utc, value: prices.and_then(|prices| subject.value(&prices)), touch: subject.touch(live), legs }
    }

    /// By the newest word on every outright that is not too old; never a quote.
    pub fn then(history: &History, subject: &Subject, utc: Utc) -> Self {
        let legs = subject.legs();
        let points: Vec<_> = legs.outrights.iter().map(|outright| history.price_at(outright, utc)).collect();
        let prices: Option<Vec<f64>> = points.iter().map(|point| Some(point.as_ref()?.price.to_f64_lossy())).collect();
        let terms = prices.map(|prices| legs.price_terms(&prices));
        let leg = |(at, contract): (usize, &Contract)| {
            let known = legs.outrights.iter().position(|outright| outright == contract).and_then(|at| points[at]);
            let price = terms.as_ref().map(|terms| terms[at]);
            let source = match (known, price) {
                (Some(point), _) => Source::Kept { utc: point.utc, origin: point.origin },
                (None, Some(_)) => Source::Outrights,
                (None, None) => Source::Nothing,
            };
            let own = known.map(|point| point.price.to_f64_lossy());
            Leg { contract: contract.clone(), price: own.or(price), source }
        };
        let value = terms.as_ref().and_then(|terms| subject.value(terms));
        let legs = legs.terms.iter().enumerate().map(leg).collect();
        Self { utc, value, touch: Touch::default(), legs }
    }

    /// Every leg's price is of a live book, or of what was known then.
    pub fn is_live(&self) -> bool {
        self.legs.iter().all(|leg| !matches!(leg.source, Source::Book { state, .. } if !state.is_live()))
    }
}

/// The books that a subject is quoted by.
pub fn books(view: &View, subject: &Subject) -> Vec<InstrumentId> {
    let legs = subject.legs();
    let own = legs.terms.iter().filter_map(|term| view.catalogue.find_contract(term));
    let outrights = legs.outrights.iter().filter_map(|outright| view.catalogue.find_contract(outright));
    let mut books: Vec<InstrumentId> = own.chain(outrights).collect();
    books.sort_unstable();
    books.dedup();
    books
}

/// Instruments that are neither listed nor known of.
pub fn unknown<'a>(view: &View, legs: &'a Legs) -> Option<&'a Contract> {
    legs.outrights.iter().find(|outright| {
        let is_marked = || {
            let of = |month| view.history.marks(outright.product()?).next_back()?.of(month);
            outright.month().and_then(of).is_some()
        };
        view.catalogue.find_contract(outright).is_none() && view.history.contract(outright).is_none() && !is_marked()
    })
}
