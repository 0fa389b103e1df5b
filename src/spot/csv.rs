//! Comma-separated text, as people and programs really write it: any line end, quotes doubled inside quotes, line ends inside
//! quotes, a byte order mark, columns in any order.

use super::SpotError;

/// One row and the line it starts on, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub line: usize,
    pub fields: Vec<String>,
}

/// All rows that are not blank.
pub fn records(text: &str) -> Vec<Record> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::default();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if reader.is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                reader.field.push('"');
            }
            '"' if reader.is_quoted => reader.is_quoted = false,
            '"' if reader.field.is_empty() => reader.is_quoted = true,
            '\n' | '\r' if reader.is_quoted => reader.keep_line_end(char, chars.peek() == Some(&'\n')),
            ',' if !reader.is_quoted => reader.end_field(),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => reader.end_row(),
            _ => reader.field.push(char),
        }
    }
    reader.end_row();
    reader.records
}

struct Reader {
    records: Vec<Record>,
    fields: Vec<String>,
    field: String,
    is_quoted: bool,
    line: usize,
    first_line: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self { records: Vec::new(), fields: Vec::new(), field: String::new(), is_quoted: false, line: 1, first_line: 1 }
    }
}

impl Reader {
    fn keep_line_end(&mut self, char: char, is_pair: bool) {
        self.field.push(char);
        self.line += usize::from(char == '\n' || !is_pair);
    }

    fn end_field(&mut self) {
        self.fields.push(std::mem::take(&mut self.field));
    }

    fn end_row(&mut self) {
        self.end_field();
        let fields = std::mem::take(&mut self.fields);
        if fields.iter().any(|field| !field.trim().is_empty()) {
            self.records.push(Record { line: self.first_line, fields });
        }
        self.line += 1;
        self.first_line = self.line;
    }
}

/// A header and the rows below it. Columns are found by name, whatever their case and order; others are ignored.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<String>,
    pub rows: Vec<Record>,
}

/// A column of a [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(usize);

impl Table {
    /// # Errors
    /// [`SpotError::Empty`] without a header.
    pub fn read(text: &str) -> Result<Self, SpotError> {
        let mut rows = records(text);
        if rows.is_empty() {
            return Err(SpotError::Empty);
        }
        let header = rows.remove(0).fields.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        Ok(Self { header, rows })
    }

    pub fn column(&self, name: &str) -> Option<Column> {
        self.header.iter().position(|column| column.eq_ignore_ascii_case(name)).map(Column)
    }

    /// # Errors
    /// [`SpotError::Header`] naming what is missing and what is there.
    pub fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[Column; N], SpotError> {
        let missing: Vec<&str> = names.into_iter().filter(|name| self.column(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(SpotError::Header { missing: missing.join(", "), found: self.header.join(", ") });
        }
        Ok(names.map(|name| self.column(name).unwrap_or(Column(0))))
    }

    /// Whether `row` has the header's fields; empty ones past the last column do no harm.
    pub fn fits(&self, row: &Record) -> bool {
        row.fields.len() >= self.header.len() && row.fields.iter().skip(self.header.len()).all(|f| f.trim().is_empty())
    }
}

impl Record {
    pub fn get(&self, column: Column) -> &str {
        self.fields.get(column.0).map_or("", |field| field.trim())
    }

    /// The text of an optional column, if it says anything.
    pub fn find(&self, column: Option<Column>) -> Option<&str> {
        column.map(|column| self.get(column)).filter(|text| !text.is_empty())
    }
}

/// `fields` as one line without its end, quoted where needed.
pub fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = fields.into_iter().map(|field| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.to_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(text: &str) -> Vec<(usize, Vec<String>)> {
        records(text).into_iter().map(|record| (record.line, record.fields)).collect()
    }

    fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
        (line, fields.iter().map(|&field| field.to_owned()).collect())
    }

    #[test]
    fn takes_any_line_end_and_quotes() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["\u{feff}a,b", "1,\"x, \"\"y\"\"\"", "", "2,\"p", "q\"", "é,"].join(end);
            let inner = format!("p{end}q");
            let want = [row(1, &["a", "b"]), row(2, &["1", "x, \"y\""]), row(4, &["2", &inner]), row(6, &["é", ""])];
            assert_eq!(fields(&text), want, "{end:?}");
        }
        assert_eq!(fields("a,5\" pipe\n"), [row(1, &["a", "5\" pipe"])]);
    }

    #[test]
    fn finds_columns_by_name() {
        let table = Table::read(" Price ,Region\n2, FR \n3\n4,x,,\n5,x,y").unwrap();
        let [region, price] = table.columns(["region", "PRICE"]).unwrap();
        assert_eq!((table.rows[0].get(price), table.rows[0].get(region)), ("2", "FR"));
        assert_eq!(table.rows.iter().map(|r| table.fits(r)).collect::<Vec<_>>(), [true, false, true, false]);
        assert_eq!(
            table.columns(["gpu", "price", "mode"]),
            Err(SpotError::Header { missing: "gpu, mode".to_owned(), found: "price, region".to_owned() })
        );
        assert_eq!(Table::read(" \n\n").unwrap_err(), SpotError::Empty);
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(rows in proptest::collection::vec(proptest::collection::vec("[a,\"\r\n é]{0,6}", 2..4), 1..5)) {
            let rows: Vec<_> = rows.into_iter().filter(|row| row.iter().any(|field| !field.trim().is_empty())).collect();
            let text: String = rows.iter().map(|row| line(row.iter().map(String::as_str)) + "\r\n").collect();
            let read: Vec<_> = records(&text).into_iter().map(|record| record.fields).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
