//! A batch painter: rectangles, lines, small shapes and text of a whole panel in one mesh over the font atlas. Eight ladders cost
//! a fifth of what one text shape a cell costs. Later calls draw over earlier ones; everything snaps to device pixels.
//!
//! While a picture of a panel is taken ([`Ink::paint_plainly`]) the same calls make one shape each, text as text.

use std::borrow::Cow;
use std::sync::Arc;

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, Context, Id, Painter, Pos2, Rect, Shape, Stroke, TextureId, Vec2, pos2, vec2};

pub use super::glyphs::Font;
use super::glyphs::GlyphSheet;

/// Collects one mesh; [`Ink::paint`] hands it over.
pub struct Ink {
    mesh: Mesh,
    sheet: Arc<GlyphSheet>,
    plain: Option<Plain>,
}

/// Shapes one by one, in the place of a mesh.
struct Plain {
    ctx: Context,
    shapes: Vec<Shape>,
}

fn is_plain() -> Id {
    Id::unique("plain ink")
}

impl Ink {
    pub fn new(ctx: &Context) -> Self {
        let is_plain = ctx.data(|data| data.get_temp(is_plain()) == Some(true));
        let plain = is_plain.then(|| Plain { ctx: ctx.clone(), shapes: Vec::new() });
        Self { mesh: Mesh::with_texture(TextureId::default()), sheet: GlyphSheet::of(ctx), plain }
    }

    /// Whatever is drawn in `paint` becomes shapes that can be told apart.
    pub fn paint_plainly<R>(ctx: &Context, paint: impl FnOnce() -> R) -> R {
        ctx.data_mut(|data| data.insert_temp(is_plain(), true));
        let result = paint();
        ctx.data_mut(|data| data.remove::<bool>(is_plain()));
        result
    }

    /// Adds everything drawn so far to the painter and starts anew.
    pub fn paint(&mut self, painter: &Painter) {
        if let Some(plain) = &mut self.plain {
            painter.extend(plain.shapes.drain(..));
        }
        if !self.mesh.is_empty() {
            painter.add(Shape::mesh(std::mem::take(&mut self.mesh)));
        }
    }

    /// The nearest device pixel's edge.
    pub fn snap(&self, at: f32) -> f32 {
        (at * self.sheet.pixels_per_point).round() / self.sheet.pixels_per_point
    }

    /// One device pixel.
    pub fn pixel(&self) -> f32 {
        1.0 / self.sheet.pixels_per_point
    }

    pub fn rect(&mut self, rect: Rect, color: Color32) {
        let min = pos2(self.snap(rect.min.x), self.snap(rect.min.y));
        let max = pos2(self.snap(rect.max.x), self.snap(rect.max.y));
        if max.x <= min.x || max.y <= min.y {
            return;
        }
        if let Some(plain) = &mut self.plain {
            plain.shapes.push(Shape::rect_filled(Rect::from_min_max(min, max), 0.0, color));
        } else {
            self.quad(Rect::from_min_max(min, max), Rect::from_min_max(WHITE_UV, WHITE_UV), color);
        }
    }

    pub fn hline(&mut self, x: impl Into<egui::Rangef>, y: f32, thickness: f32, color: Color32) {
        let x = x.into();
        self.rect(Rect::from_min_max(pos2(x.min, y), pos2(x.max, y + thickness)), color);
    }

    pub fn vline(&mut self, x: f32, y: impl Into<egui::Rangef>, thickness: f32, color: Color32) {
        let y = y.into();
        self.rect(Rect::from_min_max(pos2(x, y.min), pos2(x + thickness, y.max)), color);
    }

    /// Just inside `rect`.
    pub fn outline(&mut self, rect: Rect, thickness: f32, color: Color32) {
        let inner = rect.shrink(thickness);
        self.rect(Rect::from_min_max(rect.min, pos2(rect.max.x, inner.min.y)), color);
        self.rect(Rect::from_min_max(pos2(rect.min.x, inner.max.y), rect.max), color);
        self.rect(Rect::from_min_max(pos2(rect.min.x, inner.min.y), pos2(inner.min.x, inner.max.y)), color);
        self.rect(Rect::from_min_max(pos2(inner.max.x, inner.min.y), pos2(rect.max.x, inner.max.y)), color);
    }

