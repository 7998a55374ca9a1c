"""Styles worn over the UNet: LoRA files put on and taken off without a weight of the UNet being touched.

A LoRA is a pair of narrow matrices for each layer that it changes. They are added to what the layer says, in a hook
behind it: the layer itself, its name and its weights stay what they are, so nothing has to be undone. Each row of a
batch may wear LoRAs of its own, several over one another, each with its own weight. (The library's own way gives one
adapter to a row, which leaves no place for a style beside the LoRA that makes few steps enough.)

A file is judged whole before anything changes: every tensor in it must be known by name, belong to a layer of this
UNet, and fit there. Three ways of writing the same are read, told apart key by key and not file by file: diffusers
(``unet.….lora.down.weight``), peft (``….lora_A.weight``) and kohya (``lora_unet_input_blocks_4_1_….lora_down.weight``).
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import stat
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from torch import library as operators

from generator.errors import GeneratorError, SpecInvalid
from generator.sdxl.loading import Components
from generator.sdxl.store import ModelMissing, Store

_SUFFIX = ".safetensors"
_PEFT_FILE, _PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"
_DIFFUSERS_METADATA = "lora_adapter_metadata"
_MOST_KEYS = 50_000
"""The real UNet has 794 layers, of three tensors each."""
_MOST_METADATA = 1_000_000
_STRONGEST = 10.0
_FLOATS = {"F64", "F32", "F16", "BF16"}

_KEY = re.compile(
    r"(?P<layer>.+?)(?:"
    r"\.lora_(?P<peft>[AB])(?:\.\w+)?\.weight"
    r"|(?:\.lora_|[._]lora(?:_linear_layer)?\.)(?P<half>down|up)\.weight"
    r"|\.(?P<alpha>alpha))"
)
_PREFIX = re.compile(r"(?:base_model\.model\.)?(?:unet\.|lora_unet_|(?:model\.)?diffusion_model\.)?")
_TEXT = re.compile(r"(?:base_model\.model\.)?(?:text_encoder(?:_2)?\.|lora_te\d?_|conditioner\.|clip_[lg]|bundle_emb)")
_OTHER_KINDS: Mapping[str, re.Pattern[str]] = {
    "DoRA": re.compile(r"\.(?:dora_scale|lora_magnitude_vector(?:\..*)?)$"),
    "LoHa": re.compile(r"\.hada_\w+$"),
    "LoKr": re.compile(r"\.lokr_\w+$"),
    "OFT": re.compile(r"\.(?:oft_\w+|boft_\w+)(?:\..*)?$"),
    "Tucker": re.compile(r"\.lora_mid\.weight$"),
    "bias": re.compile(r"\.(?:lora_(?:[AB](?:\.\w+)?|down|up)\.bias|diff_b)$"),
    "full": re.compile(r"\.(?:diff|w_norm|b_norm)$"),
}


class LoraRefused(SpecInvalid):
    """A LoRA cannot be worn; nothing has changed. The key says what is wrong with it:

    ``error-lora-format`` no LoRA in safetensors, ``-base`` made for another model, ``-kind`` a kind of adapter that is
    not taken, ``-text`` it changes how words are read, ``-missing`` half of a pair is not there, ``-broken`` its
    numbers are none, ``-memory`` larger than the memory for LoRAs, ``-weight`` absurd weight.
    """

    default_key = "error-lora-format"


Row = Mapping[str, float]
"""Id of a model, or absolute path of a file → its weight."""
_Stamp = tuple[int, int, int]
"""By what a file is known to be another than before."""
_Outfit = dict[Path, float]
"""What one row wears."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a file holds, judged by its names and shapes; no number has been read."""

    file: Path
    stamp: _Stamp
    layers: Mapping[str, _Pair]
    size: int
    """Bytes once loaded."""


