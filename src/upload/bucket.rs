//! A large file to a bucket, in parts: whatever interrupts it, the parts that are there already are not sent again.
//!
//! OpenDAL's writer sends parts too, but forgets them with the process; and what it forgot lies in the bucket, unseen and paid for.

use super::error::{Doing, UploadError, short};
use super::settings::S3;
use super::source::{PART_BYTES, Source};
use super::wire::{Wire, encoded, encoded_path};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use opendal::{Buffer, HttpTransport};
use quick_xml::Reader;
use quick_xml::events::Event;
use reqsign_aws_v4::{Credential, RequestSigner};
use reqsign_core::{Context, SignRequest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where parts go, and whom they are signed by.
#[derive(Clone)]
pub(super) struct Bucket {
    /// Up to the bucket, without a slash at its end.
    base: String,
    prefix: String,
    signer: Arc<RequestSigner>,
    credential: Credential,
}

/// An upload that was begun.
struct Begun {
    id: String,
    /// ETags of the parts that are there, by number.
    parts: BTreeMap<usize, String>,
}

impl Bucket {
    pub(super) fn new(place: &S3, credential: Credential) -> Self {
        let endpoint = place.endpoint.trim_end_matches('/');
        let base = match (place.virtual_host, endpoint.split_once("://")) {
            (true, Some((scheme, host))) => format!("{scheme}://{}.{host}", place.bucket),
            _ => format!("{endpoint}/{}", place.bucket),
        };
        Self {
            base,
            prefix: place.prefix.trim_matches('/').to_owned(),
            signer: Arc::new(RequestSigner::new("s3", &place.region)),
            credential,
        }
    }

    /// Brings a file there, beginning after what an earlier attempt brought.
    pub(super) async fn send(
        &self,
        source: &Source,
        key: &str,
        wire: &Wire,
        doing: Doing<'_>,
    ) -> Result<(), UploadError> {
        let begun = match self.resumed(key, wire, doing).await {
            Some(begun) => begun,
            None => self.begin(key, wire, doing).await?,
        };
        let upload = format!("uploadId={}", encoded(&begun.id));
        let mut list = String::new();
        for (index, md5) in source.parts.iter().enumerate() {
            let number = index + 1;
            let etag = match begun.parts.get(&number) {
                Some(etag) if etag == md5 => etag.clone(),
                _ => {
                    let from = index as u64 * PART_BYTES as u64;
                    let piece = source.range(from, PART_BYTES).await?;
                    let query = format!("partNumber={number}&{upload}");
                    let put = self.ask(Method::PUT, key, &query, piece, wire, doing);
                    let (headers, _) = put.await?;
                    let etag = headers.get(header::ETAG).and_then(|e| e.to_str().ok());
                    let etag = etag.map(|e| e.trim_matches('"').to_owned());
                    etag.ok_or_else(|| doing.failed(format!("part {number} has no ETag")))?
                }
            };
            list.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>\"{etag}\"</ETag></Part>"
            ));
        }
        let list = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
        let done = self.ask(Method::POST, key, &upload, list.into(), wire, doing);
        let (_, answer) = done.await?;
        // The status is sent before it is known how it ends.
        match answer.contains("<Error>") {
            true => Err(doing.failed(said(&answer))),
            false => Ok(()),
        }
    }

    /// Forgets what was begun under a name and will not be ended.
    pub(super) async fn forget(&self, key: &str, wire: &Wire, doing: Doing<'_>) {
        for id in self.begun(key, wire, doing).await {
            self.abort(key, &id, wire, doing).await;
        }
    }

    /// What an earlier attempt left under this name; the latest of several, and the others are forgotten. Who may not list has
    /// nothing to go on with.
    async fn resumed(&self, key: &str, wire: &Wire, doing: Doing<'_>) -> Option<Begun> {
        let mut ids = self.begun(key, wire, doing).await;
        let id = ids.pop()?;
        for other in ids {
            self.abort(key, &other, wire, doing).await;
        }
        let query = format!("uploadId={}", encoded(&id));
        let asked = self.ask(Method::GET, key, &query, Bytes::new(), wire, doing);
        let (_, answer) = asked.await.ok()?;
        let number = |part: &BTreeMap<String, String>| part.get("PartNumber")?.parse().ok();
        let parts = entries(&answer, "Part").into_iter().filter_map(|part| {
            let etag = part.get("ETag")?.trim_matches('"').to_owned();
            Some((number(&part)?, etag))
        });
        let parts: BTreeMap<usize, String> = parts.collect();
        tracing::debug!(key, parts = parts.len(), "an upload goes on");
        Some(Begun { id, parts })
    }

    /// Uploads that were begun under this very name, in the order in which they were.
    async fn begun(&self, key: &str, wire: &Wire, doing: Doing<'_>) -> Vec<String> {
        let name = self.name(key);
        let query = format!("prefix={}&uploads=", encoded(&name));
        let asked = self.ask(Method::GET, "", &query, Bytes::new(), wire, doing);
        let Ok((_, answer)) = asked.await else {
            return Vec::new();
        };
        let uploads = entries(&answer, "Upload").into_iter();
        let here = uploads.filter(|u| u.get("Key") == Some(&name));
        here.filter_map(|mut u| u.remove("UploadId")).collect()
    }

    async fn begin(&self, key: &str, wire: &Wire, doing: Doing<'_>) -> Result<Begun, UploadError> {
        let asked = self.ask(Method::POST, key, "uploads=", Bytes::new(), wire, doing);
        let (_, answer) = asked.await?;
        let mut all = entries(&answer, "InitiateMultipartUploadResult");
        let id = all.pop().and_then(|mut e| e.remove("UploadId"));
        Ok(Begun {
            id: id.ok_or_else(|| doing.failed("no number for an upload in parts".to_owned()))?,
            parts: BTreeMap::new(),
        })
    }

    async fn abort(&self, key: &str, id: &str, wire: &Wire, doing: Doing<'_>) {
        let query = format!("uploadId={}", encoded(id));
        let asked = self.ask(Method::DELETE, key, &query, Bytes::new(), wire, doing);
        if let Err(error) = asked.await {
            tracing::debug!(key, reason = error.chain(), "parts stay behind");
        }
    }

    /// A name in the bucket.
    fn name(&self, key: &str) -> String {
        match self.prefix.is_empty() {
            true => key.to_owned(),
            false => format!("{}/{key}", self.prefix),
        }
    }

    async fn ask(
        &self,
        method: Method,
        key: &str,
        query: &str,
        body: Bytes,
        wire: &Wire,
        doing: Doing<'_>,
    ) -> Result<(HeaderMap, String), UploadError> {
        let path = match key.is_empty() {
            true => String::new(),
            false => encoded_path(&self.name(key)),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}?{query}", self.base))
            .header(header::CONTENT_LENGTH, body.len())
            .body(Buffer::from(body))
            .map_err(|e| doing.failed(e.to_string()))?;
        let (mut head, body) = request.into_parts();
        let context = Context::new();
        let signing = self
            .signer
            .sign_request(&context, &mut head, Some(&self.credential), None);
        signing.await.map_err(|e| doing.failed(e.to_string()))?;
        let told = |e: opendal::Error| doing.service(&e, wire.meter.status());
        let answer = wire.fetch(Request::from_parts(head, body)).await;
        let (head, mut body) = answer.map_err(told)?.into_parts();
        let body = body.to_buffer().await.map_err(told)?;
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        if head.status.is_success() {
            return Ok((head.headers, text));
        }
        let to = head
            .headers
            .get(header::LOCATION)
            .and_then(|to| to.to_str().ok());
        let said = to.map_or_else(|| said(&text), short);
        Err(doing.answered(head.status.as_u16(), said))
    }
}

