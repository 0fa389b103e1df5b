//! Below the curve: the months, the quarters with what they are worth, the calendar years.

use egui::{Align, Pos2, Rect, pos2, vec2};

use super::figures::{Desk, DeskMonth, Year};
use super::origins;
use super::plot::Plot;
use crate::domain::number::Price;
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::curve::CurveStrip;

const MONTHS_AT: f32 = 13.0;
const QUARTERS_AT: f32 = 24.0;
const YEARS_AT: f32 = 45.0;
const CELL: f32 = 19.0;

pub fn paint(ink: &mut Ink, theme: &Theme, plot: &Plot, desk: &Desk<'_>, cursor: Option<&DeskMonth>) {
    months(ink, theme, plot, desk, cursor);
    for strip in desk.quarters() {
        let name = strip.period.to_string();
        let name = name.get(..2).unwrap_or(&name);
        let price = desk.format.finer(1).text(Price::from_f64_lossy(strip.forward));
        cell(ink, theme, quarter_rect(plot, strip), &[name], &price);
    }
    for year in &desk.years() {
        let rect = year_rect(plot, year);
        let whole = year.months == 12;
        // A year that has begun already has no room for a price: its name stands beside its last months.
        if !whole && year.months < 6 && year.first.month != 1 {
            let beside = rect.translate(vec2(0.0, QUARTERS_AT - YEARS_AT));
            ink.chip(rect, theme.tokens.bg2);
            cell(ink, theme, left_of_quarters(plot, desk, beside), &[&year.year.to_string()], "");
            continue;
        }
        let price = year.forward.map(|value| desk.format.finer(1).text(Price::from_f64_lossy(value)));
        let short = year.year.to_string();
        let long =
            if whole { format!("Calendar {short}") } else { format!("Calendar {short}, {} months", year.months) };
        cell(ink, theme, rect, &[&long, &short], &price.unwrap_or_default());
    }
}

/// What the quarter or year under the pointer is made of.
pub fn words_at(plot: &Plot, desk: &Desk<'_>, at: Pos2) -> Option<String> {
    let quarter = desk.quarters().find(|strip| quarter_rect(plot, strip).contains(at));
    quarter.map(|strip| origins::strip(desk, strip)).or_else(|| {
        let years = desk.years();
        let year = years.iter().find(|year| year_rect(plot, year).contains(at))?;
        Some(origins::year(desk, year))
    })
}

fn months(ink: &mut Ink, theme: &Theme, plot: &Plot, desk: &Desk<'_>, cursor: Option<&DeskMonth>) {
    let t = &theme.tokens;
    let y = plot.parts.axis.top() + MONTHS_AT;
    let line = |x: f32| Rect::from_center_size(pos2(x, y), vec2(60.0, 16.0));
    let beside = cursor.map(|cursor| plot.x(cursor.month) - plot.index_x());
    if beside.is_none_or(|beside| beside > 30.0) {
        ink.text(line(plot.index_x()), Align::Center, Font::Ui11, "Index", t.text_lo);
    }
    let every = (24.0 / plot.pitch).ceil().max(1.0) as usize;
    for (at, month) in desk.months.iter().enumerate() {
        let is_on = cursor.is_some_and(|cursor| cursor.month == month.month);
        let is_near = cursor.is_some_and(|cursor| (month.month.since(cursor.month)).unsigned_abs() < every as u32);
        if is_on || (at % every == 0 && !is_near) {
            let name = title_case(&month.month.screen());
            let (font, color) = if is_on { (Font::UiBold11, t.text_hi) } else { (Font::Ui11, t.text_lo) };
            ink.text(line(plot.x(month.month)), Align::Center, font, &name, color);
        }
    }
}

/// `Mar`.
fn title_case(name: &str) -> String {
    let letters = name.chars().take(3).enumerate();
    letters.map(|(at, c)| if at == 0 { c } else { c.to_ascii_lowercase() }).collect()
}

fn span_rect(plot: &Plot, from: f32, months: f32, top: f32) -> Rect {
    let y = plot.parts.axis.top() + top;
    Rect::from_min_max(pos2(plot.x_ahead(from - 0.5) + 1.0, y), pos2(plot.x_ahead(from + months - 0.5) - 1.0, y + CELL))
}

fn quarter_rect(plot: &Plot, strip: &CurveStrip) -> Rect {
    let from = plot.x(strip.period.first) - plot.x_ahead(0.0);
    span_rect(plot, from / plot.pitch, strip.period.len() as f32, QUARTERS_AT)
}

fn year_rect(plot: &Plot, year: &Year) -> Rect {
    let from = plot.x(year.first) - plot.x_ahead(0.0);
    span_rect(plot, from / plot.pitch, year.months as f32, YEARS_AT)
}

/// As much of `cell` as no quarter stands in.
fn left_of_quarters(plot: &Plot, desk: &Desk<'_>, cell: Rect) -> Rect {
    let first = desk.quarters().map(|strip| quarter_rect(plot, strip).left()).fold(f32::INFINITY, f32::min);
    Rect::from_min_max(cell.min, pos2(cell.right().min(first - 2.0), cell.bottom()))
}

/// The longest name that fits beside the price; the price alone; a name alone; or nothing.
fn cell(ink: &mut Ink, theme: &Theme, cell: Rect, names: &[&str], price: &str) {
    let t = &theme.tokens;
    if cell.width() < 2.0 {
        return;
    }
    ink.chip(cell, t.bg2);
    let gap = if price.is_empty() { 0.0 } else { 5.0 };
    let price_width = ink.width(Font::Mono11, price);
    let whole = |ink: &Ink, name: &str| ink.width(Font::Ui11, name) + gap + price_width;
    if let Some(name) = names.iter().find(|name| whole(ink, name) <= cell.width() - 6.0) {
        let left = cell.center().x - whole(ink, name) / 2.0;
        let end = ink.text(place::from(left, cell.center().y), Align::Min, Font::Ui11, name, t.text_lo);
        ink.text(place::from(end + gap, cell.center().y), Align::Min, Font::Mono11, price, t.text_mid);
    } else if !price.is_empty() && price_width <= cell.width() - 2.0 {
        ink.text(cell, Align::Center, Font::Mono11, price, t.text_mid);
    } else if let Some(name) = names.iter().find(|name| ink.width(Font::Ui11, name) <= cell.width() - 2.0) {
        ink.text(cell, Align::Center, Font::Ui11, name, t.text_lo);
    }
}