    /// Just inside `rect`, 3 on and 2 off.
    pub fn dashed_outline(&mut self, rect: Rect, color: Color32) {
        let (on, period) = (3.0, 5.0);
        let mut x = rect.min.x;
        while x < rect.max.x {
            let end = (x + on).min(rect.max.x);
            self.hline(x..=end, rect.min.y, 1.0, color);
            self.hline(x..=end, rect.max.y - 1.0, 1.0, color);
            x += period;
        }
        let mut y = rect.min.y;
        while y < rect.max.y {
            let end = (y + on).min(rect.max.y);
            self.vline(rect.min.x, y..=end, 1.0, color);
            self.vline(rect.max.x - 1.0, y..=end, 1.0, color);
            y += period;
        }
    }

    /// Corners of about two points cut off, as chips and cells have.
    pub fn chip(&mut self, rect: Rect, color: Color32) {
        self.convex(&rounded(rect, 2.0), color);
    }

    /// A chip's outline: the ring between it and a chip one point smaller, filled with `fill`.
    pub fn chip_outlined(&mut self, rect: Rect, fill: Color32, edge: Color32) {
        self.convex(&rounded(rect, 2.0), edge);
        self.convex(&rounded(rect.shrink(1.0), 1.5), fill);
    }

    /// A convex polygon with soft edges, clockwise.
    pub fn convex(&mut self, points: &[Pos2], color: Color32) {
        let count = points.len();
        if count < 3 {
            return;
        }
        if let Some(plain) = &mut self.plain {
            plain.shapes.push(Shape::convex_polygon(points.to_vec(), color, Stroke::NONE));
            return;
        }
        let half = 0.5 * self.pixel();
        let base = self.mesh.vertices.len() as u32;
        for (at, &point) in points.iter().enumerate() {
            let normal = |from: Pos2, to: Pos2| (to - from).normalized().rot90();
            let before = normal(points[(at + count - 1) % count], point);
            let after = normal(point, points[(at + 1) % count]);
            let middle = (before + after) * 0.5;
            let inwards = middle / middle.length_sq().max(0.3);
            self.vertex(point - inwards * half, color);
            self.vertex(point + inwards * half, Color32::TRANSPARENT);
        }
        let count = count as u32;
        for at in 2..count {
            self.mesh.add_triangle(base, base + 2 * (at - 1), base + 2 * at);
        }
        for at in 0..count {
            let (this, next) = (base + 2 * at, base + 2 * ((at + 1) % count));
            self.mesh.add_triangle(this, next, next + 1);
            self.mesh.add_triangle(this, next + 1, this + 1);
        }
    }

    /// A straight line of any direction.
    pub fn line(&mut self, from: Pos2, to: Pos2, width: f32, color: Color32) {
        let side = (to - from).normalized().rot90() * (width * 0.5);
        if side != Vec2::ZERO {
            self.convex(&[from + side, from - side, to - side, to + side], color);
        }
    }

    pub fn disc(&mut self, center: Pos2, radius: f32, color: Color32) {
        let count = if radius < 4.0 { 12_u8 } else { 20 };
        let points: Vec<Pos2> = (0..count)
            .map(|at| center + radius * Vec2::angled(f32::from(at) * std::f32::consts::TAU / f32::from(count)))
            .collect();
        self.convex(&points, color);
    }

    /// ▲ or ▼, 7 by 6, around `center`.
    pub fn arrow(&mut self, center: Pos2, up: Up, color: Color32) {
        let (w, h) = (3.5, 3.0);
        match up {
            Up::Yes => self.convex(&[center + vec2(0.0, -h), center + vec2(w, h), center + vec2(-w, h)], color),
            Up::No => self.convex(&[center + vec2(-w, -h), center + vec2(w, -h), center + vec2(0.0, h)], color),
        }
    }

    pub fn diamond(&mut self, center: Pos2, radius: f32, color: Color32) {
        let r = radius;
        self.convex(
            &[center + vec2(0.0, -r), center + vec2(r, 0.0), center + vec2(0.0, r), center + vec2(-r, 0.0)],
            color,
        );
    }

    /// Lines at 45 degrees, `step` apart, clipped to `rect`.
    pub fn hatch(&mut self, rect: Rect, step: f32, color: Color32) {
        let height = rect.height();
        let mut x = rect.min.x - height;
        while x < rect.max.x {
            // Rises from (x, bottom) to (x + height, top).
            let enter = (rect.min.x - x).max(0.0);
            let leave = (rect.max.x - x).min(height);
            if leave > enter {
                self.line(pos2(x + enter, rect.max.y - enter), pos2(x + leave, rect.max.y - leave), 1.25, color);
            }
            x += step;
        }
    }

