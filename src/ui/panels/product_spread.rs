//! One product against another, or any expression over instruments, over the kept history: mean and bands of sixty days, what it is worth
//! now by the books, and under the pointer a day with its legs and whose word they are.
//!
//! The pair's month is that of the link group's instrument; an expression names its own.

mod chart;
mod field;
pub mod figures;
mod inputs;
pub mod subject;

use std::sync::Arc;

use egui::{Align, Event, Id, Popup, PopupKind, Rect, RectAlign, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role};
use egui::{pos2, vec2};

use super::message;
use crate::base::time::Utc;
use crate::curves::spreads::Normaliser;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::instrument::Unit;
use crate::domain::number::{Price, Side};
use crate::ui::basket::Basket;
use crate::ui::context::{AsOf, LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{NONE, PriceFormat};
use crate::ui::place;
use crate::ui::sheet::Sheet;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::button::Button;
use crate::ui::widgets::controls::segmented;
use crate::ui::widgets::header::{Header, HeaderOutcome, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::trace::Trace;
use crate::view::{History, View};

use chart::Chart;
use field::Field;
use figures::{Series, Worth};
use subject::Subject;

const TITLE: &str = "Product spread";
const CHOICES: [(&str, Mode); 5] = [
    ("$/GPU-h", Mode::Pair(Normaliser::GpuHour)),
    ("$/PFLOP-h", Mode::Pair(Normaliser::PetaOpsHour)),
    ("$/GB-h", Mode::Pair(Normaliser::GigabyteHour)),
    ("Ratio", Mode::Pair(Normaliser::Ratio)),
    ("Formula", Mode::Expression),
];
const CHOICE_WIDTH: f32 = 63.0;
/// What the wheel goes through, in days.
const SPANS: [u32; 6] = [14, 30, 60, 90, 180, 400];
const FIRST_SPAN: usize = 2;
const MINUTE_NS: i64 = 60_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Pair(Normaliser),
    Expression,
}

/// View state of the panel.
#[derive(Debug)]
pub struct ProductSpread {
    pub group: LinkGroup,
    mode: Mode,
    /// Chosen by hand; until then the second GPU listed against the first.
    products: Option<[Product; 2]>,
    field: Field,
    span: usize,
    drawn: Option<Drawn>,
}

/// A series, and what it was worked out from.
#[derive(Debug)]
struct Drawn {
    history: Arc<History>,
    subject: Subject,
    until: Utc,
    series: Series,
}

/// What it stands at, now or then.
fn worth(ctx: &PanelContext<'_>, subject: &Subject) -> Worth {
    match ctx.as_of() {
        AsOf::Live => Worth::now(ctx.view, subject, ctx.now, |id| ctx.book_state(id)),
        AsOf::Past(utc) => Worth::then(&ctx.view.history, subject, utc),
    }
}

impl Default for ProductSpread {
    fn default() -> Self {
        Self::new(LinkGroup::default())
    }
}

impl ProductSpread {
    pub fn new(group: LinkGroup) -> Self {
        Self {
            group,
            mode: Mode::Pair(Normaliser::GpuHour),
            products: None,
            field: Field::default(),
            span: FIRST_SPAN,
            drawn: None,
        }
    }

    /// Charts an expression; the field shows what is wrong with it.
    pub fn set_expression(&mut self, text: &str) {
        self.mode = Mode::Expression;
        text.clone_into(&mut self.field.text);
    }

    /// Charts the first product against the second.
    pub fn set_pair(&mut self, products: [Product; 2], normaliser: Normaliser) {
        self.mode = Mode::Pair(normaliser);
        self.products = Some(products);
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let pair = self.pair(ctx);
        let reference = front_month(ctx.view).unwrap_or(Month { year: 2026, month: 1 });
        let subject = match (self.mode, &pair) {
            (Mode::Pair(normaliser), Some((products, month))) => {
                Ok(Subject::Pair { products: products.clone(), month: *month, normaliser })
            }
            (Mode::Pair(_), None) => Err(field::Trouble::NoPair),
            (Mode::Expression, _) => self.field.read(ctx.view, reference),
        };
        let worth = subject.as_ref().ok().map(|subject| worth(ctx, subject));
        let outcome = self.header_ui(ui, ctx, rect, subject.as_ref().ok(), worth.as_ref(), pair.as_ref());
        let mut body = outcome.body;
        if self.mode == Mode::Expression {
            let row = Rect::from_min_max(body.min, pos2(body.max.x, body.min.y + field::HEIGHT));
            body.min.y = row.max.y;
            self.field.ui(ui, ctx.theme, row, subject.as_ref().err(), pair.as_ref());
        }
        match (subject, worth) {
            (Ok(subject), Some(worth)) => self.chart_ui(ui, ctx, body, subject, &worth),
            (Err(trouble), _) => {
                let (title, detail) = trouble.words();
                message::empty(ui, ctx.theme, body, icons::LIST_DASHES, title, &detail);
            }
            _ => {}
        }
        outcome.response
    }

    /// What is charted, a row an instant.
    pub fn sheet(&self, ctx: &PanelContext<'_>) -> Option<Sheet> {
        let Drawn { subject, series, .. } = self.drawn.as_ref()?;
        Some(Sheet::of_tab_separated(&inputs::tab_separated(subject, series, &worth(ctx, subject))))
    }

    /// The pair and the month both are listed for that is nearest to the group's.
    fn pair(&self, ctx: &PanelContext<'_>) -> Option<([Product; 2], Month)> {
        let gpus = gpus(ctx.view);
        let products = match (&self.products, gpus.as_slice()) {
            (Some(chosen), _) => chosen.clone(),
            (None, [first, second, ..]) => [second.clone(), first.clone()],
            _ => return None,
        };
        let wanted = ctx.chosen(self.group).and_then(|(_, terms, _)| month_of(&terms.contract));
        let [first, second] = products.each_ref().map(|product| months(ctx.view, product));
        let common = first.into_iter().filter(|month| second.contains(month));
        let month = common.min_by_key(|month| wanted.map_or(0, |wanted| month.since(wanted).abs()))?;
        Some((products, month))
    }

    fn header_ui(
        &mut self,
        ui: &mut Ui,
        ctx: &PanelContext<'_>,
        rect: Rect,
        subject: Option<&Subject>,
        worth: Option<&Worth>,
        pair: Option<&([Product; 2], Month)>,
    ) -> HeaderOutcome {
        let title = match (self.mode, subject) {
            (Mode::Pair(_), Some(subject)) => subject.title(),
            _ => TITLE.to_owned(),
        };
        let books = subject.map(|subject| figures::books(ctx.view, subject)).unwrap_or_default();
        let state = ctx.worst_state(books.into_iter());
        let head = Header { title: &title, link: Some(self.group), state, as_of: ctx.as_of(), ..Header::default() };
        let outcome = header(ui, ctx.theme, rect, &head);
        let mut free = outcome.free;
        let width = CHOICE_WIDTH * CHOICES.len() as f32;
        if free.width() >= width + 8.0 {
            let min = pos2(free.max.x - width - 8.0, free.min.y + 1.0);
            let builder = UiBuilder::new().max_rect(Rect::from_min_size(min, vec2(width, 24.0))).id_salt("by");
            let mut chosen = CHOICES.iter().position(|(_, mode)| *mode == self.mode).unwrap_or_default();
            let words = CHOICES.map(|(word, _)| word);
            ui.scope_builder(builder, |ui| segmented(ui, ctx.theme, "Compare by", &words, &mut chosen, width));
            free.max.x = min.x - 8.0;
            if let Some((_, mode)) = CHOICES.get(chosen) {
                self.mode = *mode;
            }
        }
        let words = Rect::from_min_max(pos2(rect.min.x + 30.0, free.min.y), pos2(free.min.x, free.max.y));
        if matches!(self.mode, Mode::Pair(_)) {
            self.pair_menu(ui, ctx, words, pair);
            free.min.x += 4.0;
        }
        if let (Some(subject), Some(worth)) = (subject, worth) {
            worth_ui(ui, ctx, free, rect, subject, worth);
        }
        outcome
    }

    /// The title opens the list of pairs.
    fn pair_menu(&mut self, ui: &Ui, ctx: &PanelContext<'_>, words: Rect, pair: Option<&([Product; 2], Month)>) {
        let response = ui.interact(words, ui.scope_id().with("pair"), Sense::click());
        let label = pair.map_or_else(|| "Choose products".to_owned(), |([a, b], _)| format!("Products: {a} and {b}"));
        response.widget_info(move || WidgetInfo::labeled(Role::Button, true, label.clone()));
        let t = &ctx.theme.tokens;
        let mut ink = Ink::new(ui.ctx());
        let caret = Rect::from_center_size(pos2(words.max.x - 6.0, words.center().y), vec2(12.0, 16.0));
        let color = if response.hovered() || response.has_focus() { t.text_hi } else { t.text_lo };
        ink.text(caret, Align::Center, Font::Icon12, icons::CARET_DOWN.encode_utf8(&mut [0; 4]), color);
        ink.paint(ui.painter());
        let id = Id::unique(("product spread pairs", ui.scope_id()));
        if response.clicked() {
            Popup::toggle_id(ui.ctx(), id);
        }
        if !Popup::is_id_open(ui.ctx(), id) {
            return;
        }
        let gpus = gpus(ctx.view);
        let mut chosen = None;
        Popup::new(id, ui.ctx().clone(), words.left_bottom(), ui.layer_id())
            .kind(PopupKind::Menu)
            .align(RectAlign::BOTTOM_START)
            .open_memory(None)
            .show(|ui| {
                for first in &gpus {
                    for second in gpus.iter().filter(|second| *second != first) {
                        let is_on = pair.is_some_and(|([a, b], _)| (a, b) == (first, second));
                        if ui.selectable_label(is_on, format!("{first} against {second}")).clicked() {
                            chosen = Some([first.clone(), second.clone()]);
                        }
                    }
                }
            });
        self.products = chosen.or_else(|| self.products.take());
    }

    fn chart_ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>, body: Rect, subject: Subject, worth: &Worth) {
        self.follow(ctx, subject);
        let Some(drawn) = &self.drawn else { return };
        let (subject, series) = (&drawn.subject, &drawn.series);
        let format = subject.format(&ctx.view.catalogue);
        let response = ui.interact(body, ui.scope_id().with("chart"), Sense::CLICK);
        let label = inputs::sentence(subject, worth, format);
        response.widget_info(move || WidgetInfo::labeled(Role::Canvas, true, label.clone()));
        let days = SPANS[self.span.min(SPANS.len() - 1)];
        let Some(chart) = Chart::of(series, worth, format, body, days) else {
            let detail = "No instant is known at which every leg had a price";
            message::empty(ui, ctx.theme, body, icons::CLOCK_COUNTER_CLOCKWISE, "Nothing to chart", detail);
            return;
        };
        let caption = caption(ui, ctx.theme, body, series, worth, format);
        let hovered = match &caption {
            Some((_, line)) if ui.rect_contains_pointer(*line) => None,
            _ => response.hover_pos().and_then(|at| chart.nearest(at)),
        };
        let mut ink = Ink::new(ui.ctx());
        chart.paint(&mut ink, ctx.theme, hovered);
        ink.paint(&ui.painter().with_clip_rect(body.intersect(ui.clip_rect())));
        let bounds = body.shrink2(vec2(8.0, 2.0));
        if let Some((trace, line)) = caption {
            caption_ui(ui, ctx.theme, line, series, worth, format);
            if ui.rect_contains_pointer(line) {
                trace.ui(ui, ctx.theme, bounds, line);
            }
        }
        if let Some(point) = hovered {
            let unit = subject.unit(&ctx.view.catalogue);
            inputs::point(subject, point, format, &unit).ui(ui, ctx.theme, bounds, chart.around(point));
        }
        self.stage_ui(ui, ctx, body);
        if response.contains_pointer() {
            let turned = ui.input(|input| input.events.iter().map(turned).sum::<isize>());
            self.span = self.span.saturating_add_signed(-turned).min(SPANS.len() - 1);
        }
        let is_asked = response.contains_pointer() && ui.memory(|memory| memory.focused().is_none());
        if is_asked && ui.input(|input| input.events.contains(&Event::Copy)) {
            ui.ctx().copy_text(inputs::tab_separated(subject, series, worth));
        }
    }

    /// The button that puts the legs into the ticket, bought in the smallest whole ratio, while every book is live.
    fn stage_ui(&self, ui: &mut Ui, ctx: &mut PanelContext<'_>, body: Rect) {
        let Some(drawn) = &self.drawn else { return };
        let Some(expression) = drawn.subject.expression() else { return };
        let are_live = figures::books(ctx.view, &drawn.subject).iter().all(|id| ctx.book_state(*id).is_live());
        let size = vec2(chart::RIGHT - 8.0, 18.0);
        let place = Rect::from_min_size(body.max - size - vec2(4.0, 2.0), size);
        let button = Button::new("Stage").enabled(ctx.as_of().is_live() && are_live).size(size);
        if button.put(ui, ctx.theme, place).clicked()
            && let Ok(basket) = Basket::of_expression(ctx.view, ctx.now, TITLE, &expression, (Side::Bid, 1))
        {
            ctx.selection.stage(basket);
        }
    }

    /// Works the series out, unless that has been done for this past, subject and minute.
    fn follow(&mut self, ctx: &PanelContext<'_>, subject: Subject) {
        let until = ctx.as_of().past().unwrap_or(Utc(ctx.now.utc.0.div_euclid(MINUTE_NS) * MINUTE_NS));
        let is_known = self.drawn.as_ref().is_some_and(|drawn| {
            Arc::ptr_eq(&drawn.history, &ctx.view.history) && drawn.until == until && drawn.subject == subject
        });
        if !is_known {
            let series = Series::of(&ctx.view.history, &subject, until);
            self.drawn = Some(Drawn { history: Arc::clone(&ctx.view.history), subject, until, series });
        }
    }
}

