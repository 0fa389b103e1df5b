//! A person's own list of rental prices, and the form of the list that comes with the program. One offer a row:
//!
//! ```csv
//! provider,gpu,mode,price_per_gpu_hour,gpus,instance,region,upstream,source,as_of
//! Lambda,H100,on demand,3.99,8,8x SXM,us-west-1,,price page,2026-11-20
//! ```
//!
//! `provider`, `gpu` and `price_per_gpu_hour` must be there; the rest may be left out, in any order. `mode` is `on demand` (also when
//! empty) or `spot`. `gpu` is a usual name; an A100 needs its memory (`A100-80GB`). The price is dollars for one GPU, `$` allowed.

use super::SpotError;
use super::csv::{self, Record, Table};
use super::gpu::{self, Described};
use super::intake::{Intake, Skip};
use super::number;
use super::provider;
use super::source::OWN_FILE;
use crate::domain::spot::{RentalMode, RentalOffer};

const COLUMNS: [&str; 3] = ["provider", "gpu", "price_per_gpu_hour"];

/// # Errors
/// [`SpotError::Header`] when a needed column is missing.
pub fn parse(table: &Table) -> Result<(Vec<RentalOffer>, Intake), SpotError> {
    let columns = table.columns(COLUMNS)?;
    let mut offers = Vec::new();
    let mut intake = Intake::default();
    for row in &table.rows {
        match offer(table, row, columns.map(|column| row.get(column))) {
            Ok(offer) => {
                intake.taken += 1;
                offers.push(offer);
            }
            Err(why) => intake.skip(why, format_args!("line {}", row.line)),
        }
    }
    Ok((offers, intake))
}

/// `offers` as a list that [`parse`] takes.
pub fn write(offers: &[RentalOffer]) -> String {
    let mut text =
        csv::line("provider,gpu,mode,price_per_gpu_hour,gpus,instance,region,upstream,source,as_of".split(',')) + "\n";
    for offer in offers {
        let (price, gpus) = (offer.price.to_string(), offer.gpus.to_string());
        let fields = [
            &*offer.provider,
            offer.gpu.name(),
            offer.mode.name(),
            &price,
            &gpus,
            &offer.instance,
            &offer.region,
            offer.upstream.as_deref().unwrap_or_default(),
            &offer.source,
            &offer.as_of,
        ];
        text.push_str(&csv::line(fields));
        text.push('\n');
    }
    text
}

fn offer(table: &Table, row: &Record, [seller, gpu, price]: [&str; 3]) -> Result<RentalOffer, Skip> {
    if !table.fits(row) {
        return Err(Skip::FieldCount);
    }
    if seller.is_empty() {
        return Err(Skip::BadField);
    }
    let text = |name: &str| row.find(table.column(name));
    let gpu = gpu::recognise(Described { name: gpu, instance: "", memory_gib: None })?;
    if price.is_empty() {
        return Err(Skip::NoPrice);
    }
    let price = number::dollars(price.trim_start_matches('$')).filter(|price| price.0 >= 0).ok_or(Skip::BadNumber)?;
    let price = number::per_gpu(price, 1);
    let id = provider::id(seller);
    let floor = provider::find(&id).and_then(|provider| provider.bid_floor);
    if price.0 == 0 {
        return Err(Skip::NoPrice);
    }
    if floor.is_some_and(|floor| price <= floor) {
        return Err(Skip::Placeholder);
    }
    let gpus = match text("gpus") {
        None => 1,
        Some(gpus) => {
            let whole = number::whole(gpus).and_then(|count| u32::try_from(count).ok());
            whole.filter(|count| *count > 0).ok_or(Skip::BadCount)?
        }
    };
    let upstream = text("upstream").map(provider::id);
    Ok(RentalOffer {
        index_use: provider::index_use([&*id].into_iter().chain(upstream.as_deref())),
        provider: id,
        upstream,
        gpu,
        mode: mode(text("mode").unwrap_or_default()).ok_or(Skip::BadField)?,
        instance: text("instance").unwrap_or_default().into(),
        gpus,
        region: text("region").unwrap_or_default().into(),
        price,
        source: text("source").unwrap_or(OWN_FILE.name).into(),
        as_of: text("as_of").unwrap_or("undated").into(),
    })
}

fn mode(text: &str) -> Option<RentalMode> {
    let plain: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    match plain.to_ascii_lowercase().as_str() {
        "" | "ondemand" => Some(RentalMode::OnDemand),
        "spot" | "interruptible" | "preemptible" => Some(RentalMode::Interruptible),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_it_reads() {
        let text = "provider,gpu,mode,price_per_gpu_hour,gpus,instance,region,upstream,source,as_of\n\
                    Lambda,H100,on demand,3.99,8,\"8x, SXM\",us-west-1,,price page,2026-11-20\n\
                    Prime,A100-80GB,spot,1.0625,1,,,runpod,,\n";
        let (offers, intake) = parse(&Table::read(text).unwrap()).unwrap();
        assert_eq!((offers.len(), intake.rows()), (2, 2));
        let (again, intake) = parse(&Table::read(&write(&offers)).unwrap()).unwrap();
        assert_eq!((&again, intake.taken), (&offers, 2));
    }
}
