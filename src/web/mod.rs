//! The API: HTTP and JSON under `/v1`, over a Unix socket of mode 0660, and the client that every command uses.
//!
//! It never decides anything and never writes: what is asked of the station goes through one [`Handle`] and waits for
//! the commit behind the answer; what is stored is read by the archive's [`Reader`](crate::archive::Reader). It keeps I7 by
//! naming the technician in every command. Errors are `{"error": {"code", "message", "next"}}`, whoever made them.
//! Routes and examples: `docs/api.md`.

mod app;
mod ask;
mod camera;
pub mod client;
mod extract;
mod frames;
mod machine;
mod problem;
mod queue;
mod serve;
mod sessions;
mod socket;
mod storage;
mod stream;
mod upload;
pub mod wire;

pub use ask::{
    About, Answer, Ask, CameraView, DestinationProbe, Finding, Handle, KnobJson, PreflightLine,
    StreamEvent, VerifyLine,
};
pub use problem::{Envelope, Problem};
pub use serve::serve;
pub use socket::{BindError, DEFAULT_SOCKET, bind, bind_with_mode};
pub use upload::OutboxView;
