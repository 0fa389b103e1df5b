//! One terminal and its screen, whoever shows it: the window on a display, or the stage without one.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use egui::Ui;

use super::export::{Exports, Wait};
use super::launch::{Plan, Running};
use super::meter::Meter;
use crate::base::time::{Instant, Now};
use crate::cli::ThemeName;
use crate::domain::command::{Command, Intent};
use crate::settings::alerts::SavedAlert;
use crate::settings::state::{State, Window};
use crate::shell::files;
use crate::ui::banner::SettingsAccess;
use crate::ui::context::Preferences;
use crate::ui::export::Export;
use crate::ui::screen::{AppRequest, FrameInputs, Screen};
use crate::ui::theme::{Palette, Theme, ThemeError, fonts, style};
use crate::view::View;
use crate::view::session::{Notice, Severity};

/// How far into a second the clock is painted.
const AFTER_SECOND: Duration = Duration::from_millis(5);
/// How often an export that is being written is asked for.
const EXPORT_POLL: Duration = Duration::from_millis(50);
const ZOOM_STEP: f32 = 0.1;
const ZOOM_RANGE: std::ops::RangeInclusive<f32> = 0.75..=3.0;

/// What the surroundings must do after a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Continue,
    Quit,
}

pub struct Desk {
    plan: Plan,
    running: Running,
    screen: Screen,
    theme: Theme,
    prefs: Preferences,
    meter: Meter,
    state: State,
    /// Core has taken over the alerts of the earlier run: what it shows is what to save.
    has_alerts: bool,
    /// Unsaved since.
    changed: Option<Instant>,
    exports: Exports,
    /// Writes to disk, which the screen must not wait for.
    saving: Option<JoinHandle<()>>,
}

impl Desk {
    /// Dresses the context and takes the terminal over.
    ///
    /// # Errors
    /// A theme file that cannot be read.
    pub fn new(ctx: &egui::Context, plan: Plan, running: Running) -> Result<Self, ThemeError> {
        fonts::install(ctx);
        let state = plan.state.clone();
        let theme = theme(plan.theme)?;
        style::apply(ctx, &theme);
        if let Some(zoom) = state.zoom {
            ctx.set_zoom_factor(zoom.clamp(*ZOOM_RANGE.start(), *ZOOM_RANGE.end()));
        }
        let screen = Screen::from_saved(state.workspace.as_ref());
        let limits = Command { intent: Intent::SetLimits(plan.limits.clone()), seen: 0 };
        let mut desk = Self {
            plan,
            running,
            screen,
            theme,
            prefs: Preferences::default(),
            meter: Meter::default(),
            has_alerts: state.alerts.is_empty(),
            state,
            changed: None,
            exports: Exports::default(),
            saving: None,
        };
        desk.send(limits);
        for spec in desk.state.alerts.iter().filter_map(SavedAlert::spec).collect::<Vec<_>>() {
            desk.send(Command { intent: Intent::SetAlert(spec), seen: 0 });
        }
        let launches: Vec<_> = desk.state.launches().collect();
        for (product, months) in launches {
            desk.send(Command { intent: Intent::SetLaunches(product, months), seen: 0 });
        }
        for complaint in std::mem::take(&mut desk.plan.complaints) {
            desk.tell(Severity::Error, &complaint);
        }
        Ok(desk)
    }

    pub fn view(&self) -> Arc<View> {
        self.running.terminal.view()
    }

    pub fn now(&self) -> Now {
        self.running.terminal.clock.now()
    }

    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// Queues a command as if the screen had sent it.
    pub fn send(&mut self, command: Command) {
        if let Err(busy) = self.running.terminal.send(command) {
            self.tell(Severity::Reject, &busy.to_string());
        }
    }

    /// Says something that core does not know of, on the screen and in the log.
    fn tell(&mut self, severity: Severity, text: &str) {
        tracing::warn!("{text}");
        let now = self.view().session.now(self.now());
        self.screen.tell(Notice { utc: now.utc, at: now.mono, severity, text: text.into(), detail: "".into() });
    }

    /// Draws one frame over the whole of `ui` and does what it asked for.
    pub fn frame(&mut self, ui: &mut Ui) -> After {
        // Before the view is read: a publish that comes later must wake us again.
        self.running.terminal.take_wake();
        let view = self.view();
        let begun = self.now();
        let output = self.screen.ui(
            ui,
            FrameInputs {
                view: &view,
                now: view.session.now(begun),
                theme: &self.theme,
                prefs: &self.prefs,
                frame: self.meter.stats(),
                settings: if self.plan.instance.may_write() {
                    SettingsAccess::ReadWrite
                } else {
                    SettingsAccess::ReadOnly
                },
            },
        );
        for command in output.commands {
            if let Intent::SetLaunches(product, months) = &command.intent {
                self.state.set_launches(product, months);
                self.touch();
            }
            self.send(command);
        }
        self.remember_alerts(&view);
        let mut after = After::Continue;
        for request in output.requests {
            if self.carry_out(ui.ctx(), request) == After::Quit {
                after = After::Quit;
            }
        }
        let ended = self.now();
        self.meter.record(begun.mono, ended.mono);
        self.save_when_settled(ended.mono);
        self.tell_of_exports(ui.ctx());
        // Ages and the clock move once a second even when nothing else does; a wake-up before the second would paint twice.
        let into_second = u64::from(view.session.now(begun).utc.0.rem_euclid(1_000_000_000).unsigned_abs() as u32);
        ui.ctx().request_repaint_after(Duration::from_nanos(1_000_000_000 - into_second) + AFTER_SECOND);
        after
    }

