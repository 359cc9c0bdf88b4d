//! `shutterline check`: a photo from disk against a standard, without a daemon.

use crate::check::{Checker, Judge, Lanes, catalogue, number};
use crate::clock;
use crate::cmd::check_outputs::{Made, Outputs};
use crate::daemon::{Cores, find_standard, load_models};
use crate::delivery;
use crate::model::{Measure, MeasureState, Report, Verdict};
use anyhow::Context;
use clap::Args;
use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  shutterline check DSC_0001.JPG
  shutterline check --standard icao photos/*.jpg
  shutterline check --standard my-school.toml --json DSC_0001.JPG
  shutterline check DSC_0001.JPG --portrait portrait.jpg --overlay judged.png
  shutterline check photos/*.jpg --portrait portraits/

The overlay is in English: its letters are Latin only. The Chinese words are in the table and in the JSON.

With --json one photo gives an object, several give an array of them.

Exit codes: 0 whatever the verdicts; 1 when a file cannot be read or is no whole photo, or a picture that was asked for
cannot be written (a frame without a crop just has no portrait); 2 when pictures have no good place to go.";

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Photos (JPEG)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to judge by: cn-graduate-blue, cn-graduate-white, icao, or the path of a standard's file
    #[arg(long, value_name = "NAME|FILE", default_value = "cn-graduate-blue")]
    pub standard: String,
    /// Make the portrait: cut, scaled and encoded as the standard asks. For several photos, an existing folder
    #[arg(long, value_name = "OUT.jpg|FOLDER")]
    pub portrait: Option<PathBuf>,
    /// Draw how the photo was judged: what was found, the crop and its bands, the reasons in English
    #[arg(long, value_name = "OUT.png|FOLDER")]
    pub overlay: Option<PathBuf>,
    /// The folder of the models that find the face; left out, the usual places are tried
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Judge without models: nothing that needs the face is measured
    #[arg(long, conflicts_with = "models")]
    pub no_models: bool,
    /// Print JSON for programs instead of a table for people
    #[arg(long)]
    pub json: bool,
}

/// One photo and what came of it.
#[derive(Debug)]
struct Checked {
    file: PathBuf,
    /// `None` where the file could not be opened.
    report: Option<Report>,
    error: Option<String>,
    made: Made,
}

impl Checked {
    /// Whether it is a whole photo.
    fn could_be_read(&self) -> bool {
        let unreadable = |r: &Report| r.reasons.iter().any(|reason| reason.id == "unreadable");
        self.report.as_ref().is_some_and(|r| !unreadable(r))
    }
}

/// Checks the photos, prints what was found, and says by the exit code whether all could be read.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let checker = checker(args)?;
    let outputs = Outputs::plan(
        &args.files,
        args.portrait.as_deref(),
        args.overlay.as_deref(),
        checker.standard(),
    )?;
    let mut out = std::io::stdout().lock();
    let mut all = Vec::new();
    let mut done = true;
    let bar = bar(args.files.len());
    for file in &args.files {
        let checked = check_one(&checker, &outputs, file);
        done &= checked.could_be_read() && !checked.made.failed();
        if args.json {
            all.push(json(&checked));
        } else if gone(bar.suspend(|| out.write_all(table(&checked).as_bytes())))? {
            break;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if args.json {
        let text = match all.as_slice() {
            [one] => serde_json::to_string_pretty(one),
            several => serde_json::to_string_pretty(several),
        };
        gone(writeln!(
            out,
            "{}",
            text.context("failed to make JSON of reports")?
        ))?;
    }
    Ok(ExitCode::from(u8::from(!done)))
}

/// The check that the daemon runs, on all cores.
fn checker(args: &CheckArgs) -> anyhow::Result<Checker<Cores>> {
    let checker = Checker::new(find_standard(&args.standard)?)
        .with_clock(clock::boot_time_us)
        .with_lanes(Cores::beside(1));
    if args.no_models {
        return Ok(checker);
    }
    let models = load_models(args.models.as_deref())
        .context("the face cannot be checked; --no-models checks the rest")?;
    Ok(checker.with_models(models))
}

/// A bar on standard error where there is more than one photo; nothing at all where that is no terminal.
fn bar(files: usize) -> ProgressBar {
    if files < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} photos, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// What programs are given of a photo; see `docs/api.md`.
fn json(checked: &Checked) -> Value {
    let mut all = serde_json::to_value(&checked.made).unwrap_or_default();
    all["file"] = json!(checked.file);
    if let Some(error) = &checked.error {
        all["error"] = json!(error);
    }
    let Some(report) = &checked.report else {
        return all;
    };
    if let (Value::Object(all), Value::Object(told)) = (&mut all, delivery::told(report)) {
        all.extend(told);
    }
    all
}

/// Whether the reader has gone (`| head`), which is no failure but leaves nothing to do.
fn gone(written: std::io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(true),
        other => other
            .map(|()| false)
            .context("failed to write to standard output"),
    }
}

fn check_one(checker: &Checker<impl Lanes>, outputs: &Outputs, file: &Path) -> Checked {
    let judged = || -> std::io::Result<(Report, Vec<u8>)> {
        let size = std::fs::metadata(file)?.len();
        if let Some(report) = checker.refuse_by_size(size) {
            // Not read, so that the pictures say what the report says: too large.
            return Ok((report, Vec::new()));
        }
        let bytes = std::fs::read(file)?;
        Ok((checker.judge(&bytes), bytes))
    };
    let (report, made, error) = match judged() {
        Ok((report, bytes)) => {
            let made = outputs.make(file, &bytes, &report, checker.standard());
            (Some(report), made, None)
        }
        Err(e) => (
            None,
            Made::default(),
            Some(format!(
                "failed to read {}: {e}; check the path",
                file.display()
            )),
        ),
    };
    Checked {
        file: file.to_owned(),
        report,
        error,
        made,
    }
}

fn table(checked: &Checked) -> String {
    let name = checked.file.display();
    let Some(report) = &checked.report else {
        return format!("{}\n\n", checked.error.as_deref().unwrap_or_default());
    };
    let mut text = format!("{name}: {}", verdict_words(report.verdict));
    if report.width_px > 0 {
        text += &format!(", {} x {} px", report.width_px, report.height_px);
    }
    text += &format!(", by {}\n", report.standard);
    for reason in &report.reasons {
        let indent = format!("  {:<7}", severity_word(reason.severity));
        text += &format!(
            "{indent}{}: {}\n         {}\n",
            reason.id, reason.zh, reason.en
        );
    }
    text += &measures(report);
    text += &checked.made.lines();
    text.push('\n');
    text
}

fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass 合格",
        Verdict::Warn => "warn 合格（有提示）",
        Verdict::Reject => "reject 不合格",
    }
}

fn severity_word(severity: crate::model::Severity) -> &'static str {
    match severity {
        crate::model::Severity::Off => "off",
        crate::model::Severity::Warn => "warn",
        crate::model::Severity::Reject => "reject",
    }
}

fn measures(report: &Report) -> String {
    let mut rows = Table::new();
    rows.load_style(presets::NOTHING);
    rows.set_header(["  measure", "value", "limits", "score", "kept", ""]);
    // What was not measured is told in a line for each cause: a table of dashes tells nothing.
    let mut left_out: Vec<(&str, Vec<&str>)> = Vec::new();
    for measure in &report.measures {
        match &measure.state {
            MeasureState::Measured {
                value,
                score,
                within,
            } => {
                rows.add_row([
                    format!("  {}", measure.name),
                    format!("{} {}", number(*value), measure.unit),
                    limits(measure),
                    score.map(number).unwrap_or_default(),
                    if *within { "yes" } else { "no" }.to_owned(),
                    about(&measure.name).to_owned(),
                ]);
            }
            MeasureState::NotMeasured { why } => {
                match left_out.iter_mut().find(|(known, _)| known == why) {
                    Some((_, names)) => names.push(&measure.name),
                    None => left_out.push((why, vec![&measure.name])),
                }
            }
        }
    }
    let mut text = rows
        .to_string()
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect::<String>();
    for (why, names) in left_out {
        text += &format!("  not measured 未检测 ({why}): {}\n", names.join(", "));
    }
    text
}

fn limits(measure: &Measure) -> String {
    match (measure.min, measure.max) {
        (Some(min), Some(max)) => format!("{} to {}", number(min), number(max)),
        (Some(min), None) => format!("at least {}", number(min)),
        (None, Some(max)) => format!("at most {}", number(max)),
        (None, None) => String::new(),
    }
}

fn about(name: &str) -> &'static str {
    let kind = catalogue::kinds().find(|kind| kind.name == name);
    kind.map_or("", |kind| kind.about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::demo::pictures::{Scene, scene};

    fn args(standard: &str, files: Vec<PathBuf>) -> CheckArgs {
        CheckArgs {
            files,
            standard: standard.to_owned(),
            models: None,
            no_models: true,
            json: false,
            portrait: None,
            overlay: None,
        }
    }

    #[test]
    fn the_exit_code_tells_whether_all_could_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let good = put("good.jpg", &scene(1, Scene::Good, 1250, 1650));
        let dark = put("dark.jpg", &scene(1, Scene::Dark, 1250, 1650));
        let broken = put("broken.jpg", &[0xFF, 0xD8, 0xFF]);
        let code = |files: Vec<PathBuf>| format!("{:?}", run(&args("icao", files)).unwrap());
        let exit = |code: u8| format!("{:?}", ExitCode::from(code));
        assert_eq!(code(vec![good.clone()]), exit(0));
        assert_eq!(
            code(vec![good.clone(), dark]),
            exit(0),
            "whatever the verdict"
        );
        assert_eq!(code(vec![good.clone(), broken]), exit(1));
        assert_eq!(code(vec![good, dir.path().join("none.jpg")]), exit(1));
    }

    #[test]
    fn the_table_shows_verdict_reasons_and_what_was_left_out() {
        let checker = Checker::new(find_standard("cn-graduate-blue").unwrap());
        let shown = table(&Checked {
            file: "a.jpg".into(),
            report: Some(checker.judge(&scene(1, Scene::Dark, 1250, 1650))),
            error: None,
            made: Made::default(),
        });
        for part in [
            "a.jpg: reject 不合格, 1250 x 1650 px",
            "under-exposed: 曝光不足",
            "frame-luminance-mean",
            "not measured 未检测 (the models that find the face are not loaded): faces, second-face",
        ] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn a_big_file_is_refused_without_being_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big.jpg");
        // Sparse: if it were read, it would be read as zeros and be called no JPEG.
        std::fs::File::create(&path)
            .unwrap()
            .set_len(200_000_000)
            .unwrap();
        let checker = Checker::new(find_standard("icao").unwrap());
        let none = Outputs::plan(&[], None, None, checker.standard()).unwrap();
        let report = check_one(&checker, &none, &path).report.unwrap();
        assert!(
            report.reasons[0].en.contains("200.0 MB"),
            "{:?}",
            report.reasons
        );
    }
}
