//! The two lines with the gap between them, where they cross, and the spread as bars below.

use egui::epaint::{Mesh, Shape};
use egui::{Align, Color32, Pos2, Rect, Ui, pos2, vec2};

use super::figures::Pair;
use crate::curves::spark::{self, Crossing, SparkMonth};
use crate::domain::number::Price;
use crate::ui::format::{self, PriceFormat, Sign};
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};

const LEFT: f32 = 46.0;
/// Share of the height that the lines end at.
const LINES: f32 = 0.615;
/// Least distance between two month names.
const LABEL_PITCH: f32 = 62.0;

/// A month whose legs are both quoted: what tokens earn and what the GPU costs, dollars per GPU-hour.
#[derive(Clone, Copy, Debug)]
struct Node {
    at: usize,
    x: f32,
    earned: f64,
    cost: f64,
}

impl Node {
    fn spread(&self) -> f64 {
        self.earned - self.cost
    }
}

/// Ready to draw.
#[derive(Debug)]
pub struct Chart<'a> {
    months: &'a [SparkMonth],
    nodes: Vec<Node>,
    crossing: Option<Crossing>,
    /// Middle of every month, by position.
    xs: Vec<f32>,
    lines: Rect,
    bars: Rect,
    low: f64,
    high: f64,
    step: f64,
    names: [String; 2],
}

