//! Scenarios: what happens to the market and when, as data files in `assets/data/scenarios`. A file is read whole and checked before anything
//! of it is done.
//!
//! ```toml
//! about = "..."
//! lasts = "10m"                       # exchange time; the market goes on after it as it then is
//! speed = 60                          # optional: the exchange's clock against the wall's
//! rate = 3000                         # optional: messages a second
//! before_expiry = "25h"               # optional: where the clock is put when the exchange starts with it
//!
//! [[events]]
//! at = "30s"                          # after the beginning
//! sweep = { product = "H100", side = "sell", lots = 4000 }
//! ```

use std::time::Duration;

use super::directive::{Directive, Stay};
use super::exchange::{Exchange, Released};
use super::input_log::{Input, Stamped};
use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::domain::contract::Month;
use crate::domain::number::{Price, Side};
use crate::exchange::catalogue::{CatalogueData, ProductId, Ratio};
use crate::exchange::engine::{Hours, Scope, SessionOrder, Velocity};

const EMBEDDED: [(&str, &str); 7] = [
    ("calm", include_str!("../../../assets/data/scenarios/calm.toml")),
    ("launch_day", include_str!("../../../assets/data/scenarios/launch_day.toml")),
    ("supply_shock", include_str!("../../../assets/data/scenarios/supply_shock.toml")),
    ("index_restatement", include_str!("../../../assets/data/scenarios/index_restatement.toml")),
    ("flash_crash", include_str!("../../../assets/data/scenarios/flash_crash.toml")),
    ("roll_week", include_str!("../../../assets/data/scenarios/roll_week.toml")),
    ("maker_leaves", include_str!("../../../assets/data/scenarios/maker_leaves.toml")),
];
/// Longest span and highest speed that a file may ask for.
const LONGEST: Duration = Duration::from_secs(40 * 86_400);
pub const FASTEST: u32 = 100_000;

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    #[error("{name}: {what}")]
    Syntax { name: String, what: String },
    #[error("{name}: event {number}: {what}")]
    Event { name: String, number: usize, what: String },
    #[error(
        "there is no scenario {0}; there are calm, launch_day, supply_shock, index_restatement, flash_crash, roll_week and maker_leaves"
    )]
    Unknown(String),
}

/// A file, checked against what is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub name: String,
    pub about: String,
    pub lasts: Duration,
    pub speed: Option<u32>,
    pub rate: Option<f64>,
    before_expiry: Option<Duration>,
    /// By time after the beginning.
    events: Vec<(Duration, Directive)>,
}

