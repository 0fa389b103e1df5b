//! Block trades: two clients have agreed on price and size, the exchange books it. Every leg prints with the number of the block, counts
//! as volume, and makes neither a last price nor a bar; no book is touched. Both sides need margin for all legs, as if each were a new
//! working order, and pay the block fee. The same nonce and timestamp trade once.

use serde::{Deserialize, Serialize};

use super::command::{BlockLeg, BlockTrade, OrderId, Refused};
use super::entry::check_qty;
use super::event::{Events, Trade};
use super::{AccountId, Engine};
use crate::base::ring::Ring;
use crate::base::time::Utc;

const MAX_LEGS: usize = 20;
/// Block trades that can be asked for, and whose nonces are known.
const REMEMBERED: usize = 1_000;

/// A block trade that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRecord {
    pub id: u64,
    pub utc: Utc,
    pub agreed: BlockTrade,
    /// By leg.
    pub trades: Vec<Trade>,
}

#[derive(Clone, Debug)]
pub struct Blocks {
    last_id: u64,
    past: Ring<BlockRecord>,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { last_id: 0, past: Ring::new(REMEMBERED) }
    }
}

impl Engine {
    /// Whether a block trade could be made now; `account` must be a side of it.
    ///
    /// # Errors
    /// What [`super::Command::Block`] would be refused for.
    pub fn check_block(&self, account: AccountId, block: &BlockTrade) -> Result<(), Refused> {
        let sides = [block.maker, block.taker];
        let are_clients = sides.iter().all(|&side| self.clearing.accounts.is_client(side));
        if !sides.contains(&account) || block.maker == block.taker || !are_clients {
            return Err(Refused::InvalidArguments);
        }
        let is_same = |done: &BlockRecord| {
            let (done, new) = (&done.agreed, block);
            (done.maker, done.taker, done.timestamp_ms, &done.nonce)
                == (new.maker, new.taker, new.timestamp_ms, &new.nonce)
        };
        if self.blocks.past.iter().any(is_same) {
            return Err(Refused::BlockDone);
        }
        self.check_block_side(block.maker, &block.legs)?;
        let opposite = |leg: &BlockLeg| BlockLeg { side: leg.side.opposite(), ..*leg };
        self.check_block_side(block.taker, &block.legs.iter().map(opposite).collect::<Vec<_>>())
    }

    /// Whether an account could trade these legs, `side` being its own.
    ///
    /// # Errors
    /// The first thing that is in the way.
    pub fn check_block_side(&self, account: AccountId, legs: &[BlockLeg]) -> Result<(), Refused> {
        if legs.is_empty() || legs.len() > MAX_LEGS {
            return Err(Refused::InvalidArguments);
        }
        for (at, leg) in legs.iter().enumerate() {
            self.check_leg(leg)?;
            if legs[..at].iter().any(|before| before.listing == leg.listing) {
                return Err(Refused::InvalidArguments);
            }
        }
        let more: Vec<_> = legs.iter().map(|leg| (leg.listing, leg.side, leg.qty)).collect();
        if self.clearing.accounts.affords(account, &more) { Ok(()) } else { Err(Refused::NotEnoughFunds) }
    }

    /// Spreads are traded as their legs.
    fn check_leg(&self, leg: &BlockLeg) -> Result<(), Refused> {
        let listing = self.catalogue.get(leg.listing).ok_or(Refused::InvalidInstrument)?;
        if !listing.is_active {
            return Err(Refused::BookClosed);
        }
        if !listing.legs.is_empty() {
            return Err(Refused::InvalidInstrument);
        }
        self.admit_edit(leg.listing)?;
        check_qty(listing, leg.qty)?;
        if !leg.price.is_on(listing.tick) {
            return Err(Refused::WrongTick);
        }
        let (low, high) = self.price_band(leg.listing).ok_or(Refused::BookClosed)?;
        match leg.price {
            price if price < low => Err(Refused::PriceTooLow),
            price if price > high => Err(Refused::PriceTooHigh),
            _ => Ok(()),
        }
    }

    pub(super) fn trade_block(
        &mut self,
        now: Utc,
        account: AccountId,
        block: &BlockTrade,
        out: &mut Events,
    ) -> Result<u64, Refused> {
        self.check_block(account, block)?;
        self.blocks.last_id += 1;
        let id = self.blocks.last_id;
        let mut trades = Vec::with_capacity(block.legs.len());
        for leg in &block.legs {
            let [maker, taker]: [(AccountId, OrderId); 2] =
                [block.maker, block.taker].map(|side| (side, self.nodes.number()));
            trades.push(self.clearing.book_block(now, id, leg, (maker, taker), out));
        }
        self.blocks.past.push(BlockRecord { id, utc: now, agreed: block.clone(), trades });
        Ok(id)
    }

    /// Block trades of an account, oldest first, bounded.
    pub fn block_trades(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &BlockRecord> {
        self.blocks.past.iter().filter(move |done| [done.agreed.maker, done.agreed.taker].contains(&account))
    }
}
