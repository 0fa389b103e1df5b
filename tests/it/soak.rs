//! An hour of what the bench `soak` runs for days.

#[path = "../bench/invariants.rs"]
mod invariants;
#[path = "../bench/soak_run.rs"]
mod soak_run;

use std::time::Duration;

use soak_run::{Plan, soak};

#[test]
fn nothing_breaks_whatever_happens_to_the_market() {
    let plan = Plan {
        span: Duration::from_secs(7 * 600),
        rate: 40.0,
        pause: Duration::from_secs(1),
        look: Duration::from_secs(20),
    };
    let tally = soak(&plan, 3, |_, _| {}).unwrap();
    assert!(tally.commands > 3_500 && tally.fills > 400, "{tally:?}");
    assert!(tally.accepted * 3 > tally.commands && tally.accepted < tally.commands, "{tally:?}");
    assert!(tally.scenarios >= 7 && tally.looks > 150 && tally.settlements > 0, "{tally:?}");
}
