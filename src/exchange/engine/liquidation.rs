//! What happens to a client whose equity does not carry his positions. Everything here is a rule of this simulator.
//!
//! - His maintenance margin is more than `margin_call` of his equity: he is told, once.
//! - It is more than all of it: his working and waiting orders are cancelled, then what ties up the most margin is closed by market orders within the
//!   price band, a slice each time the marks are looked at, until his equity carries the rest. Listings that do not trade have to wait.
//! - Nothing is left of his equity: the insurance account of the house takes his positions at their marks and pays what he owes. He goes on
//!   with nothing.
//!
//! The house is never called. No cash is made or lost: what the client does not pay, the insurance does.

use super::command::Place;
use super::event::{CancelReason, Event, Events, Origin};
use super::phase::{Phase, Standing};
use super::{AccountId, AccountKind, Engine};
use crate::base::time::Utc;
use crate::domain::number::{Money, Qty, Side};
use crate::domain::order::Reduce;

/// Takes what nobody else pays for.
pub const INSURANCE: &str = "insurance";

impl Engine {
    pub fn standing(&self, account: AccountId) -> Standing {
        self.standings.get(account.index()).copied().unwrap_or_default()
    }

    /// Looks at every client's margin; to be called whenever marks have moved.
    pub fn supervise(&mut self, now: Utc, out: &mut Events) {
        for account in (0..self.clearing.ledgers.len() as u32).map(AccountId) {
            if !self.clearing.accounts.is_client(account) {
                continue;
            }
            let standing = self.judge(account);
            self.announce(account, standing, out);
            if standing == Standing::Liquidated {
                self.liquidate(now, account, out);
                self.close_command(now, out);
            }
        }
    }

    fn judge(&self, account: AccountId) -> Standing {
        let (equity, maintenance) = self.clearing.accounts.health(account);
        let call = self.catalogue.data().venue.margin_call.of(equity);
        match () {
            () if equity < Money::ZERO || maintenance > equity => Standing::Liquidated,
            () if maintenance > call => Standing::Called,
            () => Standing::Sound,
        }
    }

    fn announce(&mut self, account: AccountId, standing: Standing, out: &mut Events) {
        if self.standings.len() <= account.index() {
            self.standings.resize(account.index() + 1, Standing::Sound);
        }
        if std::mem::replace(&mut self.standings[account.index()], standing) != standing {
            out.list.push(Event::Margin { account, standing });
        }
    }

    fn liquidate(&mut self, now: Utc, account: AccountId, out: &mut Events) {
        self.cancel_matching(now, account, CancelReason::Liquidation, out, |_| true);
        self.cancel_held_matching(now, account, CancelReason::Liquidation, out, |_| true);
        if self.clearing.accounts.health(account).0 > Money::ZERO {
            self.close_slice(now, account, out);
        }
        if self.clearing.accounts.health(account).0 <= Money::ZERO {
            self.take_over(account, out);
        }
    }

    /// A part of the position that ties up the most margin and can be traded now.
    fn close_slice(&mut self, now: Utc, account: AccountId, out: &mut Events) {
        let open = self.positions(account).into_iter().filter(|view| {
            let exit = if view.net.0 > 0 { Side::Bid } else { Side::Ask };
            !view.net.is_zero() && self.phase(view.listing) == Phase::Open && self.best(view.listing, exit).is_some()
        });
        let Some(view) = open.max_by_key(|view| (view.maintenance_margin, std::cmp::Reverse(view.listing))) else {
            return;
        };
        let slice = self.catalogue.data().venue.liquidation_slice.of(Money(i128::from(view.net.abs().0)));
        let lot = self.catalogue.get(view.listing).map_or(Qty::lots(1), |listing| listing.lot);
        let slice = i64::try_from(slice.0).unwrap_or(i64::MAX).div_euclid(lot.0) * lot.0;
        let qty = Qty(slice).max(lot).min(view.net.abs());
        let side = if view.net.0 > 0 { Side::Ask } else { Side::Bid };
        let order = Place { reduce: Reduce::Only, ..Place::market(view.listing, side, qty) };
        // Refused where there is no mark; the next look tries again.
        self.origin = Origin::Liquidation;
        let _ = self.place(now, account, &order, out);
        self.origin = Origin::Client;
    }

    /// The insurance takes the positions at their marks and pays the debt.
    fn take_over(&mut self, account: AccountId, out: &mut Events) {
        let insurance = self.clearing.open_account(INSURANCE, AccountKind::House);
        for view in self.positions(account) {
            let Some(mark) = view.mark.filter(|_| !view.net.is_zero()) else { continue };
            let (given, taken) = if view.net.0 > 0 { (Side::Ask, Side::Bid) } else { (Side::Bid, Side::Ask) };
            let qty = view.net.abs();
            self.clearing.accounts.trade(account, view.listing, given, qty, mark, Money::ZERO);
            self.clearing.accounts.trade(insurance, view.listing, taken, qty, mark, Money::ZERO);
            out.list.push(Event::TakenOver { account, listing: view.listing, qty: view.net, price: mark });
        }
        let debt = -self.clearing.accounts.health(account).0;
        if debt > Money::ZERO {
            self.clearing.accounts.transfer(insurance, account, debt);
            out.list.push(Event::Bankrupt { account, debt });
        }
        self.clearing.changed.push(account);
        self.announce(account, Standing::Sound, out);
    }
}
