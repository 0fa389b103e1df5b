//! How far every month has come from the curve that is compared with: a bar each, and the numbers of those that stand out.

use egui::{Align, Rect, vec2};

use super::figures::{Desk, DeskMonth};
use super::plot::Plot;
use crate::domain::number::Price;
use crate::ui::format;
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

/// Between two numbers at the bars.
const LABEL_PITCH: f32 = 110.0;

/// So many are tried, the largest moves first.
const MOST_LABELS: usize = 16;

/// Nothing where the panel is too low.
pub fn paint(ink: &mut Ink, theme: &Theme, plot: &Plot, desk: &Desk<'_>, cursor: Option<&DeskMonth>) {
    let Some(bars) = plot.parts.bars else { return };
    let t = &theme.tokens;
    ink.hline(bars.x_range(), bars.top(), 1.0, t.line);
    let right = plot.parts.area.right();
    let head = if desk.compared.points.is_empty() {
        format!("Nothing is known of {}", format::day_time(desk.compared.at))
    } else {
        format!("Change on {}", desk.against.words())
    };
    ink.text(place::until(right, bars.top() + 13.0), Align::Max, Font::Ui12, &head, t.text_lo);
    let zero = bars.top() + 48.0;
    let half = 28.0;
    ink.hline(plot.parts.area.x_range(), zero, 1.0, t.line_hi);
    let moved: Vec<(&DeskMonth, Price)> =
        desk.months.iter().filter_map(|month| Some((month, Desk::change(month, &desk.compared)?))).collect();
    let reach = reach_of(desk);
    let step = |share: f64| Price::from_f64_lossy(reach * share);
    let format = desk.format.change();
    let left = plot.parts.area.left() - 8.0;
    for (value, y) in [(step(1.0), zero - half), (step(-1.0), zero + half)] {
        ink.text(place::until(left, y), Align::Max, Font::Mono11, &format.text(value), t.text_lo);
    }
    ink.text(place::until(left, zero), Align::Max, Font::Mono11, "0", t.text_lo);
    let mut written: Vec<f32> = Vec::new();
    let labelled = labels(&moved, cursor);
    for &(month, change) in &moved {
        let x = plot.x(month.month);
        let length = ((change.to_f64_lossy() / reach) as f32 * half).abs().max(1.0);
        let is_up = change.0 > 0;
        let y = if is_up { zero - length..=zero } else { zero..=zero + length };
        let is_on = cursor.is_some_and(|cursor| cursor.month == month.month);
        let color = if month.is_live() { theme.direction(change.0.signum()) } else { t.stale };
        let width = (plot.pitch * 0.55).clamp(2.0, 18.0);
        let fill = if is_on { color } else { theme.over(color, 62) };
        ink.rect(Rect::from_x_y_ranges(x - width / 2.0..=x + width / 2.0, y), fill);
    }
    for &(month, change) in &labelled {
        let x = plot.x(month.month);
        if written.iter().any(|other| (other - x).abs() < LABEL_PITCH) {
            continue;
        }
        written.push(x);
        let length = (change.to_f64_lossy() / reach) as f32 * half;
        let y = if change.0 > 0 { zero - length - 8.0 } else { zero - 9.0 };
        let at = Rect::from_center_size(egui::pos2(x, y), vec2(70.0, 16.0));
        let color = if month.is_live() { theme.direction(change.0.signum()) } else { t.stale };
        ink.text(at, Align::Center, Font::Mono11, &format.text(change), color);
    }
}

/// What the longest bar may stand for, dollars.
pub fn reach_of(desk: &Desk<'_>) -> f64 {
    reach(desk.months.iter().filter_map(|month| Desk::change(month, &desk.compared)), desk.tick)
}

/// The next of a few round numbers times a power of ten.
fn reach(changes: impl Iterator<Item = Price>, tick: Price) -> f64 {
    let most = changes.map(|change| change.0.abs()).max().unwrap_or(0).max(tick.0);
    let most = Price(most).to_f64_lossy();
    let power = 10_f64.powf(most.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|reach| *reach >= most * (1.0 - 1e-9))
        .unwrap_or(most)
}

/// The months whose bars carry a number, most wanted first: the one under the cursor, then the ends of the largest moves.
fn labels<'a>(moved: &[(&'a DeskMonth, Price)], cursor: Option<&DeskMonth>) -> Vec<(&'a DeskMonth, Price)> {
    let mut all = moved.to_vec();
    let is_on = |month: &DeskMonth| cursor.is_some_and(|cursor| cursor.month == month.month);
    all.retain(|(month, change)| change.0 != 0 || is_on(month));
    all.sort_by_key(|(month, change)| (!is_on(month), std::cmp::Reverse(change.0.abs()), month.month));
    all.truncate(MOST_LABELS);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_reach_to_a_round_number() {
        let cents = |cents: i64| Price(cents * 10_000_000);
        for (most, reached) in [(11, 0.15), (10, 0.1), (2, 0.02), (0, 0.01), (22, 0.3), (34, 0.5)] {
            let got = reach([cents(most), cents(-most / 2)].into_iter(), cents(1));
            assert!((got - reached).abs() < 1e-12, "{most}: {got}");
        }
    }
}
