//! Cumulative depth around the touch, our orders on it, and what a hundred contracts would cost now.

use egui::{Align, Rect, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::message;
use crate::domain::instrument::Instrument;
use crate::domain::number::{Money, Price, Qty, Side};
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, PriceFormat};
use crate::ui::theme::icons;
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::book::{BookState, BookView};

/// Ticks shown to either side of the middle.
const REACH_TICKS: i64 = 15;
/// The size that the cost is worked out for.
const PROBE: Qty = Qty::lots(100);

/// View state: the group only.
#[derive(Debug, Default)]
pub struct Depth {
    pub group: LinkGroup,
}

impl Depth {
    pub fn new(group: LinkGroup) -> Self {
        Self { group }
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let Some((id, instrument, market)) = ctx.chosen(self.group) else {
            let head =
                header(ui, ctx.theme, rect, &Header { title: "Depth", link: Some(self.group), ..Header::default() });
            let detail = "Choose a month in the market panel";
            message::empty(ui, ctx.theme, head.body, icons::LIST_DASHES, "No contract", detail);
            return head.response;
        };
        let state = ctx.book_state(id);
        let age = (state != BookState::Connecting).then(|| market.book.age(ctx.now));
        let subtitle = format!("{}, cumulative lots", instrument.contract);
        let head = Header {
            title: "Depth",
            subtitle: &subtitle,
            link: Some(self.group),
            state: Some((state, age)),
            ..Header::default()
        };
        let outcome = header(ui, ctx.theme, rect, &head);
        let (Some(mid), true) = (market.book.mid(), outcome.body.height() >= 60.0 && rect.width() >= 160.0) else {
            if outcome.body.height() >= 24.0 {
                let detail = "Both sides are needed to draw it";
                message::empty(ui, ctx.theme, outcome.body, icons::PLUGS, "No depth yet", detail);
            }
            return outcome.response;
        };
        let area = ui.interact(outcome.body, ui.scope_id().with("depth"), egui::Sense::hover());
        let label = format!("{} depth", instrument.contract);
        area.widget_info(move || WidgetInfo::labeled(Role::Canvas, true, label.clone()));
        let mut ink = Ink::new(ui.ctx());
        let chart = Chart::new(outcome.body, &market.book, instrument, mid);
        if !state.is_live() {
            ink.hatch(chart.plot, 8.0, ctx.theme.tokens.line);
        }
        chart.draw(&mut ink, ctx, state, ctx.view.trading.orders.iter().filter(|o| o.instrument == id));
        if let Some((_, price)) = ctx.selection.hover.filter(|(hovered, _)| *hovered == id) {
            chart.mark_price(&mut ink, ctx, price);
        }
        ink.paint(&ui.painter().with_clip_rect(rect));
        outcome.response
    }
}

/// Places of one frame.
struct Chart<'a> {
    body: Rect,
    plot: Rect,
    book: &'a BookView,
    instrument: &'a Instrument,
    mid: Price,
    low: Price,
    high: Price,
    /// Top of the scale, in contracts.
    most: f64,
}

impl<'a> Chart<'a> {
    fn new(body: Rect, book: &'a BookView, instrument: &'a Instrument, mid: Price) -> Self {
        let plot = Rect::from_min_max(body.min + vec2(10.0, 12.0), pos2(body.max.x - 46.0, body.max.y - 22.0));
        let reach = REACH_TICKS * instrument.tick.0;
        let (low, high) = (Price(mid.0 - reach), Price(mid.0 + reach));
        let total = |side: Side| -> f64 {
            let seen = book.levels(side).iter().filter(|level| level.price >= low && level.price <= high);
            seen.map(|level| level.qty).sum::<Qty>().to_f64_lossy()
        };
        let most = (total(Side::Bid).max(total(Side::Ask)) * 1.08).max(1.0);
        Self { body, plot, book, instrument, mid, low, high, most }
    }

    fn x(&self, price: Price) -> f32 {
        let along = (price.0 - self.low.0) as f32 / (self.high.0 - self.low.0).max(1) as f32;
        self.plot.min.x + along * self.plot.width()
    }

