//! The boards of list prices: pictures, what hands and keys do, and every figure worked out again from the offers in the view.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, OutputCommand, Rect, Vec2, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, SnapshotResults};
use tenor::domain::command::Intent;
use tenor::domain::number::Price;
use tenor::domain::price_list::{PriceAsk, PriceList, Progress, Refresh, RentalPrices, SpotPrices, TokenPrices};
use tenor::domain::spot::{Gpu, IndexUse, RentalMode, RentalOffer};
use tenor::spot::listing::{self, Dated};
use tenor::spot::{embedded, read};
use tenor::ui::context::{AsOf, PanelContext};
use tenor::ui::panels::rental::RentalPanel;
use tenor::ui::panels::tokens::TokensPanel;

use crate::panels_b::{Pictures, Stage, dark, intents, stage};
use crate::screen::{self, Sample};

const SIZE: Vec2 = vec2(760.0, 312.0);
/// With room for every row.
const TALL: Vec2 = vec2(760.0, 360.0);
/// A person's own list: three sellers whose terms forbid index use, and a reseller of one of them.
const OWN: &str = "provider,gpu,mode,price_per_gpu_hour,gpus,instance,region,upstream,source,as_of
Vast,H100,on demand,1.86,1,1x,eu,,my notes,2026-11-18
Vast,H100,on demand,2.00,1,1x,us,,my notes,2026-11-18
Vast,H100,on demand,2.27,8,8x,us,,my notes,2026-11-18
RunPod,H100,on demand,2.89,1,secure,us,,my notes,2026-11-19
RunPod,H100,on demand,3.29,1,secure,eu,,my notes,2026-11-19
Shadeform,H100,on demand,2.73,1,1x,us,lambda,my notes,2026-11-19
Shadeform,H100,on demand,5.99,8,8x,us,lambda,my notes,2026-11-19
Vast,H200,on demand,3.10,1,1x,us,,my notes,2026-11-19
";

