"""`checkout create-user`, `set-password`, `disable-user`, `create-token`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
from click.decorators import FC

from console.cli.groups import actor, open_session
from console.cli.terminal import json_option, print_json
from console.engine.store.database import transact
from console.models.vocabulary import Role, TokenRole
from console.people import accounts, api_tokens


def _role_option(roles: type[Role] | type[TokenRole]) -> Callable[[FC], FC]:
    words = click.Choice([role.value for role in roles])
    return click.option("--role", type=words, required=True, help="What they may do.")


@click.command("create-user", short_help="Let somebody sign in to the console.")
@click.argument("email")
@_role_option(Role)
@json_option
def create_user_command(email: str, *, role: str, as_json: bool) -> None:
    """Make a user of the console. The password comes on standard input; without one it is made up and shown once.

    \b
    Examples:
      flask --app wsgi checkout create-user ada@example.org --role admin
      echo "$PASSWORD" | flask --app wsgi checkout create-user ada@example.org --role support
    """
    password = _given_password()
    chosen = password or accounts.new_password()
    with open_session() as session:
        user = transact(
            session, lambda: accounts.create_user(session, email=email, password=chosen, role=role, actor=actor())
        )
    made_up = None if password else chosen
    if as_json:
        print_json({"email": user.email, "role": user.role, "password": made_up})
    else:
        click.echo(f"{user.email} may sign in as {user.role}.")
        _show_password(made_up)


@click.command("set-password", short_help="Give a user another password.")
@click.argument("email")
@json_option
def set_password_command(email: str, *, as_json: bool) -> None:
    """Give a user another password: from standard input, or made up and shown once.

    \b
    Example:
      flask --app wsgi checkout set-password ada@example.org
    """
    password = _given_password()
    chosen = password or accounts.new_password()
    with open_session() as session:
        user = transact(session, lambda: accounts.set_password(session, email=email, password=chosen, actor=actor()))
    made_up = None if password else chosen
    if as_json:
        print_json({"email": user.email, "password": made_up})
    else:
        click.echo(f"{user.email} has another password.")
        _show_password(made_up)


@click.command("disable-user", short_help="Shut a user out.")
@click.argument("email")
@json_option
def disable_user_command(email: str, *, as_json: bool) -> None:
    """Shut a user out of the console.

    \b
    Example:
      flask --app wsgi checkout disable-user ada@example.org
    """
    with open_session() as session:
        user = transact(session, lambda: accounts.disable_user(session, email=email, actor=actor()))
    if as_json:
        print_json({"email": user.email, "active": user.active})
    else:
        click.echo(f"{user.email} can no longer sign in.")


@click.command("create-token", short_help="Give a program access to the API.")
@click.argument("name")
@_role_option(TokenRole)
@json_option
def create_token_command(name: str, *, role: str, as_json: bool) -> None:
    """Make an API token for a program and show it, once: only its digest is kept.

    The role shop is the shop's own program's: it reaches the carts that it claims by a number of the shop's, and
    nothing of the console.

    \b
    Example:
      flask --app wsgi checkout create-token erp --role viewer
    """
    with open_session() as session:
        token = transact(session, lambda: api_tokens.create_token(session, name=name, role=role, actor=actor()))
    if as_json:
        print_json({"name": name.strip(), "role": role, "token": token})
    else:
        click.echo(token)


def _given_password() -> str | None:
    """Read the password from a pipe or file; None when there is none, or only a keyboard."""
    if sys.stdin is None or sys.stdin.isatty():
        return None
    return sys.stdin.readline().rstrip("\r\n") or None


def _show_password(made_up: str | None) -> None:
    if made_up is not None:
        click.echo(f"Password (shown this once): {made_up}")
