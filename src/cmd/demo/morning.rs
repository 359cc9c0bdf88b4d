//! The morning itself: who sits down when, what goes wrong, and what the station makes of it.

use super::pictures::Scene;
use super::screen::Screen;
use super::stage::Stage;
use crate::cmd::keys::{self, Key, Keyboard};
use crate::cmd::run::CameraArg;
use crate::model::{CameraState, FrameState, Outcome, Serial, StationState, Status};
use crate::web::client::{Client, ClientError, frames_path};
use crate::web::wire::{FrameQuery, FrameView};
use anyhow::{Context, bail};
use serde_json::json;
use std::time::Duration;

/// Longest wait for anything of the morning; a slow machine needs a fraction of it.
const PATIENCE: Duration = Duration::from_secs(90);

/// Between two looks at the station.
const REDRAW: Duration = Duration::from_millis(60);

/// A student sits for longer than this before the photographer reaches for the camera. Sooner, the frame might
/// be of whoever sat there before, and the station would rightly set it aside.
const SEATED: Duration = Duration::from_millis(1000);

/// A pause that a person can follow.
const BEAT: Duration = Duration::from_millis(900);

/// The morning under way.
struct Morning {
    stage: Stage,
    client: Client,
    screen: Screen,
    fast: bool,
}

/// Play the morning and show what came of it.
pub(super) async fn play(stage: Stage, fast: bool, interactive: bool) -> anyhow::Result<()> {
    let client = Client::new(stage.socket.clone());
    let mut morning = Morning {
        stage,
        client,
        screen: Screen::new(),
        fast,
    };
    morning.open().await?;
    if interactive {
        morning.by_hand().await?;
    } else {
        morning.by_script().await?;
    }
    morning.close().await
}

impl Morning {
    /// The doors open: daemon, camera, roster, session.
    async fn open(&mut self) -> anyhow::Result<()> {
        self.stage.start_daemon()?;
        self.until("the camera to be ready", |s| {
            s.camera.state == CameraState::Ready
        })
        .await?;
        let roster = std::fs::read(self.stage.dir.join("roster.csv")).context("the roster")?;
        let roster = crate::desk::roster::read(&roster, "roster.csv")?;
        let body: Vec<_> = roster
            .students
            .iter()
            .map(|s| json!({ "student_number": s.number, "name": s.name }))
            .collect();
        let _: Outcome = self.post("/v1/roster", json!({ "students": body })).await?;
        let _: Outcome = self
            .post(
                "/v1/sessions",
                json!({ "name": "毕业照 graduation morning" }),
            )
            .await?;
        self.say("名单 12 人，场次已开始 · roster of 12, session open")
            .await?;
        if self.stage.camera == CameraArg::Gphoto {
            self.put_away_old_picture().await?;
        }
        Ok(())
    }

    /// The virtual camera's card holds the picture it takes. The station finds it there, knows nobody it
    /// could belong to, and sets it aside; a human says that it is nobody's.
    async fn put_away_old_picture(&mut self) -> anyhow::Result<()> {
        self.until_frames(1).await?;
        self.until("the old picture to be judged", |s| s.frames.set_aside == 1)
            .await?;
        let old = self.frames(None).await?.pop().context("the old picture")?;
        self.say(&format!(
            "卡上有一张旧照片，无主，存待认领 · an old picture on the card belongs to nobody: set aside, then frames discard {}",
            old.id
        ))
        .await?;
        let path = format!("/v1/frames/{}/discard", old.id);
        let _: Outcome = self.post(&path, json!({})).await?;
        Ok(())
    }

    async fn by_script(&mut self) -> anyhow::Result<()> {
        for serial in 1..=12 {
            match serial {
                3 => self.rejected_once(serial).await?,
                5 => self.absent(serial).await?,
                7 => self.own_button(serial).await?,
                9 => self.child_killed(serial).await?,
                10 => self.slipped(serial).await?,
                // Seated by the correction of number 10.
                11 => {}
                _ => self.student(serial).await?,
            }
        }
        self.recalled(5).await
    }

    /// The usual: sit down, press, green, next.
    async fn student(&mut self, serial: u32) -> anyhow::Result<()> {
        self.seat(serial, Scene::Good).await?;
        self.shoot(StationState::Passed).await?;
        self.say(&format!("{serial} 号：合格 · serial {serial}: pass"))
            .await?;
        self.next().await
    }

    async fn rejected_once(&mut self, serial: u32) -> anyhow::Result<()> {
        self.seat(serial, Scene::Blurred).await?;
        self.shoot(StationState::Rejected).await?;
        self.say(&format!(
            "{serial} 号动了：重拍 · serial {serial} moved: red, shoot again"
        ))
        .await?;
        self.student(serial).await
    }

    async fn absent(&mut self, serial: u32) -> anyhow::Result<()> {
        self.seat(serial, Scene::Good).await?;
        self.say(&format!(
            "{serial} 号没来：过号 · serial {serial} is not here: held"
        ))
        .await?;
        self.press("hold").await?;
        self.until("the next serial", |s| s.serial == Some(Serial(serial + 1)))
            .await
    }