fn p(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn rental() -> RentalPrices {
    let embedded = Dated { reading: embedded::rental_prices().unwrap(), dated: embedded::RENTAL_DATED.into() };
    let reading = read::rental("", OWN.as_bytes()).unwrap();
    let dated = listing::dated_by_rows(&reading.rows);
    listing::rental(&[embedded, Dated { reading, dated }])
}

fn tokens() -> TokenPrices {
    listing::tokens(Dated { reading: embedded::token_prices().unwrap(), dated: embedded::TOKENS_DATED.into() })
}

fn sample() -> Sample {
    let mut sample = screen::sample();
    let mut spot = SpotPrices::default();
    (spot.rental, spot.tokens) = (Some(Arc::new(rental())), Some(Arc::new(tokens())));
    sample.view.spot = Arc::new(spot);
    sample
}

fn with_refresh(list: PriceList, refresh: Refresh) -> Sample {
    let mut sample = sample();
    Arc::make_mut(&mut sample.view.spot).set_refresh(list, refresh);
    sample
}

fn rental_ui(part: &mut RentalPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

fn tokens_ui(part: &mut TokensPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

/// The board of a window that looks back.
fn rental_then(part: &mut RentalPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    ctx.look_at(AsOf::Past(screen::now().utc - Duration::from_secs(30 * 86_400)));
    part.ui(ui, ctx);
}

fn rental_stage(sample: &Sample) -> Harness<'static, Stage<RentalPanel>> {
    stage(RentalPanel::default(), rental_ui, sample, &dark(), TALL)
}

fn tokens_stage(sample: &Sample) -> Harness<'static, Stage<TokensPanel>> {
    stage(TokensPanel::default(), tokens_ui, sample, &dark(), SIZE)
}

fn filtered(filter: &'static str) -> impl Fn() -> TokensPanel {
    move || {
        let mut part = TokensPanel::default();
        part.set_filter(filter);
        part
    }
}

#[test]
fn pictures_of_the_boards() {
    let mut pictures = Pictures::new(sample());
    pictures.take("rental", RentalPanel::default, rental_ui, SIZE);
    pictures.take("rental_narrow", RentalPanel::default, rental_ui, vec2(460.0, 260.0));
    pictures.take("rental_then", RentalPanel::default, rental_then, SIZE);
    pictures.take("tokens", filtered("gpt-5.5"), tokens_ui, SIZE);
    pictures.take("tokens_all", TokensPanel::default, tokens_ui, SIZE);
    pictures.take("tokens_none", filtered("no such model"), tokens_ui, SIZE);
    pictures.results.unwrap();
}

#[test]
fn pictures_of_boards_without_prices() {
    let mut pictures = Pictures::new(screen::sample());
    pictures.take("rental_empty", RentalPanel::default, rental_ui, SIZE);
    pictures.take("tokens_empty", TokensPanel::default, tokens_ui, SIZE);
    pictures.results.unwrap();
}

#[test]
fn a_picture_of_a_refresh_that_failed() {
    let why = "The rental prices are those from before: raw.githubusercontent.com answered 404.";
    let mut failed = Pictures::new(with_refresh(PriceList::Rental, Refresh::Failed(why.into())));
    failed.take("rental_failed", RentalPanel::default, rental_ui, SIZE);
    failed.results.unwrap();
}

#[test]
fn a_picture_of_a_refresh_that_runs() {
    let progress = Progress { document: 3, documents: 11, received_bytes: 1_300_000, expected_bytes: None };
    let mut running = Pictures::new(with_refresh(PriceList::Rental, Refresh::Running(progress)));
    running.take("rental_refresh", RentalPanel::default, rental_ui, SIZE);
    running.results.unwrap();
}

#[test]
fn pictures_of_what_lies_behind_a_row() {
    let sample = sample();
    let mut results = SnapshotResults::new();
    let mut board = stage(RentalPanel::default(), rental_ui, &sample, &dark(), vec2(760.0, 520.0));
    board.get_by_label_contains("Prime Intellect:").hover();
    board.run_steps(3);
    results.add(board.try_snapshot("rental_hover_dark"));
    let mut board = stage(filtered("gpt-5.5 openai")(), tokens_ui, &sample, &dark(), vec2(760.0, 420.0));
    board.get_all_by_role(Role::Row).next().unwrap().hover();
    board.run_steps(3);
    results.add(board.try_snapshot("tokens_hover_dark"));
    results.unwrap();
}

/// What a screen reader says of a node.
fn said(node: &egui_kittest::Node<'_>) -> String {
    let node = node.accesskit_node();
    node.label().or(node.value()).unwrap()
}

/// The mean of the middle two, or the middle one, by counting.
fn median(prices: &[Price]) -> Price {
    let mut sorted: Vec<i64> = prices.iter().map(|price| price.0).collect();
    sorted.sort_unstable();
    let half = sorted.len() / 2;
    Price(if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2 })
}

/// Dollars as a person writes them.
fn shown(price: Price) -> String {
    let (whole, part) = (price.0 / 1_000_000_000, price.0 % 1_000_000_000);
    let digits = format!("{part:09}");
    let kept = digits.trim_end_matches('0').len().max(2);
    format!("{whole}.{}", &digits[..kept])
}

/// Offers of one GPU and mode, by seller and whether they count.
fn by_seller(offers: &[RentalOffer], gpu: Gpu, mode: RentalMode) -> Vec<(String, IndexUse, Vec<&RentalOffer>)> {
    let of_board: Vec<&RentalOffer> = offers.iter().filter(|offer| offer.gpu == gpu && offer.mode == mode).collect();
    let sellers: BTreeSet<_> = of_board.iter().map(|offer| (offer.provider.to_string(), offer.index_use)).collect();
    let all = |(seller, index_use): (String, IndexUse)| {
        let is_his = |offer: &&&RentalOffer| *offer.provider == *seller && offer.index_use == index_use;
        let offers = of_board.iter().filter(is_his).copied().collect();
        (seller, index_use, offers)
    };
    sellers.into_iter().map(all).collect()
}

