//! The drawing itself: where months and prices lie, the marks, the model, quarters and years below, and the change bars.

use egui::{Align, Color32, Pos2, Rangef, Rect, pos2, vec2};

use crate::domain::number::Price;
use crate::ui::format::PriceFormat;
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::curve::{CurveMonth, CurveStrip, CurveView};

const LEFT: f32 = 58.0;
const RIGHT: f32 = 16.0;
const LEGEND: f32 = 34.0;
/// Month names, quarters and years.
const AXIS: f32 = 60.0;
const BARS: f32 = 92.0;
/// Months left of the front that the index stands at.
const INDEX_AT: f32 = -1.0;
/// Points a quarter-month of the model is drawn in.
const MODEL_STEPS: usize = 8;

pub struct Plot {
    pub area: Rect,
    bars: Rect,
    low: f64,
    high: f64,
    step: f64,
    /// Points a month.
    pitch: f32,
}

impl Plot {
    /// `None` while nothing has a price. The vertical ends move in whole steps, so that the picture holds still while prices tick.
    pub fn of(body: Rect, curve: &CurveView, fixed: Vec<Price>) -> Option<Self> {
        let area = Rect::from_min_max(
            body.min + vec2(LEFT, LEGEND),
            body.max - vec2(RIGHT, AXIS + if body.height() > 420.0 { BARS } else { 0.0 }),
        );
        let bars = Rect::from_min_max(pos2(area.left(), area.bottom() + AXIS), pos2(area.right(), body.bottom() - 8.0));
        let prices = curve
            .months
            .iter()
            .flat_map(|at| [at.bid.map(|level| level.price), at.ask.map(|level| level.price), at.last, at.settle]);
        let values = prices.flatten().chain(curve.index).chain(fixed).map(Price::to_f64_lossy);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (low <= high).then_some(())?;
        let rough = (high - low).max(high.abs() * 0.01).max(1e-6) / 8.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= rough).unwrap_or(rough);
        let count = curve.months.len() as f32;
        Some(Self {
            area,
            bars,
            low: (low / step - 0.25).floor() * step,
            high: (high / step + 0.5).ceil() * step,
            step,
            pitch: area.width() / (count - INDEX_AT + 0.5),
        })
    }

    /// The middle of a month, counted from the front.
    fn x(&self, month: f32) -> f32 {
        self.area.left() + (month - INDEX_AT + 0.5) * self.pitch
    }

    fn y(&self, price: f64) -> f32 {
        self.area.bottom() - ((price - self.low) / (self.high - self.low)) as f32 * self.area.height()
    }

    /// The month below the pointer, anywhere from the curve down to its change bar.
    pub fn nearest<'a>(&self, curve: &'a CurveView, at: Pos2) -> Option<&'a CurveMonth> {
        let reach = Rangef::new(self.x(-0.5), self.area.right());
        (reach.contains(at.x) && at.y >= self.area.top()).then_some(())?;
        let middle = |month: &CurveMonth| self.x(ahead(curve, month));
        curve.months.iter().min_by(|a, b| (middle(a) - at.x).abs().total_cmp(&(middle(b) - at.x).abs()))
    }

    pub fn paint(
        &self,
        ink: &mut Ink,
        theme: &Theme,
        curve: &CurveView,
        cursor: Option<&CurveMonth>,
        format: PriceFormat,
        is_live: &dyn Fn(&CurveMonth) -> bool,
    ) {
        legend(ink, theme, self.area.left_top() - vec2(LEFT - 12.0, LEGEND - 17.0));
        let is_dead = !curve.months.iter().any(is_live);
        if is_dead {
            ink.hatch(self.area, 8.0, theme.tokens.line);
        }
        self.grid(ink, theme, format);
        self.months(ink, theme, curve, cursor);
        self.band(ink, theme, curve, is_live);
        if let Some(month) = cursor {
            let x = self.x(ahead(curve, month));
            ink.vline(x - 0.5, self.area.y_range(), 1.0, theme.tokens.text_hi);
        }
        self.model(ink, curve, if is_dead { theme.tokens.stale } else { theme.tokens.accent });
        for month in &curve.months {
            self.marks(ink, theme, self.x(ahead(curve, month)), month, is_live(month));
        }
        if let (Some(month), Some(model)) = (cursor, cursor.and_then(|month| month.model)) {
            ring(ink, pos2(self.x(ahead(curve, month)), self.y(model)), 4.5, theme);
        }
        if let Some(index) = curve.index {
            let at = pos2(self.x(INDEX_AT), self.y(index.to_f64_lossy()));
            ring(ink, at, 4.0, theme);
            let below = Rect::from_center_size(at + vec2(0.0, 15.0), vec2(60.0, 16.0));
            ink.text(below, Align::Center, Font::MonoBold12, &format.text(index), theme.tokens.text_hi);
        }
        self.strips(ink, theme, curve, format);
        if self.bars.height() > 30.0 {
            self.changes(ink, theme, curve, cursor, format.change(), is_live);
        }
    }

    fn grid(&self, ink: &mut Ink, theme: &Theme, format: PriceFormat) {
        let t = &theme.tokens;
        let mut at = (self.low / self.step).ceil() * self.step;
        while at <= self.high + self.step * 0.01 {
            let y = self.y(at);
            ink.hline(self.area.x_range(), y, 1.0, t.line);
            let text = format.text(Price::from_f64_lossy(at));
            ink.text(place::until(self.area.left() - 8.0, y), Align::Max, Font::Mono11, &text, t.text_lo);
            at += self.step;
        }
    }

    fn months(&self, ink: &mut Ink, theme: &Theme, curve: &CurveView, cursor: Option<&CurveMonth>) {
        let t = &theme.tokens;
        let y = self.area.bottom() + 11.0;
        let line = |x: f32| Rect::from_center_size(pos2(x, y), vec2(60.0, 16.0));
        let beside = cursor.map(|cursor| self.x(ahead(curve, cursor)) - self.x(INDEX_AT));
        if beside.is_none_or(|beside| beside > 42.0) {
            ink.text(line(self.x(INDEX_AT)), Align::Center, Font::Ui11, "Index", t.text_lo);
        }
        let every = (30.0 / self.pitch).ceil().max(1.0) as usize;
        for (at, month) in curve.months.iter().enumerate() {
            let is_on = cursor.is_some_and(|cursor| cursor.month == month.month);
            let is_near = cursor.is_some_and(|cursor| (month.month.since(cursor.month)).unsigned_abs() < every as u32);
            if is_on || (at % every == 0 && !is_near) {
                let name = month.month.screen();
                let (font, color) = if is_on { (Font::UiBold11, t.text_hi) } else { (Font::Ui11, t.text_lo) };
                let text = if is_on { name.as_str() } else { name.get(..3).unwrap_or(&name) };
                ink.text(line(self.x(ahead(curve, month))), Align::Center, font, &title_case(text), color);
            }
        }
    }

    /// Between bid and ask of every two neighbours that are both live.
    fn band(&self, ink: &mut Ink, theme: &Theme, curve: &CurveView, is_live: &dyn Fn(&CurveMonth) -> bool) {
        let fill = theme.over(theme.tokens.text_mid, 16);
        let ends = |month: &CurveMonth| {
            let price = |level: Option<crate::domain::book::Level>| Some(level?.price.to_f64_lossy());
            let x = self.x(ahead(curve, month));
            Some((pos2(x, self.y(price(month.ask)?)), pos2(x, self.y(price(month.bid)?))))
        };
        for pair in curve.months.windows(2) {
            if let (Some((ask, bid)), Some((next_ask, next_bid))) = (ends(&pair[0]), ends(&pair[1]))
                && pair.iter().all(is_live)
            {
                ink.convex(&[ask, next_ask, next_bid, bid], fill);
            }
        }
    }

    /// The smooth curve, from where the front month still moves.
    fn model(&self, ink: &mut Ink, curve: &CurveView, color: Color32) {
        let Ok(smooth) = &curve.smooth else { return };
        let count = ((smooth.end() - smooth.start()) * MODEL_STEPS as f64).ceil().max(1.0) as usize;
        let point = |at: usize| {
            let x = smooth.start() + (smooth.end() - smooth.start()) * at as f64 / count as f64;
            // The middle of a month is drawn over its name; the curve's own zero is the first day.
            pos2(self.x(x as f32 - 0.5), self.y(smooth.value(x)))
        };
        let mut from = point(0);
        for at in 1..=count {
            let to = point(at);
            if self.area.contains(from) && self.area.contains(to) {
                ink.line(from, to, 1.5, color);
            }
            from = to;
        }
    }

    fn marks(&self, ink: &mut Ink, theme: &Theme, x: f32, month: &CurveMonth, is_live: bool) {
        let t = &theme.tokens;
        let y = |price: Price| self.y(price.to_f64_lossy());
        let half = (self.pitch / 5.0).clamp(2.0, 5.0);
        let (bid_ink, ask_ink) = if is_live { (t.bid, t.ask) } else { (t.stale, t.stale) };
        for (level, color) in [(month.bid, bid_ink), (month.ask, ask_ink)] {
            if let Some(level) = level {
                ink.hline(x - half..=x + half, y(level.price) - 1.0, 2.0, color);
            }
        }
        if let Some(settle) = month.settle.map(y) {
            ink.diamond(pos2(x, settle), 4.0, t.text_lo);
            ink.diamond(pos2(x, settle), 2.6, t.bg1);
        }
        if let Some(last) = month.last.map(y) {
            ink.disc(pos2(x, last), 2.5, if is_live { t.text_hi } else { t.stale });
        }
    }

    /// Quarters, and years below them, each as wide as its months.
    fn strips(&self, ink: &mut Ink, theme: &Theme, curve: &CurveView, format: PriceFormat) {
        for strip in &curve.strips {
            let row = if strip.period.len() == 12 { 1.0 } else { 0.0 };
            let Some(first) = curve.months.first() else { return };
            let from = strip.period.first.since(first.month) as f32;
            let cell = Rect::from_min_max(
                pos2(self.x(from - 0.5) + 1.0, self.area.bottom() + 22.0 + row * 18.0),
                pos2(self.x(from + strip.period.len() as f32 - 0.5) - 1.0, self.area.bottom() + 39.0 + row * 18.0),
            );
            strip_ui(ink, theme, cell, strip, format);
        }
    }

    /// The middle of the quotes against the last settlement.
    fn changes(
        &self,
        ink: &mut Ink,
        theme: &Theme,
        curve: &CurveView,
        cursor: Option<&CurveMonth>,
        format: PriceFormat,
        is_live: &dyn Fn(&CurveMonth) -> bool,
    ) {
        let t = &theme.tokens;
        let head = place::until(self.bars.right(), self.bars.top() + 8.0);
        ink.text(head, Align::Max, Font::Ui11, "Change since settlement", t.text_lo);
        let reach = curve.months.iter().filter_map(change).map(|change| change.0.abs()).max().unwrap_or(0);
        let reach = reach.max(curve.tick.0);
        let zero = self.bars.center().y + 6.0;
        let half = self.bars.height() / 2.0 - 12.0;
        ink.hline(self.bars.x_range(), zero, 1.0, t.line_hi);
        for (value, y) in [(Price(reach), zero - half), (Price(0), zero), (Price(-reach), zero + half)] {
            ink.text(place::until(self.bars.left() - 8.0, y), Align::Max, Font::Mono11, &format.text(value), t.text_lo);
        }
        for month in &curve.months {
            let Some(change) = change(month) else { continue };
            let x = self.x(ahead(curve, month));
            let tip = zero - change.0 as f32 / reach as f32 * half;
            let is_on = cursor.is_some_and(|cursor| cursor.month == month.month);
            let color = if is_live(month) { theme.direction(change.0.signum()) } else { t.stale };
            let fill = if is_on { color } else { theme.over(color, 62) };
            let bar = Rect::from_x_y_ranges(
                x - self.pitch * 0.35..=x + self.pitch * 0.35,
                tip.min(zero)..=tip.max(zero + 1.0),
            );
            ink.rect(bar, fill);
        }
    }
}

