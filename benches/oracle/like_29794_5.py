"""The measures of ISO/IEC 29794-5 as `shutterline check` reports them, beside those of another implementation.

The other one is ofiqpy (PyPI), a Python rendering of OFIQ, the standard's reference implementation. OFIQ's networks are in no package
registry, so its landmarks and its two segmenters cannot be asked: it is given our landmarks, our person mask, our yaw, and a face that
nothing covers. What is compared is all that follows from them: the aligned picture, the region of the face, the luminance, the histograms,
the formulas and the scores.

Arguments: the program `shutterline`, the folder of its models, and photos (JPEG).
"""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy
from ofiqpy import align
from ofiqpy.measures import geometry, pixel
from ofiqpy.measures.core import Measures
from ofiqpy.session import Session

# Points of our mesh for the 98 of OFIQ's landmarks. Jaw and brows only span the hull.
JAW = [234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454]
BROWS = [70, 63, 105, 66, 107, 55, 65, 52, 53, 300, 293, 334, 296, 336, 285, 295, 282, 283]
EYES = [33, 160, 159, 158, 133, 153, 145, 144, 362, 385, 386, 387, 263, 373, 374, 380]
LIPS_INNER = [78, 81, 13, 311, 308, 402, 14, 178]


def as_98(mesh):
    """Our mesh's points in the order of OFIQ's."""
    at = [JAW[min(i * len(JAW) // 33, len(JAW) - 1)] for i in range(33)]
    at[16] = 152
    at += BROWS + [9, 6, 197, 4] + [98, 97, 2, 326, 327] + EYES
    at += [61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91] + LIPS_INNER + [468, 473]
    assert len(at) == 98
    # OFIQ's landmarks are whole pixels.
    return numpy.round(mesh[at])


def person_map(person, matrix):
    """Our mask where OFIQ has its map of 400 pixels: 0 background, 1 person."""
    cells = numpy.zeros((person["height"], person["width"]), numpy.uint8)
    for row, spans in enumerate(person["rows"]):
        for first, end in spans:
            cells[row, first:end] = 1
    return lambda size: cv2.resize(
        cv2.warpAffine(cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR), matrix, (616, 616), borderValue=0)[:556, 30:586],
        (400, 400),
        interpolation=cv2.INTER_NEAREST,
    )


def theirs(path, geometry_of):
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    mesh = numpy.array([[p["x"], p["y"]] for p in geometry_of["landmarks"]])
    points = as_98(mesh)
    aligned, points_there, matrix = align.align(image, points)
    session = Session(image=image, landmarks=points, aligned_face=aligned, aligned_landmarks=points_there, affine=matrix)
    session.landmarked_region = align.landmarked_region(points_there)
    session.occlusion_mask = numpy.full(aligned.shape[:2], 255, numpy.uint8)
    session.parsing = person_map(geometry_of["person"], matrix)((image.shape[1], image.shape[0]))
    session.face_areas = sorted((f["width"] * f["height"] for f in geometry_of["faces"]), reverse=True)
    # There the second angle is the turn about the neck.
    session.pitch = geometry_of["pose"]["yaw_deg"]
    whole = Measures(None)
    left, right, above, below = geometry.crop_of_face(session)
    return {
        "background-uniformity": pixel.background_uniformity(session),
        "illumination-uniformity": pixel.illumination_uniformity(session),
        "luminance-mean": whole.luminance_mean(session),
        "luminance-variance": pixel.luminance_variance(session),
        "under-exposure": pixel.under_exposure(session),
        "over-exposure": pixel.over_exposure(session),
        "dynamic-range": pixel.dynamic_range(session),
        "natural-colour": pixel.natural_colour(session),
        "second-face": geometry.single_face_present(session),
        "eyes-open": geometry.eyes_open(session),
        "mouth-closed": geometry.mouth_closed(session),
        "inter-eye-distance": geometry.inter_eye_distance(session),
        "head-size": whole.head_size(session),
        "crop-left": left,
        "crop-right": right,
        "margin-above": above,
        "margin-below": below,
    }


def linear(code):
    v = code / 255.0
    return numpy.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def coded(light):
    v = numpy.clip(light, 0.0, 1.0)
    return numpy.round(255.0 * numpy.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)).astype(numpy.uint8)


def changed(image):
    """The picture as it is, and with what moves the measures, each named."""
    width = image.shape[1]
    ramp = numpy.linspace(1.0, -1.0, width)[None, :, None]
    yield "as it is", image
    yield "2 stops darker", coded(linear(image) / 4.0)
    yield "1 stop lighter", coded(linear(image) * 2.0)
    yield "2 stops across", coded(linear(image) * 2.0**ramp)
    yield "blue cast", coded(linear(image) * numpy.array([1.5, 1.0, 0.5]))
    yield "noise of 12", numpy.clip(image + numpy.random.default_rng(1).normal(0, 12, image.shape), 0, 255).astype(numpy.uint8)
    yield "half as large", cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    yield "3 times as large", cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    yield "cropped", image[: int(image.shape[0] * 0.62), int(width * 0.25) : int(width * 0.72)]


def main():
    program, models, *photos = sys.argv[1:]
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for photo in photos:
            for name, picture in changed(cv2.imread(photo, cv2.IMREAD_COLOR)):
                path = Path(folder) / "photo.jpg"
                cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 97])
                out = subprocess.run([program, "check", "--json", "--models", models, path], capture_output=True, check=True)
                report = json.loads(out.stdout)
                if not (report.get("geometry") or {}).get("landmarks"):
                    print(f"no face: {photo}, {name}")
                    continue
                for measure, value in theirs(path, report["geometry"]).items():
                    ours = report["measures"][measure]
                    if ours["raw"] is not None and value.raw is not None:
                        rows.setdefault(measure, []).append((name, ours["raw"], ours["score"], value.raw, value.scalar))
    print("| measure | pictures | ours | theirs | largest difference of the raw value (in) | of the score (in) |\n|---|---|---|---|---|---|")
    for measure, seen in rows.items():
        raw = max(seen, key=lambda r: abs(r[1] - r[3]))
        score = max(seen, key=lambda r: abs((r[2] or 0) - r[4])) if seen[0][2] is not None else None
        spread = lambda i: f"{min(r[i] for r in seen):.4g} to {max(r[i] for r in seen):.4g}"
        points = f"{abs(score[2] - score[4]):.0f} ({score[0]})" if score else "–"
        print(f"| `{measure}` | {len(seen)} | {spread(1)} | {spread(3)} | {abs(raw[1] - raw[3]):.2g} ({raw[0]}) | {points} |")
        assert all(math.isfinite(v) for r in seen for v in (r[1], r[3]))


main()
