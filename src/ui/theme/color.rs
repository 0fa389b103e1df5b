//! Colour arithmetic in sRGB bytes, the way the pictures were drawn.

use egui::Color32;

/// `percent` of `color` over `base`, linear in sRGB bytes.
pub const fn mix(color: Color32, percent: u8, base: Color32) -> Color32 {
    const fn channel(top: u8, percent: u8, base: u8) -> u8 {
        let percent = if percent > 100 { 100 } else { percent as u32 };
        ((top as u32 * percent + base as u32 * (100 - percent) + 50) / 100) as u8
    }
    Color32::from_rgb(
        channel(color.r(), percent, base.r()),
        channel(color.g(), percent, base.g()),
        channel(color.b(), percent, base.b()),
    )
}

/// The point `at` (0 to 1) of a ramp of colours.
pub fn ramp(stops: &[Color32], at: f32) -> Color32 {
    let (Some(&first), Some(&last)) = (stops.first(), stops.last()) else { return Color32::TRANSPARENT };
    let along = at.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
    let lower = along as usize;
    match stops.get(lower..lower + 2) {
        Some(&[from, to]) => mix(to, ((along - lower as f32) * 100.0).round() as u8, from),
        _ if lower == 0 => first,
        _ => last,
    }
}

/// Reads `#RRGGBB`.
pub fn parse_hex(text: &str) -> Option<Color32> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some(Color32::from_rgb(byte(0)?, byte(2)?, byte(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixes_and_ramps_hit_their_ends() {
        let (a, b) = (Color32::from_rgb(90, 168, 255), Color32::from_rgb(16, 18, 22));
        assert_eq!(mix(a, 100, b), a);
        assert_eq!(mix(a, 0, b), b);
        assert_eq!(mix(a, 36, b), Color32::from_rgb(43, 72, 106));
        assert_eq!(ramp(&[b, a], 0.0), b);
        assert_eq!(ramp(&[b, a], 1.0), a);
        assert_eq!(ramp(&[b, a], 7.0), a);
    }

    #[test]
    fn reads_hex_and_nothing_else() {
        assert_eq!(parse_hex("#5AA8FF"), Some(Color32::from_rgb(0x5a, 0xa8, 0xff)));
        for bad in ["5AA8FF", "#5AA8F", "#5AA8FG", "#é0000", ""] {
            assert_eq!(parse_hex(bad), None, "{bad}");
        }
    }
}
