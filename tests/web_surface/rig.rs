//! A daemon's side of the handle that a test plays, behind the real socket, the real server and the real binary.

use serde_json::Value;
use shutterline::archive::Reader;
use shutterline::clock;
use shutterline::model::{
    CorrectionPreview, FrameId, FrameMove, Millis, Outcome, Refusal, Serial, Status, StudentNumber,
    Traffic,
};
use shutterline::web::client::Client;
use shutterline::web::{
    About, Ask, CameraView, DestinationProbe, Finding, Handle, PreflightLine, StreamEvent,
    VerifyLine, bind, serve,
};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// No test waits longer than this for a condition.
pub const CAP: Duration = Duration::from_secs(60);

/// How the played daemon answers.
#[derive(Clone)]
pub enum Manner {
    /// Everything is carried out.
    Obliging,
    /// Everything is refused like this.
    Refusing(Refusal),
    /// Questions are dropped, as when the daemon stops.
    Dropping,
    /// Questions are kept and never answered.
    Silent,
}

/// What the played daemon remembers.
#[derive(Default)]
pub struct Memory {
    /// Every question, in the words of its `Debug`.
    pub asked: Vec<String>,
    /// Questions of the silent manner, so that their answers stay open.
    kept: Vec<Ask>,
}

pub struct Rig {
    pub dir: tempfile::TempDir,
    pub socket: PathBuf,
    pub status: watch::Sender<Status>,
    pub events: broadcast::Sender<StreamEvent>,
    pub recent: Arc<Mutex<VecDeque<StreamEvent>>>,
    pub memory: Arc<Mutex<Memory>>,
    pub manner: Arc<Mutex<Manner>>,
    pub verify_cut: Arc<Mutex<bool>>,
    pub traffic: watch::Sender<BTreeMap<String, Traffic>>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    runtime: tokio::runtime::Runtime,
}

impl Rig {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        crate::seed::empty(dir.path());
        Self::over(dir)
    }

    /// Over a data folder that already holds something.
    pub fn over(dir: tempfile::TempDir) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let socket = dir.path().join("s.sock");
        let (status, watching) = watch::channel(Status::default());
        let (events, _) = broadcast::channel(8);
        let (traffic, traffic_seen) = watch::channel(BTreeMap::new());
        let recent = Arc::new(Mutex::new(VecDeque::new()));
        let (asks, mut asked) = mpsc::channel(64);
        let memory = Arc::new(Mutex::new(Memory::default()));
        let manner = Arc::new(Mutex::new(Manner::Obliging));
        let verify_cut = Arc::new(Mutex::new(false));
        let handle = Handle {
            asks,
            status: watching,
            events: events.clone(),
            recent: recent.clone(),
            reader: Reader::open(dir.path()).unwrap(),
            about: Arc::new(About {
                version: "0.0.0".into(),
                ..About::default()
            }),
            metrics: Arc::new(|| "# EOF\n".to_owned()),
            traffic: traffic_seen,
        };
        let (stop, stopped) = oneshot::channel();
        let served = {
            let _in = runtime.enter();
            let listener = bind(&socket).unwrap();
            let (memory, manner, cut) = (memory.clone(), manner.clone(), verify_cut.clone());
            tokio::spawn(async move {
                while let Some(ask) = asked.recv().await {
                    memory.lock().unwrap().asked.push(words(&ask));
                    let manner = manner.lock().unwrap().clone();
                    let cut = *cut.lock().unwrap();
                    if let Some(ask) = reply(ask, manner, cut).await {
                        memory.lock().unwrap().kept.push(ask);
                    }
                }
            });
            tokio::spawn(serve(listener, handle, async move {
                let _ = stopped.await;
            }))
        };
        Self {
            dir,
            socket,
            status,
            events,
            recent,
            memory,
            manner,
            verify_cut,
            traffic,
            stop: Some(stop),
            served: Some(served),
            runtime,
        }
    }

    pub fn set_manner(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// The last question.
    pub fn asked(&self) -> String {
        let memory = self.memory.lock().unwrap();
        memory.asked.last().cloned().unwrap_or_default()
    }

    /// Waits until something holds; every poll gives the others the processor.
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = clock::boot_time() + Millis(CAP.as_millis() as u64);
        while !holds() {
            assert!(clock::boot_time() < deadline, "{what} did not come in time");
            std::thread::yield_now();
        }
    }

    /// Remembers an event and sends it to those who listen, in the daemon's order.
    pub fn happen(&self, id: u64, kind: &str) {
        let event = StreamEvent {
            id,
            kind: kind.into(),
            data: serde_json::json!({ "n": id }),
        };
        self.recent.lock().unwrap().push_back(event.clone());
        let _ = self.events.send(event);
    }

    pub fn client(&self) -> Client {
        Client::new(&self.socket)
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime
            .block_on(async { tokio::time::timeout(CAP, future).await })
            .expect("nothing came in time")
    }

    /// Tells the server to stop without waiting for it.
    pub fn begin_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until the server has ended.
    pub fn ended(&mut self) -> std::io::Result<()> {
        let served = self.served.take().unwrap();
        self.wait(served).unwrap()
    }

    /// A request as bytes, so that nothing of our own client is between the test and the server.
    pub fn raw(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, text) = raw(&self.socket, method, path, body);
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{method} {path} answered no JSON ({e}): {text:?}"));
        (status, json)
    }

    /// Runs the real binary against this socket.
    pub fn cli(&self, args: &[&str]) -> Output {
        cli(&self.socket, args)
    }
}

