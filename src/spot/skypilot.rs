//! SkyPilot catalogues: one CSV a seller, a row for each machine in each region, prices in dollars per machine-hour.
//!
//! The catalogue repository states no licence, so no file of it comes with the program. Files differ in line ends, column order and
//! extra columns. Memory sizes are written per GPU, as a total, or in another unit, and are used for nothing but telling A100 apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::SpotError;
use super::csv::{Column, Record, Table};
use super::gpu::{self, Described};
use super::intake::{Intake, Note, Skip};
use super::number;
use super::provider::{self, Memory, Provider};
use super::source::SKYPILOT;
use crate::domain::number::Price;
use crate::domain::spot::{Hardware, RentalMode, RentalOffer};

const COLUMNS: [&str; 6] = ["InstanceType", "AcceleratorName", "AcceleratorCount", "Price", "SpotPrice", "Region"];

/// Whether the header is a SkyPilot one.
pub fn is_header(table: &Table) -> bool {
    table.columns(COLUMNS).is_ok()
}

/// # Errors
/// [`SpotError::Header`] when a needed column is missing.
pub fn parse(seller: &str, table: &Table) -> Result<(Vec<RentalOffer>, Intake), SpotError> {
    let reader = Reader::new(seller, table)?;
    let mut offers = Vec::new();
    let mut intake = Intake::default();
    let mut seen = BTreeSet::new();
    for row in &table.rows {
        let place = format_args!("line {}", row.line);
        let found = if !table.fits(row) {
            Err(Skip::FieldCount)
        } else if !seen.insert(&row.fields) {
            Err(Skip::Repeated)
        } else {
            reader.offers(row, &mut intake)
        };
        match found {
            Ok(found) => {
                intake.taken += 1;
                offers.extend(found);
            }
            Err(why) => intake.skip(why, place),
        }
    }
    Ok((offers, intake))
}

struct Reader {
    seller: Arc<str>,
    known: Option<&'static Provider>,
    instance: Column,
    accelerator: Column,
    count: Column,
    price: Column,
    spot_price: Column,
    region: Column,
    gpu_info: Option<Column>,
    upstream: Option<Column>,
}

impl Reader {
    fn new(seller: &str, table: &Table) -> Result<Self, SpotError> {
        let [instance, accelerator, count, price, spot_price, region] = table.columns(COLUMNS)?;
        Ok(Self {
            seller: provider::id(seller),
            known: provider::find(seller),
            instance,
            accelerator,
            count,
            price,
            spot_price,
            region,
            gpu_info: table.column("GpuInfo"),
            upstream: table.column("Provider"),
        })
    }

    /// One or two offers: on demand, spot.
    fn offers(&self, row: &Record, intake: &mut Intake) -> Result<Vec<RentalOffer>, Skip> {
        if row.get(self.accelerator).is_empty() {
            return Err(Skip::NoAccelerator);
        }
        let gpus = number::whole(row.get(self.count)).and_then(|count| u32::try_from(count).ok());
        let gpus = gpus.filter(|count| (1..=1_024).contains(count));
        let instance = row.get(self.instance);
        let memory_gib = row.find(self.gpu_info).and_then(|info| self.memory_gib(info, gpus.unwrap_or(1)));
        let gpu = gpu::recognise(Described { name: row.get(self.accelerator), instance, memory_gib })?;
        let gpus = gpus.ok_or(Skip::BadCount)?;
        let [on_demand, spot] = self.prices(row, gpus, intake)?;
        let upstream = self.upstream_of(row, instance);
        let index_use = provider::index_use([&*self.seller].into_iter().chain(upstream.as_deref()));
        let offer = |mode, price| RentalOffer {
            provider: self.seller.clone(),
            upstream: upstream.clone(),
            gpu,
            mode,
            instance: instance.into(),
            gpus,
            region: row.get(self.region).into(),
            price,
            index_use,
            source: SKYPILOT.name.into(),
            as_of: "undated".into(),
        };
        let both = [(RentalMode::OnDemand, on_demand), (RentalMode::Interruptible, spot)];
        Ok(both.into_iter().filter_map(|(mode, price)| Some(offer(mode, price?))).collect())
    }

    /// On demand and spot per GPU-hour, at least one of them.
    fn prices(&self, row: &Record, gpus: u32, intake: &mut Intake) -> Result<[Option<Price>; 2], Skip> {
        let read = |column| match row.get(column) {
            "" => Ok(None),
            text => number::dollars(text).filter(|price| price.0 >= 0).map(Some).ok_or(Skip::BadNumber),
        };
        let (mut on_demand, mut spot) = (read(self.price)?, read(self.spot_price)?);
        let floor = self.known.and_then(|provider| provider.bid_floor);
        let is_floor = |price: Price| floor.is_some_and(|floor| number::per_gpu(price, gpus) <= floor);
        if on_demand.or(spot).is_some_and(is_floor) {
            return Err(Skip::Placeholder);
        }
        let place = format_args!("line {}", row.line);
        if spot == Some(Price(0)) {
            spot = None;
            intake.note(Note::SpotZero, place);
        } else if spot.is_some() && spot == on_demand {
            spot = None;
            intake.note(Note::SpotEqualsOnDemand, place);
        }
        if on_demand == Some(Price(0)) {
            on_demand = None;
            intake.note(Note::ZeroPrice, place);
        }
        if on_demand.is_none() && spot.is_none() {
            return Err(Skip::NoPrice);
        }
        Ok([on_demand, spot].map(|price| price.map(|price| number::per_gpu(price, gpus))))
    }

    /// Whose machine a reseller lets: a column of its own, or the front of the instance name.
    fn upstream_of(&self, row: &Record, instance: &str) -> Option<Arc<str>> {
        if self.known.is_none_or(|seller| seller.hardware == Hardware::Own) {
            return None;
        }
        let named = match self.upstream {
            Some(column) => row.find(Some(column)),
            None => instance.split_once("__").map(|(front, _)| front),
        };
        named.map(provider::id)
    }

    /// The first `SizeInMiB` of a Python or JSON dictionary, for one GPU. Values too small to be MiB are GiB.
    fn memory_gib(&self, info: &str, gpus: u32) -> Option<u64> {
        let (_, rest) = info.split_once("SizeInMiB")?;
        let digits = rest.trim_start_matches(|char: char| !char.is_ascii_digit());
        let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
        let size: u64 = digits.get(..end)?.parse().ok()?;
        let gib = if size >= 1_024 { size / 1_024 } else { size };
        let is_total = self.known.is_some_and(|provider| provider.memory == Memory::OfAllGpus);
        Some(if is_total { gib / u64::from(gpus) } else { gib })
    }
}
