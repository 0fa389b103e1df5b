//! Reads the price lists at start and fetches them anew when asked, on a thread of its own. A refresh replaces only what it brought:
//! whatever fails leaves the prices before it in place. What was fetched is kept in the data folder under its day and read at the next
//! start, if it is newer than the set that comes with the program. A person's own lists go before both.

mod kept;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use jiff::civil::Date;
use tokio::sync::mpsc;

use super::clock::Clock;
use super::fetch::{Bounds, FetchError, Progress as Received, fetch_blocking};
use super::queues::PRICES;
use crate::core::Input;
use crate::domain::price_list::{PriceAsk, PriceList, PriceNews, Progress, Refresh};
use crate::domain::spot::{RentalOffer, TokenListing};
use crate::spot::intake::Intake;
use crate::spot::listing::{self, Dated};
use crate::spot::read::{self, Reading};
use crate::spot::source::{self, SKYPILOT};
use crate::spot::{SpotError, embedded, own_csv};

/// More than any catalogue holds.
const MOST_FILE_BYTES: u64 = 256 << 20;

/// Where prices are read and fetched.
#[derive(Clone, Debug)]
pub struct Config {
    /// With what a refresh has brought.
    pub folder: Option<PathBuf>,
    /// Whether a refresh may leave something there.
    pub may_keep: bool,
    /// A person's own lists, the last one counting most.
    pub files: Vec<PathBuf>,
    pub tokens_url: String,
    /// Sellers and their catalogues.
    pub rental_urls: Vec<(String, String)>,
}

impl Default for Config {
    /// The embedded sets, and the addresses that the sources publish.
    fn default() -> Self {
        let catalogue = |seller: &&str| Some(((*seller).to_owned(), source::skypilot_url(seller).ok()?));
        Self {
            folder: None,
            may_keep: false,
            files: Vec::new(),
            tokens_url: source::LITELLM_URL.to_owned(),
            rental_urls: source::REFRESHED_SELLERS.iter().filter_map(catalogue).collect(),
        }
    }
}

/// Core's end. Dropping it cancels what is being fetched and ends the thread.
pub struct Prices {
    asks: SyncSender<PriceList>,
    stops: Arc<Stops>,
    pub news: mpsc::Receiver<Input>,
}

/// Which lists shall not be fetched on.
type Stops = [AtomicBool; PriceList::ALL.len()];

impl Prices {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(config: Config, clock: Clock) -> io::Result<(Self, JoinHandle<()>)> {
        let (asks, asked) = sync_channel(PriceList::ALL.len());
        let (tell, news) = mpsc::channel(PRICES);
        let stops = Arc::new(Stops::default());
        let worker = Worker { config, clock, tell, stops: stops.clone(), rental: None, own: Vec::new() };
        let thread = std::thread::Builder::new().name("tenor-prices".into()).spawn(move || worker.run(&asked))?;
        Ok((Self { asks, stops, news }, thread))
    }

    /// Carries out what core passed on; each list is asked for once at a time.
    pub fn ask(&self, ask: PriceAsk) {
        match ask {
            PriceAsk::Refresh(list) => {
                self.stops[list as usize].store(false, Ordering::Release);
                // Never full; a gone worker has said why.
                self.asks.try_send(list).ok();
            }
            PriceAsk::Cancel(list) => self.stops[list as usize].store(true, Ordering::Release),
        }
    }
}

impl Drop for Prices {
    fn drop(&mut self) {
        for stop in self.stops.iter() {
            stop.store(true, Ordering::Release);
        }
    }
}

/// Why a list was not replaced.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Spot(#[from] SpotError),
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("no row has a price that can be used")]
    NoRow,
}

struct Worker {
    config: Config,
    clock: Clock,
    tell: mpsc::Sender<Input>,
    stops: Arc<Stops>,
    /// What own lists go before.
    rental: Option<Dated<RentalOffer>>,
    own: Vec<Dated<RentalOffer>>,
}

