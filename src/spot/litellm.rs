//! LiteLLM's model price map (MIT): one JSON object, a field a model, dollars per token. Also the condensed form of it that comes
//! with the program: chat models only, short keys.
//!
//! Text models are taken (modes `chat` and `responses`). Unknown fields are ignored: there are more than a hundred. Where a model
//! has only a list of tiers, its first tier stands as the price.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::SpotError;
use super::intake::{Intake, Skip};
use super::json::{Fields, NotANumber, dollars_per_mtok};
use super::model_name::provider_of;
use super::tokens::{Draft, listing};
use crate::domain::number::Price;
use crate::domain::spot::{BatchPrices, LongContext, TokenListing};

/// The entry that documents the map.
const DOCUMENTATION: &str = "sample_spec";

/// The map as published.
///
/// # Errors
/// [`SpotError::Json`] when it is not a JSON object.
pub fn parse(text: &str) -> Result<(Vec<TokenListing>, Intake), SpotError> {
    let entries = Fields::parse(text).map_err(|error| SpotError::Json(error.to_string()))?;
    Ok(collect(entries.0.iter().map(|(key, raw)| (key.as_str(), entry(key, raw)))))
}

/// The condensed form.
///
/// # Errors
/// [`SpotError::Json`] when it is not a JSON object with a list `models`.
pub fn parse_condensed(text: &str) -> Result<(Vec<TokenListing>, Intake), SpotError> {
    #[derive(Deserialize)]
    struct Condensed<'a> {
        #[serde(borrow)]
        models: Vec<&'a RawValue>,
    }
    let whole: Condensed<'_> = serde_json::from_str(text).map_err(|error| SpotError::Json(error.to_string()))?;
    let keys: Vec<String> = (1..=whole.models.len()).map(|at| format!("model {at}")).collect();
    Ok(collect(keys.iter().zip(&whole.models).map(|(place, raw)| (place.as_str(), condensed_entry(raw)))))
}

fn collect<'a>(drafts: impl Iterator<Item = (&'a str, Result<Draft, Skip>)>) -> (Vec<TokenListing>, Intake) {
    let mut intake = Intake::default();
    let mut listings = Vec::new();
    for (place, draft) in drafts {
        match draft {
            Ok(draft) => {
                intake.taken += 1;
                for &note in &draft.notes {
                    intake.note(note, place);
                }
                listings.push(listing(draft));
            }
            Err(why) => intake.skip(why, place),
        }
    }
    (listings, intake)
}

/// One field of the map.
fn entry(key: &str, raw: &RawValue) -> Result<Draft, Skip> {
    if key == DOCUMENTATION {
        return Err(Skip::Documentation);
    }
    let fields = Fields::parse(raw.get()).map_err(|_| Skip::Malformed)?;
    if !matches!(fields.string("mode").as_deref(), Some("chat" | "responses")) {
        return Err(Skip::OtherMode);
    }
    let provider = fields.string("litellm_provider").ok_or(Skip::Malformed)?;
    let tiers = fields.get("tiered_pricing").map(tiers).transpose()?.unwrap_or_default();
    let flat = [fields.dollars_per_mtok("input_cost_per_token"), fields.dollars_per_mtok("output_cost_per_token")];
    let (input, output) = match (flat, tiers.first()) {
        ([Ok(Some(input)), Ok(Some(output))], _) => (input, output),
        ([Ok(_), Ok(_)], Some(first)) => (first.input, first.output),
        ([Ok(_), Ok(_)], None) => return Err(Skip::NoTokenPrice),
        _ => return Err(Skip::BadNumber),
    };
    let mut draft = Draft::new(key, provider_of(&provider), input, output)?;
    draft.cached = draft.optional(fields.dollars_per_mtok("cache_read_input_token_cost"));
    let batch = fields.dollars_per_mtok("input_cost_per_token_batches");
    let batch_output = draft.optional(fields.dollars_per_mtok("output_cost_per_token_batches"));
    draft.batch = draft.optional(batch).map(|input| BatchPrices { input, output: batch_output });
    let above = draft.optional(above(&fields));
    draft.long_context = above.or_else(|| tiers.get(1).copied());
    draft.max_input_tokens = fields.whole("max_input_tokens").or_else(|| fields.whole("max_tokens"));
    draft.max_output_tokens = fields.whole("max_output_tokens");
    draft.is_tiered = fields.get("tiered_pricing").is_some();
    draft.is_off_peak = fields.get("off_peak_pricing").is_some();
    draft.retires(fields.string("deprecation_date").as_deref());
    Ok(draft)
}

