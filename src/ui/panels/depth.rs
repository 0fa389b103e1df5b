//! (being built)

use egui::Ui;

use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};

/// View state of the panel.
#[derive(Debug, Default)]
pub struct Depth {
    pub group: LinkGroup,
}

impl Depth {
    pub fn new(group: LinkGroup) -> Self {
        Self { group }
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let _ = (ui, ctx);
        PanelResponse::default()
    }
}
