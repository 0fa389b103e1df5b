//! A CPU renderer of egui's output: textured triangles with clipping, nothing more. It makes the pictures of `tenor shot` and of
//! the tests on machines without display, GPU or driver. Blending is premultiplied and in gamma space, like egui's own renderers;
//! positions are snapped to 1/256 pixel and coverage is integer arithmetic, so equal input gives equal bytes.

use std::collections::BTreeMap;
use std::io::Write;

use egui::epaint::{ImageDelta, Mesh, Primitive, Vertex};
use egui::{ClippedPrimitive, Color32, Context, FullOutput, Rect, TextureFilter, TextureId, TexturesDelta};

/// A picture: rows from the top, RGBA, opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub width: usize,
    pub height: usize,
    pixels: Vec<Color32>,
}

impl Image {
    pub fn new(width: usize, height: usize, fill: Color32) -> Self {
        Self { width, height, pixels: vec![fill; width * height] }
    }

    /// `width` × `height` × 4 bytes.
    pub fn to_rgba(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(Color32::to_array).collect()
    }

    pub fn pixel(&self, x: usize, y: usize) -> Option<Color32> {
        (x < self.width).then(|| self.pixels.get(y * self.width + x).copied()).flatten()
    }

    /// Encodes as PNG.
    ///
    /// # Errors
    /// The writer's, or a picture larger than PNG allows.
    pub fn write_png(&self, out: impl Write) -> Result<(), png::EncodingError> {
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(out, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.to_rgba())?;
        writer.finish()
    }
}

/// Keeps the textures of one egui context between frames.
#[derive(Debug, Default)]
pub struct Raster {
    textures: BTreeMap<TextureId, Texture>,
    /// Freed with the last delta: its frame may still draw with them.
    leaving: Vec<TextureId>,
}

impl Raster {
    /// Takes over what changed in the textures; the delta is left empty. Call with every frame's delta, drawn or not.
    pub fn update(&mut self, delta: &mut TexturesDelta) {
        for id in self.leaving.drain(..) {
            self.textures.remove(&id);
        }
        let set: BTreeMap<_, _> = delta.set.drain().collect();
        for (id, patches) in set {
            let texture = self.textures.entry(id).or_default();
            for patch in &patches {
                texture.patch(patch);
            }
        }
        self.leaving.extend(delta.free.drain());
    }

    /// Draws a frame whose textures have been taken over with [`Raster::update`].
    pub fn render(&self, ctx: &Context, output: &FullOutput, clear: Color32) -> Image {
        let pixels_per_point = output.pixels_per_point;
        let size = ctx.content_rect().size() * pixels_per_point;
        let primitives = ctx.tessellate(output.shapes.clone(), pixels_per_point);
        self.draw(&primitives, [size.x.round() as usize, size.y.round() as usize], pixels_per_point, clear)
    }

    /// Draws tessellated primitives on a ground of `clear`.
    pub fn draw(
        &self,
        primitives: &[ClippedPrimitive],
        [width, height]: [usize; 2],
        pixels_per_point: f32,
        clear: Color32,
    ) -> Image {
        let mut image = Image::new(width, height, clear);
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            if let Primitive::Mesh(mesh) = primitive
                && let Some(texture) = self.textures.get(&mesh.texture_id)
            {
                let clip = Clip::new(*clip_rect, pixels_per_point, &image);
                draw_mesh(&mut image, &clip, texture, mesh, pixels_per_point);
            }
        }
        image
    }
}

#[derive(Debug, Default)]
struct Texture {
    width: usize,
    height: usize,
    texels: Vec<Color32>,
    filter: Filter,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Filter {
    #[default]
    Linear,
    Nearest,
}

impl Texture {
    fn patch(&mut self, delta: &ImageDelta) {
        let egui::ImageData::Color(image) = &delta.image;
        let [width, height] = image.size;
        self.filter = match delta.options.magnification {
            TextureFilter::Linear => Filter::Linear,
            TextureFilter::Nearest => Filter::Nearest,
        };
        let Some([left, top]) = delta.pos else {
            (self.width, self.height) = (width, height);
            self.texels.clone_from(&image.pixels);
            return;
        };
        for (row, source) in image.pixels.chunks_exact(width.max(1)).take(height).enumerate() {
            let at = (top + row) * self.width + left;
            if let Some(target) = self.texels.get_mut(at..at + width) {
                target.copy_from_slice(source);
            }
        }
    }

