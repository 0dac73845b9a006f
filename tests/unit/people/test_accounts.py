"""How passwords are kept."""

from __future__ import annotations

from argon2 import PasswordHasher, Type, extract_parameters

from console.people.accounts import verify_password

LEAST_MEMORY_KIB = 19 * 1024  # what OWASP asks of argon2id


def test_a_password_is_expensive_to_guess_outside_these_tests(real_hasher: PasswordHasher) -> None:
    kept = real_hasher.hash("correct horse battery")

    cost = extract_parameters(kept)
    assert (cost.type, cost.memory_cost >= LEAST_MEMORY_KIB, cost.time_cost >= 2) == (Type.ID, True, True)
    assert verify_password(kept, "correct horse battery")
