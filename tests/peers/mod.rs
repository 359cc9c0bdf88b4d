//! Servers that other people wrote, each in a folder of its own on a loopback port that the system chose, ended with the test.
//!
//! Moto is the S3 server, WsgiDAV the WebDAV one, a small Flask page a school's own intake (`scripts/fetch-peers` brings them), and
//! OpenSSH's server serves SFTP. What lies behind one is asked from behind, never through what is tested. Faults that only a
//! server can do are told to it; those of the network are the [`proxy`]'s.
#![allow(dead_code, reason = "each test binary uses its own part of the peers")]

pub mod certificates;
pub mod proxy;
pub mod sftp;

use certificates::Certificate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest wait for a server; a loaded machine needs a small part of it.
const CAP: Duration = Duration::from_secs(60);

/// Names and SHA-256 of everything that lies somewhere.
pub type Objects = BTreeMap<String, String>;

/// Says loudly that something is not tested.
pub fn skipped(what: &str) {
    eprintln!("\n*** SKIPPED, NOT TESTED: {what} ***\n");
}

/// What a destination is, for the tests.
pub trait Peer {
    /// Where it listens.
    fn address(&self) -> SocketAddr;
    /// Everything that lies there, seen from behind, under the names it has within the destination.
    fn objects(&self) -> Objects;
    /// Names of what was begun and never finished, where the server keeps that apart.
    fn unfinished(&self) -> Vec<String>;
    /// The keys of a `[[destination]]` that is reached at this address, but for its name.
    fn destination(&self, at: SocketAddr) -> String;
    /// Texts that nobody may ever read in a log, an error or a status.
    fn secrets(&self) -> Vec<String>;
    /// Whether it speaks plain HTTP, so that the proxy understands what passes.
    fn is_http(&self) -> bool;
}

/// A process group that ends with its owner, also when a test panics.
pub struct Group(pub Child);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = rustix::process::Pid::from_raw(self.0.id().cast_signed()) {
            rustix::process::kill_process_group(id, rustix::process::Signal::KILL).ok();
        }
        self.0.wait().ok();
    }
}

/// Which server `serve.py` starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    S3,
    WebDav,
    /// A file is the body of a `PUT`.
    Intake,
    /// A file is a part of a form.
    IntakeForm,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::S3 => "s3",
            Kind::WebDav => "webdav",
            Kind::Intake | Kind::IntakeForm => "intake",
        }
    }
}

/// Whom the servers know. The secrets are found again by [`Peer::secrets`].
const USER: &str = "PHOTOSTATION";
const PASSWORD: &str = "p8-never-to-be-read";
const TOKEN: &str = "t7-never-to-be-read";

/// A server in Python.
pub struct Served {
    kind: Kind,
    port: u16,
    tls: Option<Certificate>,
    folder: PathBuf,
    questions: Mutex<(ChildStdin, Receiver<String>)>,
    _group: Group,
    keep: tempfile::TempDir,
}

/// The interpreter that `scripts/fetch-peers` left; says loudly if there is none.
fn python() -> Option<PathBuf> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/peers");
    let cache = std::env::var_os("SHUTTERLINE_PEERS").map_or(kept, PathBuf::from);
    let python = cache.join("python");
    if python.exists() {
        return Some(python);
    }
    skipped(&format!(
        "no servers in {}; run scripts/fetch-peers",
        cache.display()
    ));
    None
}

impl Served {
    /// A fresh one over plain HTTP; `None`, and a loud line, where it cannot be had.
    pub fn start(kind: Kind) -> Option<Self> {
        Self::start_with(kind, None, None)
    }

