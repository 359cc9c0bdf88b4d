//! The two files of a result, made before anybody walks anywhere and written anew after every step.

use super::record::Sheet;
use crate::cmd::failure::Failure;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

/// The two files of a result.
#[derive(Debug)]
pub struct Paper {
    text: (PathBuf, File),
    json: (PathBuf, File),
}

impl Paper {
    /// Makes both files, before anybody walks anywhere. `out` may end in `.txt` or `.json`; the other stands beside it.
    ///
    /// # Errors
    /// When one cannot be made, or is there already.
    pub fn lay_out(out: &Path) -> anyhow::Result<Self> {
        let stem = match out.extension().and_then(|e| e.to_str()) {
            Some("txt" | "json") => out.with_extension(""),
            _ => out.to_owned(),
        };
        let beside = |extension: &str| {
            let mut path = stem.clone().into_os_string();
            path.push(extension);
            let path = PathBuf::from(path);
            make(&path).map(|file| (path, file))
        };
        Ok(Self {
            text: beside(".txt")?,
            json: beside(".json")?,
        })
    }

    /// The path of the text.
    pub fn text_path(&self) -> &Path {
        &self.text.0
    }

    /// The path of the JSON.
    pub fn json_path(&self) -> &Path {
        &self.json.0
    }

    /// Writes how it stands over what was written before, so that a broken connection loses nothing.
    ///
    /// # Errors
    /// When the disk is full or gone.
    pub fn write(&mut self, sheet: &Sheet) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(sheet)?;
        let text = sheet.text();
        for ((path, file), content) in [(&self.text, text), (&self.json, json + "\n")] {
            replace(file, &content).map_err(|source| {
                Failure::new(
                    format!("failed to write {}", path.display()),
                    "make room on that disk, or give another place with --out",
                )
                .because(source)
            })?;
        }
        Ok(())
    }
}

fn make(path: &Path) -> anyhow::Result<File> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.map_err(|source| {
        let next = match source.kind() {
            io::ErrorKind::AlreadyExists => {
                "an old result is not written over; give another name with --out"
            }
            _ => "go to a folder that you may write to, or give a place with --out",
        };
        Failure::new(format!("failed to make {}", path.display()), next)
            .because(source)
            .into()
    })
}

fn replace(mut file: &File, content: &str) -> io::Result<()> {
    file.rewind()?;
    file.write_all(content.as_bytes())?;
    file.set_len(content.len() as u64)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::sheet;
    use super::*;

    #[test]
    fn two_files_are_made_first_and_never_over_an_old_result() {
        let folder = tempfile::tempdir().unwrap();
        let mut paper = Paper::lay_out(&folder.path().join("panel-7.txt")).unwrap();
        assert!(paper.json_path().ends_with("panel-7.json"));
        let long = sheet();
        let short = Sheet {
            steps: Vec::new(),
            bounce: Vec::new(),
            ..sheet()
        };
        for sheet in [&long, &short] {
            paper.write(sheet).unwrap();
            let text = std::fs::read_to_string(paper.text_path()).unwrap();
            assert_eq!(text, sheet.text());
            let json = std::fs::read_to_string(paper.json_path()).unwrap();
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(json["steps"].as_array().unwrap().len(), sheet.steps.len());
        }
        let again = Paper::lay_out(&folder.path().join("panel-7")).unwrap_err();
        assert!(format!("{again:#}").contains("panel-7.txt"), "{again:#}");
    }
}
