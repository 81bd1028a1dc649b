"""``metastudio credits``: how many trainings are paid for."""

from __future__ import annotations

import click

from ..errors import ConfigurationError, PermissionDenied
from .options import service_options
from .printing import print_json, print_table
from .stacks.selection import Selection


@click.command()
@service_options
def credits(selected: Selection, as_json: bool) -> None:
    """Show how many trainings are bought, used and left.

    Those of each edition are counted apart.
    """
    from ..lifecycle.consequences import ask_credits

    try:
        found = ask_credits(selected.context().client)
    except PermissionDenied as error:
        raise ConfigurationError(
            f"{error}: ask an administrator of IAM for the permission to read MetaStudio's tenant "
            "resources, or look at the console"
        ) from None
    if as_json:
        print_json(
            [
                {"edition": kind.value, "total": each.total, "used": each.used, "left": each.left}
                for kind, each in found.items()
            ]
        )
        return
    rows = [
        [kind.value, *(f"{n:g}" for n in (each.total, each.used, each.left))]
        for kind, each in found.items()
    ]
    print_table(("edition", "total", "used", "left"), rows, empty="no credits")
    click.echo(
        "Not documented: when a credit is used up (creation, submission, approval), and whether "
        "the ultra-fast edition takes one of Flexus. What is paid on demand is not counted.",
        err=True,
    )
