//! The curve of a past moment: what the venue tells of settlements and what this terminal has kept of its own marks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use serde_json::{Value, json};

use super::{LOOK_AGAIN, PATIENCE, csv_cells, no_market, products, table_cells, table_head};
use crate::app::launch::Plan;
use crate::app::say;
use crate::base::time::Utc;
use crate::cli::CurveArgs;
use crate::domain::contract::Product;
use crate::domain::number::Price;
use crate::history::{CurvePoint, History, Origin};
use crate::view::View;
use crate::view::curve::FIGURES;

/// The venue is asked question by question; when nothing new has come for this long, everything has been told.
const QUIET: Duration = Duration::from_secs(2);
/// Venues that allow few questions take long to tell everything.
const LONGEST: Duration = Duration::from_secs(180);

pub fn run(args: &CurveArgs, at: Utc, plan: &Plan) -> anyhow::Result<()> {
    let running = plan.launch(Arc::new(|| {}))?;
    let view = wait_for(|| running.terminal.view(), &args.product)?;
    ensure!(at <= view.session.now(running.terminal.clock.now()).utc, "--at {at} has not come yet");
    let curve = PastCurve::of(&view, &args.product, at)?;
    if args.format.json {
        say(&format!("{:#}", curve.json()));
    } else if args.format.csv {
        say(&format!("delivery,{},origin,time", FIGURES.join(",")));
        for CurvePoint { month, point } in &curve.months {
            let cells = csv_cells(&figures(point.price, point.origin));
            say(&format!("{},{cells},{},{}", month.screen(), point.origin.word(), point.utc));
        }
    } else {
        let index = curve.index.map_or("none".to_owned(), |index| index.to_string());
        say(&format!("{} in {}, as of {at}, index {index}", curve.product, curve.unit));
        say(&format!("{}  origin and time", table_head()));
        for CurvePoint { month, point } in &curve.months {
            let cells = table_cells(&figures(point.price, point.origin));
            say(&format!("{:<9}{cells}  {}, {}", month.screen(), point.origin.word(), point.utc));
        }
    }
    Ok(())
}

/// The picture in which the past is complete.
fn wait_for(view: impl Fn() -> Arc<View>, product: &Product) -> anyhow::Result<Arc<View>> {
    let begun = Instant::now();
    let (mut last, mut since) = (view(), begun);
    loop {
        std::thread::sleep(LOOK_AGAIN);
        let view = view();
        if !Arc::ptr_eq(&view.history, &last.history) {
            since = Instant::now();
        }
        let is_told = view.history.known_since(product).is_some() && since.elapsed() >= QUIET;
        let is_listed = view.products.iter().any(|spot| spot.product == *product);
        if is_told || begun.elapsed() >= LONGEST {
            return Ok(view);
        }
        if begun.elapsed() >= PATIENCE && since.elapsed() >= PATIENCE {
            ensure!(!view.catalogue.is_empty(), "{}", no_market(&view));
            ensure!(is_listed, "no curve of {product} is traded there; products: {}", products(&view));
            return Ok(view);
        }
        last = view;
    }
}

struct PastCurve {
    product: Product,
    unit: String,
    at: Utc,
    /// The last fixing then.
    index: Option<Price>,
    /// Nearest first.
    months: Vec<CurvePoint>,
}

impl PastCurve {
    fn of(view: &View, product: &Product, at: Utc) -> anyhow::Result<Self> {
        let terms = view.catalogue.iter().find(|(_, terms)| terms.contract.product() == Some(product));
        let months = view.history.curve(product, at);
        if months.is_empty() {
            bail!("{}", nothing_known(&view.history, product, at));
        }
        let fixings = terms.and_then(|(_, terms)| view.history.index(&terms.index_name));
        let fixings = fixings.map_or_else(Vec::new, |index| index.fixings().to_vec());
        Ok(Self {
            product: product.clone(),
            unit: terms.map_or_else(String::new, |(_, terms)| format!("$/{}", terms.unit.label())),
            at,
            index: fixings.iter().rev().find(|(utc, _)| *utc <= at).map(|(_, price)| *price),
            months,
        })
    }

