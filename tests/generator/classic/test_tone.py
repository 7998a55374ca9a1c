"""Tone and screens: rules that hold for every face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.classic.painting import edge, printed, step
from generator.classic.tone import blurred, face_target, stretched

share = st.floats(0, 1, allow_nan=False)


@given(share, share)
def test_a_darker_face_is_never_printed_lighter(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert face_target(low) <= face_target(high)
    assert 0.4 < face_target(low) < 0.75


@given(st.floats(0.05, 0.3), st.floats(0.35, 0.7), st.floats(0.75, 1), st.floats(0.3, 0.8))
def test_stretching_keeps_the_order_and_puts_the_middle_on_its_target(
    low: float, middle: float, high: float, target: float
) -> None:
    ramp = np.linspace(0, 1, 101, dtype=np.float32)
    result = stretched(ramp, low, high, middle, target)
    assert (np.diff(result) >= 0).all()
    assert result.min() >= 0
    assert result.max() <= 1
    at_middle = stretched(np.array([middle], np.float32), low, high, middle, target)[0]
    assert at_middle == pytest.approx(target, abs=0.01)


@given(st.floats(0.08, 0.9), st.floats(4, 12))
def test_a_halftone_prints_as_much_ink_as_asked(coverage: float, pitch: float) -> None:
    field = np.full((160, 160), coverage, np.float32)
    inked = float(printed(field, pitch).mean())
    assert 0 <= inked <= 1
    assert inked >= float(printed(field * 0.8, pitch).mean()) - 0.02
    assert abs(inked - coverage) < 0.16


def test_paper_stays_clean_and_blacks_stay_solid() -> None:
    assert printed(np.zeros((64, 64), np.float32), 5).max() == 0
    assert printed(np.ones((64, 64), np.float32), 5).min() == 1


@given(st.floats(0.2, 0.8), st.floats(0.001, 0.2))
def test_an_edge_is_about_one_pixel_wide_whatever_the_slope(threshold: float, slope: float) -> None:
    ramp = np.tile((np.arange(64, dtype=np.float32) - 32) * slope + threshold, (64, 1)).astype(np.float32)
    row = edge(ramp, threshold)[32]
    assert ((row > 0.01) & (row < 0.99)).sum() <= 3 or slope < 0.002


@given(st.floats(0.3, 40))
def test_blurring_keeps_the_mean_inside_the_range(sigma: float) -> None:
    field = np.zeros((90, 90), np.float32)
    field[30:60, 30:60] = 1
    result = blurred(field, sigma)
    assert result.shape == field.shape
    assert -0.02 <= result.min() <= result.max() <= 1.02


def test_step_is_half_at_its_threshold() -> None:
    assert step(np.array([0.4, 0.5, 0.6], np.float32), 0.5, 0.1) == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize("sigma", [4.0, 9.0, 20.0])
def test_a_wide_blur_is_a_gaussians_and_has_no_ripples_that_light_would_show(sigma: float) -> None:
    field = np.zeros((200, 201), np.float32)
    field[70:130, 60:140] = 1
    quick, exact = blurred(field, sigma), cv2.GaussianBlur(field, (0, 0), sigma)
    assert np.abs(quick - exact)[40:-40, 40:-40].max() < 2e-3
    assert np.abs(cv2.Laplacian(quick - exact, cv2.CV_32F))[40:-40, 40:-40].max() < 0.002
