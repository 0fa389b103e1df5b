//! What this machine offers, and what we take of it.

/// Resident memory of this process in bytes, when the system tells. On Linux this is `statm`: walking the map of every page costs as
/// much as a frame.
pub fn resident_bytes() -> Option<u64> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
}

/// Whether a window can be opened at all. Only the Unix desktops can lack one.
pub fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(all(unix, not(target_os = "macos")))) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
