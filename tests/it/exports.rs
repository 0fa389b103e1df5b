//! Panels taken out of the window through their menus: rows that parse back, pictures of the panel's size, drawings whose text is what
//! the panel says.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{OutputCommand, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use quick_xml::events::Event as Xml;
use tenor::app::export::{Exports, Wait};
use tenor::domain::price_list::SpotPrices;
use tenor::spot::csv;
use tenor::spot::embedded;
use tenor::spot::listing::{self, Dated};
use tenor::ui::export::{Content, Drawing, Export, PictureKind};
use tenor::ui::screen::AppRequest;
use tenor::ui::workspace_name::WorkspaceName;

use crate::panels_b::{Window, dark, window};
use crate::screen::{self, Sample};

const SIZE: Vec2 = vec2(1_920.0, 1_080.0);

fn sample() -> Sample {
    let mut sample = screen::sample();
    let reading = embedded::rental_prices().unwrap();
    let prices = listing::rental(&[Dated { reading, dated: embedded::RENTAL_DATED.into() }]);
    let mut spot = SpotPrices::default();
    spot.rental = Some(Arc::new(prices));
    sample.view.spot = Arc::new(spot);
    sample
}

fn harness(name: WorkspaceName) -> Harness<'static, Window> {
    let mut harness = window(&sample(), &dark(), SIZE);
    harness.state_mut().screen.show(name);
    harness.run_steps(3);
    harness.state_mut().requests.clear();
    harness
}

/// Clicks a line of a panel's menu.
fn choose(harness: &mut Harness<'static, Window>, panel: &str, line: &str) {
    harness.get_by_label(&format!("Menu of {panel}")).click();
    harness.run_steps(3);
    harness.get_by_label(line).click();
    harness.step();
}

fn exported(harness: &mut Harness<'static, Window>) -> Export {
    harness.run_steps(3);
    let requests = &harness.state().requests;
    let docked = |request: &AppRequest| matches!(request, AppRequest::SaveLayout(_));
    assert!(!requests.iter().any(docked), "a click on a menu moves no panel");
    let exports = requests.iter().filter_map(|request| match request {
        AppRequest::Export(export) => Some(export.clone()),
        _ => None,
    });
    let all: Vec<Export> = exports.collect();
    assert_eq!(all.len(), 1, "one click, one file");
    all.into_iter().next().unwrap()
}

fn drawing(workspace: WorkspaceName, panel: &str, kind: PictureKind) -> (Harness<'static, Window>, Export) {
    let mut harness = harness(workspace);
    choose(&mut harness, panel, &format!("Export {}", kind.name()));
    let export = exported(&mut harness);
    (harness, export)
}

/// Writes an export into a folder of its own and reads the file.
fn file_of(harness: &Harness<'static, Window>, export: Export) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let mut exports = Exports::default();
    let ground = dark().tokens.bg0;
    exports.start(&harness.ctx, export, folder.path().to_owned(), screen::now().utc, ground).unwrap();
    let [written] = exports.finished(Wait::Yes).try_into().unwrap();
    let path = written.unwrap();
    (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
}

#[test]
fn rows_parse_back_and_equal_the_copy() {
    let mut rows_of = Vec::new();
    for (workspace, panels) in [
        (WorkspaceName::Curve, vec!["Spot rental board", "Calendar spreads", "Inference spark spread"]),
        (WorkspaceName::Trader, vec!["Market", "Time and sales"]),
    ] {
        for panel in panels {
            let mut harness = harness(workspace);
            choose(&mut harness, panel, "Copy as text");
            let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            });
            let copied = copied.unwrap_or_else(|| panic!("{panel} copies nothing"));
            choose(&mut harness, panel, "Export CSV");
            let Content::Rows(text) = exported(&mut harness).content else { panic!("{panel} exports no rows") };
            let rows: Vec<Vec<String>> = csv::records(&text).into_iter().map(|record| record.fields).collect();
            let same: Vec<Vec<String>> =
                copied.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect();
            assert_eq!(rows, same, "{panel}");
            assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{panel}");
            rows_of.push((panel, rows.len()));
        }
    }
    assert!(rows_of.iter().all(|(_, rows)| *rows > 3), "{rows_of:?}");
}

