//! The status strip: whose money, armed or not, profit, margin, the state of both links, the front month's average so far, and the
//! four actions that stop things. Blocks that do not fit are left out, the least needed first; the actions never are.

use egui::{Align, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::base::time::Instant;
use crate::domain::command::{CancelScope, Intent};
use crate::domain::contract::Product;
use crate::domain::number::{Money, Price};
use crate::ui::context::{LinkGroup, PanelContext};
use crate::ui::format::{self, NONE};
use crate::ui::place;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::button::{Button, Kind, focus_ring};
use crate::ui::widgets::chip::environment_inks;
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::session::Environment;
use crate::view::{ProductView, View};

pub const STRIP_HEIGHT: f32 = 44.0;
/// How long Kill must be held.
const KILL_HOLD_SECS: f32 = 1.0;
/// How long Flatten waits for its second click.
const FLATTEN_SECS: f32 = 4.0;
/// Share of the equity at which margin is worth a tick on the bar.
const MARGIN_TICK: f32 = 0.8;
const MARGIN_BAR: f32 = 92.0;
/// At both sides of a block.
const BLOCK_PAD: f32 = 12.0;

/// What the strip remembers: half-done actions.
#[derive(Debug, Default)]
pub struct Strip {
    kill_held_since: Option<Instant>,
    has_killed: bool,
    flatten_asked: Option<Instant>,
}

/// Parts between the account and the actions, in their order on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Profit,
    Spark,
    Open,
    Realised,
    Fees,
    Margin,
    Feed,
    Rates,
    RoundTrip,
    Fixings,
}

impl Block {
    const ALL: [Self; 10] = [
        Self::Profit,
        Self::Spark,
        Self::Open,
        Self::Realised,
        Self::Fees,
        Self::Margin,
        Self::Feed,
        Self::Rates,
        Self::RoundTrip,
        Self::Fixings,
    ];
    /// What a narrow strip leaves out, first to last.
    const DROP_ORDER: [Self; 9] = [
        Self::Rates,
        Self::Spark,
        Self::Fees,
        Self::Fixings,
        Self::RoundTrip,
        Self::Realised,
        Self::Open,
        Self::Feed,
        Self::Margin,
    ];
}

/// One block, measured and ready to be drawn.
struct Piece {
    block: Block,
    caption: String,
    value: String,
    unit: &'static str,
    width: f32,
    color: Color32,
}

