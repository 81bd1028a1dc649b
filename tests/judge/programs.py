"""Programs made at random, and what is edited in them from one turn to the next.

The same seed makes the same program, on every machine and every Python: recorded results rest on
that. A program is kept as a list of items, each of which refers to earlier ones only.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

PROJECT, STACK = "proj", "dev"
THING, GROUP, BAND = "Thing", "Group", "Band"
TYPES = {
    THING: "pulumi-python:dynamic/judge:Thing",
    GROUP: "judge:index:Group",
    BAND: "judge:index:Band",
}
#: Things that the service has before any program runs.
KNOWN = ("known-1", "known-2")

_NAMES = "ash birch cedar elm fir hazel larch maple oak pine rowan willow yew".split()
_WORDS = ["a", "b c", "", "ümlaut", 'q"uote', "<&>", "line\nbreak", "x.y", "12", "true"]
_NUMBERS = ["0", "1", "2", "1", "2", "-7", "3.5", "1e21", "2**40", "2**53 + 1", 'float("nan")']
_PATHS = ["size", "o", "o.p", "tags", "tags[0]", "l", "l[0].k", "l[*].k", "kind", "on"]

_HEAD = """import pulumi
from pulumi import Alias, Output, ResourceOptions as Opts
from service import Band, Group, Thing

