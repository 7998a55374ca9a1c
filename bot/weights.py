"""What the command line does with the weights of the SDXL engine."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from bot.config import Settings
from generator.sdxl import architecture
from generator.sdxl.manifest import Model
from generator.sdxl.sources import source_of
from generator.sdxl.store import Report, Step, Store

_TOO_SMALL_FOR_A_BAR = 100_000
"""Bytes of a file that is there before anybody has read its name."""


def listed(settings: Settings) -> str:
    """What ``bpp models list`` says. Raises ``ManifestInvalid``."""
    store = Store(settings.models_folder)
    lines = [f"In {store.folder}:", ""]
    for model in store.manifest.values():
        needed = "" if model.optional else "needed"
        hosting = "" if model.hosting else "NOT FOR HOSTING"
        lines.append(
            f"{model.id:15} {store.state(model.id):8} {model.role:11} {_size(model):>8}  {needed:7} {hosting}".rstrip()
        )
        lines.append(f"{'':16}{model.licence}. {model.permits}")
        lines.append(f"{'':16}{model.hub} @ {model.revision}")
    lacking = sum(model.size for model in _needed(store) if not store.present(model.id))
    lines += ["", f"{lacking / 1e9:.1f} GB to fetch: bpp models pull" if lacking else "All that is needed is here."]
    return "\n".join(lines)


def pull(settings: Settings, names: Sequence[str], *, source: str | None, accepted: Sequence[str]) -> str:
    """What ``bpp models pull`` says when all of it is there. Raises ``ModelTrouble`` and ``ManifestInvalid``."""
    store = Store(settings.models_folder)
    chosen = list(names) or [model.id for model in _needed(store)]
    with _bars() as report:
        store.pull(chosen, source_of(source), report, accepted)
    lines = [f"Here, whole and right: {', '.join(dict.fromkeys(chosen))}."]
    licences: dict[str, list[str]] = {}
    for model in map(store.model, dict.fromkeys(chosen)):
        licences.setdefault(f"{model.licence}: {model.permits}", []).append(model.id)
    lines += [f"{', '.join(ids)}: {terms}" for terms, ids in licences.items()]
    return "\n".join(lines)


def verify(settings: Settings, names: Sequence[str]) -> tuple[bool, str]:
    """Whether all is well, and what ``bpp models verify`` says. Raises ``ModelMissing`` and ``ModelTrouble``."""
    store = Store(settings.models_folder)
    chosen = list(names) or [model_id for model_id in store.manifest if store.present(model_id)]
    if not chosen:
        return True, f"There are no weights in {store.folder}."
    with _bars() as report:
        flaws = store.verify(chosen, report)
    if not flaws:
        return True, f"Every byte is right: {', '.join(chosen)}."
    said = {
        "missing": "is missing",
        "size": "has the wrong size",
        "bytes": "has a wrong byte",
        "unknown": "was not pulled, so nothing is known of it",
    }
    lines = [f"{flaw.model}/{flaw.file} {said[flaw.what]}." for flaw in flaws]
    damaged = " ".join(dict.fromkeys(flaw.model for flaw in flaws))
    return False, "\n".join([*lines, f"To put it right: bpp models pull {damaged}"])


def show() -> str:
    """What ``bpp models show`` says. Raises ``EngineUnavailable`` without the extra ``sdxl``."""
    return architecture.table()


def _needed(store: Store) -> list[Model]:
    return [model for model in store.manifest.values() if not model.optional]


def _size(model: Model) -> str:
    return f"{model.size / 1e9:.2f} GB" if model.size >= 10**8 else f"{model.size / 1e6:.1f} MB"


@contextlib.contextmanager
def _bars() -> Generator[Report]:
    """One bar a file on standard error, while something is done to it."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def report(step: Step) -> None:
            if step.total and step.total < _TOO_SMALL_FOR_A_BAR:
                return
            name = f"{'check' if step.checking else 'fetch'} {step.model}/{step.file}"
            if name not in bars:
                bars[name] = progress.add_task(name, total=step.total or None)
            progress.update(bars[name], completed=step.done, total=step.total or None)

        yield report
