//! The exchange's own objects in the protocol's words.

use super::terms;
use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{Liquidity, OrderType, PostOnly, Reduce, VenueOrderState};
use crate::exchange::accounts::{Portfolio, PositionView};
use crate::exchange::catalogue::{Kind, Listing, ListingId, ProductId, Ratio};
use crate::exchange::engine::terms::{Ties, TriggerKind};
use crate::exchange::engine::{self, ComboTag, Engine, HeldOrder, HeldState, LegTrade, OrderId, Origin, Phase};
use crate::venues::deribit::wire::{self, Number, PriceLevel, Stats, Text};

/// Deribit's own timestamp for "never".
const NEVER_MS: i64 = 32_503_708_800_000;

pub const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Future | Kind::Perpetual => "future",
        Kind::Calendar | Kind::Combo => "future_combo",
    }
}

pub fn instrument<'a>(engine: &'a Engine, listing: &'a Listing) -> wire::Instrument<'a> {
    let data = engine.catalogue().data();
    let venue = &data.venue;
    let product = engine.catalogue().product(listing.product);
    let currency = Text::from(&venue.currency);
    wire::Instrument {
        instrument_name: (&listing.symbol).into(),
        instrument_id: i64::from(listing.id.0) + 1,
        kind: kind(listing.kind).into(),
        instrument_type: Some("linear".into()),
        future_type: Some("linear".into()),
        base_currency: product.map(|p| p.name.as_str()).unwrap_or_default().into(),
        quote_currency: currency.clone(),
        counter_currency: Some(currency.clone()),
        settlement_currency: Some(currency),
        settlement_period: Some(if listing.kind == Kind::Perpetual { "perpetual" } else { "month" }.into()),
        price_index: product.map(|p| (&p.index_name).into()),
        tick_size: listing.tick.into(),
        tick_size_steps: Vec::new(),
        min_trade_amount: Number::amount(listing.lot, listing.contract_size),
        contract_size: listing.contract_size.into(),
        expiration_timestamp: Some(listing.expiry.map_or(NEVER_MS, Utc::millis)),
        creation_timestamp: listing.creation.millis(),
        is_active: listing.is_active,
        state: Some(state_of(engine, listing.id).into()),
        maker_commission: Number::new(venue.maker_fee.0.into(), 9),
        taker_commission: Number::new(venue.taker_fee.0.into(), 9),
        max_leverage: 1_000_000_000_i64.checked_div(venue.initial_margin.0).map(Number::from),
        max_liquidation_commission: Some(Number::ZERO),
        block_trade_commission: Some(Number::new(venue.block_fee.0.into(), 9)),
        block_trade_min_trade_amount: Some(Number::amount(listing.lot, listing.contract_size)),
        block_trade_tick_size: Some(listing.tick.into()),
        rfq: false,
    }
}

/// Indices of products that are halted as a whole.
pub fn locked_indices(engine: &Engine) -> Vec<&str> {
    let products = (0_u8..).map(ProductId).zip(&engine.catalogue().data().products);
    products.filter(|(id, _)| engine.is_locked(*id)).map(|(_, product)| &*product.index_name).collect()
}

/// Whether nothing at all can be traded.
pub fn is_locked(engine: &Engine) -> bool {
    locked_indices(engine).len() == engine.catalogue().data().products.len()
}

/// The venue has one word for all of them in which nothing trades, the time before an auction included.
pub fn state_of(engine: &Engine, id: ListingId) -> &'static str {
    match engine.phase(id) {
        Phase::Open => "open",
        Phase::PreOpen | Phase::Halted => "halted",
        Phase::Closed if engine.catalogue().get(id).is_some_and(|listing| listing.is_active) => "halted",
        Phase::Closed => "closed",
    }
}

pub fn combo<'a>(engine: &'a Engine, listing: &'a Listing) -> wire::Combo<'a> {
    wire::Combo {
        id: (&listing.symbol).into(),
        instrument_id: i64::from(listing.id.0) + 1,
        state: combo_state(listing).into(),
        legs: listing
            .legs
            .iter()
            .map(|leg| wire::ComboLeg {
                instrument_name: symbol(engine, leg.listing).into(),
                amount: i64::from(leg.ratio).into(),
            })
            .collect(),
        creation_timestamp: listing.creation.millis(),
        state_timestamp: listing.expiry.filter(|_| !listing.is_active).unwrap_or(listing.creation).millis(),
    }
}

