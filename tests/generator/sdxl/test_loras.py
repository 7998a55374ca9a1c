"""LoRAs on the tiny UNet, against weights into which the same change was added, and against diffusers' own loader."""

from __future__ import annotations

import copy
import gc
import hashlib
import json
import os
import shutil
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.loaders.lora_pipeline import StableDiffusionXLLoraLoaderMixin

from generator.engine import Avatar, AvatarSpec
from generator.errors import SpecInvalid
from generator.sdxl import architecture, loras
from generator.sdxl.encoding import Encoder
from generator.sdxl.ladder import rungs_of
from generator.sdxl.loading import Components, load
from generator.sdxl.loop import Picture, paint
from generator.sdxl.loras import LoraRefused, Shelf
from generator.sdxl.placement import Placement, in_channels_last
from generator.sdxl.plans import Plan
from generator.sdxl.presets import Preset
from generator.sdxl.store import ModelMissing
from tests.generator.sdxl import lora_files, tiny
from tests.generator.sdxl.lora_files import ALL, FORMATS, Pair, bytes_of, lora, save
from tests.generator.sdxl.painters import PLAN, STYLE, Call, at_once, catalog_in, engine, failing, near
from tests.generator.sdxl.shelves import Folder

pytestmark = pytest.mark.xdist_group("sdxl")

ROOMY = 10**9
EXACT = 2e-4
"""The most by which two ways of adding up the same may differ, where a LoRA changes some 1."""


@pytest.fixture(scope="module")
def parts(models: Path) -> Components:
    return load(Folder(models), Plan("test", precision="fp32"))


@pytest.fixture
def shelf(parts: Components, models: Path) -> Iterator[Shelf]:
    made = Shelf(parts, Folder(models), ROOMY)
    yield made
    made.wear([])
    made.drop_idle()


@pytest.fixture(scope="module")
def ink(parts: Components) -> dict[str, Pair]:
    return lora(parts.unet, seed=1, alpha=2.0)


@pytest.fixture(scope="module")
def oil(parts: Components) -> dict[str, Pair]:
    return lora(parts.unet, ALL, seed=2, alpha=1.0, strength=0.1)


def digest(unet: Any) -> str:
    """Of the name, kind and every byte of all base tensors."""
    seen = hashlib.sha256()
    for name, tensor in unet.state_dict().items():
        seen.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        seen.update(tensor.contiguous().view(torch.uint8).numpy().tobytes())
    return seen.hexdigest()


@torch.inference_mode()
def noise(unet: Any, rows: int = 1, first: int = 0) -> torch.Tensor:
    """What the UNet says to rows ``first`` … of an input that is always the same."""
    source = torch.Generator().manual_seed(5)
    dtype = next(unet.parameters()).dtype
    given = [torch.randn(8, *shape, generator=source).to(dtype) for shape in ((4, 8, 8), (77, 64), (32,))]
    latents, words, pooled = (each[first : first + rows] for each in given)
    told = torch.tensor([[64, 64, 0, 0, 64, 64]]).repeat(rows, 1)
    added = {"text_embeds": pooled, "time_ids": told}
    return unet(latents, 500, encoder_hidden_states=words, added_cond_kwargs=added, return_dict=False)[0].float()


_TWINS: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
"""A network → the copy of it that ``added`` changes, for copying takes longer than all else here."""


def added(unet: Any, *worn: tuple[Mapping[str, Pair], float]) -> Any:
    """A copy of ``unet`` with the LoRAs in its very weights, until the next call."""
    if unet in _TWINS:
        changed = _TWINS[unet]
        changed.load_state_dict(unet.state_dict())
    else:
        changed = _TWINS[unet] = copy.deepcopy(unet)
        for module in changed.modules():
            module._forward_hooks.clear()
    for made, weight in worn:
        for path, pair in made.items():
            weights = changed.get_submodule(path).weight
            weights.data = (weights.double() + weight * pair.change.reshape(weights.shape)).to(weights.dtype)
    return changed


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


