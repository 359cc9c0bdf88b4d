//! The outbox, and checking every stored file against its row.

use super::app::{App, Done};
use super::extract::Body;
use super::wire::NoBody;
use super::{Ask, Problem, VerifyLine};
use crate::archive::{ArchiveError, OutboxRow};
use crate::model::OutboxCounts;
use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use tokio::sync::mpsc;

/// Lines in flight; the reader of the socket sets the pace of the check.
const VERIFY_LINES: usize = 16;

/// The outbox as `upload status --json` shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutboxView {
    /// What waits and what is parked, as of this answer: the status is told a moment later.
    pub outbox: OutboxCounts,
    /// What is not done with, in the order it was queued.
    pub items: Vec<OutboxRow>,
}

/// `GET /v1/upload`
pub(super) async fn outbox(State(app): State<App>) -> Result<Json<OutboxView>, Problem> {
    let view = app
        .read(|reader| {
            Ok::<_, ArchiveError>(OutboxView {
                outbox: reader.outbox_counts()?,
                items: reader.outbox_rows(true)?,
            })
        })
        .await?;
    Ok(Json(view))
}

/// `POST /v1/upload/retry`
pub(super) async fn retry(State(app): State<App>, Body(NoBody {}): Body<NoBody>) -> Done {
    app.ask(|answer| Ask::UploadRetry { answer })
        .await
        .map(Json)
}

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
