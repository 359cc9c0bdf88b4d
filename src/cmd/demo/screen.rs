//! What the demo shows: the station live at the top, the story of the morning below.

use crate::model::{LampState, Status};
use std::io::{IsTerminal, Write};

/// Lines of story kept in sight.
const STORY: usize = 10;

/// Half a period of a blinking lamp on the screen, in redraws.
const BLINK_REDRAWS: u64 = 4;

/// Draws on a terminal in place; elsewhere prints the story line by line.
pub(super) struct Screen {
    live: bool,
    story: Vec<String>,
    drawn_lines: usize,
    redraws: u64,
}

impl Screen {
    /// A screen on standard output.
    pub(super) fn new() -> Self {
        Self {
            live: std::io::stdout().is_terminal(),
            story: Vec::new(),
            drawn_lines: 0,
            redraws: 0,
        }
    }

    /// Tell the next part of the story.
    pub(super) fn tell(&mut self, line: &str) {
        if self.live {
            self.story.push(line.to_owned());
            if self.story.len() > STORY {
                self.story.remove(0);
            }
        } else {
            println!("{line}");
        }
    }

    /// Draw the station as it is now.
    pub(super) fn draw(&mut self, status: &Status) {
        if !self.live {
            return;
        }
        self.redraws += 1;
        let lit = (self.redraws / BLINK_REDRAWS).is_multiple_of(2);
        let mut lines = view(status, lit);
        lines.push(String::new());
        lines.extend(self.story.iter().map(|l| format!("  {l}")));
        let mut out = String::new();
        if self.drawn_lines > 0 {
            out.push_str(&format!("\x1b[{}F", self.drawn_lines));
        }
        out.push_str("\x1b[0J");
        for line in &lines {
            out.push_str(line);
            out.push('\n');
        }
        self.drawn_lines = lines.len();
        let mut stdout = std::io::stdout().lock();
        // A terminal that went away ends the demo elsewhere.
        stdout.write_all(out.as_bytes()).ok();
        stdout.flush().ok();
    }

    /// Leave the picture as it stands; what follows is printed below.
    pub(super) fn leave(&mut self) {
        self.live = false;
        self.drawn_lines = 0;
    }
}

fn lamp(state: LampState, colour: u8, lit: bool) -> String {
    let on = match state {
        LampState::Off => false,
        LampState::On => true,
        LampState::Blink => lit,
    };
    if on {
        format!("\x1b[1;{colour}m●\x1b[0m")
    } else {
        "\x1b[2m○\x1b[0m".into()
    }
}

fn view(status: &Status, lit: bool) -> Vec<String> {
    let serial = status.serial.map_or_else(|| "–".into(), |s| s.to_string());
    let student = status
        .student_number
        .as_ref()
        .map_or_else(|| "–".into(), ToString::to_string);
    let faults = if status.faults.is_empty() {
        "–".into()
    } else {
        let words: Vec<&str> = status.faults.iter().map(|f| f.as_str()).collect();
        words.join(", ")
    };
    let alarms = if status.alarms.is_empty() {
        "–".into()
    } else {
        status.alarms.join(", ")
    };
    vec![
        format!("  ── Shutterline {}", "─".repeat(56)),
        format!("  座位 chair    序号 serial \x1b[1m{serial:<4}\x1b[0m 学号 {student}"),
        format!(
            "  灯 lights     红 {}  黄 {}  绿 {}     蜂鸣 buzzer {:<12} 状态 {}",
            lamp(status.leds.red, 31, lit),
            lamp(status.leds.amber, 33, lit),
            lamp(status.leds.green, 32, lit),
            status.buzzer,
            status.state.as_str(),
        ),
        format!(
            "  队列 queue    等候 {:<4} 完成 {:<4} 过号 {:<4} 原因 {}",
            status.queue.waiting,
            status.queue.done,
            status.queue.held,
            status.reasons.join(", ")
        ),
        format!(
            "  照片 frames   {:<4} 合格 {:<4} 提示 {:<4} 重拍 {:<4} 待认领 {}",
            status.frames.total,
            status.frames.pass,
            status.frames.warn,
            status.frames.reject,
            status.frames.set_aside
        ),
        format!(
            "  相机 camera   {:<8} {}   发送 outbox {}   故障 {faults}   提醒 {alarms}",
            status.camera.state.as_str(),
            status.camera.model.as_deref().unwrap_or(""),
            status.outbox.pending,
        ),
        format!("  {}", "─".repeat(71)),
    ]
}
