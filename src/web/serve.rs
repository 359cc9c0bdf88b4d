//! The router, and serving it until the daemon stops.

use super::app::App;
use super::{Handle, Problem, camera, frames, machine, queue, sessions, storage, stream, upload};
use crate::model::Status;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::future::Future;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::sync::watch;

/// Largest body in bytes: a roster of 20,000 students at 100 bytes each, twice over.
const BODY_MAX_BYTES: usize = 4 << 20;

/// How long connections may linger after the daemon began to stop: a client that connected and says nothing must not keep it.
const LINGER: Duration = Duration::from_secs(3);

/// Serves the API until `shutdown` completes, then answers 503, ends the streams, lets what is under way finish within
/// 3 s, and removes the socket it was bound to.
pub async fn serve(
    listener: UnixListener,
    handle: Handle,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let own = OwnSocket::of(&listener);
    let (stop, stopping) = watch::channel(false);
    let mut overdue = stopping.clone();
    let server = axum::serve(listener, router(App { handle, stopping })).with_graceful_shutdown(
        async move {
            shutdown.await;
            stop.send_replace(true);
        },
    );
    let result = tokio::select! {
        result = server => result,
        () = async {
            if overdue.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(LINGER).await;
        } => Ok(()),
    };
    if let Some(own) = own {
        own.remove();
    }
    result
}

/// The socket file this server answers on.
struct OwnSocket {
    path: PathBuf,
    inode: (u64, u64),
}

impl OwnSocket {
    fn of(listener: &UnixListener) -> Option<Self> {
        let path = listener.local_addr().ok()?.as_pathname()?.to_owned();
        let inode = inode_of(&path)?;
        Some(Self { path, inode })
    }

    /// Removes it, unless another daemon has put its own there meanwhile.
    fn remove(self) {
        if inode_of(&self.path) == Some(self.inode)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(socket = %self.path.display(), %error, "the socket was left behind");
        }
    }
}

/// Device and inode of what lies at a path.
fn inode_of(path: &Path) -> Option<(u64, u64)> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

/// Every route.
pub(super) fn router(app: App) -> Router {
    let v1 = Router::new()
        .route("/status", get(status))
        .route("/about", get(machine::about))
        .route("/events", get(stream::events))
        .route("/log", get(stream::log));
    Router::new()
        .nest("/v1", v1.merge(acting()))
        .route("/metrics", get(machine::metrics))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(app)
}

/// The routes of the rooms behind the daemon.
fn acting() -> Router<App> {
    Router::new()
        .route("/frames", get(frames::list))
        .route("/frames/{id}", get(frames::show))
        .route("/frames/{id}/accept", post(frames::accept))
        .route("/frames/{id}/reassign", post(frames::reassign))
        .route("/frames/{id}/split", post(frames::split))
        .route("/frames/{id}/discard", post(frames::discard))
        .route("/queue", get(queue::list))
        .route("/queue/call", post(queue::call))
        .route("/queue/hold", post(queue::hold))
        .route("/queue/waive", post(queue::waive))
        .route("/queue/recall", post(queue::recall))
        .route("/queue/absent", post(queue::absent))
        .route("/queue/bind", post(queue::bind))
        .route("/queue/undo-advance", post(queue::undo_advance))
        .route("/queue/shift", post(queue::shift))
        .route("/queue/swap", post(queue::swap))
        .route("/queue/undo", post(queue::undo))
        .route("/sessions", get(sessions::list).post(sessions::open))
        .route("/sessions/close", post(sessions::close))
        .route("/sessions/preflight", post(sessions::preflight))
        .route("/standard/lower", post(queue::lower))
        .route("/roster", post(sessions::roster))
        .route("/panel/press", post(camera::press))
        .route("/camera", get(camera::show))
        .route("/camera/adopt", post(camera::adopt))
        .route("/camera/test-shot", post(camera::test_shot))
        .route("/camera/knob", post(camera::knob))
        .route("/upload", get(upload::show))
        .route("/upload/retry", post(upload::retry))
        .route("/upload/skip", post(upload::skip))
        .route("/upload/pause", post(upload::pause))
        .route("/upload/resume", post(upload::resume))
        .route("/upload/metered", post(upload::metered))
        .route("/upload/probe", post(upload::probe))
        .route("/archive/verify", get(storage::verify))
}

/// `GET /v1/status`
async fn status(State(app): State<App>) -> Result<Json<Status>, Problem> {
    app.not_stopping()?;
    let status = app.handle.status.borrow().clone();
    Ok(Json(status))
}

/// No such route.
async fn no_route(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-route",
        format!("there is nothing at {}", uri.path()),
        "see docs/api.md for the routes; all begin with /v1/",
    )
}

/// The route is there, the method is not.
async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        format!("{} does not take {method}", uri.path()),
        "reading is GET, changing is POST: see docs/api.md",
    )
}
