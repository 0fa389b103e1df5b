//! Liquidity history as a texture: prices down, time along, used as a ring so that a new quarter of a second costs one column.
//! The span grows with what there is, from one minute to thirty; long spans put several columns into one texel, the largest size
//! of them shown.

use std::collections::VecDeque;
use std::sync::Arc;

use egui::{Color32, ColorImage, Context, TextureHandle, TextureOptions};

use crate::base::log::Log;
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Price, Side};
use crate::ui::theme::Theme;
use crate::view::market::HeatColumn;

/// Spans in columns of 250 ms: one, two, five, ten and thirty minutes.
const SPANS: [u64; 5] = [240, 480, 1_200, 2_400, 7_200];
/// Texture columns at the most.
const WIDEST: u64 = 480;
/// Prices in the texture.
pub const PRICES: usize = 128;
/// When the market comes closer than this to the highest or lowest price, the texture is made again around it.
const MARGIN: i64 = 24;

/// What one texture column stands for, apart from its sizes.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Sequence number of its first column, over columns per bucket.
    pub number: u64,
    pub best: [Option<Price>; 2],
    pub trades: Vec<(Price, u32, Side)>,
    sizes: Vec<u32>,
    was_live: bool,
}

/// The texture and what is drawn over it.
#[derive(Default)]
pub struct History {
    texture: Option<TextureHandle>,
    key: Option<Key>,
    /// Oldest first, at most as many as texture columns.
    pub buckets: VecDeque<Bucket>,
    next_seq: u64,
    /// Lots at which the ramp ends.
    pub full_scale: u32,
}

/// What the texture was made for; another one means starting over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    instrument: InstrumentId,
    tick: Price,
    span: u64,
    /// Tick of the lowest price.
    lowest: i64,
    is_dark: bool,
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("key", &self.key).field("buckets", &self.buckets.len()).finish_non_exhaustive()
    }
}

impl History {
    /// Takes in what is new. `middle` is the tick that must stay well inside.
    pub fn follow(
        &mut self,
        ctx: &Context,
        theme: &Theme,
        instrument: InstrumentId,
        tick: Price,
        heat: &Log<Arc<HeatColumn>>,
        middle: i64,
    ) {
        let have = heat.len() as u64;
        let span = SPANS.into_iter().find(|&span| have <= span).unwrap_or(SPANS[SPANS.len() - 1]);
        let kept = self.key.filter(|key| {
            key.instrument == instrument
                && key.tick == tick
                && key.span == span
                && key.is_dark == theme.is_dark
                && (key.lowest + MARGIN..key.lowest + PRICES as i64 - MARGIN).contains(&middle)
        });
        let is_behind = self.next_seq < heat.first_seq() || self.next_seq > heat.next_seq();
        match kept {
            Some(key) if !is_behind => self.append(key, heat, theme),
            _ => {
                let lowest = middle - PRICES as i64 / 2;
                self.rebuild(ctx, theme, Key { instrument, tick, span, lowest, is_dark: theme.is_dark }, heat);
            }
        }
    }

    pub fn texture(&self) -> Option<&TextureHandle> {
        self.texture.as_ref()
    }

    /// Texture columns of the whole span.
    pub fn width(&self) -> usize {
        self.key.map_or(1, |key| (key.span / key.per_bucket()) as usize)
    }

    /// Minutes that the whole width stands for.
    pub fn minutes(&self) -> u64 {
        self.key.map_or(1, |key| key.span / 240)
    }

    /// Tick of the lowest price in the texture.
    pub fn lowest(&self) -> i64 {
        self.key.map_or(0, |key| key.lowest)
    }

    /// Where a bucket lies in the ring.
    pub fn slot(&self, number: u64) -> usize {
        (number % self.width().max(1) as u64) as usize
    }

