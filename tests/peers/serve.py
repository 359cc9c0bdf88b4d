"""A server for the tests of the outbox, on a loopback port that the system chooses.

    serve.py s3|webdav|intake --folder FOLDER [--certificate PEM --key PEM] [--user U --password P] [--token T]

Prints one line of JSON with its port. Then it takes one question a line on standard input and answers each with a line:
what lies behind it, and faults to come (faults.py). It ends with its standard input, so with whoever started it.
"""

import argparse
import hashlib
import importlib
import json
import os
import sys
import threading

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

from faults import Faults


def listed(peer):
    """Every object with its hash, taken from behind the server."""
    objects = [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(peer.objects())
    ]
    return {"objects": objects, "unfinished": sorted(peer.unfinished())}


def answer(question, peer, faults):
    what = question.pop("ask")
    if what == "list":
        return listed(peer)
    if what == "fault":
        faults.add(question)
    elif what == "heal":
        faults.heal()
    elif what == "counts":
        return faults.counts
    else:
        raise ValueError(f"no question {what}")
    return {}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["s3", "webdav", "intake"])
    parser.add_argument("--folder", required=True)
    for name in ("certificate", "key", "user", "password", "token"):
        parser.add_argument(f"--{name}")
    wanted = parser.parse_args()

    # Libraries print now and then; what is read from here must be ours alone.
    ours, sys.stdout = sys.stdout, sys.stderr
    peer = importlib.import_module(wanted.kind).Peer(wanted)
    faults = Faults(peer)
    server = wsgi.Server(("127.0.0.1", 0), faults, numthreads=24, request_queue_size=128)
    server.timeout = 60
    if wanted.certificate:
        server.ssl_adapter = BuiltinSSLAdapter(wanted.certificate, wanted.key)
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    print(json.dumps({"port": server.bind_addr[1]}), file=ours, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), peer, faults)), file=ours, flush=True)
    # Threads that hang are meant to.
    os._exit(0)


if __name__ == "__main__":
    main()
