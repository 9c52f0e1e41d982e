"""Which fields of 川の防災情報's values become which quantity: stages, rain, dams.

Field names are from published notes on the site's files (kinds 004 stage, 001 rain, 007 dam), unverified against a
recording. An inflow is computed by the balance of the reservoir and may dip below zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.places import Places
from connectors.readings.times import TEN_MINUTES
from schemas.stations import Dam, Gauge, RainGauge

Station = Gauge | RainGauge | Dam
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity: its field, the field of its quality code, the values that can be, and how often it comes.

    `always`: a row without the field says "missing"; else it says nothing about this quantity.
    """

    quantity: str
    unit: str
    field: str
    code: str
    lowest: float
    highest: float
    every: timedelta = TEN_MINUTES
    always: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of station: its folder on the site, its kind within an obsFcd, and what its values are."""

    folder: str
    obs_kind: str
    columns: tuple[Column, ...]

    def stations(self, places: Places) -> Mapping[str, Station]:
        """All that the reference has of this kind."""
        kinds: dict[str, Mapping[str, Station]] = {"stg": places.gauges, "rn": places.rain_gauges, "dam": places.dams}
        return kinds[self.folder]


STAGE = Column("stage", "m", "stg", "stgCcd", -50.0, 4000.0, always=True)
RAIN = (
    Column("rain_10min", "mm", "rn10m", "rn10mCcd", 0.0, 300.0),
    Column("rain_1h", "mm", "rnHr", "rnHrCcd", 0.0, 500.0, every=HOUR),
    Column("rain_total", "mm", "rnInc", "rnIncCcd", 0.0, 10_000.0),
)
DAM = (
    Column("dam_level", "m", "storLvl", "storLvlCcd", -200.0, 4000.0),
    Column("dam_inflow", "m3/s", "allSink", "allSinkCcd", -1000.0, 100_000.0),
    Column("dam_outflow", "m3/s", "allDisch", "allDischCcd", 0.0, 100_000.0),
    Column("dam_storage", "%", "storPcntIrr", "storPcntIrrCcd", 0.0, 300.0),
)
FAMILIES = {
    "kawabou": Family("stg", "004", (STAGE,)),
    "kawabou-rain": Family("rn", "001", RAIN),
    "kawabou-dam": Family("dam", "007", DAM),
}
