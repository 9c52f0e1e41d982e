"""Who may do what on the broker: what topics.toml and the partners' file say, nothing more, no longer than meant."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from schemas.acls import Quota, Rule, change, commands, group_prefix, partner_rules, quotas, rules
from schemas.partners import KINDS, Partner
from schemas.records.base import World

FIRE = Partner("fire", "消防", frozenset({"14205"}), frozenset({World.ACTUAL}), frozenset({"orders"}), kafka=True)
STATE = Partner("fire2", "県", None, frozenset(World), frozenset(KINDS), kafka=True)
NAMESPACES = st.sampled_from(["", "t1-"])
PARTNERS = st.lists(
    st.builds(
        Partner,
        st.sampled_from(["fire", "fire2", "ken", "water"]),
        st.just("名"),
        st.none(),
        st.sets(st.sampled_from(World)).map(frozenset),
        st.sets(st.sampled_from(KINDS)).map(frozenset),
        kafka=st.booleans(),
    ),
    unique_by=lambda partner: partner.id,
)


def test_a_partner_may_read_its_topics_and_nothing_else() -> None:
    """One kind in one world is one topic; its groups begin with its own name."""
    assert partner_rules("", FIRE) == {
        Rule("User:fire", "topic", "actual.orders", False, "READ"),
        Rule("User:fire", "group", "fire.", True, "READ"),
    }
    assert not group_prefix("", STATE.id).startswith(group_prefix("", FIRE.id))


@given(NAMESPACES, PARTNERS)
def test_no_partner_may_write_or_read_what_is_not_for_centres(namespace: str, partners: list[Partner]) -> None:
    """Not one subscription, decision, job or report, and not one message written, whatever the file says."""
    ids = {partner.id for partner in partners}
    theirs = {rule for rule in rules(namespace, partners) if rule.user in ids}
    assert {rule.operation for rule in theirs} <= {"READ"}
    assert {rule.name.removeprefix(namespace).partition(".")[2] for rule in theirs if rule.resource == "topic"} <= set(
        KINDS
    )
    assert {rule.user for rule in theirs} == {partner.id for partner in partners if partner.kafka}


def test_only_the_console_writes_decisions() -> None:
    """What people decide comes from the desk, and from nowhere else."""
    may = {rule.user for rule in rules("", [FIRE, STATE]) if rule.name == "actual.decisions"}
    writes = {
        rule.user for rule in rules("", [FIRE, STATE]) if rule.name == "actual.decisions" and rule.operation == "WRITE"
    }
    assert (may, writes) == ({"decide", "console"}, {"console"})


@given(NAMESPACES, PARTNERS, PARTNERS)
def test_what_is_applied_is_what_is_meant(namespace: str, before: list[Partner], after: list[Partner]) -> None:
    """From any file to any other: then exactly the new rules stand there, and applying again changes nothing."""
    stranger = Rule("User:mirror", "topic", f"{namespace}actual.orders", False, "READ")
    there = rules(namespace, before) | {stranger}
    todo = change(namespace, there, rules(namespace, after))
    now = (there | set(todo.add)) - set(todo.remove)
    assert now == rules(namespace, after) | {stranger}
    assert set(todo.gone) == {p.id for p in before if p.kafka} - {p.id for p in after if p.kafka}
    assert todo.strange == (stranger,)
    again = change(namespace, now, rules(namespace, after))
    assert (again.add, again.remove, again.gone) == ((), (), ())


def test_it_can_be_applied_by_hand() -> None:
    """In the words of Kafka's own tools."""
    assert quotas([FIRE, replace(STATE, kafka=False)]) == (Quota("fire", 2_097_152),)
    lines = commands("k:9092", partner_rules("", FIRE), quotas([FIRE]))
    assert lines[1] == (
        "kafka-acls.sh --bootstrap-server k:9092 --add --allow-principal User:fire --operation READ "
        "--topic actual.orders --resource-pattern-type literal"
    )
    assert lines[2].endswith("--add-config consumer_byte_rate=2097152,request_percentage=25")
