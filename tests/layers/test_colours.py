"""Marks of one layer can be told apart with the common kinds of colour blindness, by colour or by shape."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from layers.colours import REACH
from layers.contract import layers

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}
# Two colours that lie side by side are told apart from about 2.3 on; a legend needs a good deal more.
LEAST_DELTA_E = 8.0
CLASSED = [one for one, layer in layers().items() if layer.draw().mark in ("class", "zone", "line")]


def _linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ np.clip(linear, 0.0, 1.0) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: str, other: str, kind: str) -> float:
    """Delta E (CIE 1976) of two colours as somebody with a kind of blindness sees them."""
    seen = np.array(BLINDNESS[kind])
    return float(np.linalg.norm(_lab(seen @ _linear(one)) - _lab(seen @ _linear(other))))


def test_red_and_green_of_one_lightness_are_not_told_apart_and_black_and_white_are() -> None:
    assert apart("#a06a00", "#6f7f00", "deuteranopia") < LEAST_DELTA_E
    assert apart("#000000", "#ffffff", "deuteranopia") == pytest.approx(100.0, abs=0.1)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("layer_id", CLASSED)
def test_marks_of_a_layer_differ_in_shape_size_or_colour(layer_id: str, kind: str) -> None:
    for one, other in combinations(layers()[layer_id].draw().classes, 2):
        looks = one.shape != other.shape or abs(one.radius - other.radius) >= 3.0
        assert looks or apart(one.colour, other.colour, kind) >= LEAST_DELTA_E, (one.key, other.key)


@pytest.mark.parametrize("kind", BLINDNESS)
def test_what_is_near_and_what_is_a_gap_are_far_apart(kind: str) -> None:
    assert apart(REACH[0], REACH[4], kind) > 30
