//! Workspaces: docked panels that can be resized, dragged and stacked as tabs, and the link groups they follow. What a
//! small window cannot show at a usable size is left out in a fixed order, and comes back when there is room.

mod dock;
mod fit;
mod layout;
mod saved;
#[cfg(test)]
mod tests;

use egui::{Id, Ui, Vec2};
use egui_tiles::{Tile, Tree};
use serde_json::Value;

use super::context::PanelContext;
use super::export::{Export, PictureKind};
use super::workspace_name::WorkspaceName;
use dock::{Dock, DockOutcome, Panels};

/// What can be docked. Saved by [`Panel::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Panel {
    Market,
    LadderA,
    LadderB,
    Ticket,
    Tape,
    Curve,
    Heatmap,
    Depth,
    Blotter,
    Positions,
    CurveDesk,
    Spreads,
    Spark,
    Rental,
    Tokens,
    Basis,
    ProductSpread,
    Hedge,
}

impl Panel {
    pub const ALL: [Self; 18] = [
        Self::Market,
        Self::LadderA,
        Self::LadderB,
        Self::Ticket,
        Self::Tape,
        Self::Curve,
        Self::Heatmap,
        Self::Depth,
        Self::Blotter,
        Self::Positions,
        Self::CurveDesk,
        Self::Spreads,
        Self::Spark,
        Self::Rental,
        Self::Tokens,
        Self::Basis,
        Self::ProductSpread,
        Self::Hedge,
    ];

    /// As the settings file spells it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::LadderA => "ladder_a",
            Self::LadderB => "ladder_b",
            Self::Ticket => "ticket",
            Self::Tape => "tape",
            Self::Curve => "curve",
            Self::Heatmap => "heatmap",
            Self::Depth => "depth",
            Self::Blotter => "blotter",
            Self::Positions => "positions",
            Self::CurveDesk => "curve_desk",
            Self::Spreads => "spreads",
            Self::Spark => "spark",
            Self::Rental => "rental",
            Self::Tokens => "tokens",
            Self::Basis => "basis",
            Self::ProductSpread => "product_spread",
            Self::Hedge => "hedge",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|panel| panel.key() == key)
    }

    /// On its tab.
    pub const fn tab_title(self) -> &'static str {
        match self {
            Self::Market => "Markets",
            Self::LadderA => "Ladder",
            Self::LadderB => "Second ladder",
            Self::Ticket => "Order ticket",
            Self::Tape => "Tape",
            Self::Curve => "Curve",
            Self::Heatmap => "Heatmap",
            Self::Depth => "Depth chart",
            Self::Blotter => "Blotter",
            Self::Positions => "Position list",
            Self::CurveDesk => "Curve desk",
            Self::Spreads => "Spreads",
            Self::Spark => "Spark spread",
            Self::Rental => "Rental board",
            Self::Tokens => "Token board",
            Self::Basis => "Index basis table",
            Self::ProductSpread => "Spread chart",
            Self::Hedge => "Hedge planner",
        }
    }
}

/// What the docking area asks of the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkspaceResponse {
    /// The layout or the hedge plan was changed by hand: worth saving.
    pub was_edited: bool,
    /// Rows or pictures of panels, to be written into files.
    pub exports: Vec<Export>,
}

struct Layout {
    tree: Tree<Panel>,
    /// What the shares were last fitted to.
    fitted: Option<Vec2>,
}

impl Layout {
    /// As it is first seen.
    fn of(name: WorkspaceName) -> Self {
        let id = Id::unique(("tenor workspace", name));
        let tree = match name {
            WorkspaceName::Trader => layout::trader(id),
            WorkspaceName::Curve => layout::curve(id),
        };
        Self { tree, fitted: None }
    }
}

/// All arrangements, of which one is shown, and the panels in them.
pub struct Workspaces {
    shown: WorkspaceName,
    layouts: [Layout; WorkspaceName::ALL.len()],
    panels: Panels,
    /// A picture to take of a panel the next time it is painted.
    picture: Option<(Panel, PictureKind)>,
}