pub const fn combo_state(listing: &Listing) -> &'static str {
    if listing.is_active { "active" } else { "inactive" }
}

/// A fraction.
pub fn rate(rate: Ratio) -> Number {
    Number::new(rate.0.into(), 9)
}

pub fn symbol(engine: &Engine, listing: ListingId) -> &str {
    engine.catalogue().get(listing).map(|l| &*l.symbol).unwrap_or_default()
}

fn contract_size(engine: &Engine, listing: ListingId) -> i64 {
    engine.catalogue().get(listing).map_or(1, |l| l.contract_size)
}

/// Per cent of change against the last settlement, to a hundredth.
fn price_change(last: Option<Price>, settlement: Option<Price>) -> Option<Number> {
    let (last, settlement) = (last?, settlement?);
    let hundredths = (i128::from(last.0) - i128::from(settlement.0)) * 10_000;
    Some(Number::new(hundredths.checked_div(i128::from(settlement.0.abs()))?, 2))
}

/// `implied`: by side, what other books make of it.
pub fn ticker<'a>(engine: &'a Engine, listing: &'a Listing, now: Utc, implied: [Option<Level>; 2]) -> wire::Ticker<'a> {
    let stats = engine.stats(listing.id);
    let band = engine.price_band(listing.id);
    let index = engine.index(listing.product);
    let [bid, ask] = Side::BOTH.map(|side| engine.best(listing.id, side));
    let [implied_bid, implied_ask] = implied;
    let amount = |qty: Qty| Number::amount(qty, listing.contract_size);
    let current_funding = engine.current_funding(listing.id).map(rate);
    let funding_8h = current_funding.map(|_| rate(engine.funding_of_eight_hours(listing.id, now)));
    wire::Ticker {
        timestamp: now.millis(),
        instrument_name: (&listing.symbol).into(),
        state: state_of(engine, listing.id).into(),
        stats: Stats {
            high: stats.high.map(Number::from),
            low: stats.low.map(Number::from),
            volume: Some(amount(stats.volume)),
            volume_usd: Some(stats.volume_notional.into()),
            volume_notional: Some(stats.volume_notional.into()),
            price_change: price_change(stats.last, stats.settlement),
        },
        best_bid_price: Some(bid.map_or(Number::ZERO, |level| level.price.into())),
        best_bid_amount: Some(bid.map_or(Number::ZERO, |level| amount(level.qty))),
        best_ask_price: Some(ask.map_or(Number::ZERO, |level| level.price.into())),
        best_ask_amount: Some(ask.map_or(Number::ZERO, |level| amount(level.qty))),
        last_price: stats.last.map(Number::from),
        mark_price: stats.mark.map(Number::from),
        index_price: index.map(Number::from),
        settlement_price: stats.settlement.map(Number::from),
        min_price: band.map(|(low, _)| low.into()),
        max_price: band.map(|(_, high)| high.into()),
        open_interest: Some(amount(stats.open_interest)),
        estimated_delivery_price: engine.estimated_delivery(listing.id).or(index).map(Number::from),
        delivery_price: None,
        interest_value: Some(Number::ZERO),
        current_funding,
        funding_8h,
        implied_bid_price: implied_bid.map(|level| level.price.into()),
        implied_bid_amount: implied_bid.map(|level| amount(level.qty)),
        implied_ask_price: implied_ask.map(|level| level.price.into()),
        implied_ask_amount: implied_ask.map(|level| amount(level.qty)),
    }
}

pub fn quote<'a>(engine: &Engine, listing: &'a Listing, now: Utc) -> wire::Quote<'a> {
    let [bid, ask] = Side::BOTH.map(|side| engine.best(listing.id, side));
    let price = |level: Option<Level>| Some(level.map_or(Number::ZERO, |l| l.price.into()));
    let amount =
        |level: Option<Level>| Some(level.map_or(Number::ZERO, |l| Number::amount(l.qty, listing.contract_size)));
    wire::Quote {
        timestamp: now.millis(),
        instrument_name: (&listing.symbol).into(),
        best_bid_price: price(bid),
        best_bid_amount: amount(bid),
        best_ask_price: price(ask),
        best_ask_amount: amount(ask),
    }
}

pub fn bar(listing: &Listing, bar: &engine::Bar) -> wire::Bar {
    wire::Bar {
        tick: bar.start.millis(),
        open: bar.open.into(),
        high: bar.high.into(),
        low: bar.low.into(),
        close: bar.close.into(),
        volume: Number::amount(bar.volume, listing.contract_size),
        cost: bar.cost.into(),
    }
}

