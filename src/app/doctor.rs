//! `tenor doctor`: what this machine offers, one fact a line, with what to do where something is missing.

use std::path::Path;
use std::time::Duration;

use super::say;
use crate::shell::clock::Clock;
use crate::shell::directories::Directories;
use crate::shell::machine;

pub fn run(data_dir: Option<&Path>) -> anyhow::Result<()> {
    say(&format!("tenor {}", env!("CARGO_PKG_VERSION")));
    say(&format!("system      {} {}", std::env::consts::OS, std::env::consts::ARCH));
    say(&format!("display     {}", display()));
    say("renderer    OpenGL 2.1 or newer in the window; pictures need none");
    say("fonts       IBM Plex Sans, JetBrains Mono and Phosphor, built in");
    let directories = Directories::find(data_dir);
    for (name, path) in
        [("config", directories.config_file()), ("data", directories.data.clone()), ("log", directories.state.clone())]
    {
        say(&format!("{name:<11} {}{}", path.display(), writable(&path)));
    }
    say(&format!("clock       {}", clock()));
    if let Some(bytes) = machine::resident_bytes() {
        say(&format!("memory      {} MiB resident", bytes >> 20));
    }
    Ok(())
}

fn display() -> String {
    let variables: Vec<String> = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .filter_map(|name| Some(format!("{name}={}", std::env::var(name).ok().filter(|v| !v.is_empty())?)))
        .collect();
    match (machine::has_display(), variables.is_empty()) {
        (true, true) => "the system's own".to_owned(),
        (true, false) => variables.join(", "),
        (false, _) => {
            "none: tenor will draw one picture off screen; set DISPLAY or WAYLAND_DISPLAY for a window".to_owned()
        }
    }
}

/// Whether the nearest existing folder above `path` takes files; says nothing when it does.
fn writable(path: &Path) -> &'static str {
    let Some(folder) = path.ancestors().find(|p| p.is_dir()) else { return "  (no such folder can be made)" };
    match tempfile::tempfile_in(folder) {
        Ok(_) => "",
        Err(_) => "  (not writable: settings will not be kept; use --data-dir)",
    }
}

fn clock() -> String {
    let clock = Clock::start();
    let (first, mut second) = (clock.now(), clock.now());
    while second.mono == first.mono {
        second = clock.now();
    }
    let step = second.mono.since(first.mono).min(Duration::from_secs(1));
    format!("{}, steps of {} ns", second.utc, step.as_nanos())
}
