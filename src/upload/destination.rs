//! One place that frames go to, and how a file gets there for certain.

use super::error::UploadError;
use super::intake::Desk;
use super::meter::Meter;
use super::settings::{Place, Settings};
use super::source::Source;
use super::store::Store;
use crate::archive::{OutboxItem, Receipt};
use crate::clock;
use crate::model::{StationId, key_is_safe};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A place that frames go to. Clones share its connections.
#[derive(Clone)]
pub struct Destination {
    settings: Arc<Settings>,
    /// Opened once it is needed: what is wrong with it stands in nobody else's way.
    opened: Arc<Mutex<Option<Service>>>,
}

/// An opened one.
#[derive(Clone)]
enum Service {
    Store(Box<Store>),
    Desk(Box<Desk>),
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Destination").field(&self.settings).finish()
    }
}

impl Destination {
    /// One as the config has it.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            opened: Arc::default(),
        }
    }

    /// Its name in the config, by which the outbox knows it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Whether it is worth a network that costs money.
    pub(super) fn on_metered(&self) -> bool {
        self.settings.on_metered
    }

    /// Brings an item's file there and makes sure of it; what it replaces is removed after that.
    ///
    /// # Errors
    /// What kept it from being there; it may lie there half, but never under its name unless the service cannot rename.
    pub(super) async fn send(
        &self,
        data: &Path,
        item: &OutboxItem,
        meter: &Arc<Meter>,
    ) -> Result<Receipt, UploadError> {
        self.name_is_safe(&item.key)?;
        if let Some(replaced) = &item.replaces {
            self.name_is_safe(replaced)?;
        }
        let service = self.open().await?;
        let source = Source::open(data, item, meter).await?;
        let sent = match &service {
            Service::Store(store) => {
                let proof = store.attempt(meter).send(&source, item).await;
                proof.map(|proof| (proof, None))
            }
            Service::Desk(desk) => desk.send(&source, item, meter).await,
        };
        let (proof, reference) = self.or_opened_anew(sent)?;
        Ok(Receipt {
            verified_by: proof.as_str().to_owned(),
            size_bytes: item.size_bytes,
            sha256: item.sha256.clone(),
            at: clock::wall_time(),
            reference,
        })
    }

    /// Removes a file there; that it is gone already is as good.
    pub(super) async fn remove(&self, key: &str, meter: &Arc<Meter>) -> Result<(), UploadError> {
        self.name_is_safe(key)?;
        let removed = match self.open().await? {
            Service::Store(store) => store.attempt(meter).remove(key).await,
            Service::Desk(desk) => desk.remove(key, meter).await,
        };
        self.or_opened_anew(removed)
    }

    /// Clears away what an earlier life of this station left there half sent.
    pub(super) async fn sweep(
        &self,
        station: &StationId,
        meter: &Arc<Meter>,
    ) -> Result<(), UploadError> {
        if let Service::Store(store) = self.open().await? {
            let swept = store.attempt(meter).sweep(station).await;
            let removed = self.or_opened_anew(swept)?;
            if removed > 0 {
                tracing::info!(
                    destination = self.name(),
                    removed,
                    "half-sent files cleared"
                );
            }
        }
        Ok(())
    }

    /// Whether it can be reached and written: a small object goes there and back. An intake, which cannot take anything back, is
    /// only asked.
    pub(super) async fn there_and_back(
        &self,
        key: &str,
        bytes: &[u8],
        meter: &Arc<Meter>,
    ) -> Result<(), UploadError> {
        let outcome = match self.open().await? {
            Service::Store(store) => store.attempt(meter).there_and_back(key, bytes).await,
            Service::Desk(desk) => desk.knock(meter).await,
        };
        self.or_opened_anew(outcome)
    }

    /// A folder of this machine is looked at each time, as its disk may be another one; a server's connections are kept.
    async fn open(&self) -> Result<Service, UploadError> {
        let local = matches!(self.settings.place, Place::Folder(_) | Place::Disk { .. });
        if let Some(service) = self.opened().clone().filter(|_| !local) {
            return Ok(service);
        }
        let service = match &self.settings.place {
            Place::Intake(intake) => Service::Desk(Box::new(Desk::open(&self.settings, intake)?)),
            _ => Service::Store(Box::new(Store::open(&self.settings).await?)),
        };
        *self.opened() = Some(service.clone());
        Ok(service)
    }

    fn opened(&self) -> MutexGuard<'_, Option<Service>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who was not allowed in reads the credentials again next time: they may have been corrected.
    fn or_opened_anew<T>(&self, outcome: Result<T, UploadError>) -> Result<T, UploadError> {
        if let Err(UploadError::Denied { .. }) = &outcome {
            *self.opened() = None;
        }
        outcome
    }

    fn name_is_safe(&self, key: &str) -> Result<(), UploadError> {
        match key_is_safe(key) {
            true => Ok(()),
            false => Err(UploadError::Name {
                destination: self.name().to_owned(),
                key: key.to_owned(),
            }),
        }
    }
}
