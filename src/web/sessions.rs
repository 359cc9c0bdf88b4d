//! Sessions and their roster: opening, the preflight, closing.

use super::app::{App, Done};
use super::extract::Body;
use super::queue::student_number;
use super::wire::{
    NoBody, PreflightView, RosterBody, SessionCloseBody, SessionOpenBody, SessionView,
};
use super::{Ask, Finding, Problem};
use crate::model::{Command, Student, rule};
use axum::Json;
use axum::extract::State;
use std::collections::HashSet;

/// `GET /v1/sessions`
pub(super) async fn list(State(app): State<App>) -> Result<Json<Vec<SessionView>>, Problem> {
    let sessions = app.read(|reader| reader.sessions()).await?;
    Ok(Json(sessions.into_iter().map(SessionView::from).collect()))
}

/// `POST /v1/sessions`
pub(super) async fn open(State(app): State<App>, Body(body): Body<SessionOpenBody>) -> Done {
    app.command(Command::SessionOpen { name: body.name }).await
}

/// `POST /v1/sessions/close`
pub(super) async fn close(State(app): State<App>, Body(body): Body<SessionCloseBody>) -> Done {
    // A card that cannot be listed is one of the things that do not balance: the station says so, not this route.
    let card_only = match app.ask(|answer| Ask::CardCount { answer }).await {
        Ok(count) => count,
        Err(problem) if problem.status == 409 => None,
        Err(problem) => return Err(problem),
    };
    app.command(Command::SessionClose {
        force: body.force,
        card_only,
    })
    .await
}

/// `POST /v1/sessions/preflight`
pub(super) async fn preflight(
    State(app): State<App>,
    Body(NoBody {}): Body<NoBody>,
) -> Result<Json<PreflightView>, Problem> {
    let lines = app.ask(|answer| Ask::Preflight { answer }).await?;
    let worst = |wanted| lines.iter().any(|line| line.finding == wanted);
    let finding = if worst(Finding::Fail) {
        Finding::Fail
    } else if worst(Finding::Warn) {
        Finding::Warn
    } else {
        Finding::Ok
    };
    Ok(Json(PreflightView { finding, lines }))
}

/// `POST /v1/roster`
pub(super) async fn roster(State(app): State<App>, Body(body): Body<RosterBody>) -> Done {
    if body.students.is_empty() {
        return Err(Problem::invalid(
            "the roster has no students",
            "send at least one {\"student_number\", \"name\"}",
        ));
    }
    let mut seen = HashSet::with_capacity(body.students.len());
    let mut students = Vec::with_capacity(body.students.len());
    for student in body.students {
        let number = student_number(&student.student_number)?;
        if !seen.insert(number.clone()) {
            return Err(Problem::invalid(
                format!("student number {number} is on the roster twice"),
                "remove one of the two lines",
            ));
        }
        let unknown = |id: &&String| rule::waivable(id).is_none();
        if let Some(id) = student.exempt.iter().find(unknown) {
            return Err(Problem::invalid(
                format!(
                    "student number {number} is exempt from {id:?}, which is no reason to be exempt from"
                ),
                format!("use one of: {}", rule::WAIVABLE.join(", ")),
            ));
        }
        students.push(Student {
            number,
            name: student.name,
            exempt: student.exempt,
        });
    }
    app.command(Command::RosterImport {
        students,
        session: body.session,
    })
    .await
}
