//! The kept past: what comes back, what a crash costs, what happens to files that are of no use, and that bounds hold.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::file::{self, File, FileError};
use super::*;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::event::Fixing;
use crate::domain::number::Price;
use crate::domain::past::{Settlement, SettlementKind, Settlements};
use crate::history::{CurveMark, History, Origin, bounds};

const DAY: Duration = Duration::from_secs(86_400);
/// Friday, 20 November 2026, 21:00 UTC.
const FRIDAY: Utc = Utc::from_millis(1_795_208_400_000);

fn market(environment: &'static str, venue: &str, run: &str) -> Market {
    Market { environment, venue: venue.into(), run: run.into() }
}

fn real() -> Market {
    market("real", "www.example.com", "")
}

fn h100() -> Product {
    Product::new("H100").unwrap()
}

const fn month(month: i8) -> Month {
    Month { year: 2027, month }
}

fn contract(m: i8) -> Contract {
    Contract::Outright { product: h100(), delivery: Delivery::Month(month(m)) }
}

fn mark(utc: Utc, cents: i64) -> CurveMark {
    let price = |more| Price((cents + more) * 10_000_000);
    CurveMark { utc, months: vec![(month(1), price(0)), (month(2), price(1))] }
}

fn settled(m: i8, utc: Utc, cents: i64, origin: Origin) -> Keep {
    let row = Settlement { utc, kind: SettlementKind::Daily, price: Price(cents * 10_000_000) };
    Keep::Settlements(Settlements { contract: contract(m), rows: vec![row] }, origin)
}

fn fixed(utc: Utc, cents: i64) -> Keep {
    Keep::Fixings(vec![Fixing { index_name: "h100_usdc".into(), utc, price: Price(cents * 10_000_000) }])
}

struct Rig {
    folder: TempDir,
    kept: mpsc::Receiver<Kept>,
    disk: Disk,
}

impl Rig {
    fn new() -> Self {
        Self::over(tempfile::tempdir().unwrap(), Access::ReadWrite)
    }

    fn over(folder: TempDir, access: Access) -> Self {
        let (says, kept) = mpsc::channel(64);
        let place = Place { path: folder.path().join("deeper/history.redb"), access };
        Self { folder, kept, disk: Disk::new(place, says) }
    }

    /// The same folder, later.
    fn again(self) -> Self {
        let Self { folder, disk, .. } = self;
        drop(disk);
        Self::over(folder, Access::ReadWrite)
    }

    fn path(&self) -> PathBuf {
        self.disk.place.path.clone()
    }

    /// Opens a market and returns what was kept of it.
    fn open(&mut self, market: &Market, now: Utc) -> History {
        self.disk.take(Keep::Open(market.clone(), now));
        match self.heard().pop() {
            Some(Kept::Past(of, past)) if of == *market => *past,
            other => panic!("{other:?}"),
        }
    }

    fn keep(&mut self, rows: impl IntoIterator<Item = Keep>) {
        for row in rows {
            self.disk.take(row);
        }
        self.disk.write();
    }

    fn heard(&mut self) -> Vec<Kept> {
        std::iter::from_fn(|| self.kept.try_recv().ok()).collect()
    }

    fn sentences(&mut self) -> Vec<String> {
        let sentence = |kept| match kept {
            Kept::Trouble(text) | Kept::Mended(text) => Some(text.to_string()),
            Kept::Past(..) => None,
        };
        self.heard().into_iter().filter_map(sentence).collect()
    }
}

#[test]
fn what_was_kept_comes_back_with_its_origin() {
    let mut rig = Rig::new();
    assert_eq!(rig.open(&real(), FRIDAY), History::default());
    let ended = Settlement { utc: FRIDAY, kind: SettlementKind::Delivery, price: Price(-5) };
    let calendar = Contract::parse_screen("H100 DEC-26 / MAR-27").unwrap();
    rig.keep([
        Keep::Mark(h100(), mark(FRIDAY - Duration::from_secs(60), 281)),
        Keep::Mark(h100(), mark(FRIDAY, 282)),
        settled(1, FRIDAY - DAY, 280, Origin::Venue),
        settled(2, FRIDAY - DAY, 279, Origin::Simulated),
        Keep::Settlements(Settlements { contract: calendar.clone(), rows: vec![ended] }, Origin::Venue),
        fixed(FRIDAY, 283),
    ]);
    let mut rig = rig.again();
    let past = rig.open(&real(), FRIDAY + DAY);
    assert_eq!(
        past.marks(&h100()).cloned().collect::<Vec<_>>(),
        [mark(FRIDAY - Duration::from_secs(60), 281), mark(FRIDAY, 282)]
    );
    let origin =
        |m| past.contract(&contract(m)).unwrap().settlement_at(FRIDAY).map(|point| (point.price, point.origin));
    assert_eq!(origin(1), Some((Price(2_800_000_000), Origin::Venue)));
    assert_eq!(origin(2), Some((Price(2_790_000_000), Origin::Simulated)));
    assert_eq!(past.contract(&calendar).unwrap().delivered(), Some(FRIDAY));
    assert_eq!(past.index("h100_usdc").unwrap().fixings(), [(FRIDAY, Price(2_830_000_000))]);
    let newest = past.price_at(&contract(1), FRIDAY).unwrap();
    assert_eq!((newest.origin, newest.price), (Origin::Own, Price(2_820_000_000)));
}

