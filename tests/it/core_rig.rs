//! A core on a virtual clock with three instruments: two months and the calendar between them. What the tests of core share.

use std::sync::Arc;
use std::time::Duration;

use tenor::base::time::{Instant, Now, Utc};
use tenor::core::{Config, Core, Effects, Input};
use tenor::domain::command::{Command, Intent, OrderIntent, SessionCommand};
use tenor::domain::contract::Contract;
use tenor::domain::contract::Month;
use tenor::domain::event::{Batch, LevelChange, Link, LinkState, VenueEvent};
use tenor::domain::instrument::{Instrument, InstrumentId, InstrumentLeg, Unit};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{
    Fill, Liquidity, OrderId, OrderReport, OrderType, PostOnly, Reduce, TimeInForce, VenueOrderId, VenueOrderState,
};
use tenor::view::View;
use tenor::view::session::Environment;

pub const NEAR: InstrumentId = InstrumentId(0);
pub const FAR: InstrumentId = InstrumentId(1);
pub const CALENDAR: InstrumentId = InstrumentId(2);

pub struct Rig {
    pub core: Core,
    pub now: Now,
    pub fx: Effects,
    pub view: Arc<View>,
    pub publishes: u32,
    change_id: u64,
}

impl Rig {
    /// Nothing connected, nothing listed.
    pub fn new() -> Self {
        let core = Core::new(Config {
            account: "SIM-01".into(),
            venue: "embedded".into(),
            environment: Environment::Simulated,
            install: "t1".into(),
        });
        let now = Now { mono: Instant(1_000_000_000), utc: Utc(1_795_000_000_000_000_000) };
        let view = core.initial_view();
        Self { core, now, fx: Effects::default(), view, publishes: 0, change_id: 0 }
    }

    /// Both links up, books live, order numbers at hand, armed.
    pub fn trading() -> Self {
        Self::trading_with(1..1_000)
    }

    /// The same with these order numbers and no more.
    pub fn trading_with(numbers: std::ops::Range<u64>) -> Self {
        let mut rig = Self::new();
        rig.step(Input::Labels(numbers));
        rig.venue(Link::Market, vec![VenueEvent::Instruments(instruments())]);
        rig.link(Link::Market, LinkState::Up);
        rig.link(Link::Orders, LinkState::Syncing);
        rig.venue(Link::Orders, vec![VenueEvent::OpenOrders(Vec::new()), VenueEvent::Positions(Vec::new())]);
        rig.link(Link::Orders, LinkState::Up);
        for id in [NEAR, FAR] {
            rig.snapshot(id, &[(Side::Bid, "2.77", 10), (Side::Ask, "2.79", 8)]);
        }
        rig.snapshot(CALENDAR, &[(Side::Bid, "-0.01", 5), (Side::Ask, "0.005", 5)]);
        rig.wait(Duration::from_millis(20));
        rig.intent(Intent::Arm);
        rig.fx = Effects::default();
        rig
    }

    /// One step, and the timers that it makes due at once.
    pub fn step(&mut self, input: Input) {
        self.core.step(self.now, input, &mut self.fx);
        if let Some(view) = self.fx.publish.take() {
            assert!(view.version > self.view.version, "versions grow");
            self.view = view;
            self.publishes += 1;
        }
    }

    /// Lets time pass, stepping at every deadline; the links keep speaking.
    pub fn wait(&mut self, span: Duration) {
        let end = self.now.mono + span;
        let mut speak = self.now.mono;
        while self.now.mono < end {
            speak = speak + Duration::from_millis(500);
            let until = speak.min(end);
            while let Some(due) = self.core.deadline().filter(|due| *due < until) {
                let ahead = due.since(self.now.mono).max(Duration::from_micros(1));
                self.now = self.now.later(ahead);
                self.step(Input::Timer);
            }
            self.now = self.now.later(until.since(self.now.mono));
            for link in [Link::Market, Link::Orders] {
                self.venue(link, Vec::new());
            }
        }
    }

    pub fn venue(&mut self, link: Link, events: Vec<VenueEvent>) {
        let batch = Batch { events, levels: Vec::new(), received: self.now.mono, frames: 1 };
        self.step(Input::Venue { link, batch });
    }

    pub fn link(&mut self, link: Link, state: LinkState) {
        self.venue(link, vec![VenueEvent::LinkChanged { link, state }]);
    }

    pub fn intent(&mut self, intent: Intent) {
        self.step(Input::Command(Command { intent, seen: self.view.version }));
    }

    /// The venue says that our order works.
    pub fn works(&mut self, id: OrderId, lots: i64, price: &str) {
        let report = self.report(id, lots, price);
        self.venue(Link::Orders, vec![VenueEvent::Order(Box::new(report))]);
    }

