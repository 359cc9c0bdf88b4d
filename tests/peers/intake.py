"""A school's own intake, as one person writes it in an afternoon with Flask.

    PUT /photos/<path>     the file is the body
    GET /photos/<path>     the file again
    DELETE /photos/<path>  as if it had never come
    POST /photos           a form: student, session, serial, file; what came by it stays

With a bearer token or a name and a password. `Idempotency-Key`: the same key with the same file gives the same receipt, with
another file 409. The receipt is JSON, and a header: what arrived, as the server hashed it.
"""

import base64
import hashlib
import hmac
import os
import pathlib
import threading
import uuid

import faults
from flask import Flask, Response, jsonify, request, send_file


class Peer(faults.Folder):
    def __init__(self, wanted):
        folder = pathlib.Path(wanted.folder)
        super().__init__(folder / "photos")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.desk = folder / "desk"
        self.desk.mkdir(exist_ok=True)
        self.wanted = wanted
        self.receipts = {}
        self.lock = threading.Lock()
        self.app = self.pages()

    def name_of(self, environ):
        path = faults.path_of(environ)
        if environ["REQUEST_METHOD"] == "PUT" and path.startswith("/photos/"):
            return path.removeprefix("/photos/")
        return None

    def unfinished(self):
        return [path.name for path in self.desk.iterdir()]

    def allowed(self):
        said = request.headers.get("Authorization", "")
        pair = f"{self.wanted.user}:{self.wanted.password}".encode()
        known = [f"Bearer {self.wanted.token}", "Basic " + base64.b64encode(pair).decode()]
        usable = [self.wanted.token, self.wanted.user]
        return any(u and hmac.compare_digest(said, k) for u, k in zip(usable, known))

    def pages(self):
        app = Flask("intake")

        @app.before_request
        def only_with_a_key():
            if not self.allowed():
                return jsonify(code=401, message="who are you?"), 401
            return None

        @app.put("/photos/<path:name>")
        def put(name):
            return self.take(name, request.get_data())

        @app.post("/photos")
        def post():
            sent, form = request.files["file"], request.form
            # Its own way to name things: the client has no say but the fields.
            name = f"{form['session']}/{int(form['serial']):04}_{form['student']}/{sent.filename}"
            return self.take(name, sent.read())

        @app.get("/photos/<path:name>")
        def get(name):
            path = self.inside(name)
            if path is None or not path.is_file():
                return jsonify(code=404, message="no such photo"), 404
            return send_file(path)

        @app.delete("/photos/<path:name>")
        def delete(name):
            path = self.inside(name)
            if path is None or not path.is_file():
                return jsonify(code=404, message="no such photo"), 404
            path.unlink()
            return "", 204

        return app

    def inside(self, name):
        path = (self.folder / name).resolve()
        return path if path.is_relative_to(self.folder.resolve()) else None

    def take(self, name, data):
        expected = request.content_length
        if request.method == "PUT" and expected is not None and len(data) != expected:
            return jsonify(code=400, message="the body is cut"), 400
        path = self.inside(name)
        if path is None:
            return jsonify(code=400, message="no such place"), 400
        digest = hashlib.sha256(data).hexdigest()
        key = request.headers.get("Idempotency-Key")
        with self.lock:
            before = self.receipts.get(key) if key else None
            if before and (before["sha256"], before["name"]) != (digest, name):
                return jsonify(code=409, message="this key came with another file"), 409
            desk = self.desk / uuid.uuid4().hex
            desk.write_bytes(data)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(desk, path)
            receipt = before or {"id": uuid.uuid4().hex, "sha256": digest, "size": len(data), "name": name}
            if key:
                self.receipts[key] = receipt
        shown = {k: receipt[k] for k in ("id", "sha256", "size")}
        if request.environ.get("peer.fault") == "wrong-hash":
            shown["sha256"] = hashlib.sha256(b"another").hexdigest()
        if request.environ.get("peer.fault") == "no-receipt":
            return Response("<html>ok</html>", 200)
        answer = jsonify(code=0, data=shown)
        answer.headers["X-Checksum-Sha256"] = shown["sha256"]
        return answer
