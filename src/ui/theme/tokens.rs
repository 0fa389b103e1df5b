//! A theme file and everything derived from it. The mixes that panels use every frame are computed here, once per theme and
//! palette.

use std::collections::BTreeMap;

use egui::Color32;
use serde::Deserialize;

use super::color::{mix, parse_hex, ramp};
use crate::domain::number::Side;
use crate::view::session::Severity;

const DARK: &str = include_str!("../../../themes/dark.toml");
const LIGHT: &str = include_str!("../../../themes/light.toml");

/// Why a theme file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("the theme file cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("the theme file has no palette {0}")]
    Palette(&'static str),
}

/// The colours of bid and ask, chosen apart from the theme for people's eyes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Palette {
    #[default]
    Tenor,
    BlueOrange,
    /// Green and red: hard to tell apart for one man in twelve.
    Classic,
    /// Sides by fill and outline only.
    Monochrome,
}

impl Palette {
    pub const ALL: [Self; 4] = [Self::Tenor, Self::BlueOrange, Self::Classic, Self::Monochrome];

    /// As theme and settings files spell it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Tenor => "tenor",
            Self::BlueOrange => "blue-orange",
            Self::Classic => "classic",
            Self::Monochrome => "monochrome",
        }
    }

    /// As the settings screen spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenor => "Tenor",
            Self::BlueOrange => "Blue and orange",
            Self::Classic => "Classic",
            Self::Monochrome => "Monochrome",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.key() == key)
    }
}

/// A colour as theme files write it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Hex(Color32);

impl TryFrom<String> for Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        parse_hex(&text).map(Self).ok_or_else(|| format!("{text} is not a colour like #5AA8FF"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    name: String,
    is_dark: bool,
    size_bar: u8,
    best_bar: u8,
    colors: Colors,
    palettes: BTreeMap<String, SidePair>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SidePair {
    bid: Hex,
    ask: Hex,
}

macro_rules! tokens {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Colors { $($name: Hex,)* ramp: [Hex; 7] }

        /// The colours of a theme by their use.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Tokens {
            $($(#[$doc])* pub $name: Color32,)*
            pub bid: Color32,
            pub ask: Color32,
            /// Liquidity, none to most.
            pub ramp: [Color32; 7],
        }

        impl Tokens {
            fn new(colors: &Colors, sides: SidePair) -> Self {
                Self { $($name: colors.$name.0,)* bid: sides.bid.0, ask: sides.ask.0, ramp: colors.ramp.map(|c| c.0) }
            }
        }
    };
}

tokens! {
    /// Gutter between panels.
    bg0,
    /// Panel.
    bg1,
    /// Raised: price column, chips.
    bg2,
    /// Controls, the selected row.
    bg3,
    line,
    line_hi,
    text_hi,
    text_mid,
    /// Never on `bg3`.
    text_lo,
    /// What is ours: boxes, gauges.
    own,
    own_text,
    /// Fill and ink of the last trade's cell.
    last,
    last_ink,
    stale,
    warn,
    danger,
    /// Live, focus, link group A.
    accent,
    up,
    down,
    sim,
    /// Text on a filled colour.
    ink,
    link_b,
    link_c,
}

/// One side's colour and its mixes over the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideInks {
    pub full: Color32,
    /// Size bar; at the best price.
    pub bar: Color32,
    pub bar_best: Color32,
    /// Cumulative staircase and its edge.
    pub fill: Color32,
    pub edge: Color32,
    /// Behind a cell that has just changed.
    pub changed: Color32,
    /// Text of a side in a table at rest.
    pub rest: Color32,
    /// Ghost outline under the pointer.
    pub ghost: Color32,
    /// Depth curve's body.
    pub depth: Color32,
    /// Depth profile bars, tape bars.
    pub half: Color32,
    /// A disarmed submit button.
    pub disarmed: Color32,
    /// A chosen and an unchosen quote of the ticket.
    pub quote_on: Color32,
    pub quote_off: Color32,
}

impl SideInks {
    fn new(full: Color32, tokens: &Tokens, size_bar: u8, best_bar: u8) -> Self {
        let over = |percent| mix(full, percent, tokens.bg1);
        Self {
            full,
            bar: over(size_bar),
            bar_best: over(best_bar),
            fill: over(8),
            edge: over(34),
            changed: over(22),
            rest: mix(full, 72, tokens.text_mid),
            ghost: over(60),
            depth: over(20),
            half: over(50),
            disarmed: over(22),
            quote_on: over(24),
            quote_off: over(7),
        }
    }
}

/// A theme with a palette, ready to draw with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    pub name: String,
    pub is_dark: bool,
    pub palette: Palette,
    pub tokens: Tokens,
    bid: SideInks,
    ask: SideInks,
    /// Own chip: fill, edge, the gauge's track.
    pub chip_fill: Color32,
    pub chip_edge: Color32,
    pub gauge_track: Color32,
    /// Volume at price; at the price with the most.
    pub volume_bar: Color32,
    pub volume_bar_most: Color32,
    /// Amber hatch of a gap.
    pub gap_hatch: Color32,
    /// Size bars of a book that is not live.
    pub stale_bar: Color32,
    ramp: Vec<Color32>,
}

/// Steps of the precomputed heat ramp.
const RAMP_STEPS: usize = 64;

