//! A panel's shapes as SVG: rectangles, paths and letters as outlines, so that any viewer shows them as they are, without our fonts.
//! Every word is there a second time as text that is not painted: it can be searched for, selected and read aloud.

mod letters;

use std::fmt::Write as _;

use data_encoding::BASE64;
use egui::epaint::{
    CircleShape, ClippedShape, ColorMode, EllipseShape, Mesh, PathShape, PathStroke, RectShape, Shape, Stroke,
    StrokeKind, TextShape, WHITE_UV,
};
use egui::{Color32, Pos2, Rect, TextureId};

use crate::ui::export::Drawing;
use letters::{Letters, Run};

/// The whole picture. `image` makes a PNG of a textured mesh's part.
pub fn document(drawing: &Drawing, image: impl Fn(&Mesh, Rect) -> Vec<u8>) -> String {
    let mut writer = Writer { body: String::new(), letters: Letters::default(), clips: Vec::new(), image: &image };
    for ClippedShape { clip_rect, shape, .. } in &drawing.shapes {
        writer.clipped(*clip_rect, shape);
    }
    let (width, height) = (Figure(drawing.size.x), Figure(drawing.size.y));
    let mut clips = String::new();
    for (at, clip) in writer.clips.iter().enumerate() {
        let _ = writeln!(clips, "<clipPath id=\"c{at}\"><rect {}/></clipPath>", place(*clip));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<defs>\n{clips}</defs>\n{}</svg>\n",
        writer.body
    )
}

struct Writer<'a> {
    body: String,
    letters: Letters,
    /// By number.
    clips: Vec<Rect>,
    image: &'a dyn Fn(&Mesh, Rect) -> Vec<u8>,
}

/// A length to a hundredth of a point, as short as that can be said.
#[derive(Clone, Copy)]
struct Figure(f32);

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (f64::from(self.0) * 100.0).round() / 100.0;
        // Adding zero makes a negative zero positive.
        write!(f, "{}", rounded + 0.0)
    }
}

