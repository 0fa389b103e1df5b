//! Rounding, exactness and signs, each against a slower way to say the same.

use proptest::prelude::*;

use super::*;

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![8 => -1_000_000_000_000..1_000_000_000_000_i64, 1 => any::<i64>()].prop_map(Price)
}

fn tick() -> impl Strategy<Value = Price> {
    prop_oneof![Just(10_000_000), Just(5_000_000), Just(1_000_000), Just(1), 1..1_000_000_000_i64].prop_map(Price)
}

proptest! {
    #[test]
    fn rounding_to_ticks(price in price(), tick in tick()) {
        let (floor, ceil, round) = (price.floor_to(tick), price.ceil_to(tick), price.round_to(tick));
        let is_far_from_the_ends = price.0.checked_sub(tick.0).is_some() && price.0.checked_add(tick.0).is_some();
        prop_assume!(is_far_from_the_ends);
        prop_assert!(floor <= price && price <= ceil && ceil.0 - floor.0 <= tick.0);
        prop_assert!(floor.is_on(tick) && ceil.is_on(tick) && round.is_on(tick));
        prop_assert_eq!(price.is_on(tick), floor == ceil);
        prop_assert_eq!(Price::from_ticks(price.ticks(tick), tick), floor);
        let nearer = if price.0 - floor.0 < ceil.0 - price.0 { floor } else { ceil };
        prop_assert_eq!(round, nearer);
    }

    #[test]
    fn extremes_neither_panic_nor_change_sign(a in any::<i64>(), b in any::<i64>(), tick in tick(), size in any::<i64>()) {
        let (p, q) = (Price(a), Price(b));
        let _ = (p.floor_to(tick), p.ceil_to(tick), p.round_to(tick), Qty(a).abs(), Qty(a) * b);
        prop_assert_eq!((p + q).0, i128::from(a).saturating_add(i128::from(b)).clamp(i64::MIN.into(), i64::MAX.into()) as i64);
        prop_assert_eq!((p - q).0, (i128::from(a) - i128::from(b)).clamp(i64::MIN.into(), i64::MAX.into()) as i64);
        let sign = a.signum() * b.signum() * size.signum();
        let notional = Money::notional(p, Qty(b), size).0;
        prop_assert!(notional == 0 || notional.signum() == i128::from(sign));
    }

    #[test]
    fn text_round_trips(units in -i64::MAX..=i64::MAX) {
        prop_assert_eq!(Price::parse(&Price(units).to_string()), Ok(Price(units)));
        prop_assert_eq!(Qty::parse(&Qty(units).to_string()), Ok(Qty(units)));
    }

    #[test]
    fn decimals_print_every_multiple(tick in tick(), count in -1_000..1_000_i64) {
        let text = Price::from_ticks(count, tick).to_string();
        prop_assert!(text.split_once('.').map_or(0, |(_, fraction)| fraction.len()) <= tick.decimals());
    }

    #[test]
    fn notional_is_exact_in_whole_lots(price in -1_000_000_000_000..1_000_000_000_000_i64, lots in -10_000..10_000_i64, size in 1..10_000_i64) {
        let notional = Money::notional(Price(price), Qty::lots(lots), size);
        prop_assert_eq!(notional.0, i128::from(price) * i128::from(lots) * i128::from(size));
    }

    #[test]
    fn sides_mirror(price in price(), other in price(), ratio in prop_oneof![-9..0_i8, 1..10_i8]) {
        for side in Side::BOTH {
            prop_assert_eq!(side.opposite().opposite(), side);
            prop_assert_eq!(side.sign() + side.opposite().sign(), 0);
            prop_assert_eq!(side.reaches(price, other), side.opposite().reaches(other, price));
            prop_assert_eq!(side.of_leg(ratio).sign(), side.sign() * i64::from(ratio.signum()));
        }
    }
}

#[test]
fn cents_round_half_to_even() {
    for (units, cents) in [
        (5_000_000, 0),
        (15_000_000, 2),
        (25_000_000, 2),
        (25_000_001, 3),
        (-5_000_000, 0),
        (-15_000_000, -2),
        (-25_000_000, -2),
        (-25_000_001, -3),
        (1_000_000_000, 100),
    ] {
        assert_eq!(Money(units).cents(), cents, "{units}");
    }
    assert_eq!(Money::dollars(-3).cents(), -300);
}

#[test]
fn whole_lots_and_contracts() {
    assert_eq!(Qty::lots(7).whole_lots(), 7);
    assert_eq!(Qty::parse("-7.5").map(Qty::whole_lots), Ok(-7));
    assert_eq!(Qty::lots(3).to_string(), "3");
    let total: Qty = [Qty::lots(1), Qty::lots(2)].into_iter().sum();
    assert_eq!(total - Qty::lots(3), Qty::ZERO);
}
