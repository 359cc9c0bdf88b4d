//! Pads that go to their safe state when nobody holds them any more.

use super::layout::PadKind;
use super::{Layout, Pads};
use crate::panel::PanelError;

/// Everything that is no switch. Dropped, at an exit or while a panic unwinds, all lamps are dark and the buzzer is
/// silent; after a kill the unit's `ExecStopPost` does that.
pub(in crate::panel) struct SafePads {
    pads: Box<dyn Pads>,
    /// The safe level of each that can be moved.
    safe: Vec<(usize, bool)>,
}

impl SafePads {
    /// These pads, safe from the beginning.
    pub(super) fn new(pads: Box<dyn Pads>, layout: &Layout) -> Result<Self, PanelError> {
        let kinds = layout.pads.iter().map(|pad| pad.kind).enumerate();
        let safe = kinds.filter_map(|(pad, kind)| match kind {
            PadKind::Driven { safe_high } => Some((pad, safe_high)),
            PadKind::OpenDrain => Some((pad, true)),
            PadKind::Read => None,
        });
        let mut pads = Self {
            pads,
            safe: safe.collect(),
        };
        pads.make_safe()?;
        Ok(pads)
    }

    /// All to their safe state; the first failure is told, after all were tried.
    pub(in crate::panel) fn make_safe(&mut self) -> Result<(), PanelError> {
        let pads = &mut self.pads;
        let tried: Vec<_> = self
            .safe
            .iter()
            .map(|(p, high)| pads.set(*p, *high))
            .collect();
        tried.into_iter().collect()
    }
}

impl Pads for SafePads {
    fn set(&mut self, pad: usize, high: bool) -> Result<(), PanelError> {
        self.pads.set(pad, high)
    }

    fn is_high(&mut self, pad: usize) -> Result<bool, PanelError> {
        self.pads.is_high(pad)
    }
}

impl Drop for SafePads {
    fn drop(&mut self) {
        if let Err(error) = self.make_safe() {
            tracing::error!(%error, "lamps and buzzer may be left on");
        }
    }
}
