//! The ticket while orders that belong together wait in it: a line a leg with its size, price and the state of its book, what they do
//! together, and one button that says all of it. Sending is one ordinary order a leg; legs that were refused stay.

use egui::{Align, Key, Modifiers, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::draft::{FORCES, Obstacle};
use super::staged::{self, Fate, Sent, Totals};
use crate::domain::command::Intent;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::PostOnly;
use crate::ui::basket::{Basket, BasketLeg};
use crate::ui::context::PanelContext;
use crate::ui::format::{self, NONE, PriceFormat, Sign};
use crate::ui::place;
use crate::ui::theme::{Theme, color, icons};
use crate::ui::widgets::button::{Button, Kind, focus_ring};
use crate::ui::widgets::chip::{environment_inks, state_color, state_shape};
use crate::ui::widgets::controls::{self, at, number_field};
use crate::ui::widgets::ink::{Font, Ink};

const PAD: f32 = 10.0;
const ROW: f32 = 26.0;
/// From here on the figures stand beside the legs, not below them.
const WIDE: f32 = 470.0;
/// Of the figures' column.
const SIDE: f32 = 244.0;
const QTY: f32 = 40.0;
const PRICE: f32 = 54.0;
/// Heights: name and origin, the heads of the lines, figures and buttons below them.
const HEAD: f32 = 39.0;
const HEADS: f32 = 15.0;
const BOTTOM: f32 = 196.0;

/// What is asked once more in the submit button's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    Send,
    Discard,
}

/// View state of the basket in the ticket.
#[derive(Debug, Default)]
pub struct BasketTicket {
    /// The staging that the texts are of.
    of: u64,
    texts: Vec<LegTexts>,
    asking: Option<Asking>,
    sent: Option<Sent>,
    offset: f32,
    was_entered: bool,
}

#[derive(Clone, Debug, Default)]
struct LegTexts {
    qty: String,
    price: String,
}

impl LegTexts {
    fn of(leg: &BasketLeg, ctx: &PanelContext<'_>) -> Self {
        let format = ctx.view.instrument(leg.instrument).map(PriceFormat::of);
        let price = format.zip(leg.price).map(|(format, price)| format.text(price)).unwrap_or_default();
        Self { qty: leg.qty.to_string(), price }
    }
}

