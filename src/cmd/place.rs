//! Where a station is, for the commands that look at it with or without its daemon.

use crate::config::Config;
use clap::Args;
use std::path::{Path, PathBuf};

/// Where the package puts the config.
const CONFIG: &str = "/etc/shutterline/shutterline.toml";

/// `--config` and `--data`.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The config file; /etc/shutterline/shutterline.toml where it is there, else the built-in defaults
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder, in place of the config's
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Place {
    /// The config's file, if there is one.
    pub fn file(&self) -> Option<PathBuf> {
        let usual = || Some(PathBuf::from(CONFIG)).filter(|path| path.is_file());
        self.config.clone().or_else(usual)
    }

    /// The config with `--data` over it.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn read(&self) -> anyhow::Result<Config> {
        let mut config = match self.file() {
            Some(path) => Config::load(&path)?,
            None => Config::default(),
        };
        if let Some(data) = &self.data {
            config.archive.data.clone_from(data);
        }
        Ok(config)
    }

    /// The data folder. Where it is named, the config need not even be right.
    ///
    /// # Errors
    /// When the config cannot be read or is wrong.
    pub fn data(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => Ok(self.read()?.archive.data),
        }
    }
}

/// A path without links, as the kernel's tables have it; as it stands where it is not there.
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
