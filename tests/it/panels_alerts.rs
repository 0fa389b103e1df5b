//! The list of alerts: pictures, every word of it worked out again from the view, and the ways an alert is made and removed.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Rect, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tenor::base::time::Utc;
use tenor::domain::alert::{AlertId, AlertPrice, AlertSpec, Passing, Repeat};
use tenor::domain::command::Intent;
use tenor::domain::number::Price;
use tenor::ui::alerts::AlertList;
use tenor::ui::context::PanelContext;
use tenor::ui::panels::spreads::SpreadsPanel;
use tenor::ui::panels::title::{Bell, title_ui};
use tenor::ui::workspace_name::WorkspaceName;
use tenor::view::alert::{AlertState, AlertView};
use tenor::view::book::BookState;

use crate::panels_b::{Pictures, Stage, Window, dark, stage, window};
use crate::screen::{self, Sample};

const SIZE: Vec2 = vec2(450.0, 330.0);
const LABEL: &str = "New alert";

fn spec(expression: &str, passing: Passing, level: &str) -> AlertSpec {
    AlertSpec {
        expression: expression.into(),
        price: AlertPrice::Mid,
        passing,
        level: Price::parse(level).unwrap(),
        repeat: Repeat::Once,
        fired: None,
    }
}

/// One of each kind.
fn sample() -> Sample {
    let mut sample = screen::sample();
    let fired = Some(Utc(screen::now().utc.0 - 600_000_000_000));
    let alert =
        |id, spec, state, value| AlertView { id: AlertId(id), spec, state, value, hysteresis: 0.04, decimals: 3 };
    let basis = spec("H200 DEC-26 - H100 DEC-26", Passing::Above, "0.5");
    let calendar = spec("H100 DEC-26 / MAR-27", Passing::Below, "0.15");
    sample.view.alerts = Arc::new(vec![
        alert(0, basis.clone(), AlertState::Watching, Some(0.44)),
        alert(1, AlertSpec { repeat: Repeat::Again, fired, ..calendar }, AlertState::Resting, Some(0.1475)),
        alert(
            2,
            AlertSpec { fired, price: AlertPrice::Bid, ..spec("H100 DEC-26", Passing::Above, "2.7") },
            AlertState::Fired,
            Some(2.78),
        ),
        alert(
            3,
            spec("1.5*TOK DEC-26 - H100 DEC-26", Passing::Above, "0.25"),
            AlertState::Blind(BookState::Stale),
            None,
        ),
        alert(4, spec("H100 NOV-25", Passing::Below, "2"), AlertState::Unlisted, None),
    ]);
    sample
}

fn list_ui(part: &mut AlertList, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, rect: Rect) {
    part.ui(ui.ctx(), ctx, Rect::from_min_size(pos2(rect.right() - 44.0, 4.0), vec2(36.0, 20.0)));
}

fn open() -> AlertList {
    let mut list = AlertList::default();
    list.toggle();
    list
}

fn listed(sample: &Sample) -> Harness<'static, Stage<AlertList>> {
    stage(open(), list_ui, sample, &dark(), SIZE)
}

fn sent(harness: &Harness<'_, Stage<AlertList>>) -> Vec<Intent> {
    harness.state().commands.iter().map(|command| command.intent.clone()).collect()
}

