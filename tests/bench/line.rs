//! One result, one JSON line on standard output: `{"name":…,"value":…,"unit":…,"baseline":…,"ratio":…}`. What has no baseline says
//! `null` twice.

use std::io::{self, Write as _};

use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Line<'a> {
    pub name: &'a str,
    pub value: f64,
    pub unit: &'a str,
    pub baseline: Option<f64>,
    /// Value over baseline.
    pub ratio: Option<f64>,
}

impl Line<'_> {
    pub fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, self)?;
        writeln!(out)
    }
}