    async fn child_killed(&mut self, serial: u32) -> anyhow::Result<()> {
        self.seat(serial, Scene::Good).await?;
        let child = camera_child(self.stage.daemon_pid()?)?;
        rustix::process::kill_process(child, rustix::process::Signal::KILL)
            .context("cannot kill the camera process")?;
        self.say("相机进程被杀死，自动恢复 · the camera's process is killed; a new one takes over")
            .await?;
        self.until("a new camera process", |s| {
            s.camera.state == CameraState::Ready && s.state == StationState::Ready
        })
        .await?;
        self.student(serial).await
    }

    async fn own_button(&mut self, serial: u32) -> anyhow::Result<()> {
        self.seat(serial, Scene::Good).await?;
        let before = self.frames(None).await?.len();
        self.say(&format!(
            "摄影师按了相机快门 · the photographer presses the camera's own button for serial {serial}"
        ))
        .await?;
        tokio::time::sleep(SEATED).await;
        let _: Outcome = self.post("/v1/camera/knob", json!("press-shutter")).await?;
        self.until_frames(before + 1).await?;
        self.until("the light", |s| s.state == StationState::Passed)
            .await?;
        self.next().await
    }

    /// Forgot to move on: 11 was shot under 10, and a correction sorts it out.
    async fn slipped(&mut self, serial: u32) -> anyhow::Result<()> {
        self.seat(serial, Scene::Good).await?;
        self.shoot(StationState::Passed).await?;
        self.stage.set_scene(serial + 1, Scene::Good)?;
        self.shoot(StationState::Passed).await?;
        self.say(&format!(
            "忘按“下一位”：{} 号拍在 {serial} 号名下 · forgot `next`: {} was shot under {serial}",
            serial + 1,
            serial + 1
        ))
        .await?;
        let slipped = self
            .frames(Some(Serial(serial)))
            .await?
            .pop()
            .context("the slipped frame")?;
        let path = format!("/v1/frames/{}/split", slipped.id);
        let outcome: Outcome = self.post(&path, json!({})).await?;
        self.say(&format!(
            "更正 frames split --from {}：{}",
            slipped.id, outcome.message
        ))
        .await?;
        self.until("the next serial", |s| s.serial == Some(Serial(serial + 1)))
            .await?;
        self.next().await
    }

    /// The one who was absent comes after all.
    async fn recalled(&mut self, serial: u32) -> anyhow::Result<()> {
        self.say(&format!(
            "{serial} 号来了：召回 · serial {serial} is back: recalled"
        ))
        .await?;
        let _: Outcome = self
            .post("/v1/queue/recall", json!({ "serial": serial }))
            .await?;
        if self.status().await?.serial != Some(Serial(serial)) {
            self.press("next").await?;
        }
        self.student(serial).await
    }

    /// Hands the panel to the keyboard.
    async fn by_hand(&mut self) -> anyhow::Result<()> {
        let mut keyboard = Keyboard::take()?;
        self.screen.tell(keys::LEGEND);
        let mut seated = None;
        loop {
            let status = self.status().await?;
            if status.serial != seated {
                seated = status.serial;
                self.stage
                    .set_scene(seated.map_or(1, |s| s.0), Scene::Good)?;
            }
            self.screen.draw(&status);
            match keyboard.next(REDRAW.as_millis() as u32)? {
                Some(Key::Quit) => return Ok(()),
                Some(Key::Press(control, gesture)) => {
                    let body = json!({ "control": control, "gesture": gesture });
                    if let Err(error) = self.post::<Outcome>("/v1/panel/press", body).await {
                        self.screen.tell(&format!("{error:#}"));
                    }
                }
                None => {}
            }
        }
    }

    /// Wait for the last delivery, then show the table and the folder.
    async fn close(&mut self) -> anyhow::Result<()> {
        self.until("the outbox to empty", |s| s.outbox.pending == 0)
            .await?;
        let closed: Result<Outcome, _> = self
            .client
            .post("/v1/sessions/close", &json!({ "force": false }))
            .await;
        match closed {
            Ok(outcome) => self.say(&outcome.message).await?,
            Err(ClientError::Answered(problem)) => self.screen.tell(&problem.message),
            Err(error) => return Err(error.into()),
        }
        let frames = self.frames(None).await?;
        self.stage.stop_daemon()?;
        self.screen.leave();
        print_frames(&frames);
        println!(
            "照片 pictures   {}",
            self.stage.data().join("photos").display()
        );
        println!("已送 delivered  {}", self.stage.delivered().display());
        println!(
            "日志 log        {}",
            self.stage.dir.join("daemon.log").display()
        );
        Ok(())
    }

    async fn seat(&mut self, serial: u32, scene: Scene) -> anyhow::Result<()> {
        self.stage.set_scene(serial, scene)?;
        self.until("the serial in the chair", |s| {
            s.serial == Some(Serial(serial))
                && !matches!(s.state, StationState::Shooting | StationState::Checking)
        })
        .await
    }

