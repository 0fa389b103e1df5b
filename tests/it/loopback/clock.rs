//! The exchange's clock as the terminal shows it: fast, standing, and as ours again.

use serde_json::{Value, json};
use tenor::shell::exchange_server::{ControlToken, ServerConfig};
use tenor::view::View;
use tenor::view::session::Pace;

use super::rig::Rig;
use crate::gateway_sockets::control;

#[test]
fn the_screen_follows_a_clock_that_runs_fast_and_stands() {
    let token = ControlToken::new().unwrap();
    let config =
        ServerConfig { seed: 23, rate: 30.0, speed: Some(60), control: Some(token.clone()), ..ServerConfig::default() };
    let rig = Rig::start_with(config);
    let head = format!("POST /control HTTP/1.1\r\nAuthorization: Bearer {}", token.reveal());
    let dial = |what: Value| assert_eq!(control(&rig.server, &head, &what.to_string()).0, 200, "{what}");
    rig.wait_all_live();
    let is = |pace| move |view: &View| view.session.pace() == pace;
    let fast = rig.wait("sixty times as fast", is(Pace::Times(60)));
    assert_eq!(
        (fast.session.market.feed_delay, fast.session.clock_offset),
        (None, None),
        "no figure rather than a wrong one"
    );
    rig.wait("the picture itself is dated by the exchange", |view| {
        let (theirs, shown) = (rig.server.now().unwrap(), view.session.now(rig.terminal.clock.now()).utc);
        // Three seconds of ours, on a machine that may be busy.
        theirs.0.abs_diff(shown.0) < 180_000_000_000 && shown.0.abs_diff(view.at.utc.0) < 180_000_000_000
    });

    dial(json!({"do": "pause"}));
    rig.wait("it stands", is(Pace::Standing));
    let stood = rig.server.now().unwrap();
    rig.wait("at the exchange's time", |view| {
        view.session.now(rig.terminal.clock.now()).utc.millis() == stood.millis()
    });
    let view = rig.wait_all_live();
    assert_eq!(view.session.market.reconnects, 0, "silence and heartbeats go by the wall clock");

    dial(json!({"do": "speed", "times": 1}));
    dial(json!({"do": "continue"}));
    let real = rig.wait("it runs as ours does, and delays are told again", |view| {
        view.session.pace() == Pace::Real && view.session.market.feed_delay.is_some()
    });
    assert!(real.session.clock_offset.is_some());
}
