//! A standard by its name or its path, for the daemon and for whoever asks without one.

use super::options::OptionsError;
use crate::check::Standard;
use std::path::Path;

/// The text of a shipped standard by its name, else of a file.
///
/// # Errors
/// When it is neither.
pub fn standard_text(name: &str) -> Result<String, OptionsError> {
    match Standard::builtin_text(name) {
        Some(text) => Ok(text.to_owned()),
        None => std::fs::read_to_string(name).map_err(|source| OptionsError::StandardUnreadable {
            path: Path::new(name).into(),
            source,
        }),
    }
}

/// A shipped standard by its name, else the one in that file.
///
/// # Errors
/// When it is neither, or has problems; all of them are listed.
pub fn find_standard(name: &str) -> Result<Standard, OptionsError> {
    Ok(Standard::parse(&standard_text(name)?, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_is_found_by_name_or_by_path() {
        assert_eq!(find_standard("icao").unwrap().name(), "icao");
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/config/standards/cn-graduate-white.toml"
        );
        assert_eq!(find_standard(path).unwrap().name(), "cn-graduate-white");
        let error = find_standard("nowhere.toml").unwrap_err().to_string();
        assert!(
            error.contains("nowhere.toml") && error.contains("icao"),
            "{error}"
        );
    }
}
