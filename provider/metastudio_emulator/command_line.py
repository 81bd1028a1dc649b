"""The commands ``emulator`` and ``samples``.

Heavy imports are inside the functions, since ``metastudio`` mounts both commands.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from .errors import EmulatorError
from .profiles import Profile
from .settings import Limits, Transitions

if TYPE_CHECKING:
    from .daemon import Info, Options

_ENVIRONMENT = (
    ("HUAWEICLOUD_SDK_AK", "access_key"),
    ("HUAWEICLOUD_SDK_SK", "secret_key"),
    ("HUAWEICLOUD_SDK_PROJECT_ID", "project_id"),
    ("METASTUDIO_ENDPOINT", "endpoint"),
    ("METASTUDIO_IAM_ENDPOINT", "iam_endpoint"),
    ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "iam_endpoint"),
    ("METASTUDIO_REGION", "region"),
)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free port.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".local/emulator"),
    show_default=True,
    help="Folder that keeps everything over restarts.",
)
@click.option(
    "--transitions",
    default="immediate",
    show_default=True,
    metavar="immediate|time:SECONDS|reads:N|manual",
    help="When a submitted job moves on.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--profile",
    default="tutorial",
    show_default=True,
    metavar="NAME|FILE[,SWITCH=VALUE...]",
    help="Which reading of the vendor's documents applies: tutorial, strict, or a .toml that "
    "'metastudio probe' wrote.",
)
@click.option(
    "--tenant",
    type=click.Choice(["ordinary", "NA"]),
    default="ordinary",
    show_default=True,
    help="NA is a whitelisted tenant, who confirms results.",
)
@click.option(
    "--limits",
    default="",
    metavar="OPERATION=CALLS[,...]",
    help="Calls per second that are taken, for example writes=5,reads=20; by default, any number.",
)
@click.option("--detach", is_flag=True, help="Run in the background, or reuse the one there.")
@click.option("--stop", "stop_it", is_flag=True, help="Stop the one that runs on the data folder.")
@click.option(
    "--print",
    "form",
    type=click.Choice(["json", "env"]),
    default="json",
    show_default=True,
    help="How to print the connection, secrets included.",
)
def emulator(
    port: int,
    data: Path,
    transitions: str,
    host: str,
    profile: str,
    tenant: str,
    limits: str,
    detach: bool,
    stop_it: bool,
    form: str,
) -> None:
    """Run a local MetaStudio training-job service.

    Prints how to connect once it accepts requests, then serves until it is interrupted.
    """
    from . import daemon

    try:
        if stop_it:
            if not daemon.stop(data):
                click.echo(f"no emulator runs on {data}", err=True)
            return
        Transitions.parse(transitions)
        # A file may be another one by the time somebody compares.
        profile = Profile.parse(profile).text if ".toml" in profile else profile
        Profile.parse(profile)
        Limits.parse(limits)
        options = {
            "port": str(port),
            "host": host,
            "transitions": transitions,
            "profile": profile,
            "tenant": tenant,
            "limits": limits,
        }
        if detach:
            arguments = [f"--{name}={value}" for name, value in options.items()]
            arguments.append(f"--data={data.resolve()}")
            found = daemon.running(data) or daemon.start_detached(data, arguments)
            _check_options(data, options, found.options)
            _print(found.info, form)
            return
        _serve(data, options, form)
    except (EmulatorError, ValueError) as error:
        raise click.ClickException(str(error)) from None


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--seconds", type=click.IntRange(1), default=185, show_default=True, help="Length of videos."
)
@click.option("--size", default="1920x1080", show_default=True, help="Frame size of videos.")
def samples(folder: Path, seconds: int, size: str) -> None:
    """Generate videos, photos and audio to try jobs with.

    What is there already stays.
    """
    from .samples import make_samples

    try:
        made = make_samples(folder, seconds=seconds, size=size)
    except EmulatorError as error:
        raise click.ClickException(str(error)) from None
    for path in made.values():
        click.echo(path)


def _check_options(data: Path, options: Options, running: Options) -> None:
    """Refuse options on the command line that differ from those of the running emulator."""
    context = click.get_current_context()
    differences = [
        f"--{name} {running[name] or 'none'}, not {wanted or 'none'}"
        for name, wanted in options.items()
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
        and name in running
        and _meaning(name, wanted) not in (None, _meaning(name, running[name]))
    ]
    if differences:
        raise EmulatorError(
            f"the emulator on {data} runs with {'; '.join(differences)}: end it with --stop and"
            " start it again, or leave the option out to use it as it is"
        )


def _meaning(name: str, value: str) -> object:
    """An option's parsed value, since texts may differ; None for any free port."""
    if name == "transitions":
        return Transitions.parse(value)
    if name == "profile":
        return Profile.parse(value)
    if name == "limits":
        return Limits.parse(value)
    return None if (name, value) == ("port", "0") else value


def _serve(data: Path, options: Options, form: str) -> None:
    from . import daemon
    from .emulator import Emulator

    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("metastudio_emulator").setLevel(logging.INFO)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Emulator(
        data,
        transitions=options["transitions"],
        port=int(options["port"]),
        profile=options["profile"],
        host=options["host"],
        tenant="NA" if options["tenant"] == "NA" else "ordinary",
        limits=options["limits"],
    ) as service:
        port = service.endpoint.rpartition(":")[2]
        daemon.write_run_file(data, service.info(), {**options, "port": port})
        try:
            _print(service.info(), form)
            while not ended.wait(1):  # on Windows, an endless wait hears no Ctrl-C
                pass
        finally:
            daemon.remove_run_file(data)


def _print(info: Info, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(info))
        return
    for name, key in _ENVIRONMENT:
        value = info[key].replace("'", "'\\''")
        click.echo(f"export {name}='{value}'")
