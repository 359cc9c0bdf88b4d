//! Places that keep objects under names: folders, buckets, WebDAV and SFTP, by OpenDAL's services.

use super::attempt::Attempt;
use super::bucket::Bucket;
use super::credentials::{self, Credentials, Secret};
use super::dav::Dav;
use super::disk;
use super::error::UploadError;
use super::meter::Meter;
use super::settings::{Place, S3, Settings, Sftp};
use super::wire::{self, Wire};
use opendal::{HttpTransporter, OperationContext, Operator, services};
use reqsign_aws_v4::Credential;
use std::path::PathBuf;
use std::sync::Arc;

/// An opened service.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) settings: Arc<Settings>,
    pub(super) operator: Operator,
    pub(super) client: Option<reqwest::Client>,
    /// WebDAV's own way of writing, where that is what it is.
    pub(super) dav: Option<Dav>,
    /// A bucket's own way of taking large files, likewise.
    pub(super) bucket: Option<Bucket>,
    /// The folder, where it is one of this machine's.
    pub(super) folder: Option<PathBuf>,
}

impl Store {
    /// Opens the service of a destination. Nothing is asked of a server yet.
    pub(super) async fn open(settings: &Arc<Settings>) -> Result<Self, UploadError> {
        let wrong = |e: opendal::Error| settings.wrong(e.message());
        let (mut dav, mut bucket, mut local) = (None, None, None);
        let operator = match &settings.place {
            Place::Intake(_) => return Err(settings.wrong("an intake keeps no objects")),
            Place::Folder(_) | Place::Disk { .. } => {
                let folder = folder(settings).await?;
                let service = services::Fs::default().root(&folder.to_string_lossy());
                local = Some(folder);
                Operator::new(service).map_err(wrong)?
            }
            Place::S3(place) => {
                let credential = signer(settings)?;
                bucket = Some(Bucket::new(place, credential.clone()));
                s3(settings, place, credential)?
            }
            Place::WebDav { url } => {
                let credentials = known(settings)?;
                dav = Some(Dav::new(settings, url, credentials.clone())?);
                webdav(settings, url, &credentials)?
            }
            Place::Sftp(place) => sftp(settings, place)?,
        };
        let http = matches!(settings.place, Place::S3(_) | Place::WebDav { .. });
        Ok(Self {
            settings: settings.clone(),
            operator,
            client: http.then(|| wire::client(settings)).transpose()?,
            dav,
            bucket,
            folder: local,
        })
    }

    /// For one attempt, which is counted.
    pub(super) fn attempt(&self, meter: &Arc<Meter>) -> Attempt<'_> {
        let operator = self.operator.clone();
        let operator = match &self.client {
            None => operator,
            Some(client) => {
                let (client, meter) = (client.clone(), meter.clone());
                let transport = HttpTransporter::new(Wire { client, meter });
                operator.with_context(OperationContext::new().with_http_transport(transport))
            }
        };
        Attempt {
            store: self,
            operator,
            meter: meter.clone(),
        }
    }

    /// Makes the names durable, not only the bytes: a folder's entry is lost by a power cut otherwise (I5). What
    /// cannot sync a folder (some shares) has its own ways, so failing is no failure.
    pub(super) async fn settle(&self, key: &str) {
        let Some(root) = &self.folder else { return };
        let mut folder = root.join(key);
        while folder.pop() && folder.starts_with(root) {
            if let Ok(opened) = tokio::fs::File::open(&folder).await {
                let _ = opened.sync_all().await;
            }
        }
    }
}

/// The folder of this machine, which must be there already: opening would make it, and a disk that is not mounted must not be
/// mistaken for one.
async fn folder(settings: &Settings) -> Result<PathBuf, UploadError> {
    let destination = settings.name.clone();
    let folder = match &settings.place {
        Place::Disk { label, folder } => match disk::mounted(label) {
            Some(root) => root.join(folder),
            None => {
                return Err(UploadError::DiskMissing {
                    destination,
                    label: label.clone(),
                });
            }
        },
        Place::Folder(folder) => folder.clone(),
        _ => return Err(settings.wrong("it has no folder")),
    };
    match tokio::fs::metadata(&folder).await {
        Ok(found) if found.is_dir() => Ok(folder),
        Ok(_) => Err(UploadError::NotAFolder {
            destination,
            folder,
        }),
        Err(_) => Err(UploadError::FolderMissing {
            destination,
            folder,
        }),
    }
}

fn known(settings: &Settings) -> Result<Credentials, UploadError> {
    credentials::read(&settings.name, settings.credential_file.as_deref())
}

/// Who signs requests to a bucket.
fn signer(settings: &Settings) -> Result<Credential, UploadError> {
    let known = known(settings)?;
    let missing = || {
        settings
            .wrong("an S3 bucket needs access-key-id and secret-access-key in its credential file")
    };
    let text = |secret: &Secret| secret.reveal().to_owned();
    Ok(Credential {
        access_key_id: known.access_key_id.as_ref().map(text).ok_or_else(missing)?,
        secret_access_key: known
            .secret_access_key
            .as_ref()
            .map(text)
            .ok_or_else(missing)?,
        session_token: known.session_token.as_ref().map(text),
        expires_in: None,
    })
}

fn s3(settings: &Settings, place: &S3, credential: Credential) -> Result<Operator, UploadError> {
    let mut service = services::S3::default()
        .endpoint(&place.endpoint)
        .bucket(&place.bucket)
        .region(&place.region)
        .root(&place.prefix)
        .access_key_id(&credential.access_key_id)
        .secret_access_key(&credential.secret_access_key)
        .disable_config_load()
        .disable_ec2_metadata();
    if let Some(token) = &credential.session_token {
        service = service.session_token(token);
    }
    if place.virtual_host {
        service = service.enable_virtual_host_style();
    }
    Operator::new(service).map_err(|e| settings.wrong(e.message()))
}

fn webdav(settings: &Settings, url: &str, known: &Credentials) -> Result<Operator, UploadError> {
    let mut service = services::Webdav::default().endpoint(url.trim_end_matches('/'));
    if let Some(token) = &known.token {
        service = service.token(token.reveal());
    } else if let Some(name) = &known.username {
        let password = known.password.as_ref().map_or("", Secret::reveal);
        service = service.username(name).password(password);
    }
    Operator::new(service).map_err(|e| settings.wrong(e.message()))
}

fn sftp(settings: &Settings, place: &Sftp) -> Result<Operator, UploadError> {
    let mut service = services::Sftp::default()
        .endpoint(&format!("ssh://{}:{}", place.host, place.port))
        .user(&place.user)
        .root(&place.folder)
        .known_hosts_strategy("strict");
    if let Some(key) = credentials::place(&settings.name, settings.credential_file.as_deref()) {
        credentials::guarded(&settings.name, &key)?;
        service = service.key(&key.to_string_lossy());
    }
    Operator::new(service).map_err(|e| settings.wrong(e.message()))
}
