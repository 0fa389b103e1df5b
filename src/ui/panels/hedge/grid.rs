//! The months of a plan as a table: what is typed at the left, what it means at the right, all of it below.

use std::collections::BTreeSet;

use egui::{Align, Rect, Ui, UiBuilder, pos2, vec2};

use super::export::{lots_text, units_text};
use super::figures::{Figures, Listing, MonthRow, OrderRow};
use super::input::{Column, Input, InputError, days, plain_number};
use crate::curves::period::Period;
use crate::domain::contract::Month;
use crate::domain::instrument::Unit;
use crate::domain::number::{Price, Qty, Side};
use crate::ui::context::PanelContext;
use crate::ui::format::{self, NONE, PriceFormat, Sign};
use crate::ui::panels::tabs::RowScroll;
use crate::ui::place;
use crate::ui::theme::icons;
use crate::ui::widgets::chip::{state_color, state_shape};
use crate::ui::widgets::controls::number_field;
use crate::ui::widgets::ink::{Font, Ink};

const ROW: f32 = 19.0;
const HEADS: f32 = 16.0;
const TOTAL: f32 = 22.0;
const COMPLAINT: f32 = 18.0;
/// Where the fields begin and end, and where each number ends, from the left.
const FIELDS: [(f32, f32); 2] = [(48.0, 98.0), (102.0, 138.0)];
const UNITS: f32 = 206.0;
const LOTS: f32 = 254.0;
const OPEN: f32 = 304.0;
const PRICE: f32 = 354.0;
const STATE: f32 = 362.0;

/// View state of the table.
#[derive(Debug, Default)]
pub struct Grid {
    scroll: RowScroll,
    /// The cell being typed into, and its text as it stands.
    typing: Option<(Month, Column, String)>,
}

/// What is drawn of one plan.
struct Table<'a> {
    listing: &'a Listing,
    figures: &'a Figures,
    price: PriceFormat,
}

impl Grid {
    /// Draws the table; says what became of a number that was typed.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        ctx: &PanelContext<'_>,
        area: Rect,
        (listing, figures): (&Listing, &Figures),
        input: &mut Input,
        complaint: Option<&str>,
    ) -> Option<Result<(), InputError>> {
        let t = &ctx.theme.tokens;
        let price = PriceFormat { decimals: listing.tick_decimals + 2, sign: Sign::Negative };
        let table = Table { listing, figures, price };
        let mut ink = Ink::new(ui.ctx());
        let head_y = area.top() + HEADS / 2.0;
        ink.text(place::from(area.left(), head_y), Align::Min, Font::Ui11, "Month", t.text_lo);
        for (column, (_, end)) in Column::of(listing.unit).iter().zip(fields(listing.unit)) {
            ink.text(place::until(area.left() + end - 5.0, head_y), Align::Max, Font::Ui11, column.word(), t.text_lo);
        }
        let money = if ctx.as_of().is_live() { "All-in" } else { "Curve" };
        for (word, end) in [(listing.unit.label(), UNITS), ("Lots", LOTS), ("Open", OPEN), (money, PRICE)] {
            ink.text(place::until(area.left() + end, head_y), Align::Max, Font::Ui11, word, t.text_lo);
        }
        let mut bottom = area.bottom();
        if let Some(complaint) = complaint {
            let y = bottom - COMPLAINT / 2.0;
            let icon = icons::WARNING.encode_utf8(&mut [0; 4]).to_owned();
            let end = ink.text(place::from(area.left(), y), Align::Min, Font::IconFill12, &icon, t.warn);
            ink.text(place::from(end + 4.0, y), Align::Min, Font::Ui11, complaint, t.warn);
            let line = Rect::from_min_max(pos2(area.left(), bottom - COMPLAINT), pos2(area.right(), bottom));
            super::told(ui, line, "complaint", complaint, complaint);
            bottom -= COMPLAINT;
        }
        let total = Rect::from_min_max(pos2(area.left(), bottom - TOTAL), pos2(area.right(), bottom));
        table.total(ui, ctx, &mut ink, total);
        let list = Rect::from_min_max(pos2(area.left(), area.top() + HEADS), pos2(area.right(), total.top()));
        ink.paint(&ui.painter().with_clip_rect(area.intersect(ui.clip_rect())));
        let months: BTreeSet<Month> =
            listing.months().map(|(month, _)| month).chain(figures.months.iter().map(|row| row.month)).collect();
        let months: Vec<Month> = months.into_iter().collect();
        let (first, top) = self.scroll.rows(ui, ctx.theme, list, ROW, months.len());
        let mut edited = None;
        ui.scope_builder(UiBuilder::new().max_rect(list).id_salt("months"), |ui| {
            ui.set_clip_rect(list.intersect(ui.clip_rect()));
            for (at, month) in months.iter().enumerate().skip(first) {
                let y = top + (at - first) as f32 * ROW;
                if y >= list.bottom() {
                    break;
                }
                let row = Rect::from_min_size(pos2(list.left(), y), vec2(list.width(), ROW));
                table.row(ui, ctx, row, *month, input);
                edited = self.fields_ui(ui, ctx, row, *month, listing.unit, input).or(edited.take());
            }
        });
        edited
    }

    fn fields_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &PanelContext<'_>,
        row: Rect,
        month: Month,
        unit: Unit,
        input: &mut Input,
    ) -> Option<Result<(), InputError>> {
        let mut edited = None;
        for (column, (start, end)) in Column::of(unit).iter().copied().zip(fields(unit)) {
            let place = Rect::from_min_max(
                pos2(row.left() + start, row.top() + 1.0),
                pos2(row.left() + end, row.bottom() - 1.0),
            );
            let is_typing = self.typing.as_ref().is_some_and(|(of, at, _)| (*of, *at) == (month, column));
            let mut text = match &self.typing {
                Some((_, _, text)) if is_typing => text.clone(),
                _ => input.cell(month, column),
            };
            let name = format!("{} in {}", column.word(), month.screen());
            let typed = number_field(ui, ctx.theme, place, &name, &mut text, ctx.theme.tokens.text_hi);
            if typed.changed {
                edited = Some(input.type_cell(month, column, &text));
            }
            if typed.steps != 0 {
                let now = format::parse_price(&text).map_or(0.0, Price::to_f64_lossy);
                text = plain_number((now + typed.steps as f64).max(0.0));
                edited = Some(input.type_cell(month, column, &text));
            }
            if typed.has_focus {
                self.typing = Some((month, column, text));
            } else if is_typing {
                self.typing = None;
            }
        }
        edited
    }
}

