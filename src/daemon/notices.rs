//! What the camera's process tells, made events of the station.

use super::shell::{Arrived, Shell};
use crate::camera::{Notice, Order, ShotFailureKind};
use crate::model::{CameraFileKey, CameraInfo, Fault, FrameId, RequestId, WallMs};
use crate::station::{Event, ShotFailure};
use std::path::PathBuf;

impl Shell {
    pub(super) fn hear_camera(&mut self, notice: Notice) {
        match notice {
            Notice::State(state) => {
                self.camera_state = state;
                self.decide(Event::Camera(state));
            }
            Notice::Opened { info } => self.camera_opened(info),
            Notice::Info { info } => {
                self.camera_info = Some(info);
                self.preflight_probed();
            }
            Notice::Claimed { holder } => {
                tracing::warn!(
                    holder = holder.as_deref().unwrap_or("unknown"),
                    "another program holds the camera; stop it, or install the udev rule"
                );
                self.claimed_by = holder;
                self.fault(Fault::CameraClaimed, true);
            }
            Notice::Fired { request, at_us } => {
                self.told_fired(request, at_us);
                self.decide(Event::Fired { request });
            }
            Notice::ShotFailed {
                request,
                failure,
                message,
            } => self.not_fired(request, failure, &message),
            Notice::FileSeen {
                key,
                quiet_since,
                seen_at,
            } => self.decide(Event::FileSeen {
                key,
                quiet_since,
                seen_at,
            }),
            Notice::Listed { files } => self.card_listed(files),
            Notice::ListFailed { message } => self.card_not_listed(&message),
            Notice::Downloaded { frame, file, path } => self.downloaded(frame, *file, path),
            Notice::DownloadFailed {
                frame,
                key,
                gone,
                message,
            } => self.not_downloaded(frame, key, gone, &message),
            Notice::Deleted { key, error } => {
                self.deletions.retain(|k| *k != key);
                if let Some(error) = error {
                    tracing::warn!(file = key.name, error, "not deleted on the camera");
                }
            }
            Notice::Settings { settings } => self.settings_read(settings),
            Notice::ProfileApplied { mismatches } => self.profile_applied(&mismatches),
            Notice::Lost { why } => {
                self.parts.metrics.camera_lost.inc();
                tracing::warn!(why, "the camera process was lost; a new one is on its way");
                self.parts
                    .publisher
                    .tell("notice", serde_json::json!({ "camera-lost": why }));
                self.decide(Event::CameraLost);
            }
        }
    }

    fn not_fired(&mut self, request: RequestId, failure: ShotFailureKind, message: &str) {
        self.edges.remove(&request);
        self.lights.not_fired(request);
        self.parts.metrics.shots_failed.inc();
        tracing::warn!(%request, ?failure, error = message, "the camera did not fire");
        let failure = match failure {
            ShotFailureKind::Focus => ShotFailure::Focus,
            ShotFailureKind::Busy => ShotFailure::Busy,
            ShotFailureKind::CardFull => ShotFailure::CardFull,
            ShotFailureKind::Other => ShotFailure::Other,
        };
        self.decide(Event::ShotFailed { request, failure });
    }

    fn not_downloaded(&mut self, frame: FrameId, key: CameraFileKey, gone: bool, message: &str) {
        self.parts.metrics.not_downloaded();
        tracing::warn!(%frame, file = key.name, gone, error = message, "download failed");
        if !self.recovery.not_compared(&frame) {
            self.decide(if gone {
                Event::FileGone { frame, key }
            } else {
                Event::DownloadFailed { frame, key }
            });
        }
    }

    fn camera_opened(&mut self, info: CameraInfo) {
        tracing::info!(model = info.model, body = info.serial, "camera open");
        self.parts.metrics.camera_opened.inc();
        self.claimed_by = None;
        self.fault(Fault::CameraClaimed, false);
        self.profile_applied(&info.mismatches);
        self.camera_info = Some(info);
        // Files that were shot while nobody looked (I3); the camera does it when idle.
        self.camera(Order::List);
    }

    /// When a picture was taken by our wall clock, if its EXIF says so and the camera's clock offset is known.
    fn taken_at(&self, exif: Option<WallMs>) -> Option<WallMs> {
        let offset = self.camera_info.as_ref()?.clock_offset_ms?;
        Some(WallMs(exif?.0.saturating_sub(offset)))
    }

    /// A download that nobody needs any more; removed beside the loop, which must never wait for a disk (I8).
    fn left_over(&self, path: PathBuf) {
        // A thread that is gone leaves it to the next start.
        self.parts.leftovers.send(path).ok();
    }

    fn downloaded(&mut self, frame: FrameId, file: crate::model::CameraFile, path: PathBuf) {
        self.parts.metrics.downloaded(file.received_bytes.0);
        if self.recovery.compared(&frame, &file) {
            return self.left_over(path);
        }
        self.compare_exposure(&frame, &file);
        let taken_at = self.taken_at(file.exif_taken);
        let arrived = Arrived {
            path,
            file: file.clone(),
        };
        // Fetched again because storing it failed: the earlier download is kept until this one is here, and no longer,
        // or the tries on a failing disk would fill `incoming/` within a minute.
        if let Some(earlier) = self.arrived.insert(file.key.clone(), arrived) {
            self.left_over(earlier.path);
        }
        self.decide(Event::Downloaded {
            frame,
            file,
            taken_at,
        });
    }
}
