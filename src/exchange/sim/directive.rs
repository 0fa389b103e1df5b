//! What the venue's own people and a scenario may do to a running market. One line of text each, in the log of inputs:
//!
//! ```text
//! halt product 0 30000000000        resume listing 12         headline A new generation is announced
//! hours 0 46800000000000 48600000000000 72000000000000        velocity 0 0.03 5000000000 10000000000 5000000000
//! shock 0 -0.12 20000000000 fading  volatility 0 3            makers 0 1
//! sweep 0 ask 2000                  rate 3000                 restate 5 -0.03 h100_usdc_grid
//! ```
//!
//! Products, listings: the exchange's own numbers; spans in nanoseconds; jumps in logarithms of the price.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::text::{Dash, optional, parse_rate, parse_side, side_word, unescape, write_escaped};
use crate::domain::number::{Price, Side};
use crate::exchange::catalogue::{ListingId, ProductId, Ratio};
use crate::exchange::engine::{Hours, Scope, SessionOrder, Velocity};

/// What becomes of a shock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// It lies on the factor that fades within months, and moves far months less.
    Fading,
    /// The whole curve is somewhere else for good.
    Lasting,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    Session(SessionOrder),
    /// The log price moves by this much in equal parts over a span.
    Shock {
        product: ProductId,
        log_jump: f64,
        over: Duration,
        stay: Stay,
    },
    /// Times the usual volatility.
    Volatility {
        product: ProductId,
        times: f64,
    },
    /// How many makers quote a product. The others cancel; those who stay quote less and wider.
    Makers {
        product: ProductId,
        present: u32,
    },
    /// Somebody wants out of the nearest month at any price.
    Sweep {
        product: ProductId,
        side: Side,
        lots: u32,
    },
    Rate(f64),
    /// The last fixings of an index, and the index from now on, are corrected by this logarithm.
    Restate {
        index: Arc<str>,
        fixings: u32,
        log_change: f64,
    },
    Headline(Arc<str>),
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(SessionOrder::Hours(product, None)) => write!(f, "hours {} -", product.0),
            Self::Session(SessionOrder::Hours(product, Some(hours))) => {
                let [pre_open, open, close] = [hours.pre_open, hours.open, hours.close].map(|time| time.as_nanos());
                write!(f, "hours {} {pre_open} {open} {close}", product.0)
            }
            Self::Session(SessionOrder::Velocity(product, None)) => write!(f, "velocity {} -", product.0),
            Self::Session(SessionOrder::Velocity(product, Some(rule))) => {
                let [window, pause, auction] = [rule.window, rule.pause, rule.auction].map(|span| span.as_nanos());
                write!(f, "velocity {} {} {window} {pause} {auction}", product.0, Price(rule.band.0))
            }
            Self::Session(SessionOrder::Halt(scope, span)) => {
                write!(f, "halt {} {}", ScopeText(*scope), Dash(span.map(|span| span.as_nanos())))
            }
            Self::Session(SessionOrder::Resume(scope)) => write!(f, "resume {}", ScopeText(*scope)),
            Self::Shock { product, log_jump, over, stay } => {
                let stay = if *stay == Stay::Fading { "fading" } else { "lasting" };
                write!(f, "shock {} {log_jump} {} {stay}", product.0, over.as_nanos())
            }
            Self::Volatility { product, times } => write!(f, "volatility {} {times}", product.0),
            Self::Makers { product, present } => write!(f, "makers {} {present}", product.0),
            Self::Sweep { product, side, lots } => write!(f, "sweep {} {} {lots}", product.0, side_word(*side)),
            Self::Rate(rate) => write!(f, "rate {rate}"),
            Self::Restate { index, fixings, log_change } => {
                write!(f, "restate {fixings} {log_change} ")?;
                write_escaped(f, index)
            }
            Self::Headline(text) => {
                f.write_str("headline ")?;
                write_escaped(f, text)
            }
        }
    }
}

struct ScopeText(Scope);

impl fmt::Display for ScopeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Scope::Listing(listing) => write!(f, "listing {}", listing.0),
            Scope::Product(product) => write!(f, "product {}", product.0),
        }
    }
}

