//! `tenor curve`: what the curve panel shows, as text for scripts and notebooks; of a past moment what is known of it ([`past`]).

mod past;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::{Value, json};

use super::launch::Plan;
use super::say;
use crate::cli::{CurveArgs, Moment, SourceArgs, TerminalArgs};
use crate::domain::contract::Product;
use crate::domain::event::LinkState;
use crate::view::View;
use crate::view::curve::{CurveView, FIGURES};

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub fn run(args: &CurveArgs) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let plan = Plan::make(&unremembered(&args.source, folder.path()))?;
    if let Moment::Past(at) = args.at {
        return past::run(args, at, &plan.reading_past(args.data_dir.as_deref()));
    }
    let running = plan.launch(Arc::new(|| {}))?;
    let curve = wait_for(|| running.terminal.view(), &args.product)?;
    if args.format.json {
        say(&format!("{:#}", json_of(&curve)));
    } else if args.format.csv {
        print_csv(&curve);
    } else {
        print_table(&curve);
    }
    Ok(())
}

/// A terminal that answers one question: it remembers nothing and leaves nothing behind.
pub fn unremembered(source: &SourceArgs, folder: &std::path::Path) -> TerminalArgs {
    TerminalArgs { source: source.clone(), theme: None, config: None, data_dir: Some(folder.to_owned()), log: None }
}

/// The curve, once every month that the venue trades is live.
fn wait_for(view: impl Fn() -> Arc<View>, product: &Product) -> anyhow::Result<CurveView> {
    let until = Instant::now() + PATIENCE;
    loop {
        let view = view();
        let curve = CurveView::solve(&view, product);
        match curve {
            Some(curve) if curve.months.iter().all(|month| month.state.is_live()) => return Ok(curve),
            _ if Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
            Some(curve) => return Ok(curve),
            None if view.catalogue.is_empty() => bail!("{}", no_market(&view)),
            None => bail!("no curve of {product} is traded there; products: {}", products(&view)),
        }
    }
}

pub fn no_market(view: &View) -> String {
    let why = match &view.session.market.state {
        LinkState::Waiting { why, .. } | LinkState::Failed { why } => why.to_string(),
        _ => "it told of no instrument".to_owned(),
    };
    format!("the market did not come alive within {} s: {why}", PATIENCE.as_secs())
}

fn products(view: &View) -> String {
    let names: Vec<&str> = view.products.iter().map(|spot| spot.product.as_str()).collect();
    names.join(", ")
}

fn json_of(curve: &CurveView) -> Value {
    let months: Vec<Value> = curve
        .months
        .iter()
        .map(|month| {
            let mut entry = json!({ "delivery": month.month.screen(), "state": month.state.word() });
            for (name, value) in FIGURES.into_iter().zip(month.figures()) {
                entry[name] = json!(value);
            }
            entry
        })
        .collect();
    json!({
        "product": curve.product.as_str(),
        "unit": format!("$/{}", curve.unit.label()),
        "at": curve.at.utc.to_string(),
        "index": curve.index.and_then(|index| index.to_string().parse::<f64>().ok()),
        "months": months,
    })
}

fn print_csv(curve: &CurveView) {
    say(&format!("delivery,{}", FIGURES.join(",")));
    for month in &curve.months {
        say(&format!("{},{}", month.month.screen(), csv_cells(&month.figures())));
    }
}

fn csv_cells(figures: &[Option<f64>]) -> String {
    let cells: Vec<String> =
        figures.iter().map(|value| value.map_or_else(String::new, |value| value.to_string())).collect();
    cells.join(",")
}

fn table_head() -> String {
    let head: Vec<String> = FIGURES.iter().map(|name| format!("{name:>9}")).collect();
    format!("delivery {}", head.join(""))
}

fn table_cells(figures: &[Option<f64>]) -> String {
    figures.iter().map(|value| value.map_or_else(|| format!("{:>9}", "."), |value| format!("{value:>9.4}"))).collect()
}

fn print_table(curve: &CurveView) {
    let index = curve.index.map_or("none".to_owned(), |index| index.to_string());
    say(&format!("{} in $/{}, {}, index {index}", curve.product, curve.unit.label(), curve.at.utc));
    say(&table_head());
    for month in &curve.months {
        let state = if month.state.is_live() { String::new() } else { format!("  {}", month.state.word()) };
        say(&format!("{:<9}{}{state}", month.month.screen(), table_cells(&month.figures())));
    }
}
