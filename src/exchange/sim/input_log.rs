//! What clients did, one line each, stamped in virtual time: together with seed, start and rate it is the whole run. Written as
//! inputs are accepted, read back for an exact replay.
//!
//! ```text
//! tenor-inputs 1 seed 7 start 1795338000000000000 rate 1500
//! 1795338000100000000 open desk-1
//! 1795338000250000000 8 place 12 bid 5 2.79 limit gtc off any - =T|abc-1
//! 1795338000900000000 8 cancel 100001
//! 1795338000950000000 8 combo 12:1 15:-2 18:1
//! 1795338001000000000 rate 3000
//! 1795338002000000000 do halt listing 12 -
//! 1795338003000000000 scenario flash_crash
//! 1795338003000000000 plan 1795338033000000000 sweep 0 ask 2000
//! 1795338004000000000 speed 60
//! ```
//!
//! What is no plain order has lines of its own (`input_orders`). Times are nanoseconds since 1970, accounts, listings and orders are the
//! exchange's own numbers: the same run gives the same ones.

use std::fmt;
use std::sync::Arc;

use super::directive::Directive;
use super::input_orders;
use super::input_words::{
    number, parse_kind, parse_post_only, parse_reduce, parse_time_in_force, post_only_word, write_fields,
};
use super::text::{Dash, optional, parse_rate, parse_side, side_word, unescape, write_escaped};
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty};
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::{Leg, ListingId};
use crate::exchange::engine::{Command, ConnectionId, Edit, OrderId, Place};

/// Something from outside that changes the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The first word of a client: opens its account.
    Open(Arc<str>),
    Command {
        account: AccountId,
        command: Command,
    },
    /// A new target rate in messages a second.
    Rate(f64),
    /// How many times faster than the wall's the exchange's clock runs.
    Speed(u32),
    /// Done to the market at once.
    Do(Directive),
    /// A new scenario begins: what the one before had planned or set is off.
    Scenario(Arc<str>),
    /// To be done at `due`.
    Plan {
        due: Utc,
        directive: Directive,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Stamped {
    pub at: Utc,
    pub input: Input,
}

/// What a run is made from, before any input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    pub seed: u64,
    pub start: Utc,
    pub rate: f64,
}

/// Why a log cannot be read. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    #[error("the input log does not begin with `tenor-inputs 1 seed … start … rate …`")]
    Header,
    #[error("line {line} of the input log: {what}")]
    Line { line: usize, what: &'static str },
    #[error("line {line} of the input log goes back in time")]
    Order { line: usize },
}

/// A log, read whole.
#[derive(Clone, Debug, PartialEq)]
pub struct InputLog {
    pub header: Header,
    pub inputs: Vec<Stamped>,
}

impl InputLog {
    /// # Errors
    /// [`LogError`]
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let mut lines = text.lines().enumerate();
        let header = lines.next().and_then(|(_, line)| parse_header(line)).ok_or(LogError::Header)?;
        let mut inputs: Vec<Stamped> = Vec::new();
        for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let number = at + 1;
            let input = parse_line(line).map_err(|what| LogError::Line { line: number, what })?;
            if inputs.last().is_some_and(|before| before.at > input.at) {
                return Err(LogError::Order { line: number });
            }
            inputs.push(input);
        }
        Ok(Self { header, inputs })
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenor-inputs 1 seed {} start {} rate {}", self.seed, self.start.0, self.rate)
    }
}

fn parse_header(line: &str) -> Option<Header> {
    let fields: Vec<&str> = line.split(' ').collect();
    let ["tenor-inputs", "1", "seed", seed, "start", start, "rate", rate] = fields.as_slice() else { return None };
    Some(Header { seed: seed.parse().ok()?, start: Utc(start.parse().ok()?), rate: parse_rate(rate)? })
}

