//! What a plan means at one picture, as a pure function: lots by month or strip, what they leave open, what they cost at the touch and
//! through the books, what the whole costs if the index moves, how a broker's rate compares, and how far another price strays from the
//! one that settles. A book that is not live quotes nothing here; of a past instant there are no books at all.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::input::Input;
use crate::base::time::Utc;
use crate::curves::hedge::{self, Basis, Exposure, HedgeOrder, HedgedMonth, QuoteCheck, Scenario, Walk};
use crate::curves::period::{Period, Units};
use crate::curves::spreads::position;
use crate::curves::touch::Touch;
use crate::domain::contract::{Delivery, Month, Product};
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::view::View;
use crate::view::book::BookState;

/// Moves of the index that the table shows.
pub const SHIFTS: [f64; 5] = [-0.2, -0.1, 0.0, 0.1, 0.2];
/// Fixings that a change spans: weekly, as indices of one market agree on the week before they agree on the day.
const CHANGE_SPANS: usize = 5;
const YEAR_SECS: f64 = 365.25 * 86_400.0;

/// What the venue lists for a product.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    pub product: Product,
    pub unit: Unit,
    /// Units in a contract.
    pub size: i64,
    pub tick_decimals: usize,
    pub index_name: String,
    /// Months, and strips where the venue has them, with their contract.
    pub periods: BTreeMap<Period, InstrumentId>,
}

impl Listing {
    pub fn of(view: &View, product: &Product) -> Option<Self> {
        let mut periods = BTreeMap::new();
        let mut front = None;
        for (id, terms) in view.catalogue.iter().filter(|(_, terms)| terms.is_active) {
            let legs = position(&terms.contract);
            let months: Option<Vec<Month>> = legs
                .iter()
                .map(|(of, delivery, count)| match delivery {
                    Delivery::Month(month) if of == product && *count == 1 => Some(*month),
                    _ => None,
                })
                .collect();
            let Some(months) = months.filter(|months| !months.is_empty()) else { continue };
            let period = u32::try_from(months.len()).ok().and_then(|len| Period::new(months[0], len));
            if let Some(period) = period.filter(|period| period.iter().eq(months.iter().copied())) {
                periods.insert(period, id);
                if period.len() == 1 {
                    front.get_or_insert(terms);
                }
            }
        }
        let terms = front?;
        Some(Self {
            product: product.clone(),
            unit: terms.unit,
            size: terms.contract_size,
            tick_decimals: terms.tick.decimals(),
            index_name: terms.index_name.to_string(),
            periods,
        })
    }

    pub fn months(&self) -> impl Iterator<Item = (Month, InstrumentId)> {
        self.periods.iter().filter(|(period, _)| period.len() == 1).map(|(period, id)| (period.first, *id))
    }

    pub fn month(&self, month: Month) -> Option<InstrumentId> {
        self.periods.get(&Period::month(month)).copied()
    }
}

/// One order of the plan in its book.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    pub order: HedgeOrder,
    pub instrument: InstrumentId,
    pub state: BookState,
    /// What it can begin to trade at.
    pub touch: Option<Price>,
    /// Through the book; `None` without a live one.
    pub walk: Option<Walk>,
}

impl OrderRow {
    /// The book does not hold all of it.
    pub fn is_short(&self) -> bool {
        self.walk.is_none_or(|walk| walk.filled < Qty::lots(self.order.lots))
    }
}

/// One month of the plan. Units are signed: positive needed or bought.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthRow {
    pub month: Month,
    /// `None` where the venue lists no contract of the month.
    pub instrument: Option<InstrumentId>,
    pub needed: f64,
    /// By orders of its own and of strips.
    pub hedged: f64,
    pub residual: f64,
    /// Of its own contract, signed.
    pub lots: i64,
    /// What the market takes the month to be worth, dollars a unit.
    pub forward: Option<f64>,
    pub quote: Touch,
}

