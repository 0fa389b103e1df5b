//! The file of the past: one embedded database ([redb]) with a table each for our own marks, settlements and fixings, every row under
//! its market's number, its name and its instant. Transactions are all or nothing and on the disk when they are over.
//!
//! Bounds are those of [`bounds`]: they hold in the file as they do in memory, enforced when a market is opened and, for marks, every
//! hour. Of a venue that opens anew each time only the newest run is kept; of venues, the [`MARKETS_MOST`] opened last. Room that became
//! free is given back when a market is opened.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use redb::{
    Builder, ConcurrencyMode, Database, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction,
};

use crate::base::time::Utc;
use crate::domain::contract::{Contract, Month, Product};
use crate::domain::event::Fixing;
use crate::domain::number::Price;
use crate::domain::past::{Settlement, SettlementKind, Settlements};
use crate::history::{CurveMark, History, Keep, Market, Origin, bounds, thinned};

/// Of the rows' meaning; what redb itself changes it tells by itself.
const FORMAT_NOW: u64 = 1;
const FORMAT: TableDefinition<'_, &str, u64> = TableDefinition::new("format");
/// Environment and venue → number, run, when last opened.
const MARKETS: TableDefinition<'_, (&str, &str), (u32, &str, i64)> = TableDefinition::new("markets");
/// Market, product, instant → months as [`months`] packs them.
const MARKS: TableDefinition<'_, Key<'_>, &[u8]> = TableDefinition::new("marks");
/// Market, contract as the screen names it, instant → kind, price in 10⁻⁹, origin.
const SETTLEMENTS: TableDefinition<'_, Key<'_>, (u8, i64, u8)> = TableDefinition::new("settlements");
/// Market, index, instant → price in 10⁻⁹.
const FIXINGS: TableDefinition<'_, Key<'_>, i64> = TableDefinition::new("fixings");

type Key<'a> = (u32, &'a str, i64);

pub const MARKETS_MOST: usize = 8;
const CACHE_BYTES: usize = 4 << 20;
/// So many rows gone are worth the work of giving their room back.
const WORTH_COMPACTING: usize = 4_096;
const HOUR_NS: i64 = 3_600_000_000_000;
/// A month in a packed mark: year, month, price.
const PACKED: usize = 11;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("there is no file")]
    Missing,
    #[error("it is no file of ours or damaged ({0})")]
    Broken(String),
    #[error("it was written by a newer version of this program (format {0})")]
    Newer(u64),
    #[error("{0}")]
    Io(io::Error),
    #[error("{0}")]
    Failed(String),
}

macro_rules! from_redb {
    ($($error:ty),*) => {
        $(impl From<$error> for FileError {
            fn from(error: $error) -> Self {
                Self::of(error.into())
            }
        })*
    };
}

from_redb!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError,
    redb::CompactionError
);

