//! A frame of the Trader workspace at 1920 × 1080, from the published picture to triangles, at rest and with 20,000 messages a second
//! and a moving pointer: CPU time of this thread, allocations and vertices. The exchange behind it is the embedded one, wired up
//! in memory; what it and core cost is not counted. The baseline paints the text of the busiest panels alone, a formatted string
//! and a text shape a cell, over the same pictures.

mod house;
mod line;
mod naive_frame;

use std::alloc::System;
use std::io;
use std::time::Duration;

use cpu_time::ThreadTime;
use egui::epaint::{ClippedPrimitive, Primitive};
use egui::{Context, Event, Pos2, RawInput, Rect, Ui, pos2, vec2};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tenor::domain::command::{Intent, OrderIntent};
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use tenor::ui::banner::SettingsAccess;
use tenor::ui::context::{FrameStats, LinkGroup, Preferences};
use tenor::ui::screen::{FrameInputs, Screen};
use tenor::ui::theme::{Palette, Theme, fonts, style};

use house::House;
use line::Line;
use naive_frame::naive_frame_ui;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SIZE: (f32, f32) = (1920.0, 1080.0);
const FRAME: Duration = Duration::from_micros(16_667);
const SECOND: Duration = Duration::from_secs(1);
/// Virtual time before the first frame: books, tape and curve are there.
const LEAD: Duration = Duration::from_secs(20);
const WARM_UP: usize = 60;
const FRAMES: usize = 1_200;

/// How busy the market and the hand are.
#[derive(Clone, Copy)]
struct Scene {
    name: &'static str,
    messages_per_sec: f64,
    between_frames: Duration,
    pointer_moves: PointerMoves,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PointerMoves {
    Yes,
    No,
}

const SCENES: [Scene; 2] = [
    Scene { name: "frame_idle", messages_per_sec: 0.0, between_frames: SECOND, pointer_moves: PointerMoves::No },
    Scene {
        name: "frame_20000_per_s",
        messages_per_sec: 20_000.0,
        between_frames: FRAME,
        pointer_moves: PointerMoves::Yes,
    },
];

/// A context and what its frames cost.
struct Easel {
    ctx: Context,
    cpu_us: Vec<f64>,
    allocations: Vec<f64>,
    vertices: Vec<f64>,
}

impl Easel {
    fn new(theme: &Theme) -> Self {
        let ctx = Context::default();
        fonts::install(&ctx);
        style::apply(&ctx, theme);
        Self { ctx, cpu_us: Vec::new(), allocations: Vec::new(), vertices: Vec::new() }
    }

    /// Runs one frame and notes its cost.
    fn frame(&mut self, time: Duration, events: &[Event], mut draw: impl FnMut(&mut Ui)) {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(SIZE.0, SIZE.1))),
            time: Some(time.as_secs_f64()),
            predicted_dt: FRAME.as_secs_f32(),
            focused: true,
            events: events.to_vec(),
            ..RawInput::default()
        };
        let region = Region::new(ALLOCATOR);
        let start = ThreadTime::now();
        let mut output = self.ctx.run_ui(input, &mut draw);
        let primitives = self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let spent = start.elapsed();
        self.allocations.push(region.change().allocations as f64);
        // Nobody shows these pictures.
        output.textures_delta.clear();
        self.cpu_us.push(spent.as_secs_f64() * 1e6);
        self.vertices.push(vertices(&primitives));
    }
}

fn vertices(primitives: &[ClippedPrimitive]) -> f64 {
    let of = |primitive: &ClippedPrimitive| match &primitive.primitive {
        Primitive::Mesh(mesh) => mesh.vertices.len(),
        Primitive::Callback(_) => 0,
    };
    primitives.iter().map(of).sum::<usize>() as f64
}

