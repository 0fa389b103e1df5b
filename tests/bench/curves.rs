//! Curves of three years of months and strips, exactly and between bid and ask: the smooth one against the dense Lagrange system of the
//! paper, the step one against distances that are all found anew for every quote, and what calendars and strips are worth through other
//! books against a search for the ways that is made for every price. Both sides of a contest end with the same figures, to a millionth
//! of a dollar. The goal is 2 ms a solve, both curves together: lines named `_in_2_ms` carry it as their baseline and hold it.

mod contest;
mod line;
mod naive_curves;
mod naive_step;

use std::hint::black_box;
use std::io;

use cpu_time::ThreadTime;
use tenor::base::digest::Digest;
use tenor::curves::implied::{Route, Sides, best, routes};
use tenor::curves::period::{Period, Quote, Units};
use tenor::curves::smooth::{Average, Shape, smooth};
use tenor::curves::spreads::{calendar, strip};
use tenor::curves::step::bootstrap;
use tenor::domain::book::Level;
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::number::{Price, Qty, Side};

use contest::{Contestant, contest};
use line::Line;
use naive_curves::Dense;

const MONTHS: usize = 36;
/// November's list: quarters begin two months on.
const FIRST: Month = Month { year: 2026, month: 11 };
const UNITS: Units = Units::Equal(730);
const GOAL_NS: f64 = 2e6;
const ROUNDS: usize = 31;

/// Mids that fall as the H100 curve does, with the unevenness of a market.
fn mid(month: usize) -> f64 {
    let uneven = (month * month % 7) as f64 - 3.0;
    2.2 + 0.6 * 0.93_f64.powi(month as i32) + 0.012 * uneven
}

fn span(from: usize, to: usize, half: f64, off: f64) -> Average {
    let mean = (from..to).map(mid).sum::<f64>() / (to - from) as f64 + off;
    Average { from: from as f64, to: to as f64, low: mean - half, high: mean + half }
}

/// Months, quarters and years as they are listed in November; half spreads as wide as `tightness` is small.
fn market(width: f64) -> Vec<Average> {
    let months = (0..MONTHS).map(|m| span(m, m + 1, width * (0.01 + m as f64 / 400.0), 0.0));
    let quarters =
        (0..11).map(|q| span(3 * q + 2, 3 * q + 5, width * 0.02, width * if q % 2 == 0 { 0.016 } else { -0.016 }));
    let years = [2, 14].map(|from| span(from, from + 12, width * 0.008, width * 0.012));
    months.chain(quarters).chain(years).collect()
}

/// The same market as prices on a grid of a hundred-thousandth.
fn quotes(averages: &[Average]) -> Vec<Quote> {
    let price = |value: f64| Price((value * 1e5).round() as i64 * 10_000);
    let quote = |average: &Average| {
        let period = Period::new(FIRST.plus(average.from as i32), (average.to - average.from) as u32)?;
        Some(Quote::both(period, price(average.low), price(average.high)))
    };
    averages.iter().filter_map(quote).collect()
}

/// To a millionth of a dollar.
fn rounded(values: impl Iterator<Item = f64>) -> u64 {
    let mut digest = Digest::default();
    for value in values {
        digest.word(((value * 1e6).round() as i64).cast_unsigned());
    }
    digest.finish()
}

/// Of the curve at every tenth of a month.
fn digest(value: impl Fn(f64) -> f64) -> u64 {
    rounded((0..10 * MONTHS).map(|at| value(at as f64 / 10.0 + 0.05)))
}

/// `plain` is what the dense system is given: of exact prices the months alone, since redundant rows make it singular.
fn run_smooth(name: &str, averages: &[Average], plain: &[Average]) -> io::Result<()> {
    let shape = Shape::default();
    contest(
        name,
        1,
        Contestant {
            prepare: || (),
            run: |(): &mut ()| {
                let solved = smooth(black_box(averages), &shape);
                solved.map_or(0, |solved| digest(|x| solved.curve.value(x)))
            },
        },
        Contestant {
            prepare: || (),
            run: |(): &mut ()| {
                let dense = Dense::new(black_box(plain), shape.reach_months);
                let x = dense.run();
                digest(|at| dense.value(&x, at))
            },
        },
    )
    .map(drop)
}

fn run_step(name: &str, quotes: &[Quote]) -> io::Result<()> {
    contest(
        name,
        1,
        Contestant {
            prepare: || (),
            run: |(): &mut ()| {
                let step = bootstrap(black_box(quotes), UNITS, &[]);
                step.map_or(0, |step| rounded(step.months().iter().map(|month| month.forward)))
            },
        },
        Contestant {
            prepare: || (),
            run: |(): &mut ()| rounded(naive_step::forwards(black_box(quotes), FIRST, MONTHS, UNITS).into_iter()),
        },
    )
    .map(drop)
}

