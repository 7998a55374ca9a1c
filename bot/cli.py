"""The command line: thin Typer commands over ``bot.wiring`` and ``bot.errands``."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer

from generator.engine import DEFAULT_LIKENESS, DEFAULT_SIZE
from generator.traits import TRAITS

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import ModuleType

    from bot.config import Settings

app = typer.Typer(
    name="bpp",
    help="Profile pictures for anonymous chat rooms.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(
    help="Look after the database: upgrade, backup, restore, check.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(db, name="db")
smoke = typer.Typer(
    short_help="Try a real bot in a test server or group.",
    help="Check with real tokens, in a test server or group of yours, that all of it works.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(smoke, name="smoke")
styles = typer.Typer(short_help="List the styles; check and preview your own.", rich_markup_mode=None)
app.add_typer(styles, name="styles")
models = typer.Typer(
    short_help="Fetch and check the weights of the SDXL engine.",
    help="Look after the weights of the SDXL engine: list, pull, verify, show.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(models, name="models")

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data folder; BPP_DATA or a folder of this user by default.")
]


@app.command()
def room(
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; this machine only by default.")] = None,
    data: DataOption = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the room in this machine's browser.")
    ] = True,
) -> None:
    """Open the local chat room: no account, no token, no GPU."""
    from bot import wiring

    settings = _settings(data=data, port=port, host=host)
    wiring.run_room(settings, announce=typer.echo, browser=browser)


@app.command(short_help="Serve Discord and Telegram (BPP_DISCORD_TOKEN, BPP_TELEGRAM_TOKEN).")
def run(
    data: DataOption = None,
    room: Annotated[bool, typer.Option("--room/--no-room", help="Open the local room beside the others.")] = False,
) -> None:
    """Serve the chat platforms that are set up: Discord with BPP_DISCORD_TOKEN, Telegram with BPP_TELEGRAM_TOKEN."""
    from bot import wiring

    wiring.run(_settings(data=data), announce=typer.echo, room=room)


@app.command()
def draw(
    photo: Annotated[
        Path | None, typer.Argument(help="A photo (JPEG, PNG, WebP or AVIF); none draws a figure.")
    ] = None,
    style: Annotated[str | None, typer.Option(help="Style id, see `bpp styles`.")] = None,
    likeness: Annotated[
        int, typer.Option(help="0 to 100: how much of the photo's geometry survives.")
    ] = DEFAULT_LIKENESS,
    hair: Annotated[str | None, typer.Option(help=", ".join(TRAITS["hair"]))] = None,
    glasses: Annotated[str | None, typer.Option(help=", ".join(TRAITS["glasses"]))] = None,
    mood: Annotated[str | None, typer.Option(help=", ".join(TRAITS["mood"]))] = None,
    beard: Annotated[str | None, typer.Option(help=", ".join(TRAITS["beard"]))] = None,
    skin: Annotated[str | None, typer.Option(help=", ".join(TRAITS["skin"]))] = None,
    colour: Annotated[str | None, typer.Option(help=", ".join(TRAITS["colour"]))] = None,
    prop: Annotated[str | None, typer.Option(help=", ".join(TRAITS["prop"]))] = None,
    figure: Annotated[str | None, typer.Option(help=", ".join(TRAITS["figure"]))] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same picture.")] = 0,
    size: Annotated[int, typer.Option(help="Side of the picture in pixels, 64 to 1024.")] = DEFAULT_SIZE,
    output: Annotated[Path, typer.Option("-o", "--output", help="The PNG file to write.")] = Path("avatar.png"),
) -> None:
    """Draw one avatar into a file, without any chat."""
    from bot import drawing

    chosen = {
        "hair": hair, "glasses": glasses, "mood": mood, "beard": beard, "skin": skin, "colour": colour, "prop": prop,
        "figure": figure,
    }  # fmt: skip
    drawing.draw(
        _settings(),
        photo=photo,
        style=style,
        likeness=likeness,
        traits={name: value for name, value in chosen.items() if value is not None},
        seed=seed,
        size=size,
        output=output,
    )


@styles.callback(invoke_without_command=True)
def styles_list(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="id, names and engine of each style as JSON.")] = False,
) -> None:
    """List the styles that this installation can draw; or look after style files of your own."""
    import json

    from bot import errands

    if context.invoked_subcommand is not None:
        return
    catalog = errands.catalog(_settings())
    if as_json:
        rows = [{"id": style.id, "names": dict(style.name), "engine": style.engine} for style in catalog.values()]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for style in catalog.values():
        typer.echo(f"{style.id:12} {style.engine:8} {style.name['en']}: {style.description['en']}")


@styles.command("check", short_help="Say what is wrong with style files.")
def styles_check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of style files.")]) -> None:
    """Read the style files of a folder and draw with each of them, in all its palettes; exit 1 if one is wrong."""
    from bot import drawing

    healthy, report = drawing.styles_check(folder)
    typer.echo(report)
    if not healthy:
        raise typer.Exit(1)


@styles.command("preview", short_help="Draw the pictures that members choose styles by.")
def styles_preview(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Which styles; all that have none by default.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Draw the small pictures by which members choose a style: of your own styles, and of painted ones.

    Painted ones have none before, for only your weights can tell how they will look. Start the bot anew afterwards.
    """
    import asyncio

    from bot import errands, previews, storage, wiring

    settings = _settings(data=data)
    wiring.log_discreetly("WARNING")
    catalog, slots, busy = errands.catalog(settings), wiring.create_slots(settings), storage.in_use(settings.data)
    if not asyncio.run(previews.draw(catalog, settings.previews_folder, slots, names or [], typer.echo, busy=busy)):
        raise typer.Exit(1)


