"""Generates sample files for training jobs: videos, photos, audio."""

from __future__ import annotations

import io
import math
import os
import struct
import subprocess
import uuid
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

from .errors import EmulatorError

# A low frame rate: three minutes of 1080p take seconds to encode and a few megabytes.
_FRAME_RATE = 5
_AUDIO_SECONDS = 10
_AUDIO_RATE = 16000
_ID_CARD_SIZE = "1012x638"  # the proportions of an identity card


def make_samples(folder: Path, *, seconds: int = 185, size: str = "1920x1080") -> dict[str, Path]:
    """Generate the files of a training job that are missing in a folder.

    Existing files are kept, whatever their content. A new file gets its name once it is complete.

    Args:
        folder: created if it does not exist.
        seconds: length of the two videos; the service wants 180 to 600.
        size: frame size of the two videos; the service wants 1080p or 4K, either way up.

    Returns:
        The files by input name: training_video, action_video, audio, cover,
        id_card_image1, id_card_image2, grant_file, pre_beauty_image, post_beauty_image.

    Raises:
        EmulatorError: ffmpeg is missing or fails, or the folder cannot be written.
    """
    recipes: dict[str, tuple[str, Callable[[Path], None]]] = {
        "training_video": ("training_video.mp4", _video("0x00b140", size, seconds, 220)),
        "action_video": ("action_video.mp4", _video("0x1f6fb2", size, seconds, 330)),
        "audio": ("audio.zip", _audio_archive),
        "cover": ("cover.png", _image("testsrc2", "640x360")),
        "id_card_image1": ("id_card_image1.jpg", _image("smptehdbars", _ID_CARD_SIZE)),
        "id_card_image2": ("id_card_image2.jpg", _image("smptebars", _ID_CARD_SIZE)),
        "grant_file": ("grant_file.jpg", _image("rgbtestsrc", "1240x1754")),
        "pre_beauty_image": ("pre_beauty_image.jpg", _image("yuvtestsrc", "720x960")),
        "post_beauty_image": ("post_beauty_image.jpg", _image("testsrc", "720x960")),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return {name: _made(folder / file, make) for name, (file, make) in recipes.items()}
    except OSError as error:
        raise EmulatorError(f"samples cannot be written to {folder}: {error.strerror}") from error


def _made(path: Path, make: Callable[[Path], None]) -> Path:
    if not path.exists():
        # ffmpeg chooses the format by the suffix, so it stays at the end.
        temporary = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
        try:
            make(temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def _video(background: str, size: str, seconds: int, pitch: int) -> Callable[[Path], None]:
    """A bar that moves over a plain background, with a tone."""
    # Filters that draw little keep the encoding fast.
    length = f"rate={_FRAME_RATE}:duration={seconds}"
    ground = f"color=c={background}:size={size}:{length}[ground]"
    bar = f"color=c=white:size=160x480:{length}[bar]"
    picture = f"{ground};{bar};[ground][bar]overlay=x='mod(t*120,main_w)':y=main_h/4"
    sound = f"sine=frequency={pitch}:duration={seconds}"

    def make(path: Path) -> None:
        _ffmpeg(
            *("-f", "lavfi", "-i", picture),
            *("-f", "lavfi", "-i", sound),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
            *("-c:a", "aac", "-b:a", "64k", "-shortest", "-movflags", "+faststart"),
            str(path),
        )

    return make


def _image(pattern: str, size: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        _ffmpeg("-f", "lavfi", "-i", f"{pattern}=size={size}", "-frames:v", "1", str(path))

    return make


def _ffmpeg(*arguments: str) -> None:
    try:
        import imageio_ffmpeg

        program = imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        raise EmulatorError(
            "ffmpeg is not available: pip install 'pulumi-metastudio[emulator]'"
        ) from None
    quiet = ("-hide_banner", "-loglevel", "error", "-nostdin", "-y")
    # Without dates and versions in it, the same call makes the same file.
    exact = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact")
    *inputs, target = arguments
    run = subprocess.run(  # noqa: S603 - only arguments of this module
        [program, *quiet, *inputs, *exact, target], capture_output=True, check=False
    )
    if run.returncode != 0:
        lines = run.stderr.decode(errors="replace").strip().splitlines()
        raise EmulatorError(f"ffmpeg failed: {lines[-1] if lines else run.returncode}")


def _audio_archive(path: Path) -> None:
    """A zip file with one WAV: mono, 16 bits, a tone that rises and falls in volume."""
    total = _AUDIO_SECONDS * _AUDIO_RATE
    samples = (
        int(12000 * math.sin(math.pi * n / total) * math.sin(2 * math.pi * 220 * n / _AUDIO_RATE))
        for n in range(total)
    )
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_AUDIO_RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    entry = zipfile.ZipInfo("audio.wav", date_time=(2024, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, sound.getvalue(), zipfile.ZIP_DEFLATED)
