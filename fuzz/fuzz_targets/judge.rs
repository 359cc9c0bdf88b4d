//! A report for any bytes: no panic, no memory out of proportion, and the verdict is that of the worst reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shutterline::check::{Checker, Judge, Standard};
use shutterline::daemon::load_models;
use shutterline::model::Verdict;
use std::sync::LazyLock;

/// The file and the frame: what a stranger's bytes reach first.
static BLIND: LazyLock<Checker> = LazyLock::new(|| {
    let standard = Standard::builtin("cn-graduate-blue").expect("a shipped standard");
    Checker::new(standard)
});

/// The same, and the person in it.
static SEEING: LazyLock<Checker> = LazyLock::new(|| {
    let models = load_models(None).expect("models, see SHUTTERLINE_MODELS");
    BLIND.clone().with_models(models)
});

/// The networks take a thousand times as long as all else here: one picture in so many is shown to them.
const SEEN: u8 = 64;

fuzz_target!(|bytes: &[u8]| {
    let seen = bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) % SEEN == 0;
    let checker = if seen { &*SEEING } else { &*BLIND };
    let report = checker.judge(bytes);
    assert_eq!(report.verdict, Verdict::of(&report.reasons));
    if report.width_px == 0 {
        assert_eq!(report.reasons[0].id, "unreadable");
    }
});
