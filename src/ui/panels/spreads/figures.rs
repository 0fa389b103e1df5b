//! What the spread matrix shows, as a pure function of one picture: every calendar of a product's first months and the butterfly of
//! one, with its listed quote, its implied one, our orders and position, and the settlement that its change counts from.
//!
//! A book that is not live quotes nothing here: it makes no implied price and no best one, and its last mid is told apart. What the
//! venue itself implies, to be had with one order, is told from what is worked out here, to be had with an order a leg. Cells share their
//! legs: positions of calendars do not add up.

use std::sync::Arc;

use crate::curves::implied::{self, Route, Sides};
use crate::curves::spreads::{butterfly, calendar, position};
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::instrument::{Catalogue, InstrumentId, Unit};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::ui::format::{self, MINUS, PriceFormat, Sign};
use crate::view::View;
use crate::view::book::BookState;
use crate::view::market::MarketView;

/// Months of the matrix.
pub const MONTHS: usize = 9;
/// Levels of a book that the best implied price looks at: one spread takes at most three lots of a book.
const DEPTH: usize = 8;
/// Ticks of the outright at which a change has its full tint.
const FULL_TINT_TICKS: i64 = 5;

/// Which prices the matrix shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    Best,
    Listed,
    Implied,
}

/// Where a mid comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Listed,
    /// Worked out here from other books.
    Implied,
    /// Both sides implied by the venue.
    Venue,
    /// One side from the listed book, the other from others.
    Both,
}

/// A spread and the books that make it: what depends on the list of contracts only.
#[derive(Clone, Debug)]
pub struct Terms {
    pub contract: Contract,
    pub listed: Option<InstrumentId>,
    legs: Vec<(InstrumentId, Month, i64)>,
    books: Arc<[InstrumentId]>,
    /// Without those that use the spread's own book.
    routes: Vec<Route>,
}

/// A leg as quoted.
#[derive(Clone, Debug, PartialEq)]
pub struct LegQuote {
    pub month: Month,
    pub ratio: i64,
    pub state: BookState,
    pub bid: Option<Level>,
    pub ask: Option<Level>,
    pub settle: Option<Price>,
}

/// A price through other books.
#[derive(Clone, Debug, PartialEq)]
pub struct Implied {
    pub level: Level,
    pub way: Way,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// The venue says so: one order on the listed book trades it.
    Venue,
    /// An order each: how many are bought (negative: sold) to buy the spread.
    Legs(Vec<(InstrumentId, i64)>),
}

/// What the legs' positions hold of a spread, and that part's open profit at the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub net: Qty,
    pub open_pl: Option<Money>,
}

/// What a day's change counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settle {
    pub price: Price,
    /// The spread's own settlement; otherwise that of the legs.
    pub is_own: bool,
}

/// One spread at one picture. Arrays are indexed by [`Side`].
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub legs: Vec<LegQuote>,
    /// The listed book's state and bests; `None` where it is not listed.
    pub listed: Option<(BookState, [Option<Level>; 2])>,
    pub implied: [Option<Implied>; 2],
    pub settle: Option<Settle>,
    /// Our best working order on the listed book, with all that is left at its price.
    pub mine: [Option<Level>; 2],
    pub held: Option<Held>,
}

/// The price of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub mid: Price,
    pub origin: Origin,
    /// Otherwise the last that was known.
    pub is_live: bool,
}

/// The matrix of a product: what depends on the list of contracts only.
#[derive(Debug)]
pub struct Listing {
    of: Arc<Catalogue>,
    pub product: Product,
    pub unit: Unit,
    pub months: Vec<Month>,
    /// Every book that a cell may use.
    pub books: Arc<[InstrumentId]>,
    pub format: PriceFormat,
    /// The change with the deepest tint.
    pub full_tint: Price,
    cells: Vec<Terms>,
}

