//! A plain HTTPS intake: one request a file, and a receipt in the answer.

use super::credentials::{self, Credentials};
use super::dav::{address, authorised};
use super::error::{Doing, UploadError, short};
use super::meter::Meter;
use super::proof::Proof;
use super::settings::{Intake, Method, Settings, Spot, Verify};
use super::source::{Hashing, Source, hex};
use super::wire::{self, encoded_path};
use crate::archive::OutboxItem;
use http::{HeaderMap, header};
use reqwest::Url;
use sha2::Digest;
use std::sync::Arc;

/// An opened intake.
#[derive(Clone)]
pub(super) struct Desk {
    settings: Arc<Settings>,
    intake: Intake,
    credentials: Credentials,
    client: reqwest::Client,
}

/// What an intake said that it took.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    proof: Proof,
    reference: Option<String>,
}

impl Desk {
    /// Opens a destination's intake. Nothing is asked of the server yet.
    pub(super) fn open(settings: &Arc<Settings>, intake: &Intake) -> Result<Self, UploadError> {
        address(settings, &intake.url)?;
        let file = settings.credential_file.as_deref();
        Ok(Self {
            settings: settings.clone(),
            intake: intake.clone(),
            credentials: credentials::read(&settings.name, file)?,
            client: wire::client(settings)?,
        })
    }

    /// Hands a file over; what shows that it was taken, and their number for it.
    pub(super) async fn send(
        &self,
        source: &Source,
        item: &OutboxItem,
        meter: &Arc<Meter>,
    ) -> Result<(Proof, Option<String>), UploadError> {
        let doing = self.doing("send", &item.key);
        let intake = &self.intake;
        let body = source.body(meter).await?;
        let body = reqwest::Body::wrap_stream(body);
        let size = source.content.size_bytes.0;
        let url = self.url(intake, item)?;
        let request = match intake.method {
            Method::Put => self
                .client
                .put(url)
                .header(header::CONTENT_TYPE, kind_of(&item.key))
                .header(header::CONTENT_LENGTH, size)
                .body(body),
            Method::PostForm => {
                let part = reqwest::multipart::Part::stream_with_length(body, size);
                let name = item.key.rsplit('/').next().unwrap_or(&item.key);
                let part = part.file_name(name.to_owned()).mime_str(kind_of(&item.key));
                let part = part.map_err(|e| self.settings.wrong(e.to_string()))?;
                let mut form = reqwest::multipart::Form::new();
                for (field, value) in &intake.form {
                    form = form.text(field.clone(), filled(value, item));
                }
                let form = form.part(intake.form_file.clone(), part);
                self.client.post(url).multipart(form)
            }
        };
        let request = authorised(request, &self.credentials)
            .header(&intake.idempotency_header, identity(item))
            .header(header::ACCEPT, "application/json");
        let answer = request.send().await;
        let answer = answer.map_err(|e| wire::unanswered(doing, e))?;
        let (headers, text) = wire::heard(doing, answer, meter).await?;
        let taken = receipt(intake, &headers, &text, source);
        let taken = taken.map_err(|found| self.unproven(&item.key, found))?;
        let mut proof = taken.proof;
        if self.settings.verify == Verify::ReadBack {
            self.read_back(intake, source, item, meter).await?;
            proof = Proof::ReadBack;
        }
        if let Some(replaced) = item.replaces.as_deref().filter(|old| *old != item.key) {
            self.remove(replaced, meter).await?;
        }
        Ok((proof, taken.reference))
    }

    /// Takes a file back, where it was put under a name.
    pub(super) async fn remove(&self, key: &str, meter: &Arc<Meter>) -> Result<(), UploadError> {
        let (intake, doing) = (&self.intake, self.doing("remove", key));
        let cannot = || UploadError::NoRemoval {
            destination: self.settings.name.clone(),
            key: key.to_owned(),
        };
        if intake.method != Method::Put || !intake.url.contains("{key}") {
            return Err(cannot());
        }
        let url = put_url(&self.settings, &intake.url, key)?;
        let request = authorised(self.client.delete(url), &self.credentials);
        let answer = request.send().await;
        let answer = answer.map_err(|e| wire::unanswered(doing, e))?;
        match answer.status().as_u16() {
            404 | 410 => Ok(()),
            405 | 501 => Err(cannot()),
            _ => wire::heard(doing, answer, meter).await.map(drop),
        }
    }