/// The real binary against any socket.
pub fn cli(socket: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shutterline"))
        .args(args)
        .env("SHUTTERLINE_SOCKET", socket)
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn raw(socket: &Path, method: &str, path: &str, body: &str) -> (u16, String) {
    let answer = exchange(
        socket,
        &format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    );
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, text) = answer.split_once("\r\n\r\n").unwrap();
    (status, text.to_owned())
}

/// Sends bytes and reads until the server closes.
pub fn exchange(socket: &Path, request: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(CAP)).unwrap();
    // A server that refuses a large body may close before all of it is sent.
    let sent = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    assert!(!answer.is_empty(), "no answer: {sent:?} {read:?}");
    String::from_utf8(answer).unwrap()
}

/// A question without its answer's channel.
fn words(ask: &Ask) -> String {
    match ask {
        Ask::Command { who, command, .. } => {
            format!(
                "{} {}",
                who.as_str(),
                serde_json::to_string(command).unwrap()
            )
        }
        Ask::Press {
            control, gesture, ..
        } => format!("press {control} {gesture:?}"),
        Ask::CameraShow { .. } => "camera-show".into(),
        Ask::CameraAdopt { .. } => "camera-adopt".into(),
        Ask::Knob { knob, .. } => format!("knob {knob}"),
        Ask::Preflight { .. } => "preflight".into(),
        Ask::CardCount { .. } => "card-count".into(),
        Ask::UploadRetry { which, .. } => {
            format!("upload-retry {}", serde_json::to_string(which).unwrap())
        }
        Ask::UploadSkip { which, .. } => {
            format!("upload-skip {}", serde_json::to_string(which).unwrap())
        }
        Ask::UploadPause {
            destination,
            paused,
            ..
        } => format!("upload-pause {destination:?} {paused}"),
        Ask::UploadMetered { metered, .. } => format!("upload-metered {metered}"),
        Ask::UploadProbe { .. } => "upload-probe".into(),
        Ask::Verify { .. } => "verify".into(),
    }
}

async fn reply(ask: Ask, manner: Manner, cut: bool) -> Option<Ask> {
    if let Manner::Silent = manner {
        return Some(ask);
    }
    if let Manner::Dropping = manner {
        return None;
    }
    let refusal = match manner {
        Manner::Refusing(refusal) => Some(refusal),
        _ => None,
    };
    match ask {
        Ask::Command { answer, .. } => {
            let _ = answer.send(refusal.map_or_else(|| Ok(outcome()), Err));
        }
        Ask::Press { answer, .. }
        | Ask::CameraAdopt { answer }
        | Ask::Knob { answer, .. }
        | Ask::UploadRetry { answer, .. }
        | Ask::UploadSkip { answer, .. }
        | Ask::UploadPause { answer, .. }
        | Ask::UploadMetered { answer, .. } => {
            let _ = answer.send(refusal.map_or_else(|| Ok(Outcome::default()), Err));
        }
        Ask::CameraShow { answer } => {
            let _ = answer.send(refusal.map_or_else(|| Ok(CameraView::default()), Err));
        }
        Ask::Preflight { answer } => {
            let _ = answer.send(refusal.map_or_else(|| Ok(preflight()), Err));
        }
        Ask::UploadProbe { answer } => {
            let probe = DestinationProbe {
                name: "agency".into(),
                took_ms: Some(Millis(3)),
                error: None,
            };
            let _ = answer.send(refusal.map_or_else(|| Ok(vec![probe]), Err));
        }
        Ask::CardCount { answer } => {
            let _ = answer.send(refusal.map_or(Ok(Some(2)), Err));
        }
        Ask::Verify { lines } => verify(lines, cut).await,
    }
    None
}

/// A correction's answer, which any command may carry.
fn outcome() -> Outcome {
    Outcome {
        message: "1 frame moved".into(),
        preview: Some(CorrectionPreview {
            moves: vec![FrameMove {
                frame: FrameId("k7qa-000001".into()),
                before: (Some(Serial(3)), Some(StudentNumber("2021003".into()))),
                after: (Some(Serial(4)), Some(StudentNumber("2021004".into()))),
            }],
            current: (Some(Serial(4)), Some(Serial(4))),
            applied: true,
        }),
        session: None,
        remarks: vec!["look at serial 4".into()],
    }
}

fn preflight() -> Vec<PreflightLine> {
    let line = |name: &str, finding, message: &str, next: &str| PreflightLine {
        name: name.into(),
        finding,
        message: message.into(),
        next: next.into(),
    };
    vec![
        line("battery", Finding::Ok, "80%", ""),
        line("card", Finding::Fail, "no card", "put one in"),
    ]
}

async fn verify(lines: mpsc::Sender<VerifyLine>, cut: bool) {
    for done in 1..=3 {
        let _ = lines.send(VerifyLine::Progress { done, total: 3 }).await;
    }
    let problem = VerifyLine::Problem {
        path: "k7qa-s1/0003/a.jpg".into(),
        problem: "hash".into(),
        next: "take it from the card".into(),
    };
    let _ = lines.send(problem).await;
    if !cut {
        let _ = lines
            .send(VerifyLine::Done {
                files: 3,
                problems: 1,
            })
            .await;
    }
}
