"""What rig-vm and rig-pi have in common: a station wired to a board, played from its lines to its frames."""
import json
import time

from guest import PATIENCE, ROOT, Failed, say

# The pins of config/boards/: the same on every board.
PINS = {"pedal": 17, "next": 27, "back": 22, "hold": 5, "retake": 6, "accept": 13, "pause": 19}
LAMPS = {"red": 16, "amber": 20, "green": 21}
BUZZER = 12


def board(driver, chip):
    """A board's file as a technician would write one."""
    text = f'[board]\nname = "The rig\'s board"\ndriver = "{driver}"\nchip = "{chip}"\nlines = 28\n'
    for name, line in PINS.items():
        text += f'[inputs.{name}]\nline = {line}\npull = "up"\n'
    for name, line in (LAMPS | {"buzzer": BUZZER}).items():
        text += f"[outputs.{name}]\nline = {line}\n"
    return text


def lenient_standard():
    """Every limit off: the sim camera's picture is of nobody, and what is tried is the way to the light, not the check."""
    text = (ROOT / "config/standards/icao.toml").read_text()
    for severity in ["reject", "warn"]:
        text = text.replace(f'severity = "{severity}"', 'severity = "off"')
    return text


def frames(shell):
    return json.loads(shell.run("shutterline frames list --json"))


def status(shell):
    return json.loads(shell.run("shutterline status --json"))


def until(what, look, cap_s=60):
    begun = time.monotonic()
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > begun + cap_s * PATIENCE:
            raise Failed(f"not within {cap_s} s: {what}")
        time.sleep(0.2)


def pedal_to_frame(shell, board, driver, students=3):
    """Presses on the pedal's line to frames in the archive, and a green light on its line. `board` has press(line) and high(line)."""
    until("the camera is ready", lambda: status(shell)["camera"]["state"] == "ready")
    panel = until("the panel is open", lambda: (found := status(shell)["panel"])["driver"] and found)
    if panel["driver"] != driver or panel["problem"]:
        raise Failed(f"the panel should be on {driver}: {panel}")
    rows = "".join(f"2026{n:04},学生{n}\\n" for n in range(1, students + 2))
    shell.run(f"printf 'student_number,name\\n{rows}' >/tmp/roster.csv && shutterline roster import /tmp/roster.csv")
    shell.run("shutterline session open --name Rig")
    for n in range(1, students + 1):
        # Longer than the station waits before it takes a frame for the one who sits there.
        time.sleep(1)
        board.press(PINS["pedal"])
        found = until(f"frame {n}", lambda: [f for f in frames(shell) if f["serial"] == n and f["verdict"]])
        if len(found) != 1 or found[0]["origin"] != "pedal":
            raise Failed(f"one press for serial {n} made {len(found)} frames, of origin {found[0]['origin']}")
        until("green is lit", lambda: board.high(LAMPS["green"]))
        board.press(PINS["next"])
        until("the next student sits down", lambda: status(shell)["serial"] == n + 1)
        if board.high(LAMPS["green"]):
            raise Failed("green is still lit for the next student")
    say(f"{panel['driver']} on {panel['board']}: {students} presses on the pedal's line, {students} frames with their owners, green on its line, moved on by the button's")


def lamps_are_dark(board):
    lit = [name for name, line in (LAMPS | {"buzzer": BUZZER}).items() if board.high(line)]
    if lit:
        raise Failed(f"the daemon is gone, and these are still on: {', '.join(lit)}")
