//! The workspaces as they are first seen, and what a small window leaves out.

use egui::{Id, Vec2, vec2};
use egui_tiles::{Container, Linear, LinearDir, TileId, Tiles, Tree};

use super::Panel;
use super::fit::{self, GUTTER};

/// Size of the docking area the shares below are written for: a window of 1920 × 1080.
pub const NOMINAL: Vec2 = vec2(1912.0, 968.0);

/// What a narrow or low window leaves out, first to last; what stands in one place goes together.
const TRADER_DROPS: [&[Panel]; 4] = [&[Panel::Depth], &[Panel::Curve], &[Panel::Heatmap], &[Panel::LadderB]];
const CURVE_DROPS: [&[Panel]; 5] = [
    &[Panel::Rental, Panel::Tokens],
    &[Panel::ProductSpread],
    &[Panel::Basis, Panel::Ticket],
    &[Panel::Spark, Panel::Hedge],
    &[Panel::Spreads],
];
/// Below this width positions are a tab of the blotter.
const POSITIONS_WIDTH: f32 = 1_440.0;

pub fn trader(id: Id) -> Tree<Panel> {
    let mut tiles = Tiles::default();
    let orders = {
        let parts = [(348.0, Panel::Ticket), (426.0, Panel::Tape)].map(|(h, panel)| (h, tiles.insert_pane(panel)));
        line(&mut tiles, LinearDir::Vertical, &parts)
    };
    let charts = {
        let parts = [(226.0, Panel::Curve), (326.0, Panel::Heatmap), (218.0, Panel::Depth)]
            .map(|(h, panel)| (h, tiles.insert_pane(panel)));
        line(&mut tiles, LinearDir::Vertical, &parts)
    };
    let top = {
        let [market, ladder_a, ladder_b] =
            [Panel::Market, Panel::LadderA, Panel::LadderB].map(|panel| tiles.insert_pane(panel));
        let parts = [(398.0, market), (376.0, ladder_a), (376.0, ladder_b), (282.0, orders), (464.0, charts)];
        line(&mut tiles, LinearDir::Horizontal, &parts)
    };
    let bottom = {
        let parts =
            [(1_158.0, Panel::Blotter), (750.0, Panel::Positions)].map(|(w, panel)| (w, tiles.insert_pane(panel)));
        line(&mut tiles, LinearDir::Horizontal, &parts)
    };
    let root = line(&mut tiles, LinearDir::Vertical, &[(NOMINAL.y - 186.0 - GUTTER, top), (186.0, bottom)]);
    Tree::new(id, root, tiles)
}

pub fn curve(id: Id) -> Tree<Panel> {
    let mut tiles = Tiles::default();
    let below = {
        let tabs = tiles_of(&mut tiles, &[Panel::Basis, Panel::Ticket]);
        let spark = tiles_of(&mut tiles, &[Panel::Spark, Panel::Hedge]);
        line(&mut tiles, LinearDir::Horizontal, &[(620.0, spark), (524.0, tabs)])
    };
    let desk = tiles.insert_pane(Panel::CurveDesk);
    let left = line(&mut tiles, LinearDir::Vertical, &[(652.0, desk), (312.0, below)]);
    let right = {
        let boards = tiles_of(&mut tiles, &[Panel::Rental, Panel::Tokens]);
        let [spreads, product] = [Panel::Spreads, Panel::ProductSpread].map(|panel| tiles.insert_pane(panel));
        let parts = [(424.0, spreads), (224.0, product), (312.0, boards)];
        line(&mut tiles, LinearDir::Vertical, &parts)
    };
    let root = line(&mut tiles, LinearDir::Horizontal, &[(1_148.0, left), (760.0, right)]);
    Tree::new(id, root, tiles)
}

/// Panels in one place, the first on top.
fn tiles_of(tiles: &mut Tiles<Panel>, panels: &[Panel]) -> TileId {
    let panes = panels.iter().map(|panel| tiles.insert_pane(*panel)).collect();
    tiles.insert_tab_tile(panes)
}

fn line(tiles: &mut Tiles<Panel>, dir: LinearDir, parts: &[(f32, TileId)]) -> TileId {
    let mut linear = Linear::new(dir, parts.iter().map(|(_, id)| *id).collect());
    for &(share, id) in parts {
        linear.shares.set_share(id, share);
    }
    tiles.insert_container(Container::Linear(linear))
}

/// Shows what fits into `size` at a usable width and hides the rest, in the order written above.
pub fn choose_visible(tree: &mut Tree<Panel>, size: Vec2) {
    set_visible(tree, Panel::Positions, size.x >= POSITIONS_WIDTH);
    let is_curve = tree.tiles.find_pane(&Panel::CurveDesk).is_some();
    let drops: &[&[Panel]] = if is_curve { &CURVE_DROPS } else { &TRADER_DROPS };
    for panel in drops.concat() {
        set_visible(tree, panel, true);
    }
    for place in drops {
        let min = fit::min_tree_size(tree);
        if min.x <= size.x && min.y <= size.y {
            return;
        }
        for panel in *place {
            set_visible(tree, *panel, false);
        }
    }
}

fn set_visible(tree: &mut Tree<Panel>, panel: Panel, is_visible: bool) {
    if let Some(tile) = tree.tiles.find_pane(&panel) {
        tree.set_visible(tile, is_visible);
    }
}