impl BasketTicket {
    /// Fills `body`, and puts a button into `free` of the header. Does nothing when no basket is staged.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, body: Rect, free: Rect) {
        let Some(mut basket) = ctx.selection.take_staged() else { return };
        if self.of != ctx.selection.stagings() {
            *self = Self { of: ctx.selection.stagings(), ..Self::default() };
            self.rewrite(&basket, ctx);
        }
        self.follow_sent(&mut basket, ctx);
        if basket.legs.is_empty() {
            return;
        }
        self.was_entered = false;
        let area = body.shrink2(vec2(PAD, 0.0));
        self.head_ui(ui, ctx.theme, &basket, area, free);
        let below = Rect::from_min_max(pos2(area.left(), area.top() + HEAD), area.max);
        let (legs, figures) = if area.width() >= WIDE {
            let split = area.right() - SIDE;
            let left = Rect::from_min_max(below.min, pos2(split - 14.0, area.bottom() - 8.0));
            (left, Rect::from_min_max(pos2(split, below.top()), area.max))
        } else {
            let rows = basket.legs.len() as f32 * ROW;
            let split = below.top() + HEADS + rows.min((below.height() - HEADS - BOTTOM).max(ROW));
            let left = Rect::from_min_max(below.min, pos2(area.right(), split));
            (left, Rect::from_min_max(pos2(area.left(), split), area.max))
        };
        self.legs_ui(ui, ctx, &mut basket, legs);
        let (y, mut is_over) = (self.figures_ui(ui, ctx, &mut basket, figures), false);
        let bottom = figures.bottom() - 8.0;
        let submit =
            Rect::from_min_max(pos2(figures.left(), (y + 4.0).min(bottom - 36.0)), pos2(figures.right(), bottom));
        let submit = Rect::from_min_size(submit.min, vec2(submit.width(), 36.0));
        if self.escape(ui, body) {
            self.asking = if self.asking.is_some() { None } else { Some(Asking::Discard) };
        }
        match self.asking {
            Some(Asking::Discard) => is_over = self.discard_ui(ui, ctx.theme, &basket, submit),
            Some(Asking::Send) => self.confirm_ui(ui, ctx, &basket, submit),
            None => self.submit_ui(ui, ctx, &basket, submit),
        }
        if !is_over && !basket.legs.is_empty() {
            ctx.selection.keep_staged(basket);
        }
    }

    fn rewrite(&mut self, basket: &Basket, ctx: &PanelContext<'_>) {
        self.texts = basket.legs.iter().map(|leg| LegTexts::of(leg, ctx)).collect();
    }

    /// Once core has answered for all legs, those it took are done with; the others stay with their reason.
    fn follow_sent(&mut self, basket: &mut Basket, ctx: &PanelContext<'_>) {
        let Some(sent) = &self.sent else { return };
        let fates = sent.fates(basket, ctx.view, ctx.now);
        if fates.contains(&Fate::Waiting) {
            return;
        }
        self.sent = None;
        let all = basket.legs.len();
        let mut fates = fates.into_iter();
        basket.legs.retain_mut(|leg| match fates.next() {
            Some(Fate::Refused(reason)) => {
                leg.refusal = Some(reason);
                true
            }
            _ => false,
        });
        if basket.legs.len() < all {
            for leg in &mut basket.legs {
                leg.weight = None;
            }
        }
        self.rewrite(basket, ctx);
    }

    /// Escape, with the pointer or the focus here.
    fn escape(&self, ui: &Ui, body: Rect) -> bool {
        let focused = ui.memory(egui::Memory::focused);
        let is_ours = focused.and_then(|id| ui.ctx().read_response(id)).is_some_and(|r| body.contains_rect(r.rect));
        (is_ours || ui.rect_contains_pointer(body)) && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape))
    }

    /// What it is and where it comes from.
    fn head_ui(&mut self, ui: &mut Ui, theme: &Theme, basket: &Basket, area: Rect, free: Rect) {
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let legs = if basket.legs.len() == 1 { "leg" } else { "legs" };
        let title = format!("Staged: {}, {} {legs}", basket.name, basket.legs.len());
        let mut origin = format!("from {}, picture {}", basket.from, format::count(basket.seen));
        if !basket.note.is_empty() {
            origin = format!("{}; {origin}", basket.note);
        }
        ink.text(place::from(area.left(), area.top() + 14.0), Align::Min, Font::UiBold12, &title, t.text_hi);
        ink.text(place::from(area.left(), area.top() + 31.0), Align::Min, Font::Ui11, &origin, t.text_lo);
        let words = Rect::from_min_max(area.min, pos2(area.right(), area.top() + HEAD));
        ink.paint(&ui.painter().with_clip_rect(words.intersect(ui.clip_rect())));
        let hover = ui.interact(words, ui.scope_id().with("basket"), Sense::hover());
        let label = format!("{title}, {origin}");
        hover.widget_info(|| WidgetInfo::labeled(Role::Group, true, label.clone()));
        hover.on_hover_text(format!("{title}\n{origin}"));
        let discard = Rect::from_min_size(pos2(free.right() - 62.0, free.center().y - 10.0), vec2(58.0, 20.0));
        if Button::new("Discard").kind(Kind::Quiet).put(ui, theme, discard).clicked() {
            self.asking = Some(Asking::Discard);
        }
    }

    fn legs_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, basket: &mut Basket, area: Rect) {
        let list = Rect::from_min_max(pos2(area.left(), area.top() + HEADS), area.max);
        let mut ink = Ink::new(ui.ctx());
        let [qty, price, _] = columns(area);
        for (word, right) in [("Lots", qty.right()), ("Limit", price.right())] {
            let line = place::until(right - 5.0, area.top() + 7.0);
            ink.text(line, Align::Max, Font::Ui11, word, ctx.theme.tokens.text_lo);
        }
        ink.paint(ui.painter());
        let most = (basket.legs.len() as f32 * ROW - list.height()).max(0.0);
        if ui.rect_contains_pointer(list) {
            self.offset -= ui.input(|input| input.smooth_scroll_delta().y);
        }
        self.offset = self.offset.clamp(0.0, most);
        if most > 0.0 {
            let length = (list.height() * list.height() / (list.height() + most)).max(16.0);
            let top = list.top() + (list.height() - length) * self.offset / most;
            let bar = Rect::from_min_size(pos2(area.right() + 4.0, top), vec2(3.0, length));
            ui.painter().rect_filled(bar, 1.5, ctx.theme.tokens.line_hi);
        }
        let mut removed = None;
        let builder = UiBuilder::new().max_rect(list).id_salt("legs");
        ui.scope_builder(builder, |ui| {
            ui.set_clip_rect(list.expand2(vec2(3.0, 0.0)).intersect(ui.clip_rect()));
            for at in 0..basket.legs.len() {
                let top = list.top() + at as f32 * ROW - self.offset;
                let row = Rect::from_min_size(pos2(list.left(), top), vec2(list.width(), ROW));
                if row.intersects(list) && self.leg_ui(ui, ctx, basket, at, row) {
                    removed = Some(at);
                }
            }
        });
        if let Some(at) = removed {
            basket.remove(at);
            self.asking = None;
            self.rewrite(basket, ctx);
        }
    }

    /// One leg; true when it shall go.
    fn leg_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, basket: &mut Basket, at: usize, row: Rect) -> bool {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let post_only = basket.post_only;
        let Some(leg) = basket.legs.get_mut(at) else { return false };
        let Some(terms) = ctx.view.instrument(leg.instrument) else { return false };
        let name = terms.contract.to_string();
        let state = ctx.book_state(leg.instrument);
        let [qty, price, end] = columns(row);
        let y = row.center().y;
        let mut ink = Ink::new(ui.ctx());
        let side = if state.is_live() { theme.side(leg.side).full } else { t.stale };
        ink.text(place::from(row.left(), y), Align::Min, Font::UiBold12, leg.side.verb(), side);
        let words = if 30.0 + ink.width(Font::Ui12, &name) > qty.left() - row.left() {
            terms.contract.code()
        } else {
            name.clone()
        };
        let color = if leg.refusal.is_some() {
            t.warn
        } else if state.is_live() {
            t.text_hi
        } else {
            t.stale
        };
        ink.text(place::from(row.left() + 30.0, y), Align::Min, Font::Ui12, &words, color);
        state_shape(&mut ink, pos2(end.left() + 9.0, y), state, state_color(theme, state));
        let is_outdated = leg.is_outdated(ctx.view, ctx.now, post_only);
        let format = PriceFormat::of(terms);
        let best = |side| ctx.view.market(leg.instrument).and_then(|market| market.book.best(side)).map(|l| l.price);
        let mut told = format!("{}, book {}", staged::leg_words(leg, ctx.view), state.word());
        if let Some(touch) = leg.touch.filter(|_| is_outdated) {
            let now = leg.touch_now(ctx.view, ctx.now, post_only);
            told = format!("{told}, staged at {}, now {}", format.text(touch), format.opt(now));
        }
        if let Some(reason) = &leg.refusal {
            told = format!("{told}. {reason}");
        }
        let place = Rect::from_min_max(row.min, pos2(qty.left() - 2.0, row.bottom()));
        let hover = ui.interact(place, ui.scope_id().with(("leg", at)), Sense::hover());
        let label = format!("Leg {}: {told}", at + 1);
        hover.widget_info(|| WidgetInfo::labeled(Role::Row, true, label.clone()));
        let quotes = format!("bid {}, ask {}", format.opt(best(Side::Bid)), format.opt(best(Side::Ask)));
        hover.on_hover_text(format!("{told}\n{name}: {quotes}"));
        ink.paint(ui.painter());
        let texts = &mut self.texts[at];
        let (before_qty, before_price) = (texts.qty.clone(), texts.price.clone());
        let entered = [
            number_field(ui, theme, qty, &format!("Lots of leg {}", at + 1), &mut texts.qty, t.text_hi),
            number_field(
                ui,
                theme,
                price,
                &format!("Limit of leg {}", at + 1),
                &mut texts.price,
                if is_outdated { t.warn } else { t.text_hi },
            ),
        ];
        self.was_entered |= entered.iter().any(|field| field.was_entered(ui));
        if texts.qty != before_qty {
            leg.qty = Qty::parse(texts.qty.trim()).unwrap_or(Qty::ZERO).max(Qty::ZERO);
        }
        if texts.price != before_price {
            (leg.price, leg.touch) = (format::parse_price(&texts.price), None);
        }
        if entered[0].steps != 0 {
            leg.qty = (leg.qty + terms.lot * entered[0].steps).max(terms.lot);
            texts.qty = leg.qty.to_string();
        }
        if let Some(old) = leg.price.filter(|_| entered[1].steps != 0) {
            let new = Price::from_ticks(old.ticks(terms.tick) + entered[1].steps, terms.tick);
            (leg.price, leg.touch) = (Some(new), None);
            texts.price = format.text(new);
        }
        if texts.qty != before_qty || texts.price != before_price {
            self.asking = None;
        }
        cross(
            ui,
            theme,
            Rect::from_min_max(pos2(end.right() - 18.0, row.top() + 4.0), pos2(end.right(), row.bottom() - 4.0)),
            at,
        )
    }

    /// What the legs do together, how long they stay, and what may go wrong. Returns the y below.
    fn figures_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, basket: &mut Basket, area: Rect) -> f32 {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let totals = staged::totals(basket, ctx.view);
        let mut ink = Ink::new(ui.ctx());
        let mut y = area.top() + 6.0;
        ink.hline(area.x_range(), y, 1.0, t.line);
        y += 4.0;
        for (label, value, inputs) in lines(&totals, basket, ctx) {
            let row = Rect::from_min_size(pos2(area.left(), y), vec2(area.width(), 18.0));
            ink.text(place::from(area.left(), y + 9.0), Align::Min, Font::Ui12, &label, t.text_lo);
            ink.text(place::until(area.right(), y + 9.0), Align::Max, Font::Mono12, &value, t.text_hi);
            let hover = ui.interact(row, ui.scope_id().with(("total", label.clone())), Sense::hover());
            let words = format!("{label}: {value}");
            hover.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.clone()));
            hover.on_hover_text(inputs);
            y += 18.0;
        }
        y += 5.0;
        ink.text(place::from(area.left(), y + 12.0), Align::Min, Font::Ui12, "In force", t.text_lo);
        let track = Rect::from_min_max(pos2(area.left() + 52.0, y), pos2(area.right(), y + 24.0));
        let mut chosen = FORCES.iter().position(|(force, _)| *force == basket.time_in_force).unwrap_or(1);
        let words = FORCES.map(|(_, word)| word);
        if at(ui, track, |ui| controls::segmented(ui, theme, "In force", &words, &mut chosen, track.width()))
            && let Some((force, _)) = FORCES.get(chosen)
        {
            basket.set_time_in_force(*force);
            self.asking = None;
        }
        y += 30.0;
        if basket.may_be_post_only() {
            let mut is_on = basket.post_only != PostOnly::Off;
            let place = Rect::from_min_size(pos2(area.left() + 52.0, y), vec2(78.0, 20.0));
            if at(ui, place, |ui| controls::checkbox(ui, theme, "Post only", &mut is_on)) {
                basket.post_only = if is_on { PostOnly::Reject } else { PostOnly::Off };
                self.asking = None;
            }
        }
        let is_outdated = |leg: &BasketLeg| leg.is_outdated(ctx.view, ctx.now, basket.post_only);
        let is_any = basket.legs.iter().any(|leg| leg.price.is_none() || is_outdated(leg));
        let place = Rect::from_min_max(pos2(area.right() - 112.0, y - 1.0), pos2(area.right(), y + 21.0));
        let kind = if is_any { Kind::Primary } else { Kind::Quiet };
        if Button::new("Re-price at touch").kind(kind).put(ui, theme, place).clicked() {
            basket.reprice(ctx.view, ctx.now);
            self.asking = None;
            self.rewrite(basket, ctx);
        }
        y += 25.0;
        let refused = basket.legs.iter().find_map(|leg| leg.refusal.as_deref());
        let warning = refused.unwrap_or("Separate orders: legs may fill apart.");
        let icon = icons::WARNING.encode_utf8(&mut [0; 4]).to_owned();
        let end = ink.text(place::from(area.left(), y + 8.0), Align::Min, Font::IconFill12, &icon, t.warn);
        ink.text(place::from(end + 4.0, y + 8.0), Align::Min, Font::Ui11, warning, t.warn);
        let line = Rect::from_min_size(pos2(area.left(), y), vec2(area.width(), 16.0));
        let hover = ui.interact(line, ui.scope_id().with("warning"), Sense::hover());
        let words = warning.to_owned();
        hover.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.clone()));
        hover.on_hover_text(warning);
        ink.paint(&ui.painter().with_clip_rect(area.intersect(ui.clip_rect())));
        y + 17.0
    }

    fn submit_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, basket: &Basket, rect: Rect) {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let obstacle = staged::obstacle(basket, ctx.view, |id| ctx.book_state(id).is_live());
        let is_past = !ctx.as_of().is_live();
        let is_sending = self.sent.is_some();
        let is_dead = obstacle.is_some() || is_sending || is_past;
        let is_armed = ctx.is_armed();
        let words = match &obstacle {
            Some((id, obstacle)) => {
                let name = ctx.view.instrument(*id).map(|terms| terms.contract.to_string()).unwrap_or_default();
                format!("{name}: {obstacle}")
            }
            None if is_past => Obstacle::Past.to_string(),
            None if is_sending => "Sending".to_owned(),
            None => staged::whole(basket, ctx.view),
        };
        let sense = if is_dead { Sense::hover() } else { Sense::click() };
        let response = ui.interact(rect, ui.scope_id().with("submit basket"), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, !is_dead, format!("Submit: {words}")));
        let side = theme.side(basket.legs.first().map_or(Side::Bid, |leg| leg.side));
        let (fill, word_ink) = match (is_dead, is_armed) {
            (true, _) => (t.bg2, t.text_mid),
            (false, true) if response.is_pointer_button_down_on() => (color::mix(side.full, 80, t.bg1), t.ink),
            (false, true) => (side.full, t.ink),
            (false, false) => (side.disarmed, side.rest),
        };
        let mut ink = Ink::new(ui.ctx());
        ink.chip(rect, fill);
        let mut right = rect.right() - 10.0;
        if !is_dead {
            let hint = if is_armed { "Enter" } else { "click arms" };
            right -= ink.width(Font::Ui11, hint);
            ink.text(place::from(right, rect.center().y), Align::Min, Font::Ui11, hint, word_ink);
            let (word, badge_fill, badge_ink) = environment_inks(theme, ctx.view.session.environment);
            let width = ink.width(Font::UiBold11, word) + 12.0;
            let badge = Rect::from_min_size(pos2(right - 7.0 - width, rect.center().y - 9.0), vec2(width, 18.0));
            let (badge_fill, badge_ink) = if is_armed { (t.ink, badge_fill) } else { (badge_fill, badge_ink) };
            ink.chip(badge, badge_fill);
            ink.text(badge, Align::Center, Font::UiBold11, word, badge_ink);
            right = badge.left() - 6.0;
        }
        let lines = if is_dead {
            vec![(Font::UiBold12, words.clone())]
        } else {
            fitting(&ink, basket, ctx, right - rect.left() - 10.0)
        };
        let step = 15.0;
        let mut y = rect.center().y - step * (lines.len() as f32 - 1.0) / 2.0;
        for (font, line) in &lines {
            ink.text(place::from(rect.left() + 10.0, y), Align::Min, *font, line, word_ink);
            y += step;
        }
        if response.has_focus() {
            focus_ring(&mut ink, theme, rect);
        }
        ink.paint(&ui.painter().with_clip_rect(rect.expand(6.0).intersect(ui.clip_rect())));
        let was_clicked = response.clicked();
        response.on_hover_text(&words);
        if is_dead || !(was_clicked || (self.was_entered && is_armed)) {
            return;
        }
        if !is_armed {
            ctx.send(Intent::Arm);
        } else if staged::needs_confirmation(basket, ctx.view) {
            self.asking = Some(Asking::Send);
        } else {
            self.send(ctx, basket);
        }
    }

    fn send(&mut self, ctx: &mut PanelContext<'_>, basket: &Basket) {
        self.asking = None;
        let is_live = |id| ctx.book_state(id).is_live();
        let is_past = !ctx.as_of().is_live();
        if is_past || staged::obstacle(basket, ctx.view, is_live).is_some() || !ctx.is_armed() {
            return;
        }
        self.sent = Some(Sent::now(ctx.view, ctx.now));
        for intent in staged::intents(basket) {
            ctx.send(Intent::Place(intent));
        }
    }

    /// In the submit button's place: what large orders would do at once, Back and Send.
    fn confirm_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, basket: &Basket, submit: Rect) {
        let totals = staged::totals(basket, ctx.view);
        let limit = ctx.view.trading.limits.max_order.whole_lots();
        let rests = if basket.may_be_post_only() { totals.all - totals.takes } else { Qty::ZERO };
        let taken = format!("takes {}, rests {}", format::lots(totals.takes), format::lots(rests));
        let warning = format!("a leg is over half of {limit} lots");
        let side = basket.legs.first().map_or(Side::Bid, |leg| leg.side);
        let send = format!("Send {}", basket.legs.len());
        let lines = [staged::summary(basket), taken];
        let keys = [("Back", Kind::Neutral), (&*send, Kind::Submit(side))];
        match ask(ui, ctx.theme, submit, ctx.theme.side(side).full, &lines, &warning, keys) {
            Some(Answer::Yes) if ctx.is_armed() => self.send(ctx, basket),
            Some(Answer::No) => self.asking = None,
            _ => {}
        }
    }

    /// True when the basket shall go.
    fn discard_ui(&mut self, ui: &mut Ui, theme: &Theme, basket: &Basket, submit: Rect) -> bool {
        let lines =
            ["Discard the staged legs?".to_owned(), format!("{} legs, nothing of them was sent", basket.legs.len())];
        let keys = [("Keep", Kind::Neutral), ("Discard legs", Kind::Danger)];
        match ask(ui, theme, submit, theme.tokens.line_hi, &lines, "", keys) {
            Some(Answer::Yes) => true,
            Some(Answer::No) => {
                self.asking = None;
                false
            }
            None => false,
        }
    }
}