/// The lowest of the `…_above_272k_tokens` pairs.
fn above(fields: &Fields<'_>) -> Result<Option<LongContext>, NotANumber> {
    let thousands = |name: &str| -> Option<u64> {
        name.strip_prefix("input_cost_per_token_above_")?.strip_suffix("k_tokens")?.parse().ok()
    };
    let Some(lowest) = fields.0.iter().filter_map(|(name, _)| thousands(name)).min() else { return Ok(None) };
    let input = fields.dollars_per_mtok(&format!("input_cost_per_token_above_{lowest}k_tokens"))?;
    let output = fields.dollars_per_mtok(&format!("output_cost_per_token_above_{lowest}k_tokens"))?;
    let above_tokens = lowest.saturating_mul(1_000);
    Ok(input.zip(output).map(|(input, output)| LongContext { above_tokens, input, output }))
}

/// A list of tiers, each with the context it starts at. Tiers without both prices are left out.
fn tiers(raw: &str) -> Result<Vec<LongContext>, Skip> {
    let tiers: Vec<Fields<'_>> = serde_json::from_str(raw).map_err(|_| Skip::Malformed)?;
    let tier = |fields: &Fields<'_>| {
        let price = |name| fields.dollars_per_mtok(name).map_err(|_| Skip::BadNumber);
        let prices = price("input_cost_per_token")?.zip(price("output_cost_per_token")?);
        let range: Vec<&RawValue> = serde_json::from_str(fields.get("range").unwrap_or("[]")).unwrap_or_default();
        let above_tokens = range.first().and_then(|start| super::number::whole(start.get())).unwrap_or(0);
        Ok(prices.map(|(input, output)| LongContext { above_tokens, input, output }))
    };
    tiers.iter().map(tier).filter_map(Result::transpose).collect()
}

/// One element of `models`.
fn condensed_entry(raw: &RawValue) -> Result<Draft, Skip> {
    let fields = Fields::parse(raw.get()).map_err(|_| Skip::Malformed)?;
    let (Some(key), Some(provider)) = (fields.string("k"), fields.string("p")) else { return Err(Skip::Malformed) };
    let price = |name| fields.dollars_per_mtok(name).map_err(|_| Skip::BadNumber);
    let (Some(input), Some(output)) = (price("i")?, price("o")?) else { return Err(Skip::NoTokenPrice) };
    let mut draft = Draft::new(&key, provider_of(&provider), input, output)?;
    draft.cached = draft.optional(fields.dollars_per_mtok("c"));
    draft.batch = draft.optional(fields.get("b").map(batch_pair).transpose());
    draft.long_context = draft.optional(fields.get("t").map(first_threshold).transpose()).flatten();
    draft.max_input_tokens = fields.whole("mi").or_else(|| fields.whole("mt"));
    draft.max_output_tokens = fields.whole("mo");
    draft.is_tiered = fields.get("tp").is_some();
    draft.is_off_peak = fields.get("op").is_some();
    draft.retires(fields.string("d").as_deref());
    Ok(draft)
}

/// `[input, output]`; the output may be `null`.
fn batch_pair(raw: &str) -> Result<BatchPrices, NotANumber> {
    let pair: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| NotANumber)?;
    let price = |at: usize| -> Result<Option<Price>, NotANumber> {
        pair.get(at).map(|raw| raw.get()).filter(|raw| *raw != "null").map(dollars_per_mtok).transpose()
    };
    Ok(BatchPrices { input: price(0)?.ok_or(NotANumber)?, output: price(1)? })
}

/// `[[tokens, input, output], …]`.
fn first_threshold(raw: &str) -> Result<Option<LongContext>, NotANumber> {
    let steps: Vec<[&RawValue; 3]> = serde_json::from_str(raw).map_err(|_| NotANumber)?;
    let step = steps.first().map(|[tokens, input, output]| {
        let above_tokens = super::number::whole(tokens.get()).ok_or(NotANumber)?;
        let (input, output) = (dollars_per_mtok(input.get())?, dollars_per_mtok(output.get())?);
        Ok(LongContext { above_tokens, input, output })
    });
    step.transpose()
}