impl Writer<'_> {
    fn clipped(&mut self, clip: Rect, shape: &Shape) {
        let bounds = shape.visual_bounding_rect();
        if matches!(shape, Shape::Noop) || !clip.is_positive() || !clip.intersects(bounds) {
            return;
        }
        if clip.expand(0.5).contains_rect(bounds) {
            return self.shape(clip, shape);
        }
        let at = self.clips.iter().position(|known| *known == clip).unwrap_or_else(|| {
            self.clips.push(clip);
            self.clips.len() - 1
        });
        let _ = writeln!(self.body, "<g clip-path=\"url(#c{at})\">");
        self.shape(clip, shape);
        self.body.push_str("</g>\n");
    }

    fn shape(&mut self, clip: Rect, shape: &Shape) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(clip, shape)),
            Shape::Rect(rect) => self.rect(rect),
            Shape::Path(path) => self.path(path),
            Shape::LineSegment { points: [from, to], stroke } => {
                let d = format!("M{} {}L{} {}", Figure(from.x), Figure(from.y), Figure(to.x), Figure(to.y));
                self.outline(&d, Color32::TRANSPARENT, *stroke);
            }
            Shape::Circle(CircleShape { center, radius, fill, stroke }) => {
                let radius = egui::Vec2::splat(*radius);
                self.ellipse(&EllipseShape { center: *center, radius, fill: *fill, stroke: *stroke, angle: 0.0 });
            }
            Shape::Ellipse(ellipse) => self.ellipse(ellipse),
            Shape::QuadraticBezier(curve) => {
                let [a, b, c] = curve.points.map(point);
                self.outline(&format!("M{a}Q{b} {c}"), curve.fill, solid(&curve.stroke, curve.points[0]));
            }
            Shape::CubicBezier(curve) => {
                let [a, b, c, d] = curve.points.map(point);
                self.outline(&format!("M{a}C{b} {c} {d}"), curve.fill, solid(&curve.stroke, curve.points[0]));
            }
            Shape::Text(text) => self.text(text),
            Shape::Mesh(mesh) => self.mesh(clip, mesh),
            // No panel paints these.
            Shape::Band(_) | Shape::Callback(_) | Shape::Noop => {}
        }
    }

    fn rect(&mut self, RectShape { rect, corner_radius, fill, stroke, stroke_kind, .. }: &RectShape) {
        if stroke.width > 0.0 && stroke.color != Color32::TRANSPARENT {
            let rect = match stroke_kind {
                StrokeKind::Inside => rect.shrink(stroke.width / 2.0),
                StrokeKind::Middle => *rect,
                StrokeKind::Outside => rect.expand(stroke.width / 2.0),
            };
            let (color, width) = (paint("stroke", stroke.color), Figure(stroke.width));
            let radius = Figure(corner_radius.nw.into());
            let _ = writeln!(
                self.body,
                "<rect {} rx=\"{radius}\" fill=\"none\" {color} stroke-width=\"{width}\"/>",
                place(rect)
            );
        }
        if *fill != Color32::TRANSPARENT {
            let (color, place) = (paint("fill", *fill), place(*rect));
            let radius = if corner_radius.nw > 0 { format!(" rx=\"{}\"", corner_radius.nw) } else { String::new() };
            let _ = writeln!(self.body, "<rect {place}{radius} {color}/>");
        }
    }

    fn path(&mut self, path: &PathShape) {
        let Some(first) = path.points.first() else { return };
        let mut d = String::new();
        for (at, &to) in path.points.iter().enumerate() {
            let _ = write!(d, "{}{}", if at == 0 { 'M' } else { 'L' }, point(to));
        }
        if path.closed {
            d.push('Z');
        }
        self.outline(&d, path.fill, solid(&path.stroke, *first));
    }

    fn outline(&mut self, d: &str, fill: Color32, stroke: Stroke) {
        let fill = if fill == Color32::TRANSPARENT { "fill=\"none\"".to_owned() } else { paint("fill", fill) };
        let stroke = if stroke.width > 0.0 && stroke.color != Color32::TRANSPARENT {
            format!(" {} stroke-width=\"{}\"", paint("stroke", stroke.color), Figure(stroke.width))
        } else {
            String::new()
        };
        let _ = writeln!(self.body, "<path d=\"{d}\" {fill}{stroke}/>");
    }

    fn ellipse(&mut self, EllipseShape { center, radius, fill, stroke, .. }: &EllipseShape) {
        let [cx, cy, rx, ry] = [center.x, center.y, radius.x, radius.y].map(Figure);
        let fill = if *fill == Color32::TRANSPARENT { "fill=\"none\"".to_owned() } else { paint("fill", *fill) };
        let _ = write!(self.body, "<ellipse cx=\"{cx}\" cy=\"{cy}\" rx=\"{rx}\" ry=\"{ry}\" {fill}");
        if stroke.width > 0.0 {
            let _ = write!(self.body, " {} stroke-width=\"{}\"", paint("stroke", stroke.color), Figure(stroke.width));
        }
        self.body.push_str("/>\n");
    }

    fn text(&mut self, text: &TextShape) {
        for row in self.letters.runs(text).chunk_by(|_, next| !next.begins_row) {
            for run in row.iter().filter(|run| !run.outline.is_empty()) {
                let _ = writeln!(self.body, "<path d=\"{}\" {}/>", run.outline, paint("fill", run.color));
            }
            self.words(row);
        }
    }

    /// A row's text in one piece, whatever its colours: a price is one word.
    fn words(&mut self, row: &[Run]) {
        let words: String = row.iter().map(|run| run.words.as_str()).collect();
        let Some(first) = row.first() else { return };
        // Columns are padded at the right; nobody looks for the spaces.
        let words = words.trim_end();
        if words.is_empty() {
            return;
        }
        let end = row.iter().map(|run| run.start.x + run.width).fold(first.start.x, f32::max);
        let width = end - first.start.x;
        let [x, y, width, size] = [first.start.x, first.start.y, width, first.size].map(Figure);
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" textLength=\"{width}\" fill=\"none\" \
             xml:space=\"preserve\">{}</text>",
            escaped(words)
        );
    }

    /// Plain triangles as paths, those of one colour together: within a path shared edges leave no seam. Textured ones as a picture.
    fn mesh(&mut self, clip: Rect, mesh: &Mesh) {
        if mesh.texture_id != TextureId::default() || mesh.vertices.iter().any(|vertex| vertex.uv != WHITE_UV) {
            let part = mesh.calc_bounds().intersect(clip);
            if part.is_positive() {
                let png = BASE64.encode(&(self.image)(mesh, part));
                let _ = writeln!(
                    self.body,
                    "<image {} preserveAspectRatio=\"none\" href=\"data:image/png;base64,{png}\"/>",
                    place(part)
                );
            }
            return;
        }
        let mut drawn: Option<(Color32, String)> = None;
        for corners in mesh.indices.chunks_exact(3) {
            let [Some(a), Some(b), Some(c)] = [0, 1, 2].map(|at| mesh.vertices.get(corners[at] as usize)) else {
                continue;
            };
            let color = mean([a.color, b.color, c.color]);
            // All turn the same way, or neighbours would cancel each other out.
            let turn = (b.pos - a.pos).rot90().dot(c.pos - a.pos);
            let [b, c] = if turn < 0.0 { [c.pos, b.pos] } else { [b.pos, c.pos] };
            let triangle = format!("M{}L{}L{}Z", point(a.pos), point(b), point(c));
            match &mut drawn {
                Some((same, d)) if *same == color => d.push_str(&triangle),
                _ => {
                    if let Some((color, d)) = drawn.replace((color, triangle)) {
                        self.outline(&d, color, Stroke::NONE);
                    }
                }
            }
        }
        if let Some((color, d)) = drawn {
            self.outline(&d, color, Stroke::NONE);
        }
    }
}

fn point(at: Pos2) -> String {
    format!("{} {}", Figure(at.x), Figure(at.y))
}

fn place(rect: Rect) -> String {
    let [x, y, width, height] = [rect.min.x, rect.min.y, rect.width(), rect.height()].map(Figure);
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

/// `fill="#5AA8FF"`, with its opacity where it is not whole.
fn paint(name: &str, color: Color32) -> String {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    let opacity =
        if a == 255 { String::new() } else { format!(" {name}-opacity=\"{}\"", Figure(f32::from(a) / 255.0)) };
    format!("{name}=\"#{r:02x}{g:02x}{b:02x}\"{opacity}")
}

fn solid(stroke: &PathStroke, at: Pos2) -> Stroke {
    let color = match &stroke.color {
        ColorMode::Solid(color) => *color,
        ColorMode::UV(color) => color(Rect::from_min_max(at, at), at),
    };
    Stroke::new(stroke.width, color)
}

fn mean(colors: [Color32; 3]) -> Color32 {
    let channel = |at: usize| (colors.iter().map(|color| u16::from(color[at])).sum::<u16>() / 3) as u8;
    Color32::from_rgba_premultiplied(channel(0), channel(1), channel(2), channel(3))
}

/// Text of XML; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
