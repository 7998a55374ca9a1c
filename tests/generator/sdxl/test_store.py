"""Fetching weights over real HTTP, in all weathers, and finding out whether one of their bytes is wrong."""

from __future__ import annotations

import dataclasses
import os
import signal
import stat
import subprocess
import sys
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

from generator.sdxl.manifest import File, Model, load_manifest
from generator.sdxl.plans import PLANS
from generator.sdxl.sources import Folder, Hub, ModelTrouble, source_of
from generator.sdxl.store import LOCK, OFFLINE, ModelMissing, Step, Store
from tests.generator.sdxl.hub_peer import ALL, BIG, COMMIT, CONFIG, FILES, HUB, PINNED, HubPeer, sha256

pytestmark = pytest.mark.xdist_group("sdxl")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def hub() -> Generator[HubPeer]:
    with HubPeer(dict(FILES)) as peer:
        yield peer


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models", ALL)


def whole(store: Store, model_id: str) -> bool:
    folder = store.path(model_id)
    there = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return there == FILES


def trouble(store: Store, hub: HubPeer | str, *model_ids: str, **options: object) -> ModelTrouble:
    place = hub.address if isinstance(hub, HubPeer) else hub
    with pytest.raises(ModelTrouble) as caught:
        store.pull(model_ids or ("tiny",), source_of(place), **options)  # type: ignore[arg-type]
    return caught.value


def test_what_is_pulled_is_there_whole_and_never_asked_for_again(store: Store, hub: HubPeer) -> None:
    store = Store(store.folder.parent / "data" / "models", ALL)
    with pytest.raises(ModelMissing) as missing:
        store.path("tiny")
    assert missing.value.parameters == {"model": "tiny"}
    assert store.fingerprint == ""
    steps: list[Step] = []
    store.pull(["tiny"], Hub(hub.address), steps.append)
    assert whole(store, "tiny")
    assert store.verify(["tiny"]) == []
    assert sorted(path.name for path in store.folder.iterdir()) == [".pulling.lock", LOCK, "tiny"]
    assert stat.S_IMODE(store.folder.parent.stat().st_mode) == 0o700
    last = [step for step in steps if step.file == "unet/model.safetensors"][-1]
    assert (last.done, last.total) == (len(BIG), len(BIG))
    seen, before = len(hub.seen), store.fingerprint
    store.pull(["tiny"], Hub(hub.address))
    assert len(hub.seen) == seen
    assert store.fingerprint == before != ""


def test_a_pull_that_is_killed_goes_on_where_it_stopped(store: Store, hub: HubPeer) -> None:
    script = (
        "import sys; from pathlib import Path; from generator.sdxl.sources import Hub;"
        "from generator.sdxl.store import Store; from tests.generator.sdxl.hub_peer import ALL;"
        "Store(Path(sys.argv[1]), ALL).pull([sys.argv[3]], Hub(sys.argv[2]))"
    )
    for model_id in ("tiny", "moving"):
        hub.seen.clear()
        hub.held.clear()
        with hub.weather(hold_after=1_500_000):
            child = subprocess.Popen([sys.executable, "-c", script, store.folder, hub.address, model_id], cwd=ROOT)
            assert hub.held.wait(20)
            part = store.folder / ".pulling" / model_id / "unet/model.safetensors.part"
            while not part.exists() or part.stat().st_size == 0:
                assert child.poll() is None
            os.kill(child.pid, signal.SIGKILL)
            child.wait(20)
        assert store.state(model_id) == "partly"
        assert not store.present(model_id)
        kept = part.stat().st_size
        store.pull([model_id], Hub(hub.address))
        assert whole(store, model_id)
        assert hub.fetched("unet/model.safetensors") == [0, kept]
        assert len(hub.fetched("config.json")) == 1


def test_a_line_that_is_cut_now_and_then_is_picked_up(store: Store, hub: HubPeer) -> None:
    with hub.weather(cut_after=1_100_000):
        store.pull(["tiny"], Hub(hub.address))
    assert whole(store, "tiny")
    assert hub.fetched("unet/model.safetensors") == [0, 1_100_000, 2_200_000]


def test_a_server_that_cannot_begin_in_the_middle_begins_anew(store: Store, hub: HubPeer) -> None:
    part = store.folder / ".pulling/tiny/unet/model.safetensors.part"
    for left, ranges in ((BIG[:1000], False), (b"x" * 1000, False), (BIG + b"more", False), (BIG + b"much", True)):
        store.folder.mkdir(exist_ok=True)
        (store.folder / LOCK).write_text(f'[tiny]\nhub = "{HUB}"\nrevision = "{COMMIT}"\n[tiny.files]\n')
        part.parent.mkdir(parents=True)
        part.write_bytes(left)
        with hub.weather(ranges=ranges):
            store.pull(["tiny"], Hub(hub.address))
        assert whole(store, "tiny")
        (store.folder / "tiny").rename(store.folder / f"done-{sha256(left)}")