    /// The venue says that our order is filled, and by which trade.
    pub fn fills(&mut self, id: OrderId, lots: i64, price: &str) {
        let report = self.report(id, lots, price);
        let report =
            OrderReport { state: VenueOrderState::Filled, filled: report.qty, average_price: report.price, ..report };
        let fill = Fill {
            instrument: report.instrument,
            venue_order: report.venue_order.clone(),
            label: report.label.clone(),
            trade_id: format!("t{}", id.0).into(),
            side: report.side,
            price: Price::parse(price).unwrap(),
            qty: report.qty,
            fee: Money::ZERO,
            liquidity: Liquidity::Taker,
            utc: self.now.utc,
            spread_trade: None,
        };
        self.venue(Link::Orders, vec![VenueEvent::Order(Box::new(report)), VenueEvent::Fill(Box::new(fill))]);
    }

    /// As the venue would report the order that we sent under this number.
    fn report(&self, id: OrderId, lots: i64, price: &str) -> OrderReport {
        let sent = |(_, command): &(Link, SessionCommand)| match command {
            SessionCommand::Place(order) if order.get().id == id => Some(order.get().clone()),
            _ => None,
        };
        let order = self.fx.session.iter().find_map(sent).expect("an order that was sent");
        OrderReport {
            venue_order: VenueOrderId(format!("v{}", id.0).into()),
            label: Some(order.label),
            instrument: order.instrument,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            post_only: order.post_only,
            reduce: order.reduce,
            price: Some(Price::parse(price).unwrap()),
            qty: Qty::lots(lots),
            filled: Qty::ZERO,
            average_price: None,
            state: VenueOrderState::Open,
            cancel_reason: None,
            created: self.now.utc,
            updated: self.now.utc,
        }
    }

    pub fn snapshot(&mut self, instrument: InstrumentId, levels: &[(Side, &str, i64)]) {
        self.change_id += 1;
        let utc = self.now.utc;
        let event = |change_id, levels| VenueEvent::BookSnapshot { instrument, change_id, utc, levels };
        self.book(event, levels);
    }

    pub fn change(&mut self, instrument: InstrumentId, levels: &[(Side, &str, i64)]) {
        self.change_id += 1;
        let utc = self.now.utc;
        let event = |change_id, levels| VenueEvent::BookChange {
            instrument,
            prev_change_id: change_id - 1,
            change_id,
            utc,
            levels,
        };
        self.book(event, levels);
    }

    fn book(&mut self, event: impl Fn(u64, std::ops::Range<u32>) -> VenueEvent, levels: &[(Side, &str, i64)]) {
        let levels: Vec<LevelChange> = levels
            .iter()
            .map(|&(side, price, lots)| LevelChange { side, price: Price::parse(price).unwrap(), qty: Qty::lots(lots) })
            .collect();
        let events = vec![event(self.change_id, 0..levels.len() as u32)];
        let batch = Batch { events, levels, received: self.now.mono, frames: 1 };
        self.step(Input::Venue { link: Link::Market, batch });
    }
}

pub fn limit(instrument: InstrumentId, side: Side, lots: i64, price: &str) -> OrderIntent {
    OrderIntent {
        instrument,
        side,
        qty: Qty::lots(lots),
        price: Some(Price::parse(price).unwrap()),
        kind: OrderType::Limit,
        time_in_force: TimeInForce::GoodTilCancelled,
        post_only: PostOnly::Off,
        reduce: Reduce::Any,
        tag: "ladder".into(),
    }
}

pub fn instruments() -> Vec<Instrument> {
    let dec = Month { year: 2026, month: 12 };
    let outright = |symbol: &str, code: &str, days: u64| Instrument {
        symbol: symbol.into(),
        contract: Contract::parse_code(code, dec).unwrap(),
        unit: Unit::GpuHour,
        tick: Price::parse("0.01").unwrap(),
        lot: Qty::lots(1),
        contract_size: 730,
        currency: "USDC".into(),
        index_name: "h100_usdc".into(),
        expiry: Some(Utc(1_795_000_000_000_000_000) + Duration::from_secs(86_400 * days)),
        legs: Vec::new(),
        is_active: true,
        is_halted: false,
    };
    let leg = |symbol: &str, ratio| InstrumentLeg { symbol: symbol.into(), ratio };
    vec![
        outright("NEAR", "H100.Z6", 40),
        outright("FAR", "H100.H7", 130),
        Instrument {
            legs: vec![leg("NEAR", 1), leg("FAR", -1)],
            tick: Price::parse("0.005").unwrap(),
            ..outright("CAL", "H100.Z6-H7", 40)
        },
    ]
}
