//! Errors as the API gives them: `{"error": {"code", "message", "next"}}`, and nothing else.

use crate::model::{Refusal, RefusalCode};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// Why a request was not answered, in words and as a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// HTTP status; not part of the body.
    #[serde(skip)]
    pub status: u16,
    /// A stable word, for example `not-found`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub next: String,
}

/// The body of every answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The error.
    pub error: Problem,
}

impl Problem {
    /// A problem under an HTTP status.
    pub fn new(
        status: StatusCode,
        code: &str,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            status: status.as_u16(),
            code: code.to_owned(),
            message: message.into(),
            next: next.into(),
        }
    }

    /// The request makes no sense (400).
    pub fn invalid(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message, next)
    }

    /// The thing named is not there (404).
    pub fn not_found(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", message, next)
    }

    /// The daemon is on its way out (503).
    pub fn stopping() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "the daemon is stopping",
            "try again once it is up: journalctl -u shutterline",
        )
    }

    /// Reading the archive failed (500). The cause goes into the message: over a socket there is no chain.
    pub fn archive(cause: &dyn std::error::Error) -> Self {
        let mut message = format!("failed to read the archive: {cause}");
        let mut source = cause.source();
        while let Some(inner) = source {
            message.push_str(": ");
            message.push_str(&inner.to_string());
            source = inner.source();
        }
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "archive",
            message,
            "look at the disk and run: shutterline archive verify",
        )
    }
}

/// The status of a refusal: what is missing, what makes no sense, what the disk cannot take, and
/// everything else, which the station's present state forbids.
fn status_of(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::NotFound => StatusCode::NOT_FOUND,
        RefusalCode::Invalid => StatusCode::BAD_REQUEST,
        RefusalCode::Storage => StatusCode::INSUFFICIENT_STORAGE,
        RefusalCode::NoSession
        | RefusalCode::SessionOpen
        | RefusalCode::Unbalanced
        | RefusalCode::WrongState
        | RefusalCode::Camera => StatusCode::CONFLICT,
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(
            status_of(refusal.code),
            refusal.code.as_str(),
            refusal.message,
            refusal.next,
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(Envelope { error: self })).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_keep_their_word_and_get_a_status() {
        let cases = [
            (RefusalCode::NotFound, 404),
            (RefusalCode::Invalid, 400),
            (RefusalCode::Storage, 507),
            (RefusalCode::NoSession, 409),
            (RefusalCode::Unbalanced, 409),
        ];
        for (code, status) in cases {
            let problem = Problem::from(Refusal::new(code, "m", "n"));
            assert_eq!((problem.status, &*problem.code), (status, code.as_str()));
        }
    }
}
