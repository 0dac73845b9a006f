"""The table of settings: what is read, what is refused, what is shown."""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import secrets
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from console.settings import TABLE, Setting, Settings, SettingsError, describe, groups, load
from console.settings.secret_key import kept_key
from tests.support.places import ROOT

GOOD_KEY = secrets.token_hex(32)
GROUPS: dict[str, tuple[Setting, ...]] = {
    file.name: import_module(f"{groups.__name__}.{file.name}").SETTINGS
    for file in pkgutil.iter_modules(groups.__path__)
}


def settings_with(**environ: str) -> Settings:
    return load({"SECRET_KEY": GOOD_KEY, **environ})


def refusal_of(**environ: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        settings_with(**environ)
    return str(refusal.value)


def test_a_setting_that_is_not_given_has_its_default() -> None:
    settings = settings_with()

    assert settings.checkout_ttl_minutes == 15
    assert settings.checkout_rate_limit == "5 per minute"
    assert settings.checkout_prevent_concurrent is True
    assert settings.public_url == "http://127.0.0.1:8000"


def test_a_demo_lets_one_try_every_card_within_a_minute(tmp_path: Path) -> None:
    demo = {"DEMO": "1", "INSTANCE_PATH": str(tmp_path)}

    assert load(demo).checkout_rate_limit == "120 per minute"
    assert load(demo | {"CHECKOUT_RATE_LIMIT": "3 per hour"}).checkout_rate_limit == "3 per hour"


def test_an_empty_value_means_unset() -> None:
    settings = settings_with(CHECKOUT_TTL_MINUTES="", PORT="  ", REDIS_URL="")

    assert (settings.checkout_ttl_minutes, settings.port, settings.redis_url) == (15, 8000, None)


def test_an_empty_rate_limit_means_off_and_an_absent_one_the_common_one() -> None:
    settings = settings_with(CHECKOUT_RATE_LIMIT="", CHECKOUT_RATE_LIMIT_START="")

    assert settings.checkout_rate_limit == ""
    assert settings.checkout_rate_limit_start == ""
    assert settings.checkout_rate_limit_process is None


def test_values_are_of_their_kind() -> None:
    settings = settings_with(
        CHECKOUT_RESERVE_ON_START="yes", CHECKOUT_GATEWAY_TIMEOUT="2.5", INSTANCE_PATH="some/where", PORT="9000"
    )

    assert settings.checkout_reserve_on_start is True
    assert settings.checkout_gateway_timeout == 2.5
    assert settings.instance_path == Path("some/where").resolve()
    assert settings.public_url == "http://127.0.0.1:9000"


def test_the_sweeps_interval_is_set_in_minutes_and_told_in_seconds() -> None:
    assert settings_with().sweep_seconds == 300
    assert settings_with(CHECKOUT_CLEANUP_INTERVAL="0.5").sweep_seconds == 30


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    assert refusal_of(CHECKOUT_TLL_MINUTES="5") == (
        "CHECKOUT_TLL_MINUTES is no setting, did you mean CHECKOUT_TTL_MINUTES?"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHECKOUT_TTL_MINUTES", "soon"),
        ("CHECKOUT_TTL_MINUTES", "0"),
        ("CHECKOUT_GATEWAY_TIMEOUT", "31"),
        ("CHECKOUT_GATEWAY_TIMEOUT", "nan"),
        ("CHECKOUT_RESERVE_ON_START", "maybe"),
        ("CHECKOUT_RATE_LIMIT", "lots"),
        ("CHECKOUT_PAYMENT_GATEWAY", "stripe"),
        ("CHECKOUT_PAYMENT_GATEWAY", "no-such-thing"),
        ("CHECKOUT_CURRENCY", "pounds"),
        ("DATABASE_URL", "mysql://localhost/shop"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_POOLER", "session"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_URL", "shop.example"),
        ("PORT", "65536"),
        ("TRUSTED_PROXIES", "-1"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_says_what_is_allowed(name: str, value: str) -> None:
    line = refusal_of(**{name: value})

    allowed = next(setting.kind.allowed for setting in TABLE if setting.name == name)
    assert line == f"{name}={value!r} is not allowed: {allowed}"
    assert "\n" not in line


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        settings_with(CHECKOUT_TTL_MINUTES="x", CHECKOUT_NOTHING="1", PORT="y")

    assert [problem.split()[0].split("=")[0] for problem in refusal.value.problems] == [
        "CHECKOUT_NOTHING",
        "PORT",
        "CHECKOUT_TTL_MINUTES",
    ]


def test_a_ttl_above_its_maximum_is_refused() -> None:
    assert "CHECKOUT_MAX_TTL_MINUTES=10" in refusal_of(CHECKOUT_TTL_MINUTES="11", CHECKOUT_MAX_TTL_MINUTES="10")


def test_a_refusal_keeps_secrets_to_itself() -> None:
    line = refusal_of(CHECKOUT_NOTIFICATION_WEBHOOK="hunter2", REDIS_URL="http://user:hunter3@example.com")

    assert "hunter" not in line


def test_a_secret_key_is_required() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY is required"):
        load({})


@pytest.mark.parametrize(
    "key",
    ["short", "a" * 40, "abcdefgh" * 5, "0123" * 10, "django-insecure-" + "x7Kq9ZpLw3Rt5Vb8Nm2", "changeme" * 5],
)
def test_a_weak_secret_key_is_refused_and_not_repeated(key: str) -> None:
    line = refusal_of(SECRET_KEY=key)

    assert line.startswith("SECRET_KEY is too weak: ")
    assert key not in line


def test_random_secret_keys_are_taken() -> None:
    keys = [make(32) for make in (secrets.token_hex, secrets.token_urlsafe) for _ in range(200)]

    assert [load({"SECRET_KEY": key}).secret_key for key in keys] == keys


@pytest.mark.parametrize("switch", ["DEMO", "FLASK_DEBUG"])
def test_debug_and_demo_keep_a_random_secret_key(switch: str, tmp_path: Path) -> None:
    environ = {switch: "1", "INSTANCE_PATH": str(tmp_path / "new")}

    first, again = load(environ), load(environ)

    assert first.secret_key == again.secret_key
    assert len(first.secret_key) == 64
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o077 == 0


def test_processes_that_start_at_once_keep_one_secret_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(kept_key, [tmp_path] * 16, chunksize=1)

    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_the_webhook_secret_follows_the_secret_key() -> None:
    one, same, other = settings_with(), settings_with(), settings_with(SECRET_KEY=secrets.token_hex(32))

    assert one.sandbox_webhook_secret == same.sandbox_webhook_secret
    assert one.sandbox_webhook_secret not in (one.secret_key, other.sandbox_webhook_secret)


def test_web_processes_are_one_without_redis_and_many_with_it() -> None:
    alone, shared = settings_with(), settings_with(REDIS_URL="redis://127.0.0.1:6379/9")

    assert alone.web_concurrency == 1
    assert shared.web_concurrency == 2 * (os.cpu_count() or 1)


def test_the_path_of_a_sqlite_file_becomes_absolute() -> None:
    assert settings_with(DATABASE_URL="sqlite:///shop.db").database_url == f"sqlite:///{Path('shop.db').resolve()}"


def test_settings_cannot_be_changed_and_unknown_ones_are_told() -> None:
    settings = settings_with()

    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.values["PORT"] = 1  # type: ignore[index]
    with pytest.raises(AttributeError, match="there is no setting NOTHING"):
        _ = settings.nothing


def test_the_description_masks_secrets_and_names_the_source() -> None:
    settings = settings_with(DATABASE_URL="postgresql://shop:hunter2@db/shop", CHECKOUT_TTL_MINUTES="20")

    rows = {row.name: row for row in describe(settings)}

    assert [row.name for row in rows.values()] == [setting.name for setting in TABLE]
    assert rows["SECRET_KEY"].value == "********"
    assert rows["SANDBOX_WEBHOOK_SECRET"].value == "********"
    assert rows["METRICS_TOKEN"].value == ""
    assert rows["DATABASE_URL"].value == "postgresql://shop:***@db/shop"
    assert (rows["CHECKOUT_TTL_MINUTES"].value, rows["CHECKOUT_TTL_MINUTES"].source) == ("20", "env")
    assert (rows["CHECKOUT_TTL_MINUTES"].default, rows["CHECKOUT_TTL_MINUTES"].unit) == ("15", "minutes")
    assert rows["PORT"].source == "default"


@pytest.mark.parametrize(
    "command",
    [["flask", "--app", "wsgi", "routes"], ["gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"], ["console.run"]],
    ids=lambda command: command[0],
)
def test_a_bad_setting_stops_every_start_with_one_line(command: list[str], tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "INSTANCE_PATH": str(tmp_path),
        "SECRET_KEY": GOOD_KEY,
        "CHECKOUT_TTL": "1",
    }

    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert "CHECKOUT_TTL is no setting" in line


def test_no_group_is_left_out_of_the_table() -> None:
    grouped = [setting.name for settings in GROUPS.values() for setting in settings]

    assert sorted(grouped) == sorted(setting.name for setting in TABLE)


def test_no_name_stands_in_two_groups() -> None:
    assert [name for name, count in Counter(setting.name for setting in TABLE).items() if count > 1] == []


def test_the_documentation_has_every_setting_as_the_table_has_it() -> None:
    _, *sections = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").split("\n## ")
    documented = {
        section.splitlines()[0]: [
            tuple(cell.strip() for cell in line.strip("|").split("|"))
            for line in section.splitlines()
            if line.startswith("| `")
        ]
        for section in sections
    }

    groups = sorted(GROUPS.items(), key=lambda group: TABLE.index(group[1][0]))
    assert list(documented.items()) == [
        (
            name.replace("_", " ").capitalize(),
            [(f"`{row.name}`", row.kind.name, row.default_text, row.unit, row.help) for row in settings],
        )
        for name, settings in groups
    ]