#[test]
fn every_figure_of_the_rental_board_is_worked_out_again() {
    let sample = sample();
    let offers = &sample.view.spot.rental.as_ref().unwrap().offers;
    let board = rental_stage(&sample);
    let labels: Vec<String> = board.get_all_by_role(Role::Row).map(|row| said(&row)).collect();
    let mut counted = Vec::new();
    let sellers = by_seller(offers, Gpu::H100, RentalMode::OnDemand);
    assert_eq!(labels.len(), sellers.len());
    for (seller, index_use, offers) in &sellers {
        let distinct: BTreeSet<_> = offers.iter().map(|offer| (offer.price, &offer.instance, offer.gpus)).collect();
        let prices: Vec<Price> = distinct.iter().map(|(price, ..)| *price).collect();
        let (middle, low, high) = (median(&prices), *prices.iter().min().unwrap(), *prices.iter().max().unwrap());
        let figures =
            format!(": median {}, low {}, high {}, offers {}", shown(middle), shown(low), shown(high), prices.len());
        let mut of_seller = labels.iter().filter(|label| {
            let plain = |text: &str| text.to_lowercase().replace(' ', "");
            plain(label).starts_with(&plain(seller)) && label.contains(&figures)
        });
        let label = of_seller.next().unwrap_or_else(|| panic!("{seller}{figures} is not among {labels:#?}"));
        assert_eq!(label.contains("not counted"), *index_use == IndexUse::Forbidden, "{label}");
        if *index_use == IndexUse::Allowed {
            counted.push(middle);
        }
    }
    assert!(sellers.len() >= counted.len() + 3, "Vast, RunPod and Shadeform are shown");
    let names: Vec<&String> = sellers.iter().filter(|seller| seller.1 == IndexUse::Forbidden).map(|s| &s.0).collect();
    assert_eq!(names, ["runpod", "shadeform", "vast"]);
    let middle = median(&counted);
    board.get_by_label(&format!("median {}", shown(middle)));
    board.get_by_label("index 2.81");
    counted.sort_unstable();
    let quartile = |quarter: usize| {
        let at = (counted.len() - 1) as f64 * quarter as f64 / 4.0;
        let (low, high) = (counted[at.floor() as usize].to_f64_lossy(), counted[at.ceil() as usize].to_f64_lossy());
        low + (high - low) * at.fract()
    };
    board.get_by_label(&format!(
        "Dashed: median {} of {} providers, half in {:.2} to {:.2}",
        shown(middle),
        counted.len(),
        quartile(1),
        quartile(3)
    ));
    board.get_by_label("Index 2.81 settles H100 futures, made of no listing");
}

#[test]
fn a_row_shows_every_offer_behind_it() {
    let sample = sample();
    let mut board = rental_stage(&sample);
    board.get_by_label_contains("Vast:").hover();
    board.run_steps(2);
    let card = said(&board.get_by_role(Role::Group));
    let expected = "Offers of Vast, H100 on demand: 1.86 1x eu my notes 2026-11-18; 2.00 1x us my notes 2026-11-18; \
                    2.27 8 × 8x us my notes 2026-11-18";
    assert_eq!(card, expected);
    board.get_by_label_contains("Shadeform:").hover();
    board.run_steps(2);
    let card = said(&board.get_by_role(Role::Group));
    assert!(card.contains("5.99 8 × 8x of lambda us"), "{card}");
}

fn rows<P>(board: &Harness<'_, Stage<P>>) -> Vec<String> {
    let rows = board.get_all_by_role(Role::Row).map(|row| {
        let label = said(&row);
        label.split(':').next().unwrap().to_owned()
    });
    rows.collect()
}

#[test]
fn heads_sort_and_the_clipboard_has_the_same_order() {
    let mut board = rental_stage(&sample());
    let by_median = rows(&board);
    assert_eq!(by_median.last().unwrap(), "AWS");
    board.get_by_label("Sort by Median, ascending").click();
    board.run_steps(2);
    let mut turned = rows(&board);
    assert_eq!(turned[0], "AWS");
    turned.sort();
    let mut same = by_median;
    same.sort();
    assert_eq!(turned, same);
    board.get_by_label("Sort by Provider").click();
    board.run_steps(2);
    let names = rows(&board);
    assert!(names.is_sorted_by_key(|name| name.to_lowercase()), "{names:?}");
    board.get_by_label_contains("Vast:").hover();
    board.run_steps(2);
    board.event(Event::Copy);
    board.step();
    let copied = board.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let text = copied.unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0][..6], ["provider", "gpu", "mode", "median", "low", "high"]);
    assert_eq!(lines[1..].iter().map(|line| line[0]).collect::<Vec<_>>(), names);
    let vast = lines.iter().find(|line| line[0] == "Vast").unwrap();
    assert_eq!(vast[1..], ["H100", "on demand", "2", "1.86", "2.27", "3", "own", "no, terms forbid it"]);
}

