//! The queue: its list, holds and recalls, and the corrections of serials.

use super::Problem;
use super::app::{App, Done};
use super::extract::{Body, Params};
use super::wire::{
    BindBody, DryRunBody, EntryView, HoldBody, LowerBody, QueueQuery, QueueView, SerialBody,
    ShiftBody, SwapBody, WaiveBody,
};
use crate::model::{Command, HoldTarget, RefusalCode, Student, StudentNumber};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

/// Reads a student number out of a request.
pub(super) fn student_number(text: &str) -> Result<StudentNumber, Problem> {
    text.parse::<StudentNumber>()
        .map_err(|e| Problem::invalid(e.to_string(), "give the number as the roster has it"))
}

/// `GET /v1/queue`
pub(super) async fn list(
    State(app): State<App>,
    Params(query): Params<QueueQuery>,
) -> Result<Json<QueueView>, Problem> {
    let open = app.handle.status.borrow().session.clone();
    let session = query.session.or(open).ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            RefusalCode::NoSession.as_str(),
            "no session is open",
            "open one with: shutterline session open, or name a closed one",
        )
    })?;
    let of = session.clone();
    let entries = app.read(move |reader| reader.entries(&of)).await?;
    Ok(Json(QueueView {
        session,
        entries: entries.into_iter().map(EntryView::from).collect(),
    }))
}

/// `POST /v1/queue/call`
pub(super) async fn call(State(app): State<App>, Body(body): Body<SerialBody>) -> Done {
    app.command(Command::Call {
        serial: body.serial,
    })
    .await
}

/// `POST /v1/queue/hold`
pub(super) async fn hold(State(app): State<App>, Body(body): Body<HoldBody>) -> Done {
    app.command(Command::Hold {
        target: body.serial.map_or(HoldTarget::Current, HoldTarget::Serial),
        reason: body.reason,
    })
    .await
}

/// `POST /v1/queue/waive`
pub(super) async fn waive(State(app): State<App>, Body(body): Body<WaiveBody>) -> Done {
    app.command(Command::Waive {
        target: body.serial.map_or(HoldTarget::Current, HoldTarget::Serial),
        reason: body.reason,
        undo: body.undo,
    })
    .await
}

/// `POST /v1/standard/lower`
pub(super) async fn lower(State(app): State<App>, Body(body): Body<LowerBody>) -> Done {
    app.command(Command::Lower {
        reason: body.reason,
        undo: body.undo,
    })
    .await
}

/// `POST /v1/queue/recall`
pub(super) async fn recall(State(app): State<App>, Body(body): Body<SerialBody>) -> Done {
    app.command(Command::Recall {
        serial: body.serial,
    })
    .await
}

/// `POST /v1/queue/absent`
pub(super) async fn absent(State(app): State<App>, Body(body): Body<SerialBody>) -> Done {
    app.command(Command::MarkAbsent {
        serial: body.serial,
    })
    .await
}

/// `POST /v1/queue/bind`
pub(super) async fn bind(State(app): State<App>, Body(body): Body<BindBody>) -> Done {
    let student = Student {
        number: student_number(&body.student_number)?,
        name: body.name,
        exempt: Vec::new(),
    };
    app.command(Command::Bind {
        serial: body.serial,
        student,
        dry_run: body.dry_run,
    })
    .await
}

/// `POST /v1/queue/undo-advance`
pub(super) async fn undo_advance(State(app): State<App>, Body(body): Body<DryRunBody>) -> Done {
    app.command(Command::UndoAdvance {
        dry_run: body.dry_run,
    })
    .await
}

/// `POST /v1/queue/shift`
pub(super) async fn shift(State(app): State<App>, Body(body): Body<ShiftBody>) -> Done {
    app.command(Command::Shift {
        from: body.from,
        to: body.to,
        by: body.by,
        dry_run: body.dry_run,
    })
    .await
}

/// `POST /v1/queue/swap`
pub(super) async fn swap(State(app): State<App>, Body(body): Body<SwapBody>) -> Done {
    app.command(Command::Swap {
        a: body.a,
        b: body.b,
        dry_run: body.dry_run,
    })
    .await
}

/// `POST /v1/queue/undo`
pub(super) async fn undo(State(app): State<App>, Body(body): Body<DryRunBody>) -> Done {
    app.command(Command::UndoCorrection {
        dry_run: body.dry_run,
    })
    .await
}
