//! The life of an order: one flat table, a row per happening, a column per phase. Everything that may come in an ugly order (a fill
//! before its ack, an ack after its fill, a fill after the cancel's ack, a refusal that crosses a fill) has its place in it; what has
//! none is an anomaly and is asked about.

use crate::view::trading::OrderPhase;

/// What befell an order. The rows of [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The venue reports it open, as we know it.
    Open,
    /// The venue reports it open with another price or size than before.
    Amended,
    /// A report from before what we already know.
    Stale,
    ReportedFilled,
    ReportedCancelled,
    ReportedRejected,
    /// A fill that leaves something open.
    PartFill,
    /// The fill of the rest.
    FullFill,
    /// Fills exceed the order.
    Overfill,
    PlaceRefused,
    ReplaceRefused,
    /// Refused because the order is no longer open.
    ReplaceTooLate,
    CancelRefused,
    /// Refused because the order is no longer open.
    CancelTooLate,
    /// Asked by label: the venue has no such order, and never acknowledged it.
    NeverThere,
    /// Asked by label: the venue no longer knows what it once acknowledged.
    Gone,
    /// No answer in time.
    Overdue,
    LinkLost,
    /// Missing in the list of all open orders.
    Unlisted,
    /// Somebody else's order, missing in the list: over, however it ended.
    Vanished,
    PlaceUndelivered,
    ReplaceUndelivered,
    CancelUndelivered,
    ReplaceSent,
    CancelSent,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Keep,
    /// Working or part filled, by what has filled.
    Rest,
    To(OrderPhase),
    /// Unknown: ask by label.
    Ask,
    /// Should not have happened: count it, Unknown, ask by label.
    Odd,
}

use OrderPhase::{
    Cancelled as OUT, Cancelling as CANC, Filled as FULL, Rejected as REJD, Replacing as REPL, Unknown as LOST,
};
use Step::{Ask, Keep, Odd, Rest, To};

const PHASES: usize = 9;
const HAPPENINGS: usize = 25;

#[rustfmt::skip]
const TABLE: [[Step; PHASES]; HAPPENINGS] = [
    //                      Sending   Working   PartFilled Replacing Cancelling Unknown  Filled Cancelled Rejected
    /* Open               */ [Rest,     Rest,     Rest,     Keep,     Keep,     Rest,     Odd,  Odd,      Odd],
    /* Amended            */ [Rest,     Rest,     Rest,     Rest,     Keep,     Rest,     Odd,  Odd,      Odd],
    /* Stale              */ [Rest,     Keep,     Keep,     Keep,     Keep,     Keep,     Keep, Keep,     Keep],
    /* ReportedFilled     */ [To(FULL), To(FULL), To(FULL), To(FULL), To(FULL), To(FULL), Keep, Odd,      Odd],
    /* ReportedCancelled  */ [To(OUT),  To(OUT),  To(OUT),  To(OUT),  To(OUT),  To(OUT),  Odd,  Keep,     Odd],
    /* ReportedRejected   */ [To(REJD), Odd,      Odd,      Odd,      Odd,      To(REJD), Odd,  Odd,      Keep],
    /* PartFill           */ [Rest,     Rest,     Rest,     Keep,     Keep,     Keep,     Keep, Keep,     Odd],
    /* FullFill           */ [To(FULL), To(FULL), To(FULL), To(FULL), To(FULL), To(FULL), Keep, To(FULL), Odd],
    /* Overfill           */ [Odd,      Odd,      Odd,      Odd,      Odd,      Odd,      Odd,  Odd,      Odd],
    /* PlaceRefused       */ [To(REJD), Odd,      Odd,      Odd,      Odd,      To(REJD), Odd,  Odd,      Keep],
    /* ReplaceRefused     */ [Odd,      Keep,     Keep,     Rest,     Keep,     Keep,     Keep, Keep,     Keep],
    /* ReplaceTooLate     */ [Odd,      Ask,      Ask,      Ask,      Keep,     Keep,     Keep, Keep,     Keep],
    /* CancelRefused      */ [Odd,      Keep,     Keep,     Keep,     Rest,     Keep,     Keep, Keep,     Keep],
    /* CancelTooLate      */ [Odd,      Ask,      Ask,      Ask,      Ask,      Keep,     Keep, Keep,     Keep],
    /* NeverThere         */ [Keep,     Odd,      Odd,      Odd,      Odd,      To(REJD), Keep, Keep,     Keep],
    /* Gone               */ [Keep,     Odd,      Odd,      Odd,      Odd,      To(OUT),  Keep, Keep,     Keep],
    /* Overdue            */ [Ask,      Keep,     Keep,     Ask,      Ask,      Ask,      Keep, Keep,     Keep],
    /* LinkLost           */ [To(LOST), To(LOST), To(LOST), To(LOST), To(LOST), Keep,     Keep, Keep,     Keep],
    /* Unlisted           */ [Keep,     Ask,      Ask,      Ask,      Ask,      Ask,      Keep, Keep,     Keep],
    /* Vanished           */ [To(OUT),  To(OUT),  To(OUT),  To(OUT),  To(OUT),  To(OUT),  Keep, Keep,     Keep],
    /* PlaceUndelivered   */ [To(REJD), Odd,      Odd,      Odd,      Odd,      To(REJD), Odd,  Odd,      Keep],
    /* ReplaceUndelivered */ [Keep,     Keep,     Keep,     Rest,     Keep,     Keep,     Keep, Keep,     Keep],
    /* CancelUndelivered  */ [Keep,     Keep,     Keep,     Keep,     Rest,     Keep,     Keep, Keep,     Keep],
    /* ReplaceSent        */ [Keep,     To(REPL), To(REPL), Keep,     Keep,     Keep,     Keep, Keep,     Keep],
    /* CancelSent         */ [Keep,     To(CANC), To(CANC), To(CANC), Keep,     To(CANC), Keep, Keep,     Keep],
];

/// What follows when `happening` meets an order in `phase`.
pub const fn next(phase: OrderPhase, happening: Happening) -> Step {
    TABLE[happening as usize][phase as usize]
}