impl Strip {
    /// Asks for Flatten as a first click on its button would.
    pub fn ask_flatten(&mut self, now: Instant) {
        self.flatten_asked = Some(now);
    }

    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, rect: Rect) {
        let theme = ctx.theme;
        ui.painter().rect_filled(rect, 4.0, theme.tokens.bg1);
        let mut ink = Ink::new(ui.ctx());
        let mut x = account(&mut ink, ctx, rect);
        ink.paint(ui.painter());
        x = arm_ui(ui, ctx, rect, x);
        let actions_left = self.actions_ui(ui, ctx, rect);

        let mut pieces: Vec<Piece> = Block::ALL.into_iter().filter_map(|block| piece(&ink, ctx, block)).collect();
        let room = actions_left - 12.0 - x;
        for drop in Block::DROP_ORDER {
            if pieces.iter().map(|piece| piece.width).sum::<f32>() <= room {
                break;
            }
            pieces.retain(|piece| piece.block != drop);
        }
        for piece in &pieces {
            draw(&mut ink, ctx, piece, Rect::from_min_size(pos2(x, rect.top()), vec2(piece.width, rect.height())));
            x += piece.width;
        }
        ink.paint(ui.painter());
    }

    /// Right to left; returns where they begin.
    fn actions_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, rect: Rect) -> f32 {
        let theme = ctx.theme;
        let place = |right: f32, width: f32| {
            Rect::from_min_max(pos2(right - width, rect.center().y - 14.0), pos2(right, rect.center().y + 14.0))
        };
        let mut right = rect.right() - 8.0;
        self.kill_ui(ui, ctx, place(right, 108.0));
        right -= 114.0;

        let (word, kind) =
            if ctx.view.trading.is_blocked { ("Unblock", Kind::Primary) } else { ("Block new", Kind::Neutral) };
        if Button::new(word).icon(icons::PROHIBIT).kind(kind).put(ui, theme, place(right, 96.0)).clicked() {
            ctx.send(if ctx.view.trading.is_blocked { Intent::Unblock } else { Intent::Block });
        }
        right -= 102.0;

        let open_positions = ctx.view.trading.positions.iter().filter(|p| !p.net.is_zero()).count();
        let is_asked = self.is_flatten_asked(ctx.now.mono) && open_positions > 0;
        let text = if is_asked { format!("Flatten {open_positions} now") } else { "Flatten".to_owned() };
        let width = if is_asked { 104.0 } else { 58.0 };
        let kind = if is_asked { Kind::Primary } else { Kind::Neutral };
        let flatten = Button::new(&text).kind(kind).enabled(open_positions > 0);
        if flatten.put(ui, theme, place(right, width)).clicked() {
            if is_asked {
                ctx.send(Intent::Flatten(None));
                self.flatten_asked = None;
            } else {
                self.flatten_asked = Some(ctx.now.mono);
            }
        }
        if is_asked {
            ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
        }
        right -= width + 6.0;

        let open = ctx.view.trading.open_orders;
        let count = open.to_string();
        let cancel = Button::new("Cancel all").count(&count).enabled(open > 0);
        if cancel.put(ui, theme, place(right, 92.0)).clicked() {
            ctx.send(Intent::Cancel(CancelScope::All));
        }
        right - 92.0
    }

    fn is_flatten_asked(&self, now: Instant) -> bool {
        self.flatten_asked.is_some_and(|asked| now.since(asked).as_secs_f32() < FLATTEN_SECS)
    }

    /// Fills while held; sends when full; letting go earlier does nothing.
    fn kill_ui(&mut self, ui: &Ui, ctx: &mut PanelContext<'_>, rect: Rect) {
        let response = ui.interact(rect, ui.scope_id().with("kill"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Kill"));
        let now = ctx.now.mono;
        self.has_killed &= ctx.view.trading.is_blocked || ctx.view.trading.open_orders > 0;
        let held = if response.is_pointer_button_down_on() {
            let since = *self.kill_held_since.get_or_insert(now);
            ui.ctx().request_repaint();
            now.since(since).as_secs_f32()
        } else {
            self.kill_held_since = None;
            0.0
        };
        if held >= KILL_HOLD_SECS && !self.has_killed {
            self.has_killed = true;
            ctx.send(Intent::Kill);
        }
        let theme = ctx.theme;
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let ground = theme.over(t.danger, if response.hovered() { 32 } else { 20 });
        ink.chip_outlined(rect, if self.has_killed { t.danger } else { ground }, t.danger);
        let share = (held / KILL_HOLD_SECS).clamp(0.0, 1.0);
        if share > 0.0 && !self.has_killed {
            let fill = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
            ink.chip(fill, t.danger);
        }
        let middle = rect.center().y;
        let icon_ink = if share > 0.0 || self.has_killed { t.text_hi } else { t.danger };
        let word_ink = if self.has_killed { Color32::WHITE } else { t.text_hi };
        let icon = icons::POWER.encode_utf8(&mut [0; 4]).to_owned();
        let (word, note) = if self.has_killed {
            let open = ctx.view.trading.open_orders;
            ("Killed".to_owned(), if open > 0 { format!("{open} left") } else { String::new() })
        } else if share > 0.0 {
            ("Kill".to_owned(), format!("{held:.1} s"))
        } else {
            ("Kill".to_owned(), "hold 1 s".to_owned())
        };
        ink.text(place::from(rect.left() + 12.0, middle), Align::Min, Font::IconBold14, &icon, icon_ink);
        let end = ink.text(place::from(rect.left() + 32.0, middle), Align::Min, Font::UiBold12, &word, word_ink);
        let note_ink = if self.has_killed { Color32::WHITE } else { t.text_mid };
        ink.text(place::from(end + 6.0, middle), Align::Min, Font::Ui11, &note, note_ink);
        if response.has_focus() {
            focus_ring(&mut ink, theme, rect);
        }
        ink.paint(ui.painter());
    }
}

/// Badge and name; returns where it ends.
fn account(ink: &mut Ink, ctx: &PanelContext<'_>, rect: Rect) -> f32 {
    let (theme, session) = (ctx.theme, &ctx.view.session);
    let t = &theme.tokens;
    let (word, fill, text) = environment_inks(theme, session.environment);
    let note = match session.environment {
        Environment::Simulated => "Demo venue, no real money",
        Environment::Testnet => "Test network, no real money",
        Environment::Real => &*session.venue,
    };
    let badge_width = ink.width(Font::UiBold13, word) + 16.0;
    let text_x = rect.left() + 12.0 + badge_width + 10.0;
    let text_width = ink.width(Font::Ui11, note).max(ink.width(Font::UiBold13, &session.account));
    let block = Rect::from_min_max(rect.min, pos2(text_x + text_width + 14.0, rect.bottom()));
    if session.environment != Environment::Real {
        ink.chip(block, theme.over(t.sim, 18));
    }
    let badge = Rect::from_min_size(pos2(rect.left() + 12.0, rect.center().y - 11.0), vec2(badge_width, 22.0));
    ink.chip(badge, fill);
    ink.text(badge, Align::Center, Font::UiBold13, word, text);
    ink.text(place::from(text_x, rect.top() + 14.5), Align::Min, Font::UiBold13, &session.account, t.text_hi);
    let note_ink = if session.environment == Environment::Real { t.text_lo } else { t.sim };
    ink.text(place::from(text_x, rect.top() + 30.5), Align::Min, Font::Ui11, note, note_ink);
    block.right()
}

/// The pill that arms and disarms, and its countdown; returns where it ends.
fn arm_ui(ui: &Ui, ctx: &mut PanelContext<'_>, rect: Rect, x: f32) -> f32 {
    let theme = ctx.theme;
    let t = &theme.tokens;
    let left = ctx.view.trading.disarms_in(ctx.now.mono);
    let is_armed = left.is_some();
    let is_ending = left.is_some_and(|left| left.as_secs() < 10);
    let mut ink = Ink::new(ui.ctx());
    let word = if is_armed { "Armed" } else { "Disarmed" };
    let width = 34.0 + ink.width(Font::UiBold13, "Disarmed");
    let pill = Rect::from_min_size(pos2(x + 14.0, rect.center().y - 14.0), vec2(width, 28.0));
    let response = ui.interact(pill, ui.scope_id().with("arm"), Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::Switch, true, is_armed, if is_armed { "Disarm" } else { "Arm" }));
    let (fill, text) = match (is_armed, is_ending) {
        (_, true) => (t.bg2, t.warn),
        (true, false) => (t.text_hi, t.bg1),
        (false, false) => (if response.hovered() { t.bg3 } else { t.bg2 }, t.text_mid),
    };
    ink.chip(pill, fill);
    if is_ending {
        ink.outline(pill, 1.5, t.warn);
    }
    let icon = if is_armed { icons::LOCK_SIMPLE_OPEN } else { icons::LOCK_SIMPLE };
    let middle = pill.center().y;
    ink.text(place::from(pill.left() + 8.0, middle), Align::Min, Font::IconBold14, icon.encode_utf8(&mut [0; 4]), text);
    ink.text(place::from(pill.left() + 26.0, middle), Align::Min, Font::UiBold13, word, text);
    if response.has_focus() {
        focus_ring(&mut ink, theme, pill);
    }
    let text_x = pill.right() + 10.0;
    let (caption, value) = match left {
        Some(left) => ("Disarms in", format::countdown(left)),
        None => ("Clicks send", "nothing".to_owned()),
    };
    let (value_font, value_ink) =
        if is_armed { (Font::Mono13, if is_ending { t.warn } else { t.text_hi }) } else { (Font::Ui13, t.text_mid) };
    ink.text(place::from(text_x, rect.top() + 13.0), Align::Min, Font::Ui11, caption, t.text_lo);
    ink.text(place::from(text_x, rect.top() + 29.5), Align::Min, value_font, &value, value_ink);
    ink.paint(ui.painter());
    if is_armed {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
    }
    if response.clicked() {
        ctx.send(if is_armed { Intent::Disarm } else { Intent::Arm });
    }
    text_x + 54.0 + 12.0
}