    fn rebuild(&mut self, ctx: &Context, theme: &Theme, key: Key, heat: &Log<Arc<HeatColumn>>) {
        self.key = Some(key);
        self.buckets.clear();
        let per = key.per_bucket();
        let first = heat.first_seq().max(heat.next_seq().saturating_sub(key.span)).div_ceil(per) * per;
        for (seq, column) in (first..).zip(heat.since(first)) {
            self.take(key, seq, column);
        }
        self.next_seq = heat.next_seq();
        self.full_scale = self.fitting_scale();
        self.texture = Some(ctx.load_texture("liquidity", self.image(theme), TextureOptions::NEAREST));
    }

    /// What the texture shows.
    pub fn image(&self, theme: &Theme) -> ColorImage {
        let mut image = ColorImage::filled([self.width(), PRICES], theme.tokens.bg1);
        for bucket in &self.buckets {
            let x = self.slot(bucket.number);
            for (y, color) in self.colors(bucket, theme).into_iter().enumerate() {
                if let Some(pixel) = image.pixels.get_mut(y * self.width() + x) {
                    *pixel = color;
                }
            }
        }
        image
    }

    /// Few sizes are larger: one order out of all proportion must not darken the rest.
    fn fitting_scale(&self) -> u32 {
        let mut sizes: Vec<u32> =
            self.buckets.iter().flat_map(|bucket| &bucket.sizes).copied().filter(|&lots| lots > 0).collect();
        let Some(last) = sizes.len().checked_sub(1) else { return 1 };
        let (_, &mut large, _) = sizes.select_nth_unstable((last * 98).div_ceil(100));
        round_up(large - large / 8)
    }

    /// Whether the ramp had to be made for other sizes; it does not follow every ripple.
    fn rescales(&mut self) -> bool {
        let fitting = self.fitting_scale();
        let is_off = fitting > self.full_scale || fitting <= self.full_scale / 3;
        if is_off {
            self.full_scale = fitting;
        }
        is_off
    }

    fn append(&mut self, key: Key, heat: &Log<Arc<HeatColumn>>, theme: &Theme) {
        let mut first_changed = None;
        for (seq, column) in (self.next_seq..).zip(heat.since(self.next_seq)) {
            self.take(key, seq, column);
            first_changed.get_or_insert(seq / key.per_bucket());
        }
        self.next_seq = heat.next_seq();
        let Some(first) = first_changed else { return };
        if self.rescales() {
            let image = self.image(theme);
            if let Some(texture) = &mut self.texture {
                texture.set(image, TextureOptions::NEAREST);
            }
            return;
        }
        let changed: Vec<(usize, Vec<Color32>)> = self
            .buckets
            .iter()
            .filter(|bucket| bucket.number >= first)
            .map(|bucket| (self.slot(bucket.number), self.colors(bucket, theme)))
            .collect();
        if let Some(texture) = &mut self.texture {
            for (x, colors) in changed {
                texture.set_partial([x, 0], ColorImage::new([1, PRICES], colors), TextureOptions::NEAREST);
            }
        }
    }

    fn take(&mut self, key: Key, seq: u64, column: &HeatColumn) {
        let number = seq / key.per_bucket();
        if self.buckets.back().is_none_or(|last| last.number != number) {
            self.buckets.push_back(Bucket { number, sizes: vec![0; PRICES], was_live: true, ..Bucket::default() });
            while self.buckets.len() > self.width() {
                self.buckets.pop_front();
            }
        }
        let Some(bucket) = self.buckets.back_mut() else { return };
        bucket.best = [column.best_bid, column.best_ask];
        bucket.was_live &= column.was_live;
        for &(price, lots) in &column.levels {
            let row = price.ticks(key.tick) - key.lowest;
            if let Some(size) = usize::try_from(row).ok().and_then(|row| bucket.sizes.get_mut(row)) {
                *size = lots.max(*size);
            }
        }
        for &(price, lots, side) in &column.trades {
            match bucket.trades.iter_mut().find(|(at, _, of)| *at == price && *of == side) {
                Some((_, sum, _)) => *sum = sum.saturating_add(lots),
                None => bucket.trades.push((price, lots, side)),
            }
        }
    }

