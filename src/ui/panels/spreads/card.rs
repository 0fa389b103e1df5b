//! One spread of the matrix in full: quotes of its own book and through others, our orders and position, and what may be done.

use egui::{Align, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::figures::{Figures, Show};
use crate::domain::book::Level;
use crate::domain::number::{Price, Side};
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::button::{Button, Kind};
use crate::ui::widgets::ink::{Font, Ink, Up};

pub const HEIGHT: f32 = 196.0;
pub const LEAST_WIDTH: f32 = 236.0;
const PAD: f32 = 11.0;
const ROW: f32 = 19.0;
/// Where a bid's price ends and an ask's begins, from the card's left.
const BID_END: f32 = 0.56;
const ASK_GAP: f32 = 14.0;

/// What the card is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    pub calendar: &'a Figures,
    /// The calendar less the one after it.
    pub butterfly: Option<&'a Figures>,
    pub shows_butterfly: bool,
    pub show: Show,
    pub format: PriceFormat,
    /// Prices are those of now.
    pub may_stage: bool,
}

/// Buttons that were clicked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clicks {
    pub ladder: bool,
    pub butterfly: bool,
    /// What the card shows, by its legs.
    pub stage: bool,
    pub alert: bool,
}

impl Card<'_> {
    pub fn ui(&self, ui: &mut Ui, theme: &Theme, rect: Rect) -> Clicks {
        let main = self.butterfly.filter(|_| self.shows_butterfly).unwrap_or(self.calendar);
        let words = format!("{}, {}", main.name(), main.orientation());
        let response = ui.interact(rect, ui.scope_id().with("card"), Sense::hover());
        response.widget_info(move || WidgetInfo::labeled(Role::Group, true, words.clone()));
        let mut ink = Ink::new(ui.ctx());
        ink.chip(rect, theme.tokens.bg2);
        self.draw(&mut ink, theme, rect.shrink2(vec2(PAD, 9.0)));
        ink.paint(ui.painter());
        let bar = Rect::from_min_max(pos2(rect.min.x + PAD, rect.max.y - 33.0), rect.max - vec2(PAD, 9.0));
        let third = (bar.width() - 12.0) / 3.0;
        let left = Rect::from_min_size(bar.min, vec2(third, 24.0));
        let next = |at: f32| left.translate(vec2(at * (third + 6.0), 0.0));
        // Without a book of its own it can only be traded by its legs.
        let is_listed = main.listed.is_some();
        let are_live = self.may_stage && main.legs.iter().all(|leg| leg.state.is_live());
        let button = if is_listed { Button::new("Ladder") } else { Button::new("Stage legs").enabled(are_live) };
        let first = button.put(ui, theme, left).clicked();
        let kind = if self.shows_butterfly { Kind::Primary } else { Kind::Neutral };
        let button = Button::new("Butterfly").kind(kind).enabled(self.butterfly.is_some());
        let butterfly = button.put(ui, theme, next(1.0)).clicked();
        let alert = Button::new("Alert").put(ui, theme, next(2.0)).clicked();
        Clicks { ladder: first && is_listed, butterfly, stage: first && !is_listed, alert }
    }

    fn draw(&self, ink: &mut Ink, theme: &Theme, area: Rect) {
        let t = &theme.tokens;
        let (main, other) = match self.butterfly.filter(|_| self.shows_butterfly) {
            Some(butterfly) => (butterfly, Some(self.calendar)),
            None => (self.calendar, self.butterfly),
        };
        let shown = main.shown(self.show);
        let mut y = area.min.y + 9.0;
        let name_font = if self.shows_butterfly { Font::UiBold11 } else { Font::UiBold13 };
        ink.text(place::from(area.min.x, y), Align::Min, name_font, &main.name(), t.text_hi);
        let mid_ink = if shown.is_none_or(|shown| shown.is_live) { t.text_hi } else { t.stale };
        let mid = self.format.opt(shown.map(|shown| shown.mid));
        ink.text(place::until(area.max.x, y), Align::Max, Font::MonoBold15, &mid, mid_ink);
        y += ROW;
        ink.text(place::from(area.min.x, y), Align::Min, Font::Ui12, &main.orientation(), t.text_lo);
        let change = shown.and_then(|shown| main.change(shown));
        let text = change.map_or_else(|| NONE.to_owned(), |change| self.format.change().text(change));
        let sign = change.map_or(0, |change| change.0.signum());
        let color = if change.is_some() { theme.direction(sign) } else { t.text_lo };
        ink.text(place::until(area.max.x, y), Align::Max, Font::Mono12, &text, color);
        if sign != 0 {
            let left = area.max.x - ink.width(Font::Mono12, &text);
            ink.arrow(pos2(left - 9.0, y), Up::of(sign), color);
        }
        y += ROW + 3.0;
        let listed = main.listed.map_or([None; 2], |(_, quote)| quote);
        let is_live = main.listed.is_some_and(|(state, _)| state.is_live());
        let size = |level: Level| if is_live { format::lots(level.qty) } else { String::new() };
        let listed = listed.map(|level| level.map(|level| (level.price, size(level))));
        self.quotes(ink, theme, area, y, "Listed", &listed, is_live);
        y += ROW;
        let implied = main.implied.each_ref().map(|side| side.as_ref().map(|side| (side.level.price, side.size())));
        self.quotes(ink, theme, area, y, "Implied", &implied, true);
        y += ROW;
        self.mine(ink, theme, area, y, main.mine);
        y += ROW;
        ink.text(place::from(area.min.x, y), Align::Min, Font::Ui12, "Position", t.text_lo);
        let (net, profit) = main.held.map_or((None, None), |held| (Some(held.net), held.open_pl));
        let net = net.map_or_else(|| NONE.to_owned(), format::lots_signed);
        ink.text(place::until(bid_end(area), y), Align::Max, Font::Mono12, &net, t.text_hi);
        let color = profit.map_or(t.text_lo, |profit| theme.direction(profit.0.signum() as i64));
        let profit = profit.map_or_else(|| NONE.to_owned(), format::money_signed);
        ink.text(place::until(area.max.x, y), Align::Max, Font::Mono12, &profit, color);
        y += ROW;
        let words = match (other, self.shows_butterfly) {
            (Some(calendar), true) => calendar.name(),
            (Some(butterfly), false) => {
                let last = butterfly.legs.last().map(|leg| leg.month.screen()).unwrap_or_default();
                format!("Butterfly to {last}")
            }
            (None, _) => "Butterfly".to_owned(),
        };
        ink.text(place::from(area.min.x, y), Align::Min, Font::Ui12, &words, t.text_lo);
        let price = other.and_then(|other| other.shown(self.show));
        let color = if price.is_some_and(|price| price.is_live) { t.text_hi } else { t.stale };
        let price = self.format.opt(price.map(|price| price.mid));
        ink.text(place::until(area.max.x, y), Align::Max, Font::Mono12, &price, color);
    }

    /// `41 +0.155   +0.165 34`; implied sizes in brackets, square where one order trades them.
    fn quotes(
        &self,
        ink: &mut Ink,
        theme: &Theme,
        area: Rect,
        y: f32,
        word: &str,
        quote: &[Option<(Price, String)>; 2],
        is_live: bool,
    ) {
        let t = &theme.tokens;
        ink.text(place::from(area.min.x, y), Align::Min, Font::Ui12, word, t.text_lo);
        for side in Side::BOTH {
            let level = &quote[side as usize];
            let price = self.format.opt(level.as_ref().map(|(price, _)| *price));
            let size = level.as_ref().map_or("", |(_, size)| size);
            let color = match level {
                None => t.text_lo,
                Some(_) if is_live => theme.side(side).full,
                Some(_) => t.stale,
            };
            self.pair(ink, area, y, side, (&price, color), (size, t.text_mid));
        }
    }

    fn mine(&self, ink: &mut Ink, theme: &Theme, area: Rect, y: f32, mine: [Option<Level>; 2]) {
        let t = &theme.tokens;
        ink.text(place::from(area.min.x, y), Align::Min, Font::Ui12, "Mine", t.text_lo);
        for side in Side::BOTH {
            let level = mine[side as usize];
            let price = self.format.opt(level.map(|level| level.price));
            let size = level.map(|level| format::lots(level.qty)).unwrap_or_default();
            let color = if level.is_some() { t.text_hi } else { t.text_lo };
            self.pair(ink, area, y, side, (&price, color), (&size, t.own_text));
        }
    }

    /// A price towards the middle and its size outside of it.
    fn pair(
        &self,
        ink: &mut Ink,
        area: Rect,
        y: f32,
        side: Side,
        (price, color): (&str, egui::Color32),
        (size, size_color): (&str, egui::Color32),
    ) {
        match side {
            Side::Bid => {
                let end = bid_end(area);
                ink.text(place::until(end, y), Align::Max, Font::Mono12, price, color);
                let left = end - ink.width(Font::Mono12, price) - 6.0;
                ink.text(place::until(left, y), Align::Max, Font::Mono11, size, size_color);
            }
            Side::Ask => {
                let start = bid_end(area) + ASK_GAP;
                let end = ink.text(place::from(start, y), Align::Min, Font::Mono12, price, color);
                ink.text(place::from(end + 6.0, y), Align::Min, Font::Mono11, size, size_color);
            }
        }
    }
}

fn bid_end(area: Rect) -> f32 {
    area.min.x + area.width() * BID_END
}
