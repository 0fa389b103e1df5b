//! The 26-point header of every panel: link letter, title, subtitle, and at the right whatever the panel puts there, usually its
//! state chip, then the menu dots. The header is also the handle by which a panel is moved. A panel that shows the past says so in the
//! place of its state, on a ground of its own.

use std::time::Duration;

use egui::{Align, Color32, Pos2, Rect, Response, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::chip::state_chip;
use super::ink::{Font, Ink};
use crate::base::time::Utc;
use crate::ui::context::{AsOf, LinkGroup, PanelResponse};
use crate::ui::format;
use crate::ui::place;
use crate::ui::theme::{Theme, color::mix, icons};
use crate::view::book::BookState;

pub const HEADER_HEIGHT: f32 = 26.0;

/// What a header says.
#[derive(Clone, Debug, Default)]
pub struct Header<'a> {
    /// Unique in the window: the accessible name of the panel.
    pub title: &'a str,
    pub subtitle: &'a str,
    pub link: Option<LinkGroup>,
    pub state: Option<(BookState, Option<Duration>)>,
    /// What the panel's figures are of; a past instant stands in the place of the state.
    pub as_of: AsOf,
    /// The panel can send orders and the terminal is armed: a bright rail at the top.
    pub armed_rail: bool,
}

/// Where the header left room, and what was done to it.
#[derive(Clone, Copy, Debug)]
pub struct HeaderOutcome {
    pub response: PanelResponse,
    /// Between the words and what is at the right.
    pub free: Rect,
    /// The panel below the header.
    pub body: Rect,
}

/// Draws a panel's ground and header into all of `rect`.
pub fn header(ui: &mut Ui, theme: &Theme, rect: Rect, header: &Header<'_>) -> HeaderOutcome {
    let t = &theme.tokens;
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER_HEIGHT.min(rect.height())));
    ui.painter().rect_filled(rect, 4.0, t.bg1);
    let mut ink = Ink::new(ui.ctx());
    ink.hline(rect.x_range(), bar.max.y - 1.0, 1.0, t.line);
    if !header.as_of.is_live() {
        ink.chip(bar, theme.over(t.warn, 16));
        ink.hline(rect.min.x + 2.0..=rect.max.x - 2.0, rect.min.y, 2.0, t.warn);
    }
    if header.armed_rail {
        ink.hline(rect.min.x + 2.0..=rect.max.x - 2.0, rect.min.y, 2.0, t.text_hi);
    }
    let drag = ui.interact(bar, ui.scope_id().with((header.title, "header")), Sense::drag());
    let label = header.title.to_owned();
    drag.widget_info(move || WidgetInfo::labeled(Role::TitleBar, true, format!("Move {label}")));
    let mut response = PanelResponse { drag_started: moves(ui, &drag), ..PanelResponse::default() };
    let middle = bar.center().y;
    let from = |x: f32, right: f32| Rect::from_min_max(pos2(x, bar.min.y), pos2(right.max(x), bar.max.y));

    let mut x = bar.min.x + 8.0;
    if let Some(group) = header.link {
        let cell = Rect::from_center_size(pos2(x + 8.0, middle), vec2(16.0, 16.0));
        let link = ui.interact(cell, ui.scope_id().with((header.title, "link")), Sense::click());
        let label = format!("Link group {} of {}", group.letter(), header.title);
        link.widget_info(move || WidgetInfo::labeled(Role::Button, true, label.clone()));
        response.link_clicked = link.clicked();
        link_letter(&mut ink, theme, cell, group);
        x += 24.0;
    }

    let dots = Rect::from_center_size(pos2(bar.max.x - 14.0, middle), vec2(16.0, 20.0));
    let menu = ui.interact(dots, ui.scope_id().with((header.title, "menu")), Sense::click());
    let label = format!("Menu of {}", header.title);
    menu.widget_info(move || WidgetInfo::labeled(Role::Button, true, label.clone()));
    response.menu_clicked = menu.clicked();
    let color = if menu.hovered() { t.text_hi } else { t.text_lo };
    ink.text(dots, Align::Center, Font::IconBold14, icons::DOTS_THREE_VERTICAL.encode_utf8(&mut [0; 4]), color);
    let mut right = dots.min.x - 4.0;
    if let Some(utc) = header.as_of.past() {
        right = past_chip(ui, &mut ink, theme, pos2(right, middle), utc, header.title, &mut response) - 8.0;
    } else if let Some((state, age)) = header.state {
        right = state_chip(&mut ink, theme, right, middle, state, age) - 8.0;
    }

    let title_end = x + ink.width(Font::UiBold12, header.title);
    if title_end <= right {
        ink.text(from(x, right), Align::Min, Font::UiBold12, header.title, t.text_hi);
        x = title_end + 8.0;
        if x + ink.width(Font::Ui12, header.subtitle) <= right {
            x = ink.text(from(x, right), Align::Min, Font::Ui12, header.subtitle, t.text_lo) + 8.0;
        }
    }
    ink.paint(ui.painter());
    HeaderOutcome { response, free: from(x, right), body: Rect::from_min_max(pos2(rect.min.x, bar.max.y), rect.max) }
}

/// Whether a hand pulls at a handle. A press that goes nowhere is a click on whatever lies over it, and must not dock the panel anew.
pub fn moves(ui: &Ui, handle: &Response) -> bool {
    handle.dragged() && ui.input(|input| input.pointer.is_decidedly_dragging())
}

/// `as of 21 Oct 21:00  LIVE`, the last word a button, ending at `right`; returns the x where it begins.
fn past_chip(
    ui: &Ui,
    ink: &mut Ink,
    theme: &Theme,
    end: Pos2,
    utc: Utc,
    panel: &str,
    response: &mut PanelResponse,
) -> f32 {
    let t = &theme.tokens;
    let button = Rect::from_center_size(end - vec2(19.0, 0.0), vec2(38.0, 18.0));
    let live = ui.interact(button, ui.scope_id().with((panel, "live")), Sense::click());
    let label = format!("Back to live from {}", format::day_time(utc));
    live.widget_info(move || WidgetInfo::labeled(Role::Button, true, label.clone()));
    response.live_clicked = live.clicked();
    let live = live.on_hover_text("Back to live (Esc)");
    ink.chip(button, if live.hovered() { t.line_hi } else { t.bg3 });
    ink.text(button, Align::Center, Font::UiBold11, "LIVE", t.text_hi);
    let words = format!("as of {}", format::day_time(utc));
    let left = button.min.x - 8.0 - ink.width(Font::UiBold12, &words);
    ink.text(place::from(left, end.y), Align::Min, Font::UiBold12, &words, t.warn);
    let icon = Rect::from_center_size(pos2(left - 10.0, end.y), vec2(14.0, 16.0));
    ink.text(icon, Align::Center, Font::IconFill12, icons::CLOCK_COUNTER_CLOCKWISE.encode_utf8(&mut [0; 4]), t.warn);
    icon.min.x
}

/// The letter of a link group on its colour.
pub fn link_letter(ink: &mut Ink, theme: &Theme, cell: Rect, group: LinkGroup) {
    let (ground, text) = link_inks(theme, group);
    ink.chip(cell, ground);
    ink.text(cell, Align::Center, Font::UiBold11, group.letter().encode_utf8(&mut [0; 4]), text);
}

fn link_inks(theme: &Theme, group: LinkGroup) -> (Color32, Color32) {
    let t = &theme.tokens;
    match group {
        LinkGroup::A => (theme.over(t.accent, 24), t.accent),
        LinkGroup::B => (theme.over(t.link_b, 26), mix(t.link_b, 80, t.text_hi)),
    }
}