/// What a hedge is taken to cost where it is set against something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    WithDepth,
    AtTouch,
    /// Where no book can say.
    AtCurve,
}

impl Paid {
    pub const fn words(self) -> &'static str {
        match self {
            Self::WithDepth => "with depth",
            Self::AtTouch => "at the touch",
            Self::AtCurve => "at the curve",
        }
    }
}

/// How a broker's fixed rate for all the need compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quoted {
    pub rate: f64,
    /// The need's strip: bid, ask and the curve's price.
    pub strip: Touch,
    pub fair: f64,
    pub check: QuoteCheck,
    /// What the hedge comes to a unit, and how much dearer the rate is; in all, over the need.
    pub all_in: Option<f64>,
    pub dearer: Option<f64>,
    pub dearer_in_all: Option<f64>,
}

/// How what is paid strays from what settles.
#[derive(Clone, Debug, PartialEq)]
pub struct Strays {
    /// The index that the exposure is taken to follow.
    pub index: String,
    pub description: String,
    pub basis: Basis,
    /// Changes that it was measured from, and over how many days.
    pub changes: usize,
    pub days: f64,
    pub ratio: Option<f64>,
    /// One standard deviation of what remains, dollars, to the middle of the plan.
    pub deviation: Option<f64>,
    /// Of the same exposure without a hedge.
    pub unhedged_deviation: Option<f64>,
    pub years: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub side: Side,
    pub months: Vec<MonthRow>,
    /// Strips first, then months.
    pub orders: Vec<OrderRow>,
    pub needed: f64,
    pub hedged: f64,
    pub lots: i64,
    /// Of all orders at their touch and through their books, negative for a sale; `None` while one of them has no live price, or not
    /// enough of it.
    pub at_touch: Option<Money>,
    pub with_depth: Option<Money>,
    /// Dollars a unit, whole orders through their books.
    pub average: Option<f64>,
    pub average_at_touch: Option<f64>,
    /// What the curve makes of the hedge.
    pub at_curve: Option<f64>,
    pub paid: Option<(f64, Paid)>,
    pub scenarios: Vec<Scenario>,
    pub quoted: Option<Quoted>,
    pub strays: Vec<Strays>,
}

impl Figures {
    pub fn residual(&self) -> f64 {
        self.needed - self.hedged
    }

    /// Orders whose book is not live.
    pub fn dead(&self) -> usize {
        self.orders.iter().filter(|row| !row.state.is_live()).count()
    }

    /// Lots that the books hold, of all.
    pub fn fillable(&self) -> Qty {
        self.orders.iter().filter_map(|row| row.walk).map(|walk| walk.filled).sum()
    }

