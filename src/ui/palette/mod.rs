//! The command box: actions by name, contracts by name, orders in words, which fill the ticket and never send,
//! and alerts. Opens below its
//! place in the title row; arrow keys choose, Enter takes, Escape leaves.

pub mod fuzzy;
pub mod order_text;
#[cfg(test)]
mod tests;

use egui::{
    Align, Area, Context, Frame, Id, Key, Margin, Modifiers, Order, Rect, Role, Sense, TextEdit, Ui, WidgetInfo, pos2,
    vec2,
};

use super::actions::{Action, shortcut_text};
use super::alerts::text;
use super::context::PanelContext;
use super::format::{self, PriceFormat};
use super::place;
use super::theme::{Face, icons};
use super::widgets::ink::{Font, Ink};
use crate::domain::alert::AlertSpec;
use crate::domain::instrument::InstrumentId;
use crate::view::View;
use crate::view::market::MarketView;
use order_text::OrderText;

const ROW: f32 = 26.0;
const MOST: usize = 9;

/// What the box was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    Act(Action),
    Select(InstrumentId),
    Fill(OrderText),
    Alert(AlertSpec),
}

/// One line of the list.
#[derive(Clone, Debug)]
struct Item {
    chosen: Option<Chosen>,
    icon: char,
    text: String,
    detail: String,
}

#[derive(Debug, Default)]
pub struct Palette {
    is_open: bool,
    text: String,
    cursor: usize,
}

impl Palette {
    pub fn open(&mut self) {
        self.is_open = true;
        self.text.clear();
        self.cursor = 0;
    }

    pub fn close(&mut self) {
        self.is_open = false;
    }

    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Draws the open box over `anchor`; returns what was chosen.
    pub fn ui(&mut self, ctx: &Context, panel: &PanelContext<'_>, anchor: Rect) -> Option<Chosen> {
        if !self.is_open {
            return None;
        }
        let items = self.items(panel.view);
        let steps = ctx.input_mut(|input| {
            if input.consume_key(Modifiers::NONE, Key::Escape) {
                self.is_open = false;
            }
            i32::from(input.consume_key(Modifiers::NONE, Key::ArrowDown))
                - i32::from(input.consume_key(Modifiers::NONE, Key::ArrowUp))
        });
        let last = items.len().saturating_sub(1);
        self.cursor = match steps {
            1 => (self.cursor + 1).min(last),
            -1 => self.cursor.saturating_sub(1),
            _ => self.cursor.min(last),
        };
        let is_entered = ctx.input(|input| input.key_pressed(Key::Enter));
        let mut taken = is_entered.then_some(self.cursor);
        let width = anchor.width().max(360.0);
        let left = anchor.center().x - width / 2.0;
        let area =
            Area::new(Id::unique("command palette")).order(Order::Foreground).fixed_pos(pos2(left, anchor.top()));
        area.show(ctx, |ui| {
            let size = vec2(width, 30.0 + items.len().max(1) as f32 * ROW + 6.0);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            if let Some(clicked) = self.list_ui(ui, panel, rect, &items) {
                taken = Some(clicked);
            }
        });
        let chosen = taken.and_then(|at| items.into_iter().nth(at)).and_then(|item| item.chosen);
        if chosen.is_some() {
            self.is_open = false;
        }
        chosen
    }

