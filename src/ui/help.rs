//! The help overlay: every action with its key, from the table of actions. Any key or click closes it.

use egui::{Align, Area, Context, Id, Order, Rect, Role, Sense, WidgetInfo, pos2, vec2};

use super::actions::{Action, Group, shortcut_text};
use super::place;
use super::theme::Theme;
use super::widgets::ink::{Font, Ink};

const WIDTH: f32 = 620.0;
const ROW: f32 = 20.0;
const GROUP_GAP: f32 = 30.0;

/// Draws the overlay over `window`; true when it shall close.
pub fn help_ui(ctx: &Context, theme: &Theme, window: Rect) -> bool {
    let rows = Action::ALL.len() as f32 * ROW + Group::ALL.len() as f32 * GROUP_GAP + 24.0;
    let size = vec2(WIDTH.min(window.width() - 16.0), rows);
    let rect = Rect::from_center_size(window.center(), size);
    let area = Area::new(Id::unique("help overlay")).order(Order::Foreground).fixed_pos(rect.min);
    let was_clicked = area
        .show(ctx, |ui| {
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Dialog, true, "Keys and actions overlay"));
            let t = &theme.tokens;
            let mut ink = Ink::new(ui.ctx());
            ink.chip_outlined(rect, t.bg2, t.line_hi);
            let mut y = rect.top() + 10.0;
            for group in Group::ALL {
                y += 16.0;
                ink.text(place::from(rect.left() + 20.0, y), Align::Min, Font::UiBold13, group.title(), t.text_hi);
                y += GROUP_GAP - 16.0;
                for action in Action::ALL.into_iter().filter(|action| action.row().group == group) {
                    let row = action.row();
                    let middle = y + ROW / 2.0;
                    if let Some(shortcut) = row.shortcut {
                        let text = shortcut_text(&shortcut);
                        let width = ink.width(Font::Ui11, &text) + 10.0;
                        let cap = Rect::from_min_size(pos2(rect.left() + 20.0, middle - 8.0), vec2(width, 16.0));
                        ink.chip(cap, t.bg3);
                        ink.text(cap, Align::Center, Font::Ui11, &text, t.text_hi);
                    }
                    let name_x = rect.left() + 140.0;
                    ink.text(place::from(name_x, middle), Align::Min, Font::Ui12, row.name, t.text_hi);
                    ink.text(place::from(name_x + 190.0, middle), Align::Min, Font::Ui11, row.help, t.text_mid);
                    y += ROW;
                }
            }
            ink.paint(ui.painter());
            response.clicked()
        })
        .inner;
    was_clicked || ctx.input(|input| input.key_pressed(egui::Key::Escape) || input.pointer.any_click())
}
