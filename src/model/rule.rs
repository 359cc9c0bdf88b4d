//! The ids of the reasons: public and never renamed. Which can be granted to a student, and which are the equipment's.

/// Reasons about the student or the picture of one, which the photographer may waive for a student or lower for a
/// session. What leaves nobody to look at (`unreadable`, `no-face`, `many-faces`) is not among them.
pub const WAIVABLE: [&str; 38] = [
    "face-cut",
    "yaw",
    "pitch",
    "roll",
    "shoulders",
    "gaze",
    "eyes-closed",
    "mouth-open",
    "expression",
    "red-eye",
    "glasses-tinted",
    "glasses-glare",
    "glasses-frame",
    "head-covered",
    "hair-over-brows",
    "hair-over-eyes",
    "ears-covered",
    "ornament",
    "clothes-colour",
    "clothes-pattern",
    "clothes-contrast",
    "shoulders-bare",
    "under-exposed",
    "over-exposed",
    "uneven-light",
    "low-contrast",
    "shine",
    "skin-colour",
    "background-colour",
    "background-uneven",
    "background-shadow",
    "background-object",
    "blurred",
    "motion-blur",
    "noisy",
    "compressed",
    "resolution",
    "position",
];

/// Reasons about the photographer's equipment.
pub const EQUIPMENT: [&str; 9] = [
    "black-frame",
    "flash-misfire",
    "one-lamp",
    "sync-band",
    "empty-seat",
    "camera-moved",
    "drift-exposure",
    "drift-white-balance",
    "drift-focus",
];

/// The id as the list has it, if this reason may be waived or lowered.
pub fn waivable(id: &str) -> Option<&'static str> {
    WAIVABLE.into_iter().find(|known| *known == id)
}

/// The id as the list has it, if this reason is the equipment's.
pub fn equipment(id: &str) -> Option<&'static str> {
    EQUIPMENT.into_iter().find(|known| *known == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_nobody_to_look_at_is_never_waived() {
        for id in ["unreadable", "no-face", "many-faces", "unchecked", ""] {
            assert_eq!(waivable(id), None, "{id}");
        }
        for id in EQUIPMENT {
            assert_eq!(waivable(id), None, "{id}");
        }
        assert_eq!(waivable("head-covered"), Some("head-covered"));
        let distinct: std::collections::BTreeSet<_> = WAIVABLE.iter().collect();
        assert_eq!(distinct.len(), WAIVABLE.len());
    }
}
