//! The pictures that `check` can make of what it judged: the portrait and the overlay.

use super::failure::{Exit, Failure};
use crate::check::Standard;
use crate::delivery::{self, Words, overlay};
use crate::model::Report;
use serde::Serialize;
use std::ffi::OsStr;
use std::io::Cursor;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where the pictures of each photo go; decided, and refused, before the first photo is judged.
#[derive(Debug)]
pub struct Outputs {
    portrait: Option<PathBuf>,
    overlay: Option<PathBuf>,
}

/// What became of the pictures of one photo.
#[derive(Debug, Default, Serialize)]
pub struct Made {
    /// Not asked for if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portrait: Option<PortraitMade>,
    /// Not asked for if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay: Option<OverlayMade>,
}

/// What became of a portrait.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum PortraitMade {
    /// It is there.
    Written {
        /// Where.
        file: PathBuf,
        /// Its size.
        bytes: usize,
        /// JPEG quality, 1 to 100 on the IJG scale.
        quality: u8,
        /// What somebody may want to know of it.
        notes: Vec<Words>,
    },
    /// The frame has no crop, which the verdict speaks of; no failure of the command.
    NoCrop {
        /// Why, as the report says it.
        why: Vec<Words>,
    },
    /// It should have been there.
    Failed {
        /// With its causes, in English.
        error: String,
    },
}

/// What became of an overlay.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum OverlayMade {
    /// It is there.
    Written {
        /// Where.
        file: PathBuf,
    },
    /// It should have been there.
    Failed {
        /// With its causes, in English.
        error: String,
    },
}

impl Outputs {
    /// The places asked for. An error where a photo would be overwritten, where the portrait has no rules in this
    /// standard, or where two pictures would get one name.
    pub fn plan(
        files: &[PathBuf],
        portrait: Option<&Path>,
        overlay: Option<&Path>,
        standard: &Standard,
    ) -> Result<Self, Failure> {
        let outputs = Outputs {
            portrait: portrait.map(Path::to_owned),
            overlay: overlay.map(Path::to_owned),
        };
        if portrait.is_some() && standard.portrait().is_none() {
            let message = format!("the standard {} makes no portrait", standard.name());
            let next = "take a standard with a table [portrait], or give this one such a table";
            return Err(usage(message, next));
        }
        for (option, out, endings) in [
            ("--portrait", portrait, &["jpg", "jpeg"][..]),
            ("--overlay", overlay, &["png"][..]),
        ] {
            let Some(out) = out.filter(|out| !out.is_dir()) else {
                continue;
            };
            let shown = out.display();
            if files.len() > 1 {
                let message = format!(
                    "{option} {shown} is no folder, and there are {} photos",
                    files.len()
                );
                return Err(usage(
                    message,
                    "name an existing folder, it gets one picture for each photo",
                ));
            }
            let ending = out.extension().and_then(OsStr::to_str).unwrap_or_default();
            if !endings.contains(&ending.to_ascii_lowercase().as_str()) {
                let message = format!("{option} {shown} does not end in .{}", endings[0]);
                return Err(usage(
                    message,
                    "name a file with that ending, or an existing folder",
                ));
            }
        }
        outputs.refuse_collisions(files)?;
        Ok(outputs)
    }

    fn refuse_collisions(&self, files: &[PathBuf]) -> Result<(), Failure> {
        let inputs: Vec<_> = files.iter().filter_map(|f| identity(f)).collect();
        let mut taken: Vec<PathBuf> = Vec::new();
        for file in files {
            for out in [self.portrait_of(file), self.overlay_of(file)]
                .into_iter()
                .flatten()
            {
                let shown = out.display();
                if files.contains(&out) || identity(&out).is_some_and(|id| inputs.contains(&id)) {
                    let message = format!("{shown} is one of the photos and would be overwritten");
                    return Err(usage(
                        message,
                        "name another file or folder; originals are never changed",
                    ));
                }
                if taken.contains(&out) {
                    let message = format!("two pictures would be written to {shown}");
                    return Err(usage(message, "check photos of the same name one by one"));
                }
                taken.push(out);
            }
        }
        Ok(())
    }

    fn portrait_of(&self, file: &Path) -> Option<PathBuf> {
        place(self.portrait.as_deref()?, file, ".JPG")
    }

    fn overlay_of(&self, file: &Path) -> Option<PathBuf> {
        place(self.overlay.as_deref()?, file, "-overlay.png")
    }

    /// Makes what was asked for of a photo with these bytes.
    pub fn make(&self, file: &Path, jpeg: &[u8], report: &Report, standard: &Standard) -> Made {
        Made {
            portrait: self
                .portrait_of(file)
                .map(|out| portrait(out, jpeg, report, standard)),
            overlay: self
                .overlay_of(file)
                .map(|out| match overlay(&out, jpeg, report, standard) {
                    Ok(()) => OverlayMade::Written { file: out },
                    Err(error) => OverlayMade::Failed {
                        error: chain(&error),
                    },
                }),
        }
    }
}

