//! One position: lots and what they cost, exactly.

use serde::{Deserialize, Serialize};

use crate::domain::number::{Money, Price, QTY_SCALE, Qty, Side};

/// Contracts of one listing in one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Signed.
    pub net: Qty,
    /// Paid for what is held; negative: received for what is owed.
    pub cost: Money,
    /// Profit of everything closed, fees not included.
    pub realised: Money,
    /// Profit, floating included, that has been paid into the balance.
    pub settled: Money,
    pub fees: Money,
    /// Received for holding it, fees and profit apart.
    pub funding: Money,
}

impl Position {
    /// Books a fill; returns the profit it realised. Closing releases cost in proportion, so the average of what is left stays.
    pub fn trade(&mut self, side: Side, qty: Qty, price: Price, contract_size: i64) -> Money {
        let signed = qty * side.sign();
        let opposite = self.net.0.signum() == -signed.0.signum() && !self.net.is_zero();
        let closing = if opposite { Qty(signed.0.signum() * signed.0.abs().min(self.net.0.abs())) } else { Qty::ZERO };
        let released = match self.net.0 {
            0 => Money::ZERO,
            net => Money(divide_half_even(self.cost.0 * i128::from(-closing.0), i128::from(net))),
        };
        let realised = -Money::notional(price, closing, contract_size) - released;
        let opening = signed - closing;
        self.net += signed;
        self.cost += Money::notional(price, opening, contract_size) - released;
        self.realised += realised;
        realised
    }

    /// Closes everything at `price`.
    pub fn close(&mut self, price: Price, contract_size: i64) {
        let side = if self.net.0 > 0 { Side::Ask } else { Side::Bid };
        self.trade(side, self.net.abs(), price, contract_size);
    }

    /// What closing at `mark` would realise.
    pub fn floating(&self, mark: Price, contract_size: i64) -> Money {
        Money::notional(mark, self.net, contract_size) - self.cost
    }

    /// Realised and floating.
    pub fn profit(&self, mark: Price, contract_size: i64) -> Money {
        self.realised + self.floating(mark, contract_size)
    }

    pub fn average_price(&self, contract_size: i64) -> Option<Price> {
        let lots = i128::from(self.net.0) * i128::from(contract_size);
        (lots != 0).then(|| nearest_price(self.cost.0 * 10_i128.pow(QTY_SCALE), lots))
    }

    /// The same contracts on the other side, nothing realised.
    pub fn opposite(&self) -> Self {
        Self { net: -self.net, cost: -self.cost, ..Self::default() }
    }

    /// Takes another position over whole.
    pub fn join(&mut self, other: Self) {
        self.net += other.net;
        self.cost += other.cost;
        self.realised += other.realised;
        self.settled += other.settled;
        self.fees += other.fees;
        self.funding += other.funding;
    }

    /// Ever traded.
    pub fn was_used(&self) -> bool {
        *self != Self::default()
    }
}

/// `value` (price × quantity, 10⁻¹⁵) over `qty`, to the nearest 10⁻⁹; `None` without a quantity.
pub fn average_price(value: i128, qty: Qty) -> Option<Price> {
    (!qty.is_zero()).then(|| nearest_price(value, i128::from(qty.0)))
}

/// Mean of prices, to the nearest 10⁻⁹; `None` of nothing.
pub fn mean(prices: impl Iterator<Item = Price>) -> Option<Price> {
    let (sum, count) = prices.fold((0_i128, 0_i128), |(sum, count), price| (sum + i128::from(price.0), count + 1));
    (count > 0).then(|| nearest_price(sum, count))
}

fn nearest_price(value: i128, parts: i128) -> Price {
    Price(i64::try_from(divide_half_even(value, parts)).unwrap_or(i64::MAX))
}

/// The nearest integer to `a / b`, halves to even.
fn divide_half_even(a: i128, b: i128) -> i128 {
    let (quotient, rest) = (a.div_euclid(b), a.rem_euclid(b));
    let (doubled, size) = (rest * 2, b.abs());
    let up = doubled > size || (doubled == size && quotient.rem_euclid(2) == 1);
    quotient + i128::from(up) * b.signum()
}