    /// Asks without sending anything: the server answers, knows us, and nothing else answers in its place.
    pub(super) async fn knock(&self, meter: &Arc<Meter>) -> Result<(), UploadError> {
        let doing = self.doing("ask", "what it takes");
        let url = self.intake.url.replace("{key}", "");
        let url = address(&self.settings, &url)?;
        let request = self.client.request(http::Method::OPTIONS, url);
        let answer = authorised(request, &self.credentials).send().await;
        let answer = answer.map_err(|e| wire::unanswered(doing, e))?;
        match answer.status().as_u16() {
            // That it does not say what it takes is no reason to doubt that it takes it.
            400 | 404 | 405 | 501 => Ok(()),
            _ => wire::heard(doing, answer, meter).await.map(drop),
        }
    }

    fn doing<'a>(&'a self, doing: &'static str, key: &'a str) -> Doing<'a> {
        Doing {
            destination: &self.settings.name,
            doing,
            key,
        }
    }

    fn url(&self, intake: &Intake, item: &OutboxItem) -> Result<Url, UploadError> {
        match intake.method {
            Method::Put => put_url(&self.settings, &intake.url, &item.key),
            Method::PostForm => address(&self.settings, &intake.url),
        }
    }

    fn unproven(&self, key: &str, found: Unproven) -> UploadError {
        let (destination, key) = (self.settings.name.clone(), key.to_owned());
        match found {
            Unproven::Other(found) => UploadError::Mismatch {
                destination,
                key,
                found,
            },
            Unproven::Nothing(found) => UploadError::NoReceipt {
                destination,
                key,
                found,
            },
        }
    }

    async fn read_back(
        &self,
        intake: &Intake,
        source: &Source,
        item: &OutboxItem,
        meter: &Arc<Meter>,
    ) -> Result<(), UploadError> {
        let doing = self.doing("read", &item.key);
        let url = put_url(&self.settings, &intake.url, &item.key)?;
        let answer = authorised(self.client.get(url), &self.credentials)
            .send()
            .await;
        let mut answer = answer.map_err(|e| wire::unanswered(doing, e))?;
        if matches!(answer.status().as_u16(), 404 | 410) {
            let found = Unproven::Other("it was taken, and it is not there".to_owned());
            return Err(self.unproven(&item.key, found));
        }
        if !answer.status().is_success() {
            return wire::heard(doing, answer, meter).await.map(drop);
        }
        let mut hash = Hashing::default();
        while let Some(piece) = answer
            .chunk()
            .await
            .map_err(|e| wire::unanswered(doing, e))?
        {
            meter.pass(piece.len()).await;
            hash.add(&piece);
        }
        let there = hash.end();
        match there == source.content {
            true => Ok(()),
            false => {
                let found = format!("{} bytes, other ones", there.size_bytes.0);
                Err(self.unproven(&item.key, Unproven::Other(found)))
            }
        }
    }
}

/// The address of a name: `{key}` replaced, each part encoded.
fn put_url(settings: &Settings, url: &str, key: &str) -> Result<Url, UploadError> {
    address(settings, &url.replace("{key}", &encoded_path(key)))
}

/// A form field's value; what a manifest does not have is empty.
fn filled(value: &str, item: &OutboxItem) -> String {
    value
        .replace("{session}", item.session.as_str())
        .replace(
            "{serial}",
            &item.serial.map_or(String::new(), |s| s.to_string()),
        )
        .replace(
            "{student}",
            item.student.as_ref().map_or("", |s| s.as_str()),
        )
        .replace("{frame}", item.frame.as_ref().map_or("", |f| f.as_str()))
        .replace("{sha256}", item.sha256.as_str())
        .replace("{key}", &item.key)
}

