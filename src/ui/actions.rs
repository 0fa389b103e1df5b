//! Everything a person can ask of the screen, one row each. Keymap, palette, menus and the help overlay are generated from
//! [`Action::ALL`]; an action without a row here does not exist. What an action does is decided by [`super::screen`].

use egui::{Key, KeyboardShortcut, Modifiers};

/// Where the help overlay lists an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Trading,
    Navigation,
    Window,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::Trading, Self::Navigation, Self::Window];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Trading => "Trading",
            Self::Navigation => "Finding the way",
            Self::Window => "Window",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    ToggleArm,
    CancelAll,
    CancelSelected,
    Flatten,
    ToggleBlock,
    TicketBuy,
    TicketSell,
    Size1,
    Size2,
    Size3,
    Size4,
    Size5,
    Palette,
    NextMonth,
    PreviousMonth,
    NextProduct,
    PreviousProduct,
    Recentre,
    Alerts,
    BackToLive,
    Reconnect,
    TraderWorkspace,
    CurveWorkspace,
    SwitchTheme,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    ResetLayout,
    Help,
    Quit,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub help: &'static str,
    pub group: Group,
    pub shortcut: Option<KeyboardShortcut>,
}

const fn plain(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

const fn command(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn command_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

impl Action {
    pub const ALL: [Self; 30] = [
        Self::ToggleArm,
        Self::CancelAll,
        Self::CancelSelected,
        Self::Flatten,
        Self::ToggleBlock,
        Self::TicketBuy,
        Self::TicketSell,
        Self::Size1,
        Self::Size2,
        Self::Size3,
        Self::Size4,
        Self::Size5,
        Self::Palette,
        Self::NextMonth,
        Self::PreviousMonth,
        Self::NextProduct,
        Self::PreviousProduct,
        Self::Recentre,
        Self::Alerts,
        Self::BackToLive,
        Self::Reconnect,
        Self::TraderWorkspace,
        Self::CurveWorkspace,
        Self::SwitchTheme,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ZoomReset,
        Self::ResetLayout,
        Self::Help,
        Self::Quit,
    ];

    pub const fn row(self) -> Row {
        use Group::{Navigation, Trading, Window};
        let (name, help, group, shortcut) = match self {
            Self::ToggleArm => {
                ("Arm or disarm", "While armed a click sends; it disarms by itself", Trading, command_shift(Key::A))
            }
            Self::CancelAll => {
                ("Cancel all orders", "Every working order, all contracts", Trading, command_shift(Key::X))
            }
            Self::CancelSelected => {
                ("Cancel orders of the selected contract", "Both sides, link A", Trading, command(Key::Backspace))
            }
            Self::Flatten => {
                ("Flatten", "Closes every position with reduce-only market orders, once confirmed", Trading, None)
            }
            Self::ToggleBlock => {
                ("Block new orders", "New orders are refused; cancels pass", Trading, command_shift(Key::B))
            }
            Self::TicketBuy => ("Ticket to buy", "Side and best bid into the ticket", Trading, plain(Key::B)),
            Self::TicketSell => ("Ticket to sell", "Side and best ask into the ticket", Trading, plain(Key::S)),
            Self::Size1 => ("First size key", "Order size of the selected contract", Trading, plain(Key::Num1)),
            Self::Size2 => ("Second size key", "Order size of the selected contract", Trading, plain(Key::Num2)),
            Self::Size3 => ("Third size key", "Order size of the selected contract", Trading, plain(Key::Num3)),
            Self::Size4 => ("Fourth size key", "Order size of the selected contract", Trading, plain(Key::Num4)),
            Self::Size5 => ("Fifth size key", "Order size of the selected contract", Trading, plain(Key::Num5)),
            Self::Palette => {
                ("Order or command", "Type an order, a contract or a command", Navigation, command(Key::K))
            }
            Self::NextMonth => ("Next month", "Selects one delivery later", Navigation, plain(Key::ArrowDown)),
            Self::PreviousMonth => ("Previous month", "Selects one delivery earlier", Navigation, plain(Key::ArrowUp)),
            Self::NextProduct => ("Next product", "Same place on the next curve", Navigation, plain(Key::PageDown)),
            Self::PreviousProduct => {
                ("Previous product", "Same place on the curve before", Navigation, plain(Key::PageUp))
            }
            Self::Recentre => {
                ("Recentre ladders", "Brings the market back to the middle", Navigation, plain(Key::Space))
            }
            Self::BackToLive => {
                ("Back to live", "Leaves the past that the curve desk shows", Navigation, plain(Key::Escape))
            }
            Self::Alerts => ("Alerts", "Watched levels of any expression", Navigation, None),
            Self::Reconnect => ("Reconnect", "Dials both links again now", Navigation, None),
            Self::TraderWorkspace => ("Trader workspace", "Ladders, ticket and blotter", Window, command(Key::Num1)),
            Self::CurveWorkspace => ("Curve workspace", "Forward curve and spreads", Window, command(Key::Num2)),
            Self::SwitchTheme => ("Switch theme", "Dark, light and the rest in turn", Window, command_shift(Key::T)),
            Self::ZoomIn => ("Zoom in", "Larger text and rows", Window, command(Key::Plus)),
            Self::ZoomOut => ("Zoom out", "Smaller text and rows", Window, command(Key::Minus)),
            Self::ZoomReset => ("Zoom to 100 %", "The size the screen was drawn for", Window, command(Key::Num0)),
            Self::ResetLayout => ("Reset layout", "Every panel back to its first place", Window, command_shift(Key::L)),
            Self::Help => ("Keys and actions", "This list", Window, plain(Key::F1)),
            Self::Quit => ("Quit", "Closes the window; the venue cancels what it promised to", Window, command(Key::Q)),
        };
        Row { name, help, group, shortcut }
    }

    /// Which of the five size keys, counted from 0.
    pub const fn size_key(self) -> Option<usize> {
        match self {
            Self::Size1 => Some(0),
            Self::Size2 => Some(1),
            Self::Size3 => Some(2),
            Self::Size4 => Some(3),
            Self::Size5 => Some(4),
            _ => None,
        }
    }
}

/// As printed on keycaps: `Ctrl Shift A`.
pub fn shortcut_text(shortcut: &KeyboardShortcut) -> String {
    let mut words = Vec::with_capacity(4);
    let modifiers = shortcut.modifiers;
    if modifiers.command || modifiers.ctrl {
        words.push("Ctrl");
    }
    if modifiers.alt {
        words.push("Alt");
    }
    if modifiers.shift {
        words.push("Shift");
    }
    words.push(match shortcut.logical_key {
        Key::Escape => "Esc",
        Key::ArrowUp => "Up",
        Key::ArrowDown => "Down",
        Key::PageUp => "PgUp",
        Key::PageDown => "PgDn",
        Key::Plus => "Plus",
        Key::Minus => "Minus",
        key => key.name(),
    });
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_is_listed_once_and_no_key_twice() {
        let names: BTreeSet<&str> = Action::ALL.iter().map(|action| action.row().name).collect();
        assert_eq!(names.len(), Action::ALL.len(), "a name is used twice or a row is missing");
        let keys: Vec<String> =
            Action::ALL.iter().filter_map(|action| action.row().shortcut).map(|key| shortcut_text(&key)).collect();
        let distinct: BTreeSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len(), "two actions share a key: {keys:?}");
    }

    #[test]
    fn keys_that_send_or_cancel_need_a_modifier() {
        for action in
            [Action::ToggleArm, Action::CancelAll, Action::CancelSelected, Action::Flatten, Action::ToggleBlock]
        {
            if let Some(shortcut) = action.row().shortcut {
                assert!(shortcut.modifiers.any(), "{action:?} is one slip of a finger away");
            }
        }
    }

    #[test]
    fn prints_keycaps() {
        let text = |action: Action| action.row().shortcut.map(|key| shortcut_text(&key));
        assert_eq!(text(Action::ToggleArm).as_deref(), Some("Ctrl Shift A"));
        assert_eq!(text(Action::Recentre).as_deref(), Some("Space"));
        assert_eq!(text(Action::Flatten), None);
    }
}
