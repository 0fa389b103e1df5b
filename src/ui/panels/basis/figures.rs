//! What the index basis panel shows, as a pure function of one picture and one instant: what each index of a product says beside the
//! one that settles, the front month's average and its future, and how many fixings are still to come.
//!
//! A basis is a value less the settling index at the same instant. Nothing here is mixed: every row is one source by itself, and only
//! published fixings of the settling index enter the average. Of a past instant only what was known then counts, and never a quote.

use std::time::Duration;

use crate::base::time::{Now, Utc};
use crate::curves::averaging::Averaging;
use crate::domain::book::Level;
use crate::domain::calendar::Calendar;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::event::{Link, LinkState};
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::number::{Price, Side};
use crate::domain::past::IndexInfo;
use crate::view::book::{BookState, LINK_SILENCE};
use crate::view::market::MarketView;
use crate::view::{IndexPast, Origin, Saying, View, fixed_at};

/// When the figures are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Now(Now),
    Past(Utc),
}

impl At {
    pub const fn utc(self) -> Utc {
        match self {
            Self::Now(now) => now.utc,
            Self::Past(utc) => utc,
        }
    }
}

/// Where a row's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// What the product's contracts settle against.
    Settling(Own),
    /// An index that only informs, and what kind of thing it is.
    Beside { index_name: String, kind: &'static str, of: Saying },
    /// The mean of the front month's fixings so far.
    MonthToDate { fixings: Vec<(Utc, Price)> },
    /// The middle of the front future's quotes.
    Quotes { state: BookState, bid: Option<Level>, ask: Option<Level> },
    /// What the front future was worth at a past instant, and whose word that is.
    Kept(Origin),
}

/// The word on the settling index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    Published,
    /// Nothing is heard from the venue: it may have changed.
    Unheard,
    /// The last fixing before a past instant.
    Fixing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: String,
    pub source: Source,
    /// And when it was said; `None` while nothing has been.
    pub value: Option<(Price, Utc)>,
    pub decimals: usize,
    pub age: Option<Duration>,
    /// How often it is published.
    pub every: Option<Duration>,
    pub before: Option<Before>,
    /// Value less the settling index; `None` for that itself.
    pub basis: Option<Price>,
}

/// What a change counts from; its time is not always told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    pub price: Price,
    pub utc: Option<Utc>,
}

impl Before {
    const fn at((utc, price): (Utc, Price)) -> Self {
        Self { price, utc: Some(utc) }
    }
}

impl Row {
    pub fn change(&self) -> Option<Price> {
        Some(self.value?.0 - self.before?.price)
    }

    /// The next publication is overdue. Nothing is said of what is known from a fixing only.
    pub fn is_old(&self) -> bool {
        let is_published = !matches!(self.source, Source::Beside { of: Saying::Fixing, .. });
        is_published && self.every.zip(self.age).is_some_and(|(every, age)| age > every)
    }

    pub const fn settles(&self) -> bool {
        matches!(self.source, Source::Settling(_))
    }

    /// Should be of now, and is not heard of or of a book that is not live.
    pub const fn is_stale(&self) -> bool {
        match self.source {
            Source::Settling(own) => matches!(own, Own::Unheard),
            Source::Quotes { state, .. } => !state.is_live(),
            _ => false,
        }
    }
}

/// What is known of the front month's fixings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fixings {
    Known(Averaging),
    /// Fewer than have been made: any mean of them would be wrong.
    Missing {
        known: u32,
        made: u32,
    },
    /// How many there will be is not known.
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    pub month: Month,
    pub instrument: Option<InstrumentId>,
    pub fixings: Fixings,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub product: Product,
    pub tick: Price,
    pub is_simulated: bool,
    pub at: At,
    pub rows: Vec<Row>,
    pub front: Option<Front>,
}