/// The same for every repeat of one content under one name, another for everything else.
fn identity(item: &OutboxItem) -> String {
    let mut hash = sha2::Sha256::new();
    hash.update(item.key.as_bytes());
    hash.update([0]);
    hash.update(item.sha256.as_str().as_bytes());
    let hash = hex(&hash.finalize());
    hash.chars().take(32).collect()
}

fn kind_of(key: &str) -> &'static str {
    match key.rsplit_once('.').map_or("", |(_, e)| e) {
        "JPG" | "jpg" => "image/jpeg",
        "xmp" => "application/rdf+xml",
        _ => "application/octet-stream",
    }
}

/// Why an answer proves nothing.
#[derive(Debug, PartialEq, Eq)]
enum Unproven {
    /// It speaks of other bytes.
    Other(String),
    /// It does not say what the config looks for.
    Nothing(String),
}

/// Holds an answer against what was sent: everything that the config looks for must be there and right; the strongest of it is
/// the proof.
fn receipt(
    intake: &Intake,
    headers: &HeaderMap,
    text: &str,
    source: &Source,
) -> Result<Taken, Unproven> {
    let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let value = |spot: &Spot| -> Result<String, Unproven> {
        let found = match spot {
            Spot::Header(name) => {
                let value = headers.get(name.as_str());
                value.and_then(|v| v.to_str().ok()).map(str::to_owned)
            }
            Spot::Json(pointer) => match json.as_ref().and_then(|j| j.pointer(pointer)) {
                Some(serde_json::Value::String(text)) => Some(text.clone()),
                Some(serde_json::Value::Number(number)) => Some(number.to_string()),
                _ => None,
            },
        };
        let found = found.map(|f| f.trim().to_owned()).filter(|f| !f.is_empty());
        found.ok_or_else(|| Unproven::Nothing(short(text)))
    };
    let mut proof = None;
    let expected = [
        (
            &intake.receipt_sha256,
            source.content.sha256.as_str().to_owned(),
            Proof::ReceiptSha256,
        ),
        (&intake.receipt_md5, source.md5.clone(), Proof::ReceiptMd5),
        (
            &intake.receipt_size,
            source.content.size_bytes.0.to_string(),
            Proof::ReceiptSize,
        ),
    ];
    for (spot, wanted, kind) in expected {
        let Some(spot) = spot else { continue };
        let found = value(spot)?;
        if !found.eq_ignore_ascii_case(&wanted) {
            let found = format!("its receipt says {} instead of {wanted}", short(&found));
            return Err(Unproven::Other(found));
        }
        proof = proof.or(Some(kind));
    }
    let reference = intake.receipt_id.as_ref().map(value).transpose()?;
    let proof = proof.or(reference.is_some().then_some(Proof::ReceiptId));
    match proof {
        Some(proof) => Ok(Taken { proof, reference }),
        None => Err(Unproven::Nothing("no `receipt-…` is configured".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::OutboxId;
    use crate::model::{Bytes, FileRole, FrameId, Serial, SessionId, Sha256};
    use std::collections::BTreeMap;

    fn intake() -> Intake {
        Intake {
            url: "https://school.example/api/{key}".into(),
            method: Method::Put,
            form_file: "file".into(),
            form: BTreeMap::new(),
            idempotency_header: "Idempotency-Key".into(),
            receipt_sha256: Some(Spot::Json("/data/sha256".into())),
            receipt_md5: None,
            receipt_size: Some(Spot::Header("X-Size".into())),
            receipt_id: Some(Spot::Json("/data/id".into())),
        }
    }

    async fn source(folder: &std::path::Path) -> (Source, OutboxItem) {
        std::fs::write(folder.join("a.JPG"), b"portrait").unwrap();
        let mut hash = Hashing::default();
        hash.add(b"portrait");
        let content = hash.end();
        let item = OutboxItem {
            id: OutboxId(1),
            frame: Some(FrameId("k7qa-000001".into())),
            destination: "school".into(),
            path: "a.JPG".into(),
            key: "k7qa-s1/0001_学 1/k7qa-000001.JPG".into(),
            replaces: None,
            sha256: content.sha256,
            size_bytes: Bytes(8),
            attempts: 0,
            role: FileRole::Jpeg,
            session: SessionId("k7qa-s1".into()),
            serial: Some(Serial(1)),
            student: "20210001".parse().ok(),
        };
        let meter = crate::upload::meter::idle();
        (Source::open(folder, &item, &meter).await.unwrap(), item)
    }

    fn sized(size: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("X-Size", size.parse().unwrap());
        headers
    }

    #[tokio::test]
    async fn a_receipt_proves_by_the_strongest_that_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let (source, item) = source(folder.path()).await;
        let sha = item.sha256.as_str().to_uppercase();
        let body = format!(r#"{{"code":0,"data":{{"sha256":"{sha}","id":77}}}}"#);
        let taken = receipt(&intake(), &sized("8"), &body, &source).unwrap();
        assert_eq!(taken.proof, Proof::ReceiptSha256);
        assert_eq!(taken.reference.as_deref(), Some("77"));
        let only_id = Intake {
            receipt_sha256: None,
            receipt_size: None,
            ..intake()
        };
        let taken = receipt(&only_id, &HeaderMap::new(), &body, &source).unwrap();
        assert_eq!(taken.proof, Proof::ReceiptId);
    }

    #[tokio::test]
    async fn what_is_not_said_or_not_so_is_no_receipt() {
        let folder = tempfile::tempdir().unwrap();
        let (source, item) = source(folder.path()).await;
        let answer = |sha: &str| format!(r#"{{"data":{{"sha256":"{sha}","id":"x"}}}}"#);
        let right = answer(item.sha256.as_str());
        let told = |size: &str, body: &str| receipt(&intake(), &sized(size), body, &source).err();
        assert_eq!(told("8", &right), None);
        let other = |found: Option<Unproven>| matches!(found, Some(Unproven::Other(_)));
        assert!(other(told("7", &right)), "half of it was stored");
        assert!(other(told("8", &answer(&"0".repeat(64)))));
        let nothing = |found: Option<Unproven>| matches!(found, Some(Unproven::Nothing(_)));
        assert!(nothing(told("8", r#"{"code":500,"msg":"busy"}"#)));
        assert!(nothing(told("8", "<html>log in</html>")));
        let unsized_answer = receipt(&intake(), &HeaderMap::new(), &right, &source);
        assert!(nothing(unsized_answer.err()));
    }

    #[tokio::test]
    async fn a_repeat_has_the_same_identity_and_another_content_another() {
        let folder = tempfile::tempdir().unwrap();
        let (_, item) = source(folder.path()).await;
        let again = OutboxItem {
            id: OutboxId(2),
            attempts: 3,
            ..item.clone()
        };
        assert_eq!(identity(&item), identity(&again));
        let other = OutboxItem {
            sha256: Sha256("0".repeat(64)),
            ..item.clone()
        };
        assert_ne!(identity(&item), identity(&other));
        let moved = OutboxItem {
            key: "other.JPG".into(),
            ..item.clone()
        };
        assert_ne!(identity(&item), identity(&moved));
    }

    #[tokio::test]
    async fn names_and_fields_are_filled_in() {
        let folder = tempfile::tempdir().unwrap();
        let (_, item) = source(folder.path()).await;
        let settings = Settings::folder("school", folder.path().into());
        let url = put_url(&settings, "https://school.example/api/{key}?v=2", &item.key).unwrap();
        let path = "/api/k7qa-s1/0001_%E5%AD%A6%201/k7qa-000001.JPG";
        assert_eq!((url.path(), url.query()), (path, Some("v=2")));
        assert_eq!(filled("{student}/{serial}", &item), "20210001/1");
    }
}
