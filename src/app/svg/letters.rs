//! Laid out text → outlines of its letters, from the font files that the screen draws with.

use std::collections::BTreeMap;

use egui::epaint::TextShape;
use egui::epaint::text::{FontDefinitions, LayoutSection};
use egui::{Color32, FontFamily, FontId, Pos2};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider as _};

use super::Figure;
use crate::ui::theme::fonts;

/// Letters of one row, font and colour.
pub struct Run {
    /// Path data in the picture's points.
    pub outline: String,
    pub words: String,
    /// On the baseline.
    pub start: Pos2,
    /// Without spaces at its end.
    pub width: f32,
    pub size: f32,
    pub color: Color32,
    /// Nothing stands before it on its row.
    pub begins_row: bool,
}

pub struct Letters {
    fonts: FontDefinitions,
    /// Which file of a family has a letter.
    found: BTreeMap<(FontFamily, char), Option<(String, GlyphId)>>,
}

impl Default for Letters {
    fn default() -> Self {
        Self { fonts: fonts::definitions(), found: BTreeMap::new() }
    }
}

impl Letters {
    pub fn runs(&mut self, text: &TextShape) -> Vec<Run> {
        let job = &text.galley.job;
        let mut runs: Vec<Run> = Vec::new();
        let mut letters = job.text.char_indices();
        for row in &text.galley.rows {
            let mut is_new_row = true;
            for glyph in &row.row.glyphs {
                // Glyphs are the text's letters in order; line ends have none.
                let at = letters.by_ref().find(|(_, letter)| *letter == glyph.chr).map_or(0, |(at, _)| at);
                let Some(section) = section_at(&job.sections, at) else { continue };
                let pen = text.pos + row.pos.to_vec2() + glyph.pos.to_vec2();
                let color = color_of(text, section);
                let FontId { size, family } = &section.format.font_id;
                let continues = |run: &&mut Run| !is_new_row && run.color == color && run.size == *size;
                let run = match runs.last_mut().filter(|run| continues(run)) {
                    Some(run) => run,
                    None => {
                        let (outline, words) = (String::new(), String::new());
                        runs.push(Run {
                            outline,
                            words,
                            start: pen,
                            width: 0.0,
                            size: *size,
                            color,
                            begins_row: is_new_row,
                        });
                        let Some(run) = runs.last_mut() else { continue };
                        run
                    }
                };
                is_new_row = false;
                if !glyph.chr.is_whitespace() {
                    run.width = pen.x + glyph.advance_width - run.start.x;
                }
                // Icons are in no language.
                if !('\u{e000}'..='\u{f8ff}').contains(&glyph.chr) {
                    run.words.push(glyph.chr);
                }
                self.draw(family, glyph.chr, *size, pen, &mut run.outline);
            }
        }
        runs
    }

    /// Nothing for a letter that no file has.
    fn draw(&mut self, family: &FontFamily, letter: char, size: f32, pen: Pos2, outline: &mut String) {
        let Some((file, glyph)) = self.find(family, letter) else { return };
        let Some(font) = font(&self.fonts, &file) else { return };
        let Some(shape) = font.outline_glyphs().get(glyph) else { return };
        let mut pen = Pen { outline, origin: pen };
        let settings = DrawSettings::unhinted(Size::new(size), LocationRef::default());
        // A glyph that cannot be drawn is left out, as the screen does.
        drop(shape.draw(settings, &mut pen));
    }

    fn find(&mut self, family: &FontFamily, letter: char) -> Option<(String, GlyphId)> {
        let Self { fonts, found } = self;
        let look = || {
            let files = fonts.families.get(family)?;
            files.iter().find_map(|file| Some((file.clone(), font(fonts, file)?.charmap().map(letter)?)))
        };
        found.entry((family.clone(), letter)).or_insert_with(look).clone()
    }
}

fn font<'a>(fonts: &'a FontDefinitions, file: &str) -> Option<FontRef<'a>> {
    let data = fonts.font_data.get(file)?;
    FontRef::from_index((*data.font).as_ref(), data.index).ok()
}

fn section_at(sections: &[LayoutSection], at: usize) -> Option<&LayoutSection> {
    sections.iter().find(|section| section.byte_range.contains(&at.into())).or(sections.last())
}

fn color_of(text: &TextShape, section: &LayoutSection) -> Color32 {
    let own = match section.format.color {
        Color32::PLACEHOLDER => text.fallback_color,
        color => color,
    };
    text.override_text_color.unwrap_or(own).gamma_multiply(text.opacity_factor)
}

/// Font units upwards from the baseline → points downwards.
struct Pen<'a> {
    outline: &'a mut String,
    origin: Pos2,
}

impl Pen<'_> {
    fn push<const N: usize>(&mut self, command: char, points: [(f32, f32); N]) {
        use std::fmt::Write as _;
        self.outline.push(command);
        for (at, (x, y)) in points.into_iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            let _ = write!(self.outline, "{gap}{} {}", Figure(self.origin.x + x), Figure(self.origin.y - y));
        }
    }
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push('M', [(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push('L', [(x, y)]);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.push('Q', [(cx, cy), (x, y)]);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.push('C', [(ax, ay), (bx, by), (x, y)]);
    }

    fn close(&mut self) {
        self.outline.push('Z');
    }
}
