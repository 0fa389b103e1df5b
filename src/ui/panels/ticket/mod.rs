//! The order ticket: two quotes choose the side, then size, price, time in force and flags, what the order would do, and one button
//! that says all of it. While disarmed the button arms; a large order is asked about once more, in the same place. While a basket is
//! staged the ticket is that basket's.

mod basket;
pub mod draft;
pub mod staged;
#[cfg(test)]
mod tests;

use egui::{Align, Key, Modifiers, Popup, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::domain::command::Intent;
use crate::domain::instrument::Instrument;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::palette::order_text::OrderText;
use crate::ui::place;
use crate::ui::theme::{Theme, color, icons};
use crate::ui::widgets::button::{Button, Kind, focus_ring};
use crate::ui::widgets::chip::environment_inks;
use crate::ui::widgets::controls::{self, at};
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::View;
use basket::BasketTicket;
use draft::{Consequence, Draft, FORCES, Obstacle, QuickPrice, SIZE_KEYS, consequence};

/// Lines that say what the order would do, and how tall each is.
const CONSEQUENCES: f32 = 4.0;
const CONSEQUENCE: f32 = 18.0;
const SUBMIT: f32 = 36.0;
/// From this width on the button can stand beside those lines.
const BESIDE_WIDTH: f32 = 440.0;
const PAD: f32 = 10.0;
/// Room for the words at the left of the fields.
const LABEL: f32 = 52.0;
const FIELD: f32 = 92.0;

/// What the ticket remembers: the draft, the texts being typed, and a large order waiting for its second yes.
#[derive(Debug, Default)]
pub struct Ticket {
    pub group: LinkGroup,
    draft: Draft,
    qty_text: String,
    price_text: String,
    /// The price is the hand's, and an unfinished text of it stays as it is.
    is_price_typed: bool,
    has_texts: bool,
    is_confirming: bool,
    /// Enter was pressed in one of the fields this frame.
    was_entered: bool,
    basket: BasketTicket,
}

impl Ticket {
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Takes over what was typed into the command box; nothing is sent.
    pub fn prefill(&mut self, order: &OrderText, view: &View) {
        if order.instrument.is_some() {
            self.draft.set_instrument(order.instrument);
        }
        self.is_confirming = false;
        self.draft.set_kind(OrderType::Limit);
        let book = self.draft.instrument.and_then(|id| view.market(id)).map(|market| &market.book);
        self.draft.take_side(order.side, book);
        if let Some(qty) = order.qty {
            self.draft.qty = qty;
        }
        if order.price.is_some() {
            self.draft.price = order.price;
        }
        self.rewrite_texts(view);
    }

    pub fn take_side(&mut self, side: Side, view: &View) {
        let book = self.draft.instrument.and_then(|id| view.market(id)).map(|market| &market.book);
        self.draft.take_side(side, book);
        self.is_confirming = false;
        self.rewrite_texts(view);
    }

    fn rewrite_texts(&mut self, view: &View) {
        self.qty_text = self.draft.qty.to_string();
        self.rewrite_price(view);
        self.has_texts = true;
    }

    fn rewrite_price(&mut self, view: &View) {
        self.is_price_typed = false;
        let format = self.draft.instrument.and_then(|id| view.instrument(id)).map(PriceFormat::of);
        self.price_text = match (self.draft.price, format) {
            (Some(price), Some(format)) => format.text(price),
            _ => String::new(),
        };
    }

    /// Follows the link group: its instrument, its size, and a price that another panel offered.
    fn follow(&mut self, ctx: &mut PanelContext<'_>, link: LinkGroup, is_live: bool) {
        let chosen = ctx.selection.instrument(link);
        let before = (self.draft.instrument, self.draft.price);
        if chosen != self.draft.instrument {
            self.draft.set_instrument(chosen);
            self.is_price_typed = false;
            self.is_confirming = false;
        }
        let order_qty = ctx.selection.order_qty(link);
        if order_qty > Qty::ZERO && order_qty != self.draft.qty {
            self.draft.qty = order_qty;
            self.qty_text = order_qty.to_string();
        }
        if let Some((side, price)) = ctx.selection.take_offer(link) {
            self.draft.side = side;
            self.draft.price = Some(price);
            self.is_confirming = false;
        }
        if self.draft.price.is_none()
            && !self.is_price_typed
            && is_live
            && let Some(market) = self.draft.instrument.and_then(|id| ctx.view.market(id))
        {
            self.draft.take_side(self.draft.side, Some(&market.book));
        }
        if !self.has_texts {
            self.rewrite_texts(ctx.view);
        } else if before != (self.draft.instrument, self.draft.price) {
            self.rewrite_price(ctx.view);
        }
    }

    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let link = self.group;
        let theme = ctx.theme;
        let rect = ui.max_rect();
        if ctx.selection.staged().is_some() {
            return self.basket_ui(ui, ctx, rect);
        }
        let chosen = ctx.chosen(link);
        let is_live = chosen.is_some_and(|(id, ..)| ctx.book_state(id).is_live());
        self.follow(ctx, link, is_live);
        let name =
            chosen.map_or_else(|| "no contract".to_owned(), |(_, instrument, _)| instrument.contract.to_string());
        let state =
            chosen.filter(|_| !is_live).map(|(id, _, market)| (ctx.book_state(id), Some(market.book.age(ctx.now))));
        let outcome = header(
            ui,
            theme,
            rect,
            &Header {
                title: "Ticket",
                subtitle: &name,
                link: Some(link),
                state,
                armed_rail: ctx.is_armed() && ctx.as_of().is_live(),
                ..Header::default()
            },
        );
        let Some((_, instrument, _)) = chosen else {
            empty(ui, theme, outcome.body);
            return outcome.response;
        };
        self.kind_ui(ui, theme, outcome.free);
        self.was_entered = false;
        let body = outcome.body.shrink2(vec2(PAD, 0.0));
        let y = self.quotes_ui(ui, ctx, body, instrument);
        let y = self.fields_ui(ui, ctx, link, body, y, instrument);
        let submit = self.consequence_ui(ui, ctx, body, y, instrument);
        self.submit_ui(ui, ctx, submit, instrument, is_live);
        outcome.response
    }

    /// Orders that belong together, instead of one.
    fn basket_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, rect: Rect) -> PanelResponse {
        let books: Vec<_> = ctx.selection.staged().iter().flat_map(|b| &b.legs).map(|leg| leg.instrument).collect();
        let state = ctx.worst_state(books.into_iter()).filter(|(state, _)| !state.is_live());
        let head = Header {
            title: "Ticket",
            subtitle: "staged legs",
            link: Some(self.group),
            state,
            armed_rail: ctx.is_armed() && ctx.as_of().is_live(),
            ..Header::default()
        };
        let outcome = header(ui, ctx.theme, rect, &head);
        self.basket.ui(ui, ctx, outcome.body, outcome.free);
        outcome.response
    }

    /// Limit or market, at the right of the header.
    fn kind_ui(&mut self, ui: &Ui, theme: &Theme, free: Rect) {
        let t = &theme.tokens;
        let word = kind_word(self.draft.kind);
        let mut ink = Ink::new(ui.ctx());
        let width = ink.width(Font::Ui11, word) + 28.0;
        if width > free.width() {
            return;
        }
        let chip = Rect::from_min_size(pos2(free.right() - width, free.center().y - 9.0), vec2(width, 18.0));
        let response = ui.interact(chip, ui.scope_id().with("order type"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Order type {word}")));
        ink.chip(chip, if response.hovered() { t.bg3 } else { t.bg2 });
        ink.text(place::from(chip.left() + 6.0, chip.center().y), Align::Min, Font::Ui11, word, t.text_mid);
        let caret = icons::CARET_DOWN;
        let caret_at = place::until(chip.right() - 5.0, chip.center().y);
        ink.text(caret_at, Align::Max, Font::Icon12, caret.encode_utf8(&mut [0; 4]), t.text_mid);
        if response.has_focus() {
            focus_ring(&mut ink, theme, chip);
        }
        ink.paint(ui.painter());
        Popup::menu(&response).show(|ui| {
            for kind in [OrderType::Limit, OrderType::Market] {
                if ui.selectable_label(self.draft.kind == kind, kind_word(kind)).clicked() {
                    self.draft.set_kind(kind);
                    if kind == OrderType::Limit {
                        self.draft.set_time_in_force(TimeInForce::GoodTilCancelled);
                    }
                    self.is_confirming = false;
                    ui.close();
                }
            }
        });
    }

    /// Both sides' best price and size; the chosen one is the order's side. Returns the y below.
    fn quotes_ui(&mut self, ui: &Ui, ctx: &PanelContext<'_>, body: Rect, instrument: &Instrument) -> f32 {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let top = body.top() + 9.0;
        let width = (body.width() - 6.0) / 2.0;
        let book = self.draft.instrument.and_then(|id| ctx.view.market(id)).map(|market| &market.book);
        let is_live = self.draft.instrument.is_some_and(|id| ctx.book_state(id).is_live());
        let mut ink = Ink::new(ui.ctx());
        for (at, side) in Side::BOTH.into_iter().enumerate() {
            let rect = Rect::from_min_size(pos2(body.left() + at as f32 * (width + 6.0), top), vec2(width, 46.0));
            let is_on = self.draft.side == side;
            let response = ui.interact(rect, ui.scope_id().with(side.verb()), Sense::click());
            response
                .widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_on, format!("{} side", side.verb())));
            let inks = theme.side(side);
            ink.chip(
                rect,
                if !is_live {
                    t.bg2
                } else if is_on {
                    inks.quote_on
                } else {
                    inks.quote_off
                },
            );
            if is_on {
                ink.outline(rect, 1.5, inks.full);
            } else if response.hovered() {
                ink.outline(rect, 1.0, inks.ghost);
            }
            let best = book.and_then(|book| book.best(side));
            let (word_font, word_ink) = if is_on { (Font::UiBold11, inks.full) } else { (Font::Ui11, t.text_lo) };
            ink.text(place::from(rect.left() + 9.0, rect.top() + 12.0), Align::Min, word_font, side.verb(), word_ink);
            let qty = best.map_or_else(|| NONE.to_owned(), |level| format::lots(level.qty));
            ink.text(place::until(rect.right() - 9.0, rect.top() + 12.0), Align::Max, Font::Mono11, &qty, word_ink);
            let price = PriceFormat::of(instrument).opt(best.map(|level| level.price));
            let price_ink = if !is_live {
                t.stale
            } else if is_on {
                t.text_hi
            } else {
                t.text_mid
            };
            ink.text(
                place::from(rect.left() + 9.0, rect.top() + 30.0),
                Align::Min,
                Font::MonoBold18,
                &price,
                price_ink,
            );
            if !is_live {
                ink.hatch(rect, 7.0, t.line);
            }
            if response.has_focus() {
                focus_ring(&mut ink, theme, rect);
            }
            if response.clicked() {
                self.draft.take_side(side, book);
                self.is_confirming = false;
                self.rewrite_texts(ctx.view);
            }
        }
        ink.paint(ui.painter());
        top + 46.0
    }

    /// Size, price, time in force, flags. Returns the y below.
    fn fields_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        link: LinkGroup,
        body: Rect,
        y: f32,
        instrument: &Instrument,
    ) -> f32 {
        let mut y = y + 7.0;
        self.qty_ui(ui, ctx, link, body, y, instrument);
        y += 31.0;
        if self.draft.kind == OrderType::Limit {
            self.price_ui(ui, ctx, body, y, instrument);
            y += 31.0;
        }
        let theme = ctx.theme;
        caption(ui, theme, body.left(), y + 12.0, "In force");
        let mut chosen = FORCES.iter().position(|(force, _)| *force == self.draft.time_in_force).unwrap_or(1);
        let words = FORCES.map(|(_, word)| word);
        let is_market = self.draft.kind == OrderType::Market;
        let (words, first): (&[&str], usize) = if is_market { (&words[2..], 2) } else { (&words, 0) };
        chosen = chosen.saturating_sub(first).min(words.len().saturating_sub(1));
        let track = Rect::from_min_max(pos2(body.left() + LABEL, y), pos2(body.right(), y + 24.0));
        let changed = at(ui, track, |ui| controls::segmented(ui, theme, "In force", words, &mut chosen, track.width()));
        if changed && let Some((force, _)) = FORCES.get(chosen + first) {
            self.draft.set_time_in_force(*force);
            self.is_confirming = false;
        }
        y += 31.0;
        self.flags_ui(ui, theme, body, y);
        y + 22.0
    }

    fn qty_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        link: LinkGroup,
        body: Rect,
        y: f32,
        instrument: &Instrument,
    ) {
        let theme = ctx.theme;
        caption(ui, theme, body.left(), y + 12.0, "Qty");
        let field = Rect::from_min_size(pos2(body.left() + LABEL, y), vec2(FIELD, 24.0));
        let before = self.qty_text.clone();
        let stepped = at(ui, field, |ui| controls::stepper(ui, theme, "Order quantity", &mut self.qty_text, FIELD));
        self.was_entered |= stepped.edited && ui.input(|input| input.key_pressed(Key::Enter));
        let mut wanted = None;
        if self.qty_text != before {
            wanted = Some(Qty::parse(self.qty_text.trim()).unwrap_or(Qty::ZERO).max(Qty::ZERO));
        }
        if stepped.steps != 0 {
            wanted = Some((self.draft.qty + instrument.lot * stepped.steps).max(instrument.lot));
        }
        let keys = Rect::from_min_max(pos2(field.right() + 4.0, y), pos2(body.right(), y + 24.0));
        let width = (keys.width() - 12.0) / 4.0;
        for (index, lots) in SIZE_KEYS.into_iter().take(4).enumerate() {
            let rect = Rect::from_min_size(pos2(keys.left() + index as f32 * (width + 4.0), y), vec2(width, 24.0));
            let is_on = self.draft.qty == Qty::lots(lots);
            let response = controls::key(ui, theme, rect, &lots.to_string(), Font::Mono12, is_on);
            response
                .widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_on, format!("Ticket size {lots}")));
            if response.clicked() {
                wanted = Some(Qty::lots(lots));
            }
        }
        if let Some(qty) = wanted {
            let was_typed = self.qty_text != before && stepped.steps == 0;
            self.draft.qty = qty;
            ctx.selection.set_order_qty(link, qty);
            self.is_confirming = false;
            if !was_typed {
                self.qty_text = qty.to_string();
            }
        }
    }

    fn price_ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, body: Rect, y: f32, instrument: &Instrument) {
        let theme = ctx.theme;
        caption(ui, theme, body.left(), y + 12.0, "Price");
        let field = Rect::from_min_size(pos2(body.left() + LABEL, y), vec2(FIELD, 24.0));
        let before = self.price_text.clone();
        let stepped = at(ui, field, |ui| controls::stepper(ui, theme, "Limit price", &mut self.price_text, FIELD));
        self.was_entered |= stepped.edited && ui.input(|input| input.key_pressed(Key::Enter));
        if self.price_text != before {
            self.draft.price = format::parse_price(&self.price_text);
            self.is_price_typed = true;
            self.is_confirming = false;
        }
        let mut wanted = None;
        if stepped.steps != 0
            && let Some(price) = self.draft.price
        {
            wanted = Some(Price::from_ticks(price.ticks(instrument.tick) + stepped.steps, instrument.tick));
        }
        let keys = Rect::from_min_max(pos2(field.right() + 4.0, y), pos2(body.right(), y + 24.0));
        let width = (keys.width() - 8.0) / 3.0;
        let book = self.draft.instrument.and_then(|id| ctx.view.market(id)).map(|market| &market.book);
        for (index, quick) in QuickPrice::ALL.into_iter().enumerate() {
            let rect = Rect::from_min_size(pos2(keys.left() + index as f32 * (width + 4.0), y), vec2(width, 24.0));
            let response = controls::key(ui, theme, rect, quick.word(), Font::Ui12, false);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Price at {}", quick.word())));
            if response.clicked() {
                wanted = book.and_then(|book| quick.of(book, instrument.tick, self.draft.side)).or(wanted);
            }
        }
        if let Some(price) = wanted {
            self.draft.price = Some(price);
            self.is_confirming = false;
            self.price_text = PriceFormat::of(instrument).text(price);
            self.is_price_typed = false;
        }
    }

    fn flags_ui(&mut self, ui: &mut Ui, theme: &Theme, body: Rect, y: f32) {
        let mut x = body.left() + LABEL;
        if self.draft.may_be_post_only() {
            let mut is_on = self.draft.post_only != PostOnly::Off;
            let place = Rect::from_min_size(pos2(x, y), vec2(78.0, 20.0));
            if at(ui, place, |ui| controls::checkbox(ui, theme, "Post only", &mut is_on)) {
                self.draft.post_only = if is_on { PostOnly::Reprice } else { PostOnly::Off };
                self.is_confirming = false;
            }
            x += 84.0;
            if self.draft.post_only != PostOnly::Off {
                let word = if self.draft.post_only == PostOnly::Reprice { "or reprice" } else { "or reject" };
                let mut ink = Ink::new(ui.ctx());
                let chip = Rect::from_min_size(pos2(x - 4.0, y + 1.0), vec2(ink.width(Font::Ui11, word) + 10.0, 18.0));
                let response = ui.interact(chip, ui.scope_id().with("post only turn"), Sense::click());
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Post only {word}")));
                ink.chip(chip, if response.hovered() { theme.tokens.bg3 } else { theme.tokens.bg2 });
                ink.text(chip, Align::Center, Font::Ui11, word, theme.tokens.text_mid);
                ink.paint(ui.painter());
                if response.clicked() {
                    self.draft.post_only = match self.draft.post_only {
                        PostOnly::Reprice => PostOnly::Reject,
                        PostOnly::Off | PostOnly::Reject => PostOnly::Reprice,
                    };
                }
            }
            x = body.right() - 62.0;
        }
        let mut is_only = self.draft.reduce == Reduce::Only;
        let place = Rect::from_min_size(pos2(x, y), vec2(62.0, 20.0));
        if at(ui, place, |ui| controls::checkbox(ui, theme, "Reduce", &mut is_only)) {
            self.draft.reduce = if is_only { Reduce::Only } else { Reduce::Any };
            self.is_confirming = false;
        }
    }

    /// What the order would do. Returns the place of the submit button: below, or beside where the panel is wide and low.
    fn consequence_ui(&self, ui: &Ui, ctx: &PanelContext<'_>, body: Rect, y: f32, instrument: &Instrument) -> Rect {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let y = y + 9.0;
        ink.hline(body.left() - PAD..=body.right() + PAD, y, 1.0, t.line);
        let mut area = Rect::from_min_max(pos2(body.left(), y + 6.0), body.max);
        let below = CONSEQUENCES * CONSEQUENCE + 8.0;
        let is_beside = area.height() < below + SUBMIT && body.width() >= BESIDE_WIDTH;
        let pitch = if is_beside { (area.height() / CONSEQUENCES).clamp(14.0, CONSEQUENCE) } else { CONSEQUENCE };
        let submit = if is_beside {
            let (left, right) = area.split_left_right_at_fraction(0.5);
            area = left.with_max_x(left.right() - PAD);
            Rect::from_min_size(
                right.min + vec2(PAD, (pitch * CONSEQUENCES - SUBMIT) / 2.0),
                vec2(right.width() - PAD, SUBMIT),
            )
        } else {
            Rect::from_min_size(area.min + vec2(0.0, below), vec2(body.width(), SUBMIT))
        };
        if let Some(consequence) = consequence(&self.draft, ctx.view) {
            let mut y = area.top() + pitch / 2.0;
            for (label, value) in lines(&self.draft, &consequence, instrument) {
                ink.text(place::from(area.left(), y), Align::Min, Font::Ui12, &label, t.text_lo);
                ink.text(place::until(area.right(), y), Align::Max, Font::Mono12, &value, t.text_hi);
                y += pitch;
            }
        }
        ink.paint(ui.painter());
        submit
    }

    fn submit_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &mut PanelContext<'_>,
        rect: Rect,
        instrument: &Instrument,
        is_live: bool,
    ) {
        let is_past = !ctx.as_of().is_live();
        let obstacle = self.draft.obstacle(ctx.view, is_live).or(is_past.then_some(Obstacle::Past));
        if obstacle.is_some() {
            self.is_confirming = false;
        }
        if self.is_confirming {
            self.confirm_ui(ui, ctx, rect, instrument);
            return;
        }
        let theme = ctx.theme;
        let t = &theme.tokens;
        let side = theme.side(self.draft.side);
        let is_armed = ctx.is_armed();
        let whole = order_words(&self.draft, instrument);
        let (text, hint) = match (&obstacle, is_armed) {
            (Some(obstacle), _) => (obstacle.to_string(), ""),
            (None, true) => (whole, "Enter"),
            (None, false) => (whole, "click arms"),
        };
        let sense = if obstacle.is_none() { Sense::click() } else { Sense::hover() };
        let response = ui.interact(rect, ui.scope_id().with("submit"), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, obstacle.is_none(), format!("Submit: {text}")));
        let (fill, word_ink) = match (obstacle.is_some(), is_armed) {
            (true, _) => (t.bg2, t.text_mid),
            (false, true) if response.is_pointer_button_down_on() => (color::mix(side.full, 80, t.bg1), t.ink),
            (false, true) => (side.full, t.ink),
            (false, false) => (side.disarmed, side.rest),
        };
        let mut ink = Ink::new(ui.ctx());
        ink.chip(rect, fill);
        let middle = rect.center().y;
        ink.text(place::from(rect.left() + 12.0, middle), Align::Min, Font::UiBold13, &text, word_ink);
        let mut right = rect.right() - 12.0;
        right -= ink.width(Font::Ui12, hint);
        ink.text(place::from(right, middle), Align::Min, Font::Ui12, hint, word_ink);
        let (word, badge_fill, badge_ink) = environment_inks(theme, ctx.view.session.environment);
        let width = ink.width(Font::UiBold11, word) + 12.0;
        let badge = Rect::from_min_size(pos2(right - 8.0 - width, middle - 9.0), vec2(width, 18.0));
        if obstacle.is_none() {
            let (badge_fill, badge_ink) = if is_armed { (t.ink, badge_fill) } else { (badge_fill, badge_ink) };
            ink.chip(badge, badge_fill);
            ink.text(badge, Align::Center, Font::UiBold11, word, badge_ink);
        }
        if response.has_focus() {
            focus_ring(&mut ink, theme, rect);
        }
        ink.paint(ui.painter());
        let was_entered = obstacle.is_none() && is_armed && self.was_entered;
        if response.clicked() || was_entered {
            if !is_armed {
                ctx.send(Intent::Arm);
            } else if self.draft.needs_confirmation(ctx.view) {
                self.is_confirming = true;
            } else {
                self.place(ctx);
            }
        }
    }

    fn place(&mut self, ctx: &mut PanelContext<'_>) {
        if let Some(intent) = self.draft.intent() {
            ctx.send(Intent::Place(intent));
        }
        self.is_confirming = false;
    }

    /// In the submit button's place: what a large order would do at once, Back and Send.
    fn confirm_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, submit: Rect, instrument: &Instrument) {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let strip = Rect::from_min_max(pos2(submit.left(), submit.bottom() - 64.0), submit.max);
        let side = self.draft.side;
        let mut ink = Ink::new(ui.ctx());
        ink.chip(strip, t.bg2);
        ink.outline(strip, 1.5, theme.side(side).full);
        let x = strip.left() + 10.0;
        ink.text(
            place::from(x, strip.top() + 13.0),
            Align::Min,
            Font::UiBold12,
            &order_words(&self.draft, instrument),
            t.text_hi,
        );
        if let Some(c) = consequence(&self.draft, ctx.view) {
            let text = format!("takes {}, rests {}", format::lots(c.takes), format::lots(c.rests));
            ink.text(place::from(x, strip.top() + 31.0), Align::Min, Font::Ui11, &text, t.text_mid);
        }
        let limit = ctx.view.trading.limits.max_order.whole_lots();
        let icon_end = ink.text(
            place::from(x, strip.top() + 49.0),
            Align::Min,
            Font::IconFill12,
            icons::WARNING.encode_utf8(&mut [0; 4]),
            t.warn,
        );
        let warning = format!("over half of {limit} lots");
        ink.text(place::from(icon_end + 4.0, strip.top() + 49.0), Align::Min, Font::Ui11, &warning, t.warn);
        ink.paint(ui.painter());
        let send = Rect::from_min_size(pos2(strip.right() - 82.0, strip.bottom() - 34.0), vec2(74.0, 26.0));
        let back = Rect::from_min_size(pos2(send.left() - 52.0, send.top()), vec2(46.0, 26.0));
        let words = format!("Send {}", format::lots(self.draft.qty));
        let is_sent = Button::new(&words).kind(Kind::Submit(side)).put(ui, theme, send).clicked()
            || ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
        let is_back = Button::new("Back").put(ui, theme, back).clicked()
            || ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if is_back {
            self.is_confirming = false;
        } else if is_sent && ctx.is_armed() {
            self.place(ctx);
        }
    }
}