#[test]
fn the_arrows_choose_a_row_and_bring_it_into_view() {
    let mut board = stage(RentalPanel::default(), rental_ui, &sample(), &dark(), vec2(760.0, 200.0));
    let first = rows(&board)[0].clone();
    board.get_by_role(Role::Table).focus();
    board.run_steps(2);
    board.key_press(Key::ArrowDown);
    board.run_steps(3);
    let card = |board: &Harness<'_, Stage<RentalPanel>>| said(&board.get_by_role(Role::Group));
    assert!(card(&board).starts_with(&format!("Offers of {first},")), "{}", card(&board));
    board.key_press(Key::End);
    board.run_steps(3);
    assert!(card(&board).starts_with("Offers of AWS,"), "{}", card(&board));
    assert_eq!(rows(&board).last().unwrap(), "AWS");
    assert_ne!(rows(&board)[0], first, "scrolled");
}

#[test]
fn the_menu_turns_to_another_board_until_the_product_changes() {
    let sample = sample();
    let mut board = rental_stage(&sample);
    board.get_by_label("Board: H100 on demand").click();
    board.run_steps(3);
    board.get_by_label("A100-80GB spot").click();
    board.run_steps(3);
    board.get_by_label("Board: A100-80GB spot");
    board.get_by_label("No index of A100-80GB stands beside it");
    let spot = by_seller(&sample.view.spot.rental.as_ref().unwrap().offers, Gpu::A100With80, RentalMode::Interruptible);
    assert_eq!(rows(&board).len(), spot.len());
    let h200 = sample.view.catalogue.find("H200_USDC-DEC-26").unwrap();
    board.state_mut().selection.select(tenor::ui::context::LinkGroup::A, h200);
    board.run_steps(2);
    board.get_by_label("Board: H200 on demand");
    board.get_by_label("index 3.25");
}

#[test]
fn a_refresh_is_asked_for_shown_and_cancelled() {
    let mut board = rental_stage(&sample());
    board.get_by_label("Fetch rental prices").click();
    board.run_steps(2);
    assert_eq!(intents(&board), [Intent::Prices(PriceAsk::Refresh(PriceList::Rental))]);
    let mut tokens = tokens_stage(&with_refresh(PriceList::Tokens, Refresh::Running(Progress::default())));
    tokens.get_by_label("Stop fetching token prices").click();
    tokens.run_steps(2);
    assert_eq!(intents(&tokens), [Intent::Prices(PriceAsk::Cancel(PriceList::Tokens))]);
    let why = "The rental prices are those from before: it answered 404.";
    let failed = rental_stage(&with_refresh(PriceList::Rental, Refresh::Failed(why.into())));
    failed.get_by_label(why);
    assert!(rows(&failed).len() > 10, "nothing is lost");
}

#[test]
fn the_boards_say_where_they_are_from() {
    let board = rental_stage(&sample());
    let origin = said(&board.get_by_label_contains("compiled by hand"));
    assert!(
        origin.contains("your own file, catalogue of 19 Nov 2026") && origin.contains("8 rows taken, 0 skipped"),
        "{origin}"
    );
    let tokens = tokens_stage(&sample());
    let origin = said(&tokens.get_by_label_contains("LiteLLM model price map"));
    let reading = embedded::token_prices().unwrap();
    assert_eq!(reading.intake.taken, 1_978);
    assert!(origin.contains("1,978 rows taken, 0 skipped") && origin.contains("MIT"), "{origin}");
}