@app.command(short_help="Draw for a bot on another machine.")
def engine(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8400,
    host: Annotated[str, typer.Option(help="Address to listen on; this machine only by default.")] = "127.0.0.1",
    sdxl: Annotated[bool, typer.Option("--sdxl", help="Paint with SDXL instead of drawing classic styles.")] = False,
) -> None:
    """Serve an engine to a bot on another machine (needs BPP_ENGINE_TOKEN on both)."""
    from bot import drawing

    drawing.serve_engine(_settings(), host=host, port=port, sdxl=sdxl)


@app.command(short_help="Look for what is wrong or missing.")
def doctor(data: DataOption = None) -> None:
    """Look for what is wrong or missing before the log does; exit 1 if there is anything."""
    import asyncio

    from bot import doctor as checks
    from bot import wiring

    wiring.log_discreetly("WARNING")

    async def tell(settings: Settings) -> bool:
        healthy = True
        async for finding in checks.examine(settings):
            typer.echo(finding.line())
            healthy = healthy and not finding.wrong
        return healthy

    if not asyncio.run(tell(_settings(data=data))):
        raise typer.Exit(1)


@smoke.command("discord", short_help="Be led through seven steps.")
def smoke_discord() -> None:
    """Connect with BPP_DISCORD_TOKEN and be led through seven steps, with data that is thrown away.

    Each waits three minutes for you. Stop bpp run first. Exit 1 if a step fails.
    """
    from bot import smoke as script

    _smoke(script.check_discord)


@smoke.command("telegram", short_help="Be led through eight steps.")
def smoke_telegram() -> None:
    """Connect with BPP_TELEGRAM_TOKEN and be led through eight steps, with data that is thrown away.

    Each waits three minutes for you. Stop bpp run first. Exit 1 if a step fails.
    """
    from bot import smoke as script

    _smoke(script.check_telegram)


def _smoke(check: Callable[[Settings, Callable[[str], None]], Coroutine[Any, Any, bool]]) -> None:
    import asyncio

    from bot import wiring

    wiring.log_discreetly("WARNING")
    if not asyncio.run(check(_settings(), typer.echo)):
        raise typer.Exit(1)


