"""`python -m connectors parse FILE…` as a process of its own, at the end of a pipe."""

import subprocess
import sys
from pathlib import Path

from local.child import ROOT
from tests.unit.connectors.answers import atom


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    """parse FILE… | head -1."""
    file = tmp_path / "extra.xml"
    file.write_bytes(atom([f"{number}.xml" for number in range(5000)]))
    asked = [sys.executable, "-m", "connectors", "parse", str(file)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=20) == 0
