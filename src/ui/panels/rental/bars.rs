//! The right half of the board: each seller's range with its middle, over an axis; the rule at the median, the rule at the index.

use egui::{Align, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::figures::Axis;
use super::{LEAST_BARS, captions};
use crate::base::time::Utc;
use crate::domain::number::Price;
use crate::domain::spot::{IndexUse, ProviderPrices, RentalBoard};
use crate::ui::format;
use crate::ui::panels::price_board::dollars;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

/// Of a dash and the gap after it.
const DASH: f32 = 3.0;

/// Ready to draw.
pub struct Bars {
    axis: Axis,
    area: Rect,
    median: Option<Price>,
    index: Option<(Price, Utc)>,
}

impl Bars {
    /// `None` where there is no room, or nothing to draw.
    pub fn of(board: &RentalBoard, index: Option<(Price, Utc)>, area: Rect) -> Option<Self> {
        (area.width() >= LEAST_BARS).then_some(())?;
        let axis = Axis::of(board, index.map(|(price, _)| price))?;
        Some(Self { axis, area, median: board.summary.map(|all| all.median), index })
    }

    fn x(&self, price: Price) -> f32 {
        self.area.min.x + self.axis.share(price).clamp(0.0, 1.0) * self.area.width()
    }

    /// Marks of the axis, with their figures below.
    pub fn ground(&self, ink: &mut Ink, theme: &Theme) {
        let t = &theme.tokens;
        for mark in self.axis.marks() {
            let x = self.x(mark);
            ink.vline(x, self.area.y_range(), 1.0, t.line);
            let label = Rect::from_center_size(pos2(x, self.area.max.y + 13.0), vec2(60.0, 16.0));
            ink.text(label, Align::Center, Font::Mono11, &dollars(mark), t.text_lo);
        }
    }

    pub fn row(&self, ink: &mut Ink, theme: &Theme, line: Rect, row: &ProviderPrices) {
        let t = &theme.tokens;
        let middle = line.center().y;
        let end = self.area.max.x;
        if self.axis.is_beyond(row.low) {
            triangle(ink, end, middle, t.text_mid);
            let words = format!("{}, off scale", dollars(row.median));
            let label = Rect::from_min_max(pos2(self.area.min.x, line.min.y), pos2(end - 13.0, line.max.y));
            ink.text(label, Align::Max, Font::Ui11, &words, t.text_mid);
            return;
        }
        let counts = row.index_use == IndexUse::Allowed;
        let (left, right) = (self.x(row.low), self.x(row.high));
        let bar = Rect::from_min_max(pos2(left, middle - 3.0), pos2(right.max(left + 1.0), middle + 3.0));
        if counts {
            ink.rect(bar, theme.over(t.text_mid, 38));
        } else {
            ink.outline(bar, 1.0, t.text_lo);
        }
        if self.axis.is_beyond(row.high) {
            triangle(ink, end + 5.0, middle, t.text_mid);
        }
        if self.axis.is_beyond(row.median) {
            let words = format!("{}, off scale", dollars(row.median));
            let label = Rect::from_min_max(pos2(self.area.min.x, line.min.y), pos2(left - 6.0, line.max.y));
            ink.text(label, Align::Max, Font::Ui11, &words, t.text_mid);
            return;
        }
        let tick = Rect::from_center_size(pos2(self.x(row.median), middle), vec2(3.0, 12.0));
        if counts {
            ink.rect(tick, t.text_hi);
        } else {
            let hollow = Rect::from_center_size(tick.center(), vec2(4.0, 11.0));
            ink.rect(hollow, t.bg1);
            ink.outline(hollow, 1.0, t.text_mid);
        }
    }

    /// The two rules and their names over the rows, on the line at `y`.
    pub fn rules(&self, ink: &mut Ink, theme: &Theme, y: f32) {
        let t = &theme.tokens;
        let top = self.area.min.y - 4.0;
        if let Some(x) = self.median.map(|price| self.x(price)) {
            let mut at = top;
            while at < self.area.max.y {
                ink.vline(x, at..=(at + DASH).min(self.area.max.y), 1.0, t.text_hi);
                at += 2.0 * DASH;
            }
        }
        if let Some(x) = self.index.map(|(price, _)| self.x(price)) {
            ink.vline(x, top..=self.area.max.y, 1.0, t.accent);
        }
        for (words, rect, is_index) in self.names(ink, y) {
            let color = if is_index { t.accent } else { t.text_hi };
            ink.text(rect, Align::Min, Font::Ui11, &words, color);
        }
    }

    /// Words and places of the rules' names: the left one ends beyond its rule, the right one begins before its own, and neither
    /// covers the other.
    fn names(&self, ink: &Ink, y: f32) -> Vec<(String, Rect, bool)> {
        let median = self.median.map(|price| (price, format!("median {}", format::price(price, 2)), false));
        let index = self.index.map(|(price, _)| (price, format!("index {}", dollars(price)), true));
        let mut rules: Vec<_> = median.into_iter().chain(index).collect();
        rules.sort_by_key(|(price, ..)| *price);
        let middle = match rules.as_slice() {
            [(left, ..), (right, ..)] => f32::midpoint(self.x(*left), self.x(*right)),
            _ => f32::INFINITY,
        };
        let place = |(at, (price, words, is_index)): (usize, (Price, String, bool))| {
            let (x, width) = (self.x(price), ink.width(Font::Ui11, &words));
            let left = if at == 0 { (x + 14.0).min(middle - 4.0) - width } else { (x - 6.0).max(middle + 4.0) };
            let rect = Rect::from_min_size(pos2(left, y - 8.0), vec2(width, 16.0));
            (words, rect, is_index)
        };
        rules.into_iter().enumerate().map(place).collect()
    }

    /// What the rules are, for whoever points at their names.
    pub fn hints(&self, ui: &Ui, y: f32, board: &RentalBoard) {
        let ink = Ink::new(ui.ctx());
        let [median, index] = captions(board, self.index.map(|(price, _)| price));
        let said = self.index.map(|(_, utc)| format!("said {} {} UTC", format::date(utc), format::time_m(utc)));
        for (words, rect, is_index) in self.names(&ink, y + 12.0) {
            let response = ui.interact(rect, ui.scope_id().with(("rule", is_index)), Sense::hover());
            let origin = if is_index {
                format!("{index}; {}", said.clone().unwrap_or_default())
            } else {
                let medians = board.providers.iter().filter(|row| row.index_use == IndexUse::Allowed);
                let medians: Vec<String> = medians.map(|row| format!("{} {}", row.name, dollars(row.median))).collect();
                format!("{median}\n{}", medians.join("\n"))
            };
            let label = words.clone();
            response.widget_info(move || WidgetInfo::labeled(Role::Label, true, label.clone()));
            response.on_hover_text(origin);
        }
    }
}

/// ▶ with its tip at `x`.
fn triangle(ink: &mut Ink, x: f32, y: f32, color: egui::Color32) {
    ink.convex(&[pos2(x - 8.0, y - 4.0), pos2(x, y), pos2(x - 8.0, y + 4.0)], color);
}