/// `DEC-26 +0.440 3.230 − 2.790`, as much of it as there is room for; what it is made of when the pointer is there.
fn worth_ui(ui: &Ui, ctx: &PanelContext<'_>, free: Rect, panel: Rect, subject: &Subject, worth: &Worth) {
    let t = &ctx.theme.tokens;
    let format = subject.format(&ctx.view.catalogue);
    let mut ink = Ink::new(ui.ctx());
    let value = format.opt(worth.value.map(Price::from_f64_lossy));
    let month = match subject {
        Subject::Pair { month, .. } => month.screen(),
        Subject::Expression(_) => String::new(),
    };
    let color = if worth.is_live() { t.text_hi } else { t.stale };
    let (mut x, y) = (free.min.x, free.center().y);
    for (text, font, color) in [
        (month.as_str(), Font::Ui12, t.text_lo),
        (value.as_str(), Font::MonoBold12, color),
        (inputs::legs(subject, worth).as_str(), Font::Mono11, t.text_lo),
    ] {
        if text.is_empty() || x + ink.width(font, text) > free.max.x {
            continue;
        }
        x = ink.text(place::from(x, y), Align::Min, font, text, color) + 8.0;
    }
    ink.paint(ui.painter());
    let words = Rect::from_min_max(pos2(free.min.x, free.min.y), pos2(x, free.max.y));
    let response = ui.interact(words, ui.scope_id().with("worth"), Sense::hover());
    let label = format!("Worth {value}");
    response.widget_info(move || WidgetInfo::labeled(Role::Label, true, label.clone()));
    if response.hovered() {
        let unit = subject.unit(&ctx.view.catalogue);
        inputs::worth(subject, worth, format, &unit).ui(ui, ctx.theme, panel, words);
    }
}