@db.command("upgrade")
def db_upgrade(data: DataOption = None) -> None:
    """Bring the database to this version, with a backup first."""
    from bot import errands

    typer.echo(errands.db_upgrade(_settings(data=data)))


@db.command("backup")
def db_backup(
    target: Annotated[Path | None, typer.Argument(help="The file to write; one in the data folder by default.")] = None,
    data: DataOption = None,
) -> None:
    """Copy the database into one file, also while the bot runs."""
    from bot import errands

    typer.echo(errands.db_backup(_settings(data=data), target))


@db.command("restore", short_help="Put a backup in the database's place.")
def db_restore(
    source: Annotated[Path, typer.Argument(help="A file that `bpp db backup` wrote.")], data: DataOption = None
) -> None:
    """Put a backup in the database's place; the replaced one is kept beside it."""
    from bot import errands

    typer.echo(errands.db_restore(_settings(data=data), source))


@db.command("check", short_help="Look for damage.")
def db_check(data: DataOption = None) -> None:
    """Look for damage: database, spool and secret; exit 1 if there is any."""
    from bot import errands

    healthy, report = errands.db_check(_settings(data=data))
    typer.echo(report)
    if not healthy:
        raise typer.Exit(1)


@models.command("list")
def models_list(data: DataOption = None) -> None:
    """List the weights that are known: what is here, and what each licence permits."""
    from bot import weights

    typer.echo(weights.listed(_settings(data=data)))


@models.command("pull", short_help="Fetch weights; one that was broken off goes on.")
def models_pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Of which weights; all that the engine needs by default."),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Address of a mirror of the hub, or a folder on this machine.")
    ] = None,
    accepted: Annotated[
        list[str] | None,
        typer.Option("--accept-noncommercial", metavar="ID", help="Weights whose licence forbids hosting, by name."),
    ] = None,
    data: DataOption = None,
) -> None:
    """Fetch weights and check every byte; what is here already is checked only.

    One that was broken off goes on where it stopped. Nothing is ever fetched while a picture is drawn.
    """
    from bot import weights

    typer.echo(weights.pull(_settings(data=data), names or [], source=source, accepted=accepted or []))


@models.command("verify")
def models_verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Of which weights; all that are here by default.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Read every byte of the weights that are here; exit 1 if one is wrong."""
    from bot import weights

    healthy, report = weights.verify(_settings(data=data), names or [])
    typer.echo(report)
    if not healthy:
        raise typer.Exit(1)


@models.command("show", short_help="Count the networks of SDXL, without weights.")
def models_show() -> None:
    """Count parameters and bytes of the networks of SDXL, from their configurations alone: no weights are needed."""
    from bot import weights

    typer.echo(weights.show())


def _settings(**overrides: object) -> Settings:
    from bot import config

    settings = config.load(**overrides)
    if not gc.isenabled():  # see main
        gc.freeze()
        gc.enable()
    return settings


def main() -> NoReturn:
    """Run the command line: exit 0, or 2 with one sentence on standard error."""
    # The modules that a command reads stay to its end: to look through them for garbage would be a sixth of its start.
    gc.disable()
    # httpx has a command line of its own, for which it would read rich, pygments and click. None: there is no such module.
    sys.modules.setdefault("httpx._main", cast("ModuleType", None))
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        _fail(sentence)
    finally:
        gc.enable()


def _sentence(error: Exception) -> str | None:
    # Typer keeps the base class of its usage errors to itself; all of them can format their message.
    usage = getattr(error, "format_message", None)
    if usage is not None:
        return str(usage())

    from bot.chat import Text
    from bot.errors import BotError
    from bot.wording import Wording
    from generator.errors import GeneratorError

    if not isinstance(error, BotError | GeneratorError):
        return None
    return Wording().say("en", Text(error.key, error.parameters))


def _fail(sentence: str) -> NoReturn:
    sys.stderr.write(sentence.strip() + "\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
