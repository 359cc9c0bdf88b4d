"""A QEMU guest: started, watched through its serial console, ended. No KVM is asked for: where the rigs run, it often does not work."""
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "scripts/rigs"
CACHE = ROOT / ".cache/rigs"
# How much longer than on a machine at rest a guest may take for anything: emulation shares its cores with whatever else is built.
PATIENCE = 4


class Failed(Exception):
    """The rig cannot go on."""


def rig_name():
    return Path(sys.argv[0]).name


SKIPPED = []


def say(text):
    print(f"{rig_name()}: {text}", file=sys.stderr, flush=True)


def skip(what, why):
    SKIPPED.append(f"{what}: {why}")
    say(f"SKIPPED {what}: {why}")


def closing(text):
    """The last words of a rig: what it showed, and what it did not."""
    say(text)
    for line in SKIPPED:
        say(f"SKIPPED {line}")


def output(*command):
    """The last line a rig's own script prints."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failed(f"{Path(str(command[0])).name} ended with {done.returncode}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def tool(name, package):
    """A program that has to be there, installed if need be."""
    script = f'. "{HERE}/common.sh"; need {name} {package}; install_needs'
    subprocess.run(["bash", "-c", script, rig_name()], check=True)
    return name


class Guest:
    """`command` is QEMU's, without its serial console, which goes to FOLDER/serial.log."""

    def __init__(self, folder, command):
        self.folder = Path(folder)
        self.log = self.folder / "serial.log"
        self.log.write_bytes(b"")
        self.begun = time.monotonic()
        errors = open(self.folder / "qemu.log", "wb")
        # A guest takes whole cores; what else this machine does goes first.
        nice = [] if os.environ.get("RIG_NICE") == "0" else ["nice"]
        self.process = subprocess.Popen([*nice, *map(str, command)], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)

    def alive(self):
        return self.process.poll() is None

    def console(self):
        return self.log.read_bytes().decode(errors="replace").replace("\r", "")

    def wait_console(self, text, cap_s):
        """Seconds since the start until the console has said this."""
        cap_s *= PATIENCE
        until = time.monotonic() + cap_s
        while text not in self.console():
            if not self.alive():
                raise Failed(f"the guest ended before it said {text!r}; see {self.log} and {self.folder}/qemu.log\n{self.tail()}")
            if time.monotonic() > until:
                raise Failed(f"the guest did not say {text!r} within {cap_s} s; see {self.log}\n{self.tail()}")
            time.sleep(0.1)
        return time.monotonic() - self.begun

    def tail(self, lines=15):
        return "\n".join(self.console().splitlines()[-lines:])

    def end(self):
        """The plug."""
        if self.alive():
            self.process.kill()
        self.process.wait()