    /// One behind TLS, with its files in a folder of the caller's where one is named.
    pub fn start_with(kind: Kind, tls: Option<Certificate>, folder: Option<&Path>) -> Option<Self> {
        let python = python()?;
        let keep = tempfile::Builder::new()
            .prefix("shutterline-peer-")
            .tempdir()
            .expect("temporary folder");
        let folder = folder.map_or_else(|| keep.path().join("files"), Path::to_owned);
        std::fs::create_dir_all(&folder).expect("folder");
        let mut command = Command::new(&python);
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/serve.py"))
            .args([kind.word(), "--user", USER, "--password", PASSWORD])
            .args(["--token", TOKEN, "--folder"])
            .arg(&folder);
        if let Some(tls) = &tls {
            command.arg("--certificate").arg(&tls.chain);
            command.arg("--key").arg(&tls.key);
        }
        let log = std::fs::File::create(keep.path().join("server.log")).expect("log");
        let child = command
            .env("PYTHONPATH", python.with_file_name("site"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("python");
        let mut group = Group(child);
        let stdin = group.0.stdin.take().expect("stdin");
        let stdout = group.0.stdout.take().expect("stdout");
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                sender.send(line).ok();
            }
        });
        let hello = answers.recv_timeout(CAP).unwrap_or_else(|e| {
            let log = std::fs::read_to_string(keep.path().join("server.log"));
            panic!("{kind:?} does not start ({e}): {}", log.unwrap_or_default())
        });
        let hello: Value = serde_json::from_str(&hello).expect("a port");
        let port = hello["port"].as_u64().and_then(|p| u16::try_from(p).ok());
        Some(Self {
            kind,
            port: port.expect("a port"),
            tls,
            folder,
            questions: Mutex::new((stdin, answers)),
            _group: group,
            keep,
        })
    }

    fn ask(&self, question: &Value) -> Value {
        let mut questions = self.questions.lock().expect("questions");
        writeln!(questions.0, "{question}").expect("a question");
        let answer = questions.1.recv_timeout(CAP).expect("an answer");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// A fault to come, as `faults.py` has it, for example `{"kind": "status", "status": 403}`.
    pub fn fault(&self, mut fault: Value) {
        fault["ask"] = json!("fault");
        self.ask(&fault);
    }

    /// No faults any more; what hangs goes on.
    pub fn heal(&self) {
        self.ask(&json!({ "ask": "heal" }));
    }

    /// How many requests of a method, or faults of a kind, there were.
    pub fn count(&self, word: &str) -> u64 {
        self.ask(&json!({ "ask": "counts" }))[word]
            .as_u64()
            .unwrap_or(0)
    }

    /// Writes the credentials that this server knows into a folder, for their owner only.
    pub fn credentials(&self, folder: &Path) -> PathBuf {
        let text = match self.kind {
            Kind::S3 => {
                format!("access-key-id = \"{USER}\"\nsecret-access-key = \"{PASSWORD}\"\n")
            }
            Kind::WebDav | Kind::IntakeForm => {
                format!("username = \"{USER}\"\npassword = \"{PASSWORD}\"\n")
            }
            Kind::Intake => format!("token = \"{TOKEN}\"\n"),
        };
        secret_file(&folder.join("credential"), &text)
    }
}

/// A file that only its owner reads.
pub fn secret_file(path: &Path, text: &str) -> PathBuf {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .expect("credential");
    file.write_all(text.as_bytes()).expect("credential");
    path.to_owned()
}

impl Peer for Served {
    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    fn objects(&self) -> Objects {
        let listed = self.ask(&json!({ "ask": "list" }));
        let text = |v: &Value| v.as_str().expect("a text").to_owned();
        let objects = listed["objects"].as_array().expect("objects").iter();
        let objects = objects.map(|o| (text(&o["name"]), text(&o["sha256"])));
        objects.collect()
    }

    fn unfinished(&self) -> Vec<String> {
        let listed = self.ask(&json!({ "ask": "list" }));
        let names = listed["unfinished"].as_array().expect("names").iter();
        names.map(ToString::to_string).collect()
    }

    fn destination(&self, at: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://{at}");
        let place = match self.kind {
            Kind::S3 => format!(
                "kind = \"s3\"\nendpoint = \"{base}\"\nbucket = \"graduates\"\nregion = \"us-east-1\"\naddressing = \"path\"\n"
            ),
            Kind::WebDav => format!("kind = \"webdav\"\nurl = \"{base}/\"\n"),
            Kind::Intake => format!(
                "kind = \"intake\"\nurl = \"{base}/photos/{{key}}\"\nmethod = \"put\"\n\
                 receipt-sha256 = \"header:X-Checksum-Sha256\"\nreceipt-size = \"json:/data/size\"\nreceipt-id = \"json:/data/id\"\n"
            ),
            Kind::IntakeForm => format!(
                "kind = \"intake\"\nurl = \"{base}/photos\"\nmethod = \"post-form\"\nreceipt-sha256 = \"json:/data/sha256\"\n\
                 form = {{ student = \"{{student}}\", session = \"{{session}}\", serial = \"{{serial}}\" }}\n"
            ),
        };
        let credential = self.credentials(self.keep.path());
        let ca = match &self.tls {
            Some(tls) => format!("ca-file = {:?}\n", tls.authority),
            None => String::new(),
        };
        format!("{place}credential-file = {credential:?}\n{ca}")
    }

    fn secrets(&self) -> Vec<String> {
        vec![PASSWORD.to_owned(), TOKEN.to_owned()]
    }

    fn is_http(&self) -> bool {
        self.tls.is_none()
    }
}
