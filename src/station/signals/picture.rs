//! The table as a picture: a strip of time for each lamp and for the buzzer.

use super::{Signal, table, tune};
use crate::model::{Millis, Pattern};
use std::fmt::Write;

/// How much time a strip shows.
const SPAN: Millis = Millis(6000);
const STRIP_X: u32 = 330;
const STRIP_WIDTH: u32 = 480;
const ROW: u32 = 46;
const HEAD: u32 = 64;
const WIDTH: u32 = STRIP_X + STRIP_WIDTH + 40;

/// The operator's picture of every signal, as SVG.
pub fn draw_svg() -> String {
    let table = table();
    let height = HEAD + ROW * table.len() as u32 + 16;
    let mut svg = String::new();
    head(&mut svg, height);
    for (n, signal) in table.iter().enumerate() {
        row(&mut svg, signal, HEAD + ROW * n as u32);
    }
    svg.push_str("</svg>\n");
    svg
}

fn head(svg: &mut String, height: u32) {
    line(
        svg,
        format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="Noto Sans CJK SC, Noto Sans, sans-serif">"#
        ),
    );
    line(
        svg,
        format_args!(r##"<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>"##),
    );
    line(
        svg,
        format_args!(
            r##"<text x="16" y="26" font-size="17" fill="#111111">灯光与声音 · Lights and sounds</text>"##
        ),
    );
    line(
        svg,
        format_args!(
            r##"<text x="16" y="46" font-size="11" fill="#555555">R 红 red · A 黄 amber · G 绿 green · B 蜂鸣 buzzer (once)</text>"##
        ),
    );
    for second in 0..=6 {
        let x = STRIP_X + STRIP_WIDTH * second / 6;
        line(
            svg,
            format_args!(
                r##"<text x="{x}" y="56" font-size="10" fill="#555555" text-anchor="middle">{second} s</text>"##
            ),
        );
    }
}

fn row(svg: &mut String, signal: &Signal, top: u32) {
    line(
        svg,
        format_args!(r##"<path d="M16 {top}H{}" stroke="#dddddd"/>"##, WIDTH - 16),
    );
    for (offset, size, text) in [
        (17, 14, signal.zh),
        (31, 11, signal.en),
        (42, 9, signal.name),
    ] {
        let y = top + offset;
        line(
            svg,
            format_args!(
                r##"<text x="16" y="{y}" font-size="{size}" fill="#111111">{text}</text>"##
            ),
        );
    }
    let lamps = signal.lamps.map(|l| [l.red, l.amber, l.green]);
    let lamps = lamps.unwrap_or([Pattern::OFF; 3]);
    let sound = signal.sound.map_or(Pattern::OFF, tune);
    strip(svg, "R", lamps[0], "#c62828", top + 4);
    strip(svg, "A", lamps[1], "#ef9a00", top + 14);
    strip(svg, "G", lamps[2], "#2e7d32", top + 24);
    strip(svg, "B", sound, "#37474f", top + 34);
}

/// One pattern over time: a box wherever it is on.
fn strip(svg: &mut String, label: &str, pattern: Pattern, colour: &str, top: u32) {
    let (label_x, label_y) = (STRIP_X - 8, top + 7);
    line(
        svg,
        format_args!(
            r##"<text x="{label_x}" y="{label_y}" font-size="8" fill="#555555" text-anchor="end">{label}</text>"##
        ),
    );
    line(
        svg,
        format_args!(
            r##"<rect x="{STRIP_X}" y="{top}" width="{STRIP_WIDTH}" height="8" fill="#f2f2f2"/>"##
        ),
    );
    let mut at = Millis(0);
    while at < SPAN {
        let until = pattern.next_change(at).unwrap_or(SPAN).min(SPAN);
        if pattern.is_on(at) {
            let x = STRIP_X + scaled(at);
            let width = scaled(until).saturating_sub(scaled(at)).max(1);
            line(
                svg,
                format_args!(
                    r##"<rect x="{x}" y="{top}" width="{width}" height="8" fill="{colour}"/>"##
                ),
            );
        }
        at = until;
    }
}

fn scaled(at: Millis) -> u32 {
    u32::try_from(at.0 * u64::from(STRIP_WIDTH) / SPAN.0).unwrap_or(STRIP_WIDTH)
}

fn line(svg: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    _ = writeln!(svg, "{text}");
}
