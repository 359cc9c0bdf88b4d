//! A network that fails on purpose: listens on loopback and forwards to a server, each connection with what the plan has next.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What befalls one connection. Bytes are counted over the whole connection. What names a request needs plain HTTP, and waits
/// for the connection's first `PUT`, `POST`, `MOVE` or `DELETE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// Both sides are closed once so many bytes went up.
    CutUp(u64),
    /// The same, of bytes that came down.
    CutDown(u64),
    /// Both sides are reset once so many bytes went up.
    Reset(u64),
    /// Nothing more goes up after so many bytes, until the network heals; then the connection is gone.
    Stall(u64),
    /// So many bytes go up each tick, until the network heals.
    Slow(u64),
    /// Reset as soon as it is accepted.
    Refuse,
    /// The request is swallowed and answered so.
    Answer(u16),
    /// One byte of the body of the first `PUT` or `POST` is another: the one at this offset, counted round.
    Flip(u64),
    /// The request goes through entirely, and its answer is never heard.
    Unheard,
}

/// Between two pieces of a slow connection.
const TICK: Duration = Duration::from_millis(2);

/// A running one; ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    end: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Shared {
    target: SocketAddr,
    plan: Mutex<VecDeque<Fault>>,
    /// What connections met, in order.
    met: Mutex<Vec<Fault>>,
    healed: watch::Sender<u64>,
    /// Bytes forwarded to the server, over all connections.
    up: AtomicU64,
}