    fn y(&self, lots: f64) -> f32 {
        self.plot.max.y - (lots / self.most) as f32 * self.plot.height()
    }

    fn draw<'o>(
        &self,
        ink: &mut Ink,
        ctx: &PanelContext<'_>,
        state: BookState,
        orders: impl Iterator<Item = &'o crate::view::trading::OrderView>,
    ) {
        let t = &ctx.theme.tokens;
        let step = nice_step(self.most / 2.0);
        let mut lots = 0.0;
        while lots <= self.most {
            let y = self.y(lots);
            ink.hline(self.plot.x_range(), y, 1.0, t.line);
            let label = Rect::from_min_max(pos2(self.plot.max.x, y - 8.0), pos2(self.body.max.x - 8.0, y + 8.0));
            ink.text(label, Align::Max, Font::Mono11, &format::count(lots as u64), t.text_lo);
            lots += step;
        }
        for side in Side::BOTH {
            self.staircase(ink, ctx, side, state);
        }
        self.price_axis(ink, ctx);
        for order in orders.filter(|order| order.phase.is_open()) {
            if let Some(price) = order.price.filter(|price| *price >= self.low && *price <= self.high) {
                let at = pos2(self.x(price), self.y(self.cumulative(order.side, price).to_f64_lossy()));
                ink.rect(Rect::from_center_size(at, vec2(8.0, 8.0)), t.bg1);
                ink.rect(Rect::from_center_size(at, vec2(6.0, 6.0)), t.own);
            }
        }
        if self.plot.height() >= 70.0 && self.plot.width() >= 260.0 {
            let middle = self.x(self.mid);
            self.cost(ink, ctx, Side::Ask, middle - 14.0, Align::Max, state);
            self.cost(ink, ctx, Side::Bid, middle + 14.0, Align::Min, state);
        }
    }

    fn cumulative(&self, side: Side, price: Price) -> Qty {
        let better = |level: &&crate::domain::book::Level| side.reaches(level.price, price);
        self.book.levels(side).iter().take_while(better).map(|level| level.qty).sum()
    }

    fn staircase(&self, ink: &mut Ink, ctx: &PanelContext<'_>, side: Side, state: BookState) {
        let inks = ctx.theme.side(side);
        let (fill, line) = match state {
            BookState::Live => (inks.depth, inks.full),
            _ => (ctx.theme.stale_bar, ctx.theme.tokens.stale),
        };
        let base = self.plot.max.y;
        let mut sum = Qty::ZERO;
        let mut from: Option<(f32, f32)> = None;
        for level in self.book.levels(side) {
            let inside = level.price >= self.low && level.price <= self.high;
            let x = if inside { self.x(level.price) } else { self.edge(side) };
            let (start, y) = from.unwrap_or((x, base));
            ink.rect(Rect::from_x_y_ranges(start.min(x)..=start.max(x), y..=base), fill);
            ink.hline(start.min(x)..=start.max(x), y - 0.75, 1.5, line);
            if !inside {
                return;
            }
            sum += level.qty;
            let higher = self.y(sum.to_f64_lossy());
            ink.vline(x - 0.75, higher - 0.75..=y + 0.75, 1.5, line);
            from = Some((x, higher));
        }
        if let Some((x, y)) = from {
            let end = self.edge(side);
            ink.rect(Rect::from_x_y_ranges(x.min(end)..=x.max(end), y..=base), fill);
            ink.hline(x.min(end)..=x.max(end), y - 0.75, 1.5, line);
        }
    }

    fn edge(&self, side: Side) -> f32 {
        match side {
            Side::Bid => self.plot.min.x,
            Side::Ask => self.plot.max.x,
        }
    }

    fn price_axis(&self, ink: &mut Ink, ctx: &PanelContext<'_>) {
        let t = &ctx.theme.tokens;
        let middle = self.x(self.mid);
        let mut y = self.plot.min.y;
        while y < self.plot.max.y {
            ink.vline(middle, y..=y + 2.0, 1.0, t.text_lo);
            y += 5.0;
        }
        let format = PriceFormat::of(self.instrument);
        let step = 5 * self.instrument.tick.0;
        let mut price = Price(-(-self.low.0).div_euclid(step) * step);
        while price <= self.high {
            let at = pos2(self.x(price), self.body.max.y - 11.0);
            let label = Rect::from_center_size(at, vec2(60.0, 16.0));
            if label.center().x > self.plot.min.x + 12.0 && label.center().x < self.plot.max.x + 4.0 {
                ink.text(label, Align::Center, Font::Mono11, &format.text(price), t.text_lo);
            }
            price = Price(price.0 + step);
        }
    }

    /// What trading [`PROBE`] on `side` would cost against the middle.
    fn cost(&self, ink: &mut Ink, ctx: &PanelContext<'_>, side: Side, x: f32, align: Align, state: BookState) {
        let t = &ctx.theme.tokens;
        let line = |top: f32| {
            let (left, right) = if align == Align::Max { (self.plot.min.x, x) } else { (x, self.plot.max.x) };
            Rect::from_min_max(pos2(left, self.plot.min.y + top), pos2(right, self.plot.min.y + top + 15.0))
        };
        let heading = format!("{} {} now", side.verb(), format::lots(PROBE));
        let sweep = state.is_live().then(|| sweep(self.book, side, PROBE, self.instrument.contract_size)).flatten();
        let (price, detail) = match sweep {
            Some(average) => {
                let away = Price(average.0 - self.mid.0);
                let ticks = away.0 as f64 / self.instrument.tick.0 as f64;
                let sign = if ticks < 0.0 { format::MINUS } else { '+' };
                let paid = Money::notional(Price(away.0.abs()), PROBE, self.instrument.contract_size);
                let format = PriceFormat::of(self.instrument).finer(2);
                (format.text(average), format!("{sign}{:.1} t, ${}", ticks.abs(), format::money_whole(paid)))
            }
            None => (format::NONE.to_owned(), "not that many there".to_owned()),
        };
        ink.text(line(0.0), align, Font::Ui11, &heading, t.text_lo);
        ink.text(line(15.0), align, Font::MonoBold13, &price, t.text_hi);
        ink.text(line(30.0), align, Font::Mono11, &detail, t.text_lo);
    }

    fn mark_price(&self, ink: &mut Ink, ctx: &PanelContext<'_>, price: Price) {
        if price >= self.low && price <= self.high {
            ink.vline(self.x(price), self.plot.y_range(), 1.0, ctx.theme.tokens.line_hi);
        }
    }
}

