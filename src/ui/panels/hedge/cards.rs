//! What a plan comes to, in four cards: cost, moves of the index, a broker's rate, and basis risk.

use egui::{Align, Color32, Rect, Ui, pos2, vec2};

use super::export::{dollars, units_text, verdict};
use super::figures::{Figures, Listing, Paid, Strays};
use super::input::{Input, InputError, Role};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::ui::context::PanelContext;
use crate::ui::format::{self, NONE, PriceFormat, Sign};
use crate::ui::place;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::button::Button;
use crate::ui::widgets::controls::number_field;
use crate::ui::widgets::ink::{Font, Ink};

const LINE: f32 = 18.0;
const TITLE: f32 = 24.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Card {
    #[default]
    Cost,
    Moves,
    Quote,
    Basis,
}

impl Card {
    pub const ALL: [Self; 4] = [Self::Cost, Self::Moves, Self::Quote, Self::Basis];

    /// On its tab.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cost => "Cost",
            Self::Moves => "Moves",
            Self::Quote => "Quote",
            Self::Basis => "Basis",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Cost => "Cost of the hedge",
            Self::Moves => "If the index moves",
            Self::Quote => "A broker's quote",
            Self::Basis => "Basis risk",
        }
    }

    /// As tall as its card is drawn.
    const fn height(self) -> f32 {
        LINE * match self {
            Self::Cost => 8.0,
            Self::Moves => 7.5,
            Self::Quote => 9.5,
            Self::Basis => 9.0,
        }
    }
}

/// View state of the cards.
#[derive(Debug, Default)]
pub struct Cards {
    pub shown: Card,
    /// The rate while it is being typed.
    typing: Option<String>,
    /// Which of the other indices the exposure is taken to follow.
    index: usize,
}

/// One card as it is being drawn, line by line.
struct Lines<'a> {
    ui: &'a Ui,
    theme: &'a Theme,
    ink: Ink,
    area: Rect,
    y: f32,
}

impl Lines<'_> {
    fn line(&mut self, label: &str, value: &str, color: Color32, inputs: &str) {
        let row = Rect::from_min_size(pos2(self.area.left(), self.y), vec2(self.area.width(), LINE));
        let middle = row.center().y;
        self.ink.text(place::from(row.left(), middle), Align::Min, Font::Ui12, label, self.theme.tokens.text_lo);
        self.ink.text(place::until(row.right(), middle), Align::Max, Font::Mono12, value, color);
        super::told(self.ui, row, ("line", label), &format!("{label}: {value}"), inputs);
        self.y += LINE;
    }

    /// A sentence over as many lines as it needs.
    fn say(&mut self, words: &str, color: Color32, warns: bool) {
        self.y += 3.0;
        let mut left = self.area.left();
        if warns {
            let icon = icons::WARNING.encode_utf8(&mut [0; 4]).to_owned();
            left = self.ink.text(place::from(left, self.y + 7.0), Align::Min, Font::IconFill12, &icon, color) + 4.0;
        }
        let top = self.y;
        let mut line = String::new();
        let flush = |lines: &mut Self, line: &str| {
            lines.ink.text(place::from(left, lines.y + 7.0), Align::Min, Font::Ui11, line, color);
            lines.y += 14.0;
        };
        for word in words.split(' ') {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.ink.width(Font::Ui11, &longer) > self.area.right() - left && !line.is_empty() {
                flush(self, &line);
                word.clone_into(&mut line);
            } else {
                line = longer;
            }
        }
        flush(self, &line);
        let place = Rect::from_min_max(pos2(self.area.left(), top), pos2(self.area.right(), self.y));
        super::told(self.ui, place, ("words", words), words, "");
    }

    fn paint(mut self) {
        self.ink.paint(&self.ui.painter().with_clip_rect(self.area.intersect(self.ui.clip_rect())));
    }
}

/// What a plan is drawn from.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    pub listing: &'a Listing,
    pub figures: &'a Figures,
}

