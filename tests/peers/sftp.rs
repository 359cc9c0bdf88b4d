//! OpenSSH's own server, for one user: whoever runs the test.
//!
//! The client of the daemon is the command `ssh` from its PATH, which reads the machine's known hosts. A test must not write
//! those, so [`Sftp::path`] is a PATH that begins with a folder in which `ssh` is a script: the real one with a config of the
//! test's (`ssh -F`), which knows the server's key under the name `peer` whatever address it is reached at. A test whose own
//! process is the client is run again in a process with that PATH, by [`with_path`].

use super::{Group, Objects, Peer, skipped};
use shutterline::clock;
use shutterline::model::Millis;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const SSHD: &str = "/usr/sbin/sshd";

/// As root it separates privileges, and that wants this folder to exist; its service makes it otherwise.
const SEPARATION: &str = "/run/sshd";

/// Within the folder that the server opens.
const FOLDER: &str = "incoming";

/// In a process started by [`with_path`]: the folder that its PATH begins with.
const BIN: &str = "SHUTTERLINE_TEST_SSH";

/// Runs a test in a process of its own whose PATH begins with a folder for `ssh`; `name` is the test's.
pub fn with_path(name: &str, test: impl FnOnce()) {
    if std::env::var_os(BIN).is_some() {
        return test();
    }
    let bin = tempfile::tempdir().expect("folder");
    let done = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture"])
        .env("PATH", first_in_path(bin.path()))
        .env(BIN, bin.path())
        .stdin(Stdio::null())
        .status()
        .expect("this test");
    assert!(done.success(), "{name} failed, see above");
}

fn first_in_path(folder: &Path) -> String {
    let usual = std::env::var("PATH").unwrap_or_default();
    format!("{}:{usual}", folder.display())
}

/// The server.
pub struct Sftp {
    address: SocketAddr,
    user: String,
    /// What `ssh` is to be found by.
    bin: PathBuf,
    key: PathBuf,
    files: PathBuf,
    server: Group,
    keep: tempfile::TempDir,
}

impl Sftp {
    /// A fresh one; `None`, and a loud line, where it cannot be had. Its files lie in `files` where that is named.
    pub fn start(files: Option<&Path>) -> Option<Self> {
        if !Path::new(SSHD).exists() || Command::new("ssh").arg("-V").output().is_err() {
            skipped("no OpenSSH server or client; apt install openssh-server openssh-client");
            return None;
        }
        let keep = tempfile::Builder::new()
            .prefix("shutterline-peer-")
            .tempdir()
            .expect("temporary folder");
        let folder = keep.path();
        let files = files.map_or_else(|| folder.join("files"), Path::to_owned);
        std::fs::create_dir_all(files.join(FOLDER)).expect("folder");
        if rustix::process::geteuid().is_root() {
            std::fs::create_dir_all(SEPARATION).expect(SEPARATION);
        }
        let [host, key] = ["host", "client"].map(|name| generated(&folder.join(name)));
        std::fs::copy(key.with_extension("pub"), folder.join("authorized")).expect("key");
        let bin = client(folder, &host);
        // Somebody else may take the port between our look and the server's.
        for _ in 0..10 {
            let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr());
            let address = free.expect("a free port");
            if let Some(group) = serve(folder, &files, address) {
                return Some(Self {
                    address,
                    user: user(),
                    bin,
                    key,
                    files,
                    server: group,
                    keep,
                });
            }
        }
        let log = std::fs::read_to_string(folder.join("sshd.log")).unwrap_or_default();
        panic!("sshd does not start: {log}");
    }

    /// What PATH has to be for the daemon.
    pub fn path(&self) -> String {
        first_in_path(&self.bin)
    }

    /// What the server wrote down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.keep.path().join("sshd.log")).unwrap_or_default()
    }
}

impl Drop for Sftp {
    fn drop(&mut self) {
        // Each connection's process is a session of its own, and lives as long as the client that somebody killed half of.
        for id in descendants(self.server.0.id()) {
            if let Some(id) = rustix::process::Pid::from_raw(id.cast_signed()) {
                rustix::process::kill_process(id, rustix::process::Signal::KILL).ok();
            }
        }
    }
}

