//! The time slider: what the front month was worth over the span that is known, a handle for the instant shown, one for the instant
//! compared with, and playback. It changes nothing itself: it says what a hand wants.

use std::time::Duration;

use egui::{
    Align, EventFilter, Id, Key, Modifiers, Pos2, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::playback::{MEANING, Playback, Speed};
use crate::base::time::Utc;
use crate::domain::contract::Product;
use crate::domain::number::Price;
use crate::ui::context::AsOf;
use crate::ui::format::{self, PriceFormat};
use crate::ui::place;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::button::focus_ring;
use crate::ui::widgets::chip::state_color;
use crate::ui::widgets::controls::segmented;
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::History;
use crate::view::book::BookState;

const LEFT: f32 = 130.0;
const RIGHT: f32 = 326.0;
/// In a narrow panel the speeds are left out.
const RIGHT_NARROW: f32 = 190.0;
const NARROW: f32 = 760.0;
const DAY: Duration = Duration::from_secs(86_400);
/// So near to its end the slider means now.
const LIVE_POINTS: f32 = 5.0;
/// Past instants are whole minutes, as marks are.
const MINUTE_NS: i64 = 60_000_000_000;
/// More settlements than a year has are not looked for.
const MOST_DAYS: usize = 400;

/// The front month's settlements, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spark(Vec<(Utc, Price)>);

impl Spark {
    pub fn of(history: &History, product: &Product, now: Utc) -> Self {
        let mut days = Vec::new();
        let mut at = history.settled_at(product, now);
        while let Some(settled) = at.filter(|_| days.len() < MOST_DAYS) {
            let front = history.settlement_curve(product, settled).first().map(|front| front.point.price);
            days.extend(front.map(|price| (settled, price)));
            at = history.settled_at(product, settled - Duration::from_nanos(1));
        }
        days.reverse();
        Self(days)
    }

    pub fn first(&self) -> Option<Utc> {
        self.0.first().map(|(utc, _)| *utc)
    }

    /// The last settlement before `at`.
    pub fn before(&self, at: Utc) -> Option<Utc> {
        self.0.iter().rev().map(|(utc, _)| *utc).find(|utc| *utc < at)
    }

    /// The first settlement after `at`.
    pub fn after(&self, at: Utc) -> Option<Utc> {
        self.0.iter().map(|(utc, _)| *utc).find(|utc| *utc > at)
    }

    fn nearest(&self, at: Utc) -> Option<(Utc, Price)> {
        self.0.iter().copied().min_by_key(|(utc, _)| utc.0.abs_diff(at.0))
    }
}

/// What a hand wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    LookAt(AsOf),
    CompareWith(Utc),
    Play,
    Pause,
}

/// What the slider is drawn from.
pub struct Slider<'a> {
    pub rect: Rect,
    pub spark: &'a Spark,
    pub now: Utc,
    pub as_of: AsOf,
    pub compared: Utc,
    pub format: PriceFormat,
    /// Of the books, while live.
    pub state: BookState,
}

