//! Block trades: one side has its part verified and hands the signature to the other, who has it executed. Directions are the maker's,
//! whoever asks.
//!
//! A signature names what was verified, and nothing else fits it: the same timestamp, nonce and legs, in the other role, by another
//! account, once, within a minute of the wall's time.

use super::context::Context;
use super::market::in_currency;
use super::rpc::{Answer, Failure, json, ok, params};
use super::shapes;
use super::signatures::{Role, VALID_MS, Verified};
use super::terms::size;
use crate::base::time::Utc;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::blocks::BlockRecord;
use crate::exchange::engine::{Applied, BlockLeg, Command, Engine, Fill};
use crate::venues::deribit::wire::{
    BlockSignature, BlockTrade, BlockTradeLeg, BlockTradeParams, BlockTradesParams, Code, Text,
};

/// Signatures that wait to be used.
const MAX_SIGNATURES: usize = 10_000;
const MAX_NONCE: usize = 128;
const DEFAULT_COUNT: usize = 20;
const MAX_COUNT: usize = 1_000;

pub fn call(context: &mut Context<'_>, method: &str, text: &str) -> Option<Answer> {
    Some(match method {
        "private/verify_block_trade" => verify(context, text),
        "private/execute_block_trade" => execute(context, text),
        "private/simulate_block_trade" => simulate(context, text),
        "private/invalidate_block_trade_signature" => invalidate(context, text),
        "private/get_block_trade" => one(context, text),
        "private/get_block_trades" => many(context, text),
        _ => return None,
    })
}

fn role(asked: &BlockTradeParams<'_>) -> Result<Role, Failure> {
    match asked.role.as_deref() {
        Some("maker") => Ok(Role::Maker),
        Some("taker") => Ok(Role::Taker),
        Some(_) => Err(Failure::param("role", "maker or taker")),
        None => Err(Failure::param("role", "value required")),
    }
}

fn legs(engine: &Engine, asked: &BlockTradeParams<'_>) -> Result<Vec<BlockLeg>, Failure> {
    let leg = |leg: &BlockTradeLeg<'_>| {
        let listing = engine.catalogue().find(&leg.instrument_name);
        let listing = listing.ok_or_else(|| Failure::because(Code::INVALID_INSTRUMENT, "no such instrument"))?;
        let side = leg.direction.side().ok_or_else(|| Failure::param("direction", "buy or sell"))?;
        let price = leg.price.price();
        let price = price.map_err(|_| Failure::because(Code::PRICE_PRECISION, "at most nine decimals"))?;
        Ok(BlockLeg { listing: listing.id, side, qty: size(listing, leg.amount, None)?, price })
    };
    asked.trades.iter().map(leg).collect()
}

/// The caller's side of a block trade.
fn side(context: &Context<'_>, asked: &BlockTradeParams<'_>) -> Result<Verified, Failure> {
    let account = context.caller()?;
    let timestamp_ms = asked.timestamp.ok_or_else(|| Failure::param("timestamp", "value required"))?;
    let nonce = asked.nonce.as_ref().ok_or_else(|| Failure::param("nonce", "value required"))?;
    if nonce.is_empty() || nonce.len() > MAX_NONCE {
        return Err(Failure::param("nonce", "1 to 128 characters"));
    }
    let (role, legs) = (role(asked)?, legs(context.engine(), asked)?);
    let expires_ms = context.wall.millis().saturating_add(VALID_MS);
    Ok(Verified { account, role, timestamp_ms, nonce: nonce.as_str().to_owned(), legs, expires_ms })
}

fn verify(context: &mut Context<'_>, text: &str) -> Answer {
    let asked: BlockTradeParams<'_> = params(text)?;
    let verified = side(context, &asked)?;
    if verified.legs.is_empty() {
        return Err(Failure::param("trades", "at least one"));
    }
    // People agree by their own clocks or by the exchange's.
    let clocks = [context.now, context.wall];
    let is_near = |clock: &Utc| clock.millis().saturating_sub(verified.timestamp_ms).saturating_abs() <= VALID_MS;
    if !clocks.iter().any(is_near) {
        return Err(Failure::param("timestamp", "more than a minute from the time"));
    }
    context.engine().check_block_side(verified.account, &verified.own_legs())?;
    let now_ms = context.wall.millis();
    let signatures = &mut context.sessions.signatures;
    signatures.retain(|_, kept| kept.expires_ms >= now_ms);
    if signatures.len() >= MAX_SIGNATURES {
        return Err(Code::RETRY.into());
    }
    let signature = verified.sign(context.wall);
    signatures.insert(signature.clone(), verified);
    json(&BlockSignature { signature: signature.into() })
}

