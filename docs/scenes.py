"""The pictures of terminals in these pages, taken of real runs: ``make screenshots``.

Each scene is a program, a local service, and a command; ``terminal.py`` runs it and draws it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from metastudio_emulator import Emulator
from metastudio_emulator.samples import make_samples

from .terminal import record

PICTURES = Path(__file__).parent / "pictures"
#: So slow a service, and so large a video, that its way can be seen; most of the video is nothing.
_BYTES_PER_SECOND = 8_000_000
_FILLING = 64 * 1024 * 1024

_PROGRAM = """
from pathlib import Path
from pulumi_metastudio import TrainingJob

material = Path("material")
for name, role in [("anna", "news desk"), ("ben", "weather"), ("carla", "sports")]:
    TrainingJob(
        name,
        name=f"{name.title()}, {role}",
        training_video=material / "training_video.mp4",
        id_card_image1=material / "id_card_image1.jpg",
        id_card_image2=material / "id_card_image2.jpg",
        grant_file=material / "grant_file.jpg",
    )
"""


def up(engine: str, columns: int = 120, rows: int = 30) -> str:
    """Three jobs, half-way through their uploads."""
    with tempfile.TemporaryDirectory() as name, Emulator() as service:
        folder = Path(name)
        (folder / "Pulumi.yaml").write_text("name: avatars\nruntime: python\n")
        (folder / "__main__.py").write_text(_PROGRAM)
        make_samples(folder / "material")
        with (folder / "material" / "training_video.mp4").open("ab") as video:
            video.write((_FILLING + 8).to_bytes(4, "big") + b"free")
            video.truncate(video.tell() + _FILLING)
        service.control.add_fault("upload", "delay", bytes_per_second=_BYTES_PER_SECOND)
        command = ["metastudio", "up", "--yes", "--skip-preview"]
        screen, code = record(
            [*command, "--stack", "prod", "--engine", engine],
            columns=columns,
            rows=rows,
            folder=folder,
            environment=_environment(service, folder),
            until=r" [3-6]\d %",
        )
    if code:
        sys.exit(f"metastudio up ended with {code}:\n{screen.plain}")
    return screen.beginning_with("Updating").svg(columns, "metastudio up")


def _environment(service: Emulator, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "of this scene only",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "HUAWEICLOUD_SDK_AK": service.access_key,
        "HUAWEICLOUD_SDK_SK": service.secret_key,
        "HUAWEICLOUD_SDK_PROJECT_ID": service.project_id,
        "METASTUDIO_ENDPOINT": service.endpoint,
        "METASTUDIO_IAM_ENDPOINT": service.iam_endpoint,
        "METASTUDIO_REGION": service.region,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", choices=["auto", "embedded", "pulumi"], default="auto")
    parser.add_argument("--out", type=Path, default=PICTURES)
    given = parser.parse_args()
    picture = given.out / "up.svg"
    picture.write_text(up(given.engine), encoding="utf-8")
    print(f"{picture}: {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
