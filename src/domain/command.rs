//! What people ask for ([`Command`], from the screen to core) and what core asks of a connection ([`SessionCommand`]).

use std::sync::Arc;

use super::alert::{AlertId, AlertSpec};
use super::contract::{Contract, Month, Product};
use super::instrument::{Catalogue, InstrumentId};
use super::number::{Price, Qty, Side};
use super::order::{
    Approved, Label, NewOrder, OrderId, OrderType, PostOnly, Reduce, ReplaceOrder, TimeInForce, VenueOrderId,
};
use super::price_list::PriceAsk;

/// An intent, with the View that was on screen when it was formed.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    pub intent: Intent,
    /// [`View::version`](crate::view::View::version) that the hand acted on.
    pub seen: u64,
}

/// A new order as a person means it; core gives it an id and a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderIntent {
    pub instrument: InstrumentId,
    pub side: Side,
    pub qty: Qty,
    pub price: Option<Price>,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
    pub reduce: Reduce,
    /// What it belongs to (`ladder`, `ticket`, `scale`): letters and digits, at most 16.
    pub tag: Arc<str>,
}

impl OrderIntent {
    /// `Sell 3 H100 DEC-26 at 2.78, basket`: which order a refusal speaks of.
    pub fn words(&self, contract: &Contract) -> String {
        let price = self.price.map_or_else(|| "market".to_owned(), |price| price.to_string());
        format!("{} {} {contract} at {price}, {}", self.side.verb(), self.qty, self.tag)
    }
}

/// Which of our orders to cancel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelScope {
    Order(OrderId),
    /// Our orders on one instrument, on one side or both.
    Instrument(InstrumentId, Option<Side>),
    All,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    Place(OrderIntent),
    Replace {
        order: OrderId,
        qty: Qty,
        price: Price,
    },
    Cancel(CancelScope),
    /// Closes positions with reduce-only market orders: one instrument or all.
    Flatten(Option<InstrumentId>),
    /// Orders may be sent for the arming period.
    Arm,
    Disarm,
    /// New orders are refused until unblocked; cancels always pass.
    Block,
    Unblock,
    /// Cancel everything, block, disarm.
    Kill,
    SetLimits(RiskLimits),
    /// Watches a level; the same alert set again begins anew.
    SetAlert(AlertSpec),
    RemoveAlert(AlertId),
    /// The months in which a product's curve may break, all of them: a launch of new hardware is expected there.
    SetLaunches(Product, Vec<Month>),
    /// Instruments whose liquidity history is kept.
    Watch(Vec<InstrumentId>),
    /// The window cannot be seen: publish at 250 ms.
    Visible(bool),
    /// Dial again now.
    Reconnect,
    /// Fetch a list of spot prices anew, or stop doing so.
    Prices(PriceAsk),
}

/// Limits of the risk gate at this stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskLimits {
    /// Largest single order, in contracts.
    pub max_order: Qty,
    /// Largest position an order may lead to, working orders included, in contracts.
    pub max_position: Qty,
    /// Farthest a limit price may lie through the opposite best, in ticks.
    pub collar_ticks: i64,
    /// How long arming lasts without a click, in seconds.
    pub arm_secs: u32,
}

/// What core asks of a session. Only the risk gate can make the `Approved` in it.
#[derive(Clone, Debug)]
pub enum SessionCommand {
    /// Ids for the symbols it loaded: subscriptions may start.
    Catalogue(Arc<Catalogue>),
    /// The book proved wrong beyond what the session can see: take a new snapshot.
    Resync(InstrumentId),
    /// Ask for the venue's change id of this book.
    Confirm(InstrumentId),
    /// Fetch the bars of an instrument that somebody looks at, when there is time.
    Bars(InstrumentId),
    Place(Approved<NewOrder>),
    Replace(Approved<ReplaceOrder>),
    Cancel {
        id: OrderId,
        venue_order: VenueOrderId,
    },
    CancelAll,
    /// What became of an order whose answer never came: resolved by label, never guessed.
    FindOrder {
        label: Label,
        instrument: InstrumentId,
    },
    /// Load open orders, positions and account again.
    Reconcile,
    /// Ask for positions and their margin, nothing else.
    Positions,
    /// Drop this connection and dial at once.
    Reconnect,
    /// Hang up and stay away: the venue then cancels what it has promised to cancel.
    Close,
}
