//! Key presses → actions. A focused text field swallows every key without a modifier, and any focused widget keeps the keys it
//! lives on (Space, Enter, arrows), so typing never trades and never scrolls the market.

use egui::{Context, KeyboardShortcut};

use super::actions::Action;

/// Takes the key presses that mean something now out of this frame's input.
pub fn pressed(ctx: &Context, has_meaning: impl Fn(Action) -> bool) -> Vec<Action> {
    let is_focused = ctx.memory(|memory| memory.focused().is_some());
    let meant = Action::ALL.into_iter().filter(|action| has_meaning(*action));
    let mut bindings: Vec<(KeyboardShortcut, Action)> =
        meant.filter_map(|action| Some((action.row().shortcut?, action))).collect();
    // A shortcut also matches with more modifiers held than it names: the more demanding are asked first.
    bindings.sort_by_key(|(shortcut, _)| std::cmp::Reverse(modifier_count(shortcut)));
    ctx.input_mut(|input| {
        bindings
            .into_iter()
            .filter(|(shortcut, _)| !is_focused || !is_typing_key(shortcut))
            .filter(|(shortcut, _)| input.consume_shortcut(shortcut))
            .map(|(_, action)| action)
            .collect()
    })
}

fn modifier_count(shortcut: &KeyboardShortcut) -> u32 {
    let modifiers = shortcut.modifiers;
    u32::from(modifiers.command || modifiers.ctrl) + u32::from(modifiers.shift) + u32::from(modifiers.alt)
}

/// Would mean something else to a focused widget: all keys without a modifier but the function keys, and word deletion.
fn is_typing_key(shortcut: &KeyboardShortcut) -> bool {
    use egui::Key::{Backspace, F1};
    (modifier_count(shortcut) == 0 && shortcut.logical_key != F1) || shortcut.logical_key == Backspace
}

#[cfg(test)]
mod tests {
    use egui::{Event, Key, Modifiers, RawInput};

    use super::*;

    fn press(key: Key, modifiers: Modifiers) -> RawInput {
        let event = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
        RawInput { events: vec![event], ..RawInput::default() }
    }

    /// Shows one text field, focused when asked, and returns what the keymap made of the last input.
    fn actions_of(input: RawInput, is_typing: bool) -> Vec<Action> {
        let ctx = Context::default();
        let mut got = Vec::new();
        let mut text = String::new();
        for raw in [RawInput::default(), RawInput::default(), input] {
            let mut output = ctx.run_ui(raw, |ui| {
                got = pressed(ui.ctx(), |_| true);
                let field = ui.text_edit_singleline(&mut text);
                if is_typing {
                    field.request_focus();
                }
            });
            output.textures_delta.clear();
        }
        got
    }

    #[test]
    fn a_key_is_one_action() {
        assert_eq!(actions_of(press(Key::Space, Modifiers::NONE), false), [Action::Recentre]);
        assert_eq!(actions_of(press(Key::Num3, Modifiers::NONE), false), [Action::Size3]);
        assert_eq!(actions_of(press(Key::K, Modifiers::COMMAND), false), [Action::Palette]);
        assert_eq!(actions_of(press(Key::A, Modifiers::COMMAND | Modifiers::SHIFT), false), [Action::ToggleArm]);
        assert_eq!(actions_of(press(Key::B, Modifiers::COMMAND | Modifiers::SHIFT), false), [Action::ToggleBlock]);
    }

    #[test]
    fn typing_is_not_commanding() {
        for key in [Key::Space, Key::Num3, Key::B, Key::S, Key::ArrowDown] {
            assert_eq!(actions_of(press(key, Modifiers::NONE), true), [], "{key:?}");
        }
        assert_eq!(actions_of(press(Key::Backspace, Modifiers::COMMAND), true), []);
        assert_eq!(actions_of(press(Key::K, Modifiers::COMMAND), true), [Action::Palette], "the way out of a field");
    }
}