    /// Works a plan out. `past` is the instant looked at; without one, the picture's own.
    pub fn of(
        view: &View,
        listing: &Listing,
        input: &Input,
        past: Option<Utc>,
        state: impl Fn(InstrumentId) -> BookState,
    ) -> Self {
        let side = input.role.side();
        let sign = side.sign() as f64;
        let needs = input.needs().iter().map(|(month, need)| (*month, sign * need.units(*month, listing.unit)));
        let exposures: Vec<Exposure> =
            needs.filter(|(_, units)| *units != 0.0).map(|(month, units)| Exposure { month, units }).collect();
        let periods: Vec<Period> = listing.periods.keys().copied().collect();
        let plan = hedge::plan(&exposures, &periods, listing.size);
        let state = |id| if past.is_some() { BookState::Connecting } else { state(id) };
        let orders: Vec<OrderRow> =
            plan.orders.iter().filter_map(|order| order_row(view, listing, *order, &state)).collect();
        let forwards = forwards(view, listing, past);
        let live = |id: InstrumentId| view.market(id).filter(|_| state(id).is_live());
        let months: Vec<MonthRow> = plan
            .residual
            .iter()
            .map(|open| {
                let instrument = listing.month(open.month);
                let needed = exposures.iter().find(|need| need.month == open.month).map_or(0.0, |need| need.units);
                let own = plan.orders.iter().filter(|order| order.period == Period::month(open.month));
                let best = |side| live(instrument?)?.book.best(side).map(|level| level.price);
                MonthRow {
                    month: open.month,
                    instrument,
                    needed,
                    hedged: needed - open.units,
                    residual: open.units,
                    lots: own.map(|order| order.lots * order.side.sign()).sum(),
                    forward: forwards.get(&open.month).copied(),
                    quote: Touch::of(best(Side::Bid), best(Side::Ask)),
                }
            })
            .collect();
        let needed: f64 = months.iter().map(|row| row.needed).sum();
        let hedged: f64 = months.iter().map(|row| row.hedged).sum();
        let at_touch: Option<Money> = orders
            .iter()
            .map(|row| {
                let qty = Qty::lots(row.order.lots * row.order.side.sign());
                Some(Money::notional(row.touch?, qty, listing.size))
            })
            .sum();
        let with_depth: Option<Money> =
            orders.iter().map(|row| row.walk.filter(|_| !row.is_short()).map(|walk| walk.cost)).sum();
        let has_orders = !orders.is_empty();
        let per_unit =
            |cost: Option<Money>| Some(cost?.to_f64_lossy() / hedged).filter(|_| has_orders && hedged != 0.0);
        let at_curve: Option<f64> = months.iter().map(|row| Some(row.hedged * row.forward?)).sum();
        let paid = with_depth
            .map(|cost| (cost.to_f64_lossy(), Paid::WithDepth))
            .or_else(|| Some((at_touch?.to_f64_lossy(), Paid::AtTouch)))
            .or_else(|| Some((at_curve?, Paid::AtCurve)));
        let hedged_months: Option<Vec<HedgedMonth>> = months
            .iter()
            .map(|row| Some(HedgedMonth { needed: row.needed, hedged: row.hedged, forward: row.forward? }))
            .collect();
        let scenarios = hedged_months
            .filter(|months| !months.is_empty())
            .zip(paid)
            .map(|(months, (paid, _))| hedge::scenarios(&months, paid, &SHIFTS))
            .unwrap_or_default();
        let (average, average_at_touch) = (per_unit(with_depth), per_unit(at_touch));
        let quoted = input.rate.and_then(|rate| quoted(rate, &months, average.or(average_at_touch)));
        let strays = strays(view, listing, &months, past.unwrap_or(view.at.utc));
        Self {
            side,
            lots: orders.iter().map(|row| row.order.lots * row.order.side.sign()).sum(),
            months,
            orders,
            needed,
            hedged,
            at_touch: at_touch.filter(|_| has_orders),
            with_depth: with_depth.filter(|_| has_orders),
            average,
            average_at_touch,
            at_curve,
            paid,
            scenarios,
            quoted,
            strays,
        }
    }
}

fn order_row(
    view: &View,
    listing: &Listing,
    order: HedgeOrder,
    state: &impl Fn(InstrumentId) -> BookState,
) -> Option<OrderRow> {
    let instrument = *listing.periods.get(&order.period)?;
    let state = state(instrument);
    let levels = view.market(instrument).filter(|_| state.is_live());
    let levels = levels.map_or(&[][..], |market| market.book.levels(order.side.opposite()));
    // A listed strip is priced as the sum of its months: one lot of it costs its price times one month's units.
    let priced = HedgeOrder { period: Period::month(order.period.first), ..order };
    Some(OrderRow {
        order,
        instrument,
        state,
        touch: levels.first().map(|level| level.price),
        walk: hedge::walk(&priced, levels, Units::Equal(listing.size)),
    })
}

