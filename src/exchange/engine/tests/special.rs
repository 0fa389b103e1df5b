//! Icebergs, triggers and pairs against a naive model of them: lists that are searched from the front.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::super::terms::{FillCondition, Link, LinkKind, Reference, Terms, Trigger, TriggerKind, Way};
use super::*;

const TICK: Price = Price(10_000_000);
/// 2.80, where the mark is.
const MIDDLE: i64 = 280;

#[derive(Clone, Copy, Debug)]
struct Asked {
    account: usize,
    side: Side,
    /// From the middle; `None` is a market order.
    ticks: Option<i64>,
    lots: i64,
    show: Option<i64>,
    trigger: Option<(TriggerKind, i64)>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Place(Asked),
    Cancel(usize),
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Bid), Just(Side::Ask)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![Just(TriggerKind::Stop), Just(TriggerKind::Take)];
    let plain = (0..3_usize, side(), -6..6_i64, 1..9_i64, proptest::option::of(1..4_i64)).prop_map(
        |(account, side, ticks, lots, show)| Asked { account, side, ticks: Some(ticks), lots, show, trigger: None },
    );
    let held = (0..3_usize, side(), proptest::option::of(-6..6_i64), 1..9_i64, kind, -6..6_i64).prop_map(
        |(account, side, ticks, lots, kind, level)| Asked {
            account,
            side,
            ticks,
            lots,
            show: None,
            trigger: Some((kind, level)),
        },
    );
    let step = prop_oneof![
        6 => plain.prop_map(Step::Place),
        3 => held.prop_map(Step::Place),
        1 => any::<usize>().prop_map(Step::Cancel),
    ];
    proptest::collection::vec(step, 1..120)
}

fn at(ticks: i64) -> Price {
    Price::from_ticks(MIDDLE + ticks, TICK)
}

fn place(listing: ListingId, asked: Asked) -> Place {
    let lots = Qty::lots(asked.lots);
    let terms = Terms {
        show: asked.show.map(Qty::lots),
        trigger: asked.trigger.map(|(kind, level)| Trigger { kind, reference: Reference::Last, level: at(level) }),
        link: None,
    };
    let plain = match asked.ticks {
        Some(ticks) => Place::limit(listing, asked.side, lots, at(ticks)),
        None => Place::market(listing, asked.side, lots),
    };
    Place { terms: terms.boxed(), ..plain }
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    key: usize,
    account: usize,
    shown: i64,
    hidden: i64,
    slice: i64,
}

/// Who traded with whom: maker, taker, ticks, lots.
type Met = (usize, usize, i64, i64);

#[derive(Default)]
struct Model {
    sides: [BTreeMap<i64, VecDeque<Resting>>; 2],
    /// Oldest first.
    held: Vec<(usize, Asked)>,
    last: Option<i64>,
}

impl Model {
    fn enter(&mut self, key: usize, asked: Asked, met: &mut Vec<Met>) {
        let Asked { account, side, ticks, mut lots, show, .. } = asked;
        let opposite = &mut self.sides[side.opposite() as usize];
        while lots > 0 {
            let best = match side {
                Side::Bid => opposite.iter_mut().next(),
                Side::Ask => opposite.iter_mut().next_back(),
            };
            let Some((&price, queue)) = best else { break };
            if ticks.is_some_and(|limit| (price - limit) * side.sign() > 0) {
                break;
            }
            let mut maker = queue.pop_front().unwrap();
            if maker.account != account {
                let traded = lots.min(maker.shown);
                met.push((maker.key, key, price, traded));
                self.last = Some(price);
                lots -= traded;
                maker.shown -= traded;
                if maker.shown > 0 {
                    queue.push_front(maker);
                } else if maker.hidden > 0 {
                    maker.shown = maker.hidden.min(maker.slice);
                    maker.hidden -= maker.shown;
                    queue.push_back(maker);
                }
            }
            if queue.is_empty() {
                opposite.remove(&price);
            }
        }
        if let (true, Some(price)) = (lots > 0, ticks) {
            // An order that is no larger than its slice hides nothing.
            let slice = show.filter(|show| *show < asked.lots).unwrap_or(i64::MAX);
            let shown = lots.min(slice);
            let resting = Resting { key, account, shown, hidden: lots - shown, slice };
            self.sides[side as usize].entry(price).or_default().push_back(resting);
        }
    }

