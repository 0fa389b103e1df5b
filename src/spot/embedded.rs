//! The price snapshots that come with the program. Their provenance and licences stand beside them in `assets/data`.

use std::io::Read as _;

use flate2::read::GzDecoder;
use jiff::civil::{Date, date};

use super::SpotError;
use super::read::{Reading, rental, tokens};
use super::source::COMPILED;
use crate::domain::spot::{RentalOffer, TokenListing};

/// List prices of 1,978 chat models, condensed from LiteLLM's map.
const TOKENS: &[u8] = include_bytes!("../../assets/data/token_prices.json.gz");
/// List prices of GPU-hours, compiled by hand.
const RENTAL: &str = include_str!("../../assets/data/rental_prices.csv");
/// When both sets were made for the program: prices fetched before are older than they.
pub const COMPILED_ON: Date = date(2026, 11, 22);
/// What a header says of their age.
pub const RENTAL_DATED: &str = "undated catalogue of 2026";
pub const TOKENS_DATED: &str = "LiteLLM 1.109.1, undated";
/// More than the token prices take once unpacked.
const MOST_UNPACKED_BYTES: u64 = 4 << 20;

/// # Errors
/// [`SpotError`] when the file was damaged at build time; a test reads it.
pub fn token_prices() -> Result<Reading<TokenListing>, SpotError> {
    let mut text = Vec::new();
    let unpacked = GzDecoder::new(TOKENS).take(MOST_UNPACKED_BYTES).read_to_end(&mut text);
    unpacked.map_err(|_| SpotError::Damaged)?;
    tokens(&text)
}

/// # Errors
/// As [`token_prices`].
pub fn rental_prices() -> Result<Reading<RentalOffer>, SpotError> {
    Ok(Reading { source: COMPILED, ..rental("", RENTAL.as_bytes())? })
}
