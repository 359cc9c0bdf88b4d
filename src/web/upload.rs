//! The outbox: how each destination stands, and what a person says of what is to be sent.

use super::app::{App, Done};
use super::extract::{Body, Params};
use super::wire::{MeteredBody, NoBody, PauseBody, UploadQuery};
use super::{Ask, DestinationProbe, Problem};
use crate::archive::{ArchiveError, MakingLook, OutboxRow, Selection};
use crate::model::{DestinationStatus, OutboxCounts};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

/// Items of a kind that are shown of each destination where the question names no number.
const ITEMS: u32 = 20;

/// The most that are: a destination may keep a hundred thousand waiting.
const MOST_ITEMS: u32 = 1000;

/// The outbox as `upload status --json` shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutboxView {
    /// What waits and what is parked, as of this answer: the status is told a moment later.
    pub outbox: OutboxCounts,
    /// Whether a person said that the network costs money.
    #[serde(default)]
    pub metered: bool,
    /// Each destination, by name.
    #[serde(default)]
    pub destinations: Vec<DestinationStatus>,
    /// Portraits, reports and manifests that are still to be made, or could not be.
    #[serde(default)]
    pub making: MakingLook,
    /// What is parked, what was skipped, and what is next; of each destination no more than was asked for.
    pub items: Vec<OutboxRow>,
}

/// `GET /v1/upload`
pub(super) async fn show(
    State(app): State<App>,
    Params(query): Params<UploadQuery>,
) -> Result<Json<OutboxView>, Problem> {
    let limit = query.limit.unwrap_or(ITEMS).min(MOST_ITEMS);
    let mut view = app
        .read(move |reader| {
            Ok::<_, ArchiveError>(OutboxView {
                outbox: reader.outbox_counts()?,
                metered: reader.metered()?,
                destinations: reader.destination_statuses()?,
                making: reader.making(limit)?,
                items: reader.outbox_look(limit)?,
            })
        })
        .await?;
    let traffic = app.handle.traffic.borrow();
    let with = |status: DestinationStatus| {
        let known = traffic.get(&status.name);
        status.with_traffic(known)
    };
    view.destinations = view.destinations.into_iter().map(with).collect();
    Ok(Json(view))
}

/// `POST /v1/upload/retry`
pub(super) async fn retry(State(app): State<App>, Body(which): Body<Selection>) -> Done {
    app.ask(|answer| Ask::UploadRetry { which, answer })
        .await
        .map(Json)
}

/// `POST /v1/upload/skip`
pub(super) async fn skip(State(app): State<App>, Body(which): Body<Selection>) -> Done {
    app.ask(|answer| Ask::UploadSkip { which, answer })
        .await
        .map(Json)
}

/// `POST /v1/upload/pause`
pub(super) async fn pause(State(app): State<App>, Body(body): Body<PauseBody>) -> Done {
    set_paused(&app, body, true).await
}

/// `POST /v1/upload/resume`
pub(super) async fn resume(State(app): State<App>, Body(body): Body<PauseBody>) -> Done {
    set_paused(&app, body, false).await
}

async fn set_paused(app: &App, body: PauseBody, paused: bool) -> Done {
    app.ask(|answer| Ask::UploadPause {
        destination: body.destination,
        paused,
        answer,
    })
    .await
    .map(Json)
}

/// `POST /v1/upload/metered`
pub(super) async fn metered(State(app): State<App>, Body(body): Body<MeteredBody>) -> Done {
    app.ask(|answer| Ask::UploadMetered {
        metered: body.metered,
        answer,
    })
    .await
    .map(Json)
}

/// `POST /v1/upload/probe`
pub(super) async fn probe(
    State(app): State<App>,
    Body(NoBody {}): Body<NoBody>,
) -> Result<Json<Vec<DestinationProbe>>, Problem> {
    app.ask(|answer| Ask::UploadProbe { answer })
        .await
        .map(Json)
}