impl Figures {
    /// `None` where the venue lists no month of `product`.
    pub fn of(
        view: &View,
        calendar: Option<&Calendar>,
        product: &Product,
        at: At,
        state: impl Fn(InstrumentId) -> BookState,
    ) -> Option<Self> {
        let listed = listed(view, product);
        let (_, terms) = listed.first()?;
        let own = Settling::of(view, product, &terms.index_name, at);
        let decimals = terms.tick.decimals();
        let mut rows = vec![own.row(product, decimals, at)];
        let index = own.value.map(|(price, _)| price);
        for (name, past) in view.history.beside(&terms.index_name) {
            rows.push(beside(name, past, decimals, at, index));
        }
        order(&mut rows[1..]);
        let front = front(view, calendar, product, &listed, &terms.index_name, at);
        if let Some((front, fixings)) = &front {
            rows.push(month_to_date(front, fixings, decimals, at, index));
            let contract = Contract::Outright { product: product.clone(), delivery: Delivery::Month(front.month) };
            let worth = match at {
                At::Now(now) => Worth::quoted(view, &contract, front.instrument, now, state),
                At::Past(utc) => Worth::kept(view, &contract, utc),
            };
            rows.push(worth.row(front.month, decimals, index));
        }
        Some(Self {
            product: product.clone(),
            tick: terms.tick,
            is_simulated: own.info.is_some_and(|info| info.is_simulated),
            at,
            rows,
            front: front.map(|(front, _)| front),
        })
    }

    pub fn index(&self) -> Option<Price> {
        self.rows.first()?.value.map(|(price, _)| price)
    }

    /// What the front future is worth: where the solver begins.
    pub fn future(&self) -> Option<Price> {
        let is_future = |row: &&Row| matches!(row.source, Source::Quotes { .. } | Source::Kept(_));
        self.rows.iter().find(is_future)?.value.map(|(price, _)| price)
    }

    /// For a spreadsheet: one line a row, empty where unknown.
    pub fn tab_separated(&self) -> String {
        let mut text = "index\tvalue\tchange\tbasis\tage_seconds\tutc\n".to_owned();
        for row in &self.rows {
            let price = |price: Option<Price>| price.map_or_else(String::new, |price| price.to_string());
            let age = row.age.map_or_else(String::new, |age| age.as_secs().to_string());
            let utc = row.value.map_or_else(String::new, |(_, utc)| utc.to_string());
            let [value, change, basis] = [row.value.map(|(value, _)| value), row.change(), row.basis].map(price);
            text.push_str(&format!("{}\t{value}\t{change}\t{basis}\t{age}\t{utc}\n", row.name));
        }
        text
    }
}

/// The settling index.
struct Settling<'a> {
    info: Option<&'a IndexInfo>,
    value: Option<(Price, Utc)>,
    before: Option<Before>,
    own: Own,
}

impl<'a> Settling<'a> {
    fn of(view: &'a View, product: &Product, index_name: &str, at: At) -> Self {
        let past = view.history.index(index_name);
        let info = past.and_then(|past| past.info.as_ref());
        let now = match at {
            At::Now(now) => now,
            At::Past(utc) => {
                let said = past.and_then(|past| past.said_at(utc));
                let value = said.map(|said| (said.price, said.utc));
                let before = said.and_then(|said| said.before).map(Before::at);
                return Self { info, value, before, own: Own::Fixing };
            }
        };
        let spot = view.products.iter().find(|spot| spot.product == *product);
        let value = spot.and_then(|spot| spot.index);
        let previous = spot.and_then(|spot| spot.previous_fixing);
        let made = value.zip(past).and_then(|((_, utc), past)| {
            past.fixings().iter().rev().find(|(stamp, _)| stamp.date() < utc.date()).map(|(stamp, _)| fixed_at(*stamp))
        });
        let before = previous.map(|price| Before { price, utc: made });
        let link = view.session.link(Link::Market);
        let is_heard = link.state == LinkState::Up && now.mono.since(link.last_frame) <= LINK_SILENCE;
        Self { info, value, before, own: if is_heard { Own::Published } else { Own::Unheard } }
    }

    fn row(&self, product: &Product, decimals: usize, at: At) -> Row {
        let description = self.info.and_then(|info| info.description.as_deref());
        Row {
            name: description.map_or_else(|| format!("{product} index"), str::to_owned),
            source: Source::Settling(self.own),
            value: self.value,
            decimals,
            age: self.value.map(|(_, utc)| at.utc().since(utc)),
            every: self.info.and_then(|info| info.every),
            before: self.before,
            basis: None,
        }
    }
}

