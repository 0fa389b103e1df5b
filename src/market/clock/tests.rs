//! Clocks that run alike, fast, not at all, and change their mind.

use super::*;

const ROUND_TRIP: Duration = Duration::from_millis(4);
const MILLI_NS: u64 = 1_000_000;
/// What the venue shows at its first millisecond here.
const EPOCH_MS: i64 = 1_795_000_000_000;

/// Reads every two seconds of ours; `venue` shows milliseconds of the venue at milliseconds of ours.
fn readings(clock: &mut VenueClock, from: u64, count: u64, venue: impl Fn(u64) -> i64) -> u64 {
    for step in 0..count {
        let at = from + 2_000 * step;
        let sent = Instant((at - 2) * MILLI_NS);
        clock.read(venue_time(venue(at)), sent, sent + ROUND_TRIP);
    }
    from + 2_000 * count
}

fn venue_time(millis: i64) -> Utc {
    Utc::from_millis(EPOCH_MS + millis)
}

fn pace_of(clock: &VenueClock) -> Option<Pace> {
    clock.time().map(|time| time.pace)
}

#[test]
fn a_clock_like_ours_has_an_offset_and_delays() {
    let mut clock = VenueClock::default();
    readings(&mut clock, 10_000, 1, |at| at as i64 + 700);
    let received = Instant(12_000 * MILLI_NS);
    assert_eq!(clock.delay(venue_time(12_600), received), None, "one reading tells no pace");
    readings(&mut clock, 12_000, 3, |at| at as i64 + 700);
    assert_eq!(pace_of(&clock), Some(Pace::Real));
    assert_eq!(clock.delay(venue_time(12_690), received), Some(Duration::from_millis(10)));
    assert_eq!(clock.offset(received, venue_time(12_000)), Some((700_000_000, ROUND_TRIP / 2)));
    assert_eq!(clock.delay(venue_time(12_800), received), Some(Duration::ZERO), "never negative");
}

#[test]
fn a_worse_reading_does_not_replace_a_better_one_for_a_while() {
    let mut clock = VenueClock::default();
    readings(&mut clock, 10_000, 2, |at| at as i64);
    let slow = |clock: &mut VenueClock, secs: u64| {
        let sent = Instant(secs * 1_000 * MILLI_NS);
        clock.read(venue_time(secs as i64 * 1_000 + 30), sent, sent + Duration::from_millis(40));
        clock.time().unwrap().uncertainty
    };
    assert_eq!(slow(&mut clock, 20), ROUND_TRIP / 2);
    assert_eq!(slow(&mut clock, 320), Duration::from_millis(20), "clocks drift");
}

#[test]
fn a_fast_clock_is_followed_and_claims_no_delay() {
    let mut clock = VenueClock::default();
    for times in [60_i64, 3_600] {
        let begun = clock.time().map_or(10_000, |time| time.read.0 / MILLI_NS + 2_000);
        let start = clock.time().map_or(0, |time| time.utc.millis() - EPOCH_MS + 5_000_000);
        let venue = |at: u64| start + (at - begun) as i64 * times;
        let end = readings(&mut clock, begun, 8, venue);
        assert_eq!(pace_of(&clock), Some(Pace::Times(times as u32)));
        let shown = clock.time().unwrap().at(Instant(end * MILLI_NS)).millis() - EPOCH_MS;
        assert!(shown.abs_diff(venue(end)) <= 10 * times.unsigned_abs(), "{shown} for {}", venue(end));
        assert_eq!(clock.delay(venue_time(shown - 5), Instant(end * MILLI_NS)), None);
        assert_eq!(clock.offset(Instant(end * MILLI_NS), venue_time(shown)), None);
    }
}

#[test]
fn a_pause_a_step_and_going_on_are_noticed() {
    let mut clock = VenueClock::default();
    let mut end = readings(&mut clock, 10_000, 3, |at| at as i64);
    let paused = end as i64 - 900;
    end = readings(&mut clock, end, 2, |_| paused);
    assert_eq!(pace_of(&clock), Some(Pace::Standing));
    let stands = |clock: &VenueClock| clock.time().unwrap().at(Instant((end + 60_000) * MILLI_NS)).millis() - EPOCH_MS;
    assert_eq!(stands(&clock), paused, "it shows the same a minute later");
    let after = readings(&mut clock, end, 2, |_| paused + 10_000);
    assert_eq!((pace_of(&clock), stands(&clock)), (Some(Pace::Standing), paused + 10_000), "stepped");
    let went_on = after as i64;
    readings(&mut clock, after, 3, |at| paused + 10_000 + at as i64 - went_on);
    assert_eq!(pace_of(&clock), Some(Pace::Real));
}

#[test]
fn a_speed_that_changes_between_readings_is_never_shown_as_a_mixture() {
    let mut clock = VenueClock::default();
    let end = readings(&mut clock, 10_000, 3, |at| at as i64);
    // Half of the two seconds at one speed, half at the other.
    let venue = |at: u64| (end as i64 - 1_000) + (at - end + 1_000) as i64 * 60;
    readings(&mut clock, end, 1, venue);
    assert_eq!(pace_of(&clock), Some(Pace::Real), "not known yet");
    assert_eq!(clock.delay(venue_time(venue(end)), Instant(end * MILLI_NS)), None, "and nothing claimed");
    readings(&mut clock, end + 2_000, 1, venue);
    assert_eq!(pace_of(&clock), Some(Pace::Times(60)));
}

#[test]
fn a_clock_beyond_reason_is_not_believed() {
    let mut clock = VenueClock::default();
    clock.read(Utc(i64::MAX), Instant(0), Instant(1));
    clock.read(Utc(i64::MIN), Instant(0), Instant(1));
    assert_eq!(clock.time(), None);
    readings(&mut clock, 10_000, 2, |at| at as i64 * 1_000_000_000);
    let far = clock.time().map(|time| time.at(Instant(u64::MAX)));
    assert!(far.is_none_or(|far| far <= CLOCK_TO), "{far:?}");
}
