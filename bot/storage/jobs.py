"""The queue as the application sees it: every method is one whole step, files and rows together."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from bot.chat import Address
from bot.errors import Gone, StorageTrouble
from bot.faults import fault
from bot.quotas import Limits, day_of, left
from bot.storage import copies, outbox, queue, retention
from bot.storage.queue import Durations, Entry, Standing
from bot.storage.rows import (
    Accepted,
    Claim,
    Delivery,
    JobSpec,
    JobView,
    Parameters,
    State,
    Status,
    Swept,
    Ticket,
    Why,
    dump,
    load_notes,
    load_parameters,
    load_refused,
    load_spec,
    single,
)
from bot.storage.spool import Pictures, Seal, Spool, Stored, pack_avatar, pack_photo, unpack_avatar, unpack_photo
from bot.storage.writer import Reader, Writer
from generator.engine import Avatar, Photo, Trace

log = logging.getLogger(__name__)

Clock = Callable[[], int]
"""The time as integer milliseconds UTC. It may jump."""
T = TypeVar("T")
LONGEST_MS = 3_600_000
Shown = tuple[Address, str, JobSpec]
"""Address and language of an open job, and what is drawn."""


class Bell:
    """Wakes whoever waits; a ring between looking and waiting is not missed by the task that looked."""

    def __init__(self) -> None:
        self._rung = 0
        self._event = asyncio.Event()
        self._seen: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()

    def ring(self) -> None:
        self._rung += 1
        self._event.set()
        self._event = asyncio.Event()

    def look(self) -> None:
        """To be called before looking for work: a later ring will end this task's next wait at once."""
        if (task := asyncio.current_task()) is not None:
            self._seen[task] = self._rung

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109
        """Until the next ring, or ``timeout`` seconds."""
        task = asyncio.current_task()
        if task is not None and self._seen.pop(task, self._rung) != self._rung:
            return
        event = self._event
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            return


