//! Takes a price map's key apart: `bedrock/eu-west-1/meta.llama3-70b-instruct-v1:0` is the model `meta.llama3-70b-instruct-v1:0` in
//! `eu-west-1`, known to others as `llama3-70b-instruct`. The base name groups rows for display and nothing else: two models that
//! share one are usually, not surely, the same.

use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName {
    pub model: Arc<str>,
    pub base: Arc<str>,
    pub region: Option<Arc<str>>,
}

/// Words that name where a model runs, beside Amazon's region codes.
const AREAS: [&str; 11] = ["us", "eu", "global", "global-standard", "apac", "au", "ca", "in", "jp", "uk", "us-gov"];

/// Vendors as Amazon writes them in front of a model.
const VENDORS: [&str; 17] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "writer",
    "xai",
    "zai",
];

/// `provider` is the short form that [`provider_of`] gives.
pub fn split(key: &str, provider: &str) -> ModelName {
    let mut rest = match key.split_once('/') {
        Some((head, rest)) if provider_of(head) == provider => rest,
        _ => key,
    };
    let mut region = None;
    if let Some((head, tail)) = rest.split_once('/')
        && (is_aws_region(head) || (provider.starts_with("azure") && AREAS.contains(&head)))
    {
        (region, rest) = (Some(head.into()), tail);
    } else if provider == "bedrock"
        && let Some((head, tail)) = rest.split_once('.')
        && AREAS.contains(&head)
    {
        (region, rest) = (Some(head.into()), tail);
    }
    ModelName { model: rest.into(), base: base(rest, provider).into(), region }
}

/// One name for a seller's several interfaces: `bedrock_converse` → `bedrock`, `vertex_ai-llama_models` → `vertex_ai`.
pub fn provider_of(source: &str) -> &str {
    match source {
        _ if source.starts_with("bedrock") => "bedrock",
        _ if source.starts_with("vertex_ai") => "vertex_ai",
        _ => source,
    }
}

/// `eu-west-1`, `us-gov-east-1`.
fn is_aws_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, .., number] = parts.as_slice() else { return false };
    (3..=4).contains(&parts.len())
        && area.len() == 2
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn base(model: &str, provider: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model).trim_start_matches('~').to_lowercase();
    let name = if provider == "bedrock" { without_vendor(&name) } else { name };
    let name = name.split('@').next().unwrap_or(&name);
    let name = without_variant(name);
    let name = name.strip_suffix("-maas").unwrap_or(name);
    let name = without_date(name);
    if provider == "fireworks_ai" { with_points(name) } else { name.to_owned() }
}

/// `openai.gpt-5.5` → `gpt-5.5`, but `deepseek.v3.2` → `deepseek-v3.2`.
fn without_vendor(name: &str) -> String {
    match name.split_once('.') {
        Some((vendor, rest)) if VENDORS.contains(&vendor) => {
            let is_version = rest.strip_prefix('v').is_some_and(|v| v.starts_with(|char: char| char.is_ascii_digit()));
            if is_version { format!("{vendor}-{rest}") } else { rest.to_owned() }
        }
        _ => name.to_owned(),
    }
}