impl Terms {
    /// As alerts and other expressions are written: a listed calendar by its name, anything else by its legs.
    pub fn expression(&self, product: &Product) -> String {
        if self.listed.is_some() && self.legs.len() == 2 {
            return self.contract.to_string();
        }
        let leg = |(at, (_, month, ratio)): (usize, &(InstrumentId, Month, i64))| {
            let sign = match (at, *ratio < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            let factor = if ratio.abs() == 1 { String::new() } else { format!("{}*", ratio.abs()) };
            format!("{sign}{factor}{product} {}", month.screen())
        };
        self.legs.iter().enumerate().map(leg).collect()
    }

    fn of(catalogue: &Catalogue, contract: Contract, books: &Arc<[InstrumentId]>) -> Option<Self> {
        let contracts: Vec<&Contract> =
            books.iter().map(|id| catalogue.get(*id).map(|terms| &terms.contract)).collect::<Option<_>>()?;
        let wanted = position(&contract);
        let leg = |(product, delivery, ratio): &(Product, Delivery, i64)| {
            let Delivery::Month(month) = *delivery else { return None };
            let outright = Contract::Outright { product: product.clone(), delivery: *delivery };
            let at = contracts.iter().position(|listed| **listed == outright)?;
            Some((books[at], month, *ratio))
        };
        let legs = wanted.iter().map(leg).collect::<Option<_>>()?;
        let own = contracts.iter().position(|listed| position(listed) == wanted);
        let mut routes = implied::routes(&contract, &contracts);
        routes.retain(|route| route.steps.iter().all(|step| Some(step.listed) != own));
        Some(Self { contract, listed: own.map(|at| books[at]), legs, books: Arc::clone(books), routes })
    }

    /// Outrights, and how many of each one spread buys.
    pub fn legs(&self) -> impl Iterator<Item = (InstrumentId, i64)> {
        self.legs.iter().map(|(id, _, ratio)| (*id, *ratio))
    }

    pub fn figures(&self, view: &View, state: impl Fn(InstrumentId) -> BookState) -> Figures {
        let books: Vec<Sides<'_>> = self.books.iter().map(|id| sides(view, *id, state(*id))).collect();
        let of_venue = |side: Side| {
            let id = self.listed.filter(|id| state(*id).is_live())?;
            view.market(id)?.implied.level(side)
        };
        let implied = |side: Side| {
            let (own, venue) = (implied::best(&self.routes, &books, side), of_venue(side));
            if let Some(level) = venue.filter(|venue| own.is_none_or(|own| side.reaches(venue.price, own.price))) {
                return Some(Implied { level, way: Way::Venue });
            }
            let best = own?;
            let steps = self.routes[best.route].steps.iter().map(|step| (self.books[step.listed], step.multiple));
            Some(Implied { level: Level { price: best.price, qty: best.qty }, way: Way::Legs(steps.collect()) })
        };
        let quote = |id: InstrumentId| {
            let best = |side| view.market(id).and_then(|market| market.book.best(side));
            Side::BOTH.map(best)
        };
        let legs: Vec<LegQuote> = self
            .legs
            .iter()
            .map(|&(id, month, ratio)| {
                let [bid, ask] = quote(id);
                let settle = view.market(id).and_then(MarketView::settlement);
                LegQuote { month, ratio, state: state(id), bid, ask, settle }
            })
            .collect();
        Figures {
            listed: self.listed.map(|id| (state(id), quote(id))),
            implied: Side::BOTH.map(implied),
            settle: self.settle(view, &legs),
            mine: Side::BOTH.map(|side| self.mine(view, side)),
            held: self.held(view),
            legs,
        }
    }

    fn settle(&self, view: &View, legs: &[LegQuote]) -> Option<Settle> {
        let own = self.listed.and_then(|id| view.market(id)?.settlement());
        match own {
            Some(price) => Some(Settle { price, is_own: true }),
            None => Some(Settle { price: sum(legs, |leg| leg.settle)?, is_own: false }),
        }
    }

    fn mine(&self, view: &View, side: Side) -> Option<Level> {
        let listed = self.listed?;
        let orders =
            view.trading.orders.iter().filter(|o| o.instrument == listed && o.side == side && o.phase.is_open());
        let priced: Vec<Level> =
            orders.filter_map(|order| Some(Level { price: order.price?, qty: order.left() })).collect();
        let price = priced.iter().map(|level| level.price).max_by_key(|price| price.0.saturating_mul(side.sign()))?;
        Some(Level { price, qty: priced.iter().filter(|level| level.price == price).map(|level| level.qty).sum() })
    }

    /// As many spreads as every leg's position has a part in, all in the same direction.
    fn held(&self, view: &View) -> Option<Held> {
        let positions = &view.trading.positions;
        let legs = self.legs.iter().map(|(id, _, ratio)| {
            let held = positions.iter().find(|held| held.instrument == *id && !held.net.is_zero())?;
            Some((held, *ratio))
        });
        let legs: Vec<_> = legs.collect::<Option<_>>()?;
        let direction = legs.first().map(|(held, ratio)| held.net.0.signum() * ratio.signum())?;
        let lots = legs.iter().map(|(held, ratio)| held.net.0 / ratio * direction).min().filter(|lots| *lots > 0)?;
        let part = |held: &Money, net: Qty, ratio: i64| {
            let taken = i128::from(lots) * i128::from(ratio.abs());
            Money(held.0.saturating_mul(taken) / i128::from(net.0.abs()))
        };
        let open_pl = legs.iter().map(|(held, ratio)| Some(part(&held.open_pl?, held.net, *ratio))).sum();
        Some(Held { net: Qty(lots * direction), open_pl })
    }
}

/// What may be traded with: nothing of a book that is not live.
fn sides(view: &View, id: InstrumentId, state: BookState) -> Sides<'_> {
    let market = view.market(id).filter(|_| state.is_live());
    let top = |side| {
        let levels = market.map_or(&[][..], |market| market.book.levels(side));
        &levels[..levels.len().min(DEPTH)]
    };
    Sides { bids: top(Side::Bid), asks: top(Side::Ask) }
}