/// Measures a block; `None` for one that has nothing to say yet.
fn piece(ink: &Ink, ctx: &PanelContext<'_>, block: Block) -> Option<Piece> {
    let (theme, view) = (ctx.theme, ctx.view);
    let (trading, stats) = (&view.trading, &view.stats);
    let t = &theme.tokens;
    let mut color = t.text_hi;
    let mut unit = "";
    let millis = |span: Option<std::time::Duration>| span.map_or_else(|| NONE.to_owned(), format::millis);
    let (caption, value) = match block {
        Block::Profit => {
            let profit = trading.session_pl();
            color = profit.map_or(t.text_mid, |p| theme.direction(p.0.signum() as i64));
            ("Session P&L, net of fees".to_owned(), profit.map_or_else(|| NONE.to_owned(), format::money_signed))
        }
        Block::Open => ("Open".to_owned(), trading.open_pl.map_or_else(|| NONE.to_owned(), format::money_signed)),
        Block::Realised => ("Realised".to_owned(), format::money_signed(trading.realised)),
        Block::Fees => ("Fees".to_owned(), format::money_signed(-trading.fees)),
        Block::Margin => {
            let account = trading.account.as_ref()?;
            let equity = format::money_whole(account.equity);
            let caption = match margin_share(view) {
                Some(share) => format!("Margin {:.1}% of {equity}", share * 100.0),
                None => "Margin".to_owned(),
            };
            (caption, format::money_whole(account.initial_margin))
        }
        Block::Feed => {
            unit = view.session.market.feed_delay.map_or("", |_| "ms");
            ("Feed".to_owned(), millis(view.session.market.feed_delay))
        }
        Block::RoundTrip => {
            unit = stats.last_order_rtt.map_or("", |_| "ms");
            ("Order round trip".to_owned(), millis(stats.last_order_rtt))
        }
        Block::Fixings => {
            let (product, name) = fixing_product(ctx)?;
            let (done, due) = (product.front_fixings.len(), product.front_fixings_due);
            let average = average_fixing(product).map_or_else(|| NONE.to_owned(), |price| format::price(price, 4));
            (format!("{name} average, {done} of {due} fixed"), average)
        }
        Block::Spark | Block::Rates => (String::new(), String::new()),
    };
    let value_font = if block == Block::Profit { Font::MonoBold18 } else { Font::Mono13 };
    let mut value_width = ink.width(value_font, &value);
    if !unit.is_empty() {
        value_width += ink.width(Font::Mono13, " ms");
    }
    let width = match block {
        Block::Spark => {
            (trading.pl_history.len() >= 2).then_some(())?;
            88.0 + BLOCK_PAD
        }
        Block::Rates => {
            (!stats.message_rates.is_empty()).then_some(())?;
            68.0 + BLOCK_PAD
        }
        Block::Margin => 2.0 * BLOCK_PAD + ink.width(Font::Ui11, &caption).max(MARGIN_BAR + 8.0 + value_width),
        Block::Fixings => {
            let cells = fixing_product(ctx).map_or(0, |(product, _)| product.front_fixings_due) as f32 * 5.0;
            2.0 * BLOCK_PAD + ink.width(Font::Ui11, &caption).max(cells + 8.0 + value_width)
        }
        _ => 2.0 * BLOCK_PAD + ink.width(Font::Ui11, &caption).max(value_width),
    };
    Some(Piece { block, caption, value, unit, width: width.ceil(), color })
}

