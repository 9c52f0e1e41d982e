"""Which worker of pytest-xdist tests what: a file at a time in the order of the suites; what wants the cores, alone."""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

ALONE = ("tests/e2e/test_kill.py", "tests/e2e/test_kill_notifier.py")
"""They kill and time a dozen programs: beside them nothing else may want the cores. They come last."""


class AloneLast(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist is untyped
    """Files go to whichever worker is free; once only ALONE is left, all workers but one end, and that one tests it."""

    def _split_scope(self, nodeid: str) -> str:
        return ALONE[0] if nodeid.startswith(ALONE) else super()._split_scope(nodeid)

    def _reschedule(self, node: WorkerController) -> None:
        """More work for a worker that has almost none."""
        busy = [other for other in self.nodes if not other.shutting_down]
        if [*self.workqueue] == [ALONE[0]] and len(busy) > 1:
            if not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 2:
                node.shutdown()
        else:
            super()._reschedule(node)