    /// Press the pedal and wait for the light.
    async fn shoot(&mut self, light: StationState) -> anyhow::Result<()> {
        let before = self.frames(None).await?.len();
        self.pause().await?;
        self.press("pedal").await?;
        self.until_frames(before + 1).await?;
        self.until("the light", |s| s.state == light).await
    }

    async fn next(&mut self) -> anyhow::Result<()> {
        let before = self.status().await?.serial;
        self.pause().await?;
        self.press("next").await?;
        self.until("the next serial", |s| s.serial != before).await
    }

    async fn press(&mut self, control: &str) -> anyhow::Result<Outcome> {
        self.post("/v1/panel/press", json!({ "control": control }))
            .await
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &str,
        body: serde_json::Value,
    ) -> anyhow::Result<T> {
        self.client
            .post(path, &body)
            .await
            .with_context(|| format!("the station refused {path}"))
    }

    async fn status(&self) -> anyhow::Result<Status> {
        Ok(self.client.get("/v1/status").await?)
    }

    async fn frames(&self, serial: Option<Serial>) -> anyhow::Result<Vec<FrameView>> {
        let query = FrameQuery {
            serial,
            ..FrameQuery::default()
        };
        Ok(self.client.get(&frames_path(&query)).await?)
    }

    async fn until_frames(&mut self, count: usize) -> anyhow::Result<()> {
        let deadline = tokio::time::sleep(PATIENCE);
        tokio::pin!(deadline);
        while self.frames(None).await?.len() < count {
            self.look(&mut deadline, "a frame").await?;
        }
        Ok(())
    }

    /// Draw until the station is as wanted.
    async fn until(&mut self, what: &str, reached: impl Fn(&Status) -> bool) -> anyhow::Result<()> {
        let deadline = tokio::time::sleep(PATIENCE);
        tokio::pin!(deadline);
        loop {
            match self.client.get::<Status>("/v1/status").await {
                Ok(status) => {
                    self.screen.draw(&status);
                    if reached(&status) {
                        return Ok(());
                    }
                }
                // Not up yet.
                Err(ClientError::NoDaemon { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.look(&mut deadline, what).await?;
        }
    }

    /// One redraw's wait; an error when the patience is over or the daemon has ended.
    async fn look(
        &mut self,
        deadline: &mut std::pin::Pin<&mut tokio::time::Sleep>,
        what: &str,
    ) -> anyhow::Result<()> {
        self.stage.daemon_pid()?;
        tokio::select! {
            () = deadline => bail!("waited {} s for {what} in vain; see {}", PATIENCE.as_secs(),
                self.stage.dir.join("daemon.log").display()),
            () = tokio::time::sleep(REDRAW) => Ok(()),
        }
    }

    async fn say(&mut self, line: &str) -> anyhow::Result<()> {
        self.screen.tell(line);
        self.pause().await
    }

    /// A beat for the eye, drawn through.
    async fn pause(&mut self) -> anyhow::Result<()> {
        if self.fast {
            return Ok(());
        }
        let over = tokio::time::sleep(BEAT);
        tokio::pin!(over);
        loop {
            let status = self.status().await?;
            self.screen.draw(&status);
            tokio::select! {
                () = &mut over => return Ok(()),
                () = tokio::time::sleep(REDRAW) => {}
            }
        }
    }
}

/// The daemon's camera process, as a person with `ps` would find it.
fn camera_child(daemon: u32) -> anyhow::Result<rustix::process::Pid> {
    for entry in std::fs::read_dir("/proc")
        .context("cannot read /proc")?
        .flatten()
    {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<i32>().ok())
        else {
            continue;
        };
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let of_daemon = status
            .lines()
            .filter_map(|l| l.strip_prefix("PPid:"))
            .any(|p| p.trim() == daemon.to_string());
        let is_camera = String::from_utf8_lossy(&command).contains("camera-child");
        if of_daemon && is_camera {
            return rustix::process::Pid::from_raw(pid).context("no such process");
        }
    }
    bail!("the daemon has no camera process")
}

fn print_frames(frames: &[FrameView]) {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header([
        "照片 frame",
        "序号 serial",
        "学号 student",
        "来源 origin",
        "判定 verdict",
        "文件 file",
    ]);
    for frame in frames {
        let text = |t: Option<String>| t.unwrap_or_else(|| "–".into());
        let verdict = match (frame.state, frame.verdict) {
            (FrameState::SetAside, _) => Some("set aside".into()),
            (_, verdict) => verdict.map(|v| v.as_str().to_owned()),
        };
        table.add_row([
            frame.id.to_string(),
            text(frame.serial.map(|s| s.to_string())),
            text(frame.student_number.as_ref().map(ToString::to_string)),
            frame.origin.as_str().to_owned(),
            text(verdict),
            text(frame.path.clone()),
        ]);
    }
    println!("{table}");
}
