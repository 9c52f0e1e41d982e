"""`python -m schemas acls`: print what topics.toml and the partners' file mean on the broker, or make it so."""

import sys
from pathlib import Path

from schemas.acls import change, commands, quotas, rules
from schemas.acls_admin import add_rules, new_password, read_rules, remove_rules, remove_user
from schemas.kafka import Where
from schemas.partners import BadPartners, Partner, read_partners
from schemas.quotas_kafka import set_quotas
from schemas.settings import SchemasSettings


async def acls(settings: SchemasSettings, file: Path | None, apply: bool, user: str | None) -> int:
    """Exit code 0, or 2 for a file or user that is none."""
    where, file = Where.of(settings), file or settings.partners
    try:
        partners = read_partners(file) if file else ()
    except BadPartners as error:
        print(error, file=sys.stderr)
        return 2
    if user is not None:
        return _password(where, partners, user)
    if apply:
        await _apply(where, partners)
    else:
        print("\n".join(commands(where.bootstrap, rules(where.namespace, partners), quotas(partners))))
    return 0


async def _apply(where: Where, partners: tuple[Partner, ...]) -> None:
    """New rules before old ones go: nobody who may read is shut out in between."""
    todo = change(where.namespace, read_rules(where), rules(where.namespace, partners))
    add_rules(where, todo.add)
    remove_rules(where, todo.remove)
    for user in todo.gone:
        remove_user(where, user)
    await set_quotas(where, quotas(partners), todo.gone)
    for rule in todo.strange:
        print(f"not ours, left · {rule.principal} may {rule.operation} {rule.resource} {rule.name}")
    for user in todo.gone:
        print(f"{user} is no partner any more: its rules, quotas and password are gone")
    print(f"{len(todo.add)} rules added, {len(todo.remove)} removed, quotas of {len(quotas(partners))} partners set")


def _password(where: Where, partners: tuple[Partner, ...], user: str) -> int:
    known = sorted({rule.user for rule in rules(where.namespace, partners)})
    if user not in known:
        print(f"{user} may do nothing on this broker; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(new_password(where, user))
    print("Shown once: Kafka keeps only what verifies it. The former password opens nothing now.", file=sys.stderr)
    return 0