/// All processes below one.
fn descendants(of: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    let children = ids.filter(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        after.split_whitespace().nth(1) == Some(&of.to_string())
    });
    let below = children.flat_map(|id| [vec![id], descendants(id)].concat());
    below.collect()
}

/// Whoever runs the test.
fn user() -> String {
    let id = Command::new("id").arg("-un").output().expect("id");
    String::from_utf8_lossy(&id.stdout).trim().to_owned()
}

fn generated(path: &Path) -> PathBuf {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .output()
        .expect("ssh-keygen");
    assert!(made.status.success(), "{made:?}");
    path.to_owned()
}

/// A folder with an `ssh` that knows the host.
fn client(folder: &Path, host: &Path) -> PathBuf {
    let key = std::fs::read_to_string(host.with_extension("pub")).expect("host key");
    let known = folder.join("known_hosts");
    std::fs::write(&known, format!("peer {key}")).expect("known hosts");
    let config = folder.join("ssh_config");
    let text = format!(
        "HostKeyAlias peer\nGlobalKnownHostsFile {}\nUserKnownHostsFile /dev/null\nIdentitiesOnly yes\nIdentityAgent none\n\
         BatchMode yes\nUpdateHostKeys no\n",
        known.display()
    );
    std::fs::write(&config, text).expect("config");
    let bin = std::env::var_os(BIN).map_or_else(|| folder.join("bin"), PathBuf::from);
    std::fs::create_dir_all(&bin).expect("folder");
    let script = bin.join("ssh");
    std::fs::remove_file(&script).ok();
    let found = Command::new("sh").args(["-c", "command -v ssh"]).output();
    let real = String::from_utf8(found.expect("sh").stdout).expect("a path");
    let text = format!(
        "#!/bin/sh\nexec {} -F '{}' \"$@\"\n",
        real.trim(),
        config.display()
    );
    std::fs::write(&script, text).expect("script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("script");
    bin
}

/// The server once it listens; `None` if it ended.
fn serve(folder: &Path, files: &Path, address: SocketAddr) -> Option<Group> {
    let config = folder.join("sshd_config");
    let text = format!(
        "Port {}\nListenAddress 127.0.0.1\nHostKey {1}/host\nPidFile none\nAuthorizedKeysFile {1}/authorized\nStrictModes no\n\
         UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 200\n\
         MaxSessions 200\nSubsystem sftp internal-sftp -d {2}\nLogLevel VERBOSE\n",
        address.port(),
        folder.display(),
        files.display()
    );
    std::fs::write(&config, text).expect("config");
    let child = Command::new(SSHD)
        .args(["-D", "-f"])
        .arg(&config)
        .arg("-E")
        .arg(folder.join("sshd.log"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("sshd");
    let mut group = Group(child);
    let end = clock::boot_time() + Millis(60_000);
    while clock::boot_time() < end {
        if group.0.try_wait().expect("wait").is_some() {
            return None;
        }
        if TcpStream::connect(address).is_ok() {
            return Some(group);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

impl Peer for Sftp {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn objects(&self) -> Objects {
        use sha2::Digest;
        let root = self.files.join(FOLDER);
        let object = |path: &Path| {
            let name = path.strip_prefix(&root).expect("within");
            let bytes = std::fs::read(path).expect("object");
            let hash = sha2::Sha256::digest(bytes);
            let hash = hash.iter().map(|b| format!("{b:02x}")).collect();
            (name.to_string_lossy().into_owned(), hash)
        };
        let files = crate::rig::files_below(&root);
        files.iter().map(|path| object(path)).collect()
    }

    fn unfinished(&self) -> Vec<String> {
        Vec::new()
    }

    fn destination(&self, at: SocketAddr) -> String {
        format!(
            "kind = \"sftp\"\nhost = \"{}\"\nport = {}\nuser = {:?}\nfolder = {:?}\ncredential-file = {:?}\n",
            at.ip(),
            at.port(),
            self.user,
            self.files.join(FOLDER),
            self.key
        )
    }

    fn secrets(&self) -> Vec<String> {
        let key = std::fs::read_to_string(&self.key).expect("key");
        let body = key.lines().filter(|l| !l.starts_with("---"));
        body.map(str::to_owned).collect()
    }

    fn is_http(&self) -> bool {
        false
    }
}
