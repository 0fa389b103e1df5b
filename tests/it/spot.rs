//! Price sources, each with every oddity that real ones have. The last part reads the real files where they are; without them it
//! says so and checks nothing but that.

mod real;

use std::path::Path;

use tenor::domain::number::Price;
use tenor::domain::spot::{
    BatchPrices, Gpu, Hardware, IndexUse, LongContext, RentalMode, RentalOffer, TokenFlag, TokenListing, TokenMix,
};
use tenor::spot::SpotError;
use tenor::spot::intake::{Intake, Note, Skip};
use tenor::spot::print;
use tenor::spot::read::{self, Reading};
use tenor::spot::{embedded, rental, source, tokens};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/spot").join(name)).unwrap()
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn catalogue(seller: &str, name: &str) -> Reading<RentalOffer> {
    read::rental(seller, &fixture(name)).unwrap()
}

/// Instance, GPU, mode and price of each offer.
fn offered(reading: &Reading<RentalOffer>) -> Vec<(String, Gpu, RentalMode, String)> {
    let rows = reading.rows.iter();
    rows.map(|offer| (offer.instance.to_string(), offer.gpu, offer.mode, offer.price.to_string())).collect()
}

fn skipped(intake: &Intake) -> Vec<(Skip, u64, &str)> {
    intake.skipped.iter().map(|(&why, met)| (why, met.count, met.first.as_str())).collect()
}

fn noted(intake: &Intake) -> Vec<(Note, u64, &str)> {
    intake.noted.iter().map(|(&what, met)| (what, met.count, met.first.as_str())).collect()
}

#[test]
fn python_dictionaries_noise_and_memory() {
    use RentalMode::OnDemand;
    let reading = catalogue("quiet", "python_info.csv");
    let want = [
        ("quiet-1", Gpu::H100, "1.7312"),
        ("quiet-1", Gpu::H100, "1.7312"),
        ("quiet-8", Gpu::H100, "2.3812"),
        ("quiet-8", Gpu::H100, "2.3812"),
        ("small-4", Gpu::A100With40, "1.3"),
        ("large-2", Gpu::A100With80, "1.55"),
    ];
    assert_eq!(offered(&reading), want.map(|(name, gpu, price)| (name.to_owned(), gpu, OnDemand, price.to_owned())));
    assert_eq!(
        skipped(&reading.intake),
        [
            (Skip::NoAccelerator, 1, "line 10"),
            (Skip::OtherAccelerator, 1, "line 9"),
            (Skip::UnknownMemory, 1, "line 8"),
            (Skip::Repeated, 1, "line 11"),
        ]
    );
    assert_eq!((reading.intake.rows(), reading.intake.taken, reading.source), (10, 6, source::SKYPILOT));
    assert_eq!(&*reading.rows[2].region, "");
    // Two regions and two memory sizes of one machine at one price are one offer.
    let board = rental::board(&reading.rows, Gpu::H100, OnDemand);
    assert_eq!((board.providers[0].offers, board.providers[0].median), (2, price("2.0562")));
}

#[test]
fn json_dictionaries_swapped_columns_and_absent_prices() {
    use RentalMode::{Interruptible, OnDemand};
    let reading = catalogue("fast", "json_info.csv");
    let want = [
        ("fast-1", Gpu::H100, OnDemand, "2.4"),
        ("fast-1", Gpu::H100, Interruptible, "0.9"),
        ("fast-2", Gpu::H100, OnDemand, "2.4"),
        ("fast-3", Gpu::H200, Interruptible, "1.5"),
        ("fast-4", Gpu::H100, OnDemand, "2.2"),
        ("fast-5", Gpu::H200, OnDemand, "3.2"),
    ];
    assert_eq!(offered(&reading), want.map(|(name, gpu, mode, price)| (name.to_owned(), gpu, mode, price.to_owned())));
    let regions: Vec<&str> = reading.rows.iter().map(|offer| &*offer.region).collect();
    assert_eq!(regions, ["Paris, FR, EU", "Paris, FR, EU", "Zürich \"West\"", "Kraków", ", US, NA", "us-1"]);
    assert_eq!(
        skipped(&reading.intake),
        [
            (Skip::BadCount, 1, "line 10"),
            (Skip::NoPrice, 2, "line 7"),
            (Skip::BadNumber, 2, "line 8"),
            (Skip::FieldCount, 1, "line 12"),
        ]
    );
    assert_eq!(
        noted(&reading.intake),
        [(Note::ZeroPrice, 1, "line 11"), (Note::SpotZero, 1, "line 5"), (Note::SpotEqualsOnDemand, 1, "line 6")]
    );
}