@dataclass(slots=True)
class _Pair:
    """Where in a file the parts of one layer are."""

    down: str = ""
    up: str = ""
    alpha: str = ""
    rank: int = 0
    scale: float = 1.0
    """alpha / rank, as far as it is not in a tensor of its own."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What one LoRA changes in one layer."""

    down: torch.Tensor
    up: torch.Tensor
    scale: float


@dataclass(frozen=True, slots=True)
class _Lora:
    """A LoRA in memory."""

    stamp: _Stamp
    changes: Mapping[str, _Change]
    size: int


@dataclass(frozen=True, slots=True)
class _Worn:
    """One LoRA on one layer, for some rows of the batch."""

    down: torch.Tensor
    up: torch.Tensor
    factor: float
    rows: torch.Tensor | None
    """None: all of them."""
    factors: torch.Tensor | None
    """One for each of ``rows`` where they differ."""
    of: int
    """Rows of the whole batch."""
    plain: torch.Tensor | None
    """``up`` turned, where a linear layer wears it in every row alike: what is mostly so, and must cost little."""


@dataclass(slots=True)
class _Seat:
    """One layer that can wear something."""

    module: Any
    worn: list[_Worn] = field(default_factory=list["_Worn"])
    hook: Any = None


class Shelf:
    """The LoRAs that are in memory, and the UNet that wears them. For the one thread that paints."""

    def __init__(
        self, parts: Components, store: Store, budget: int, *, steady: bool = False, home: bool = False
    ) -> None:
        """At most ``budget`` bytes of LoRAs are kept.

        ``steady``: the UNet will be compiled, and must look the same whatever it wears; to be made before that.
        ``home``: LoRAs lie in the machine's own memory, and come to the device with the layer that is at work.
        """
        self._store = store
        self._device = parts.device
        self._home = home
        self._dtype = parts.dtype
        self._steady = steady
        self.budget = budget
        self._seats = {path: _Seat(module) for path, module in _layers(parts.unet)}
        self._names = _names(parts.unet, self._seats)
        self._drafts: dict[Path, _Draft] = {}
        self._loras: OrderedDict[Path, _Lora] = OrderedDict()
        """The one that was worn longest ago first."""
        self._wearing: tuple[list[_Outfit], dict[Path, _Stamp]] | None = None
        if steady:
            for seat in self._seats.values():
                _hang(seat, steady=True)

    @property
    def resident(self) -> int:
        """Bytes of the LoRAs in memory."""
        return sum(lora.size for lora in self._loras.values())

    @property
    def files(self) -> tuple[Path, ...]:
        """Those in memory; the next to go first."""
        return tuple(self._loras)

    def wear(self, rows: Sequence[Row]) -> None:
        """From now on the UNet is given batches of ``len(rows)`` rows, of which each wears these.

        Raises ``LoraRefused`` and ``ModelMissing`` for what cannot be worn, and ``MemoryError`` where each row alone
        would fit into the budget but not all together (see ``room``); nothing has changed then.
        """
        stamps: dict[Path, _Stamp] = {}
        wanted = [self._row(row, stamps) for row in rows]
        wearing = (wanted, stamps)
        if wearing == self._wearing:
            return
        absent = [file for file in stamps if not self._here(file, stamps[file])]
        if absent:
            drafts = {file: self._draft(file, stamps[file]) for file in absent}
            self._check_room(wanted, drafts)
            read = {file: self._read(draft) for file, draft in drafts.items()}
            self._undress()
            self._make_room(stamps, sum(draft.size for draft in drafts.values()))
            for file, lora in read.items():
                self._loras[file] = self._brought(lora)
                for path in lora.changes:
                    _hang(self._seats[path], steady=self._steady)
        for file in stamps:
            self._loras.move_to_end(file)
        self._dress(wanted)
        self._wearing = wearing

    def check(self, row: Row) -> None:
        """Raise what ``wear`` would raise for this row, as far as names and shapes tell it; nothing is loaded."""
        stamps: dict[Path, _Stamp] = {}
        worn = self._row(row, stamps)
        self._check_room([worn], {file: self._draft(file, stamp) for file, stamp in stamps.items()})

    def room(self, rows: Sequence[Row]) -> int:
        """How many of ``rows``, from the first on, can be worn together; at least 1. Whoever is refused anyway takes
        no room."""
        total, seen = 0, set[Path]()
        for place, row in enumerate(rows):
            stamps: dict[Path, _Stamp] = {}
            try:
                self._row(row, stamps)
                new = {file: self._size(file, stamps[file]) for file in stamps if file not in seen}
            except GeneratorError:
                continue
            total += sum(new.values())
            seen.update(new)
            if total > self.budget and place:
                return place
        return max(1, len(rows))

    def has(self, model_id: str) -> bool:
        """Whether a LoRA of this id is installed."""
        return self._store.present(model_id)

    def drop_idle(self) -> None:
        """Let go of every LoRA that is not worn, for memory has become short."""
        worn = {} if self._wearing is None else self._wearing[1]
        for file in [file for file in self._loras if file not in worn]:
            self._evict(file)

    def move(self, *, home: bool) -> None:
        """From now on keep LoRAs in the machine's own memory, or on the device; for the latter there may be no room."""
        if self._home == home:
            return
        self._home = home
        wearing = self._wearing
        self._undress()
        for file in list(self._loras):
            self._loras[file] = self._brought(self._loras[file])
        if wearing is not None:
            self._dress(wearing[0])
            self._wearing = wearing

    def _row(self, row: Row, stamps: dict[Path, _Stamp]) -> _Outfit:
        worn: _Outfit = {}
        for name, weight in row.items():
            if not math.isfinite(weight) or abs(weight) > _STRONGEST:
                raise LoraRefused("error-lora-weight", {"file": _shown(Path(name)), "weight": str(weight)})
            if weight == 0:
                continue
            file = Path(name) if Path(name).is_absolute() else _only(self._store.path(name))
            stamps[file] = _stamp(file)
            worn[file] = worn.get(file, 0.0) + weight
        return worn

    def _here(self, file: Path, stamp: _Stamp) -> bool:
        return file in self._loras and self._loras[file].stamp == stamp

    def _size(self, file: Path, stamp: _Stamp) -> int:
        return self._loras[file].size if self._here(file, stamp) else self._draft(file, stamp).size

    def _check_room(self, wanted: Sequence[_Outfit], drafts: Mapping[Path, _Draft]) -> None:
        sizes = {
            file: drafts[file].size if file in drafts else self._loras[file].size for row in wanted for file in row
        }
        for row in wanted:
            needed = sum(sizes[file] for file in row)
            if needed > self.budget:
                largest = max(row, key=lambda file: sizes[file])
                raise LoraRefused(
                    "error-lora-memory",
                    {"file": _shown(largest), "needed": -(-needed // 2**20), "room": self.budget // 2**20},
                )
        if sum(sizes.values()) > self.budget:
            raise MemoryError("the LoRAs of this batch do not fit together")

    def _make_room(self, wanted: Mapping[Path, _Stamp], needed: int) -> None:
        """Evict what was not worn for longest until ``needed`` bytes are free; of ``wanted`` only what is no longer what
        its file says."""
        for file in [file for file, lora in self._loras.items() if wanted.get(file, lora.stamp) != lora.stamp]:
            self._evict(file)
        for file in [file for file in self._loras if file not in wanted]:
            if self.resident + needed <= self.budget:
                return
            self._evict(file)

    def _evict(self, file: Path) -> None:
        gone = self._loras.pop(file)
        self._drafts.pop(file, None)
        if self._steady:
            return
        for path in gone.changes:
            seat = self._seats[path]
            if seat.hook is not None and not any(path in lora.changes for lora in self._loras.values()):
                seat.hook.remove()
                seat.hook = None

    def _undress(self) -> None:
        self._wearing = None
        for seat in self._seats.values():
            seat.worn = []

    def _dress(self, wanted: Sequence[_Outfit]) -> None:
        self._undress()
        for file in dict.fromkeys(file for row in wanted for file in row):
            places = [place for place, row in enumerate(wanted) if file in row]
            weights = [wanted[place][file] for place in places]
            alike = len(set(weights)) == 1
            rows = None if len(places) == len(wanted) else torch.tensor(places, device=self._device)
            factors = None if alike else torch.tensor(weights, device=self._device)
            everywhere = rows is None and alike and not self._home
            for path, change in self._loras[file].changes.items():
                factor = change.scale * (weights[0] if alike else 1.0)
                plain = change.up.t() if everywhere and change.up.dim() == 2 else None
                self._seats[path].worn.append(_Worn(change.down, change.up, factor, rows, factors, len(wanted), plain))

    def _draft(self, file: Path, stamp: _Stamp) -> _Draft:
        known = self._drafts.get(file)
        if known is None or known.stamp != stamp:
            known = self._drafts[file] = self._judged(file, stamp)
        return known

    def _judged(self, file: Path, stamp: _Stamp) -> _Draft:
        """What is in ``file``, by its names and shapes. Raises ``LoraRefused``."""
        with _opened(file) as tensors:
            keys = list(tensors.keys())
            if len(keys) > _MOST_KEYS:
                raise LoraRefused(parameters={"file": _shown(file)})
            pairs = self._pairs(file, keys)
            alphas = _alphas(file, tensors.metadata() or {})
            size = 0
            for path, pair in pairs.items():
                down, up = tensors.get_slice(pair.down), tensors.get_slice(pair.up)
                for part in (down, up):
                    if part.get_dtype() not in _FLOATS:
                        raise LoraRefused("error-lora-kind", {"file": _shown(file), "kind": str(part.get_dtype())})
                shapes = tuple(down.get_shape()), tuple(up.get_shape())
                pair.rank = self._rank(file, path, *shapes)
                pair.scale = alphas.scale(path, pair.rank)
                size += (math.prod(shapes[0]) + math.prod(shapes[1])) * self._dtype.itemsize
        return _Draft(file, stamp, pairs, size)

    def _pairs(self, file: Path, keys: Sequence[str]) -> dict[str, _Pair]:
        """The layers that ``keys`` speak of. Raises ``LoraRefused`` unless every one of them is understood."""
        shown = _shown(file)
        text = [key for key in keys if _TEXT.match(key)]
        rest = [key for key in keys if not _TEXT.match(key)]
        kinds = {key: kind for key in rest for kind, pattern in _OTHER_KINDS.items() if pattern.search(key)}
        read = {key: _KEY.fullmatch(key) for key in rest if key not in kinds}
        found: dict[str, _Pair] = {}
        for key, parts in read.items():
            if parts is None:
                raise LoraRefused(parameters={"file": shown})
            path = self._path(parts["layer"])
            if path is None:
                raise LoraRefused("error-lora-base", {"file": shown, "layer": _plain(key)})
            pair = found.setdefault(path, _Pair())
            role = parts["alpha"] or parts["half"] or {"A": "down", "B": "up"}[parts["peft"]]
            if getattr(pair, role):  # two names for the same
                raise LoraRefused(parameters={"file": shown})
            setattr(pair, role, key)
        if kinds:
            raise LoraRefused("error-lora-kind", {"file": shown, "kind": next(iter(kinds.values()))})
        if text:
            raise LoraRefused("error-lora-text", {"file": shown})
        if not found:
            raise LoraRefused(parameters={"file": shown})
        for path, pair in found.items():
            if not (pair.down and pair.up):
                raise LoraRefused("error-lora-missing", {"file": shown, "layer": path})
        return found

    def _path(self, layer: str) -> str | None:
        """The layer of the UNet that a file calls so, in whichever way of writing."""
        bare = layer[cast("re.Match[str]", _PREFIX.match(layer)).end() :]
        return self._names.get(bare.replace(".processor.", ".").replace(".", "_"))

    def _rank(self, file: Path, path: str, down: tuple[int, ...], up: tuple[int, ...]) -> int:
        """The rank of a pair of these shapes. Raises ``LoraRefused`` where it does not fit its layer."""
        expected = _shapes(self._seats[path].module)
        # A linear layer is written by some as a convolution of one pixel.
        if len(expected) == 2 and len(down) == len(up) == 4 and down[2:] == up[2:] == (1, 1):
            down, up = down[:2], up[:2]
        ends = (1, 1) if len(expected) == 4 else ()
        wide = len(down) == len(expected) and down[1:] == expected[1:]
        if not wide or up != (expected[0], down[0], *ends) or down[0] < 1:
            raise LoraRefused("error-lora-base", {"file": _shown(file), "layer": path})
        return down[0]

    def _read(self, draft: _Draft) -> _Lora:
        """The numbers, in the machine's own memory."""
        shown = _shown(draft.file)
        changes: dict[str, _Change] = {}
        with _opened(draft.file) as tensors:
            for path, pair in draft.layers.items():
                expected = _shapes(self._seats[path].module)
                scale = pair.scale
                if pair.alpha:
                    alpha = tensors.get_tensor(pair.alpha)
                    if alpha.numel() != 1:
                        raise LoraRefused("error-lora-broken", {"file": shown})
                    scale = float(alpha) / pair.rank
                # Copies, for what is read lies in the file itself, which may change.
                down = tensors.get_tensor(pair.down).to(self._dtype, copy=True)
                up = tensors.get_tensor(pair.up).to(self._dtype, copy=True)
                total = down.sum(dtype=torch.float32) + up.sum(dtype=torch.float32)
                if not math.isfinite(scale) or not bool(torch.isfinite(total)):
                    raise LoraRefused("error-lora-broken", {"file": shown})
                if len(expected) == 2:
                    down, up = down.reshape(down.shape[:2]), up.reshape(up.shape[:2])
                changes[path] = _Change(down, up, scale)
        return _Lora(draft.stamp, changes, draft.size)

    def _brought(self, lora: _Lora) -> _Lora:
        """``lora`` where LoRAs lie, laid out as the layers are."""
        changes: dict[str, _Change] = {}
        for path, change in lora.changes.items():
            weight = self._seats[path].module.weight
            image = weight.dim() == 4 and weight.is_contiguous(memory_format=torch.channels_last)
            layout = torch.channels_last if image else torch.contiguous_format
            down, up = (self._put(matrix.contiguous(memory_format=layout)) for matrix in (change.down, change.up))
            changes[path] = _Change(down, up, change.scale)
        return _Lora(lora.stamp, changes, lora.size)

    def _put(self, matrix: torch.Tensor) -> torch.Tensor:
        if not self._home:
            return matrix.to(self._device)
        matrix = matrix.to("cpu")
        return matrix.pin_memory() if self._device.type == "cuda" else matrix


# --- what a layer adds -------------------------------------------------------------------------------------------


def _hang(seat: _Seat, *, steady: bool) -> None:
    if seat.hook is not None:
        return
    if steady:
        seat.module.lora_seat = torch.tensor(len(_SEATS))
        _SEATS.append(seat)
        seat.hook = seat.module.register_forward_hook(_steady_hook)
    else:
        seat.hook = seat.module.register_forward_hook(lambda _module, given, result: _add(seat, given[0], result))


def _add(seat: _Seat, given: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
    for worn in seat.worn:
        if worn.plain is not None and result.is_contiguous():
            narrow = torch.nn.functional.linear(given, worn.down)
            # Adds while it multiplies: one pass over the result less.
            flat = result.view(-1, result.shape[-1])
            flat.addmm_(narrow.reshape(-1, narrow.shape[-1]), worn.plain, alpha=worn.factor)
        else:
            _add_one(seat.module, worn, given, result)
    return result


def _add_one(module: Any, worn: _Worn, given: torch.Tensor, result: torch.Tensor) -> None:
    if len(given) != worn.of and not (worn.rows is None and worn.factors is None):
        raise ValueError(f"a batch of {len(given)} rows in clothes for {worn.of}")
    if worn.rows is not None:
        given = given.index_select(0, worn.rows)
    # Where they lie there already, this is nothing.
    down, up = (matrix.to(given.device, non_blocking=True) for matrix in (worn.down, worn.up))
    flat = down.dim() == 2
    if flat:
        narrow = torch.nn.functional.linear(given, down)
    else:
        narrow = torch.nn.functional.conv2d(given, down, None, module.stride, module.padding, module.dilation)
    if worn.factors is not None:
        narrow = (narrow * worn.factors.reshape(-1, *[1] * (narrow.dim() - 1))).to(narrow.dtype)
    wide = torch.nn.functional.linear(narrow, up) if flat else torch.nn.functional.conv2d(narrow, up)
    if worn.rows is None:
        result.add_(wide, alpha=worn.factor)
    else:
        result.index_add_(0, worn.rows, wide, alpha=worn.factor)


_SEATS: list[_Seat] = []
"""Those in compiled networks, by their number."""


@operators.custom_op("bpp::wear", mutates_args={"result"})
def _wear(given: torch.Tensor, result: torch.Tensor, seat: torch.Tensor) -> None:
    # To the compiler a black box: whatever is worn, the compiled network is the same.
    _add(_SEATS[int(seat)], given, result)


@_wear.register_fake
def _(given: torch.Tensor, result: torch.Tensor, seat: torch.Tensor) -> None: ...


def _steady_hook(module: Any, given: tuple[torch.Tensor, ...], result: torch.Tensor) -> torch.Tensor:
    if torch.compiler.is_compiling():
        _wear(given[0], result, module.lora_seat)
        return result
    return _add(_SEATS[int(module.lora_seat)], given[0], result)


# --- names -------------------------------------------------------------------------------------------------------


def _layers(unet: Any) -> Iterable[tuple[str, Any]]:
    for path, module in unet.named_modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)):
            yield path, module


def _shapes(module: Any) -> tuple[int, ...]:
    return tuple(module.weight.shape)


def _names(unet: Any, paths: Iterable[str]) -> dict[str, str]:
    """What files call a layer → its path; dots, which kohya's names cannot hold, are underscores."""
    names: dict[str, str] = {}
    blocks = dict(_sgm_blocks(unet))
    for path in paths:
        own = [path]
        block = next((block for block in blocks if path == block or path.startswith(f"{block}.")), None)
        if block is not None:
            rest = path[len(block) :]
            own.append(blocks[block] + next((new for old, new in _SGM_LAYERS.items() if rest == old), rest))
        for name in own:
            plain = name.replace(".", "_")
            names[plain] = path
            if plain.endswith("_to_out_0"):
                names[plain.removesuffix("_0")] = path  # as the oldest files of diffusers have it
    return names


_SGM_LAYERS = {
    ".conv1": ".in_layers.2",
    ".time_emb_proj": ".emb_layers.1",
    ".conv2": ".out_layers.3",
    ".conv_shortcut": ".skip_connection",
}


def _sgm_blocks(unet: Any) -> Iterable[tuple[str, str]]:
    """The path of each block → what it is called where SDXL was made."""
    yield from {
        "conv_in": "input_blocks.0.0",
        "conv_out": "out.2",
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "add_embedding.linear_1": "label_emb.0.0",
        "add_embedding.linear_2": "label_emb.0.2",
        "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1",
        "mid_block.resnets.1": "middle_block.2",
    }.items()
    count = 1
    for place, block in enumerate(unet.down_blocks):
        for layer in range(len(block.resnets)):
            yield f"down_blocks.{place}.resnets.{layer}", f"input_blocks.{count}.0"
            yield f"down_blocks.{place}.attentions.{layer}", f"input_blocks.{count}.1"
            count += 1
        if block.downsamplers is not None:
            yield f"down_blocks.{place}.downsamplers.0.conv", f"input_blocks.{count}.0.op"
            count += 1
    count = 0
    for place, block in enumerate(unet.up_blocks):
        attends = hasattr(block, "attentions")
        for layer in range(len(block.resnets)):
            yield f"up_blocks.{place}.resnets.{layer}", f"output_blocks.{count}.0"
            yield f"up_blocks.{place}.attentions.{layer}", f"output_blocks.{count}.1"
            count += 1
        if block.upsamplers is not None:
            yield f"up_blocks.{place}.upsamplers.0.conv", f"output_blocks.{count - 1}.{2 if attends else 1}.conv"


# --- files -------------------------------------------------------------------------------------------------------


def _stamp(file: Path) -> _Stamp:
    """The stamp of ``file``. Raises ``ModelMissing`` where there is none, and ``LoraRefused``."""
    try:
        seen = file.stat()
    except (OSError, ValueError) as error:
        raise ModelMissing(parameters={"model": _plain(file.stem)}) from error
    if not stat.S_ISREG(seen.st_mode):
        raise LoraRefused(parameters={"file": _shown(file)})
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _only(folder: Path) -> Path:
    """The one file of weights in the folder of a model. Raises ``ModelMissing``."""
    found = sorted(folder.glob(f"*{_SUFFIX}"))
    if len(found) != 1:
        raise ModelMissing(parameters={"model": _shown(folder)})
    return found[0]


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """The tensors in ``file``; whatever is wrong with it as a file comes out as ``LoraRefused``."""
    try:
        with safe_open(file, framework="pt", device="cpu") as tensors:
            yield tensors
    except (SafetensorError, OSError) as error:
        raise LoraRefused(parameters={"file": _shown(file)}) from error


@dataclass(frozen=True, slots=True)
class _Alphas:
    """What was written beside the tensors about how strong they are."""

    alpha: float | None = None
    patterns: Mapping[str, float] = field(default_factory=dict[str, float])
    root: bool = False
    """Divided by the root of the rank."""

    def scale(self, path: str, rank: int) -> float:
        """alpha / rank of a layer; 1 where nothing is said."""
        alpha = self.alpha
        for pattern, own in self.patterns.items():
            if path == pattern.lstrip("^") or path.endswith(f".{pattern}"):
                alpha = own
                break
        if alpha is None:
            return 1.0
        return alpha / (math.sqrt(rank) if self.root else rank)


def _alphas(file: Path, metadata: Mapping[str, str]) -> _Alphas:
    """From what diffusers writes into the file, or peft beside it. Raises ``LoraRefused`` where it makes no sense."""
    prefix = "unet."
    try:
        text = metadata.get(_DIFFUSERS_METADATA, "")
        if not text and file.name == _PEFT_FILE and (file.parent / _PEFT_CONFIG).is_file():
            prefix, text = "", (file.parent / _PEFT_CONFIG).read_text(encoding="utf-8")
        if not text or len(text) > _MOST_METADATA:
            return _Alphas()
        said = cast("dict[str, Any]", json.loads(text))
        said = {key.removeprefix(prefix): value for key, value in said.items() if key.startswith(prefix)}
        alpha = said.get("lora_alpha")
        patterns = {str(name): float(own) for name, own in (said.get("alpha_pattern") or {}).items()}
        alphas = _Alphas(None if alpha is None else float(alpha), patterns, root=bool(said.get("use_rslora")))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise LoraRefused(parameters={"file": _shown(file)}) from error
    if not all(re.fullmatch(r"\^?[\w.]+", pattern) for pattern in patterns):  # a layer's name, and no puzzle
        raise LoraRefused(parameters={"file": _shown(file)})
    return alphas


def _shown(file: Path) -> str:
    """The name of a file for people, whoever named it."""
    return _plain(file.name)


def _plain(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:80]
