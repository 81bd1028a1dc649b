"""The dynamic provider: translates between Pulumi's calls and ``lifecycle``.

The class is pickled by reference into every stack's state. Its import path,
``pulumi_metastudio.provider.TrainingJobProvider``, stays the same for ever, and its instances
hold nothing when they are pickled: settings arrive in ``configure()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

if TYPE_CHECKING:
    from .lifecycle import Context, Outcome, Plan, consequences


class TrainingJobProvider(ResourceProvider):
    """Life cycle of ``pulumi-python:dynamic/metastudio:TrainingJob``."""

    # The pickle is a reference and no secret; in the clear, it keeps state readable.
    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's configuration; what is wrong with it, the first call says."""
        from .common.logs import debugging
        from .errors import MetaStudioError
        from .sdk.provider_errors import show_as_lines

        if not debugging():
            show_as_lines(MetaStudioError)
        self._config = req.config

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse bad inputs; note what the files are, and their content where a job exists."""
        from . import lifecycle

        given = {name: value for name, value in news.items() if name != "__provider"}
        inputs, _ = _apart(lifecycle.normalised(_known(given)))
        before, noted = _apart(lifecycle.normalised(_known(_without_provider(_olds))))
        look = lifecycle.Look(noted)
        found = [str(problem) for problem in lifecycle.problems(inputs, look)]
        found += self._account_problems(inputs, found)
        if not found and _olds:
            found = [f"{name} {reason}" for name, reason in look.read()]
        checked = {**{name: given[name] for name in inputs}, **look.as_inputs()}
        if not found and inputs != before:  # of what stays as it is, everything has been said
            for text in lifecycle.warnings(inputs):
                self._reporter(news).warning(text)
            found = self._announce({**checked, **inputs}, before)
        if not found:
            for text in look.stale:
                self._reporter(news).warning(text)
        # No property is named: the engine would print its value, secret or not.
        return CheckResult(checked, [CheckFailure("", reason) for reason in found])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Say what a change means, with its reasons in the resource's row."""
        from . import lifecycle
        from .errors import TransportError

        news = lifecycle.normalised(_known(_news))
        context, same_project = self._context_of_job(_olds, news)
        news = lifecycle.completed(news, _olds, context.cache)
        plan = lifecycle.diff(_olds, news, same_project=same_project)
        now: dict[str, Any] | None = _olds
        if plan.calls:
            # The record may be old, and what a change means depends on the job's state.
            try:
                now = lifecycle.look(context, _id, _olds)
            except TransportError as error:
                context.reporter.warning(f"{error}; planned for the state recorded last")
            if now is None:
                context.reporter.warning(
                    f"job {_id} is gone from the service: run refresh, then up makes it anew"
                )
            else:
                plan = lifecycle.diff(now, news, _olds, same_project=same_project)
        self._tell(context, plan, now or _olds, _olds, news)
        urn = str(news.get("__urn"))
        context.run.see(urn, _id)
        if plan.replaces:
            find = partial(context.client.find_job, _id, app_user_id=_olds.get("app_user_id"))
            context.run.replace(urn, _id, lifecycle.Replaced(find, _olds.get("deletion_policy")))
        return DiffResult(
            changes=bool(plan.changes),
            replaces=plan.replaces,
            # An unfinished job that is made anew would carry its own name twice meanwhile.
            delete_before_replace="pending" in plan.replaces,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the job; a failure after it exists is an output (``pending``), not an exception."""
        from . import lifecycle

        inputs = lifecycle.normalised(_without_provider(props))
        outcome = lifecycle.create(self._context(props), inputs)
        return CreateResult(outcome.job_id, self._outputs(outcome, props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Map the job's detail to outputs; a job that is gone has no id."""
        from . import lifecycle

        old = _without_provider(props)
        outputs = lifecycle.read(self._context(props), id_, old if "job_id" in old else {})
        if outputs is None:
            return ReadResult("", {})
        if old.get("account"):
            outputs["account"] = old["account"]  # of a job that is read for the first time, too
        return ReadResult(id_, outputs, lifecycle.refreshed_inputs(outputs))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the job to its declaration in place."""
        from . import lifecycle

        inputs = lifecycle.normalised(_without_provider(_news))
        outcome = lifecycle.update(self._context(_news), _id, _olds, inputs)
        return UpdateResult(self._outputs(outcome, _news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the job, or keep it as its deletion policy says."""
        from . import lifecycle

        context = self._context(_props)
        kept = lifecycle.delete(context, _id, _props)
        if kept:
            self._reporter({"__urn": context.run.urn(_id) or _props.get("__urn")}).warning(kept)

    def _context(self, props: Mapping[str, Any]) -> Context:
        """The service as the account of these inputs or outputs sees it."""
        from .process_state import shared_context

        context = shared_context(self._config, props, props.get("account"))
        return context.telling(self._reporter(props))

    def _context_of_job(
        self, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> tuple[Context, bool]:
        """The account to look at a recorded job with, and whether the declared one has its project.

        A renamed account is looked at by its new name: nobody has to keep the old one's keys.
        """
        from .lifecycle import UNKNOWN

        before = {**new, "account": old.get("account")}
        now = new.get("account")
        if now is UNKNOWN or now == before["account"]:
            return self._context(before), now is not UNKNOWN
        declared = self._context(new)
        project = declared.client.project_id
        if project == old.get("project_id"):
            return declared, True
        recorded = self._context(before)
        return recorded, project == recorded.client.project_id

    def _account_problems(self, inputs: Mapping[str, Any], found: list[str]) -> list[str]:
        """What the account's settings lack; nothing where its name is not known, or is none."""
        from .errors import ConfigurationError
        from .lifecycle import UNKNOWN

        account = inputs.get("account")
        if account is UNKNOWN or any(text.startswith("account ") for text in found):
            return []
        try:
            self._context(inputs)
        except ConfigurationError as error:
            return [str(error)]
        return []

    def _reporter(self, props: Mapping[str, Any]) -> Any:
        from .sdk.engine_log import EngineReporter

        urn = props.get("__urn")
        return EngineReporter(urn if isinstance(urn, str) else None)

    def _outputs(self, outcome: Outcome, props: Mapping[str, Any]) -> dict[str, Any]:
        if outcome.problem:
            reporter = self._reporter(props)
            if outcome.outputs["pending"]:
                reporter.error(str(outcome.problem))
            else:
                reporter.warning(f"{outcome.problem}; refresh reads the job again")
        return outcome.outputs

    def _announce(self, inputs: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
        """Say what a new job costs, or which job is taken over; what is wrong with the latter."""
        from .errors import MetaStudioError
        from .lifecycle import UNKNOWN, consequences

        adopted, user = inputs.get("existing_job_id"), inputs.get("app_user_id")
        if inputs.get("account") is UNKNOWN:
            if adopted is None and not before:
                self._reporter(inputs).info(str(consequences.submission(inputs)))
            return []
        context = self._context(inputs)
        if adopted is None:
            if not before:
                self._tell_submission(context, inputs, consequences.submission(inputs))
        elif UNKNOWN not in (adopted, user) and adopted != before.get("existing_job_id"):
            try:
                job = context.client.find_job(adopted, app_user_id=user)
            except MetaStudioError as error:
                context.reporter.warning(f"whether job {adopted} is there is not known: {error}")
                return []
            if job is None:
                return [
                    f"existing_job_id: the service has no job {adopted}: see 'metastudio jobs "
                    f"list{context.client.settings.option}', or leave it out for a new job"
                ]
            context.reporter.info(str(consequences.adoption(adopted, job.state)))
        return []

    def _tell_submission(
        self, context: Context, inputs: Mapping[str, Any], notice: consequences.Notice
    ) -> None:
        """Say what a submission means; and once in a run, in the stack's own row, what is paid."""
        from .lifecycle.consequences import Topic, credits_left, remaining
        from .process_state import first_time
        from .sdk.engine_log import stack_urn

        context.reporter.info(str(notice))
        urn, billed = inputs.get("__urn"), notice.topic is Topic.TRAINS
        if billed and isinstance(urn, str) and first_time(context.client.settings):
            credits = remaining(context.client)
            if credits:
                self._reporter({"__urn": stack_urn(urn)}).info(
                    str(credits_left(credits, context.account))
                )

    def _tell(
        self,
        context: Context,
        plan: Plan,
        now: Mapping[str, Any],
        old: Mapping[str, Any],
        new: Mapping[str, Any],
    ) -> None:
        from .lifecycle import FIELDS, FILES, Effect, consequences, review_note

        reporter = context.reporter
        for change in plan.changes:
            private = change.input in consequences.PRIVATE
            if change.effect is Effect.REPLACE:
                reporter.warning(str(consequences.new_job(change.reason)))
            elif change.input == "account":
                reporter.info(change.reason)
            elif change.input == "pending" or (
                change.effect is Effect.UPDATE and (private or change.input not in FIELDS)
            ):
                # The engine shows a changed field itself; of a file it knows the path at most,
                # and of what it keeps secret nothing.
                reporter.info(str(consequences.in_place(change.reason)))
        if plan.replaces:
            policy = old.get("deletion_policy")
            reporter.warning(str(consequences.replaced_job(now, policy)))
        elif plan.submits_first(now, new):
            files = {*plan.touches(FILES), *(old.get("pending") or ())}
            self._tell_submission(context, new, consequences.submission(new, files))
        note = None if plan.changes else review_note(now)
        for text in (*plan.warnings, *([note] if note else ())):
            reporter.warning(text)


def _without_provider(props: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in props.items() if name != "__provider"}


def _apart(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a program declares, and what a check has noted of the files."""
    from .lifecycle import OF_FILES

    noted = {name: value for name, value in inputs.items() if name in OF_FILES}
    # 0.1.0 noted fingerprints under this name.
    return {n: v for n, v in inputs.items() if n not in (*noted, "fingerprints")}, noted


def _known(value: Any) -> Any:
    """Pulumi's unknown values as the life cycle's; a collection with one in it stays known."""
    from pulumi.output import Unknown

    from .lifecycle import UNKNOWN

    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value