@pytest.mark.parametrize("where", [0, 1_500_000, len(BIG) - 1])
def test_one_wrong_byte_is_found_and_put_right(where: int, store: Store, hub: HubPeer) -> None:
    store.pull(["tiny"], Hub(hub.address))
    file = store.path("tiny") / "unet/model.safetensors"
    with file.open("r+b") as opened:
        opened.seek(where)
        opened.write(bytes([BIG[where] ^ 1]))
    assert [(flaw.file, flaw.what) for flaw in store.verify(["tiny"])] == [("unet/model.safetensors", "bytes")]
    store.pull(["tiny"], Hub(hub.address))
    assert whole(store, "tiny")
    assert len(hub.fetched("config.json")) == 1


def test_a_file_that_is_short_or_gone_is_found(store: Store, hub: HubPeer) -> None:
    store.pull(["tiny"], Hub(hub.address))
    os.truncate(store.path("tiny") / "unet/model.safetensors", 1000)
    (store.path("tiny") / "config.json").unlink()
    assert [flaw.what for flaw in store.verify(["tiny"])] == ["missing", "size"]
    with pytest.raises(ModelMissing):
        store.verify(["moving"])


def test_other_bytes_than_the_pinned_ones_are_thrown_away(store: Store, hub: HubPeer) -> None:
    hub.files["unet/model.safetensors"] = BIG[:-1] + bytes([BIG[-1] ^ 1])
    assert trouble(store, hub).key == "models-different"
    assert not list(store.folder.rglob("*.part"))
    hub.files["unet/model.safetensors"] = BIG + b"more"
    assert trouble(store, hub).key == "models-different"
    assert not store.present("tiny")
    hub.files["unet/model.safetensors"] = BIG
    store.pull(["tiny"], Hub(hub.address))
    assert whole(store, "tiny")


def test_a_branch_is_held_to_the_commit_that_it_was_at_the_first_pull(store: Store, hub: HubPeer) -> None:
    store.pull(["moving"], Hub(hub.address))
    lock = tomllib.loads((store.folder / LOCK).read_text())["moving"]
    assert (lock["hub"], lock["revision"]) == (HUB, COMMIT)
    assert lock["files"] == {name: {"size": len(data), "sha256": sha256(data)} for name, data in FILES.items()}
    assert store.verify(["moving"]) == []
    (store.path("moving") / "config.json").write_bytes(CONFIG.replace(b"tiny", b"mean"))
    assert [flaw.what for flaw in store.verify(["moving"])] == ["bytes"]
    # The branch moves on: what was locked is neither there any more nor replaced by something else.
    hub.branch = COMMIT[::-1]
    failed = trouble(store, hub, "moving")
    assert (failed.key, failed.parameters["status"]) == ("models-hub-missing", 404)
    hub.branch = COMMIT
    store.pull(["moving"], Hub(hub.address))
    assert whole(store, "moving")


def test_a_plain_file_server_is_mirror_enough(store: Store, hub: HubPeer) -> None:
    with hub.weather(plain=True):
        store.pull(["tiny", "moving"], source_of(hub.address + "/"))
    assert whole(store, "tiny")
    assert whole(store, "moving")
    assert store.verify(["tiny", "moving"]) == []
    assert tomllib.loads((store.folder / LOCK).read_text())["moving"]["revision"] == "main"


def test_a_folder_is_source_enough(store: Store, hub: HubPeer, tmp_path: Path) -> None:
    store.pull(["tiny"], Hub(hub.address))
    kept = Store(tmp_path / "kept", ALL)
    kept.pull(["tiny"], Folder(store.folder))
    assert whole(kept, "tiny")
    cache = tmp_path / "cache" / f"models--{HUB.replace('/', '--')}"
    (cache / "snapshots").mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs/main").write_text(COMMIT)
    store.path("tiny").rename(cache / "snapshots" / COMMIT)
    kept.pull(["moving"], source_of(str(tmp_path / "cache")))
    assert whole(kept, "moving")
    assert tomllib.loads((kept.folder / LOCK).read_text())["moving"]["revision"] == COMMIT
    empty = tmp_path / "empty"
    empty.mkdir()
    failed = trouble(store, str(empty))
    assert (failed.key, failed.parameters["folder"]) == ("models-not-there", str(empty))


def test_the_text_of_a_licence_is_kept_where_the_source_has_it(store: Store, hub: HubPeer) -> None:
    licence = File("LICENSE.md", 0, None, exact=False, source="LICENSE.md")
    manifest = {"tiny": dataclasses.replace(PINNED, files=(licence, *PINNED.files))}
    store = Store(store.folder, manifest)
    store.pull(["tiny"], Hub(hub.address))
    assert store.verify(["tiny"]) == []
    hub.files["LICENSE.md"] = b"Do good."
    store.pull(["tiny"], Hub(hub.address))
    assert (store.path("tiny") / "LICENSE.md").read_bytes() == b"Do good."
    (store.path("tiny") / "LICENSE.md").unlink()
    assert [flaw.file for flaw in store.verify(["tiny"])] == ["LICENSE.md"]


