"""What can go wrong: each kind of error with its way out, and every text of the code.

An error says its own way out, in one line. So the texts are taken from where they are raised, with
a word in capitals where a value stands; what cannot be read there, the way out of a kind of error,
is in ``WAYS``.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pulumi_metastudio
from pulumi_metastudio import errors
from pulumi_metastudio.errors import MetaStudioError, UploadFailure
from pulumi_metastudio.lifecycle import refusals
from pulumi_metastudio.lifecycle.material import rules

from .text import code, one_line, page, plain, table

SOURCE = Path(pulumi_metastudio.__file__).parent

#: The ways out of each kind of error, for what its texts do not say.
WAYS: dict[str, str] = {
    "MetaStudioError": "Catch this one to catch all of them.",
    "ConfigurationError": "Give what the line names, in the stack's configuration or the "
    "environment: [settings](settings.md).",
    "StateUnreadable": "Make the state readable (the passphrase, the login, the folder), so that "
    "it is known which jobs it records; until then nothing is deleted.",
    "InputError": "Mend the input that the line names, and run again: nothing was sent.",
    "TransportError": "Look at the network and the proxy; run again.",
    "EndpointUnreachable": "Check the endpoint or region, the network and the proxy. Nothing was "
    "carried out.",
    "AnswerLost": "Run again: what was carried out is looked up before anything is repeated.",
    "AnswerUnreadable": "Something else than the service answers: check the endpoint and "
    "the proxy.",
    "ServiceError": "The service's own code and text are in the line, and the request id for its "
    "support.",
    "InvalidRequest": "The service refused a value or the job's state; its text says which.",
    "AuthenticationError": "Check the key, its secret, the machine's clock (15 minutes), and "
    "whether the token has expired. After five wrong signatures a key is locked for five minutes.",
    "PermissionDenied": "Ask an administrator of IAM for the permission, or use another project's "
    "key.",
    "NotFound": "The job, or the project, is not there: check the region and the project id; of a "
    "job that was deleted, `refresh` drops the record.",
    "Throttled": "Run again later, or set `metastudio:readsPerSecond` and "
    "`metastudio:writesPerSecond` lower.",
    "ServerError": "Run again; if it stays, give the request id to the vendor's support.",
    "CommandFailed": "The service took the request and did not do it: its text says why.",
    "UploadError": "Run `up` again: it goes on from there.",
    "JobRefusal": "The line names the job, its state, and each way out.",
}

#: What each failure of an upload means for the next run.
UPLOADS: dict[UploadFailure, str] = {
    UploadFailure.USED: "a new URL is asked for",
    UploadFailure.EXPIRED: "a new URL is asked for",
    UploadFailure.SIGNATURE: "check that no proxy changes requests; then run again",
    UploadFailure.REFUSED: "the storage's own text is in the line",
    UploadFailure.BUSY: "run again later",
    UploadFailure.CONNECTION: "check the network and the proxy; then run again",
    UploadFailure.STALLED: "run again, on a slow line with a larger `metastudio:stallTimeout`",
    UploadFailure.SOURCE: "make the file readable; then run again",
    UploadFailure.CONTENT: "write the digest anew (`metastudio fingerprint`), or fetch the right "
    "file; then run again",
}

#: Calls that show their text to the user, beside the errors of this package.
_OTHERS = {
    "RunError": "Of the program",
    "Problem": "Of an input",
    "MediaFault": "Of a file's content",
    "UsageError": "Of the command's words",
}


def kinds() -> dict[str, type[MetaStudioError]]:
    """Every error of this package, as the module has them in order."""
    found = inspect.getmembers(errors, inspect.isclass)
    own = {n: each for n, each in found if issubclass(each, MetaStudioError)}
    return {n: own[n] for n in vars(errors) if n in own}


def _assigned(tree: ast.AST) -> dict[str, str]:
    """The texts that names stand for in a part of the code."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, text = node.targets[0].id, _text(node.value)
            if _says_something(text) or (text and name.isupper()):
                found[name] = text
    return found


