//! Spot prices as sellers list them: what a GPU-hour and a million tokens cost today, before any index or future. Rows and the boards
//! made of them are plain data; `crate::spot` reads and computes them. A list price is an offer of one seller and never a settlement
//! index: whoever shows both says which is which.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use super::number::Price;

/// A GPU that rental boards know, told apart by what decides its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gpu {
    H100,
    H200,
    B200,
    B300,
    A100With80,
    A100With40,
}

impl Gpu {
    pub const ALL: [Self; 6] = [Self::H100, Self::H200, Self::B200, Self::B300, Self::A100With80, Self::A100With40];

    pub const fn name(self) -> &'static str {
        match self {
            Self::H100 => "H100",
            Self::H200 => "H200",
            Self::B200 => "B200",
            Self::B300 => "B300",
            Self::A100With80 => "A100-80GB",
            Self::A100With40 => "A100-40GB",
        }
    }

    /// Any case, `GB` and punctuation left out or not: `h100`, `a100-80`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |text: &str| {
            let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            let capitals = letters.to_ascii_uppercase();
            capitals.strip_suffix("GB").map_or_else(|| capitals.clone(), str::to_owned)
        };
        Self::ALL.into_iter().find(|gpu| plain(gpu.name()) == plain(text))
    }
}

impl fmt::Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a GPU is rented: until returned, or until the seller wants it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RentalMode {
    OnDemand,
    Interruptible,
}

impl RentalMode {
    pub const BOTH: [Self; 2] = [Self::OnDemand, Self::Interruptible];

    pub const fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on demand",
            Self::Interruptible => "spot",
        }
    }
}

/// Whether a seller's terms let its prices into a computed median.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexUse {
    Allowed,
    Forbidden,
}

/// Whose machines a seller rents out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hardware {
    Own,
    Resold,
}

/// One listed price of one machine in one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RentalOffer {
    /// Who sends the bill: `lambda`.
    pub provider: Arc<str>,
    /// Whose machine it is, where a reseller says so.
    pub upstream: Option<Arc<str>>,
    pub gpu: Gpu,
    pub mode: RentalMode,
    pub instance: Arc<str>,
    /// GPUs of the machine.
    pub gpus: u32,
    pub region: Arc<str>,
    /// Dollars per GPU-hour, to four places.
    pub price: Price,
    pub index_use: IndexUse,
    /// Where the figure was read, and of when it is.
    pub source: Arc<str>,
    pub as_of: Arc<str>,
}

/// What one seller asks for a GPU-hour, over its distinct offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPrices {
    pub provider: Arc<str>,
    pub name: Arc<str>,
    pub median: Price,
    pub low: Price,
    pub high: Price,
    /// Distinct machines and prices; a price repeated over regions counts once.
    pub offers: usize,
    pub hardware: Hardware,
    pub index_use: IndexUse,
}

/// All sellers whose terms allow it, each weighing the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RentalSummary {
    pub providers: usize,
    /// Median and quartiles of the sellers' own medians.
    pub median: Price,
    pub lower_quartile: Price,
    pub upper_quartile: Price,
    /// Cheapest and dearest single offer.
    pub low: Price,
    pub high: Price,
}

/// Listed prices of one GPU in one mode, cheapest seller first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RentalBoard {
    pub gpu: Gpu,
    pub mode: RentalMode,
    pub providers: Vec<ProviderPrices>,
    /// `None` when no seller may be counted.
    pub summary: Option<RentalSummary>,
}

/// What is odd about a token price, so that nobody averages it unawares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenFlag {
    /// Input and output both cost nothing: free, a preview, or a mistake of the source.
    Free,
    /// One of the two costs nothing: a router's fee, or half a price.
    HalfFree,
    /// Above any plausible price; likely per 1,000 tokens.
    Outlier,
    /// The source says when the model goes.
    Retiring,
    /// Longer contexts cost more, in steps.
    Tiered,
    /// Cheaper at some hours.
    OffPeak,
}

impl TokenFlag {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::HalfFree => "half-free",
            Self::Outlier => "outlier",
            Self::Retiring => "retiring",
            Self::Tiered => "tiered",
            Self::OffPeak => "off-peak",
        }
    }

    /// Whether a price so marked stays out of medians.
    pub const fn is_disqualifying(self) -> bool {
        matches!(self, Self::Free | Self::HalfFree | Self::Outlier)
    }
}

/// The price of a batch: answers within a day. Some sellers list the input alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPrices {
    pub input: Price,
    pub output: Option<Price>,
}

/// The price of a request whose context is longer than `above_tokens`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongContext {
    pub above_tokens: u64,
    pub input: Price,
    pub output: Price,
}

/// One listed model. All prices are dollars per million tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenListing {
    /// The name in the source; one row each.
    pub key: Arc<str>,
    pub provider: Arc<str>,
    /// The model as the seller calls it, without region.
    pub model: Arc<str>,
    /// The same model over all sellers: no vendor, date or version.
    pub base: Arc<str>,
    /// Where it runs, if the name says so: `us`, `global`, `eu-west-1`.
    pub region: Option<Arc<str>>,
    pub input: Price,
    pub output: Price,
    /// Input that the seller still remembers.
    pub cached: Option<Price>,
    pub batch: Option<BatchPrices>,
    pub long_context: Option<LongContext>,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub retires_on: Option<Date>,
    /// Ascending, none twice.
    pub flags: Vec<TokenFlag>,
}

