//! A report for any bytes: no panic, no memory out of proportion, and the verdict is that of the worst reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shutterline::check::{Checker, Judge, Standard};
use shutterline::daemon::load_models;
use shutterline::model::Verdict;
use std::sync::LazyLock;

static CHECKER: LazyLock<Checker> = LazyLock::new(|| {
    let standard = Standard::builtin("cn-graduate-blue").expect("a shipped standard");
    Checker::new(standard).with_models(load_models(None).expect("models, see SHUTTERLINE_MODELS"))
});

fuzz_target!(|bytes: &[u8]| {
    let report = CHECKER.judge(bytes);
    assert_eq!(report.verdict, Verdict::of(&report.reasons));
    if report.width_px == 0 {
        assert_eq!(report.reasons[0].id, "unreadable");
    }
});
