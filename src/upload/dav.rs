//! Writing to WebDAV in pieces: OpenDAL's service would hold the whole file in memory.

use super::credentials::{Credentials, Secret};
use super::error::{Doing, UploadError};
use super::meter::Meter;
use super::settings::Settings;
use super::source::Source;
use super::wire::{self, encoded_path};
use http::{StatusCode, header};
use opendal::Operator;
use reqwest::{Response, Url};
use std::sync::Arc;

/// A WebDAV folder's address and whom we are to it.
#[derive(Clone)]
pub(super) struct Dav {
    name: String,
    root: Url,
    credentials: Credentials,
    client: reqwest::Client,
}

impl Dav {
    pub(super) fn new(
        settings: &Settings,
        url: &str,
        credentials: Credentials,
    ) -> Result<Self, UploadError> {
        let root = address(settings, url)?;
        Ok(Self {
            name: settings.name.clone(),
            root,
            credentials,
            client: wire::client(settings)?,
        })
    }

    /// Puts a file there, and makes its folder first where that is missing.
    pub(super) async fn put(
        &self,
        operator: &Operator,
        source: &Source,
        key: &str,
        meter: &Arc<Meter>,
    ) -> Result<(), UploadError> {
        let doing = Doing {
            destination: &self.name,
            doing: "write",
            key,
        };
        let answer = self.once(doing, source, meter).await?;
        // RFC 4918, 9.7.1: 409 where the folder is missing; some servers say 404.
        let homeless = [StatusCode::CONFLICT, StatusCode::NOT_FOUND];
        if !homeless.contains(&answer.status()) {
            return wire::heard(doing, answer, meter).await.map(drop);
        }
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let made = operator.create_dir(&format!("{folder}/")).await;
        made.map_err(|e| doing.service(&e, meter.status()))?;
        let answer = self.once(doing, source, meter).await?;
        wire::heard(doing, answer, meter).await.map(drop)
    }

    async fn once(
        &self,
        doing: Doing<'_>,
        source: &Source,
        meter: &Arc<Meter>,
    ) -> Result<Response, UploadError> {
        let url = below(&self.root, doing.key);
        let request = authorised(self.client.put(url), &self.credentials)
            .header(header::CONTENT_LENGTH, source.content.size_bytes.0)
            .body(reqwest::Body::wrap_stream(source.body(meter).await?));
        let answer = request.send().await;
        answer.map_err(|e| wire::unanswered(doing, e))
    }
}

/// An address from the config.
pub(super) fn address(settings: &Settings, url: &str) -> Result<Url, UploadError> {
    let url = Url::parse(url).map_err(|e| settings.wrong(format!("`url` is no URL: {e}")))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(settings.wrong("`url` has to begin with https://")),
    }
}

/// A name below an address.
fn below(root: &Url, key: &str) -> String {
    let root = root.as_str().trim_end_matches('/');
    format!("{root}/{}", encoded_path(key))
}

/// Says who asks.
pub(super) fn authorised(
    request: reqwest::RequestBuilder,
    known: &Credentials,
) -> reqwest::RequestBuilder {
    match (&known.token, &known.username) {
        (Some(token), _) => request.bearer_auth(token.reveal()),
        (None, Some(name)) => request.basic_auth(name, known.password.as_ref().map(Secret::reveal)),
        (None, None) => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_part_by_part() {
        let root = Url::parse("https://cloud.example/dav/photo/").unwrap();
        let url = below(&root, "k7qa-s1/0001_学 1/a%b?.JPG");
        let path = "https://cloud.example/dav/photo/k7qa-s1/0001_%E5%AD%A6%201/a%25b%3F.JPG";
        assert_eq!(url, path);
        let bare = Url::parse("https://cloud.example").unwrap();
        assert_eq!(below(&bare, "a.JPG"), "https://cloud.example/a.JPG");
    }
}