/// Average price of taking `qty` from the opposite side now; `None` when it is not there.
fn sweep(book: &BookView, side: Side, qty: Qty, contract_size: i64) -> Option<Price> {
    let (mut left, mut paid) = (qty, Money::ZERO);
    for level in book.levels(side.opposite()) {
        let take = left.min(level.qty);
        paid += Money::notional(level.price, take, contract_size);
        left -= take;
    }
    let units = i128::from(qty.whole_lots()) * i128::from(contract_size);
    (left.is_zero() && units > 0).then(|| Price(i64::try_from(paid.0 / units).unwrap_or(i64::MAX)))
}

/// 1, 2 or 5 times a power of ten, at or below `wanted`.
fn nice_step(wanted: f64) -> f64 {
    let power = 10.0_f64.powf(wanted.max(1.0).log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|step| step * power).find(|step| *step <= wanted).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::book::Level;

    #[test]
    fn a_sweep_pays_level_by_level() {
        let level = |price: &str, lots| Level { price: Price::parse(price).unwrap(), qty: Qty::lots(lots) };
        let asks = vec![level("2.80", 64), level("2.81", 118)];
        let book = BookView { asks, ..BookView::default() };
        let average = sweep(&book, Side::Bid, Qty::lots(100), 730).unwrap();
        assert_eq!(average, Price::parse("2.8036").unwrap());
        assert_eq!(sweep(&book, Side::Bid, Qty::lots(183), 730), None);
        assert_eq!(sweep(&book, Side::Ask, Qty::lots(1), 730), None);
    }

    #[test]
    fn steps_are_round() {
        assert_eq!([nice_step(1300.0), nice_step(480.0), nice_step(2.4), nice_step(0.3)], [1000.0, 200.0, 2.0, 1.0]);
    }
}