fn press(key: Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

#[test]
fn pictures_of_the_list() {
    let mut pictures = Pictures::new(sample());
    pictures.take("alerts", open, list_ui, SIZE);
    let bell = |(): &mut (), ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, rect| {
        title_ui(ui, ctx, rect, WorkspaceName::Curve, Bell::News);
    };
    pictures.take("title_alerts", || (), bell, vec2(1_280.0, 36.0));
    pictures.results.unwrap();
}

#[test]
fn pictures_of_the_list_without_alerts() {
    let mut pictures = Pictures::new(screen::sample());
    pictures.take("alerts_empty", open, list_ui, vec2(450.0, 160.0));
    let fault = || {
        let mut list = open();
        list.open_with("H200.Z6 - B300.Z6 > 0.50".to_owned());
        list
    };
    let draw = |list: &mut AlertList, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, rect: Rect| {
        list_ui(list, ui, ctx, rect);
        list.submit(ctx);
    };
    pictures.take("alerts_fault", fault, draw, vec2(450.0, 180.0));
    pictures.results.unwrap();
}

#[test]
fn every_word_follows_from_the_view() {
    let sample = sample();
    let harness = listed(&sample);
    let fired = Utc(screen::now().utc.0 - 600_000_000_000);
    let clock = fired.civil().strftime("%H:%M").to_string();
    for (alert, end) in sample.view.alerts.iter().zip([
        "mid above 0.500; now 0.440, 0.060 away; watching".to_owned(),
        format!("mid below 0.150, again; now 0.148; fired {}, not back yet", fired.civil().strftime("%H:%M:%S")),
        format!("bid above 2.700; now 2.780; fired {} {clock}", fired.civil().strftime("%-d %b")),
        "mid above 0.250; ; not watched, book stale".to_owned(),
        "mid below 2.000; ; not watched, not listed".to_owned(),
    ]) {
        harness.get_by_role_and_label(Role::ListItem, &format!("{} {end}", alert.spec.expression));
    }
}

#[test]
fn a_cross_removes_its_alert_and_no_other() {
    let mut harness = listed(&sample());
    harness.get_by_label("Remove alert mid H100 DEC-26 / MAR-27 < 0.15 again").click();
    harness.run_steps(2);
    assert_eq!(sent(&harness), [Intent::RemoveAlert(AlertId(1))]);
}

#[test]
fn typed_alerts_are_set_and_mistakes_are_pointed_at() {
    let mut harness = listed(&screen::sample());
    harness.run_steps(2);
    harness.event(Event::Text("h200.z6 - h100.z6 > 0,5,0".to_owned()));
    harness.run_steps(2);
    harness.event(press(Key::Enter, Modifiers::NONE));
    harness.run_steps(3);
    assert_eq!(sent(&harness), []);
    assert!(harness.state().part.fault().is_some_and(|fault| fault.contains("“0,5,0” is not a level")));
    for _ in 0..5 {
        harness.event(press(Key::Backspace, Modifiers::NONE));
    }
    harness.event(Event::Text("0.50 again".to_owned()));
    harness.run_steps(2);
    assert_eq!(harness.state().part.fault(), None, "while it is being mended");
    harness.event(press(Key::Enter, Modifiers::NONE));
    harness.run_steps(3);
    let want = AlertSpec { repeat: Repeat::Again, ..spec("H200 DEC-26 - H100 DEC-26", Passing::Above, "0.5") };
    assert_eq!(sent(&harness), [Intent::SetAlert(want)]);
}

#[test]
fn escape_and_a_click_elsewhere_close_it() {
    let mut harness = listed(&sample());
    harness.event(press(Key::Escape, Modifiers::NONE));
    harness.run_steps(2);
    assert!(!harness.state().part.is_open());
    let mut harness = listed(&sample());
    harness.drag_at(pos2(200.0, 100.0));
    harness.drop_at(pos2(200.0, 100.0));
    harness.run_steps(2);
    assert!(harness.state().part.is_open(), "a click on it");
    harness.drag_at(pos2(200.0, SIZE.y - 3.0));
    harness.drop_at(pos2(200.0, SIZE.y - 3.0));
    harness.run_steps(2);
    assert!(!harness.state().part.is_open());
}

#[test]
fn the_cards_button_begins_an_alert_at_its_price() {
    fn spreads(part: &mut SpreadsPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
        part.ui(ui, ctx);
    }
    let sample = screen::sample();
    let mut harness = stage(SpreadsPanel::default(), spreads, &sample, &dark(), vec2(760.0, 424.0));
    harness.get_by_label("Prices: Listed").click();
    harness.run_steps(2);
    harness.get_by_label("Alert").click();
    harness.run_steps(2);
    let draft = harness.state_mut().selection.take_alert_draft().unwrap();
    let mid = sample.view.market(sample.spread).unwrap().book.mid().unwrap();
    assert_eq!(draft, format!("H100 DEC-26 / MAR-27 > {mid}"));
    harness.get_by_label("Butterfly").click();
    harness.run_steps(2);
    harness.get_by_label("Alert").click();
    harness.run_steps(2);
    let draft = harness.state_mut().selection.take_alert_draft().unwrap();
    assert!(draft.starts_with("H100 DEC-26 - 2*H100 MAR-27 + H100 JUN-27 > "), "{draft}");
}

fn intents(harness: &Harness<'_, Window>) -> Vec<Intent> {
    let of_alerts = |intent: &Intent| matches!(intent, Intent::SetAlert(_) | Intent::RemoveAlert(_));
    harness.state().commands.iter().map(|command| command.intent.clone()).filter(of_alerts).collect()
}

#[test]
fn the_bell_opens_the_list_and_the_command_box_sets_an_alert() {
    let sample = sample();
    let mut harness = window(&sample, &dark(), vec2(1_920.0, 1_080.0));
    assert!(harness.query_by_label(LABEL).is_none());
    harness.get_by_label("Alerts: 5, one has fired").click();
    harness.run_steps(3);
    harness.get_by_label(LABEL);
    harness.get_by_label("Alerts: 5").click();
    harness.run_steps(3);
    assert!(harness.query_by_label(LABEL).is_none(), "the bell closes it, and what had fired was looked at");
    harness.event(press(Key::K, Modifiers::COMMAND));
    harness.run_steps(3);
    harness.event(Event::Text("alert h200.z6 - h100.z6 > 0.50".to_owned()));
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::ListItem, "mid H200 DEC-26 - H100 DEC-26 > 0.5");
    harness.event(press(Key::Enter, Modifiers::NONE));
    harness.run_steps(3);
    let want = spec("H200 DEC-26 - H100 DEC-26", Passing::Above, "0.5");
    assert_eq!(intents(&harness), [Intent::SetAlert(want)]);
}
