"""The closed list of metrics, and the page that tells operators what each one means."""

from prometheus_client.metrics import MetricWrapperBase

from local.child import ROOT
from schemas.process import metrics

PAGE = ROOT / "docs" / "operations.md"


def test_every_metric_stands_on_the_page_with_its_labels() -> None:
    """In the table's first two columns: name (a counter's ends in _total) and labels."""
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in PAGE.read_text(encoding="utf8").splitlines()]
    told = {row[0].strip("`"): row[1] for row in rows if len(row) == 2 and row[0].startswith("`")}
    served = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    names = {metric: f"{metric._name}_total" if metric._type == "counter" else metric._name for metric in served}
    assert len(served) == 21
    assert {names[m]: ", ".join(m._labelnames) or "–" for m in served}.items() <= told.items()