@pytest.mark.parametrize("written", FORMATS)
def test_each_way_of_writing_changes_the_same(
    written: str, parts: Components, shelf: Shelf, ink: dict[str, Pair], tmp_path: Path
) -> None:
    keeps_alpha = written.startswith("kohya")
    made = ink if keeps_alpha else {path: Pair(pair.down, pair.up, 3) for path, pair in ink.items()}
    file = save(tmp_path / "ink.safetensors", FORMATS[written](made))
    bare = noise(parts.unet)
    shelf.wear([{str(file): 0.8}])
    expected = noise(added(parts.unet, (made, 0.8)))
    assert apart(noise(parts.unet), expected) < EXACT
    assert apart(bare, expected) > 100 * EXACT
    shelf.wear([{}])
    assert torch.equal(noise(parts.unet), bare)


def test_a_file_of_kohyas_trainer_is_read_as_diffusers_reads_it(
    parts: Components, shelf: Shelf, oil: dict[str, Pair], tmp_path: Path
) -> None:
    file = save(tmp_path / "oil.safetensors", lora_files.kohya(oil))
    theirs = copy.deepcopy(parts.unet)
    # The one layer whose genuine name their table does not hold.
    known = {path: pair for path, pair in oil.items() if not path.startswith(("conv_", "time_emb", "add_emb"))}
    for_them = save(tmp_path / "them.safetensors", lora_files.kohya(known))
    loader: Any = StableDiffusionXLLoraLoaderMixin
    tensors, alphas = loader.lora_state_dict(for_them, unet_config=theirs.config)
    loader.load_lora_into_unet(tensors, alphas, theirs, adapter_name="oil")
    shelf.wear([{str(for_them): 1.0}])
    assert apart(noise(parts.unet), noise(theirs)) < EXACT
    shelf.wear([{str(file): 1.0}])
    assert apart(noise(parts.unet), noise(added(parts.unet, (oil, 1.0)))) < EXACT
    assert shelf.resident == bytes_of([*oil.values(), *known.values()])


def test_every_layer_of_the_real_network_is_known_by_its_genuine_name() -> None:
    unet = architecture.empty("unet")
    names = loras._names(unet, [path for path, _ in loras._layers(unet)])
    for genuine, path in {
        "input_blocks_4_1_transformer_blocks_0_attn1_to_q": "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
        "input_blocks_8_1_transformer_blocks_9_attn2_to_out_0": (
            "down_blocks.2.attentions.1.transformer_blocks.9.attn2.to_out.0"
        ),
        "middle_block_1_transformer_blocks_9_ff_net_0_proj": "mid_block.attentions.0.transformer_blocks.9.ff.net.0.proj",
        "output_blocks_5_1_transformer_blocks_1_ff_net_2": "up_blocks.1.attentions.2.transformer_blocks.1.ff.net.2",
        "output_blocks_0_1_proj_in": "up_blocks.0.attentions.0.proj_in",
        "input_blocks_6_0_op": "down_blocks.1.downsamplers.0.conv",
        "output_blocks_5_2_conv": "up_blocks.1.upsamplers.0.conv",
        "output_blocks_8_0_skip_connection": "up_blocks.2.resnets.2.conv_shortcut",
        "input_blocks_1_0_emb_layers_1": "down_blocks.0.resnets.0.time_emb_proj",
        "down_blocks_0_downsamplers_0_conv": "down_blocks.0.downsamplers.0.conv",
    }.items():
        assert names[genuine] == path
    layers = {path for path, _ in loras._layers(unet)}
    assert len(layers) == 794
    assert {names[lora_files.sgm(path)] for path in layers} == layers
    assert len([path for path in layers if "attentions" in path]) == 722


