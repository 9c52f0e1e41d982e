"""Which worker of pytest-xdist tests what: a file at a time, in the order of the suites; whole systems one alone."""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

WHOLE_SYSTEMS = "tests/e2e"


class EndToEndAlone(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist: untyped base
    """Tests of whole systems kill, restart and time a dozen programs: beside them nothing else may want the cores."""

    def _split_scope(self, nodeid: str) -> str:
        return WHOLE_SYSTEMS if nodeid.startswith(WHOLE_SYSTEMS) else super()._split_scope(nodeid)

    def _reschedule(self, node: WorkerController) -> None:
        """More work for a worker that has almost none; the last one that is left gets the whole systems."""
        busy = [other for other in self.nodes if not other.shutting_down]
        if [*self.workqueue] == [WHOLE_SYSTEMS] and len(busy) > 1:
            if not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 2:
                node.shutdown()
        else:
            super()._reschedule(node)