def _text(node: ast.expr) -> str:
    """A text with ``{name}`` for each value that is put into it, and ``…`` for what has no name."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return _text(node.body) or _text(node.orelse)
    if isinstance(node, ast.FormattedValue):
        return _value(node.value)
    if isinstance(node, ast.Name):
        return _value(node)
    return ""


def _value(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return f"{{{node.id}}}"
    if isinstance(node, ast.Attribute):
        return f"{{{node.attr}}}"
    if isinstance(node, ast.Call) and node.args and not isinstance(node.func, ast.Attribute):
        return _value(node.args[0])
    return "…"


def _shown(text: str, known: dict[str, str]) -> str:
    """A text as it is shown, with a word in capitals for each value that is put into it."""
    for _ in range(2):  # what a name stands for may have names in it
        text = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)
    text = re.sub(r"\{(\w+)\}", lambda found: found[1].strip("_").upper(), text)
    return re.sub("…+", "…", one_line(text))


def _says_something(text: str) -> bool:
    return len(re.findall(r"\b[a-z]{2,}", re.sub(r"\{\w+\}", "", text))) > 1


def raised() -> dict[str, list[str]]:
    """The texts in the code, by the name of what is called with them."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(SOURCE.rglob("*.py"))]
    shared = {n: text for tree in trees for n, text in _assigned(tree).items() if n.isupper()}
    found: dict[str, list[str]] = {name: [] for name in [*kinds(), *_OTHERS]}
    for tree in trees:
        known = {**shared, **_assigned(tree)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name not in found:
                continue
            words = [_text(argument) or "{input}" for argument in node.args]
            text = _shown(" ".join(words) if name == "Problem" else "".join(words[:1]), known)
            if _says_something(text) and text not in found[name]:
                found[name].append(text)
    found["Problem"] += [f"INPUT {text}" for text in _said(inspect.getsource(rules))]
    return found


def _said(source: str) -> list[str]:
    """The texts that functions yield or return."""
    tree = ast.parse(source)
    told = [n for n in ast.walk(tree) if isinstance(n, ast.Yield | ast.Return) and n.value]
    texts = [_shown(_text(node.value), {}) for node in told if node.value]
    return [text for text in texts if _says_something(text)]


def refused() -> dict[str, tuple[str, list[str]]]:
    """What ``refusals`` says: by function, when it is said, and the texts."""
    found = {}
    for node in ast.parse(inspect.getsource(refusals)).body:
        if isinstance(node, ast.FunctionDef):
            known = _assigned(node)
            for each in ast.walk(node):  # a text that only sometimes has something before it
                if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
                    known.setdefault(each.targets[0].id, _text(each.value))
            values = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            texts = [_shown(_text(value), known) for value in values if value]
            when = (ast.get_docstring(node) or "").partition("\n")[0].partition("; None")[0]
            found[node.name] = (when.rstrip(".") + ":", [t for t in texts if _says_something(t)])
    return found


def _lines(texts: list[str]) -> str:
    return "\n".join(f"- {code(text)}" for text in texts)


def page_text() -> str:
    """The page of everything that can go wrong."""
    texts = raised()
    parts = []
    for name, kind in kinds().items():
        parts += [f"## {name}", plain(one_line((kind.__doc__ or "").partition("\n\n")[0]))]
        parts += [f"*Way out:* {WAYS[name]}", _lines(texts[name])]
        if name == "UploadError":
            rows = ((code(each.value), UPLOADS[each]) for each in UploadFailure)
            parts.append(table(("what happened", "way out"), rows))
        if name == "JobRefusal":
            for when, said in refused().values():
                parts += [when, _lines(said)]
    for name, title in _OTHERS.items():
        parts += [f"## {title}", _lines(sorted(texts[name]))]
    return page(
        "Errors and ways out",
        "An error is one line that names the thing, the value, the rule and the way out. Here are "
        "all of them as they stand in the code; words in capitals, and `…`, stand for values. "
        "Programs find them as classes in `pulumi_metastudio.errors`, of which each is a "
        "`MetaStudioError`; within Pulumi each is the line under the resource, or the one that "
        "ends the program. `METASTUDIO_DEBUG=1` adds the traceback.",
        *parts,
    )