pub fn order_book<'a>(engine: &'a Engine, listing: &'a Listing, depth: usize, now: Utc) -> wire::OrderBook<'a> {
    let ticker = ticker(engine, listing, now, [None; 2]);
    let [bids, asks] = Side::BOTH.map(|side| {
        let mut levels = Vec::new();
        engine.copy_levels(listing.id, side, depth, &mut levels);
        levels.iter().map(|l| PriceLevel(l.price.into(), Number::amount(l.qty, listing.contract_size))).collect()
    });
    wire::OrderBook {
        timestamp: ticker.timestamp,
        instrument_name: ticker.instrument_name,
        state: ticker.state,
        change_id: engine.change_id(listing.id),
        bids,
        asks,
        stats: ticker.stats,
        best_bid_price: ticker.best_bid_price,
        best_bid_amount: ticker.best_bid_amount,
        best_ask_price: ticker.best_ask_price,
        best_ask_amount: ticker.best_ask_amount,
        last_price: ticker.last_price,
        mark_price: ticker.mark_price,
        index_price: ticker.index_price,
        settlement_price: ticker.settlement_price,
        min_price: ticker.min_price,
        max_price: ticker.max_price,
        open_interest: ticker.open_interest,
    }
}

/// Trades of `legs` belong to a spread. A leg that an order of its own book took part in is to everybody else a trade of that book.
pub fn trade<'a>(engine: &'a Engine, trade: &engine::Trade, legs: &[engine::Trade]) -> wire::Trade<'a> {
    let tag = trade.combo.filter(|tag| tag.leg == LegTrade::Assigned);
    wire::Trade { legs: legs.iter().map(|leg| tagged(engine, leg, leg.combo)).collect(), ..tagged(engine, trade, tag) }
}

fn tagged<'a>(engine: &'a Engine, trade: &engine::Trade, tag: Option<ComboTag>) -> wire::Trade<'a> {
    wire::Trade {
        trade_seq: trade.seq,
        trade_id: trade.trade_id.to_string().into(),
        timestamp: trade.utc.millis(),
        tick_direction: trade.tick_direction as u8,
        price: trade.price.into(),
        mark_price: Some(trade.mark.into()),
        index_price: Some(trade.index.into()),
        instrument_name: symbol(engine, trade.listing).into(),
        direction: trade.aggressor.into(),
        amount: Number::amount(trade.qty, contract_size(engine, trade.listing)),
        contracts: Some(trade.qty.into()),
        combo_id: tag.map(|tag| symbol(engine, tag.listing).into()),
        combo_trade_id: tag.map(|tag| tag.trade_id.to_string().into()),
        block_trade_id: trade.block.map(|id| id.to_string().into()),
        legs: Vec::new(),
    }
}

pub const fn order_type(kind: OrderType) -> &'static str {
    match kind {
        OrderType::Limit => "limit",
        OrderType::Market => "market",
    }
}

const fn state(state: VenueOrderState) -> &'static str {
    match state {
        VenueOrderState::Open => "open",
        VenueOrderState::Filled => "filled",
        VenueOrderState::Rejected => "rejected",
        VenueOrderState::Cancelled => "cancelled",
    }
}

pub fn order<'a>(engine: &'a Engine, order: &'a engine::Order) -> wire::Order<'a> {
    let size = contract_size(engine, order.listing);
    let special = order.special.as_deref();
    let show = special.and_then(|special| special.show);
    let origin = special.and_then(|special| special.origin);
    let shape = wire::Order {
        order_id: order.id.0.to_string().into(),
        instrument_name: symbol(engine, order.listing).into(),
        direction: order.side.into(),
        order_type: order_type(order.kind).into(),
        order_state: state(order.state).into(),
        price: order.price.map(Number::from).into(),
        amount: Number::amount(order.qty, size),
        contracts: Some(order.qty.into()),
        filled_amount: Some(Number::amount(order.filled, size)),
        average_price: Some(order.average_price().map_or(Number::ZERO, Number::from)),
        time_in_force: terms::time_in_force_name(order.time_in_force).into(),
        label: order.label.as_deref().unwrap_or_default().into(),
        post_only: order.post_only != PostOnly::Off,
        reject_post_only: Some(order.post_only == PostOnly::Reject),
        reduce_only: order.reduce == Reduce::Only,
        replaced: order.replaced,
        max_show: Some(Number::amount(show.unwrap_or(order.qty), size)),
        display_amount: show.map(|_| Number::amount(engine.displayed(order.id), size)),
        refresh_amount: show.map(|show| Number::amount(show, size)),
        trigger: origin.map(|origin| terms::word(&terms::REFERENCES, &origin.trigger.reference).into()),
        trigger_price: origin.map(|origin| origin.price.into()),
        triggered: origin.map(|_| true),
        trigger_order_id: origin.map(|origin| number(origin.held)),
        cancel_reason: order.cancel_reason.map(|reason| reason.text().into()),
        creation_timestamp: order.created.millis(),
        last_update_timestamp: order.updated.millis(),
        api: true,
        web: false,
        mmp: false,
        is_liquidation: order.origin == Origin::Liquidation,
        is_rebalance: false,
        risk_reducing: false,
        user_id: Some(i64::from(order.account.0)),
        ..wire::Order::default()
    };
    match special {
        Some(special) => tie(shape, &special.ties),
        None => shape,
    }
}

