//! What the demo's pictures are judged by.

use crate::check::catalogue;

/// A shipped standard that holds nothing of the person against a frame: the students of the demo are
/// drawn, and a check that finds faces rightly finds none in them. What the person's measures give is
/// still shown.
pub fn frame_only(standard: &str) -> String {
    let of_frame =
        |table: &str| catalogue::frame().any(|kind| table == format!("[measure.{}]", kind.name));
    let mut person = false;
    let mut text = String::new();
    for line in standard.lines() {
        if line.starts_with('[') {
            person = !of_frame(line.trim());
        }
        let off = person && line.starts_with("severity");
        text += if off { "severity = \"off\"" } else { line };
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Standard;
    use crate::model::Severity;

    #[test]
    fn the_frame_is_judged_as_shipped_and_the_person_not_at_all() {
        let shipped = include_str!("../../../config/standards/cn-graduate-blue.toml");
        let standard = Standard::parse(&frame_only(shipped), "demo").unwrap();
        assert_eq!(standard.limit("sharpness").severity, Severity::Reject);
        assert_eq!(standard.limit("faces").severity, Severity::Off);
        let judged =
            catalogue::limited().filter(|k| standard.limit(k.name).severity != Severity::Off);
        assert_eq!(judged.count(), catalogue::frame().count());
    }
}
