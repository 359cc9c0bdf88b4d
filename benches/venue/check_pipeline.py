"""What a Python program does for part of the check: decode, face mesh, segmentation, Laplacian. Microseconds per photo."""

import sys
import time

import cv2
import mediapipe
import numpy

cv2.setNumThreads(1)
mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True)
person = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
with open(sys.argv[1], "rb") as file:
    data = numpy.frombuffer(file.read(), numpy.uint8)


def check():
    photo = cv2.imdecode(data, cv2.IMREAD_COLOR)
    small = cv2.cvtColor(cv2.resize(photo, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    assert mesh.process(small).multi_face_landmarks, "no face"
    person.process(small)
    cv2.Laplacian(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.CV_16S).var()


check()  # the graphs are built on first use
for _ in range(int(sys.argv[2])):
    start = time.monotonic_ns()
    check()
    print((time.monotonic_ns() - start) // 1000)
