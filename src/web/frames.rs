//! Frames: what was shot, and the corrections of who owns it.

use super::Problem;
use super::app::{App, Done};
use super::extract::{Body, Named, Params};
use super::queue::student_number;
use super::wire::{DryRunBody, FrameDetail, FrameQuery, FrameView, NoBody, ReassignBody};
use crate::archive::{ArchiveError, FrameFilter, Reader};
use crate::model::{Command, FrameId};
use axum::Json;
use axum::extract::State;

/// `GET /v1/frames`
pub(super) async fn list(
    State(app): State<App>,
    Params(query): Params<FrameQuery>,
) -> Result<Json<Vec<FrameView>>, Problem> {
    let filter = FrameFilter {
        session: query.session,
        set_aside: query.set_aside,
        serial: query.serial,
    };
    let frames = app.read(move |reader| reader.frames(filter)).await?;
    Ok(Json(FrameView::list(frames)))
}

/// `GET /v1/frames/{id}`
pub(super) async fn show(
    State(app): State<App>,
    Named(id): Named,
) -> Result<Json<FrameDetail>, Problem> {
    let wanted = FrameId(id.clone());
    let read = move |reader: &Reader| {
        let Some((frame, report)) = reader.frame(&wanted)? else {
            return Ok::<_, ArchiveError>(None);
        };
        // Whether it is proposed, the others of its serial decide.
        let mut shown = vec![frame];
        if let (Some(_), Some(_)) = (&shown[0].session, shown[0].serial) {
            shown = reader.frames(FrameFilter {
                session: shown[0].session.clone(),
                serial: shown[0].serial,
                set_aside: false,
            })?;
        }
        let mut views = FrameView::list(shown);
        views.retain(|view| view.id == wanted);
        Ok(views.pop().map(|frame| FrameDetail { frame, report }))
    };
    match app.read(read).await? {
        Some(detail) => Ok(Json(detail)),
        None => Err(Problem::not_found(
            format!("there is no frame {id}"),
            "list them with: shutterline frames list",
        )),
    }
}

/// `POST /v1/frames/{id}/accept`
pub(super) async fn accept(
    State(app): State<App>,
    Named(id): Named,
    Body(NoBody {}): Body<NoBody>,
) -> Done {
    app.command(Command::Accept { frame: FrameId(id) }).await
}

/// `POST /v1/frames/{id}/reassign`
pub(super) async fn reassign(
    State(app): State<App>,
    Named(id): Named,
    Body(body): Body<ReassignBody>,
) -> Done {
    app.command(Command::Reassign {
        frame: FrameId(id),
        to: student_number(&body.to)?,
        dry_run: body.dry_run,
    })
    .await
}

/// `POST /v1/frames/{id}/split`
pub(super) async fn split(
    State(app): State<App>,
    Named(id): Named,
    Body(body): Body<DryRunBody>,
) -> Done {
    app.command(Command::Split {
        from: FrameId(id),
        dry_run: body.dry_run,
    })
    .await
}

/// `POST /v1/frames/{id}/discard`
pub(super) async fn discard(
    State(app): State<App>,
    Named(id): Named,
    Body(NoBody {}): Body<NoBody>,
) -> Done {
    app.command(Command::Discard { frame: FrameId(id) }).await
}
