//! The index basis of the selected product: what each index says beside the one that settles, the front month's average so far and its
//! future, all against the settling index; below, the settlement solver. A row or result under the pointer shows what it is made of.

pub mod figures;
mod inputs;
pub mod solver;
mod table;

use egui::{Event, Rect, Ui, pos2, vec2};

use super::message;
use crate::domain::calendar::Calendar;
use crate::domain::instrument::InstrumentId;
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::sheet::Sheet;
use crate::ui::theme::icons;
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::table::HEAD_HEIGHT;

use figures::{At, Figures};
use solver::Solver;

/// Rows are this high, as there is room.
const LEAST_ROW: f32 = 16.0;
const MOST_ROW: f32 = 22.0;

/// View state of the panel.
#[derive(Debug)]
pub struct BasisPanel {
    pub group: LinkGroup,
    solver: Solver,
    /// `None` only if the built-in file were malformed: then no past number of fixings is claimed.
    calendar: Option<Calendar>,
}

impl Default for BasisPanel {
    fn default() -> Self {
        Self::new(LinkGroup::default())
    }
}

impl BasisPanel {
    pub fn new(group: LinkGroup) -> Self {
        Self { group, solver: Solver::default(), calendar: Calendar::us().ok() }
    }

    /// A row an index.
    pub fn sheet(&self, ctx: &PanelContext<'_>) -> Option<Sheet> {
        Some(Sheet::of_tab_separated(&self.figures(ctx)?.tab_separated()))
    }

    fn figures(&self, ctx: &PanelContext<'_>) -> Option<Figures> {
        let product = ctx.chosen(self.group).and_then(|(_, instrument, _)| instrument.contract.product())?;
        let at = ctx.as_of().past().map_or(At::Now(ctx.now), At::Past);
        let state = |id: InstrumentId| ctx.book_state(id);
        Figures::of(ctx.view, self.calendar.as_ref(), product, at, state)
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let figures = self.figures(ctx);
        let front = figures.as_ref().and_then(|figures| figures.front.as_ref()).and_then(|front| front.instrument);
        let subtitle = figures.as_ref().map(|figures| {
            let simulated = if figures.is_simulated { ", simulated values" } else { "" };
            format!("{}, against the settling index{simulated}", figures.product)
        });
        let head = Header {
            title: "Index basis",
            subtitle: subtitle.as_deref().unwrap_or_default(),
            link: Some(self.group),
            state: ctx.worst_state(front.into_iter()),
            as_of: ctx.as_of(),
            ..Header::default()
        };
        let outcome = header(ui, ctx.theme, rect, &head);
        let body = outcome.body;
        let Some(figures) = figures else {
            let detail = "Choose a product with monthly contracts in the market panel";
            message::empty(ui, ctx.theme, body, icons::LIST_DASHES, "No index", detail);
            return outcome.response;
        };
        let rows = figures.rows.len() as f32;
        let room = body.height() - HEAD_HEIGHT - 3.0 - solver::HEIGHT - 14.0;
        let pitch = (room / rows).clamp(LEAST_ROW, MOST_ROW);
        let bottom = body.min.y + 3.0 + HEAD_HEIGHT + rows * pitch;
        let area = Rect::from_min_max(pos2(body.min.x, body.min.y + 3.0), pos2(body.max.x, bottom.min(body.max.y)));
        let row = table::table(ui, ctx.theme, area, &figures, pitch);
        let card =
            Rect::from_min_size(pos2(body.min.x + 10.0, bottom + 6.0), vec2(body.width() - 20.0, solver::HEIGHT));
        let solved = (card.max.y <= body.max.y).then(|| self.solver.ui(ui, ctx.theme, card, &figures)).flatten();
        let trace = row.map(|(at, line)| (inputs::row(&figures, &figures.rows[at]), line)).or(solved);
        if let Some((trace, of)) = trace {
            trace.ui(ui, ctx.theme, body.shrink2(vec2(10.0, 2.0)), of);
        }
        let is_asked = ui.rect_contains_pointer(body) && ui.memory(|memory| memory.focused().is_none());
        if is_asked && ui.input(|input| input.events.contains(&Event::Copy)) {
            ui.ctx().copy_text(figures.tab_separated());
        }
        outcome.response
    }
}