def test_each_row_of_a_batch_wears_its_own(
    parts: Components, shelf: Shelf, ink: dict[str, Pair], oil: dict[str, Pair], tmp_path: Path
) -> None:
    few = lora(parts.unet, ALL, seed=3, rank=2, strength=0.1)
    styles = {"ink": ink, "oil": oil, "few": few}
    files = {name: str(save(tmp_path / f"{name}.safetensors", lora_files.kohya(made))) for name, made in styles.items()}
    rows: list[dict[str, float]] = [
        {"few": 1.0, "ink": 0.9},
        {"few": 1.0},
        {},
        {"oil": 0.6, "ink": -0.3},
        {"ink": 0.9, "few": 1.0},
    ]
    alone = [
        noise(added(parts.unet, *((styles[name], weight) for name, weight in row.items())), 1, first)
        for first, row in enumerate(rows)
    ]
    shelf.wear([{files[name]: weight for name, weight in row.items()} for row in rows])
    together = noise(parts.unet, len(rows))
    for place, expected in enumerate(alone):
        assert apart(together[place], expected[0]) < EXACT
    shelf.wear([{}])
    assert apart(together[2], noise(parts.unet, 1, 2)[0]) < EXACT
    # A batch of another length than said is a mistake, and no picture.
    shelf.wear([{files["ink"]: 1.0}, {}])
    with pytest.raises(ValueError, match="3 rows"):
        noise(parts.unet, 3)


PRESET = Preset("short", 3, 5.0, "euler")


def test_pictures_of_different_styles_are_painted_together_as_alone(
    parts: Components, shelf: Shelf, ink: dict[str, Pair], oil: dict[str, Pair], tmp_path: Path
) -> None:
    placement = Placement(parts, "none")
    words, unwanted = Encoder(parts, placement).words(["a portrait in ink", "blurry"])
    one, other = (
        str(save(tmp_path / f"{name}.safetensors", lora_files.kohya(made)))
        for name, made in (("ink", ink), ("oil", oil))
    )
    edges = np.where(np.random.default_rng(1).random((tiny.SIDE, tiny.SIDE)) > 0.8, np.uint8(255), np.uint8(0))

    class Watch:
        """Leaves picture ``leaver`` after its first step."""

        def __init__(self, leaver: int = -1) -> None:
            self.leaver, self.steps = leaver, 0
            self.pictures: dict[int, Any] = {}

        def wanted(self, place: int) -> bool:
            return place != self.leaver or not self.steps

        def painted(self, place: int, done: int, steps: int, latents: torch.Tensor) -> None:
            self.steps = done

        def ended(self, place: int, pixels: Any) -> None:
            self.pictures[place] = pixels

    def painted(*worn: Mapping[str, float], watch: Watch | None = None) -> list[Any]:
        pictures = [Picture(words, unwanted, 7, edges, 0.7, loras=each) for each in worn]
        watch = watch or Watch()
        paint(parts, placement, pictures, PRESET, tiny.SIDE, watch, shelf)
        return [watch.pictures.get(place) for place in range(len(worn))]

    outfits = [{one: 1.0}, {other: 0.7}, {}]
    alone = [painted(outfit)[0].astype(int) for outfit in outfits]
    together = painted(*outfits)
    for single, picture in zip(alone, together, strict=True):
        assert np.abs(single - picture).max() <= 1
    assert min(np.abs(alone[a] - alone[b]).max() for a, b in ((0, 1), (0, 2), (1, 2))) > 10
    left = painted(*outfits, watch=Watch(leaver=0))
    assert left[0] is None
    assert np.abs(left[1].astype(int) - alone[1]).max() <= 1
    assert np.abs(left[2].astype(int) - alone[2]).max() <= 1


