//! The drawing of the product spread: the line, its mean with bands of one and two standard deviations, where it stands now, dates below
//! and values at the right, and what is under the pointer.

use std::time::Duration;

use egui::{Align, Pos2, Rangef, Rect, pos2, vec2};

use super::figures::{HOLE, Point, Series, WINDOW_DAYS, Worth};
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::ui::format::{self, PriceFormat};
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

const DAY: Duration = Duration::from_secs(86_400);
const LEFT: f32 = 10.0;
/// Values stand here, and the button below them.
pub const RIGHT: f32 = 70.0;
const TOP: f32 = 12.0;
const BOTTOM: f32 = 22.0;
/// Least distance between two dates, and between two values.
const DATE_PITCH: f32 = 96.0;
const VALUE_PITCH: f32 = 34.0;

/// Ready to draw.
#[derive(Debug)]
pub struct Chart<'a> {
    series: &'a Series,
    worth: &'a Worth,
    format: PriceFormat,
    area: Rect,
    from: Utc,
    low: f64,
    high: f64,
    step: f64,
}

impl<'a> Chart<'a> {
    /// The last `days` of the series; `None` where nothing in them is known.
    pub fn of(series: &'a Series, worth: &'a Worth, format: PriceFormat, body: Rect, days: u32) -> Option<Self> {
        let area = Rect::from_min_max(body.min + vec2(LEFT, TOP), body.max - vec2(RIGHT, BOTTOM));
        let from = worth.utc - DAY * days;
        let shown = series.points.iter().filter(|point| point.utc >= from).map(|point| point.value);
        let band = series.statistics.map(|of| [of.mean - of.deviation, of.mean + of.deviation]);
        let values = shown.chain(worth.value).chain(band.into_iter().flatten());
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (low <= high && area.width() > 120.0 && area.height() > 40.0).then_some(())?;
        let least = 10_f64.powi(-i32::try_from(format.decimals).unwrap_or(3));
        let lines = (area.height() / VALUE_PITCH).max(1.0);
        let rough = ((high - low) / f64::from(lines)).max(least);
        let power = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough);
        // Whole halves of a step, so that the picture holds still while prices tick.
        let half = step / 2.0;
        let (low, high) = ((low / half - 0.2).floor() * half, (high / half + 0.2).ceil() * half);
        Some(Self { series, worth, format, area, from, low, high, step })
    }

    fn x(&self, utc: Utc) -> f32 {
        let whole = self.worth.utc.since(self.from).as_secs_f64().max(1.0);
        self.area.left() + (utc.since(self.from).as_secs_f64() / whole) as f32 * self.area.width()
    }

    fn y(&self, value: f64) -> f32 {
        self.area.bottom() - ((value - self.low) / (self.high - self.low)) as f32 * self.area.height()
    }

    fn shown(&self) -> impl Iterator<Item = &Point> {
        self.series.points.iter().filter(|point| point.utc >= self.from)
    }

    /// The point nearest to a place, from the first shown to the end of the axis.
    pub fn nearest(&self, at: Pos2) -> Option<&Point> {
        let reach = Rangef::new(self.area.left() - LEFT, self.area.right() + 4.0);
        reach.contains(at.x).then_some(())?;
        self.shown().min_by(|a, b| (self.x(a.utc) - at.x).abs().total_cmp(&(self.x(b.utc) - at.x).abs()))
    }

    /// Around a point, for what is shown beside it.
    pub fn around(&self, point: &Point) -> Rect {
        Rect::from_center_size(pos2(self.x(point.utc), self.y(point.value)), vec2(16.0, 16.0))
    }

    pub fn paint(&self, ink: &mut Ink, theme: &Theme, hovered: Option<&Point>) {
        let t = &theme.tokens;
        let is_live = self.worth.is_live();
        self.bands(ink, theme);
        if !is_live {
            ink.hatch(self.area, 8.0, t.line);
        }
        self.values(ink, theme);
        self.dates(ink, theme, hovered);
        self.breaks(ink, theme);
        let line = if is_live { t.text_hi } else { t.stale };
        let points: Vec<&Point> = self.shown().collect();
        for pair in points.windows(2) {
            if pair[1].utc.since(pair[0].utc) <= HOLE {
                ink.line(self.at(pair[0]), self.at(pair[1]), 1.5, line);
            }
        }
        if let [only] = points.as_slice() {
            ink.disc(self.at(only), 2.0, line);
        }
        if let Some(point) = hovered {
            let at = self.at(point);
            ink.vline(at.x - 0.5, self.area.y_range(), 1.0, t.line_hi);
            ink.hline(self.area.x_range(), at.y - 0.5, 1.0, t.line_hi);
        }
        self.now(ink, theme, points.last().copied());
        if let Some(point) = hovered {
            ink.disc(self.at(point), 4.75, t.text_hi);
            ink.disc(self.at(point), 3.25, t.bg1);
            let date = format::day(point.utc);
            self.date(ink, self.x(point.utc), &date, Font::UiBold11, theme);
        }
    }

    fn at(&self, point: &Point) -> Pos2 {
        pos2(self.x(point.utc), self.y(point.value))
    }

    /// Two deviations, one, and the mean, over the days that they are of.
    fn bands(&self, ink: &mut Ink, theme: &Theme) {
        let t = &theme.tokens;
        let Some(of) = self.series.statistics else { return };
        let from = self.x((self.worth.utc - DAY * WINDOW_DAYS).max(self.from));
        for (deviations, percent) in [(2.0, 5), (1.0, 10)] {
            let (top, bottom) =
                (self.y(of.mean + deviations * of.deviation), self.y(of.mean - deviations * of.deviation));
            let band = Rect::from_min_max(pos2(from, top), pos2(self.area.right(), bottom)).intersect(self.area);
            ink.rect(band, theme.over(t.text_mid, percent));
        }
        let y = self.y(of.mean);
        let mut x = from;
        while x < self.area.right() {
            ink.hline(x..=(x + 4.0).min(self.area.right()), y - 0.5, 1.0, t.text_lo);
            x += 8.0;
        }
    }

    fn values(&self, ink: &mut Ink, theme: &Theme) {
        let t = &theme.tokens;
        let decimals = (-self.step.log10().floor()).max(0.0) as usize;
        let format = PriceFormat { decimals: decimals.min(self.format.decimals), sign: self.format.sign };
        let now = self.worth.value.map(|value| self.y(value));
        let mut at = (self.low / self.step).ceil() * self.step;
        while at <= self.high + self.step * 0.01 {
            let y = self.y(at);
            ink.hline(self.area.right()..=self.area.right() + 5.0, y - 0.5, 1.0, t.line_hi);
            let is_free = y < self.area.bottom() - 8.0 && now.is_none_or(|now| (now - y).abs() > 15.0);
            if is_free {
                let text = format.text(Price::from_f64_lossy(at));
                let line = place::until(self.area.right() + RIGHT - 8.0, y);
                ink.text(line, Align::Max, Font::Mono11, &text, t.text_lo);
            }
            at += self.step;
        }
    }

    fn dates(&self, ink: &mut Ink, theme: &Theme, hovered: Option<&Point>) {
        let days = (self.worth.utc.since(self.from).as_secs() / DAY.as_secs()).max(1);
        let room = (self.area.width() / DATE_PITCH).max(1.0);
        let every =
            [1, 2, 7, 14, 28, 56, 91].into_iter().find(|every| days as f32 / *every as f32 <= room).unwrap_or(182);
        // Whole weeks begin on Mondays: the first Monday of the epoch is its fifth day.
        let day = |utc: Utc| utc.0.div_euclid(i64::try_from(DAY.as_nanos()).unwrap_or(i64::MAX)) - 4;
        let first = (day(self.from) + 1..).find(|day| day.rem_euclid(every) == 0).unwrap_or_default();
        let mut at = first;
        while at <= day(self.worth.utc) {
            let midnight = Utc::default() + DAY * u32::try_from(at + 4).unwrap_or(0);
            let x = self.x(midnight);
            // The date under the pointer stands by itself.
            if hovered.is_none_or(|point| (self.x(point.utc) - x).abs() > 44.0) {
                self.date(ink, x, &format::day(midnight), Font::Ui11, theme);
            }
            at += every;
        }
    }

    /// Below the axis.
    fn date(&self, ink: &mut Ink, x: f32, text: &str, font: Font, theme: &Theme) {
        let t = &theme.tokens;
        let half = ink.width(font, text) / 2.0;
        let middle = x.clamp(self.area.left() + half - LEFT + 2.0, self.area.right() - half);
        let line = Rect::from_center_size(pos2(middle, self.area.bottom() + 13.0), vec2(2.0 * half + 8.0, 16.0));
        let color = if font == Font::UiBold11 { t.text_hi } else { t.text_lo };
        ink.text(line, Align::Center, font, text, color);
    }

    /// Where settlements become another venue's.
    fn breaks(&self, ink: &mut Ink, theme: &Theme) {
        let t = &theme.tokens;
        for (utc, word) in self.series.breaks().into_iter().filter(|(utc, _)| *utc >= self.from) {
            let x = self.x(utc);
            let mut y = self.area.top();
            while y < self.area.bottom() {
                ink.vline(x - 0.5, y..=(y + 2.0).min(self.area.bottom()), 1.0, t.warn);
                y += 5.0;
            }
            let words = format!("from here {}", word.words());
            let fits = x + 6.0 + ink.width(Font::Ui11, &words) <= self.area.right();
            let y = self.area.bottom() - 8.0;
            let (line, align) =
                if fits { (place::from(x + 6.0, y), Align::Min) } else { (place::until(x - 6.0, y), Align::Max) };
            ink.text(line, align, Font::Ui11, &words, t.warn);
        }
    }

    /// What it is worth at the end, joined to the last point; bid and ask beside its flag.
    fn now(&self, ink: &mut Ink, theme: &Theme, last: Option<&Point>) {
        let t = &theme.tokens;
        let Some(value) = self.worth.value else { return };
        let is_live = self.worth.is_live();
        let at = pos2(self.area.right(), self.y(value));
        let color = if is_live { t.text_hi } else { t.stale };
        if let Some(last) = last.filter(|last| self.worth.utc.since(last.utc) <= HOLE) {
            ink.line(self.at(last), at, 1.5, color);
        }
        for (side, color) in [(self.worth.touch.bid, t.bid), (self.worth.touch.ask, t.ask)] {
            if let Some(quote) = side.filter(|quote| (self.low..=self.high).contains(quote)) {
                ink.hline(at.x - 5.0..=at.x + 5.0, self.y(quote) - 1.0, 2.0, color);
            }
        }
        ink.disc(at, 3.5, color);
        let text = self.format.text(Price::from_f64_lossy(value));
        let flag = Rect::from_min_max(pos2(at.x + 7.0, at.y - 9.0), pos2(self.area.right() + RIGHT - 3.0, at.y + 9.0));
        ink.chip(flag, color);
        let line = Rect::from_min_max(flag.min, flag.max - vec2(5.0, 0.0));
        ink.text(line, Align::Max, Font::MonoBold11, &text, t.bg1);
    }
}
