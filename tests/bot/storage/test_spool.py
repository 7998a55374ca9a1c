"""Pictures at rest can be read with the right key, the right job and the right kind, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import Address
from bot.errors import Gone, StorageTrouble
from bot.secrets import Secret
from bot.storage.spool import Pictures, Seal, Spool, Stored, pack_avatar, pack_photo, unpack_avatar, unpack_photo
from generator.engine import Photo
from tests.bot.storage.traffic import MARKER, SECRET, photo


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, SECRET)


def test_a_photo_keeps_its_pixels() -> None:
    assert unpack_photo(pack_photo(photo())) == photo()
    assert len(pack_photo(photo())) == 12 + len(photo().rgb)
    with pytest.raises(ValueError, match="no photo"):
        unpack_photo(b"JPEG" + bytes(20))


@given(st.binary(min_size=1).map(lambda rest: b"\x89PNG" + rest), st.lists(st.binary(max_size=300), max_size=4))
def test_a_grid_keeps_its_pictures_and_one_alone_stays_as_it_is(png: bytes, parts: list[bytes]) -> None:
    packed = pack_avatar(png, parts)
    assert unpack_avatar(packed) == Pictures(png, tuple(parts))
    assert (packed == png) is (not parts)
    moving = pack_avatar(png, parts, b"GIF89a")
    assert unpack_avatar(moving) == Pictures(png, tuple(parts), b"GIF89a")


@given(st.binary(max_size=40), st.integers(0, 60))
def test_no_bytes_are_taken_for_a_grid_that_they_are_not(rest: bytes, cut: int) -> None:
    grid, moving = pack_avatar(b"a picture", [b"one", b"", b"three"]), pack_avatar(b"a picture", [], b"GIF89a")
    for data in (b"BPPG" + rest, b"BPPL" + rest, grid[:cut], moving[:cut]):
        try:
            kept = unpack_avatar(data)
        except ValueError:
            continue
        assert pack_avatar(kept.png, kept.parts, kept.loop) == data


def test_what_was_written_can_be_read_and_looks_like_noise(spool: Spool, tmp_path: Path) -> None:
    stored = spool.write(MARKER * 1000, "uid", "photo")
    raw = (tmp_path / stored.name).read_bytes()
    assert MARKER not in raw
    assert MARKER not in stored.key
    assert spool.read(stored, "uid", "photo") == MARKER * 1000
    assert (tmp_path / stored.name).stat().st_mode & 0o777 == 0o600


def test_the_same_photo_twice_gives_two_different_files(spool: Spool, tmp_path: Path) -> None:
    first, second = (spool.write(MARKER, "uid", "photo") for _ in range(2))
    assert (tmp_path / first.name).read_bytes() != (tmp_path / second.name).read_bytes()


@pytest.mark.parametrize("harm", ["flipped bit", "cut", "other job", "other kind", "other key", "other secret"])
def test_anything_wrong_is_noticed(harm: str, spool: Spool, tmp_path: Path) -> None:
    stored, other = spool.write(MARKER, "uid", "photo"), spool.write(MARKER, "other", "photo")
    path = tmp_path / stored.name
    raw = path.read_bytes()
    uid, kind, reader = "uid", "photo", spool
    if harm == "flipped bit":
        path.write_bytes(raw[:20] + bytes([raw[20] ^ 1]) + raw[21:])
    elif harm == "cut":
        path.write_bytes(raw[:-1])
    elif harm == "other job":
        uid = "other"
    elif harm == "other kind":
        kind = "avatar"
    elif harm == "other key":
        stored = Stored(stored.name, other.key)
    else:
        reader = Spool(tmp_path, Secret(b"x" * 32))
    with pytest.raises(Gone):
        reader.read(stored, uid, kind)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_read_loses_no_picture(spool: Spool, tmp_path: Path) -> None:
    stored = spool.write(MARKER, "uid", "photo")
    tmp_path.rename(aside := tmp_path.with_name("aside"))
    with pytest.raises(StorageTrouble):
        spool.read(stored, "uid", "photo")
    aside.rename(tmp_path)
    assert spool.read(stored, "uid", "photo") == MARKER


def test_a_file_that_is_gone_is_said_to_be_gone(spool: Spool) -> None:
    stored = spool.write(MARKER, "uid", "photo")
    assert spool.remove([stored.name]) == 1
    assert spool.remove([stored.name]) == 0
    with pytest.raises(Gone, match="job-photo-lost"):
        spool.read(stored, "uid", "photo")
    with pytest.raises(Gone, match="error-gone"):
        spool.read(stored, "uid", "avatar")


def test_a_file_in_flight_is_no_orphan_until_it_is_settled(spool: Spool) -> None:
    stored = spool.write(MARKER, "uid", "photo")
    assert spool.names() == set()
    spool.settle(stored.name)
    assert spool.names() == {stored.name}


def test_a_folder_that_is_gone_is_trouble_and_leaves_nothing_in_flight(spool: Spool, tmp_path: Path) -> None:
    tmp_path.rmdir()
    with pytest.raises(StorageTrouble):
        spool.write(MARKER, "uid", "photo")
    assert spool.fresh == set()
    tmp_path.mkdir()


def test_an_address_opens_only_for_its_own_job() -> None:
    seal = Seal(SECRET)
    address = Address("web", "room/7/\0odd 방")
    sealed = seal.close(address, "uid")
    assert seal.open(sealed, "uid") == address
    assert b"room" not in sealed
    for damaged, uid in ((sealed, "other"), (sealed[:20], "uid"), (b"", "uid")):
        with pytest.raises(Gone):
            seal.open(damaged, uid)


def test_a_photo_of_real_size_fits() -> None:
    big = Photo(1280, 1280, bytes(1280 * 1280 * 3))
    assert unpack_photo(pack_photo(big)) == big


def test_a_file_made_during_the_listing_is_no_orphan(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Path.iterdir

    def slow(folder: Path) -> list[Path]:
        spool.write(b"x", "uid", "photo")
        return list(listing(folder))

    monkeypatch.setattr(Path, "iterdir", slow)
    assert spool.names() == set()
