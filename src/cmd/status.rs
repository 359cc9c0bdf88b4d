//! `shutterline status`: the station at a glance.

use super::output::{Format, facts, or_dash, show, text};
use super::words;
use crate::model::Status;
use crate::web::client::Client;
use clap::Args;

const EXAMPLES: &str = "Examples:
  shutterline status
  shutterline status --json | jq -r .state";

/// Arguments of `status`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {
    /// How to print.
    #[command(flatten)]
    pub format: Format,
}

/// Asks and shows.
pub async fn run(args: StatusArgs, client: &Client) -> anyhow::Result<()> {
    let status: Status = client.get("/v1/status").await?;
    show(&status, args.format, human)
}

fn human(status: &Status) -> String {
    let mut lines = facts();
    let mut line = |name: &str, value: String| {
        lines.add_row([name.to_owned(), value]);
    };
    line(
        "状态 state",
        format!("{}  {}", status.state.as_str(), words::state(status.state)),
    );
    line("场次 session", session(status));
    line("序号 serial", or_dash(status.serial));
    line("学号 student", or_dash(status.student_number.as_ref()));
    if !status.digits.is_empty() {
        line("输入 typed", status.digits.clone());
    }
    if status.faults.is_empty() {
        line("故障 faults", "无 none".to_owned());
    }
    for fault in &status.faults {
        line(
            "故障 fault",
            format!("{}  {}", fault.as_str(), words::fault(*fault, status)),
        );
    }
    for alarm in &status.alarms {
        let next = words::alarm(alarm).map_or(String::new(), |next| format!("  {next}"));
        line("提醒 alarm", format!("{alarm}{next}"));
    }
    if !status.reasons.is_empty() {
        line("原因 reasons", status.reasons.join(", "));
    }
    if !status.lowered.is_empty() {
        line("只作提示 lowered", status.lowered.join(", "));
    }
    line("相机 camera", camera(status));
    line("面板 panel", panel(status));
    line("指示灯 lights", lights(status));
    line(
        "蜂鸣 buzzer",
        or_dash(Some(&status.buzzer).filter(|b| !b.is_empty())),
    );
    counts(status, &mut line);
    text(&lines)
}

fn session(status: &Status) -> String {
    match (&status.session, &status.session_name) {
        (Some(id), Some(name)) => format!("{name} ({id})"),
        (Some(id), None) => id.to_string(),
        _ => "-".to_owned(),
    }
}

fn camera(status: &Status) -> String {
    let mut text = words::camera(status.camera.state).to_owned();
    if let Some(model) = &status.camera.model {
        text.push_str(&format!(" · {model}"));
    }
    if let Some(battery) = &status.camera.battery {
        text.push_str(&format!(" · 电池 battery {battery}"));
    }
    text
}

fn panel(status: &Status) -> String {
    let panel = &status.panel;
    if let Some(problem) = &panel.problem {
        return problem.clone();
    }
    match (&*panel.driver, &*panel.board) {
        ("", _) => "正在打开 opening".to_owned(),
        (driver, "") => driver.to_owned(),
        (driver, board) => format!("{board} ({driver})"),
    }
}

fn lights(status: &Status) -> String {
    format!(
        "红 red {} · 黄 amber {} · 绿 green {}",
        words::lamp(status.leds.red),
        words::lamp(status.leds.amber),
        words::lamp(status.leds.green)
    )
}

fn counts(status: &Status, line: &mut impl FnMut(&str, String)) {
    let queue = &status.queue;
    line(
        "队列 queue",
        format!(
            "等候 waiting {} · 完成 done {} · 过号 held {} · 未完成 unfinished {} · 缺席 absent {}",
            queue.waiting, queue.done, queue.held, queue.unfinished, queue.absent
        ),
    );
    let frames = &status.frames;
    line(
        "照片 frames",
        format!(
            "共 total {} · 合格 pass {} · 有提示 warn {} · 重拍 reject {} · 器材 equipment {} · 待认领 set aside {}",
            frames.total,
            frames.pass,
            frames.warn,
            frames.reject,
            frames.equipment,
            frames.set_aside
        ),
    );
    line(
        "上传 outbox",
        format!(
            "待传 pending {} · 失败 failed {}",
            status.outbox.pending, status.outbox.failed
        ),
    );
    let mut disk = format!("可用 free {}", status.storage.free_bytes);
    for full in &status.storage.full {
        disk.push_str(&format!(" · 已满 full: {}", full.as_str()));
    }
    line("磁盘 disk", disk);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fault, StationState};

    #[test]
    fn what_is_wrong_is_said_in_both_languages() {
        let shown = human(&Status {
            state: StationState::Fault,
            faults: vec![Fault::CameraAbsent, Fault::CardFull],
            alarms: vec!["late-reject 7".into()],
            ..Status::default()
        });
        for part in ["camera-absent", "没有相机", "card-full", "late-reject 7"] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }
}
