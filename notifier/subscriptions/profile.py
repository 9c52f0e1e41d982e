"""What a subscriber told us, as it is sealed, and the places in the index that it belongs to. Pure."""

from dataclasses import dataclass

from notifier.pages import Entry, officer_place, officers_place
from notifier.subscriptions.validate import Wanted


@dataclass(frozen=True, slots=True)
class Profile:
    """What a Subscription seals. `places` maps places of the index to the areas wanted there, none meaning all."""

    endpoint: str
    p256dh: bytes
    auth: bytes
    vapid_key_id: str
    lang: str
    places: dict[str, tuple[str, ...]]
    drills: bool
    officer: str | None

    @classmethod
    def of(cls, wanted: Wanted, vapid_key_id: str, officer: str | None) -> "Profile":
        """A resident's, or with `officer` the profile of a device that calls reach. A device is one or the other."""
        places = wanted.places if officer is None else officer_places(officer, tuple(wanted.places))
        return cls(
            wanted.endpoint, wanted.p256dh, wanted.auth, vapid_key_id, wanted.lang, places, wanted.drills, officer
        )

    def entry(self, subscriber: str, place: str) -> Entry:
        """The entry of one of its places."""
        return Entry(
            subscriber=subscriber,
            endpoint=self.endpoint,
            p256dh=self.p256dh,
            auth=self.auth,
            vapid_key_id=self.vapid_key_id,
            lang=self.lang,
            areas=self.places[place],
            drills=self.drills,
            officer=self.officer,
        )


def officer_places(officer: str, municipalities: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Where an officer's device lies: under its officer, and among all officers of the municipalities it names."""
    places = (officer_place(officer), *(officers_place(municipality) for municipality in municipalities))
    return dict.fromkeys(places, ())