/// Middle of the quotes less the last settlement; `None` when one is missing.
pub fn change(month: &CurveMonth) -> Option<Price> {
    let (bid, ask) = (month.bid?.price, month.ask?.price);
    Some(Price(i64::midpoint(bid.0, ask.0) - month.settle?.0))
}

/// Months from the front.
fn ahead(curve: &CurveView, month: &CurveMonth) -> f32 {
    curve.months.first().map_or(0.0, |front| month.month.since(front.month) as f32)
}

fn title_case(name: &str) -> String {
    if name.len() > 3 {
        return name.to_owned();
    }
    name.char_indices().map(|(at, c)| if at == 0 { c } else { c.to_ascii_lowercase() }).collect()
}

fn strip_ui(ink: &mut Ink, theme: &Theme, cell: Rect, strip: &CurveStrip, format: PriceFormat) {
    let t = &theme.tokens;
    ink.chip(cell, t.bg2);
    let price = format.finer(1).text(Price::from_f64_lossy(strip.forward));
    let name = strip.period.to_string();
    let name = if strip.period.len() == 12 { name.as_str() } else { name.get(..2).unwrap_or(&name) };
    let (name_width, price_width) = (ink.width(Font::Ui11, name), ink.width(Font::MonoBold11, &price));
    let whole = name_width + 5.0 + price_width;
    if whole <= cell.width() - 6.0 {
        let left = cell.center().x - whole / 2.0;
        ink.text(place::from(left, cell.center().y), Align::Min, Font::Ui11, name, t.text_mid);
        let at = place::from(left + name_width + 5.0, cell.center().y);
        ink.text(at, Align::Min, Font::MonoBold11, &price, t.text_hi);
    } else if price_width <= cell.width() - 2.0 {
        ink.text(cell, Align::Center, Font::MonoBold11, &price, t.text_hi);
    } else if name_width <= cell.width() - 2.0 {
        ink.text(cell, Align::Center, Font::Ui11, name, t.text_mid);
    }
}