/// What each month is taken to be worth: the step curve, or else the middle of its quotes; then, what was known at the instant.
fn forwards(view: &View, listing: &Listing, past: Option<Utc>) -> BTreeMap<Month, f64> {
    if let Some(at) = past {
        let curve = view.history.curve(&listing.product, at);
        return curve.iter().map(|at| (at.month, at.point.price.to_f64_lossy())).collect();
    }
    let curve = view.curve(&listing.product);
    let of = |(month, id): (Month, InstrumentId)| {
        let forward = curve.and_then(|curve| curve.month(month)?.forward);
        let mid = || view.market(id).and_then(|market| market.book.mid()).map(Price::to_f64_lossy);
        Some((month, forward.or_else(mid)?))
    };
    listing.months().filter_map(of).collect()
}

fn quoted(rate: Price, months: &[MonthRow], all_in: Option<f64>) -> Option<Quoted> {
    let rate = rate.to_f64_lossy();
    let units: f64 = months.iter().map(|row| row.needed.abs()).sum();
    let mean = |of: fn(&MonthRow) -> Option<f64>| {
        let needing = months.iter().filter(|row| row.needed != 0.0);
        let cost: Option<f64> = needing.map(|row| Some(row.needed.abs() * of(row)?)).sum();
        Some(cost? / units).filter(|_| units > 0.0)
    };
    let strip = Touch { bid: mean(|row| row.quote.bid), ask: mean(|row| row.quote.ask) };
    let fair = mean(|row| row.forward)?;
    let dearer = all_in.map(|all_in| rate - all_in);
    Some(Quoted {
        rate,
        strip,
        fair,
        check: hedge::check_quote(rate, units, fair, strip),
        all_in,
        dearer,
        dearer_in_all: dearer.map(|dearer| dearer * units),
    })
}

/// Every other index of the product against the one that settles, by their daily fixings up to `at`.
fn strays(view: &View, listing: &Listing, months: &[MonthRow], at: Utc) -> Vec<Strays> {
    let Some(settling) = view.history.index(&listing.index_name) else { return Vec::new() };
    let secs = |utc: Utc| utc.0 as f64 / 1e9;
    let worth = |of: fn(&MonthRow) -> f64| -> Option<f64> {
        months.iter().map(|row| Some(of(row) * row.forward?)).sum::<Option<f64>>().filter(|_| !months.is_empty())
    };
    let (exposure, hedged) = (worth(|row| row.needed), worth(|row| row.hedged));
    let units: f64 = months.iter().map(|row| row.needed.abs()).sum();
    let middle = |row: &MonthRow| Utc::at(row.month.first_day(), std::time::Duration::from_secs(15 * 86_400));
    let ahead: f64 = months.iter().map(|row| row.needed.abs() * (secs(middle(row)) - secs(at)).max(0.0)).sum();
    let years = if units > 0.0 { ahead / units / YEAR_SECS } else { 0.0 };
    let measured = view.history.beside(&listing.index_name).filter_map(|(name, other)| {
        let others: BTreeMap<Date, Price> = other.fixings().iter().map(|(utc, price)| (utc.date(), *price)).collect();
        let known = settling.fixings().iter().filter(|(utc, _)| *utc <= at);
        let pairs: Vec<(f64, f64, f64)> = known
            .filter_map(|(utc, price)| {
                let same = others.get(&utc.date())?;
                Some((secs(*utc) / YEAR_SECS, same.to_f64_lossy(), price.to_f64_lossy()))
            })
            .collect();
        let basis = Basis::measured(&pairs, CHANGE_SPANS)?;
        let info = other.info.as_ref();
        Some(Strays {
            index: name.to_owned(),
            description: info.and_then(|info| info.description.as_deref()).unwrap_or(name).to_owned(),
            changes: pairs.len() - CHANGE_SPANS,
            days: (pairs.last()?.0 - pairs.first()?.0) * 365.25,
            ratio: basis.minimum_variance_ratio(),
            deviation: exposure.zip(hedged).map(|(e, h)| basis.residual_deviation(e, h, years)),
            unhedged_deviation: exposure.map(|e| basis.residual_deviation(e, 0.0, years)),
            basis,
            years,
        })
    });
    measured.collect()
}
