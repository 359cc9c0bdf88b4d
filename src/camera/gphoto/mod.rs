//! Real cameras, through libgphoto2. One call at a time, all from the child's main thread.
//!
//! The crate's tasks run on one thread of its own and are waited for here; pieces and handlers of files, which it does
//! not offer, are in `native`.

mod fault;
mod files;
mod holder;
mod native;
mod seek;
mod settings;

pub use seek::{open, print_detected};

use super::child::{Body, BodyError, BodyEvent, Condition, FileInfo, Identity, Listed, Piece};
use crate::model::{Millis, SettingMismatch};
use gphoto2::camera::CameraEvent;
use gphoto2::{Camera, Context};
use std::time::Duration;

/// An open camera.
struct Gphoto {
    camera: Camera,
    context: Context,
    identity: Identity,
    /// It said once that it hands over no pieces.
    whole_only: bool,
}

impl Gphoto {
    /// One call; its error is read together with what the driver logged meanwhile, because libgphoto2's codes alone
    /// do not tell "no focus" from "card full".
    fn ask<T>(
        &mut self,
        call: impl FnOnce(&mut Self) -> gphoto2::Result<T>,
    ) -> Result<T, BodyError> {
        let _ear = native::Ear::open();
        call(self).map_err(|e| fault::classify(&e.kind(), &fault::words(&e, &native::log())))
    }
}

impl Body for Gphoto {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn trigger(&mut self) -> Result<(), BodyError> {
        self.ask(|g| g.camera.trigger_capture().wait())
    }

    fn wait_event(&mut self, slice: Millis) -> Result<BodyEvent, BodyError> {
        let slice = Duration::from_millis(slice.0);
        let event = self.ask(|g| g.camera.wait_event(slice).wait())?;
        Ok(match event {
            CameraEvent::Timeout => BodyEvent::Quiet,
            CameraEvent::NewFile(path) => BodyEvent::File {
                folder: path.folder().into_owned(),
                name: path.name().into_owned(),
            },
            CameraEvent::Unknown(words) if fault::says_card_full(&words) => BodyEvent::CardFull,
            CameraEvent::Unknown(_)
            | CameraEvent::FileChanged(_)
            | CameraEvent::NewFolder(_)
            | CameraEvent::CaptureComplete => BodyEvent::Other,
        })
    }

    fn file_info(&mut self, folder: &str, name: &str) -> Result<FileInfo, BodyError> {
        self.info_of(folder, name)
    }

    fn read(
        &mut self,
        folder: &str,
        name: &str,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<Piece, BodyError> {
        self.read_piece(folder, name, offset, buffer)
    }

    fn read_whole(
        &mut self,
        folder: &str,
        name: &str,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), BodyError> {
        self.read_in_one_go(folder, name, sink)
    }

    fn delete(&mut self, folder: &str, name: &str) -> Result<(), BodyError> {
        self.ask(|g| g.camera.fs().delete_file(folder, name).wait())
    }

    fn list(&mut self, progress: &mut dyn FnMut()) -> Result<Vec<Listed>, BodyError> {
        self.list_card(progress)
    }

    fn settings(&mut self) -> Result<Vec<(String, String)>, BodyError> {
        self.read_settings()
    }

    fn apply(&mut self, settings: &[(String, String)]) -> Result<Vec<SettingMismatch>, BodyError> {
        self.apply_settings(settings)
    }

    fn probe(&mut self) -> Result<Condition, BodyError> {
        self.read_condition()
    }

    fn release_half_press(&mut self) {
        self.let_go_of_button();
    }

    fn press_shutter(&mut self) -> Result<(), BodyError> {
        /// Tells libgphoto2's virtual camera to release its own shutter half a second later.
        const OWN_SHUTTER: (&str, &str) = ("opcode", "0x9999,0x0,0x1f4");
        let virtual_camera = std::env::var("IOLIBS").is_ok_and(|libs| libs.contains("vusb"));
        if !virtual_camera {
            return Err(BodyError::Refused(
                "only the virtual camera can be asked to".into(),
            ));
        }
        self.apply_settings(&[(OWN_SHUTTER.0.into(), OWN_SHUTTER.1.into())])
            .map(drop)
    }

    fn close(self: Box<Self>) {
        // Dropping ends the session on the wire and lets go of the interface; the daemon keeps the time.
        drop(self);
    }
}
