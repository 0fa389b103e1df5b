//! A panel's rows for a spreadsheet: the one source of its copy and of its exported file. Numbers are written as machines read them,
//! with `-` and without commas; what is not known is empty.

use std::fmt::Write as _;

use crate::domain::number::Price;

/// A head and rows of as many cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self { head: head.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    pub fn push<const N: usize>(&mut self, row: [String; N]) {
        self.rows.push(row.into());
    }

    /// Of a copy that is text already.
    pub fn of_tab_separated(text: &str) -> Self {
        let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned).collect());
        Self { head: lines.next().unwrap_or_default(), rows: lines.collect() }
    }

    fn lines(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.head).chain(&self.rows)
    }

    /// For the clipboard. A tab or line end within a cell becomes a space: spreadsheets know no quotes there.
    pub fn tab_separated(&self) -> String {
        let mut text = String::new();
        for line in self.lines() {
            let cells: Vec<String> = line.iter().map(|cell| cell.replace(['\t', '\n', '\r'], " ")).collect();
            let _ = writeln!(text, "{}", cells.join("\t"));
        }
        text
    }

    /// For a file, as RFC 4180 has it.
    pub fn comma_separated(&self) -> String {
        let mut text = String::new();
        for line in self.lines() {
            let cells: Vec<String> = line.iter().map(|cell| quoted(cell)).collect();
            let _ = write!(text, "{}\r\n", cells.join(","));
        }
        text
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// A price, or nothing.
pub fn price(price: Option<Price>) -> String {
    price.map(|price| price.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_to_their_columns() {
        let mut sheet = Sheet::new(["provider", "note"]);
        sheet.push(["Prime, \"Intellect\"".to_owned(), "two\nlines\tand a tab".to_owned()]);
        sheet.push([price(Price::parse("-2.5").ok()), price(None)]);
        let text = sheet.tab_separated();
        assert_eq!(Sheet::of_tab_separated(&text).tab_separated(), text);
        assert_eq!(text, "provider\tnote\nPrime, \"Intellect\"\ttwo lines and a tab\n-2.5\t\n");
        assert_eq!(
            sheet.comma_separated(),
            "provider,note\r\n\"Prime, \"\"Intellect\"\"\",\"two\nlines\tand a tab\"\r\n-2.5,\r\n"
        );
    }
}