impl fmt::Display for Stamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.at.0)?;
        match &self.input {
            Input::Open(client) => {
                f.write_str("open ")?;
                write_escaped(f, client)
            }
            Input::Rate(rate) => write!(f, "rate {rate}"),
            Input::Speed(speed) => write!(f, "speed {speed}"),
            Input::Do(directive) => write!(f, "do {directive}"),
            Input::Scenario(name) => {
                f.write_str("scenario ")?;
                write_escaped(f, name)
            }
            Input::Plan { due, directive } => write!(f, "plan {} {directive}", due.0),
            Input::Command { account, command } => {
                write!(f, "{} ", account.0)?;
                write_command(f, command)
            }
        }
    }
}

fn write_command(f: &mut fmt::Formatter<'_>, command: &Command) -> fmt::Result {
    match command {
        Command::Place(place) if place.terms.is_some() => input_orders::write_order(f, place),
        Command::Place(place) => {
            f.write_str("place ")?;
            write_fields(f, place)?;
            match &place.label {
                None => Ok(()),
                Some(label) => {
                    f.write_str(" =")?;
                    write_escaped(f, label)
                }
            }
        }
        Command::Edit(edit) => {
            write!(f, "edit {} {} {} {}", edit.order.0, edit.qty, Dash(edit.price), post_only_word(edit.post_only))
        }
        Command::EditHeld(edit) => input_orders::write_edit(f, edit),
        Command::Block(block) => input_orders::write_block(f, block),
        Command::Cancel(order) => write!(f, "cancel {}", order.0),
        Command::CancelLabel(label) => {
            f.write_str("cancel-label =")?;
            write_escaped(f, label)
        }
        Command::CancelListing(listing, side) => {
            write!(f, "cancel-listing {} {}", listing.0, Dash(side.map(side_word)))
        }
        Command::CancelAll => f.write_str("cancel-all"),
        Command::CancelConnection(connection) => write!(f, "cancel-connection {}", connection.0),
        Command::CreateCombo(legs) => {
            f.write_str("combo")?;
            legs.iter().try_for_each(|leg| write!(f, " {}:{}", leg.listing.0, leg.ratio))
        }
    }
}

fn parse_line(line: &str) -> Result<Stamped, &'static str> {
    let mut fields = line.splitn(3, ' ');
    let at = Utc(number(&mut fields).ok_or("no time")?);
    let actor = fields.next().ok_or("nothing after the time")?;
    let rest = fields.next().unwrap_or_default();
    let input = match actor {
        "open" => Input::Open(unescape(rest).ok_or("bad escape in the client's name")?),
        "rate" => Input::Rate(parse_rate(rest).ok_or("bad rate")?),
        "speed" => Input::Speed(rest.parse().ok().filter(|speed| *speed > 0).ok_or("bad speed")?),
        "do" => Input::Do(Directive::parse(rest).ok_or("bad directive")?),
        "scenario" => Input::Scenario(unescape(rest).ok_or("bad escape in the scenario's name")?),
        "plan" => parse_plan(rest).ok_or("bad plan")?,
        account => Input::Command {
            account: AccountId(account.parse().map_err(|_| "no account number")?),
            command: parse_command(rest)?,
        },
    };
    Ok(Stamped { at, input })
}

fn parse_plan(text: &str) -> Option<Input> {
    let (due, directive) = text.split_once(' ')?;
    Some(Input::Plan { due: Utc(due.parse().ok()?), directive: Directive::parse(directive)? })
}

fn parse_command(text: &str) -> Result<Command, &'static str> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok(match verb {
        "place" => Command::Place(parse_place(rest).ok_or("bad order")?),
        "order" => Command::Place(input_orders::parse_order(rest).ok_or("bad order")?),
        "edit-held" => Command::EditHeld(input_orders::parse_edit(rest).ok_or("bad edit")?),
        "block" => Command::Block(Box::new(input_orders::parse_block(rest).ok_or("bad block trade")?)),
        "edit" => Command::Edit(parse_edit(rest).ok_or("bad edit")?),
        "cancel" => Command::Cancel(OrderId(rest.parse().map_err(|_| "bad order number")?)),
        "cancel-label" => Command::CancelLabel(rest.strip_prefix('=').and_then(unescape).ok_or("bad label")?),
        "cancel-listing" => {
            let (listing, side) = rest.split_once(' ').ok_or("bad listing")?;
            let listing = ListingId(listing.parse().map_err(|_| "bad listing")?);
            Command::CancelListing(listing, optional(side, parse_side).ok_or("bad side")?)
        }
        "cancel-all" => Command::CancelAll,
        "cancel-connection" => {
            Command::CancelConnection(ConnectionId(rest.parse().map_err(|_| "bad connection number")?))
        }
        "combo" => Command::CreateCombo(rest.split(' ').map(parse_leg).collect::<Option<_>>().ok_or("bad leg")?),
        _ => return Err("unknown command"),
    })
}

