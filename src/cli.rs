//! Arguments → one plan of what to launch. Values are checked here, so that a mistake gets a sentence before anything starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::base::time::Utc;
use crate::domain::contract::Product;
use crate::domain::spot::{Gpu, TokenMix};

const EXAMPLES: &str = "\
Examples:
  tenor                                     trade on the embedded, simulated exchange
  tenor --rate 20000                        the same market in a storm
  tenor exchange --listen 127.0.0.1:7777    the exchange alone, for other clients
  tenor exchange --scenario roll_week       a front month expires while you watch
  tenor --connect ws://127.0.0.1:7777/ws/api/v2
                                            the terminal on that exchange
  TENOR_KEY=... TENOR_SECRET=... tenor --connect wss://test.deribit.com/ws/api/v2
  tenor curve --product h100 --csv          a forward curve, for scripts and notebooks
  tenor spread '1.5*TOK.Z6 - H100.Z6'       what any combination of contracts is worth
  tenor shot --theme light --after 10 --demo trader.png
  tenor inspect deribit capture.jsonl
  tenor spot rental --gpu h100              what sellers ask for a GPU-hour
  tenor spot tokens --model gpt-5.5         what they ask for a million tokens";

/// A trading terminal for futures on GPU-hours and AI tokens, with a simulated exchange of its own.
#[derive(Clone, Debug, Parser)]
#[command(name = "tenor", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub task: Option<Task>,
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

#[derive(Clone, Debug, Args)]
pub struct TerminalArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    #[arg(long, value_enum)]
    pub theme: Option<ThemeName>,
    /// Read this file instead of config.toml in the configuration folder
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep everything below this folder
    #[arg(long, value_name = "DIR", env = "TENOR_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// What to write to the log: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL", env = "TENOR_LOG")]
    pub log: Option<String>,
}

/// Where prices come from.
#[derive(Clone, Debug, Default, Args)]
pub struct SourceArgs {
    /// WebSocket address of an exchange started elsewhere; without it the embedded one is used
    #[arg(long, value_name = "URL", value_parser = websocket_url)]
    pub connect: Option<String>,
    /// File with `key = "..."` and `secret = "..."`, readable by you alone; else TENOR_KEY and TENOR_SECRET
    #[arg(long, value_name = "FILE", requires = "connect")]
    pub credentials: Option<PathBuf>,
    #[command(flatten)]
    pub market: MarketArgs,
}

