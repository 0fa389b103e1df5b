//! Where each glyph lies in egui's font atlas, so that numbers can be put into a mesh without laying text out. The sheet is made
//! of galleys that egui caches; it is built anew each pass, which costs one cache look-up a face.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::epaint::text::Galley;
use egui::{Color32, Context, Id, Pos2, Rect, Vec2, pos2, vec2};

use crate::ui::theme::{Face, icons};

/// A face at a size: the handful that panels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Font {
    Ui11,
    Ui12,
    Ui13,
    UiBold11,
    UiBold12,
    UiBold13,
    UiBold15,
    Mono11,
    Mono12,
    Mono13,
    Mono18,
    MonoBold11,
    MonoBold12,
    MonoBold13,
    MonoBold15,
    MonoBold18,
    MonoBold22,
    Icon12,
    Icon14,
    IconBold14,
    IconFill12,
}

impl Font {
    const ALL: [Self; 21] = [
        Self::Ui11,
        Self::Ui12,
        Self::Ui13,
        Self::UiBold11,
        Self::UiBold12,
        Self::UiBold13,
        Self::UiBold15,
        Self::Mono11,
        Self::Mono12,
        Self::Mono13,
        Self::Mono18,
        Self::MonoBold11,
        Self::MonoBold12,
        Self::MonoBold13,
        Self::MonoBold15,
        Self::MonoBold18,
        Self::MonoBold22,
        Self::Icon12,
        Self::Icon14,
        Self::IconBold14,
        Self::IconFill12,
    ];

    pub const fn face(self) -> Face {
        match self {
            Self::Ui11 | Self::Ui12 | Self::Ui13 => Face::Ui,
            Self::UiBold11 | Self::UiBold12 | Self::UiBold13 | Self::UiBold15 => Face::UiBold,
            Self::Mono11 | Self::Mono12 | Self::Mono13 | Self::Mono18 => Face::Mono,
            Self::MonoBold11
            | Self::MonoBold12
            | Self::MonoBold13
            | Self::MonoBold15
            | Self::MonoBold18
            | Self::MonoBold22 => Face::MonoBold,
            Self::Icon12 | Self::Icon14 => Face::Icon,
            Self::IconBold14 => Face::IconBold,
            Self::IconFill12 => Face::IconFill,
        }
    }

    pub const fn size(self) -> f32 {
        match self {
            Self::Ui11 | Self::UiBold11 | Self::Mono11 | Self::MonoBold11 => 11.0,
            Self::Ui12 | Self::UiBold12 | Self::Mono12 | Self::MonoBold12 | Self::Icon12 | Self::IconFill12 => 12.0,
            Self::Ui13 | Self::UiBold13 | Self::Mono13 | Self::MonoBold13 => 13.0,
            Self::Icon14 | Self::IconBold14 => 14.0,
            Self::UiBold15 | Self::MonoBold15 => 15.0,
            Self::Mono18 | Self::MonoBold18 => 18.0,
            Self::MonoBold22 => 22.0,
        }
    }

    /// From the middle of a line down to its baseline.
    pub const fn drop(self) -> f32 {
        self.face().drop_to_baseline() * self.size()
    }
}

/// Letters, digits and signs that panels draw through the sheet; anything else draws as a gap.
const TEXT: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz|~·×−–…";

/// One glyph, relative to the pen on the baseline.
#[derive(Clone, Copy, Debug)]
pub struct GlyphQuad {
    pub advance: f32,
    pub offset: Vec2,
    pub size: Vec2,
    /// In texels of the atlas.
    pub texels: Rect,
}

/// The quads of one font.
#[derive(Debug)]
struct Plate {
    galley: Arc<Galley>,
    ascii: Vec<Option<GlyphQuad>>,
    other: BTreeMap<char, GlyphQuad>,
}

/// All fonts at the present zoom.
#[derive(Debug)]
pub struct GlyphSheet {
    pass: u64,
    plates: Vec<Arc<Plate>>,
    /// Texels to texture coordinates.
    pub texel: Vec2,
    pub pixels_per_point: f32,
}

impl GlyphSheet {
    /// The sheet of this pass.
    pub fn of(ctx: &Context) -> Arc<Self> {
        let id = Id::unique("glyph sheet");
        let pass = ctx.cumulative_pass_nr();
        let known = ctx.data(|data| data.get_temp::<Arc<Self>>(id));
        if let Some(sheet) = known.as_ref().filter(|sheet| sheet.pass == pass) {
            return Arc::clone(sheet);
        }
        let sheet = Arc::new(Self::build(ctx, pass, known.as_deref()));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&sheet)));
        sheet
    }

    fn build(ctx: &Context, pass: u64, known: Option<&Self>) -> Self {
        let plates = Font::ALL.iter().enumerate().map(|(at, &font)| {
            let text = match font.face() {
                Face::Icon | Face::IconBold | Face::IconFill => icons::ALL.iter().collect(),
                _ => TEXT.to_owned(),
            };
            let galley =
                ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text, font.face().at(font.size()), Color32::PLACEHOLDER));
            match known.and_then(|k| k.plates.get(at)).filter(|plate| Arc::ptr_eq(&plate.galley, &galley)) {
                Some(plate) => Arc::clone(plate),
                None => Arc::new(Plate::new(galley)),
            }
        });
        let plates = plates.collect();
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method alone is not general enough in its lifetimes"
        )]
        let [width, height] = ctx.fonts(|fonts| fonts.font_image_size());
        Self {
            pass,
            plates,
            texel: vec2(1.0 / width.max(1) as f32, 1.0 / height.max(1) as f32),
            pixels_per_point: ctx.pixels_per_point(),
        }
    }

    /// `None` for characters the sheet does not hold.
    pub fn quad(&self, font: Font, letter: char) -> Option<&GlyphQuad> {
        let plate = self.plates.get(font as usize)?;
        match plate.ascii.get(letter as usize) {
            Some(quad) => quad.as_ref(),
            None => plate.other.get(&letter),
        }
    }

    pub fn width(&self, font: Font, text: &str) -> f32 {
        text.chars().filter_map(|c| self.quad(font, c)).map(|q| q.advance).sum()
    }
}

impl Plate {
    fn new(galley: Arc<Galley>) -> Self {
        let mut ascii = vec![None; 128];
        let mut other = BTreeMap::new();
        for glyph in galley.rows.iter().flat_map(|row| &row.row.glyphs) {
            let uv = glyph.uv_rect;
            let texel = |at: [u16; 2]| -> Pos2 { pos2(at[0].into(), at[1].into()) };
            let quad = GlyphQuad {
                advance: glyph.advance_width,
                offset: uv.offset,
                size: uv.size,
                texels: Rect::from_min_max(texel(uv.min), texel(uv.max)),
            };
            match ascii.get_mut(glyph.chr as usize) {
                Some(slot) => *slot = Some(quad),
                None => {
                    other.insert(glyph.chr, quad);
                }
            }
        }
        Self { galley, ascii, other }
    }
}