    fn list_ui(&mut self, ui: &mut Ui, panel: &PanelContext<'_>, rect: Rect, items: &[Item]) -> Option<usize> {
        let theme = panel.theme;
        let t = &theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        ink.chip_outlined(rect, t.bg2, t.line_hi);
        let middle = rect.top() + 14.0;
        let glass = icons::MAGNIFYING_GLASS.encode_utf8(&mut [0; 4]).to_owned();
        ink.text(place::from(rect.left() + 8.0, middle), Align::Min, Font::Icon14, &glass, t.text_mid);
        ink.hline(rect.x_range(), rect.top() + 29.0, 1.0, t.line_hi);
        ink.paint(ui.painter());
        let field = Rect::from_min_max(rect.min + vec2(29.0, 3.0), pos2(rect.right() - 8.0, rect.top() + 27.0));
        let edit = TextEdit::singleline(&mut self.text)
            .id(Id::unique("command palette text"))
            .font(Face::Mono.at(12.0))
            .text_color(t.text_hi)
            .align(egui::Align2::LEFT_CENTER)
            .hint_text("buy 5 h100 dec26 @ 2.78")
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .desired_width(field.width());
        let response = ui.put(field, edit);
        response.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, "Order or command"));
        response.request_focus();
        if response.changed() {
            self.cursor = 0;
        }
        let mut clicked = None;
        for (at, item) in items.iter().enumerate() {
            let row = Rect::from_min_size(
                pos2(rect.left() + 1.0, rect.top() + 33.0 + at as f32 * ROW),
                vec2(rect.width() - 2.0, ROW),
            );
            let response = ui.interact(row, ui.scope_id().with(("item", at)), Sense::click());
            response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, at == self.cursor, item.text.clone()));
            if response.hovered() && ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO) {
                self.cursor = at;
            }
            if at == self.cursor {
                ink.rect(row, t.bg3);
            }
            if response.clicked() {
                clicked = Some(at);
            }
            let y = row.center().y;
            let is_error = item.chosen.is_none();
            let color = if is_error { t.warn } else { t.text_hi };
            let icon = item.icon.encode_utf8(&mut [0; 4]).to_owned();
            ink.text(place::from(row.left() + 8.0, y), Align::Min, Font::Icon14, &icon, t.text_mid);
            ink.text(place::from(row.left() + 30.0, y), Align::Min, Font::Ui12, &item.text, color);
            ink.text(place::until(row.right() - 10.0, y), Align::Max, Font::Ui11, &item.detail, t.text_mid);
        }
        ink.paint(ui.painter());
        clicked
    }

    /// The order typed, or the names that answer best.
    fn items(&self, view: &View) -> Vec<Item> {
        let typed = self.text.trim();
        match order_text::parse(typed, &view.catalogue) {
            Some(Ok(order)) => return vec![order_item(order, view)],
            Some(Err(error)) if typed.contains(' ') => {
                let icon = icons::WARNING;
                return vec![Item { chosen: None, icon, text: error.to_string(), detail: String::new() }];
            }
            _ => {}
        }
        let alert = typed.split_once(' ').filter(|(verb, _)| verb.eq_ignore_ascii_case("alert"));
        if let Some((_, watched)) = alert {
            return vec![alert_item(watched, view)];
        }
        let mut scored: Vec<(i32, Item)> = Vec::new();
        for action in Action::ALL {
            let row = action.row();
            // By what it does too, after all that are called so.
            let does = || is_said_in(row.help, typed).then_some(i32::MIN);
            if let Some(score) = fuzzy::score(typed, row.name).or_else(does) {
                let detail = row.shortcut.map_or_else(|| row.help.to_owned(), |key| shortcut_text(&key));
                let item = Item {
                    chosen: Some(Chosen::Act(action)),
                    icon: icons::LIGHTNING,
                    text: row.name.to_owned(),
                    detail,
                };
                scored.push((score, item));
            }
        }
        if !typed.is_empty() {
            for (id, instrument) in view.catalogue.iter().filter(|(_, i)| i.is_active) {
                let name = instrument.contract.to_string();
                if let Some(score) = fuzzy::score(typed, &name) {
                    let last = view.market(id).and_then(MarketView::last_price);
                    let detail = last.map(|price| PriceFormat::of(instrument).text(price)).unwrap_or_default();
                    let item =
                        Item { chosen: Some(Chosen::Select(id)), icon: icons::GRAPHICS_CARD, text: name, detail };
                    scored.push((score, item));
                }
            }
            scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        if scored.is_empty() {
            let text = "No command and no contract is called that: F1 lists all commands.".to_owned();
            return vec![Item { chosen: None, icon: icons::WARNING, text, detail: String::new() }];
        }
        scored.truncate(MOST);
        scored.into_iter().map(|(_, item)| item).collect()
    }
}

fn is_said_in(help: &str, typed: &str) -> bool {
    help.split_whitespace().any(|word| word.to_lowercase().starts_with(&typed.to_lowercase()))
}

fn alert_item(watched: &str, view: &View) -> Item {
    match text::parse(watched, &view.catalogue, view.at.utc) {
        Ok(spec) => {
            let detail = "Enter sets the alert".to_owned();
            Item { text: spec.to_string(), chosen: Some(Chosen::Alert(spec)), icon: icons::BELL, detail }
        }
        Err(error) => Item { chosen: None, icon: icons::WARNING, text: error.to_string(), detail: String::new() },
    }
}

fn order_item(order: OrderText, view: &View) -> Item {
    let instrument = order.instrument.and_then(|id| view.instrument(id));
    let mut text = format!("{} ", order.side.verb());
    if let Some(qty) = order.qty {
        text.push_str(&format::lots(qty));
        text.push(' ');
    }
    match instrument {
        Some(instrument) => {
            text.push_str(&instrument.contract.to_string());
            if let Some(price) = order.price {
                text.push_str(" at ");
                text.push_str(&PriceFormat::of(instrument).text(price));
            }
        }
        None => {
            text.push_str("the selected contract");
            if let Some(price) = order.price {
                text.push_str(&format!(" at {price}"));
            }
        }
    }
    let detail = "Enter fills the ticket".to_owned();
    Item { chosen: Some(Chosen::Fill(order)), icon: icons::PENCIL_SIMPLE, text, detail }
}