/// The embedded exchange's character.
#[derive(Clone, Debug, Default, Args)]
pub struct MarketArgs {
    /// Makes the simulated market repeatable
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Target of the simulated market in messages a second; 0 pauses it
    #[arg(long, value_name = "X", value_parser = rate, allow_negative_numbers = true)]
    pub rate: Option<f64>,
    /// What happens to the simulated market: calm, launch_day, supply_shock, index_restatement, flash_crash, roll_week, maker_leaves, or a
    /// file that ends in .toml
    #[arg(long, value_name = "NAME|FILE")]
    pub scenario: Option<String>,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Task {
    /// Run the exchange alone, for other clients; it speaks Deribit API v2 and Architect AX
    Exchange(ExchangeArgs),
    /// Print a forward curve as the curve panel shows it
    Curve(CurveArgs),
    /// Print what a combination of contracts is worth: bid, ask and mid from its legs
    Spread(SpreadArgs),
    /// Draw the terminal into a picture, without any display
    Shot(ShotArgs),
    /// Decode a capture of a venue's messages, one JSON text a line
    Inspect(InspectArgs),
    /// Print what GPU-hours and tokens cost at those who sell them
    Spot(SpotArgs),
    /// Say what this machine offers
    Doctor {
        /// Keep everything below this folder
        #[arg(long, value_name = "DIR", env = "TENOR_DATA_DIR")]
        data_dir: Option<PathBuf>,
    },
}

#[derive(Clone, Debug, Args)]
pub struct ExchangeArgs {
    /// Address to listen on, 127.0.0.1:7777 if left out; anything but a loopback address opens it to the network
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    #[command(flatten)]
    pub market: MarketArgs,
    /// Virtual time at the start, as 2026-11-20T15:00:00Z; now, if left out
    #[arg(long, value_name = "T", value_parser = utc)]
    pub start: Option<Utc>,
    /// Run virtual time this many times faster than the wall clock, so that a day passes in minutes; logins, heartbeats and request
    /// limits stay in wall time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub speed: Option<u32>,
    /// Stop after this much virtual time: 30s, 10m, 2h
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    pub duration: Option<Duration>,
    /// real: one virtual second a second, with clients; max: as fast as the machine can, without a socket
    #[arg(long, value_enum, default_value_t = Pace::Real)]
    pub pace: Pace,
    /// Print every event to standard output; what else there is to say goes to standard error
    #[arg(long, value_enum)]
    pub print: Option<Print>,
    /// Record the clients' commands, for --inputs
    #[arg(long, value_name = "LOG")]
    pub record: Option<PathBuf>,
    /// Keep accounts, orders, positions and settlements in this folder: they are there again after a restart, whatever ended the run
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Open the control channel for tests and demonstrations, and write its address and token to this file
    #[arg(long, value_name = "FILE")]
    pub control: Option<PathBuf>,
    /// Replay a recorded run, byte for byte what it printed: seed, start and rate are in the log
    #[arg(long, value_name = "LOG")]
    pub inputs: Option<PathBuf>,
}

impl ExchangeArgs {
    /// # Errors
    /// A sentence about arguments that do not go together.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.pace {
            Pace::Real if self.inputs.is_some() => Err("--inputs needs --pace max: a replay has no clients"),
            Pace::Real if self.data.is_some() && self.record.is_some() => {
                Err("--record needs a fresh start: leave out --data, whose accounts no log begins with")
            }
            Pace::Max
                if self.listen.is_some() || self.record.is_some() || self.control.is_some() || self.data.is_some() =>
            {
                Err("--pace max has no clients: leave out --listen, --record, --control and --data")
            }
            Pace::Max if self.speed.is_some() => Err("--pace max is as fast as can be: leave out --speed"),
            Pace::Max if self.market.scenario.is_some() && self.inputs.is_some() => {
                Err("the scenario is in the log of inputs: leave out --scenario")
            }
            Pace::Max if self.print.is_none() => Err("--pace max needs --print: clients live in real time"),
            Pace::Max if self.duration.is_none() => Err("--pace max needs --for: it would never end"),
            Pace::Max if self.start.is_none() && self.inputs.is_none() => Err("--pace max needs --start or --inputs"),
            Pace::Real | Pace::Max => Ok(()),
        }
    }
}

#[derive(Clone, Debug, Args)]
#[command(after_help = CURVE_EXAMPLES)]
pub struct CurveArgs {
    /// Which curve: h100, h200, b200, tok
    #[arg(long, value_name = "PRODUCT", value_parser = product)]
    pub product: Product,
    /// Of which moment: now, an instant as 2026-10-21T15:00:00Z, or a day as 2026-10-21, which means its end in UTC
    #[arg(long, value_name = "T", default_value = "now", value_parser = moment)]
    pub at: Moment,
    /// Where the terminal keeps its own past marks; they are only read
    #[arg(long, value_name = "DIR", env = "TENOR_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub format: TableFormat,
    #[command(flatten)]
    pub source: SourceArgs,
}

const CURVE_EXAMPLES: &str = "\
Prices are dollars a unit. bid, ask, last and settle are the venue's; forward is the step curve through all quotes, model the smooth
curve's price of the contract, term the one rate from now to the end of the month. A quote of a book that is not live counts for nothing.

Of a past moment, forward is the newest price of the month known then, and origin and time say what it is: a settlement the venue tells
of, or a mark that this terminal itself wrote down. What was not kept is null.

Examples:
  tenor curve --product h100 --at now
  tenor curve --product tok --csv > tok.csv
  tenor curve --product h100 --at 2026-10-21 --json
  tenor curve --product b200 --json --connect ws://127.0.0.1:7777/ws/api/v2";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Now,
    Past(Utc),
}

#[derive(Clone, Debug, Args)]
#[command(after_help = SPREAD_EXAMPLES)]
pub struct SpreadArgs {
    /// Sums of contracts with factors, as 1.5*TOK.Z6 - H100.Z6; in quotes
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    pub expression: String,
    #[command(flatten)]
    pub format: TableFormat,
    #[command(flatten)]
    pub source: SourceArgs,
}

const SPREAD_EXAMPLES: &str = "\
A contract is H100.Z6 or \"H100 DEC-26\", a listed calendar H100.Z6-H7 (near minus far), the perpetual H100.PERP. What is added is bought
at the ask and sold at the bid, what is subtracted the other way round. Sizes are units of the expression that the legs' best levels
hold. A leg whose book is not live has no quote that counts.