#[test]
fn a_bid_floor_is_no_price() {
    let reading = catalogue("mithril", "mithril.csv");
    assert_eq!(offered(&reading), [("real-1".to_owned(), Gpu::H200, RentalMode::OnDemand, "2.75".to_owned())]);
    assert_eq!(skipped(&reading.intake), [(Skip::Placeholder, 4, "line 2")]);
    let elsewhere = catalogue("someone else", "mithril.csv");
    assert_eq!(elsewhere.intake.count_of(Skip::Placeholder), 0);
}

#[test]
fn resellers_are_marked_with_whose_machines_they_rent() {
    let prime = catalogue("primeintellect", "primeintellect.csv");
    let upstreams: Vec<_> = prime.rows.iter().map(|offer| (offer.upstream.as_deref(), offer.gpu)).collect();
    assert_eq!(
        upstreams,
        [
            (Some("lambda"), Gpu::A100With40),
            (Some("verda"), Gpu::A100With80),
            (Some("hyperstack"), Gpu::H100),
            (Some("runpod"), Gpu::H100),
        ]
    );
    let spheron = catalogue("spheron", "spheron.csv");
    assert_eq!(spheron.rows.iter().map(|offer| offer.upstream.as_deref()).collect::<Vec<_>>(), [Some("verda"), None]);
    let old = catalogue("verda", "old_verda.csv");
    assert_eq!(offered(&old), [("8A100.176V".to_owned(), Gpu::A100With80, RentalMode::OnDemand, "1.29".to_owned())]);
    assert_eq!(old.rows[0].upstream, None);

    let board = rental::board(&prime.rows, Gpu::H100, RentalMode::OnDemand);
    let rows: Vec<_> = board.providers.iter().map(|p| (&*p.name, p.median, p.hardware, p.index_use)).collect();
    assert_eq!(
        rows,
        [
            ("Prime Intellect", price("1.4"), Hardware::Resold, IndexUse::Forbidden),
            ("Prime Intellect", price("1.9"), Hardware::Resold, IndexUse::Allowed),
        ]
    );
    assert_eq!(board.summary.map(|summary| (summary.providers, summary.median)), Some((1, price("1.9"))));
}

#[test]
fn sellers_whose_terms_forbid_it_are_listed_and_never_counted() {
    let vast = catalogue("vast", "vast.csv");
    assert_eq!(noted(&vast.intake), [(Note::SpotZero, 2, "line 2")]);
    assert_eq!(vast.rows[1].gpu, Gpu::A100With80);
    let board = rental::board(&vast.rows, Gpu::H100, RentalMode::OnDemand);
    assert_eq!((board.providers.len(), board.summary), (1, None));

    let own = read::rental("own", &fixture("own.csv")).unwrap();
    let board = rental::board(&own.rows, Gpu::H100, RentalMode::OnDemand);
    let rows: Vec<_> = board.providers.iter().map(|p| (&*p.provider, p.median, p.index_use)).collect();
    assert_eq!(
        rows,
        [
            ("vast", price("0.5"), IndexUse::Forbidden),
            ("runpod", price("0.6"), IndexUse::Forbidden),
            ("shadeform", price("0.7"), IndexUse::Forbidden),
            ("primeintellect", price("0.8"), IndexUse::Forbidden),
            ("my datacentre", price("2"), IndexUse::Allowed),
            ("lambda", price("3.99"), IndexUse::Allowed),
        ]
    );
    let summary = board.summary.unwrap();
    assert_eq!((summary.providers, summary.median), (2, price("2.995")));
    assert_eq!((summary.lower_quartile, summary.upper_quartile), (price("2.4975"), price("3.4925")));
    assert_eq!((summary.low, summary.high), (price("2"), price("3.99")));
}

#[test]
fn a_list_of_ones_own_says_what_it_cannot_use() {
    let own = read::rental("own", &fixture("own.csv")).unwrap();
    assert_eq!(own.source, source::OWN_FILE);
    assert_eq!(
        skipped(&own.intake),
        [
            (Skip::OtherAccelerator, 1, "line 14"),
            (Skip::UnknownMemory, 1, "line 9"),
            (Skip::BadCount, 1, "line 13"),
            (Skip::NoPrice, 1, "line 10"),
            (Skip::Placeholder, 1, "line 16"),
            (Skip::BadNumber, 1, "line 11"),
            (Skip::BadField, 2, "line 12"),
            (Skip::FieldCount, 1, "line 17"),
        ]
    );
    assert_eq!((own.intake.rows(), own.intake.taken), (16, 7));
    let lambda = &own.rows[0];
    assert_eq!(
        (lambda.gpus, &*lambda.region, &*lambda.source, &*lambda.as_of),
        (8, "San José, CR", "price page", "2026-11-20")
    );
    assert_eq!(own.rows[6].mode, RentalMode::Interruptible);
}

