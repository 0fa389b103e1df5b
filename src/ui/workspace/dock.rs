//! Where a docked panel meets its drawing function, and how tabs and boundaries look.

use std::sync::Arc;

use egui::{
    Color32, ColorImage, Id, Popup, PopupKind, RectAlign, Stroke, Style, TextureId, Ui, Visuals, WidgetText, vec2,
};
use egui_tiles::{Behavior, EditAction, ResizeState, SimplificationOptions, TabState, TileId, Tiles, UiResponse};

use super::Panel;
use super::fit::{GUTTER, TAB_BAR};
use crate::ui::context::{AsOf, LinkGroup, PanelContext, PanelResponse};
use crate::ui::export::{Content, Drawing, Export, PictureKind};
use crate::ui::panels::basis::BasisPanel;
use crate::ui::panels::blotter::Blotter;
use crate::ui::panels::curve::CurvePanel;
use crate::ui::panels::curve_desk::CurveDesk;
use crate::ui::panels::depth::Depth;
use crate::ui::panels::heatmap::Heatmap;
use crate::ui::panels::hedge::HedgePanel;
use crate::ui::panels::ladder::Ladder;
use crate::ui::panels::market::MarketGrid;
use crate::ui::panels::positions::PositionsPanel;
use crate::ui::panels::product_spread::ProductSpread;
use crate::ui::panels::rental::RentalPanel;
use crate::ui::panels::spark::SparkPanel;
use crate::ui::panels::spreads::SpreadsPanel;
use crate::ui::panels::tape::TapePanel;
use crate::ui::panels::ticket::Ticket;
use crate::ui::panels::tokens::TokensPanel;
use crate::ui::sheet::Sheet;
use crate::ui::sheets;

/// The state of every panel: scroll, zoom, what is being typed.
#[derive(Debug)]
pub struct Panels {
    pub market: MarketGrid,
    pub ladder_a: Ladder,
    pub ladder_b: Ladder,
    pub ticket: Ticket,
    pub tape: TapePanel,
    pub curve: CurvePanel,
    pub heatmap: Heatmap,
    pub depth: Depth,
    pub blotter: Blotter,
    pub positions: PositionsPanel,
    pub curve_desk: CurveDesk,
    pub spreads: SpreadsPanel,
    pub spark: SparkPanel,
    pub rental: RentalPanel,
    pub tokens: TokensPanel,
    pub basis: BasisPanel,
    pub product_spread: ProductSpread,
    pub hedge: HedgePanel,
}

impl Default for Panels {
    fn default() -> Self {
        Self {
            market: MarketGrid::new(LinkGroup::A),
            ladder_a: Ladder::new(LinkGroup::A),
            ladder_b: Ladder::new(LinkGroup::B),
            ticket: Ticket::default(),
            tape: TapePanel::default(),
            curve: CurvePanel::default(),
            heatmap: Heatmap::new(LinkGroup::A),
            depth: Depth::new(LinkGroup::A),
            blotter: Blotter::default(),
            positions: PositionsPanel::default(),
            curve_desk: CurveDesk::default(),
            spreads: SpreadsPanel::default(),
            spark: SparkPanel::default(),
            rental: RentalPanel::default(),
            tokens: TokensPanel::default(),
            basis: BasisPanel::default(),
            product_spread: ProductSpread::default(),
            hedge: HedgePanel::default(),
        }
    }
}

impl Panels {
    /// `None` for a panel that follows nothing.
    fn group_mut(&mut self, panel: Panel) -> Option<&mut LinkGroup> {
        let group = match panel {
            Panel::Market => &mut self.market.group,
            Panel::LadderA => &mut self.ladder_a.group,
            Panel::LadderB => &mut self.ladder_b.group,
            Panel::Ticket => &mut self.ticket.group,
            Panel::Tape => &mut self.tape.group,
            Panel::Curve => &mut self.curve.group,
            Panel::Heatmap => &mut self.heatmap.group,
            Panel::Depth => &mut self.depth.group,
            Panel::Blotter => &mut self.blotter.group,
            Panel::Positions => &mut self.positions.group,
            Panel::CurveDesk => &mut self.curve_desk.group,
            Panel::Spreads => &mut self.spreads.group,
            Panel::Spark => &mut self.spark.group,
            Panel::Hedge => &mut self.hedge.group,
            Panel::Rental => &mut self.rental.group,
            Panel::Basis => &mut self.basis.group,
            Panel::ProductSpread => &mut self.product_spread.group,
            Panel::Tokens => return None,
        };
        Some(group)
    }

