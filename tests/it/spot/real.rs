//! Real catalogues, read completely. The figures asserted come from a separate program over the same files, which knew nothing of
//! this one: distinct (instance, GPUs, price per GPU to four places) by seller.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tenor::domain::number::Price;
use tenor::domain::spot::{Gpu, RentalBoard, RentalMode, RentalOffer, TokenFlag, TokenListing};
use tenor::spot::intake::{Intake, Skip};
use tenor::spot::{read, rental};

use super::{noted, price, skipped};

/// `TENOR_DATA`, or the folder beside the project.
fn data() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/data"));
    let folder = std::env::var_os("TENOR_DATA").map(PathBuf::from).or_else(beside)?;
    if !folder.is_dir() {
        println!("no price data at {}: set TENOR_DATA", folder.display());
        return None;
    }
    Some(folder)
}

/// Rows in each catalogue; all are taken but Mithril's.
const CATALOGUES: [(&str, u64); 10] = [
    ("cudo", 52),
    ("hyperstack", 12),
    ("jarvislabs", 8),
    ("lambda", 238),
    ("mithril", 4),
    ("nebius", 9),
    ("primeintellect", 67),
    ("seeweb", 10),
    ("spheron", 42),
    ("verda", 12),
];

fn read_all(folder: &Path) -> (Vec<RentalOffer>, Intake) {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("rental")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut offers, mut intake) = (Vec::new(), Intake::default());
    let mut sizes = Vec::new();
    for file in &files {
        let seller = file.file_stem().unwrap().to_string_lossy().into_owned();
        let reading = read::rental(&seller, &std::fs::read(file).unwrap()).unwrap();
        println!("{seller}: {}", reading.intake);
        sizes.push((seller.clone(), reading.intake.rows()));
        intake.add(&seller, &reading.intake);
        offers.extend(reading.rows);
    }
    assert_eq!(sizes, CATALOGUES.map(|(seller, rows)| (seller.to_owned(), rows)));
    (offers, intake)
}

/// Seller → offers, low, median, high.
fn figures(board: &RentalBoard) -> BTreeMap<&str, (usize, Price, Price, Price)> {
    let rows = board.providers.iter();
    rows.map(|p| (&*p.provider, (p.offers, p.low, p.median, p.high))).collect()
}

fn expected<'a>(rows: &[(&'a str, usize, &str, &str, &str)]) -> BTreeMap<&'a str, (usize, Price, Price, Price)> {
    rows.iter()
        .map(|(id, offers, low, median, high)| (*id, (*offers, price(low), price(median), price(high))))
        .collect()
}

/// Sellers, lower quartile, median, upper quartile.
fn middle(board: &RentalBoard) -> (usize, Price, Price, Price) {
    let summary = board.summary.unwrap();
    (summary.providers, summary.lower_quartile, summary.median, summary.upper_quartile)
}

