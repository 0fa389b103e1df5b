//! What screen tests share: a CPU renderer for egui_kittest and one hand-made moment of a market.

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::TestRenderer;
use jiff::civil::date;
use tenor::app::raster::Raster;
use tenor::base::time::{Instant, Now, Utc};
use tenor::domain::book::Level;
use tenor::domain::contract::{Contract, Delivery, Leg, Month, Product};
use tenor::domain::event::{LinkState, Ticker, Trade};
use tenor::domain::instrument::{Catalogue, Instrument, InstrumentId, InstrumentLeg, Unit};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{Label, OrderId, OrderType, PostOnly, Reduce, TimeInForce};
use tenor::ui::theme::{Palette, Theme};
use tenor::view::View;
use tenor::view::market::{HeatColumn, LastTrade, MarketView, TapeRow};
use tenor::view::session::{Environment, SessionView};
use tenor::view::trading::{Arming, OrderPhase, OrderView, PositionView};

/// Draws without a GPU, the same bytes everywhere.
#[derive(Default)]
pub struct CpuRenderer {
    raster: Raster,
}

impl TestRenderer for CpuRenderer {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.raster.update(delta);
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<image::RgbaImage, String> {
        let image = self.raster.render(ctx, output, egui::Color32::BLACK);
        image::RgbaImage::from_raw(image.width as u32, image.height as u32, image.to_rgba())
            .ok_or_else(|| "the picture's size and bytes disagree".to_owned())
    }
}

