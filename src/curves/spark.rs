//! The inference spark spread: what a GPU-hour earns as tokens, less what it costs. `k·TOK − GPU` in dollars per GPU-hour, where the
//! heat rate `k` is how many million tokens a GPU makes in an hour. Formulas: market.md 6.5. Negative values are normal.

use super::touch::Touch;
use crate::domain::contract::Month;

/// `k = tokens/s per GPU × 3600/10⁶ × utilisation`, Mtok per GPU-hour; utilisation 0 to 1.
pub fn heat_rate(tokens_per_second: f64, utilisation: f64) -> f64 {
    tokens_per_second * 3_600.0 / 1e6 * utilisation
}

/// What a million tokens cost to make, dollars: GPU price per hour over the heat rate. `None` unless tokens are made.
pub fn cost_per_mtok(gpu: f64, heat_rate: f64) -> Option<f64> {
    (heat_rate > 0.0).then(|| gpu / heat_rate)
}

/// `k·TOK − GPU`, dollars per GPU-hour; bought as tokens bought and GPU-hours sold.
pub fn spark(heat_rate: f64, tokens: Touch, gpu: Touch) -> Touch {
    tokens.times(heat_rate) - gpu
}

/// The heat rate at which the spread is zero, Mtok per GPU-hour: with at least the ask, tokens sold at their bid pay for GPU-hours bought
/// at their ask; with less than the bid, tokens are cheaper bought than made.
pub fn break_even(tokens: Touch, gpu: Touch) -> Touch {
    gpu.ratio(tokens)
}

/// One delivery month of the spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SparkMonth {
    pub month: Month,
    pub tokens: Touch,
    pub gpu: Touch,
    pub spark: Touch,
    pub break_even: Touch,
}

/// The spread over a whole curve: month, tokens, GPU.
pub fn curve(heat_rate: f64, months: &[(Month, Touch, Touch)]) -> Vec<SparkMonth> {
    let of = |&(month, tokens, gpu): &(Month, Touch, Touch)| SparkMonth {
        month,
        tokens,
        gpu,
        spark: spark(heat_rate, tokens, gpu),
        break_even: break_even(tokens, gpu),
    };
    months.iter().map(of).collect()
}

/// Where the mid changes its sign first: the last month before, and which way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    pub from: Month,
    pub to: Month,
    /// How far on the straight line from the one to the other, 0 to 1.
    pub share: f64,
    /// The spread is positive from here on.
    pub is_upwards: bool,
}

/// Months without a mid are passed over.
pub fn crossing(months: &[SparkMonth]) -> Option<Crossing> {
    let mids: Vec<(Month, f64)> = months.iter().filter_map(|m| Some((m.month, m.spark.mid()?))).collect();
    mids.windows(2).find(|pair| (pair[0].1 < 0.0) != (pair[1].1 < 0.0)).map(|pair| {
        let [(from, before), (to, after)] = [pair[0], pair[1]];
        Crossing { from, to, share: before / (before - after), is_upwards: before < 0.0 }
    })
}

/// Tokens against GPU lots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neutral {
    /// Token lots on the other side of the GPU lots.
    pub token_lots: i64,
    /// What those GPU-hours make beyond the token lots, Mtok; negative when the lots are more.
    pub residual_mtok: f64,
}

/// The whole token lots that come nearest to what `gpu_lots` make at the heat rate. Sizes are units in a contract: GPU-hours, Mtok.
pub fn neutralise(heat_rate: f64, gpu_lots: i64, gpu_size: i64, token_size: i64) -> Neutral {
    let made = heat_rate * gpu_lots as f64 * gpu_size as f64;
    let token_lots = (made / token_size as f64).round();
    Neutral { token_lots: token_lots as i64, residual_mtok: made - token_lots * token_size as f64 }
}

/// Something for each kind of token: prices per Mtok, or weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByKind {
    pub input: f64,
    pub output: f64,
    pub cached: f64,
}

