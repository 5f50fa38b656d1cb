"""How operations are described: with the problems that every one of them may answer with."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema

from frontend.api.reference import PROBLEM
from frontend.problems import CONTENT_TYPE

Direction = Literal["request", "response"]
_ANY = (401, 404, 429, 503)
_OF_BODIES = (400, 403, 413, 415, 422)
_OPEN = ("healthz", "readyz", "readSchema")


class ProblemSchema(AutoSchema):
    """Adds the problem responses, and the subject as tag."""

    def get_tags(self) -> list[str]:
        """The first word after the version."""
        parts = [part for part in self.path.split("/") if part]
        subject = parts[2] if len(parts) > 2 else parts[-1]
        return ["health" if subject in {"healthz", "readyz"} else subject]

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(
                    PROBLEM, str(status), media_types=[CONTENT_TYPE], direction=direction
                )
        for code, body in bodies.items():
            if int(code) >= 400 and "HealthBody" not in str(body):
                body["content"] = {CONTENT_TYPE: next(iter(body["content"].values()))}
        return dict(sorted(bodies.items()))

    def _problem_statuses(self) -> tuple[int, ...]:
        if self.get_operation_id() in _OPEN:
            return ()
        if self.method in {"POST", "PUT", "PATCH"}:
            return (*_ANY, *_OF_BODIES)
        return (*_ANY, 400, 403)


def only_versioned(endpoints: list[Any]) -> list[Any]:
    """Leave out what stands at the root as well: each operation is described once."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]