impl Made {
    /// Whether something that should be there is not.
    pub fn failed(&self) -> bool {
        matches!(self.portrait, Some(PortraitMade::Failed { .. }))
            || matches!(self.overlay, Some(OverlayMade::Failed { .. }))
    }

    /// For the table.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        match &self.portrait {
            None => {}
            Some(PortraitMade::Written {
                file,
                bytes,
                quality,
                notes,
            }) => {
                let file = file.display();
                text += &format!("  portrait 成片: {file}, {bytes} bytes, quality {quality}\n");
                for note in notes {
                    text += &format!("         {}\n         {}\n", note.zh, note.en);
                }
            }
            Some(PortraitMade::NoCrop { why }) => {
                text += "  no portrait 未生成成片\n";
                for why in why {
                    text += &format!("         {}\n         {}\n", why.zh, why.en);
                }
            }
            Some(PortraitMade::Failed { error }) => {
                text += &format!("  no portrait 未生成成片: {error}\n");
            }
        }
        match &self.overlay {
            None => {}
            Some(OverlayMade::Written { file }) => {
                text += &format!("  overlay 标注图: {}\n", file.display());
            }
            Some(OverlayMade::Failed { error }) => {
                text += &format!("  no overlay 未生成标注图: {error}\n");
            }
        }
        text
    }
}

fn portrait(out: PathBuf, jpeg: &[u8], report: &Report, standard: &Standard) -> PortraitMade {
    let (Some(crop), Some(rules)) = (report.crop, standard.portrait()) else {
        return PortraitMade::NoCrop {
            why: delivery::why_no_crop(report),
        };
    };
    let made = match delivery::make(jpeg, crop, rules, None) {
        Ok(made) => made,
        Err(error) => {
            return PortraitMade::Failed {
                error: chain(&error.into()),
            };
        }
    };
    match write(&out, &made.jpeg) {
        Ok(()) => PortraitMade::Written {
            file: out,
            bytes: made.jpeg.len(),
            quality: made.quality,
            notes: (made.notes.iter())
                .map(|note| Words {
                    zh: note.zh(),
                    en: note.to_string(),
                })
                .collect(),
        },
        Err(error) => PortraitMade::Failed {
            error: chain(&error),
        },
    }
}

fn overlay(out: &Path, jpeg: &[u8], report: &Report, standard: &Standard) -> anyhow::Result<()> {
    let bands = standard.portrait().map(|rules| &rules.bands);
    let image = overlay::draw(jpeg, report, bands)?;
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png)?;
    write(out, png.get_ref())
}

/// Whole or not at all: under another name first.
fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, out));
    written.map_err(|e| {
        let _ = std::fs::remove_file(&part);
        let message = format!("failed to write {}", out.display());
        anyhow::Error::new(e).context(message)
    })
}

fn place(out: &Path, file: &Path, ending: &str) -> Option<PathBuf> {
    if !out.is_dir() {
        return Some(out.to_owned());
    }
    let mut name = file.file_stem()?.to_owned();
    name.push(ending);
    Some(out.join(name))
}

/// Device and inode: the same file under whatever name.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let known = std::fs::metadata(path).ok()?;
    Some((known.dev(), known.ino()))
}

fn usage(message: String, next: &str) -> Failure {
    Failure {
        exit: Exit::Usage,
        ..Failure::new(message, next)
    }
}

