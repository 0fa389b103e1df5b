//! OpenRouter's list of models (`GET /api/v1/models`): `{"data": [{"id", "pricing": {"prompt", "completion", …}, …}]}`, prices as
//! strings of dollars per token, the lowest price at which any of its sellers serves the model. A negative price stands for a router that
//! charges whatever the model it chooses costs.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::SpotError;
use super::intake::{Intake, Skip};
use super::json::Fields;
use super::tokens::{Draft, listing};
use crate::domain::spot::TokenListing;

const PROVIDER: &str = "openrouter";

/// # Errors
/// [`SpotError::Json`] when it is not a JSON object with a list `data`.
pub fn parse(text: &str) -> Result<(Vec<TokenListing>, Intake), SpotError> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        data: Vec<&'a RawValue>,
    }
    let answer: Answer<'_> = serde_json::from_str(text).map_err(|error| SpotError::Json(error.to_string()))?;
    let mut intake = Intake::default();
    let mut listings = Vec::new();
    for (at, raw) in answer.data.iter().enumerate() {
        match entry(raw) {
            Ok(draft) => {
                intake.taken += 1;
                for &note in &draft.notes {
                    intake.note(note, &draft.key);
                }
                listings.push(listing(draft));
            }
            Err(why) => intake.skip(why, format_args!("model {}", at + 1)),
        }
    }
    Ok((listings, intake))
}

fn entry(raw: &RawValue) -> Result<Draft, Skip> {
    let fields = Fields::parse(raw.get()).map_err(|_| Skip::Malformed)?;
    let key = fields.string("id").ok_or(Skip::Malformed)?;
    let pricing = Fields::parse(fields.get("pricing").ok_or(Skip::NoTokenPrice)?).map_err(|_| Skip::Malformed)?;
    let price = |name| pricing.dollars_per_mtok(name).map_err(|_| Skip::BadNumber);
    let (Some(input), Some(output)) = (price("prompt")?, price("completion")?) else { return Err(Skip::NoTokenPrice) };
    if input.0 < 0 || output.0 < 0 {
        return Err(Skip::PricedElsewhere);
    }
    let mut draft = Draft::new(&key, PROVIDER, input, output)?;
    draft.cached = draft.optional(pricing.dollars_per_mtok("input_cache_read"));
    draft.max_input_tokens = fields.whole("context_length");
    let top = fields.get("top_provider").and_then(|raw| Fields::parse(raw).ok());
    draft.max_output_tokens = top.and_then(|top| top.whole("max_completion_tokens"));
    draft.retires(fields.string("expiration_date").as_deref());
    Ok(draft)
}
