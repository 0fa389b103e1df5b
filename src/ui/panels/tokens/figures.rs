//! What the token board shows, as a pure function of the listed prices, a filter, a mix and an order.

use std::cmp::Ordering;

use crate::base::time::Utc;
use crate::domain::contract::Product;
use crate::domain::instrument::Unit;
use crate::domain::number::Price;
use crate::domain::spot::{TokenBoard, TokenListing, TokenMix};
use crate::ui::panels::price_board::{Sort, dollars};
use crate::ui::sheet::{self, Sheet};
use crate::view::View;

pub const COLUMNS: [&str; 7] = ["Model", "Provider", "Region", "Input", "Cached", "Output", "Blended"];
/// As the board groups them: by model, then by provider and region.
pub const FIRST_SORT: Sort = Sort { column: 0, is_descending: false };

/// A listing with its price under the chosen mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Of the board.
    pub at: usize,
    pub blended: Price,
}

/// The rows that a filter leaves, in order, and the middle of those that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// How many the median is over: marked prices are left out.
    pub counted: usize,
    pub median: Option<Price>,
}

impl Rows {
    /// Every word of `filter` must be part of the model, provider or region, in any case.
    pub fn of(board: &TokenBoard, filter: &str, mix: TokenMix, sort: Sort) -> Self {
        let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
        let listed = board.rows.iter().enumerate().filter(|(_, row)| contains(&row.listing, &words));
        let mut rows: Vec<Row> = listed.map(|(at, row)| Row { at, blended: mix.blend(&row.listing) }).collect();
        let mut counted: Vec<Price> =
            rows.iter().filter(|row| board.rows[row.at].listing.counts()).map(|row| row.blended).collect();
        counted.sort_unstable();
        rows.sort_by(|a, b| {
            let (one, other) = (&board.rows[a.at].listing, &board.rows[b.at].listing);
            sort.apply(compare(sort.column, (one, a.blended), (other, b.blended)))
        });
        Self { rows, counted: counted.len(), median: middle(&counted) }
    }
}

fn contains(listing: &TokenListing, words: &[String]) -> bool {
    let TokenListing { key, provider, model, base, region, .. } = listing;
    let texts = [key, provider, model, base].into_iter().chain(region);
    let text: Vec<String> = texts.map(|text| text.to_lowercase()).collect();
    words.iter().all(|word| text.iter().any(|text| text.contains(word)))
}

/// Equal ones stay in the board's order; a price that is not listed comes last.
fn compare(column: usize, a: (&TokenListing, Price), b: (&TokenListing, Price)) -> Ordering {
    let unlisted_last = |price: Option<Price>| (price.is_none(), price);
    match column {
        0 => (&a.0.base, &a.0.model).cmp(&(&b.0.base, &b.0.model)),
        1 => a.0.provider.cmp(&b.0.provider),
        2 => a.0.region.cmp(&b.0.region),
        3 => a.0.input.cmp(&b.0.input),
        4 => unlisted_last(a.0.cached).cmp(&unlisted_last(b.0.cached)),
        5 => a.0.output.cmp(&b.0.output),
        _ => a.1.cmp(&b.1),
    }
}

/// Of ascending prices: the middle one, or the mean of the middle two.
fn middle(ascending: &[Price]) -> Option<Price> {
    let last = ascending.len().checked_sub(1)?;
    let (low, high) = (*ascending.get(last / 2)?, *ascending.get(last.div_ceil(2))?);
    Some(Price(low.0 + (high.0 - low.0) / 2))
}

/// `3:1:0`, parts of input, output and cached input.
pub fn mix_text(mix: TokenMix) -> String {
    format!("{}:{}:{}", mix.input, mix.output, mix.cached)
}

/// How a blended price comes about: `(3 × 5.00 + 1 × 30.00) / 4 = 11.25`.
pub fn derivation(mix: TokenMix, listing: &TokenListing) -> String {
    let cached = listing.cached.unwrap_or(listing.input);
    let parts = [(mix.input, listing.input), (mix.output, listing.output), (mix.cached, cached)];
    let terms = parts.iter().filter(|(weight, _)| *weight > 0);
    let terms: Vec<String> = terms.map(|(weight, price)| format!("{weight} × {}", dollars(*price))).collect();
    let whole: u64 = parts.iter().map(|(weight, _)| u64::from(*weight)).sum();
    format!("({}) / {whole} = {}", terms.join(" + "), dollars(mix.blend(listing)))
}

/// What a listing says beyond its prices.
pub fn details(listing: &TokenListing, mix: TokenMix) -> Vec<String> {
    let mut lines = vec![format!("blended {}", derivation(mix, listing))];
    if mix.cached > 0 && listing.cached.is_none() {
        lines.push("no cached price is listed: the full input price stands in for it".to_owned());
    }
    if let Some(long) = &listing.long_context {
        let above = crate::ui::format::count(long.above_tokens);
        lines.push(format!("above {above} tokens: input {}, output {}", dollars(long.input), dollars(long.output)));
    }
    if let Some(batch) = &listing.batch {
        let output = batch.output.map(|price| format!(", output {}", dollars(price))).unwrap_or_default();
        lines.push(format!("batch: input {}{output}", dollars(batch.input)));
    }
    if let Some(most) = listing.max_input_tokens {
        lines.push(format!("context of {} tokens", crate::ui::format::count(most)));
    }
    if let Some(date) = listing.retires_on {
        lines.push(format!("retires on {date}"));
    }
    let counts = if listing.counts() { "" } else { ": not in any median" };
    if !listing.flags.is_empty() {
        let flags: Vec<&str> = listing.flags.iter().map(|flag| flag.name()).collect();
        lines.push(format!("marked {}{counts}", flags.join(", ")));
    }
    lines
}

/// The settlement index of tokens, and since when it stands.
pub fn index_of(view: &View) -> Option<(&Product, Price, Utc)> {
    let mut tokens = view.catalogue.iter().filter(|(_, terms)| terms.unit == Unit::Mtok);
    let product = tokens.find_map(|(_, terms)| terms.contract.product())?;
    let spot = view.products.iter().find(|spot| spot.product == *product)?;
    spot.index.map(|(price, utc)| (&spot.product, price, utc))
}

pub fn sheet(board: &TokenBoard, rows: &Rows, mix: TokenMix) -> Sheet {
    let mut sheet =
        Sheet::new(["model", "provider", "region", "input", "cached", "output", "blended", "mix", "marks", "key"]);
    for row in &rows.rows {
        let listing = &board.rows[row.at].listing;
        let flags: Vec<&str> = listing.flags.iter().map(|flag| flag.name()).collect();
        sheet.push([
            listing.model.to_string(),
            listing.provider.to_string(),
            listing.region.as_deref().unwrap_or_default().to_owned(),
            listing.input.to_string(),
            sheet::price(listing.cached),
            listing.output.to_string(),
            row.blended.to_string(),
            mix_text(mix),
            flags.join(" "),
            listing.key.to_string(),
        ]);
    }
    sheet
}