pub fn themes() -> [(&'static str, Theme); 2] {
    [("dark", Theme::dark(Palette::Tenor).unwrap()), ("light", Theme::light(Palette::Tenor).unwrap())]
}

/// Friday 20 November 2026, 15:42:07 UTC.
pub fn now() -> Now {
    let time = Duration::from_secs(15 * 3_600 + 42 * 60 + 7);
    Now { mono: Instant(10_000_000_000_000), utc: Utc::at(date(2026, 11, 20), time) }
}

pub fn ago(span: Duration) -> Instant {
    Instant(now().mono.0 - span.as_nanos() as u64)
}

fn p(text: &str) -> Price {
    Price::parse(text).unwrap()
}

/// The moment as [`sample`] builds it, with names for what tests point at.
pub struct Sample {
    pub view: View,
    pub dec: InstrumentId,
    pub spread: InstrumentId,
}

const SIZES: [i64; 17] = [64, 118, 126, 171, 203, 388, 142, 119, 156, 98, 512, 87, 74, 66, 58, 140, 41];
const BID_SIZES: [i64; 17] = [91, 146, 132, 341, 158, 121, 176, 104, 468, 92, 83, 71, 64, 188, 49, 45, 38];

/// Four products with a curve each, a perpetual and a calendar; H100 DEC-26 and its calendar are worked out in full.
pub fn sample() -> Sample {
    let front = Month { year: 2026, month: 11 };
    let mut listed = Vec::new();
    for (name, spot, slope, months, tick, size, unit) in [
        ("H100", 2_810_i64, -38, 14, "0.01", 730, Unit::GpuHour),
        ("H200", 3_250, -32, 9, "0.01", 730, Unit::GpuHour),
        ("B200", 5_870, -40, 8, "0.01", 730, Unit::GpuHour),
        ("TOK", 960, -32, 7, "0.001", 1_000, Unit::Mtok),
    ] {
        let product = Product::new(name).unwrap();
        for ahead in 0..months {
            let delivery = Delivery::Month(front.plus(ahead));
            let symbol = format!("{name}_USDC-{}", front.plus(ahead).screen());
            let mid = spot + slope * i64::from(ahead) + i64::from(ahead * ahead) / 2;
            let contract = Contract::Outright { product: product.clone(), delivery };
            listed.push((instrument(&symbol, contract, unit, tick, size), mid));
        }
        if name == "H100" {
            let contract = Contract::Outright { product: product.clone(), delivery: Delivery::Perpetual };
            listed.push((instrument("H100_USDC-PERPETUAL", contract, unit, "0.001", 1), 2_806));
        }
    }
    let h100 = Product::new("H100").unwrap();
    let leg = |ahead, ratio| Leg { product: h100.clone(), delivery: Delivery::Month(front.plus(ahead)), ratio };
    let calendar = Contract::Spread { legs: vec![leg(1, 1), leg(4, -1)] };
    let mut spread = instrument("H100_USDC-CAL-DEC26_MAR27", calendar, Unit::GpuHour, "0.005", 730);
    spread.legs = vec![
        InstrumentLeg { symbol: "H100_USDC-DEC-26".into(), ratio: 1 },
        InstrumentLeg { symbol: "H100_USDC-MAR-27".into(), ratio: -1 },
    ];
    listed.push((spread, 160));

    let mut catalogue = Catalogue::default();
    catalogue.reload(listed.iter().map(|(instrument, _)| instrument.clone()).collect());
    let mut view = View::empty(SessionView::new("SIM-01", "embedded", Environment::Simulated));
    view.version = 42;
    view.at = now();
    view.session.market.state = LinkState::Up;
    view.session.market.last_frame = ago(Duration::from_millis(40));
    view.session.orders.state = LinkState::Up;
    view.trading.arming = Arming::Armed { until: now().mono + Duration::from_secs(272) };
    view.markets = listed
        .iter()
        .enumerate()
        .map(|(at, (instrument, mid))| Arc::new(market(InstrumentId(at as u32), instrument, *mid)))
        .collect();
    let find = |symbol: &str| catalogue.find(symbol).unwrap();
    let (dec, spread) = (find("H100_USDC-DEC-26"), find("H100_USDC-CAL-DEC26_MAR27"));
    let (mar_b200, jan) = (find("B200_USDC-MAR-27"), find("H100_USDC-JAN-27"));
    view.products = Arc::new(
        [("H100", "2.81", "2.82"), ("H200", "3.25", "3.24"), ("B200", "5.87", "5.89"), ("TOK", "0.960", "0.964")]
            .map(|(name, index, previous)| tenor::view::ProductView {
                product: Product::new(name).unwrap(),
                index: Some((p(index), now().utc)),
                previous_fixing: Some(p(previous)),
                front_fixings: Vec::new(),
                front_fixings_due: 20,
            })
            .to_vec(),
    );
    detail_dec(&mut view, dec);
    detail_spread(&mut view, spread);
    let stale = Arc::make_mut(&mut view.markets[find("B200_USDC-JAN-27").index()]);
    stale.book.confirmed = ago(Duration::from_secs(44));
    stale.book.received = ago(Duration::from_secs(44));
    view.trading.orders = Arc::new(orders(dec, spread, mar_b200, &view));
    view.trading.open_orders = 7;
    view.trading.positions = Arc::new(vec![
        position(dec, 25, "2.71", "2.79", Money::dollars(1_460)),
        position(find("H100_USDC-MAR-27"), -25, "2.655", "2.63", Money(456_250_000_000)),
        position(jan, 8, "2.79", "2.74", Money::dollars(-292)),
    ]);
    view.catalogue = Arc::new(catalogue);
    Sample { view, dec, spread }
}

/// Nothing has confirmed this book for too long.
pub fn put_to_sleep(view: &mut View, id: InstrumentId) {
    let book = &mut Arc::make_mut(&mut view.markets[id.index()]).book;
    (book.confirmed, book.received) = (ago(Duration::from_secs(44)), ago(Duration::from_secs(44)));
}

pub fn instrument(symbol: &str, contract: Contract, unit: Unit, tick: &str, contract_size: i64) -> Instrument {
    Instrument {
        symbol: symbol.into(),
        index_name: symbol.split('-').next().unwrap_or_default().to_lowercase().into(),
        contract,
        unit,
        tick: p(tick),
        lot: Qty::lots(1),
        contract_size,
        currency: "USDC".into(),
        expiry: None,
        legs: Vec::new(),
        is_active: true,
        is_halted: false,
    }
}

/// `mid` in thousandths.
pub fn market(id: InstrumentId, instrument: &Instrument, mid: i64) -> MarketView {
    let mut market = MarketView::new(id);
    let tick = instrument.tick;
    let middle = Price(mid * 1_000_000).round_to(tick);
    let level = |steps: i64, at: usize| Level {
        price: Price(middle.0 + steps * tick.0),
        qty: Qty::lots((SIZES[(at + mid as usize) % 17] / 2).max(1)),
    };
    market.book.bids = (0..17).map(|at| level(-1 - at as i64, at)).collect();
    market.book.asks = (0..17).map(|at| level(1 + at as i64, at + 5)).collect();
    market.book.loss = None;
    market.book.received = ago(Duration::from_millis(4));
    market.book.confirmed = ago(Duration::from_millis(4));
    let drift = [2, -1, 1, 0, -2, 3][mid as usize % 6];
    let ticker = Ticker {
        instrument: id,
        utc: now().utc,
        best_bid: market.book.best(Side::Bid).map(|l| l.price),
        best_ask: market.book.best(Side::Ask).map(|l| l.price),
        best_bid_qty: Qty::lots(1),
        best_ask_qty: Qty::lots(1),
        last: Some(middle),
        mark: Some(middle),
        index: None,
        settlement: Some(Price(middle.0 - drift * tick.0)),
        high: Some(Price(middle.0 + 3 * tick.0)),
        low: Some(Price(middle.0 - 5 * tick.0)),
        volume: Qty::lots(120 + mid * 37 % 900),
        open_interest: Qty::lots(12_604),
        min_price: None,
        max_price: None,
        implied: [None; 2],
    };
    market.ticker = Some(Arc::new(ticker));
    market
}

fn detail_dec(view: &mut View, id: InstrumentId) {
    let market = Arc::make_mut(&mut view.markets[id.index()]);
    let cents = |cents: i64| Price(cents * 10_000_000);
    let level = |price, qty| Level { price, qty: Qty::lots(qty) };
    market.book.asks = SIZES.iter().zip(280..).map(|(&qty, at)| level(cents(at), qty)).collect();
    market.book.bids = BID_SIZES.iter().zip(0..).map(|(&qty, at)| level(cents(278 - at), qty)).collect();
    market.last = Some(LastTrade {
        price: p("2.79"),
        qty: Qty::lots(7),
        aggressor: Side::Bid,
        utc: now().utc,
        received: ago(Duration::from_millis(86)),
    });
    let volumes = [68, 118, 196, 287, 412, 338, 264, 121, 38];
    market.volume_at_price = Arc::new((274..).map(cents).zip(volumes.map(Qty::lots)).collect());
    market.vwap = Some(p("2.7804"));
    let ticker = Arc::make_mut(market.ticker.as_mut().unwrap());
    (ticker.settlement, ticker.high, ticker.low) = (Some(p("2.77")), Some(p("2.82")), Some(p("2.74")));
    ticker.volume = Qty::lots(1_842);
    for step in 0..24_u64 {
        let utc = now().utc - Duration::from_millis(40 * (24 - step) * (step % 7 + 1));
        market.tape.push(TapeRow::Trade(Trade {
            instrument: id,
            trade_id: format!("{step}").into(),
            seq: step,
            utc,
            price: cents(278 + (step % 3) as i64),
            qty: Qty::lots((step * 7 % 26) as i64 + 1),
            aggressor: if step % 5 < 3 { Side::Bid } else { Side::Ask },
            is_spread_leg: false,
        }));
    }
    heat(market, 1_200, cents);
}

/// `columns` of liquidity, a quarter of a second apart, up to now.
fn heat(market: &mut MarketView, columns: i64, cents: impl Fn(i64) -> Price) {
    for at in 0..columns {
        let wave = (at as f64 / 90.0).sin() * 2.2 + (at as f64 / 23.0).sin() * 0.7;
        let fade = 1.0 - at as f64 / columns as f64;
        let bid = 278 + (wave * fade).round() as i64;
        let was_live = !(400..430).contains(&at);
        let size = |price: i64| -> u32 {
            let wall = if price == 290 || price == 270 {
                380
            } else if price == 275 && at > 500 {
                300
            } else {
                0
            };
            (60 + (price * 37 + at / 16 * 11).rem_euclid(90) + wall) as u32
        };
        let levels = (262..=296).filter(|k| *k <= bid || *k >= bid + 2).map(|k| (cents(k), size(k))).collect();
        let traded = at % 29 == 3;
        market.heat.push(Arc::new(HeatColumn {
            utc: now().utc - Duration::from_millis(250 * (columns - at) as u64),
            best_bid: was_live.then(|| cents(bid)),
            best_ask: was_live.then(|| cents(bid + 2)),
            levels: if was_live { levels } else { Vec::new() },
            was_live,
            trades: if traded && was_live {
                let side = if at % 2 == 0 { Side::Bid } else { Side::Ask };
                vec![(cents(if side == Side::Bid { bid + 2 } else { bid }), (at % 13 + 1) as u32, side)]
            } else {
                Vec::new()
            },
        }));
    }
}

fn detail_spread(view: &mut View, id: InstrumentId) {
    let market = Arc::make_mut(&mut view.markets[id.index()]);
    let at = |steps: i64| Price(steps * 5_000_000);
    let level = |steps, qty: i64| Level { price: at(steps), qty: Qty::lots(qty) };
    market.book.asks = SIZES.iter().zip(33..).map(|(&qty, steps)| level(steps, qty / 4 + 5)).collect();
    market.book.bids = BID_SIZES.iter().zip(0..).map(|(&qty, steps)| level(31 - steps, qty / 4 + 3)).collect();
    market.last = Some(LastTrade {
        price: p("0.160"),
        qty: Qty::lots(4),
        aggressor: Side::Ask,
        utc: now().utc,
        received: ago(Duration::from_secs(3)),
    });
    market.volume_at_price = Arc::new((29..).map(at).zip([22, 40, 84, 126, 58].map(Qty::lots)).collect());
    market.vwap = Some(p("0.1574"));
    let ticker = Arc::make_mut(market.ticker.as_mut().unwrap());
    ticker.settlement = Some(p("0.150"));
    ticker.volume = Qty::lots(330);
}

fn position(id: InstrumentId, net: i64, average: &str, mark: &str, open: Money) -> PositionView {
    PositionView {
        instrument: id,
        net: Qty::lots(net),
        cost: Money::notional(p(average), Qty::lots(net), 730),
        average: Some(p(average)),
        mark: Some(p(mark)),
        open_pl: Some(open),
        realised: Money::ZERO,
        fees: Money::dollars(12),
        initial_margin: Some(Money::dollars(10_184)),
        venue_disagrees: None,
    }
}

fn orders(dec: InstrumentId, spread: InstrumentId, best: InstrumentId, view: &View) -> Vec<OrderView> {
    let mut next = 100;
    let mut order = |instrument, side, price: Price, lots: i64, phase, queue: Option<(i64, i64)>| {
        next += 1;
        OrderView {
            id: OrderId(next),
            label: Label::new("ladder", "t", OrderId(next)),
            venue_order: None,
            instrument,
            side,
            kind: OrderType::Limit,
            time_in_force: TimeInForce::GoodTilCancelled,
            post_only: PostOnly::Off,
            reduce: Reduce::Any,
            price: Some(price),
            qty: Qty::lots(lots),
            filled: Qty::ZERO,
            average_price: None,
            phase,
            wanted: None,
            since: ago(Duration::from_millis(34)),
            sent: now().utc - Duration::from_secs(200),
            updated: now().utc,
            reason: None,
            queue: queue.map(|(low, high)| (Qty::lots(low), Qty::lots(high))),
            is_ours: true,
        }
    };
    let best_ask = view.markets[best.index()].book.best(Side::Ask).unwrap().price;
    let mut moving = order(dec, Side::Ask, p("2.85"), 8, OrderPhase::Replacing, Some((301, 322)));
    moving.wanted = Some((p("2.84"), Qty::lots(8)));
    vec![
        moving,
        order(dec, Side::Ask, p("2.82"), 5, OrderPhase::Working, Some((12, 30))),
        order(dec, Side::Bid, p("2.77"), 5, OrderPhase::Working, Some((38, 61))),
        order(dec, Side::Bid, p("2.75"), 10, OrderPhase::Working, Some((212, 240))),
        order(spread, Side::Ask, p("0.175"), 10, OrderPhase::Working, Some((18, 26))),
        order(spread, Side::Bid, p("0.150"), 10, OrderPhase::Working, Some((22, 31))),
        order(best, Side::Ask, best_ask, 2, OrderPhase::PartFilled, Some((4, 9))),
    ]
}