impl Worker {
    fn run(mut self, asked: &Receiver<PriceList>) {
        self.read_all();
        while let Ok(list) = asked.recv() {
            let done = match list {
                PriceList::Rental => self.refresh_rental(),
                PriceList::Tokens => self.refresh_tokens(),
            };
            let refresh = match done {
                Ok(()) | Err(Trouble::Fetch(FetchError::Cancelled)) => Refresh::Idle,
                Err(why) => Refresh::Failed(format!("The {} are those from before: {why}.", list.name()).into()),
            };
            self.tell(PriceNews::Refresh(list, refresh));
        }
    }

    /// Core is always told in the end; when it has gone, so does this thread with its next question.
    fn tell(&self, news: PriceNews) {
        self.tell.blocking_send(Input::Prices(news)).ok();
    }

    fn read_all(&mut self) {
        let tokens = self.kept_tokens().map_or_else(embedded_tokens, Ok);
        match tokens {
            Ok(list) => self.tell(PriceNews::Tokens(Arc::new(listing::tokens(list)))),
            Err(why) => self.tell(PriceNews::Unusable(format!("The token prices cannot be read: {why}.").into())),
        }
        match self.kept_rental().map_or_else(embedded_rental, Ok) {
            Ok(list) => self.rental = Some(list),
            Err(why) => self.tell(PriceNews::Unusable(format!("The rental prices cannot be read: {why}.").into())),
        }
        for path in &self.config.files {
            match own_list(path) {
                Ok(list) => self.own.push(list),
                Err(why) => {
                    let why = format!("Your price list {} is not shown: {why}.", path.display());
                    self.tell(PriceNews::Unusable(why.into()));
                }
            }
        }
        self.tell_rental();
    }

    fn tell_rental(&self) {
        let lists: Vec<Dated<RentalOffer>> = self.rental.iter().chain(&self.own).cloned().collect();
        self.tell(PriceNews::Rental(Arc::new(listing::rental(&lists))));
    }

    /// The newest that a refresh has left behind, unless the embedded set is newer.
    fn kept(&self, list: PriceList) -> Option<(Date, Vec<u8>)> {
        let (date, path) = kept::newest(self.config.folder.as_deref()?, list)?;
        (date >= embedded::COMPILED_ON).then_some(())?;
        match read_bounded(&path) {
            Ok(bytes) => Some((date, bytes)),
            Err(why) => {
                self.tell(PriceNews::Unusable(format!("{} cannot be read: {why}.", path.display()).into()));
                None
            }
        }
    }

    fn kept_tokens(&self) -> Option<Dated<TokenListing>> {
        let (date, bytes) = self.kept(PriceList::Tokens)?;
        self.usable(PriceList::Tokens, date, read::tokens(&bytes))
    }

    fn kept_rental(&self) -> Option<Dated<RentalOffer>> {
        let (date, bytes) = self.kept(PriceList::Rental)?;
        let reading = read::rental("", &bytes).map(|reading| Reading { source: SKYPILOT, ..reading });
        self.usable(PriceList::Rental, date, reading)
    }

    fn usable<T>(&self, list: PriceList, date: Date, reading: Result<Reading<T>, SpotError>) -> Option<Dated<T>> {
        match reading {
            Ok(reading) => Some(Dated { reading, dated: listing::of_day(date) }),
            Err(why) => {
                let name = list.name();
                self.tell(PriceNews::Unusable(format!("The {name} fetched on {date} cannot be read: {why}.").into()));
                None
            }
        }
    }

    fn refresh_tokens(&self) -> Result<(), Trouble> {
        let bytes = self.fetch(PriceList::Tokens, &self.config.tokens_url, 1, 1)?;
        let reading = some_rows(read::tokens(&bytes)?)?;
        let today = self.today();
        self.keep(PriceList::Tokens, today, &bytes);
        self.tell(PriceNews::Tokens(Arc::new(listing::tokens(Dated { reading, dated: listing::of_day(today) }))));
        Ok(())
    }

