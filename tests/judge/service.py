"""What the judge's programs are made of: things in a folder that is the service.

A copy of this file lies beside each program. Nothing here is left to chance: an id is the thing's
key and how many of that key were made before. Each call is noted when it begins and when it ends.
"""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

SERVICE = pathlib.Path(os.environ["JUDGE_SERVICE"])
Props = dict[str, Any]


def note(moment: str, call: str, key: str, **given: Any) -> None:
    """Write down a call; what is given is never secret here, the provider sees plain values."""
    with (SERVICE / "calls").open("a") as file:
        # In a preview, a part of a list may not be known yet.
        text = json.dumps([moment, call, key, given], sort_keys=True, default=lambda _: "unknown")
        file.write(f"{text}\n")


def plain(props: Props) -> Props:
    """Without the provider itself."""
    return {name: value for name, value in props.items() if not name.startswith("__")}


def asked_for(call: str, key: str) -> str:
    """What the plan has in store for a call: ``fail``, ``kill before``, ``kill after``."""
    plan: dict[str, str] = json.loads((SERVICE / "plan.json").read_text())
    return plan.get(f"{call} {key}", "")


def kill_engine() -> None:
    """End the engine, and then this process, which could otherwise outlive it."""
    import psutil

    engine = psutil.Process(int((SERVICE / "engine").read_text()))
    engine.kill()
    engine.wait()
    os._exit(1)


class Call:
    """One call of the provider."""

    def __init__(self, call: str, key: str, **given: Any) -> None:
        self.call, self.key, self.given = call, key, given

    def __enter__(self) -> None:
        note("begin", self.call, self.key, **self.given)
        self.plan = asked_for(self.call, self.key)
        if self.plan == "kill before":
            kill_engine()
        if self.plan == "fail":
            raise RuntimeError(f"the service refuses to {self.call} {self.key}")

    def __exit__(self, *_: object) -> None:
        if self.plan == "kill after":
            kill_engine()
        note("end", self.call, self.key)


def made(key: str) -> str:
    """A new id."""
    counter = SERVICE / f"{key}.count"
    count = int(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text(str(count))
    return f"{key}-{count}"


def stored(id_: str, props: Props) -> Props:
    """Put a thing into the service; returns its outputs."""
    (SERVICE / f"{id_}.json").write_text(json.dumps(plain(props), sort_keys=True))
    return outputs(id_, props)


def outputs(id_: str, props: Props) -> Props:
    """What a program learns of a thing."""
    return {**plain(props), "made": id_, "shout": str(props.get("text")).upper()}


class ThingProvider(ResourceProvider):
    """Looks after the things."""

    token: str | None = None

    def configure(self, req: ConfigureRequest) -> None:
        self.token = req.config.get("token")

    def check(self, olds: Props, news: Props) -> CheckResult:
        key = news.get("key", "?")
        with Call("check", key, olds=plain(olds), news=plain(news)):
            refused = asked_for("refuse", key)
            return CheckResult(news, [CheckFailure("text", refused)] if refused else [])

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        with Call("diff", news.get("key", "?"), id=id_, olds=plain(olds), news=plain(news)):
            if news.get("undecided"):
                return DiffResult()
            changed = [name for name in plain(news) if news[name] != olds.get(name)]
            gone = plain(olds).keys() - news.keys() - {"made", "shout"}
            return DiffResult(
                changes=bool(changed or gone),
                replaces=[name for name in changed if name == "kind"],
                delete_before_replace=bool(olds.get("exclusive")),
            )

    def create(self, props: Props) -> CreateResult:
        with Call("create", props["key"], props=plain(props), token=self.token):
            id_ = made(props["key"])
            return CreateResult(id_, stored(id_, props))

    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        with Call("update", news["key"], id=id_, olds=plain(olds), news=plain(news)):
            return UpdateResult(stored(id_, news))

    def delete(self, id_: str, props: Props) -> None:
        with Call("delete", props["key"], id=id_, props=plain(props)):
            (SERVICE / f"{id_}.json").unlink(missing_ok=True)

    def read(self, id_: str, props: Props) -> ReadResult:
        with Call("read", id_.rpartition("-")[0], id=id_, props=plain(props)):
            file = SERVICE / f"{id_}.json"
            if not file.exists():
                return ReadResult("", {})
            now = json.loads(file.read_text())
            return ReadResult(id_, outputs(id_, now), inputs=dict(now))


class Thing(Resource, module="judge", name="Thing"):
    """One thing. ``key`` is what the service calls it, whatever the program calls it."""

    made: pulumi.Output[str]
    shout: pulumi.Output[str]
    text: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any):
        super().__init__(ThingProvider(), name, {"made": None, "shout": None, **props}, opts)


class Group(pulumi.ComponentResource):
    """A component."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any):
        super().__init__("judge:index:Group", name, props, opts)


class Band(pulumi.ComponentResource):
    """Another type of component."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any):
        super().__init__("judge:index:Band", name, props, opts)
