//! The title row: the mark, the workspaces, the command box and the clock; above it the band that says whose money this is.

use egui::{Align, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::actions::{Action, shortcut_text};
use crate::ui::context::PanelContext;
use crate::ui::format;
use crate::ui::place;
use crate::ui::theme::{Theme, color, icons};
use crate::ui::widgets::button::focus_ring;
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::workspace_name::WorkspaceName;
use crate::view::session::Environment;

/// Striped band above everything; absent where money is real.
pub const BAND_HEIGHT: f32 = 3.0;
pub const TITLE_HEIGHT: f32 = 33.0;
const BOX_WIDTH: f32 = 452.0;
const EXAMPLE: &str = "buy 5 h100 dec26 @ 2.78";

/// Where the command box stands, and whether it was clicked.
#[derive(Clone, Copy, Debug)]
pub struct TitleResponse {
    pub command_box: Rect,
    pub was_box_clicked: bool,
    pub was_help_clicked: bool,
    /// Where the bell stands, for what opens below it.
    pub bell: Rect,
    pub was_bell_clicked: bool,
    /// The workspace whose tab was clicked.
    pub chosen: Option<WorkspaceName>,
}

/// How the bell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bell {
    #[default]
    Quiet,
    /// An alert has fired that nobody has looked at.
    News,
}

pub fn title_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    window: Rect,
    shown: WorkspaceName,
    bell_look: Bell,
) -> TitleResponse {
    let theme = ctx.theme;
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    if ctx.view.session.environment != Environment::Real {
        band(&mut ink, theme, Rect::from_min_size(window.min, vec2(window.width(), BAND_HEIGHT)));
    }
    let rect = Rect::from_min_size(window.min + vec2(0.0, BAND_HEIGHT), vec2(window.width(), TITLE_HEIGHT));
    let middle = rect.center().y;
    mark(&mut ink, theme, pos2(rect.left() + 12.0, middle - 8.5));
    let end = ink.text(place::from(rect.left() + 39.0, middle), Align::Min, Font::UiBold13, "Tenor", t.text_hi);

    let mut chosen = None;
    let mut tabs_end = end + 12.0;
    for (at, name) in WorkspaceName::ALL.into_iter().enumerate() {
        let is_on = name == shown;
        let font = if is_on { Font::UiBold12 } else { Font::Ui12 };
        let number = (at + 1).to_string();
        let width = ink.width(font, name.title()) + ink.width(Font::Ui11, &number) + 25.0;
        let tab = Rect::from_min_size(pos2(tabs_end + 8.0, middle - 12.0), vec2(width, 24.0));
        let response = ui.interact(tab, ui.scope_id().with(name.title()), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_on, format!("{} workspace", name.title())));
        if is_on || response.hovered() {
            ink.chip(tab, t.bg2);
        }
        let color = if is_on { t.text_hi } else { t.text_mid };
        let name_end = ink.text(place::from(tab.left() + 9.0, middle), Align::Min, font, name.title(), color);
        ink.text(place::from(name_end + 7.0, middle), Align::Min, Font::Ui11, &number, t.text_lo);
        if response.has_focus() {
            focus_ring(&mut ink, theme, tab);
        }
        if response.clicked() {
            chosen = Some(name);
        }
        tabs_end = tab.right();
    }

    let clock_left = clock(&mut ink, ctx, rect);
    let help = Rect::from_center_size(pos2(clock_left - 24.0, middle), vec2(24.0, 24.0));
    let help_response = ui.interact(help, ui.scope_id().with("help"), Sense::click());
    help_response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Help"));
    let help_ink = if help_response.hovered() { t.text_hi } else { t.text_mid };
    ink.text(help, Align::Center, Font::IconBold14, icons::QUESTION.encode_utf8(&mut [0; 4]), help_ink);

    let (bell, bell_response) = bell_ui(ui, &mut ink, ctx, pos2(help.left() - 4.0, middle), bell_look);

    let free = (tabs_end + 16.0)..(bell.left() - 8.0);
    let width = BOX_WIDTH.min((free.end - free.start).max(120.0));
    let left = (rect.center().x - width / 2.0).clamp(free.start, (free.end - width).max(free.start));
    let command_box = Rect::from_min_size(pos2(left, middle - 12.0), vec2(width, 24.0));
    let box_response = ui.interact(command_box, ui.scope_id().with("command box"), Sense::click());
    box_response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Open command box"));
    command_box_ink(&mut ink, theme, command_box, box_response.hovered());
    if box_response.has_focus() {
        focus_ring(&mut ink, theme, command_box);
    }
    ink.paint(ui.painter());
    TitleResponse {
        command_box,
        was_box_clicked: box_response.clicked(),
        was_help_clicked: help_response.clicked(),
        bell,
        was_bell_clicked: bell_response.clicked(),
        chosen,
    }
}