impl TokenListing {
    /// Whether medians may use this price.
    pub fn counts(&self) -> bool {
        !self.flags.iter().any(|flag| flag.is_disqualifying())
    }
}

/// Parts of a blended token price. The default is three of input to one of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenMix {
    pub input: u32,
    pub output: u32,
    /// Input answered from the seller's cache; at the full input price where no cached one is listed.
    pub cached: u32,
}

impl Default for TokenMix {
    fn default() -> Self {
        Self { input: 3, output: 1, cached: 0 }
    }
}

impl TokenMix {
    /// `3:1` or `2:1:7`: parts of input, output and cached input, not all of them zero.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |part: &str| part.trim().parse().ok().filter(|weight: &u32| *weight <= 1_000_000);
        let parts: Vec<u32> = text.split(':').map(part).collect::<Option<_>>()?;
        let mix = match *parts.as_slice() {
            [input, output] => Self { input, output, cached: 0 },
            [input, output, cached] => Self { input, output, cached },
            _ => return None,
        };
        (mix.input + mix.output + mix.cached > 0).then_some(mix)
    }

    /// The weighted mean, rounded to the nearest 10⁻⁹. Zero parts in all make zero.
    pub fn blend(self, listing: &TokenListing) -> Price {
        let cached = listing.cached.unwrap_or(listing.input);
        let parts = [(self.input, listing.input), (self.output, listing.output), (self.cached, cached)];
        let whole: i128 = parts.iter().map(|(weight, _)| i128::from(*weight)).sum();
        let sum: i128 = parts.iter().map(|(weight, price)| i128::from(*weight) * i128::from(price.0)).sum();
        let mean = (2 * sum + whole).checked_div(2 * whole).unwrap_or_default();
        Price(i64::try_from(mean).unwrap_or(i64::MAX))
    }
}

/// A row of the token board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub listing: TokenListing,
    pub blended: Price,
}

/// One model over all its sellers, by the rows that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelGroup {
    pub base: Arc<str>,
    /// Rows of the board, those that do not count included.
    pub rows: std::ops::Range<usize>,
    pub providers: usize,
    /// Of the blended price; `None` when no row counts.
    pub blended: Option<BlendedRange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlendedRange {
    pub low: Price,
    pub median: Price,
    pub high: Price,
}

/// All listed models, grouped by base name, then by seller, region and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBoard {
    pub mix: TokenMix,
    pub rows: Vec<TokenRow>,
    pub groups: Vec<ModelGroup>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(input: i64, output: i64, cached: Option<i64>) -> TokenListing {
        TokenListing {
            key: "m".into(),
            provider: "p".into(),
            model: "m".into(),
            base: "m".into(),
            region: None,
            input: Price(input),
            output: Price(output),
            cached: cached.map(Price),
            batch: None,
            long_context: None,
            max_input_tokens: None,
            max_output_tokens: None,
            retires_on: None,
            flags: Vec::new(),
        }
    }

    #[test]
    fn gpus_go_by_several_spellings() {
        for gpu in Gpu::ALL {
            assert_eq!(Gpu::parse(&gpu.to_string()), Some(gpu));
            assert_eq!(Gpu::parse(&gpu.name().to_lowercase()), Some(gpu));
        }
        assert_eq!(Gpu::parse("a100_80"), Some(Gpu::A100With80));
        assert_eq!((Gpu::parse("a100"), Gpu::parse("h20"), Gpu::parse("")), (None, None, None));
    }

    #[test]
    fn mixes_are_two_or_three_parts() {
        assert_eq!(TokenMix::parse("3:1"), Some(TokenMix::default()));
        assert_eq!(TokenMix::parse(" 2 : 1 : 7"), Some(TokenMix { input: 2, output: 1, cached: 7 }));
        for text in ["", "3", "0:0", "0:0:0", "1:2:3:4", "-1:2", "1.5:1", "9999999:1"] {
            assert_eq!(TokenMix::parse(text), None, "{text}");
        }
    }

    #[test]
    fn blends_by_weights() {
        let five = Price::parse("5").unwrap().0;
        let gpt = listing(five, 6 * five, Some(five / 10));
        assert_eq!(TokenMix::default().blend(&gpt), Price::parse("11.25").unwrap());
        assert_eq!(TokenMix { input: 2, output: 1, cached: 7 }.blend(&gpt), Price::parse("4.35").unwrap());
        let uncached = listing(five, 6 * five, None);
        assert_eq!(TokenMix { input: 2, output: 1, cached: 7 }.blend(&uncached), Price::parse("7.5").unwrap());
        assert_eq!(TokenMix { input: 1, output: 2, cached: 0 }.blend(&listing(1, 1, None)), Price(1));
        assert_eq!(TokenMix { input: 1, output: 2, cached: 0 }.blend(&listing(0, 1, None)), Price(1));
        assert_eq!(TokenMix { input: 0, output: 0, cached: 0 }.blend(&gpt), Price(0));
    }
}