#[test]
fn texts_of_no_use_are_refused_with_a_reason() {
    let refusal = |bytes: &[u8]| read::rental("x", bytes).unwrap_err();
    assert_eq!(refusal(b"\xff\xfe"), SpotError::NotText);
    assert_eq!(refusal(b" \n"), SpotError::Empty);
    let missing =
        SpotError::Header { missing: "gpu, price_per_gpu_hour".to_owned(), found: "provider, price".to_owned() };
    assert_eq!(refusal(b"provider,price\nx,1\n"), missing);
    let refusal = |bytes: &[u8]| read::tokens(bytes).unwrap_err();
    assert!(matches!(refusal(b"not json"), SpotError::Json(_)));
    assert!(matches!(refusal(b"[]"), SpotError::Json(_)));
    assert!(matches!(refusal(b"{\"data\": [1}"), SpotError::Json(_)));
    assert!(matches!(refusal(b"{\"models\": 3}"), SpotError::UnknownShape(_)));
}

fn find<'a>(reading: &'a Reading<TokenListing>, key: &str) -> &'a TokenListing {
    reading.rows.iter().find(|listing| &*listing.key == key).unwrap_or_else(|| panic!("{key} is not listed"))
}

/// Input, output and cached, as printed.
fn prices(listing: &TokenListing) -> (String, String, Option<String>) {
    (listing.input.to_string(), listing.output.to_string(), listing.cached.map(|price| price.to_string()))
}

#[test]
fn every_entry_of_the_oddities_is_taken_or_counted() {
    let reading = read::tokens(&fixture("token_price_oddities.json")).unwrap();
    assert_eq!(
        skipped(&reading.intake),
        [
            (Skip::Documentation, 1, "sample_spec"),
            (Skip::NoTokenPrice, 3, "bedrock/ap-northeast-1/1-month-commitment/anthropic.claude-v1"),
        ]
    );
    assert_eq!((reading.intake.rows(), reading.intake.taken, noted(&reading.intake)), (26, 22, vec![]));

    let gpt = find(&reading, "gpt-5.5");
    assert_eq!(prices(gpt), ("5".to_owned(), "30".to_owned(), Some("0.5".to_owned())));
    assert_eq!(gpt.batch, Some(BatchPrices { input: price("2.5"), output: Some(price("15")) }));
    let long = LongContext { above_tokens: 272_000, input: price("10"), output: price("45") };
    assert_eq!((gpt.long_context, gpt.max_input_tokens), (Some(long), Some(1_050_000)));
    assert_eq!(TokenMix::default().blend(gpt), price("11.25"));

    let half_batch = find(&reading, "azure/eu/gpt-4o-mini").batch;
    assert_eq!(half_batch, Some(BatchPrices { input: price("0.083"), output: None }));
    let tiered = find(&reading, "dashscope/qwen3-max");
    assert_eq!((prices(tiered).0, prices(tiered).1), ("1.2".to_owned(), "6".to_owned()));
    let second = LongContext { above_tokens: 32_000, input: price("2.4"), output: price("12") };
    assert_eq!((tiered.long_context, &*tiered.flags), (Some(second), &[TokenFlag::Tiered][..]));

    for (key, flags, counts) in [
        ("azure_ai/jais-30b-chat", &[TokenFlag::Outlier, TokenFlag::Retiring][..], false),
        ("azure_ai/model-router", &[TokenFlag::HalfFree, TokenFlag::Retiring], false),
        ("together_ai/together/Tev1-4B-experimental", &[TokenFlag::HalfFree], false),
        ("gemini/gemma-3-27b-it", &[TokenFlag::Free], false),
        ("vertex_ai/meta/llama3-405b-instruct-maas", &[TokenFlag::Free], false),
        ("deepseek/deepseek-v4-flash", &[TokenFlag::OffPeak], true),
        ("us.openai.gpt-5.5", &[], true),
    ] {
        let listing = find(&reading, key);
        assert_eq!((&*listing.flags, listing.counts()), (flags, counts), "{key}");
    }
    let nameless = find(&reading, "together-ai-up-to-4b");
    assert_eq!((nameless.max_input_tokens, nameless.cached), (None, None));

    // The same model under two keys at one price, and at another seller for less.
    let board = tokens::board(reading.rows, TokenMix::default());
    let group = board.groups.iter().find(|group| &*group.base == "gpt-oss-120b").unwrap();
    assert_eq!((group.rows.len(), group.providers), (3, 2));
    let range = group.blended.unwrap();
    assert_eq!((range.low, range.median, range.high), (price("0.07025"), price("0.2625"), price("0.2625")));
}

