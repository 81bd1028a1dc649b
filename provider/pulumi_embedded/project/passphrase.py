"""The passphrase secrets manager: AES-256-GCM under a key that is derived from a passphrase.

A *state* is ``v1:SALT:v1:NONCE:CIPHERTEXT``; its last three parts encrypt the word ``pulumi``,
so a wrong passphrase is noticed before anything is run. A secret is ``v1:NONCE:CIPHERTEXT``.
All three are base64. The key is PBKDF2-HMAC-SHA256 with one million rounds and a salt of
8 bytes; the nonce has 12 bytes. The format is the Pulumi CLI's (``sdk/go/common/resource/config``
and ``pkg/secrets/passphrase`` in pulumi/pulumi), and the two must stay interchangeable.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import getpass
import hashlib
import os
import sys
from pathlib import Path
from typing import Final

from ..errors import EngineError

_ROUNDS: Final = 1_000_000
_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_PROOF: Final = "pulumi"
_UNLOCK: Final = (
    "Enter your passphrase to unlock config/secrets\n"
    "    (set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to remember): "
)
# What was typed in this process, by the state that it opens: nobody is asked the same twice.
_typed: Final[dict[str, str]] = {}


class IncorrectPassphraseError(EngineError):
    """The passphrase does not open the stack's secrets."""

    def __init__(self) -> None:
        super().__init__("incorrect passphrase")


class Crypter:
    """Encrypts and decrypts the secrets of one stack.

    Attributes:
        state: what to store next to the ciphertexts so that the key can be derived again.
    """

    def __init__(self, key: bytes, state: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)
        self.state = state

    @classmethod
    def create(cls, passphrase: str) -> Crypter:
        """A crypter with a new salt."""
        salt = os.urandom(_SALT_BYTES)
        crypter = cls(_derive_key(passphrase, salt), "")
        crypter.state = f"v1:{_encode(salt)}:{crypter.encrypt(_PROOF)}"
        return crypter

    @classmethod
    def open(cls, passphrase: str, state: str) -> Crypter:
        """The crypter for a stored state.

        Raises:
            IncorrectPassphraseError: the passphrase is wrong.
        """
        version, _, rest = state.partition(":")
        salt, _, proof = rest.partition(":")
        if version != "v1" or not proof:
            raise EngineError("the stack's encryption salt is malformed")
        crypter = cls(_derive_key(passphrase, base64.b64decode(salt)), state)
        try:
            proven = crypter.decrypt(proof) == _PROOF
        except EngineError:
            proven = False
        if not proven:
            raise IncorrectPassphraseError
        return crypter

    def encrypt(self, plaintext: str) -> str:
        """The secret in the form in which it is stored."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plaintext.encode(), None)
        return f"v1:{_encode(nonce)}:{_encode(sealed)}"

    def decrypt(self, ciphertext: str) -> str:
        """What a stored secret holds."""
        from cryptography.exceptions import InvalidTag

        version, _, rest = ciphertext.partition(":")
        nonce, _, sealed = rest.partition(":")
        try:
            if version != "v1":
                raise ValueError(version)
            opened = self._cipher.decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None)
        except (InvalidTag, ValueError) as error:
            raise EngineError("a secret in the stack cannot be decrypted") from error
        return opened.decode()


def create_crypter(*, interactive: bool) -> Crypter:
    """A crypter with a new salt; a passphrase that is typed for it is typed twice."""
    passphrase = _given()
    if passphrase is not None:
        return Crypter.create(passphrase)
    while True:
        passphrase = _asked("Enter your passphrase to protect config/secrets: ", interactive)
        if _asked("Re-enter your passphrase to confirm: ", interactive) == passphrase:
            crypter = Crypter.create(passphrase)
            _typed[crypter.state] = passphrase
            return crypter
        print("error: passphrases do not match", file=sys.stderr)  # noqa: T201


def open_crypter(state: str, *, interactive: bool) -> Crypter:
    """The crypter for a stored state; a passphrase is asked for once, and again when it is wrong.

    Raises:
        IncorrectPassphraseError: the passphrase of the environment is wrong.
    """
    passphrase = _given()
    if passphrase is not None:
        return Crypter.open(passphrase, state)
    # A stack that is under an older salt as well was most likely given the same passphrase.
    known = [_typed[state]] if state in _typed else list(dict.fromkeys(_typed.values()))
    for passphrase in known:
        with contextlib.suppress(IncorrectPassphraseError):
            return Crypter.open(passphrase, state)
    while True:
        passphrase = _asked(_UNLOCK, interactive)
        try:
            crypter = Crypter.open(passphrase, state)
        except IncorrectPassphraseError as error:
            print(f"error: {error}", file=sys.stderr)  # noqa: T201
            continue
        _typed[state] = passphrase
        return crypter


def _given() -> str | None:
    """The passphrase in PULUMI_CONFIG_PASSPHRASE, else that in ..._FILE; None without either."""
    passphrase = os.environ.get("PULUMI_CONFIG_PASSPHRASE")
    if passphrase is not None:
        return passphrase
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EngineError(f"unable to read PULUMI_CONFIG_PASSPHRASE_FILE: {error}") from error
    except UnicodeDecodeError:  # whose text shows a part of what it could not read
        raise EngineError(
            f"unable to read PULUMI_CONFIG_PASSPHRASE_FILE: {file}: is not UTF-8 text"
        ) from None


def _asked(question: str, interactive: bool) -> str:
    if not interactive:
        raise EngineError(
            "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
            "PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
        )
    try:
        return getpass.getpass(question)
    except EOFError:
        raise EngineError(
            "no passphrase was typed: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"
        ) from None


@functools.lru_cache(maxsize=8)
def _derive_key(passphrase: str, salt: bytes) -> bytes:
    # Cached: a run opens the same stack for its preview and again for its update, and the
    # million rounds take a good part of a second.
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, _ROUNDS, _KEY_BYTES)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
