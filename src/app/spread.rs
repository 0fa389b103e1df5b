//! `tenor spread`: what any combination of contracts is worth on the live market, with its legs, as text for scripts and notebooks.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{anyhow, bail};
use serde_json::{Value, json};

use super::curve::{LOOK_AGAIN, PATIENCE, no_market, unremembered};
use super::launch::Plan;
use super::say;
use crate::base::time::Now;
use crate::cli::SpreadArgs;
use crate::curves::expression::{Expression, point_out};
use crate::curves::touch::Touch;
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Month};
use crate::domain::instrument::Unit;
use crate::domain::number::{Price, Side};
use crate::view::View;
use crate::view::book::BookState;

pub fn run(args: &SpreadArgs) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let running = Plan::make(&unremembered(&args.source, folder.path()))?.launch(Arc::new(|| {}))?;
    let figures = wait_for(|| running.terminal.view(), &args.expression)?;
    if args.format.json {
        say(&format!("{:#}", figures.json()));
    } else if args.format.csv {
        figures.lines(",").iter().for_each(|line| say(line));
    } else {
        figures.table().iter().for_each(|line| say(line));
    }
    Ok(())
}

/// The figures, once the book of every leg is live.
fn wait_for(view: impl Fn() -> Arc<View>, text: &str) -> anyhow::Result<Figures> {
    let until = Instant::now() + PATIENCE;
    loop {
        let view = view();
        let is_late = Instant::now() >= until;
        if view.catalogue.is_empty() {
            if is_late {
                bail!("{}", no_market(&view));
            }
        } else {
            let figures = Figures::of(&view, &parse(&view, text)?);
            if is_late || figures.state.is_live() {
                return Ok(figures);
            }
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn parse(view: &View, text: &str) -> anyhow::Result<Expression> {
    let reference = Month::of(view.at.utc.date());
    let is_listed = |contract: &Contract| view.catalogue.find_contract(contract).is_some();
    Expression::parse_listed(text, reference, is_listed)
        .map_err(|error| anyhow!("{error}\n{}", point_out(text, &error)))
}

/// One leg's book as it is.
#[derive(Clone, Debug, PartialEq)]
struct LegFigures {
    contract: Contract,
    symbol: String,
    coefficient: f64,
    /// Units in a contract.
    contract_size: i64,
    bid: Option<Level>,
    ask: Option<Level>,
    state: BookState,
    /// Since the last change of the book.
    age_ms: u64,
}

/// The whole: prices in dollars a unit of the expression, sizes in units of it.
#[derive(Clone, Debug, PartialEq)]
struct Figures {
    expression: String,
    unit: Option<&'static str>,
    at: Now,
    /// The worst of its legs.
    state: BookState,
    touch: Touch,
    bid_size: Option<f64>,
    ask_size: Option<f64>,
    legs: Vec<LegFigures>,
}

impl LegFigures {
    fn of(view: &View, contract: &Contract, coefficient: f64) -> Option<Self> {
        let id = view.catalogue.find_contract(contract)?;
        let (terms, book) = (view.instrument(id)?, &view.market(id)?.book);
        Some(Self {
            contract: contract.clone(),
            symbol: terms.symbol.to_string(),
            coefficient,
            contract_size: terms.contract_size,
            bid: book.best(Side::Bid),
            ask: book.best(Side::Ask),
            state: view.book_state(id, view.at),
            age_ms: u64::try_from(book.age(view.at).as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// What to do with the leg when the expression is bought.
    const fn side(&self) -> Side {
        if self.coefficient < 0.0 { Side::Ask } else { Side::Bid }
    }

    fn touch(&self) -> Touch {
        if !self.state.is_live() {
            return Touch::default();
        }
        Touch::of(self.bid.map(|level| level.price), self.ask.map(|level| level.price))
    }

    /// Units of the expression that the best level holds for whoever trades the expression on `side`.
    fn size(&self, side: Side) -> Option<f64> {
        // To buy the expression a bought leg lifts its ask, a sold one hits its bid.
        let level = if (side == Side::Bid) == (self.side() == Side::Bid) { self.ask } else { self.bid };
        let contracts = level?.qty.to_string().parse::<f64>().ok()?;
        Some(contracts * self.contract_size as f64 / self.coefficient.abs())
    }
}

impl Figures {
    fn of(view: &View, expression: &Expression) -> Self {
        let legs: Vec<LegFigures> = expression
            .terms()
            .iter()
            .filter_map(|term| LegFigures::of(view, &term.contract, term.coefficient))
            .collect();
        let of = |contract: &Contract| legs.iter().find(|leg| leg.contract == *contract);
        let touch = expression.touch(|contract| of(contract).map_or_else(Touch::default, LegFigures::touch));
        let size = |side| legs.iter().map(|leg| leg.size(side)).reduce(|a, b| Some(a?.min(b?))).flatten();
        let unit_of = |contract: &Contract| {
            let id = view.catalogue.find_contract(contract);
            id.and_then(|id| view.instrument(id)).map_or(Unit::Other, |terms| terms.unit)
        };
        Self {
            expression: expression.to_string(),
            unit: expression.unit(unit_of).map(Unit::label),
            at: view.at,
            state: legs.iter().map(|leg| leg.state).min().unwrap_or(BookState::Connecting),
            // Whoever sells the expression does so at its bid.
            bid_size: touch.bid.and_then(|_| size(Side::Ask)),
            ask_size: touch.ask.and_then(|_| size(Side::Bid)),
            touch,
            legs,
        }
    }

    fn json(&self) -> Value {
        let leg = |leg: &LegFigures| {
            let level = |level: Option<Level>| {
                level.map(|level| (exact(level.price), level.qty.to_string().parse::<f64>().ok()))
            };
            let (bid, ask) = (level(leg.bid), level(leg.ask));
            json!({
                "contract": leg.contract.to_string(),
                "code": leg.contract.code(),
                "symbol": leg.symbol,
                "coefficient": leg.coefficient,
                "side": leg.side().verb().to_lowercase(),
                "bid": bid.map(|bid| bid.0), "bid_qty": bid.map(|bid| bid.1),
                "ask": ask.map(|ask| ask.0), "ask_qty": ask.map(|ask| ask.1),
                "contract_size": leg.contract_size,
                "state": leg.state.word(),
                "age_ms": leg.age_ms,
            })
        };
        json!({
            "expression": self.expression,
            "unit": self.unit.map(|unit| format!("$/{unit}")),
            "at": self.at.utc.to_string(),
            "state": self.state.word(),
            "bid": rounded(self.touch.bid), "bid_size": rounded(self.bid_size),
            "ask": rounded(self.touch.ask), "ask_size": rounded(self.ask_size),
            "mid": rounded(self.touch.mid()),
            "legs": self.legs.iter().map(leg).collect::<Vec<_>>(),
        })
    }

    /// The expression in the first line, a leg in each of the others.
    fn rows(&self) -> Vec<[String; 9]> {
        let number = |value: Option<f64>| rounded(value).map_or_else(String::new, |value| value.to_string());
        let age = self.legs.iter().map(|leg| leg.age_ms).max().unwrap_or_default();
        let whole = [
            self.expression.clone(),
            String::new(),
            number(self.touch.bid),
            number(self.bid_size),
            number(self.touch.ask),
            number(self.ask_size),
            number(self.touch.mid()),
            self.state.word().to_owned(),
            age.to_string(),
        ];
        let leg = |leg: &LegFigures| {
            let price = |level: Option<Level>| level.map_or_else(String::new, |level| level.price.to_string());
            let qty = |level: Option<Level>| level.map_or_else(String::new, |level| level.qty.to_string());
            let mid = Touch::of(leg.bid.map(|level| level.price), leg.ask.map(|level| level.price)).mid();
            [
                leg.contract.to_string(),
                leg.coefficient.to_string(),
                price(leg.bid),
                qty(leg.bid),
                price(leg.ask),
                qty(leg.ask),
                number(mid),
                leg.state.word().to_owned(),
                leg.age_ms.to_string(),
            ]
        };
        std::iter::once(whole).chain(self.legs.iter().map(leg)).collect()
    }

    fn lines(&self, gap: &str) -> Vec<String> {
        let head = HEADS.join(gap);
        std::iter::once(head).chain(self.rows().iter().map(|row| row.join(gap))).collect()
    }

    fn table(&self) -> Vec<String> {
        let unit = self.unit.map_or_else(String::new, |unit| {
            format!(" in $/{unit}, sizes of the whole in {unit}, of legs in contracts")
        });
        let rows = self.rows();
        let width =
            |at: usize| rows.iter().map(|row| row[at].chars().count()).chain([HEADS[at].len()]).max().unwrap_or(0);
        let widths: [usize; 9] = std::array::from_fn(width);
        let line = |cells: [&str; 9]| {
            let cells = cells.iter().enumerate().map(|(at, cell)| match at {
                0 => format!("{cell:<0$}", widths[0]),
                at => format!("{cell:>0$}", widths[at]),
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
        [format!("{}{unit}, {}", self.expression, self.at.utc), line(HEADS)].into_iter().chain(body).collect()
    }
}

const HEADS: [&str; 9] = ["contract", "factor", "bid", "bid_size", "ask", "ask_size", "mid", "state", "age_ms"];

/// The double nearest to how it is written.
fn exact(price: Price) -> Option<f64> {
    price.to_string().parse().ok()
}

/// To a millionth: what lies behind is the sum's own rounding.
fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::{Instant as Mono, Utc};
    use crate::domain::event::{BookLoss, LinkState};
    use crate::domain::instrument::{Catalogue, Instrument};
    use crate::domain::number::Qty;
    use crate::view::market::MarketView;
    use crate::view::session::{Environment, SessionView};

    const NOV: Month = Month { year: 2026, month: 11 };

    fn view() -> View {
        let listed = [("TOK.Z6", Unit::Mtok, 1_000), ("H100.Z6", Unit::GpuHour, 730)];
        let terms = |(code, unit, contract_size): (&str, Unit, i64)| Instrument {
            symbol: code.into(),
            contract: Contract::parse_code(code, NOV).unwrap(),
            unit,
            tick: Price(10_000_000),
            lot: Qty::lots(1),
            contract_size,
            currency: "USDC".into(),
            index_name: "index".into(),
            expiry: None,
            legs: Vec::new(),
            is_active: true,
            is_halted: false,
        };
        let mut catalogue = Catalogue::default();
        catalogue.reload(listed.map(terms).into());
        let now = Now { mono: Mono(9_000_000_000), utc: Utc::from_millis(1_795_208_400_000) };
        let mut view = View::empty(SessionView::new("A", "venue", Environment::Real));
        (view.at, view.session.market.state, view.session.market.last_frame) = (now, LinkState::Up, now.mono);
        let level = |price: &str, lots| Level { price: Price::parse(price).unwrap(), qty: Qty::lots(lots) };
        let books = [("1.99", 3, "2.01", 4), ("2.79", 10, "2.8", 8)];
        for ((id, _), (bid, bid_lots, ask, ask_lots)) in catalogue.iter().zip(books) {
            let mut market = MarketView::new(id);
            (market.book.loss, market.book.confirmed, market.book.received) = (None, now.mono, Mono(8_958_000_000));
            (market.book.bids, market.book.asks) = (vec![level(bid, bid_lots)], vec![level(ask, ask_lots)]);
            view.markets.push(Arc::new(market));
        }
        view.catalogue = Arc::new(catalogue);
        view
    }

    fn figures(view: &View) -> Value {
        Figures::of(view, &parse(view, "1.5*tok dec-26 - H100.Z6").unwrap()).json()
    }

    #[test]
    fn sides_and_sizes_come_from_the_legs() {
        let json = figures(&view());
        assert_eq!(json["expression"], "1.5*TOK.Z6 - H100.Z6");
        assert_eq!(json["unit"], "$/GPU-h");
        // Sold: 1.5 × 1.99 − 2.80, and 3 × 1000 ÷ 1.5 Mtok; bought: 1.5 × 2.01 − 2.79, and 4 × 1000 ÷ 1.5.
        assert_eq!([&json["bid"], &json["ask"], &json["mid"]], [&json!(0.185), &json!(0.225), &json!(0.205)]);
        assert_eq!([&json["bid_size"], &json["ask_size"]], [&json!(2_000.0), &json!(2_666.666667)]);
        assert_eq!(
            json["legs"][1],
            json!({
                "contract": "H100 DEC-26", "code": "H100.Z6", "symbol": "H100.Z6", "coefficient": -1.0, "side": "sell",
                "bid": 2.79, "bid_qty": 10.0, "ask": 2.8, "ask_qty": 8.0, "contract_size": 730, "state": "LIVE", "age_ms": 42,
            })
        );
    }

    #[test]
    fn a_leg_that_is_not_live_or_quoted_leaves_no_price() {
        let mut broken = view();
        Arc::make_mut(&mut broken.markets[1]).book.loss = Some(BookLoss::Behind);
        let json = figures(&broken);
        assert_eq!(
            [&json["bid"], &json["ask"], &json["ask_size"], &json["state"]],
            [&json!(null), &json!(null), &json!(null), &json!("GAP")]
        );
        assert_eq!(json["legs"][1]["bid"], 2.79, "shown, with its state beside it");
        let mut one_sided = view();
        Arc::make_mut(&mut one_sided.markets[1]).book.asks.clear();
        let json = figures(&one_sided);
        assert_eq!([&json["bid"], &json["bid_size"], &json["ask"]], [&json!(null), &json!(null), &json!(0.225)]);
    }

    #[test]
    fn csv_has_the_whole_first_and_errors_point_at_their_place() {
        let view = view();
        let lines = Figures::of(&view, &parse(&view, "TOK.Z6 - H100.Z6").unwrap()).lines(",");
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[1], "TOK.Z6 - H100.Z6,,-0.81,3000,-0.78,4000,-0.795,LIVE,42");
        assert_eq!(lines[3], "H100 DEC-26,-1,2.79,10,2.8,8,2.795,LIVE,42");
        let error = parse(&view, "1.5*TOK.Z6 - B200.Z6").unwrap_err().to_string();
        assert_eq!(error, "B200.Z6 is not traded here (column 14)\n1.5*TOK.Z6 - B200.Z6\n             ^");
    }
}
