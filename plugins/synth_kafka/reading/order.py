"""The messages of one part of a stream, put in the order of their sequence, with what is wrong with it."""

from dataclasses import dataclass, field


@dataclass
class PartOrder:
    """What has come of a part.

    Attributes:
        expected: messages that there are to be.
        next: the sequence of the message that comes next.
        waiting: sequence → value of those that have come before their turn.
        lost, doubled: how many are missing, and how many have come again, or after they were taken for lost.
        first_lost: the sequence of the first that is missing.
    """

    expected: int
    next: int = 0
    waiting: dict[int, bytes] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    first_lost: int | None = None

    def take(self, sequence: int, value: bytes) -> bool:
        """Takes a message in; False for one that is there already."""
        if sequence < self.next or sequence in self.waiting:
            self.doubled += 1
            return False
        self.waiting[sequence] = value
        return True

    def ready(self, bound: int) -> list[bytes]:
        """The messages whose turn has come, in order.

        Args:
            bound: every message whose sequence is below has come, or will never come.
        """
        found: list[bytes] = []
        self._follow(found)
        if bound > self.next:
            numbers = sorted(number for number in self.waiting if number < bound)
            gone = bound - self.next - len(numbers)
            if gone and self.first_lost is None:
                self.first_lost = next(
                    (place for place, number in enumerate(numbers, self.next) if place != number),
                    self.next + len(numbers),
                )
            found += [self.waiting.pop(number) for number in numbers]
            self.lost, self.next = self.lost + gone, bound
            self._follow(found)
        return found

    def _follow(self, found: list[bytes]) -> None:
        while (value := self.waiting.pop(self.next, None)) is not None:
            found.append(value)
            self.next += 1