    fn rank(asked: &Asked) -> (Way, i64) {
        let (kind, level) = asked.trigger.unwrap();
        let way = Trigger { kind, reference: Reference::Last, level: at(level) }.way(asked.side);
        (way, if way == Way::Up { level } else { -level })
    }

    fn is_reached(asked: &Asked, reference: i64) -> bool {
        let (way, rank) = Self::rank(asked);
        rank <= if way == Way::Up { reference } else { -reference }
    }

    fn fire(&mut self, met: &mut Vec<Met>) {
        while let Some(last) = self.last {
            let reached = self.held.iter().enumerate().filter(|(_, (_, asked))| Self::is_reached(asked, last));
            let Some((first, _)) = reached.min_by_key(|(at, (_, asked))| (Self::rank(asked), *at)) else { return };
            let (key, asked) = self.held.remove(first);
            self.enter(key, asked, met);
        }
    }

    fn cancel(&mut self, key: usize) {
        self.held.retain(|(held, _)| *held != key);
        for side in &mut self.sides {
            side.values_mut().for_each(|queue| queue.retain(|resting| resting.key != key));
            side.retain(|_, queue| !queue.is_empty());
        }
    }

    fn levels(&self, side: Side) -> Vec<(i64, i64)> {
        let sum =
            |(&price, queue): (&i64, &VecDeque<Resting>)| (price, queue.iter().map(|resting| resting.shown).sum());
        match side {
            Side::Bid => self.sides[side as usize].iter().rev().map(sum).collect(),
            Side::Ask => self.sides[side as usize].iter().map(sum).collect(),
        }
    }
}

/// The engine with accounts that need no margin.
fn house() -> (Stage, [AccountId; 3]) {
    let mut s = stage();
    let accounts = ["x", "y", "z"].map(|name| s.engine.open_account(name, AccountKind::House));
    (s, accounts)
}

