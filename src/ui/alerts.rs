//! The list of alerts, opened by the bell in the title row: what each watches, how far away it is, whether it has fired; one can be typed
//! in, and removed.

pub mod text;

use egui::{
    Align, Area, Context, Frame, Id, Key, Margin, Modifiers, Order, Rect, Role, Sense, TextEdit, Ui, WidgetInfo, pos2,
    vec2,
};

use super::context::PanelContext;
use super::format;
use super::place;
use super::theme::{Face, Theme, icons};
use super::widgets::button::{Button, focus_ring};
use super::widgets::ink::{Font, Ink};
use crate::base::time::Utc;
use crate::domain::alert::Repeat;
use crate::domain::command::Intent;
use crate::domain::number::Price;
use crate::view::View;
use crate::view::alert::{AlertState, AlertView};

const WIDTH: f32 = 430.0;
const HEAD: f32 = 30.0;
const ROW: f32 = 42.0;
const FIELD: f32 = 34.0;
const FAULT: f32 = 20.0;
/// More are reached by removing some: nobody reads more.
const MOST_ROWS: usize = 12;

#[derive(Debug, Default)]
pub struct AlertList {
    is_open: bool,
    text: String,
    fault: Option<String>,
    wants_focus: bool,
    /// When the newest firing that was looked at happened.
    seen: Utc,
}

fn newest_firing(view: &View) -> Option<Utc> {
    view.alerts.iter().filter_map(|alert| alert.spec.fired).max()
}

impl AlertList {
    pub fn toggle(&mut self) {
        self.is_open = !self.is_open;
        self.wants_focus = self.is_open;
    }

    /// With an alert to be finished by hand.
    pub fn open_with(&mut self, text: String) {
        *self = Self { is_open: true, wants_focus: true, text, fault: None, ..*self };
    }

    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// What is wrong with the text that was submitted last.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Whether something has fired that nobody has looked at.
    pub fn has_news(&self, view: &View) -> bool {
        newest_firing(view).is_some_and(|fired| fired > self.seen)
    }

    /// Draws the open list below `bell`.
    pub fn ui(&mut self, ctx: &Context, panel: &mut PanelContext<'_>, bell: Rect) {
        if !self.is_open {
            return;
        }
        self.seen = self.seen.max(newest_firing(panel.view).unwrap_or_default());
        let rows = panel.view.alerts.len().clamp(1, MOST_ROWS);
        let fault = if self.fault.is_some() { FAULT } else { 0.0 };
        let size = vec2(WIDTH, HEAD + rows as f32 * ROW + FIELD + fault + 6.0);
        let left = (bell.right() - WIDTH).max(4.0);
        let area =
            Area::new(Id::unique("alert list")).order(Order::Foreground).fixed_pos(pos2(left, bell.bottom() + 4.0));
        let rect = area
            .show(ctx, |ui| {
                let (rect, response) = ui.allocate_exact_size(size, Sense::click());
                response.widget_info(|| WidgetInfo::labeled(Role::Dialog, true, "Alerts"));
                self.list_ui(ui, panel, rect);
                rect
            })
            .inner;
        let is_left = ctx.input(|input| {
            let elsewhere = |at: egui::Pos2| !rect.contains(at) && !bell.contains(at);
            input.pointer.any_pressed() && input.pointer.interact_pos().is_some_and(elsewhere)
        });
        if is_left || ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.is_open = false;
        }
    }

    fn list_ui(&mut self, ui: &mut Ui, panel: &mut PanelContext<'_>, rect: Rect) {
        let theme = panel.theme;
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        ink.chip_outlined(rect, t.bg2, t.line_hi);
        let head = rect.top() + HEAD / 2.0;
        ink.text(place::from(rect.left() + 12.0, head), Align::Min, Font::UiBold13, "Alerts", t.text_hi);
        let words = "live books only; a stale one never fires";
        ink.text(place::until(rect.right() - 12.0, head), Align::Max, Font::Ui11, words, t.text_lo);
        ink.hline(rect.x_range(), rect.top() + HEAD - 1.0, 1.0, t.line);
        let mut y = rect.top() + HEAD;
        if panel.view.alerts.is_empty() {
            let line = Rect::from_min_size(pos2(rect.left(), y), vec2(WIDTH, ROW));
            ink.text(line, Align::Center, Font::Ui12, "Nothing is watched", t.text_lo);
            y += ROW;
        }
        let mut removed = None;
        for alert in panel.view.alerts.iter().take(MOST_ROWS) {
            let row = Rect::from_min_size(pos2(rect.left() + 1.0, y), vec2(WIDTH - 2.0, ROW));
            y += ROW;
            if row_ui(ui, &mut ink, theme, row, alert) {
                removed = Some(alert.id);
            }
        }
        ink.hline(rect.x_range(), y, 1.0, t.line);
        ink.paint(ui.painter());
        if let Some(id) = removed {
            panel.send(Intent::RemoveAlert(id));
        }
        self.field_ui(ui, panel, Rect::from_min_size(pos2(rect.left(), y + 1.0), vec2(WIDTH, FIELD)));
        if let Some(fault) = &self.fault {
            let mut ink = Ink::new(ui.ctx());
            let at = place::from(rect.left() + 12.0, y + FIELD + FAULT / 2.0);
            ink.text(at, Align::Min, Font::Ui11, fault, t.warn);
            ink.paint(&ui.painter().with_clip_rect(rect));
        }
    }

    fn field_ui(&mut self, ui: &mut Ui, panel: &mut PanelContext<'_>, line: Rect) {
        let t = &panel.theme.tokens;
        let ground = Rect::from_min_max(line.min + vec2(8.0, 6.0), pos2(line.max.x - 68.0, line.max.y - 4.0));
        let mut ink = Ink::new(ui.ctx());
        ink.chip_outlined(ground, t.bg1, t.line);
        ink.paint(ui.painter());
        let edit = TextEdit::singleline(&mut self.text)
            .id(Id::unique("new alert"))
            .font(Face::Mono.at(12.0))
            .text_color(t.text_hi)
            .align(egui::Align2::LEFT_CENTER)
            .hint_text(text::EXAMPLE)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .desired_width(ground.width() - 12.0);
        let response = ui.put(ground.shrink2(vec2(6.0, 1.0)), edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "New alert"));
        if std::mem::take(&mut self.wants_focus) {
            response.request_focus();
        }
        if response.changed() {
            self.fault = None;
        }
        let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let place = Rect::from_min_max(pos2(ground.max.x + 6.0, ground.min.y), pos2(line.max.x - 8.0, ground.max.y));
        let button = Button::new("Add").enabled(!self.text.trim().is_empty()).put(ui, panel.theme, place);
        if is_entered || button.clicked() {
            self.submit(panel);
        }
    }

    /// Sets what was typed, or says what is wrong with it.
    pub fn submit(&mut self, panel: &mut PanelContext<'_>) {
        match text::parse(&self.text, &panel.view.catalogue, panel.now.utc) {
            Ok(spec) => {
                panel.send(Intent::SetAlert(spec));
                self.text.clear();
                self.fault = None;
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
        self.wants_focus = true;
    }
}

/// What a row says of an alert beside its expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowText {
    /// `mid above 0.50`, with `again` where it repeats.
    pub condition: String,
    /// `now 0.440, 0.060 away`; empty while nothing can be seen.
    pub place: String,
    pub state: String,
}

