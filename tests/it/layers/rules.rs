//! The rules that every file of `src` is held to. Who may import whom is read from the map in `lib.rs`; the rest is here.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, Target};

const MOST_LINES: usize = 800;
const MOST_LINES_OF_MAIN: usize = 60;

/// Rooms without clock, randomness of the system, files, sockets, threads and hash maps.
const PURE: [&str; 12] =
    ["base", "domain", "curves", "history", "view", "market", "orders", "alerts", "core", "venues", "exchange", "spot"];
/// Paths that a pure room must not name.
const IMPURE: [&[&str]; 16] = [
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["std", "time", "*"],
    &["std", "collections", "HashMap"],
    &["std", "collections", "HashSet"],
    &["std", "collections", "hash_map"],
    &["std", "collections", "hash_set"],
    &["SystemTime", "now"],
    &["Timestamp", "now"],
    &["Zoned", "now"],
    &["thread", "spawn"],
];
/// What a file that says of itself that it exists in tests only may name all the same: players of scripts read them.
const TEST_ONLY: &str = "#![cfg(test)]";
const ALLOWED_IN_TESTS: [&[&str]; 2] = [&["std", "env"], &["std", "fs"]];
/// Crates and the rooms that may name them.
const CRATES: [(&str, &[&str]); 10] = [
    ("egui", &["ui", "app"]),
    ("egui_plot", &["ui", "app"]),
    ("egui_tiles", &["ui", "app"]),
    ("eframe", &["ui", "app"]),
    ("tokio", &["shell", "app"]),
    ("tokio_tungstenite", &["shell", "app"]),
    ("hyper", &["shell", "app"]),
    ("tokio_rustls", &["shell"]),
    ("redb", &["shell"]),
    ("anyhow", &["shell", "app", "main"]),
];

/// The constructor of `Approved`, and the two files that may name it: where it is defined and where it is used.
const GATE_WORD: &str = "by_risk_gate";
const GATE_FILES: [&str; 2] = ["domain/order.rs", "orders/gate.rs"];

/// What each room may import, as path patterns: `["domain"]`, `["venues", "*", "wire"]`.
#[derive(Debug)]
pub struct Map(BTreeMap<String, Vec<Vec<String>>>);

impl Map {
    /// Reads the table in the docs of `lib.rs`.
    pub fn read(lib: &str) -> Self {
        let rows = lib.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("//! | [`")?.split('|').map(str::trim);
            Some((cells.next()?.trim_end_matches("`]").to_owned(), cells.nth(1)?))
        });
        let rows: Vec<(String, &str)> = rows.collect();
        let rooms: Vec<&str> = rows.iter().map(|(room, _)| room.as_str()).collect();
        let map = rows.iter().enumerate().map(|(at, (room, cell))| {
            let allowed = match *cell {
                "nothing of the crate" => Vec::new(),
                "everything" => rooms.clone(),
                cell => match cell.strip_prefix("all of the above") {
                    Some(except) => {
                        let except: Vec<_> = except.split([' ', ',']).collect();
                        rooms[..at].iter().copied().filter(|room| !except.contains(room)).collect()
                    }
                    None => cell.split(", ").collect(),
                },
            };
            let pattern = |path: &str| path.trim_matches('`').split("::").map(str::to_owned).collect();
            (room.clone(), allowed.into_iter().map(pattern).collect())
        });
        Self(map.collect())
    }

    pub fn rooms(&self) -> BTreeSet<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub fn allows(&self, room: &str, path: &[String]) -> bool {
        let covers = |pattern: &Vec<String>| {
            path.len() >= pattern.len() && pattern.iter().zip(path).all(|(want, got)| want == "*" || want == got)
        };
        path.first().is_none_or(|first| first == room)
            || matches!(room, "lib" | "main")
            || self.0.get(room).is_some_and(|patterns| patterns.iter().any(covers))
    }
}