fn draw(ink: &mut Ink, ctx: &PanelContext<'_>, piece: &Piece, rect: Rect) {
    let (theme, view) = (ctx.theme, ctx.view);
    let t = &theme.tokens;
    match piece.block {
        Block::Spark => return spark(ink, theme, rect, &view.trading.pl_history, profit_color(ctx)),
        Block::Rates => return rates(ink, theme, rect, &view.stats.message_rates),
        _ => {}
    }
    ink.vline(rect.left(), rect.top() + 9.0..=rect.bottom() - 9.0, 1.0, t.line);
    let x = rect.left() + BLOCK_PAD;
    ink.text(place::from(x, rect.top() + 12.5), Align::Min, Font::Ui11, &piece.caption, t.text_lo);
    let value_y = rect.top() + 29.5;
    let mut value_x = x;
    match piece.block {
        Block::Margin => {
            let bar = Rect::from_min_size(pos2(x, value_y - 3.0), vec2(MARGIN_BAR, 6.0));
            ink.rect(bar, t.bg3);
            if let Some(share) = margin_share(view) {
                let is_high = share >= MARGIN_TICK;
                let fill = Rect::from_min_size(bar.min, vec2(MARGIN_BAR * share.min(1.0), 6.0));
                ink.rect(fill, if is_high { t.warn } else { t.text_mid });
            }
            ink.vline(bar.left() + MARGIN_BAR * MARGIN_TICK, bar.y_range(), 1.0, t.warn);
            value_x += MARGIN_BAR + 8.0;
        }
        Block::Fixings => {
            if let Some((product, _)) = fixing_product(ctx) {
                for at in 0..product.front_fixings_due {
                    let cell = Rect::from_min_size(pos2(x + 5.0 * at as f32, value_y - 5.0), vec2(4.0, 10.0));
                    let is_fixed = (at as usize) < product.front_fixings.len();
                    ink.rect(cell, if is_fixed { t.text_mid } else { t.bg3 });
                }
                value_x += 5.0 * product.front_fixings_due as f32 + 8.0;
            }
        }
        _ => {}
    }
    let font = if piece.block == Block::Profit { Font::MonoBold18 } else { Font::Mono13 };
    let end = ink.text(place::from(value_x, value_y), Align::Min, font, &piece.value, piece.color);
    if !piece.unit.is_empty() {
        ink.text(place::from(end, value_y), Align::Min, Font::Mono13, &format!(" {}", piece.unit), t.text_lo);
    }
}