Examples:
  tenor spread 'H200.Z6 - H100.Z6'
  tenor spread '1.5*TOK.Z6 - H100.Z6' --json
  tenor spread 'H100.Z6 - 2*H100.H7 + H100.M7' --csv --connect ws://127.0.0.1:7777/ws/api/v2";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pace {
    Real,
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Print {
    Events,
}

#[derive(Clone, Debug, Args)]
pub struct ShotArgs {
    #[arg(long, value_enum, default_value_t = WorkspaceName::Trader)]
    pub workspace: WorkspaceName,
    #[arg(long, value_enum, default_value_t = ThemeName::Dark)]
    pub theme: ThemeName,
    /// Size of the picture in logical points
    #[arg(long, value_name = "WxH", default_value = "1920x1080", value_parser = size)]
    pub size: (u32, u32),
    /// Pixels a point
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = scale)]
    pub scale: f32,
    /// Seconds of the running market before the picture is taken
    #[arg(long, value_name = "SECS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub after: u64,
    /// Arm, trade and leave orders working, through the real click path
    #[arg(long)]
    pub demo: bool,
    #[command(flatten)]
    pub market: MarketArgs,
    /// PNG file to write
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorkspaceName {
    Trader,
    Curve,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThemeName {
    Dark,
    Light,
}

#[derive(Clone, Debug, Args)]
pub struct InspectArgs {
    #[arg(value_enum)]
    pub protocol: Protocol,
    /// The capture; - reads standard input
    pub file: PathBuf,
    /// One JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    Deribit,
}

const SPOT_EXAMPLES: &str = "\
Examples:
  tenor spot tokens --model gpt-5.5
  tenor spot tokens --mix 2:1:7 --csv
  tenor spot tokens --file model_prices_and_context_window.json --json
  tenor spot tokens --refresh openrouter --provider openrouter
  tenor spot rental --gpu h100 --mode spot
  tenor spot rental --refresh lambda --refresh nebius
  tenor spot rental --file catalogs/v8/lambda/vms.csv --file mine.csv --json

A rental file is a SkyPilot catalogue, whose seller is the file's name (or its folder's, for vms.csv), or your own list:
  provider,gpu,mode,price_per_gpu_hour,gpus,instance,region,upstream,source,as_of
of which provider, gpu and price_per_gpu_hour must be there. A token file is LiteLLM's price map or OpenRouter's list of models.
Nothing is fetched unless --refresh asks for it. These are list prices of sellers, not a settlement index. Vast, RunPod and
Shadeform are listed from your own file only and enter no median, as their terms demand.";

#[derive(Clone, Debug, Args)]
#[command(after_help = SPOT_EXAMPLES)]
pub struct SpotArgs {
    #[command(subcommand)]
    pub board: SpotBoard,
}

#[derive(Clone, Debug, Subcommand)]
pub enum SpotBoard {
    /// Dollars per million tokens by model, seller and region
    #[command(after_help = SPOT_EXAMPLES)]
    Tokens(TokenBoardArgs),
    /// Dollars per GPU-hour by GPU and seller, with the median over sellers
    #[command(after_help = SPOT_EXAMPLES)]
    Rental(RentalBoardArgs),
}

#[derive(Clone, Debug, Args)]
pub struct TokenBoardArgs {
    /// Read this instead of the embedded prices; - reads standard input
    #[arg(long, value_name = "JSON")]
    pub file: Option<PathBuf>,
    /// Fetch this source over HTTPS instead
    #[arg(long, value_enum, value_name = "SOURCE", conflicts_with = "file")]
    pub refresh: Option<TokenSource>,
    /// Models whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub model: Option<String>,
    /// Sellers whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub provider: Option<String>,
    /// Parts of input, output and cached input in the blended price
    #[arg(long, value_name = "IN:OUT[:CACHED]", default_value = "3:1", value_parser = token_mix)]
    pub mix: TokenMix,
    #[command(flatten)]
    pub format: TableFormat,
}