#[test]
fn every_figure_of_the_token_board_is_worked_out_again() {
    let sample = sample();
    let board = &sample.view.spot.tokens.as_ref().unwrap().board;
    let harness = stage(filtered("GPT-5.5")(), tokens_ui, &sample, &dark(), vec2(760.0, 900.0));
    let listed: Vec<_> = board
        .rows
        .iter()
        .filter(|row| [&row.listing.key, &row.listing.base].iter().any(|text| text.contains("gpt-5.5")))
        .collect();
    assert!(listed.len() > 5 && listed.len() < 40, "{}", listed.len());
    assert_eq!(harness.get_all_by_role(Role::Row).count(), listed.len());
    let mut blends = Vec::new();
    for row in &listed {
        let listing = &row.listing;
        let blend = (3 * i128::from(listing.input.0) + i128::from(listing.output.0)) as f64 / 4e9;
        let region = listing.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        let label = format!("{} at {}{region}: input {}", listing.model, listing.provider, shown(listing.input));
        let cached = listing.cached.map(|price| format!(", cached {}", shown(price))).unwrap_or_default();
        let label = format!("{label}{cached}, output {}, blended ", shown(listing.output));
        let found = harness.get_all_by_role(Role::Row).map(|row| said(&row));
        let mut blended = found.filter_map(|row| row.strip_prefix(&label)?.parse::<f64>().ok());
        assert!(blended.any(|figure| (figure - blend).abs() <= 5.1e-4), "{label}{blend}");
        if listing.counts() {
            blends.push(Price::from_f64_lossy(blend));
        }
    }
    // The published prices of GPT-5.5, input and output, at their makers'.
    harness.get_by_label("gpt-5.5 at openai: input 5.00, cached 0.50, output 30.00, blended 11.250");
    let rows = tenor::ui::panels::tokens::figures::Rows::of(
        board,
        "GPT-5.5",
        board.mix,
        tenor::ui::panels::tokens::figures::FIRST_SORT,
    );
    assert_eq!((rows.counted, rows.median), (blends.len(), Some(median(&blends))));
}

#[test]
fn the_mix_is_typed_and_nonsense_leaves_it() {
    let sample = sample();
    let mut board = stage(filtered("gpt-5.5 openai")(), tokens_ui, &sample, &dark(), SIZE);
    let type_mix = |board: &mut Harness<'_, Stage<TokensPanel>>, text: &str| {
        board.get_by_role_and_label(Role::TextInput, "Mix").focus();
        board.run_steps(2);
        board.key_press_modifiers(Modifiers::COMMAND, Key::A);
        board.event(Event::Text(text.to_owned()));
        board.run_steps(3);
    };
    type_mix(&mut board, "2:1:7");
    // (2 × 5 + 30 + 7 × 0.5) / 10
    board.get_by_label("gpt-5.5 at openai: input 5.00, cached 0.50, output 30.00, blended 4.350");
    type_mix(&mut board, "2:");
    assert_eq!(board.state().part.mix(), tenor::domain::spot::TokenMix { input: 2, output: 1, cached: 7 });
    board.get_by_label("gpt-5.5 at openai: input 5.00, cached 0.50, output 30.00, blended 4.350").hover();
    board.run_steps(2);
    let card = said(&board.get_by_role(Role::Group));
    assert!(card.contains("blended (2 × 5.00 + 1 × 30.00 + 7 × 0.50) / 10 = 4.35"), "{card}");
}

#[test]
fn a_filter_is_typed_and_sorts_by_price() {
    let mut board = tokens_stage(&sample());
    board.get_by_role_and_label(Role::TextInput, "Filter models and providers").focus();
    board.run_steps(2);
    board.event(Event::Text("claude bedrock".to_owned()));
    board.run_steps(3);
    let found = rows(&board);
    assert!(!found.is_empty() && found.iter().all(|row| row.contains("claude")), "{found:?}");
    for _ in 0..2 {
        board.get_by_label_contains("Sort by Blended").click();
        board.run_steps(2);
    }
    let prices: Vec<Price> =
        board.get_all_by_role(Role::Row).map(|row| p(said(&row).rsplit(' ').next().unwrap())).collect();
    assert!(prices.is_sorted_by(|a, b| a >= b) && prices[0] > prices[prices.len() - 1], "{prices:?}");
    board.get_by_label("TOK index 0.960");
}
