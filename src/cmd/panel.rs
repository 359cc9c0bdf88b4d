//! `shutterline panel press` and `panel keys`: the panel's controls, one at a time or under the fingers.

use super::keys::{Key, Keyboard, LEGEND};
use super::output::{Format, print, show_outcome};
use super::panel_safe::{self, SafeArgs};
use super::words;
use crate::model::{Control, Gesture, LampState, Outcome, Status};
use crate::web::client::{Client, ClientError};
use crate::web::wire::PressBody;
use clap::{Args, Subcommand};

/// How long a status line may be out of date, milliseconds; a blinking lamp changes four times a second.
const LOOK_MS: u32 = 100;

const EXAMPLES: &str = "Examples:
  shutterline panel press pedal             # fires for the current serial
  shutterline panel press next              # moves on, never fires
  shutterline panel press pedal --long
  shutterline panel press digit-7 && shutterline panel press enter
  shutterline panel keys                    # the space bar is the pedal
  shutterline panel safe --config /etc/shutterline/shutterline.toml   # all dark and silent";

/// Arguments of `panel`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PanelArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: PanelVerb,
}

/// What can be done with the panel.
#[derive(Debug, Subcommand)]
pub enum PanelVerb {
    /// Press a control; beside a real panel too
    Press {
        /// pedal, next, back, hold, retake, accept, pause, digit-0 … digit-9, enter or clear
        control: Control,
        /// Hold it down for a long press
        #[arg(long, conflicts_with = "double")]
        long: bool,
        /// Press it twice
        #[arg(long)]
        double: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Be the panel: keys are presses, one line shows the station; q ends it
    Keys,
    /// Make lamps and buzzer dark and silent, for a station that is not running
    Safe(SafeArgs),
}

/// Asks and shows.
pub async fn run(args: PanelArgs, client: &Client) -> anyhow::Result<()> {
    match args.verb {
        PanelVerb::Press {
            control,
            long,
            double,
            format,
        } => {
            let gesture = match (long, double) {
                (true, _) => Some(Gesture::Long),
                (_, true) => Some(Gesture::Double),
                _ => None,
            };
            show_outcome(&press(client, control, gesture).await?, format)
        }
        PanelVerb::Keys => keys(client).await,
        PanelVerb::Safe(args) => panel_safe::run(&args).await,
    }
}

async fn press(
    client: &Client,
    control: Control,
    gesture: Option<Gesture>,
) -> Result<Outcome, ClientError> {
    let body = PressBody { control, gesture };
    client.post("/v1/panel/press", &body).await
}

/// Posts presses until somebody quits. A station that is started anew meanwhile is waited for.
async fn keys(client: &Client) -> anyhow::Result<()> {
    let mut keyboard = Keyboard::take()?;
    let mut status = Ok(client.get::<Status>("/v1/status").await?);
    print(&format!("{LEGEND}\n"))?;
    let mut line = StatusLine::begin()?;
    let mut said = String::new();
    loop {
        line.draw(&match &status {
            Ok(status) => line_of(status, &said),
            Err(_) => "站点没有应答 the station does not answer".to_owned(),
        })?;
        match keyboard.next(LOOK_MS)? {
            Some(Key::Quit) => return Ok(()),
            Some(Key::Press(control, gesture)) => {
                said = match press(client, control, gesture).await {
                    Ok(_) => String::new(),
                    Err(error) => error.to_string(),
                };
            }
            None => {}
        }
        status = client.get::<Status>("/v1/status").await;
    }
}

/// One line of the terminal, redrawn in place when it changed.
struct StatusLine {
    shown: String,
}

impl StatusLine {
    /// A terminal that is too narrow cuts the line instead of wrapping it: only one line can be redrawn in place.
    fn begin() -> anyhow::Result<Self> {
        print("\x1b[?7l")?;
        Ok(Self {
            shown: String::new(),
        })
    }

    fn draw(&mut self, line: &str) -> anyhow::Result<()> {
        if line == self.shown {
            return Ok(());
        }
        line.clone_into(&mut self.shown);
        print(&format!("\r\x1b[2K{line}"))
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        // A terminal that went away needs no tidying.
        print("\x1b[?7h\n").ok();
    }
}

/// What the photographer has to know first stands first.
fn line_of(status: &Status, said: &str) -> String {
    let mut parts = vec![status.state.as_str().to_owned()];
    if let Some(serial) = status.serial {
        let student = status.student_number.as_ref();
        let student = student.map_or_else(|| "未绑定 unbound".to_owned(), ToString::to_string);
        parts.push(format!("序号 serial {serial} ({student})"));
    }
    if !status.digits.is_empty() {
        parts.push(format!("输入 typed {}", status.digits));
    }
    parts.push(lamps(status));
    parts.extend(
        status
            .faults
            .iter()
            .map(|fault| words::fault(*fault, status).to_owned()),
    );
    parts.extend(status.alarms.iter().map(|alarm| format!("提醒 {alarm}")));
    parts.extend(status.reasons.iter().cloned());
    parts.push(format!(
        "等候 waiting {} · 完成 done {} · 过号 held {}",
        status.queue.waiting, status.queue.done, status.queue.held
    ));
    if !said.is_empty() {
        parts.push(said.to_owned());
    }
    parts.join(" · ")
}

/// Only the lamps that are lit, by their names: this line has no rhythm to tell them apart.
fn lamps(status: &Status) -> String {
    let leds = &status.leds;
    let lamps = [
        ("红 red", leds.red),
        ("黄 amber", leds.amber),
        ("绿 green", leds.green),
    ];
    let lit = lamps.iter().filter_map(|(name, state)| match state {
        LampState::Off => None,
        LampState::On => Some(format!("● {name}")),
        LampState::Blink => Some(format!("◐ {name}")),
    });
    let lit: Vec<String> = lit.collect();
    if lit.is_empty() {
        "○".to_owned()
    } else {
        lit.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fault, Serial, StationState};

    #[test]
    fn the_line_names_who_sits_there_and_what_is_wrong() {
        let mut status = Status {
            state: StationState::Ready,
            serial: Some(Serial(7)),
            faults: vec![Fault::FocusFailed],
            ..Status::default()
        };
        status.leds.amber = LampState::Blink;
        let line = line_of(&status, "nobody is waiting");
        for part in [
            "ready",
            "serial 7",
            "unbound",
            "no focus",
            "◐ 黄 amber",
            "nobody is waiting",
        ] {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
        assert!(!line.contains('\n'));
    }
}