    fn json(&self) -> Value {
        let months: Vec<Value> = self.months.iter().map(month_json).collect();
        json!({
            "product": self.product.as_str(),
            "unit": self.unit,
            "at": self.at.to_string(),
            "index": self.index.and_then(exact),
            "months": months,
        })
    }
}

fn month_json(CurvePoint { month, point }: &CurvePoint) -> Value {
    let mut entry = json!({ "delivery": month.screen(), "state": null });
    for (name, value) in FIGURES.into_iter().zip(figures(point.price, point.origin)) {
        entry[name] = json!(value);
    }
    entry["origin"] = json!(point.origin.word());
    entry["time"] = json!(point.utc.to_string());
    entry
}

/// What [`FIGURES`] names, as far as one past price tells: the quotes of then are not kept.
fn figures(price: Price, origin: Origin) -> [Option<f64>; FIGURES.len()] {
    let price = exact(price);
    let settle = price.filter(|_| origin != Origin::Own);
    FIGURES.map(|name| match name {
        "settle" => settle,
        "forward" => price,
        _ => None,
    })
}

/// The double nearest to how it is written, so that it prints the same.
fn exact(price: Price) -> Option<f64> {
    price.to_string().parse().ok()
}

fn nothing_known(history: &History, product: &Product, at: Utc) -> String {
    match history.known_since(product) {
        Some(since) if at < since => format!("nothing is known of {product} at {at}: its past begins at {since}"),
        Some(_) => format!("no price of {product} is known that was fresh at {at}"),
        None => format!("the venue told of no settlement of {product}, and no mark of it is kept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Contract, Delivery, Month};
    use crate::domain::past::{Settlement, SettlementKind, Settlements};
    use crate::history::CurveMark;
    use crate::view::session::{Environment, SessionView};

    const AT: Utc = Utc::from_millis(1_792_616_400_000);

    fn month(month: i8) -> Month {
        Month { year: 2027, month }
    }

    fn view() -> (View, Product) {
        let product = Product::new("H100").unwrap();
        let mut history = History::default();
        for m in 1..=2 {
            let contract = Contract::Outright { product: product.clone(), delivery: Delivery::Month(month(m)) };
            let price = Price::parse(&format!("2.8{m}")).unwrap();
            let rows = vec![Settlement { utc: AT, kind: SettlementKind::Daily, price }];
            history.add_settlements(&Settlements { contract, rows }, Origin::Venue);
        }
        let later = AT + Duration::from_secs(60);
        history.add_mark(&product, CurveMark { utc: later, months: vec![(month(1), Price::parse("2.9").unwrap())] });
        let mut view = View::empty(SessionView::new("A", "venue", Environment::Real));
        view.history = Arc::new(history);
        (view, product)
    }

    #[test]
    fn every_point_says_what_it_is_and_what_was_not_kept_is_null() {
        let (view, product) = view();
        let curve = PastCurve::of(&view, &product, AT + Duration::from_secs(3_600)).unwrap().json();
        let months = curve["months"].as_array().unwrap();
        assert_eq!(months.len(), 2);
        assert_eq!(
            months[0],
            json!({
                "delivery": "JAN-27", "state": null, "bid": null, "ask": null, "last": null, "settle": null, "model": null,
                "forward": 2.9, "term": null, "origin": "own mark", "time": "2026-10-21T21:01:00.000Z",
            })
        );
        assert_eq!((&months[1]["settle"], &months[1]["forward"]), (&json!(2.82), &json!(2.82)));
        assert_eq!(
            (&months[1]["origin"], &months[1]["time"]),
            (&json!("settlement"), &json!("2026-10-21T21:00:00.000Z"))
        );
        let before = PastCurve::of(&view, &product, AT).unwrap().json();
        assert_eq!(before["months"][0]["settle"], json!(2.81), "the mark was not made yet");
    }

    #[test]
    fn what_is_not_known_is_a_sentence() {
        let (view, product) = view();
        let error = |at| PastCurve::of(&view, &product, at).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error(AT - Duration::from_secs(1)).contains("begins at 2026-10-21T21:00:00.000Z"));
        assert!(error(AT + Duration::from_secs(86_400 * 9)).contains("fresh"));
        let other = Product::new("B200").unwrap();
        assert!(PastCurve::of(&view, &other, AT).err().unwrap().to_string().contains("no settlement of B200"));
    }
}
