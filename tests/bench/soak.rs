//! Three days of exchange time in one go: all scenarios one after the other, random clients, and every minute all that must hold. Memory is
//! to be flat from the end of the first day on. `cargo bench --bench soak`; hours may be given: `-- 12`.

mod invariants;
mod line;
mod soak_run;

use std::io::{self, Error};
use std::time::Duration;

use line::Line;
use soak_run::{Plan, soak};

const HOURS: u64 = 72;
/// Allowed growth in bytes a day, once everything that is bounded is full.
const GROWTH: f64 = 4.0 * 1024.0 * 1024.0;

fn resident() -> f64 {
    memory_stats::memory_stats().map_or(f64::NAN, |stats| stats.physical_mem as f64)
}

fn main() -> io::Result<()> {
    let hours = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(HOURS);
    let plan = Plan {
        span: Duration::from_secs(hours * 3_600),
        rate: 200.0,
        pause: Duration::from_secs(2),
        look: Duration::from_secs(60),
    };
    let mut settled = f64::NAN;
    let mut told = Ok(());
    let mut tell = |line: Line<'_>| {
        if told.is_ok() {
            told = line.print();
        }
    };
    let tally = soak(&plan, 1, |hour, tally| {
        if hour == hours.div_ceil(3) {
            settled = resident();
        }
        if hour % 6 == 0 {
            let name = format!("soak_resident_after_{hour}_hours_and_{}_messages", tally.messages);
            tell(Line { name: &name, value: resident(), unit: "bytes", baseline: None, ratio: None });
        }
        if hour == hours {
            let days = (hours - hours.div_ceil(3)) as f64 / 24.0;
            let value = (resident() - settled) / days.max(f64::MIN_POSITIVE);
            let (baseline, ratio) = (Some(GROWTH), Some(value / GROWTH));
            tell(Line { name: "soak_memory", value, unit: "bytes/day", baseline, ratio });
        }
    })
    .map_err(Error::other)?;
    told?;
    let say = |name, value: u64| Line { name, value: value as f64, unit: "count", baseline: None, ratio: None }.print();
    say("soak_hours", hours)?;
    say("soak_messages", tally.messages)?;
    say("soak_commands", tally.commands)?;
    say("soak_fills", tally.fills)?;
    say("soak_looks", tally.looks)
}