config = pulumi.Config()
"""


@dataclass
class Item:
    """One resource of a program; its properties and options are Python expressions."""

    key: str
    kind: str
    name: str
    props: dict[str, str] = field(default_factory=dict)
    opts: dict[str, str] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    outputs: str = ""  # of a component

    @property
    def text(self) -> str:
        """The line that declares it."""
        opts = dict(self.opts)
        if self.aliases:
            opts["aliases"] = f"[{', '.join(self.aliases)}]"
        words = [repr(self.name), *(f"{name}={value}" for name, value in self.props.items())]
        if opts:
            words.append(f"opts=Opts({', '.join(f'{k}={v}' for k, v in opts.items())})")
        return f"{self.key} = {self.kind}({', '.join(words)})"

    def without(self, keys: set[str]) -> Item:
        """A copy in which nothing but the parent and the aliases mentions certain items."""
        props = {k: v for k, v in self.props.items() if not mentions(v, keys)}
        opts = {k: v for k, v in self.opts.items() if k == "parent" or not mentions(v, keys)}
        return Item(self.key, self.kind, self.name, props, opts, self.aliases, self.outputs)


def mentions(expression: str, keys: set[str]) -> bool:
    """Whether an expression uses any of the items."""
    return not keys.isdisjoint(re.findall(r"\w+", expression))


class Program:
    """A program that can be edited.

    Args:
        one_by_one: it waits for each resource before it declares the next, so that what was done
            before a failure is no matter of chance.
        chained: besides, each resource depends on the one before it.
    """

    def __init__(self, rng: random.Random, *, one_by_one: bool, chained: bool) -> None:
        self.rng = rng
        self.one_by_one = one_by_one
        self.chained = chained
        # Where nothing waits, whatever is settled by who comes first has to be left out.
        self._names: set[str] = set()
        self.items: list[Item] = []
        self.exports: dict[str, str] = {}
        self.raises_at: int | None = None
        #: The calls of the provider that the last edits lead to, more or less.
        self.expected: list[str] = []
        self._count = 0
        for _ in range(rng.randint(3, 6)):
            self.add()
        for _ in range(rng.randint(0, 3)):
            self.change_export()

    def __str__(self) -> str:
        lines: list[str] = []
        previous = ""
        for index, item in enumerate(self.items):
            if index == self.raises_at:
                lines.append('raise ValueError("not today")')
            open_groups = self._open_at(index)
            shown = item.without(open_groups)
            if self.chained and previous:
                depends = shown.opts.get("depends_on", "[]")
                depends = depends[:-1] + (", " if depends != "[]" else "") + previous + "]"
                shown.opts["depends_on"] = depends
            lines.append(shown.text)
            if self.one_by_one:
                lines.append(f"await {item.key}.urn.future()")
            if item.key not in self._open_at(index + 1):
                previous = item.key
        lines += [f"{i.key}.register_outputs({i.outputs})" for i in self.items if i.outputs]
        if not self.one_by_one:
            exports = [f"pulumi.export({k!r}, {v})" for k, v in self.exports.items()]
            return "\n".join([_HEAD, *lines, *exports, ""])
        exports = [f"{k!r}: {v}" for k, v in self.exports.items()]
        lines.append(f"return {{{', '.join(exports)}}}.get")
        body = [f"    {line}" for line in lines]
        ends = [f"pulumi.export({k!r}, done.apply(lambda get: get({k!r})))" for k in self.exports]
        start = "done = Output.from_input(main())"
        return "\n".join([_HEAD, "async def main():", *body, "", start, *ends, ""])

    # Edits. Each leaves a program that could have been written by hand.

    def edit(self) -> None:
        """Change something."""
        edits = [
            *[self.change_property] * 6,
            *[self.change_option] * 5,
            *[self.rename] * 2,
            *[self.add] * 2,
            *[self.remove] * 2,
            self.replace,
            self.move,
            self.change_export,
        ]
        self.rng.choice(edits)()

    def add(self) -> None:
        """A new resource at the end."""
        rng = self.rng
        self._count += 1
        key = f"r{self._count}"
        kind = THING if rng.random() < 0.8 else GROUP
        item = Item(key, kind, self._new_name())
        if kind == THING:
            item.props = {"key": repr(key), "text": repr(rng.choice(_WORDS))}
            if rng.random() < 0.3:
                item.props["kind"] = repr("k0")
            if self.one_by_one and rng.random() < 0.2:
                item.props["exclusive"] = "True"
            if rng.random() < 0.12:
                item.props["undecided"] = "True"
            if rng.random() < 0.06:
                item.opts["id"] = repr(rng.choice(KNOWN))
        parents = [i for i in self.items if i.kind != THING or rng.random() < 0.25]
        if parents and rng.random() < 0.4:
            parent = rng.choice(parents)
            item.opts["parent"] = parent.key
            if rng.random() < 0.4:
                item.name = f"{parent.name}-{item.name}"
        self.items.append(item)
        for _ in range(rng.randint(0, 3)):
            self._set_property(item)
        for _ in range(rng.randint(0, 2)):
            self._set_option(item)
        if kind == THING:
            self.expected.append(f"create {key}")

    def remove(self) -> None:
        """A resource goes, and with it whatever mentions it."""
        if len(self.items) < 2:
            return
        item = self.items.pop(self.rng.randrange(len(self.items)))
        gone = {item.key}
        for other in self.items:
            other.props = other.without(gone).props
            other.opts = {k: v for k, v in other.opts.items() if not mentions(v, gone)}
            other.aliases = [alias for alias in other.aliases if not mentions(alias, gone)]
            other.outputs = "" if mentions(other.outputs, gone) else other.outputs
        self.exports = {k: v for k, v in self.exports.items() if not mentions(v, gone)}
        self.expected.append(f"delete {item.key}")

    def rename(self) -> None:
        """Another name, mostly with an alias for the old one."""
        item = self.rng.choice(self.items)
        old_urn, old_name = self.urn(item), item.name
        item.name = self._new_name()
        chance = self.rng.random()
        if chance < 0.6:
            item.aliases.append(f"Alias(name={old_name!r})")
        elif chance < 0.8:
            item.aliases.append(repr(old_urn))
        else:
            self.expected += [f"create {item.key}", f"delete {item.key}"]
        if self.rng.random() < 0.5:
            for child in self.items:
                if child.opts.get("parent") == item.key and child.name.startswith(old_name + "-"):
                    child.name = item.name + child.name[len(old_name) :]

    def move(self) -> None:
        """Another parent, mostly with an alias for the old one."""
        index = self.rng.randrange(len(self.items))
        item = self.items[index]
        old = item.opts.get("parent")
        choices = [other.key for other in self.items[:index]]
        new = self.rng.choice([None, *choices])
        if new == old:
            return
        if self.rng.random() < 0.75:
            item.aliases.append(f"Alias(parent={old})")
        else:
            self.expected += [f"create {item.key}", f"delete {item.key}"]
        if new is None:
            del item.opts["parent"]
        else:
            item.opts["parent"] = new

    def replace(self) -> None:
        """Something that the provider can only make anew, or another type of component."""
        item = self.rng.choice(self.items)
        if item.kind == THING:
            item.props["kind"] = repr(f"k{self.rng.randint(1, 3)}")
            self.expected += [f"create {item.key}", f"delete {item.key}"]
        else:
            old = TYPES[item.kind]
            item.kind = BAND if item.kind == GROUP else GROUP
            if self.rng.random() < 0.7:
                item.aliases.append(f"Alias(type_={old!r})")

    def change_property(self) -> None:
        """Another value, a new property, or one less."""
        item = self.rng.choice(self.items)
        loose = [name for name in item.props if name not in ("key", "text")]
        if loose and self.rng.random() < 0.2:
            del item.props[self.rng.choice(loose)]
        else:
            self._set_property(item)
        if item.kind == THING:
            self.expected.append(f"update {item.key}")

    def change_option(self) -> None:
        """Another option, or one less."""
        item = self.rng.choice(self.items)
        loose = [name for name in item.opts if name != "parent"]
        if loose and self.rng.random() < 0.35:
            del item.opts[self.rng.choice(loose)]
        else:
            self._set_option(item)

    def change_export(self) -> None:
        """An export comes, goes or changes."""
        name = f"e{self.rng.randint(1, 3)}"
        if name in self.exports and self.rng.random() < 0.3:
            del self.exports[name]
        else:
            self.exports[name] = self._expression(len(self.items))

    def urn(self, item: Item) -> str:
        """The URN of an item."""
        types, parent = [TYPES[item.kind]], item.opts.get("parent")
        while parent:
            above = next(other for other in self.items if other.key == parent)
            types.insert(0, TYPES[above.kind])
            parent = above.opts.get("parent")
        return f"urn:pulumi:{STACK}::{PROJECT}::{'$'.join(types)}::{item.name}"

    def _open_at(self, index: int) -> set[str]:
        """Components with members at or after an index: to depend on one is to wait for those."""
        parents = {item.key: item.opts.get("parent") for item in self.items}
        found: set[str] = set()
        for item in self.items[index:]:
            parent = item.opts.get("parent")
            while parent:
                found.add(parent)
                parent = parents[parent]
        return {item.key for item in self.items if item.kind != THING and item.key in found}

    def _new_name(self) -> str:
        taken = self._names
        if self.one_by_one:  # an old name may come back, as another's
            taken = {item.name for item in self.items}
        free = [name for name in _NAMES if name not in taken]
        name = self.rng.choice(free) if free else f"tree{self.rng.randint(0, 10**6)}"
        self._names.add(name)
        return name

    def _set_property(self, item: Item) -> None:
        rng, index = self.rng, self.items.index(item)
        name = rng.choice("text size flag tags o l on more secret free".split())
        makers = {
            "text": lambda: repr(rng.choice(_WORDS)),
            "size": lambda: rng.choice(_NUMBERS),
            "flag": lambda: repr(rng.choice([True, False, None])),
            "tags": lambda: repr([rng.choice(_WORDS) for _ in range(rng.randint(0, 3))]),
            "o": lambda: repr({"p": rng.randint(0, 2), "q": {"deep": rng.choice(_WORDS)}}),
            "l": lambda: repr(
                [{"k": rng.randint(0, 2), "v": "x"} for _ in range(rng.randint(0, 2))]
            ),
            "on": lambda: self._expression(index),
            "more": lambda: self._expression(index),
            "secret": lambda: rng.choice(
                [
                    f"Output.secret({rng.choice(_WORDS)!r})",
                    'config.require_secret("token")',
                    f'{{"in": Output.secret({rng.randint(0, 2)}), "out": 1}}',
                    f'["x", Output.secret({rng.choice(_WORDS)!r})]',
                ]
            ),
            "free": lambda: repr(self._value(2)),
        }
        if name == "text" and item.kind != THING:
            name = "size"
        item.props[name] = makers[name]()

    def _set_option(self, item: Item) -> None:
        rng, index = self.rng, self.items.index(item)
        earlier = [other.key for other in self.items[:index]]
        things = [i.key for i in self.items[:index] if i.kind == THING and "id" not in i.opts]
        some = rng.sample(_PATHS, rng.randint(1, 2))
        choices = {"protect": "True", "retain_on_delete": "True"}
        if item.kind == THING:
            choices |= {
                "ignore_changes": repr(some),
                "replace_on_changes": repr(some),
                "hide_diffs": repr(some),
                "additional_secret_outputs": repr([rng.choice(["made", "shout", "size"])]),
                "custom_timeouts": 'pulumi.CustomTimeouts(create="5m", delete="1.5s")',
            }
            if self.one_by_one:
                choices["delete_before_replace"] = repr(rng.random() < 0.7)
        elif earlier or item.kind != THING:
            choices["outputs"] = self._expression(len(self.items))
        if earlier:
            choices["depends_on"] = f"[{', '.join(rng.sample(earlier, min(2, len(earlier))))}]"
        if things:
            choices["deleted_with"] = rng.choice(things)
            choices["replace_with"] = f"[{rng.choice(things)}]"
        name = rng.choice(list(choices))
        if name == "outputs":
            item.outputs = f'{{"of": {choices[name]}}}'
        else:
            item.opts[name] = choices[name]

    def _expression(self, index: int) -> str:
        """Something made of the first ``index`` items, or a plain value."""
        rng = self.rng
        if index == 0 or rng.random() < 0.2:
            return repr(self._value(1))
        item = self.items[rng.randrange(index)]
        if item.kind != THING:
            return rng.choice([f"{item.key}.urn", item.key])
        of = f"{item.key}.{rng.choice(['made', 'made', 'shout', 'id', 'text', 'urn'])}"
        forms = [
            of,
            of,
            f'Output.concat("on-", {of})',
            f'{of}.apply(lambda value: value + "!")',
            f"[{of}, 1]",
            f'{{"to": {of}, "n": None}}',
            f"Output.secret({of})",
            item.key,
        ]
        return rng.choice(forms)

    def _value(self, depth: int) -> object:
        rng = self.rng
        kind = rng.randint(0, 6 if depth else 4)
        if kind < 2:
            return rng.choice(_WORDS)
        if kind < 5:
            return [rng.randint(-3, 3), rng.choice([True, False]), None][kind - 2]
        if kind == 5:
            return [self._value(depth - 1) for _ in range(rng.randint(0, 2))]
        return {
            rng.choice(["a", "b.c", "d[0]", "é"]): self._value(depth - 1)
            for _ in range(rng.randint(0, 2))
        }
