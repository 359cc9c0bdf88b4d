//! How cleanly a contact closes and opens: what a technician wants to know before blaming the software.

/// What a contact did since it was opened. Spans are microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BounceStats {
    /// Presses told.
    pub presses: u64,
    /// Raw edges, bounces included.
    pub edges: u64,
    /// Contacts too short to be a press, with nothing pressed before or after.
    pub glitches: u64,
    /// The longest of them.
    pub longest_glitch_us: u64,
    /// Most edges of one closing or opening; 1 is a contact that does not bounce.
    pub most_edges: u64,
    /// Longest time from the first to the last edge of one closing or opening. Near the debounce it is too short.
    pub longest_bounce_us: u64,
    /// Edges that the kernel dropped because nobody read them in time.
    pub lost: u64,
}

/// One closing or opening, while its edges come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Train {
    first_us: u64,
    last_us: u64,
    edges: u64,
}

impl Train {
    /// One more edge; whatever comes more than `apart_us` after the last one begins anew.
    pub(super) fn edge(&mut self, at_us: u64, apart_us: u64, stats: &mut BounceStats) {
        let anew = self.edges == 0 || at_us.saturating_sub(self.last_us) >= apart_us;
        if anew {
            *self = Self {
                first_us: at_us,
                ..Self::default()
            };
        }
        self.last_us = at_us;
        self.edges += 1;
        stats.edges += 1;
        stats.most_edges = stats.most_edges.max(self.edges);
        let lasted = at_us.saturating_sub(self.first_us);
        stats.longest_bounce_us = stats.longest_bounce_us.max(lasted);
    }
}