impl std::fmt::Debug for Workspaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspaces").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl Default for Workspaces {
    fn default() -> Self {
        Self {
            shown: WorkspaceName::default(),
            layouts: WorkspaceName::ALL.map(Layout::of),
            panels: Panels::default(),
            picture: None,
        }
    }
}

impl Workspaces {
    /// Restores what an earlier run kept; the default for whatever is not usable.
    pub fn from_saved(saved: &Value) -> Self {
        let mut all = Self::default();
        for name in WorkspaceName::ALL {
            let layout = &mut all.layouts[name as usize];
            let id = layout.tree.id();
            if let Some(tree) = saved.get(name.key()).and_then(|kept| saved::read(kept, id)) {
                layout.tree = tree;
            }
        }
        all.panels.hedge.restore(saved.get("hedge_plan").unwrap_or(&Value::Null));
        let shown = saved.get("shown").and_then(Value::as_str);
        all.shown = WorkspaceName::ALL.into_iter().find(|name| Some(name.key()) == shown).unwrap_or_default();
        all
    }

    /// As the settings keep it.
    pub fn to_saved(&self) -> Value {
        let layouts = WorkspaceName::ALL.map(|name| (name.key().to_owned(), saved::write(&self.layout(name).tree)));
        let shown = ("shown".to_owned(), Value::from(self.shown.key()));
        let plan = ("hedge_plan".to_owned(), self.panels.hedge.to_saved());
        layouts.into_iter().chain([shown, plan]).collect()
    }

    const fn layout(&self, name: WorkspaceName) -> &Layout {
        &self.layouts[name as usize]
    }

    pub const fn shown(&self) -> WorkspaceName {
        self.shown
    }

    pub const fn show(&mut self, name: WorkspaceName) {
        self.shown = name;
    }

    /// Every panel of the shown arrangement back to its first place.
    pub fn reset_layout(&mut self) {
        self.layouts[self.shown as usize] = Layout::of(self.shown);
    }

    pub const fn panels(&self) -> &Panels {
        &self.panels
    }

    pub const fn panels_mut(&mut self) -> &mut Panels {
        &mut self.panels
    }

    /// Whether there is room for it now, stacked below another tab or not.
    pub fn is_visible(&self, panel: Panel) -> bool {
        let tree = &self.layout(self.shown).tree;
        tree.tiles.find_pane(&panel).is_some_and(|tile| tree.is_visible_in_layout(tile))
    }

    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> WorkspaceResponse {
        let size = ui.available_rect_before_wrap().size();
        let layout = &mut self.layouts[self.shown as usize];
        if layout.fitted != Some(size) {
            layout::choose_visible(&mut layout.tree, size);
            fit::fit_tree(&mut layout.tree, size);
            layout.fitted = Some(size);
        }
        self.panels.blotter.set_positions_apart(self.is_visible(Panel::Positions));
        let layout = &mut self.layouts[self.shown as usize];
        let mut dock = Dock::new(ctx, &mut self.panels, self.picture.take());
        layout.tree.ui(&mut dock, ui);
        let DockOutcome { was_edited, wants_reset, exports, picture } = dock.finish();
        self.picture = picture;
        if was_edited {
            layout.fitted = None;
        }
        if wants_reset {
            self.reset_layout();
        }
        if ctx.selection.take_shall_show_ticket() {
            self.show_ticket();
        }
        let was_planned = self.panels.hedge.take_was_edited();
        WorkspaceResponse { was_edited: was_edited || wants_reset || was_planned, exports }
    }

    /// Brings the ticket to the front of its tabs; turns to the trader's workspace where this one has no room for it.
    fn show_ticket(&mut self) {
        if !self.is_visible(Panel::Ticket) {
            self.shown = WorkspaceName::Trader;
        }
        let tree = &mut self.layouts[self.shown as usize].tree;
        tree.make_active(|_, tile| matches!(tile, Tile::Pane(Panel::Ticket)));
    }
}