impl Cards {
    /// All cards below each other, each under its title.
    pub fn all_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &PanelContext<'_>,
        area: Rect,
        plan: Plan<'_>,
        input: &mut Input,
    ) -> Option<Result<(), InputError>> {
        let mut top = area.top();
        let mut edited = None;
        for card in Card::ALL {
            let mut ink = Ink::new(ui.ctx());
            ink.text(
                place::from(area.left(), top + 10.0),
                Align::Min,
                Font::UiBold12,
                card.title(),
                ctx.theme.tokens.text_hi,
            );
            ink.hline(area.x_range(), top + 20.0, 1.0, ctx.theme.tokens.line);
            ink.paint(ui.painter());
            top += TITLE;
            let below = Rect::from_min_max(
                pos2(area.left(), top),
                pos2(area.right(), (top + card.height()).min(area.bottom())),
            );
            edited = self.one_ui(ui, ctx, below, card, plan, input).or(edited);
            top = below.bottom() + 8.0;
        }
        edited
    }

    /// One card; says what became of a rate that was typed.
    pub fn one_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &PanelContext<'_>,
        area: Rect,
        card: Card,
        plan: Plan<'_>,
        input: &mut Input,
    ) -> Option<Result<(), InputError>> {
        let lines = |ui| Lines { ui, theme: ctx.theme, ink: Ink::new(ui.ctx()), area, y: area.top() };
        match card {
            Card::Cost => cost(lines(ui), ctx, plan),
            Card::Moves => moves(lines(ui), plan, input.role),
            Card::Quote => {
                let edited = self.rate_ui(ui, ctx, area, plan, input);
                let mut lines = lines(ui);
                lines.y += 28.0;
                quote(lines, plan, input.role);
                return edited;
            }
            Card::Basis => {
                let strays = &plan.figures.strays;
                self.index = self.index.min(strays.len().saturating_sub(1));
                if let Some(shown) = strays.get(self.index) {
                    let text = format!("I pay by: {}", shown.description);
                    let place = Rect::from_min_size(area.min, vec2(area.width(), 22.0));
                    if Button::new(&text).put(ui, ctx.theme, place).clicked() {
                        self.index = (self.index + 1) % strays.len();
                    }
                }
                let mut lines = lines(ui);
                lines.y += 26.0;
                basis(lines, plan, strays.get(self.index));
            }
        }
        None
    }

    fn rate_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &PanelContext<'_>,
        area: Rect,
        plan: Plan<'_>,
        input: &mut Input,
    ) -> Option<Result<(), InputError>> {
        let t = &ctx.theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let label = format!("Reserved rate, $/{}", plan.listing.unit.label());
        ink.text(place::from(area.left(), area.top() + 12.0), Align::Min, Font::Ui12, &label, t.text_lo);
        ink.paint(ui.painter());
        let field = Rect::from_min_max(pos2(area.right() - 84.0, area.top()), pos2(area.right(), area.top() + 24.0));
        let saved = input.rate.map(|rate| format::price(rate, rate.decimals().max(2))).unwrap_or_default();
        let mut text = self.typing.clone().unwrap_or(saved);
        let typed = number_field(ui, ctx.theme, field, "Reserved rate", &mut text, t.text_hi);
        let edited = typed.changed.then(|| input.type_rate(&text));
        self.typing = typed.has_focus.then_some(text);
        edited
    }
}

fn money_text(value: Option<Money>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format::money(Money(value.0.abs())))
}

fn rate_text(value: Option<f64>, decimals: usize, sign: Sign) -> String {
    PriceFormat { decimals, sign }.opt(value.map(Price::from_f64_lossy))
}

