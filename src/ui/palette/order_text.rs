//! Orders as people type them: `buy 5 h100 dec26 @ 2.78`, `sell 10 h100.z6-h7 @ 0.16`, `b 2 tok perp`. A parsed text fills the
//! ticket; nothing here can send.

use crate::domain::instrument::{Catalogue, InstrumentId};
use crate::domain::number::{Price, Qty, Side};
use crate::ui::format;

/// What was understood. What was left out stays as the ticket has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderText {
    pub side: Side,
    pub qty: Option<Qty>,
    pub instrument: Option<InstrumentId>,
    pub price: Option<Price>,
}

/// Why a text that begins like an order is not one. The message is for the screen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderTextError {
    #[error("no contract called “{0}”")]
    UnknownContract(String),
    #[error("“{0}” is not a price")]
    BadPrice(String),
    #[error("{contract} moves in ticks of {tick}")]
    OffTick { contract: String, tick: Price },
    #[error("the size must be a multiple of {0} contracts")]
    OffLot(Qty),
}

/// `None` when the text does not begin with `buy` or `sell`: it is then a command or a name.
pub fn parse(text: &str, catalogue: &Catalogue) -> Option<Result<OrderText, OrderTextError>> {
    let text = text.trim().to_lowercase();
    let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
    let side = match verb {
        "buy" | "b" => Side::Bid,
        "sell" | "s" => Side::Ask,
        _ => return None,
    };
    Some(parse_rest(side, rest, catalogue))
}

fn parse_rest(side: Side, rest: &str, catalogue: &Catalogue) -> Result<OrderText, OrderTextError> {
    let (body, price_text) = match rest.split_once('@').or_else(|| rest.split_once(" at ")) {
        Some((body, price)) => (body.trim(), Some(price.trim())),
        None => (rest.trim(), None),
    };
    let (first, after) = body.split_once(' ').unwrap_or((body, ""));
    let (qty, contract_text) = match Qty::parse(first) {
        Ok(qty) if qty > Qty::ZERO => (Some(qty), after.trim()),
        _ => (None, body),
    };
    let instrument = match contract_text {
        "" => None,
        text => {
            Some(find_contract(text, catalogue).ok_or_else(|| OrderTextError::UnknownContract(text.to_uppercase()))?)
        }
    };
    let price = match price_text {
        None | Some("") => None,
        Some(text) => Some(format::parse_price(text).ok_or_else(|| OrderTextError::BadPrice(text.to_owned()))?),
    };
    let terms = instrument.and_then(|id| catalogue.get(id));
    if let (Some(terms), Some(price)) = (terms, price)
        && !price.is_on(terms.tick)
    {
        return Err(OrderTextError::OffTick { contract: terms.contract.to_string(), tick: terms.tick });
    }
    if let (Some(terms), Some(qty)) = (terms, qty)
        && qty.0 % terms.lot.0.max(1) != 0
    {
        return Err(OrderTextError::OffLot(terms.lot));
    }
    Ok(OrderText { side, qty, instrument, price })
}

/// The instrument called `text`: `h100 dec26`, `H100 DEC-26 / MAR-27`, `h100.z6`, `h100.z6-h7`, in any spacing.
pub fn find_contract(text: &str, catalogue: &Catalogue) -> Option<InstrumentId> {
    let wanted = squeeze(text);
    catalogue
        .iter()
        .filter(|(_, instrument)| instrument.is_active)
        .find(|(_, i)| squeeze(&i.contract.to_string()) == wanted || squeeze(&i.contract.code()) == wanted)
        .map(|(id, _)| id)
}

fn squeeze(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
