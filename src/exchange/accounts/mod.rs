//! Simulated accounts: positions with exact cost, profit and loss, margin. Knows nothing of books or orders but how much of them is
//! working.
//!
//! Profit is never rounded: a position keeps what it cost, averages are derived for display. `balance` is cash: fees move it at once,
//! profit at settlement; `equity` is the balance plus every profit not yet settled.

mod position;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use position::{Position, average_price, mean};

use serde::{Deserialize, Serialize};

use super::catalogue::{ListingId, Ratio, VenueData};
use crate::domain::number::{Money, Price, Qty, Side};

/// One in [`Ratio`], one contract in [`Qty`].
const WHOLE: i64 = 1_000_000_000;
const QTY_WHOLE: i64 = 1_000_000;

/// Dense index of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId(pub u32);

impl AccountId {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// Margined, with history and reports.
    Client,
    /// The exchange's own agents: no margin, no history, no order reports.
    House,
}

/// A position and what the marks make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionView {
    pub listing: ListingId,
    /// Signed contracts.
    pub net: Qty,
    pub average_price: Option<Price>,
    pub mark: Option<Price>,
    /// Mark against average.
    pub floating: Money,
    /// Of everything closed in this listing since the account was opened, fees not included.
    pub realised: Money,
    pub initial_margin: Money,
    pub maintenance_margin: Money,
    /// The part of `initial_margin` that working orders cause.
    pub open_orders_margin: Money,
    pub fees: Money,
    /// Received for holding a perpetual; negative when paid.
    pub funding: Money,
    /// The mark at which the account would be liquidated, everything else as it is; `None` where no mark does that.
    pub liquidation_price: Option<Price>,
}

/// An account's summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portfolio {
    pub currency: Arc<str>,
    pub balance: Money,
    pub equity: Money,
    /// Equity less initial margin.
    pub available: Money,
    pub initial_margin: Money,
    pub maintenance_margin: Money,
    /// Realised and floating since the account was opened, fees not included.
    pub total_pl: Money,
    pub fees: Money,
}

/// Working orders of one account in one listing, legs of spread orders included: contracts that would be bought and sold.
#[derive(Clone, Copy, Debug, Default)]
struct Working {
    buys: Qty,
    sells: Qty,
}

impl Working {
    fn add(&mut self, side: Side, qty: Qty) {
        match side {
            Side::Bid => self.buys += qty,
            Side::Ask => self.sells += qty,
        }
    }

    /// Largest size that the position can come to if one side's orders all trade.
    fn worst(self, net: Qty) -> Qty {
        (net + self.buys).abs().max((net - self.sells).abs()).max(net.abs())
    }
}

#[derive(Clone, Debug)]
struct Account {
    client: Arc<str>,
    kind: AccountKind,
    balance: Money,
    /// By listing; shorter than the catalogue when nothing happened at its end.
    positions: Vec<Position>,
    working: Vec<Working>,
}

/// What accounts must know of a listing.
#[derive(Clone, Copy, Debug)]
struct Terms {
    contract_size: i64,
    mark: Option<Price>,
}

/// All accounts of the exchange.
#[derive(Clone, Debug)]
pub struct Accounts {
    venue: VenueData,
    terms: Vec<Terms>,
    accounts: Vec<Account>,
    by_client: BTreeMap<Arc<str>, AccountId>,
    /// Sum of the long positions, by listing.
    open_interest: Vec<Qty>,
}

impl Accounts {
    pub fn new(venue: VenueData) -> Self {
        Self { venue, terms: Vec::new(), accounts: Vec::new(), by_client: BTreeMap::new(), open_interest: Vec::new() }
    }

    /// The next listing; ids are dense.
    pub fn add_listing(&mut self, contract_size: i64) {
        self.terms.push(Terms { contract_size, mark: None });
        self.open_interest.push(Qty::ZERO);
    }

    /// The account of a client id, opened on first sight with the opening balance.
    pub fn open(&mut self, client: &str, kind: AccountKind) -> AccountId {
        if let Some(&id) = self.by_client.get(client) {
            return id;
        }
        let id = AccountId(u32::try_from(self.accounts.len()).unwrap_or(u32::MAX));
        let client: Arc<str> = client.into();
        self.by_client.insert(client.clone(), id);
        let balance = self.venue.opening_balance;
        self.accounts.push(Account { client, kind, balance, positions: Vec::new(), working: Vec::new() });
        id
    }

