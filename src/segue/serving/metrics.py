"""Counters for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "segue_requests", "Requests", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "segue_request_seconds", "Seconds of a request", ("route",), buckets=EDGES, registry=self.registry
        )
        self.answers = Histogram(
            "segue_answer_seconds",
            "Seconds of an answer in a conversation",
            ("model",),
            buckets=EDGES,
            registry=self.registry,
        )
        self.tracks = Gauge("segue_tracks", "Tracks of the catalogue", registry=self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        # A method is what a client writes: it must not make counters without end.
        known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
        self.requests.labels(known, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def answer(self, model: str, seconds: float) -> None:
        """Count an answer."""
        self.answers.labels(model).observe(seconds)

    def text(self) -> bytes:
        """All of them in the text format of Prometheus."""
        return generate_latest(self.registry)
