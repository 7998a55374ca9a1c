"""The classic engine: figures and photo styles with OpenCV, no weights."""

from __future__ import annotations

from generator.classic.engine import ClassicEngine

__all__ = ["ClassicEngine"]
