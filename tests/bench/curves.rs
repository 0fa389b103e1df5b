//! One smooth curve through three years of months and strips, exactly and between bid and ask, against the dense Lagrange system of
//! the paper. Both end with the same curve, to a millionth of a dollar. The goal is 2 ms a solve.

mod contest;
mod line;
mod naive_curves;

use std::hint::black_box;
use std::io;

use tenor::base::digest::Digest;
use tenor::curves::smooth::{Average, Shape, smooth};

use contest::{Contestant, contest};
use naive_curves::Dense;

const MONTHS: usize = 36;

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

/// Of the curve at every tenth of a month.
fn digest(value: impl Fn(f64) -> f64) -> u64 {
    let mut digest = Digest::default();
    for at in 0..10 * MONTHS {
        digest.word(((value(at as f64 / 10.0 + 0.05) * 1e6).round() as i64).cast_unsigned());
    }
    digest.finish()
}

/// `plain` is what the dense system is given: of exact prices the months alone, since redundant rows make it singular.
fn run(name: &str, averages: &[Average], plain: &[Average]) -> io::Result<()> {
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
}

fn main() -> io::Result<()> {
    let exact = market(0.0);
    run("smooth_exact", &exact, &exact[..MONTHS])?;
    let quoted = market(1.0);
    run("smooth_between_bid_and_ask", &quoted, &quoted)
}
