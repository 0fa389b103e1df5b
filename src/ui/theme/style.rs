//! egui's own style, made of the theme's tokens: flat, no shadows, radius 4, Plex for words and JetBrains Mono for numbers.

use std::sync::Arc;

use egui::style::{Selection, WidgetVisuals, Widgets};
use egui::{Color32, Context, CornerRadius, Shadow, Stroke, Style, TextStyle, Visuals, vec2};

use super::fonts::Face;
use super::tokens::Theme;

/// Radius of panels and controls.
pub const RADIUS: CornerRadius = CornerRadius::same(4);

/// Text sizes in points at 100 %.
pub mod size {
    pub const CAPTION: f32 = 11.0;
    pub const BODY: f32 = 12.0;
    pub const VALUE: f32 = 13.0;
    pub const CARD: f32 = 15.0;
    pub const QUOTE: f32 = 18.0;
    pub const LAST: f32 = 22.0;
}

/// Makes `theme` the style of both of egui's own modes, so that the system's preference cannot mix two themes.
pub fn apply(ctx: &Context, theme: &Theme) {
    let style = Arc::new(style(theme));
    ctx.set_theme(if theme.is_dark { egui::Theme::Dark } else { egui::Theme::Light });
    ctx.set_style_of(egui::Theme::Dark, Arc::clone(&style));
    ctx.set_style_of(egui::Theme::Light, style);
}

fn style(theme: &Theme) -> Style {
    let mut style = Style { visuals: visuals(theme), animation_time: 0.0, ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, Face::Ui.at(size::CAPTION)),
        (TextStyle::Body, Face::Ui.at(size::BODY)),
        (TextStyle::Button, Face::Ui.at(size::BODY)),
        (TextStyle::Heading, Face::UiBold.at(size::CARD)),
        (TextStyle::Monospace, Face::Mono.at(size::BODY)),
    ]
    .into();
    style.spacing.item_spacing = vec2(4.0, 4.0);
    style.spacing.button_padding = vec2(10.0, 3.0);
    style.spacing.interact_size = vec2(24.0, 24.0);
    style.spacing.scroll = egui::style::ScrollStyle::thin();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style
}

fn visuals(theme: &Theme) -> Visuals {
    let t = &theme.tokens;
    let widget = |fill: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::NONE,
        corner_radius: RADIUS,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut visuals = if theme.is_dark { Visuals::dark() } else { Visuals::light() };
    visuals.widgets = Widgets {
        noninteractive: WidgetVisuals { bg_stroke: Stroke::new(1.0, t.line), ..widget(t.bg1, t.text_mid) },
        inactive: widget(t.bg3, t.text_hi),
        hovered: widget(t.line_hi, t.text_hi),
        active: widget(t.bg2, t.text_hi),
        open: widget(t.bg2, t.text_hi),
    };
    visuals.selection = Selection { bg_fill: theme.over(t.accent, 30), stroke: Stroke::new(1.0, t.text_hi) };
    visuals.hyperlink_color = t.accent;
    visuals.faint_bg_color = t.bg1;
    visuals.extreme_bg_color = t.bg2;
    visuals.text_edit_bg_color = Some(t.bg2);
    visuals.code_bg_color = t.bg2;
    visuals.warn_fg_color = t.warn;
    visuals.error_fg_color = t.danger;
    visuals.weak_text_color = Some(t.text_lo);
    visuals.window_corner_radius = RADIUS;
    visuals.menu_corner_radius = RADIUS;
    visuals.window_shadow = Shadow::NONE;
    visuals.popup_shadow = Shadow::NONE;
    visuals.window_fill = t.bg2;
    visuals.window_stroke = Stroke::new(1.0, t.line_hi);
    visuals.panel_fill = t.bg0;
    visuals.text_cursor.stroke = Stroke::new(1.5, t.accent);
    visuals.text_cursor.blink = false;
    visuals.button_frame = true;
    visuals.text_options.subpixel_binning = false;
    visuals
}