fn ring(ink: &mut Ink, at: Pos2, radius: f32, theme: &Theme) {
    ink.disc(at, radius + 0.75, theme.tokens.text_hi);
    ink.disc(at, radius - 0.75, theme.tokens.bg1);
}

fn legend(ink: &mut Ink, theme: &Theme, at: Pos2) {
    let t = &theme.tokens;
    let (mut x, y) = (at.x, at.y);
    for word in ["Bid and ask", "Last", "Settle", "Model, maximum smoothness", "Index"] {
        let middle = pos2(x + 7.0, y);
        match word {
            "Bid and ask" => {
                ink.rect(Rect::from_center_size(middle, vec2(11.0, 9.0)), theme.over(t.text_mid, 16));
                ink.hline(middle.x - 5.0..=middle.x + 5.0, y - 6.0, 2.0, t.ask);
                ink.hline(middle.x - 5.0..=middle.x + 5.0, y + 4.0, 2.0, t.bid);
            }
            "Last" => ink.disc(middle, 2.5, t.text_hi),
            "Settle" => {
                ink.diamond(middle, 4.0, t.text_lo);
                ink.diamond(middle, 2.6, t.bg1);
            }
            "Index" => ring(ink, middle, 4.0, theme),
            _ => ink.line(pos2(x, y), pos2(x + 14.0, y), 1.5, t.accent),
        }
        x = ink.text(place::from(x + 20.0, y), Align::Min, Font::Ui12, word, t.text_mid) + 18.0;
    }
}