const fn midpoint(bid: Price, ask: Price) -> Price {
    Price((bid.0 + ask.0).div_euclid(2))
}

/// A spread's price from one of each leg.
fn sum(legs: &[LegQuote], price: impl Fn(&LegQuote) -> Option<Price>) -> Option<Price> {
    legs.iter().map(|leg| Some(Price(price(leg)?.0.saturating_mul(leg.ratio)))).sum()
}

impl LegQuote {
    fn mid(&self) -> Option<Price> {
        Some(midpoint(self.bid?.price, self.ask?.price))
    }
}

impl Figures {
    /// The best price of a side among those asked for, and whose it is. At equal prices the listed one.
    pub fn side(&self, show: Show, side: Side) -> Option<(Price, Origin)> {
        let live = self.listed.filter(|(state, _)| state.is_live() && show != Show::Implied);
        let listed = live.and_then(|(_, quote)| quote[side as usize]).map(|level| level.price);
        let implied = self.implied[side as usize].as_ref().filter(|_| show != Show::Listed);
        let implied = implied.map(|implied| (implied.level.price, implied.origin()));
        match (listed, implied) {
            (Some(listed), Some(implied)) if !side.reaches(listed, implied.0) => Some(implied),
            (Some(listed), _) => Some((listed, Origin::Listed)),
            (None, implied) => implied,
        }
    }

