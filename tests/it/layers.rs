//! The map in `src/lib.rs` is true: every file keeps to it, and each rule is shown to catch a file that does not.

mod rules;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rules::{Map, circles, violations};
use source::Source;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn src() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
}

fn map() -> Map {
    Map::read(&read(&src().join("lib.rs")))
}

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let file = path.strip_prefix(src()).unwrap().to_string_lossy().replace('\\', "/");
            sources.push(Source::new(&file, &read(&path)));
        }
    }
}

fn house() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(src(), &mut sources);
    sources.sort_by(|a, b| a.file.cmp(&b.file));
    sources
}

#[test]
fn every_file_keeps_to_the_map() {
    let (map, house) = (map(), house());
    assert!(house.len() > 30, "only {} files found", house.len());
    assert!(house.iter().map(|s| s.references.len()).sum::<usize>() > 500, "the paths are not being read");
    let wrong: Vec<_> = house.iter().flat_map(|source| violations(&map, source)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_goes_in_circles() {
    let circles = circles(&house());
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn every_room_is_on_the_map() {
    let lib = read(&src().join("lib.rs"));
    let rooms: BTreeSet<_> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(map().rooms(), rooms);
}

#[test]
fn the_map_says_what_the_architecture_means() {
    let (map, path) = (map(), |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>());
    for (room, target, allowed) in [
        ("base", "domain", false),
        ("domain", "base", true),
        ("domain", "view", false),
        ("curves", "domain", true),
        ("curves", "view", false),
        ("market", "curves", true),
        ("market", "orders", false),
        ("market", "view", true),
        ("venues", "core", false),
        ("core", "orders", true),
        ("core", "venues::Session", false),
        ("core", "settings", false),
        ("exchange", "venues::deribit::wire::market", true),
        ("exchange", "venues::deribit::market_session", false),
        ("exchange", "venues::deribit", false),
        ("exchange", "view", false),
        ("ui", "shell", false),
        ("ui", "venues", false),
        ("spot", "domain", true),
        ("spot", "view", false),
        ("shell", "exchange", true),
        ("shell", "spot", true),
        ("shell", "ui", false),
        ("app", "ui", true),
    ] {
        assert_eq!(map.allows(room, &path(target)), allowed, "{room} → {target}");
    }
}

/// A file as it might be written, and the part of the complaint that must come.
const CAUGHT: [(&str, &str, &str); 26] = [
    (
        "market/a.rs",
        "//! A.\nuse crate::orders::gate::Gate;",
        "market/a.rs:2: market must not import orders::gate::Gate",
    ),
    ("market/a.rs", "//! A.\nfn f() { crate::orders::f(); }", "must not import orders::f"),
    ("market/a.rs", "//! A.\nuse super::super::orders;", "must not import orders"),
    ("market/a/mod.rs", "//! A.\nuse super::super::orders;", "must not import orders"),
    ("curves/a.rs", "//! A.\nuse crate::market::X;", "curves must not import market::X"),
    ("curves/a.rs", "//! A.\nuse std::collections::HashMap;", "curves is pure"),
    ("domain/a.rs", "//! A.\nuse crate::{base::rng, view::View};", "domain must not import view::View"),
    (
        "core/mod.rs",
        "//! A.\n#[cfg(test)]\nmod tests { use crate::venues::Session; }",
        "core must not import venues::Session",
    ),
    (
        "exchange/a.rs",
        "//! A.\nuse crate::venues::deribit::market_session::Market;",
        "must not import venues::deribit::market",
    ),
    ("exchange/a.rs", "//! A.\nuse crate::venues::{deribit::wire, parts};", "must not import venues::parts"),
    ("ui/panels/a.rs", "//! A.\ntype T<'a> = &'a crate::core::Core;", "ui must not import core::Core"),
    ("venues/a.rs", "//! A.\nuse crate::nowhere::X;", "venues must not import nowhere::X"),
    ("core/a.rs", "//! A.\nuse std::time::{Duration, Instant};", "core is pure and must not name std::time::Instant"),
    ("core/a.rs", "//! A.\nuse std::time;", "must not name std::time"),
    ("market/a.rs", "//! A.\nuse std::collections::HashMap;", "must not name std::collections::HashMap"),
    ("orders/a.rs", "//! A.\nfn f() { std::fs::read(\"x\"); }", "must not name std::fs::read"),
    ("venues/a.rs", "//! A.\nfn f() { std::thread::sleep(d); }", "must not name std::thread::sleep"),
    ("base/a.rs", "//! A.\nfn f() { jiff(Timestamp::now()); }", "must not name Timestamp::now"),
    ("venues/a.rs", "//! A.\n#![cfg(test)]\nuse std::thread;", "must not name std::thread"),
    ("venues/a.rs", "//! A.\nuse tokio::sync::mpsc;", "venues must not name tokio"),
    ("shell/a.rs", "//! A.\nuse egui::Context;", "shell must not name egui"),
    ("ui/a.rs", "//! A.\nuse tokio::spawn;", "ui must not name tokio"),
    ("core/a.rs", "//! A.\nuse anyhow::Result;", "core must not name anyhow"),
    ("orders/mod.rs", "//! A.\nfn f() { Approved::by_risk_gate(1); }", "orders/mod.rs:2: only the risk gate may name"),
    ("core/a.rs", "//! A.\n#[cfg(test)] mod tests { fn f() { by_risk_gate(1); } }", "only the risk gate may name"),
    ("base/a.rs", "use std::fmt;", "does not open with //!"),
];

#[test]
fn fabricated_violations_are_caught() {
    let map = map();
    for (file, text, complaint) in CAUGHT {
        let wrong = violations(&map, &Source::new(file, text));
        assert!(wrong.len() == 1 && wrong[0].contains(complaint), "{file}: {text}\nwant {complaint}\ngot  {wrong:?}");
    }
    let long = "//! A.\n".repeat(801);
    assert_eq!(violations(&map, &Source::new("main.rs", &long[..7 * 61])), ["main.rs: 61 lines, 60 at the most"]);
    assert_eq!(violations(&map, &Source::new("ui/a.rs", &long)), ["ui/a.rs: 801 lines, 800 at the most"]);
}

#[test]
fn what_is_allowed_is_let_through() {
    let text = r###"//! See [`crate::app`]; egui and tokio are far from here.
        /* use crate::shell; /* std::fs */ HashMap */
        use crate::base::time::{self, Instant, Utc as Time};
        use crate::domain::number::*;
        use crate::venues::deribit::wire::{self as shapes, market};
        use crate::exchange::{calendar, engine::Engine};
        use std::{fmt, time::Duration};
        const TEXT: &str = "use crate::shell; \" std::fs::read";
        const RAW: &str = r#"crate::ui "quoted" by_risk_gate"#;
        const QUOTE: char = '"'; const TICK: char = '\''; const LETTER: u8 = b'"';
        fn f<'a>(x: &'a Instant) -> impl Fn() + use<'a> { move || Instant::from(x) }
        pub(crate) fn g() { super::calendar::h(); self::inner::i(); inner::i() }
        mod inner { use super::super::calendar::Day; pub(super) fn i() { super::g() } }
    "###;
    let source = Source::new("exchange/agents.rs", text);
    assert_eq!(violations(&map(), &source), Vec::<String>::new());
    assert!(source.references.len() >= 12, "{:?}", source.references);
}

#[test]
fn fabricated_circles_are_caught() {
    let file = |file: &str, text: &str| Source::new(file, text);
    let straight = [
        file("orders/mod.rs", "mod gate; mod book; use gate::Gate;"),
        file("orders/gate.rs", "use super::book::Book; use super::Shared;"),
        file("orders/book.rs", "use crate::domain::number::Qty;"),
        file("domain/number.rs", "use super::number::X;"),
    ];
    assert_eq!(circles(&straight), Vec::<String>::new());
    let mut closed = straight.to_vec();
    closed.push(file("orders/book/levels.rs", "fn f() { crate::orders::gate::g() }"));
    let found = circles(&closed);
    assert!(found.len() == 1 && found[0].contains("orders/book/levels.rs:1 → orders::gate::g"), "{found:?}");
    let rooms = [
        file("market/a.rs", "use crate::orders;"),
        file("orders/mod.rs", ""),
        file("orders/b.rs", "use crate::market::a;"),
        file("market/mod.rs", ""),
    ];
    assert_eq!(circles(&rooms).len(), 1);
}
