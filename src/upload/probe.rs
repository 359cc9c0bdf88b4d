//! Whether a destination can be reached and written, found out by doing it: an object is written, read back and removed.

use super::destination::Destination;
use super::error::UploadError;
use super::meter;
use super::partial;
use crate::clock;
use crate::model::{Millis, StationId};
use std::time::Duration;

/// Enough to be a real write, too little to be felt on a slow line, bytes.
const SIZE: usize = 4096;

/// A destination that takes longer than this for [`SIZE`] bytes is of no use at a venue.
const DEADLINE: Millis = Millis(20_000);

/// Writes an object of this station's among what is half sent, reads it back and removes it; how long that took. A probe that
/// dies in its middle leaves nothing behind for long: its name is among those that are cleared at the next start.
///
/// # Errors
/// In the words that sending a frame there would fail with.
pub async fn probe(destination: &Destination, station: &StationId) -> Result<Millis, UploadError> {
    let began = clock::boot_time();
    let deadline = Duration::from_millis(DEADLINE.0);
    let meter = meter::idle();
    let bytes: Vec<u8> = (0..SIZE).map(|_| rand::random()).collect();
    let key = partial::probe_name(station, rand::random());
    let going = destination.there_and_back(&key, &bytes, &meter);
    let done = tokio::time::timeout(deadline, going).await;
    done.map_err(|_| UploadError::TooSlow {
        destination: destination.name().to_owned(),
        seconds: deadline.as_secs(),
    })??;
    Ok(clock::boot_time().since(began))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::Settings;
    use std::path::Path;

    fn office(folder: &Path) -> Destination {
        Destination::new(Settings::folder("office", folder.into()))
    }

    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let list = std::fs::read_dir(folder).unwrap().flatten();
        list.flat_map(|e| match e.path() {
            path if path.is_dir() => files(&path),
            path => vec![path],
        })
        .collect()
    }

    #[tokio::test]
    async fn a_probe_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let station = StationId("k7qa".into());
        probe(&office(folder.path()), &station).await.unwrap();
        assert_eq!(files(folder.path()), [] as [std::path::PathBuf; 0]);
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_as_for_a_frame() {
        let folder = tempfile::tempdir().unwrap();
        let station = StationId("k7qa".into());
        let missing = probe(&office(&folder.path().join("gone")), &station).await;
        let text = missing.unwrap_err().chain();
        assert!(
            text.contains("office") && text.contains("mount its disk"),
            "{text}"
        );
        assert!(!folder.path().join("gone").exists(), "it is not made");
        // Where a folder should be made there is a file: nothing can be written.
        std::fs::write(folder.path().join(".shutterline-partial"), "").unwrap();
        let text = probe(&office(folder.path()), &station)
            .await
            .unwrap_err()
            .chain();
        assert!(text.contains("office") && text.contains("write"), "{text}");
    }
}