    /// `None` where nothing is known.
    pub fn shown(&self, show: Show) -> Option<Shown> {
        if let (Some((bid, from)), Some((ask, to))) = (self.side(show, Side::Bid), self.side(show, Side::Ask)) {
            let origin = match (from, to) {
                (Origin::Listed, Origin::Listed) => Origin::Listed,
                (Origin::Listed, _) | (_, Origin::Listed) => Origin::Both,
                (Origin::Venue, Origin::Venue) => Origin::Venue,
                _ => Origin::Implied,
            };
            return Some(Shown { mid: midpoint(bid, ask), origin, is_live: true });
        }
        let last = |mid, origin| Shown { mid, origin, is_live: false };
        let listed = self.listed.filter(|(state, _)| !state.is_live() && show != Show::Implied);
        if let Some((_, [Some(bid), Some(ask)])) = listed {
            return Some(last(midpoint(bid.price, ask.price), Origin::Listed));
        }
        let is_asleep = show != Show::Listed && self.legs.iter().any(|leg| !leg.state.is_live());
        Some(last(sum(&self.legs, LegQuote::mid).filter(|_| is_asleep)?, Origin::Implied))
    }

    /// On the day. `None` for a price that is not live.
    pub fn change(&self, shown: Shown) -> Option<Price> {
        Some(shown.mid - self.settle.filter(|_| shown.is_live)?.price)
    }

