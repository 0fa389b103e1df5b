//! Files that people ask for: a panel's rows or its picture, written beside what they keep, never over anything. Pictures are made and
//! files are written on a thread of their own.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use egui::epaint::{ClippedPrimitive, ImageDelta, Mesh, Primitive};
use egui::{Color32, ColorImage, Context, Rect, TextureId, TextureOptions, TexturesDelta, Vec2};

use super::raster::{Image, Raster};
use super::svg;
use crate::base::time::Utc;
use crate::shell::files;
use crate::ui::export::{Content, Drawing, Export, PictureKind};

/// What became of an export.
pub type Written = io::Result<PathBuf>;

/// Exports that are being written.
#[derive(Debug, Default)]
pub struct Exports(Vec<JoinHandle<Written>>);

impl Exports {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        &mut self,
        ctx: &Context,
        export: Export,
        folder: PathBuf,
        utc: Utc,
        ground: Color32,
    ) -> io::Result<()> {
        let job = Job::new(ctx, export.content, ground);
        let name = format!("tenor-{}-{}", export.panel, utc.civil().strftime("%Y%m%dT%H%M%SZ"));
        let write = move || files::write_new(&folder, &name, job.extension(), &job.bytes()?);
        self.0.push(std::thread::Builder::new().name("tenor-export".into()).spawn(write)?);
        Ok(())
    }

    pub fn is_idle(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that have come to their end, `wait`ing for all if the program ends.
    pub fn finished(&mut self, wait: Wait) -> Vec<Written> {
        let is_done = |thread: &mut JoinHandle<Written>| wait == Wait::Yes || thread.is_finished();
        let done: Vec<JoinHandle<Written>> = self.0.extract_if(.., is_done).collect();
        let panicked = || io::Error::other("an internal error");
        done.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(panicked()))).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Yes,
    No,
}

/// All that is needed of the screen, so that the rest can be done beside it.
enum Job {
    Rows(String),
    Png { primitives: Vec<ClippedPrimitive>, textures: Textures, size: Vec2, pixels_per_point: f32, ground: Color32 },
    Svg { drawing: Drawing, textures: Textures },
}

impl Job {
    fn new(ctx: &Context, content: Content, ground: Color32) -> Self {
        match content {
            Content::Rows(text) => Self::Rows(text),
            Content::Picture(PictureKind::Png, drawing) => {
                let pixels_per_point = ctx.pixels_per_point();
                let textures = Textures::of(ctx, &drawing);
                let Drawing { size, shapes, .. } = drawing;
                let primitives = ctx.tessellate(shapes, pixels_per_point);
                Self::Png { primitives, textures, size, pixels_per_point, ground }
            }
            Content::Picture(PictureKind::Svg, drawing) => Self::Svg { textures: Textures::of(ctx, &drawing), drawing },
        }
    }

    const fn extension(&self) -> &'static str {
        match self {
            Self::Rows(_) => "csv",
            Self::Png { .. } => "png",
            Self::Svg { .. } => "svg",
        }
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Rows(text) => Ok(text.clone().into_bytes()),
            Self::Png { primitives, textures, size, pixels_per_point, ground } => {
                let pixels = |side: f32| (side * pixels_per_point).round().max(1.0) as usize;
                let size = [pixels(size.x), pixels(size.y)];
                png(&textures.raster().draw(primitives, size, *pixels_per_point, *ground))
            }
            Self::Svg { drawing, textures } => {
                let raster = textures.raster();
                let image = |mesh: &Mesh, place: Rect| png(&textured(&raster, mesh, place)).unwrap_or_default();
                Ok(svg::document(drawing, image).into_bytes())
            }
        }
    }
}

/// The letters, and whatever else a drawing uses.
struct Textures {
    letters: ColorImage,
    images: Vec<(TextureId, Arc<ColorImage>)>,
}

impl Textures {
    fn of(ctx: &Context, drawing: &Drawing) -> Self {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method alone is not general enough in its lifetimes"
        )]
        let letters = ctx.fonts(|fonts| fonts.image());
        Self { letters, images: drawing.images.clone() }
    }

    fn raster(&self) -> Raster {
        let mut delta = TexturesDelta::default();
        delta.push(TextureId::default(), ImageDelta::full(self.letters.clone(), TextureOptions::LINEAR));
        for (id, image) in &self.images {
            delta.push(*id, ImageDelta::full(ColorImage::clone(image), TextureOptions::NEAREST));
        }
        let mut raster = Raster::default();
        raster.update(&mut delta);
        raster
    }
}

/// Two pixels a point: a picture within a picture that may be enlarged.
const TEXTURE_SCALE: f32 = 2.0;

/// The part of a textured mesh that lies in `place`, as a picture.
fn textured(raster: &Raster, mesh: &Mesh, place: Rect) -> Image {
    let mut mesh = mesh.clone();
    mesh.translate(-place.min.to_vec2());
    let size = [place.width(), place.height()].map(|side| (side * TEXTURE_SCALE).round().max(1.0) as usize);
    let clip_rect = Rect::from_min_size(egui::Pos2::ZERO, place.size());
    let primitive = ClippedPrimitive { clip_rect, primitive: Primitive::Mesh(mesh) };
    raster.draw(&[primitive], size, TEXTURE_SCALE, Color32::TRANSPARENT)
}

fn png(image: &Image) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    image.write_png(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}