#[test]
fn price_maps_are_read_field_by_field() {
    let reading = read::tokens(&fixture("price_map.json")).unwrap();
    assert_eq!(
        skipped(&reading.intake),
        [
            (Skip::BadNumber, 2, "odd/words"),
            (Skip::Documentation, 1, "sample_spec"),
            (Skip::OtherMode, 2, "odd/picture"),
            (Skip::NoTokenPrice, 2, "odd/per-second"),
            (Skip::Malformed, 2, "odd/list"),
        ]
    );
    assert_eq!((reading.intake.rows(), reading.intake.taken), (14, 5));
    assert_eq!(
        noted(&reading.intake),
        [(Note::BadDate, 1, "steps/model-d"), (Note::OtherCostUnread, 1, "steps/model-d")]
    );
    assert_eq!(prices(find(&reading, "noisy/model-a")), ("0.95".to_owned(), "3.2".to_owned(), None));
    let quoted = find(&reading, "quoted/model-b");
    assert_eq!(
        (prices(quoted).0.as_str(), quoted.max_input_tokens, quoted.max_output_tokens),
        ("1", Some(4_096), Some(8_192))
    );
    let lowest = LongContext { above_tokens: 128_000, input: price("1.5"), output: price("2.5") };
    assert_eq!(find(&reading, "steps/model-c").long_context, Some(lowest));
    assert_eq!(find(&reading, "steps/model-d").batch, Some(BatchPrices { input: price("0.5"), output: None }));
    let second = LongContext { above_tokens: 32_000, input: price("2"), output: price("6") };
    assert_eq!(find(&reading, "steps/model-e").long_context, Some(second));
}

#[test]
fn openrouter_quotes_strings_and_routers() {
    let reading = read::tokens(&fixture("openrouter.json")).unwrap();
    assert_eq!(
        skipped(&reading.intake),
        [
            (Skip::BadNumber, 1, "model 6"),
            (Skip::NoTokenPrice, 2, "model 4"),
            (Skip::PricedElsewhere, 1, "model 3"),
            (Skip::Malformed, 2, "model 7"),
        ]
    );
    assert_eq!((reading.intake.rows(), reading.intake.taken, reading.source), (9, 3, source::OPENROUTER));
    assert_eq!(
        noted(&reading.intake),
        [(Note::BadDate, 1, "some/odd-cache"), (Note::OtherCostUnread, 1, "some/odd-cache")]
    );
    let gpt = find(&reading, "openai/gpt-5.5");
    assert_eq!(prices(gpt), ("5".to_owned(), "30".to_owned(), Some("0.5".to_owned())));
    assert_eq!((&*gpt.base, gpt.max_input_tokens, gpt.max_output_tokens), ("gpt-5.5", Some(1_050_000), Some(128_000)));
    let free = find(&reading, "zai/glm-5:free");
    assert_eq!((&*free.base, &*free.flags), ("glm-5", &[TokenFlag::Free, TokenFlag::Retiring][..]));
}

#[test]
fn the_embedded_token_prices_are_the_published_ones() {
    let reading = embedded::token_prices().unwrap();
    assert_eq!((reading.intake.rows(), reading.intake.taken), (1_978, 1_978), "{}", reading.intake);
    let board = tokens::board(reading.rows, TokenMix::default());
    let listed = |provider: &str, region: Option<&str>| {
        let rows = board.rows.iter().map(|row| &row.listing);
        let found: Vec<_> = rows
            .filter(|l| &*l.base == "gpt-5.5" && &*l.provider == provider && l.region.as_deref() == region)
            .map(prices)
            .collect();
        assert!(!found.is_empty(), "{provider} {region:?}");
        found
    };
    let dollars =
        |input: &str, output: &str, cached: &str| (input.to_owned(), output.to_owned(), Some(cached.to_owned()));
    assert!(listed("openai", None).iter().all(|prices| *prices == dollars("5", "30", "0.5")));
    assert_eq!(listed("bedrock", Some("us")), [dollars("5.5", "33", "0.55")]);
    assert_eq!(listed("bedrock", Some("global")), [dollars("5", "30", "0.5")]);
    let group = board.groups.iter().find(|group| &*group.base == "gpt-5.5").unwrap();
    assert_eq!(group.blended.unwrap().low, price("11.25"));
    assert_eq!(board.groups.iter().map(|group| group.rows.len()).sum::<usize>(), board.rows.len());
    assert!(board.rows.is_sorted_by_key(|row| &row.listing.base));
}