def test_styles_of_the_engine_wear_theirs_with_the_few_step_lora_down_to_the_last_rung(
    models: Path, ink: dict[str, Pair], oil: dict[str, Pair], tmp_path: Path
) -> None:
    own = load(Folder(models), PLAN)
    (tmp_path / "lightning").mkdir()
    save(tmp_path / "lightning" / "lightning.safetensors", lora_files.kohya(oil))
    save(tmp_path / "ink.v1.safetensors", lora_files.kohya(ink))
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    plain = STYLE.replace('few_step = ""', "")
    catalog = catalog_in(
        tmp_path / "styles",
        oil=plain,
        inky=plain.replace("[parameters]", '[parameters]\nloras = [{ file = "ink.v1.safetensors", weight = 0.8 }]'),
        torn=plain.replace("[parameters]", '[parameters]\nloras = [{ file = "torn.safetensors" }]'),
    )
    before = digest(own.unet)
    shelf = Shelf(own, Folder(tmp_path), ROOMY)
    specs = [
        AvatarSpec(style, seed=3, size=64, quality=quality) for style in ("inky", "oil") for quality in ("fast", "best")
    ]
    plan = replace(PLAN, tile=True)  # as on the last rung, for tiles are seen
    with engine(catalog, models, plan, parts=own, wardrobe=shelf, models=tmp_path) as made:
        alone = [Call(made, spec)().png for spec in specs]
        assert len(set(alone)) == len(specs)
        together = at_once([Call(made, spec) for spec in specs] + [Call(made, replace(specs[0], style="torn"))])
        for one, other in zip(alone, together, strict=False):
            assert isinstance(other, Avatar)
            assert near(one, other.png)
        assert isinstance(together[-1], LoraRefused)
        assert digest(own.unet) == before
        rungs = rungs_of(plan, own.native)
        deep = next(place for place, rung in enumerate(rungs) if rung.offload == "sequential")
        with failing(own.unet, lambda number, _given: number <= deep, torch.OutOfMemoryError):
            drawn = Call(made, specs[0])()
        assert near(alone[0], drawn.png)
    assert shelf._home
    assert digest(own.unet) == before


def test_base_weights_stay_bit_for_bit_whatever_is_worn(
    models: Path, parts: Components, ink: dict[str, Pair], oil: dict[str, Pair], tmp_path: Path
) -> None:
    for precision in ("fp32", "bf16"):
        own = load(Folder(models), Plan("test", precision=precision))
        width = own.dtype.itemsize
        before, bare = digest(own.unet), noise(own.unet)
        few = lora(parts.unet, ALL, seed=3, rank=2)
        files = [
            str(save(tmp_path / f"{place}.safetensors", lora_files.kohya(made)))
            for place, made in enumerate((ink, oil, few))
        ]
        bad = tmp_path / "bad.safetensors"
        bad.write_bytes(b"no weights")
        narrow = Shelf(own, Folder(models), bytes_of([*oil.values(), *few.values()], width))
        for first, second in ((0, 1), (1, 2), (2, 0), (0, 0)):
            narrow.wear([{files[first]: 1.0}, {files[second]: -0.5}])
            assert apart(noise(own.unet, 2)[:1], bare) > EXACT
            with pytest.raises(LoraRefused):
                narrow.wear([{str(bad): 1.0}])
        narrow.wear([{}])
        assert torch.equal(noise(own.unet), bare)
        assert digest(own.unet) == before


def test_lower_precision_paints_what_the_full_one_does(models: Path, oil: dict[str, Pair], tmp_path: Path) -> None:
    own = load(Folder(models), Plan("test", precision="bf16"))
    file = str(save(tmp_path / "oil.safetensors", lora_files.peft({p: Pair(m.down, m.up, 3) for p, m in oil.items()})))
    made = {path: Pair(pair.down, pair.up, 3) for path, pair in oil.items()}
    exact = copy.deepcopy(own.unet).float()
    bare, expected = noise(exact), noise(added(exact, (made, 1.0)))
    shelf = Shelf(own, Folder(models), ROOMY)
    shelf.wear([{file: 1.0}])
    whole = noise(own.unet)
    assert float((whole - expected).norm() / (expected - bare).norm()) < 0.1
    shelf.wear([{file: 1.0}, {}])
    rows = noise(own.unet, 2)
    assert float((rows[:1] - expected).norm() / (expected - bare).norm()) < 0.1
    assert shelf.resident == bytes_of(oil.values(), 2)


