//! The settlement solver: what the fixings to come must average for the front month to settle at a price, and where it settles if the
//! index stays. The price is the front future's until a hand has written another; an empty field follows the future again.

use egui::{Align, Rect, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};

use super::figures::{At, Figures, Fixings};
use super::inputs::{self, plain};
use crate::curves::averaging::Averaging;
use crate::domain::contract::{Month, Product};
use crate::domain::number::Price;
use crate::ui::format;
use crate::ui::place;
use crate::ui::theme::{Face, Theme};
use crate::ui::widgets::controls::stepper_sized;
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::trace::Trace;

pub const HEIGHT: f32 = 88.0;
const PAD: f32 = 11.0;
const FIELD: f32 = 112.0;
const FIELD_NAME: &str = "Settles at";

/// View state: what was written, and for which month.
#[derive(Debug, Default)]
pub struct Solver {
    of: Option<(Product, Month)>,
    /// `None` follows the future.
    written: Option<Price>,
    text: String,
}

/// What the card shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solved {
    pub average: Averaging,
    /// Settles at.
    pub target: Option<Price>,
    /// What the rest must average for that, dollars a unit; `None` when all is fixed.
    pub rest: Option<f64>,
    pub index: Option<Price>,
    /// Where it settles if the index stays.
    pub stays: Option<f64>,
    /// One step of the index, and what it moves the settlement by.
    pub tick: Price,
    pub step: f64,
}

impl Solved {
    pub fn of(average: Averaging, target: Option<Price>, index: Option<Price>, tick: Price) -> Self {
        Self {
            average,
            target,
            rest: target.and_then(|target| average.rest_for(target.to_f64_lossy())),
            index,
            stays: index.map(|index| average.expected_settlement(index.to_f64_lossy())),
            tick,
            step: average.remaining_delta_units(1) * tick.to_f64_lossy(),
        }
    }
}

impl Solver {
    /// The price that the solver works on: what was written, or else the future's.
    pub fn target(&self, figures: &Figures) -> Option<Price> {
        self.written.or_else(|| figures.future())
    }

    pub fn ui(&mut self, ui: &mut Ui, theme: &Theme, card: Rect, figures: &Figures) -> Option<(Trace, Rect)> {
        let t = &theme.tokens;
        let front = figures.front.as_ref()?;
        let of = (figures.product.clone(), front.month);
        if self.of.as_ref() != Some(&of) {
            *self = Self { of: Some(of), ..Self::default() };
        }
        let mut ink = Ink::new(ui.ctx());
        ink.chip(card, t.bg2);
        let inner = card.shrink2(vec2(PAD, 0.0));
        let y = card.top() + 17.0;
        ink.text(place::from(inner.left(), y), Align::Min, Font::UiBold12, "Settlement solver", t.text_hi);
        let name = front.month.screen();
        let words = match front.fixings {
            Fixings::Known(average) => match (average.remaining(), average.fixes.published) {
                (0, n) => format!("{name}, all {n} fixed"),
                (n, 0) => format!("{name}, none of {n} fixed"),
                (1, _) => format!("{name}, 1 fix left"),
                (left, _) => format!("{name}, {left} fixes left"),
            },
            Fixings::Missing { known, made } => format!("{name}, {known} of {made} fixings known"),
            Fixings::Unknown => name,
        };
        ink.text(place::until(inner.right(), y), Align::Max, Font::Ui12, &words, t.text_mid);
        let Fixings::Known(average) = front.fixings else {
            let why = match front.fixings {
                Fixings::Missing { .. } => "Some of the month's fixings are not known: its average would be wrong",
                _ => "How many fixings the month will have is not known",
            };
            ink.text(place::from(inner.left(), card.top() + 44.0), Align::Min, Font::Ui12, why, t.text_lo);
            ink.paint(ui.painter());
            say(ui, card, format!("Settlement solver, {words}: {why}"));
            return None;
        };
        ink.paint(ui.painter());
        let heading = Rect::from_min_size(card.min, vec2(card.width(), 28.0));
        say(ui, heading, format!("Settlement solver, {words}"));
        let decimals = figures.tick.decimals();
        if average.remaining() > 0 {
            self.field_ui(ui, theme, inner, figures);
        }
        let solved = Solved::of(average, self.target(figures), figures.index(), figures.tick);
        let today = if matches!(figures.at, At::Now(_)) { "today's " } else { "" };
        results_ui(ui, theme, inner, &solved, decimals, today)
    }

    /// The price to settle at.
    fn field_ui(&mut self, ui: &mut Ui, theme: &Theme, inner: Rect, figures: &Figures) {
        let mut ink = Ink::new(ui.ctx());
        let y = inner.top() + 43.0;
        let words = "If it settles at";
        let end = ink.text(place::from(inner.left(), y), Align::Min, Font::Ui12, words, theme.tokens.text_mid);
        ink.paint(ui.painter());
        let field = Rect::from_min_size(pos2(end + 8.0, y - 12.0), vec2(FIELD, 24.0));
        let builder = UiBuilder::new().max_rect(field).id_salt("target");
        let (stepped, is_typing) = ui
            .scope_builder(builder, |ui| {
                let stepped = stepper_sized(ui, theme, FIELD_NAME, &mut self.text, field.size(), Face::Mono.at(13.0));
                let id = egui::Id::unique(("stepper", ui.scope_id(), FIELD_NAME));
                (stepped, ui.memory(|memory| memory.has_focus(id)))
            })
            .inner;
        if !is_typing {
            ink.outline(field, 1.0, theme.tokens.line_hi);
            ink.paint(ui.painter());
        }
        if stepped.edited && is_typing {
            match format::parse_price(&self.text) {
                Some(typed) => self.written = Some(typed),
                None if self.text.trim().is_empty() => self.written = None,
                None => {}
            }
        }
        if stepped.steps != 0
            && let Some(from) = self.target(figures)
        {
            let tick = figures.tick.0.max(1);
            // A price between two ticks goes to the next one in the step's direction.
            let floor = from.0.div_euclid(tick) + i64::from(stepped.steps < 0 && from.0.rem_euclid(tick) != 0);
            self.written = Some(Price((floor + stepped.steps) * tick));
        }
        if !is_typing || stepped.steps != 0 {
            let target = self.target(figures);
            let decimals = figures.tick.decimals();
            let exact = target.map_or(0, Price::decimals).max(decimals);
            self.text = target.map_or_else(String::new, |price| plain(exact.min(decimals + 2)).text(price));
        }
    }
}

