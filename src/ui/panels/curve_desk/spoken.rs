//! The chart in words, for those who cannot see it: every number that is drawn, line by line.

use super::bars;
use super::cards;
use super::figures::Desk;
use super::plot::Plot;
use crate::domain::number::Price;
use crate::ui::context::PanelContext;

pub fn words(ctx: &PanelContext<'_>, plot: &Plot, desk: &Desk<'_>) -> String {
    let finer = desk.format.finer(1);
    let mut lines: Vec<String> = Vec::new();
    lines.extend(desk.index.map(|(price, _)| format!("Index {}", desk.format.text(price))));
    for month in &desk.months {
        let rows = cards::rows(ctx, desk, month);
        let rows: Vec<String> = rows.iter().map(|row| format!("{} {}", row.word, row.said())).collect();
        let change = desk.format.change().opt(Desk::change(month, &desk.compared));
        let value = cards::middle_text(desk, month.value());
        lines.push(format!("{}: value {value}; {}; bar {change}", month.month.screen(), rows.join("; ")));
    }
    let price = |value: f64| finer.text(Price::from_f64_lossy(value));
    lines.extend(desk.quarters().map(|strip| format!("{} {}", strip.period, price(strip.forward))));
    let year = |year: &super::figures::Year| {
        format!("{}, {} months, {}", year.year, year.months, year.forward.map_or_else(String::new, price))
    };
    lines.extend(desk.years().iter().map(year));
    let (low, high, step) = plot.scale();
    let [low, high, step] = [low, high, step].map(|value| desk.format.text(Price::from_f64_lossy(value)));
    lines.push(format!("Prices from {low} to {high} by {step}"));
    let reach = desk.format.text(Price::from_f64_lossy(bars::reach_of(desk)));
    lines.push(format!("Bars against {} reach to {reach}", desk.against.words()));
    lines.join("\n")
}
