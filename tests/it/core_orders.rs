//! The life of orders as scripts: `> ` lines are what people and the venue do, the lines under them what core sends, says and shows.
//! `UPDATE_EXPECT=1` rewrites them.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tenor::base::time::Instant;
use tenor::domain::command::{CancelScope, Intent, SessionCommand};
use tenor::domain::event::{Link, LinkState, OrderRequest, Refusal, VenueEvent};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{
    Fill, Label, Liquidity, OrderId, OrderReport, OrderType, PostOnly, Reduce, TimeInForce, VenueOrderId,
    VenueOrderState,
};
use tenor::view::trading::{OrderView, PositionView};

use crate::core_rig::{CALENDAR, FAR, NEAR, Rig, limit};

#[test]
fn orders_live_as_their_scripts_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/orders");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "the scripts are found");
    for path in paths {
        let script = std::fs::read_to_string(&path).unwrap();
        let got = play(&script);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, got).unwrap();
        } else {
            assert_eq!(got, script, "{}", path.display());
        }
    }
}

/// The script with what really follows each of its lines.
fn play(script: &str) -> String {
    let mut stage = Stage { rig: Rig::trading(), notices: 0, shown: String::new() };
    stage.notices = stage.rig.view.notices.next_seq();
    let mut got = String::new();
    for line in script.lines() {
        if line.is_empty() || line.starts_with('#') {
            writeln!(got, "{line}").unwrap();
        } else if let Some(action) = line.strip_prefix("> ") {
            writeln!(got, "{line}").unwrap();
            stage.act(action);
            stage.tell(&mut got);
        }
    }
    got
}

struct Stage {
    rig: Rig,
    notices: u64,
    shown: String,
}

impl Stage {
    fn act(&mut self, action: &str) {
        let words: Vec<&str> = action.split_whitespace().collect();
        match words.as_slice() {
            ["buy", qty, "at", price] => self.place(Side::Bid, qty, price),
            ["sell", qty, "at", price] => self.place(Side::Ask, qty, price),
            ["buy", "calendar", qty, "at", price] => {
                let intent = limit(CALENDAR, Side::Bid, qty.parse().unwrap(), price);
                self.rig.intent(Intent::Place(intent));
            }
            ["replace", id, wanted] => {
                let (qty, price) = pair(wanted);
                self.rig.intent(Intent::Replace { order: number(id), qty, price });
            }
            ["cancel", "all"] => self.rig.intent(Intent::Cancel(CancelScope::All)),
            ["cancel", id] => self.rig.intent(Intent::Cancel(CancelScope::Order(number(id)))),
            ["kill"] => self.rig.intent(Intent::Kill),
            ["wait", ms] => self.rig.wait(Duration::from_millis(ms.parse().unwrap())),
            ["report", id, state, terms, "filled", filled] => {
                let report = self.report(id, state, terms, filled);
                self.order_event(VenueEvent::Order(Box::new(report)));
            }
            ["fill", id, trade, terms] => self.fill(id, trade, terms, NEAR, None),
            ["leg", id, trade, terms, "near"] => self.fill(id, trade, terms, NEAR, Some(Side::Bid)),
            ["leg", id, trade, terms, "far"] => self.fill(id, trade, terms, FAR, Some(Side::Ask)),
            ["refuse", id, request, code, why @ ..] => {
                let request = match *request {
                    "place" => OrderRequest::Place,
                    "replace" => OrderRequest::Replace,
                    "cancel" => OrderRequest::Cancel,
                    other => panic!("{other}"),
                };
                let refusal = Refusal { code: code.parse().unwrap(), message: why.join(" ").into() };
                self.order_event(VenueEvent::OrderRefused { id: number(id), request, refusal });
            }
            ["not-found", id] => self.order_event(VenueEvent::OrderNotFound { label: self.label(id) }),
            ["link", "lost"] => {
                let state = LinkState::Waiting { attempt: 1, retry_in: Duration::from_secs(1), why: "cut".into() };
                self.rig.link(Link::Orders, state);
            }
            ["link", "syncing"] => self.rig.link(Link::Orders, LinkState::Syncing),
            ["link", "up"] => self.rig.link(Link::Orders, LinkState::Up),
            ["listed", rest @ ..] => {
                let reports = rest.chunks(2).map(|pair| self.report(pair[0], "open", pair[1], "0")).collect();
                self.order_event(VenueEvent::OpenOrders(reports));
            }
            ["foreign", venue_order, terms] => {
                let report = OrderReport {
                    venue_order: VenueOrderId((*venue_order).into()),
                    label: Some(Label("another".into())),
                    ..self.report("999", "open", terms, "0")
                };
                self.order_event(VenueEvent::Order(Box::new(report)));
            }
            other => panic!("not a line of this language: {other:?}"),
        }
    }

    fn place(&mut self, side: Side, qty: &str, price: &str) {
        self.rig.intent(Intent::Place(limit(NEAR, side, qty.parse().unwrap(), price)));
    }

    fn order_event(&mut self, event: VenueEvent) {
        self.rig.now = self.rig.now.later(Duration::from_millis(1));
        self.rig.venue(Link::Orders, vec![event]);
    }

    fn label(&self, id: &str) -> Label {
        let order = self.rig.view.trading.orders.iter().find(|order| order.id == number(id));
        order.map_or_else(|| Label::new("ladder", "t1", number(id)), |order| order.label.clone())
    }

