//! The whole window: band and title, strip, banners, docked panels, footer, and what lies over them. Takes one picture a frame and
//! returns commands for core and requests for the application; it touches nothing else.

use egui::{Popup, Pos2, Rect, Ui, UiBuilder, pos2, vec2};
use serde_json::Value;

use super::actions::Action;
use super::alerts::AlertList;
use super::banner::{self, BANNER_HEIGHT, SettingsAccess};
use super::context::{AsOf, FrameStats, LinkGroup, PanelContext, Preferences, Selection};
use super::export::Export;
use super::help::help_ui;
use super::keymap;
use super::palette::{Chosen, Palette};
use super::panels::footer::{FOOTER_HEIGHT, footer_ui};
use super::panels::strip::{STRIP_HEIGHT, Strip};
use super::panels::title::{BAND_HEIGHT, Bell, TITLE_HEIGHT, title_ui};
use super::select;
use super::theme::Theme;
use super::toast::Toasts;
use super::workspace::Workspaces;
use super::workspace_name::WorkspaceName;
use crate::base::time::Now;
use crate::domain::command::{CancelScope, Command, Intent};
use crate::domain::number::{Price, Qty, Side};
use crate::view::View;
use crate::view::session::Notice;

const GUTTER: f32 = 4.0;

/// What the window is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct FrameInputs<'a> {
    pub view: &'a View,
    pub now: Now,
    pub theme: &'a Theme,
    pub prefs: &'a Preferences,
    pub frame: &'a FrameStats,
    pub settings: SettingsAccess,
}

/// What only the application can do.
#[derive(Clone, Debug, PartialEq)]
pub enum AppRequest {
    SwitchTheme,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Quit,
    /// The layout has changed: to be kept with the settings.
    SaveLayout(Value),
    /// Rows or the picture of a panel: to be written into a file.
    Export(Export),
}

/// What a frame asked for, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScreenOutput {
    pub commands: Vec<Command>,
    pub requests: Vec<AppRequest>,
}

#[derive(Debug, Default)]
pub struct Screen {
    workspaces: Workspaces,
    selection: Selection,
    strip: Strip,
    palette: Palette,
    toasts: Toasts,
    alerts: AlertList,
    is_help_open: bool,
    unsaved: bool,
}

impl Screen {
    /// With a layout that an earlier run kept.
    pub fn from_saved(saved: Option<&Value>) -> Self {
        Self { workspaces: saved.map(Workspaces::from_saved).unwrap_or_default(), ..Self::default() }
    }

    pub fn to_saved(&self) -> Value {
        self.workspaces.to_saved()
    }

    /// Shows a notice of the application's own.
    pub fn tell(&mut self, notice: Notice) {
        self.toasts.tell(notice);
    }

    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Where a hand must click to act on `side` at `price` in the group's ladder, if that row is in view.
    pub fn ladder_cell(&self, group: LinkGroup, side: Side, price: Price) -> Option<Pos2> {
        self.workspaces.panels().ladder(group)?.cell(side, price)
    }