/// `Σ weight·price / Σ weight`, dollars per Mtok. `None` unless the weights add up to something. Show the weights beside it: published
/// blends differ (3:1, 7:2:1).
pub fn blended(prices: ByKind, weights: ByKind) -> Option<f64> {
    let sum = weights.input + weights.output + weights.cached;
    let cost = weights.input * prices.input + weights.output * prices.output + weights.cached * prices.cached;
    (sum > 0.0).then(|| cost / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEC_26: Month = Month { year: 2026, month: 12 };

    fn touch(bid: f64, ask: f64) -> Touch {
        Touch { bid: Some(bid), ask: Some(ask) }
    }

    fn close(got: Option<f64>, want: f64) {
        assert!((got.unwrap() - want).abs() < 1e-12, "{got:?} is not {want}");
    }

    #[test]
    fn the_seeds_of_the_demo_market() {
        // market.md 6.5: 1.5·0.96 − 2.81 = −1.37.
        close(spark(1.5, Touch::exact(0.96), Touch::exact(2.81)).mid(), -1.37);
        assert!((heat_rate(500.0, 0.85) - 1.53).abs() < 1e-12);
        close(cost_per_mtok(2.90, 1.53), 2.90 / 1.53);
        assert_eq!(cost_per_mtok(2.90, 0.0), None);
    }

    #[test]
    fn sides_come_from_the_legs() {
        let (tokens, gpu) = (touch(0.930, 0.934), touch(2.79, 2.80));
        let spread = spark(1.5, tokens, gpu);
        close(spread.bid, 1.5 * 0.930 - 2.80);
        close(spread.ask, 1.5 * 0.934 - 2.79);
        let k = break_even(tokens, gpu);
        close(k.bid, 2.79 / 0.934);
        close(k.ask, 2.80 / 0.930);
        close(spark(k.ask.unwrap(), tokens, gpu).bid, 0.0);
        assert_eq!(spark(1.5, tokens, Touch::default()), Touch::default());
    }

    #[test]
    fn the_crossing_lies_between_two_months() {
        let month = |ahead: i32, tokens: f64| (DEC_26.plus(ahead), Touch::exact(tokens), Touch::exact(3.0));
        let mut months = vec![month(0, 1.2), month(1, 1.1), month(3, 0.9)];
        months.insert(2, (DEC_26.plus(2), Touch::default(), Touch::exact(3.0)));
        let curve = curve(3.0, &months);
        let crossing = crossing(&curve).unwrap();
        assert_eq!((crossing.from, crossing.to, crossing.is_upwards), (DEC_26.plus(1), DEC_26.plus(3), false));
        close(Some(crossing.share), 0.5);
        assert_eq!(super::crossing(&curve[..2]), None);
    }

    #[test]
    fn a_hundred_gpu_lots_are_met_by_a_hundred_and_ten_of_tokens() {
        assert_eq!(neutralise(1.5, 100, 730, 1_000), Neutral { token_lots: 110, residual_mtok: -500.0 });
        assert_eq!(neutralise(1.5, -200, 730, 1_000), Neutral { token_lots: -219, residual_mtok: 0.0 });
    }

    #[test]
    fn blends_of_a_published_price() {
        let gpt = ByKind { input: 5.0, output: 30.0, cached: 0.5 };
        close(blended(gpt, ByKind { input: 3.0, output: 1.0, cached: 0.0 }), 11.25);
        close(blended(gpt, ByKind { input: 2.0, output: 1.0, cached: 7.0 }), (3.5 + 10.0 + 30.0) / 10.0);
        assert_eq!(blended(gpt, ByKind { input: 0.0, output: 0.0, cached: 0.0 }), None);
    }

    proptest! {
        #[test]
        fn the_residual_is_at_most_half_a_token_lot(k in 0.01..20.0_f64, lots in -5_000..5_000_i64) {
            let neutral = neutralise(k, lots, 730, 1_000);
            prop_assert!(neutral.residual_mtok.abs() <= 500.0 + 1e-6);
            let made = neutral.token_lots as f64 * 1_000.0 + neutral.residual_mtok;
            prop_assert!((made - k * lots as f64 * 730.0).abs() < 1e-6);
        }
    }
}