def test_streamed_networks_wear_what_lies_at_home(
    models: Path, parts: Components, oil: dict[str, Pair], tmp_path: Path
) -> None:
    file = str(save(tmp_path / "oil.safetensors", lora_files.kohya(oil)))
    own = load(Folder(models), Plan("test", precision="fp32"))
    in_channels_last(own)
    placement = Placement(own, "sequential")
    shelf = Shelf(own, Folder(models), ROOMY, home=True)
    expected = noise(added(parts.unet, (oil, 1.0)))
    shelf.wear([{file: 1.0}])
    with placement.steps():
        assert apart(noise(own.unet), expected) < EXACT
    shelf.wear([{}, {file: 1.0}])
    with placement.steps():
        assert apart(noise(own.unet, 2)[:1], noise(parts.unet)) < EXACT


def resident_tensors(shelf: Shelf, file: str) -> list[torch.Tensor]:
    return [part for change in shelf._loras[Path(file)].changes.values() for part in (change.down, change.up)]


def test_what_was_worn_longest_ago_makes_room_and_is_gone(
    parts: Components, models: Path, ink: dict[str, Pair], oil: dict[str, Pair], tmp_path: Path
) -> None:
    size = bytes_of(ink.values())
    files = [
        str(save(tmp_path / f"{seed}.safetensors", lora_files.kohya(lora(parts.unet, seed=seed)))) for seed in range(3)
    ]
    large = str(save(tmp_path / "large.safetensors", lora_files.kohya(oil)))
    shelf = Shelf(parts, Folder(models), 2 * size)
    shelf.wear([{files[0]: 1.0}])
    shelf.wear([{files[1]: 1.0}])
    shelf.wear([{files[0]: 0.5}])
    assert shelf.resident == 2 * size == sum(t.nbytes for file in files[:2] for t in resident_tensors(shelf, file))
    leaving = [weakref.ref(tensor) for tensor in resident_tensors(shelf, files[1])]
    staying = [weakref.ref(tensor) for tensor in resident_tensors(shelf, files[0])]
    shelf.wear([{files[2]: 1.0}])
    gc.collect()
    assert [path.name for path in shelf.files] == ["0.safetensors", "2.safetensors"]
    assert not any(tensor() is not None for tensor in leaving)
    assert all(tensor() is not None for tensor in staying)
    # What a batch needs together must fit together, or the batch be smaller; what never fits is refused.
    three = [{file: 1.0} for file in files]
    assert shelf.room(three) == 2
    assert shelf.room([{files[0]: 1.0}] * 5) == 5
    with pytest.raises(MemoryError):
        shelf.wear(three)
    with pytest.raises(LoraRefused) as refused:
        shelf.wear([{large: 1.0}])
    assert refused.value.key == "error-lora-memory"
    assert refused.value.parameters["file"] == "large.safetensors"
    assert [path.name for path in shelf.files] == ["0.safetensors", "2.safetensors"]
    assert apart(noise(parts.unet), noise(added(parts.unet, (lora(parts.unet, seed=2), 1.0)))) < EXACT
    # It may all lie at home, and be worn as before.
    worn = noise(parts.unet)
    for home in (True, False):
        shelf.move(home=home)
        assert torch.equal(noise(parts.unet), worn)
    # Down to what is worn, then to nothing, hooks and all.
    shelf.drop_idle()
    assert [path.name for path in shelf.files] == ["2.safetensors"]
    shelf.wear([{}])
    shelf.drop_idle()
    assert not shelf.resident
    assert not any(module._forward_hooks for module in parts.unet.modules())