impl<'a> Chart<'a> {
    /// `None` while no month is quoted on both legs.
    pub fn of(pair: &Pair, months: &'a [SparkMonth], k: f64, area: Rect) -> Option<Self> {
        let first = months.first()?.month;
        let count = months.last()?.month.since(first).max(1) as f32;
        let bottom = area.min.y + area.height() * LINES;
        let lines = Rect::from_min_max(area.min + vec2(LEFT, 20.0), pos2(area.max.x, bottom));
        let bars = Rect::from_min_max(pos2(lines.min.x, bottom + 20.0), area.max - vec2(0.0, 22.0));
        let pitch = (lines.width() - 28.0) / count;
        let xs: Vec<f32> = months.iter().map(|at| lines.min.x + 14.0 + at.month.since(first) as f32 * pitch).collect();
        let node = |(at, month): (usize, &SparkMonth)| {
            Some(Node { at, x: xs[at], earned: month.tokens.mid()? * k, cost: month.gpu.mid()? })
        };
        let nodes: Vec<Node> = months.iter().enumerate().filter_map(node).collect();
        let values = || nodes.iter().flat_map(|node| [node.earned, node.cost]);
        let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (low <= high && bars.height() > 40.0 && lines.width() > 80.0).then_some(())?;
        // Whole half steps, so that the picture holds still while prices tick.
        let rough = ((high - low) / 3.0).max(1e-3);
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= rough).unwrap_or(rough);
        let half = step / 2.0;
        Some(Self {
            crossing: spark::crossing(months),
            low: (low / half).floor() * half,
            high: (high / half).ceil() * half,
            names: [pair.gpu.to_string(), format!("{} × {}", super::k_text(k), pair.tokens)],
            months,
            nodes,
            xs,
            lines,
            bars,
            step,
        })
    }

    /// The month at a place, by position.
    pub fn nearest(&self, x: f32) -> Option<usize> {
        let distance = |at: &usize| (self.xs[*at] - x).abs();
        (0..self.xs.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    fn y(&self, value: f64) -> f32 {
        self.lines.max.y - ((value - self.low) / (self.high - self.low)) as f32 * self.lines.height()
    }

    pub fn ui(&self, ui: &Ui, theme: &Theme, hovered: Option<usize>) {
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let mut at = (self.low / self.step).ceil() * self.step;
        while at <= self.high + self.step * 0.01 {
            ink.hline(self.lines.x_range(), self.y(at), 1.0, t.line);
            let text = format::price(Price::from_f64_lossy(at), 2);
            ink.text(place::until(self.lines.min.x - 8.0, self.y(at)), Align::Max, Font::Mono11, &text, t.text_lo);
            at += self.step;
        }
        ink.paint(ui.painter());
        ui.painter().add(self.gap(theme));
        if let Some(x) = hovered.and_then(|at| self.xs.get(at)) {
            ink.vline(*x, self.lines.min.y..=self.bars.max.y, 1.0, t.line_hi);
        }
        for pair in self.neighbours() {
            let ends = |value: fn(&Node) -> f64| pair.each_ref().map(|node| pos2(node.x, self.y(value(node))));
            let [from, to] = ends(|node| node.cost);
            dashes(&mut ink, from, to, t.text_mid);
            let [from, to] = ends(|node| node.earned);
            ink.line(from, to, 1.75, t.text_hi);
        }
        let has_line = |at: usize| self.neighbours().flatten().any(|node| node.at == at);
        for node in self.nodes.iter().filter(|node| !has_line(node.at)) {
            ink.disc(pos2(node.x, self.y(node.cost)), 2.0, t.text_mid);
            ink.disc(pos2(node.x, self.y(node.earned)), 2.0, t.text_hi);
        }
        self.end_names(&mut ink, theme);
        self.turn(&mut ink, theme);
        self.bars(&mut ink, theme);
        ink.paint(ui.painter());
    }

    /// Quoted months that follow one another; a month without quotes is a hole.
    fn neighbours(&self) -> impl Iterator<Item = [Node; 2]> {
        self.nodes.windows(2).filter(|pair| pair[1].at == pair[0].at + 1).map(|pair| [pair[0], pair[1]])
    }

    /// The area between the lines, up where tokens earn more and down where they earn less. Drawn without soft edges, which would show
    /// as seams between the months; the lines cover the outer ones.
    fn gap(&self, theme: &Theme) -> Shape {
        let t = &theme.tokens;
        let mut mesh = Mesh::default();
        let fill = |spread: f64| if spread < 0.0 { theme.over(t.down, 24) } else { theme.over(t.up, 26) };
        let mut part = |points: &[Pos2], color: Color32| {
            let base = mesh.vertices.len() as u32;
            for point in points {
                mesh.colored_vertex(*point, color);
            }
            for at in 2..points.len() as u32 {
                mesh.add_triangle(base, base + at - 1, base + at);
            }
        };
        for [a, b] in self.neighbours() {
            let top = |node: Node| pos2(node.x, self.y(node.earned));
            let bottom = |node: Node| pos2(node.x, self.y(node.cost));
            if (a.spread() < 0.0) == (b.spread() < 0.0) {
                part(&[top(a), top(b), bottom(b), bottom(a)], fill(a.spread()));
            } else {
                let share = (a.spread() / (a.spread() - b.spread())) as f32;
                let middle = top(a) + (top(b) - top(a)) * share;
                part(&[top(a), middle, bottom(a)], fill(a.spread()));
                part(&[middle, top(b), bottom(b)], fill(b.spread()));
            }
        }
        Shape::mesh(mesh)
    }

    /// Which line is which, at their right ends: the higher one's name above, the lower one's below.
    fn end_names(&self, ink: &mut Ink, theme: &Theme) {
        let Some(last) = self.nodes.last() else { return };
        let [gpu, tokens] = &self.names;
        let up = if last.spread() < 0.0 { -1.0 } else { 1.0 };
        for (name, value, away, color) in [
            (gpu, last.cost, 13.0 * up, theme.tokens.text_mid),
            (tokens, last.earned, -13.0 * up, theme.tokens.text_hi),
        ] {
            let y = (self.y(value) + away).clamp(self.lines.min.y - 12.0, self.lines.max.y + 12.0);
            ink.text(place::until(last.x - 2.0, y), Align::Max, Font::Ui11, name, color);
        }
    }

    /// Names the first crossing; says so where there is none.
    fn turn(&self, ink: &mut Ink, theme: &Theme) {
        let t = &theme.tokens;
        let Some(crossing) = self.crossing else {
            let is_negative = self.nodes.first().is_some_and(|node| node.spread() < 0.0);
            let words = if is_negative { "negative in every month" } else { "positive in every month" };
            ink.text(
                place::from(self.lines.min.x + 14.0, self.lines.min.y - 9.0),
                Align::Min,
                Font::Ui11,
                words,
                t.text_hi,
            );
            return;
        };
        let node = |month| self.nodes.iter().find(|node| self.months[node.at].month == month);
        let (Some(from), Some(to)) = (node(crossing.from), node(crossing.to)) else { return };
        let share = crossing.share as f32;
        let value = from.cost + (to.cost - from.cost) * crossing.share;
        let at = pos2(from.x + (to.x - from.x) * share, self.y(value));
        ink.disc(at, 4.75, t.text_hi);
        ink.disc(at, 3.25, t.bg1);
        let turn = if crossing.is_upwards { "positive" } else { "negative" };
        let words = format!("turns {turn} in {}", crossing.to.screen());
        // Where the lines fall, the corners above at the right and below at the left are free.
        let falls = if to.earned + to.cost < from.earned + from.cost { -1.0 } else { 1.0 };
        if at.x + 10.0 + ink.width(Font::Ui11, &words) <= self.lines.max.x {
            let line = place::from(at.x + 10.0, at.y + 13.0 * falls);
            ink.text(line, Align::Min, Font::Ui11, &words, t.text_hi);
        } else {
            let line = place::until(at.x - 10.0, at.y - 13.0 * falls);
            ink.text(line, Align::Max, Font::Ui11, &words, t.text_hi);
        }
    }

    fn bars(&self, ink: &mut Ink, theme: &Theme) {
        let t = &theme.tokens;
        let zero = self.bars.center().y;
        ink.hline(self.bars.x_range(), zero, 1.0, t.line_hi);
        ink.text(place::until(self.bars.min.x - 8.0, zero), Align::Max, Font::Mono11, "0", t.text_lo);
        let most = self.nodes.iter().map(|node| node.spread().abs()).fold(1e-9, f64::max);
        let pitch = self.xs.windows(2).map(|pair| pair[1] - pair[0]).fold(f32::INFINITY, f32::min);
        let width = (pitch * 0.6).min(18.0);
        let every = (LABEL_PITCH / pitch).ceil().max(1.0) as usize;
        let format = PriceFormat { decimals: 2, sign: Sign::Change };
        for (at, month) in self.months.iter().enumerate() {
            let is_named = at % every == 1 % every;
            let x = self.xs[at];
            if is_named {
                let line = Rect::from_center_size(pos2(x, self.bars.max.y + 12.0), vec2(60.0, 16.0));
                ink.text(line, Align::Center, Font::Ui11, &month.month.screen(), t.text_lo);
            }
            let Some(node) = self.nodes.iter().find(|node| node.at == at) else { continue };
            let spread = node.spread();
            let (sign, height) =
                (if spread < 0.0 { -1 } else { 1 }, ((spread.abs() / most) as f32 * self.bars.height() / 2.0).max(1.0));
            let ends = if spread < 0.0 { (zero, zero + height) } else { (zero - height, zero) };
            let bar = Rect::from_min_max(pos2(x - width / 2.0, ends.0), pos2(x + width / 2.0, ends.1));
            ink.rect(bar, theme.over(theme.direction(sign), 66));
            if is_named {
                let y = if spread < 0.0 { zero - 9.0 } else { zero + 10.0 };
                let line = Rect::from_center_size(pos2(x, y), vec2(60.0, 16.0));
                let text = format.text(Price::from_f64_lossy(spread));
                ink.text(line, Align::Center, Font::Mono11, &text, theme.direction(sign));
            }
        }
    }
}

/// Five on, three off, from each month anew.
fn dashes(ink: &mut Ink, from: Pos2, to: Pos2, color: Color32) {
    let length = (to - from).length();
    let way = (to - from) / length.max(1e-6);
    let mut at = 0.0;
    while at < length {
        ink.line(from + way * at, from + way * (at + 5.0).min(length), 1.5, color);
        at += 8.0;
    }
}
