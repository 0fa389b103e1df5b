//! Our fills, newest first.

use egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::domain::instrument::InstrumentId;
use crate::domain::order::{Fill, Liquidity};
use crate::ui::context::{LinkGroup, PanelContext};
use crate::ui::format::{self, PriceFormat};
use crate::ui::panels::positions::short_name;
use crate::ui::panels::tabs::RowScroll;
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::{Column, ROW_HEIGHT, heads};

const TIME: Column = Column::left("Time", 10.0, 92.0);
const SIDE: Column = Column::left("Side", 116.0, 34.0);
const CONTRACT: Column = Column::left("Contract", 154.0, 140.0);
const QTY: Column = Column::right("Qty", 300.0, 44.0);
const PRICE: Column = Column::right("Price", 352.0, 64.0);
const NOTIONAL: Column = Column::right("Notional", 424.0, 92.0);
const FEE: Column = Column::right("Fee", 524.0, 62.0);
const ROLE: Column = Column::left("Was", 606.0, 56.0);
const KIND: Column = Column::left("Of", 668.0, 74.0);
const TAG: Column = Column::left("Tag", 750.0, 70.0);
const TRADE: Column = Column::left("Trade", 826.0, 130.0);
const COLUMNS: [Column; 11] = [TIME, SIDE, CONTRACT, QTY, PRICE, NOTIONAL, FEE, ROLE, KIND, TAG, TRADE];

#[derive(Debug, Default)]
pub struct FillsTable {
    scroll: RowScroll,
}

impl FillsTable {
    pub fn ui(
        &mut self,
        ui: &Ui,
        ctx: &mut PanelContext<'_>,
        body: Rect,
        group: LinkGroup,
        only: Option<InstrumentId>,
    ) {
        let theme = ctx.theme;
        let mut ink = Ink::new(ui.ctx());
        let list = heads(&mut ink, theme, body, &COLUMNS);
        let is_shown = |fill: &&std::sync::Arc<Fill>| only.is_none_or(|id| fill.instrument == id);
        let count = ctx.view.trading.fills.iter().filter(is_shown).count();
        if count == 0 {
            ink.text(list, Align::Center, Font::Ui12, "No fills yet", theme.tokens.text_lo);
            ink.paint(ui.painter());
            return;
        }
        let (first, mut top) = self.scroll.rows(ui, theme, list, ROW_HEIGHT, count);
        for fill in ctx.view.trading.fills.iter().rev().filter(is_shown).skip(first) {
            if top + ROW_HEIGHT > list.bottom() + 1.0 {
                break;
            }
            let row = Rect::from_min_size(pos2(list.left(), top), vec2(list.width(), ROW_HEIGHT));
            top += ROW_HEIGHT;
            if row.top() < list.top() - 1.0 {
                continue;
            }
            let id = ui.scope_id().with(("fill", fill.instrument.0, &fill.trade_id));
            let response = ui.interact(row, id, Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("Fill {}", fill.trade_id)));
            if response.hovered() {
                ink.rect(row, theme.tokens.bg2);
            }
            if response.clicked() {
                ctx.selection.select(group, fill.instrument);
            }
            fill_row(&mut ink, ctx, row, fill);
        }
        ink.paint(ui.painter());
    }
}

fn fill_row(ink: &mut Ink, ctx: &PanelContext<'_>, row: Rect, fill: &Fill) {
    let theme = ctx.theme;
    let t = &theme.tokens;
    let Some(instrument) = ctx.view.instrument(fill.instrument) else { return };
    let prices = PriceFormat::of(instrument);
    TIME.text(ink, row, Font::Mono12, &format::time_ms(fill.utc), t.text_lo);
    SIDE.text(ink, row, Font::Ui12, fill.side.verb(), theme.side(fill.side).full);
    CONTRACT.text(ink, row, Font::Ui12, &short_name(instrument), t.text_hi);
    QTY.text(ink, row, Font::Mono12, &format::lots(fill.qty), t.text_hi);
    PRICE.text(ink, row, Font::MonoBold12, &prices.text(fill.price), t.text_hi);
    let notional = crate::domain::number::Money::notional(fill.price, fill.qty, instrument.contract_size);
    NOTIONAL.text(ink, row, Font::Mono12, &format::money(notional), t.text_mid);
    FEE.text(ink, row, Font::Mono12, &format::money(fill.fee), t.text_mid);
    let role = match fill.liquidity {
        Liquidity::Maker => "maker",
        Liquidity::Taker => "taker",
    };
    ROLE.text(ink, row, Font::Ui12, role, t.text_lo);
    let kind = if fill.spread_trade.is_some() { "spread leg" } else { "order" };
    KIND.text(ink, row, Font::Ui12, kind, t.text_lo);
    let tag = fill.label.as_ref().and_then(|label| label.parts()).map_or("", |(tag, ..)| tag);
    TAG.text(ink, row, Font::Ui12, tag, t.text_lo);
    TRADE.text(ink, row, Font::Mono12, &fill.trade_id, t.text_lo);
}