impl Scenario {
    /// One of those in the program.
    ///
    /// # Errors
    /// [`ScenarioError`]; a test shows that the shipped files have no other than [`ScenarioError::Unknown`].
    pub fn named(name: &str, data: &CatalogueData) -> Result<Self, ScenarioError> {
        let found = EMBEDDED.iter().find(|(known, _)| *known == name);
        let (name, text) = found.ok_or_else(|| ScenarioError::Unknown(name.to_owned()))?;
        Self::parse(name, text, data)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// # Errors
    /// [`ScenarioError`]
    pub fn parse(name: &str, text: &str, data: &CatalogueData) -> Result<Self, ScenarioError> {
        let wrong = |what: String| ScenarioError::Syntax { name: name.to_owned(), what };
        let file: wire::File = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        let lasts = span(&file.lasts).map_err(wrong)?;
        let before_expiry = file.before_expiry.as_deref().map(span).transpose().map_err(wrong)?;
        if file.speed.is_some_and(|speed| !(1..=FASTEST).contains(&speed)) {
            return Err(wrong(format!("speed must be 1 to {FASTEST}")));
        }
        if file.rate.is_some_and(|rate| !(0.0..=200_000.0).contains(&rate)) {
            return Err(wrong("rate must be 0 to 200000".to_owned()));
        }
        let mut events = Vec::new();
        for (number, row) in (1..).zip(&file.events) {
            let wrong = |what: String| ScenarioError::Event { name: name.to_owned(), number, what };
            let at = span(&row.at).map_err(wrong)?;
            if at > lasts {
                return Err(wrong("it comes after the end".to_owned()));
            }
            events.extend(directives(row, data).map_err(wrong)?.into_iter().map(|directive| (at, directive)));
        }
        events.sort_by_key(|(at, _)| *at);
        let (speed, rate) = (file.speed, file.rate);
        Ok(Self { name: name.to_owned(), about: file.about, lasts, speed, rate, before_expiry, events })
    }

    /// Where the clock is put when an exchange starts with this: before the next expiry that is far enough away.
    pub fn start(&self, now: Utc, calendar: &Calendar) -> Option<Utc> {
        let lead = self.before_expiry?;
        let month = Month::of(now.date());
        (0..).map(|ahead| calendar.expiry(month.plus(ahead)) - lead).find(|start| *start >= now)
    }

    /// Begins: what the scenario before had planned is off, and what is due at once is done. The speed is the owner's of the clock to change.
    pub fn begin(&self, exchange: &mut Exchange, at: Utc, out: &mut Released) {
        self.inputs(at).iter().for_each(|stamped| exchange.replay(stamped, out));
    }

    /// The same as inputs.
    pub fn inputs(&self, at: Utc) -> Vec<Stamped> {
        let plan =
            |(after, directive): &(Duration, Directive)| Input::Plan { due: at + *after, directive: directive.clone() };
        let begin = [Input::Scenario(self.name.as_str().into())].into_iter().chain(self.rate.map(Input::Rate));
        begin.chain(self.events.iter().map(plan)).map(|input| Stamped { at, input }).collect()
    }
}

fn directives(row: &wire::Event, data: &CatalogueData) -> Result<Vec<Directive>, String> {
    let mut kinds: Vec<Vec<Directive>> = Vec::new();
    if let Some(text) = &row.headline {
        kinds.push(vec![Directive::Headline(text.as_str().into())]);
    }
    if let Some(shock) = &row.shock {
        if shock.percent <= -95.0 || shock.percent > 500.0 {
            return Err("a shock is more than -95 and at most 500 per cent".to_owned());
        }
        let log_jump = (shock.percent / 100.0).ln_1p();
        let (over, stay) = (span(&shock.over)?, if shock.lasting { Stay::Lasting } else { Stay::Fading });
        kinds.push(each(&shock.products, data, |product| Directive::Shock { product, log_jump, over, stay })?);
    }
    if let Some(wire::Volatility { products, times }) = &row.volatility {
        if !(0.0..=20.0).contains(times) {
            return Err("volatility is 0 to 20 times the usual".to_owned());
        }
        kinds.push(each(products, data, |product| Directive::Volatility { product, times: *times })?);
    }
    if let Some(wire::Makers { products, present }) = &row.makers {
        if !(1..=4).contains(present) {
            return Err("1 to 4 makers can be present".to_owned());
        }
        kinds.push(each(products, data, |product| Directive::Makers { product, present: *present })?);
    }
    if let Some(wire::Sweep { product, side, lots }) = &row.sweep {
        let side = if *side == wire::Way::Buy { Side::Bid } else { Side::Ask };
        kinds.push(vec![Directive::Sweep { product: find(product, data)?, side, lots: *lots }]);
    }
    if let Some(rate) = row.rate {
        if !(0.0..=200_000.0).contains(&rate) {
            return Err("rate must be 0 to 200000".to_owned());
        }
        kinds.push(vec![Directive::Rate(rate)]);
    }
    if let Some(restate) = &row.restate {
        if restate.percent.abs() > 50.0 || restate.fixings > 60 {
            return Err("at most 50 per cent and 60 fixings can be restated".to_owned());
        }
        let (index, log_change) = (restate.index.as_str().into(), (restate.percent / 100.0).ln_1p());
        kinds.push(vec![Directive::Restate { index, fixings: restate.fixings, log_change }]);
    }
    kinds.extend(sessions(row, data)?);
    match <[Vec<Directive>; 1]>::try_from(kinds) {
        Ok([one]) => Ok(one),
        Err(_) => Err("an event is one thing: headline, shock, volatility, makers, sweep, rate, restate, hours, \
                       around_the_clock, velocity, halt or resume"
            .to_owned()),
    }
}

fn sessions(row: &wire::Event, data: &CatalogueData) -> Result<Vec<Vec<Directive>>, String> {
    let mut kinds = Vec::new();
    let session = Directive::Session;
    if let Some(row) = &row.hours {
        let [pre_open, open, close] = [&row.pre_open, &row.open, &row.close].map(|text| time_of_day(text));
        let hours = Hours::new(pre_open?, open?, close?).ok_or("pre_open, open and close follow each other")?;
        kinds.push(each(&row.products, data, |product| session(SessionOrder::Hours(product, Some(hours))))?);
    }
    if let Some(products) = &row.around_the_clock {
        kinds.push(each(products, data, |product| session(SessionOrder::Hours(product, None)))?);
    }
    if let Some(row) = &row.velocity {
        let band = Price::parse(&row.percent).ok().map(|percent| Ratio(percent.0 / 100)).filter(|band| band.0 > 0);
        let band = band.ok_or("percent is a positive decimal in quotes")?;
        let rule =
            Velocity { band, window: span(&row.window)?, pause: span(&row.pause)?, auction: span(&row.auction)? };
        kinds.push(each(&row.products, data, |product| session(SessionOrder::Velocity(product, Some(rule))))?);
    }
    if let Some(row) = &row.halt {
        let span = row.lasts.as_deref().map(span).transpose()?;
        kinds.push(each(&row.products, data, |product| session(SessionOrder::Halt(Scope::Product(product), span)))?);
    }
    if let Some(products) = &row.resume {
        kinds.push(each(products, data, |product| session(SessionOrder::Resume(Scope::Product(product))))?);
    }
    Ok(kinds)
}

fn find(name: &str, data: &CatalogueData) -> Result<ProductId, String> {
    let found = (0_u8..).zip(&data.products).find(|(_, product)| product.name.as_str() == name);
    found.map(|(id, _)| ProductId(id)).ok_or_else(|| format!("no listed product is called {name}"))
}

fn each(
    names: &[String],
    data: &CatalogueData,
    make: impl Fn(ProductId) -> Directive,
) -> Result<Vec<Directive>, String> {
    if names.is_empty() {
        return Err("it names no product".to_owned());
    }
    names.iter().map(|name| find(name, data).map(&make)).collect()
}

/// `30s`, `10m`, `25h`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text}: a span is 30s, 10m or 25h, at most 960h");
    let unit_secs = match text.as_bytes().last() {
        Some(b's') => 1,
        Some(b'm') => 60,
        Some(b'h') => 3_600,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let span = count.checked_mul(unit_secs).map(Duration::from_secs);
    span.filter(|span| *span <= LONGEST).ok_or_else(wrong)
}

/// `13:30`, UTC.
fn time_of_day(text: &str) -> Result<Duration, String> {
    let parts = text.split_once(':').and_then(|(h, m)| Some((h.parse::<u64>().ok()?, m.parse::<u64>().ok()?)));
    match parts {
        Some((hours, minutes)) if minutes < 60 && hours * 60 + minutes <= 24 * 60 => {
            Ok(Duration::from_secs(hours * 3_600 + minutes * 60))
        }
        _ => Err(format!("{text}: a time of day is 13:30")),
    }
}

/// The file as it is written.
mod wire {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct File {
        pub about: String,
        pub lasts: String,
        pub speed: Option<u32>,
        pub rate: Option<f64>,
        pub before_expiry: Option<String>,
        #[serde(default)]
        pub events: Vec<Event>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Event {
        pub at: String,
        pub headline: Option<String>,
        pub shock: Option<Shock>,
        pub volatility: Option<Volatility>,
        pub makers: Option<Makers>,
        pub sweep: Option<Sweep>,
        pub rate: Option<f64>,
        pub restate: Option<Restate>,
        pub hours: Option<Hours>,
        pub around_the_clock: Option<Vec<String>>,
        pub velocity: Option<Velocity>,
        pub halt: Option<Halt>,
        pub resume: Option<Vec<String>>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Shock {
        pub products: Vec<String>,
        pub percent: f64,
        pub over: String,
        #[serde(default)]
        pub lasting: bool,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Volatility {
        pub products: Vec<String>,
        pub times: f64,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Makers {
        pub products: Vec<String>,
        pub present: u32,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Sweep {
        pub product: String,
        pub side: Way,
        pub lots: u32,
    }

    #[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Way {
        Buy,
        Sell,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Restate {
        pub index: String,
        pub percent: f64,
        pub fixings: u32,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Hours {
        pub products: Vec<String>,
        pub pre_open: String,
        pub open: String,
        pub close: String,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Velocity {
        pub products: Vec<String>,
        pub percent: String,
        pub window: String,
        pub pause: String,
        pub auction: String,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Halt {
        pub products: Vec<String>,
        pub lasts: Option<String>,
    }
}

#[cfg(test)]
mod tests;
