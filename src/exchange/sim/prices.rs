//! Where prices come from. Log spot of a product is a fading and a lasting factor (Schwartz & Smith 2000), correlated between
//! products, with scheduled launches pushing the fading one; on top lies the pressure of order flow, which moves all months for
//! minutes and leaves nothing behind. Forward = seed curve × factors; a month that is being averaged mixes its published fixings in.
//!
//! Every factor is reversible and starts from zero, so the past is drawn by walking the same process backwards from the seed prices:
//! whatever the start date, a run begins at the prices of the data file.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::data::MarketData;
use super::directive::Stay;
use crate::base::rng::Rng;
use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::domain::contract::Month;
use crate::domain::number::Price;

const YEAR_S: f64 = 365.25 * 86_400.0;
const MONTHS_PER_YEAR: f64 = 12.0;
/// Scale of factors that are written down.
const FIGURE: f64 = 1e12;
/// Mean reversion of the fading factor per year (the oil estimate in Schwartz & Smith).
const KAPPA: f64 = 1.5;
const SLOW: Pressure = Pressure { half_life_s: 720.0, deviation: 0.005_5 };
const FAST: Pressure = Pressure { half_life_s: 75.0, deviation: 0.001_8 };
/// Order-flow pressure fades along the curve with this many months.
const PRESSURE_REACH_MONTHS: f64 = 24.0;

/// A stationary mean-reverting pressure on log prices.
struct Pressure {
    half_life_s: f64,
    deviation: f64,
}

impl Pressure {
    fn decay(&self, span_s: f64) -> f64 {
        (-std::f64::consts::LN_2 * span_s / self.half_life_s).exp()
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Factors {
    /// Fades with [`KAPPA`].
    short: f64,
    /// Stays.
    long: f64,
    slow: f64,
    fast: f64,
}

/// All factors at one moment of a path.
#[derive(Clone, Debug)]
pub struct Snapshot(Vec<Factors>);

impl Snapshot {
    /// In 10⁻¹², by product.
    pub fn figures(&self) -> Vec<[i64; 4]> {
        self.0.iter().map(|f| [f.short, f.long, f.slow, f.fast].map(|factor| (factor * FIGURE) as i64)).collect()
    }

    /// Of [`Snapshot::figures`].
    pub fn of_figures(figures: &[[i64; 4]]) -> Self {
        let factors = |figures: &[i64; 4]| {
            let [short, long, slow, fast] = figures.map(|figure| figure as f64 / FIGURE);
            Factors { short, long, slow, fast }
        };
        Self(figures.iter().map(factors).collect())
    }
}

/// Which way the process is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    /// Into the past: launches do not apply, what came of them is in the seed prices.
    Back,
}

#[derive(Clone, Debug)]
pub struct PriceProcess {
    data: Arc<MarketData>,
    factors: Vec<Factors>,
    normals: Vec<[f64; 4]>,
    /// Times the usual volatility, by product.
    vols: Vec<f64>,
    shocks: Vec<Shock>,
    rng: Rng,
    at: Utc,
}

/// A move of one product that a scenario wants.
#[derive(Clone, Copy, Debug)]
struct Shock {
    product: usize,
    starts: Utc,
    over: Duration,
    log_jump: f64,
    stay: Stay,
}

/// Where on the curve of a product a contract lies, with everything that stays the same until the next fixing worked out.
#[derive(Clone, Copy, Debug)]
pub struct CurvePoint {
    pub product: usize,
    base: f64,
    short_weight: f64,
    pressure_weight: f64,
    /// The part of the final average that is already published, times its mean.
    fixed_part: f64,
    open_share: f64,
}

/// The published part of a delivery month's average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Averaging {
    pub published: u32,
    /// Fixings of the whole month; zero while none is due.
    pub total: u32,
    pub mean: f64,
}

impl PriceProcess {
    pub fn new(data: Arc<MarketData>, seed: u64, stream: &str, at: Utc) -> Self {
        let count = data.products.len();
        Self {
            data,
            factors: vec![Factors::default(); count],
            normals: vec![[0.0; 4]; count],
            vols: vec![1.0; count],
            shocks: Vec::new(),
            rng: Rng::fork(seed, stream),
            at,
        }
    }

