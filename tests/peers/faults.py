"""What only a server can do wrong, put in front of each of them.

A fault is a dict: `kind`, `methods` (which requests it waits for; PUT and POST), `times` (how often; 1), and by kind:

    status    answers `status` with `body`, and nothing reaches the server
    slow      waits `ms` first
    hang      waits until healed, and answers 503
    forget    stores, answers as ever, and loses the object
    half      stores, answers as ever, and keeps half of the object
    flip      stores, answers as ever, and one byte of the object is another
    any other word is left to the server itself, in environ["peer.fault"]
"""

import threading
import time
from collections import Counter

SPOILS = {
    "forget": lambda data: None,
    "half": lambda data: data[: len(data) // 2],
    "flip": lambda data: data[:-1] + bytes([data[-1] ^ 1]) if data else data,
}


class Faults:
    def __init__(self, peer):
        self.peer = peer
        self.waiting = []
        self.healed = threading.Event()
        self.lock = threading.Lock()
        self.counts = Counter()

    def add(self, fault):
        with self.lock:
            self.healed.clear()
            self.waiting.append({"methods": ["PUT", "POST"], "times": 1, **fault})

    def heal(self):
        with self.lock:
            self.waiting.clear()
            self.healed.set()

    def next(self, environ):
        with self.lock:
            self.counts[environ["REQUEST_METHOD"]] += 1
            for fault in self.waiting:
                if environ["REQUEST_METHOD"] not in fault["methods"]:
                    continue
                if fault["kind"] in SPOILS and self.peer.name_of(environ) is None:
                    continue
                fault["times"] -= 1
                if fault["times"] <= 0:
                    self.waiting.remove(fault)
                self.counts[fault["kind"]] += 1
                return fault
        return None

    def __call__(self, environ, start_response):
        fault = self.next(environ)
        kind = fault and fault["kind"]
        if kind == "status":
            return refuse(environ, start_response, fault["status"], fault.get("body", ""))
        if kind == "hang":
            self.healed.wait()
            return refuse(environ, start_response, 503, "")
        if kind == "slow":
            time.sleep(fault["ms"] / 1000)
        if kind in SPOILS:
            # The answer is complete before anything is spoilt.
            said = {}

            def hold(status, headers, exc_info=None):
                said.update(status=status, headers=headers)

            body = b"".join(self.peer.app(environ, hold))
            if said["status"].startswith("2"):
                self.peer.spoil(self.peer.name_of(environ), SPOILS[kind])
            start_response(said["status"], said["headers"])
            return [body]
        if kind and kind != "slow":
            environ["peer.fault"] = kind
        return self.peer.app(environ, start_response)


def refuse(environ, start_response, status, body):
    # What is not read would be taken for the next request.
    read_all(environ)
    data = body.encode()
    start_response(
        f"{status} Refused",
        [("Content-Type", "text/plain"), ("Content-Length", str(len(data)))],
    )
    return [data]


def read_all(environ):
    """The request's body; short where the connection ended in its middle."""
    stream = environ["wsgi.input"]
    if environ.get("CONTENT_LENGTH"):
        return stream.read(int(environ["CONTENT_LENGTH"]))
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        return stream.read()
    return b""


def path_of(environ):
    """The path as text; WSGI hands its bytes over as Latin-1."""
    return environ["PATH_INFO"].encode("latin-1").decode("utf-8")


class Folder:
    """A server whose objects are files in a folder."""

    def __init__(self, folder):
        import pathlib

        self.folder = pathlib.Path(folder)

    def objects(self):
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield str(path.relative_to(self.folder)), path.read_bytes()

    def unfinished(self):
        return []

    def spoil(self, name, how):
        path = self.folder / name
        data = how(path.read_bytes())
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