/// Both curves from the same quotes, as the terminal solves them.
fn run_goal(name: &str, averages: &[Average]) -> io::Result<()> {
    let (quotes, shape) = (quotes(averages), Shape::default());
    let mut times: Vec<f64> = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = ThreadTime::now();
        let step = bootstrap(black_box(&quotes), UNITS, &[]);
        let solved = smooth(black_box(averages), &shape);
        let time = start.elapsed().as_secs_f64() * 1e9;
        assert!(black_box(step).is_some() && black_box(solved).is_ok(), "{name}: no curve");
        times.push(time);
    }
    times.sort_by(f64::total_cmp);
    let value = times.get(ROUNDS / 2).copied().unwrap_or(f64::NAN);
    Line { name, value, unit: "ns", baseline: Some(GOAL_NS), ratio: Some(value / GOAL_NS) }.print()?;
    assert!(value < GOAL_NS, "{name}: {value} ns a solve");
    Ok(())
}

/// What is listed: every month and every calendar of neighbours; and what is asked for: those calendars, quarters and years.
fn listed(product: &Product) -> (Vec<Contract>, Vec<Contract>) {
    let month = |ahead: i32| FIRST.plus(ahead);
    let months = MONTHS as i32;
    let outrights = (0..months)
        .map(|ahead| Contract::Outright { product: product.clone(), delivery: Delivery::Month(month(ahead)) });
    let calendars: Vec<Contract> =
        (1..months).map(|ahead| calendar(product, [month(ahead - 1), month(ahead)])).collect();
    let quarters = (0..11).filter_map(|q| Period::new(month(3 * q + 2), 3));
    let years = [2, 14].into_iter().filter_map(|ahead| Period::new(month(ahead), 12));
    let strips = quarters.chain(years).map(|period| strip(product, period));
    (outrights.chain(calendars.iter().cloned()).collect(), calendars.iter().cloned().chain(strips).collect())
}

/// Five levels a side around a middle, in thousandths.
fn book(middle: i64, seed: i64) -> [Vec<Level>; 2] {
    [-1, 1].map(|side| {
        let level = |at: i64| Level {
            price: Price((middle + side * (5 + 10 * at)) * 1_000_000),
            qty: Qty::lots((seed * 37 + at * 11 + side) % 60 + 12),
        };
        (0..5).map(level).collect()
    })
}

fn run_implied() -> io::Result<()> {
    let Some(product) = Product::new("H100") else { return Ok(()) };
    let (listed, wanted) = listed(&product);
    let middle = |at: usize| {
        let of = |month: usize| (mid(month) * 1e3).round() as i64;
        if at < MONTHS { of(at) } else { of(at - MONTHS) - of(at - MONTHS + 1) }
    };
    let books: Vec<[Vec<Level>; 2]> = (0..listed.len()).map(|at| book(middle(at), at as i64)).collect();
    let sides: Vec<Sides<'_>> = books.iter().map(|[bids, asks]| Sides { bids, asks }).collect();
    let contracts: Vec<&Contract> = listed.iter().collect();
    let known: Vec<Vec<Route>> = wanted.iter().map(|target| routes(target, &contracts)).collect();
    let price = |digest: &mut Digest, routes: &[Route]| {
        for side in Side::BOTH {
            let level = best(routes, black_box(&sides), side);
            digest.word(level.map_or(0, |level| level.price.0.cast_unsigned()));
            digest.word(level.map_or(0, |level| level.qty.0.cast_unsigned()));
        }
    };
    contest(
        "implied_prices",
        wanted.len(),
        Contestant {
            prepare: || (),
            run: |(): &mut ()| {
                let mut digest = Digest::default();
                known.iter().for_each(|routes| price(&mut digest, routes));
                digest.finish()
            },
        },
        Contestant {
            prepare: || (),
            run: |(): &mut ()| {
                let mut digest = Digest::default();
                wanted.iter().for_each(|target| price(&mut digest, &routes(target, &contracts)));
                digest.finish()
            },
        },
    )
    .map(drop)
}

fn main() -> io::Result<()> {
    let exact = market(0.0);
    run_smooth("smooth_exact", &exact, &exact[..MONTHS])?;
    let quoted = market(1.0);
    run_smooth("smooth_between_bid_and_ask", &quoted, &quoted)?;
    // On the grid of prices a strip is no more the exact mean of its months: months alone say everything here.
    run_step("step_exact", &quotes(&exact[..MONTHS]))?;
    run_step("step_between_bid_and_ask", &quotes(&quoted))?;
    run_goal("curves_exact_in_2_ms", &exact)?;
    run_goal("curves_between_bid_and_ask_in_2_ms", &quoted)?;
    run_implied()
}
