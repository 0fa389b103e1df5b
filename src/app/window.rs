//! The terminal in a window of the desktop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use egui::{ViewportBuilder, ViewportCommand, ViewportId};

use super::desk::{After, Desk};
use super::launch::Plan;
use crate::domain::command::{Command, Intent};
use crate::settings::state::Window as Geometry;
use crate::shell::terminal::Wake;

const FRAME: Duration = Duration::from_micros(16_600);
const SIZE: [f32; 2] = [1600.0, 960.0];
const SIZE_MIN: [f32; 2] = [1024.0, 640.0];

/// Opens the window and stays until it is closed.
pub fn run(plan: Plan) -> anyhow::Result<()> {
    let mut viewport = ViewportBuilder::default()
        .with_title("Tenor")
        .with_app_id("tenor")
        .with_inner_size(SIZE)
        .with_maximized(true)
        .with_min_inner_size(SIZE_MIN);
    if let Some(window) = plan.state.window {
        viewport = viewport.with_inner_size([window.size.0, window.size.1]).with_maximized(window.is_maximised);
        if let Some((x, y)) = window.position {
            viewport = viewport.with_position([x, y]);
        }
    }
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let make =
        |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
            let pace = Arc::new(Pace { start: Instant::now(), last_frame_us: AtomicU64::new(0) });
            let running = plan.launch(wake(cc.egui_ctx.clone(), pace.clone()))?;
            let desk = Desk::new(&cc.egui_ctx, plan, running)?;
            Ok(Box::new(Window { desk, pace, was_visible: true }))
        };
    eframe::run_native("tenor", options, Box::new(make))
        .map_err(|error| anyhow!("the window cannot be opened: {error}"))
}

/// When the last frame began, so that publishes between two frames of the display cost nothing.
struct Pace {
    start: Instant,
    last_frame_us: AtomicU64,
}

impl Pace {
    fn begin_frame(&self) {
        self.last_frame_us.store(self.start.elapsed().as_micros() as u64, Ordering::Relaxed);
    }

    fn until_next(&self) -> Duration {
        let since =
            self.start.elapsed().saturating_sub(Duration::from_micros(self.last_frame_us.load(Ordering::Relaxed)));
        // Not zero: a zero delay paints two frames.
        FRAME.saturating_sub(since).max(Duration::from_micros(10))
    }
}

fn wake(ctx: egui::Context, pace: Arc<Pace>) -> Wake {
    Arc::new(move || ctx.request_repaint_after_for(pace.until_next(), ViewportId::ROOT))
}

struct Window {
    desk: Desk,
    pace: Arc<Pace>,
    was_visible: bool,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        let is_visible = ctx.input(|input| input.viewport().visible() != Some(false));
        if is_visible != self.was_visible {
            self.was_visible = is_visible;
            let seen = self.desk.view().version;
            self.desk.send(Command { intent: Intent::Visible(is_visible), seen });
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.pace.begin_frame();
        if let Some(geometry) = geometry(ui.ctx()) {
            self.desk.remember_window(geometry);
        }
        if self.desk.frame(ui) == After::Quit {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.desk.close();
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.desk.theme().tokens.bg0.to_normalized_gamma_f32()
    }
}

fn geometry(ctx: &egui::Context) -> Option<Geometry> {
    ctx.input(|input| {
        let viewport = input.viewport();
        let inner = viewport.inner_rect?;
        Some(Geometry {
            position: viewport.outer_rect.map(|rect| (rect.min.x, rect.min.y)),
            size: (inner.width(), inner.height()),
            is_maximised: viewport.maximized.unwrap_or(false),
        })
    })
}
