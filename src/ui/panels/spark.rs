//! The inference spark spread of the selected GPU: what an hour of it earns as tokens at the heat rate `k`, against what it costs,
//! month by month; where the sign turns; bid and ask of one month, and the lots that neutralise it. While the window looks back, both legs
//! are what they were known at then, and nothing is staged.

mod chart;
pub mod figures;

use egui::{Align, Color32, Id, Rect, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};

use super::message;
use crate::base::time::Utc;
use crate::curves::spark::SparkMonth;
use crate::domain::number::{Price, Qty, Side};
use crate::ui::basket::Wanted;
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, NONE, PriceFormat, Sign};
use crate::ui::place;
use crate::ui::sheet::Sheet;
use crate::ui::sheets;
use crate::ui::theme::{Face, Theme, icons};
use crate::ui::widgets::button::Button;
use crate::ui::widgets::controls::stepper_sized;
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::{Origin, Point};

use chart::Chart;
use figures::{Pair, PairMonth};

/// Of the demonstration market (500 tokens a second at 85 %, rounded).
const FIRST_K: f64 = 1.5;
const STEP: f64 = 0.05;
const LEAST_K: f64 = 0.01;
const MOST_K: f64 = 100.0;
/// The figures at the right, and how tall they are.
const SIDE: f32 = 158.0;
const SIDE_GAP: f32 = 18.0;
const ROW: f32 = 19.0;
const BUTTON: f32 = 26.0;
const K_NAME: &str = "Efficiency k";
const TITLE: &str = "Inference spark spread";

/// View state of the panel.
#[derive(Debug)]
pub struct SparkPanel {
    pub group: LinkGroup,
    /// Mtok per GPU-hour.
    k: f64,
    text: String,
}

impl Default for SparkPanel {
    fn default() -> Self {
        Self::new(LinkGroup::default())
    }
}

impl SparkPanel {
    pub fn new(group: LinkGroup) -> Self {
        Self { group, k: FIRST_K, text: k_text(FIRST_K) }
    }

    /// Mtok per GPU-hour.
    pub const fn heat_rate(&self) -> f64 {
        self.k
    }

    pub fn set_heat_rate(&mut self, k: f64) {
        // Four decimals: what a hand types must come back as it was typed.
        self.k = ((k * 1e4).round() / 1e4).clamp(LEAST_K, MOST_K);
    }

    /// A row a month, and what each is made of.
    pub fn sheet(&self, ctx: &PanelContext<'_>) -> Option<Sheet> {
        let chosen = ctx.chosen(self.group).and_then(|(_, instrument, _)| instrument.contract.product());
        Some(sheets::spark(&self.months(&Pair::of(ctx.view, chosen)?, ctx), self.k))
    }