/// Where the words on mean and deviation stand, and what they are made of.
fn caption(
    ui: &Ui,
    theme: &Theme,
    body: Rect,
    series: &Series,
    worth: &Worth,
    format: PriceFormat,
) -> Option<(Trace, Rect)> {
    let ink = Ink::new(ui.ctx());
    let width: f32 = words(series, worth, format, theme).iter().map(|(text, font, _)| ink.width(*font, text)).sum();
    let line = Rect::from_min_size(body.min + vec2(24.0, 6.0), vec2(width, 16.0));
    let trace = match series.statistics {
        Some(of) => inputs::statistics(&of, worth, format),
        None => Trace::new("No mean").note("Fewer than two days are known on which all legs had a price"),
    };
    (line.max.x < body.max.x - 60.0).then_some((trace, line))
}

/// `60-day mean +0.468, now −0.8 standard deviations`.
fn words(series: &Series, worth: &Worth, format: PriceFormat, theme: &Theme) -> Vec<(String, Font, egui::Color32)> {
    let t = &theme.tokens;
    let Some(of) = series.statistics else {
        return vec![("Fewer than two days are known".to_owned(), Font::Ui11, t.text_lo)];
    };
    let score = worth.value.and_then(|value| of.score(value)).map_or_else(|| NONE.to_owned(), inputs::tenth);
    vec![
        (format!("{}-day mean ", figures::WINDOW_DAYS), Font::Ui11, t.text_lo),
        (format.text(Price::from_f64_lossy(of.mean)), Font::Mono11, t.text_mid),
        (", now ".to_owned(), Font::Ui11, t.text_lo),
        (score, Font::MonoBold11, t.text_hi),
        (" standard deviations".to_owned(), Font::Ui11, t.text_lo),
    ]
}

