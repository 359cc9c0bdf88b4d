//! The other end of the socket: what every command, the demo and the tests ask through.

use super::wire::FrameQuery;
use super::{Envelope, Problem, StreamEvent, VerifyLine};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;

/// Longest wait for the head of an answer; somewhat more than the daemon allows itself.
const ANSWER_DEADLINE: Duration = Duration::from_secs(200);

/// Why the daemon could not be asked, or what it answered.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers on the socket.
    #[error("no daemon answers on {socket}", socket = socket.display())]
    NoDaemon {
        /// Where it was sought.
        socket: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The socket is there, and not for this user.
    #[error("not allowed to use {socket}", socket = socket.display())]
    Denied {
        /// The socket.
        socket: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The connection broke.
    #[error("the daemon on {socket} did not finish its answer to {request}", socket = socket.display())]
    Broken {
        /// The socket.
        socket: PathBuf,
        /// Method and path.
        request: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is not what this version of the client knows.
    #[error("the answer to {request} could not be understood")]
    NotUnderstood {
        /// Method and path.
        request: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The daemon answered with an error.
    #[error("{}", .0.message)]
    Answered(Problem),
}

impl ClientError {
    /// What to do about it.
    pub fn next(&self) -> String {
        match self {
            ClientError::NoDaemon { .. } => {
                "start it (systemctl start shutterline, or: shutterline run), or name its socket with --socket or SHUTTERLINE_SOCKET".into()
            }
            ClientError::Denied { .. } => {
                "run as a member of group shutterline: sudo usermod -aG shutterline $USER, then log in again".into()
            }
            ClientError::Broken { .. } => {
                "look at the daemon: journalctl -u shutterline; then ask again".into()
            }
            ClientError::NotUnderstood { .. } => {
                "client and daemon must be the same version: restart the daemon after an update".into()
            }
            ClientError::Answered(problem) => problem.next.clone(),
        }
    }

    /// What the daemon answered, if it did.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            ClientError::Answered(problem) => Some(problem),
            _ => None,
        }
    }
}

/// A way to the daemon. Each request is a connection of its own: they cost microseconds, and none is left to go stale.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// A client of the daemon on this socket. Nothing is connected yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
        }
    }

    /// The socket it asks on.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Reads. `path` begins with `/v1/` and is encoded: see [`encode`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let answer = self.send(Method::GET, path, None, Bytes::new()).await?;
        self.read(&format!("GET {path}"), answer).await
    }

    /// Changes something.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let request = format!("POST {path}");
        let body = serde_json::to_vec(body).map_err(|source| ClientError::NotUnderstood {
            request: request.clone(),
            source,
        })?;
        let answer = self.send(Method::POST, path, None, body.into()).await?;
        self.read(&request, answer).await
    }

    /// Reads something that is no JSON, as `/metrics`.
    pub async fn text(&self, path: &str) -> Result<String, ClientError> {
        let answer = self.send(Method::GET, path, None, Bytes::new()).await?;
        let body = self.body(&format!("GET {path}"), answer).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Starts the check of every stored file.
    pub async fn verify(&self) -> Result<VerifyLines, ClientError> {
        let path = "/v1/archive/verify";
        let answer = self.send(Method::GET, path, None, Bytes::new()).await?;
        Ok(VerifyLines(self.lines(path, answer)))
    }

    /// Follows what happens, from now, or from after an event.
    pub async fn events(&self, after: Option<u64>) -> Result<Events, ClientError> {
        let path = "/v1/events";
        let answer = self.send(Method::GET, path, after, Bytes::new()).await?;
        Ok(Events(self.lines(path, answer)))
    }

    fn lines(&self, path: &str, answer: Response<Incoming>) -> Lines {
        Lines {
            socket: self.socket.clone(),
            request: format!("GET {path}"),
            body: answer.into_body(),
            held: Vec::new(),
        }
    }

    /// Connects and sends; an answer that is not 2xx becomes an error.
    async fn send(
        &self,
        method: Method,
        path: &str,
        last_event: Option<u64>,
        body: Bytes,
    ) -> Result<Response<Incoming>, ClientError> {
        let request = format!("{method} {path}");
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|source| self.unreachable(source))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| self.broken(&request, e))?;
        // Ends by itself when the answer has been read or dropped.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let mut message = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "shutterline")
            .header("content-type", "application/json");
        if let Some(id) = last_event {
            message = message.header("last-event-id", id);
        }
        let message = message
            .body(Full::new(body))
            .map_err(|e| self.broken(&request, e))?;
        let answer = tokio::time::timeout(ANSWER_DEADLINE, sender.send_request(message))
            .await
            .map_err(|e| self.broken(&request, e))?
            .map_err(|e| self.broken(&request, e))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body = self.body(&request, answer).await?;
        Err(ClientError::Answered(problem_of(status, &body)))
    }

    async fn body(&self, request: &str, answer: Response<Incoming>) -> Result<Bytes, ClientError> {
        let body = answer.into_body().collect().await;
        Ok(body.map_err(|e| self.broken(request, e))?.to_bytes())
    }

    async fn read<T: DeserializeOwned>(
        &self,
        request: &str,
        answer: Response<Incoming>,
    ) -> Result<T, ClientError> {
        let body = self.body(request, answer).await?;
        serde_json::from_slice(&body).map_err(|source| ClientError::NotUnderstood {
            request: request.to_owned(),
            source,
        })
    }

    fn unreachable(&self, source: io::Error) -> ClientError {
        let socket = self.socket.clone();
        if source.kind() == io::ErrorKind::PermissionDenied {
            ClientError::Denied { socket, source }
        } else {
            // Missing, refused, not a socket, too long a path: in each case there is no daemon behind it.
            ClientError::NoDaemon { socket, source }
        }
    }

    fn broken(
        &self,
        request: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> ClientError {
        ClientError::Broken {
            socket: self.socket.clone(),
            request: request.to_owned(),
            source: source.into(),
        }
    }
}