/// `llama3-70b-instruct-v1:0` → `llama3-70b-instruct`, `gpt-oss-120b-1:0` → `gpt-oss-120b`, `glm-5:free` → `glm-5`.
fn without_variant(name: &str) -> &str {
    let Some((head, tail)) = name.split_once(':') else { return name };
    if !tail.starts_with(|char: char| char.is_ascii_digit()) {
        return head;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match head.rsplit_once('-') {
        Some((front, version)) if digits(version.strip_prefix('v').unwrap_or(version)) => front,
        _ => head,
    }
}

/// Cuts `-2026-04-23` or `-20251101` off the end.
fn without_date(name: &str) -> &str {
    let is_date = |text: &str, form: &str| {
        text.len() == form.len()
            && text
                .bytes()
                .zip(form.bytes())
                .all(|(byte, want)| if want == b'9' { byte.is_ascii_digit() } else { byte == want })
    };
    for form in ["-9999-99-99", "-99999999"] {
        if let Some((front, end)) = name.len().checked_sub(form.len()).and_then(|at| name.split_at_checked(at))
            && is_date(end, form)
            && (end.starts_with("-20") || end.starts_with("-19"))
            && !front.is_empty()
        {
            return front;
        }
    }
    name
}

/// Fireworks writes points as `p` between digits: `glm-5p1` → `glm-5.1`.
fn with_points(name: &str) -> String {
    let bytes = name.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let point = |(at, char): (usize, char)| match char {
        'p' if is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1)) => '.',
        _ => char,
    };
    name.char_indices().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_keys_apart() {
        for (key, provider, model, base, region) in [
            ("gpt-5.5", "openai", "gpt-5.5", "gpt-5.5", ""),
            ("gpt-5.5-2026-04-23", "openai", "gpt-5.5-2026-04-23", "gpt-5.5", ""),
            ("azure/eu/gpt-5.5-2026-04-24", "azure", "gpt-5.5-2026-04-24", "gpt-5.5", "eu"),
            ("azure/global-standard/gpt-4o-2024-08-06", "azure", "gpt-4o-2024-08-06", "gpt-4o", "global-standard"),
            ("us.openai.gpt-5.5", "bedrock_converse", "openai.gpt-5.5", "gpt-5.5", "us"),
            ("global.openai.gpt-5.5", "bedrock_converse", "openai.gpt-5.5", "gpt-5.5", "global"),
            (
                "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "bedrock",
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
                "claude-sonnet-4-5",
                "us-gov",
            ),
            (
                "bedrock/us-gov-west-1/meta.llama3-70b-instruct-v1:0",
                "bedrock",
                "meta.llama3-70b-instruct-v1:0",
                "llama3-70b-instruct",
                "us-gov-west-1",
            ),
            (
                "bedrock_mantle/us-gov-east-1/xai.grok-4.6",
                "bedrock_mantle",
                "xai.grok-4.6",
                "grok-4.6",
                "us-gov-east-1",
            ),
            (
                "bedrock/claude_platform/claude-fable-5",
                "bedrock",
                "claude_platform/claude-fable-5",
                "claude-fable-5",
                "",
            ),
            ("openai.gpt-oss-120b-1:0", "bedrock", "openai.gpt-oss-120b-1:0", "gpt-oss-120b", ""),
            ("meta.llama2-13b-chat-v1", "bedrock", "meta.llama2-13b-chat-v1", "llama2-13b-chat-v1", ""),
            ("bedrock/us-east-2/deepseek.v3.2", "bedrock", "deepseek.v3.2", "deepseek-v3.2", "us-east-2"),
            (
                "fireworks_ai/accounts/fireworks/models/glm-5p1",
                "fireworks_ai",
                "accounts/fireworks/models/glm-5p1",
                "glm-5.1",
                "",
            ),
            (
                "vertex_ai/claude-3-haiku@20240307",
                "vertex_ai-anthropic_models",
                "claude-3-haiku@20240307",
                "claude-3-haiku",
                "",
            ),
            (
                "vertex_ai/openai/gpt-oss-20b-maas",
                "vertex_ai-openai_models",
                "openai/gpt-oss-20b-maas",
                "gpt-oss-20b",
                "",
            ),
            ("deepinfra/Qwen/Qwen3.5-27B", "deepinfra", "Qwen/Qwen3.5-27B", "qwen3.5-27b", ""),
            ("together-ai-8.1b-21b", "together_ai", "together-ai-8.1b-21b", "together-ai-8.1b-21b", ""),
            ("~zai/glm-5-latest:free", "openrouter", "~zai/glm-5-latest:free", "glm-5-latest", ""),
            ("", "openai", "", "", ""),
            ("é-20251101", "openai", "é-20251101", "é", ""),
        ] {
            let name = split(key, provider_of(provider));
            let got = (&*name.model, &*name.base, name.region.as_deref().unwrap_or_default());
            assert_eq!(got, (model, base, region), "{key}");
        }
    }

    #[test]
    fn knows_region_codes() {
        for (text, want) in [
            ("us-east-1", true),
            ("ap-northeast-2", true),
            ("us-gov-west-1", true),
            ("us-east", false),
            ("1-month-commitment", false),
            ("gpt-5", false),
            ("us-", false),
        ] {
            assert_eq!(is_aws_region(text), want, "{text}");
        }
    }
}
