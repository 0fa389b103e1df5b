//! What a panel is handed: the picture to draw and a way to say what a hand did. Panels read everything and write only
//! [`Selection`] and, through [`PanelContext::send`], commands.
//!
//! A window may look at a past instant ([`AsOf`]). Only figures look back: nothing is ordered while they do, and where orders are at
//! home, the Trader workspace, they never do.

use std::sync::Arc;
use std::time::Duration;

use super::basket::{Basket, Wanted};
use super::theme::Theme;
use super::workspace_name::WorkspaceName;
use crate::base::time::{Now, Utc};
use crate::domain::command::{Command, Intent, OrderIntent};
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::view::View;
use crate::view::book::BookState;
use crate::view::market::MarketView;
use crate::view::trading::PositionView;

/// Panels of a group follow one instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkGroup {
    #[default]
    A,
    B,
}

impl LinkGroup {
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    pub const fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
        }
    }

    pub const fn next(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// The instant whose figures panels show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsOf {
    #[default]
    Live,
    /// What was known then, from the view's history; never a quote.
    Past(Utc),
}

impl AsOf {
    pub const fn past(self) -> Option<Utc> {
        match self {
            Self::Live => None,
            Self::Past(utc) => Some(utc),
        }
    }

    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// What the hand has chosen; shared by all panels of a window, never by core.
#[derive(Clone, Debug)]
pub struct Selection {
    groups: [Group; LinkGroup::ALL.len()],
    /// The price under the pointer, for panels that mark it too.
    pub hover: Option<(InstrumentId, Price)>,
    /// The beginning of an alert that a panel offered; taken once.
    alert_draft: Option<String>,
    as_of: AsOf,
    /// Where the panels stand; `None` for a panel by itself.
    workspace: Option<WorkspaceName>,
    staging: Staging,
}

/// Orders that wait in the ticket.
#[derive(Clone, Debug, Default)]
struct Staging {
    basket: Option<Basket>,
    /// How often any were staged.
    count: u64,
    shall_show_ticket: bool,
}

/// What one link group works on.
#[derive(Clone, Debug)]
struct Group {
    instrument: Option<InstrumentId>,
    order_qty: Qty,
    /// Side and price that a panel offered to the ticket; taken once.
    offered: Option<(Side, Price)>,
}

impl Default for Selection {
    fn default() -> Self {
        let group = |lots| Group { instrument: None, order_qty: Qty::lots(lots), offered: None };
        let groups = [group(5), group(10)];
        let staging = Staging::default();
        Self { groups, hover: None, alert_draft: None, as_of: AsOf::Live, workspace: None, staging }
    }
}

impl Selection {
    pub fn instrument(&self, group: LinkGroup) -> Option<InstrumentId> {
        self.groups[group.index()].instrument
    }

    pub fn select(&mut self, group: LinkGroup, instrument: InstrumentId) {
        let group = &mut self.groups[group.index()];
        if group.instrument != Some(instrument) {
            group.offered = None;
        }
        group.instrument = Some(instrument);
    }

    /// Size of the next order of this group's ladders and ticket.
    pub fn order_qty(&self, group: LinkGroup) -> Qty {
        self.groups[group.index()].order_qty
    }

    pub fn set_order_qty(&mut self, group: LinkGroup, qty: Qty) {
        self.groups[group.index()].order_qty = qty;
    }

    /// Puts a price into the group's ticket.
    pub fn offer(&mut self, group: LinkGroup, side: Side, price: Price) {
        self.groups[group.index()].offered = Some((side, price));
    }

    /// The panels drawn from now on stand in this workspace. The instant looked at is kept for those that look back.
    pub const fn enter(&mut self, workspace: WorkspaceName) {
        self.workspace = Some(workspace);
    }

    /// Offers the text of an alert, to be finished by hand.
    pub fn draft_alert(&mut self, text: String) {
        self.alert_draft = Some(text);
    }

    pub fn take_alert_draft(&mut self) -> Option<String> {
        self.alert_draft.take()
    }

    /// The instant whose figures the panels of the window show.
    pub fn as_of(&self) -> AsOf {
        if self.workspace.is_some_and(WorkspaceName::is_always_live) { AsOf::Live } else { self.as_of }
    }

    pub const fn look_at(&mut self, as_of: AsOf) {
        self.as_of = as_of;
    }