    /// Every seller by itself: one that cannot be had keeps the prices it had, and is named.
    fn refresh_rental(&mut self) -> Result<(), Trouble> {
        let today = self.today();
        let (mut intake, mut missing) = (Intake::default(), Vec::new());
        let mut offers = self.rental.as_ref().map(|list| list.reading.rows.clone()).unwrap_or_default();
        let documents = self.config.rental_urls.len();
        for (at, (seller, url)) in self.config.rental_urls.iter().enumerate() {
            match self.catalogue(seller, url, at + 1, documents) {
                Ok(mut reading) => {
                    for offer in &mut reading.rows {
                        offer.as_of = format!("fetched {today}").into();
                    }
                    intake.add(seller, &reading.intake);
                    listing::replace_sellers(&mut offers, reading.rows);
                }
                Err(Trouble::Fetch(FetchError::Cancelled)) => return Err(FetchError::Cancelled.into()),
                Err(why) => missing.push((seller.clone(), why)),
            }
        }
        if missing.len() == documents {
            return Err(missing.pop().map_or(Trouble::NoRow, |(_, why)| why));
        }
        self.keep(PriceList::Rental, today, own_csv::write(&offers).as_bytes());
        let reading = Reading { rows: offers, intake, source: SKYPILOT };
        self.rental = Some(Dated { reading, dated: listing::of_day(today) });
        self.tell_rental();
        if let [(seller, why), others @ ..] = missing.as_slice() {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            let text = format!("The prices of {seller}{more} are those from before: {why}.");
            self.tell(PriceNews::Unusable(text.into()));
        }
        Ok(())
    }

    fn catalogue(&self, seller: &str, url: &str, at: usize, of: usize) -> Result<Reading<RentalOffer>, Trouble> {
        some_rows(read::rental(seller, &self.fetch(PriceList::Rental, url, at, of)?)?)
    }

    fn fetch(&self, list: PriceList, url: &str, document: usize, documents: usize) -> Result<Vec<u8>, FetchError> {
        let stop = &self.stops[list as usize];
        fetch_blocking(url, Bounds::default(), |Received { received_bytes, expected_bytes }| {
            let progress = Progress { document, documents, received_bytes, expected_bytes };
            // Full: the screen is behind, and the next one says more.
            self.tell.try_send(Input::Prices(PriceNews::Refresh(list, Refresh::Running(progress)))).ok();
            if stop.load(Ordering::Acquire) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    /// Prices that cannot be kept are shown all the same.
    fn keep(&self, list: PriceList, date: Date, bytes: &[u8]) {
        let Some(folder) = self.config.folder.as_deref().filter(|_| self.config.may_keep) else { return };
        if let Err(why) = kept::write(folder, list, date, bytes) {
            let name = list.name();
            self.tell(PriceNews::Unusable(
                format!("The new {name} will not be there at the next start: {why}.").into(),
            ));
        }
    }

    fn today(&self) -> Date {
        self.clock.now().utc.date()
    }
}

fn embedded_tokens() -> Result<Dated<TokenListing>, SpotError> {
    Ok(Dated { reading: embedded::token_prices()?, dated: embedded::TOKENS_DATED.into() })
}

fn embedded_rental() -> Result<Dated<RentalOffer>, SpotError> {
    Ok(Dated { reading: embedded::rental_prices()?, dated: embedded::RENTAL_DATED.into() })
}

fn own_list(path: &Path) -> Result<Dated<RentalOffer>, Trouble> {
    let reading = some_rows(read::rental(&source::seller_of(path), &read_bounded(path)?)?)?;
    let dated = listing::dated_by_rows(&reading.rows);
    Ok(Dated { reading, dated })
}

fn some_rows<T>(reading: Reading<T>) -> Result<Reading<T>, Trouble> {
    if reading.rows.is_empty() { Err(Trouble::NoRow) } else { Ok(reading) }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 256 MiB"));
    }
    Ok(bytes)
}