impl FileError {
    fn of(error: redb::Error) -> Self {
        use redb::Error;
        match error {
            Error::Io(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => Self::Broken(error.to_string()),
            Error::Io(error) => Self::Io(error),
            Error::Corrupted(_)
            | Error::UpgradeRequired(_)
            | Error::TableTypeMismatch { .. }
            | Error::TypeDefinitionChanged { .. }
            | Error::TableIsMultimap(_)
            | Error::TableDoesNotExist(_) => Self::Broken(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Open for writing. Readers may have it open beside us.
#[derive(Debug)]
pub struct File {
    db: Database,
    market: u32,
    /// The hour in which marks were last thinned out.
    thinned: Option<i64>,
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
}

/// What a file holds of a market, without touching it.
///
/// # Errors
/// [`FileError`]; [`FileError::Missing`] when nothing was ever kept.
pub fn read(path: &Path, market: &Market) -> Result<History, FileError> {
    let db = builder().open_read_only(path)?;
    check_format(db.begin_read()?.open_table(FORMAT)?.get("format")?.map(|format| format.value()))?;
    let number = db.begin_read()?.open_table(MARKETS)?.get(market.key())?.and_then(|row| {
        let (number, run, _) = row.value();
        (*run == *market.run).then_some(number)
    });
    number.map_or_else(|| Ok(History::default()), |number| load(&db, number))
}

fn check_format(format: Option<u64>) -> Result<(), FileError> {
    match format {
        Some(format) if format > FORMAT_NOW => Err(FileError::Newer(format)),
        _ => Ok(()),
    }
}

impl Market {
    fn key(&self) -> (&str, &str) {
        (self.environment, &self.venue)
    }
}

impl File {
    /// Opens or makes it.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(path: &Path) -> Result<Self, FileError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(FileError::Io)?;
        }
        // Checked through and through: what something else has damaged must be found here, not in the middle of a run.
        Self::over(builder().set_check_integrity_on_open(true).create(path)?)
    }

    pub(super) fn over(db: Database) -> Result<Self, FileError> {
        let txn = db.begin_write()?;
        {
            let mut format = txn.open_table(FORMAT)?;
            let known = format.get("format")?.map(|format| format.value());
            check_format(known)?;
            if known.is_none() {
                format.insert("format", FORMAT_NOW)?;
            }
            txn.open_table(MARKETS)?;
            txn.open_table(MARKS)?;
            txn.open_table(SETTLEMENTS)?;
            txn.open_table(FIXINGS)?;
        }
        txn.commit()?;
        Ok(Self { db, market: 0, thinned: None })
    }

    /// Everything written from here on is of `market`. Returns what is kept of it, and drops what has aged or is of markets that are no
    /// more.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open_market(&mut self, market: &Market, now: Utc) -> Result<History, FileError> {
        let txn = self.db.begin_write()?;
        let mut gone = Vec::new();
        {
            let mut markets = txn.open_table(MARKETS)?;
            let mut known: Vec<(String, String, u32, i64)> = Vec::new();
            let mut number = None;
            for row in markets.iter()? {
                let (key, value) = row?;
                let ((environment, venue), (id, run, opened)) = (key.value(), value.value());
                if (environment, venue) != market.key() {
                    known.push((environment.to_owned(), venue.to_owned(), id, opened));
                } else if *run == *market.run {
                    number = Some(id);
                } else {
                    gone.push(id);
                }
            }
            let next = known.iter().map(|row| row.2).chain(gone.iter().copied()).max().map_or(0, |last| last + 1);
            self.market = number.unwrap_or(next);
            known.sort_by_key(|row| std::cmp::Reverse(row.3));
            for (environment, venue, id, _) in known.drain(..).skip(MARKETS_MOST - 1) {
                markets.remove((environment.as_str(), venue.as_str()))?;
                gone.push(id);
            }
            markets.insert(market.key(), (self.market, &*market.run, now.0))?;
        }
        let mut freed = 0;
        for id in gone {
            freed += drop_rows(&mut txn.open_table(MARKS)?, id)?;
            freed += drop_rows(&mut txn.open_table(SETTLEMENTS)?, id)?;
            freed += drop_rows(&mut txn.open_table(FIXINGS)?, id)?;
        }
        freed += thin_marks(&txn, self.market, now)?;
        freed += keep_newest(&mut txn.open_table(SETTLEMENTS)?, self.market, bounds::SETTLEMENTS)?;
        freed += keep_newest(&mut txn.open_table(FIXINGS)?, self.market, bounds::FIXINGS)?;
        txn.commit()?;
        if freed >= WORTH_COMPACTING
            && let Err(error) = self.db.compact()
        {
            tracing::warn!("the kept past was not compacted: {error}");
        }
        load(&self.db, self.market)
    }

    /// Writes rows; those that are kept as they are already cost nothing.
    ///
    /// # Errors
    /// [`FileError`]: nothing of it was written, and the file must be opened anew.
    pub fn write(&mut self, rows: &[Keep]) -> Result<(), FileError> {
        let Some(_) = rows.first() else { return Ok(()) };
        let txn = self.db.begin_write()?;
        {
            let mut marks = txn.open_table(MARKS)?;
            let mut settlements = txn.open_table(SETTLEMENTS)?;
            let mut fixings = txn.open_table(FIXINGS)?;
            for row in rows {
                match row {
                    Keep::Mark(product, mark) => {
                        let packed = months::pack(&mark.months);
                        marks.insert((self.market, product.as_str(), mark.utc.0), packed.as_slice())?;
                    }
                    Keep::Settlements(told, origin) => write_settlements(&mut settlements, self.market, told, *origin)?,
                    Keep::Fixings(told) => {
                        for Fixing { index_name, utc, price } in told {
                            fixings.insert((self.market, &**index_name, utc.0), price.0)?;
                        }
                    }
                    Keep::Open(..) => {}
                }
            }
        }
        let newest =
            rows.iter().filter_map(|row| if let Keep::Mark(_, mark) = row { Some(mark.utc) } else { None }).max();
        if let Some(newest) = newest.filter(|newest| self.thinned != Some(newest.0.div_euclid(HOUR_NS))) {
            thin_marks(&txn, self.market, newest)?;
            self.thinned = Some(newest.0.div_euclid(HOUR_NS));
        }
        txn.commit()?;
        Ok(())
    }
}

fn write_settlements(
    table: &mut Table<'_, Key<'static>, (u8, i64, u8)>,
    market: u32,
    told: &Settlements,
    origin: Origin,
) -> Result<(), FileError> {
    let name = told.contract.to_string();
    if Contract::parse_screen(&name).as_ref() != Some(&told.contract) {
        // A combination whose name cannot be read again: the venue tells of it at the next start.
        return Ok(());
    }
    for row in &told.rows {
        let value = (kind_code(row.kind), row.price.0, origin_code(origin));
        let key = (market, name.as_str(), row.utc.0);
        let is_known = table.get(key)?.is_some_and(|known| known.value() == value);
        if !is_known {
            table.insert(key, value)?;
        }
    }
    Ok(())
}

/// All rows of a market.
fn all_of(market: u32) -> std::ops::RangeInclusive<Key<'static>> {
    // No name is longer than this one is late.
    (market, "", i64::MIN)..=(market, "\u{10ffff}", i64::MAX)
}

fn drop_rows<V: redb::Value>(table: &mut Table<'_, Key<'static>, V>, market: u32) -> Result<usize, FileError> {
    let mut count = 0;
    table.retain_in(all_of(market), |_, _| {
        count += 1;
        false
    })?;
    Ok(count)
}

/// The rows of each name, oldest first.
fn instants<V: redb::Value>(
    table: &Table<'_, Key<'static>, V>,
    market: u32,
) -> Result<BTreeMap<String, Vec<Utc>>, FileError> {
    let mut by_name: BTreeMap<String, Vec<Utc>> = BTreeMap::new();
    for row in table.range(all_of(market))? {
        let (key, _) = row?;
        let (_, name, at) = key.value();
        match by_name.get_mut(name) {
            Some(known) => known.push(Utc(at)),
            None => drop(by_name.insert(name.to_owned(), vec![Utc(at)])),
        }
    }
    Ok(by_name)
}

fn remove_all<V: redb::Value>(
    table: &mut Table<'_, Key<'static>, V>,
    market: u32,
    gone: impl Iterator<Item = (String, Vec<Utc>)>,
) -> Result<usize, FileError> {
    let mut count = 0;
    for (name, rows) in gone {
        for at in rows {
            table.remove((market, name.as_str(), at.0))?;
            count += 1;
        }
    }
    Ok(count)
}

fn thin_marks(txn: &WriteTransaction, market: u32, now: Utc) -> Result<usize, FileError> {
    let mut marks = txn.open_table(MARKS)?;
    let gone = instants(&marks, market)?.into_iter().map(|(name, rows)| (name, thinned(&rows, now)));
    remove_all(&mut marks, market, gone)
}

fn keep_newest<V: redb::Value>(
    table: &mut Table<'_, Key<'static>, V>,
    market: u32,
    most: usize,
) -> Result<usize, FileError> {
    let gone = instants(table, market)?.into_iter().map(|(name, mut rows)| {
        rows.truncate(rows.len().saturating_sub(most));
        (name, rows)
    });
    remove_all(table, market, gone)
}

fn load(db: &impl ReadableDatabase, market: u32) -> Result<History, FileError> {
    let txn = db.begin_read()?;
    let mut history = History::default();
    for row in txn.open_table(MARKS)?.range(all_of(market))? {
        let (key, packed) = row?;
        let (_, name, at) = key.value();
        let product = Product::new(name).ok_or_else(|| FileError::Broken(format!("product {name:?}")))?;
        let months = months::unpack(packed.value()).ok_or_else(|| FileError::Broken("a mark".to_owned()))?;
        history.add_mark(&product, CurveMark { utc: Utc(at), months });
    }
    let mut told: BTreeMap<(String, Origin), Vec<Settlement>> = BTreeMap::new();
    for row in txn.open_table(SETTLEMENTS)?.range(all_of(market))? {
        let (key, value) = row?;
        let ((_, name, at), (kind, price, origin)) = (key.value(), value.value());
        let (kind, origin) = kind_of(kind).zip(origin_of(origin)).ok_or_else(|| FileError::Broken(name.to_owned()))?;
        told.entry((name.to_owned(), origin)).or_default().push(Settlement { utc: Utc(at), kind, price: Price(price) });
    }
    for ((name, origin), rows) in told {
        let contract = Contract::parse_screen(&name).ok_or_else(|| FileError::Broken(format!("contract {name:?}")))?;
        history.add_settlements(&Settlements { contract, rows }, origin);
    }
    let mut fixings = Vec::new();
    for row in txn.open_table(FIXINGS)?.range(all_of(market))? {
        let (key, price) = row?;
        let (_, name, at) = key.value();
        fixings.push(Fixing { index_name: name.into(), utc: Utc(at), price: Price(price.value()) });
    }
    history.add_fixings(&fixings);
    Ok(history)
}

const fn kind_code(kind: SettlementKind) -> u8 {
    match kind {
        SettlementKind::Daily => 0,
        SettlementKind::Delivery => 1,
    }
}

const fn kind_of(code: u8) -> Option<SettlementKind> {
    match code {
        0 => Some(SettlementKind::Daily),
        1 => Some(SettlementKind::Delivery),
        _ => None,
    }
}

const fn origin_code(origin: Origin) -> u8 {
    match origin {
        Origin::Venue => 0,
        Origin::Simulated => 1,
        Origin::Own => 2,
    }
}

const fn origin_of(code: u8) -> Option<Origin> {
    match code {
        0 => Some(Origin::Venue),
        1 => Some(Origin::Simulated),
        2 => Some(Origin::Own),
        _ => None,
    }
}

/// A mark's months in as many bytes as they need.
mod months {
    use super::{Month, PACKED, Price};

    pub fn pack(months: &[(Month, Price)]) -> Vec<u8> {
        let mut packed = Vec::with_capacity(months.len() * PACKED);
        for (month, price) in months {
            packed.extend(month.year.to_le_bytes());
            packed.extend(month.month.to_le_bytes());
            packed.extend(price.0.to_le_bytes());
        }
        packed
    }

    pub fn unpack(packed: &[u8]) -> Option<Vec<(Month, Price)>> {
        let (rows, rest) = packed.as_chunks::<PACKED>();
        if !rest.is_empty() {
            return None;
        }
        let row = |&[y0, y1, month, ref price @ ..]: &[u8; PACKED]| {
            let month = Month { year: i16::from_le_bytes([y0, y1]), month: i8::from_le_bytes([month]) };
            (1..=12).contains(&month.month).then_some((month, Price(i64::from_le_bytes(*price))))
        };
        rows.iter().map(row).collect()
    }
}