    pub fn take_offer(&mut self, group: LinkGroup) -> Option<(Side, Price)> {
        self.groups[group.index()].offered.take()
    }

    /// Puts a basket into the ticket, in the place of any before it, and asks for the ticket to be shown. Nothing is sent.
    pub fn stage(&mut self, basket: Basket) {
        self.staging = Staging { basket: Some(basket), count: self.staging.count + 1, shall_show_ticket: true };
    }

    pub const fn staged(&self) -> Option<&Basket> {
        self.staging.basket.as_ref()
    }

    /// The number of the newest staging.
    pub const fn stagings(&self) -> u64 {
        self.staging.count
    }

    /// For the ticket: what it works on, until it gives it back or is done with it.
    pub const fn take_staged(&mut self) -> Option<Basket> {
        self.staging.basket.take()
    }

    pub fn keep_staged(&mut self, basket: Basket) {
        self.staging.basket = Some(basket);
    }

    /// Whether something was staged since the last time of asking.
    pub const fn take_shall_show_ticket(&mut self) -> bool {
        std::mem::replace(&mut self.staging.shall_show_ticket, false)
    }
}

/// Row height and text size of dense panels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    Compact,
    #[default]
    Normal,
}

impl Density {
    pub const fn row(self) -> f32 {
        match self {
            Self::Compact => 16.0,
            Self::Normal => 20.0,
        }
    }

    pub const fn text(self) -> f32 {
        match self {
            Self::Compact => 11.0,
            Self::Normal => 12.0,
        }
    }
}

/// Fades and slides, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    #[default]
    Full,
    Reduced,
}

/// A person's choices that panels heed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    pub density: Density,
    pub motion: Motion,
    /// One-click sizes of ladders, in contracts.
    pub size_keys: [i64; 5],
    /// What a ladder click sends.
    pub ladder_post_only: PostOnly,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            density: Density::Normal,
            motion: Motion::Full,
            size_keys: [1, 5, 10, 25, 50],
            ladder_post_only: PostOnly::Off,
        }
    }
}

/// The window's own figures, for the footer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameStats {
    pub frames_per_sec: f32,
    /// CPU time of the last frames, median and 99th percentile.
    pub frame_p50: Option<Duration>,
    pub frame_p99: Option<Duration>,
    /// Resident memory of the process.
    pub memory_bytes: Option<u64>,
}

/// All that a panel sees.
pub struct PanelContext<'a> {
    pub view: &'a View,
    /// The moment of painting: ages and book states are of now, not of the publish.
    pub now: Now,
    pub theme: &'a Theme,
    pub selection: &'a mut Selection,
    pub prefs: &'a Preferences,
    pub frame: &'a FrameStats,
    commands: &'a mut Vec<Command>,
}

impl<'a> PanelContext<'a> {
    pub fn new(
        view: &'a View,
        now: Now,
        theme: &'a Theme,
        selection: &'a mut Selection,
        prefs: &'a Preferences,
        frame: &'a FrameStats,
        commands: &'a mut Vec<Command>,
    ) -> Self {
        Self { view, now, theme, selection, prefs, frame, commands }
    }

    /// The instant whose figures this panel has to show.
    pub fn as_of(&self) -> AsOf {
        self.selection.as_of()
    }

    /// Turns the whole window to another instant.
    pub const fn look_at(&mut self, as_of: AsOf) {
        self.selection.look_at(as_of);
    }

    /// Queues a command that carries the picture it was formed on. While the window looks back nothing is ordered, whatever a panel
    /// believes.
    pub fn send(&mut self, intent: Intent) {
        if matches!(intent, Intent::Place(_) | Intent::Replace { .. }) && !self.as_of().is_live() {
            return;
        }
        self.commands.push(Command { intent, seen: self.view.version });
    }

    /// A limit order, good until cancelled.
    pub fn place_limit(&mut self, instrument: InstrumentId, side: Side, qty: Qty, price: Price, tag: &str) {
        let post_only = self.prefs.ladder_post_only;
        self.send(Intent::Place(OrderIntent {
            instrument,
            side,
            qty,
            price: Some(price),
            kind: OrderType::Limit,
            time_in_force: TimeInForce::GoodTilCancelled,
            post_only,
            reduce: Reduce::Any,
            tag: tag.into(),
        }));
    }