fn cost(mut lines: Lines<'_>, ctx: &PanelContext<'_>, Plan { listing, figures }: Plan<'_>) {
    let t = lines.theme.tokens.clone();
    let unit = listing.unit.label();
    let verb = figures.side.verb();
    let lots = format::lots(Qty::lots(figures.lots.abs()));
    let (needed, hedged) = (units_text(figures.needed.abs()), units_text(figures.hedged.abs()));
    let months = figures.months.len();
    lines.line("Need", &format!("{needed} {unit}"), t.text_hi, &format!("Sum of {months} months"));
    let words = format!("{lots} lots × {} {unit}", listing.size);
    lines.line(
        verb,
        &format!("{lots} lots"),
        lines.theme.side(figures.side).full,
        &format!("{words} = {hedged} {unit}"),
    );
    let largest = figures.months.iter().map(|row| row.residual.abs()).fold(0.0, f64::max);
    let open = format::change(Price::from_f64_lossy(figures.residual()), 0);
    let most =
        format!("{needed} needed less {hedged} hedged, signed as bought; at most {} in one month", units_text(largest));
    lines.line("Open", &format!("{open} {unit}"), t.text_hi, &most);
    let each = |of: &dyn Fn(&super::figures::OrderRow) -> String| {
        figures.orders.iter().map(|row| format!("{}: {}", row.order.period, of(row))).collect::<Vec<_>>().join("\n")
    };
    let touches = each(&|row| {
        let price = PriceFormat { decimals: listing.tick_decimals, sign: Sign::Negative }.opt(row.touch);
        format!("{} lots at {price}, {}", row.order.lots, row.state.word())
    });
    lines.line("At the touch", &money_text(figures.at_touch), t.text_hi, &touches);
    let walks = each(&|row| match row.walk {
        Some(walk) => format!(
            "{} of {} lots, {}",
            format::lots(walk.filled),
            row.order.lots,
            format::money(Money(walk.cost.0.abs()))
        ),
        None => NONE.to_owned(),
    });
    let is_short = figures.orders.iter().any(super::figures::OrderRow::is_short);
    lines.line("Through the books", &money_text(figures.with_depth), t.text_hi, &walks);
    let decimals = listing.tick_decimals + 2;
    let average = rate_text(figures.average, decimals, Sign::Negative);
    lines.line(
        &format!("All-in, $/{unit}"),
        &average,
        t.text_hi,
        &format!("Through the books over {hedged} {unit}, before fees"),
    );
    let depth =
        figures.average.zip(figures.average_at_touch).map(|(all, touch)| (all - touch) * figures.side.sign() as f64);
    let depth = rate_text(depth, decimals, Sign::Change);
    lines.line("Depth costs", &depth, t.text_hi, "All-in less the touch, the worse way positive");
    let dead = figures.dead();
    if figures.orders.is_empty() {
        lines.say("Type GPUs by month, or fill many months at once.", t.text_lo, false);
    } else if !ctx.as_of().is_live() {
        lines.say("Of a past instant there are no books, so there is no cost.", t.text_lo, false);
    } else if dead > 0 {
        lines.say(&format!("{dead} of {} books are not live: no cost.", figures.orders.len()), t.warn, true);
    } else if is_short {
        let held = format::lots(figures.fillable());
        let all: i64 = figures.orders.iter().map(|row| row.order.lots).sum();
        lines.say(&format!("The books hold {held} of {} lots.", format::lots(Qty::lots(all))), t.warn, true);
    }
    lines.paint();
}

fn moves(mut lines: Lines<'_>, Plan { figures, .. }: Plan<'_>, role: Role) {
    let t = lines.theme.tokens.clone();
    let area = lines.area;
    let sign = if role == Role::Consumer { 1.0 } else { -1.0 };
    let (unhedged, net) = if role == Role::Consumer { ("Unhedged", "Net cost") } else { ("Unhedged", "Net income") };
    let ends = [0.16, 0.44, 0.72, 1.0].map(|share| area.left() + area.width() * share);
    let head = lines.y + LINE / 2.0;
    for (word, end) in ["Index", unhedged, "Hedge P&L", net].iter().zip(ends) {
        lines.ink.text(place::until(end, head), Align::Max, Font::Ui11, word, t.text_lo);
    }
    lines.y += LINE;
    for row in &figures.scenarios {
        let middle = lines.y + LINE / 2.0;
        let profit = row.unhedged - row.hedged;
        let shift = format!("{}%", format::change(Price::from_f64_lossy(row.shift * 100.0), 0));
        let values = [dollars(row.unhedged * sign), signed(profit), dollars(row.hedged * sign)];
        let color = lines.theme.direction(Price::from_f64_lossy(profit.clamp(-1.0, 1.0)).0.signum());
        lines.ink.text(place::until(ends[0], middle), Align::Max, Font::Mono11, &shift, t.text_mid);
        for ((value, end), color) in values.iter().zip(&ends[1..]).zip([t.text_hi, color, t.text_hi]) {
            lines.ink.text(place::until(*end, middle), Align::Max, Font::Mono11, value, color);
        }
        let place = Rect::from_min_size(pos2(area.left(), lines.y), vec2(area.width(), LINE));
        let label = format!("Index {shift}: unhedged {}, hedge {}, net {}", values[0], values[1], values[2]);
        let inputs = "Unhedged: every month's need at its forward, moved as the index.\nHedge: what its lots are then worth less what was paid for them.\nNet: one less the other.";
        super::told(lines.ui, place, ("move", shift), &label, inputs);
        lines.y += LINE;
    }
    match figures.paid {
        _ if figures.scenarios.is_empty() => lines.say("Needs months with a price on the curve.", t.text_lo, false),
        Some((_, paid)) => {
            let words = format!("Every forward moves as the index; the hedge is paid {}.", paid.words());
            lines.say(&words, if paid == Paid::WithDepth { t.text_lo } else { t.warn }, paid != Paid::WithDepth);
        }
        None => {}
    }
    lines.paint();
}