/// The error in an answer's body; one made up of its status where the body is none of ours.
fn problem_of(status: StatusCode, body: &[u8]) -> Problem {
    match serde_json::from_slice::<Envelope>(body) {
        Ok(envelope) => Problem {
            status: status.as_u16(),
            ..envelope.error
        },
        Err(_) => Problem::new(
            status,
            "unknown",
            format!("the daemon answered {status}"),
            "is it Shutterline that answers on this socket?",
        ),
    }
}

/// The path of a list of frames.
pub fn frames_path(query: &FrameQuery) -> String {
    let mut parts = Vec::new();
    if let Some(session) = &query.session {
        parts.push(format!("session={}", encode(session.as_str())));
    }
    if query.set_aside {
        parts.push("set_aside=true".to_owned());
    }
    if let Some(serial) = query.serial {
        parts.push(format!("serial={serial}"));
    }
    match parts.is_empty() {
        true => "/v1/frames".to_owned(),
        false => format!("/v1/frames?{}", parts.join("&")),
    }
}

/// One segment of a path, or one value of a query, percent-encoded.
pub fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A body read line by line.
#[derive(Debug)]
struct Lines {
    socket: PathBuf,
    request: String,
    body: Incoming,
    held: Vec<u8>,
}

impl Lines {
    /// The next line without its end; `None` at the end of the body.
    async fn next(&mut self) -> Result<Option<String>, ClientError> {
        loop {
            if let Some(end) = self.held.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.held.drain(..=end).collect();
                let line = line.trim_ascii_end();
                return Ok(Some(String::from_utf8_lossy(line).into_owned()));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.held.extend_from_slice(&data);
                    }
                }
                Some(Err(source)) => {
                    return Err(ClientError::Broken {
                        socket: self.socket.clone(),
                        request: self.request.clone(),
                        source: source.into(),
                    });
                }
            }
        }
    }

    fn not_understood(&self, source: serde_json::Error) -> ClientError {
        ClientError::NotUnderstood {
            request: self.request.clone(),
            source,
        }
    }
}

/// The lines of `/v1/archive/verify`.
#[derive(Debug)]
pub struct VerifyLines(Lines);

impl VerifyLines {
    /// The next line; `None` at the end, which comes without [`VerifyLine::Done`] when the daemon stopped.
    pub async fn next(&mut self) -> Result<Option<VerifyLine>, ClientError> {
        match self.0.next().await? {
            None => Ok(None),
            Some(line) => serde_json::from_str(&line)
                .map(Some)
                .map_err(|e| self.0.not_understood(e)),
        }
    }
}

/// The events of `/v1/events`.
#[derive(Debug)]
pub struct Events(Lines);

impl Events {
    /// The next event; `None` once the daemon stops. Events that repeat what already was (the first status, a gap) carry the id 0.
    pub async fn next(&mut self) -> Result<Option<StreamEvent>, ClientError> {
        let mut event = StreamEvent {
            id: 0,
            kind: String::new(),
            data: serde_json::Value::Null,
        };
        let mut data = String::new();
        while let Some(line) = self.0.next().await? {
            if line.is_empty() {
                if data.is_empty() {
                    continue;
                }
                event.data = serde_json::from_str(&data).map_err(|e| self.0.not_understood(e))?;
                return Ok(Some(event));
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => event.id = value.parse().unwrap_or(0),
                "event" => value.clone_into(&mut event.kind),
                "data" => data.push_str(value),
                // A comment keeps the line alive; other fields are not sent.
                _ => {}
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Serial, SessionId};

    #[test]
    fn what_people_type_cannot_leave_its_segment() {
        assert_eq!(encode("k7qa-000123"), "k7qa-000123");
        assert_eq!(encode("../a?b 学"), "%2E%2E%2Fa%3Fb%20%E5%AD%A6");
    }

    #[test]
    fn a_frame_query_becomes_a_path() {
        assert_eq!(frames_path(&FrameQuery::default()), "/v1/frames");
        let query = FrameQuery {
            session: Some(SessionId("k7qa-s1".into())),
            set_aside: true,
            serial: Some(Serial(7)),
        };
        assert_eq!(
            frames_path(&query),
            "/v1/frames?session=k7qa-s1&set_aside=true&serial=7"
        );
    }

    #[test]
    fn a_foreign_answer_is_still_a_problem() {
        let problem = problem_of(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!((problem.status, &*problem.code), (502, "unknown"));
    }
}