    fn months(&self, pair: &Pair, ctx: &PanelContext<'_>) -> Vec<SparkMonth> {
        match ctx.as_of().past() {
            None => pair.curve(ctx.view, self.k, |id| ctx.book_state(id)),
            Some(at) => pair.past(ctx.view, self.k, at),
        }
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let chosen = ctx.chosen(self.group).and_then(|(_, instrument, _)| instrument.contract.product());
        let pair = Pair::of(ctx.view, chosen).filter(|pair| pair.months.len() >= 2);
        let subtitle =
            pair.as_ref().map(|pair| format!("k × {} minus {}, $/GPU-h", pair.tokens, pair.gpu)).unwrap_or_default();
        let books = pair.iter().flat_map(|pair| &pair.months).flat_map(|at| [at.tokens, at.gpu]);
        let head = Header {
            title: TITLE,
            subtitle: &subtitle,
            link: Some(self.group),
            state: ctx.worst_state(books),
            as_of: ctx.as_of(),
            ..Header::default()
        };
        let outcome = header(ui, ctx.theme, rect, &head);
        let body = outcome.body;
        let Some(pair) = pair else {
            let detail = "The venue lists no months of tokens and GPU-hours in common";
            message::empty(ui, ctx.theme, body, icons::GRAPHICS_CARD, "No spark spread", detail);
            return outcome.response;
        };
        let side = Rect::from_min_max(pos2(body.max.x - SIDE - 10.0, body.min.y + 10.0), body.max - vec2(10.0, 0.0));
        self.k_ui(ui, ctx.theme, side);
        let past = ctx.as_of().past();
        let months = self.months(&pair, ctx);
        let area = Rect::from_min_max(body.min, pos2(side.min.x - SIDE_GAP, body.max.y));
        let chart = Chart::of(&pair, &months, self.k, area);
        let id = ui.scope_id().with("chart");
        let response = ui.interact(area, id, Sense::CLICK);
        let hovered = response.hover_pos().and_then(|at| chart.as_ref()?.nearest(at.x));
        let chosen = ctx.selection.instrument(self.group);
        let of_group = pair.months.iter().position(|at| Some(at.gpu) == chosen || Some(at.tokens) == chosen);
        let at = hovered.or(of_group).unwrap_or(1).min(months.len() - 1);
        let label = months.get(at).map(|month| format!("{} spark spread: {}", pair.gpu, sentence(month, past)));
        response.widget_info(move || WidgetInfo::labeled(Role::Canvas, true, label.clone().unwrap_or_default()));
        match &chart {
            Some(chart) => chart.ui(ui, ctx.theme, hovered),
            None => {
                let title = if past.is_some() { "Nothing is known of then" } else { "Waiting for live books" };
                message::empty(ui, ctx.theme, area, icons::CLOCK_COUNTER_CLOCKWISE, title, "");
            }
        }
        let legs = past.and_then(|utc| pair.legs_at(ctx.view, months.get(at)?.month, utc));
        if let (Some(month), Some(pair_month)) = (months.get(at), pair.months.get(at))
            && let Some(y) = self.side(ui, ctx.theme, side, &pair, month, legs, hovered.is_some())
        {
            self.stage_ui(ui, ctx, side, y, &pair, pair_month);
        }
        if response.clicked()
            && let Some(at) = hovered.and_then(|at| pair.months.get(at))
        {
            ctx.selection.select(self.group, at.gpu);
        }
        outcome.response
    }

    /// The field for k, what it means, and the way back.
    fn k_ui(&mut self, ui: &mut Ui, theme: &Theme, side: Rect) {
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let line = place::from(side.min.x, side.min.y + 8.0);
        ink.text(line, Align::Min, Font::Ui11, "Efficiency k, Mtok per GPU-hour", t.text_lo);
        let field = Rect::from_min_size(side.min + vec2(0.0, 20.0), vec2(SIDE, 32.0));
        let builder = UiBuilder::new().max_rect(field).id_salt("k");
        let (stepped, is_typing) = ui
            .scope_builder(builder, |ui| {
                let font = Face::MonoBold.at(18.0);
                let stepped = stepper_sized(ui, theme, K_NAME, &mut self.text, field.size(), font);
                let id = Id::unique(("stepper", ui.scope_id(), K_NAME));
                (stepped, ui.memory(|memory| memory.has_focus(id)))
            })
            .inner;
        if stepped.edited
            && let Some(typed) = format::parse_price(&self.text).map(Price::to_f64_lossy)
            && (LEAST_K..=MOST_K).contains(&typed)
        {
            self.set_heat_rate(typed);
        }
        if stepped.steps != 0 {
            self.set_heat_rate(((self.k / STEP).round() + stepped.steps as f64) * STEP);
        }
        let y = field.max.y + 11.0;
        let speed = figures::tokens_per_second(self.k).round();
        let speed = format!("{} tok/s at full load", format::count(speed as u64));
        ink.text(place::from(side.min.x, y), Align::Min, Font::Ui11, &speed, t.text_lo);
        let mut words = format!("reset {}", k_text(FIRST_K));
        if ink.width(Font::Ui11, &speed) + ink.width(Font::Ui11, &words) + 4.0 > side.width() {
            words.truncate("reset".len());
        }
        let reset =
            Rect::from_min_max(pos2(side.max.x - ink.width(Font::Ui11, &words), y - 8.0), pos2(side.max.x, y + 8.0));
        let response = ui.interact(reset, ui.scope_id().with("reset"), Sense::click());
        let name = format!("Reset k to {}", k_text(FIRST_K));
        response.widget_info(move || WidgetInfo::labeled(Role::Button, true, name.clone()));
        let color = if response.hovered() || response.has_focus() { t.text_hi } else { t.text_mid };
        ink.text(reset, Align::Max, Font::Ui11, &words, color);
        if response.clicked() {
            self.set_heat_rate(FIRST_K);
        }
        if !is_typing || stepped.steps != 0 {
            self.text = k_text(self.k);
        }
        ink.paint(ui.painter());
    }

