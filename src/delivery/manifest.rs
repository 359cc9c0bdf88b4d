//! The list of a session: who was shot, who did not come, and every file that leaves the station for them.

use crate::model::{Frame, FrameFile, FrameId, Goods, QueueEntry};
use std::collections::HashSet;

/// Spreadsheets take a file that does not begin with it for one in the system's own encoding.
const BYTE_ORDER_MARK: &str = "\u{feff}";

const COLUMNS: [&str; 10] = [
    "serial",
    "student_number",
    "state",
    "frame",
    "taken_at_utc",
    "verdict",
    "proposed",
    "file",
    "size_bytes",
    "sha256",
];

/// The list as CSV (RFC 4180) in UTF-8: a line for each file of each serial, by serial, and one for a serial without any. No names:
/// whoever gets it knows the numbers. `frames`: the session's, with their files.
///
/// # Errors
/// None that writing to memory can have; the writer's own type.
pub fn manifest(entries: &[QueueEntry], frames: &[Frame]) -> Result<Vec<u8>, csv::Error> {
    let mut frames: Vec<&Frame> = frames.iter().filter(|f| f.is_eligible()).collect();
    frames.sort_by_cached_key(|f| f.id.order());
    let proposed: HashSet<&FrameId> = (frames.iter().rev())
        .scan(HashSet::new(), |seen, f| {
            Some(seen.insert(f.serial).then_some(&f.id))
        })
        .flatten()
        .collect();
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    csv.write_record(COLUMNS)?;
    for entry in entries {
        let number = (entry.student.as_ref()).map_or("", |s| s.number.as_str());
        let serial = entry.serial.to_string();
        let who = [serial.as_str(), number, entry.state.as_str()];
        let mut listed = false;
        for frame in frames.iter().filter(|f| f.serial == Some(entry.serial)) {
            let proposed = proposed.contains(&frame.id);
            for file in frame.files.iter().filter(|f| is_listed(f, proposed)) {
                listed = true;
                csv.write_record(
                    who.map(str::to_owned).into_iter().chain([
                        frame.id.to_string(),
                        jiff::Timestamp::from_millisecond(frame.taken_at.0)
                            .map_or(String::new(), |at| at.to_string()),
                        frame.verdict.map_or("", |v| v.as_str()).to_owned(),
                        if proposed { "yes" } else { "no" }.to_owned(),
                        file.role.as_str().to_owned(),
                        file.size_bytes.0.to_string(),
                        file.sha256.to_string(),
                    ]),
                )?;
            }
        }
        if !listed {
            let rest = [""; COLUMNS.len() - 3];
            csv.write_record(who.into_iter().chain(rest))?;
        }
    }
    csv.into_inner().map_err(|e| e.into_error().into())
}

/// Of portraits only the proposed frame's leaves.
fn is_listed(file: &FrameFile, proposed: bool) -> bool {
    match Goods::of(file.role) {
        Some(Goods::Portraits) => proposed,
        goods => goods.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Bytes, EntryState, FileRole, FrameState, HoldReason, Origin, Serial, SessionId, Sha256,
        Student, Verdict, WallMs,
    };

    fn entry(serial: u32, state: EntryState) -> QueueEntry {
        QueueEntry {
            serial: Serial(serial),
            student: Some(Student {
                number: format!("2026000{serial}").parse().unwrap(),
                name: "某".to_owned(),
                exempt: Vec::new(),
            }),
            state,
            recall_order: 0,
            waived: Vec::new(),
        }
    }

    fn frame(number: u32, serial: u32, verdict: Verdict, roles: &[FileRole]) -> Frame {
        let file = |role: &FileRole| FrameFile {
            role: *role,
            path: String::new(),
            sha256: Sha256(format!("{number}{}", role.as_str())),
            original_sha256: None,
            size_bytes: Bytes(7),
            source: None,
            cleared_at: None,
        };
        Frame {
            id: FrameId(format!("k7qa-00000{number}")),
            session: Some(SessionId("k7qa-s1".to_owned())),
            serial: Some(Serial(serial)),
            student: format!("2026000{serial}").parse().ok(),
            request: None,
            origin: Origin::Pedal,
            state: FrameState::Kept,
            accepted: false,
            retaken: false,
            verdict: Some(verdict),
            reasons: Vec::new(),
            candidates: Vec::new(),
            taken_at: WallMs(1_790_000_000_000),
            taken_at_trusted: true,
            files: roles.iter().map(file).collect(),
        }
    }

    #[test]
    fn every_serial_and_every_file_that_leaves_is_listed() {
        let both = [FileRole::Jpeg, FileRole::Portrait, FileRole::Other];
        let entries = [
            entry(1, EntryState::Done),
            entry(2, EntryState::Held(HoldReason::Absent)),
        ];
        let frames = [
            frame(1, 1, Verdict::Pass, &both),
            frame(2, 1, Verdict::Warn, &both),
            frame(3, 1, Verdict::Reject, &both),
        ];
        let bytes = manifest(&entries, &frames).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let at = "2026-09-21T14:13:20Z";
        assert_eq!(
            lines,
            [
                "\u{feff}serial,student_number,state,frame,taken_at_utc,verdict,proposed,file,size_bytes,sha256".to_owned(),
                format!("1,20260001,done,k7qa-000001,{at},pass,no,jpeg,7,1jpeg"),
                format!("1,20260001,done,k7qa-000002,{at},warn,yes,jpeg,7,2jpeg"),
                format!("1,20260001,done,k7qa-000002,{at},warn,yes,portrait,7,2portrait"),
                "2,20260002,held-absent,,,,,,,".to_owned(),
            ]
        );
        assert!(text.contains("\r\n") && !text.contains('某'), "{text}");
    }
}
