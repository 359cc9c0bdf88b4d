//! Files that are not whole yet: where they lie at a destination, and who clears them away.

use crate::archive::OutboxItem;
use crate::model::StationId;
use futures_util::TryStreamExt;
use opendal::Operator;

/// Where files lie at the destination until they are whole and verified.
const FOLDER: &str = ".shutterline-partial/";

/// A name for one attempt's file. Each has its own, also in another life: a write or a rename that hung and was given up may
/// still end one day.
pub(super) fn name(item: &OutboxItem) -> String {
    let attempt: u32 = rand::random();
    format!("{FOLDER}{}{attempt:08x}", ours(item))
}

/// What the names of an item's attempts begin with, the station's id first.
fn ours(item: &OutboxItem) -> String {
    let what = (item.frame.as_ref()).map_or(item.session.as_str(), |frame| frame.as_str());
    format!("{what}.{}-", item.id.0)
}

/// The name of a probe's object: this station's, so that [`sweep`] clears what a probe that died left.
pub(super) fn probe_name(station: &StationId, number: u64) -> String {
    format!("{FOLDER}{station}-probe-{number:016x}")
}

/// Removes what this station left there and has forgotten: it died or gave up on the way, and the item took another
/// name since. Only while nothing of ours is on its way there. Other stations' files are theirs.
pub(super) async fn sweep(service: &Operator, station: &StationId) -> opendal::Result<u64> {
    match service.info().capability().rename {
        true => clear(service, &format!("{station}-")).await,
        false => Ok(0),
    }
}

/// Removes what earlier attempts at an item left there. Not only the last one's: where the network is gone, an attempt leaves
/// behind what it found and cannot remove it either.
pub(super) async fn forget(service: &Operator, item: &OutboxItem) -> opendal::Result<u64> {
    clear(service, &ours(item)).await
}

/// Removes the files whose names begin so.
async fn clear(service: &Operator, ours: &str) -> opendal::Result<u64> {
    let mut removed = 0;
    let mut entries = match service.lister(FOLDER).await {
        Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    while let Some(entry) = entries.try_next().await? {
        if entry.metadata().is_file() && entry.name().starts_with(ours) {
            service.delete(entry.path()).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
