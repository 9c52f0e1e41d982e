"""What a subscriber told us, as it is sealed, and the places in the index that it belongs to. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from notifier.pages import OFFICER, officer_place, officers_place
from notifier.subscriptions.validate import Wanted


@dataclass(frozen=True, slots=True)
class Profile:
    """What a Subscription seals. `places` maps places of the index to the areas wanted there, none meaning all.

    `districts` holds the same for municipalities whose own districts were chosen. `replaces` is the subscriber that
    the same device was before its browser gave it another endpoint.
    """

    endpoint: str
    p256dh: bytes
    auth: bytes
    vapid_key_id: str
    lang: str
    places: dict[str, tuple[str, ...]]
    drills: bool
    officer: str | None
    districts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    replaces: str | None = None

    @classmethod
    def of(cls, wanted: Wanted, vapid_key_id: str, officer: str | None) -> "Profile":
        """A resident's, or with `officer` the profile of a device that calls reach. A device is one or the other."""
        return cls(
            endpoint=wanted.endpoint,
            p256dh=wanted.p256dh,
            auth=wanted.auth,
            vapid_key_id=vapid_key_id,
            lang=wanted.lang,
            places=wanted.places if officer is None else officer_places(officer, tuple(wanted.places)),
            drills=wanted.drills,
            officer=officer,
            districts=wanted.districts if officer is None else {},
            replaces=wanted.replaces.subscriber if wanted.replaces else None,
        )


def officer_places(officer: str, municipalities: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Where an officer's device lies: under its officer, and among all officers of the municipalities it names."""
    places = (officer_place(officer), *(officers_place(municipality) for municipality in municipalities))
    return dict.fromkeys(places, ())


def officer_of(places: Iterable[str]) -> str | None:
    """Whose device lies in these places; None is a resident's."""
    return next((place.removeprefix(OFFICER) for place in places if place.startswith(OFFICER)), None)