    fn report(&self, id: &str, state: &str, terms: &str, filled: &str) -> OrderReport {
        let (qty, price) = pair(terms);
        let order = self.rig.view.trading.orders.iter().find(|order| order.id == number(id));
        OrderReport {
            venue_order: VenueOrderId(format!("V{}", id.trim_start_matches('#')).into()),
            label: Some(self.label(id)),
            instrument: order.map_or(NEAR, |order| order.instrument),
            side: order.map_or(Side::Bid, |order| order.side),
            kind: OrderType::Limit,
            time_in_force: TimeInForce::GoodTilCancelled,
            post_only: PostOnly::Off,
            reduce: Reduce::Any,
            price: Some(price),
            qty,
            filled: Qty::parse(filled).unwrap(),
            average_price: Some(price),
            state: match state {
                "open" => VenueOrderState::Open,
                "filled" => VenueOrderState::Filled,
                "cancelled" => VenueOrderState::Cancelled,
                "rejected" => VenueOrderState::Rejected,
                other => panic!("{other}"),
            },
            cancel_reason: (state == "cancelled").then(|| "user_request".into()),
            created: self.rig.now.utc,
            updated: self.rig.now.utc,
        }
    }

    fn fill(
        &mut self,
        id: &str,
        trade: &str,
        terms: &str,
        instrument: tenor::domain::instrument::InstrumentId,
        leg: Option<Side>,
    ) {
        let (qty, price) = pair(terms);
        let order = self.rig.view.trading.orders.iter().find(|order| order.id == number(id));
        let own = order.map(|order| (order.instrument, order.side));
        let fill = Fill {
            trade_id: trade.into(),
            venue_order: VenueOrderId(format!("V{}", id.trim_start_matches('#')).into()),
            label: Some(self.label(id)),
            instrument: if leg.is_some() { instrument } else { own.map_or(instrument, |(of, _)| of) },
            side: leg.or(own.map(|(_, side)| side)).unwrap_or(Side::Bid),
            price,
            qty,
            fee: Money::ZERO,
            liquidity: Liquidity::Maker,
            utc: self.rig.now.utc,
            spread_trade: leg.map(|_| Arc::from("S1")),
        };
        self.order_event(VenueEvent::Fill(Box::new(fill)));
    }

    /// What was sent and said since the last line, and the orders and positions if they look different now.
    fn tell(&mut self, got: &mut String) {
        let view = self.rig.view.clone();
        for (link, command) in std::mem::take(&mut self.rig.fx.session) {
            if link == Link::Orders {
                writeln!(got, "  send {}", sent(&command)).unwrap();
            }
        }
        for notice in view.notices.since(self.notices) {
            writeln!(got, "  say {:?}: {}", notice.severity, notice.text).unwrap();
        }
        self.notices = view.notices.next_seq();
        let mut shown = String::new();
        for order in view.trading.orders.iter() {
            writeln!(shown, "  {}", line(order)).unwrap();
        }
        for position in view.trading.positions.iter() {
            let PositionView { instrument, net, cost, realised, .. } = position;
            writeln!(shown, "  position {} net {net} cost {cost} realised {realised}", instrument.0).unwrap();
        }
        if view.stats.anomalies > 0 {
            writeln!(shown, "  anomalies {}", view.stats.anomalies).unwrap();
        }
        if shown != self.shown {
            got.push_str(&shown);
            self.shown = shown;
        }
    }
}

fn number(id: &str) -> OrderId {
    OrderId(id.trim_start_matches('#').parse().unwrap())
}

/// `5@2.77`.
fn pair(terms: &str) -> (Qty, Price) {
    let (qty, price) = terms.split_once('@').unwrap();
    (Qty::parse(qty).unwrap(), Price::parse(price).unwrap())
}

fn line(order: &OrderView) -> String {
    let whose = if order.is_ours { format!("#{}", order.id.0) } else { "other's".to_owned() };
    let price = order.price.map_or_else(String::new, |price| format!("@{price}"));
    let reason = order.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    format!("{whose} {} {}/{}{price}{reason}", order.phase.word(), order.filled, order.qty)
}

fn sent(command: &SessionCommand) -> String {
    match command {
        SessionCommand::Place(order) => format!("place #{}", order.get().id.0),
        SessionCommand::Replace(order) => {
            format!("replace #{} with {}@{}", order.get().id.0, order.get().qty, order.get().price)
        }
        SessionCommand::Cancel { id, venue_order } => format!("cancel #{} {}", id.0, venue_order.0),
        SessionCommand::FindOrder { label, .. } => format!("find {label}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn an_unanswered_order_is_asked_for_and_never_sent_again() {
    let mut rig = Rig::trading();
    rig.intent(Intent::Place(limit(NEAR, Side::Bid, 5, "2.77")));
    let began: Instant = rig.now.mono;
    rig.wait(Duration::from_secs(120));
    let places = rig.fx.session.iter().filter(|(_, command)| matches!(command, SessionCommand::Place(_))).count();
    let finds =
        rig.fx.session.iter().filter(|(_, command)| matches!(command, SessionCommand::FindOrder { .. })).count();
    assert_eq!(places, 1);
    assert!((4..=12).contains(&finds), "{finds} questions in {:?}", rig.now.mono.since(began));
}
