//! Sizes of docked panels. Shares of the tree are kept in points, so that a window that grows gives its room to the panels that
//! can use it and a ladder never becomes narrower than its columns; a drag of a boundary moves points from one side to the other.

use egui::{Vec2, vec2};
use egui_tiles::{Container, LinearDir, Tile, TileId, Tiles, Tree};

use super::Panel;

/// Between panels, and around them.
pub const GUTTER: f32 = 4.0;
/// Of a container with tabs.
pub const TAB_BAR: f32 = 26.0;

/// The smallest size a panel is of use at.
pub const fn min_size(panel: Panel) -> Vec2 {
    match panel {
        Panel::Market => vec2(398.0, 160.0),
        Panel::LadderA | Panel::LadderB => vec2(376.0, 260.0),
        Panel::Ticket => vec2(268.0, 346.0),
        Panel::Tape => vec2(240.0, 84.0),
        Panel::Depth => vec2(380.0, 150.0),
        Panel::Curve => vec2(320.0, 140.0),
        Panel::Heatmap => vec2(260.0, 150.0),
        Panel::Blotter => vec2(480.0, 106.0),
        Panel::Positions => vec2(560.0, 106.0),
        Panel::CurveDesk => vec2(560.0, 360.0),
        Panel::Spreads => vec2(640.0, 380.0),
        Panel::Spark => vec2(560.0, 286.0),
        Panel::Rental | Panel::Tokens => vec2(520.0, 200.0),
        Panel::Basis => vec2(400.0, 262.0),
        Panel::ProductSpread => vec2(560.0, 160.0),
        Panel::Hedge => vec2(600.0, 280.0),
    }
}

/// Takes spare room, in each direction.
const fn is_flexible(panel: Panel, dir: LinearDir) -> bool {
    match dir {
        LinearDir::Horizontal => {
            matches!(panel, Panel::Curve | Panel::Heatmap | Panel::Depth | Panel::Blotter | Panel::CurveDesk)
        }
        LinearDir::Vertical => !matches!(panel, Panel::Ticket | Panel::Blotter | Panel::Positions),
    }
}

/// What a tile and all below it ask for.
#[derive(Clone, Copy, Debug, Default)]
struct Wants {
    min: Vec2,
    flexible_x: bool,
    flexible_y: bool,
}

fn wants(tiles: &Tiles<Panel>, id: TileId) -> Wants {
    match tiles.get(id) {
        None => Wants::default(),
        Some(Tile::Pane(panel)) => Wants {
            min: min_size(*panel),
            flexible_x: is_flexible(*panel, LinearDir::Horizontal),
            flexible_y: is_flexible(*panel, LinearDir::Vertical),
        },
        Some(Tile::Container(container)) => {
            let children: Vec<Wants> =
                visible_children(tiles, container).into_iter().map(|c| wants(tiles, c)).collect();
            let mut all = Wants {
                min: Vec2::ZERO,
                flexible_x: children.iter().any(|c| c.flexible_x),
                flexible_y: children.iter().any(|c| c.flexible_y),
            };
            let gaps = GUTTER * children.len().saturating_sub(1) as f32;
            let widest = children.iter().map(|c| c.min.x).fold(0.0, f32::max);
            let highest = children.iter().map(|c| c.min.y).fold(0.0, f32::max);
            all.min = match direction(container) {
                Some(LinearDir::Horizontal) => vec2(children.iter().map(|c| c.min.x).sum::<f32>() + gaps, highest),
                Some(LinearDir::Vertical) => vec2(widest, children.iter().map(|c| c.min.y).sum::<f32>() + gaps),
                // What stands behind the first tab makes do with its room.
                None => vec2(widest, children.first().map_or(0.0, |first| first.min.y) + TAB_BAR),
            };
            all
        }
    }
}

fn direction(container: &Container) -> Option<LinearDir> {
    match container {
        Container::Linear(linear) => Some(linear.dir),
        Container::Tabs(_) | Container::Grid(_) => None,
    }
}

fn visible_children(tiles: &Tiles<Panel>, container: &Container) -> Vec<TileId> {
    container.children().copied().filter(|&child| tiles.is_visible_in_layout(child)).collect()
}

/// The smallest size at which everything visible can be used.
pub fn min_tree_size(tree: &Tree<Panel>) -> Vec2 {
    tree.root().map_or(Vec2::ZERO, |root| wants(&tree.tiles, root).min)
}

/// Sets every share to the points its tile shall have in a tree of `size`.
pub fn fit_tree(tree: &mut Tree<Panel>, size: Vec2) {
    if let Some(root) = tree.root() {
        fit_tile(&mut tree.tiles, root, size);
    }
}