    fn ui(&mut self, panel: Panel, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        match panel {
            Panel::Market => self.market.ui(ui, ctx),
            Panel::LadderA => self.ladder_a.ui(ui, ctx),
            Panel::LadderB => self.ladder_b.ui(ui, ctx),
            Panel::Ticket => self.ticket.ui(ui, ctx),
            Panel::Tape => self.tape.ui(ui, ctx),
            Panel::Curve => self.curve.ui(ui, ctx),
            Panel::Heatmap => self.heatmap.ui(ui, ctx),
            Panel::Depth => self.depth.ui(ui, ctx),
            Panel::Blotter => self.blotter.ui(ui, ctx),
            Panel::Positions => self.positions.ui(ui, ctx),
            Panel::CurveDesk => self.curve_desk.ui(ui, ctx),
            Panel::Spreads => self.spreads.ui(ui, ctx),
            Panel::Spark => self.spark.ui(ui, ctx),
            Panel::Rental => self.rental.ui(ui, ctx),
            Panel::Tokens => self.tokens.ui(ui, ctx),
            Panel::Basis => self.basis.ui(ui, ctx),
            Panel::ProductSpread => self.product_spread.ui(ui, ctx),
            Panel::Hedge => self.hedge.ui(ui, ctx),
        }
    }

    /// The rows of a panel that has some.
    fn sheet(&self, panel: Panel, ctx: &PanelContext<'_>) -> Option<Sheet> {
        let chosen = |group| ctx.chosen(group).map(|(id, ..)| id);
        match panel {
            Panel::Market => Some(sheets::market(ctx.view)),
            Panel::LadderA => sheets::book(ctx.view, chosen(self.ladder_a.group)?),
            Panel::LadderB => sheets::book(ctx.view, chosen(self.ladder_b.group)?),
            Panel::Depth => sheets::book(ctx.view, chosen(self.depth.group)?),
            Panel::Tape => sheets::tape(ctx.view, chosen(self.tape.group)?),
            Panel::Blotter => Some(sheets::blotter(ctx.view)),
            Panel::Positions => Some(sheets::positions(ctx.view)),
            Panel::Curve => sheets::curve(ctx.view, chosen(self.curve.group)?),
            Panel::CurveDesk => self.curve_desk.sheet(ctx),
            Panel::Spreads => self.spreads.sheet(ctx),
            Panel::Spark => self.spark.sheet(ctx),
            Panel::Rental => self.rental.sheet(ctx),
            Panel::Tokens => self.tokens.sheet(ctx),
            Panel::Basis => self.basis.sheet(ctx),
            Panel::Hedge => self.hedge.sheet(),
            Panel::ProductSpread => self.product_spread.sheet(ctx),
            Panel::Ticket | Panel::Heatmap => None,
        }
    }