    /// Moves to `to`, which lies in the given direction.
    pub fn walk(&mut self, to: Utc, direction: Direction) {
        let span_s = (to.0 - self.at.0).unsigned_abs() as f64 * 1e-9;
        if span_s <= 0.0 {
            self.at = to;
            return;
        }
        let from = std::mem::replace(&mut self.at, to);
        let years = span_s / YEAR_S;
        let short_decay = (-KAPPA * years).exp();
        let short_scale = ((1.0 - short_decay * short_decay) / (2.0 * KAPPA)).sqrt();
        let long_scale = years.sqrt();
        let (slow_decay, fast_decay) = (SLOW.decay(span_s), FAST.decay(span_s));
        let slow_scale = SLOW.deviation * (1.0 - slow_decay * slow_decay).sqrt();
        let fast_scale = FAST.deviation * (1.0 - fast_decay * fast_decay).sqrt();
        for draw in &mut self.normals {
            *draw = std::array::from_fn(|_| self.rng.normal());
        }
        for (i, factors) in self.factors.iter_mut().enumerate() {
            let seed = &self.data.products[i];
            let z: [f64; 4] = std::array::from_fn(|k| {
                self.data.factor[i].iter().zip(&self.normals).map(|(weight, draw)| weight * draw[k]).sum()
            });
            let vol = self.vols[i];
            factors.short = factors.short * short_decay + seed.sigma_short * short_scale * z[0] * vol;
            factors.long += seed.sigma_long * long_scale * z[1] * vol;
            factors.slow = factors.slow * slow_decay + slow_scale * z[2] * vol;
            factors.fast = factors.fast * fast_decay + fast_scale * z[3] * vol;
            if direction == Direction::Forward {
                factors.short += launched(&self.data, i, from, to);
            }
        }
        for shock in &self.shocks {
            let part = progress(to, shock.starts, shock.over) - progress(from, shock.starts, shock.over);
            let factors = &mut self.factors[shock.product];
            match shock.stay {
                Stay::Fading => factors.short += part * shock.log_jump,
                Stay::Lasting => factors.long += part * shock.log_jump,
            }
        }
        self.shocks.retain(|shock| shock.starts + shock.over > to);
    }

    /// Moves a product's log price over the time to come.
    pub fn shock(&mut self, product: usize, log_jump: f64, over: Duration, stay: Stay) {
        if product < self.factors.len() {
            self.shocks.push(Shock {
                product,
                starts: self.at,
                over: over.max(Duration::from_nanos(1)),
                log_jump,
                stay,
            });
        }
    }

    pub fn set_volatility(&mut self, product: usize, times: f64) {
        if let Some(vol) = self.vols.get_mut(product) {
            *vol = times;
        }
    }

    /// No shock goes on, volatility is the usual one.
    pub fn calm_down(&mut self) {
        self.shocks.clear();
        self.vols.fill(1.0);
    }

    /// Stands still until `to`: a paused market.
    pub fn skip(&mut self, to: Utc) {
        self.at = to;
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.factors.clone())
    }

    /// Back to the prices of a snapshot; the clock stays. One of other products says nothing here.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        if snapshot.0.len() == self.factors.len() {
            self.factors.clone_from(&snapshot.0);
        }
    }

    /// What a trade leaves behind: a pressure on the product's log price.
    pub fn push(&mut self, product: usize, log_price: f64) {
        if let Some(factors) = self.factors.get_mut(product) {
            factors.fast = (factors.fast + log_price).clamp(-4.0 * FAST.deviation, 4.0 * FAST.deviation);
        }
    }

    /// The rental index: spot, half moved by the pressure in the futures.
    pub fn index(&self, product: usize) -> f64 {
        let (f, seed) = (self.factors[product], &self.data.products[product]);
        seed.spot * (f.short + f.long + 0.5 * f.slow).exp()
    }

    /// A point `months` ahead on the curve of `product`.
    pub fn curve_point(&self, product: usize, months: f64, averaging: Averaging) -> CurvePoint {
        let seed = &self.data.products[product];
        let months = months.max(0.0);
        let fixed_share =
            if averaging.total == 0 { 0.0 } else { f64::from(averaging.published) / f64::from(averaging.total) };
        CurvePoint {
            product,
            base: seed.spot * seed.curve.ratio(months),
            short_weight: (-KAPPA * months / MONTHS_PER_YEAR).exp(),
            pressure_weight: (-months / PRESSURE_REACH_MONTHS).exp(),
            fixed_part: fixed_share * averaging.mean,
            open_share: 1.0 - fixed_share.min(1.0),
        }
    }

    /// What the contract at `point` is worth now.
    pub fn fair(&self, point: &CurvePoint) -> f64 {
        let f = self.factors[point.product];
        let log = f.short * point.short_weight + f.long + (f.slow + f.fast) * point.pressure_weight;
        point.fixed_part + point.open_share * point.base * log.exp()
    }
}

