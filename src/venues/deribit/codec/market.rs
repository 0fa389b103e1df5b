//! Public data: trades, tickers, index prices, and the instruments with their legs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Delivery, Leg, Month, Product};
use crate::domain::event::{AnomalyKind, Fixing, Ticker, Trade};
use crate::domain::instrument::{Instrument, InstrumentLeg, Unit};
use crate::domain::number::{Price, QTY_SCALE, Qty};
use crate::venues::deribit::wire::{self, Number};

use super::book::{bad_number, contracts};
use super::fault::Fault;
use super::symbols::{Symbols, Terms};

pub fn trade(data: &wire::Trade<'_>, symbols: &Symbols) -> Result<Trade, Fault> {
    let terms = symbols.terms(&data.instrument_name)?;
    let aggressor = data.direction.side();
    Ok(Trade {
        instrument: terms.id,
        trade_id: data.trade_id.as_str().into(),
        seq: data.trade_seq,
        utc: Utc::from_millis(data.timestamp),
        price: data.price.price().map_err(|error| bad_number(data.price, &error.to_string()))?,
        qty: contracts(terms, data.amount)?,
        aggressor: aggressor.ok_or_else(|| Fault::new(AnomalyKind::MissingField, "a trade without direction"))?,
        is_spread_leg: data.combo_id.is_some(),
    })
}

/// Figures of a ticker are for the eye: more decimals than a price holds are rounded.
fn eye_price(number: Option<Number>) -> Result<Option<Price>, Fault> {
    Ok(number.map(Number::nearest_price).transpose()?)
}

pub fn eye_qty(terms: &Terms, number: Option<Number>) -> Result<Qty, Fault> {
    Ok(terms.qty_lossy(number.unwrap_or_default().nearest(QTY_SCALE)?))
}

/// A best price counts only with an amount: the venue writes zero for an empty side.
fn best(terms: &Terms, price: Option<Number>, amount: Option<Number>) -> Result<(Option<Price>, Qty), Fault> {
    let qty = eye_qty(terms, amount)?;
    Ok(if qty.is_zero() { (None, qty) } else { (eye_price(price)?, qty) })
}

fn level(terms: &Terms, price: Option<Number>, amount: Option<Number>) -> Result<Option<Level>, Fault> {
    let (price, qty) = best(terms, price, amount)?;
    Ok(price.map(|price| Level { price, qty }))
}

pub fn ticker(data: &str, symbols: &Symbols) -> Result<Ticker, Fault> {
    let data: wire::Ticker<'_> = serde_json::from_str(data)?;
    let terms = symbols.terms(&data.instrument_name)?;
    let (best_bid, best_bid_qty) = best(terms, data.best_bid_price, data.best_bid_amount)?;
    let (best_ask, best_ask_qty) = best(terms, data.best_ask_price, data.best_ask_amount)?;
    let volume = if terms.is_inverse { data.stats.volume_usd } else { data.stats.volume };
    Ok(Ticker {
        instrument: terms.id,
        utc: Utc::from_millis(data.timestamp),
        best_bid,
        best_ask,
        best_bid_qty,
        best_ask_qty,
        last: eye_price(data.last_price)?,
        mark: eye_price(data.mark_price)?,
        index: eye_price(data.index_price)?,
        settlement: eye_price(data.settlement_price)?,
        high: eye_price(data.stats.high)?,
        low: eye_price(data.stats.low)?,
        volume: eye_qty(terms, volume)?,
        open_interest: eye_qty(terms, data.open_interest)?,
        min_price: eye_price(data.min_price)?,
        max_price: eye_price(data.max_price)?,
        implied: [
            level(terms, data.implied_bid_price, data.implied_bid_amount)?,
            level(terms, data.implied_ask_price, data.implied_ask_amount)?,
        ],
    })
}

pub fn index_price(data: &str) -> Result<Fixing, Fault> {
    let data: wire::NamedIndexPrice<'_> = serde_json::from_str(data)?;
    let price = data.price.nearest_price()?;
    Ok(Fixing { index_name: data.index_name.as_str().into(), utc: Utc::from_millis(data.timestamp), price })
}

/// Fixings of one index, oldest first. The venue tells their day only: each is stamped with that day's midnight.
pub fn fixings(index_name: &Arc<str>, data: &str) -> Result<Vec<Fixing>, Fault> {
    let data: wire::DeliveryPrices<'_> = serde_json::from_str(data)?;
    let fixing = |row: &wire::DeliveryPrice<'_>| {
        let date: Date = row.date.parse().map_err(|_| Fault::new(AnomalyKind::BadNumber, &*row.date))?;
        let utc = Utc::at(date, Duration::ZERO);
        Ok(Fixing { index_name: index_name.clone(), utc, price: row.delivery_price.nearest_price()? })
    };
    let mut fixings = data.data.iter().map(fixing).collect::<Result<Vec<_>, Fault>>()?;
    fixings.sort_by_key(|fixing| fixing.utc);
    Ok(fixings)
}

/// Bases that rent by the hour; tokens begin with [`TOKEN_BASE`].
const GPU_BASES: [&str; 8] = ["A100", "B200", "B300", "GB200", "GB300", "H100", "H200", "L40S"];
const TOKEN_BASE: &str = "TOK";