#[test]
fn a_picture_has_the_panels_size_and_looks_like_it() {
    let (mut harness, export) = drawing(WorkspaceName::Curve, "Spot rental board", PictureKind::Png);
    let Content::Picture(PictureKind::Png, drawing) = &export.content else { panic!("no picture") };
    let size = drawing.size;
    assert_eq!(export.panel, "rental");
    let (name, bytes) = file_of(&harness, export.clone());
    assert_eq!(name, "tenor-rental-20261120T154207Z.png");
    let image = image::load_from_memory(&bytes).unwrap().to_rgba8();
    assert_eq!(image.dimensions(), (size.x.round() as u32, size.y.round() as u32));
    // As the window showed it, but for the letters, which are laid out one by one.
    harness.run_steps(2);
    let window = harness.render().unwrap();
    let title = harness.get_by_label("Move Spot rental board").rect();
    let (left, top) = (title.min.x.round() as u32, title.min.y.round() as u32);
    let differs = |(x, y, pixel): &(u32, u32, &image::Rgba<u8>)| {
        let shown = window.get_pixel(left + x, top + y);
        shown.0.iter().zip(pixel.0).any(|(a, b)| a.abs_diff(b) > 48)
    };
    let different = image.enumerate_pixels().filter(differs).count();
    assert!(different < image.len() / 4 / 25, "{different} pixels of {} differ", image.len() / 4);
    let mut results = egui_kittest::SnapshotResults::new();
    results.add(egui_kittest::try_image_snapshot(&image, "export_rental"));
    results.unwrap();
}

/// All text of a well-formed document, and how often each element stands in it.
fn texts(svg: &str) -> (BTreeSet<String>, Vec<String>) {
    let mut reader = quick_xml::Reader::from_str(svg);
    let (mut texts, mut elements, mut depth) = (BTreeSet::new(), Vec::new(), 0);
    let mut text = None;
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(start) => {
                depth += 1;
                elements.push(String::from_utf8(start.name().as_ref().to_vec()).unwrap());
                text = (start.name().as_ref() == b"text").then(String::new);
            }
            Xml::Empty(empty) => elements.push(String::from_utf8(empty.name().as_ref().to_vec()).unwrap()),
            Xml::End(_) => {
                depth -= 1;
                texts.extend(text.take());
            }
            Xml::Text(part) => {
                if let Some(text) = &mut text {
                    text.push_str(&part.decode().unwrap());
                }
            }
            Xml::GeneralRef(name) => {
                if let Some(text) = &mut text {
                    let name = name.decode().unwrap().into_owned();
                    text.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap());
                }
            }
            Xml::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element is closed");
    (texts, elements)
}

#[test]
fn a_drawing_is_well_formed_and_says_what_the_panel_says() {
    let (harness, export) = drawing(WorkspaceName::Curve, "Spot rental board", PictureKind::Svg);
    let (name, bytes) = file_of(&harness, export);
    assert_eq!(name, "tenor-rental-20261120T154207Z.svg");
    let svg = String::from_utf8(bytes).unwrap();
    let (texts, elements) = texts(&svg);
    let prices = &harness.state().view.spot;
    let board = &prices.rental.as_ref().unwrap().boards[0];
    for row in board.providers.iter().take(8) {
        assert!(texts.contains(&*row.name), "{} is not in {texts:?}", row.name);
        let median = tenor::ui::format::price(row.median, row.median.decimals().max(2));
        assert!(texts.contains(&median), "{median} is not in {texts:?}");
    }
    for words in ["Spot rental board", "Provider", "median 2.35", "index 2.81"] {
        assert!(texts.contains(words), "{words} is not in {texts:?}");
    }
    // Text is painted as outlines; the words themselves are not.
    let painted = svg.lines().filter(|line| line.starts_with("<text")).all(|line| line.contains("fill=\"none\""));
    assert!(painted && elements.iter().filter(|element| *element == "path").count() > texts.len());
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn what_is_made_of_pixels_stays_in_the_drawing() {
    for (panel, has_image) in [("Liquidity", true), ("Market", false)] {
        let (harness, export) = drawing(WorkspaceName::Trader, panel, PictureKind::Svg);
        let (_, bytes) = file_of(&harness, export);
        let svg = String::from_utf8(bytes).unwrap();
        let (texts, elements) = texts(&svg);
        assert_eq!(elements.iter().any(|element| element == "image"), has_image, "{panel}");
        assert!(texts.len() > 5, "{panel}: {texts:?}");
        assert!(has_image || texts.contains("2.78"), "a price of two inks is one word: {texts:?}");
    }
}

#[test]
fn nothing_of_a_neighbour_is_taken() {
    let (_, export) = drawing(WorkspaceName::Trader, "Market", PictureKind::Svg);
    let Content::Picture(_, Drawing { size, shapes, .. }) = export.content else { panic!("no picture") };
    assert!(shapes.len() > 50, "text and lines one by one: {}", shapes.len());
    let area = egui::Rect::from_min_size(egui::Pos2::ZERO, size).expand(0.5);
    assert!(shapes.iter().all(|shape| area.contains_rect(shape.clip_rect) || !shape.clip_rect.is_positive()));
}
