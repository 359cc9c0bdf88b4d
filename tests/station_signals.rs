//! The operator's picture is drawn from the table of signals, never by hand.
#![allow(clippy::unwrap_used)] // a test that cannot go on shall stop

use shutterline::station::signals::draw_svg;

/// `UPDATE_SIGNALS=1` draws it anew.
#[test]
fn the_picture_in_the_guide_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/signals.svg");
    let drawn = draw_svg();
    if std::env::var_os("UPDATE_SIGNALS").is_some() {
        std::fs::write(path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == drawn,
        "docs/signals.svg is not the table; run UPDATE_SIGNALS=1 cargo test --test station_signals"
    );
}