impl Slider<'_> {
    fn track(&self) -> egui::Rangef {
        let right = if self.rect.width() < NARROW { RIGHT_NARROW } else { RIGHT };
        egui::Rangef::new(self.rect.left() + LEFT, self.rect.right() - right)
    }

    fn from(&self) -> Utc {
        self.spark.first().unwrap_or(self.now - DAY)
    }

    fn x(&self, at: Utc) -> f32 {
        let (from, track) = (self.from(), self.track());
        let share = (at.0 - from.0) as f64 / (self.now.0 - from.0).max(1) as f64;
        track.min + (share.clamp(0.0, 1.0) as f32) * track.span()
    }

    fn instant(&self, x: f32) -> Utc {
        let (from, track) = (self.from(), self.track());
        let share = f64::from(((x - track.min) / track.span()).clamp(0.0, 1.0));
        let at = from.0 + ((self.now.0 - from.0) as f64 * share) as i64;
        Utc((at.div_euclid(MINUTE_NS) * MINUTE_NS).max(from.0))
    }

    fn look_at_x(&self, x: f32) -> AsOf {
        if x >= self.track().max - LIVE_POINTS { AsOf::Live } else { AsOf::Past(self.instant(x)) }
    }

    pub fn ui(&self, ui: &mut Ui, theme: &Theme, playback: &mut Playback) -> Option<Wish> {
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        ink.hline(self.rect.x_range(), self.rect.top(), 1.0, t.line);
        let mut wish = self.buttons_ui(ui, &mut ink, theme, playback);
        self.paint_track(&mut ink, theme);
        wish = wish.or(self.handles_ui(ui, &mut ink, theme));
        wish = wish.or(self.state_ui(ui, &mut ink, theme, playback));
        ink.paint(ui.painter());
        wish
    }

    fn shown(&self) -> Utc {
        self.as_of.past().unwrap_or(self.now)
    }

    fn buttons_ui(&self, ui: &Ui, ink: &mut Ink, theme: &Theme, playback: &Playback) -> Option<Wish> {
        let seat = |x: f32, width: f32| Rect::from_min_size(self.rect.min + vec2(x, 15.0), vec2(width, 24.0));
        let back = icon_button(ui, ink, theme, seat(10.0, 26.0), icons::SKIP_BACK, "One settlement back");
        let (icon, name) = if playback.is_running() { (icons::PAUSE, "Pause") } else { (icons::PLAY, "Play the past") };
        let play = icon_button(ui, ink, theme, seat(40.0, 32.0), icon, name);
        if back.on_hover_text("One settlement back").clicked() {
            return Some(Wish::LookAt(AsOf::Past(self.spark.before(self.shown())?)));
        }
        let words = format!("From the instant compared with, or where you are, up to now. {MEANING}");
        if play.on_hover_text(words).clicked() {
            return Some(if playback.is_running() { Wish::Pause } else { Wish::Play });
        }
        None
    }

    fn paint_track(&self, ink: &mut Ink, theme: &Theme) {
        let t = &theme.tokens;
        let top = self.rect.top();
        let track = self.track();
        let prices = self.spark.0.iter().map(|(_, price)| price.to_f64_lossy());
        let (low, high) = prices.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let y = |price: Price| top + 26.0 - ((price.to_f64_lossy() - low) / (high - low).max(1e-9)) as f32 * 18.0;
        let shown = self.shown();
        for pair in self.spark.0.windows(2) {
            let [(from, a), (to, b)] = [pair[0], pair[1]];
            let color = if to <= shown { t.text_lo } else { t.line_hi };
            ink.line(pos2(self.x(from), y(a)), pos2(self.x(to), y(b)), 1.0, color);
        }
        ink.hline(track, top + 34.0, 3.0, t.bg3);
        let (a, b) = (self.x(self.compared), self.x(shown));
        ink.hline(a.min(b)..=a.max(b), top + 34.0, 3.0, theme.over(t.text_hi, 40));
        for (at, (utc, _)) in self.spark.0.iter().enumerate() {
            let height = if at % 5 == 0 { 5.0 } else { 3.0 };
            let x = self.x(*utc);
            ink.vline(x - 0.5, top + 39.0..=top + 39.0 + height, 1.0, t.line_hi);
        }
        if self.rect.width() >= NARROW {
            let from = place::until(track.min - 10.0, top + 35.5);
            ink.text(from, Align::Max, Font::Ui12, &format::day(self.from()), t.text_lo);
        }
    }

    fn handles_ui(&self, ui: &Ui, ink: &mut Ink, theme: &Theme) -> Option<Wish> {
        let t = &theme.tokens;
        let y = self.rect.top() + 35.5;
        let track = self.track();
        let band = Rect::from_x_y_ranges(track, self.rect.top() + 6.0..=self.rect.top() + 48.0);
        let rail = ui.interact(band.expand2(vec2(6.0, 0.0)), ui.scope_id().with("rail"), Sense::click());
        rail.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Past of the front month"));
        let mut wish =
            rail.interact_pointer_pos().filter(|_| rail.clicked()).map(|at| Wish::LookAt(self.look_at_x(at.x)));
        let compared = self.handle(ui, "Compared with", self.compared, 8.0);
        let shown = self.handle(ui, "Time shown", self.shown(), 9.0);
        if let Some(at) = compared.interact_pointer_pos().filter(|_| compared.dragged()) {
            wish = Some(Wish::CompareWith(self.instant(at.x).min(self.shown())));
        }
        if let Some(at) = shown.interact_pointer_pos().filter(|_| shown.dragged()) {
            wish = Some(Wish::LookAt(self.look_at_x(at.x)));
        }
        wish = wish.or(self.keys(ui, &compared, self.compared).map(|to| match to {
            AsOf::Past(utc) => Wish::CompareWith(utc.min(self.shown())),
            AsOf::Live => Wish::CompareWith(self.shown()),
        }));
        wish = wish.or(self.keys(ui, &shown, self.shown()).map(Wish::LookAt));
        let at = pos2(self.x(self.compared), y);
        ink.disc(at, 6.0, if compared.hovered() || compared.has_focus() { t.text_hi } else { t.text_mid });
        ink.disc(at, 4.0, t.bg1);
        let handle = Rect::from_center_size(pos2(self.x(self.shown()), y), vec2(8.0, 17.0));
        ink.chip(handle, if self.as_of.is_live() { t.text_hi } else { t.warn });
        for response in [&compared, &shown] {
            if response.has_focus() {
                focus_ring(ink, theme, response.rect.shrink2(vec2(2.0, 12.0)));
            }
        }
        self.name_compared(ink, theme, at);
        let hovered = rail.hover_pos().and_then(|at| self.spark.nearest(self.instant(at.x)));
        if let Some((utc, price)) = hovered {
            rail.on_hover_text_at_pointer(super::origins::spark(utc, price, self.format));
        }
        wish
    }

    /// `21 Oct, compared`, beside its handle where the other one is not.
    fn name_compared(&self, ink: &mut Ink, theme: &Theme, at: Pos2) {
        let words = format!("{}, compared", format::day(self.compared));
        let width = ink.width(Font::Ui12, &words);
        let shown = self.x(self.shown());
        let is_free =
            |left: f32| (left + width < shown - 8.0 || left > shown + 8.0) && left + width < self.track().max + 40.0;
        let right = at.x + 10.0;
        let left = if is_free(right) { right } else { at.x - 10.0 - width };
        let plate = Rect::from_min_size(pos2(left - 2.0, at.y - 18.0), vec2(width + 4.0, 14.0));
        ink.rect(plate, theme.tokens.bg1);
        ink.text(place::from(left, at.y - 11.0), Align::Min, Font::Ui12, &words, theme.tokens.text_mid);
    }

    fn handle(&self, ui: &Ui, name: &'static str, at: Utc, reach: f32) -> Response {
        let center = pos2(self.x(at), self.rect.top() + 30.0);
        let seat = Rect::from_center_size(center, vec2(reach * 2.0, 40.0));
        let response = ui.interact(seat, ui.scope_id().with(name), Sense::click_and_drag());
        let says = format!("{name}: {}", format::day_time(at));
        response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, says.clone()));
        if response.clicked() || response.drag_started() {
            response.request_focus();
        }
        response
    }

    /// Left and right go from settlement to settlement, Home and End to the first and to now.
    fn keys(&self, ui: &Ui, handle: &Response, at: Utc) -> Option<AsOf> {
        if !handle.has_focus() {
            return None;
        }
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(handle.id, filter));
        let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::ArrowLeft) {
            self.spark.before(at).map(AsOf::Past)
        } else if pressed(Key::ArrowRight) {
            Some(self.spark.after(at).map_or(AsOf::Live, AsOf::Past))
        } else if pressed(Key::Home) {
            self.spark.first().map(AsOf::Past)
        } else if pressed(Key::End) {
            Some(AsOf::Live)
        } else {
            None
        }
    }

    /// Live or the past instant at the right, and the speeds.
    fn state_ui(&self, ui: &mut Ui, ink: &mut Ink, theme: &Theme, playback: &mut Playback) -> Option<Wish> {
        let t = &theme.tokens;
        let y = self.rect.top() + 27.0;
        let mut right = self.rect.right() - 10.0;
        if self.rect.width() >= NARROW {
            let seat = Rect::from_min_size(pos2(right - 114.0, y - 12.0), vec2(114.0, 24.0));
            let mut chosen = Speed::ALL.iter().position(|speed| *speed == playback.speed).unwrap_or_default();
            let words = Speed::ALL.map(Speed::words);
            let builder = UiBuilder::new().max_rect(seat).id_salt("speed");
            ui.scope_builder(builder, |ui| segmented(ui, theme, "Speed", &words, &mut chosen, seat.width()));
            playback.speed = Speed::ALL.get(chosen).copied().unwrap_or_default();
            let about = ui.interact(seat, ui.scope_id().with("about speed"), Sense::hover());
            about.on_hover_text(MEANING);
            right = seat.left() - 12.0;
        }
        let clock = format::day_time(self.shown());
        let width = ink.width(Font::Mono12, &clock);
        let color = if self.as_of.is_live() { t.text_hi } else { t.warn };
        ink.text(place::until(right, y), Align::Max, Font::Mono12, &clock, color);
        right -= width + 8.0;
        if self.as_of.is_live() {
            let (word, color) = (self.state.word(), state_color(theme, self.state));
            let left = right - ink.width(Font::UiBold12, word);
            ink.text(place::from(left, y), Align::Min, Font::UiBold12, word, color);
            ink.disc(pos2(left - 9.0, y), 3.0, color);
            return None;
        }
        let seat = Rect::from_min_size(pos2(right - 46.0, y - 11.0), vec2(46.0, 22.0));
        let response = ui.interact(seat, ui.scope_id().with("go live"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Go live"));
        ink.chip(seat, if response.hovered() { t.line_hi } else { t.bg3 });
        ink.text(seat, Align::Center, Font::UiBold12, "LIVE", t.text_hi);
        if response.has_focus() {
            focus_ring(ink, theme, seat);
        }
        response.on_hover_text("Back to live (Esc)").clicked().then_some(Wish::LookAt(AsOf::Live))
    }
}

fn icon_button(ui: &Ui, ink: &mut Ink, theme: &Theme, rect: Rect, icon: char, name: &'static str) -> Response {
    let t = &theme.tokens;
    let id: Id = ui.scope_id().with(("slider button", rect.left() as i32));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    ink.chip(rect, if response.hovered() { t.line_hi } else { t.bg3 });
    ink.text(rect, Align::Center, Font::IconFill12, icon.encode_utf8(&mut [0; 4]), t.text_hi);
    if response.has_focus() {
        focus_ring(ink, theme, rect);
    }
    response
}