impl Proxy {
    /// Listens, and forwards to a server: the first connection meets the first fault of the plan; when the plan is at its end,
    /// all is well.
    pub fn start(target: SocketAddr, plan: impl IntoIterator<Item = Fault>) -> Self {
        let shared = Arc::new(Shared {
            target,
            plan: Mutex::new(plan.into_iter().collect()),
            met: Mutex::default(),
            healed: watch::Sender::new(0),
            up: AtomicU64::new(0),
        });
        let (end, mut ended) = watch::channel(false);
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let work = shared.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                loop {
                    tokio::select! {
                        accepted = listener.accept() => {
                            let (client, _) = accepted.expect("a connection");
                            tokio::spawn(connection(work.clone(), client));
                        }
                        _ = ended.changed() => return,
                    }
                }
            });
        });
        Self {
            address,
            shared,
            end,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all faults: the rest of the plan is forgotten, and stalled connections are gone.
    pub fn heal(&self) {
        self.shared.plan.lock().expect("plan").clear();
        self.shared.healed.send_modify(|n| *n += 1);
    }

    /// Another fault at the plan's end.
    pub fn add(&self, fault: Fault) {
        self.shared.plan.lock().expect("plan").push_back(fault);
    }

    /// Whether connections have met the whole plan.
    pub fn is_through(&self) -> bool {
        self.shared.plan.lock().expect("plan").is_empty()
    }

    /// How many bytes went to the server, over all connections.
    pub fn went_up(&self) -> u64 {
        self.shared.up.load(Ordering::Relaxed)
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.met.lock().expect("met").len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.end.send_replace(true);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Whether the connection goes on.
enum Turn {
    On,
    /// Close both sides.
    Over,
    /// Reset both sides.
    Reset,
}

async fn connection(shared: Arc<Shared>, client: TcpStream) {
    let fault = shared.plan.lock().expect("plan").pop_front();
    let fault = fault.unwrap_or(Fault::Pass);
    shared.met.lock().expect("met").push(fault);
    let healed = shared.healed.subscribe();
    if fault == Fault::Refuse {
        client.set_zero_linger().ok();
        return;
    }
    let Ok(server) = TcpStream::connect(shared.target).await else {
        return;
    };
    for side in [&client, &server] {
        side.set_nodelay(true).ok();
    }
    let mut way = Way {
        fault,
        client,
        server,
        healed,
        up: 0,
        down: 0,
        requests: Requests::default(),
        awaited: false,
        shared,
    };
    let end = way.run().await;
    if let Ok(Turn::Reset) = end {
        way.client.set_zero_linger().ok();
        way.server.set_zero_linger().ok();
    }
}

/// One connection.
struct Way {
    fault: Fault,
    client: TcpStream,
    server: TcpStream,
    healed: watch::Receiver<u64>,
    up: u64,
    down: u64,
    requests: Requests,
    /// The request whose answer is to be lost is on its way.
    awaited: bool,
    shared: Arc<Shared>,
}

impl Way {
    async fn run(&mut self) -> std::io::Result<Turn> {
        let (mut up, mut down) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        loop {
            let turn = tokio::select! {
                read = self.client.read(&mut up) => match read? {
                    0 => return Ok(Turn::Over),
                    n => self.upwards(&mut up[..n]).await?,
                },
                read = self.server.read(&mut down) => match read? {
                    0 => return Ok(Turn::Over),
                    n => self.downwards(&down[..n]).await?,
                },
            };
            match turn {
                Turn::On => {}
                end => return Ok(end),
            }
        }
    }

    /// Sends `bytes` up to a limit of the connection's total; whether it was reached.
    async fn up_to(&mut self, limit: u64, bytes: &[u8]) -> std::io::Result<bool> {
        let left = limit.saturating_sub(self.up);
        let part = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        self.forward(&bytes[..part]).await?;
        self.up += part as u64;
        Ok(self.up >= limit)
    }

    async fn forward(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.server.write_all(bytes).await?;
        let count = bytes.len() as u64;
        self.shared.up.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    async fn upwards(&mut self, bytes: &mut [u8]) -> std::io::Result<Turn> {
        let fault = self.fault;
        match fault {
            Fault::CutUp(limit) if self.up_to(limit, bytes).await? => return Ok(Turn::Over),
            Fault::Reset(limit) if self.up_to(limit, bytes).await? => return Ok(Turn::Reset),
            Fault::Stall(limit) if self.up_to(limit, bytes).await? => {
                self.healed.changed().await.ok();
                return Ok(Turn::Reset);
            }
            Fault::CutUp(_) | Fault::Reset(_) | Fault::Stall(_) => return Ok(Turn::On),
            Fault::Slow(step) => {
                for part in bytes.chunks(usize::try_from(step.max(1)).unwrap_or(1)) {
                    self.forward(part).await?;
                    if !self.healed.has_changed().unwrap_or(true) {
                        tokio::time::sleep(TICK).await;
                    }
                }
                return Ok(Turn::On);
            }
            Fault::Answer(status) => {
                if let Some(before) = self.requests.change_begins(bytes) {
                    self.forward(&bytes[..before]).await?;
                    return self.answer(status, bytes[before..].to_vec()).await;
                }
            }
            Fault::Unheard => self.awaited |= self.requests.change_begins(bytes).is_some(),
            Fault::Flip(offset) => {
                if let Some(at) = self.requests.byte_of_change(bytes, offset) {
                    bytes[at] ^= 0x20;
                    self.fault = Fault::Pass;
                }
            }
            Fault::Pass | Fault::CutDown(_) | Fault::Refuse => {}
        }
        self.forward(bytes).await?;
        Ok(Turn::On)
    }

    async fn downwards(&mut self, bytes: &[u8]) -> std::io::Result<Turn> {
        // A go-ahead is not the answer.
        if self.awaited && !bytes.starts_with(b"HTTP/1.1 100") {
            return Ok(Turn::Over);
        }
        if let Fault::CutDown(limit) = self.fault {
            let left = usize::try_from(limit.saturating_sub(self.down)).unwrap_or(usize::MAX);
            let part = left.min(bytes.len());
            self.client.write_all(&bytes[..part]).await?;
            self.down += part as u64;
            return Ok(match self.down >= limit {
                true => Turn::Over,
                false => Turn::On,
            });
        }
        self.client.write_all(bytes).await?;
        Ok(Turn::On)
    }

    /// Answers in the server's place. What was not read would make the client's side a reset before it hears.
    async fn answer(&mut self, status: u16, mut swallowed: Vec<u8>) -> std::io::Result<Turn> {
        let mut buffer = vec![0; 16 * 1024];
        while !whole(&swallowed) {
            match self.client.read(&mut buffer).await? {
                0 => return Ok(Turn::Over),
                n => swallowed.extend_from_slice(&buffer[..n]),
            }
        }
        let body = "<html>the gateway is tired</html>";
        let text = format!(
            "HTTP/1.1 {status} Tired\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        self.client.write_all(text.as_bytes()).await?;
        self.client.shutdown().await?;
        Ok(Turn::Over)
    }
}

/// A request's head, if it is there: its length, and that of its body; `None` for a body in chunks.
fn head(bytes: &[u8]) -> Option<(usize, Option<usize>)> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    if text.contains("\r\ntransfer-encoding: chunked") {
        return Some((end, None));
    }
    let length = text.split("\r\ncontent-length: ").nth(1);
    let length = length.and_then(|l| l.split("\r\n").next()?.trim().parse().ok());
    Some((end, Some(length.unwrap_or(0))))
}

/// Whether a request is there to its end.
fn whole(bytes: &[u8]) -> bool {
    match head(bytes) {
        Some((end, Some(body))) => bytes.len() >= end + body,
        Some((_, None)) => bytes.ends_with(b"0\r\n\r\n"),
        None => false,
    }
}

/// Knows where a connection's first changing request begins: clients send one request after another, and each begins a read.
#[derive(Default)]
struct Requests {
    /// What came of that request.
    change: Option<Vec<u8>>,
}

impl Requests {
    /// Where in these bytes the first changing request begins.
    fn change_begins(&mut self, bytes: &[u8]) -> Option<usize> {
        self.begins(bytes, &[b"PUT /", b"POST /", b"MOVE /", b"DELETE /"])
    }

    fn begins(&mut self, bytes: &[u8], verbs: &[&[u8]]) -> Option<usize> {
        if self.change.is_some() {
            return None;
        }
        let begins = verbs.iter().any(|v| bytes.starts_with(v));
        if begins {
            self.change = Some(Vec::new());
        }
        begins.then_some(0)
    }

    /// Where in these bytes the byte at an offset of its body is; round and round over the body's length.
    fn byte_of_change(&mut self, bytes: &[u8], offset: u64) -> Option<usize> {
        self.begins(bytes, &[b"PUT /", b"POST /"]);
        let request = self.change.as_mut()?;
        let before = request.len();
        request.extend_from_slice(bytes);
        let (end, body) = head(request)?;
        let length = body.unwrap_or(usize::MAX).max(1);
        let wanted = end + usize::try_from(offset).unwrap_or(0) % length;
        (before..request.len())
            .contains(&wanted)
            .then(|| wanted - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};

    /// A server that keeps what it is sent, and answers once it has a whole request.
    fn server() -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("port");
        let address = listener.local_addr().expect("address");
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let kept = heard.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let kept = kept.clone();
                std::thread::spawn(move || serve(client, &kept));
            }
        });
        (address, heard)
    }

    fn serve(mut client: TcpStream, kept: &Mutex<Vec<u8>>) {
        let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(n @ 1..) = client.read(&mut buffer) {
            request.extend_from_slice(&buffer[..n]);
            kept.lock().expect("kept").extend_from_slice(&buffer[..n]);
            if whole(&request) {
                request.clear();
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                client.write_all(answer).ok();
            }
        }
    }

    const PUT: &[u8] = b"PUT /a HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789";
    const DELETE: &[u8] = b"DELETE /a HTTP/1.1\r\n\r\n";
    const GET: &[u8] = b"GET /a HTTP/1.1\r\n\r\n";

    /// What a client hears of each of its requests on one connection, up to the connection's end.
    fn talk(proxy: &Proxy, requests: &[&[u8]]) -> Vec<Result<String, ErrorKind>> {
        let mut socket = TcpStream::connect(proxy.address()).expect("connect");
        let mut answers = Vec::new();
        for request in requests {
            let mut heard = [0; 4096];
            socket.write_all(request).ok();
            match socket.read(&mut heard) {
                Ok(n) => answers.push(Ok(String::from_utf8_lossy(&heard[..n]).into_owned())),
                Err(e) => answers.push(Err(e.kind())),
            }
        }
        answers
    }

    fn ok(answer: &Result<String, ErrorKind>) -> bool {
        answer.as_ref().is_ok_and(|a| a.ends_with("ok"))
    }

    fn silent(answer: &Result<String, ErrorKind>) -> bool {
        answer.as_ref().is_ok_and(String::is_empty)
    }

    /// Waits until the server was sent just that.
    #[track_caller]
    fn hears(heard: &Mutex<Vec<u8>>, wanted: &[u8]) {
        let end = shutterline::clock::boot_time() + shutterline::model::Millis(60_000);
        loop {
            let now = heard.lock().expect("heard").clone();
            if now == wanted {
                return;
            }
            let waited = shutterline::clock::boot_time() < end;
            assert!(
                waited,
                "never: {}; heard: {}",
                wanted.escape_ascii(),
                now.escape_ascii()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn without_a_plan_all_passes() {
        let (address, heard) = server();
        let proxy = Proxy::start(address, []);
        assert!(talk(&proxy, &[GET, PUT]).iter().all(ok));
        hears(&heard, &[GET, PUT].concat());
    }

    #[test]
    fn each_connection_meets_its_own_fault() {
        let (address, heard) = server();
        let proxy = Proxy::start(address, [Fault::CutUp(5), Fault::Pass, Fault::Reset(7)]);
        assert!(silent(&talk(&proxy, &[PUT])[0]));
        hears(&heard, &PUT[..5]);
        assert!(ok(&talk(&proxy, &[PUT])[0]));
        assert_eq!(talk(&proxy, &[PUT])[0], Err(ErrorKind::ConnectionReset));
        assert!(proxy.is_through());
        assert_eq!(proxy.connections(), 3);
    }

    #[test]
    fn answers_are_cut_or_lost() {
        let (address, heard) = server();
        let proxy = Proxy::start(address, [Fault::CutDown(9), Fault::Unheard]);
        let cut = talk(&proxy, &[PUT]).remove(0);
        assert_eq!(cut.as_deref(), Ok("HTTP/1.1 "));
        heard.lock().expect("heard").clear();
        let answers = talk(&proxy, &[GET, PUT]);
        assert!(ok(&answers[0]), "only changes go unheard");
        assert!(silent(&answers[1]), "{answers:?}");
        hears(&heard, &[GET, PUT].concat());
    }

    #[test]
    fn a_request_is_answered_in_the_servers_place() {
        let (address, heard) = server();
        let proxy = Proxy::start(address, [Fault::Answer(503)]);
        let answers = talk(&proxy, &[GET, PUT]);
        assert!(ok(&answers[0]));
        assert!(
            answers[1].as_ref().is_ok_and(|a| a.contains(" 503 ")),
            "{answers:?}"
        );
        hears(&heard, GET);
    }

    #[test]
    fn a_byte_of_the_body_is_another() {
        for (offset, body) in [(0, "\u{10}123456789"), (13, "012\u{13}456789")] {
            let (address, heard) = server();
            let proxy = Proxy::start(address, [Fault::Flip(offset)]);
            // In two pieces, as a network may cut it.
            let mut socket = TcpStream::connect(proxy.address()).expect("connect");
            socket.write_all(DELETE).expect("write");
            let mut answer = [0; 64];
            assert!(socket.read(&mut answer).is_ok_and(|n| n > 0));
            socket.write_all(&PUT[..20]).expect("write");
            socket.write_all(&PUT[20..]).expect("write");
            let all = [DELETE, &PUT[..PUT.len() - 10], body.as_bytes()].concat();
            hears(&heard, &all);
        }
    }

    #[test]
    fn a_stalled_connection_is_gone_when_the_network_heals() {
        let (address, heard) = server();
        let proxy = Proxy::start(address, [Fault::Stall(4), Fault::Refuse]);
        let mut socket = TcpStream::connect(proxy.address()).expect("connect");
        socket.write_all(PUT).expect("write");
        let refused = talk(&proxy, &[PUT]).remove(0);
        assert_eq!(refused, Err(ErrorKind::ConnectionReset));
        hears(&heard, &PUT[..4]);
        proxy.heal();
        let mut rest = Vec::new();
        let end = socket.read_to_end(&mut rest).map_err(|e| e.kind());
        assert_eq!(end, Err(ErrorKind::ConnectionReset));
        assert!(ok(&talk(&proxy, &[PUT])[0]));
    }

    #[test]
    fn a_slow_connection_gets_through() {
        let (address, heard) = server();
        let proxy = Proxy::start(address, [Fault::Slow(7)]);
        assert!(talk(&proxy, &[GET, PUT]).iter().all(ok));
        hears(&heard, &[GET, PUT].concat());
    }
}
