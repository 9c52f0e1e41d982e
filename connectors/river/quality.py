"""Quality codes of the river information system (`stgCcd`), and values that stand for "no value"."""

from schemas.records.observed import Quality

CODES = {
    0: Quality.VALID,
    10: Quality.SUSPECT,  # out of the expected range, but kept
    20: Quality.SUSPECT,  # change rate exceeded, as a flash flood does: kept, but needs a second sample
    30: Quality.STUCK,
    40: Quality.CLOSED,  # under test
    50: Quality.VALID,  # entered by hand
    60: Quality.SUSPECT,  # contains missing parts
    70: Quality.VALID,  # recalculated
    120: Quality.SUSPECT,  # other
    130: Quality.CLOSED,  # not installed, not provided
    140: Quality.CLOSED,
    150: Quality.CLOSED,  # maintenance
    160: Quality.MISSING,  # not received
    170: Quality.MISSING,  # invalid
    180: Quality.MISSING,  # no file
    190: Quality.MISSING,
    200: Quality.MISSING,  # scale error
}
"""Source: the system's table of correction codes; below 128 there is a value, from 128 on none."""

SENTINELS = frozenset({-9999.0, -9999.9, -9999.99, -99999.0, -999999.0, -888.0, 9999.0, 9999.99, 99999.0, 999999.0})
"""Numbers that other river systems write for "no value". A bare "below zero" is no sign: tidal stages are negative."""

WITHOUT_VALUE = (Quality.MISSING, Quality.CLOSED)


def quality_of(code: int | None) -> Quality:
    """Unknown codes: below 128 there is a value that needs a second sample, from 128 on there is none."""
    if code is None:
        return Quality.SUSPECT
    return CODES.get(code, Quality.SUSPECT if code < 128 else Quality.MISSING)