    /// Positions, and a balance, from before. Positions that are there already grow by what comes.
    pub fn restore(
        &mut self,
        account: AccountId,
        balance: Option<Money>,
        positions: impl IntoIterator<Item = (ListingId, Position)>,
    ) {
        let Some(owner) = self.accounts.get_mut(account.index()) else { return };
        owner.balance = balance.unwrap_or(owner.balance);
        for (listing, position) in positions {
            let Some(open_interest) = self.open_interest.get_mut(listing.index()) else { continue };
            let place = slot(&mut owner.positions, listing);
            let before = place.net;
            place.join(position);
            *open_interest += place.net.max(Qty::ZERO) - before.max(Qty::ZERO);
        }
    }

    /// A client's cash, and where it ever traded.
    pub fn held(&self, account: AccountId) -> Option<(Money, impl Iterator<Item = (ListingId, Position)>)> {
        let owner = self.accounts.get(account.index())?;
        let used = listings().zip(owner.positions.iter().copied()).filter(|(_, position)| position.was_used());
        Some((owner.balance, used))
    }

    pub fn kind(&self, account: AccountId) -> Option<AccountKind> {
        self.accounts.get(account.index()).map(|a| a.kind)
    }

    pub fn find(&self, client: &str) -> Option<AccountId> {
        self.by_client.get(client).copied()
    }

    pub fn client(&self, account: AccountId) -> Option<&Arc<str>> {
        self.accounts.get(account.index()).map(|a| &a.client)
    }

    pub fn is_client(&self, account: AccountId) -> bool {
        self.kind(account) == Some(AccountKind::Client)
    }

    pub fn set_mark(&mut self, listing: ListingId, mark: Price) {
        if let Some(terms) = self.terms.get_mut(listing.index()) {
            terms.mark = Some(mark);
        }
    }

    pub fn mark(&self, listing: ListingId) -> Option<Price> {
        self.terms.get(listing.index()).and_then(|terms| terms.mark)
    }

    pub fn open_interest(&self, listing: ListingId) -> Qty {
        self.open_interest.get(listing.index()).copied().unwrap_or_default()
    }

    /// Signed contracts.
    pub fn net(&self, account: AccountId, listing: ListingId) -> Qty {
        self.accounts
            .get(account.index())
            .and_then(|a| a.positions.get(listing.index()))
            .map_or(Qty::ZERO, |position| position.net)
    }

    /// Books one fill and charges its fee; returns the profit it realised.
    pub fn trade(
        &mut self,
        account: AccountId,
        listing: ListingId,
        side: Side,
        qty: Qty,
        price: Price,
        fee: Money,
    ) -> Money {
        let (Some(owner), Some(terms)) = (self.accounts.get_mut(account.index()), self.terms.get(listing.index()))
        else {
            return Money::ZERO;
        };
        let position = slot(&mut owner.positions, listing);
        let before = position.net;
        let realised = position.trade(side, qty, price, terms.contract_size);
        position.fees += fee;
        owner.balance += -fee;
        let after = position.net;
        self.open_interest[listing.index()] += after.max(Qty::ZERO) - before.max(Qty::ZERO);
        realised
    }

    /// Working orders of an account grew (or shrank, when negative) by `qty` on `side`.
    pub fn work(&mut self, account: AccountId, listing: ListingId, side: Side, qty: Qty) {
        if let Some(owner) = self.accounts.get_mut(account.index()) {
            slot(&mut owner.working, listing).add(side, qty);
        }
    }

    /// Whether a client's equity carries the initial margin with `more` orders added to the working ones. What does not raise the margin
    /// is always affordable. The house affords everything.
    pub fn affords(&self, account: AccountId, more: &[(ListingId, Side, Qty)]) -> bool {
        let Some(owner) = self.accounts.get(account.index()) else { return false };
        if owner.kind == AccountKind::House {
            return true;
        }
        let raised: Money = more
            .iter()
            .map(|&(listing, side, qty)| {
                let mut working = owner.working(listing);
                let before = self.initial_margin(listing, working.worst(owner.net(listing)));
                working.add(side, qty);
                self.initial_margin(listing, working.worst(owner.net(listing))) - before
            })
            .sum();
        raised <= Money::ZERO || self.total_initial_margin(owner) + raised <= self.equity(owner)
    }

