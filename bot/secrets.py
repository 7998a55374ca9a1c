"""The installation's secret: pseudonyms, seeds and keys all come from these 32 bytes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secret:
    """32 random bytes that live outside the data folder and its backups; whoever loses them loses every pseudonym."""

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != SECRET_BYTES:
            raise ValueError(f"a secret has {SECRET_BYTES} bytes, not {len(self.value)}")

    def _digest(self, purpose: str, parts: tuple[str, ...]) -> bytes:
        # ascii() of a tuple of strings is unambiguous, ("ab", "c") is not ("a", "bc"), and the same on every Python.
        return hmac.digest(self.value, ascii((purpose, *parts)).encode(), "sha256")

    def pseudonym(self, *parts: str) -> str:
        """32 hex characters that stand for ``parts``; without the secret nobody can check a guess."""
        return self._digest("pseudonym", parts).hex()[:32]

    def seed(self, *parts: str) -> int:
        """A stable number 0 … 2**63-1 for ``parts``, unrelated to their pseudonym."""
        return int.from_bytes(self._digest("seed", parts)[:8], "big") >> 1

    def key(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (HKDF-SHA256, RFC 5869)."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(self.value)

    def fingerprint(self) -> str:
        """16 hex characters that tell two secrets apart and reveal neither."""
        return hashlib.sha256(self.key("fingerprint")).hexdigest()[:16]
