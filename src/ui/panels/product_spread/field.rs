//! The line in which an expression is written, what is wrong with it and where, and shapes to begin with.

use egui::{Align, Id, Rect, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};

use super::figures;
use super::subject::{Subject, expression_of};
use crate::curves::expression::ExpressionError;
use crate::curves::spreads::{butterfly, calendar, condor};
use crate::domain::contract::{Contract, Delivery, Leg, Month, Product};
use crate::ui::place;
use crate::ui::theme::{Face, Theme};
use crate::ui::widgets::button::{Button, Kind};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::View;

pub const HEIGHT: f32 = 46.0;
const NAME: &str = "Expression over instruments";
const PAD: f32 = 8.0;
const BUTTON: f32 = 74.0;

/// Why nothing can be charted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    NoPair,
    Empty,
    Expression(ExpressionError),
    /// Neither listed nor known of.
    NotListed(String),
}

impl Trouble {
    pub fn words(&self) -> (&'static str, String) {
        match self {
            Self::NoPair => ("No pair", "Two products with a listed month in common are needed".to_owned()),
            Self::Empty => ("No expression", "Write one, such as 1.5*TOK.Z6 - H100.Z6".to_owned()),
            Self::Expression(_) => ("Not an expression yet", "What is wrong is underlined above".to_owned()),
            Self::NotListed(name) => ("Nothing is known of it", format!("{name} is not listed and was never heard of")),
        }
    }
}

/// View state of the line.
#[derive(Debug, Default)]
pub struct Field {
    pub text: String,
}

impl Field {
    /// What is written; month codes mean the first such month not before `reference`.
    pub fn read(&self, view: &View, reference: Month) -> Result<Subject, Trouble> {
        if self.text.trim().is_empty() {
            return Err(Trouble::Empty);
        }
        let subject = Subject::parse(&self.text, reference).map_err(Trouble::Expression)?;
        let legs = subject.legs();
        match figures::unknown(view, &legs) {
            Some(contract) => Err(Trouble::NotListed(contract.to_string())),
            None => Ok(subject),
        }
    }

    pub fn ui(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        row: Rect,
        trouble: Option<&Trouble>,
        pair: Option<&([Product; 2], Month)>,
    ) {
        let t = &theme.tokens;
        let field = Rect::from_min_max(
            row.min + vec2(10.0, 4.0),
            pos2(row.max.x - 10.0 - 4.0 * (BUTTON + 4.0), row.min.y + 26.0),
        );
        let mut ink = Ink::new(ui.ctx());
        ink.chip(field, t.bg2);
        ink.paint(ui.painter());
        let inner = field.shrink2(vec2(PAD, 0.0));
        let id = Id::unique(("expression", ui.scope_id()));
        let edit = egui::TextEdit::singleline(&mut self.text)
            .id(id)
            .font(Face::Mono.at(12.0))
            .text_color(t.text_hi)
            .hint_text("1.5*TOK.Z6 - H100.Z6")
            .align(egui::Align2::LEFT_CENTER)
            .frame(egui::Frame::NONE)
            .margin(0.0);
        let response = ui.put(inner, edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, NAME));
        if response.has_focus() {
            ink.outline(field, 1.5, t.accent);
        }
        if let Some(Trouble::Expression(error)) = trouble {
            self.point_at(&mut ink, theme, inner, error);
            let said = Rect::from_min_max(pos2(inner.min.x, field.max.y), pos2(row.max.x, row.max.y));
            let response = ui.interact(said, ui.scope_id().with("error"), egui::Sense::hover());
            let words = error.to_string();
            response.widget_info(move || WidgetInfo::labeled(Role::Label, true, words.clone()));
        }
        ink.paint(ui.painter());
        if let Some((products, month)) = pair {
            let mut left = field.max.x + 4.0;
            for (word, shape) in shapes(products, *month) {
                let place = Rect::from_min_size(pos2(left, field.min.y), vec2(BUTTON, 22.0));
                let builder = UiBuilder::new().max_rect(place).id_salt(word);
                let was_clicked = ui
                    .scope_builder(builder, |ui| Button::new(word).kind(Kind::Quiet).put(ui, theme, place).clicked())
                    .inner;
                if was_clicked {
                    self.text = expression_of(&shape);
                }
                left += BUTTON + 4.0;
            }
        }
    }

    /// A line under the place, and below it what is wrong.
    fn point_at(&self, ink: &mut Ink, theme: &Theme, inner: Rect, error: &ExpressionError) {
        let t = &theme.tokens;
        let at = error.at.min(self.text.len());
        let before = self.text.get(..at).unwrap_or(&self.text);
        let wrong = self.text.get(at..).and_then(|rest| rest.split_whitespace().next()).unwrap_or(" ");
        let from = inner.min.x + ink.width(Font::Mono12, before);
        let to = from + ink.width(Font::Mono12, wrong).max(7.0);
        let words = error.to_string();
        let y = inner.max.y + 9.0;
        // A text longer than its field has moved: then the column must do.
        let is_in_sight = inner.min.x + ink.width(Font::Mono12, &self.text) <= inner.max.x;
        let mut left = inner.min.x;
        if is_in_sight {
            ink.hline(from..=to, inner.max.y - 3.0, 2.0, t.warn);
            left = from.min(inner.max.x - 120.0).max(inner.min.x);
        }
        ink.text(place::from(left, y), Align::Min, Font::Ui11, &words, t.warn);
    }
}

/// Shapes from the month on: the pair itself, and spreads of the second product.
fn shapes([first, second]: &[Product; 2], month: Month) -> [(&'static str, Contract); 4] {
    let [a, b, c, d] = [0, 1, 2, 3].map(|ahead| month.plus(ahead));
    let leg = |product: &Product, ratio| Leg { product: product.clone(), delivery: Delivery::Month(month), ratio };
    [
        ("Pair", Contract::Spread { legs: vec![leg(first, 1), leg(second, -1)] }),
        ("Calendar", calendar(second, [a, d])),
        ("Butterfly", butterfly(second, [a, b, c])),
        ("Condor", condor(second, [a, b, c, d])),
    ]
}
