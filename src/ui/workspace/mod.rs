//! The Trader workspace: docked panels that can be resized, dragged and stacked as tabs, and the link groups they follow. What a
//! small window cannot show at a usable size is left out in a fixed order, and comes back when there is room.

mod dock;
mod fit;
mod layout;
mod saved;
#[cfg(test)]
mod tests;

use egui::{Id, Ui, Vec2};
use egui_tiles::Tree;
use serde_json::Value;

use super::context::PanelContext;
use dock::{Dock, Panels};

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
}

impl Panel {
    pub const ALL: [Self; 10] = [
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
        }
    }
}

/// What the docking area asks of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceResponse {
    /// The layout was changed by hand: worth saving.
    pub was_edited: bool,
}

pub struct Workspace {
    tree: Tree<Panel>,
    panels: Panels,
    /// What the shares were last fitted to.
    fitted: Option<Vec2>,
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspace").field("tree", &self.tree).finish_non_exhaustive()
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self { tree: layout::trader(tree_id()), panels: Panels::default(), fitted: None }
    }
}

fn tree_id() -> Id {
    Id::unique("tenor workspace")
}

impl Workspace {
    /// Restores a layout; the default one when the value is not usable.
    pub fn from_saved(saved: &Value) -> Self {
        saved::read(saved, tree_id()).map_or_else(Self::default, |tree| Self { tree, ..Self::default() })
    }

    /// The layout as the settings keep it.
    pub fn to_saved(&self) -> Value {
        saved::write(&self.tree)
    }

    pub fn reset_layout(&mut self) {
        self.tree = layout::trader(tree_id());
        self.fitted = None;
    }

    pub fn panels(&self) -> &Panels {
        &self.panels
    }

    pub fn panels_mut(&mut self) -> &mut Panels {
        &mut self.panels
    }

    /// Whether there is room for it now, stacked below another tab or not.
    pub fn is_visible(&self, panel: Panel) -> bool {
        self.tree.tiles.find_pane(&panel).is_some_and(|tile| self.tree.is_visible_in_layout(tile))
    }

    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> WorkspaceResponse {
        let size = ui.available_rect_before_wrap().size();
        if self.fitted != Some(size) {
            layout::choose_visible(&mut self.tree, size);
            fit::fit_tree(&mut self.tree, size);
            self.fitted = Some(size);
        }
        self.panels.blotter.set_positions_apart(self.is_visible(Panel::Positions));
        let mut dock = Dock::new(ctx, &mut self.panels);
        self.tree.ui(&mut dock, ui);
        let (was_edited, wants_reset) = (dock.was_edited(), dock.wants_reset());
        if was_edited {
            self.fitted = None;
        }
        if wants_reset {
            self.reset_layout();
        }
        WorkspaceResponse { was_edited: was_edited || wants_reset }
    }
}
