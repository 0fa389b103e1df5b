//! The footer: what the machine is doing. Feed, rates, losses and latencies at the left; memory, frames and version at the right.

use egui::{Align, Color32, Rect, Ui, pos2, vec2};

use crate::domain::event::LinkState;
use crate::ui::context::PanelContext;
use crate::ui::format::{self, MINUS, NONE};
use crate::ui::place;
use crate::ui::widgets::chip::{environment_inks, state_color};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::View;
use crate::view::book::BookState;
use crate::view::session::Pace;

pub const FOOTER_HEIGHT: f32 = 24.0;
/// Between the end of one figure and the start of the next.
const PAD: f32 = 11.0;

/// A run of text in one face and colour.
type Run = (Font, String, Color32);

pub fn footer_ui(ui: &mut Ui, ctx: &PanelContext<'_>, rect: Rect) {
    let theme = ctx.theme;
    let t = &theme.tokens;
    let mut ink = Ink::new(ui.ctx());
    let middle = rect.center().y;
    let (word, fill, text) = environment_inks(theme, ctx.view.session.environment);
    let badge =
        Rect::from_min_size(pos2(rect.left() + 12.0, middle - 8.0), vec2(ink.width(Font::UiBold11, word) + 10.0, 16.0));
    ink.chip(badge, fill);
    ink.text(badge, Align::Center, Font::UiBold11, word, text);

    let right_end = rect.right() - 12.0;
    let mut right_x = right_end;
    for figure in right_figures(ctx).into_iter().rev() {
        let width = figure_width(&ink, &figure);
        figure_ink(&mut ink, right_x - width, middle, &figure);
        right_x -= width + PAD;
        ink.vline(right_x, middle - 7.0..=middle + 7.0, 1.0, t.line);
        right_x -= PAD;
    }

    let mut x = badge.right() + PAD;
    for (at, figure) in left_figures(ctx).into_iter().enumerate() {
        let dot = if at == 0 { 11.0 } else { 0.0 };
        let width = figure_width(&ink, &figure) + dot;
        if x + PAD + width > right_x {
            break;
        }
        ink.vline(x, middle - 7.0..=middle + 7.0, 1.0, t.line);
        x += PAD;
        if at == 0 {
            ink.disc(pos2(x + 3.0, middle), 3.0, state_color(theme, feed_state(ctx.view)));
            x += dot;
        }
        x = figure_ink(&mut ink, x, middle, &figure) + PAD;
    }
    ink.paint(ui.painter());
}

/// Between the runs of a figure.
const RUN_GAP: f32 = 4.0;

fn figure_width(ink: &Ink, figure: &[Run]) -> f32 {
    let gaps = RUN_GAP * figure.len().saturating_sub(1) as f32;
    figure.iter().map(|(font, text, _)| ink.width(*font, text)).sum::<f32>() + gaps
}

/// Draws the runs one after the other; returns where they end.
fn figure_ink(ink: &mut Ink, x: f32, middle: f32, figure: &[Run]) -> f32 {
    let mut end = x - RUN_GAP;
    for (font, text, color) in figure {
        end = ink.text(place::from(end + RUN_GAP, middle), Align::Min, *font, text, *color);
    }
    end
}

/// Worst wins: the link first, then the books.
fn feed_state(view: &View) -> BookState {
    if view.session.halted.is_some() {
        return BookState::Halted;
    }
    match &view.session.market.state {
        LinkState::Up if view.stats.books_total > 0 && view.stats.books_live == view.stats.books_total => {
            BookState::Live
        }
        LinkState::Up if view.stats.books_live == 0 => BookState::Connecting,
        LinkState::Up => BookState::Stale,
        _ => BookState::Connecting,
    }
}

fn left_figures(ctx: &PanelContext<'_>) -> Vec<Vec<Run>> {
    let (theme, view) = (ctx.theme, ctx.view);
    let t = &theme.tokens;
    let stats = &view.stats;
    let word = |text: &str| (Font::Ui11, text.to_owned(), t.text_lo);
    let number = |text: String| (Font::Mono11, text, t.text_mid);
    let alarming = |count: u64| (Font::Mono11, format::count(count), if count > 0 { t.warn } else { t.text_mid });
    let span = |span: Option<std::time::Duration>| {
        number(span.map_or_else(|| NONE.to_owned(), |span| format!("{} ms", format::millis(span))))
    };
    let state = feed_state(view);
    let mut figures = vec![
        vec![
            (Font::UiBold11, state.word().to_owned(), state_color(theme, state)),
            word(&format!("{} of {} books", stats.books_live, stats.books_total)),
        ],
        vec![word("feed"), span(view.session.market.feed_delay)],
        vec![number(format::count(stats.messages_per_sec.round() as u64)), word("msgs/s")],
        vec![word("drops"), alarming(stats.drops)],
        vec![word("gaps"), alarming(stats.gaps)],
        vec![word("wire to view p99"), span(stats.wire_to_view_p99)],
        vec![word("clock"), number(clock(view))],
    ];
    if stats.anomalies > 0 {
        figures.push(vec![word("anomalies"), alarming(stats.anomalies)]);
    }
    if stats.is_degraded {
        figures.push(vec![(Font::UiBold11, "behind the feed".to_owned(), t.warn)]);
    }
    figures
}

fn right_figures(ctx: &PanelContext<'_>) -> Vec<Vec<Run>> {
    let t = &ctx.theme.tokens;
    let word = |text: &str| (Font::Ui11, text.to_owned(), t.text_lo);
    let number = |text: String| (Font::Mono11, text, t.text_mid);
    let frame = ctx.frame;
    let mut rate = vec![number(format!("{:.0}", frame.frames_per_sec)), word("fps")];
    if let Some(p50) = frame.frame_p50 {
        rate.push(number(format!("{:.1}", p50.as_secs_f64() * 1e3)));
        rate.push(word("ms a frame"));
    }
    vec![
        vec![word("memory"), number(frame.memory_bytes.map_or_else(|| NONE.to_owned(), format::bytes))],
        rate,
        vec![word(concat!("Tenor ", env!("CARGO_PKG_VERSION")))],
    ]
}

/// How the venue's clock differs from ours.
fn clock(view: &View) -> String {
    match (view.session.pace(), view.session.clock_offset) {
        (Pace::Real, Some((ns, _))) => offset(ns),
        (Pace::Real, None) => NONE.to_owned(),
        (pace, _) => format::pace(pace),
    }
}

/// `+0.3 ms`.
fn offset(ns: i64) -> String {
    let sign = if ns < 0 { MINUS } else { '+' };
    format!("{sign}{:.1} ms", ns.unsigned_abs() as f64 / 1e6)
}
