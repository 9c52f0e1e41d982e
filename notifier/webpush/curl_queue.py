"""Requests that wait for libcurl: by batch, and by origin. Pure; times are the event loop's."""

from collections import deque
from collections.abc import Iterator, Sequence

from notifier.outcome import Answer, NetworkFault
from notifier.webpush.transport import Heard, Post, Site


class Batch:
    """Requests that were handed over together: what they share, whom to tell, until when; and what has not been told
    yet."""

    __slots__ = ("deadline", "ended", "heard", "lines", "queue")

    def __init__(self, queue: "Queue", lines: list[str], heard: Heard, deadline: float) -> None:
        self.queue, self.lines, self.heard, self.deadline = queue, lines, heard, deadline
        self.ended: list[tuple[object, Answer | NetworkFault]] = []

    def end(self, posts: Sequence[Post], how: NetworkFault) -> None:
        """These end alike."""
        self.ended += [(post.handle, how) for post in posts]

    def tell(self) -> None:
        """Say what has come together."""
        ended, self.ended = self.ended, []
        if ended:
            self.heard(ended)


class Queue:
    """One origin's: who waits, and how many of `most` places are taken (`under_way`; whoever has ended frees one)."""

    __slots__ = ("_most", "_waiting", "site", "under_way")

    def __init__(self, site: Site, most: int) -> None:
        self.site, self._most, self.under_way = site, most, 0
        self._waiting: deque[tuple[Batch, Sequence[Post]]] = deque()

    @property
    def may_go(self) -> bool:
        """Whether somebody waits for whom there is a place."""
        return bool(self._waiting) and self.under_way < self._most

    @property
    def is_over(self) -> bool:
        """Whether nobody waits and nobody is under way."""
        return not self._waiting and not self.under_way

    def add(self, batch: Batch, posts: Sequence[Post]) -> None:
        """These wait."""
        if posts:
            self._waiting.append((batch, posts))

    def take(self) -> Iterator[tuple[Batch, Sequence[Post]]]:
        """As many as there are places, in order: they are under way."""
        while self.may_go:
            batch, posts = self._waiting.popleft()
            room = self._most - self.under_way
            if len(posts) > room:
                self._waiting.appendleft((batch, posts[room:]))
                posts = posts[:room]
            self.under_way += len(posts)
            yield batch, posts

    def give_up(self, how: NetworkFault, now: float = float("inf")) -> list[Batch]:
        """Those whose deadline has passed by `now` end this way; the batches that are to be told."""
        late = [one for one in self._waiting if one[0].deadline <= now]
        if late:
            self._waiting = deque(one for one in self._waiting if one[0].deadline > now)
        for batch, posts in late:
            batch.end(posts, how)
        return [batch for batch, _ in late]