    /// The button that puts both legs of a month into the ticket: the spread bought in its neutral lots.
    fn stage_ui(&self, ui: &mut Ui, ctx: &mut PanelContext<'_>, side: Rect, y: f32, pair: &Pair, at: &PairMonth) {
        let Some(hedge) = pair.hedge(self.k) else { return };
        let rect = Rect::from_min_size(pos2(side.min.x, y), vec2(SIDE, BUTTON));
        let are_live = ctx.as_of().is_live() && [at.tokens, at.gpu].iter().all(|id| ctx.book_state(*id).is_live());
        if !Button::new("Stage both legs").enabled(are_live).put(ui, ctx.theme, rect).clicked() {
            return;
        }
        let leg = |instrument, side, lots, weight| Wanted {
            instrument,
            side,
            lots: Qty::lots(lots),
            weight: Some(weight),
            limit: None,
        };
        let legs =
            [leg(at.tokens, Side::Bid, hedge.neutral.token_lots, self.k), leg(at.gpu, Side::Ask, hedge.gpu_lots, 1.0)];
        let name = format!("{} × {} − {} {}", k_text(self.k), pair.tokens, pair.gpu, at.month.screen());
        let note = format!("leaves {} Mtok open", whole_signed(hedge.residual_mtok()));
        ctx.stage(name, TITLE, &legs, note);
    }

