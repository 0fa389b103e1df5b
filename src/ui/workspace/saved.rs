//! The layout as settings keep it: nested rows, columns and tabs of panel names. A name that this version does not know is left
//! out, a layout in which nothing is left is none: a file of another version never stops the window from opening.

use std::collections::BTreeSet;

use egui::Id;
use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Panel;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Node {
    Panel(String),
    Tabs { active: usize, children: Vec<Node> },
    Row(Vec<(f32, Node)>),
    Column(Vec<(f32, Node)>),
}

/// Null for an empty tree.
pub fn write(tree: &Tree<Panel>) -> Value {
    tree.root()
        .and_then(|root| node_of(&tree.tiles, root))
        .and_then(|node| serde_json::to_value(node).ok())
        .unwrap_or_default()
}

/// `None` when the value is not a layout or names no panel that exists.
pub fn read(saved: &Value, id: Id) -> Option<Tree<Panel>> {
    let node = Node::deserialize(saved).ok()?;
    let mut tiles = Tiles::default();
    let root = tile_of(&node, &mut tiles, &mut BTreeSet::new())?;
    Some(Tree::new(id, root, tiles))
}

fn node_of(tiles: &Tiles<Panel>, id: TileId) -> Option<Node> {
    Some(match tiles.get(id)? {
        Tile::Pane(panel) => Node::Panel(panel.key().to_owned()),
        Tile::Container(Container::Tabs(tabs)) => Node::Tabs {
            active: tabs.children.iter().position(|child| Some(*child) == tabs.active).unwrap_or(0),
            children: tabs.children.iter().filter_map(|&child| node_of(tiles, child)).collect(),
        },
        Tile::Container(Container::Linear(linear)) => {
            let children =
                linear.children.iter().filter_map(|&c| Some((linear.shares[c].round(), node_of(tiles, c)?))).collect();
            match linear.dir {
                LinearDir::Horizontal => Node::Row(children),
                LinearDir::Vertical => Node::Column(children),
            }
        }
        Tile::Container(grid @ Container::Grid(_)) => {
            Node::Row(grid.children().filter_map(|&child| Some((1.0, node_of(tiles, child)?))).collect())
        }
    })
}

/// Adds the known and not yet placed panels below `node`; `None` when there are none.
fn tile_of(node: &Node, tiles: &mut Tiles<Panel>, placed: &mut BTreeSet<Panel>) -> Option<TileId> {
    match node {
        Node::Panel(key) => {
            let panel = Panel::from_key(key)?;
            placed.insert(panel).then(|| tiles.insert_pane(panel))
        }
        Node::Tabs { active, children } => {
            let children: Vec<TileId> = children.iter().filter_map(|child| tile_of(child, tiles, placed)).collect();
            let active = children.get(*active).or(children.first()).copied()?;
            Some(tiles.insert_container(Container::Tabs(Tabs { children, active: Some(active) })))
        }
        Node::Row(children) => line_of(LinearDir::Horizontal, children, tiles, placed),
        Node::Column(children) => line_of(LinearDir::Vertical, children, tiles, placed),
    }
}

fn line_of(
    dir: LinearDir,
    children: &[(f32, Node)],
    tiles: &mut Tiles<Panel>,
    placed: &mut BTreeSet<Panel>,
) -> Option<TileId> {
    let children: Vec<(f32, TileId)> =
        children.iter().filter_map(|(share, child)| Some((*share, tile_of(child, tiles, placed)?))).collect();
    if children.is_empty() {
        return None;
    }
    let mut linear = Linear::new(dir, children.iter().map(|(_, child)| *child).collect());
    for (share, child) in children {
        linear.shares.set_share(child, if share.is_finite() && share > 0.0 { share } else { 1.0 });
    }
    Some(tiles.insert_container(Container::Linear(linear)))
}
