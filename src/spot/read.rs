//! Bytes → rows, by what the text looks like.

use super::csv::Table;
use super::intake::Intake;
use super::json::Fields;
use super::source::{LITELLM, OPENROUTER, OWN_FILE, SKYPILOT, Source};
use super::{SpotError, litellm, openrouter, own_csv, skypilot};
use crate::domain::spot::{RentalOffer, TokenListing};

/// Rows of one text, what became of the others, and where the text is from.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    pub rows: Vec<T>,
    pub intake: Intake,
    pub source: Source,
}

/// A SkyPilot catalogue or a list of one's own, told apart by the header. `seller` is whose catalogue it is; one's own list names
/// the seller in each row.
///
/// # Errors
/// [`SpotError`] when the text is neither.
pub fn rental(seller: &str, bytes: &[u8]) -> Result<Reading<RentalOffer>, SpotError> {
    let table = Table::read(text(bytes)?)?;
    let is_skypilot = skypilot::is_header(&table);
    let (rows, intake) = if is_skypilot { skypilot::parse(seller, &table) } else { own_csv::parse(&table) }?;
    Ok(Reading { rows, intake, source: if is_skypilot { SKYPILOT } else { OWN_FILE } })
}

/// LiteLLM's map, its condensed form or OpenRouter's answer, told apart by their outermost fields.
///
/// # Errors
/// [`SpotError`] when the text is none of them.
pub fn tokens(bytes: &[u8]) -> Result<Reading<TokenListing>, SpotError> {
    let text = text(bytes)?;
    let outermost = Fields::parse(text).map_err(|error| SpotError::Json(error.to_string()))?;
    let starts = |name: &str, with: char| outermost.get(name).is_some_and(|value| value.starts_with(with));
    let ((rows, intake), source) = if starts("data", '[') {
        (openrouter::parse(text)?, OPENROUTER)
    } else if starts("models", '[') {
        (litellm::parse_condensed(text)?, LITELLM)
    } else if outermost.0.iter().any(|(_, value)| value.get().contains("litellm_provider")) {
        (litellm::parse(text)?, LITELLM)
    } else {
        return Err(SpotError::UnknownShape("no litellm_provider, no list `models`, no list `data`"));
    };
    Ok(Reading { rows, intake, source })
}

fn text(bytes: &[u8]) -> Result<&str, SpotError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SpotError::NotText)?;
    if text.trim().is_empty() { Err(SpotError::Empty) } else { Ok(text) }
}