proptest! {
    #[test]
    fn icebergs_and_triggers_do_as_the_naive_model(steps in steps()) {
        let (mut s, accounts) = house();
        let (dec, mut model) = (s.dec, Model::default());
        // By key: the number it goes by now, and who may cancel it.
        let mut orders: Vec<(OrderId, AccountId)> = Vec::new();
        for step in steps {
            let mut met = Vec::new();
            let (account, command) = match step {
                Step::Place(asked) => (accounts[asked.account], Command::Place(place(dec, asked))),
                Step::Cancel(_) if orders.is_empty() => continue,
                Step::Cancel(nth) => {
                    let (id, account) = orders[nth % orders.len()];
                    (account, Command::Cancel(id))
                }
            };
            let (result, out) = s.run(account, &command);
            match (step, result) {
                (Step::Place(asked), Ok(Applied::Order(id))) => {
                    let key = orders.len();
                    orders.push((id, account));
                    if asked.trigger.is_some() {
                        prop_assert!(!Model::is_reached(&asked, model.last.unwrap_or(0)));
                        model.held.push((key, asked));
                    } else {
                        model.enter(key, asked, &mut met);
                    }
                }
                (Step::Place(asked), Err(Refused::TriggerTooHigh | Refused::TriggerTooLow)) => {
                    prop_assert!(Model::is_reached(&asked, model.last.unwrap_or(0)));
                }
                (Step::Cancel(nth), Ok(_)) => model.cancel(nth % orders.len()),
                (Step::Cancel(_), Err(_)) => {}
                other => prop_assert!(false, "{other:?}"),
            }
            model.fire(&mut met);

            let mut traded: Vec<Met> = Vec::new();
            for event in &out.list {
                match event {
                    Event::Held(held) => {
                        if let HeldState::Triggered(Some(became)) = held.state {
                            let known = orders.iter_mut().find(|(id, _)| *id == held.id);
                            known.expect("only known orders are held").0 = became;
                        }
                    }
                    Event::Trade(trade) => {
                        let key = |id: OrderId| orders.iter().position(|(known, _)| *known == id);
                        let pair = (key(trade.maker.1), key(trade.taker.1));
                        let (Some(maker), Some(taker)) = pair else {
                            return Err(TestCaseError::fail("an order traded that nobody placed, or that is held"));
                        };
                        traded.push((maker, taker, trade.price.ticks(TICK) - MIDDLE, trade.qty.whole_lots()));
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(traded, met);
            for side in Side::BOTH {
                let mut levels = Vec::new();
                s.engine.copy_levels(dec, side, usize::MAX, &mut levels);
                let shown: Vec<(i64, i64)> =
                    levels.iter().map(|l| (l.price.ticks(TICK) - MIDDLE, l.qty.whole_lots())).collect();
                prop_assert_eq!(shown, model.levels(side));
            }
            let held: usize = accounts.iter().map(|account| s.engine.held_orders(*account).count()).sum();
            prop_assert_eq!(held, model.held.len());
        }
    }

    /// One side of a pair never trades what the fills of the other have taken, however far a sweep goes.
    #[test]
    fn a_pair_never_fills_twice(
        pairs in proptest::collection::vec((0..3_usize, side(), (1..6_i64, 1..9_i64), (1..6_i64, 1..9_i64), any::<bool>()), 1..8),
        sweeps in proptest::collection::vec((side(), prop_oneof![1..4_i64, 1..20_i64], -6..7_i64), 1..40),
    ) {
        let mut s = stage();
        // An account each: no order meets one of its own house.
        let accounts: Vec<AccountId> =
            (0..pairs.len()).map(|n| s.engine.open_account(&format!("pair {n}"), AccountKind::House)).collect();
        let dec = s.dec;
        let conditions = [FillCondition::FirstHit, FillCondition::CompleteFill, FillCondition::Incremental];
        let mut filled: BTreeMap<OrderId, i64> = BTreeMap::new();
        let mut became: BTreeMap<OrderId, OrderId> = BTreeMap::new();
        let mut placed = Vec::new();
        let mut note = |out: &Events| {
            for event in &out.list {
                match event {
                    Event::Fill(fill) => *filled.entry(fill.order).or_default() += fill.trade.qty.whole_lots(),
                    Event::Held(held) => {
                        if let HeldState::Triggered(Some(order)) = held.state {
                            became.insert(held.id, order);
                        }
                    }
                    _ => {}
                }
            }
        };
        for (account, (condition, side, first, second, waits)) in pairs.into_iter().enumerate() {
            let away = |ticks: i64| -side.sign() * ticks;
            let limit = |(ticks, lots): (i64, i64)| Asked { account, side, ticks: Some(away(ticks)), lots, show: None, trigger: None };
            let mut other = limit(second);
            if waits {
                // A stop on the far side of the market.
                (other.ticks, other.trigger) = (None, Some((TriggerKind::Stop, -away(second.0))));
            }
            let link = Link { kind: LinkKind::Cancels, condition: conditions[condition], others: vec![place(dec, other)] };
            let terms = Terms { link: Some(link), ..Terms::default() };
            let order = Place { terms: terms.boxed(), ..place(dec, limit(first)) };
            let (result, out) = s.run(accounts[account], Command::Place(order));
            note(&out);
            if let Ok(Applied::Order(id)) = result {
                placed.push((id, s.engine.clearing.links.other_of(id), conditions[condition], (first.1, second.1), waits));
            }
        }
        for (side, lots, ticks) in sweeps {
            let taker = s.engine.open_account("w", AccountKind::House);
            let (_, out) = s.run(taker, Command::Place(Place {
                time_in_force: TimeInForce::ImmediateOrCancel,
                ..Place::limit(dec, side, Qty::lots(lots), at(ticks))
            }));
            note(&out);
        }
        let left = |engine: &Engine, id: OrderId| {
            let order = accounts.iter().flat_map(|account| engine.open_orders(*account)).find(|order| order.id == id);
            order.map_or(0, |order| order.remaining().whole_lots())
        };
        let total = |id: OrderId| filled.get(became.get(&id).unwrap_or(&id)).copied().unwrap_or(0);
        for (first, second, condition, (whole_a, whole_b), waits) in placed {
            let Some(second) = second else { continue };
            let (a, b) = (total(first), total(second));
            let fits = match condition {
                FillCondition::FirstHit => a == 0 || b == 0,
                FillCondition::CompleteFill => a < whole_a || b < whole_b,
                // Each fill takes its share rounded down.
                FillCondition::Incremental => a * whole_b + b * whole_a <= whole_a * whole_b + whole_a + whole_b,
            };
            prop_assert!(fits, "{condition:?}: {a} of {whole_a} and {b} of {whole_b}");
            // A stop that finds nobody ends the pair.
            if condition == FillCondition::Incremental && !waits {
                // What is left of one is what its own fills and its share of the other's leave.
                for (id, own, whole, other, whole_other) in [(first, a, whole_a, b, whole_b), (second, b, whole_b, a, whole_a)] {
                    let due = (whole - own - other * whole / whole_other).max(0);
                    prop_assert_eq!(left(&s.engine, id), due, "{} and {} of {}", own, other, whole);
                }
            }
        }
    }
}

#[test]
fn nothing_triggers_while_its_listing_does_not_trade() {
    let mut s = stage();
    let (dec, alice, bob, now) = (s.dec, s.alice, s.bob, s.now);
    s.limit(bob, dec, Side::Bid, 5, "2.70");
    let trigger = Trigger { kind: TriggerKind::Stop, reference: Reference::Mark, level: price("2.75") };
    let terms = Terms { trigger: Some(trigger), ..Terms::default() };
    s.place(alice, Place { terms: terms.boxed(), ..Place::market(dec, Side::Ask, Qty::lots(1)) });
    let mut out = Events::default();
    s.engine.direct(now, SessionOrder::Halt(Scope::Listing(dec), None), &mut out);
    s.engine.set_mark(dec, price("2.74"));
    s.engine.fire(now, &mut out);
    s.engine.direct(now, SessionOrder::Resume(Scope::Listing(dec)), &mut out);
    assert_eq!((s.engine.phase(dec), s.engine.held_orders(alice).count()), (Phase::PreOpen, 1));
    let open = s.engine.phase_ends(dec).unwrap();
    s.engine.turn_sessions(open, &mut out);
    assert_eq!((s.engine.phase(dec), s.engine.held_orders(alice).count()), (Phase::Open, 0));
    assert_eq!(s.engine.net(alice, dec), Qty::lots(-1));
}

#[test]
fn an_auction_takes_an_iceberg_slice_by_slice() {
    let mut s = stage();
    let (dec, alice, bob, now) = (s.dec, s.alice, s.bob, s.now);
    let mut out = Events::default();
    s.engine.direct(now, SessionOrder::Halt(Scope::Listing(dec), None), &mut out);
    s.engine.direct(now, SessionOrder::Resume(Scope::Listing(dec)), &mut out);
    let iceberg = |show, lots, side, at| {
        let terms = Terms { show: Some(Qty::lots(show)), ..Terms::default() };
        Place { terms: terms.boxed(), ..Place::limit(dec, side, Qty::lots(lots), price(at)) }
    };
    s.place(bob, iceberg(3, 8, Side::Bid, "2.81"));
    s.place(alice, iceberg(2, 7, Side::Ask, "2.79"));
    let open = s.engine.phase_ends(dec).unwrap();
    s.engine.turn_sessions(open, &mut out);
    assert_eq!((s.engine.net(alice, dec), s.engine.net(bob, dec)), (Qty::lots(-7), Qty::lots(7)));
    let rest = s.engine.best(dec, Side::Bid).unwrap();
    assert_eq!((rest.price, rest.qty, s.engine.best(dec, Side::Ask)), (price("2.81"), Qty::lots(1), None));
    assert_eq!(s.engine.open_orders(bob).next().unwrap().remaining(), Qty::lots(1));
    s.engine.apply(open, bob, &Command::CancelAll, &mut out).unwrap();
    assert_eq!(s.engine.best(dec, Side::Bid), None);
    assert_eq!(s.engine.position(bob, dec).unwrap().open_orders_margin, Money::ZERO);
}
