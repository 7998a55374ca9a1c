"""Settings of one installation: read once from the environment and a TOML file, then passed on as values."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from platformdirs import user_config_path, user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.errors import BotError
from bot.secrets import SECRET_BYTES, Secret

MIN_TOKEN = 16
CLASSIC, SDXL = "classic", "sdxl"
"""Entries of ``engines`` that mean: a child process on this machine. Anything else is the URL of an engine server."""
EXPECTS_SDXL = f"{SDXL}+"
"""Before a URL: the server there paints with SDXL, so its styles are offered even before it was reached."""


class ConfigInvalid(BotError):
    """A setting or the settings file cannot be understood; the parameters name it."""

    default_key = "config-invalid"


def _engines_of_this_machine() -> list[str]:
    # More than two children would only fight over memory bandwidth: a classic avatar takes half a second.
    return [CLASSIC] * min(2, os.cpu_count() or 1)


class Settings(BaseSettings):
    """What differs between two installations, and nothing else. Each field is ``BPP_<NAME>`` in the environment."""

    model_config = SettingsConfigDict(env_prefix="BPP_", extra="forbid", frozen=True)

    data: Path = Field(
        default_factory=lambda: user_data_path("bpp"),
        description="Folder of the database and the spool of encrypted pictures.",
    )
    secret_file: Path = Field(
        default_factory=lambda: user_config_path("bpp") / "secret",
        description="File with the installation's secret, made at the first start. Keep it out of the data folder and its backups.",
    )
    host: str = Field(default="127.0.0.1", description="Address on which the local room listens.")
    port: int = Field(default=8123, ge=0, le=65535, description="Port of the local room; 0 takes a free one.")
    public_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list[str],
        description="Further host names by which browsers may reach the room, comma-separated.",
    )
    discord_token: SecretStr | None = Field(
        default=None, description="Token of your Discord application's bot; with it `bpp run` connects to Discord."
    )
    discord_moderator_roles: Annotated[list[int], NoDecode] = Field(
        default_factory=list[int],
        description="Ids of Discord roles that may moderate beside those with *Manage Server*, comma-separated.",
    )
    discord_names: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict[str, str],
        description="Other names for commands on Discord where one collides with another bot's: `avatar=portrait,room=bpp`.",
    )
    discord_api: str = Field(
        default="", description="Address of Discord's REST interface, for a proxy or another server."
    )
    discord_gateway: str = Field(default="", description="Address of Discord's gateway, for a proxy or another server.")
    discord_cdn: str = Field(default="", description="Address from which Discord's attachments are fetched, likewise.")
    telegram_token: SecretStr | None = Field(
        default=None, description="Token of your Telegram bot; with it `bpp run` connects to Telegram."
    )
    telegram_api: str = Field(
        default="", description="Address of a Bot API server of your own, such as `http://127.0.0.1:8081`."
    )
    telegram_file_api: str = Field(
        default="", description="Address from which that server hands out files; by default the same."
    )
    telegram_webhook: str = Field(
        default="",
        description="Public https address at which Telegram calls the bot; without it the bot asks Telegram.",
    )
    telegram_listen: str = Field(
        default="127.0.0.1:8124",
        description="Where the bot listens for those calls: behind a reverse proxy that speaks https.",
    )
    engines: Annotated[list[str], NoDecode] = Field(
        default_factory=_engines_of_this_machine,
        description="Engine slots, comma-separated: `classic` and `sdxl` are child processes here, a URL is an engine server elsewhere, `sdxl+` before it says that it paints with SDXL. Each further `sdxl` gets the next GPU.",
    )
    engine_token: SecretStr | None = Field(
        default=None, description="Shared secret of the engine servers named by URL, 16 characters or more."
    )
    engine_memory: int = Field(default=2048, ge=512, description="Memory limit of one classic engine child in MiB.")
    models: Path | None = Field(
        default=None, description="Folder with the weights of SDXL; `models/` in the data folder by default."
    )
    plan: str = Field(
        default="auto", description="How SDXL is laid out in memory: a name such as `12gb`; `auto` looks what is there."
    )
    device: Literal["auto", "cuda", "mps", "cpu"] = Field(
        default="auto",
        description="What SDXL paints on: `cuda` (also for ROCm), `mps`, `cpu`, or `auto`, which takes the CPU only where"
        " there is no NVIDIA driver, nor one of AMD's beside a torch for ROCm; `bpp doctor` says which, and why.",
    )
    control: Literal["canny", "canny-mid", "canny-small"] = Field(
        default="canny",
        description="The ControlNet by which SDXL follows lines: `canny`, or a smaller one, quicker and less exact.",
    )
    styles: Path | None = Field(
        default=None, description="Folder with further style files; `styles/` in the data folder by default."
    )
    drain: float = Field(
        default=20.0, ge=0, le=600, description="Seconds that a stop waits for pictures that are being drawn."
    )
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="How much the log tells: DEBUG, INFO, WARNING or ERROR.",
    )
    fault: str | None = Field(
        default=None, description="For tests of crashes: `name:n` kills the process at the n-th pass of a named point."
    )

    @field_validator("discord_names", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        return {ours.strip().removeprefix("/"): theirs.strip().removeprefix("/") for ours, _, theirs in pairs}

    @field_validator("discord_names")
    @classmethod
    def _nameable(cls, value: dict[str, str]) -> dict[str, str]:
        for ours, theirs in value.items():
            if not re.fullmatch(r"[a-z0-9_-]{1,32}", theirs):
                raise ValueError(f"/{ours} cannot be called {theirs!r}: 1 to 32 of a-z, 0-9, _ and -")
        if len(set(value.values())) < len(value):
            raise ValueError("two commands would have one name")
        return value

    @field_validator("discord_api", "discord_gateway", "discord_cdn")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.match(r"(https?|wss?)://[^/]", value):
            raise ValueError(f"{value!r} is no address: it starts with https:// (or wss:// for the gateway)")
        return value.rstrip("/")

    @field_validator("telegram_api", "telegram_file_api")
    @classmethod
    def _http_address(cls, value: str) -> str:
        if value and not re.match(r"https?://[^/]", value):
            raise ValueError(f"{value!r} is no address: it starts with https://")
        return value.rstrip("/")

    @field_validator("telegram_webhook")
    @classmethod
    def _https_address(cls, value: str) -> str:
        if value and not re.match(r"https://[^/]", value):
            raise ValueError(f"{value!r} is no address that Telegram calls: it starts with https://")
        return value

    @field_validator("telegram_listen")
    @classmethod
    def _listens(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65_535:
            raise ValueError(
                f"{value!r} is no place to listen at: an address, a colon and a port, as in 127.0.0.1:8124"
            )
        return value

    @field_validator("telegram_token")
    @classmethod
    def _of_botfather(cls, value: SecretStr | None) -> SecretStr | None:
        token = "" if value is None else value.get_secret_value().strip()
        return SecretStr(token) if token else None

    @field_validator("discord_token")
    @classmethod
    def _bare(cls, value: SecretStr | None) -> SecretStr | None:
        # An empty variable, as docker-compose leaves it behind, means: not set.
        token = "" if value is None else value.get_secret_value().strip().removeprefix("Bot ")
        return SecretStr(token) if token else None

    @field_validator("discord_moderator_roles", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        # After ``_split``: of two, the library runs the lower one first.
        given: object = value
        for part in cast("list[object]", given) if isinstance(given, list) else []:
            if not str(part).isdecimal():
                raise ValueError(f"{part!r} is no role id. Ids are numbers: Developer Mode, then Copy Role ID")
        return value

    @field_validator("engines", "public_hosts", "discord_moderator_roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("engines")
    @classmethod
    def _known(cls, value: list[str]) -> list[str]:
        for entry in value:
            if entry not in (CLASSIC, SDXL) and not entry.removeprefix(EXPECTS_SDXL).startswith(
                ("http://", "https://")
            ):
                raise ValueError(f"{entry!r} is neither {CLASSIC!r} nor {SDXL!r} nor an http URL")
        if not value:
            raise ValueError("at least one engine is needed")
        return value

    @field_validator("engine_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MIN_TOKEN:
            raise ValueError(f"a token needs at least {MIN_TOKEN} characters")
        return value

    @field_validator("styles")
    @classmethod
    def _there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"there is no folder {value}")
        return value

    @property
    def style_folders(self) -> list[Path]:
        """Where an admin's own styles are: the named folder, else ``styles/`` in the data folder if it is there."""
        folder = self.styles or self.data / "styles"
        return [folder] if folder.is_dir() else []

    @property
    def models_folder(self) -> Path:
        """Where the weights of the SDXL engine are, if there are any."""
        return self.models or self.data / "models"

    @property
    def previews_folder(self) -> Path:
        """Where pictures of styles are that ``bpp styles preview`` drew, if there are any."""
        return self.data / "previews"

    @property
    def painted(self) -> bool:
        """Whether an SDXL engine is set up, here or elsewhere."""
        return any(entry == SDXL or entry.startswith(EXPECTS_SDXL) for entry in self.engines)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 – the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=settings_file())


