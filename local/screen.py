"""The demo's one calm screen: a banner, one line per thing that happened, two tables at the end."""

from datetime import datetime

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from local.latency import Hops
from local.scenario import JST

WIDTH = 118
COLORS = {"reading": "cyan", "bulletin": "cyan", "detection": "blue", "recommend": "yellow", "because": "dim"}
COLORS |= {"officer": "magenta", "order": "bold red", "push": "green", "partner": "green", "refused": "red"}


class Screen:
    """Lines in the order in which things happened: event time (JST), the stage, what was seen."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(width=WIDTH, highlight=False)

    def banner(self, title: str, text: str) -> None:
        """What is about to be shown, and that it is a replay."""
        self.console.print(Panel(text, title=title, border_style="yellow"))

    def note(self, text: str) -> None:
        """Something about the demo itself."""
        self.console.print(f"[dim]            · {text}[/]")

    def act(self, text: str) -> None:
        """The head of a part of the story."""
        self.console.rule(f"[bold]{text}")

    def line(self, at: datetime, stage: str, text: str) -> None:
        """One thing that happened."""
        color = COLORS.get(stage, "white")
        self.console.print(f"[dim]{at.astimezone(JST):%m-%d %H:%M}[/] [{color}]{stage:>10}[/]  {text}", soft_wrap=True)

    def checks(self, checks: list[tuple[str, bool, str]]) -> None:
        """What had to be true, and whether it was."""
        for name, true, detail in checks:
            mark = "[green]ok  [/]" if true else "[bold red]FAIL[/]"
            self.console.print(f"  {mark} {name}[dim] {detail}[/]", soft_wrap=True)

    def outcomes(self, rows: list[tuple[str, dict[str, int]]], ends: tuple[str, ...]) -> None:
        """One row per order revision: planned = the sum of its ends."""
        table = Table(title="Every delivery ends: planned = accepted + gone + expired + superseded + refused + failed")
        for head in ("order revision", "planned", *ends, "sum"):
            table.add_column(head, justify="left" if head == "order revision" else "right")
        for name, counts in rows:
            cells = [str(counts.get(end, 0)) for end in ends]
            table.add_row(name, str(counts["planned"]), *cells, str(sum(counts.get(end, 0) for end in ends)))
        self.console.print(table)

    def latency(self, hops: Hops) -> None:
        """p50 and p99 of every hop."""
        table = Table(title="Latency per hop (milliseconds, real time, everything on this machine)")
        for head in ("hop", "count", "p50", "p99"):
            table.add_column(head, justify="left" if head == "hop" else "right")
        for hop, count, p50, p99 in hops.rows():
            table.add_row(hop, str(count), f"{p50:.1f}", f"{p99:.1f}")
        self.console.print(table)
