//! Positions and balances.

use super::context::Context;
use super::filter::{Filter, product};
use super::rpc::{Answer, Failure, json, params};
use super::shapes;
use crate::exchange::accounts::Portfolio;
use crate::venues::deribit::wire::{AccountSummaries, Code, CurrencyParams, InstrumentParams, Text};

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    Some(match method {
        "private/get_positions" => positions(context, text),
        "private/get_position" => position(context, text),
        "private/get_account_summary" => summary(context, text),
        "private/get_account_summaries" => summaries(context),
        _ => return None,
    })
}

fn positions(context: &Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: CurrencyParams<'_> = params(text)?;
    let engine = context.engine();
    let filter = Filter::asked(asked.kind.as_ref(), asked.currency.as_ref(), engine.catalogue())?;
    let views = engine.positions(account);
    let list: Vec<_> = views
        .iter()
        .filter_map(|view| engine.catalogue().get(view.listing).map(|listing| (listing, view)))
        .filter(|(listing, _)| filter.covers(listing))
        .map(|(listing, view)| shapes::position(engine, listing, view))
        .collect();
    json(&list)
}

fn position(context: &Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: InstrumentParams<'_> = params(text)?;
    let engine = context.engine();
    let listing = engine.catalogue().find(&asked.instrument_name).ok_or(Code::INVALID_INSTRUMENT)?;
    let view = engine.position(account, listing.id).ok_or(Code::INTERNAL)?;
    json(&shapes::position(engine, listing, &view))
}

fn portfolio(context: &Context<'_>) -> Result<Portfolio, Failure> {
    let account = context.caller()?;
    context.engine().portfolio(account).ok_or_else(|| Code::INTERNAL.into())
}

fn summary(context: &Context<'_>, text: &str) -> Answer {
    let view = portfolio(context)?;
    let asked: CurrencyParams<'_> = params(text)?;
    let currency = asked.currency.as_ref().map_or("any", Text::as_str);
    match product(currency, context.engine().catalogue()) {
        Some(None) => json(&shapes::account_summary(&view)),
        _ => Err(Failure::param("currency", "accounts are held in the settlement currency")),
    }
}

fn summaries(context: &Context<'_>) -> Answer {
    let account = context.caller()?;
    let view = portfolio(context)?;
    json(&AccountSummaries {
        id: account.0.into(),
        email: "simulated@example.com".into(),
        system_name: "simulated".into(),
        username: "simulated".into(),
        kind: "main".into(),
        creation_timestamp: 0,
        login_enabled: true,
        security_keys_enabled: false,
        mmp_enabled: false,
        interuser_transfers_enabled: false,
        self_trading_reject_mode: "cancel_maker".into(),
        self_trading_extended_to_subaccounts: false,
        block_rfq_self_match_prevention: false,
        referrer_id: None,
        summaries: vec![shapes::account_summary(&view)],
    })
}