    /// What a panel draws that is made of pixels.
    fn images(&self, panel: Panel, ctx: &PanelContext<'_>) -> Vec<(TextureId, Arc<ColorImage>)> {
        match panel {
            Panel::Heatmap => self.heatmap.image(ctx.theme).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The first ladder of a link group.
    pub fn ladder(&self, group: LinkGroup) -> Option<&Ladder> {
        [&self.ladder_a, &self.ladder_b].into_iter().find(|ladder| ladder.group == group)
    }

    /// Brings the market back to the middle of both ladders.
    pub fn recentre(&mut self) {
        self.ladder_a.recentre();
        self.ladder_b.recentre();
    }
}

pub struct Dock<'a, 'b> {
    ctx: &'a mut PanelContext<'b>,
    panels: &'a mut Panels,
    /// To be taken in this frame.
    picture: Option<(Panel, PictureKind)>,
    outcome: DockOutcome,
}

/// What hands did to the docked panels.
#[derive(Debug, Default)]
pub struct DockOutcome {
    pub was_edited: bool,
    pub wants_reset: bool,
    pub exports: Vec<Export>,
    /// To be taken in the next frame.
    pub picture: Option<(Panel, PictureKind)>,
}

impl<'a, 'b> Dock<'a, 'b> {
    pub fn new(ctx: &'a mut PanelContext<'b>, panels: &'a mut Panels, picture: Option<(Panel, PictureKind)>) -> Self {
        Self { ctx, panels, picture, outcome: DockOutcome::default() }
    }

    pub fn finish(self) -> DockOutcome {
        self.outcome
    }

    /// Draws a panel, and takes its picture if that was asked for.
    fn panel_ui(&mut self, ui: &mut Ui, panel: Panel) -> PanelResponse {
        let Some((_, kind)) = self.picture.take_if(|(of, _)| *of == panel) else {
            return self.panels.ui(panel, ui, self.ctx);
        };
        let area = ui.max_rect();
        let (response, mut drawing) = Drawing::take(ui, area, |ui| self.panels.ui(panel, ui, self.ctx));
        drawing.images = self.panels.images(panel, self.ctx);
        let content = Content::Picture(kind, drawing);
        self.outcome.exports.push(Export { panel: panel.key(), content });
        response
    }

    /// The menu behind a panel's dots, open at the pointer until something else is clicked.
    fn menu_ui(&mut self, ui: &Ui, panel: Panel, was_clicked: bool) {
        let id = Id::unique(("panel menu", panel));
        if was_clicked {
            Popup::toggle_id(ui.ctx(), id);
        }
        if !Popup::is_id_open(ui.ctx(), id) {
            return;
        }
        let sheet = self.panels.sheet(panel, self.ctx);
        let mut group = self.panels.group_mut(panel);
        let corner = ui.max_rect().right_top() + vec2(-6.0, 24.0);
        let outcome = &mut self.outcome;
        Popup::new(id, ui.ctx().clone(), corner, ui.layer_id())
            .kind(PopupKind::Menu)
            .align(RectAlign::BOTTOM_END)
            .open_memory(None)
            .show(|ui| {
                if let Some(group) = &mut group {
                    for other in LinkGroup::ALL {
                        let text = format!("Follow group {}", other.letter());
                        if ui.selectable_label(**group == other, text).clicked() {
                            **group = other;
                        }
                    }
                }
                if let Some(sheet) = sheet {
                    if ui.button("Copy as text").clicked() {
                        ui.ctx().copy_text(sheet.tab_separated());
                    }
                    if ui.button("Export CSV").clicked() {
                        let content = Content::Rows(sheet.comma_separated());
                        outcome.exports.push(Export { panel: panel.key(), content });
                    }
                }
                for kind in PictureKind::ALL {
                    if ui.button(format!("Export {}", kind.name())).clicked() {
                        outcome.picture = Some((panel, kind));
                        ui.ctx().request_repaint();
                    }
                }
                outcome.wants_reset |= ui.button("Reset whole layout").clicked();
            });
    }
}

impl Behavior<Panel> for Dock<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, panel: &mut Panel) -> UiResponse {
        let panel = *panel;
        let response = ui
            .push_id(panel.key(), |ui| {
                let response = self.panel_ui(ui, panel);
                self.menu_ui(ui, panel, response.menu_clicked);
                response
            })
            .inner;
        if response.live_clicked {
            self.ctx.look_at(AsOf::Live);
        }
        if response.link_clicked
            && let Some(group) = self.panels.group_mut(panel)
        {
            *group = group.next();
        }
        if response.drag_started { UiResponse::DragStarted } else { UiResponse::None }
    }

    fn tab_title_for_pane(&mut self, panel: &Panel) -> WidgetText {
        panel.tab_title().into()
    }

    fn tab_bar_height(&self, _style: &Style) -> f32 {
        TAB_BAR
    }

    fn gap_width(&self, _style: &Style) -> f32 {
        GUTTER
    }

    fn min_size(&self) -> f32 {
        84.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions::default()
    }

    fn resize_stroke(&self, _style: &Style, state: ResizeState) -> Stroke {
        let tokens = &self.ctx.theme.tokens;
        match state {
            ResizeState::Idle => Stroke::NONE,
            ResizeState::Hovering => Stroke::new(2.0, tokens.line_hi),
            ResizeState::Dragging => Stroke::new(2.0, tokens.accent),
        }
    }

    fn tab_bar_color(&self, _visuals: &Visuals) -> Color32 {
        self.ctx.theme.tokens.bg0
    }

    fn tab_bg_color(&self, _visuals: &Visuals, _tiles: &Tiles<Panel>, _tile: TileId, state: &TabState) -> Color32 {
        if state.active { self.ctx.theme.tokens.bg1 } else { Color32::TRANSPARENT }
    }

    fn tab_outline_stroke(&self, _: &Visuals, _: &Tiles<Panel>, _: TileId, _: &TabState) -> Stroke {
        Stroke::NONE
    }

    fn tab_bar_hline_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::NONE
    }

    fn tab_text_color(&self, _visuals: &Visuals, _tiles: &Tiles<Panel>, _tile: TileId, state: &TabState) -> Color32 {
        let tokens = &self.ctx.theme.tokens;
        if state.active { tokens.text_hi } else { tokens.text_mid }
    }

    fn drag_preview_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::new(2.0, self.ctx.theme.tokens.accent)
    }

    fn drag_preview_color(&self, _visuals: &Visuals) -> Color32 {
        self.ctx.theme.over(self.ctx.theme.tokens.accent, 16).gamma_multiply(0.6)
    }

    fn on_edit(&mut self, _action: EditAction) {
        self.outcome.was_edited = true;
    }
}
