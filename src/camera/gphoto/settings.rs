//! Settings of a real camera: applied, read back, adopted.

use super::super::child::{BodyError, Condition};
use super::super::setting::{choose, mismatch, same_value, switch};
use super::{Gphoto, native};
use crate::clock;
use crate::model::{Bytes, SettingMismatch};
use gphoto2::widget::{DateWidget, Widget};

/// What `camera adopt` makes a profile of: what the photographer meters and sets, by libgphoto2's names across brands.
/// Others (clock, beeps, live view) are the camera's own business.
const ADOPTED: [&str; 26] = [
    "capturetarget",
    "imageformat",
    "imagequality",
    "imagesize",
    "iso",
    "isoauto",
    "f-number",
    "aperture",
    "shutterspeed",
    "shutterspeed2",
    "exposurecompensation",
    "expprogram",
    "autoexposuremode",
    "exposuremetermode",
    "meteringmode",
    "whitebalance",
    "colortemperature",
    "focusmode",
    "focusmode2",
    "flashmode",
    "capturemode",
    "drivemode",
    "picturestyle",
    "picturecontrol",
    "colorspace",
    "colormodel",
];

/// The remote button that a failed focus can leave half-pressed (Canon), and the value that lets go.
const RELEASE: (&str, &str) = ("eosremoterelease", "Release Full");

impl Gphoto {
    fn widget(&mut self, key: &str) -> Result<Widget, BodyError> {
        self.ask(|g| g.camera.config_key::<Widget>(key).wait())
    }

    /// The present value; `None` when the camera has no such setting.
    fn value(&mut self, key: &str) -> Result<Option<String>, BodyError> {
        match self.widget(key) {
            Ok(widget) => Ok(value_of(&widget)),
            Err(gone @ BodyError::Gone(_)) => Err(gone),
            Err(_) => Ok(None),
        }
    }

    /// Sets one setting as far as the camera lets it; what came of it is read back by the caller.
    fn set(&mut self, key: &str, wanted: &str) -> Result<(), BodyError> {
        let widget = match self.widget(key) {
            Ok(widget) => widget,
            Err(gone @ BodyError::Gone(_)) => return Err(gone),
            Err(_) => return Ok(()),
        };
        if value_of(&widget).is_some_and(|held| same_value(&held, wanted)) {
            return Ok(());
        }
        let worth_sending = match &widget {
            Widget::Radio(radio) => {
                let choices: Vec<String> = radio.choices_iter().collect();
                match choose(key, wanted, &choices) {
                    Some(choice) => radio.set_choice(choice).is_ok(),
                    None => false,
                }
            }
            Widget::Text(text) => text.set_value(wanted).is_ok(),
            Widget::Toggle(toggle) => match switch(wanted) {
                Some(on) => {
                    toggle.set_toggled(on);
                    true
                }
                None => false,
            },
            Widget::Range(range) => match wanted.trim().parse::<f32>() {
                Ok(value) if range.range_and_step().0.contains(&value) => {
                    range.set_value(value);
                    true
                }
                _ => false,
            },
            Widget::Group(_) | Widget::Button(_) | Widget::Date(_) => false,
        };
        if !worth_sending {
            return Ok(());
        }
        match self.ask(|g| g.camera.set_config(&widget).wait()) {
            Err(gone @ BodyError::Gone(_)) => Err(gone),
            // Refused settings show as a mismatch when read back.
            _ => Ok(()),
        }
    }

    /// Applies a profile in order and reads it back. Photos always go to the card: some bodies flip `capturetarget` to
    /// their memory at every opening, and what lies there is lost with the power.
    pub(super) fn apply_settings(
        &mut self,
        settings: &[(String, String)],
    ) -> Result<Vec<SettingMismatch>, BodyError> {
        let mut wanted = settings.to_vec();
        let named = wanted.iter().any(|(key, _)| key == "capturetarget");
        if !named && self.value("capturetarget")?.is_some() {
            wanted.insert(0, ("capturetarget".to_owned(), "card".to_owned()));
        }
        for (key, value) in &wanted {
            self.set(key, value)?;
        }
        let mut mismatches = Vec::new();
        for (key, value) in &wanted {
            let found = self.value(key)?;
            mismatches.extend(mismatch(key, value, found));
        }
        Ok(mismatches)
    }

    pub(super) fn read_settings(&mut self) -> Result<Vec<(String, String)>, BodyError> {
        let mut settings = Vec::new();
        for key in ADOPTED {
            let widget = match self.widget(key) {
                Ok(widget) => widget,
                Err(gone @ BodyError::Gone(_)) => return Err(gone),
                Err(_) => continue,
            };
            if let Some(value) = value_of(&widget).filter(|_| !widget.readonly()) {
                settings.push((key.to_owned(), value));
            }
        }
        Ok(settings)
    }

    /// Battery, card and clock; what a camera does not tell stays unknown.
    pub(super) fn read_condition(&mut self) -> Result<Condition, BodyError> {
        let battery = self.value("batterylevel")?;
        let asked = clock::wall_time();
        let date = self.ask(|g| g.camera.config_key::<DateWidget>("datetime").wait());
        // The child runs with TZ=UTC, so that the camera's local time counts as the EXIF time does: as if it were UTC.
        let clock_offset_ms = date
            .ok()
            .map(|d| i64::from(d.timestamp()) * 1000 - asked.0)
            .filter(|_| asked.0 > 0);
        let storages = match self.ask(|g| g.camera.storages().wait()) {
            Ok(storages) => storages,
            Err(gone @ BodyError::Gone(_)) => return Err(gone),
            Err(_) => Vec::new(),
        };
        // The crate calls it `free_kb` and gives bytes.
        let free: Vec<u64> = storages.iter().filter_map(|s| s.free_kb()).collect();
        let images: Vec<u64> = storages.iter().filter_map(|s| s.free_images()).collect();
        Ok(Condition {
            battery,
            card_free: (!free.is_empty()).then(|| Bytes(free.iter().sum())),
            frames_left: (!images.is_empty())
                .then(|| u32::try_from(images.iter().sum::<u64>()).unwrap_or(u32::MAX)),
            clock_offset_ms,
        })
    }

    /// Lets go of the button; cameras that have no such setting let go by themselves when the session ends.
    pub(super) fn let_go_of_button(&mut self) {
        // The session is opened anew after this, whatever came of it.
        let _ = self.set(RELEASE.0, RELEASE.1);
    }
}

/// A widget's value as text, where it has one.
fn value_of(widget: &Widget) -> Option<String> {
    match widget {
        Widget::Radio(radio) => native::text(radio),
        Widget::Text(text) => native::text(text),
        Widget::Range(range) => Some(range.value().to_string()),
        Widget::Toggle(toggle) => match toggle.toggled() {
            Some(true) => Some("on".to_owned()),
            Some(false) => Some("off".to_owned()),
            None => None,
        },
        Widget::Group(_) | Widget::Button(_) | Widget::Date(_) => None,
    }
}