const fn held_state(state: HeldState) -> &'static str {
    match state {
        HeldState::Untriggered => "untriggered",
        HeldState::Triggered(_) => "triggered",
        HeldState::Cancelled(_) => "cancelled",
        HeldState::Rejected(_) => "rejected",
    }
}

pub fn number(id: OrderId) -> Text<'static> {
    id.0.to_string().into()
}

/// What an order tells of those that it hangs together with.
fn tie<'a>(order: wire::Order<'a>, ties: &Ties) -> wire::Order<'a> {
    wire::Order {
        oto_order_ids: ties.secondaries.iter().map(|id| number(*id)).collect(),
        oco_ref: ties.pair.map(|pair| pair.0.to_string().into()),
        is_primary_otoco: ties.triggers_pair.then_some(true),
        is_secondary_oto: ties.primary.is_some().then_some(true),
        primary_order_id: ties.primary.map(number),
        trigger_fill_condition: ties.condition.map(|condition| terms::word(&terms::CONDITIONS, &condition).into()),
        ..order
    }
}

pub fn held<'a>(engine: &'a Engine, held: &'a HeldOrder) -> wire::Order<'a> {
    let place = &held.place;
    let size = engine.catalogue().get(place.listing).map_or(1, |listing| listing.contract_size);
    let trigger = held.terms().and_then(|terms| terms.trigger);
    let trailing = trigger.filter(|trigger| trigger.kind == TriggerKind::Trailing);
    let show = held.terms().and_then(|terms| terms.show);
    let order = wire::Order {
        order_id: number(held.id),
        instrument_name: symbol(engine, place.listing).into(),
        direction: place.side.into(),
        order_type: terms::type_name(place).into(),
        order_state: held_state(held.state).into(),
        price: match (place.kind, place.price) {
            (OrderType::Limit, Some(price)) => wire::OrderPrice::At(price.into()),
            _ => wire::OrderPrice::Market,
        },
        amount: Number::amount(place.qty, size),
        contracts: Some(place.qty.into()),
        filled_amount: Some(Number::ZERO),
        average_price: Some(Number::ZERO),
        time_in_force: terms::time_in_force_name(place.time_in_force).into(),
        label: place.label.as_deref().unwrap_or_default().into(),
        post_only: place.post_only != PostOnly::Off,
        reject_post_only: Some(place.post_only == PostOnly::Reject),
        reduce_only: place.reduce == Reduce::Only,
        replaced: held.replaced,
        max_show: Some(Number::amount(show.unwrap_or(place.qty), size)),
        refresh_amount: show.map(|show| Number::amount(show, size)),
        cancel_reason: match held.state {
            HeldState::Cancelled(reason) => Some(reason.text().into()),
            HeldState::Rejected(refused) => Some(refused.message().into()),
            HeldState::Untriggered | HeldState::Triggered(_) => None,
        },
        trigger: trigger.map(|trigger| terms::word(&terms::REFERENCES, &trigger.reference).into()),
        trigger_price: trigger.and(held.trigger_price).map(Number::from),
        trigger_offset: trailing.map(|trigger| trigger.level.into()),
        trigger_reference_price: trailing.and(held.reference_price).map(Number::from),
        triggered: trigger.map(|_| matches!(held.state, HeldState::Triggered(_))),
        creation_timestamp: held.created.millis(),
        last_update_timestamp: held.updated.millis(),
        api: true,
        user_id: Some(i64::from(held.account.0)),
        ..wire::Order::default()
    };
    tie(order, &held.ties)
}

