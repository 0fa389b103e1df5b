//! What the curve desk shows, as a pure function of one picture: the curve of a product, live or as it was known at a past instant, the
//! curves of a day, a week and a month before it, and the one that changes are counted from.
//!
//! Live months have quotes and no mark, past months a mark and no quotes: the past is what was written down, nothing is made up.

use crate::base::time::Utc;
use crate::curves::averaging::Averaging;
use crate::curves::curve::Curve;
use crate::curves::smooth::SmoothError;
use crate::curves::step::Origin as StepOrigin;
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::Price;
use crate::ui::context::AsOf;
use crate::ui::format::{self, PriceFormat, Sign};
use crate::view::book::BookState;
use crate::view::curve::past::PastCurve;
use crate::view::curve::{CurveStrip, CurveView};
use crate::view::{CurvePoint, Point};
use crate::view::{Span, View};

/// How far back the curves beside the one shown lie, nearest first.
pub const SPANS: [Span; 3] = [Span::Day, Span::Week, Span::Month];

pub const fn span_words(span: Span) -> &'static str {
    match span {
        Span::Day => "1 day",
        Span::Week => "1 week",
        Span::Month => "1 month",
    }
}

/// What changes are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// That long before what is shown.
    Span(Span),
    Date(Utc),
}

impl Against {
    /// The instant meant, while the curve of `at` is shown.
    pub fn instant(self, at: Utc) -> Utc {
        match self {
            Self::Span(span) => at - span.length(),
            Self::Date(utc) => utc,
        }
    }

    pub fn words(self) -> String {
        match self {
            Self::Span(span) => span_words(span).to_owned(),
            Self::Date(utc) => format::day(utc),
        }
    }
}

/// A past curve beside the one shown. Its points may be of different instants; none is younger than `at`.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// The instant asked for.
    pub at: Utc,
    /// Nearest month first; empty where nothing is known.
    pub points: Vec<CurvePoint>,
}

impl Overlay {
    fn of(view: &View, product: &Product, at: Utc) -> Self {
        Self { at, points: view.history.curve(product, at) }
    }

    pub fn point(&self, month: Month) -> Option<Point> {
        let at = self.points.binary_search_by_key(&month, |at| at.month).ok()?;
        self.points.get(at).map(|at| at.point)
    }
}

/// One delivery month.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskMonth {
    pub month: Month,
    /// `None` for a month of the past that is no longer listed.
    pub instrument: Option<InstrumentId>,
    /// Of its book now; what the past knew was known, so that it counts as live.
    pub state: BookState,
    pub bid: Option<Level>,
    pub ask: Option<Level>,
    pub last: Option<Price>,
    /// What it was worth at the past instant.
    pub mark: Option<Point>,
    pub settle: Option<Price>,
    pub settled: Option<Point>,
    pub model: Option<f64>,
    pub forward: Option<f64>,
    pub origin: Option<StepOrigin>,
    pub term: Option<f64>,
}

impl DeskMonth {
    /// What changes and distances are counted with: the middle of the quotes, or the mark of the past.
    pub fn value(&self) -> Option<Price> {
        match self.mark {
            Some(mark) => Some(mark.price),
            None => Some(Price(i64::midpoint(self.bid?.price.0, self.ask?.price.0))),
        }
    }

    pub const fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// How far the model lies from the value, ticks.
    pub fn off_ticks(&self, tick: Price) -> Option<f64> {
        Some((self.model? - self.value()?.to_f64_lossy()) / tick.to_f64_lossy())
    }
}

/// A cell of the lower rows of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Year {
    pub year: i16,
    pub first: Month,
    pub months: u32,
    /// The mean of its months' forwards; `None` where one is missing.
    pub forward: Option<f64>,
}

#[derive(Clone, Debug)]
pub struct Desk<'a> {
    pub product: Product,
    pub tick: Price,
    pub format: PriceFormat,
    pub as_of: AsOf,
    /// The instant that spans are counted back from: of the picture that was solved, or the past one.
    pub at: Utc,
    /// The picture that was solved; `None` for the past.
    pub version: Option<u64>,
    pub index: Option<(Price, Utc)>,
    pub front: Option<Averaging>,
    /// The front month's published fixings, oldest first.
    pub fixings: Vec<(Utc, Price)>,
    /// When that month expires, where its terms say so.
    pub expiry: Option<Utc>,
    /// Nearest first; two at least.
    pub months: Vec<DeskMonth>,
    pub strips: &'a [CurveStrip],
    pub smooth: Result<&'a Curve, &'a SmoothError>,
    /// Months on whose first day the model may jump.
    pub launches: &'a [Month],
    /// In the order of [`SPANS`].
    pub overlays: [Overlay; 3],
    pub against: Against,
    pub compared: Overlay,
}

