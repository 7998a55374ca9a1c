"""The SDXL engine: Stable Diffusion XL, a canny ControlNet and LoRA styles, on a GPU or on patience."""

from __future__ import annotations