def test_changing_clothes_reads_no_file(
    parts: Components, shelf: Shelf, ink: dict[str, Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        str(save(tmp_path / f"{seed}.safetensors", lora_files.kohya(lora(parts.unet, seed=seed)))) for seed in (1, 2)
    )
    shelf.wear([{first: 1.0}])
    shelf.wear([{second: 1.0}])
    opened: list[str] = []
    real = loras.safe_open

    def counted(file: str, **settings: Any) -> Any:
        opened.append(str(file))
        return real(file, **settings)

    monkeypatch.setattr(loras, "safe_open", counted)
    for _ in range(3):
        shelf.wear([{first: 1.0}, {second: 1.0}])
        shelf.wear([{second: 0.5}])
    assert not opened
    # Another file under the same name is another LoRA.
    save(Path(second), lora_files.kohya(lora(parts.unet, seed=9)))
    os.utime(second, ns=(1, 1))
    shelf.wear([{second: 0.5}])
    assert opened
    assert set(opened) == {second}
    assert apart(noise(parts.unet), noise(added(parts.unet, (lora(parts.unet, seed=9), 0.5)))) < EXACT
    assert shelf.resident == 2 * bytes_of(ink.values())


def test_what_stands_beside_the_tensors_about_their_strength_counts(
    parts: Components, shelf: Shelf, ink: dict[str, Pair], tmp_path: Path
) -> None:
    tensors = lora_files.peft(ink)
    special = next(iter(ink))

    def strengths(alpha: float, own: float) -> dict[str, Pair]:
        return {path: Pair(pair.down, pair.up, own if path == special else alpha) for path, pair in ink.items()}

    said = {"unet.r": 3, "unet.lora_alpha": 6, "unet.alpha_pattern": {special: 1}, "unet.use_rslora": False}
    cases = [
        (save(tmp_path / "said.safetensors", tensors, said), strengths(6, 1)),
        (save(tmp_path / "none.safetensors", tensors), strengths(3, 3)),
        (
            save(tmp_path / "root.safetensors", tensors, {"unet.lora_alpha": 6, "unet.use_rslora": True}),
            strengths(6 * 3**0.5, 6 * 3**0.5),
        ),
        (save(tmp_path / "peft" / "adapter_model.safetensors", lora_files.raw_peft(ink)), strengths(1.5, 1.5)),
    ]
    (tmp_path / "peft" / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 3, "lora_alpha": 1.5}))
    for file, made in cases:
        shelf.wear([{str(file): 1.0}])
        assert apart(noise(parts.unet), noise(added(parts.unet, (made, 1.0)))) < EXACT, file.name


def test_a_model_of_the_store_and_a_file_with_any_name(
    parts: Components, models: Path, ink: dict[str, Pair], tmp_path: Path
) -> None:
    (tmp_path / "lightning").mkdir()
    save(tmp_path / "lightning" / "sdxl_lightning_4step_lora.safetensors", lora_files.kohya(ink))
    odd = tmp_path / "Ink v1.0 “먹” (final).fp16 ..__base__.safetensors"
    shutil.copy(tmp_path / "lightning" / "sdxl_lightning_4step_lora.safetensors", odd)
    shelf = Shelf(parts, Folder(tmp_path), ROOMY)
    shelf.wear([{"lightning": 0.25, str(odd): 0.5}])
    assert apart(noise(parts.unet), noise(added(parts.unet, (ink, 0.75)))) < EXACT
    shelf.wear([{}])
    shelf.drop_idle()


def without(tensors: Mapping[str, torch.Tensor], end: str) -> dict[str, torch.Tensor]:
    gone = next(name for name in tensors if name.endswith(end))
    return {name: tensor for name, tensor in tensors.items() if name != gone}


def with_one(
    tensors: Mapping[str, torch.Tensor], end: str, change: Callable[[torch.Tensor], torch.Tensor]
) -> dict[str, torch.Tensor]:
    name = next(name for name in tensors if name.endswith(end))
    return {**tensors, name: change(tensors[name])}


def more(tensors: Mapping[str, torch.Tensor], *names: str) -> dict[str, torch.Tensor]:
    return {**tensors, **{name: torch.zeros(2, 2) for name in names}}