fn signed(value: f64) -> String {
    format::change(Price::from_f64_lossy(value.clamp(-9e9, 9e9)), 0)
}

fn quote(mut lines: Lines<'_>, Plan { listing, figures }: Plan<'_>, role: Role) {
    let t = lines.theme.tokens.clone();
    let decimals = listing.tick_decimals + 2;
    let unit = listing.unit.label();
    let Some(quoted) = &figures.quoted else {
        lines.say("Type a reserved rate to hold it against the strip of the same months.", t.text_lo, false);
        lines.paint();
        return;
    };
    let mean = "Of the months needed, weighed by what each needs";
    let rate = |value| rate_text(value, decimals, Sign::Negative);
    let (bid, ask) = (lines.theme.side(Side::Bid).full, lines.theme.side(Side::Ask).full);
    lines.line("Strip bid", &rate(quoted.strip.bid), bid, &format!("Best bids. {mean}"));
    lines.line("Strip ask", &rate(quoted.strip.ask), ask, &format!("Best asks. {mean}"));
    lines.line("Curve", &rate(Some(quoted.fair)), t.text_hi, &format!("Forwards of the step curve. {mean}"));
    let over = rate_text(Some(quoted.check.premium), decimals, Sign::Change);
    let share = rate_text(Some(quoted.check.relative * 100.0), 1, Sign::Change);
    lines.line(
        "Rate over the curve",
        &format!("{over}, {share}%"),
        t.text_hi,
        &format!("{} less {}", rate(Some(quoted.rate)), rate(Some(quoted.fair))),
    );
    let dearer = rate_text(quoted.dearer, decimals, Sign::Change);
    lines.line(
        "Rate over all-in",
        &dearer,
        t.text_hi,
        &format!("{} less {}", rate(Some(quoted.rate)), rate(quoted.all_in)),
    );
    let in_all = quoted.dearer_in_all.map_or_else(|| NONE.to_owned(), signed);
    let inputs = format!("{dearer} × {} {unit}", units_text(figures.needed.abs()));
    lines.line("In all, $", &in_all, t.text_hi, &inputs);
    lines.say(&verdict(quoted, role, unit), t.text_mid, false);
    lines.paint();
}

fn basis(mut lines: Lines<'_>, Plan { listing, figures }: Plan<'_>, strays: Option<&Strays>) {
    let t = lines.theme.tokens.clone();
    let Some(strays) = strays else {
        lines.y = lines.area.top();
        let words = format!(
            "No other index of {} has enough fixings beside {} to measure it.",
            listing.product, listing.index_name
        );
        lines.say(&words, t.text_lo, false);
        lines.paint();
        return;
    };
    let percent = |share: f64| format!("{}%", rate_text(Some(share * 100.0), 1, Sign::Negative));
    let from = format!(
        "{} overlapping changes over 5 fixings, {:.0} days, {} against {}",
        strays.changes, strays.days, strays.index, listing.index_name
    );
    let correlation = rate_text(Some(strays.basis.correlation), 2, Sign::Negative);
    lines.line("Correlation", &correlation, t.text_hi, &from);
    let both = format!("{} : {}", percent(strays.basis.exposure_volatility), percent(strays.basis.hedge_volatility));
    lines.line("Volatility", &both, t.text_hi, &format!("A year, mine : index. {from}"));
    lines.line(
        "Least risk at",
        &format!("{} ×", rate_text(strays.ratio, 2, Sign::Negative)),
        t.text_hi,
        "Of the need's worth: correlation × volatility of mine over the index's",
    );
    let deviation = strays.deviation.map_or_else(|| NONE.to_owned(), dollars);
    let unhedged = strays.unhedged_deviation.map_or_else(|| NONE.to_owned(), dollars);
    let years = format!(
        "One standard deviation over {:.2} years, to the middle of the plan, at today's forwards",
        strays.years
    );
    lines.line("Strays by, $", &deviation, t.text_hi, &years);
    lines.line("Without a hedge, $", &unhedged, t.text_hi, &years);
    let words = format!(
        "The hedge settles to {}. If you pay by another price it takes at best {} of the variance.",
        listing.index_name,
        percent(strays.basis.effectiveness())
    );
    let has_plan = !figures.months.is_empty();
    lines.say(
        &words,
        if strays.basis.effectiveness() < 0.5 { t.warn } else { t.text_mid },
        has_plan && strays.basis.effectiveness() < 0.5,
    );
    lines.paint();
}