fn parse_place(text: &str) -> Option<Place> {
    let mut fields = text.splitn(10, ' ');
    Some(Place {
        listing: ListingId(number(&mut fields)?),
        side: parse_side(fields.next()?)?,
        qty: Qty::parse(fields.next()?).ok()?,
        price: optional(fields.next()?, |t| Price::parse(t).ok())?,
        kind: parse_kind(fields.next()?)?,
        time_in_force: parse_time_in_force(fields.next()?)?,
        post_only: parse_post_only(fields.next()?)?,
        reduce: parse_reduce(fields.next()?)?,
        connection: optional(fields.next()?, |t| t.parse().ok().map(ConnectionId))?,
        label: match fields.next() {
            None => None,
            Some(label) => Some(unescape(label.strip_prefix('=')?)?),
        },
        terms: None,
    })
}

fn parse_edit(text: &str) -> Option<Edit> {
    let mut fields = text.splitn(4, ' ');
    Some(Edit {
        order: OrderId(number(&mut fields)?),
        qty: Qty::parse(fields.next()?).ok()?,
        price: optional(fields.next()?, |t| Price::parse(t).ok())?,
        post_only: parse_post_only(fields.next()?)?,
    })
}

fn parse_leg(text: &str) -> Option<Leg> {
    let (listing, ratio) = text.split_once(':')?;
    Some(Leg { listing: ListingId(listing.parse().ok()?), ratio: ratio.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::super::directive;
    use super::*;
    use crate::domain::number::Side;
    use crate::domain::order::{PostOnly, Reduce, TimeInForce};
    use crate::exchange::engine::terms::{FillCondition, Link, LinkKind, Reference, Terms, Trigger, TriggerKind};
    use crate::exchange::engine::{BlockLeg, BlockTrade, EditHeld};

    fn inputs() -> Vec<Input> {
        let place = Place {
            label: Some("odd \\ label\nwith a line".into()),
            connection: Some(ConnectionId(3)),
            time_in_force: TimeInForce::Day,
            post_only: PostOnly::Reject,
            reduce: Reduce::Only,
            ..Place::limit(ListingId(12), Side::Bid, Qty::lots(5), Price(2_790_000_000))
        };
        let command = |command| Input::Command { account: AccountId(8), command };
        let directives = || directive::one_of_each().into_iter();
        let trigger = |kind, reference, level| Some(Trigger { kind, reference, level: Price(level) });
        let stop = Place {
            label: Some("a stop \\s; with\nwords".into()),
            terms: Terms { trigger: trigger(TriggerKind::Stop, Reference::Index, 2_700_000_000), ..Terms::default() }
                .boxed(),
            ..Place::market(ListingId(12), Side::Ask, Qty::lots(5))
        };
        let shown = Terms {
            show: Some(Qty::lots(1)),
            trigger: trigger(TriggerKind::Trailing, Reference::Last, 50_000_000),
            link: Some(Link {
                kind: LinkKind::TriggersCancels,
                condition: FillCondition::Incremental,
                others: vec![stop.clone(), Place::limit(ListingId(12), Side::Ask, Qty::lots(5), Price(2_900_000_000))],
            }),
        };
        let bracket = Place { terms: shown.boxed(), ..Place::limit(ListingId(12), Side::Bid, Qty::lots(5), Price(1)) };
        let leg = |listing, side| BlockLeg { listing: ListingId(listing), side, qty: Qty::lots(100), price: Price(2) };
        let block = BlockTrade {
            maker: AccountId(8),
            taker: AccountId(9),
            timestamp_ms: -1,
            nonce: "any thing".into(),
            legs: vec![leg(3, Side::Bid), leg(4, Side::Ask)],
        };
        let held = EditHeld {
            order: OrderId(9),
            qty: Qty::lots(2),
            price: None,
            trigger: Some(Price(-5_000_000)),
            post_only: PostOnly::Off,
        };
        let mut all = vec![
            Input::Open("desk 1".into()),
            command(Command::Place(place)),
            command(Command::Place(Place::market(ListingId(0), Side::Ask, Qty(500_000)))),
            command(Command::Place(stop)),
            command(Command::Place(bracket)),
            command(Command::EditHeld(held)),
            command(Command::EditHeld(EditHeld { price: Some(Price(7)), trigger: None, ..held })),
            command(Command::Block(Box::new(block))),
            command(Command::Edit(Edit {
                order: OrderId(9),
                qty: Qty::lots(2),
                price: Some(Price(-5_000_000)),
                post_only: PostOnly::Reprice,
            })),
            command(Command::Edit(Edit {
                order: OrderId(9),
                qty: Qty::lots(2),
                price: None,
                post_only: PostOnly::Off,
            })),
            command(Command::Cancel(OrderId(u64::MAX))),
            command(Command::CancelLabel("".into())),
            command(Command::CancelListing(ListingId(4), None)),
            command(Command::CancelListing(ListingId(4), Some(Side::Ask))),
            command(Command::CancelAll),
            command(Command::CancelConnection(ConnectionId(77))),
            command(Command::CreateCombo(vec![
                Leg { listing: ListingId(12), ratio: 1 },
                Leg { listing: ListingId(15), ratio: -2 },
                Leg { listing: ListingId(18), ratio: 1 },
            ])),
            Input::Rate(0.0),
            Input::Rate(1_500.25),
            Input::Speed(600),
            Input::Scenario("flash_crash".into()),
        ];
        all.extend(directives().map(Input::Do));
        all.extend(directives().map(|directive| Input::Plan { due: Utc(7), directive }));
        all
    }

    #[test]
    fn every_input_is_read_back_as_it_was() {
        let header = Header { seed: 7, start: Utc(1_795_338_000_000_000_000), rate: 1_500.0 };
        let mut text = format!("{header}\n");
        let mut want = Vec::new();
        for (at, input) in (10..).zip(inputs()) {
            let stamped = Stamped { at: Utc(at), input };
            text.push_str(&format!("{stamped}\n"));
            want.push(stamped);
        }
        assert_eq!(text.lines().count(), want.len() + 1, "one line each, whatever a label holds");
        assert_eq!(InputLog::parse(&text), Ok(InputLog { header, inputs: want }));
    }

    #[test]
    fn says_which_line_is_wrong() {
        let header = "tenor-inputs 1 seed 1 start 0 rate 10\n";
        assert_eq!(InputLog::parse("seed 1"), Err(LogError::Header));
        assert_eq!(InputLog::parse("tenor-inputs 1 seed 1 start 0 rate -1"), Err(LogError::Header));
        for (line, what) in [
            ("x open a", "no time"),
            ("5 rate NaN", "bad rate"),
            ("5 8 place 1 bid 2", "bad order"),
            ("5 8 dance", "unknown command"),
            ("5 8 combo 1:1 2", "bad leg"),
            ("5 speed 0", "bad speed"),
            ("5 do halt listing 3", "bad directive"),
            ("5 plan 9 hours 0 3 2 1", "bad plan"),
            ("5 y cancel-all", "no account number"),
        ] {
            assert_eq!(InputLog::parse(&format!("{header}{line}")), Err(LogError::Line { line: 2, what }), "{line}");
        }
        let backwards = format!("{header}5 rate 1\n4 rate 2");
        assert_eq!(InputLog::parse(&backwards), Err(LogError::Order { line: 3 }));
    }
}
