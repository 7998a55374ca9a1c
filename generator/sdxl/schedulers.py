"""The ways from noise to picture, by name. A scheduler remembers its way, so each picture gets a fresh one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from diffusers.schedulers.scheduling_lcm import LCMScheduler
from diffusers.schedulers.scheduling_tcd import TCDScheduler
from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler

from generator.errors import SpecInvalid

_KEPT = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "prediction_type", "steps_offset")
"""What belongs to the trained network; the rest of a model's scheduler file belongs to its own scheduler."""

_SCHEDULERS: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "euler": (EulerDiscreteScheduler, {"timestep_spacing": "leading"}),
    "euler-trailing": (EulerDiscreteScheduler, {"timestep_spacing": "trailing"}),
    "dpmpp-2m-karras": (
        DPMSolverMultistepScheduler,
        {"timestep_spacing": "leading", "algorithm_type": "dpmsolver++", "solver_order": 2, "use_karras_sigmas": True},
    ),
    "unipc": (UniPCMultistepScheduler, {"timestep_spacing": "leading"}),
    "ddim": (DDIMScheduler, {"timestep_spacing": "leading", "clip_sample": False, "set_alpha_to_one": False}),
    "lcm": (LCMScheduler, {"timestep_spacing": "leading", "clip_sample": False, "set_alpha_to_one": False}),
    "tcd": (TCDScheduler, {"timestep_spacing": "leading", "clip_sample": False, "set_alpha_to_one": False}),
}

SCHEDULERS = tuple(_SCHEDULERS)
TAKES_ETA = frozenset({"ddim", "tcd"})
"""Those that let a share of fresh noise in at each step, as much as a preset says."""


def fresh(name: str, config: Mapping[str, Any]) -> Any:
    """A scheduler called ``name`` for a model whose scheduler file says ``config``; ``SpecInvalid`` when there is none."""
    if name not in _SCHEDULERS:
        raise SpecInvalid("error-scheduler", {"scheduler": name, "schedulers": ", ".join(SCHEDULERS)})
    kind, settings = _SCHEDULERS[name]
    return kind(**{key: config[key] for key in _KEPT if key in config}, **settings)