    pub fn portfolio(&self, account: AccountId) -> Option<Portfolio> {
        let owner = self.accounts.get(account.index())?;
        let equity = self.equity(owner);
        let initial_margin = self.total_initial_margin(owner);
        let each = || listings().zip(&owner.positions);
        Some(Portfolio {
            currency: self.venue.currency.clone(),
            balance: owner.balance,
            equity,
            available: equity - initial_margin,
            initial_margin,
            maintenance_margin: self.total_maintenance_margin(owner),
            total_pl: each().map(|(listing, p)| self.floating(listing, p) + p.realised).sum(),
            fees: owner.positions.iter().map(|p| p.fees).sum(),
        })
    }

    /// `None` where the account never traded nor has working orders.
    pub fn position(&self, account: AccountId, listing: ListingId) -> Option<PositionView> {
        let owner = self.accounts.get(account.index())?;
        let position = owner.positions.get(listing.index()).copied().unwrap_or_default();
        let working = owner.working(listing);
        let own_margin = self.initial_margin(listing, position.net.abs());
        let initial_margin = self.initial_margin(listing, working.worst(position.net));
        let terms = self.terms.get(listing.index())?;
        (position.was_used() || initial_margin != Money::ZERO).then(|| PositionView {
            listing,
            net: position.net,
            average_price: position.average_price(terms.contract_size),
            mark: terms.mark,
            floating: self.floating(listing, &position),
            realised: position.realised,
            initial_margin,
            maintenance_margin: self.maintenance_margin(listing, position.net),
            open_orders_margin: initial_margin - own_margin,
            fees: position.fees,
            funding: position.funding,
            liquidation_price: self.liquidation_price(owner, listing),
        })
    }

    /// Every position that [`Accounts::position`] gives, by listing.
    pub fn positions(&self, account: AccountId) -> Vec<PositionView> {
        listings().take(self.terms.len()).filter_map(|listing| self.position(account, listing)).collect()
    }

    /// Equity and maintenance margin.
    pub fn health(&self, account: AccountId) -> (Money, Money) {
        let Some(owner) = self.accounts.get(account.index()) else { return (Money::ZERO, Money::ZERO) };
        (self.equity(owner), self.total_maintenance_margin(owner))
    }

    /// Charges every position in a perpetual `rate` of its notional at the index, in cash; what is received is charged negatively. What
    /// rounding leaves falls to the first of them. Gives the clients concerned.
    pub fn fund(&mut self, listing: ListingId, index: Price, rate: Ratio) -> Vec<AccountId> {
        let Some(&Terms { contract_size, .. }) = self.terms.get(listing.index()) else { return Vec::new() };
        let (mut charged, mut left, mut clients) = (Vec::new(), Money::ZERO, Vec::new());
        for (id, owner) in (0..).map(AccountId).zip(&self.accounts) {
            let net = owner.net(listing);
            if !net.is_zero() {
                let charge = rate.of(Money::notional(index, net, contract_size));
                left += -charge;
                charged.push((id, charge));
            }
        }
        if let Some((_, first)) = charged.first_mut() {
            *first += left;
        }
        for (id, charge) in charged {
            let owner = &mut self.accounts[id.index()];
            owner.balance += -charge;
            slot(&mut owner.positions, listing).funding += -charge;
            if owner.kind == AccountKind::Client {
                clients.push(id);
            }
        }
        clients
    }

    /// Moves cash between two accounts.
    pub fn transfer(&mut self, from: AccountId, to: AccountId, amount: Money) {
        for (account, amount) in [(from, -amount), (to, amount)] {
            if let Some(owner) = self.accounts.get_mut(account.index()) {
                owner.balance += amount;
            }
        }
    }