    fn carry_out(&mut self, ctx: &egui::Context, request: AppRequest) -> After {
        let zoom = ctx.zoom_factor();
        match request {
            AppRequest::SwitchTheme => self.switch_theme(ctx),
            AppRequest::ZoomIn => self.zoom(ctx, zoom + ZOOM_STEP),
            AppRequest::ZoomOut => self.zoom(ctx, zoom - ZOOM_STEP),
            AppRequest::ZoomReset => self.zoom(ctx, 1.0),
            AppRequest::SaveLayout(layout) => {
                self.state.workspace = Some(layout);
                self.touch();
            }
            AppRequest::Export(export) => self.export(ctx, export),
            AppRequest::Quit => return After::Quit,
        }
        After::Continue
    }

    fn export(&mut self, ctx: &egui::Context, export: Export) {
        let (folder, utc) = (self.plan.directories.exports.clone(), self.now().utc);
        if let Err(error) = self.exports.start(ctx, export, folder, utc, self.theme.tokens.bg0) {
            self.tell(Severity::Error, &format!("Nothing could be exported: {error}."));
        }
    }

    /// Says where files went, once they are there.
    fn tell_of_exports(&mut self, ctx: &egui::Context) {
        for written in self.exports.finished(Wait::No) {
            match written {
                Ok(path) => self.tell(Severity::Info, &format!("Written: {}", path.display())),
                Err(error) => {
                    let folder = self.plan.directories.exports.display().to_string();
                    self.tell(Severity::Error, &format!("No file could be written into {folder}: {error}."));
                }
            }
            ctx.request_repaint();
        }
        if !self.exports.is_idle() {
            ctx.request_repaint_after(EXPORT_POLL);
        }
    }

    fn switch_theme(&mut self, ctx: &egui::Context) {
        let next = match self.plan.theme {
            ThemeName::Dark => ThemeName::Light,
            ThemeName::Light => ThemeName::Dark,
        };
        match theme(next) {
            Ok(theme) => {
                self.plan.theme = next;
                self.theme = theme;
                style::apply(ctx, &self.theme);
                self.state.theme = Some(name(next).to_owned());
                self.touch();
            }
            Err(error) => tracing::error!("the theme cannot be used: {error}"),
        }
    }

    fn zoom(&mut self, ctx: &egui::Context, factor: f32) {
        let factor = factor.clamp(*ZOOM_RANGE.start(), *ZOOM_RANGE.end());
        ctx.set_zoom_factor(factor);
        self.state.zoom = Some(factor);
        self.touch();
    }

    /// The window has moved or changed its size.
    pub fn remember_window(&mut self, window: Window) {
        if self.state.window != Some(window) {
            self.state.window = Some(window);
            self.touch();
        }
    }

    fn remember_alerts(&mut self, view: &View) {
        self.has_alerts |= !view.alerts.is_empty();
        if self.has_alerts {
            let alerts: Vec<SavedAlert> = view.alerts.iter().map(|alert| (&alert.spec).into()).collect();
            if self.state.alerts != alerts {
                self.state.alerts = alerts;
                self.touch();
            }
        }
    }

    fn touch(&mut self) {
        self.changed = Some(self.now().mono);
    }

    /// Writes the memory once changes have rested for two seconds.
    fn save_when_settled(&mut self, now: Instant) {
        if self.changed.is_some_and(|at| now.since(at) > Duration::from_secs(2)) {
            self.save();
        }
    }

    fn save(&mut self) {
        if self.changed.take().is_some() && self.plan.instance.may_write() {
            self.finish_saving();
            let (path, json) = (self.plan.directories.state_file(), self.state.to_json());
            let write = move || {
                if let Err(error) = files::write_atomically(&path, &json) {
                    tracing::error!("{} cannot be written: {error}", path.display());
                }
            };
            match std::thread::Builder::new().name("tenor-save".into()).spawn(write) {
                Ok(thread) => self.saving = Some(thread),
                Err(error) => tracing::error!("the settings cannot be kept: {error}"),
            }
        }
    }

    fn finish_saving(&mut self) {
        if let Some(thread) = self.saving.take() {
            // A panicked thread has said so already.
            drop(thread.join());
        }
    }

    /// Keeps what has changed before the program ends.
    pub fn close(&mut self) {
        self.save();
        self.finish_saving();
        self.exports.finished(Wait::Yes);
    }
}

fn theme(name: ThemeName) -> Result<Theme, ThemeError> {
    match name {
        ThemeName::Dark => Theme::dark(Palette::default()),
        ThemeName::Light => Theme::light(Palette::default()),
    }
}

const fn name(theme: ThemeName) -> &'static str {
    match theme {
        ThemeName::Dark => "dark",
        ThemeName::Light => "light",
    }
}