const fn fields(unit: Unit) -> [(f32, f32); 2] {
    match unit {
        Unit::Mtok => [(FIELDS[0].0, FIELDS[1].1), FIELDS[1]],
        Unit::GpuHour | Unit::Other => FIELDS,
    }
}

impl Table<'_> {
    fn order(&self, month: Month) -> Option<&OrderRow> {
        self.figures.orders.iter().find(|row| row.order.period == Period::month(month))
    }

    /// What a month comes to, at the right of its fields.
    fn row(&self, ui: &Ui, ctx: &PanelContext<'_>, row: Rect, month: Month, input: &Input) {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let y = row.center().y;
        let plan = self.figures.months.iter().find(|at| at.month == month);
        let is_used = plan.is_some();
        let name_ink = if is_used { t.text_hi } else { t.text_lo };
        ink.text(place::from(row.left(), y), Align::Min, Font::Ui12, &month.screen(), name_ink);
        let put = |ink: &mut Ink, end: f32, text: &str, color| {
            ink.text(place::until(row.left() + end, y), Align::Max, Font::Mono12, text, color);
        };
        let Some(plan) = plan else {
            ink.paint(ui.painter());
            return;
        };
        let order = self.order(month);
        let price = self.price_text(order, plan, ctx);
        let half = self.listing.size as f64 / 2.0;
        let open_ink = if plan.residual.abs() > half + 1e-6 { t.warn } else { t.text_mid };
        let lots = if plan.instrument.is_some() { lots_text(plan.lots) } else { NONE.to_owned() };
        put(&mut ink, UNITS, &units_text(plan.needed.abs()), t.text_mid);
        put(&mut ink, LOTS, &lots, theme.side(if plan.lots < 0 { Side::Ask } else { Side::Bid }).full);
        put(&mut ink, OPEN, &open_text(plan.residual), open_ink);
        let is_live = order.is_none_or(|order| order.state.is_live()) || !ctx.as_of().is_live();
        let is_short = order.is_some_and(|order| order.state.is_live() && order.is_short());
        let price_ink = if is_short {
            t.warn
        } else if is_live {
            t.text_hi
        } else {
            t.stale
        };
        put(&mut ink, PRICE, &price, price_ink);
        if let Some(order) = order.filter(|_| ctx.as_of().is_live()) {
            state_shape(&mut ink, pos2(row.left() + STATE, y), order.state, state_color(theme, order.state));
        }
        ink.paint(ui.painter());
        let label = format!(
            "{}: {} {}, {lots} lots, open {}, at {price}",
            month.screen(),
            units_text(plan.needed.abs()),
            self.listing.unit.label(),
            open_text(plan.residual)
        );
        let after_fields =
            Rect::from_min_max(pos2(row.left() + 140.0, row.top()), pos2(row.left() + STATE + 6.0, row.bottom()));
        super::told(ui, after_fields, ("month", month), &label, &self.inputs(ctx, month, plan, order, input));
    }

    fn price_text(&self, order: Option<&OrderRow>, plan: &MonthRow, ctx: &PanelContext<'_>) -> String {
        if !ctx.as_of().is_live() {
            return self.price.opt(plan.forward.map(Price::from_f64_lossy));
        }
        let average =
            order.filter(|order| !order.is_short()).and_then(|order| order.walk?.average_lossy(self.listing.size));
        match order {
            Some(order) if order.state.is_live() && order.is_short() => "thin".to_owned(),
            _ => self.price.opt(average.map(Price::from_f64_lossy)),
        }
    }

    /// What a month's figures are made of.
    fn inputs(
        &self,
        ctx: &PanelContext<'_>,
        month: Month,
        plan: &MonthRow,
        order: Option<&OrderRow>,
        input: &Input,
    ) -> String {
        let (unit, need) = (self.listing.unit.label(), input.need(month));
        let needed = units_text(plan.needed.abs());
        let mut lines = vec![match self.listing.unit {
            Unit::Mtok => format!("{needed} {unit} typed"),
            _ => {
                let (gpus, hours) = (plain_number(need.gpus), plain_number(need.hours_a_day));
                format!("{gpus} GPUs × {hours} h × {} days = {needed} {unit}", days(month))
            }
        }];
        let lots = plan.needed / self.listing.size as f64;
        lines.push(format!(
            "÷ {} {unit} a lot = {lots:.2} lots, rounded to {}",
            self.listing.size,
            lots_text(plan.lots)
        ));
        match (plan.instrument, order) {
            (None, _) => lines.push("The venue lists no contract of this month: all of it stays open".to_owned()),
            (Some(id), Some(order)) => lines.push(self.walk_words(ctx, id, order)),
            (Some(_), None) => {}
        }
        lines.join("\n")
    }

    /// The levels that an order goes through.
    fn walk_words(
        &self,
        ctx: &PanelContext<'_>,
        id: crate::domain::instrument::InstrumentId,
        order: &OrderRow,
    ) -> String {
        let Some(terms) = ctx.view.instrument(id) else { return String::new() };
        if !ctx.as_of().is_live() {
            return "Of a past instant there is no book".to_owned();
        }
        if !order.state.is_live() {
            return format!("{} is {}: no cost", terms.contract, order.state.word());
        }
        let format = PriceFormat::of(terms);
        let Some(market) = ctx.view.market(id) else { return String::new() };
        let mut left = Qty::lots(order.order.lots);
        let mut parts = Vec::new();
        for level in market.book.levels(order.order.side.opposite()) {
            if left.is_zero() {
                break;
            }
            let taken = left.min(level.qty);
            parts.push(format!("{} at {}", format::lots(taken), format.text(level.price)));
            left -= taken;
        }
        let more = parts.len().saturating_sub(6);
        parts.truncate(6);
        let rest = if more > 0 { format!(" and {more} levels more") } else { String::new() };
        let missing =
            if left.is_zero() { String::new() } else { format!("; {} lots are not there", format::lots(left)) };
        format!(
            "{} {}: {}{rest}{missing}; {} ago",
            order.order.side.verb(),
            terms.contract,
            parts.join(", "),
            format::age(market.book.age(ctx.now))
        )
    }

    fn total(&self, ui: &Ui, ctx: &PanelContext<'_>, ink: &mut Ink, row: Rect) {
        let t = &ctx.theme.tokens;
        ink.hline(row.x_range(), row.top() + 1.0, 1.0, t.line);
        let y = row.center().y + 1.0;
        let figures = self.figures;
        let average = match ctx.as_of().is_live() {
            true => figures.average,
            false => figures.at_curve.map(|cost| cost / figures.hedged).filter(|price| price.is_finite()),
        };
        let (units, lots, open) =
            (units_text(figures.needed.abs()), lots_text(figures.lots), open_text(figures.residual()));
        let price = self.price.opt(average.map(Price::from_f64_lossy));
        ink.text(place::from(row.left(), y), Align::Min, Font::UiBold12, "Total", t.text_hi);
        for (text, end) in [(&units, UNITS), (&lots, LOTS), (&open, OPEN), (&price, PRICE)] {
            ink.text(place::until(row.left() + end, y), Align::Max, Font::MonoBold12, text, t.text_hi);
        }
        let label = format!("Total: {units} {}, {lots} lots, open {open}, at {price}", self.listing.unit.label());
        super::told(ui, row, "total", &label, "Sums over the months; the price is all orders' cost over all they hold");
    }
}

fn open_text(units: f64) -> String {
    format::change(Price::from_f64_lossy(units), 0)
}