    /// How the legs are bought and sold: `buy near, sell far, 1:1`.
    pub fn orientation(&self) -> String {
        let verb = |ratio: i64| if ratio < 0 { "sell" } else { "buy" };
        match self.legs.as_slice() {
            [near, far] => {
                let (first, second) = (near.ratio.abs(), far.ratio.abs());
                format!("{} near, {} far, {first}:{second}", verb(near.ratio), verb(far.ratio))
            }
            legs => {
                let words = legs.iter().map(|leg| format!("{} {}", verb(leg.ratio), leg.ratio.abs()));
                words.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// `DEC-26 / MAR-27`.
    pub fn name(&self) -> String {
        self.legs.iter().map(|leg| leg.month.screen()).collect::<Vec<_>>().join(" / ")
    }

    /// What a side of the shown price is made of: `own book`, `sell DEC-26, buy MAR-27`, or the venue's word.
    pub fn way(&self, show: Show, side: Side, view: &View) -> Option<String> {
        match self.side(show, side)?.1 {
            Origin::Implied | Origin::Venue => match &self.implied[side as usize].as_ref()?.way {
                Way::Venue => {
                    let venue = view.session.venue_words();
                    Some(format!("implied by {venue} from other books, tradeable in one order"))
                }
                Way::Legs(steps) => {
                    let words = steps.iter().map(|&(id, multiple)| {
                        let verb = if (multiple > 0) == (side == Side::Ask) { "buy" } else { "sell" };
                        let count = if multiple.abs() == 1 { String::new() } else { format!("{} ", multiple.abs()) };
                        let name = view.instrument(id).map(|terms| terms.contract.short()).unwrap_or_default();
                        format!("{verb} {count}{name}")
                    });
                    Some(words.collect::<Vec<_>>().join(", "))
                }
            },
            Origin::Listed | Origin::Both => Some("own book".to_owned()),
        }
    }
}

impl Implied {
    /// Of one side.
    const fn origin(&self) -> Origin {
        match self.way {
            Way::Venue => Origin::Venue,
            Way::Legs(_) => Origin::Implied,
        }
    }

    /// `[12]` in one order, `(12)` leg by leg.
    pub fn size(&self) -> String {
        match self.way {
            Way::Venue => format::implied(self.level.qty),
            Way::Legs(_) => format!("({})", format::lots(self.level.qty)),
        }
    }
}

impl Listing {
    pub fn of(catalogue: &Arc<Catalogue>, product: &Product) -> Self {
        let outrights = || {
            let of_product = |contract: &Contract| contract.month().filter(|_| contract.product() == Some(product));
            catalogue.iter().filter(|(_, terms)| terms.is_active).filter_map(move |(_, terms)| {
                let month = of_product(&terms.contract)?;
                Some((month, terms))
            })
        };
        let mut months: Vec<Month> = outrights().map(|(month, _)| month).collect();
        months.sort_unstable();
        months.dedup();
        months.truncate(MONTHS);
        let books = books(catalogue, product, |month| months.contains(&month));
        let front = outrights().min_by_key(|(month, _)| *month).map(|(_, terms)| terms);
        let outright_tick = front.map_or(Price(0), |terms| terms.tick);
        let ticks = books.iter().filter_map(|id| catalogue.get(*id)).map(|terms| terms.tick.decimals());
        let decimals = ticks.max().unwrap_or(0).max(outright_tick.decimals() + 1);
        let pairs = (0..months.len()).flat_map(|near| (near + 1..months.len()).map(move |far| (near, far)));
        let cell =
            |(near, far): (usize, usize)| Terms::of(catalogue, calendar(product, [months[near], months[far]]), &books);
        Self {
            of: Arc::clone(catalogue),
            product: product.clone(),
            unit: front.map_or(Unit::Other, |terms| terms.unit),
            cells: pairs.filter_map(cell).collect(),
            format: PriceFormat { decimals, sign: Sign::Always },
            full_tint: Price::from_ticks(FULL_TINT_TICKS, outright_tick),
            books,
            months,
        }
    }

    pub fn is_of(&self, catalogue: &Arc<Catalogue>, product: &Product) -> bool {
        Arc::ptr_eq(&self.of, catalogue) && self.product == *product
    }

    /// Where the cell of two months, by their positions, stands in [`figures`](Self::figures); `near` must be the lesser.
    pub fn index(&self, near: usize, far: usize) -> usize {
        near * (2 * self.months.len() - near - 1) / 2 + far - near - 1
    }

    pub fn cell(&self, near: usize, far: usize) -> Option<&Terms> {
        self.cells.get(self.index(near, far))
    }

    /// All cells, row by row.
    pub fn figures(&self, view: &View, state: impl Fn(InstrumentId) -> BookState) -> Vec<Figures> {
        self.cells.iter().map(|terms| terms.figures(view, &state)).collect()
    }

    /// The calendar less the next one of the same length; `None` where that month is not listed.
    pub fn butterfly(&self, near: Month, far: Month) -> Option<Terms> {
        let last = far.plus(far.since(near));
        let books = books(&self.of, &self.product, |month| month == last || self.months.contains(&month));
        Terms::of(&self.of, butterfly(&self.product, [near, far, last]), &books)
    }

    /// The matrix as text for a spreadsheet: a head, a row a near month, plain numbers, nothing where nothing is known.
    pub fn tab_separated(&self, figures: &[Figures], show: Show) -> String {
        let plain = PriceFormat { sign: Sign::Negative, ..self.format };
        let heads = self.months.iter().skip(1).map(|month| month.screen());
        let mut out = format!("{}\t{}\n", self.product, heads.collect::<Vec<_>>().join("\t"));
        for near in 0..self.months.len().saturating_sub(1) {
            out.push_str(&self.months[near].screen());
            for far in 1..self.months.len() {
                out.push('\t');
                let shown = if far > near { figures.get(self.index(near, far)) } else { None };
                if let Some(shown) = shown.and_then(|cell| cell.shown(show)).filter(|shown| shown.is_live) {
                    out.push_str(&plain.text(shown.mid).replace(MINUS, "-").replace(',', ""));
                }
            }
            out.push('\n');
        }
        out
    }
}

/// The books of a product that deliver in certain months only.
fn books(catalogue: &Catalogue, product: &Product, is_wanted: impl Fn(Month) -> bool) -> Arc<[InstrumentId]> {
    let wanted = |contract: &Contract| {
        position(contract)
            .iter()
            .all(|(of, delivery, _)| of == product && matches!(delivery, Delivery::Month(month) if is_wanted(*month)))
    };
    catalogue.iter().filter(|(_, terms)| terms.is_active && wanted(&terms.contract)).map(|(id, _)| id).collect()
}
