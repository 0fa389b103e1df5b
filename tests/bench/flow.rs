//! Synthetic level updates as real venues send them: median rank 7, new, change and delete at 35, 30 and 35 %.

use tenor::base::rng::Rng;
use tenor::domain::event::LevelChange;
use tenor::domain::number::{Price, Qty, Side};

pub const TICK: Price = Price(5_000_000);

/// Where levels stand on one side, in ticks of distance from the far end of the other side: lower is better.
#[derive(Clone, Debug)]
struct Ladder {
    side: Side,
    ticks: Vec<i64>,
}

/// A market of one instrument that only the generator knows whole.
#[derive(Debug)]
pub struct Flow {
    rng: Rng,
    ladders: [Ladder; 2],
    depth: usize,
}

impl Flow {
    /// `depth` levels a side on about two thirds of the ticks around `mid_ticks`.
    pub fn new(seed: u64, mid_ticks: i64, depth: usize) -> Self {
        let mut rng = Rng::fork(seed, "flow");
        let ladders = Side::BOTH.map(|side| {
            let mut tick = -side.sign() * mid_ticks;
            let ticks = (0..depth).map(|_| {
                tick += 1 + i64::from(rng.chance(0.5));
                tick
            });
            Ladder { side, ticks: ticks.collect() }
        });
        Self { rng, ladders, depth }
    }

    /// The book as it stands, best first.
    pub fn snapshot(&mut self) -> Vec<LevelChange> {
        let Self { rng, ladders, .. } = self;
        ladders.iter().flat_map(|l| l.ticks.iter().map(|&tick| l.change(tick, size(rng))).collect::<Vec<_>>()).collect()
    }

    /// The next update.
    pub fn next(&mut self) -> LevelChange {
        let at = self.rng.below(2) as usize;
        let front = -self.ladders[1 - at].ticks.first().copied().unwrap_or(0);
        let (rng, ladder) = (&mut self.rng, &mut self.ladders[at]);
        let len = ladder.ticks.len();
        let rank = if rng.chance(0.05) { rng.below(len as u64) as usize } else { rng.exponential(9.5) as usize };
        let rank = rank.min(len - 1);
        let draw = rng.below(100);
        if (35..65).contains(&draw) {
            return ladder.change(ladder.ticks[rank], size(rng));
        }
        let is_new = if len.abs_diff(self.depth) > self.depth / 10 { len < self.depth } else { draw < 35 };
        if !is_new {
            let tick = ladder.ticks.remove(rank);
            return ladder.change(tick, Qty::ZERO);
        }
        let (place, tick) = ladder.gap(rank, front);
        ladder.ticks.insert(place, tick);
        ladder.change(tick, size(rng))
    }
}

impl Ladder {
    fn change(&self, tick: i64, qty: Qty) -> LevelChange {
        LevelChange { side: self.side, price: Price::from_ticks(-self.side.sign() * tick, TICK), qty }
    }

    /// The free tick next to `rank`: in front of it if there is room, `front` being the last that would cross.
    fn gap(&self, rank: usize, front: i64) -> (usize, i64) {
        let before = if rank == 0 { front } else { self.ticks[rank - 1] };
        if self.ticks[rank] - 1 > before {
            return (rank, self.ticks[rank] - 1);
        }
        let run = self.ticks[rank..].windows(2).take_while(|pair| pair[0] + 1 == pair[1]).count();
        (rank + run + 1, self.ticks[rank + run] + 1)
    }
}

fn size(rng: &mut Rng) -> Qty {
    Qty::lots(1 + rng.pareto(1.5) as i64)
}