#[test]
fn the_embedded_rental_prices_make_a_board() {
    let reading = embedded::rental_prices().unwrap();
    assert_eq!(reading.intake.taken, reading.intake.rows(), "{}", reading.intake);
    assert!(reading.rows.iter().all(|o| o.source.starts_with("SkyPilot catalogue, ") && &*o.as_of == "undated, 2026"));
    let forbidden = ["vast", "runpod", "shadeform", "mithril"];
    assert!(reading.rows.iter().all(|offer| !forbidden.contains(&&*offer.provider)));
    // Medians of the sellers' medians, by hand: 1.89 1.95 2.00 2.26 2.29 [2.35] 2.57 2.95 3.49 4.09 8.26.
    let h100 = rental::board(&reading.rows, Gpu::H100, RentalMode::OnDemand).summary.unwrap();
    assert_eq!((h100.providers, h100.median, h100.low, h100.high), (11, price("2.35"), price("1.75"), price("9.49")));
    assert_eq!((h100.lower_quartile, h100.upper_quartile), (price("2.13"), price("3.22")));
    // 2.00 2.60 3.39 [3.50] 3.90 4.59 9.02
    let h200 = rental::board(&reading.rows, Gpu::H200, RentalMode::OnDemand).summary.unwrap();
    assert_eq!((h200.providers, h200.median), (7, price("3.5")));
    // 4.40 4.89 5.50 | 6.15 6.89 14.24
    let b200 = rental::board(&reading.rows, Gpu::B200, RentalMode::OnDemand).summary.unwrap();
    assert_eq!((b200.providers, b200.median), (6, price("5.825")));
}

#[test]
fn boards_are_written_exactly() {
    let reading = embedded::token_prices().unwrap();
    let wanted = reading.rows.into_iter().filter(|listing| listing.key.ends_with("global.openai.gpt-5.5")).collect();
    let board = tokens::board(wanted, TokenMix { input: 2, output: 1, cached: 7 });
    let json: serde_json::Value =
        serde_json::from_str(&print::tokens::json(&board, &reading.intake, reading.source)).unwrap();
    assert_eq!(json["models"][0]["output"].to_string(), "30");
    assert_eq!(json["models"][0]["cached"].to_string(), "0.5");
    assert_eq!(json["models"][0]["blended"].to_string(), "4.35");
    assert_eq!(json["models"][0]["long_context"]["above_tokens"], 272_000);
    assert_eq!((&json["rows"]["taken"], &json["rows"]["read"]), (&1_978.into(), &1_978.into()));
    let csv = print::tokens::csv(&board);
    let row = csv.lines().nth(1).unwrap();
    assert_eq!(
        row,
        "gpt-5.5,bedrock,global,openai.gpt-5.5,5,30,0.5,,,272000,10,45,4.35,922000,128000,,,global.openai.gpt-5.5"
    );

    let own = read::rental("own", &fixture("own.csv")).unwrap();
    let boards = rental::boards(&own.rows);
    let json: serde_json::Value =
        serde_json::from_str(&print::rental::json(&boards, &own.intake, &[own.source])).unwrap();
    assert_eq!(json["boards"][0]["summary"]["median"].to_string(), "2.995");
    assert_eq!((&json["rows"]["read"], &json["rows"]["taken"]), (&16.into(), &7.into()));
    assert_eq!(json["rows"]["skipped"][0]["reason"], "another accelerator");
    assert_eq!(json["kind"], "list prices, not a settlement index");
    let csv = print::rental::csv(&boards);
    assert_eq!(csv.lines().nth(1), Some("H100,on demand,vast,0.5,0.5,0.5,1,false,false"));
    let table = print::rental::table(&boards, &own.intake, &[own.source]);
    assert!(
        table.contains("not counted: its terms forbid it") && table.contains("median of 2 providers 2.995"),
        "{table}"
    );
    assert!(table.ends_with("line 17)"), "{table}");
}
