//! What happens, as it happens (`/v1/events`, server-sent events), and what happened (`/v1/log`, the audited rows).

use super::app::App;
use super::extract::Params;
use super::wire::LogQuery;
use super::{Handle, Problem, StreamEvent};
use crate::archive::EventRow;
use crate::model::Status;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// A comment this often shows both ends that the other is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Rows of `/v1/log` when no limit is given.
const LOG_ROWS: u32 = 500;
/// Most rows of `/v1/log` in one answer.
const LOG_ROWS_MAX: u32 = 5_000;

/// `GET /v1/log`
pub(super) async fn log(
    State(app): State<App>,
    Params(query): Params<LogQuery>,
) -> Result<Json<Vec<EventRow>>, Problem> {
    let limit = query.limit.unwrap_or(LOG_ROWS).min(LOG_ROWS_MAX);
    let rows = app
        .read(move |reader| reader.events(query.after, limit))
        .await?;
    Ok(Json(rows))
}

/// `GET /v1/events`
///
/// Starts with the status as it is now (without an id), or, with `Last-Event-ID`, with everything after that one. Where
/// the station no longer remembers that far, a `notice` with `"gap": true` says so and the status follows.
pub(super) async fn events(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    app.not_stopping()?;
    let after = match headers.get("last-event-id") {
        None => None,
        Some(value) => Some(
            value
                .to_str()
                .ok()
                .and_then(|text| text.trim().parse::<u64>().ok())
                .ok_or_else(|| {
                    Problem::invalid(
                        "Last-Event-ID is no event id of this station",
                        "send the id of the last event seen, a whole number, or leave the header out",
                    )
                })?,
        ),
    };
    let feed = Feed::new(app.handle, app.stopping, after);
    let stream = unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One listener's place in the stream.
struct Feed {
    handle: Handle,
    live: broadcast::Receiver<StreamEvent>,
    stopping: watch::Receiver<bool>,
    /// To be sent before anything live.
    backlog: VecDeque<Event>,
    /// The id last put into the backlog or sent: what comes live up to here is a repetition.
    last: u64,
}

impl Feed {
    fn new(handle: Handle, stopping: watch::Receiver<bool>, after: Option<u64>) -> Self {
        // Listening first and looking back second: what happens in between is seen twice, and dropped once by its id.
        let live = handle.events.subscribe();
        let mut feed = Self {
            handle,
            live,
            stopping,
            backlog: VecDeque::new(),
            last: 0,
        };
        match after {
            Some(after) => feed.look_back(after),
            None => {
                feed.last = feed.newest();
                feed.push_status();
            }
        }
        feed
    }

    /// The id of the newest event remembered; 0 before the first.
    fn newest(&self) -> u64 {
        let recent = self
            .handle
            .recent
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        recent.back().map_or(0, |event| event.id)
    }

    /// Queues everything remembered after an id, and says so if that is not everything.
    fn look_back(&mut self, after: u64) {
        let recent: Vec<StreamEvent> = {
            let recent = self
                .handle
                .recent
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            recent.iter().cloned().collect()
        };
        let newest = recent.last().map_or(0, |event| event.id);
        // An id from the future is one of an earlier run of the daemon: its successor counts anew.
        let earlier_run = after > newest;
        let oldest_needed = if earlier_run { 0 } else { after + 1 };
        let forgotten = recent.first().is_some_and(|event| event.id > oldest_needed);
        if earlier_run || forgotten {
            self.backlog.push_back(gap());
            self.push_status();
        }
        self.backlog.extend(
            recent
                .iter()
                .filter(|event| event.id >= oldest_needed)
                .map(encode),
        );
        self.last = newest;
    }

    fn push_status(&mut self) {
        let status: Status = self.handle.status.borrow().clone();
        if let Ok(event) = Event::default().event("status").json_data(&status) {
            self.backlog.push_back(event);
        }
    }

    /// The next event to send; `None` once the daemon stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.backlog.pop_front() {
                return Some(event);
            }
            let received = tokio::select! {
                received = self.live.recv() => received,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            };
            match received {
                Ok(event) if event.id > self.last => {
                    self.last = event.id;
                    return Some(encode(&event));
                }
                Ok(_) => {}
                // Too slow for the live channel; what it missed may still be remembered.
                Err(RecvError::Lagged(_)) => self.look_back(self.last),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// An event in the form of the wire. JSON keeps no raw line breaks, which `data:` could not carry.
fn encode(event: &StreamEvent) -> Event {
    Event::default()
        .id(event.id.to_string())
        .event(&event.kind)
        .data(event.data.to_string())
}

fn gap() -> Event {
    let data = serde_json::json!({
        "gap": true,
        "message": "events were missed; the status follows",
        "next": "read /v1/log for what was audited meanwhile",
    });
    Event::default().event("notice").data(data.to_string())
}