pub fn fill<'a>(engine: &'a Engine, fill: &'a engine::Fill) -> wire::Fill<'a> {
    let trade = &fill.trade;
    let size = contract_size(engine, trade.listing);
    wire::Fill {
        trade_id: trade.trade_id.to_string().into(),
        trade_seq: trade.seq,
        order_id: fill.order.0.to_string().into(),
        instrument_name: symbol(engine, trade.listing).into(),
        direction: fill.side.into(),
        price: trade.price.into(),
        amount: Number::amount(trade.qty, size),
        contracts: Some(trade.qty.into()),
        fee: Some(fill.fee.into()),
        fee_currency: (&engine.catalogue().data().venue.currency).into(),
        liquidity: match fill.liquidity {
            Liquidity::Maker => "M",
            Liquidity::Taker => "T",
        }
        .into(),
        state: state(fill.order_state).into(),
        label: fill.label.as_deref().map(Text::from),
        matching_id: None,
        self_trade: trade.maker.0 == trade.taker.0,
        profit_loss: Some(fill.profit_loss.into()),
        order_type: order_type(fill.kind).into(),
        mark_price: Some(trade.mark.into()),
        index_price: Some(trade.index.into()),
        timestamp: trade.utc.millis(),
        tick_direction: trade.tick_direction as u8,
        post_only: fill.post_only != PostOnly::Off,
        reduce_only: fill.reduce == Reduce::Only,
        api: true,
        mmp: false,
        combo_id: trade.combo.map(|tag| symbol(engine, tag.listing).into()),
        combo_trade_id: trade.combo.map(|tag| tag.trade_id.to_string().into()),
        block_trade_id: trade.block.map(|id| id.to_string().into()),
    }
}

pub fn position<'a>(engine: &'a Engine, listing: &'a Listing, view: &PositionView) -> wire::Position<'a> {
    let size = Number::amount(view.net, listing.contract_size);
    wire::Position {
        instrument_name: (&listing.symbol).into(),
        kind: kind(listing.kind).into(),
        direction: match view.net.0 {
            0 => wire::Direction::Zero,
            net if net > 0 => wire::Direction::Buy,
            _ => wire::Direction::Sell,
        },
        size,
        size_currency: Some(size),
        average_price: Some(view.average_price.map_or(Number::ZERO, Number::from)),
        mark_price: view.mark.map(Number::from),
        index_price: engine.index(listing.product).map(Number::from),
        settlement_price: engine.stats(listing.id).settlement.map(Number::from),
        initial_margin: Some(view.initial_margin.into()),
        maintenance_margin: Some(view.maintenance_margin.into()),
        open_orders_margin: Some(view.open_orders_margin.into()),
        floating_profit_loss: Some(view.floating.into()),
        realized_profit_loss: Some(view.realised.into()),
        total_profit_loss: Some((view.floating + view.realised).into()),
        realized_funding: Some(view.funding.into()),
        leverage: 1_000_000_000_i64.checked_div(engine.catalogue().data().venue.initial_margin.0).map(Number::from),
        delta: Some(size),
        estimated_liquidation_price: view.liquidation_price.map(Number::from),
        interest_value: Some(Number::ZERO),
    }
}

pub fn portfolio(view: &Portfolio) -> wire::Portfolio<'_> {
    wire::Portfolio {
        currency: (&view.currency).into(),
        equity: view.equity.into(),
        balance: view.balance.into(),
        available_funds: view.available.into(),
        margin_balance: Some(view.equity.into()),
        initial_margin: view.initial_margin.into(),
        maintenance_margin: view.maintenance_margin.into(),
        total_pl: Some(view.total_pl.into()),
        session_rpl: None,
        session_upl: Some((view.equity - view.balance).into()),
    }
}

pub fn account_summary(view: &Portfolio) -> wire::AccountSummary<'_> {
    wire::AccountSummary {
        currency: (&view.currency).into(),
        equity: view.equity.into(),
        balance: view.balance.into(),
        available_funds: view.available.into(),
        margin_balance: Some(view.equity.into()),
        initial_margin: view.initial_margin.into(),
        maintenance_margin: view.maintenance_margin.into(),
        available_withdrawal_funds: Some(view.available.into()),
        total_pl: Some(view.total_pl.into()),
        session_rpl: None,
        session_upl: Some((view.equity - view.balance).into()),
        cross_collateral_enabled: false,
        margin_model: "segregated_sm".into(),
        limits: wire::Limits::default(),
    }
}