/// The published part of a month's average as it stood at `at`; `fixings` are oldest first.
pub fn averaging(calendar: &Calendar, fixings: &[(Date, Price)], month: Month, at: Utc) -> Averaging {
    if at.date() < month.first_day() {
        return Averaging::default();
    }
    let fixes = calendar.fixes(month, at);
    let first = fixings.partition_point(|(date, _)| *date < month.first_day());
    let of_month = fixings[first..].iter().take_while(|(date, _)| Month::of(*date) == month);
    let known = of_month.take(fixes.published as usize);
    let (published, sum) = known.fold((0_u32, 0.0), |(count, sum), (_, price)| (count + 1, sum + price.to_f64_lossy()));
    let mean = if published == 0 { 0.0 } else { sum / f64::from(published) };
    Averaging { published, total: fixes.total, mean }
}

/// How much of a move is done.
fn progress(at: Utc, starts: Utc, over: Duration) -> f64 {
    (at.since(starts).as_secs_f64() / over.as_secs_f64()).min(1.0)
}

/// The part of scheduled launches that falls between two instants.
fn launched(data: &MarketData, product: usize, from: Utc, to: Utc) -> f64 {
    data.launches
        .iter()
        .map(|launch| {
            let progress =
                |at: Utc| ((at.0 - launch.starts.0) as f64 * 1e-9 / (launch.over_hours * 3_600.0)).clamp(0.0, 1.0);
            (progress(to) - progress(from)) * launch.log_jumps[product]
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::catalogue::CatalogueData;

    fn data() -> Arc<MarketData> {
        let catalogue = Arc::new(CatalogueData::embedded().unwrap());
        Arc::new(MarketData::embedded(catalogue).unwrap())
    }

    fn process(seed: u64, at: Utc) -> PriceProcess {
        PriceProcess::new(data(), seed, "prices", at)
    }

    #[test]
    fn starts_at_the_seed_prices_and_moves_by_the_stated_volatility() {
        let start = Utc::from_millis(1_795_343_400_000);
        let fresh = process(7, start);
        assert!((fresh.index(0) - 2.81).abs() < 1e-12);
        let day = Duration::from_secs(86_400);
        let mut squares = 0.0;
        let runs = 400_u32;
        for seed in 0..runs {
            let mut process = process(u64::from(seed), start);
            process.walk(start + day, Direction::Forward);
            let f = process.factors[0];
            squares += (f.short + f.long).powi(2);
        }
        let yearly = (squares / f64::from(runs) * 365.25).sqrt();
        assert!((yearly - 0.35).abs() < 0.04, "front volatility of H100: {yearly}");
    }

    #[test]
    fn neighbours_move_together() {
        let start = Utc(0);
        let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
        let mut process = process(3, start);
        let mut before = [0.0; 2];
        for day in 1..=2_000_i64 {
            process.walk(Utc(day * 86_400_000_000_000), Direction::Forward);
            let now = [process.factors[0].long, process.factors[1].long];
            let (x, y) = (now[0] - before[0], now[1] - before[1]);
            (xy, xx, yy) = (xy + x * y, xx + x * x, yy + y * y);
            before = now;
        }
        let correlation = xy / (xx * yy).sqrt();
        assert!((correlation - 0.7).abs() < 0.05, "H100 with H200: {correlation}");
    }

    #[test]
    fn a_month_in_its_averaging_window_mixes_fixings_in() {
        let process = process(1, Utc(0));
        let averaging = Averaging { published: 15, total: 20, mean: 2.60 };
        let point = process.curve_point(0, 0.1, averaging);
        let open = process.curve_point(0, 0.1, Averaging::default());
        let want = 0.75 * 2.60 + 0.25 * process.fair(&open);
        assert!((process.fair(&point) - want).abs() < 1e-12);
    }

    #[test]
    fn a_launch_moves_spot_by_its_jump_and_the_far_end_by_less() {
        let data = data();
        let launch = data.launches[0].clone();
        let after = launch.starts + Duration::from_secs(300 * 3_600);
        for (product, &jump) in launch.log_jumps.iter().enumerate() {
            assert!((launched(&data, product, Utc(launch.starts.0 - 1), after) - jump).abs() < 1e-9);
            assert!(launched(&data, product, Utc(0), launch.starts).abs() < 1e-9);
        }
        let process = process(1, Utc(0));
        let (near, far) =
            (process.curve_point(2, 0.0, Averaging::default()), process.curve_point(2, 24.0, Averaging::default()));
        assert!(far.short_weight < 0.06 && near.short_weight > 0.999);
    }

    #[test]
    fn the_past_is_walked_from_the_same_prices() {
        let start = Utc(1_000_000_000_000_000_000);
        let mut back = process(9, start);
        back.walk(start - Duration::from_secs(3_600), Direction::Back);
        let moved = (back.index(0) / 2.81).ln();
        assert!(moved != 0.0 && moved.abs() < 0.02, "{moved}");
        assert_eq!(back.at, start - Duration::from_secs(3_600));
    }
}
