//! What the photographer and the clerk read, in Chinese and English.

use crate::model::{CameraState, Fault, LampState, Reach, StationDisk, StationState, Status};

/// A state in words.
pub fn state(state: StationState) -> &'static str {
    match state {
        StationState::NoSession => "未开场次 · no session is open",
        StationState::Ready => "就绪，可以拍摄 · ready to shoot",
        StationState::Shooting => "拍摄中 · shooting",
        StationState::Checking => "检查中 · checking the frame",
        StationState::Passed => "合格，可请下一位 · passed, call the next",
        StationState::Warned => "合格，有提示 · passed with a remark",
        StationState::Rejected => "不合格，请重拍 · rejected, shoot again",
        StationState::Equipment => {
            "器材问题，不怪学生：检查灯和相机后重拍 · the equipment spoiled it: look at it, shoot again"
        }
        StationState::Paused => {
            "暂停：此时所拍不属于任何人 · paused: what is shot belongs to nobody"
        }
        StationState::QueueDone => "队列已完成 · nobody is waiting",
        StationState::Fault => "故障，不能拍摄 · a fault stops the shutter",
    }
}

/// A fault in words, with what to do; the status says which disk is full.
pub fn fault(fault: Fault, status: &Status) -> &'static str {
    match fault {
        Fault::CameraAbsent => {
            "没有相机：检查电源和数据线 · no camera: check its power and the cable"
        }
        Fault::CameraClaimed => {
            "相机被其他程序占用：关闭它 · another program holds the camera: close it"
        }
        Fault::CameraWedged => {
            "相机无响应，正在重连 · the camera does not answer, being reconnected"
        }
        Fault::FocusFailed => "对焦失败：重新对焦再拍 · no focus: focus again and shoot",
        Fault::CardFull => "存储卡已满：换卡或清理 · the card is full: change or clear it",
        Fault::CameraSettings => {
            "相机设置与配置不符：shutterline camera show · the camera did not take its profile"
        }
        Fault::FileMissing => "照片未传到：请重拍 · the file did not come: shoot again",
        Fault::StorageFull => storage_full(&status.storage.full),
        Fault::StorageFailed => "磁盘写入失败：联系技术员 · a write failed: call the technician",
        Fault::DatabaseLocked => {
            "数据库被其他程序锁住：关闭它 · another program locks the database: close it"
        }
        Fault::PanelFailed => {
            "面板不可用：叫技术员，可在终端上拍 · the panel cannot be used: call the technician, shoot from a terminal"
        }
        Fault::PedalStuck => "踏板卡住：松开或检查 · the pedal is stuck: release or check it",
        Fault::UploadFailed => "上传失败：shutterline upload status · uploading failed",
    }
}

fn storage_full(disks: &[StationDisk]) -> &'static str {
    match disks {
        [StationDisk::Incoming] => {
            "接收盘（incoming）空间不足：先腾出空间 · too little space where downloads land (incoming): free some"
        }
        [StationDisk::Data, ..] => {
            "数据盘空间不足：先腾出空间 · too little space on the data disk: free some"
        }
        _ => "磁盘空间不足：先腾出空间 · too little space: free some",
    }
}

/// What to do about an alarm, where its own words do not say it.
pub fn alarm(alarm: &str) -> Option<&'static str> {
    match alarm.split(' ').next() {
        Some("not-downloaded") => Some(
            "照片只在相机卡上：请重拍，检查数据线和磁盘，不要动卡 · only the camera's card has it: shoot again, check the cable and the disk, leave the card in",
        ),
        Some("storage-low") => Some(
            "磁盘快满了，还能拍：等照片发送完，或换一块大盘 · the disk fills up, shooting goes on: let the outbox empty, or bring a larger disk",
        ),
        _ => None,
    }
}

/// How a destination stands, in words.
pub fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Ready => "就绪 ready",
        Reach::Sending => "发送中 sending",
        Reach::Quiet => "让路：正在拍摄 quiet: the venue shoots",
        Reach::Paused => "已暂停 paused",
        Reach::Metered => "按流量计费，不发送 metered: not sent",
        Reach::Unreachable => "连不上 unreachable",
    }
}

/// Whether a destination must have every photo.
pub fn yes(required: bool) -> &'static str {
    match required {
        true => "必须 yes",
        false => "尽量 no",
    }
}

/// A lamp in words.
pub fn lamp(lamp: LampState) -> &'static str {
    match lamp {
        LampState::Off => "灭 off",
        LampState::On => "亮 on",
        LampState::Blink => "闪 blink",
    }
}

/// The camera's state in words.
pub fn camera(state: CameraState) -> &'static str {
    match state {
        CameraState::Absent => "未连接 absent",
        CameraState::Opening => "连接中 opening",
        CameraState::Ready => "就绪 ready",
        CameraState::Busy => "忙 busy",
        CameraState::Wedged => "无响应 wedged",
    }
}

/// Where a serial stands, in words; the word itself where it is not known.
pub fn entry(state: &str) -> String {
    let zh = match state {
        "waiting" => "等候",
        "seated" => "就座",
        "done" => "完成",
        "unfinished" => "未完成",
        "held-absent" => "过号（未到）",
        "held-fix" => "过号（整理）",
        "recalled" => "已召回",
        "absent" => "缺席",
        _ => return state.to_owned(),
    };
    format!("{zh} {state}")
}