    fn texel(&self, x: i32, y: i32) -> Color32 {
        let x = x.clamp(0, self.width as i32 - 1) as usize;
        let y = y.clamp(0, self.height as i32 - 1) as usize;
        self.texels.get(y * self.width + x).copied().unwrap_or(Color32::TRANSPARENT)
    }

    /// `u`, `v` in texels.
    fn sample(&self, u: f32, v: f32) -> Color32 {
        if self.filter == Filter::Nearest {
            return self.texel(u.floor() as i32, v.floor() as i32);
        }
        let (u, v) = (u - 0.5, v - 0.5);
        let (left, top) = (u.floor(), v.floor());
        // 1/16 texel is finer than a difference the eye could find; glyphs lie on whole pixels and take the short way.
        let (along, down) = (((u - left) * 16.0).round() as i32, ((v - top) * 16.0).round() as i32);
        let (x, y) = (left as i32, top as i32);
        if along % 16 == 0 && down % 16 == 0 {
            return self.texel(x + along / 16, y + down / 16);
        }
        let corners = [self.texel(x, y), self.texel(x + 1, y), self.texel(x, y + 1), self.texel(x + 1, y + 1)];
        let weights = [(16 - along) * (16 - down), along * (16 - down), (16 - along) * down, along * down];
        let mut out = [0_u8; 4];
        for (channel, value) in out.iter_mut().enumerate() {
            let sum: i32 = corners.iter().zip(weights).map(|(c, weight)| i32::from(c[channel]) * weight).sum();
            *value = ((sum + 128) >> 8) as u8;
        }
        Color32::from_rgba_premultiplied(out[0], out[1], out[2], out[3])
    }
}

/// The pixels that may be touched: columns and rows, ends excluded.
#[derive(Clone, Copy, Debug)]
struct Clip {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Clip {
    fn new(rect: Rect, pixels_per_point: f32, image: &Image) -> Self {
        let edge = |at: f32, end: usize| ((at * pixels_per_point).round() as i32).clamp(0, end as i32);
        Self {
            left: edge(rect.min.x, image.width),
            top: edge(rect.min.y, image.height),
            right: edge(rect.max.x, image.width),
            bottom: edge(rect.max.y, image.height),
        }
    }
}

fn draw_mesh(image: &mut Image, clip: &Clip, texture: &Texture, mesh: &Mesh, pixels_per_point: f32) {
    for corners in mesh.indices.chunks_exact(3) {
        let vertex = |at: u32| mesh.vertices.get(at as usize);
        if let (Some(a), Some(b), Some(c)) = (vertex(corners[0]), vertex(corners[1]), vertex(corners[2])) {
            draw_triangle(image, clip, texture, [a, b, c], pixels_per_point);
        }
    }
}

/// Fractions of a pixel that positions are snapped to.
const SUB: i64 = 256;

/// A vertex in pixels and texels.
#[derive(Clone, Copy)]
struct Corner {
    x: i64,
    y: i64,
    /// u, v in texels, then premultiplied red, green, blue, alpha (0 to 255).
    values: [f32; 6],
}

impl Corner {
    fn new(vertex: &Vertex, texture: &Texture, pixels_per_point: f32) -> Self {
        let snap = |at: f32| (at * pixels_per_point * SUB as f32).round() as i64;
        let [r, g, b, a] = vertex.color.to_array().map(f32::from);
        let (u, v) = (vertex.uv.x * texture.width as f32, vertex.uv.y * texture.height as f32);
        Self { x: snap(vertex.pos.x), y: snap(vertex.pos.y), values: [u, v, r, g, b, a] }
    }
}

/// Twice the signed area of `a`, `b`, `p`: positive when `p` is to the right of a → b with y downwards.
const fn edge(a: Corner, b: Corner, x: i64, y: i64) -> i64 {
    (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)
}

fn draw_triangle(image: &mut Image, clip: &Clip, texture: &Texture, vertices: [&Vertex; 3], pixels_per_point: f32) {
    let [a, mut b, mut c] = vertices.map(|vertex| Corner::new(vertex, texture, pixels_per_point));
    let mut area = edge(a, b, c.x, c.y);
    if area == 0 {
        return;
    }
    if area < 0 {
        (b, c, area) = (c, b, -area);
    }
    let rows = |y: i64| (y.div_euclid(SUB)) as i32;
    let top = rows(a.y.min(b.y).min(c.y)).max(clip.top);
    let bottom = (rows(a.y.max(b.y).max(c.y)) + 1).min(clip.bottom);
    let flat = a.values == b.values && a.values == c.values;
    let color = flat.then(|| shade(texture, a.values));
    // Values are planes over the triangle: at the first corner, plus a step a pixel to the right and a step a pixel down.
    let plane = |at: usize| {
        let (ab, ac) = (b.values[at] - a.values[at], c.values[at] - a.values[at]);
        let scale = SUB as f32 / area as f32;
        let right = (ab * (c.y - a.y) as f32 - ac * (b.y - a.y) as f32) * scale;
        let down = (ac * (b.x - a.x) as f32 - ab * (c.x - a.x) as f32) * scale;
        (right, down)
    };
    let planes: [(f32, f32); 6] = if flat { [(0.0, 0.0); 6] } else { std::array::from_fn(plane) };
    let origin = ((a.x as f32) / SUB as f32, (a.y as f32) / SUB as f32);

    for y in top..bottom {
        let middle = i64::from(y) * SUB + SUB / 2;
        let Some((left, right)) = span([(a, b), (b, c), (c, a)], middle, clip) else { continue };
        let row = y as usize * image.width;
        let Some(pixels) = image.pixels.get_mut(row + left as usize..row + right as usize) else { continue };
        if let Some(color) = color {
            match color.a() {
                255 => pixels.fill(color),
                _ => pixels.iter_mut().for_each(|pixel| *pixel = over(color, *pixel)),
            }
            continue;
        }
        let (dx, dy) = (left as f32 + 0.5 - origin.0, y as f32 + 0.5 - origin.1);
        let mut values: [f32; 6] = std::array::from_fn(|at| a.values[at] + planes[at].0 * dx + planes[at].1 * dy);
        for pixel in pixels {
            *pixel = over(shade(texture, values), *pixel);
            for (value, (step, _)) in values.iter_mut().zip(planes) {
                *value += step;
            }
        }
    }
}

/// The pixel columns of one row whose centres lie inside, by the top-left rule: no pixel of a shared edge is drawn twice.
fn span(edges: [(Corner, Corner); 3], y: i64, clip: &Clip) -> Option<(i32, i32)> {
    let (mut left, mut right) = (i64::from(clip.left), i64::from(clip.right));
    for (from, to) in edges {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let is_top_left = dy < 0 || (dy == 0 && dx > 0);
        // Inside where value - dy * SUB * column >= 0, with the bias that keeps the other edges' own pixels out.
        let value = dx * (y - from.y) - dy * (SUB / 2 - from.x) - i64::from(!is_top_left);
        let step = -dy * SUB;
        match step.signum() {
            1 => left = left.max(-value.div_euclid(step)),
            -1 => right = right.min(value.div_euclid(-step) + 1),
            _ if value < 0 => return None,
            _ => {}
        }
    }
    (left < right).then_some((left as i32, right as i32))
}

fn shade(texture: &Texture, [u, v, r, g, b, a]: [f32; 6]) -> Color32 {
    let texel = texture.sample(u, v);
    let channel = |ink: f32, texel: u8| {
        let ink = (ink + 0.5) as u32;
        ((ink * u32::from(texel) + 127) / 255) as u8
    };
    Color32::from_rgba_premultiplied(
        channel(r, texel.r()),
        channel(g, texel.g()),
        channel(b, texel.b()),
        channel(a, texel.a()),
    )
}

/// `top` over an opaque `ground`.
fn over(top: Color32, ground: Color32) -> Color32 {
    if top.a() == 255 {
        return top;
    }
    let rest = 255 - u32::from(top.a());
    let channel = |top: u8, ground: u8| top.saturating_add(((u32::from(ground) * rest + 127) / 255) as u8);
    Color32::from_rgba_premultiplied(
        channel(top.r(), ground.r()),
        channel(top.g(), ground.g()),
        channel(top.b(), ground.b()),
        channel(top.a(), ground.a()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{ColorImage, TextureOptions, epaint::WHITE_UV, pos2, vec2};

    const BLACK: Color32 = Color32::BLACK;

    fn raster() -> Raster {
        let mut raster = Raster::default();
        let mut delta = TexturesDelta::default();
        let white = ColorImage::filled([2, 2], Color32::WHITE);
        delta.push(TextureId::default(), ImageDelta::full(white, TextureOptions::LINEAR));
        raster.update(&mut delta);
        assert!(delta.is_empty());
        raster
    }

    fn clipped(mesh: Mesh, clip: Rect) -> ClippedPrimitive {
        ClippedPrimitive { clip_rect: clip, primitive: Primitive::Mesh(mesh) }
    }

    #[test]
    fn shared_edges_blend_once_and_clips_hold() {
        let mut mesh = Mesh::default();
        let half = Color32::from_rgba_premultiplied(100, 0, 0, 128);
        // A fan of triangles over a square: any pixel blended twice would be brighter.
        let centre = mesh.vertices.len() as u32;
        let mut push = |x: f32, y: f32| mesh.vertices.push(Vertex { pos: pos2(x, y), uv: WHITE_UV, color: half });
        push(5.3, 4.1);
        for (x, y) in [(1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0)] {
            push(x, y);
        }
        for at in 0..4 {
            mesh.add_triangle(centre, 1 + at, 1 + (at + 1) % 4);
        }
        let clip = Rect::from_min_size(pos2(0.0, 0.0), vec2(8.0, 20.0));
        let image = raster().draw(&[clipped(mesh, clip)], [10, 10], 1.0, BLACK);
        let inside = Color32::from_rgba_premultiplied(100, 0, 0, 255);
        for y in 0..10 {
            for x in 0..10 {
                let want = if (1..8).contains(&x) && (1..9).contains(&y) { inside } else { BLACK };
                assert_eq!(image.pixel(x, y), Some(want), "{x},{y}");
            }
        }
    }

    #[test]
    fn samples_texels_at_their_centres_and_patches_them() {
        let mut raster = Raster::default();
        let id = TextureId::User(7);
        let mut delta = TexturesDelta::default();
        delta.push(id, ImageDelta::full(ColorImage::filled([2, 1], Color32::RED), TextureOptions::NEAREST));
        delta.push(id, ImageDelta::partial([1, 0], ColorImage::filled([1, 1], Color32::BLUE), TextureOptions::NEAREST));
        raster.update(&mut delta);
        let mut mesh = Mesh::with_texture(id);
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        mesh.add_rect_with_uv(Rect::from_min_size(pos2(0.0, 0.0), vec2(4.0, 2.0)), all, Color32::WHITE);
        let image = raster.draw(&[clipped(mesh, Rect::EVERYTHING)], [4, 2], 1.0, BLACK);
        for y in 0..2 {
            let row: Vec<_> = (0..4).filter_map(|x| image.pixel(x, y)).collect();
            assert_eq!(row, [Color32::RED, Color32::RED, Color32::BLUE, Color32::BLUE]);
        }
        delta.free.insert(id);
        raster.update(&mut delta);
        assert!(raster.textures.contains_key(&id), "the frame that frees it may still draw with it");
        raster.update(&mut delta);
        assert!(raster.textures.is_empty());
    }

    #[test]
    fn a_real_frame_repeats_bit_by_bit() {
        let draw = || {
            let ctx = Context::default();
            crate::ui::theme::fonts::install(&ctx);
            let input = egui::RawInput {
                screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(160.0, 40.0))),
                ..egui::RawInput::default()
            };
            let mut raster = Raster::default();
            let mut image = None;
            for _ in 0..2 {
                let mut output = ctx.run_ui(input.clone(), |ui| {
                    ui.label("2.79 at best");
                });
                raster.update(&mut output.textures_delta);
                image = Some(raster.render(&ctx, &output, BLACK));
            }
            image.unwrap()
        };
        let (one, two) = (draw(), draw());
        assert_eq!(one, two);
        assert_eq!((one.width, one.height), (160, 40));
        assert!(one.pixels.iter().filter(|p| **p != BLACK).count() > 50, "text is there");
        let mut bytes = Vec::new();
        one.write_png(&mut bytes).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
    }
}