/// Listed months of a product, nearest first.
fn listed<'a>(view: &'a View, product: &Product) -> Vec<(Month, &'a Instrument)> {
    let is_month = |terms: &&Instrument| terms.is_active && terms.contract.product() == Some(product);
    let all = view.catalogue.iter().map(|(_, terms)| terms.as_ref()).filter(is_month);
    let mut months: Vec<_> = all.filter_map(|terms| Some((terms.contract.month()?, terms))).collect();
    months.sort_unstable_by_key(|(month, _)| *month);
    months
}

/// What indices named like this are made of; nobody settles against them.
fn kind(name: &str) -> &'static str {
    match name.rsplit('_').next() {
        Some("transacted") => "what was rented: volume-weighted, over the last hour",
        Some("grid") => "on-demand prices of a fixed grid of sellers",
        Some("listings") => "the median of listed offers: asked for, not traded",
        Some("composite") => "a blend of several sources",
        _ => "made by other rules than the settling index",
    }
}

fn beside(name: &str, past: &IndexPast, decimals: usize, at: At, index: Option<Price>) -> Row {
    let info = past.info.as_ref();
    // The venue's clock may be ahead of ours: what is heard has been said.
    let said = past.said_at(if matches!(at, At::Now(_)) { Utc(i64::MAX) } else { at.utc() });
    let value = said.map(|said| (said.price, said.utc));
    Row {
        name: info.and_then(|info| info.description.as_deref()).unwrap_or(name).to_owned(),
        source: Source::Beside {
            index_name: name.to_owned(),
            kind: kind(name),
            of: said.map_or(Saying::Publication, |said| said.of),
        },
        value,
        decimals,
        age: value.map(|(_, utc)| at.utc().since(utc)),
        every: info.and_then(|info| info.every),
        before: said.and_then(|said| said.before).map(Before::at),
        basis: value.zip(index).map(|((price, _), index)| price - index),
    }
}

/// Nearest to trades first: by kind, then by name.
fn order(rows: &mut [Row]) {
    let place = |row: &Row| match &row.source {
        Source::Beside { index_name, .. } => {
            let codes = ["transacted", "grid", "listings", "composite"];
            codes.iter().position(|code| index_name.ends_with(code)).unwrap_or(codes.len())
        }
        _ => 0,
    };
    rows.sort_by_key(place);
}

/// The front month with its fixings, oldest first, each at the time it was made.
fn front(
    view: &View,
    calendar: Option<&Calendar>,
    product: &Product,
    listed: &[(Month, &Instrument)],
    index_name: &str,
    at: At,
) -> Option<(Front, Vec<(Utc, Price)>)> {
    let utc = at.utc();
    let (month, fixings, due) = match at {
        At::Now(_) => {
            let (month, _) = listed.first()?;
            let spot = view.products.iter().find(|spot| spot.product == *product)?;
            let fixings = spot.front_fixings.iter().map(|fixing| (fixed_at(fixing.utc), fixing.price)).collect();
            (*month, fixings, spot.front_fixings_due)
        }
        At::Past(_) => {
            let month = view.history.curve(product, utc).first()?.month;
            let known = view.history.index(index_name).map_or(&[][..], IndexPast::fixings);
            let made = known.iter().map(|(stamp, price)| (fixed_at(*stamp), *price));
            let fixings: Vec<(Utc, Price)> =
                made.filter(|(made, _)| Month::of(made.date()) == month && *made <= utc).collect();
            let due = calendar.map_or(0, |calendar| due(calendar, month, &fixings));
            (month, fixings, due)
        }
    };
    let made = calendar.map_or(0, |calendar| calendar.fixes(month, utc).published);
    let known = u32::try_from(fixings.len()).unwrap_or(u32::MAX);
    let prices: Vec<Price> = fixings.iter().map(|(_, price)| *price).collect();
    // A venue may keep one holiday more than our calendar knows, not two.
    let is_missing = if known == 0 { made > 0 } else { known + 1 < made };
    let known_of = match due {
        0 => Fixings::Unknown,
        _ if is_missing => Fixings::Missing { known, made },
        due => Fixings::Known(Averaging::of(month, &prices, due)),
    };
    let contract = Contract::Outright { product: product.clone(), delivery: Delivery::Month(month) };
    let instrument = view.catalogue.find_contract(&contract);
    Some((Front { month, instrument, fixings: known_of }, fixings))
}