/// Code and message of an error, or the text itself.
fn said(answer: &str) -> String {
    let error = entries(answer, "Error").pop();
    let field = |name| error.as_ref().and_then(|e| e.get(name));
    match (field("Code"), field("Message")) {
        (Some(code), Some(message)) => short(&format!("{code}: {message}")),
        _ => short(answer),
    }
}

/// The texts within each element of a name, by the names of the elements that they stand in.
fn entries(xml: &str, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut open): (Vec<BTreeMap<String, String>>, bool) = (Vec::new(), false);
    let mut within = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                within = start.local_name().as_ref().to_owned();
                if within == name {
                    open = true;
                    found.push(BTreeMap::new());
                }
            }
            Ok(Event::End(end)) => {
                within.clear();
                open &= end.local_name().as_ref() != name;
            }
            Ok(Event::Text(text)) if open => {
                add(&mut found, &within, &text);
            }
            Ok(Event::GeneralRef(reference)) if open => {
                let text = quick_xml::escape::resolve_predefined_entity(&reference);
                add(&mut found, &within, text.unwrap_or_default());
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn add(found: &mut [BTreeMap<String, String>], name: &str, text: &str) {
    if let Some(last) = found.last_mut().filter(|_| !name.is_empty()) {
        last.entry(name.to_owned()).or_default().push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let xml = "<?xml version=\"1.0\"?><ListPartsResult xmlns=\"x\"><Key>a</Key>
            <Part><PartNumber>1</PartNumber><ETag>&quot;ab&quot;</ETag></Part>
            <Part><PartNumber>2</PartNumber><ETag>\"cd\"</ETag></Part></ListPartsResult>";
        let parts = entries(xml, "Part");
        let etags: Vec<&str> = parts.iter().map(|p| p["ETag"].as_str()).collect();
        assert_eq!(etags, ["\"ab\"", "\"cd\""]);
        assert_eq!(parts[1]["PartNumber"], "2");
        assert!(entries("no xml", "Part").is_empty());
    }

    #[test]
    fn an_error_is_told_in_its_own_words() {
        let xml = "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>";
        assert_eq!(said(xml), "NoSuchBucket: none");
        assert_eq!(said("gone\nfishing"), "gone fishing");
    }

    #[test]
    fn a_bucket_has_its_address() {
        let mut place = S3 {
            endpoint: "https://oss.example/".into(),
            bucket: "b".into(),
            region: "r".into(),
            prefix: "/2026/".into(),
            virtual_host: true,
        };
        let credential = || Credential {
            access_key_id: String::new(),
            secret_access_key: String::new(),
            session_token: None,
            expires_in: None,
        };
        let bucket = Bucket::new(&place, credential());
        assert_eq!(bucket.base, "https://b.oss.example");
        assert_eq!(bucket.name("a b.JPG"), "2026/a b.JPG");
        place.virtual_host = false;
        let bucket = Bucket::new(&place, credential());
        assert_eq!(bucket.base, "https://oss.example/b");
        assert_eq!(encoded_path("学/a+b.JPG"), "%E5%AD%A6/a%2Bb.JPG");
    }
}
