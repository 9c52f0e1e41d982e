"""The demo's one calm screen: a banner, one line per thing that happened, two tables at the end."""

from datetime import datetime

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from local.latency import Hops
from local.scenario import JST

WIDTH = 118
COLORS = {
    "reading": "cyan",
    "bulletin": "cyan",
    "detection": "blue",
    "recommend": "yellow",
    "because": "dim",
    "officer": "magenta",
    "order": "bold red",
    "push": "green",
    "partner": "green",
    "refused": "red",
}