/// Orders at work on both ladders, as a trader would have them.
fn trade(house: &mut House, screen: &Screen) -> anyhow::Result<()> {
    house.intend(Intent::Arm)?;
    for group in LinkGroup::ALL {
        let Some(id) = screen.selection().instrument(group) else { continue };
        for side in Side::BOTH {
            for behind in [-2, 1, 2, 4] {
                if let Some(order) = order(house, id, side, behind) {
                    house.intend(Intent::Place(order))?;
                }
                house.run(Duration::from_millis(300))?;
            }
        }
    }
    Ok(())
}

fn order(house: &House, instrument: InstrumentId, side: Side, behind_ticks: i64) -> Option<OrderIntent> {
    let tick = house.view().instrument(instrument)?.tick;
    let best = house.view().market(instrument)?.book.best(side)?.price;
    Some(OrderIntent {
        instrument,
        side,
        qty: Qty::lots(5),
        price: Some(best - Price::from_ticks(side.sign() * behind_ticks, tick)),
        kind: OrderType::Limit,
        time_in_force: TimeInForce::GoodTilCancelled,
        post_only: PostOnly::Off,
        reduce: Reduce::Any,
        tag: "bench".into(),
    })
}

/// A pointer that wanders over the whole window.
fn pointer(at: usize) -> Event {
    let turn = at as f32 / 60.0;
    let reach = vec2(SIZE.0 * 0.45, SIZE.1 * 0.45);
    Event::PointerMoved(pos2(SIZE.0 * 0.5 + reach.x * (turn * 1.3).sin(), SIZE.1 * 0.5 + reach.y * (turn * 0.9).cos()))
}

fn run(scene: Scene) -> anyhow::Result<()> {
    let theme = Theme::dark(Palette::default())?;
    let (prefs, stats) = (Preferences::default(), FrameStats::default());
    let mut house = House::open(20_000.0)?;
    let mut screen = Screen::default();
    let (mut ours, mut naive) = (Easel::new(&theme), Easel::new(&theme));
    house.run(LEAD)?;
    for at in 0..WARM_UP + FRAMES {
        if at == 2 {
            trade(&mut house, &screen)?;
            house.set_rate(scene.messages_per_sec)?;
        }
        house.run(scene.between_frames)?;
        let events = if scene.pointer_moves == PointerMoves::Yes { vec![pointer(at)] } else { Vec::new() };
        let (now, view) = (house.now(), house.view().clone());
        let time = Duration::from_nanos(now.mono.0);
        let mut commands = Vec::new();
        ours.frame(time, &events, |ui| {
            let settings = SettingsAccess::ReadWrite;
            let inputs = FrameInputs { view: &view, now, theme: &theme, prefs: &prefs, frame: &stats, settings };
            commands.extend(screen.ui(ui, inputs).commands);
        });
        naive.frame(time, &events, |ui| naive_frame_ui(ui, &view, screen.selection()));
        for command in commands {
            house.command(command)?;
        }
    }
    report(scene.name, &mut ours, &mut naive)?;
    Ok(())
}

fn report(name: &str, ours: &mut Easel, naive: &mut Easel) -> io::Result<()> {
    for easel in [&mut *ours, &mut *naive] {
        for values in [&mut easel.cpu_us, &mut easel.allocations, &mut easel.vertices] {
            values.drain(..WARM_UP);
        }
    }
    let mut print = |what: &str, unit: &str, share: f64, of: fn(&mut Easel) -> &mut Vec<f64>| {
        let [value, baseline] = [&mut *ours, &mut *naive].map(|easel| quantile(of(easel), share));
        let name = &format!("{name}_{what}");
        Line { name, value, unit, baseline: Some(baseline), ratio: Some(value / baseline) }.print()
    };
    print("cpu_p50", "us", 0.50, |easel| &mut easel.cpu_us)?;
    print("cpu_p99", "us", 0.99, |easel| &mut easel.cpu_us)?;
    print("allocations", "per frame", 0.50, |easel| &mut easel.allocations)?;
    print("vertices", "per frame", 0.50, |easel| &mut easel.vertices)
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn main() -> anyhow::Result<()> {
    SCENES.into_iter().try_for_each(run)
}
