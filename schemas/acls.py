"""Who may do what on the broker, derived from topics.toml and the partners' file. Pure: rules in, differences out.

Kafka's rules are per topic, never per municipality: a partner that may read `actual.orders` reads every town's orders.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.partners import Partner
from schemas.topics import physical_topics, topic

PROGRAM_GROUPS = {
    "connectors": (),
    "watch": ("watch-",),
    "decide": ("decide-",),
    "notifier": ("deliver-", "index", "plan-", "tally-"),
    "console": (),
}
"""Our programs, each with what the names of its consumer groups begin with."""

REQUEST_PERCENTAGE = 25
"""How much of one broker thread a partner's requests may take before they are slowed down."""

CENTRES = "centres"


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One permission: READ, WRITE (both imply DESCRIBE) or DESCRIBE. `prefixed`: on all that begins with `name`."""

    principal: str
    resource: str
    name: str
    prefixed: bool
    operation: str

    @property
    def user(self) -> str:
        """The principal without its type."""
        return self.principal.removeprefix("User:")


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a partner's clients may take from each broker."""

    user: str
    bytes_per_s: int
    request_percentage: int = REQUEST_PERCENTAGE


@dataclass(frozen=True, slots=True)
class Change:
    """What must be done so that the broker holds what is meant; `gone` are partners that are no longer any."""

    add: tuple[Rule, ...]
    remove: tuple[Rule, ...]
    gone: tuple[str, ...]
    strange: tuple[Rule, ...]


def rules(namespace: str, partners: Iterable[Partner]) -> frozenset[Rule]:
    """Everything that anybody may do."""
    own = {rule for program in PROGRAM_GROUPS for rule in _program_rules(namespace, program)}
    on_kafka = [partner for partner in partners if partner.kafka]
    watched = {Rule("User:notifier", "group", group_prefix(namespace, p.id), True, "DESCRIBE") for p in on_kafka}
    return frozenset(own | watched | {rule for partner in on_kafka for rule in partner_rules(namespace, partner)})


def partner_rules(namespace: str, partner: Partner) -> frozenset[Rule]:
    """READ on the topics of its kinds and worlds that centres may read, and on groups named after it. Nothing else."""
    user = f"User:{partner.id}"
    names = [
        topic(kind).physical(namespace, world)
        for kind in partner.kinds
        for world in partner.worlds
        if CENTRES in topic(kind).readers
    ]
    reads = {Rule(user, "topic", name, False, "READ") for name in names}
    return frozenset(reads | {Rule(user, "group", group_prefix(namespace, partner.id), True, "READ")})


def group_prefix(namespace: str, partner: str) -> str:
    """What a partner's consumer groups begin with. No id holds a dot, so no partner's prefix begins another's."""
    return f"{namespace}{partner}."


def quotas(partners: Iterable[Partner]) -> tuple[Quota, ...]:
    """Of all partners on Kafka."""
    return tuple(Quota(partner.id, partner.kafka_bytes_per_s) for partner in partners if partner.kafka)


def change(namespace: str, there: Iterable[Rule], meant: frozenset[Rule]) -> Change:
    """The difference. Only what concerns our programs, partners and former partners is removed; the rest is shown."""
    held = frozenset(there)
    former = {
        rule.principal
        for rule in held
        if rule.resource == "group" and rule.prefixed and rule.name == group_prefix(namespace, rule.user)
    }
    ours = {rule.principal for rule in meant} | former | {f"User:{program}" for program in PROGRAM_GROUPS}
    names = physical_topics(namespace).keys()
    beyond = held - meant
    gone = former - {rule.principal for rule in meant}
    return Change(
        add=tuple(sorted(meant - held)),
        remove=tuple(sorted(rule for rule in beyond if rule.principal in ours)),
        gone=tuple(sorted(principal.removeprefix("User:") for principal in gone)),
        strange=tuple(sorted(rule for rule in beyond if rule.principal not in ours and rule.name in names)),
    )


def commands(bootstrap: str, meant: Iterable[Rule], given: Iterable[Quota]) -> list[str]:
    """The same as Kafka's own tools would be told, for who applies by hand."""
    lines = [
        f"kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal {rule.principal} --operation "
        f"{rule.operation} --{rule.resource} {rule.name} --resource-pattern-type "
        f"{'prefixed' if rule.prefixed else 'literal'}"
        for rule in sorted(meant)
    ]
    return lines + [
        f"kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type users --entity-name {quota.user} "
        f"--add-config consumer_byte_rate={quota.bytes_per_s},request_percentage={quota.request_percentage}"
        for quota in given
    ]


def _program_rules(namespace: str, program: str) -> set[Rule]:
    user, found = f"User:{program}", set[Rule]()
    for name, (row, _) in physical_topics(namespace).items():
        found |= {Rule(user, "topic", name, False, "READ")} if program in row.readers else set()
        found |= {Rule(user, "topic", name, False, "WRITE")} if program in row.writers else set()
    return found | {Rule(user, "group", f"{namespace}{group}", True, "READ") for group in PROGRAM_GROUPS[program]}
