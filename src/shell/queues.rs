//! Every queue between threads, its bound, and what happens when it is full.
//!
//! | queue | bound | when full |
//! |---|---|---|
//! | market socket → core | [`MARKET_BATCHES`] of ≤ [`BATCH_FRAMES`] frames | stop reading: TCP pushes back; what core then takes in over 2 s late shows the feed as degraded |
//! | order socket → core | [`ORDER_BATCHES`] | stop reading that socket only |
//! | screen → core | [`COMMANDS`] | refuse at the click, with a message |
//! | core → socket | [`SESSION_COMMANDS`] | handed back to core, which denies the order |
//! | curve solver → core | [`CURVES`] round | the solver waits, and goes on with the newest picture |
//! | list prices → core | [`PRICES`] | progress is left out, prices wait |
//! | core → screen | one slot | overwrite |
//! | core → keeper of the past | [`KEEPS`] | not kept, with a notice: settlements are asked for again at the next start |
//! | keeper of the past → core | [`KEPT`] | the keeper waits |
//! | core → order counter | one question (`labels`) | a block is on its way: not asked again |

pub const MARKET_BATCHES: usize = 1_024;
pub const ORDER_BATCHES: usize = 256;
pub const BATCH_FRAMES: u32 = 256;
pub const COMMANDS: usize = 256;
pub const CURVES: usize = 1;
pub const PRICES: usize = 4;
pub const SESSION_COMMANDS: usize = 256;
/// The settlements of a venue's whole list come at once.
pub const KEEPS: usize = 4_096;
pub const KEPT: usize = 4;
/// Market batches that core takes before it looks at commands and orders again.
pub const MARKET_BATCHES_PER_TURN: usize = 16;
