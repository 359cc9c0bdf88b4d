//! What a technician and a monitoring system ask: who answers here, and its figures.

use super::app::App;
use super::{About, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Prometheus takes the OpenMetrics text form under this type.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /v1/about`
pub(super) async fn about(State(app): State<App>) -> Result<Json<About>, Problem> {
    app.not_stopping()?;
    Ok(Json(About::clone(&app.handle.about)))
}

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    app.not_stopping()?;
    let make = app.handle.metrics.clone();
    let text = tokio::task::spawn_blocking(move || make())
        .await
        .map_err(|_| Problem::stopping())?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