    /// A column's colours, highest price first.
    fn colors(&self, bucket: &Bucket, theme: &Theme) -> Vec<Color32> {
        let scale = self.full_scale.max(1) as f32;
        let color = |&lots: &u32| match lots {
            0 if !bucket.was_live => theme.tokens.bg2,
            0 => theme.tokens.bg1,
            lots => theme.heat((lots as f32 / scale).min(1.0).powf(0.8) * 0.9 + 0.03),
        };
        bucket.sizes.iter().rev().map(color).collect()
    }
}

impl Key {
    fn per_bucket(self) -> u64 {
        self.span.div_ceil(WIDEST)
    }
}

/// 1, 2, 3, 5 or 7 times a power of ten, at or above `lots`.
fn round_up(lots: u32) -> u32 {
    let mut power = 1_u32;
    loop {
        for step in [1, 2, 3, 5, 7] {
            let at = power.saturating_mul(step);
            if at >= lots {
                return at;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Utc;
    use crate::ui::theme::Palette;

    const TICK: Price = Price(10_000_000);

    fn column(at: i64, lots: u32) -> Arc<HeatColumn> {
        Arc::new(HeatColumn {
            utc: Utc::from_millis(at * 250),
            best_bid: Some(Price(278 * TICK.0)),
            best_ask: Some(Price(280 * TICK.0)),
            levels: vec![(Price(275 * TICK.0), lots)],
            was_live: true,
            trades: vec![(Price(280 * TICK.0), 2, Side::Bid)],
        })
    }

    #[test]
    fn one_new_column_changes_one_bucket_and_spans_widen() {
        let (ctx, theme) = (Context::default(), Theme::dark(Palette::Tenor).unwrap());
        let mut heat = Log::new(7_200);
        let mut history = History::default();
        let follow = |history: &mut History, heat: &Log<_>| {
            history.follow(&ctx, &theme, InstrumentId(0), TICK, heat, 279);
        };
        for at in 0..200 {
            heat.push(column(at, 100));
        }
        follow(&mut history, &heat);
        assert_eq!((history.buckets.len(), history.width(), history.minutes()), (200, 240, 1));
        assert_eq!(history.full_scale, 100);
        heat.push(column(200, 90));
        follow(&mut history, &heat);
        let last = history.buckets.back().unwrap();
        assert_eq!((last.number, last.sizes[(275 - history.lowest()) as usize]), (200, 90));

        for at in 201..7_300 {
            heat.push(column(at, 100));
        }
        follow(&mut history, &heat);
        assert_eq!((history.width(), history.minutes()), (480, 30));
        assert!(history.buckets.len() <= 480);
        let full = &history.buckets[10];
        assert_eq!(full.trades, [(Price(280 * TICK.0), 30, Side::Bid)], "fifteen columns of two");
    }

    #[test]
    fn the_ramp_is_made_for_the_sizes_there_are() {
        let (ctx, theme) = (Context::default(), Theme::dark(Palette::Tenor).unwrap());
        let mut heat = Log::new(7_200);
        let mut history = History::default();
        let mut see = |lots: u32| {
            heat.push(column(0, lots));
            history.follow(&ctx, &theme, InstrumentId(0), TICK, &heat, 279);
            history.full_scale
        };
        assert_eq!(see(0), 1, "nothing was seen yet");
        assert_eq!(see(80), 70);
        assert_eq!(see(440), 500);
        assert_eq!([see(250), see(250)], [500, 500], "it does not follow every ripple");
        let steady: Vec<u32> = (0..200).map(|_| see(90)).collect();
        assert_eq!(steady.last(), Some(&100), "nor stays at what is long past");
        assert_eq!(see(90_000), 100, "one order out of proportion does not darken the rest");
    }

    #[test]
    fn scales_are_round() {
        assert_eq!([round_up(0), round_up(13), round_up(440), round_up(7_001)], [1, 20, 500, 10_000]);
    }
}