    /// One month in figures, and what they are made of: below the button, or in its place while the chart is looked at. Returns where
    /// the button goes.
    fn side(
        &self,
        ui: &Ui,
        theme: &Theme,
        side: Rect,
        pair: &Pair,
        month: &SparkMonth,
        legs: Option<[Point; 2]>,
        is_looked_at: bool,
    ) -> Option<f32> {
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let mut y = side.min.y + 79.0;
        let mut rows = |ink: &mut Ink, rows: &[(&str, &str, Font, Color32)]| {
            ink.hline(side.x_range(), y, 1.0, t.line);
            y += 6.0 + ROW / 2.0;
            for (word, value, font, color) in rows {
                ink.text(place::from(side.min.x, y), Align::Min, Font::Ui12, word, t.text_lo);
                ink.text(place::until(side.max.x, y), Align::Max, *font, value, *color);
                y += ROW;
            }
            y += 6.0 - ROW / 2.0;
        };
        let mid = month.spark.mid();
        let sign = mid.map_or(0, |mid| Price::from_f64_lossy(mid).0.signum());
        let ratio = figures::break_even(month).map_or_else(|| NONE.to_owned(), |k| format!("{k:.2}"));
        let name = month.month.screen();
        let color = |value: Option<f64>, color| if value.is_some() { color } else { t.text_lo };
        let of_month = (name.as_str(), spread_text(mid), Font::MonoBold12, color(mid, theme.direction(sign)));
        let middle = match legs {
            Some([tokens, _]) => {
                let whose = if tokens.origin == Origin::Own { "own marks" } else { "settlements" };
                let when = format::day_time(tokens.utc);
                [("Of", when, Font::Mono12, t.warn), ("Legs", whose.to_owned(), Font::Ui12, t.text_mid)]
            }
            None => [("Bid", month.spark.bid, t.bid), ("Ask", month.spark.ask, t.ask)]
                .map(|(word, value, full)| (word, spread_text(value), Font::Mono12, color(value, full))),
        };
        let break_even = ("Break-even k", ratio, Font::Mono12, t.text_hi);
        let [one, other] = middle;
        let first = [of_month, one, other, break_even];
        rows(&mut ink, &first.each_ref().map(|(word, text, font, color)| (*word, text.as_str(), *font, *color)));
        let hedge = pair.hedge(self.k);
        let lots = hedge.map_or_else(|| NONE.to_owned(), |h| format!("{} : {}", h.neutral.token_lots, h.gpu_lots));
        let residual = hedge.map_or_else(|| NONE.to_owned(), |h| format!("{} Mtok", whole_signed(h.residual_mtok())));
        let words = format!("Lots, {} : {}", pair.tokens, pair.gpu);
        rows(&mut ink, &[(&words, &lots, Font::Mono12, t.text_hi), ("Residual", &residual, Font::Mono12, t.text_mid)]);
        let has_room = y + 2.0 + BUTTON + 12.0 + 2.0 * ROW <= side.max.y;
        let button = (has_room || !is_looked_at).then_some(y + 2.0);
        if has_room {
            y += BUTTON + 8.0;
        }
        if !has_room && !is_looked_at {
            ink.paint(&ui.painter().with_clip_rect(side.intersect(ui.clip_rect())));
            return button;
        }
        // What it is all made of: the legs, bid and ask.
        ink.hline(side.x_range(), y, 1.0, t.line);
        y += 6.0 + ROW / 2.0;
        for (product, touch, decimals) in [(&pair.tokens, month.tokens, 3), (&pair.gpu, month.gpu, 2)] {
            let words = format!("{product} {name}");
            ink.text(place::from(side.min.x, y), Align::Min, Font::Ui12, &words, t.text_lo);
            let mut x = side.max.x;
            let sides = [(touch.ask, t.ask), (touch.bid, t.bid)];
            let known = [(touch.mid(), t.text_hi)];
            let shown = if legs.is_some() { &known[..] } else { &sides[..] };
            for &(price, color) in shown {
                let format = PriceFormat { decimals, sign: Sign::Negative };
                let (text, color) = match price {
                    Some(price) => (format.text(Price::from_f64_lossy(price)), color),
                    None => (NONE.to_owned(), t.text_lo),
                };
                ink.text(place::until(x, y), Align::Max, Font::Mono12, &text, color);
                x -= ink.width(Font::Mono12, &text) + 6.0;
            }
            y += ROW;
        }
        ink.paint(&ui.painter().with_clip_rect(side.intersect(ui.clip_rect())));
        button
    }
}

/// A month as a screen reader says it.
fn sentence(month: &SparkMonth, past: Option<Utc>) -> String {
    let ratio = figures::break_even(month).map_or_else(|| NONE.to_owned(), |k| format!("{k:.2}"));
    let spread = month.spark;
    let [mid, bid, ask] = [spread.mid(), spread.bid, spread.ask].map(spread_text);
    let quoted = match past {
        None => format!("bid {bid}, ask {ask}"),
        Some(at) => format!("as of {}", format::day_time(at)),
    };
    format!("{} {mid}, {quoted}, break-even k {ratio}", month.month.screen())
}

/// `+0.196`.
fn spread_text(value: Option<f64>) -> String {
    PriceFormat { decimals: 3, sign: Sign::Always }.opt(value.map(Price::from_f64_lossy))
}

/// `−8`.
fn whole_signed(value: f64) -> String {
    format::change(Price::from_f64_lossy(value), 0)
}

/// `1.50`, with as many decimals as were typed.
fn k_text(k: f64) -> String {
    let k = Price::from_f64_lossy(k);
    format::price(k, k.decimals().max(2))
}