#[test]
fn markets_do_not_mix() {
    let mut rig = Rig::new();
    let simulated = |run| market("simulated", "embedded", run);
    for (at, which) in [real(), market("testnet", "www.example.com", ""), simulated("1.100")].iter().enumerate() {
        assert_eq!(rig.open(which, FRIDAY), History::default(), "{which}");
        rig.keep([Keep::Mark(h100(), mark(FRIDAY, 280 + at as i64))]);
    }
    let price = |past: &History| past.marks(&h100()).next().map(|mark| mark.months[0].1.0 / 10_000_000);
    assert_eq!(price(&rig.open(&real(), FRIDAY)), Some(280));
    assert_eq!(price(&rig.open(&simulated("1.100"), FRIDAY)), Some(282), "the same run, after a reconnect");
    assert_eq!(price(&rig.open(&simulated("1.200"), FRIDAY)), None, "the same seed, opened anew");
    assert_eq!(price(&rig.open(&simulated("1.100"), FRIDAY)), None, "a run that is over does not come back");
    assert_eq!(price(&rig.open(&market("testnet", "www.example.com", ""), FRIDAY)), Some(281));
}

#[test]
fn only_the_markets_opened_last_are_kept() {
    let mut rig = Rig::new();
    let venue = |at: usize| market("real", &format!("venue-{at}"), "");
    for at in 0..=file::MARKETS_MOST {
        rig.open(&venue(at), FRIDAY + DAY * at as u32);
        rig.keep([Keep::Mark(h100(), mark(FRIDAY, 280))]);
    }
    assert_eq!(rig.open(&venue(file::MARKETS_MOST), FRIDAY + DAY * 20).marks(&h100()).count(), 1);
    assert_eq!(rig.open(&venue(1), FRIDAY + DAY * 21).marks(&h100()).count(), 1);
    assert_eq!(rig.open(&venue(0), FRIDAY + DAY * 22).marks(&h100()).count(), 0);
}

#[test]
fn a_crash_in_the_middle_costs_what_was_not_committed() {
    let mut rig = Rig::new();
    rig.open(&real(), FRIDAY);
    rig.keep([Keep::Mark(h100(), mark(FRIDAY, 280))]);
    // The bytes on the disk as a kill leaves them: the first mark is committed, the second waits, the database was never closed.
    rig.disk.take(Keep::Mark(h100(), mark(FRIDAY + Duration::from_secs(60), 281)));
    let killed = rig.folder.path().join("killed.redb");
    fs::copy(rig.path(), &killed).unwrap();
    let mut file = File::open(&killed).unwrap();
    let past = file.open_market(&real(), FRIDAY + DAY).unwrap();
    assert_eq!(past.marks(&h100()).map(|mark| mark.utc).collect::<Vec<_>>(), [FRIDAY]);
    file.write(&[Keep::Mark(h100(), mark(FRIDAY + DAY, 282))]).unwrap();
    assert_eq!(file.open_market(&real(), FRIDAY + DAY).unwrap().marks(&h100()).count(), 2);
}

#[test]
fn a_broken_file_is_set_aside_and_a_new_one_begun() {
    type Damage = fn(&[u8]) -> Vec<u8>;
    let garbage: Damage = |_| b"not a database at all, and long enough to be looked at".repeat(200);
    let short: Damage = |bytes| bytes[..bytes.len() / 3].to_vec();
    let struck: Damage = |bytes| {
        let mut bytes = bytes.to_vec();
        bytes.iter_mut().skip(4_096).step_by(97).for_each(|byte| *byte ^= 0x5a);
        bytes
    };
    for (at, damage) in [garbage, short, struck].into_iter().enumerate() {
        let mut rig = Rig::new();
        rig.open(&real(), FRIDAY);
        rig.keep([Keep::Mark(h100(), mark(FRIDAY, 280))]);
        let mut rig = rig.again();
        let broken = damage(&fs::read(rig.path()).unwrap());
        fs::write(rig.path(), &broken).unwrap();
        rig.disk.take(Keep::Open(real(), FRIDAY));
        let heard = rig.heard();
        let [Kept::Trouble(text), Kept::Past(_, past)] = heard.as_slice() else { panic!("{at}: {heard:?}") };
        assert!(text.contains("unreadable") && text.contains("history.redb.broken"), "{text}");
        assert_eq!(**past, History::default());
        assert_eq!(
            fs::read(rig.folder.path().join("deeper/history.redb.broken")).unwrap(),
            broken,
            "{at}: kept as it was"
        );
        rig.keep([Keep::Mark(h100(), mark(FRIDAY, 281))]);
        assert_eq!(rig.again().open(&real(), FRIDAY).marks(&h100()).count(), 1, "{at}");
    }
}