ONE = "lora_unet_input_blocks_4_1_proj_in"
TENSORS: Mapping[str, tuple[str, Callable[[dict[str, torch.Tensor]], Mapping[str, torch.Tensor]]]] = {
    "no lora": ("format", lambda _made: {"model.weight": torch.zeros(2)}),
    "nothing": ("format", lambda _made: {}),
    "a key nobody knows": ("format", lambda made: more(made, "optimizer.step")),
    "another model's layers": (
        "base",
        lambda made: more(
            made,
            "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight",
            "lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight",
        ),
    ),
    "a transformer's layers": ("base", lambda _made: more({}, "transformer.blocks.0.attn.to_q.lora_A.weight")),
    "another model's width": ("base", lambda made: with_one(made, "lora_down.weight", lambda old: torch.zeros(4, 7))),
    "halves of two ranks": ("base", lambda made: with_one(made, "lora_up.weight", lambda old: old[:, :-1])),
    "an empty rank": (
        "base",
        lambda made: with_one(
            with_one(made, "lora_up.weight", lambda old: old[:, :0]), "lora_down.weight", lambda old: old[:0]
        ),
    ),
    "text encoder 1": ("text", lambda made: more(made, "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight")),
    "text encoder 2": ("text", lambda made: more(made, "text_encoder_2.text_model.layers.0.fc1.lora_A.weight")),
    "text encoders only": ("text", lambda _made: more({}, "text_encoder.layers.0.fc1.lora_linear_layer.up.weight")),
    "a word of its own": ("text", lambda made: more(made, "clip_l")),
    "dora of kohya": ("kind", lambda made: more(made, f"{ONE}.dora_scale")),
    "dora of peft": ("kind", lambda made: more(made, "unet.conv_in.lora_magnitude_vector")),
    "loha": ("kind", lambda made: more(made, f"{ONE}.hada_w1_a")),
    "lokr": ("kind", lambda made: more(made, f"{ONE}.lokr_w1")),
    "tucker": ("kind", lambda made: more(made, f"{ONE}.lora_mid.weight")),
    "bias": ("kind", lambda made: more(made, "unet.conv_in.lora_B.bias")),
    "whole numbers": ("kind", lambda made: with_one(made, "lora_up.weight", lambda old: old.to(torch.int8))),
    "an up that is missing": ("missing", lambda made: without(made, "lora_up.weight")),
    "a down that is missing": ("missing", lambda made: without(made, "lora_down.weight")),
    "an alpha of nothing": ("missing", lambda made: more(made, f"{ONE}.alpha")),
    "no number": ("broken", lambda made: with_one(made, "lora_up.weight", lambda old: old * float("nan"))),
    "no end": ("broken", lambda made: with_one(made, "lora_down.weight", lambda old: old / 0)),
    "an alpha without end": ("broken", lambda made: with_one(made, "alpha", lambda old: old / 0)),
    "many alphas": ("broken", lambda made: with_one(made, "alpha", lambda old: old.repeat(2))),
}


def refusal(shelf: Shelf, file: Path, key: str, weight: float = 1.0) -> LoraRefused:
    """``file`` is refused with ``key``, and nothing of the shelf is other than before."""
    before = (shelf.files, shelf.resident, shelf._wearing)
    with pytest.raises(LoraRefused) as refused:
        shelf.wear([{str(file): weight}])
    assert refused.value.key == f"error-lora-{key}"
    assert refused.value.parameters["file"] == file.name
    assert isinstance(refused.value, SpecInvalid)
    assert shelf.files == before[0]
    assert shelf.resident == before[1]
    assert shelf._wearing == before[2]
    return refused.value


def test_a_file_that_does_not_fit_is_refused_whole(
    parts: Components, shelf: Shelf, ink: dict[str, Pair], tmp_path: Path
) -> None:
    good = lora_files.kohya(ink)
    shelf.wear([{str(save(tmp_path / "good.safetensors", good)): 1.0}])
    before = noise(parts.unet)
    for name, (key, change) in TENSORS.items():
        refusal(shelf, save(tmp_path / f"{name}.safetensors", change(good)), key)
    deep = "[" * 50_000
    for text in ("[]", "no json", deep, '{"unet.lora_alpha": "much"}', '{"unet.alpha_pattern": {"(a+)+$": 1}}'):
        odd = tmp_path / "metadata.safetensors"
        lora_files.save_file(lora_files.peft(ink), odd, {"lora_adapter_metadata": text})
        refusal(shelf, odd, "format")
    assert torch.equal(noise(parts.unet), before)