impl<'a> Desk<'a> {
    /// `None` for a curve without months.
    pub fn live(
        view: &View,
        curve: &'a CurveView,
        against: Against,
        state: impl Fn(InstrumentId) -> BookState,
    ) -> Option<Self> {
        curve.months.first()?;
        let spot = view.products.iter().find(|spot| spot.product == curve.product);
        let at = curve.at.utc;
        let month = |month: &crate::view::curve::CurveMonth| DeskMonth {
            month: month.month,
            instrument: Some(month.instrument),
            state: state(month.instrument),
            bid: month.bid,
            ask: month.ask,
            last: month.last,
            mark: None,
            settle: month.settle,
            settled: settled(view, &curve.product, month.month, at).filter(|known| Some(known.price) == month.settle),
            model: month.model,
            forward: month.forward,
            origin: month.origin,
            term: month.term,
        };
        Some(Self {
            tick: curve.tick,
            format: PriceFormat { decimals: curve.tick.decimals(), sign: Sign::Negative },
            as_of: AsOf::Live,
            at,
            version: Some(curve.version),
            index: curve.index.zip(spot.and_then(|spot| spot.index)).map(|(price, (_, utc))| (price, utc)),
            front: curve.front,
            fixings: spot.map(|spot| spot.front_fixings.iter().map(|f| (f.utc, f.price)).collect()).unwrap_or_default(),
            expiry: curve.months.first().and_then(|front| view.instrument(front.instrument)?.expiry),
            months: curve.months.iter().map(month).collect(),
            strips: &curve.strips,
            smooth: curve.smooth.as_ref(),
            launches: &curve.launches,
            overlays: SPANS.map(|span| Overlay::of(view, &curve.product, at - span.length())),
            against,
            compared: Overlay::of(view, &curve.product, against.instant(at)),
            product: curve.product.clone(),
        })
    }

    /// As it was known at `at`.
    pub fn past(view: &View, curve: &'a PastCurve, tick: Price, at: Utc, against: Against) -> Self {
        let (known, solved) = (&curve.known, &curve.solved);
        let month = |known: &crate::view::curve::past::KnownMonth| DeskMonth {
            month: known.month,
            instrument: known.instrument,
            state: BookState::Live,
            bid: None,
            ask: None,
            last: None,
            mark: Some(known.mark),
            settle: known.settle.map(|point| point.price),
            settled: known.settle,
            model: solved.model(known.month),
            forward: solved.step(known.month).map(|step| step.forward),
            origin: solved.step(known.month).map(|step| step.origin),
            term: solved.term(known.month),
        };
        Self {
            tick,
            format: PriceFormat { decimals: tick.decimals(), sign: Sign::Negative },
            as_of: AsOf::Past(at),
            at,
            version: None,
            index: known.index.map(|point| (point.price, point.utc)),
            front: known.front,
            fixings: known.fixings.iter().map(|point| (point.utc, point.price)).collect(),
            expiry: known.months.first().and_then(|front| view.instrument(front.instrument?)?.expiry),
            months: known.months.iter().map(month).collect(),
            strips: &curve.strips,
            smooth: solved.smooth.as_ref(),
            launches: &solved.launches,
            overlays: SPANS.map(|span| Overlay::of(view, &known.product, at - span.length())),
            against,
            compared: Overlay::of(view, &known.product, against.instant(at)),
            product: known.product.clone(),
        }
    }

    /// Months from the front.
    pub fn ahead(&self, month: Month) -> i32 {
        self.months.first().map_or(0, |front| month.since(front.month))
    }

    pub fn month(&self, month: Month) -> Option<&DeskMonth> {
        self.months.iter().find(|at| at.month == month)
    }

    /// How far a month has come from what it was worth then.
    pub fn change(month: &DeskMonth, from: &Overlay) -> Option<Price> {
        Some(month.value()? - from.point(month.month)?.price)
    }

    /// Calendar years, also those that the curve reaches into only.
    pub fn years(&self) -> Vec<Year> {
        let mut years: Vec<Year> = Vec::new();
        for at in &self.months {
            match years.last_mut().filter(|year| year.year == at.month.year) {
                Some(year) => year.months += 1,
                None => {
                    let (year, first) = (at.month.year, at.month);
                    years.push(Year { year, first, months: 1, forward: None });
                }
            }
        }
        for year in &mut years {
            let of_year = self.months.iter().filter(|at| at.month.year == year.year);
            let sum: Option<f64> = of_year.map(|at| at.forward).sum();
            year.forward = sum.map(|sum| sum / f64::from(year.months));
        }
        years
    }

    /// Quarters that lie wholly on the curve.
    pub fn quarters(&self) -> impl Iterator<Item = &'a CurveStrip> {
        let strips = self.strips;
        strips.iter().filter(|strip| strip.period.len() == 3)
    }

    /// For a spreadsheet: one line a month, tab-separated, empty where unknown.
    pub fn table(&self) -> String {
        let is_live = self.as_of.is_live();
        let mut text = if is_live {
            "delivery\tbid\task\tlast\tsettle\tmodel\tforward\tterm\t1 day\t1 week\t1 month\n".to_owned()
        } else {
            "delivery\tmark\tat\tsettle\tmodel\tforward\tterm\t1 day\t1 week\t1 month\n".to_owned()
        };
        let price = |price: Option<Price>| price.map_or_else(String::new, |price| price.to_string());
        let rounded =
            |value: Option<f64>| value.map_or_else(String::new, |value| ((value * 1e6).round() / 1e6).to_string());
        for at in &self.months {
            let mut cells = vec![at.month.screen()];
            match at.mark {
                Some(mark) => cells.extend([mark.price.to_string(), mark.utc.to_string()]),
                None => {
                    let best = [at.bid, at.ask].map(|level| price(level.map(|level| level.price)));
                    cells.extend(best.into_iter().chain([price(at.last)]));
                }
            }
            cells.push(price(at.settle));
            cells.extend([at.model, at.forward, at.term].map(rounded));
            cells.extend(self.overlays.iter().map(|overlay| price(Self::change(at, overlay))));
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        text
    }
}

/// The last settlement of a month that was known at `at`.
fn settled(view: &View, product: &Product, month: Month, at: Utc) -> Option<Point> {
    let contract = Contract::Outright { product: product.clone(), delivery: Delivery::Month(month) };
    view.history.contract(&contract)?.settlement_at(at)
}
