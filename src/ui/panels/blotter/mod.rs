//! Our orders and fills, one line each; where there is no room for a panel of their own, positions too. Cancel and edit stand at the
//! end of every working line.

mod fills;
mod orders;

use egui::Ui;

use self::fills::FillsTable;
use self::orders::OrdersTable;
use super::positions::{PositionsTable, open_positions};
use super::tabs::{Tab, header_toggle, tabs_header};
use crate::domain::instrument::InstrumentId;
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::theme::icons;

/// What the blotter lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Orders,
    Fills,
    Positions,
}

/// Whose lines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    #[default]
    All,
    /// The contract of the link group.
    Chosen,
}

/// Which orders are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lives {
    #[default]
    Working,
    All,
}

#[derive(Debug, Default)]
pub struct Blotter {
    pub group: LinkGroup,
    page: Page,
    scope: Scope,
    lives: Lives,
    orders: OrdersTable,
    fills: FillsTable,
    positions: PositionsTable,
    has_positions_apart: bool,
}

impl Blotter {
    /// Positions have a panel of their own: no tab for them here.
    pub fn set_positions_apart(&mut self, is_apart: bool) {
        self.has_positions_apart = is_apart;
        if is_apart && self.page == Page::Positions {
            self.page = Page::Orders;
        }
    }

    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let theme = ctx.theme;
        let trading = &ctx.view.trading;
        let mut pages =
            vec![(Page::Orders, "Orders", trading.open_orders as usize), (Page::Fills, "Fills", trading.fills.len())];
        if !self.has_positions_apart {
            pages.push((Page::Positions, "Positions", open_positions(ctx.view).count()));
        }
        let tabs: Vec<Tab<'_>> =
            pages.iter().map(|&(page, word, count)| Tab { word, count, is_active: page == self.page }).collect();
        let outcome = tabs_header(ui, theme, ui.max_rect(), "blotter", &tabs);
        if let Some((page, ..)) = outcome.clicked.and_then(|at| pages.get(at)) {
            self.page = *page;
        }
        let middle = outcome.free.center().y;
        let mut right = outcome.free.right() - 4.0;
        if self.page != Page::Positions {
            let word = match (self.scope, ctx.chosen(self.group)) {
                (Scope::Chosen, Some((_, instrument, _))) => instrument.contract.to_string(),
                _ => "All contracts".to_owned(),
            };
            let (left, clicked) = header_toggle(ui, theme, right, middle, icons::FUNNEL_SIMPLE, &word, "Blotter scope");
            if clicked {
                self.scope = if self.scope == Scope::All { Scope::Chosen } else { Scope::All };
            }
            right = left - 16.0;
        }
        if self.page == Page::Orders {
            let word = if self.lives == Lives::Working { "Working" } else { "With finished" };
            let icon = icons::CLOCK_COUNTER_CLOCKWISE;
            if header_toggle(ui, theme, right, middle, icon, word, "Blotter orders").1 {
                self.lives = if self.lives == Lives::Working { Lives::All } else { Lives::Working };
            }
        }
        let only: Option<InstrumentId> =
            (self.scope == Scope::Chosen).then(|| ctx.selection.instrument(self.group)).flatten();
        match self.page {
            Page::Orders => self.orders.ui(ui, ctx, outcome.body, self.group, only, self.lives == Lives::All),
            Page::Fills => self.fills.ui(ui, ctx, outcome.body, self.group, only),
            Page::Positions => self.positions.ui(ui, ctx, outcome.body, self.group),
        }
        outcome.response
    }
}