def test_what_is_no_file_of_tensors_is_refused(
    parts: Components, shelf: Shelf, ink: dict[str, Pair], tmp_path: Path
) -> None:
    good = save(tmp_path / "good.safetensors", lora_files.kohya(ink))
    data = good.read_bytes()
    shelf.wear([{str(good): 1.0}])
    before = noise(parts.unet)
    for place, bad in enumerate((b"", b"\0" * 64, data[: len(data) // 2], data[:-1], data + b"x", b"\xff" * 8 + data)):
        file = tmp_path / f"bad{place}.safetensors"
        file.write_bytes(bad)
        refusal(shelf, file, "format")
    pickled = tmp_path / "pickled.safetensors"
    torch.save(lora_files.kohya(ink), pickled)
    refusal(shelf, pickled, "format")
    pipe = tmp_path / "pipe.safetensors"
    os.mkfifo(pipe)
    refusal(shelf, pipe, "format")
    refusal(shelf, tmp_path, "format")
    with pytest.raises(ModelMissing) as missing:  # no fault of the style: another engine may draw it
        shelf.wear([{str(tmp_path / "nowhere.safetensors"): 1.0}])
    assert missing.value.parameters == {"model": "nowhere"}
    for weight in (float("nan"), float("inf"), 1000.0):
        refusal(shelf, good, "weight", weight)
    assert torch.equal(noise(parts.unet), before)
    # A weight of nothing needs no file.
    shelf.wear([{str(tmp_path / "nowhere.safetensors"): 0.0}])
    # A file so large that only its first lines may be looked at: they say enough.
    rank = 2**20
    layer = "mid_block.attentions.0.proj_in"
    width = parts.unet.get_submodule(layer).weight.shape[0]
    half = 2 * rank * width
    header = json.dumps(
        {
            f"unet.{layer}.lora_A.weight": {"dtype": "F16", "shape": [rank, width], "data_offsets": [0, half]},
            f"unet.{layer}.lora_B.weight": {"dtype": "F16", "shape": [width, rank], "data_offsets": [half, 2 * half]},
        }
    ).encode()
    huge = tmp_path / "huge.safetensors"
    with huge.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + 2 * half)  # a hole: nothing is written
    shelf.budget = 10**8
    assert refusal(shelf, huge, "memory").parameters["needed"] == 256


def test_compiled_networks_change_clothes_without_being_compiled_again(
    models: Path, ink: dict[str, Pair], tmp_path: Path
) -> None:
    own = load(Folder(models), Plan("test", precision="fp32"))
    oil = lora(own.unet, r"transformer_blocks|proj_", seed=2, strength=0.1)
    one, other = (
        str(save(tmp_path / f"{name}.safetensors", lora_files.kohya(made)))
        for name, made in (("ink", ink), ("oil", oil))
    )
    plain = copy.deepcopy(own.unet)
    shelf = Shelf(own, Folder(models), ROOMY, steady=True)
    compiles: list[object] = []

    def backend(graph: Any, _examples: Sequence[Any]) -> Any:
        compiles.append(graph)
        return graph.forward

    # Two blocks built alike, which share what is compiled: each must wear its own all the same.
    for block in own.unet.mid_block.attentions[0].transformer_blocks:
        block.compile(fullgraph=True, backend=backend)
    shelf.wear([{}] * 2)
    bare = noise(own.unet, 2)
    assert apart(bare, noise(plain, 2)) < EXACT
    warm = len(compiles)
    assert warm
    for row, made, weight in ((one, ink, 1.0), (other, oil, 0.5), (one, ink, -0.5)):
        shelf.wear([{row: weight}, {}])
        seen = noise(own.unet, 2)
        assert apart(seen[0], noise(added(plain, (made, weight)))[0]) < EXACT
        assert apart(seen[1], bare[1]) < EXACT
    shelf.wear([{}] * 2)
    shelf.drop_idle()
    assert torch.equal(noise(own.unet, 2), bare)
    assert len(compiles) == warm
