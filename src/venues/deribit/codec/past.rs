//! The past: settlements, bars, names of indices, expired instruments.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::fault::Fault;
use super::market::{self, eye_qty};
use super::symbols::Terms;
use crate::base::time::Utc;
use crate::domain::event::AnomalyKind;
use crate::domain::instrument::Instrument;
use crate::domain::past::{Bar, IndexInfo, Settlement, SettlementKind};
use crate::venues::deribit::wire::{self, IndexName, Number, Text};

/// Settlements of one instrument, oldest first. Bankruptcies settle no price and are left out.
pub fn settlements(data: &str) -> Result<Vec<Settlement>, Fault> {
    let data: wire::Settlements<'_> = serde_json::from_str(data)?;
    let mut rows = Vec::with_capacity(data.settlements.len());
    for row in &data.settlements {
        let kind = match row.kind.as_str() {
            "settlement" => SettlementKind::Daily,
            "delivery" => SettlementKind::Delivery,
            _ => continue,
        };
        let price =
            row.mark_price.ok_or_else(|| Fault::new(AnomalyKind::MissingField, "a settlement without price"))?;
        rows.push(Settlement { utc: Utc::from_millis(row.timestamp), kind, price: price.nearest_price()? });
    }
    rows.sort_by_key(|row| row.utc);
    Ok(rows)
}

/// Bars of one instrument, oldest first.
pub fn bars(data: &str, terms: &Terms) -> Result<Vec<Bar>, Fault> {
    let data: wire::ChartData<'_> = serde_json::from_str(data)?;
    let columns = [&data.open, &data.high, &data.low, &data.close, &data.volume];
    if columns.iter().any(|column| column.len() != data.ticks.len()) {
        return Err(Fault::new(AnomalyKind::MissingField, "columns of bars differ in length"));
    }
    // An inverse contract's volume is in its base currency, its cost in the units that contracts are counted in.
    let amounts = if terms.is_inverse { &data.cost } else { &data.volume };
    let mut bars = Vec::with_capacity(data.ticks.len());
    for (at, tick) in data.ticks.iter().enumerate() {
        let price = |column: &[Number]| column[at].nearest_price();
        bars.push(Bar {
            start: Utc::from_millis(*tick),
            open: price(&data.open)?,
            high: price(&data.high)?,
            low: price(&data.low)?,
            close: price(&data.close)?,
            volume: eye_qty(terms, amounts.get(at).copied())?,
        });
    }
    bars.sort_by_key(|bar| bar.start);
    Ok(bars)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Named<'a> {
    More(#[serde(borrow)] IndexName<'a>),
    Name(#[serde(borrow)] Text<'a>),
}

/// The indices named `known`, and those whose names add something to one of them.
pub fn indices(data: &str, known: &[Arc<str>]) -> Result<Vec<IndexInfo>, Fault> {
    let named: Vec<Named<'_>> = serde_json::from_str(data)?;
    let info = |named: &Named<'_>| {
        let index = match named {
            Named::More(index) => index.clone(),
            Named::Name(name) => IndexName { name: name.clone(), ..IndexName::default() },
        };
        let adds_to = |known: &&Arc<str>| index.name.strip_prefix(&***known).is_some_and(|rest| rest.starts_with('_'));
        let beside = known.iter().find(adds_to).cloned();
        let is_wanted = beside.is_some() || known.iter().any(|name| **name == *index.name);
        let every = index.publication_interval.and_then(|millis| u64::try_from(millis).ok());
        is_wanted.then(|| IndexInfo {
            name: index.name.as_str().into(),
            beside,
            description: index.description.as_deref().map(Arc::from),
            every: every.map(Duration::from_millis),
            is_simulated: index.simulated,
        })
    };
    Ok(named.iter().filter_map(info).collect())
}

/// Futures of an answer of `get_instruments`; spreads and what cannot be read are left out.
pub fn expired(data: &str) -> Result<Vec<Instrument>, Fault> {
    let data: Vec<wire::Instrument<'_>> = serde_json::from_str(data)?;
    let futures = data.iter().filter_map(|item| market::listing(item).ok().flatten());
    Ok(futures.filter(|listing| !listing.is_combo).map(|listing| listing.instrument).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instrument::InstrumentId;
    use crate::domain::number::{Price, Qty};

    #[test]
    fn settlements_come_in_order_and_bankruptcies_not_at_all() {
        let text = r#"{"continuation":"x","settlements":[
            {"type":"delivery","timestamp":1796072400000,"instrument_name":"A","mark_price":2.8125,"index_price":2.81,"position":1},
            {"type":"bankruptcy","timestamp":1796072400000,"instrument_name":"A","session_bankruptcy":1},
            {"type":"settlement","timestamp":1795813200000,"instrument_name":"A","mark_price":2.79}]}"#;
        let rows = settlements(text).unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (row.kind, row.price)).collect();
        assert_eq!(
            rows,
            [(SettlementKind::Daily, Price(2_790_000_000)), (SettlementKind::Delivery, Price(2_812_500_000))]
        );
        let fault = settlements(r#"{"settlements":[{"type":"settlement","timestamp":1,"instrument_name":"A"}]}"#);
        assert_eq!(fault.unwrap_err().what, AnomalyKind::MissingField);
    }

    #[test]
    fn bars_count_contracts_and_keep_their_columns_together() {
        let terms = Terms::new(InstrumentId(0), 730, Qty::lots(1));
        let text = |close: &str| {
            format!(
                r#"{{"ticks":[60000,0],"open":[2.8,2.7],"high":[2.9,2.8],"low":[2.75,2.7],"close":[{close}],"volume":[1460,0],"cost":[0,0],"status":"ok"}}"#
            )
        };
        let bars = bars(&text("2.85,2.8"), &terms).unwrap();
        assert_eq!((bars[0].start, bars[0].volume), (Utc(0), Qty::ZERO));
        assert_eq!((bars[1].close, bars[1].volume), (Price(2_850_000_000), Qty::lots(2)));
        assert_eq!(super::bars(&text("2.85"), &terms).unwrap_err().what, AnomalyKind::MissingField);
        assert!(
            super::bars(
                r#"{"ticks":[],"open":[],"high":[],"low":[],"close":[],"volume":[],"cost":[],"status":"no_data"}"#,
                &terms
            )
            .unwrap()
            .is_empty()
        );
    }

    #[test]
    fn indices_are_read_in_both_forms() {
        let known: Vec<Arc<str>> = vec!["h100_usdc".into()];
        let short = indices(r#"["h100_usdc","h100_usdc_grid","h1000_usdc","btc_usd"]"#, &known).unwrap();
        let names: Vec<_> = short.iter().map(|i| (&*i.name, i.beside.as_deref(), i.is_simulated)).collect();
        assert_eq!(names, [("h100_usdc", None, false), ("h100_usdc_grid", Some("h100_usdc"), false)]);
        let long = r#"[{"name":"h100_usdc_grid","future_combo_enabled":true,"option_combo_enabled":false,"description":"Grid","publication_interval":900000,"simulated":true}]"#;
        let long = indices(long, &known).unwrap();
        assert_eq!((long[0].description.as_deref(), long[0].every), (Some("Grid"), Some(Duration::from_secs(900))));
        assert!(long[0].is_simulated);
    }
}
