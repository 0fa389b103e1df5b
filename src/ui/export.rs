//! A panel taken out of the window: its rows as a file, or its drawing as shapes that the application makes a picture of. The
//! drawing is taken while the panel is painted, in shapes one by one ([`Ink::paint_plainly`]) and with real text, so that a picture
//! made of lines and letters needs no pixels of ours.

use std::sync::Arc;

use egui::emath::TSTransform;
use egui::epaint::ClippedShape;
use egui::{ColorImage, Rect, TextureId, Ui, Vec2};

use super::widgets::ink::Ink;

/// What a menu offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    Png,
    Svg,
}

impl PictureKind {
    pub const ALL: [Self; 2] = [Self::Png, Self::Svg];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Svg => "SVG",
        }
    }
}

/// A panel's shapes, its top left corner at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    pub size: Vec2,
    pub shapes: Vec<ClippedShape>,
    /// Textures that the shapes use besides the letters, as they are now.
    pub images: Vec<(TextureId, Arc<ColorImage>)>,
}

impl Drawing {
    /// What `paint` adds to the layer of `ui`; the panel fills `area`.
    pub fn take<R>(ui: &mut Ui, area: Rect, paint: impl FnOnce(&mut Ui) -> R) -> (R, Self) {
        let (ctx, layer) = (ui.ctx().clone(), ui.layer_id());
        let shapes = |skip: usize| -> Vec<ClippedShape> {
            ctx.graphics(|graphics| {
                let list = graphics.get(layer);
                list.map(|list| list.all_entries().skip(skip).cloned().collect()).unwrap_or_default()
            })
        };
        let before = ctx.graphics(|graphics| graphics.get(layer).map_or(0, |list| list.next_idx().0));
        let result = Ink::paint_plainly(&ctx, || paint(ui));
        let mut shapes = shapes(before);
        for shape in &mut shapes {
            shape.clip_rect = shape.clip_rect.intersect(area);
            shape.transform(TSTransform::from_translation(-area.min.to_vec2()));
        }
        (result, Self { size: area.size(), shapes, images: Vec::new() })
    }
}

/// To be written into a file of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// As the file is called.
    pub panel: &'static str,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Comma-separated text.
    Rows(String),
    Picture(PictureKind, Drawing),
}