impl Directive {
    /// Reads what [`Directive`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        let (verb, rest) = text.split_once(' ')?;
        let words: Vec<&str> = rest.split(' ').collect();
        Some(match (verb, words.as_slice()) {
            ("headline", _) => Self::Headline(unescape(rest)?),
            ("rate", [rate]) => Self::Rate(parse_rate(rate)?),
            ("restate", [fixings, log_change, ..]) => {
                let index = unescape(rest.splitn(3, ' ').nth(2)?)?;
                Self::Restate { index, fixings: fixings.parse().ok()?, log_change: finite(log_change)? }
            }
            ("hours", [of, "-"]) => Self::Session(SessionOrder::Hours(product(of)?, None)),
            ("hours", [of, pre_open, open, close]) => {
                let hours = Hours::new(span(pre_open)?, span(open)?, span(close)?)?;
                Self::Session(SessionOrder::Hours(product(of)?, Some(hours)))
            }
            ("velocity", [of, "-"]) => Self::Session(SessionOrder::Velocity(product(of)?, None)),
            ("velocity", [of, band, window, pause, auction]) => {
                let band = Ratio(Price::parse(band).ok()?.0);
                let rule = Velocity { band, window: span(window)?, pause: span(pause)?, auction: span(auction)? };
                Self::Session(SessionOrder::Velocity(product(of)?, Some(rule)))
            }
            ("halt", [kind, of, until]) => Self::Session(SessionOrder::Halt(scope(kind, of)?, optional(until, span)?)),
            ("resume", [kind, of]) => Self::Session(SessionOrder::Resume(scope(kind, of)?)),
            ("shock", [of, log_jump, over, stay]) => Self::Shock {
                product: product(of)?,
                log_jump: finite(log_jump)?,
                over: span(over)?,
                stay: match *stay {
                    "fading" => Stay::Fading,
                    "lasting" => Stay::Lasting,
                    _ => return None,
                },
            },
            ("volatility", [of, times]) => Self::Volatility { product: product(of)?, times: parse_rate(times)? },
            ("makers", [of, present]) => Self::Makers { product: product(of)?, present: present.parse().ok()? },
            ("sweep", [of, side, lots]) => {
                Self::Sweep { product: product(of)?, side: parse_side(side)?, lots: lots.parse().ok()? }
            }
            _ => return None,
        })
    }
}

fn product(text: &str) -> Option<ProductId> {
    text.parse().ok().map(ProductId)
}

fn span(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_nanos)
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn scope(kind: &str, of: &str) -> Option<Scope> {
    match kind {
        "listing" => of.parse().ok().map(|id| Scope::Listing(ListingId(id))),
        "product" => product(of).map(Scope::Product),
        _ => None,
    }
}

#[cfg(test)]
pub(super) fn one_of_each() -> Vec<Directive> {
    let p = ProductId(2);
    let secs = Duration::from_secs;
    let rule = Velocity { band: Ratio(30_000_000), window: secs(5), pause: secs(10), auction: secs(4) };
    let session = Directive::Session;
    vec![
        session(SessionOrder::Hours(p, None)),
        session(SessionOrder::Hours(p, Hours::new(secs(3_600), secs(7_200), secs(86_400)))),
        session(SessionOrder::Velocity(p, None)),
        session(SessionOrder::Velocity(p, Some(rule))),
        session(SessionOrder::Halt(Scope::Listing(ListingId(7)), None)),
        session(SessionOrder::Halt(Scope::Product(p), Some(secs(30)))),
        session(SessionOrder::Resume(Scope::Listing(ListingId(7)))),
        session(SessionOrder::Resume(Scope::Product(p))),
        Directive::Shock { product: p, log_jump: -0.125, over: secs(20), stay: Stay::Fading },
        Directive::Shock { product: p, log_jump: 1e-3, over: Duration::ZERO, stay: Stay::Lasting },
        Directive::Volatility { product: p, times: 2.5 },
        Directive::Makers { product: p, present: 1 },
        Directive::Sweep { product: p, side: Side::Ask, lots: 900 },
        Directive::Rate(2_500.5),
        Directive::Restate { index: "h100_usdc_grid".into(), fixings: 5, log_change: -0.03 },
        Directive::Headline("two\nlines, a \\ and  spaces".into()),
    ]
}