fn fit_tile(tiles: &mut Tiles<Panel>, id: TileId, size: Vec2) {
    let Some(Tile::Container(container)) = tiles.get(id) else { return };
    let children = visible_children(tiles, container);
    let Container::Linear(linear) = container else {
        let below = size - vec2(0.0, TAB_BAR);
        for child in children {
            fit_tile(tiles, child, below);
        }
        return;
    };
    let dir = linear.dir;
    let is_row = dir == LinearDir::Horizontal;
    let parts: Vec<Part> = children
        .iter()
        .map(|&child| {
            let wants = wants(tiles, child);
            Part {
                size: linear.shares[child],
                min: if is_row { wants.min.x } else { wants.min.y },
                is_flexible: if is_row { wants.flexible_x } else { wants.flexible_y },
            }
        })
        .collect();
    let along = if is_row { size.x } else { size.y };
    let fitted = fit(&parts, along - GUTTER * children.len().saturating_sub(1) as f32);
    if let Some(Tile::Container(Container::Linear(linear))) = tiles.get_mut(id) {
        for (&child, &points) in children.iter().zip(&fitted) {
            linear.shares.set_share(child, points);
        }
    }
    for (child, points) in children.into_iter().zip(fitted) {
        fit_tile(tiles, child, if is_row { vec2(points, size.y) } else { vec2(size.x, points) });
    }
}

/// One of several neighbours along one direction, in points.
#[derive(Clone, Copy, Debug)]
struct Part {
    size: f32,
    min: f32,
    is_flexible: bool,
}

/// Sizes that add up to `room`: the flexible parts take the difference first, then the others; nobody goes below its minimum while
/// that is possible at all.
fn fit(parts: &[Part], room: f32) -> Vec<f32> {
    let room = room.max(0.0);
    let mut sizes: Vec<f32> = parts.iter().map(|part| part.size.max(part.min)).collect();
    let spare = room - sizes.iter().sum::<f32>();
    let has_flexible = parts.iter().any(|part| part.is_flexible);
    let flexible: Vec<bool> = parts.iter().map(|part| part.is_flexible || !has_flexible).collect();
    if spare >= 0.0 {
        let total: f32 = sizes.iter().zip(&flexible).filter(|(_, f)| **f).map(|(s, _)| s).sum();
        if total > 0.0 {
            for (size, _) in sizes.iter_mut().zip(&flexible).filter(|(_, f)| **f) {
                *size += spare * *size / total;
            }
        }
        return sizes;
    }
    let mut missing = -spare;
    for turn in [true, false] {
        let gives = |at: usize, size: f32| if flexible[at] == turn { (size - parts[at].min).max(0.0) } else { 0.0 };
        let total: f32 = sizes.iter().enumerate().map(|(at, &size)| gives(at, size)).sum();
        if total > 0.0 {
            let taken = missing.min(total);
            for (at, size) in sizes.iter_mut().enumerate() {
                *size -= taken * gives(at, *size) / total;
            }
            missing -= taken;
        }
    }
    if missing > 0.5 {
        let total: f32 = sizes.iter().sum();
        sizes.iter_mut().for_each(|size| *size *= room / total.max(1.0));
    }
    sizes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spare_room_goes_to_the_flexible() {
        let part = |size, min, is_flexible| Part { size, min, is_flexible };
        let parts = [part(398.0, 398.0, false), part(376.0, 376.0, false), part(464.0, 260.0, true)];
        assert_eq!(fit(&parts, 1238.0), [398.0, 376.0, 464.0]);
        assert_eq!(fit(&parts, 1338.0), [398.0, 376.0, 564.0]);
        assert_eq!(fit(&parts, 1100.0), [398.0, 376.0, 326.0]);
    }

    proptest! {
        #[test]
        fn fills_the_room_and_keeps_minima(
            parts in proptest::collection::vec((1.0_f32..800.0, 0.0_f32..400.0, any::<bool>()), 1..7),
            room in 0.0_f32..4_000.0,
        ) {
            let parts: Vec<Part> =
                parts.into_iter().map(|(size, min, is_flexible)| Part { size, min, is_flexible }).collect();
            let sizes = fit(&parts, room);
            prop_assert!((sizes.iter().sum::<f32>() - room).abs() < 1.0, "{sizes:?} in {room}");
            prop_assert!(sizes.iter().all(|size| *size >= 0.0));
            if parts.iter().map(|part| part.min).sum::<f32>() <= room {
                prop_assert!(sizes.iter().zip(&parts).all(|(size, part)| *size >= part.min - 0.5), "{sizes:?}");
            }
        }
    }
}