fn profit_color(ctx: &PanelContext<'_>) -> Color32 {
    ctx.view.trading.session_pl().map_or(ctx.theme.tokens.text_mid, |p| ctx.theme.direction(p.0.signum() as i64))
}

/// The session's profit over time, with its zero.
fn spark(ink: &mut Ink, theme: &Theme, rect: Rect, history: &[Money], color: Color32) {
    let area = Rect::from_min_size(pos2(rect.left(), rect.center().y - 13.0), vec2(88.0, 26.0));
    let values: Vec<f64> = history.iter().map(|money| money.to_f64_lossy()).collect();
    let (low, high) = values.iter().fold((0.0_f64, 0.0_f64), |(l, h), &v| (l.min(v), h.max(v)));
    let span = if high > low { high - low } else { 1.0 };
    let y = |value: f64| area.bottom() - 1.0 - ((value - low) / span) as f32 * (area.height() - 2.0);
    let zero = y(0.0);
    let mut x = area.left();
    while x < area.right() {
        ink.hline(x..=x + 2.0, zero, 1.0, theme.tokens.line_hi);
        x += 4.0;
    }
    // At most one point every half pixel: the shape of a day, not its every second.
    let step = values.len().div_ceil(176).max(1);
    let points: Vec<egui::Pos2> = values
        .iter()
        .enumerate()
        .filter(|(at, _)| at % step == 0 || at + 1 == values.len())
        .map(|(at, &v)| pos2(area.left() + at as f32 / (values.len() - 1).max(1) as f32 * area.width(), y(v)))
        .collect();
    for pair in points.windows(2) {
        if let &[from, to] = pair {
            ink.line(from, to, 1.25, color);
        }
    }
}

/// Messages a second, one bar a second; a bar of twice the median or more is amber.
fn rates(ink: &mut Ink, theme: &Theme, rect: Rect, rates: &[u32]) {
    let mut sorted = rates.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    let most = sorted.last().copied().unwrap_or(0).max(1);
    for (at, &rate) in rates.iter().enumerate() {
        let height = 22.0 * rate as f32 / most as f32;
        let is_burst = median > 0 && rate >= 2 * median;
        let color = if is_burst { theme.tokens.warn } else { theme.tokens.text_lo };
        let bottom = rect.center().y + 12.0;
        ink.vline(rect.left() + 2.0 * at as f32, bottom - height..=bottom, 1.0, color);
    }
}

/// Initial margin as a share of equity.
fn margin_share(view: &View) -> Option<f32> {
    let account = view.trading.account.as_ref()?;
    (account.equity > Money::ZERO)
        .then(|| (account.initial_margin.to_f64_lossy() / account.equity.to_f64_lossy()) as f32)
}

/// The product of link group A with the name of its front month, once that has a fixing calendar.
fn fixing_product<'a>(ctx: &PanelContext<'a>) -> Option<(&'a ProductView, String)> {
    let view = ctx.view;
    let chosen: Option<&Product> =
        ctx.chosen(LinkGroup::A).and_then(|(_, instrument, _)| instrument.contract.product());
    let product = view.products.iter().find(|p| Some(&p.product) == chosen).or(view.products.first())?;
    let front = view
        .catalogue
        .iter()
        .filter(|(_, i)| i.is_active && i.contract.product() == Some(&product.product))
        .filter_map(|(_, i)| i.contract.month())
        .min()?;
    (product.front_fixings_due > 0).then(|| (product, front.screen()))
}

fn average_fixing(product: &ProductView) -> Option<Price> {
    let count = i64::try_from(product.front_fixings.len()).ok().filter(|&count| count > 0)?;
    Some(Price(product.front_fixings.iter().map(|fixing| fixing.price.0).sum::<i64>() / count))
}
