//! The camera as observed, and the panel's controls pressed from here.

use super::app::{App, Done};
use super::extract::Body;
use super::wire::{NoBody, PressBody, TestShotBody};
use super::{Ask, CameraView, KnobJson, Problem};
use crate::model::Command;
use axum::Json;
use axum::extract::State;

/// `GET /v1/camera`
pub(super) async fn show(State(app): State<App>) -> Result<Json<CameraView>, Problem> {
    app.ask(|answer| Ask::CameraShow { answer }).await.map(Json)
}

/// `POST /v1/camera/adopt`
pub(super) async fn adopt(State(app): State<App>, Body(NoBody {}): Body<NoBody>) -> Done {
    app.ask(|answer| Ask::CameraAdopt { answer })
        .await
        .map(Json)
}

/// `POST /v1/camera/test-shot`
pub(super) async fn test_shot(State(app): State<App>, Body(body): Body<TestShotBody>) -> Done {
    app.command(Command::TestShot {
        reference: body.reference,
    })
    .await
}

/// `POST /v1/camera/knob`
pub(super) async fn knob(State(app): State<App>, Body(knob): Body<KnobJson>) -> Done {
    app.ask(|answer| Ask::Knob { knob, answer }).await.map(Json)
}

/// `POST /v1/panel/press`
pub(super) async fn press(State(app): State<App>, Body(body): Body<PressBody>) -> Done {
    app.ask(|answer| Ask::Press {
        control: body.control,
        gesture: body.gesture,
        answer,
    })
    .await
    .map(Json)
}