_OF_GPUS = re.compile(
    r"(CUDA|NVIDIA|HIP|HSA|ROCR|GPU|PYTORCH|TORCHINDUCTOR|TRITON)_[A-Z_0-9]+|LD_LIBRARY_PATH|OMP_NUM_THREADS"
)


def gpu_environment() -> dict[str, str]:
    """What this process was told about GPUs and their libraries: all that a painting child learns of its environment."""
    return {name: value for name, value in os.environ.items() if _OF_GPUS.fullmatch(name)}


def settings_file() -> Path:
    """Where settings are read from, whether it exists or not. Raises ``ConfigInvalid`` for a named one that does not."""
    named = os.environ.get("BPP_CONFIG")
    if named and not Path(named).is_file():
        # A file that was named and is not there would silently mean: all defaults, another data folder.
        raise ConfigInvalid("config-unreadable", {"file": named, "problem": os.strerror(errno.ENOENT)})
    return Path(named) if named else user_config_path("bpp") / "bpp.toml"


def load(**overrides: Any) -> Settings:
    """Settings from ``overrides`` (None = not given), the environment and the TOML file, in this order.

    Raises ``ConfigInvalid`` naming the first setting that is wrong.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "?"
        problem = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            problem = "there is no such setting"
            if (ours := name.lower().removeprefix("bpp_")) in Settings.model_fields:
                problem += f"; in the settings file it is written like this: {ours}"
        raise ConfigInvalid("config-invalid", {"setting": name, "problem": problem}) from error
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        problem = str(error).replace("Cannot overwrite a value", "a setting stands in it twice")
        raise ConfigInvalid("config-unreadable", {"file": str(settings_file()), "problem": problem}) from error


def load_secret(file: Path) -> Secret:
    """The installation's secret, made at the first call (mode 0600). Raises ``ConfigInvalid`` if it cannot be used."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            _create(file)
        raw = file.read_text("ascii").strip()
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ConfigInvalid("config-secret-open", {"file": str(file)})
        return Secret(bytes.fromhex(raw))
    except OSError as error:
        raise ConfigInvalid("config-secret", {"file": str(file), "problem": error.strerror or str(error)}) from error
    except ValueError as error:
        raise ConfigInvalid("config-secret-broken", {"file": str(file), "bytes": SECRET_BYTES}) from error


def _create(file: Path) -> None:
    # Written aside and linked: a power cut leaves a whole secret or none, and of two first starts one wins.
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(SECRET_BYTES).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
