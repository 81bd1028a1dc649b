"""Files for the measurements, made where they are needed and removed with their folder."""

from __future__ import annotations

import datetime
import os
import shutil
from pathlib import Path

__all__ = ["certificate", "filled", "sparse"]

_MEBI = 1 << 20


def filled(path: Path, size: int) -> Path:
    """A file of bytes that no compression and no file system can save on.

    Raises:
        RuntimeError: the disk has not enough space.
    """
    if shutil.disk_usage(path.parent).free < 2 * size:
        raise RuntimeError(f"{path.parent} has too little space: choose another by --folder")
    block = os.urandom(16 * _MEBI)
    with path.open("wb") as stream:
        for start in range(0, size, len(block)):
            stream.write(block[: size - start])
    return path


def sparse(path: Path, size: int) -> Path:
    """A file of zeros that takes no space."""
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