/// The bell and how many alerts there are, ending at `right`.
fn bell_ui(ui: &Ui, ink: &mut Ink, ctx: &PanelContext<'_>, right: Pos2, look: Bell) -> (Rect, Response) {
    let t = &ctx.theme.tokens;
    let count = match ctx.view.alerts.len() {
        0 => String::new(),
        count => count.to_string(),
    };
    let width = if count.is_empty() { 24.0 } else { 28.0 + ink.width(Font::Mono12, &count) };
    let rect = Rect::from_min_max(pos2(right.x - width, right.y - 12.0), pos2(right.x, right.y + 12.0));
    let response = ui.interact(rect, ui.scope_id().with("bell"), Sense::click());
    let news = if look == Bell::News { ", one has fired" } else { "" };
    let label = format!("Alerts: {}{news}", ctx.view.alerts.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label.clone()));
    let color = match look {
        Bell::News => t.warn,
        Bell::Quiet if response.hovered() => t.text_hi,
        Bell::Quiet => t.text_mid,
    };
    let font = if look == Bell::News { Font::IconFill12 } else { Font::Icon14 };
    let icon = Rect::from_center_size(pos2(rect.left() + 12.0, right.y), vec2(18.0, 18.0));
    ink.text(icon, Align::Center, font, icons::BELL.encode_utf8(&mut [0; 4]), color);
    ink.text(place::from(rect.left() + 23.0, right.y), Align::Min, Font::Mono12, &count, t.text_hi);
    if response.has_focus() {
        focus_ring(ink, ctx.theme, rect);
    }
    (rect, response)
}

fn command_box_ink(ink: &mut Ink, theme: &Theme, rect: Rect, is_hovered: bool) {
    let t = &theme.tokens;
    ink.chip_outlined(rect, t.bg1, if is_hovered { t.line_hi } else { t.line });
    let middle = rect.center().y;
    let icon = icons::MAGNIFYING_GLASS;
    let mut key_left = rect.right() - 8.0;
    if let Some(shortcut) = Action::Palette.row().shortcut {
        let text = shortcut_text(&shortcut);
        let cap = Rect::from_min_max(
            pos2(key_left - ink.width(Font::Ui11, &text) - 10.0, middle - 8.0),
            pos2(key_left, middle + 8.0),
        );
        ink.chip(cap, t.bg2);
        ink.text(cap, Align::Center, Font::Ui11, &text, t.text_lo);
        key_left = cap.left();
    }
    ink.text(
        place::from(rect.left() + 8.0, middle),
        Align::Min,
        Font::Icon14,
        icon.encode_utf8(&mut [0; 4]),
        t.text_lo,
    );
    let hints = ["Order or command, for example", "Order or command"];
    let x = rect.left() + 29.0;
    let example_width = ink.width(Font::Mono12, EXAMPLE) + 8.0;
    if x + ink.width(Font::Ui12, hints[0]) + example_width < key_left {
        let end = ink.text(place::from(x, middle), Align::Min, Font::Ui12, hints[0], t.text_lo);
        ink.text(place::from(end + 8.0, middle), Align::Min, Font::Mono12, EXAMPLE, t.text_mid);
    } else if x + ink.width(Font::Ui12, hints[1]) < key_left {
        ink.text(place::from(x, middle), Align::Min, Font::Ui12, hints[1], t.text_lo);
    }
}

/// The venue's date, time and zone at the right, and its pace where it is not ours; returns where they begin.
fn clock(ink: &mut Ink, ctx: &PanelContext<'_>, rect: Rect) -> f32 {
    let t = &ctx.theme.tokens;
    let (date, time) = (format::date(ctx.now.utc), format::time_s(ctx.now.utc));
    let (date_width, time_width) = (ink.width(Font::Ui12, &date), ink.width(Font::Mono13, &time));
    let pace = format::pace(ctx.view.session.pace());
    let pace_width = if pace.is_empty() { 0.0 } else { ink.width(Font::UiBold12, &pace) + 8.0 };
    let left = rect.right() - 12.0 - ink.width(Font::Ui12, "UTC") - 6.0 - time_width - 6.0 - date_width - pace_width;
    let middle = rect.center().y;
    ink.text(place::from(left, middle), Align::Min, Font::UiBold12, &pace, t.sim);
    let left = left + pace_width;
    let mut x = ink.text(place::from(left, middle), Align::Min, Font::Ui12, &date, t.text_lo) + 6.0;
    x = ink.text(place::from(x, middle), Align::Min, Font::Mono13, &time, t.text_hi) + 6.0;
    ink.text(place::from(x, middle), Align::Min, Font::Ui12, "UTC", t.text_lo);
    left - pace_width
}

/// Slanted stripes in the colour of simulation.
fn band(ink: &mut Ink, theme: &Theme, rect: Rect) {
    let t = &theme.tokens;
    ink.rect(rect, color::mix(t.sim, 28, t.bg0));
    let height = rect.height();
    let mut x = rect.left() - 10.0;
    while x < rect.right() {
        ink.convex(
            &[
                pos2(x + height, rect.top()),
                pos2(x + height + 5.0, rect.top()),
                pos2(x + 5.0, rect.bottom()),
                pos2(x, rect.bottom()),
            ],
            t.sim,
        );
        x += 10.0;
    }
}

/// Four falling bars: a forward curve.
fn mark(ink: &mut Ink, theme: &Theme, at: egui::Pos2) {
    for (x, top, height) in [(1.0, 2.0, 14.0), (5.3, 5.0, 11.0), (9.7, 8.5, 7.5), (14.0, 11.0, 5.0)] {
        let bar = Rect::from_min_size(at + vec2(x, top) * (17.0 / 18.0), vec2(3.0, height * 17.0 / 18.0));
        ink.rect(bar, theme.tokens.accent);
    }
}