fn chain(error: &anyhow::Error) -> String {
    format!("{error:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Checker, Judge, position};
    use crate::delivery::tests::figure;
    use crate::model::{Reason, Severity, Verdict};

    fn blue() -> Standard {
        Standard::builtin("cn-graduate-blue").unwrap()
    }

    fn error(files: &[&Path], portrait: Option<&Path>, overlay: Option<&Path>) -> String {
        let files: Vec<_> = files.iter().map(|f| f.to_path_buf()).collect();
        let failure = Outputs::plan(&files, portrait, overlay, &blue()).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        failure.message
    }

    #[test]
    fn places_that_cannot_be_are_refused_first() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["one.JPG", "two.jpg"].map(|name| dir.path().join(name));
        std::fs::write(&one, b"1").unwrap();
        std::fs::write(&two, b"2").unwrap();
        let link = dir.path().join("link.jpg");
        std::os::unix::fs::symlink(&one, &link).unwrap();
        let out = dir.path().join("out.jpg");
        assert!(error(&[&one, &two], Some(&out), None).contains("is no folder"));
        assert!(error(&[&one], Some(&one), None).contains("would be overwritten"));
        assert!(error(&[&one], Some(&link), None).contains("would be overwritten"));
        // The folder of the photos: one.JPG would become one.JPG.
        assert!(error(&[&one], Some(dir.path()), None).contains("would be overwritten"));
        assert!(error(&[&one], Some(Path::new("out.png")), None).contains(".jpg"));
        assert!(error(&[&one], None, Some(Path::new("out.jpg"))).contains(".png"));
        let other = tempfile::tempdir().unwrap();
        let same = other.path().join("one.jpg");
        std::fs::write(&same, b"3").unwrap();
        let into = tempfile::tempdir().unwrap();
        let message = error(&[&one, &same], Some(into.path()), None);
        assert!(message.contains("two pictures"), "{message}");
        let files = [one, two];
        let plan = Outputs::plan(&files, Some(into.path()), Some(into.path()), &blue()).unwrap();
        assert_eq!(
            plan.portrait_of(&files[1]),
            Some(into.path().join("two.JPG"))
        );
        assert_eq!(
            plan.overlay_of(&files[0]),
            Some(into.path().join("one-overlay.png"))
        );
    }

    fn judged(jpeg: &[u8], head: &position::Head, size: (u32, u32)) -> Report {
        let mut report = Checker::new(blue()).judge(jpeg);
        let rules = blue().portrait().unwrap().clone();
        let found = position::measures(size.0, size.1, head, &rules.bands).unwrap();
        report.geometry = Some(figure::geometry(head));
        report.crop = found.crop;
        let reason = |f: position::Fault| Reason {
            id: f.id.to_owned(),
            severity: Severity::Reject,
            was: None,
            about: Default::default(),
            zh: f.zh,
            en: f.en,
        };
        report.reasons.extend(found.faults.into_iter().map(reason));
        report
    }

    #[test]
    fn both_pictures_are_written_and_the_photo_stays() {
        let dir = tempfile::tempdir().unwrap();
        let head = figure::head(405.0, 470.0, 330.0);
        let jpeg = figure::jpeg(
            &figure::noisy(figure::draw(810, 1080, &head), 8),
            None,
            None,
        );
        let photo = dir.path().join("photo.jpg");
        std::fs::write(&photo, &jpeg).unwrap();
        let [portrait, overlay] = ["p.jpg", "o.png"].map(|n| dir.path().join(n));
        let files = [photo.clone()];
        let plan = Outputs::plan(&files, Some(&portrait), Some(&overlay), &blue()).unwrap();
        let made = plan.make(&photo, &jpeg, &judged(&jpeg, &head, (810, 1080)), &blue());
        assert!(!made.failed(), "{made:?}");
        assert_eq!(image::image_dimensions(&portrait).unwrap(), (480, 640));
        assert_eq!(
            image::image_dimensions(&overlay).unwrap(),
            (810 + 620, 1080)
        );
        assert_eq!(std::fs::read(&photo).unwrap(), jpeg);
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            3,
            "nothing half written"
        );
        assert!(made.lines().contains("portrait 成片"), "{}", made.lines());
    }

    #[test]
    fn without_a_crop_the_reason_is_told_and_nothing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let head = figure::head(120.0, 470.0, 330.0);
        let jpeg = figure::jpeg(&figure::draw(810, 1080, &head), None, None);
        let out = dir.path().join("p.jpg");
        let photo = dir.path().join("photo.jpg");
        let plan = Outputs::plan(std::slice::from_ref(&photo), Some(&out), None, &blue()).unwrap();
        let made = plan.make(&photo, &jpeg, &judged(&jpeg, &head, (810, 1080)), &blue());
        assert!(!made.failed() && !out.exists());
        assert!(
            made.lines().contains("too far left in the picture"),
            "{}",
            made.lines()
        );
        let mut silent = judged(&jpeg, &head, (810, 1080));
        silent.reasons.clear();
        silent.verdict = Verdict::Pass;
        let told = plan.make(&photo, &jpeg, &silent, &blue()).lines();
        assert!(told.contains("where to cut was not told"), "{told}");
    }

    #[test]
    fn what_cannot_be_written_is_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let head = figure::head(405.0, 470.0, 330.0);
        let jpeg = figure::jpeg(&figure::draw(810, 1080, &head), None, None);
        let photo = dir.path().join("photo.jpg");
        let out = dir.path().join("nowhere/p.jpg");
        let plan = Outputs::plan(std::slice::from_ref(&photo), Some(&out), None, &blue()).unwrap();
        let made = plan.make(&photo, &jpeg, &judged(&jpeg, &head, (810, 1080)), &blue());
        assert!(made.failed());
        assert!(made.lines().contains("nowhere/p.jpg"), "{}", made.lines());
    }
}
