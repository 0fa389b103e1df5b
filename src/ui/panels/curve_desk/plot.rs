//! Where things lie on the curve desk: months along, prices up, axis and change bars below.

use egui::{Align, Pos2, Rangef, Rect, pos2, vec2};

use super::figures::{Desk, DeskMonth};
use super::series::{Hidden, Series};
use crate::domain::contract::Month;
use crate::domain::number::Price;
use crate::ui::format::PriceFormat;
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

/// Of the legend, of the axis below the curve, of the change bars, of the time slider.
const LEGEND: f32 = 40.0;
const AXIS: f32 = 70.0;
const BARS: f32 = 92.0;
const SLIDER: f32 = 54.0;
const LEFT: f32 = 58.0;
const RIGHT: f32 = 16.0;
/// From the area's left to the front month at least, and from there back to the index.
const LEAD: f32 = 46.0;
const TO_INDEX: f32 = 38.0;
/// Lower than this, a panel has no change bars.
const BARS_FROM: f32 = 420.0;
/// Lower than this, a panel has no slider.
const SLIDER_FROM: f32 = 300.0;

/// The parts of the panel's body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    pub legend: Rect,
    /// Of the curve itself.
    pub area: Rect,
    pub axis: Rect,
    pub bars: Option<Rect>,
    pub slider: Option<Rect>,
}

impl Parts {
    pub fn of(body: Rect) -> Self {
        let (legend, rest) = body.split_top_bottom_at_y(body.top() + LEGEND);
        let (rest, slider) = match body.height() >= SLIDER_FROM {
            true => {
                let (rest, slider) = rest.split_top_bottom_at_y(rest.bottom() - SLIDER);
                (rest, Some(slider))
            }
            false => (rest, None),
        };
        let (rest, bars) = match body.height() >= BARS_FROM {
            true => {
                let (rest, bars) = rest.split_top_bottom_at_y(rest.bottom() - BARS);
                (rest, Some(bars))
            }
            false => (rest, None),
        };
        let (area, axis) = rest.split_top_bottom_at_y(rest.bottom() - AXIS);
        let area = Rect::from_min_max(area.min + vec2(LEFT, 0.0), area.max - vec2(RIGHT, 0.0));
        Self { legend, area, axis, bars, slider }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plot {
    pub parts: Parts,
    low: f64,
    high: f64,
    step: f64,
    /// Points a month.
    pub pitch: f32,
    /// Points from the area's left to the front month.
    lead: f32,
    front: Month,
}

impl Plot {
    /// `None` while nothing has a price. The vertical ends move in whole steps, so that the picture holds still while prices tick.
    pub fn of(body: Rect, desk: &Desk<'_>, hidden: &Hidden) -> Option<Self> {
        let parts = Parts::of(body);
        let best = |at: &DeskMonth| {
            let quotes = [at.bid, at.ask].map(|level| level.map(|level| level.price));
            [quotes[0], quotes[1], at.last, at.settle, at.mark.map(|mark| mark.price)]
        };
        let front = desk.months.first()?.month;
        let shown = super::figures::SPANS.into_iter().zip(&desk.overlays);
        let beside = shown
            .filter(|(span, _)| hidden.shows(Series::Past(*span)))
            .flat_map(|(_, overlay)| overlay.points.iter().filter(|at| desk.month(at.month).is_some()))
            .map(|at| at.point.price);
        let own = desk.months.iter().flat_map(best).flatten();
        let values = own.chain(beside).chain(desk.index.map(|(price, _)| price)).map(Price::to_f64_lossy);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (low <= high).then_some(())?;
        let rough = (high - low).max(high.abs() * 0.01).max(1e-6) / 9.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= rough).unwrap_or(rough);
        let (width, count) = (parts.area.width(), desk.months.len() as f32);
        let pitch = (width / count).min((width - LEAD) / (count - 0.5));
        Some(Self {
            low: (low / step - 0.25).floor() * step,
            high: (high / step + 0.5).ceil() * step,
            step,
            pitch,
            lead: LEAD.max(pitch / 2.0),
            parts,
            front,
        })
    }

    /// Lowest and highest price, and between two lines of the grid.
    pub const fn scale(&self) -> (f64, f64, f64) {
        (self.low, self.high, self.step)
    }

    /// The middle of a month, counted from the front.
    pub fn x_ahead(&self, months: f32) -> f32 {
        self.parts.area.left() + self.lead + months * self.pitch
    }

    pub fn x(&self, month: Month) -> f32 {
        self.x_ahead(month.since(self.front) as f32)
    }

    pub fn index_x(&self) -> f32 {
        self.x_ahead(0.0) - TO_INDEX
    }

    pub fn y(&self, price: f64) -> f32 {
        let area = self.parts.area;
        area.bottom() - ((price - self.low) / (self.high - self.low)) as f32 * area.height()
    }

    pub fn price_y(&self, price: Price) -> f32 {
        self.y(price.to_f64_lossy())
    }

    /// The month below the pointer, anywhere from the curve down to its change bar.
    pub fn nearest<'a>(&self, desk: &'a Desk<'_>, at: Pos2) -> Option<&'a DeskMonth> {
        let area = self.parts.area;
        let reach = Rangef::new(self.x_ahead(0.0) - (self.pitch / 2.0).min(TO_INDEX / 2.0), area.right());
        let low = self.parts.bars.map_or(self.parts.axis.bottom(), |bars| bars.bottom());
        (reach.contains(at.x) && (area.top()..=low).contains(&at.y)).then_some(())?;
        let away = |month: &DeskMonth| (self.x(month.month) - at.x).abs();
        desk.months.iter().min_by(|a, b| away(a).total_cmp(&away(b)))
    }

    pub fn grid(&self, ink: &mut Ink, theme: &Theme, format: PriceFormat) {
        let t = &theme.tokens;
        let area = self.parts.area;
        let mut at = (self.low / self.step).ceil() * self.step;
        while at <= self.high + self.step * 0.01 {
            let y = self.y(at);
            ink.hline(area.x_range(), y, 1.0, t.line);
            let text = format.text(Price::from_f64_lossy(at));
            ink.text(place::until(area.left() - 8.0, y), Align::Max, Font::Mono11, &text, t.text_lo);
            at += self.step;
        }
    }

    /// Between two calendar years.
    pub fn years(&self, ink: &mut Ink, theme: &Theme, desk: &Desk<'_>) {
        for pair in desk.months.windows(2) {
            if pair[0].month.year != pair[1].month.year {
                let x = self.x(pair[1].month) - self.pitch / 2.0;
                ink.vline(x - 0.5, self.parts.area.y_range(), 1.0, theme.tokens.line);
            }
        }
    }

    pub fn cursor(&self, ink: &mut Ink, theme: &Theme, month: Month) {
        ink.vline(self.x(month) - 0.5, self.parts.area.y_range(), 1.0, theme.tokens.text_hi);
    }

    /// What stands at the index's place left of the months.
    pub fn index_place(&self, price: Price) -> Pos2 {
        pos2(self.index_x(), self.price_y(price))
    }
}