/// Size, price, and what is at the right of them, of a line.
fn columns(row: Rect) -> [Rect; 3] {
    let end = Rect::from_min_max(pos2(row.right() - 36.0, row.top()), row.max);
    let price = Rect::from_min_max(pos2(end.left() - PRICE, row.top() + 2.0), pos2(end.left(), row.bottom() - 2.0));
    let qty = Rect::from_min_max(pos2(price.left() - 4.0 - QTY, price.top()), pos2(price.left() - 4.0, price.bottom()));
    [qty, price, end]
}

/// The cross that takes a leg out.
fn cross(ui: &Ui, theme: &Theme, rect: Rect, at: usize) -> bool {
    let t = &theme.tokens;
    let response = ui.interact(rect, ui.scope_id().with(("remove", at)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Remove leg {}", at + 1)));
    let mut ink = Ink::new(ui.ctx());
    let color = if response.hovered() { t.text_hi } else { t.text_lo };
    ink.text(rect, Align::Center, Font::Icon12, icons::X.encode_utf8(&mut [0; 4]), color);
    if response.has_focus() {
        focus_ring(&mut ink, theme, rect);
    }
    ink.paint(ui.painter());
    response.clicked()
}

/// Label, value, and what the value is made of.
fn lines(totals: &Totals, basket: &Basket, ctx: &PanelContext<'_>) -> [(String, String, String); 3] {
    let none = || NONE.to_owned();
    let legs = |of: &dyn Fn(&BasketLeg) -> String| basket.legs.iter().map(of).collect::<Vec<_>>().join("\n");
    let each = legs(&|leg| {
        let size = ctx.view.instrument(leg.instrument).map_or(0, |terms| terms.contract_size);
        format!("{} × {size} units", staged::leg_words(leg, ctx.view))
    });
    let weights = legs(&|leg| {
        let weight = leg.weight.map(|weight| format!(", weight {weight}")).unwrap_or_default();
        format!("{}{weight}", staged::leg_words(leg, ctx.view))
    });
    let (net_label, net_value) = match totals.net {
        None => ("Net paid".to_owned(), none()),
        Some(net) => {
            let sign = if net.is_average { Sign::Negative } else { Sign::Always };
            let words = if net.is_average { "Average price" } else { "Net paid" };
            let value = PriceFormat { decimals: net.decimals, sign }.text(net.price);
            (format!("{words}, $/{}", net.unit.label()), value)
        }
    };
    let margin = totals.margin_added.map_or_else(none, |margin| format!("about {}", format::money_signed(margin)));
    [
        ("Notional".to_owned(), totals.notional.map_or_else(none, format::money), each),
        (
            "Margin, added".to_owned(),
            margin,
            "Of each leg by the rate of a position the venue margins already; legs are not set off".to_owned(),
        ),
        (net_label, net_value, weights),
    ]
}

/// The whole order in the lines that fit, or else its sum.
fn fitting(ink: &Ink, basket: &Basket, ctx: &PanelContext<'_>, width: f32) -> Vec<(Font, String)> {
    let whole = staged::whole(basket, ctx.view);
    if ink.width(Font::UiBold12, &whole) <= width {
        return vec![(Font::UiBold12, whole)];
    }
    let legs: Vec<String> = basket.legs.iter().map(|leg| staged::leg_words(leg, ctx.view)).collect();
    if legs.len() == 2 && legs.iter().all(|words| ink.width(Font::UiBold11, words) <= width) {
        return legs.into_iter().map(|words| (Font::UiBold11, words)).collect();
    }
    let summary = staged::summary(basket);
    let font = if ink.width(Font::UiBold12, &summary) <= width { Font::UiBold12 } else { Font::UiBold11 };
    vec![(font, summary)]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

/// A question with two answers in the submit button's place, and Ctrl+Enter for yes.
fn ask(
    ui: &mut Ui,
    theme: &Theme,
    submit: Rect,
    edge: egui::Color32,
    lines: &[String; 2],
    warning: &str,
    [(no, no_kind), (yes, yes_kind)]: [(&str, Kind); 2],
) -> Option<Answer> {
    let t = &theme.tokens;
    let strip = Rect::from_min_max(pos2(submit.left(), submit.bottom() - 64.0), submit.max);
    let mut ink = Ink::new(ui.ctx());
    ink.chip(strip, t.bg2);
    ink.outline(strip, 1.5, edge);
    let x = strip.left() + 10.0;
    ink.text(place::from(x, strip.top() + 13.0), Align::Min, Font::UiBold12, &lines[0], t.text_hi);
    ink.text(place::from(x, strip.top() + 31.0), Align::Min, Font::Ui11, &lines[1], t.text_mid);
    if !warning.is_empty() {
        let line = place::from(x, strip.top() + 49.0);
        let end = ink.text(line, Align::Min, Font::IconFill12, icons::WARNING.encode_utf8(&mut [0; 4]), t.warn);
        ink.text(place::from(end + 4.0, strip.top() + 49.0), Align::Min, Font::Ui11, warning, t.warn);
    }
    let width = ink.width(Font::UiBold12, yes) + 20.0;
    ink.paint(&ui.painter().with_clip_rect(strip.intersect(ui.clip_rect())));
    let yes_at = Rect::from_min_size(pos2(strip.right() - 8.0 - width, strip.bottom() - 34.0), vec2(width, 26.0));
    let no_at = Rect::from_min_size(pos2(yes_at.left() - 54.0, yes_at.top()), vec2(48.0, 26.0));
    let is_yes = Button::new(yes).kind(yes_kind).put(ui, theme, yes_at).clicked()
        || ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
    let is_no = Button::new(no).kind(no_kind).put(ui, theme, no_at).clicked();
    if is_no {
        Some(Answer::No)
    } else if is_yes {
        Some(Answer::Yes)
    } else {
        None
    }
}