/// What has been fixed, and a fixing on every later business day of the month.
fn due(calendar: &Calendar, month: Month, so_far: &[(Utc, Price)]) -> u32 {
    let last = so_far.last().map(|(utc, _)| utc.date());
    let open = calendar.business_days(month).filter(|date| last.is_none_or(|last| *date > last)).count();
    u32::try_from(so_far.len() + open).unwrap_or(u32::MAX)
}

fn month_to_date(front: &Front, fixings: &[(Utc, Price)], decimals: usize, at: At, index: Option<Price>) -> Row {
    let mean = |of: &[(Utc, Price)]| {
        let (last, _) = of.last()?;
        let prices: Vec<Price> = of.iter().map(|(_, price)| *price).collect();
        let mean = Averaging::of(front.month, &prices, 0).mean;
        Some((Price::from_f64_lossy(mean), *last))
    };
    let is_known = matches!(front.fixings, Fixings::Known(_));
    let value = mean(fixings).filter(|_| is_known);
    Row {
        name: format!("{} month to date", front.month.screen()),
        value,
        decimals: decimals + 2,
        age: value.map(|(_, utc)| at.utc().since(utc)),
        every: None,
        before: fixings
            .split_last()
            .and_then(|(_, before)| mean(before))
            .filter(|_| is_known)
            .map(|(price, utc)| Before { price, utc: Some(utc) }),
        basis: value.zip(index).map(|((mean, _), index)| mean - index),
        source: Source::MonthToDate { fixings: fixings.to_vec() },
    }
}

/// The front future: what it is worth, and since when.
struct Worth {
    source: Source,
    value: Option<(Price, Utc)>,
    before: Option<Before>,
    age: Option<Duration>,
}

impl Worth {
    fn quoted(
        view: &View,
        contract: &Contract,
        instrument: Option<InstrumentId>,
        now: Now,
        state: impl Fn(InstrumentId) -> BookState,
    ) -> Self {
        let market = instrument.and_then(|id| view.market(id));
        let best = |side| market.and_then(|market| market.book.best(side));
        let mid = market.and_then(|market| market.book.mid());
        let age = market.map(|market| market.book.age(now)).filter(|_| mid.is_some());
        let settle = market.and_then(MarketView::settlement);
        let known = view.history.contract(contract).and_then(|past| past.settlement_at(now.utc));
        let utc = known.filter(|point| Some(point.price) == settle).map(|point| point.utc);
        Self {
            source: Source::Quotes {
                state: instrument.map_or(BookState::Connecting, state),
                bid: best(Side::Bid),
                ask: best(Side::Ask),
            },
            value: mid.zip(age).map(|(mid, age)| (mid, now.utc - age)),
            before: settle.map(|price| Before { price, utc }),
            age,
        }
    }

    /// A settlement counts from the one before it, a mark of ours from the last settlement.
    fn kept(view: &View, contract: &Contract, utc: Utc) -> Self {
        let point = view.history.price_at(contract, utc);
        let until = point.filter(|point| point.origin != Origin::Own).map_or(utc, |point| Utc(point.utc.0 - 1));
        let settled = view.history.contract(contract).and_then(|past| past.settlement_at(until));
        Self {
            source: Source::Kept(point.map_or(Origin::Own, |point| point.origin)),
            value: point.map(|point| (point.price, point.utc)),
            before: settled.map(|point| Before::at((point.utc, point.price))),
            age: point.map(|point| utc.since(point.utc)),
        }
    }

    fn row(self, month: Month, decimals: usize, index: Option<Price>) -> Row {
        Row {
            name: format!("{} future", month.screen()),
            source: self.source,
            value: self.value,
            decimals: decimals + 1,
            age: self.age,
            every: None,
            before: self.before,
            basis: self.value.zip(index).map(|((price, _), index)| price - index),
        }
    }
}
