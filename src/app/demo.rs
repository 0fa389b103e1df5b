//! A short session of trading by a made-up hand, for pictures: keys are pressed and ladder cells clicked as a person would, so
//! whatever it shows went through the risk gate, the socket and the simulated exchange.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use egui::{Event, Key, Modifiers};

use super::desk::Desk;
use super::stage::Stage;
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Price, Side};
use crate::ui::context::LinkGroup;
use crate::ui::workspace::Panel;

const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
const ARM: Modifiers = Modifiers::COMMAND.plus(Modifiers::CTRL).plus(Modifiers::SHIFT);

/// One click: which ladder and side, how many ticks behind the own side's best (negative: through the other side).
#[derive(Clone, Copy)]
struct Click {
    group: LinkGroup,
    side: Side,
    behind_ticks: i64,
    size: Key,
}

const fn click(group: LinkGroup, side: Side, behind_ticks: i64, size: Key) -> Click {
    Click { group, side, behind_ticks, size }
}

/// Takes on a month, then works orders around it, on the outright and on the calendar.
const CLICKS: [Click; 9] = [
    click(LinkGroup::A, Side::Bid, -3, Key::Num4),
    click(LinkGroup::A, Side::Bid, 1, Key::Num2),
    click(LinkGroup::A, Side::Bid, 3, Key::Num3),
    click(LinkGroup::A, Side::Ask, 2, Key::Num2),
    click(LinkGroup::A, Side::Ask, 5, Key::Num3),
    click(LinkGroup::B, Side::Bid, -3, Key::Num3),
    click(LinkGroup::B, Side::Bid, 1, Key::Num3),
    click(LinkGroup::B, Side::Ask, 2, Key::Num3),
    click(LinkGroup::B, Side::Ask, 4, Key::Num2),
];

/// Trades for `span`, leaving orders at work and a position open.
///
/// # Errors
/// When the terminal does not arm or the ladders cannot be clicked.
pub fn trade(stage: &mut Stage, span: Duration) -> anyhow::Result<()> {
    let end = Instant::now() + span;
    stage.press(Key::A, ARM);
    if !stage.run_until(ANSWER_PATIENCE, |desk| desk.view().trading.is_armed(desk.now().mono)) {
        bail!("the terminal did not arm");
    }
    // Another product first, so that the positions tell more than one story.
    stage.press(Key::PageDown, Modifiers::NONE);
    settle(stage);
    perform(stage, click(LinkGroup::A, Side::Ask, -3, Key::Num3))?;
    stage.press(Key::PageUp, Modifiers::NONE);
    settle(stage);
    for one in CLICKS {
        // A small window has no room for the second ladder.
        if is_shown(stage.desk(), one.group) {
            perform(stage, one)?;
        }
    }
    watch(stage)?;
    stage.leave();
    stage.run_for(end.saturating_duration_since(Instant::now()));
    Ok(())
}

/// Two alerts on what the ladders show, too far away to fire soon, typed as a hand would.
///
/// # Errors
/// When there is nothing to watch, or no alert appears.
pub fn watch(stage: &mut Stage) -> anyhow::Result<()> {
    settle(stage);
    for (group, sign, ticks) in [(LinkGroup::A, '>', 25), (LinkGroup::B, '<', -25)] {
        let text = {
            let (desk, view) = (stage.desk(), stage.desk().view());
            let id = desk.screen().selection().instrument(group).context("nothing is selected")?;
            let terms = view.instrument(id).context("what is selected is not listed")?;
            let best = view.market(id).and_then(|market| market.book.best(Side::Bid)).context("nobody bids")?;
            format!("alert {} {sign} {}", terms.contract, Price(best.price.0 + ticks * terms.tick.0))
        };
        let before = stage.desk().view().alerts.len();
        stage.press(Key::K, Modifiers::COMMAND);
        stage.frame(Vec::new());
        stage.frame(vec![Event::Text(text.clone())]);
        stage.press(Key::Enter, Modifiers::NONE);
        if !stage.run_until(ANSWER_PATIENCE, |desk| desk.view().alerts.len() > before) {
            bail!("no alert came of \"{text}\"");
        }
    }
    Ok(())
}

/// A few frames, so that the screen shows what was just asked for.
fn settle(stage: &mut Stage) {
    stage.run_for(Duration::from_millis(400));
}

fn is_shown(desk: &Desk, group: LinkGroup) -> bool {
    let panel = if group == LinkGroup::B { Panel::LadderB } else { Panel::LadderA };
    desk.screen().workspaces().is_visible(panel)
}

fn perform(stage: &mut Stage, one: Click) -> anyhow::Result<()> {
    if one.group == LinkGroup::A {
        stage.press(one.size, Modifiers::NONE);
    }
    let sent = |desk: &Desk| desk.view().trading.orders.len();
    let before = sent(stage.desk());
    let (id, price) = target(stage.desk(), one).context("the ladder has no price to click")?;
    let cell = stage
        .desk()
        .screen()
        .ladder_cell(one.group, one.side, price)
        .with_context(|| format!("{price} of instrument {} is not on the ladder", id.0))?;
    stage.click(cell);
    if !stage.run_until(ANSWER_PATIENCE, |desk| sent(desk) > before) {
        tracing::warn!("a demo click at {price} placed nothing");
    }
    settle(stage);
    Ok(())
}

fn target(desk: &Desk, one: Click) -> Option<(InstrumentId, Price)> {
    let view = desk.view();
    let id = desk.screen().selection().instrument(one.group)?;
    let best = view.market(id)?.book.best(one.side)?.price;
    let away = one.side.sign() * one.behind_ticks;
    Some((id, Price(best.0 - away * view.instrument(id)?.tick.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::curve::unremembered;
    use crate::app::launch::Plan;
    use crate::cli::{MarketArgs, SourceArgs};
    use crate::domain::alert::AlertSpec;

    /// Through the command box, the socket-fed core, the state file and a new start.
    #[test]
    fn alerts_are_kept_across_a_restart() {
        const PATIENCE: Duration = Duration::from_secs(60);
        let folder = tempfile::tempdir().unwrap();
        let source = SourceArgs {
            market: MarketArgs { seed: Some(1), rate: Some(50.0), scenario: None },
            ..SourceArgs::default()
        };
        let open = || {
            let plan = Plan::make(&unremembered(&source, folder.path())).unwrap();
            Stage::open(plan, (1_280, 800), 1.0).unwrap()
        };
        let specs = |desk: &Desk| desk.view().alerts.iter().map(|alert| alert.spec.clone()).collect::<Vec<AlertSpec>>();
        let mut stage = open();
        let is_live = |desk: &Desk| {
            desk.view().stats.books_total > 0 && desk.view().stats.books_live == desk.view().stats.books_total
        };
        assert!(stage.run_until(PATIENCE, is_live));
        watch(&mut stage).unwrap();
        let set = specs(stage.desk());
        assert_eq!(set.len(), 2);
        let state = folder.path().join("state.json");
        let is_saved = |_: &Desk| {
            let text = std::fs::read_to_string(&state).unwrap_or_default();
            set.iter().all(|spec| text.contains(&*spec.expression))
        };
        assert!(stage.run_until(PATIENCE, is_saved));
        drop(stage);
        let mut again = open();
        assert!(again.run_until(PATIENCE, |desk| specs(desk).len() == set.len()));
        assert_eq!(specs(again.desk()), set);
    }
}
