"""A root shell in a guest, over a Unix socket that QEMU gives its console to."""
import re
import socket
import time

from guest import PATIENCE, Failed


# What a guest's shell says when it begins to listen.
GREETING = "rig: a shell"


def connect(path, guest, cap_s=30):
    """A socket that QEMU is about to make."""
    until = time.monotonic() + cap_s
    while True:
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(path))
            return made
        except OSError as error:
            made.close()
            if not guest.alive() or time.monotonic() > until:
                raise Failed(f"QEMU did not open {path}: {error}; see {guest.folder}/qemu.log") from None
            time.sleep(0.05)


class Shell:
    """One command at a time."""

    def __init__(self, path, guest, cap_s=300):
        self.guest, self.count, self.pending = guest, 0, ""
        self.socket = connect(path, guest)
        # What is sent before somebody listens may be lost, whole or in part.
        self._until(re.compile(f"{GREETING}()()"), cap_s, "its greeting")

    def run(self, command, cap_s=120, check=True):
        """What the command prints; with `check=False`, (exit code, what it prints)."""
        self.count += 1
        # The mark is put together by the shell, so that an echo of the command is not taken for its end.
        mark = f"{self.count}@@"
        self.socket.settimeout(cap_s)
        self.socket.sendall(f"{{ {command}\n}} </dev/null 2>&1; printf '\\n@%s@%s\\n' \"$?\" '{mark}'\n".encode())
        text = self._until(re.compile(rf"\n@(\d+)@{mark}\r?\n"), cap_s, command)
        code, printed = text
        if check and code:
            raise Failed(f"in the guest, `{command}` ended with {code}: {printed}")
        return printed if check else (code, printed)

    def _until(self, pattern, cap_s, command):
        cap_s *= PATIENCE
        until = time.monotonic() + cap_s
        while True:
            found = pattern.search(self.pending)
            if found:
                printed = self.pending[: found.start()].replace("\r", "")
                self.pending = self.pending[found.end() :]
                return int(found.group(1) or 0), printed.strip("\n")
            left = until - time.monotonic()
            if left <= 0 or not self.guest.alive():
                raise Failed(f"in the guest, `{command}` did not end within {cap_s} s: {self.pending[-2000:]}")
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not more:
                raise Failed(f"the guest's console closed during `{command}`")
            self.pending += more.decode(errors="replace")

    def wait(self, command, what, cap_s=60):
        """Until the command succeeds."""
        until = time.monotonic() + cap_s * PATIENCE
        while True:
            code, printed = self.run(command, check=False)
            if code == 0:
                return printed
            if time.monotonic() > until:
                raise Failed(f"not within {cap_s} s: {what}: {printed}")
            time.sleep(0.2)
