//! `shutterline generate`: man pages and shell completions for the package, written by the very program that they describe.

use anyhow::Context;
use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;
use std::process::ExitCode;

/// The shells whose completions are packaged.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// One page for each command: `shutterline.1`, `shutterline-status.1` and so on
    Man,
    /// `shutterline.bash`, `_shutterline` for zsh, `shutterline.fish`
    Completions,
}

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What to write
    pub what: What,
    /// The folder to write into; made where it is not there
    pub folder: PathBuf,
}

/// Writes them.
///
/// # Errors
/// When the folder cannot be made or written to.
pub fn run(args: &GenerateArgs, whole: Command) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    let cannot = || format!("failed to write to {}; check the path", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    match args.what {
        What::Man => clap_mangen::generate_to(whole, folder).with_context(cannot)?,
        What::Completions => {
            let mut shown = without_hidden(&whole);
            for shell in SHELLS {
                clap_complete::generate_to(shell, &mut shown, "shutterline", folder)
                    .with_context(cannot)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The same command without what `--help` hides: nobody types the camera's own process, but the completions would offer it.
fn without_hidden(command: &Command) -> Command {
    let shown = command.get_subcommands().filter(|c| !c.is_hide_set());
    let mut copy = Command::new(command.get_name().to_owned())
        .args(command.get_arguments().cloned())
        .subcommands(shown.map(without_hidden));
    if let Some(about) = command.get_about() {
        copy = copy.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        copy = copy.version(version.to_owned());
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn written(what: What) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("new/folder");
        let args = GenerateArgs {
            what,
            folder: inside,
        };
        run(&args, crate::cmd::command()).unwrap();
        folder
    }

    fn read(folder: &Path, name: &str) -> String {
        let path = folder.join("new/folder").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    fn names(command: &Command) -> Vec<&str> {
        let shown = command.get_subcommands().filter(|c| !c.is_hide_set());
        shown.map(Command::get_name).collect()
    }

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let folder = written(What::Man);
        let command = crate::cmd::command();
        assert!(read(folder.path(), "shutterline.1").contains("Exit codes"));
        for group in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            let page = format!("shutterline-{}.1", group.get_name());
            assert!(read(folder.path(), &page).contains("Examples"), "{page}");
            for verb in names(group) {
                let page = format!("shutterline-{}-{verb}.1", group.get_name());
                assert!(read(folder.path(), &page).contains("Examples"), "{page}");
            }
        }
        let hidden = folder.path().join("new/folder/shutterline-camera-child.1");
        assert!(!hidden.exists());
    }

    #[test]
    fn every_shell_offers_every_command_and_nothing_hidden() {
        let folder = written(What::Completions);
        let command = crate::cmd::command();
        for file in ["shutterline.bash", "_shutterline", "shutterline.fish"] {
            let text = read(folder.path(), file);
            for name in names(&command) {
                assert!(text.contains(name), "{file} lacks {name}");
            }
            assert!(text.contains("verify"), "{file} lacks the verbs");
            for hidden in ["camera-child", "generate"] {
                assert!(!text.contains(hidden), "{file} offers {hidden}");
            }
        }
    }
}
