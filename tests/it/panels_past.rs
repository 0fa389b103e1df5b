//! The spread matrix and the spark spread while the window looks back: every number worked out again from the history, and nothing to send.

use std::sync::Arc;
use std::time::Duration;

use egui::{Rect, Vec2, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};
use jiff::civil::date;
use tenor::base::time::Utc;
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::number::Price;
use tenor::domain::past::{Settlement, SettlementKind, Settlements};
use tenor::history::{CurveMark, History, Origin};
use tenor::ui::context::{AsOf, PanelContext};
use tenor::ui::format;
use tenor::ui::panels::spark::SparkPanel;
use tenor::ui::panels::spreads::SpreadsPanel;

use crate::panels_b::{Stage, dark, stage};
use crate::screen::{self, Sample};

const NOV_26: Month = Month { year: 2026, month: 11 };
const SPREADS: Vec2 = vec2(760.0, 424.0);
const SPARK: Vec2 = vec2(620.0, 312.0);
const DAY: Duration = Duration::from_secs(86_400);

fn settled_on(day: i8) -> Utc {
    Utc::at(date(2026, 10, day), Duration::from_secs(21 * 3_600))
}

fn outright(product: &str, month: Month) -> Contract {
    Contract::Outright { product: Product::new(product).unwrap(), delivery: Delivery::Month(month) }
}

/// In thousandths of a dollar.
fn price(product: &str, ahead: i32, day: i8) -> Price {
    let (ahead, day) = (i64::from(ahead), i64::from(day));
    let thousandths = match product {
        "TOK" => 1_900 - 50 * ahead + day,
        _ => 2_850 - 40 * ahead + (day * (12 - ahead) / 4) % 30 * 10,
    };
    Price(thousandths * 1_000_000)
}

/// A fortnight of settlements, and one mark of our own that knows H100 only.
fn sample() -> Sample {
    let mut sample = screen::sample();
    let mut history = History::default();
    for (product, months) in [("H100", 14), ("TOK", 7)] {
        for ahead in 0..months {
            let contract = outright(product, NOV_26.plus(ahead));
            let row = |day| Settlement {
                utc: settled_on(day),
                kind: SettlementKind::Daily,
                price: price(product, ahead, day),
            };
            history.add_settlements(&Settlements { contract, rows: (12..=23).map(row).collect() }, Origin::Simulated);
        }
    }
    let utc = settled_on(22) + Duration::from_secs(3_600);
    let months = (0..14).map(|ahead| (NOV_26.plus(ahead), price("H100", ahead, 30))).collect();
    history.add_mark(&Product::new("H100").unwrap(), CurveMark { utc, months });
    sample.view.history = Arc::new(history);
    sample
}

fn spreads_ui(part: &mut SpreadsPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

fn spark_ui(part: &mut SparkPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

fn look_at<P>(harness: &mut Harness<'static, Stage<P>>, at: Utc) {
    harness.state_mut().selection.look_at(AsOf::Past(at));
    harness.run_steps(3);
}

#[test]
fn pictures_of_the_past() {
    let (sample, mut results) = (sample(), SnapshotResults::new());
    for (name, theme) in screen::themes() {
        let mut spreads = stage(SpreadsPanel::default(), spreads_ui, &sample, &theme, SPREADS);
        look_at(&mut spreads, settled_on(21));
        results.add(spreads.try_snapshot(format!("spreads_past_{name}")));
        let mut spark = stage(SparkPanel::default(), spark_ui, &sample, &theme, SPARK);
        look_at(&mut spark, settled_on(21));
        results.add(spark.try_snapshot(format!("spark_past_{name}")));
    }
    results.unwrap();
}

#[test]
fn every_cell_of_the_past_is_the_difference_of_two_prices_of_one_instant() {
    let sample = sample();
    let mut harness = stage(SpreadsPanel::default(), spreads_ui, &sample, &dark(), SPREADS);
    // At a settlement, and after a mark of our own that all the months have.
    for (at, known, day, before) in
        [(settled_on(21), settled_on(21), 21, 20), (settled_on(22) + DAY / 2, settled_on(22) + DAY / 24, 30, 21)]
    {
        look_at(&mut harness, at);
        for near in 0..8 {
            for far in near + 1..9 {
                let spread = |day| price("H100", near, day) - price("H100", far, day);
                let label = format!(
                    "{} / {}: {} as of {}, {} in a day",
                    NOV_26.plus(near).screen(),
                    NOV_26.plus(far).screen(),
                    format::PriceFormat { decimals: 3, sign: format::Sign::Always }.text(spread(day)),
                    format::day_time(known),
                    format::change(spread(day) - spread(before), 3),
                );
                harness.get_by_label(&label);
            }
        }
    }
    assert!(harness.query_by_label("Ladder").is_none() && harness.query_by_label("Stage legs").is_none());
    look_at(&mut harness, settled_on(1));
    harness.get_by_label("DEC-26 / MAR-27: not known");
}

#[test]
fn the_spark_spread_of_the_past_uses_both_legs_of_one_instant() {
    let mut harness = stage(SparkPanel::default(), spark_ui, &sample(), &dark(), SPARK);
    // The mark of the evening knows one leg only: both are taken from the settlement before.
    for at in [settled_on(22), settled_on(22) + DAY / 2] {
        look_at(&mut harness, at);
        let (tokens, gpu) = (price("TOK", 1, 22).to_f64_lossy(), price("H100", 1, 22).to_f64_lossy());
        let spread = Price::from_f64_lossy(1.5 * tokens - gpu);
        let label = format!(
            "H100 spark spread: DEC-26 {}, as of {}, break-even k {:.2}",
            format::PriceFormat { decimals: 3, sign: format::Sign::Always }.text(spread),
            format::day_time(at),
            gpu / tokens
        );
        harness.get_by_label(&label);
    }
    harness.get_by_label("Stage both legs").click();
    harness.run_steps(2);
    assert!(harness.state().commands.is_empty(), "nothing is sent from past prices");
}
