"""The least that any tethered program does: capture, get, save, fsync. Prints microseconds per frame."""

import os
import sys
import time

import gphoto2 as gp

frames, out = int(sys.argv[1]), sys.argv[2]
os.makedirs(out)
camera = gp.Camera()
camera.init()
for n in range(frames):
    start = time.monotonic_ns()
    path = camera.capture(gp.GP_CAPTURE_IMAGE)
    file = camera.file_get(path.folder, path.name, gp.GP_FILE_TYPE_NORMAL)
    target = os.path.join(out, f"{n:04}.jpg")
    file.save(target)
    with open(target, "rb") as saved:
        os.fsync(saved.fileno())
    print((time.monotonic_ns() - start) // 1000)
camera.exit()
