"""Many questions to a slow server at once: each answer as it comes, and what the asking may cost."""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from segue.kit.completions import Server, StoppedError, Usage
from segue.kit.progress import bar

Q = TypeVar("Q")
A = TypeVar("A")


STOP_AFTER = 10
"""Questions in a row without an answer that end a run."""


def each_answer(
    questions: Sequence[Q],
    ask: Callable[[Q], A],
    failed: Callable[[A], str],
    *,
    server: Server,
    workers: int,
    label: str,
) -> Generator[A]:
    """Each question's answer as it ends, with progress on stderr; only a few wait, however many there are.

    Whoever stops taking, or fails, stops the asking: what is under way is waited for, nothing new is begun,
    and the server's connections are closed.

    Args:
        failed: why an answer is none, "" for one that is.

    Raises:
        StoppedError: no answer to `STOP_AFTER` questions in a row, or to any at all: a success that wrote
            nothing would be taken for one.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    in_a_row, none_yet, why = 0, True, ""
    with ThreadPoolExecutor(workers) as pool, bar(*columns) as shown:
        task = shown.add_task(label, total=len(questions))
        try:
            for done in _in_order_of_end(pool, ask, iter(questions), workers):
                shown.advance(task)
                answer = done.result()
                why = failed(answer)
                in_a_row, none_yet = (in_a_row + 1 if why else 0), none_yet and bool(why)
                yield answer
                if in_a_row >= STOP_AFTER:
                    cure = "what was answered is kept; run the same command again"
                    raise StoppedError(
                        f"{in_a_row} questions in a row without an answer ({why})", server.url, cure
                    )
        finally:
            # First of all: whoever waits between two tries wakes, and asks nothing more.
            server.stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
            server.close()
    if questions and none_yet:
        cure = "see that the server runs and that its address is right, then run the same command again"
        raise StoppedError(f"no answer to any of {len(questions):,} questions ({why})", server.url, cure)


def _in_order_of_end(
    pool: ThreadPoolExecutor, ask: Callable[[Q], A], questions: Iterator[Q], workers: int
) -> Iterator[Future[A]]:
    # Twice as many as work at once: none stands idle while an answer is taken, and few are lost at a stop.
    running = {pool.submit(ask, q) for q in islice(questions, 2 * workers)}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        running |= {pool.submit(ask, q) for q in islice(questions, len(done))}
        yield from done


@dataclass(frozen=True)
class Prices:
    """Money for a million tokens, asked and answered; None where it is not known."""

    asked: float | None = None
    answered: float | None = None

    def money(self, usage: Usage) -> float | None:
        """What tokens cost; None where no price is known."""
        if self.asked is None and self.answered is None:
            return None
        return (usage.prompt * (self.asked or 0) + usage.answer * (self.answered or 0)) / 1e6

    def told(self, usage: Usage) -> str:
        """Tokens in words, and what they cost where a price is known."""
        money = self.money(usage)
        cost = "" if money is None else f", {money_text(money)}"
        return f"{usage.prompt:,} tokens in and {usage.answer:,} out{cost}"


def money_text(money: float) -> str:
    """An amount in words; small ones with more digits."""
    return f"{money:,.{2 if money >= 1 else 4}f} at the given prices"


class SpentError(Exception):
    """The next call would go beyond the budget."""


@dataclass
class Budget:
    """What all calls together may take; shared between threads. None: as much as they want.

    A call is begun only where it fits beside those under way, each taken to need what the dearest so far did.

    Args:
        calls: answers of the server.
        tokens: asked and answered, together.
        money: at the given prices.
        guess: tokens of a call before any is known.
        spent: what was taken before.
    """

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    prices: Prices = field(default_factory=Prices)
    guess: Usage = field(default_factory=Usage)
    spent: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        self._lock, self._under_way = threading.Lock(), 0
        # The dearest so far stands for every call under way: the budget errs on the safe side.
        self._largest = Usage(self.guess.prompt, self.guess.answer, 1)

    def begin(self) -> None:
        """Take room for one call; raises `SpentError` where there is none."""
        with self._lock:
            n = self._under_way + 1
            after = Usage(
                self.spent.prompt + n * self._largest.prompt,
                self.spent.answer + n * self._largest.answer,
                self.spent.requests + n,
            )
            money = self.prices.money(after)
            if (
                (self.calls is not None and after.requests > self.calls)
                or (self.tokens is not None and after.prompt + after.answer > self.tokens)
                or (self.money is not None and money is not None and money > self.money)
            ):
                raise SpentError
            self._under_way = n

    def end(self, used: Usage) -> None:
        """Give back the room of one call, and count what it took."""
        with self._lock:
            self._under_way -= 1
            self.spent.add(used)
            self._largest.prompt = max(self._largest.prompt, used.prompt)
            self._largest.answer = max(self._largest.answer, used.answer)

    def __str__(self) -> str:
        """The limits in words, "" where there are none."""
        parts = [] if self.calls is None else [f"{self.calls:,} calls"]
        parts += [] if self.tokens is None else [f"{self.tokens:,} tokens"]
        parts += [] if self.money is None else [money_text(self.money)]
        return " and ".join(parts)