#[derive(Clone, Debug, Args)]
pub struct RentalBoardArgs {
    /// Read this instead of the embedded prices; may be given several times
    #[arg(long, value_name = "CSV")]
    pub file: Vec<PathBuf>,
    /// Fetch this seller's SkyPilot catalogue over HTTPS instead; may be given several times
    #[arg(long, value_name = "SELLER", conflicts_with = "file")]
    pub refresh: Vec<String>,
    /// h100, h200, b200, b300, a100-80, a100-40; all of them, if left out
    #[arg(long, value_name = "GPU", value_parser = gpu)]
    pub gpu: Option<Gpu>,
    /// Both, if left out
    #[arg(long, value_enum)]
    pub mode: Option<RentalModeName>,
    #[command(flatten)]
    pub format: TableFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenSource {
    /// The price map of LiteLLM
    #[value(name = "litellm")]
    LiteLlm,
    /// The list of models of OpenRouter
    #[value(name = "openrouter")]
    OpenRouter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RentalModeName {
    OnDemand,
    Spot,
}

/// How a table is written; for people, unless asked otherwise.
#[derive(Clone, Copy, Debug, Args)]
pub struct TableFormat {
    /// One JSON document
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Comma-separated lines
    #[arg(long)]
    pub csv: bool,
}

fn websocket_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("wss://").or_else(|| text.strip_prefix("ws://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(text.to_owned()),
        _ => Err("it must look like wss://host/path or ws://host:port/path".to_owned()),
    }
}

fn product(text: &str) -> Result<Product, String> {
    Product::new(&text.to_ascii_uppercase()).ok_or_else(|| "it must be a product's name, such as h100".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.0..=200_000.0).contains(rate))
        .ok_or_else(|| "it must be a number from 0 (paused) to 200000".to_owned())
}

fn scale(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|scale| (0.5..=4.0).contains(scale))
        .ok_or_else(|| "it must be a number from 0.5 to 4".to_owned())
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let side = |part: &str| part.parse::<u32>().ok().filter(|side| (320..=8_192).contains(side));
    text.split_once('x')
        .and_then(|(width, height)| Some((side(width)?, side(height)?)))
        .ok_or_else(|| "it must look like 1920x1080, each side from 320 to 8192".to_owned())
}

fn gpu(text: &str) -> Result<Gpu, String> {
    Gpu::parse(text).ok_or_else(|| "it must be one of h100, h200, b200, b300, a100-80, a100-40".to_owned())
}

fn token_mix(text: &str) -> Result<TokenMix, String> {
    TokenMix::parse(text).ok_or_else(|| {
        "it must look like 3:1 or 2:1:7: parts of input, output and cached input, and one at least must not be 0"
            .to_owned()
    })
}

fn utc(text: &str) -> Result<Utc, String> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .and_then(|stamp| i64::try_from(stamp.as_nanosecond()).ok())
        .map(Utc)
        .ok_or_else(|| "it must look like 2026-11-20T15:00:00Z".to_owned())
}

