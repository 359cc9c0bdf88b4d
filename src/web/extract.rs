//! Reading a request, such that whatever is wrong with it is answered like every other problem.

use super::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// A JSON body. An empty one counts as `{}`, and any content type is taken, so that `curl -d` needs no headers.
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let path = request.uri().path().to_owned();
        let bytes = Bytes::from_request(request, state).await.map_err(|e| {
            if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too-large",
                    format!("the body of {path} is larger than is taken"),
                    "send less; a roster of 20,000 students fits",
                )
            } else {
                Problem::invalid(
                    format!("the body of {path} could not be read: {}", e.body_text()),
                    "send it again",
                )
            }
        })?;
        let text: &[u8] = match bytes.trim_ascii() {
            b"" => b"{}",
            text => text,
        };
        serde_json::from_slice(text).map(Body).map_err(|e| {
            Problem::invalid(
                format!("the body of {path} is not what is expected: {e}"),
                "see docs/api.md for its fields",
            )
        })
    }
}

/// The query of a URL.
pub(super) struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Params(params)),
            Err(e) => Err(Problem::invalid(
                format!("{}: {}", parts.uri.path(), e.body_text()),
                "see docs/api.md for its parameters",
            )),
        }
    }
}

/// The id in a path.
pub(super) struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Named(id)),
            Err(e) => Err(Problem::invalid(
                format!(
                    "{} holds no readable id: {}",
                    parts.uri.path(),
                    e.body_text()
                ),
                "ids are plain letters, digits and dashes: shutterline frames list",
            )),
        }
    }
}
