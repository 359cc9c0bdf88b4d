//! Checking every stored file against its row.

use super::app::App;
use super::{Ask, Problem, VerifyLine};
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use std::convert::Infallible;
use tokio::sync::mpsc;

/// Lines in flight; the reader of the socket sets the pace of the check.
const VERIFY_LINES: usize = 16;

/// `GET /v1/archive/verify`: a line of JSON for each step, `done` last. A body that ends without it was cut short.
pub(super) async fn verify(State(app): State<App>) -> Result<Response, Problem> {
    app.not_stopping()?;
    let (lines, received) = mpsc::channel(VERIFY_LINES);
    app.handle
        .asks
        .send(Ask::Verify { lines })
        .await
        .map_err(|_| Problem::stopping())?;
    let stopping = app.stopping;
    let body = unfold(
        (received, stopping),
        |(mut received, mut stopping)| async move {
            let line = tokio::select! {
                biased;
                line = received.recv() => line?,
                _ = stopping.wait_for(|stopping| *stopping) => return None,
            };
            Some((line, (received, stopping)))
        },
    )
    .map(|line| Ok::<Bytes, Infallible>(encode(&line)));
    Ok((
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        HttpBody::from_stream(body),
    )
        .into_response())
}

fn encode(line: &VerifyLine) -> Bytes {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    Bytes::from(text)
}
