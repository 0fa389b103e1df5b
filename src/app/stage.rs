//! The same terminal without a display: frames are run at the display's pace, input is made up, and a picture can be taken. No
//! window system, GPU or driver takes part.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event, FullOutput, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, ViewportId, pos2, vec2};

use super::desk::Desk;
use super::launch::Plan;
use super::raster::{Image, Raster};

const FRAME: Duration = Duration::from_micros(16_667);

pub struct Stage {
    ctx: egui::Context,
    desk: Desk,
    raster: Raster,
    size: (u32, u32),
    scale: f32,
    start: Instant,
    next_frame: Instant,
    last: Option<FullOutput>,
}

impl Stage {
    /// `size` in points, `scale` in pixels a point.
    ///
    /// # Errors
    /// Whatever keeps the terminal from starting.
    pub fn open(plan: Plan, size: (u32, u32), scale: f32) -> anyhow::Result<Self> {
        let ctx = egui::Context::default();
        // Frames come at a steady pace here, so nobody needs waking.
        let running = plan.launch(Arc::new(|| {}))?;
        let desk = Desk::new(&ctx, plan, running)?;
        let start = Instant::now();
        Ok(Self { ctx, desk, raster: Raster::default(), size, scale, start, next_frame: start, last: None })
    }

    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Runs frames until `span` has passed.
    pub fn run_for(&mut self, span: Duration) {
        let until = Instant::now() + span;
        while Instant::now() < until {
            self.frame(Vec::new());
        }
    }

    /// Runs frames until `is_done` says so; false when `patience` ran out before.
    pub fn run_until(&mut self, patience: Duration, mut is_done: impl FnMut(&Desk) -> bool) -> bool {
        let until = Instant::now() + patience;
        while !is_done(&self.desk) {
            if Instant::now() >= until {
                return false;
            }
            self.frame(Vec::new());
        }
        true
    }

    /// Moves the pointer to `at`, presses and releases there, a frame each, as a hand would.
    pub fn click(&mut self, at: Pos2) {
        let button = |pressed| Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.frame(vec![Event::PointerMoved(at)]);
        self.frame(vec![button(true)]);
        self.frame(vec![button(false)]);
    }

    /// Presses and releases a key.
    pub fn press(&mut self, key: Key, modifiers: Modifiers) {
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.frame(vec![Event::ModifiersChanged(modifiers), event(true)]);
        self.frame(vec![event(false), Event::ModifiersChanged(Modifiers::NONE)]);
    }

    /// Takes the pointer out of the window.
    pub fn leave(&mut self) {
        self.frame(vec![Event::PointerGone]);
    }

    /// One frame, not before its time.
    pub fn frame(&mut self, events: Vec<Event>) {
        std::thread::sleep(self.next_frame.saturating_duration_since(Instant::now()));
        self.next_frame = (self.next_frame + FRAME).max(Instant::now());
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(self.size.0 as f32, self.size.1 as f32))),
            time: Some(self.start.elapsed().as_secs_f64()),
            predicted_dt: FRAME.as_secs_f32(),
            focused: true,
            events,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(self.scale);
        }
        let mut output = self.ctx.run_ui(input, |ui| {
            self.desk.frame(ui);
        });
        self.raster.update(&mut output.textures_delta);
        self.last = Some(output);
    }

    /// The frame last drawn.
    pub fn picture(&self) -> Option<Image> {
        let output = self.last.as_ref()?;
        Some(self.raster.render(&self.ctx, output, self.desk.theme().tokens.bg0))
    }
}