/// Everything that is wrong with one file, one sentence each.
pub fn violations(map: &Map, source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    let room = source.room();
    let file = &source.file;
    if !source.text.starts_with("//!") {
        wrong.push(format!("{file}: does not open with //!"));
    }
    let lines = source.text.lines().count();
    let most = if file == "main.rs" { MOST_LINES_OF_MAIN } else { MOST_LINES };
    if lines > most {
        wrong.push(format!("{file}: {lines} lines, {most} at the most"));
    }
    for reference in &source.references {
        let at = format!("{file}:{}", reference.line);
        match &reference.target {
            Target::Crate(path) if !map.allows(room, path) => {
                wrong.push(format!("{at}: {room} must not import {}", path.join("::")));
            }
            Target::Crate(_) => {}
            Target::Other(path) => {
                let is_excused = source.text.lines().any(|line| line == TEST_ONLY)
                    && ALLOWED_IN_TESTS.iter().any(|allowed| starts_with(path, allowed));
                let is_impure = path == &["std", "time"] || IMPURE.iter().any(|i| starts_with(path, i));
                if PURE.contains(&room) && is_impure && !is_excused {
                    wrong.push(format!("{at}: {room} is pure and must not name {}", path.join("::")));
                }
                let foreign = CRATES.iter().find(|(name, rooms)| path[0] == *name && !rooms.contains(&room));
                if let Some((name, _)) = foreign {
                    wrong.push(format!("{at}: {room} must not name {name}"));
                }
            }
        }
    }
    let is_gate = GATE_FILES.contains(&file.as_str());
    let gate_words = source.words.iter().filter(|(_, word)| word == GATE_WORD && !is_gate);
    wrong.extend(gate_words.map(|(line, _)| format!("{file}:{line}: only the risk gate may name {GATE_WORD}")));
    wrong
}

fn starts_with(path: &[String], prefix: &[&str]) -> bool {
    path.len() >= prefix.len() && path.iter().zip(prefix).all(|(a, b)| a == b)
}

/// Circles between modules with the same parent, each with the references that close it. A parent and its children are one thing.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let modules: BTreeSet<&[String]> = sources.iter().map(|s| s.module.as_slice()).collect();
    let mut arrows: BTreeMap<&[String], BTreeMap<&[String], String>> = BTreeMap::new();
    for source in sources {
        for reference in &source.references {
            let Target::Crate(path) = &reference.target else { continue };
            let shared = source.module.iter().zip(path).take_while(|(a, b)| a == b).count();
            let (Some(from), Some(to)) = (source.module.get(..=shared), path.get(..=shared)) else { continue };
            if let Some(&to) = modules.get(to) {
                let place = || format!("{}:{} → {}", source.file, reference.line, path.join("::"));
                arrows.entry(from).or_default().entry(to).or_insert_with(place);
            }
        }
    }
    let mut walk = Walk { arrows: &arrows, trail: Vec::new(), done: BTreeSet::new(), circles: Vec::new() };
    for &module in arrows.keys() {
        walk.visit(module);
    }
    walk.circles
}

/// Depth-first search that reports every arrow back into its own trail.
struct Walk<'a> {
    arrows: &'a BTreeMap<&'a [String], BTreeMap<&'a [String], String>>,
    trail: Vec<(&'a [String], &'a str)>,
    done: BTreeSet<&'a [String]>,
    circles: Vec<String>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, module: &'a [String]) {
        let Some(out) = self.arrows.get(module).filter(|_| self.done.insert(module)) else { return };
        for (&to, place) in out {
            self.trail.push((module, place));
            match self.trail.iter().position(|(seen, _)| *seen == to) {
                Some(at) => {
                    let steps: Vec<_> = self.trail[at..].iter().map(|(_, place)| *place).collect();
                    self.circles.push(format!("circle: {}", steps.join(", ")));
                }
                None => self.visit(to),
            }
            self.trail.pop();
        }
    }
}
