//! Phosphor icons by name; the same code points in the regular, bold and fill files.

pub const ARROW_U_UP_LEFT: char = '\u{e08a}';
pub const ARROWS_OUT_LINE_HORIZONTAL: char = '\u{e534}';
pub const BELL: char = '\u{e0ce}';
pub const BUG_BEETLE: char = '\u{e5f6}';
pub const CARET_DOWN: char = '\u{e136}';
pub const CHECK_SQUARE: char = '\u{e186}';
pub const CLOCK_COUNTER_CLOCKWISE: char = '\u{e1a0}';
pub const CROSSHAIR_SIMPLE: char = '\u{e1d8}';
pub const DESKTOP: char = '\u{e560}';
pub const DOTS_THREE_VERTICAL: char = '\u{e208}';
pub const EXPORT: char = '\u{eaf0}';
pub const FLASK: char = '\u{e79e}';
pub const FUNNEL_SIMPLE: char = '\u{e268}';
pub const GRAPHICS_CARD: char = '\u{e612}';
pub const HAND_TAP: char = '\u{ec90}';
pub const LIGHTNING: char = '\u{e2de}';
pub const LIST_DASHES: char = '\u{e2f4}';
pub const LOCK_SIMPLE: char = '\u{e308}';
pub const LOCK_SIMPLE_OPEN: char = '\u{e30a}';
pub const MAGNIFYING_GLASS: char = '\u{e30c}';
pub const MINUS: char = '\u{e32a}';
pub const PAUSE: char = '\u{e39e}';
pub const PENCIL_SIMPLE: char = '\u{e3b4}';
pub const PLAY: char = '\u{e3d0}';
pub const PLUGS: char = '\u{eb56}';
pub const PLUS: char = '\u{e3d4}';
pub const POWER: char = '\u{e3da}';
pub const PROHIBIT: char = '\u{e3de}';
pub const QUESTION: char = '\u{e3e8}';
pub const RECORD: char = '\u{e3ee}';
pub const SKIP_BACK: char = '\u{e5a4}';
pub const SQUARE: char = '\u{e45e}';
pub const WARNING: char = '\u{e4e0}';
pub const WARNING_OCTAGON: char = '\u{e4e4}';
pub const X: char = '\u{e4f6}';
pub const X_CIRCLE: char = '\u{e4f8}';

/// Every one above, for tests and glyph sheets.
pub const ALL: [char; 36] = [
    ARROW_U_UP_LEFT,
    ARROWS_OUT_LINE_HORIZONTAL,
    BELL,
    BUG_BEETLE,
    CARET_DOWN,
    CHECK_SQUARE,
    CLOCK_COUNTER_CLOCKWISE,
    CROSSHAIR_SIMPLE,
    DESKTOP,
    DOTS_THREE_VERTICAL,
    EXPORT,
    FLASK,
    FUNNEL_SIMPLE,
    GRAPHICS_CARD,
    HAND_TAP,
    LIGHTNING,
    LIST_DASHES,
    LOCK_SIMPLE,
    LOCK_SIMPLE_OPEN,
    MAGNIFYING_GLASS,
    MINUS,
    PAUSE,
    PENCIL_SIMPLE,
    PLAY,
    PLUGS,
    PLUS,
    POWER,
    PROHIBIT,
    QUESTION,
    RECORD,
    SKIP_BACK,
    SQUARE,
    WARNING,
    WARNING_OCTAGON,
    X,
    X_CIRCLE,
];