impl RowText {
    pub fn of(alert: &AlertView) -> Self {
        let spec = &alert.spec;
        let number = |value: f64| format::price(Price::from_f64_lossy(value), alert.decimals);
        let level = format::price(spec.level, alert.decimals.max(spec.level.decimals()));
        let again = if spec.repeat == Repeat::Again { ", again" } else { "" };
        let place = match (alert.value, alert.distance()) {
            (Some(value), Some(away)) if away > 0.0 => format!("now {}, {} away", number(value), number(away)),
            (Some(value), _) => format!("now {}", number(value)),
            _ => String::new(),
        };
        let state = match (alert.state, spec.fired) {
            (AlertState::Fired, Some(utc)) => format!("fired {}", format::day_time(utc)),
            (AlertState::Resting, Some(utc)) => format!("fired {}, not back yet", format::time_s(utc)),
            (state, _) => state.text(),
        };
        Self { condition: format!("{} {} {level}{again}", spec.price.word(), spec.passing.word()), place, state }
    }
}

/// True when its cross was clicked.
fn row_ui(ui: &Ui, ink: &mut Ink, theme: &Theme, row: Rect, alert: &AlertView) -> bool {
    let t = &theme.tokens;
    let RowText { condition, place: distance, state } = RowText::of(alert);
    let response = ui.interact(row, ui.scope_id().with(("alert", alert.id)), Sense::hover());
    let label = format!("{} {condition}; {distance}; {state}", alert.spec.expression);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, label.clone()));
    let (mark, color) = match alert.state {
        AlertState::Watching => (t.text_mid, t.text_mid),
        AlertState::Resting | AlertState::Fired => (t.warn, t.warn),
        AlertState::Blind(_) | AlertState::Unquoted | AlertState::Unlisted => (t.stale, t.stale),
    };
    let (upper, lower) = (row.top() + 13.0, row.top() + 30.0);
    let bell = Rect::from_center_size(pos2(row.left() + 19.0, row.center().y), vec2(18.0, 18.0));
    let font = if alert.state.has_fired() { Font::IconFill12 } else { Font::Icon14 };
    ink.text(bell, Align::Center, font, icons::BELL.encode_utf8(&mut [0; 4]), mark);
    let x = row.left() + 36.0;
    ink.text(place::from(x, upper), Align::Min, Font::UiBold12, &alert.spec.expression, t.text_hi);
    let end = ink.text(place::from(x, lower), Align::Min, Font::Ui11, &condition, t.text_mid);
    ink.text(place::from(end + 10.0, lower), Align::Min, Font::Mono11, &distance, t.text_hi);
    ink.text(place::until(row.right() - 36.0, lower), Align::Max, Font::Ui11, &state, color);
    let cross = Rect::from_center_size(pos2(row.right() - 18.0, row.center().y), vec2(24.0, 24.0));
    let remove = ui.interact(cross, ui.scope_id().with(("remove alert", alert.id)), Sense::click());
    let label = format!("Remove alert {}", alert.spec);
    remove.widget_info(|| WidgetInfo::labeled(Role::Button, true, label.clone()));
    let color = if remove.hovered() { t.text_hi } else { t.text_lo };
    ink.text(cross, Align::Center, Font::Icon14, icons::X.encode_utf8(&mut [0; 4]), color);
    if remove.has_focus() {
        focus_ring(ink, theme, cross);
    }
    remove.clicked()
}
