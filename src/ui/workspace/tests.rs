//! The docked layout: what each window size shows, and that saved and foreign layouts load.

use egui::vec2;
use serde_json::json;

use super::*;

/// The panels that are shown at a size of the docking area.
fn shown_at(size: Vec2) -> Vec<Panel> {
    let mut workspace = Workspaces::default();
    layout::choose_visible(&mut workspace.layouts[0].tree, size);
    Panel::ALL.into_iter().filter(|panel| workspace.is_visible(*panel)).collect()
}

/// The docking area of a window.
fn docking(width: f32, height: f32) -> Vec2 {
    vec2(width - 8.0, height - 112.0)
}

#[test]
fn the_full_window_shows_everything_at_the_drawn_sizes() {
    let mut workspace = Workspaces::default();
    assert_eq!(shown_at(docking(1920.0, 1080.0)), Panel::ALL[..10]);
    let tree = &mut workspace.layouts[0].tree;
    fit::fit_tree(tree, layout::NOMINAL);
    assert_eq!(*tree, layout::trader(tree.id()), "the default shares are already what fits");
}

#[test]
fn a_narrow_window_drops_in_the_written_order() {
    let dropped = |width: f32| -> Vec<Panel> {
        let shown = shown_at(docking(width, 1080.0));
        [Panel::Depth, Panel::Curve, Panel::Heatmap, Panel::LadderB]
            .into_iter()
            .filter(|panel| !shown.contains(panel))
            .collect()
    };
    assert_eq!(dropped(1920.0), []);
    assert_eq!(dropped(1800.0), [Panel::Depth]);
    assert_eq!(dropped(1740.0), [Panel::Depth, Panel::Curve]);
    assert_eq!(dropped(1600.0), [Panel::Depth, Panel::Curve, Panel::Heatmap]);
    assert_eq!(dropped(1440.0), [Panel::Depth, Panel::Curve, Panel::Heatmap]);
    assert_eq!(dropped(1280.0), [Panel::Depth, Panel::Curve, Panel::Heatmap, Panel::LadderB]);
    let small = shown_at(docking(1280.0, 800.0));
    assert_eq!(small, [Panel::Market, Panel::LadderA, Panel::Ticket, Panel::Tape, Panel::Blotter]);
}

#[test]
fn a_layout_survives_saving() {
    let mut workspace = Workspaces::default();
    layout::choose_visible(&mut workspace.layouts[0].tree, docking(1280.0, 800.0));
    workspace.show(WorkspaceName::Curve);
    let saved = workspace.to_saved();
    let restored = Workspaces::from_saved(&saved);
    assert_eq!(restored.to_saved(), saved);
    assert_eq!(restored.shown(), WorkspaceName::Curve);
    for panel in Panel::ALL {
        let is_there = restored.layouts.iter().any(|layout| layout.tree.tiles.find_pane(&panel).is_some());
        assert!(is_there, "{panel:?} was lost");
    }
}

#[test]
fn a_foreign_layout_never_stops_the_window() {
    let default = Workspaces::default().to_saved();
    for broken in [json!(null), json!({}), json!("tree"), json!({ "panel": "unheard of" }), json!({ "row": [] })] {
        let broken = json!({ "trader": broken, "shown": "casino" });
        assert_eq!(Workspaces::from_saved(&broken).to_saved(), default, "{broken}");
    }
    let tabs = json!({ "tabs": { "active": 7, "children": [{ "panel": "tape" }, { "panel": "tape" }, { "panel": "curve" }] } });
    let newer = json!({ "row": [[300.0, { "panel": "scenario" }], [500.0, tabs]] });
    let restored = Workspaces::from_saved(&json!({ "trader": newer }));
    let text = restored.to_saved()["trader"].to_string();
    assert!(text.contains("tape") && text.contains("curve") && !text.contains("scenario"), "{text}");
    assert_eq!(text.matches("tape").count(), 1, "a panel exists once");
}

#[test]
fn keys_are_stable_and_distinct() {
    for panel in Panel::ALL {
        assert_eq!(Panel::from_key(panel.key()), Some(panel));
    }
    assert_eq!(Panel::from_key("audit"), None);
}

#[test]
fn the_curve_workspace_keeps_its_curve_in_any_window() {
    let shown = |width: f32, height: f32| -> Vec<Panel> {
        let mut workspace = Workspaces::default();
        workspace.show(WorkspaceName::Curve);
        layout::choose_visible(&mut workspace.layouts[1].tree, docking(width, height));
        Panel::ALL.into_iter().filter(|panel| workspace.is_visible(*panel)).collect()
    };
    let all = [Panel::Ticket].into_iter().chain(Panel::ALL.into_iter().skip(10)).collect::<Vec<_>>();
    assert_eq!(shown(1920.0, 1080.0), all);
    assert_eq!(shown(1280.0, 820.0), [Panel::CurveDesk, Panel::Spreads, Panel::Spark, Panel::Hedge]);
    assert_eq!(shown(1280.0, 720.0), [Panel::CurveDesk, Panel::Spreads]);
    assert_eq!(shown(1024.0, 640.0), [Panel::CurveDesk]);
}