const fn kind_word(kind: OrderType) -> &'static str {
    match kind {
        OrderType::Limit => "Limit",
        OrderType::Market => "Market",
    }
}

/// `Buy 5 at 2.78`, `Sell 2 at market`.
fn order_words(draft: &Draft, instrument: &Instrument) -> String {
    let price = match (draft.kind, draft.price) {
        (OrderType::Market, _) => "market".to_owned(),
        (OrderType::Limit, price) => PriceFormat::of(instrument).opt(price),
    };
    format!("{} {} at {price}", draft.side.verb(), format::lots(draft.qty))
}

fn lines(draft: &Draft, consequence: &Consequence, instrument: &Instrument) -> [(String, String); 4] {
    let about = if draft.kind == OrderType::Market { "about " } else { "" };
    let units = format!("{} {}", format::count(consequence.units.unsigned_abs()), instrument.unit.label());
    let lots = if draft.qty == Qty::lots(1) { "lot" } else { "lots" };
    let money = |money: Option<String>| money.unwrap_or_else(|| NONE.to_owned());
    [
        (format!("{} {lots}", format::lots(draft.qty)), units),
        ("Notional".to_owned(), money(consequence.notional.map(|n| format!("{about}{}", format::money(n))))),
        (
            "Margin, added".to_owned(),
            money(consequence.margin_added.map(|m| format!("about {}", format::money_signed(m)))),
        ),
        ("Position after".to_owned(), format::lots_signed(consequence.position_after)),
    ]
}

fn caption(ui: &Ui, theme: &Theme, x: f32, y: f32, text: &str) {
    let mut ink = Ink::new(ui.ctx());
    ink.text(place::from(x, y), Align::Min, Font::Ui12, text, theme.tokens.text_lo);
    ink.paint(ui.painter());
}

fn empty(ui: &Ui, theme: &Theme, body: Rect) {
    let mut ink = Ink::new(ui.ctx());
    ink.text(body, Align::Center, Font::Ui12, "Select a contract in the market", theme.tokens.text_lo);
    ink.paint(ui.painter());
}
