//! Where things are on a ladder. Columns are those of the pictures at 376 points; wider panels give the rest to the sizes,
//! narrower ones take from volume and own orders first. Low panels lose keys, then totals, then the block above the rows.

use egui::{Pos2, Rangef, Rect, pos2};

use crate::domain::number::Side;

const OWN: f32 = 78.0;
const SIZE: f32 = 62.0;
const PRICE: f32 = 58.0;
const VOLUME: f32 = 38.0;
const FULL_WIDTH: f32 = 2.0 * OWN + 2.0 * SIZE + PRICE + VOLUME;

const INFO_HEIGHT: f32 = 52.0;
const HEADS_HEIGHT: f32 = 18.0;
const TOTALS_HEIGHT: f32 = 24.0;
const KEYS_HEIGHT: f32 = 58.0;

/// A column of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Own(Side),
    Size(Side),
    Price,
    Volume,
}

/// Rectangles of one frame.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// 52 points under the header; empty when there is no room.
    pub info: Rect,
    pub heads: Rect,
    pub rows: Rect,
    pub totals: Rect,
    /// Cancel buttons above, size keys below.
    pub keys: Rect,
    pub row_height: f32,
    own_bids: Rangef,
    bids: Rangef,
    prices: Rangef,
    asks: Rangef,
    own_asks: Rangef,
    volume: Rangef,
}

impl Layout {
    pub fn new(panel: Rect, body: Rect, row_height: f32) -> Self {
        let height = body.height();
        let info = if height >= 170.0 { INFO_HEIGHT } else { 0.0 };
        let totals = if height >= 230.0 { TOTALS_HEIGHT } else { 0.0 };
        let keys = if height >= 320.0 { KEYS_HEIGHT } else { 0.0 };
        let band = |top: f32, height: f32| {
            Rect::from_min_max(pos2(panel.min.x, top), pos2(panel.max.x, (top + height).max(top)))
        };
        let heads_top = body.min.y + info;
        let rows_top = heads_top + HEADS_HEIGHT;
        let rows_bottom = (body.max.y - totals - keys).max(rows_top);

        let extra = panel.width() - FULL_WIDTH;
        let (mut own, mut size, mut volume) = (OWN, SIZE, VOLUME);
        if extra > 0.0 {
            size += extra * 0.3;
            own += extra * 0.12;
            volume += extra * 0.16;
        } else {
            let from_volume = (-extra).min(VOLUME);
            volume -= from_volume;
            own -= ((-extra - from_volume) * 0.5).min(OWN);
        }
        let mut x = panel.min.x;
        let mut next = |width: f32| {
            x += width;
            Rangef::new(x - width, x)
        };
        Self {
            info: band(body.min.y, info),
            heads: band(heads_top, HEADS_HEIGHT),
            rows: band(rows_top, rows_bottom - rows_top),
            totals: band(rows_bottom, totals),
            keys: band(rows_bottom + totals, keys),
            row_height,
            own_bids: next(own),
            bids: next(size),
            prices: next(PRICE),
            asks: next(size),
            own_asks: next(own),
            volume: next(volume),
        }
    }

    /// Rows that are at least partly seen.
    pub fn row_count(&self) -> usize {
        (self.rows.height() / self.row_height).ceil() as usize
    }

    /// Rows that are seen whole.
    pub fn whole_rows(&self) -> usize {
        (self.rows.height() / self.row_height).floor() as usize
    }

    pub const fn x(&self, column: Column) -> Rangef {
        match column {
            Column::Own(Side::Bid) => self.own_bids,
            Column::Own(Side::Ask) => self.own_asks,
            Column::Size(Side::Bid) => self.bids,
            Column::Size(Side::Ask) => self.asks,
            Column::Price => self.prices,
            Column::Volume => self.volume,
        }
    }

    /// Top of row `index`.
    pub fn row_top(&self, index: usize) -> f32 {
        self.rows.min.y + index as f32 * self.row_height
    }

    pub fn cell(&self, column: Column, index: usize) -> Rect {
        let (x, top) = (self.x(column), self.row_top(index));
        Rect::from_min_max(pos2(x.min, top), pos2(x.max, top + self.row_height))
    }

    /// A column's share of a band such as totals.
    pub fn in_band(&self, column: Column, band: Rect) -> Rect {
        let x = self.x(column);
        Rect::from_min_max(pos2(x.min, band.min.y), pos2(x.max, band.max.y))
    }

    /// The column and row under a point.
    pub fn hit(&self, at: Pos2) -> Option<(Column, usize)> {
        if !self.rows.contains(at) {
            return None;
        }
        let columns = [
            Column::Own(Side::Bid),
            Column::Size(Side::Bid),
            Column::Price,
            Column::Size(Side::Ask),
            Column::Own(Side::Ask),
            Column::Volume,
        ];
        let column = columns.into_iter().find(|&column| self.x(column).contains(at.x))?;
        Some((column, ((at.y - self.rows.min.y) / self.row_height) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    #[test]
    fn the_pictures_size_has_thirty_rows() {
        let panel = Rect::from_min_size(pos2(0.0, 0.0), vec2(376.0, 778.0));
        let layout = Layout::new(panel, Rect::from_min_max(pos2(0.0, 26.0), panel.max), 20.0);
        assert_eq!((layout.row_count(), layout.whole_rows()), (30, 30));
        assert_eq!(layout.x(Column::Price), Rangef::new(140.0, 198.0));
        assert_eq!(layout.hit(pos2(100.0, 96.0 + 19.0)), Some((Column::Size(Side::Bid), 0)));
        assert_eq!(layout.hit(pos2(300.0, 96.0 + 20.0)), Some((Column::Own(Side::Ask), 1)));
        assert_eq!(layout.hit(pos2(100.0, 95.0)), None);
    }

    #[test]
    fn small_panels_keep_their_rows_inside() {
        for (width, height) in [(376.0, 200.0), (200.0, 90.0), (120.0, 30.0), (40.0, 10.0), (0.0, 0.0)] {
            let panel = Rect::from_min_size(pos2(0.0, 0.0), vec2(width, height));
            let layout = Layout::new(panel, Rect::from_min_max(pos2(0.0, 26.0_f32.min(height)), panel.max), 20.0);
            assert!(layout.rows.height() >= 0.0 && layout.row_count() < 20, "{width}x{height}");
        }
    }
}