#[test]
fn a_file_of_a_newer_version_is_set_aside_untouched() {
    let rig = Rig::new();
    fs::create_dir_all(rig.path().parent().unwrap()).unwrap();
    let db = redb::Database::create(rig.path()).unwrap();
    let txn = db.begin_write().unwrap();
    txn.open_table(redb::TableDefinition::<&str, u64>::new("format")).unwrap().insert("format", 7).unwrap();
    txn.commit().unwrap();
    drop(db);
    let mut rig = rig.again();
    rig.disk.take(Keep::Open(real(), FRIDAY));
    let said = rig.sentences();
    assert!(said.len() == 1 && said[0].contains("newer Tenor") && said[0].contains("history.redb.newer"), "{said:?}");
    let aside = rig.path().with_extension("redb.newer");
    assert!(matches!(File::open(&aside), Err(FileError::Newer(7))));
}

#[test]
fn a_second_tenor_reads_beside_the_first_and_writes_nothing() {
    let mut first = Rig::new();
    let (says, kept) = mpsc::channel(64);
    let place = Place { access: Access::ReadOnly, ..first.disk.place.clone() };
    let mut second = Rig { folder: tempfile::tempdir().unwrap(), kept, disk: Disk::new(place, says) };
    second.disk.take(Keep::Open(real(), FRIDAY));
    assert_eq!(second.heard(), [], "nothing was ever kept: nothing to say, and no file is made");
    assert!(!first.path().exists());
    first.open(&real(), FRIDAY);
    first.keep([Keep::Mark(h100(), mark(FRIDAY, 280))]);
    assert_eq!(second.open(&real(), FRIDAY).marks(&h100()).count(), 1, "while the first has it open");
    second.disk.take(Keep::Mark(h100(), mark(FRIDAY + DAY, 281)));
    assert!(second.disk.pending.is_empty());
    second.disk.write();
    assert_eq!(second.heard(), []);
    assert_eq!(second.open(&market("simulated", "embedded", "1.2"), FRIDAY), History::default());
    first.keep([Keep::Mark(h100(), mark(FRIDAY + Duration::from_secs(60), 282))]);
    let past = second.open(&real(), FRIDAY);
    assert_eq!(past.marks(&h100()).map(|mark| mark.months[0].1.0 / 10_000_000).collect::<Vec<_>>(), [280, 282]);
}

#[test]
fn a_disk_that_fails_is_told_of_once_and_loses_nothing_else() {
    let mut rig = Rig::new();
    // A file stands where the folder should be: nothing can be written below it.
    let folder = rig.path().parent().unwrap().to_owned();
    fs::write(&folder, b"in the way").unwrap();
    rig.disk.take(Keep::Open(real(), FRIDAY));
    for minute in 0..3 {
        rig.keep([Keep::Mark(h100(), mark(FRIDAY + Duration::from_secs(60 * minute), 280))]);
    }
    let said = rig.sentences();
    assert!(said.len() == 1 && said[0].contains("everything else goes on"), "{said:?}");
    fs::remove_file(&folder).unwrap();
    rig.keep([Keep::Mark(h100(), mark(FRIDAY + Duration::from_secs(180), 280))]);
    assert_eq!(rig.sentences(), ["The past is being kept again."]);
    assert_eq!(rig.again().open(&real(), FRIDAY + DAY).marks(&h100()).count(), 4, "what waited was written");
}

/// A disk that is full: what is read is read, nothing more can be written.
#[derive(Debug, Default)]
struct FullDisk {
    inner: InMemoryBackend,
    is_full: Arc<AtomicBool>,
}

impl StorageBackend for FullDisk {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.is_full.load(Ordering::Relaxed) {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            self.inner.set_len(len)
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.write(offset, data)
    }
}

