"""Rules and users on the broker, by confluent-kafka's admin client: read what is there, add, remove."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, but not all in __all__
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from schemas.acls import Rule
from schemas.admin import TIMEOUT_S, admin
from schemas.kafka import Where

ITERATIONS = 8192
_RESOURCES = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
_NAMES: dict[Any, str] = {kind: name for name, kind in _RESOURCES.items()}
_ANY: Any = None  # the client's types do not know that a filter's fields may be empty
_EVERY = AclBindingFilter(
    ResourceType.ANY, _ANY, ResourcePatternType.ANY, _ANY, _ANY, AclOperation.ANY, AclPermissionType.ALLOW
)


def read_rules(where: Where) -> frozenset[Rule]:
    """All permissions on topics and groups; what forbids, or names hosts, is not of our making and left out."""
    client = admin(where)
    found = client.describe_acls(_EVERY, request_timeout=TIMEOUT_S).result(TIMEOUT_S)
    return frozenset(_rule(binding) for binding in found if binding.restype in _NAMES and binding.host == "*")


def add_rules(where: Where, rules: Iterable[Rule]) -> None:
    """Returns once the broker has them all."""
    bindings = [_binding(rule) for rule in rules]
    _wait(admin(where), "create_acls", bindings)


def remove_rules(where: Where, rules: Iterable[Rule]) -> None:
    """Returns once they are gone."""
    filters = [_filter(rule) for rule in rules]
    _wait(admin(where), "delete_acls", filters)


def new_password(where: Where, user: str) -> str:
    """A fresh SCRAM password of a user. Kafka keeps only what verifies it: it is shown once."""
    password = secrets.token_urlsafe(24)
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    _wait(admin(where), "alter_user_scram_credentials", [UserScramCredentialUpsertion(user, info, password.encode())])
    return password


def remove_user(where: Where, user: str) -> None:
    """Its password opens nothing any more; one that has none is left."""
    deletion = UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)
    try:
        _wait(admin(where), "alter_user_scram_credentials", [deletion])
    except KafkaException as error:
        if error.args[0].code() != KafkaError.RESOURCE_NOT_FOUND:
            raise


def _wait(client: AdminClient, call: str, asked: Sequence[object]) -> None:
    for future in getattr(client, call)(asked, request_timeout=TIMEOUT_S).values() if asked else ():
        future.result(TIMEOUT_S)


def _rule(binding: AclBinding) -> Rule:
    prefixed, operation = binding.resource_pattern_type is ResourcePatternType.PREFIXED, AclOperation(binding.operation)
    return Rule(binding.principal, _NAMES[binding.restype], binding.name, prefixed, operation.name)


def _pattern(rule: Rule) -> ResourcePatternType:
    return ResourcePatternType.PREFIXED if rule.prefixed else ResourcePatternType.LITERAL


def _binding(rule: Rule) -> AclBinding:
    operation, kind = AclOperation[rule.operation], _RESOURCES[rule.resource]
    return AclBinding(kind, rule.name, _pattern(rule), rule.principal, "*", operation, AclPermissionType.ALLOW)


def _filter(rule: Rule) -> AclBindingFilter:
    operation, kind = AclOperation[rule.operation], _RESOURCES[rule.resource]
    return AclBindingFilter(kind, rule.name, _pattern(rule), rule.principal, "*", operation, AclPermissionType.ALLOW)
