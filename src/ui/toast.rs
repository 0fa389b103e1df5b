//! Toasts: the newest notices at the bottom right, the newest lowest, at most four. A fill stays four seconds, an alert and a reject until closed,
//! the rest three.

use std::time::Duration;

use egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::context::PanelContext;
use super::place;
use super::theme::{Face, icons};
use super::widgets::ink::{Font, Ink};
use crate::base::time::Instant;
use crate::view::View;
use crate::view::session::{Notice, Severity};

const MOST: usize = 4;
const WIDTH: f32 = 300.0;
/// At least; a long sentence takes as many lines as it needs.
const HEIGHT: f32 = 46.0;
const TEXT_LEFT: f32 = 38.0;
const TEXT_RIGHT: f32 = 28.0;
const GAP: f32 = 6.0;

/// Which notices were closed, and from which on they count.
#[derive(Debug, Default)]
pub struct Toasts {
    /// Notices before this one were there when the window opened.
    first_seq: Option<u64>,
    closed: Vec<u64>,
    /// What the application itself has to say: core never saw it. Numbered behind all of core's.
    own: Vec<Notice>,
}

/// The first number of our own notices; core's never get there.
const OWN_SEQ: u64 = 1 << 63;

/// How long a notice stays; `None` until closed.
const fn stay(severity: Severity) -> Option<Duration> {
    match severity {
        Severity::Info | Severity::Warn => Some(Duration::from_secs(3)),
        Severity::Fill => Some(Duration::from_secs(4)),
        Severity::Alert | Severity::Reject | Severity::Error => None,
    }
}

impl Toasts {
    /// Shows a notice that core does not know of.
    pub fn tell(&mut self, notice: Notice) {
        self.own.push(notice);
    }

    /// The newest at most four that are still to be read, oldest first, with their numbers.
    fn current<'a>(&'a mut self, view: &'a View, now: Instant) -> Vec<(u64, &'a Notice)> {
        let from = *self.first_seq.get_or_insert(view.notices.first_seq());
        self.closed.retain(|seq| *seq >= view.notices.first_seq());
        let numbered = (from.max(view.notices.first_seq())..).zip(view.notices.since(from));
        let closed = &self.closed;
        let mut open: Vec<(u64, &Notice)> = numbered
            .chain((OWN_SEQ..).zip(&self.own))
            .filter(|(seq, _)| !closed.contains(seq))
            .filter(|(_, notice)| stay(notice.severity).is_none_or(|stay| now.since(notice.at) < stay))
            .collect();
        let surplus = open.len().saturating_sub(MOST);
        open.drain(..surplus);
        open
    }

    /// Draws them upwards from the bottom right of `area`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &PanelContext<'_>, area: Rect) {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let mut closed = None;
        let current = self.current(ctx.view, ctx.now.mono);
        let mut bottom = area.bottom() - 8.0;
        let mut next_end: Option<Duration> = None;
        for (seq, notice) in current.into_iter().rev() {
            let font = Face::Ui.at(12.0);
            let text = ui.painter().layout(notice.text.to_string(), font, t.text_hi, WIDTH - TEXT_LEFT - TEXT_RIGHT);
            let detail_height = if notice.detail.is_empty() { 0.0 } else { 16.0 };
            let height = (text.size().y + detail_height + 14.0).max(HEIGHT);
            let rect = Rect::from_min_size(pos2(area.right() - 8.0 - WIDTH, bottom - height), vec2(WIDTH, height));
            bottom -= height + GAP;
            let response = ui.interact(rect, ui.scope_id().with(("toast", seq)), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("Notice: {}", notice.text)));
            let (color, _) = theme.severity(notice.severity);
            let mut ink = Ink::new(ui.ctx());
            ink.chip_outlined(rect, t.bg3, t.line_hi);
            let icon = match notice.severity {
                Severity::Fill => icons::CHECK_SQUARE,
                Severity::Reject | Severity::Error => icons::X_CIRCLE,
                Severity::Warn => icons::WARNING,
                Severity::Info | Severity::Alert => icons::BELL,
            };
            let icon_at = Rect::from_center_size(pos2(rect.left() + 19.0, rect.center().y), vec2(18.0, 18.0));
            ink.text(icon_at, Align::Center, Font::IconFill12, icon.encode_utf8(&mut [0; 4]), color);
            let x = rect.left() + TEXT_LEFT;
            let top = rect.center().y - (text.size().y + detail_height) / 2.0;
            let detail_at = place::from(x, top + text.size().y + 8.0);
            ink.text(detail_at, Align::Min, Font::Ui11, &notice.detail, t.text_mid);
            if stay(notice.severity).is_none() {
                let close = place::until(rect.right() - 10.0, rect.center().y);
                ink.text(close, Align::Max, Font::Icon14, icons::X.encode_utf8(&mut [0; 4]), t.text_mid);
            }
            ink.paint(&ui.painter().with_clip_rect(rect));
            ui.painter().galley(pos2(x, top), text, t.text_hi);
            if response.clicked() {
                closed = Some(seq);
            }
            if let Some(stay) = stay(notice.severity) {
                let left = stay.saturating_sub(ctx.now.mono.since(notice.at));
                next_end = Some(next_end.map_or(left, |end| end.min(left)));
            }
        }
        self.closed.extend(closed);
        if let Some(end) = next_end {
            ui.ctx().request_repaint_after(end + Duration::from_millis(20));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Utc;
    use crate::view::session::{Environment, SessionView};

    fn view_with(notices: &[(Severity, u64)]) -> View {
        let mut view = View::empty(SessionView::new("SIM-01", "embedded", Environment::Simulated));
        for (at, &(severity, secs)) in notices.iter().enumerate() {
            view.notices.push(Notice {
                utc: Utc::default(),
                at: Instant(secs * 1_000_000_000),
                severity,
                text: format!("{at}").into(),
                detail: "".into(),
            });
        }
        view
    }

    fn shown(toasts: &mut Toasts, view: &View, secs: u64) -> Vec<String> {
        toasts.current(view, Instant(secs * 1_000_000_000)).iter().map(|(_, n)| n.text.to_string()).collect()
    }

    #[test]
    fn each_kind_has_its_time() {
        let view = view_with(&[(Severity::Info, 0), (Severity::Fill, 0), (Severity::Reject, 0)]);
        let mut toasts = Toasts::default();
        assert_eq!(shown(&mut toasts, &view, 2), ["0", "1", "2"]);
        assert_eq!(shown(&mut toasts, &view, 3), ["1", "2"]);
        assert_eq!(shown(&mut toasts, &view, 4_000), ["2"]);
        toasts.closed.push(2);
        assert!(shown(&mut toasts, &view, 5).is_empty());
    }

    #[test]
    fn at_most_four_and_the_newest() {
        let view = view_with(&[(Severity::Reject, 0); 9]);
        let mut toasts = Toasts::default();
        assert_eq!(shown(&mut toasts, &view, 1), ["5", "6", "7", "8"]);
        toasts.closed.push(8);
        assert_eq!(shown(&mut toasts, &view, 1), ["4", "5", "6", "7"]);
    }
}
