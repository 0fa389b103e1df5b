//! How well a name answers what was typed: letters in order, better at word starts and in runs.

/// `None` when the letters of `typed` do not occur in `name` in this order; otherwise higher is better.
pub fn score(typed: &str, name: &str) -> Option<i32> {
    let mut total = 0;
    let mut previous_hit = None;
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let mut at = 0;
    for wanted in typed.to_lowercase().chars().filter(|c| c.is_alphanumeric()) {
        let hit = at + name.get(at..)?.iter().position(|&c| c == wanted)?;
        let starts_word = hit == 0 || !name[hit - 1].is_alphanumeric();
        let continues = previous_hit.is_some_and(|before: usize| before + 1 == hit);
        total += 1 + 4 * i32::from(starts_word) + 3 * i32::from(continues);
        previous_hit = Some(hit);
        at = hit + 1;
    }
    Some(total * 16 - i32::try_from(name.len()).unwrap_or(i32::MAX / 32))
}