#[test]
fn real_catalogues_are_read_completely() {
    let Some(folder) = data() else { return };
    let (offers, intake) = read_all(&folder);
    println!("{intake}");
    assert_eq!((intake.rows(), intake.taken), (454, 450));
    assert_eq!(skipped(&intake), [(Skip::Placeholder, 4, "mithril, line 2")]);
    assert_eq!(noted(&intake), []);

    let board = |gpu, mode| rental::board(&offers, gpu, mode);
    let h100 = board(Gpu::H100, RentalMode::OnDemand);
    assert_eq!(
        figures(&h100),
        expected(&[
            ("cudo", 26, "1.8214", "2.3511", "2.9248"),
            ("hyperstack", 6, "1.9", "1.9", "2.4"),
            ("jarvislabs", 4, "3.49", "3.49", "3.49"),
            ("lambda", 5, "3.29", "4.09", "4.29"),
            ("nebius", 2, "2.95", "2.95", "2.95"),
            ("primeintellect", 14, "1.9", "2.054", "3.29"),
            ("seeweb", 3, "1.89", "1.89", "1.89"),
            ("spheron", 23, "2.0073", "2.508", "7.9068"),
            ("verda", 1, "2.29", "2.29", "2.29"),
        ])
    );
    assert_eq!(middle(&h100), (9, price("2.054"), price("2.3511"), price("2.95")));
    let h200 = board(Gpu::H200, RentalMode::OnDemand);
    assert_eq!(
        figures(&h200),
        expected(&[
            ("jarvislabs", 4, "4.59", "4.59", "4.59"),
            ("nebius", 2, "3.5", "3.5", "3.5"),
            ("primeintellect", 7, "1.995", "2.668", "2.99"),
            ("seeweb", 4, "2.6", "2.6", "2.6"),
            ("verda", 2, "3.39", "3.39", "3.39"),
        ])
    );
    assert_eq!(middle(&h200), (5, price("2.668"), price("3.39"), price("3.5")));
    assert_eq!(
        figures(&board(Gpu::A100With80, RentalMode::OnDemand)),
        expected(&[
            ("cudo", 26, "1.3734", "1.5882", "1.8528"),
            ("hyperstack", 5, "1.35", "1.35", "1.4"),
            ("lambda", 1, "2.79", "2.79", "2.79"),
            ("primeintellect", 19, "1.035", "1.4707", "1.79"),
            ("seeweb", 3, "0.99", "0.99", "0.99"),
            ("spheron", 18, "1.068", "1.73625", "4.3296"),
            ("verda", 2, "1.29", "1.29", "1.29"),
        ])
    );
    assert_eq!(
        figures(&board(Gpu::A100With40, RentalMode::OnDemand)),
        expected(&[("lambda", 5, "1.99", "1.99", "1.99"), ("primeintellect", 3, "0.7213", "1.29", "1.29")])
    );
    let b200 = board(Gpu::B200, RentalMode::OnDemand);
    assert_eq!(middle(&b200), (4, price("4.7675"), price("5.195"), price("5.8475")));
    let spot = |gpu| middle(&board(gpu, RentalMode::Interruptible));
    assert_eq!(spot(Gpu::H100), (4, price("0.8015"), price("0.82825"), price("0.95375")));
    assert_eq!(spot(Gpu::H200), (3, price("1.0645"), price("1.1865"), price("1.31825")));
    assert_eq!(spot(Gpu::B200), (1, price("1.7115"), price("1.7115"), price("1.7115")));
    assert_eq!(spot(Gpu::A100With80), (3, price("0.4895"), price("0.5275"), price("0.83755")));
}

#[test]
fn real_token_prices_are_read_completely() {
    let Some(folder) = data() else { return };
    let bytes = std::fs::read(folder.join("tokens/token_prices.json")).unwrap();
    let reading = read::tokens(&bytes).unwrap();
    println!("{}", reading.intake);
    assert_eq!((reading.intake.rows(), reading.intake.taken), (1_978, 1_978));
    assert_eq!(noted(&reading.intake), []);
    let count = |is: &dyn Fn(&TokenListing) -> bool| reading.rows.iter().filter(|listing| is(listing)).count();
    let flagged = |flag| count(&|listing| listing.flags.contains(&flag));
    assert_eq!(
        [TokenFlag::Free, TokenFlag::HalfFree, TokenFlag::Outlier, TokenFlag::Retiring, TokenFlag::OffPeak]
            .map(flagged),
        [21, 4, 1, 612, 8]
    );
    assert_eq!(count(&|listing| listing.cached.is_some()), 993);
    assert_eq!(count(&|listing| listing.batch.is_some()), 462);
    assert_eq!(count(&|listing| listing.batch.is_some_and(|batch| batch.output.is_none())), 5);
    let above = |tokens| count(&|listing| listing.long_context.is_some_and(|step| step.above_tokens == tokens));
    assert_eq!([272_000, 200_000, 100_000, 128_000].map(above), [100, 72, 17, 4]);
    assert_eq!(count(&|listing| listing.max_input_tokens.is_none()), 45);
    assert_eq!(count(&|listing| listing.max_output_tokens > listing.max_input_tokens.or(Some(u64::MAX))), 11);
    // By the commonest prefixes there are 424; us-gov, in, Azure's apac and Bedrock's other interfaces add 34.
    assert_eq!(count(&|listing| listing.region.is_some()), 458);
    let mut keys: Vec<&str> = reading.rows.iter().map(|listing| &*listing.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 1_978);

    let embedded = tenor::spot::embedded::token_prices().unwrap();
    assert_eq!(embedded.rows, reading.rows, "the embedded set is this one");
    let oddities = read::tokens(&std::fs::read(folder.join("tokens/token_price_oddities.json")).unwrap()).unwrap();
    assert_eq!((oddities.intake.rows(), oddities.intake.taken), (26, 22));
}