/// What follows; the result under the pointer with what it is made of.
fn results_ui(
    ui: &Ui,
    theme: &Theme,
    inner: Rect,
    solved: &Solved,
    decimals: usize,
    today: &str,
) -> Option<(Trace, Rect)> {
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let average = &solved.average;
    let figure = |value: f64, more: usize| plain(decimals + more).text(Price::from_f64_lossy(value));
    let opt = |value: Option<f64>, more| value.map_or_else(|| format::NONE.to_owned(), |value| figure(value, more));
    let (rest, stays) = (opt(solved.rest, 1), opt(solved.stays, 2));
    let step = Price::from_f64_lossy(solved.step).round_to(Price(10_i64.pow(7_u32.saturating_sub(decimals as u32))));
    let step = plain(step.decimals().max(decimals + 1)).text(step);
    let mut hovered = None;
    let mut put = |ink: &mut Ink, line: Rect, id: &str, words: String, trace: Option<Trace>| {
        let response = ui.interact(line, ui.scope_id().with(("solved", id)), Sense::hover());
        response.widget_info(move || WidgetInfo::labeled(Role::Label, true, words.clone()));
        if response.hovered()
            && let Some(trace) = trace
        {
            ink.hline(line.x_range(), line.bottom() - 1.0, 1.0, t.line_hi);
            hovered = Some((trace, line));
        }
    };
    let y = inner.top() + 43.0;
    if average.remaining() == 0 {
        let settled = figure(average.mean, 2);
        let words = format!("All {} fixings are published: it settles at", average.fixes.published);
        ink.text(place::from(inner.left(), y), Align::Min, Font::Ui12, &words, t.text_mid);
        ink.text(place::until(inner.right(), y), Align::Max, Font::MonoBold18, &settled, t.accent);
        let line = Rect::from_min_max(pos2(inner.left(), y - 12.0), pos2(inner.right(), y + 12.0));
        let trace = Trace::new("All fixings are published")
            .input("fixings", average.fixes.published.to_string())
            .input("their mean", settled.clone());
        put(&mut ink, line, "settled", format!("{words} {settled}"), Some(trace));
        ink.paint(ui.painter());
        return hovered;
    }
    let after_field = inner.left() + ink.width(Font::Ui12, "If it settles at") + FIELD + 16.0;
    let words = if average.remaining() == 1 { "the last fixing is" } else { "remaining fixes average" };
    let room = inner.right() - ink.width(Font::MonoBold18, &rest) - 8.0 - after_field;
    let shown = [words, "the rest is", ""].into_iter().find(|words| ink.width(Font::Ui12, words) <= room);
    ink.text(place::from(after_field, y), Align::Min, Font::Ui12, shown.unwrap_or_default(), t.text_mid);
    ink.text(place::until(inner.right(), y), Align::Max, Font::MonoBold18, &rest, t.accent);
    let line = Rect::from_min_max(pos2(after_field, y - 12.0), pos2(inner.right(), y + 12.0));
    let trace = solved.target.map(|target| inputs::rest(average, target, &rest, decimals));
    let target = plain(decimals + 1).opt(solved.target);
    put(&mut ink, line, "rest", format!("If it settles at {target}, {words} {rest}"), trace);

    let y = inner.top() + 71.0;
    let index = plain(decimals).opt(solved.index);
    let words = format!("At {today}{index} it would settle at");
    let end = ink.text(place::from(inner.left(), y), Align::Min, Font::Ui11, &words, t.text_mid);
    let end = ink.text(place::from(end + 6.0, y), Align::Min, Font::Mono11, &stays, t.text_hi);
    let line = Rect::from_min_max(pos2(inner.left(), y - 8.0), pos2(end, y + 8.0));
    let trace = solved.index.map(|index| inputs::stays(average, index, &stays, decimals));
    put(&mut ink, line, "stays", format!("{words} {stays}"), trace);

    let tick = plain(decimals).text(solved.tick);
    let words = format!("each {tick} on the index moves it");
    let right = inner.right() - ink.width(Font::Mono11, &step) - 6.0;
    let left = right - ink.width(Font::Ui11, &words);
    if left > end + 8.0 {
        ink.text(place::until(inner.right(), y), Align::Max, Font::Mono11, &step, t.text_hi);
        ink.text(place::until(right, y), Align::Max, Font::Ui11, &words, t.text_mid);
        let line = Rect::from_min_max(pos2(left, y - 8.0), pos2(inner.right(), y + 8.0));
        let trace = inputs::step(average, solved.tick, &step, decimals);
        put(&mut ink, line, "step", format!("{words} {step}"), Some(trace));
    }
    ink.paint(ui.painter());
    hovered
}

/// What the card says where it has no figures to point at.
fn say(ui: &Ui, card: Rect, words: String) {
    let response = ui.interact(card, ui.scope_id().with("unsolved"), Sense::hover());
    response.widget_info(move || WidgetInfo::labeled(Role::Label, true, words.clone()));
}