#[test]
fn a_full_disk_costs_nothing_once_there_is_room_again() {
    let mut rig = Rig::new();
    rig.open(&real(), FRIDAY);
    let disk = FullDisk::default();
    let is_full = disk.is_full.clone();
    let db = redb::Builder::new().create_with_backend(disk).unwrap();
    rig.disk.file = Some(File::over(db).unwrap());
    is_full.store(true, Ordering::Relaxed);
    // Where to write to anew is closed as well, until there is room.
    let (path, away) = (rig.path(), rig.folder.path().join("away.redb"));
    fs::rename(&path, &away).unwrap();
    fs::create_dir(&path).unwrap();
    rig.keep([Keep::Mark(h100(), mark(FRIDAY, 280))]);
    rig.keep([Keep::Mark(h100(), mark(FRIDAY + Duration::from_secs(60), 281))]);
    let said = rig.sentences();
    assert!(said.len() == 1 && said[0].contains("cannot be kept"), "{said:?}");
    fs::remove_dir(&path).unwrap();
    fs::rename(&away, &path).unwrap();
    rig.keep([Keep::Mark(h100(), mark(FRIDAY + Duration::from_secs(120), 282))]);
    assert_eq!(rig.sentences(), ["The past is being kept again."]);
    assert_eq!(rig.again().open(&real(), FRIDAY + DAY).marks(&h100()).count(), 3);
}

#[test]
fn what_waits_for_a_failing_disk_is_bounded() {
    let mut rig = Rig::new();
    fs::write(rig.path().parent().unwrap(), b"in the way").unwrap();
    rig.disk.take(Keep::Open(real(), FRIDAY));
    for minute in 0..PENDING_MOST as u64 + 10 {
        rig.disk.take(Keep::Mark(h100(), mark(FRIDAY + Duration::from_secs(60 * minute), 280)));
    }
    assert_eq!(rig.disk.pending.len(), PENDING_MOST);
    let Some(Keep::Mark(_, oldest)) = rig.disk.pending.first() else { panic!() };
    assert_eq!(oldest.utc, FRIDAY + Duration::from_secs(600), "the oldest went");
}

#[test]
fn bounds_hold_in_the_file_after_weeks_of_minutes() {
    const WEEKS: u64 = 3;
    let mut rig = Rig::new();
    rig.open(&real(), FRIDAY);
    let minutes = WEEKS * 7 * 1_440;
    let at = |minute: u64| FRIDAY + Duration::from_secs(60 * minute);
    for hour in 0..minutes / 60 {
        rig.keep((0..60).map(|minute| Keep::Mark(h100(), mark(at(hour * 60 + minute), 280))));
    }
    let rows = |rig: &Rig| file::read(&rig.path(), &real()).unwrap().marks(&h100()).count() as u64;
    // A day of minutes, and one an hour before that; the last hour's thinning may still be due.
    let (least, most) = (1_440 + (WEEKS * 7 - 1) * 24, 1_440 + 60 + (WEEKS * 7 - 1) * 24 + 1);
    assert!((least..=most).contains(&rows(&rig)), "{} of {minutes}, expected {least} to {most}", rows(&rig));
    let size = |rig: &Rig| fs::metadata(rig.path()).unwrap().len();
    let full = size(&rig);
    let mut rig = rig.again();
    let years = rig.open(&real(), FRIDAY + bounds::DAYS_FOR + DAY * 8);
    assert!(years.marks(&h100()).count() <= 7 * (WEEKS as usize) && years.marks(&h100()).count() > 0);
    rig.keep([Keep::Mark(h100(), mark(FRIDAY, 280))]);
    assert!(size(&rig) <= full);
    let settlements = (0..1_000).map(|day| settled(1, FRIDAY + DAY * day, 280, Origin::Venue));
    rig.keep(settlements);
    let past = rig.open(&real(), FRIDAY + DAY * 1_000);
    assert_eq!(past.contract(&contract(1)).unwrap().settlements().count(), bounds::SETTLEMENTS);
    assert_eq!(past.contract(&contract(1)).unwrap().settlements().next_back().map(|p| p.utc), Some(FRIDAY + DAY * 999));
    assert_eq!(past.marks(&h100()).count(), 0, "older than any is kept");
}

/// Through the thread, as the terminal runs it: it ends when core's end is dropped, with everything written.
#[tokio::test]
async fn the_thread_writes_what_is_left_when_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { path: folder.path().join("history.redb"), access: Access::ReadWrite };
    let (mut keeper, thread) = Keeper::start(Some(place.clone())).unwrap();
    keeper.keep(Keep::Open(real(), FRIDAY));
    assert!(matches!(keeper.kept.recv().await, Some(Kept::Past(..))));
    keeper.keep(Keep::Mark(h100(), mark(FRIDAY, 280)));
    drop(keeper);
    thread.join().unwrap();
    assert_eq!(file::read(&place.path, &real()).unwrap().marks(&h100()).count(), 1);
}
