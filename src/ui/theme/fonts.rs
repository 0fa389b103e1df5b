//! Four text files and three icon files, each an egui family of its own: no synthetic bold, no hunting through fallbacks.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily, FontId};

/// A typeface at a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    Ui,
    UiBold,
    /// Numbers.
    Mono,
    MonoBold,
    Icon,
    IconBold,
    IconFill,
}

impl Face {
    pub const ALL: [Self; 7] =
        [Self::Ui, Self::UiBold, Self::Mono, Self::MonoBold, Self::Icon, Self::IconBold, Self::IconFill];

    pub const fn family_name(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::UiBold => "ui-bold",
            Self::Mono => "mono",
            Self::MonoBold => "mono-bold",
            Self::Icon => "icon",
            Self::IconBold => "icon-bold",
            Self::IconFill => "icon-fill",
        }
    }

    /// As egui knows it. The plain two are egui's own families, so that stock widgets use them.
    pub fn family(self) -> FontFamily {
        match self {
            Self::Ui => FontFamily::Proportional,
            Self::Mono => FontFamily::Monospace,
            other => FontFamily::Name(other.family_name().into()),
        }
    }

    pub fn at(self, size: f32) -> FontId {
        FontId::new(size, self.family())
    }

    /// From the middle of a line of text down to its baseline, in font sizes.
    pub(crate) const fn drop_to_baseline(self) -> f32 {
        match self {
            Self::Ui | Self::UiBold => 0.375,
            Self::Mono | Self::MonoBold => 0.36,
            Self::Icon | Self::IconBold | Self::IconFill => 0.4375,
        }
    }
}

macro_rules! font_file {
    ($name:literal) => {
        FontData::from_static(include_bytes!(concat!("../../../assets/fonts/", $name)))
    };
}

/// All families. Icon fonts back the text fonts up, so that an icon may stand in a label.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (face, data) in [
        (Face::Ui, font_file!("IBMPlexSans_400Regular.ttf")),
        (Face::UiBold, font_file!("IBMPlexSans_600SemiBold.ttf")),
        (Face::Mono, font_file!("JetBrainsMono_400Regular.ttf")),
        (Face::MonoBold, font_file!("JetBrainsMono_600SemiBold.ttf")),
        (Face::Icon, font_file!("Phosphor-regular.ttf")),
        (Face::IconBold, font_file!("Phosphor-bold.ttf")),
        (Face::IconFill, font_file!("Phosphor-fill.ttf")),
    ] {
        fonts.font_data.insert(face.family_name().to_owned(), Arc::new(data));
        let fallbacks: &[Face] = match face {
            Face::Ui => &[Face::Mono, Face::Icon],
            Face::UiBold => &[Face::MonoBold, Face::IconBold],
            Face::Mono => &[Face::Ui, Face::Icon],
            Face::MonoBold => &[Face::UiBold, Face::IconBold],
            Face::Icon | Face::IconBold | Face::IconFill => &[],
        };
        let chain = std::iter::once(&face).chain(fallbacks).map(|f| f.family_name().to_owned()).collect();
        fonts.families.insert(face.family(), chain);
    }
    fonts
}

/// Makes the families known to egui; they take effect at the next pass at the latest.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}