fn execute(context: &mut Context<'_>, text: &str) -> Answer {
    let asked: BlockTradeParams<'_> = params(text)?;
    let own = side(context, &asked)?;
    let signature = asked.counterparty_signature.as_ref();
    let signature = signature.ok_or_else(|| Failure::param("counterparty_signature", "value required"))?;
    let refused = |reason| Failure::because(Code::INVALID_ARGUMENTS, reason);
    let now_ms = context.wall.millis();
    let other = context.sessions.signatures.get(signature.as_str()).filter(|other| other.expires_ms >= now_ms);
    let other = other.cloned().ok_or_else(|| refused("no such signature, or it has expired"))?;
    if (other.timestamp_ms, &other.nonce, &other.legs) != (own.timestamp_ms, &own.nonce, &own.legs) {
        return Err(refused("the signature is for another block trade"));
    }
    if other.role == own.role || other.account == own.account {
        return Err(refused("a block trade has a maker and a taker"));
    }
    let account = own.account;
    let command = Command::Block(Box::new(own.with(other.account)));
    let Applied::Block(id) = context.submit(account, &command)? else { return Err(Code::INTERNAL.into()) };
    context.sessions.signatures.remove(signature.as_str());
    let engine = context.engine();
    let done = engine.block_trades(account).rev().find(|done| done.id == id).ok_or(Code::INTERNAL)?;
    json(&printed(engine, account, done))
}

/// Whether the caller could trade his side now; the other side is nobody yet.
fn simulate(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: BlockTradeParams<'_> = params(text)?;
    let role = if asked.role.is_some() { role(&asked)? } else { Role::Maker };
    let legs = legs(context.engine(), &asked)?;
    let side = Verified { account, role, timestamp_ms: 0, nonce: String::new(), legs, expires_ms: 0 };
    json(&context.engine().check_block_side(account, &side.own_legs()).is_ok())
}

fn invalidate(context: &mut Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: BlockSignature<'_> = params(text)?;
    let signatures = &mut context.sessions.signatures;
    if signatures.get(asked.signature.as_str()).is_none_or(|kept| kept.account != account) {
        return Err(Failure::because(Code::INVALID_ARGUMENTS, "no such signature, or it has expired"));
    }
    signatures.remove(asked.signature.as_str());
    ok()
}

/// As `account` sees it.
fn printed<'a>(engine: &'a Engine, account: AccountId, done: &BlockRecord) -> BlockTrade<'a> {
    let ours = |fill: &&Fill| fill.trade.block == Some(done.id);
    let mut trades: Vec<_> = engine.fills(account).rev().filter(ours).map(|fill| shapes::fill(engine, fill)).collect();
    trades.reverse();
    BlockTrade { id: done.id.to_string().into(), timestamp: done.utc.millis(), trades }
}

fn one(context: &Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: BlockTradesParams<'_> = params(text)?;
    let id = asked.id.as_ref().ok_or_else(|| Failure::param("id", "value required"))?;
    let engine = context.engine();
    let found = engine.block_trades(account).find(|done| done.id.to_string() == id.as_str());
    json(&printed(engine, account, found.ok_or(Code::NOT_FOUND)?))
}

/// Newest first.
fn many(context: &Context<'_>, text: &str) -> Answer {
    let account = context.caller()?;
    let asked: BlockTradesParams<'_> = params(text)?;
    let engine = context.engine();
    let count = asked.count.and_then(|count| usize::try_from(count).ok()).unwrap_or(DEFAULT_COUNT).clamp(1, MAX_COUNT);
    let bound = |text: Option<&Text<'_>>| text.and_then(|id| id.parse::<u64>().ok());
    let (from, until) = (bound(asked.start_id.as_ref()), bound(asked.end_id.as_ref()));
    let list: Vec<_> = engine
        .block_trades(account)
        .rev()
        .filter(|done| from.is_none_or(|from| done.id < from) && until.is_none_or(|until| done.id >= until))
        .filter(|done| done.agreed.legs.iter().any(|leg| in_currency(engine, asked.currency.as_ref(), leg.listing)))
        .take(count)
        .map(|done| printed(engine, account, done))
        .collect();
    json(&list)
}
