//! The loop (receive, decide, act) and supervision; the only room that names concrete drivers.
//!
//! One thread owns the [`Station`](crate::station::Station) and hears everything through one inbox. It
//! never waits for the archive, the camera, a check or a client: each has its own thread or task and answers
//! with a message. On a pedal edge the trigger is the first thing it does (I8); what a light promises was
//! committed before (I4).

mod asks;
mod baseline;
mod checks;
mod darkroom;
mod drill;
mod inbox;
mod lights;
mod metrics;
mod notices;
mod options;
mod panel;
mod preflight;
mod publish;
mod recovery;
mod retention;
mod settings;
mod shell;
mod sight;
mod standards;
mod start;
mod threads;
mod timers;
mod uploads;

pub use options::{Options, OptionsError, destinations};
pub use panel::{PanelPlan, plan_panel};
pub use sight::{Cores, SightError, load_models};
pub use standards::{find_standard, standard_text};
pub use start::{Daemon, StartError, Stopped};