fn unit(product: &str) -> Unit {
    if GPU_BASES.contains(&product) {
        Unit::GpuHour
    } else if product.starts_with(TOKEN_BASE) {
        Unit::Mtok
    } else {
        Unit::Other
    }
}

/// States of an instrument after which nothing comes, or not for long; whatever else is not `open` is a pause.
const ENDS: [&str; 9] =
    ["archivized", "archived", "closed", "deactivated", "delivered", "expired", "inactive", "settled", "terminated"];

/// Whether a state says that an instrument is traded no more.
pub fn is_end(state: &str) -> bool {
    ENDS.contains(&state)
}

/// One listed future or future spread, legs not yet known.
#[derive(Clone, Debug)]
pub struct Listing {
    pub instrument: Instrument,
    pub base: Arc<str>,
    pub is_combo: bool,
}

/// Reads one item of `get_instruments`; `None` for kinds that this program does not trade.
pub fn listing(data: &wire::Instrument<'_>) -> Result<Option<Listing>, Fault> {
    let is_combo = match data.kind.as_str() {
        "future" => false,
        "future_combo" => true,
        _ => return Ok(None),
    };
    let Some(product) = Product::new(&data.base_currency.to_ascii_uppercase()) else {
        return Err(Fault::new(AnomalyKind::UnknownInstrument, &*data.instrument_name));
    };
    let is_perpetual = data.settlement_period.as_deref() == Some("perpetual");
    let expiry = data.expiration_timestamp.map(Utc::from_millis).filter(|_| !is_perpetual);
    let delivery = match expiry {
        Some(expiry) => Delivery::Month(Month::of(expiry.date())),
        None => Delivery::Perpetual,
    };
    // Contracts of a fraction of a unit are counted in units.
    let contract_size = data.contract_size.integer().ok().filter(|size| *size > 0).unwrap_or(1);
    let settlement = data.settlement_currency.as_ref().unwrap_or(&data.quote_currency);
    let instrument = Instrument {
        symbol: data.instrument_name.as_str().into(),
        unit: unit(product.as_str()),
        contract: Contract::Outright { product, delivery },
        tick: data.tick_size.price()?,
        lot: data.min_trade_amount.contracts(contract_size)?,
        contract_size,
        currency: settlement.as_str().into(),
        index_name: data.price_index.as_deref().unwrap_or_default().into(),
        expiry,
        legs: Vec::new(),
        is_active: data.is_active && !data.state.as_deref().is_some_and(is_end),
        is_halted: data.is_active && data.state.as_deref().is_some_and(|state| state != "open" && !is_end(state)),
    };
    if instrument.tick.0 <= 0 || instrument.lot.0 <= 0 {
        return Err(Fault::new(AnomalyKind::BadNumber, format!("{}: tick or lot of zero", instrument.symbol)));
    }
    Ok(Some(Listing { instrument, base: data.base_currency.as_str().into(), is_combo }))
}

/// Legs by combo.
pub type Legs = BTreeMap<Arc<str>, Vec<InstrumentLeg>>;

/// Reads the answer of `get_combos` into `legs`; returns what could not be read of it.
pub fn combos(data: &str, legs: &mut Legs) -> Result<Vec<Fault>, Fault> {
    let combos: Vec<wire::Combo<'_>> = serde_json::from_str(data)?;
    let mut faults = Vec::new();
    for combo in &combos {
        let leg = |leg: &wire::ComboLeg<'_>| {
            let ratio = leg.amount.integer().ok().and_then(|ratio| i8::try_from(ratio).ok()).filter(|r| *r != 0);
            ratio.map(|ratio| InstrumentLeg { symbol: leg.instrument_name.as_str().into(), ratio })
        };
        match combo.legs.iter().map(leg).collect() {
            Some(found) => drop(legs.insert(combo.id.as_str().into(), found)),
            None => faults.push(Fault::new(AnomalyKind::BadNumber, format!("leg ratio of {}", combo.id))),
        }
    }
    Ok(faults)
}

/// Puts outrights and spreads together. Spreads whose legs are not known, or not listed, are left out and returned by name.
pub fn assemble(listings: &[Listing], legs: &Legs) -> (Vec<Instrument>, Vec<Arc<str>>) {
    let outrights: BTreeMap<&str, &Contract> = listings
        .iter()
        .filter(|listing| !listing.is_combo)
        .map(|listing| (&*listing.instrument.symbol, &listing.instrument.contract))
        .collect();
    let spread = |legs: &Vec<InstrumentLeg>| {
        let leg = |leg: &InstrumentLeg| match outrights.get(&*leg.symbol)? {
            Contract::Outright { product, delivery } => {
                Some(Leg { product: product.clone(), delivery: *delivery, ratio: leg.ratio })
            }
            Contract::Spread { .. } => None,
        };
        legs.iter().map(leg).collect::<Option<Vec<_>>>().filter(|legs| legs.len() >= 2)
    };
    let (mut instruments, mut orphans) = (Vec::new(), Vec::new());
    for listing in listings {
        let mut instrument = listing.instrument.clone();
        if listing.is_combo {
            let Some((found, contract)) = legs.get(&instrument.symbol).and_then(|legs| Some((legs, spread(legs)?)))
            else {
                orphans.push(instrument.symbol);
                continue;
            };
            instrument.legs.clone_from(found);
            instrument.contract = Contract::Spread { legs: contract };
        }
        instruments.push(instrument);
    }
    (instruments, orphans)
}
