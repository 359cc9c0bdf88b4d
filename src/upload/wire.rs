//! The one HTTP client of every destination: paced, counted, without redirects.
//!
//! Redirects are not followed: a venue's portal answers with one, and a photo must not go to whatever it points at.

use super::error::{Doing, UploadError, short};
use super::meter::Meter;
use super::settings::Settings;
use super::source::PIECE_BYTES;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use opendal::{Buffer, Error, ErrorKind, HttpBody, HttpTransport};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// A server that does not take a connection within this is not there.
const CONNECT: Duration = Duration::from_secs(10);

/// More than any receipt; the rest of an answer is not read, bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A request that may be repeated is, so often; a large file goes on at the part that broke.
const TRIES: u32 = 3;

/// The pause before the first repeat; doubled before the next.
const AGAIN: Duration = Duration::from_millis(200);

/// A client for a destination: the one that all share, unless it has trust roots of its own.
pub(super) fn client(settings: &Settings) -> Result<reqwest::Client, UploadError> {
    static SHARED: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(ca) = &settings.ca_file {
        return build(Some(ca)).map_err(|what| settings.wrong(what));
    }
    if let Some(shared) = SHARED.get() {
        return Ok(shared.clone());
    }
    let built = build(None).map_err(|what| settings.wrong(what))?;
    Ok(SHARED.get_or_init(|| built).clone())
}

fn build(ca: Option<&Path>) -> Result<reqwest::Client, String> {
    // Who was first wins, and both are the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("shutterline/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = ca {
        let told = |e: &dyn std::fmt::Display| format!("ca-file {}: {e}", path.display());
        let pem = std::fs::read(path).map_err(|e| told(&e))?;
        let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| told(&e))?;
        if roots.is_empty() {
            return Err(told(&"there is no certificate in it"));
        }
        builder = builder.tls_certs_merge(roots);
    }
    builder.build().map_err(|e| said(&e))
}

/// A part of a name, as a URL carries it: everything but letters, digits and `-._~` (RFC 3986, 2.3) encoded once, which is also how
/// a bucket's signatures are made.
pub(super) fn encoded(part: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(part, KEPT).to_string()
}

/// A name, as a URL's path carries it.
pub(super) fn encoded_path(name: &str) -> String {
    let parts: Vec<String> = name.split('/').map(encoded).collect();
    parts.join("/")
}

/// What an HTTP client's error says, with its causes and without the URL, which is named elsewhere.
pub(super) fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |e| e.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    match text.contains("certificate") && text.contains("xpired") {
        true => short(&format!(
            "{text}; either the server's certificate or the station's clock is wrong (`timedatectl`)"
        )),
        false => short(&text),
    }
}

/// What a request that got no answer means.
pub(super) fn unanswered(doing: Doing<'_>, error: reqwest::Error) -> UploadError {
    doing.failed(said(&error.without_url()))
}

/// An answer that is a success: its headers, and its text as far as a person would read. Everything else as what it means.
pub(super) async fn heard(
    doing: Doing<'_>,
    mut answer: reqwest::Response,
    meter: &Meter,
) -> Result<(HeaderMap, String), UploadError> {
    let (status, headers) = (answer.status(), answer.headers().clone());
    meter.answered(status.as_u16());
    let mut text = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|e| unanswered(doing, e))? {
        text.extend_from_slice(&piece);
        if text.len() > LONGEST_ANSWER {
            break;
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    if status.is_success() {
        return Ok((headers, text));
    }
    let to = headers
        .get(header::LOCATION)
        .and_then(|to| to.to_str().ok());
    let (code, said) = (status.as_u16(), short(to.unwrap_or(&text)));
    Err(doing.answered(code, said))
}

/// OpenDAL's requests for one attempt.
pub(super) struct Wire {
    pub(super) client: reqwest::Client,
    pub(super) meter: Arc<Meter>,
}

impl HttpTransport for Wire {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        let (parts, body) = request.into_parts();
        let repeats = [Method::GET, Method::HEAD, Method::PUT, Method::DELETE];
        let tries = match repeats.contains(&parts.method) {
            true => TRIES,
            false => 1,
        };
        let mut pause = AGAIN;
        for _ in 1..tries {
            match self.once(&parts, body.clone()).await {
                Ok(answer) if !busy(answer.status()) => return Ok(answer),
                Err(error) if !error.is_temporary() => return Err(error),
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(pause.mul_f64(0.5 + rand::random::<f64>())).await;
            pause *= 2;
        }
        self.once(&parts, body).await
    }
}

/// A server that may answer otherwise in a moment.
fn busy(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

impl Wire {
    async fn once(
        &self,
        parts: &http::request::Parts,
        body: Buffer,
    ) -> opendal::Result<Response<HttpBody>> {
        self.meter.asks();
        let head = parts.method == Method::HEAD;
        let url = parts.uri.to_string();
        let mut request = self.client.request(parts.method.clone(), url);
        request = request.headers(parts.headers.clone());
        let size = body.len();
        // A large body goes in pieces; its length is in the headers.
        request = match size > PIECE_BYTES {
            true => request
                .header(header::CONTENT_LENGTH, size)
                .body(reqwest::Body::wrap_stream(pieces(body, self.meter.clone()))),
            false => {
                self.meter.pass(size).await;
                request.body(body.to_bytes())
            }
        };
        let answer = request.send().await.map_err(unexpected)?;
        self.meter.answered(answer.status().as_u16());
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.extend(answer.headers().clone());
        }
        let size = match head {
            true => None,
            false => answer.content_length(),
        };
        let meter = self.meter.clone();
        let stream = answer.bytes_stream().then(move |piece| {
            let meter = meter.clone();
            async move {
                let piece = piece.map_err(unexpected)?;
                meter.pass(piece.len()).await;
                Ok(Buffer::from(piece))
            }
        });
        let body = HttpBody::new(Sole(Mutex::new(Box::pin(stream))), size);
        response
            .body(body)
            .map_err(|e| Error::new(ErrorKind::Unexpected, e.to_string()))
    }
}

fn unexpected(error: reqwest::Error) -> Error {
    let error = error.without_url();
    Error::new(ErrorKind::Unexpected, said(&error)).set_temporary()
}

/// A body in pieces, each only when it may pass.
fn pieces(body: Buffer, meter: Arc<Meter>) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    futures_util::stream::unfold(body, move |mut body| {
        let meter = meter.clone();
        async move {
            let size = body.len().min(PIECE_BYTES);
            if size == 0 {
                return None;
            }
            let piece = body.slice(..size).to_bytes();
            body = body.slice(size..);
            meter.pass(size).await;
            Some((Ok(piece), body))
        }
    })
}

/// A stream that one thread at a time looks at, as it has to be shown to be shared.
struct Sole(Mutex<Pin<Box<dyn Stream<Item = opendal::Result<Buffer>> + Send>>>);

impl Stream for Sole {
    type Item = opendal::Result<Buffer>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let stream = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        stream.as_mut().poll_next(cx)
    }
}
