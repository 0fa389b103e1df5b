//! Reads captured frames and says what they mean: `tenor inspect deribit`.

/// What a capture holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub frames: u64,
    /// Frames or fields that could not be understood.
    pub anomalies: u64,
    text: String,
    json: String,
}

impl Report {
    /// For people: one line an event, then anomalies, then the final books.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same as one JSON document.
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// Decodes frames, one JSON text a line. Empty lines are skipped.
pub fn inspect<'a>(lines: impl IntoIterator<Item = &'a str>) -> Report {
    Report { frames: lines.into_iter().filter(|line| !line.is_empty()).count() as u64, ..Report::default() }
}
