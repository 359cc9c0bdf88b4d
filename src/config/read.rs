//! From TOML to a [`Config`]: walks the whole document and notes every problem instead of stopping at the first.

use super::section::{Page, Section};
use super::{Camera, CameraDriver, Config, PanelDriver, PedalRule, Problem, delivery};
use std::collections::BTreeSet;
use toml::de::DeTable;

/// The config that a text says as far as it can be understood, and what is wrong with it.
pub(super) fn config(text: &str) -> (Config, Vec<Problem>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut page = Page::new(text);
    page.syntax(&errors);
    let config = walk(&mut page, Some(document.get_ref()));
    (config, page.problems)
}

/// Every key there is.
pub(super) fn keys() -> Vec<String> {
    let mut page = Page::new("");
    walk(&mut page, None);
    // What several kinds of destination have is one key.
    let mut seen = BTreeSet::new();
    page.keys.retain(|key| seen.insert(key.clone()));
    page.keys
}

fn walk(page: &mut Page, document: Option<&DeTable>) -> Config {
    let mut config = Config::default();
    let mut root = Section::new(page, "", document);
    root.section("station", |s| station(s, &mut config));
    root.section("panel", |s| panel(s, &mut config));
    root.section("camera", |s| camera(s, &mut config.camera));
    root.section("archive", |s| {
        s.path("data", &mut config.archive.data);
        s.optional("incoming", &mut config.archive.incoming);
        s.flag("name-in-tag", &mut config.archive.name_in_tag);
    });
    root.section("check", |s| {
        s.text("standard", &mut config.check.standard);
        s.optional("models", &mut config.check.models);
        s.number("threads", "a whole number", &mut config.check.threads);
    });
    root.section("upload", |s| delivery::read_upload(s, &mut config.upload));
    root.section("retention", |s| {
        let retention = &mut config.retention;
        s.number(
            "originals-days",
            "a whole number of days",
            &mut retention.originals_days,
        );
        s.number("keep-newest", "a whole number", &mut retention.keep_newest);
        s.gigabytes("warn-free-gb", &mut retention.warn_free);
    });
    root.section("socket", |s| {
        s.path("path", &mut config.socket.path);
        s.mode("mode", &mut config.socket.mode);
    });
    root.each("destination", |s| {
        let destination = delivery::read_destination(s);
        config.destinations.push(destination);
    });
    root.finish();
    config.lines.0 = std::mem::take(&mut page.lines);
    config
}

fn station(s: &mut Section, config: &mut Config) {
    let station = &mut config.station;
    let policies = [
        ("press-shoots", PedalRule::PressShoots),
        ("one-pedal", PedalRule::OnePedal),
    ];
    s.word("policy", &mut station.policy, &policies);
    s.span("settle-ms", &mut station.settle);
    s.span("advance-guard-ms", &mut station.advance_guard);
    s.span("min-shot-interval-ms", &mut station.min_shot_interval);
    s.span("long-press-ms", &mut station.long_press);
    s.span("double-press-ms", &mut station.double_press);
    s.span("request-deadline-ms", &mut station.request_deadline);
    s.span("pair-deadline-ms", &mut station.pair_deadline);
    s.number("files-per-frame", "1 or 2", &mut station.files_per_frame);
    s.number("max-shots", "a whole number", &mut station.max_shots);
    s.span("advance-hint-ms", &mut station.advance_hint);
    s.span("confirm-next-ms", &mut station.confirm_next);
    s.span("digits-timeout-ms", &mut station.digits_timeout);
    s.span("refetch-ms", &mut station.refetch);
    s.megabytes("min-free-mb", &mut station.min_free);
    s.flag("clear-card", &mut station.clear_card);
}

fn panel(s: &mut Section, config: &mut Config) {
    let panel = &mut config.panel;
    use PanelDriver::{Auto, Cdev, Rppal, Sim};
    let drivers = [Auto, Rppal, Cdev, Sim].map(|d| (d.as_str(), d));
    s.word("driver", &mut panel.driver, &drivers);
    s.text("board", &mut panel.board);
    s.span("debounce-ms", &mut panel.debounce);
    s.span("stuck-ms", &mut panel.stuck);
    s.section("bindings", |s| {
        let mut bindings = Vec::new();
        for bound in std::mem::take(&mut panel.bindings) {
            bindings.extend(s.binding(bound));
        }
        panel.bindings = bindings;
    });
}

fn camera(s: &mut Section, camera: &mut Camera) {
    let drivers = [CameraDriver::Gphoto, CameraDriver::Sim].map(|d| (d.as_str(), d));
    s.word("driver", &mut camera.driver, &drivers);
    s.optional("sim-folder", &mut camera.sim_folder);
    s.span("sim-round-trip-ms", &mut camera.sim_round_trip);
    s.optional("serial", &mut camera.serial);
    s.span("event-slice-ms", &mut camera.event_slice);
    s.span("idle-poll-ms", &mut camera.idle_poll);
    s.megabytes("memory-limit-mb", &mut camera.memory_limit);
    s.span("reconnect-first-ms", &mut camera.reconnect_first);
    s.span("reconnect-max-ms", &mut camera.reconnect_max);
    s.section("deadlines", |s| {
        s.span("open-ms", &mut camera.deadlines.open);
        s.span("trigger-ms", &mut camera.deadlines.trigger);
        s.span("download-ms", &mut camera.deadlines.download);
        s.span("list-ms", &mut camera.deadlines.list);
        s.span("other-ms", &mut camera.deadlines.other);
    });
    s.section("profile", |s| {
        s.text("name", &mut camera.profile.name);
        if let Some(settings) = s.pairs("settings") {
            camera.profile.settings = settings;
            camera.profile.built_in = false;
        }
    });
}