    pub const fn workspaces(&self) -> &Workspaces {
        &self.workspaces
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, inputs: FrameInputs<'_>) -> ScreenOutput {
        let mut output = ScreenOutput::default();
        let window = ui.max_rect();
        ui.painter().rect_filled(window, 0.0, inputs.theme.tokens.bg0);
        select::choose_first(&mut self.selection, inputs.view);
        let mut selection = std::mem::take(&mut self.selection);
        selection.enter(self.workspaces.shown());
        let mut ctx = PanelContext::new(
            inputs.view,
            inputs.now,
            inputs.theme,
            &mut selection,
            inputs.prefs,
            inputs.frame,
            &mut output.commands,
        );
        if !self.palette.is_open() {
            // Escape closes what lies on top; only then does it leave the past.
            let is_covered = self.is_help_open || Popup::is_any_open(ui.ctx());
            let can_return = !is_covered && !ctx.as_of().is_live();
            for action in keymap::pressed(ui.ctx(), |action| action != Action::BackToLive || can_return) {
                self.act(action, &mut ctx, &mut output.requests);
            }
        }
        let bell = if self.alerts.has_news(inputs.view) { Bell::News } else { Bell::Quiet };
        let title = section(ui, "title", window, |ui| title_ui(ui, &ctx, window, self.workspaces.shown(), bell));
        if title.was_box_clicked {
            self.palette.open();
        }
        if title.was_bell_clicked {
            self.alerts.toggle();
        }
        if title.was_help_clicked {
            self.is_help_open = true;
        }
        if let Some(name) = title.chosen {
            self.show(name);
        }
        ctx.selection.enter(self.workspaces.shown());
        let inner = window.shrink2(vec2(GUTTER, 0.0));
        let mut top = window.top() + BAND_HEIGHT + TITLE_HEIGHT;
        let strip = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), STRIP_HEIGHT));
        section(ui, "strip", strip, |ui| self.strip.ui(ui, &mut ctx, strip));
        top = strip.bottom() + GUTTER;
        for (at, banner) in banner::banners(inputs.view, inputs.now, inputs.settings).iter().enumerate() {
            let rect = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), BANNER_HEIGHT));
            section(ui, ("banner", at), rect, |ui| banner::banner_ui(ui, &mut ctx, rect, banner));
            top = rect.bottom() + GUTTER;
        }
        let footer = Rect::from_min_max(pos2(window.left(), window.bottom() - FOOTER_HEIGHT), window.max);
        let dock = Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), footer.top() - GUTTER));
        let workspace = section(ui, "workspace", dock, |ui| self.workspaces.ui(ui, &mut ctx));
        section(ui, "footer", footer, |ui| footer_ui(ui, &ctx, footer));
        section(ui, "toasts", dock, |ui| self.toasts.ui(ui, &ctx, dock));
        if let Some(text) = ctx.selection.take_alert_draft() {
            self.alerts.open_with(text);
        }
        self.alerts.ui(ui.ctx(), &mut ctx, title.bell);
        if let Some(chosen) = self.palette.ui(ui.ctx(), &ctx, title.command_box) {
            self.take(chosen, &mut ctx, &mut output.requests);
        }
        let was_help_open = self.is_help_open && !title.was_help_clicked;
        if self.is_help_open && help_ui(ui.ctx(), inputs.theme, window) && was_help_open {
            self.is_help_open = false;
        }
        self.selection = selection;
        self.unsaved |= workspace.was_edited;
        output.requests.extend(workspace.exports.into_iter().map(AppRequest::Export));
        if self.unsaved && !ui.input(|input| input.pointer.any_down()) {
            self.unsaved = false;
            output.requests.push(AppRequest::SaveLayout(self.workspaces.to_saved()));
        }
        output
    }

    /// Turns to another workspace.
    pub fn show(&mut self, name: WorkspaceName) {
        self.unsaved |= name != self.workspaces.shown();
        self.workspaces.show(name);
    }

    fn take(&mut self, chosen: Chosen, ctx: &mut PanelContext<'_>, requests: &mut Vec<AppRequest>) {
        match chosen {
            Chosen::Act(action) => self.act(action, ctx, requests),
            Chosen::Select(id) => {
                let is_spread = ctx.view.instrument(id).is_some_and(|i| i.contract.is_spread());
                ctx.selection.select(if is_spread { LinkGroup::B } else { LinkGroup::A }, id);
            }
            Chosen::Alert(spec) => ctx.send(Intent::SetAlert(spec)),
            Chosen::Fill(order) => {
                let ticket = &mut self.workspaces.panels_mut().ticket;
                if let Some(id) = order.instrument {
                    ctx.selection.select(ticket.group, id);
                }
                if let Some(qty) = order.qty {
                    ctx.selection.set_order_qty(ticket.group, qty);
                }
                ticket.prefill(&order, ctx.view);
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &mut PanelContext<'_>, requests: &mut Vec<AppRequest>) {
        let selected = ctx.selection.instrument(LinkGroup::A);
        match action {
            Action::ToggleArm => ctx.send(if ctx.is_armed() { Intent::Disarm } else { Intent::Arm }),
            Action::CancelAll => ctx.send(Intent::Cancel(CancelScope::All)),
            Action::CancelSelected => {
                if let Some(id) = selected {
                    ctx.send(Intent::Cancel(CancelScope::Instrument(id, None)));
                }
            }
            Action::Flatten => self.strip.ask_flatten(ctx.now.mono),
            Action::ToggleBlock => {
                ctx.send(if ctx.view.trading.is_blocked { Intent::Unblock } else { Intent::Block });
            }
            Action::TicketBuy => self.workspaces.panels_mut().ticket.take_side(Side::Bid, ctx.view),
            Action::TicketSell => self.workspaces.panels_mut().ticket.take_side(Side::Ask, ctx.view),
            Action::Size1 | Action::Size2 | Action::Size3 | Action::Size4 | Action::Size5 => {
                if let Some(lots) = action.size_key().and_then(|at| ctx.prefs.size_keys.get(at)) {
                    ctx.selection.set_order_qty(LinkGroup::A, Qty::lots(*lots));
                }
            }
            Action::Palette => self.palette.open(),
            Action::NextMonth => select::step_month(ctx.selection, ctx.view, 1),
            Action::PreviousMonth => select::step_month(ctx.selection, ctx.view, -1),
            Action::NextProduct => select::step_product(ctx.selection, ctx.view, 1),
            Action::PreviousProduct => select::step_product(ctx.selection, ctx.view, -1),
            Action::Recentre => self.workspaces.panels_mut().recentre(),
            Action::BackToLive => ctx.look_at(AsOf::Live),
            Action::Alerts => self.alerts.toggle(),
            Action::Reconnect => ctx.send(Intent::Reconnect),
            Action::TraderWorkspace => self.show(WorkspaceName::Trader),
            Action::CurveWorkspace => self.show(WorkspaceName::Curve),
            Action::SwitchTheme => requests.push(AppRequest::SwitchTheme),
            Action::ZoomIn => requests.push(AppRequest::ZoomIn),
            Action::ZoomOut => requests.push(AppRequest::ZoomOut),
            Action::ZoomReset => requests.push(AppRequest::ZoomReset),
            Action::ResetLayout => {
                self.workspaces.reset_layout();
                self.unsaved = true;
            }
            Action::Help => self.is_help_open = !self.is_help_open,
            Action::Quit => requests.push(AppRequest::Quit),
        }
    }
}

/// A part of the window at its own place, with ids of its own.
fn section<R>(
    ui: &mut Ui,
    name: impl std::hash::Hash + std::fmt::Debug,
    rect: Rect,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(name), add).inner
}
