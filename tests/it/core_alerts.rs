//! Alerts as core evaluates them: on live books, at every change, and told once.

use std::time::Duration;

use tenor::domain::alert::{AlertPrice, AlertSpec, Passing, Repeat};
use tenor::domain::command::Intent;
use tenor::domain::event::{BookLoss, Link, LinkState, VenueEvent};
use tenor::domain::number::{Price, Side};
use tenor::view::alert::{AlertState, AlertView};
use tenor::view::book::BookState;
use tenor::view::session::Severity;

use super::core_rig::{FAR, NEAR, Rig, instruments};

fn above(expression: &str, level: &str) -> AlertSpec {
    AlertSpec {
        expression: expression.into(),
        price: AlertPrice::Mid,
        passing: Passing::Above,
        level: Price::parse(level).unwrap(),
        repeat: Repeat::Once,
        fired: None,
    }
}

fn told(rig: &Rig) -> Vec<(String, String)> {
    let alerts = rig.view.notices.iter().filter(|notice| notice.severity == Severity::Alert);
    alerts.map(|notice| (notice.text.to_string(), notice.detail.to_string())).collect()
}

fn shown(rig: &mut Rig) -> AlertView {
    rig.wait(Duration::from_millis(20));
    rig.view.alerts[0].clone()
}

#[test]
fn a_change_of_a_leg_fires_it_once_and_tells_of_it() {
    let mut rig = Rig::trading();
    rig.intent(Intent::SetAlert(above("H100.Z6 - H100.H7", "0.05")));
    let quiet = shown(&mut rig);
    assert_eq!((quiet.state, quiet.value), (AlertState::Watching, Some(0.0)));
    assert_eq!(&*quiet.spec.expression, "H100 DEC-26 - H100 MAR-27");
    rig.change(NEAR, &[(Side::Ask, "2.79", 0), (Side::Ask, "2.91", 4)]);
    let fired = shown(&mut rig);
    assert_eq!(fired.state, AlertState::Fired);
    assert!(fired.spec.fired.is_some());
    let want = ("H100 DEC-26 - H100 MAR-27 is above 0.05: mid 0.060.".to_owned(), "alert, once".to_owned());
    assert_eq!(told(&rig), std::slice::from_ref(&want));
    rig.change(NEAR, &[(Side::Ask, "2.91", 0), (Side::Ask, "2.79", 4)]);
    rig.change(NEAR, &[(Side::Ask, "2.79", 0), (Side::Ask, "2.99", 4)]);
    assert_eq!(shown(&mut rig).state, AlertState::Fired);
    assert_eq!(told(&rig), [want]);
}

#[test]
fn again_says_when_it_is_armed_anew() {
    let mut rig = Rig::trading();
    rig.intent(Intent::SetAlert(AlertSpec { repeat: Repeat::Again, ..above("H100.Z6", "2.7") }));
    assert_eq!(shown(&mut rig).state, AlertState::Resting, "beyond the level already");
    let want = ("H100 DEC-26 is above 2.7: mid 2.780.".to_owned(), "alert, armed again behind 2.680".to_owned());
    assert_eq!(told(&rig), [want]);
}

#[test]
fn a_lost_book_and_a_stale_one_never_fire() {
    let mut rig = Rig::trading();
    rig.intent(Intent::SetAlert(above("H100.Z6 - H100.H7", "0.05")));
    rig.venue(Link::Market, vec![VenueEvent::BookLost { instrument: FAR, why: BookLoss::Behind }]);
    rig.change(NEAR, &[(Side::Ask, "2.79", 0), (Side::Ask, "2.99", 4)]);
    let blind = shown(&mut rig);
    assert_eq!((blind.state, blind.value), (AlertState::Blind(BookState::Gap), None));
    rig.snapshot(FAR, &[(Side::Bid, "2.77", 1), (Side::Ask, "2.79", 1)]);
    assert_eq!(shown(&mut rig).state, AlertState::Fired, "whole again, and still beyond");

    let mut rig = Rig::trading();
    rig.intent(Intent::SetAlert(above("H100.Z6", "2.8")));
    rig.wait(Duration::from_secs(32));
    assert_eq!(rig.view.alerts[0].state, AlertState::Blind(BookState::Stale), "nothing has confirmed it");
    assert_eq!(rig.view.alerts[0].state.text(), "not watched, book stale");
    rig.link(Link::Market, LinkState::Syncing);
    rig.change(NEAR, &[(Side::Ask, "2.79", 0), (Side::Ask, "2.99", 4)]);
    assert_eq!(shown(&mut rig).state, AlertState::Blind(BookState::Stale));
    assert!(told(&rig).is_empty());
}

#[test]
fn one_set_before_the_venue_has_told_its_list_waits_for_it() {
    let mut rig = Rig::new();
    rig.intent(Intent::SetAlert(above("H100 DEC-26", "2.7")));
    assert_eq!(shown(&mut rig).state, AlertState::Unlisted);
    rig.venue(Link::Market, vec![VenueEvent::Instruments(instruments())]);
    rig.link(Link::Market, LinkState::Up);
    assert_eq!(shown(&mut rig).state, AlertState::Blind(BookState::Connecting));
    rig.snapshot(NEAR, &[(Side::Bid, "2.77", 10), (Side::Ask, "2.79", 8)]);
    assert_eq!(shown(&mut rig).state, AlertState::Fired);
}

#[test]
fn what_is_removed_is_gone_and_what_is_not_understood_is_refused() {
    let mut rig = Rig::trading();
    rig.intent(Intent::SetAlert(above("H100.Z6", "9")));
    let id = shown(&mut rig).id;
    rig.intent(Intent::RemoveAlert(id));
    rig.intent(Intent::SetAlert(above("H100.Z6 *", "9")));
    rig.wait(Duration::from_millis(20));
    assert!(rig.view.alerts.is_empty());
    let refused = rig.view.notices.iter().next_back().unwrap();
    assert_eq!(refused.severity, Severity::Reject);
    assert!(refused.text.contains("column 10"), "{}", refused.text);
}