    /// Where equity and maintenance margin meet when only this mark moves: mark·n − mark·r·|n| = maintenance of the rest + mark·n − equity.
    fn liquidation_price(&self, owner: &Account, listing: ListingId) -> Option<Price> {
        let (net, terms) = (owner.net(listing), self.terms.get(listing.index())?);
        let mark = terms.mark.filter(|_| !net.is_zero())?;
        let others = self.total_maintenance_margin(owner) - self.maintenance_margin(listing, net);
        let need = others + Money::notional(mark, net, terms.contract_size) - self.equity(owner);
        let kept = i128::from(WHOLE - net.0.signum() * self.venue.maintenance_margin.0);
        let units = i128::from(net.0) * i128::from(terms.contract_size);
        let price = (need.0 * i128::from(QTY_WHOLE) / units).checked_mul(i128::from(WHOLE))? / kept;
        i64::try_from(price).ok().filter(|price| *price > 0).map(Price)
    }

    /// Pays every profit in a listing into the balances at the settlement price; positions and their averages stay. Appends the clients
    /// that were paid.
    pub fn settle(&mut self, listing: ListingId, price: Price, paid: &mut Vec<AccountId>) {
        self.pay(listing, paid, |position, size| position.profit(price, size));
    }

    /// Closes every position in a listing at its final price and pays the profit. Appends the clients that were paid.
    pub fn deliver(&mut self, listing: ListingId, price: Price, paid: &mut Vec<AccountId>) {
        self.pay(listing, paid, |position, size| {
            position.close(price, size);
            position.realised
        });
        if let Some(open_interest) = self.open_interest.get_mut(listing.index()) {
            *open_interest = Qty::ZERO;
        }
    }

    fn pay(&mut self, listing: ListingId, paid: &mut Vec<AccountId>, profit: impl Fn(&mut Position, i64) -> Money) {
        let Some(&Terms { contract_size, .. }) = self.terms.get(listing.index()) else { return };
        for (id, owner) in (0..).map(AccountId).zip(&mut self.accounts) {
            let Some(position) = owner.positions.get_mut(listing.index()).filter(|p| p.was_used()) else { continue };
            let profit = profit(position, contract_size);
            owner.balance += profit - position.settled;
            position.settled = profit;
            if owner.kind == AccountKind::Client {
                paid.push(id);
            }
        }
    }

    fn equity(&self, owner: &Account) -> Money {
        let unsettled: Money = listings()
            .zip(&owner.positions)
            .map(|(listing, p)| self.floating(listing, p) + p.realised - p.settled)
            .sum();
        owner.balance + unsettled
    }

    fn total_initial_margin(&self, owner: &Account) -> Money {
        let count = u32::try_from(owner.positions.len().max(owner.working.len())).unwrap_or(u32::MAX);
        (0..count)
            .map(ListingId)
            .map(|listing| self.initial_margin(listing, owner.working(listing).worst(owner.net(listing))))
            .sum()
    }

    fn total_maintenance_margin(&self, owner: &Account) -> Money {
        listings().zip(&owner.positions).map(|(listing, p)| self.maintenance_margin(listing, p.net)).sum()
    }

    fn initial_margin(&self, listing: ListingId, size: Qty) -> Money {
        self.venue.initial_margin.of(self.notional(listing, size))
    }

    fn maintenance_margin(&self, listing: ListingId, net: Qty) -> Money {
        self.venue.maintenance_margin.of(self.notional(listing, net.abs()))
    }

    fn notional(&self, listing: ListingId, size: Qty) -> Money {
        match self.terms.get(listing.index()) {
            Some(Terms { contract_size, mark: Some(mark) }) => Money::notional(*mark, size, *contract_size),
            _ => Money::ZERO,
        }
    }

    fn floating(&self, listing: ListingId, position: &Position) -> Money {
        match self.terms.get(listing.index()) {
            Some(Terms { contract_size, mark: Some(mark) }) => position.floating(*mark, *contract_size),
            _ => Money::ZERO,
        }
    }
}

impl Account {
    fn net(&self, listing: ListingId) -> Qty {
        self.positions.get(listing.index()).map_or(Qty::ZERO, |p| p.net)
    }

    fn working(&self, listing: ListingId) -> Working {
        self.working.get(listing.index()).copied().unwrap_or_default()
    }
}

fn listings() -> impl Iterator<Item = ListingId> {
    (0..).map(ListingId)
}

fn slot<T: Clone + Default>(items: &mut Vec<T>, listing: ListingId) -> &mut T {
    if items.len() <= listing.index() {
        items.resize(listing.index() + 1, T::default());
    }
    &mut items[listing.index()]
}

#[cfg(test)]
mod tests;
