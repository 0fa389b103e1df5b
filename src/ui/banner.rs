//! Banners: a bar below the strip for as long as something is wrong, with what it is, since when, and one thing to do.

use std::time::Duration;

use egui::{Align, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::context::PanelContext;
use super::format;
use super::place;
use super::theme::{Theme, icons};
use super::widgets::button::{Button, Kind};
use super::widgets::ink::{Font, Ink};
use crate::base::time::Now;
use crate::domain::command::Intent;
use crate::domain::event::{Link, LinkState};
use crate::view::View;
use crate::view::book::BookState;
use crate::view::session::{LinkView, Severity};

pub const BANNER_HEIGHT: f32 = 40.0;
/// A link that is not up yet is given this long before it is called a problem.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// May settings be written?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingsAccess {
    #[default]
    ReadWrite,
    /// Another window of this program owns them.
    ReadOnly,
}

/// What a banner's button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    None,
    Reconnect,
    Unblock,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    pub severity: Severity,
    pub text: String,
    pub detail: String,
    pub remedy: Remedy,
}

/// Everything that is wrong now, worst first.
pub fn banners(view: &View, now: Now, settings: SettingsAccess) -> Vec<Banner> {
    let mut all = Vec::new();
    if let Some(why) = &view.session.halted {
        all.push(Banner {
            severity: Severity::Error,
            text: "HALTED: the core stopped on an internal error".to_owned(),
            detail: format!("{why}. Both connections are closed; restart to go on"),
            remedy: Remedy::None,
        });
        return all;
    }
    all.extend(link_banner(view, Link::Orders, now));
    all.extend(link_banner(view, Link::Market, now));
    all.extend(gap_banner(view, now));
    if view.trading.is_blocked {
        all.push(Banner {
            severity: Severity::Warn,
            text: "New orders are blocked".to_owned(),
            detail: "Cancels still pass".to_owned(),
            remedy: Remedy::Unblock,
        });
    }
    if settings == SettingsAccess::ReadOnly {
        all.push(Banner {
            severity: Severity::Info,
            text: "Settings are read-only".to_owned(),
            detail: "Another Tenor uses the same data folder; changes of the layout are not kept".to_owned(),
            remedy: Remedy::None,
        });
    }
    all
}

fn link_banner(view: &View, link: Link, now: Now) -> Option<Banner> {
    let LinkView { state, since, .. } = view.session.link(link);
    let down_for = now.mono.since(*since);
    let name = match link {
        Link::Market => "Market link",
        Link::Orders => "Order link",
    };
    let (text, why, severity) = match state {
        LinkState::Up => return None,
        LinkState::Failed { why } => (format!("{name} refused"), why.to_string(), Severity::Error),
        LinkState::Waiting { attempt, retry_in, why } => {
            let left = retry_in.saturating_sub(down_for);
            let next = format!("{why}. Try {attempt} in {}", format::age(left));
            (format!("{name} lost {} ago", format::age(down_for)), next, Severity::Error)
        }
        LinkState::Connecting { attempt } if down_for > PATIENCE => {
            (format!("{name} connecting for {}", format::age(down_for)), format!("try {attempt}"), Severity::Warn)
        }
        LinkState::Syncing if down_for > PATIENCE => {
            (format!("{name} synchronising for {}", format::age(down_for)), String::new(), Severity::Warn)
        }
        LinkState::Connecting { .. } | LinkState::Syncing => return None,
    };
    let open = view.trading.open_orders;
    let detail = match (link, open) {
        (Link::Orders, 1..) => {
            let fate = match view.session.cancel_on_disconnect {
                Some(true) => "the venue cancels them",
                _ => "they may still work at the venue",
            };
            format!("{open} orders were open, {fate}. {why}")
        }
        _ => why,
    };
    Some(Banner { severity, text, detail, remedy: Remedy::Reconnect })
}

fn gap_banner(view: &View, now: Now) -> Option<Banner> {
    let mut broken = view
        .markets
        .iter()
        .map(|market| market.instrument)
        .filter(|&id| matches!(view.book_state(id, now), BookState::Gap | BookState::Crossed))
        .filter_map(|id| view.instrument(id));
    let first = broken.next()?;
    let more = broken.count();
    let text = if more == 0 {
        format!("Feed gap on {}, book greyed", first.contract)
    } else {
        format!("Feed gap on {} and {more} more, books greyed", first.contract)
    };
    Some(Banner {
        severity: Severity::Warn,
        text,
        detail: "A part of the sequence is missing; snapshots are asked for".to_owned(),
        remedy: Remedy::None,
    })
}

/// Draws one banner and does what its button says.
pub fn banner_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, rect: Rect, banner: &Banner) {
    let theme = ctx.theme;
    let (color, ground) = theme.severity(banner.severity);
    let response = ui.interact(rect, ui.scope_id().with(&banner.text), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, banner.text.clone()));
    let mut ink = Ink::new(ui.ctx());
    ink.chip(rect, ground);
    ink.rect(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), color);
    paint_words(&mut ink, theme, rect, banner, color);
    ink.paint(ui.painter());
    let button =
        |width: f32| Rect::from_min_size(pos2(rect.right() - 10.0 - width, rect.center().y - 12.0), vec2(width, 24.0));
    match banner.remedy {
        Remedy::None => {}
        Remedy::Reconnect => {
            if ui.push_id(&banner.text, |ui| reconnect(ui, theme, button(84.0))).inner {
                ctx.send(Intent::Reconnect);
            }
        }
        Remedy::Unblock => {
            if Button::new("Allow new orders").kind(Kind::Primary).put(ui, theme, button(124.0)).clicked() {
                ctx.send(Intent::Unblock);
            }
        }
    }
}

fn reconnect(ui: &mut Ui, theme: &Theme, rect: Rect) -> bool {
    Button::new("Reconnect").kind(Kind::Primary).put(ui, theme, rect).clicked()
}

fn paint_words(ink: &mut Ink, theme: &Theme, rect: Rect, banner: &Banner, color: Color32) {
    let t = &theme.tokens;
    let icon = match banner.severity {
        Severity::Error | Severity::Reject => icons::WARNING_OCTAGON,
        Severity::Warn | Severity::Alert => icons::WARNING,
        Severity::Fill | Severity::Info => icons::LOCK_SIMPLE,
    };
    let icon_at = Rect::from_center_size(pos2(rect.left() + 23.0, rect.center().y), vec2(18.0, 18.0));
    ink.text(icon_at, Align::Center, Font::IconFill12, icon.encode_utf8(&mut [0; 4]), color);
    let x = rect.left() + 42.0;
    let y = if banner.detail.is_empty() { rect.center().y } else { rect.top() + 13.0 };
    ink.text(place::from(x, y), Align::Min, Font::UiBold12, &banner.text, t.text_hi);
    ink.text(place::from(x, rect.top() + 28.0), Align::Min, Font::Ui11, &banner.detail, t.text_mid);
}
