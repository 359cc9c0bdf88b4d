"""A station as the rigs drive it: its API over TCP or a Unix socket, its events as they come."""
import http.client
import json
import queue
import socket
import threading
import time

from guest import PATIENCE


class Unanswered(Exception):
    """The station did not answer, or refused."""


class Station:
    """`address` is a path, or (host, port)."""

    def __init__(self, address, timeout_s=60):
        self.address, self.timeout_s = address, timeout_s

    def _connect(self):
        if isinstance(self.address, tuple):
            return http.client.HTTPConnection(*self.address, timeout=self.timeout_s)
        connection = http.client.HTTPConnection("localhost", timeout=self.timeout_s)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(self.timeout_s)
        connection.sock.connect(str(self.address))
        return connection

    def ask(self, path, body=None):
        """GET, or POST where there is a body."""
        try:
            connection = self._connect()
            text = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", "/v1" + path, text, {"host": "localhost"})
            answer = connection.getresponse()
            content = answer.read().decode()
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(f"{path}: {error}") from error
        if answer.status != 200:
            raise Unanswered(f"{path}: {answer.status} {content.strip()}")
        return content

    def get(self, path):
        return json.loads(self.ask(path))

    def post(self, path, **body):
        return json.loads(self.ask(path, body))

    def press(self, control, **more):
        return self.post("/panel/press", control=control, **more)

    def wait_ready(self, alive=lambda: True, cap_s=120, camera=True):
        """Seconds until the station answers, with its camera ready if asked for."""
        begun = time.monotonic()
        cap_s *= PATIENCE
        last = "nobody answered"
        while time.monotonic() < begun + cap_s and alive():
            try:
                status = self.get("/status")
                last = f"{status['state']}, camera {status['camera']['state']}"
                if not camera or status["camera"]["state"] == "ready":
                    return time.monotonic() - begun
            except Unanswered as error:
                last = str(error)
            time.sleep(0.02)
        raise Unanswered(f"the station was not ready within {cap_s} s: {last}")

    def verify(self):
        """(files, problems) of `archive verify`."""
        files, problems = None, []
        for line in self.ask("/archive/verify").splitlines():
            step = json.loads(line)
            if step["kind"] == "done":
                files = step["files"]
            elif step["kind"] == "problem":
                problems.append(f"{step['problem']} {step['path']}")
        if files is None:
            raise Unanswered("the check of the archive was cut short")
        return files, problems


class Events(threading.Thread):
    """The station's events; `stamp()` is asked the moment one arrives, and its answer kept beside it."""

    def __init__(self, station, stamp=lambda: None):
        super().__init__(daemon=True)
        self.stamp, self.queue, self.unmatched = stamp, queue.Queue(), []
        connection = station._connect()
        connection.request("GET", "/v1/events", headers={"host": "localhost"})
        self.answer = connection.getresponse()
        connection.sock and connection.sock.settimeout(None)
        self.start()

    def run(self):
        kind, data = None, None
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:"):
                    data = line[5:].strip()
                elif not line and kind:
                    self.queue.put((self.stamp(), kind, json.loads(data or "null")))
                    kind, data = None, None
        except (OSError, ValueError, http.client.HTTPException):
            pass
        self.queue.put((None, "end", None))

    def forget(self):
        """What came so far is of no interest."""
        self.unmatched.clear()
        while not self.queue.empty():
            self.queue.get()

    def wait(self, what, pick, cap_s=60):
        """An event since `forget` that `pick(kind, data)` takes, whatever came before it, as (stamp, data)."""
        for each in self.unmatched:
            if pick(*each[1:]):
                self.unmatched.remove(each)
                return each[0], each[2]
        cap_s *= PATIENCE
        until = time.monotonic() + cap_s
        while True:
            try:
                stamp, kind, data = self.queue.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise Unanswered(f"no {what} within {cap_s} s") from None
            if kind == "end":
                raise Unanswered(f"the station ended before: {what}")
            if pick(kind, data):
                return stamp, data
            self.unmatched.append((stamp, kind, data))