fn caption_ui(ui: &Ui, theme: &Theme, line: Rect, series: &Series, worth: &Worth, format: PriceFormat) {
    let words = words(series, worth, format, theme);
    let mut ink = Ink::new(ui.ctx());
    let mut x = line.min.x;
    for (text, font, color) in &words {
        x = ink.text(place::from(x, line.center().y), Align::Min, *font, text, *color);
    }
    ink.paint(ui.painter());
    let response = ui.interact(line, ui.scope_id().with("statistics"), Sense::hover());
    let label: String = words.into_iter().map(|(text, ..)| text).collect();
    response.widget_info(move || WidgetInfo::labeled(Role::Label, true, label.clone()));
}

/// A wheel's clicks, up is closer.
fn turned(event: &Event) -> isize {
    match event {
        Event::MouseWheel { unit, delta, .. } if *unit != egui::MouseWheelUnit::Point || delta.y.abs() >= 8.0 => {
            delta.y.partial_cmp(&0.0).map_or(0, |order| order as isize)
        }
        _ => 0,
    }
}

/// Products that are rented by the hour, in the order of their listing.
fn gpus(view: &View) -> Vec<Product> {
    let mut gpus: Vec<Product> = Vec::new();
    for (_, terms) in view.catalogue.iter().filter(|(_, terms)| terms.is_active && terms.unit == Unit::GpuHour) {
        if let (Some(product), Some(_)) = (terms.contract.product(), terms.contract.month())
            && !gpus.contains(product)
        {
            gpus.push(product.clone());
        }
    }
    gpus
}

/// Listed months of a product.
fn months(view: &View, product: &Product) -> Vec<Month> {
    let listed = view.catalogue.iter().filter(|(_, terms)| terms.is_active);
    listed
        .filter(|(_, terms)| terms.contract.product() == Some(product))
        .filter_map(|(_, terms)| terms.contract.month())
        .collect()
}

/// The first month that anything is listed for.
fn front_month(view: &View) -> Option<Month> {
    view.catalogue.iter().filter(|(_, terms)| terms.is_active).filter_map(|(_, terms)| terms.contract.month()).min()
}

/// Of an outright, or of a spread's first leg.
fn month_of(contract: &Contract) -> Option<Month> {
    match contract {
        Contract::Spread { legs } => legs.iter().find_map(|leg| match leg.delivery {
            Delivery::Month(month) => Some(month),
            Delivery::Perpetual => None,
        }),
        outright => outright.month(),
    }
}