def test_too_little_room_is_said_before_anything_is_fetched(store: Store, hub: HubPeer) -> None:
    failed = trouble(store, hub, "tiny", "huge")
    assert failed.key == "models-space"
    assert failed.parameters["needed"] == "10000000.5 GB"
    assert hub.seen == []


def test_weights_that_forbid_hosting_come_only_by_name(store: Store, hub: HubPeer) -> None:
    failed = trouble(store, hub, "tiny", "private")
    assert (failed.key, failed.parameters["model"]) == ("models-noncommercial", "private")
    assert trouble(store, hub, "private", accepted=["tiny"]).key == "models-noncommercial"
    assert hub.seen == []
    store.pull(["private"], Hub(hub.address), accepted=["private"])
    assert whole(store, "private")


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (401, "models-hub-refuses"),
        (403, "models-hub-refuses"),
        (404, "models-hub-missing"),
        (429, "models-hub-trouble"),
        (500, "models-hub-trouble"),
        (503, "models-hub-trouble"),
    ],
)
def test_each_refusal_of_a_hub_is_a_sentence_of_its_own(status: int, key: str, store: Store, hub: HubPeer) -> None:
    with hub.weather(status=status):
        failed = trouble(store, hub)
    assert (failed.key, failed.parameters["status"]) == (key, status)
    store.pull(["tiny"], Hub(hub.address))
    assert whole(store, "tiny")


def test_a_hub_that_is_away_or_cuts_every_line_is_a_sentence(
    store: Store, hub: HubPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.sdxl.store._STALL_SECONDS", 0.01)
    with hub.weather(cut_after=0):
        assert trouble(store, hub).key == "models-hub-cut"
    assert trouble(store, "http://127.0.0.1:1").key == "models-hub-unreachable"
    assert trouble(store, "http://nowhere.invalid").key == "models-hub-unreachable"
    for nonsense in ("ftp://127.0.0.1", "/no/such/folder", "http://", "http://a b", "http://a:b", "http://[::1", ""):
        assert trouble(store, nonsense).key == "models-source", nonsense
    assert trouble(store, hub, "nonsense").key == "models-unknown"


@pytest.mark.parametrize("name", FILES)
def test_a_page_of_a_proxy_is_no_weights(name: str, store: Store, hub: HubPeer) -> None:
    hub.files[name] = b"<html>Please sign in to the network of this hotel</html>"
    with hub.weather(plain=True):
        failed = trouble(store, hub, "moving")
    assert (failed.key, failed.parameters["file"]) == ("models-different", f"moving/{name}")
    assert not store.present("moving")


def test_a_folder_that_cannot_be_written_is_a_sentence(store: Store, hub: HubPeer, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    assert trouble(store, hub).key == "models-folder"
    (tmp_path / "models").unlink()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / LOCK).write_text("[tiny")
    assert trouble(store, hub).key == "models-lock"


def test_two_pulls_do_not_write_into_one_file(store: Store, hub: HubPeer) -> None:
    def second(_step: Step) -> None:
        assert trouble(store, hub).key == "models-busy"

    store.pull(["tiny"], Hub(hub.address), second)
    assert whole(store, "tiny")


def test_the_real_list_can_be_asked_for_and_libraries_are_told_to_stay_at_home(tmp_path: Path) -> None:
    assert Store(tmp_path).manifest == load_manifest()
    assert OFFLINE["HF_HUB_OFFLINE"] == "1"
    script = (
        "import sys, generator.sdxl.store, generator.sdxl.architecture;"
        "sys.exit(any(m in sys.modules for m in ('torch', 'diffusers', 'huggingface_hub', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_what_was_pulled_is_what_the_engine_loads(store: Store, models: Path) -> None:
    from generator.sdxl.loading import load  # noqa: PLC0415 – torch takes seconds, and nothing else here needs it

    manifest: dict[str, Model] = {}
    served: dict[str, bytes] = {}
    for folder in models.iterdir():
        files: list[File] = []
        for path in sorted(path for path in folder.rglob("*") if path.suffix in {".json", ".safetensors"}):
            name, data = str(path.relative_to(folder)), path.read_bytes()
            served[f"{folder.name}/{name}"] = data
            files.append(File(name, len(data), sha256(data), exact=True, source=f"{folder.name}/{name}"))
        manifest[folder.name] = dataclasses.replace(PINNED, id=folder.name, files=tuple(files))
    store = Store(store.folder, manifest)
    with HubPeer(served) as hub:
        store.pull(list(manifest), Hub(hub.address))
    assert store.verify(list(manifest)) == []
    components = load(store, PLANS["cpu"])
    assert components.safety is not None
    assert components.preview_vae is not None