    /// Puts orders that belong together into the ticket, each at its touch, and shows the ticket. Nothing is sent, and nothing staged
    /// from what is past.
    pub fn stage(&mut self, name: impl Into<String>, from: &'static str, wanted: &[Wanted], note: impl Into<String>) {
        if !self.as_of().is_live() {
            return;
        }
        let basket = Basket::new(self.view, self.now, name, from, wanted).with_note(note);
        self.selection.stage(basket);
    }

    /// The group's instrument with its terms and market, if it is known.
    pub fn chosen(&self, group: LinkGroup) -> Option<(InstrumentId, &'a Arc<Instrument>, &'a MarketView)> {
        let id = self.selection.instrument(group)?;
        Some((id, self.view.catalogue.get(id)?, self.view.market(id)?))
    }

    pub fn book_state(&self, id: InstrumentId) -> BookState {
        if self.view.session.halted.is_some() { BookState::Halted } else { self.view.book_state(id, self.now) }
    }

    /// What a panel that draws several books says of them: the worst state, and how old the newest change is while all are live, or
    /// else the oldest of those in that state.
    pub fn worst_state(&self, books: impl Iterator<Item = InstrumentId>) -> Option<(BookState, Option<Duration>)> {
        let states: Vec<(BookState, InstrumentId)> = books.map(|id| (self.book_state(id), id)).collect();
        let (worst, _) = *states.iter().min()?;
        let of_worst = states.iter().filter(|(state, _)| *state == worst);
        let ages = of_worst.filter_map(|(_, id)| Some(self.view.market(*id)?.book.age(self.now)));
        Some((worst, if worst.is_live() { ages.min() } else { ages.max() }))
    }

    pub fn position(&self, id: InstrumentId) -> Option<&'a PositionView> {
        self.view.trading.positions.iter().find(|p| p.instrument == id)
    }

    pub fn is_armed(&self) -> bool {
        self.view.trading.is_armed(self.now.mono)
    }

    /// Whether a click on this book may send an order now.
    pub fn can_send(&self, id: InstrumentId) -> bool {
        self.as_of().is_live() && self.is_armed() && !self.view.trading.is_blocked && self.book_state(id).is_live()
    }
}

/// What happened on a panel's frame that only the workspace can act on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PanelResponse {
    /// The header is being dragged: the panel wants to move.
    pub drag_started: bool,
    pub menu_clicked: bool,
    /// The link letter was clicked: join the next group.
    pub link_clicked: bool,
    /// The sign of the past was clicked: back to live.
    pub live_clicked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::command::CancelScope;
    use crate::ui::theme::Palette;
    use crate::view::session::{Environment, SessionView};

    const THEN: AsOf = AsOf::Past(Utc(1_795_000_000_000_000_000));

    #[test]
    fn the_trader_workspace_never_looks_back_and_the_other_remembers() {
        let mut selection = Selection::default();
        selection.look_at(THEN);
        assert_eq!(selection.as_of(), THEN, "a panel by itself");
        selection.enter(WorkspaceName::Trader);
        assert_eq!(selection.as_of(), AsOf::Live);
        selection.enter(WorkspaceName::Curve);
        assert_eq!(selection.as_of(), THEN);
        selection.look_at(AsOf::Live);
        assert_eq!(selection.as_of(), AsOf::Live);
    }

    #[test]
    fn nothing_is_ordered_while_the_window_looks_back_and_cancels_pass() {
        let view = View::empty(SessionView::new("SIM-01", "embedded", Environment::Simulated));
        let theme = Theme::dark(Palette::Tenor).unwrap();
        let (mut selection, mut commands) = (Selection::default(), Vec::new());
        let (prefs, frame) = (Preferences::default(), FrameStats::default());
        let mut sent = |as_of| {
            selection.look_at(as_of);
            commands.clear();
            let mut ctx =
                PanelContext::new(&view, Now::default(), &theme, &mut selection, &prefs, &frame, &mut commands);
            ctx.place_limit(InstrumentId(0), Side::Bid, Qty::lots(1), Price(1), "test");
            ctx.send(Intent::Cancel(CancelScope::All));
            commands.len()
        };
        assert_eq!((sent(AsOf::Live), sent(THEN), sent(AsOf::Live)), (2, 1, 2));
    }
}