fn moment(text: &str) -> Result<Moment, String> {
    if text.eq_ignore_ascii_case("now") {
        return Ok(Moment::Now);
    }
    let day = || {
        let end = text.parse::<jiff::civil::Date>().ok()?.tomorrow().ok()?;
        Some(Utc::at(end, Duration::ZERO))
    };
    utc(text).ok().or_else(day).map(Moment::Past).ok_or_else(|| {
        "it must be now, an instant that looks like 2026-10-21T15:00:00Z, or a day that looks like 2026-10-21"
            .to_owned()
    })
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "it must look like 30s, 10m or 2h, at most 24h".to_owned();
    let (digits, unit_secs) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3_600),
        _ => return Err(wrong()),
    };
    let secs = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit_secs)).filter(|s| (1..=86_400).contains(s));
    secs.map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::try_parse_from(words(line)).map_err(|error| error.to_string())
    }

    /// As a shell splits them: what stands between single quotes is one word.
    fn words(line: &str) -> Vec<String> {
        let quoted = |(at, part): (usize, &str)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        };
        line.split('\'').enumerate().flat_map(quoted).collect()
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn reads_every_line_of_the_examples() {
        let spot = SPOT_EXAMPLES.lines().take_while(|line| !line.is_empty());
        for line in EXAMPLES.lines().chain(spot).filter_map(|line| line.find("tenor").map(|at| &line[at..])) {
            let command = line.split("   ").next().unwrap_or(line);
            assert!(parse(command).is_ok(), "{command}: {:?}", parse(command).err());
        }
    }

    #[test]
    fn bad_values_get_a_sentence_that_says_what_is_right() {
        for (line, part) in [
            ("tenor --rate -5", "from 0 (paused) to 200000"),
            ("tenor --rate fast", "from 0 (paused) to 200000"),
            ("tenor --connect http://x", "wss://host/path"),
            ("tenor shot --size 10x10 a.png", "1920x1080"),
            ("tenor shot --scale 9 a.png", "0.5 to 4"),
            ("tenor shot --after 0 a.png", "1..=3600"),
            ("tenor exchange --for 5 --start 2026-11-20T15:00:00Z", "10m"),
            ("tenor exchange --start yesterday", "2026-11-20T15:00:00Z"),
            ("tenor exchange --speed 0", "1..=100000"),
            ("tenor curve --product h-100", "such as h100"),
            ("tenor curve --product h100 --json --csv", "cannot be used with"),
            ("tenor curve --product h100 --at yesterday", "a day that looks like 2026-10-21"),
            ("tenor curve --product h100 --at 2026-13-01", "2026-10-21T15:00:00Z"),
            ("tenor spread", "EXPRESSION"),
            ("tenor spread H100.Z6 --json --csv", "cannot be used with"),
            ("tenor inspect fix a.jsonl", "deribit"),
            ("tenor spot rental --gpu a100", "a100-80"),
            ("tenor spot rental --json --csv", "cannot be used with"),
            ("tenor spot rental --refresh lambda --file a.csv", "cannot be used with"),
            ("tenor spot tokens --refresh skypilot", "openrouter"),
            ("tenor spot tokens --mix 3", "3:1"),
            ("tenor spot tokens --mix 0:0", "must not be 0"),
            ("tenor --secret x", "unexpected argument"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn a_day_means_its_end_and_an_expression_may_begin_with_a_minus() {
        let at = |text: &str| match parse(&format!("tenor curve --product h100 --at {text}")).unwrap().task {
            Some(Task::Curve(args)) => args.at,
            other => panic!("{other:?}"),
        };
        assert_eq!(at("now"), Moment::Now);
        assert_eq!(at("2026-10-21T21:00:00Z"), Moment::Past(Utc::from_millis(1_792_616_400_000)));
        assert_eq!(at("2026-10-21"), Moment::Past(Utc::from_millis(1_792_627_200_000)));
        for line in ["tenor spread -H100.Z6+H100.H7 --json", "tenor spread --json -H100.Z6+H100.H7"] {
            let Some(Task::Spread(args)) = parse(line).unwrap().task else { panic!("{line}") };
            assert!(args.format.json && args.expression == "-H100.Z6+H100.H7", "{line}: {args:?}");
        }
    }

    #[test]
    fn the_exchanges_arguments_go_together_or_get_a_sentence() {
        let check = |line: &str| match parse(line).unwrap().task {
            Some(Task::Exchange(args)) => args.check(),
            other => panic!("{line}: {other:?}"),
        };
        let start = "--start 2026-11-20T15:00:00Z";
        for line in [
            "tenor exchange".to_owned(),
            "tenor exchange --listen 127.0.0.1:0 --record a.log --print events".to_owned(),
            format!("tenor exchange {start} --for 10m --print events --record a.log"),
            format!("tenor exchange {start} --for 10m --pace max --print events"),
            format!("tenor exchange --seed 7 {start} --for 10m --pace max --inputs a.log --print events"),
            "tenor exchange --for 10m --pace max --inputs a.log --print events".to_owned(),
            "tenor exchange --scenario mine.toml --speed 360".to_owned(),
            format!("tenor exchange {start} --for 10m --pace max --print events --scenario flash_crash"),
        ] {
            assert_eq!(check(&line), Ok(()), "{line}");
        }
        for (line, part) in [
            ("--inputs a.log --print events", "--pace max"),
            ("--pace max --print events --for 1m --inputs a.log --listen 127.0.0.1:0", "--listen"),
            ("--pace max --print events --for 1m --inputs a.log --record b.log", "--record"),
            ("--pace max --for 1m --inputs a.log", "--print"),
            ("--pace max --print events --inputs a.log", "--for"),
            ("--pace max --print events --for 1m", "--start"),
            ("--pace max --print events --for 1m --speed 60", "--speed"),
            ("--pace max --print events --for 1m --inputs a.log --scenario calm", "--scenario"),
        ] {
            let error = check(&format!("tenor exchange {line}")).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