class Jobs:
    """Jobs from accept to delivery. Methods raise StorageTrouble when the disk does not take or give something."""

    slots: Mapping[str, int]
    """Engine → how many seats there are for it now; set by the wiring, used for estimates only."""
    drawn: Callable[[JobSpec], JobSpec]
    """What would be drawn of a job if its turn were now; likewise."""

    def __init__(self, writer: Writer, reader: Reader, spool: Spool, seal: Seal, clock: Clock) -> None:
        self.slots = {}
        self.drawn = lambda spec: spec
        self._writer = writer
        self._reader = reader
        self._spool = spool
        self._seal = seal
        self._clock = clock
        self._durations: Durations = {}
        self._work = Bell()
        self._deliveries = Bell()
        self._steps: set[asyncio.Task[Any]] = set()
        self._shown: dict[int, Shown | None] = {}
        self._owed: list[tuple[Claim, bool, str | None, Why | None]] = []
        self._asking: dict[int, list[asyncio.Future[Standing]]] = {}
        self._answering: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the measured durations. Called once, by ``Storage.open``."""
        self._durations = await self._reader.run(queue.load_durations)

    async def close(self) -> None:
        """Let steps that their callers gave up come to their end."""
        while self._steps:
            await asyncio.wait(self._steps)

    # --- accepting -------------------------------------------------------------------------------------------------

    async def admit(self, ticket: Ticket, limits: Limits) -> bool:
        """Raise what ``accept`` would raise now, and do nothing else: to be asked before a photo is taken in.

        False: this call was answered before, so ``accept`` will give the same answer without looking at the photo.
        """
        now = self._clock()
        facts = await self._reader.run(
            lambda db: queue.admit(
                db, ticket.key, ticket.room, ticket.channel, ticket.member, ticket.spec, limits, now, ticket.paints
            )
        )
        return facts is not None

    async def accept(self, ticket: Ticket, limits: Limits) -> Accepted:
        """Add a job, or give the same answer again for a call that was answered before.

        The photo is encrypted on the disk before the transaction that names it. Raises Refused (``refused-quota``,
        ``-busy``, ``-full``, ``-blocked``, ``-paused``, ``-style``, ``-painted``) and Gone (the call's job was forgotten).
        """
        if ticket.photo is None:
            job, repeated = await self._accept(ticket, limits, None)
        else:
            job, repeated = await self._whole(self._accept_photo(ticket, ticket.photo, limits))
        standing = await self._standing(job)
        return Accepted(job, repeated, standing.place, standing.ms / 1000)

    async def _accept_photo(self, ticket: Ticket, photo: Photo, limits: Limits) -> tuple[int, bool]:
        uid = secrets.token_hex(16)
        stored = await asyncio.to_thread(lambda: self._spool.write(pack_photo(photo), uid, "photo"))
        try:
            job, repeated = await self._accept(ticket, limits, stored, uid)
        except BaseException:
            await asyncio.to_thread(self._spool.remove, [stored.name])
            raise
        if repeated:
            await asyncio.to_thread(self._spool.remove, [stored.name])
        self._spool.settle(stored.name)
        return job, repeated

    async def _accept(
        self, ticket: Ticket, limits: Limits, stored: Stored | None, uid: str | None = None
    ) -> tuple[int, bool]:
        uid = uid or secrets.token_hex(16)
        spec = ticket.spec
        entry = Entry(
            uid=uid,
            key=ticket.key,
            room=ticket.room,
            channel=ticket.channel,
            member=ticket.member,
            spec=spec,
            locale=ticket.locale,
            address=None if ticket.address is None else self._seal.close(ticket.address, uid),
            photo=stored.name if stored else None,
            photo_key=stored.key if stored else None,
            cost=queue.expected_ms(self._durations, self.drawn(spec)),
            now=self._clock(),
            paints=ticket.paints,
        )
        try:
            job, repeated = await self._writer.run(lambda db: queue.accept(db, entry, limits))
        finally:
            # Also for a caller that was cancelled: its unit may have been committed.
            self.ring()
        fault("after-accept-commit")
        if ticket.address is not None and not repeated:
            # What the courier asks for in a moment need not be unsealed: in a burst, that costs a thousand decryptions.
            self._shown[job] = ticket.address, ticket.locale, spec
        return job, repeated

    async def _standing(self, job: int) -> Standing:
        """Where a job stands. Everybody who asks while an answer is being looked up shares the next one."""
        future: asyncio.Future[Standing] = asyncio.get_running_loop().create_future()
        self._asking.setdefault(job, []).append(future)
        if self._answering is None:
            self._answering = self._step(self._answer())
        return await future

    async def _answer(self) -> None:
        try:
            while asked := self._asking:
                self._asking = {}
                now, slots = self._clock(), dict(self.slots)
                try:
                    found = await self._reader.run(lambda db: queue.standings(db, now, slots, asked))  # noqa: B023
                except StorageTrouble:
                    # The job is on the disk; not knowing its place is no reason to call it refused.
                    found = {}
                for job, futures in asked.items():
                    for future in futures:
                        if not future.done():
                            future.set_result(found.get(job, Standing(0, 0.0)))
        finally:
            self._answering = None

    # --- drawing ---------------------------------------------------------------------------------------------------

    async def claim(
        self,
        slot: str,
        engines: Collection[str],
        others: Collection[str] = (),
        replaced: Collection[str] = (),
        seated: Collection[str] = (),
    ) -> Claim | None:
        """The fairest waiting job for these engines, now held by the returned token; None when there is none.

        ``others``: slots that may do what this one has refused. ``replaced``: those of the engines whose jobs are only
        taken where something else may be drawn in their place. ``seated``: members whose jobs are left in the line.
        """
        self._work.look()
        step = self._step(self._claim(slot, tuple(engines), tuple(others), tuple(replaced), tuple(seated)))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            # Nobody holds what this step may still claim: give it back without counting the attempt.
            self._step(self._give_back(step))
            raise

    async def _give_back(self, step: asyncio.Task[Claim | None]) -> None:
        if (claim := await step) is not None:
            await self.release(claim, counted=False)

    async def _claim(
        self,
        slot: str,
        engines: tuple[str, ...],
        others: tuple[str, ...],
        replaced: tuple[str, ...],
        seated: tuple[str, ...],
    ) -> Claim | None:
        if self._owed:
            await self._pay()
        token, now = secrets.token_hex(16), self._clock()
        claim, erased = await self._writer.run(
            lambda db: queue.claim(db, slot, engines, token, now, others, replaced, seated)
        )
        fault("after-claim")
        if erased:
            await asyncio.to_thread(self._spool.remove, erased)
        if claim is not None or erased:
            self._deliveries.ring()
        return claim

    async def photo(self, claim: Claim) -> Photo | None:
        """The decrypted photo of a claimed job. Raises Gone (``job-photo-lost``) if it cannot be read or the claim is gone."""
        row = await self._reader.run(lambda db: queue.held(db, claim.job, claim.token))
        if row is None:
            raise Gone("job-photo-lost")
        if row["photo"] is None:
            if claim.spec.has_photo:
                raise Gone("job-photo-lost")
            return None
        stored = Stored(row["photo"], row["photo_key"])
        data = await asyncio.to_thread(self._spool.read, stored, row["uid"], "photo")
        try:
            return unpack_photo(data)
        except ValueError as error:
            raise Gone("job-photo-lost") from error

    async def release(self, claim: Claim, *, counted: bool, engine: str | None = None, why: Why | None = None) -> bool:
        """Back into the line at the old place; ``counted=False`` gives the attempt back. False for a stale token.

        With an ``engine``, the job waits for that one from now on, and has all its attempts before it. ``why`` its slot
        did not paint it is written down.
        Never raises StorageTrouble. What a full disk does not take is True as well, and done before the next claim that
        it lets through: a job must not stay with a worker that gave it up.
        """
        try:
            return await self._writer.run(
                lambda db: queue.release(db, claim.job, claim.token, counted=counted, engine=engine, why=why)
            )
        except StorageTrouble:
            self._owed.append((claim, counted, engine, why))
            return True
        finally:
            self.ring()

    async def _pay(self) -> None:
        owed, self._owed = self._owed, []
        for claim, counted, engine, why in owed:
            await self.release(claim, counted=counted, engine=engine, why=why)

    async def finish(self, claim: Claim, avatar: Avatar, seconds: float) -> bool:
        """The avatar is on the disk, then one transaction ends the job. False for a stale token: nothing is kept."""
        return await self._whole(self._finish(claim, avatar, seconds))

    async def _finish(self, claim: Claim, avatar: Avatar, seconds: float) -> bool:
        row = await self._reader.run(lambda db: queue.held(db, claim.job, claim.token))
        if row is None:
            return False
        packed = pack_avatar(avatar.png, avatar.parts, avatar.loop)
        stored = await asyncio.to_thread(self._spool.write, packed, row["uid"], "avatar")
        fault("after-result-rename")
        ms = min(max(seconds * 1000, 1.0), LONGEST_MS)
        taken, now = queue.shares(self._durations, claim.spec, ms), self._clock()

        def unit(db: sqlite3.Connection) -> tuple[list[str], Durations] | None:
            held = queue.held(db, claim.job, claim.token)
            if held is None:
                return None
            erased = queue.end(db, held, "done", now)
            outbox.keep_avatar(db, claim.job, stored, avatar, now)
            # What another engine drew instead says nothing about this kind of job.
            expected = {} if avatar.drawn_as else queue.learn(db, claim.spec, taken)
            fault("before-finish-commit")
            return erased, expected

        try:
            done = await self._writer.run(unit)
        except BaseException:
            await asyncio.to_thread(self._spool.remove, [stored.name])
            raise
        if done is None:
            await asyncio.to_thread(self._spool.remove, [stored.name])
            return False
        fault("after-finish-commit")
        self._spool.settle(stored.name)
        erased, expected = done
        self._durations.update(expected)
        self.ring()
        await asyncio.to_thread(self._spool.remove, erased)
        return True

    async def fail(self, claim: Claim, key: str, parameters: Parameters) -> bool:
        """End the job with a sentence for its member; nothing is charged. False for a stale token."""
        now = self._clock()

        def unit(db: sqlite3.Connection) -> list[str] | None:
            row = queue.held(db, claim.job, claim.token)
            return None if row is None else queue.end(db, row, "failed", now, error=(key, parameters))

        return await self._whole(self._ended(unit))

    async def cancel(self, job: int, room: str, member: str) -> bool:
        """Take the job back, waiting or running; nothing is charged. False if it is already over. Raises Gone."""
        now = self._clock()

        def unit(db: sqlite3.Connection) -> list[str] | None:
            row = _own(db, job, room, member)
            return queue.end(db, row, "cancelled", now) if row["finished"] is None else None

        return await self._whole(self._ended(unit))

    async def _ended(self, unit: Callable[[sqlite3.Connection], list[str] | None]) -> bool:
        erased = await self._writer.run(unit)
        if erased is None:
            return False
        self.ring()
        await asyncio.to_thread(self._spool.remove, erased)
        return True

    # --- looking ---------------------------------------------------------------------------------------------------

    async def view(self, job: int, room: str, member: str) -> JobView:
        """One job of this member in this room. Raises Gone."""
        now, slots = self._clock(), dict(self.slots)

        def look(db: sqlite3.Connection) -> JobView:
            row = _own(db, job, room, member)
            standing = {} if row["finished"] else queue.standings(db, now, slots, (job,))
            return _view(db, row, standing.get(job))

        return await self._reader.run(look)

    async def mine(self, room: str, member: str) -> list[JobView]:
        """This member's unfinished jobs here, finished ones whose avatar is still kept or shared; oldest first."""
        now, slots = self._clock(), dict(self.slots)

        def look(db: sqlite3.Connection) -> list[JobView]:
            rows = db.execute(
                "SELECT * FROM job WHERE member = ? AND room = ?"
                " AND (finished IS NULL OR avatar IS NOT NULL OR shared = 1) ORDER BY id",
                (member, room),
            ).fetchall()
            unfinished = [row["id"] for row in rows if row["finished"] is None]
            standing = queue.standings(db, now, slots, unfinished) if unfinished else {}
            views: list[JobView] = []
            for row in rows:
                with suppress(Gone):
                    views.append(_view(db, row, standing.get(row["id"])))
            return views

        return await self._reader.run(look)

    async def shared(self) -> list[int]:
        """All jobs, of everybody, whose avatar stands in a room."""
        return await self._reader.run(
            lambda db: [row["id"] for row in db.execute("SELECT id FROM job WHERE shared = 1 ORDER BY id")]
        )

    async def left_today(self, room: str, member: str, daily: int) -> int:
        """How many more avatars this member may ask for here today (UTC)."""
        day = day_of(self._clock())

        def look(db: sqlite3.Connection) -> int:
            return db.execute(
                "SELECT count(*) FROM charge WHERE member = ? AND room = ? AND day = ? AND state <> 'returned'",
                (member, room, day),
            ).fetchone()[0]

        return left(daily, await self._reader.run(look))

    async def avatar(self, job: int, room: str, member: str) -> bytes:
        """The finished avatar as PNG; all of a grid in one. Raises Gone once it was erased."""
        return (await self.pictures(job, room, member)).png

    async def pictures(self, job: int, room: str, member: str) -> Pictures:
        """The same, and the pictures of a grid, or the one that moves."""

        def look(db: sqlite3.Connection) -> tuple[str, str | None, bytes | None]:
            row = _own(db, job, room, member)
            return row["uid"], row["avatar"], row["avatar_key"]

        uid, name, key = await self._reader.run(look)
        if name is None or key is None:
            raise Gone
        data = await asyncio.to_thread(self._spool.read, Stored(name, key), uid, "avatar")
        try:
            return unpack_avatar(data)
        except ValueError as error:
            raise Gone from error

    async def take(
        self, job: int, room: str, member: str, place: int, notes: tuple[str, ...] = (), drawn_as: str = ""
    ) -> int:
        """Make a picture of the member's own of that at ``place`` (0 = the first) of the grid ``job``. Its number.

        Taken twice, it is the same job, unless its picture was erased meanwhile. Raises Gone for what is not there.
        """
        return await self._whole(self._take(job, room, member, place, notes, drawn_as))

    async def _take(self, job: int, room: str, member: str, place: int, notes: tuple[str, ...], drawn_as: str) -> int:
        def look(db: sqlite3.Connection) -> tuple[sqlite3.Row, sqlite3.Row | None]:
            row = _own(db, job, room, member)
            return row, _taken(db, row, place)

        grid, taken = await self._reader.run(look)
        if taken is not None:
            return taken["id"]
        parts = (await self.pictures(job, room, member)).parts
        if place not in range(len(parts)) or not parts[place]:
            raise Gone
        spec, now = single(load_spec(grid["spec"]), place), self._clock()
        # As unlike any other as that of the grid, and the same each time: so it fits the row that may be there.
        uid = f"{grid['uid']}{_place(place)}"
        avatar = Avatar(parts[place], spec.size, cast("Trace", grid["trace"] or "high"), notes, drawn_as=drawn_as)
        stored = await asyncio.to_thread(self._spool.write, avatar.png, uid, "avatar")

        def unit(db: sqlite3.Connection) -> tuple[int, bool]:
            row = _own(db, job, room, member)
            if (taken := _taken(db, row, place)) is not None:
                return taken["id"], False
            if row["avatar"] is None:
                raise Gone
            made = queue.take(db, row, _key(row, place), uid, spec, now)
            outbox.keep_avatar(db, made, stored, avatar, now)
            return made, True

        try:
            made, is_new = await self._writer.run(unit)
        except BaseException:
            await asyncio.to_thread(self._spool.remove, [stored.name])
            raise
        if not is_new:
            await asyncio.to_thread(self._spool.remove, [stored.name])
        self._spool.settle(stored.name)
        return made

    async def delete(self, job: int, room: str, member: str) -> bool:
        """Erase a finished avatar now, and that it was shared: the caller takes it back. False when there was none (left).

        Raises Gone.
        """

        def unit(db: sqlite3.Connection) -> list[str] | None:
            row = _own(db, job, room, member)
            db.execute("UPDATE job SET shared = 0 WHERE id = ?", (row["id"],))
            return outbox.drop_avatar(db, row["id"]) or None

        return await self._whole(self._ended(unit))

    async def unshare_all(self, room: str, member: str) -> tuple[int, ...]:
        """Mark everything that this member shared in this room as taken back; the jobs that were shared."""

        def unit(db: sqlite3.Connection) -> tuple[int, ...]:
            rows = db.execute(
                "UPDATE job SET shared = 0 WHERE room = ? AND member = ? AND shared = 1 RETURNING id", (room, member)
            ).fetchall()
            return tuple(sorted(row["id"] for row in rows))

        return await self._writer.run(unit)

    async def mark_shared(self, job: int, room: str, member: str, shared: bool) -> None:  # noqa: FBT001 - it is the value
        """Remember whether the avatar stands in the room. Raises Gone, also when one that is erased would be shared."""

        def unit(db: sqlite3.Connection) -> None:
            row = _own(db, job, room, member)
            if shared and row["avatar"] is None:
                raise Gone("error-no-picture")
            db.execute("UPDATE job SET shared = ? WHERE id = ?", (int(shared), row["id"]))

        await self._writer.run(unit)

    # --- delivering ------------------------------------------------------------------------------------------------

    async def open_deliveries(self) -> list[Status]:
        """Every unfinished job that has an address, running ones first, then along the line.

        For the bell this is no look: what rang since ``due`` may have ended a job, and must wake its courier.
        """
        now, slots = self._clock(), dict(self.slots)
        unreadable: list[int] = []

        def look(db: sqlite3.Connection) -> list[Status]:
            standing = queue.standings(db, now, slots)
            shown = self._shown = self._where(db, standing, unreadable)
            found: list[Status] = []
            for job, at in sorted(standing.items(), key=lambda pair: pair[1].place):
                if (known := shown[job]) is not None:
                    address, locale, spec = known
                    state: State = "queued" if at.place else "running"
                    found.append(Status(job, state, address, locale, at.place or None, at.ms / 1000, spec))
            return found

        found = await self._reader.run(look)
        await self._give_up(unreadable)
        return found

    def _where(self, db: sqlite3.Connection, jobs: Collection[int], unreadable: list[int]) -> dict[int, Shown | None]:
        """Where each job is shown. Only those that are new are unsealed, for this is asked again and again."""
        old = self._shown
        new = dump([job for job in jobs if job not in old])
        rows = (
            db.execute("SELECT * FROM job WHERE id IN (SELECT value FROM json_each(?))", (new,)) if new != "[]" else ()
        )
        fresh: dict[int, Shown | None] = {}
        for row in rows:
            if row["address"] is not None:
                try:
                    address = self._seal.open(row["address"], row["uid"])
                    fresh[row["id"]] = address, row["locale"], load_spec(row["spec"])
                except Gone:
                    unreadable.append(row["id"])
        return {job: old[job] if job in old else fresh.get(job) for job in jobs}

    async def due(self, limit: int) -> list[Delivery]:
        """Final messages to try now, oldest first."""
        self._deliveries.look()
        now = self._clock()
        rows = await self._reader.run(lambda db: outbox.due(db, now, limit))
        found: list[Delivery] = []
        unreadable: list[int] = []
        for row in rows:
            try:
                found.append(self._delivery(row))
            except (Gone, ValueError):
                unreadable.append(row["id"])
        await self._give_up(unreadable)
        return found

    def _delivery(self, row: sqlite3.Row) -> Delivery:
        return Delivery(
            id=row["delivery"],
            job=row["id"],
            room=row["room"],
            member=row["member"],
            address=self._seal.open(row["address"], row["uid"]),
            locale=row["locale"],
            state=cast("State", row["state"]),
            spec=load_spec(row["spec"]),
            trace=cast("Trace | None", row["trace"]),
            notes=load_notes(row["notes"]),
            error_key=row["error_key"],
            error_parameters=load_parameters(row["error_parameters"]),
            attempts=row["attempts"],
        )

    async def _give_up(self, jobs: Collection[int]) -> None:
        """Close jobs whose rows are damaged: they cannot be told, and must not keep others from being told."""
        for job in jobs:
            log.error("job %d: its row cannot be read; it is closed", job)
            try:
                await self._close(job, "failed", ("error-spec", {}))
            except StorageTrouble as trouble:
                log.error("job %d: it could not be closed: %s", job, trouble)  # noqa: TRY400 - the next look tries again

    async def delivered(self, delivery: Delivery) -> None:
        """The final message arrived: forget the address; the avatar is kept for a day from now."""
        now = self._clock()
        await self._writer.run(lambda db: outbox.close(db, delivery.job, now))

    async def postpone(self, delivery: Delivery) -> None:
        """It did not work now: try again later, ever more rarely, at least every five minutes."""
        now = self._clock()
        await self._writer.run(lambda db: outbox.postpone(db, delivery.id, now))

    async def hurry(self, member: str) -> None:
        """A member who was away can be reached again: final messages that wait for a next try go out now."""
        now = self._clock()
        await self._writer.run(lambda db: outbox.hurry(db, member, now))
        self._deliveries.ring()

    async def unreachable(self, delivery: Delivery | Status) -> None:
        """It will never work: close the job (cancel it if it is still open) and erase what it held."""
        await self._close(delivery.job, "cancelled")

    async def _close(self, job: int, state: State, error: tuple[str, Parameters] | None = None) -> None:
        now = self._clock()

        def unit(db: sqlite3.Connection) -> list[str]:
            row = db.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone()
            if row is None:
                return []
            if row["finished"] is None:
                return queue.end(db, row, state, now, error=error, announce=False)
            outbox.close(db, job, now)
            return outbox.drop_avatar(db, job)

        await self._whole(self._ended(unit))

    # --- upkeep ----------------------------------------------------------------------------------------------------

    async def sweep(self) -> Swept:
        """Erase what is past its time, files that no row names, and old copies of the database."""
        return await self._whole(self._sweep())

    async def _sweep(self) -> Swept:
        now = self._clock()
        swept, names = await self._writer.run(lambda db: retention.expire(db, now))
        await asyncio.to_thread(self._spool.remove, names)
        there = await asyncio.to_thread(self._spool.names)
        named = await self._reader.run(retention.named_files)
        files = await asyncio.to_thread(self._spool.remove, sorted(there - named))
        try:
            await asyncio.to_thread(copies.expire, self._spool.folder.parent / copies.FOLDER, now)
        except OSError as error:
            log.error("an old copy of the database cannot be unlinked yet: %s", error.strerror)  # noqa: TRY400
        return Swept(swept.avatars, swept.jobs, swept.decisions, swept.deliveries, files)

    async def recover(self) -> int:
        """After a start: jobs that ran wait again; jobs whose photo is gone end with a sentence. How many ran."""
        there, now = await asyncio.to_thread(self._spool.names), self._clock()

        def unit(db: sqlite3.Connection) -> int:
            recovered = queue.recover(db)
            for row in db.execute("SELECT * FROM job WHERE state = 'queued' AND photo IS NOT NULL").fetchall():
                if row["photo"] not in there:
                    queue.end(db, row, "failed", now, error=("job-photo-lost", {}))
            return recovered

        return await self._writer.run(unit)

    async def wait_for_work(self, timeout: float) -> None:  # noqa: ASYNC109 - waiting for nothing is no error
        """Until there may be a job to claim, or ``timeout`` seconds. Misses nothing since this task's last claim."""
        await self._work.wait(timeout)

    async def wait_for_deliveries(self, timeout: float) -> None:  # noqa: ASYNC109
        """Until a job moved or ended, or ``timeout`` seconds. Misses nothing since this task last asked what is due."""
        await self._deliveries.wait(timeout)

    def ring(self) -> None:
        """Wake workers and courier."""
        self._work.ring()
        self._deliveries.ring()

    async def _whole(self, step: Coroutine[Any, Any, T]) -> T:
        """Run a step of files and rows to its end, even when the caller is cancelled in the middle."""
        return await asyncio.shield(self._step(step))

    def _step(self, step: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(step)
        self._steps.add(task)
        task.add_done_callback(self._steps.discard)
        return task


def _own(db: sqlite3.Connection, job: int, room: str, member: str) -> sqlite3.Row:
    row = db.execute("SELECT * FROM job WHERE id = ? AND room = ? AND member = ?", (job, room, member)).fetchone()
    if row is None:
        raise Gone
    return row


def _place(place: int) -> str:
    return f"/{place + 1}"


def _key(grid: sqlite3.Row, place: int) -> str:
    """What stands for the call of whoever takes a picture out of a grid: the same for every press."""
    return f"{grid['key']}{_place(place)}"


def _taken(db: sqlite3.Connection, grid: sqlite3.Row, place: int) -> sqlite3.Row | None:
    """The job of a picture that was taken out of ``grid``, while the picture is kept."""
    query = "SELECT * FROM job WHERE key = ? AND avatar IS NOT NULL"
    return db.execute(query, (_key(grid, place),)).fetchone()


def _why(row: sqlite3.Row) -> Why:
    reasons: list[Why] = ["away", *load_refused(row["refused"]).values()]
    return reasons[-1]


def _view(db: sqlite3.Connection, row: sqlite3.Row, standing: Standing | None) -> JobView:
    return JobView(
        job=row["id"],
        state=cast("State", row["state"]),
        spec=load_spec(row["spec"]),
        place=(standing.place or None) if standing else None,
        seconds=standing.ms / 1000 if standing else None,
        locale=row["locale"],
        trace=cast("Trace | None", row["trace"]),
        notes=load_notes(row["notes"]),
        shared=bool(row["shared"]),
        created=row["created"],
        kept=row["avatar"] is not None,
        error_key=row["error_key"],
        error_parameters=load_parameters(row["error_parameters"]),
        drawn_as=row["drawn_as"] or "",
        why=_why(row),
        paintable=queue.can_be_painted(db, row),
    )