    /// Text on one line, vertically in the middle of `rect`. Returns the x where it ended.
    pub fn text(&mut self, rect: Rect, align: Align, font: Font, text: &str, color: Color32) -> f32 {
        self.text_dimmed(rect, align, font, text, 0, color, color)
    }

    /// Like [`Self::text`], with the first `dim_len` bytes in another colour.
    pub fn text_dimmed(
        &mut self,
        rect: Rect,
        align: Align,
        font: Font,
        text: &str,
        dim_len: usize,
        dim: Color32,
        color: Color32,
    ) -> f32 {
        let sheet = Arc::clone(&self.sheet);
        let width = if align == Align::Min { 0.0 } else { sheet.width(font, text) };
        let left = match align {
            Align::Min => rect.min.x,
            Align::Center => rect.center().x - width * 0.5,
            Align::Max => rect.max.x - width,
        };
        let baseline = self.snap(rect.center().y + font.drop());
        if let Some(plain) = &mut self.plain {
            let (dimmer, rest) = text.split_at_checked(dim_len).unwrap_or(("", text));
            plain.text(pos2(left, baseline), font, [(dimmer, dim), (rest, color)]);
            return left + sheet.width(font, text);
        }
        let mut pen = left;
        for (at, letter) in text.char_indices() {
            let Some(quad) = sheet.quad(font, letter) else { continue };
            if quad.size.x > 0.0 {
                let min = pos2(self.snap(pen + quad.offset.x), baseline + quad.offset.y);
                let uv = Rect::from_min_max(
                    (quad.texels.min.to_vec2() * sheet.texel).to_pos2(),
                    (quad.texels.max.to_vec2() * sheet.texel).to_pos2(),
                );
                let color = if at < dim_len { dim } else { color };
                self.quad(Rect::from_min_size(min, quad.size), uv, color);
            }
            pen += quad.advance;
        }
        pen
    }

    /// As much of `text` as fits into `width`, with `…` for the rest.
    pub fn shortened<'a>(&self, font: Font, text: &'a str, width: f32) -> Cow<'a, str> {
        if self.width(font, text) <= width {
            return text.into();
        }
        let ends = text.char_indices().map(|(at, _)| &text[..at]);
        let fitting = ends.take_while(|part| self.width(font, part) + self.width(font, "…") <= width).last();
        fitting.map_or(Cow::Borrowed(""), |part| format!("{}…", part.trim_end()).into())
    }

    pub fn width(&self, font: Font, text: &str) -> f32 {
        self.sheet.width(font, text)
    }

    fn quad(&mut self, rect: Rect, uv: Rect, color: Color32) {
        self.mesh.add_rect_with_uv(rect, uv, color);
    }

    fn vertex(&mut self, pos: Pos2, color: Color32) {
        self.mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color });
    }
}

impl Plain {
    /// Parts of a line one after the other, beginning at `start` on the baseline.
    fn text(&mut self, start: Pos2, font: Font, parts: [(&str, Color32); 2]) {
        let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
        for (part, color) in parts.into_iter().filter(|(part, _)| !part.is_empty()) {
            job.append(part, 0.0, TextFormat::simple(font.face().at(font.size()), color));
        }
        let galley = self.ctx.fonts_mut(|fonts| fonts.layout_job(job));
        let baseline = galley.rows.first().and_then(|row| Some(row.pos.y + row.row.glyphs.first()?.pos.y));
        if let Some(baseline) = baseline {
            self.shapes.push(Shape::galley(start - vec2(0.0, baseline), galley, Color32::PLACEHOLDER));
        }
    }
}

/// Which way an arrow points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Up {
    Yes,
    No,
}

impl Up {
    pub const fn of(sign: i64) -> Self {
        if sign < 0 { Self::No } else { Self::Yes }
    }
}

/// An octagon that passes for a rounded rectangle at these sizes; clockwise.
fn rounded(rect: Rect, radius: f32) -> [Pos2; 8] {
    let cut = radius * 0.6;
    let Rect { min, max } = rect;
    [
        pos2(min.x + cut, min.y),
        pos2(max.x - cut, min.y),
        pos2(max.x, min.y + cut),
        pos2(max.x, max.y - cut),
        pos2(max.x - cut, max.y),
        pos2(min.x + cut, max.y),
        pos2(min.x, max.y - cut),
        pos2(min.x, min.y + cut),
    ]
}
