//! Combos: making them, listing them, and what their prices mean for their legs.

use super::context::Context;
use super::filter::Filter;
use super::market::find;
use super::rpc::{Answer, Failure, json, params};
use super::shapes;
use crate::domain::number::Side;
use crate::exchange::catalogue::{Leg, Listing};
use crate::exchange::engine::{Applied, Command, Engine, Refused};
use crate::venues::deribit::wire::{
    Code, ComboIdsParams, ComboParams, ComboTrade, CreateComboParams, CurrencyParams, LegPrice, LegPrices,
    LegPricesParams, Number,
};

/// Decimals in which amounts are compared.
const AMOUNT_SCALE: u32 = 6;

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    Some(match method {
        "private/create_combo" => create(context, text),
        "private/get_leg_prices" => leg_prices(context, text),
        "public/get_combos" => combos(context.engine(), text),
        "public/get_combo_ids" => ids(context.engine(), text),
        "public/get_combo_details" => details(context.engine(), text),
        _ => return None,
    })
}

fn create(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: CreateComboParams<'_> = params(text)?;
    let (legs, _) = legs(context.engine(), &asked.trades)?;
    let Applied::Combo(id) = context.submit(account, &Command::CreateCombo(legs))? else {
        return Err(Code::INTERNAL.into());
    };
    let engine = context.engine();
    let listing = engine.catalogue().get(id).ok_or(Code::INTERNAL)?;
    json(&shapes::combo(engine, listing))
}

fn leg_prices(context: &mut Context<'_>, text: &str) -> Answer {
    context.caller()?;
    let asked: LegPricesParams<'_> = params(text)?;
    let engine = context.engine();
    let (legs, amount) = legs(engine, &asked.legs)?;
    let price = asked.price.price().map_err(|_| Failure::because(Code::PRICE_PRECISION, "at most nine decimals"))?;
    let priced = engine.leg_prices(&legs, price)?;
    let legs = priced.iter().map(|(leg, price)| LegPrice {
        instrument_name: shapes::symbol(engine, leg.listing).into(),
        direction: Side::Bid.of_leg(leg.ratio).into(),
        price: (*price).into(),
        ratio: i64::from(leg.ratio.unsigned_abs()),
    });
    json(&LegPrices { legs: legs.collect(), amount })
}

/// Legs with their smallest whole ratios, and the amount that one of them stands for.
fn legs(engine: &Engine, trades: &[ComboTrade<'_>]) -> Result<(Vec<Leg>, Number), Failure> {
    let one = Number::new(1, 0);
    let amounts: Vec<i128> = trades
        .iter()
        .map(|trade| trade.amount.unwrap_or(one).exact(AMOUNT_SCALE).ok().filter(|amount| *amount > 0))
        .collect::<Option<_>>()
        .ok_or_else(|| Failure::because(Code::INVALID_AMOUNT, "amounts are positive, with at most six decimals"))?;
    let common = amounts.iter().copied().fold(0, gcd).max(1);
    let leg = |(trade, amount): (&ComboTrade<'_>, i128)| {
        let sign = trade.direction.side().ok_or_else(|| Failure::param("direction", "buy or sell"))?.sign();
        let ratio = i8::try_from(amount / common * i128::from(sign)).map_err(|_| Refused::NotACombo)?;
        Ok(Leg { listing: find(engine, &trade.instrument_name)?.id, ratio })
    };
    let legs = trades.iter().zip(amounts).map(leg).collect::<Result<_, Failure>>()?;
    Ok((legs, Number::new(common, AMOUNT_SCALE)))
}

const fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Every spread of a currency.
fn spreads(engine: &Engine, filter: Filter) -> impl Iterator<Item = &Listing> {
    let all = engine.catalogue().all().iter().map(|listing| &**listing);
    all.filter(move |listing| !listing.legs.is_empty() && filter.covers(listing))
}

fn combos(engine: &Engine, text: &str) -> Answer {
    let asked: CurrencyParams<'_> = params(text)?;
    let filter = Filter::asked(None, asked.currency.as_ref(), engine.catalogue())?;
    let active = spreads(engine, filter).filter(|listing| listing.is_active);
    json(&active.map(|listing| shapes::combo(engine, listing)).collect::<Vec<_>>())
}

fn ids(engine: &Engine, text: &str) -> Answer {
    let asked: ComboIdsParams<'_> = params(text)?;
    let filter = Filter::asked(None, asked.currency.as_ref(), engine.catalogue())?;
    let state = asked.state.as_deref();
    if !matches!(state, None | Some("active" | "inactive" | "rfq")) {
        return Err(Failure::param("state", "active, inactive or rfq"));
    }
    let wanted = |listing: &&Listing| state.is_none_or(|state| state == shapes::combo_state(listing));
    json(&spreads(engine, filter).filter(wanted).map(|listing| &*listing.symbol).collect::<Vec<_>>())
}

fn details(engine: &Engine, text: &str) -> Answer {
    let asked: ComboParams<'_> = params(text)?;
    let listing = find(engine, &asked.combo_id)?;
    if listing.legs.is_empty() {
        return Err(Failure::because(Code::INVALID_INSTRUMENT, "not a combo"));
    }
    json(&shapes::combo(engine, listing))
}