impl Theme {
    /// Reads a theme file.
    ///
    /// # Errors
    /// Malformed, incomplete, unknown fields, or without this palette.
    pub fn parse(text: &str, palette: Palette) -> Result<Self, ThemeError> {
        let file: ThemeFile = toml::from_str(text)?;
        let sides = *file.palettes.get(palette.key()).ok_or(ThemeError::Palette(palette.key()))?;
        let tokens = Tokens::new(&file.colors, sides);
        let over = |color, percent| mix(color, percent, tokens.bg1);
        Ok(Self {
            bid: SideInks::new(tokens.bid, &tokens, file.size_bar, file.best_bar),
            ask: SideInks::new(tokens.ask, &tokens, file.size_bar, file.best_bar),
            chip_fill: over(tokens.own, 16),
            chip_edge: over(tokens.own, 60),
            gauge_track: over(tokens.own, 22),
            volume_bar: over(tokens.text_mid, 18),
            volume_bar_most: over(tokens.text_mid, 34),
            gap_hatch: over(tokens.warn, 26),
            stale_bar: over(tokens.text_mid, 20),
            ramp: (0..RAMP_STEPS).map(|i| ramp(&tokens.ramp, i as f32 / (RAMP_STEPS - 1) as f32)).collect(),
            name: file.name,
            is_dark: file.is_dark,
            palette,
            tokens,
        })
    }

    /// The built-in dark theme.
    ///
    /// # Errors
    /// None for the file this was built with; a test holds it.
    pub fn dark(palette: Palette) -> Result<Self, ThemeError> {
        Self::parse(DARK, palette)
    }

    /// The built-in light theme.
    ///
    /// # Errors
    /// None for the file this was built with; a test holds it.
    pub fn light(palette: Palette) -> Result<Self, ThemeError> {
        Self::parse(LIGHT, palette)
    }

    pub const fn side(&self, side: Side) -> &SideInks {
        match side {
            Side::Bid => &self.bid,
            Side::Ask => &self.ask,
        }
    }

    /// `percent` of `color` over the panel.
    pub const fn over(&self, color: Color32, percent: u8) -> Color32 {
        mix(color, percent, self.tokens.bg1)
    }

    /// Leading digits that rarely move: 60 % of their own colour.
    pub const fn dim(&self, color: Color32) -> Color32 {
        mix(color, 60, self.tokens.bg1)
    }

    /// Up, down, or middle text for zero. Directions, never sides.
    pub const fn direction(&self, sign: i64) -> Color32 {
        match sign.signum() {
            1 => self.tokens.up,
            -1 => self.tokens.down,
            _ => self.tokens.text_mid,
        }
    }

    /// Liquidity `share` (0 to 1) of the most.
    pub fn heat(&self, share: f32) -> Color32 {
        let step = (share.clamp(0.0, 1.0) * (RAMP_STEPS - 1) as f32).round() as usize;
        self.ramp.get(step).copied().unwrap_or(self.tokens.bg1)
    }

    /// Colour of a banner or toast, and its ground.
    pub const fn severity(&self, severity: Severity) -> (Color32, Color32) {
        let color = match severity {
            Severity::Info => self.tokens.text_mid,
            Severity::Fill => self.tokens.own,
            Severity::Warn | Severity::Alert => self.tokens.warn,
            Severity::Reject | Severity::Error => self.tokens.danger,
        };
        (color, self.over(color, 16))
    }

    /// Sides are told apart by fill and outline instead of hue.
    pub const fn outlines_asks(&self) -> bool {
        matches!(self.palette, Palette::Monochrome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_themes_have_every_palette() {
        for palette in Palette::ALL {
            assert_eq!(Palette::from_key(palette.key()), Some(palette));
            let (dark, light) = (Theme::dark(palette).unwrap(), Theme::light(palette).unwrap());
            assert!(dark.is_dark && !light.is_dark);
            assert_ne!(dark.tokens.bid, dark.tokens.ask);
            assert_ne!(light.side(Side::Bid).bar, light.side(Side::Ask).bar);
        }
    }

    #[test]
    fn wrong_files_say_what_is_wrong() {
        let unknown = format!("{DARK}\n[extra]\na = 1\n");
        assert!(Theme::parse(&unknown, Palette::Tenor).unwrap_err().to_string().contains("extra"));
        let colour = DARK.replace("#07080A", "black");
        assert!(Theme::parse(&colour, Palette::Tenor).unwrap_err().to_string().contains("black is not a colour"));
        let palette = DARK.replace("[palettes.classic]", "[palettes.other]");
        assert!(matches!(Theme::parse(&palette, Palette::Classic), Err(ThemeError::Palette("classic"))));
    }

    #[test]
    fn text_can_be_read_on_its_ground() {
        fn luminance(c: Color32) -> f64 {
            let linear = |v: u8| {
                let v = f64::from(v) / 255.0;
                if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
        }
        fn contrast(a: Color32, b: Color32) -> f64 {
            let (a, b) = (luminance(a), luminance(b));
            (a.max(b) + 0.05) / (a.min(b) + 0.05)
        }
        for palette in [Palette::Tenor, Palette::BlueOrange, Palette::Classic] {
            for theme in [Theme::dark(palette).unwrap(), Theme::light(palette).unwrap()] {
                let t = &theme.tokens;
                for text in [t.text_hi, t.text_mid, t.text_lo, t.bid, t.ask, t.up, t.down, t.own_text, t.warn, t.accent]
                {
                    assert!(contrast(text, t.bg1) >= 4.5, "{text:?} on {:?} in {}", t.bg1, theme.name);
                }
                assert!(contrast(t.ink, t.bid) >= 4.5 && contrast(t.last_ink, t.last) >= 4.5);
            }
        }
    }
}
