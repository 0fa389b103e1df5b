//! What real venues sent: every message of the shared recordings decodes. The recordings are not part of the project; without them
//! this says so and checks nothing but that.

use std::path::{Path, PathBuf};

use tenor::venues::deribit::inspect::{Report, inspect};

/// Examples made up with more digits than any price has end so; refusing those numbers is the only fault allowed.
const TOO_PRECISE: &str = "_exact";

/// `TENOR_FIXTURES`, or the folder beside the project.
fn recordings() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/fixtures"));
    let folder = std::env::var_os("TENOR_FIXTURES").map(PathBuf::from).or_else(beside)?.join("deribit");
    if !folder.is_dir() {
        println!("no recordings at {}: set TENOR_FIXTURES", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn recorded_messages_decode_without_anomaly() {
    let Some(folder) = recordings() else { return };
    let text = std::fs::read_to_string(folder.join("recorded_messages.jsonl")).unwrap();
    let report = inspect(text.lines());
    assert_eq!(report.frames, text.lines().filter(|line| !line.trim().is_empty()).count() as u64);
    assert_eq!(report.anomalies, []);
    assert!(report.events.len() >= 15 && report.books.len() == 3, "{}", report.text());
}

#[test]
fn example_files_decode_without_anomaly() {
    let Some(folder) = recordings() else { return };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40);
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap().replace('\n', " ");
        let report: Report = inspect([text.as_str()]);
        if name.ends_with(TOO_PRECISE) {
            assert!(report.anomalies.iter().all(|a| a.text.starts_with("anomaly BadNumber")), "{}", report.text());
        } else {
            assert_eq!(report.anomalies, [], "{name}");
        }
        let is_noticed = !report.events.is_empty() || report.unused > 0 || !report.anomalies.is_empty();
        assert!(is_noticed, "{name} went by unnoticed");
    }
}
