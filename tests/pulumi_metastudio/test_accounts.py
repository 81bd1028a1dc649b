"""A named account in batches, waits and the command, without an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from click.testing import CliRunner

from metastudio_emulator import Emulator
from pulumi_metastudio import TrainingBatch, process_state
from pulumi_metastudio.cli.adopt import program
from pulumi_metastudio.cli.main import main
from pulumi_metastudio.lifecycle import Context, create, delete
from pulumi_metastudio.lifecycle.consequences import credits_left
from pulumi_metastudio.review.consequences import review_of
from pulumi_metastudio.review.preview_json import Preview


@pytest.mark.parametrize("way", ["argument", "defaults", "column"])
def test_a_batch_of_an_unknown_account_registers_nothing(tmp_path: Path, way: str) -> None:
    table = "resource,name,submit,account\nanna,Anna,false," + ("b" if way == "column" else "")
    (tmp_path / "jobs.csv").write_text(f"{table}\n")
    with pytest.raises(pulumi.RunError) as caught:  # and needs no engine to say so
        TrainingBatch(
            "autumn",
            manifest=tmp_path / "jobs.csv",
            account="b" if way == "argument" else None,
            defaults={"account": "b"} if way == "defaults" else None,
        )
    text = str(caught.value)
    assert text.startswith("TrainingBatch 'autumn': account 'b': metastudio-b:accessKey is missing")


def test_a_poller_for_each_account(emulator: Emulator, context_for: Callable[..., Context]) -> None:
    one, two = (context_for(emulator, account=name).client for name in (None, "b"))

    async def pollers() -> None:
        assert process_state.shared_poller(one) is process_state.shared_poller(one)
        assert process_state.shared_poller(one) is not process_state.shared_poller(two)

    asyncio.run(pollers())


def test_commands_that_a_text_names_reach_the_account(
    emulator: Emulator, context_for: Callable[..., Context]
) -> None:
    context = context_for(emulator, account="b")
    made = create(context, {"name": "n", "submit": False, "account": "b"})
    kept = delete(context, made.job_id, {**made.outputs, "deletion_policy": "retain"})
    assert f"'metastudio jobs delete {made.job_id} --account b'" in (kept or "")


def test_an_adopted_job_names_its_account(
    emulator: Emulator, context_for: Callable[..., Context]
) -> None:
    client = context_for(emulator).client
    detail = client.show_job(emulator.control.add_job(name="Anna")["job_id"])
    assert '    account="studio-b",\n' in program([detail], "studio-b")
    assert "account" not in program([detail])


def test_the_credits_of_each_account_are_told() -> None:
    lines = [("info", str(credits_left({}, account))) for account in ("b", None)]
    assert lines[0][1] == "modelling credits left: account 'b': none"
    assert review_of(Preview("s", (), 0, tuple(lines))).credits == "account 'b': none; none"


def test_accounts_are_of_a_stack(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["jobs", "list", "--account", "b", "-C", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: --account b: no Pulumi.yaml in {tmp_path} or above")
