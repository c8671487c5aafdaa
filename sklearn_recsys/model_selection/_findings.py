"""What the linter of evaluations finds, and how it is shown."""
# SPDX-License-Identifier: BSD-3-Clause

import textwrap
from dataclasses import dataclass

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.exceptions import EvaluationWarning
from sklearn_recsys.interactions._looking._description_report import Block, as_html

__all__ = ["EvaluationFindings", "Finding"]

_PAGE = "user_guide/evaluation_warnings.html"

_TITLES = {
    "EVAL001": "Sampled candidates",
    "EVAL002": "Random split of timed interactions",
    "EVAL003": "Only rated pairs are ranked",
    "EVAL004": "Seen items are not masked",
    "EVAL005": "Test users without truth",
    "EVAL006": "Tuned or fitted on the test part",
    "EVAL007": "Different models, equal lists",
}


@dataclass(frozen=True)
class Finding:
    """Hold one thing that makes an evaluation say something else than it seems to.

    Attributes
    ----------
    code : str
        "EVAL001" to "EVAL007".
    message : str
        What was found, in figures, and what to do about it.
    """

    code: str
    message: str

    @property
    def title(self) -> str:
        """The code in words."""
        return _TITLES[self.code]

    @property
    def address(self) -> str:
        """Where the documentation explains the code, below its root."""
        return f"{_PAGE}#{self.code.lower()}"

    def __str__(self) -> str:
        return f"[{self.code}] {self.message} See {self.address}."


class EvaluationFindings(list[Finding]):
    """List what was found, in the order of the codes, each code once."""

    @classmethod
    def gather(cls, found: "list[Finding]") -> "EvaluationFindings":
        """Return findings in order, without those whose code was found already."""
        first = {finding.code: finding for finding in reversed(found)}
        return cls(first[code] for code in sorted(first))

    @property
    def codes(self) -> list[str]:
        """The codes found."""
        return [finding.code for finding in self]

    def warn(self) -> None:
        """Emit each finding as an ``EvaluationWarning``."""
        for finding in self:
            warn_caller(str(finding), EvaluationWarning)

    def __repr__(self) -> str:
        if not self:
            return "Nothing found."
        return "\n".join(line for finding in self for line in _as_lines(finding))

    def _repr_html_(self) -> str:
        rows = [(finding.code, finding.title, finding.message) for finding in self]
        if not rows:
            return as_html("Nothing found.", [], [])
        notes = [f"Explained in {_PAGE}."]
        return as_html("Evaluation", [Block("", rows, ("Code", "What", "Found"))], notes)


def _as_lines(finding: Finding) -> list[str]:
    text = f"{finding.message} See {finding.address}."
    body = textwrap.wrap(text, 79, initial_indent="    ", subsequent_indent="    ")
    return [f"{finding.code}  {finding.title}", *body]
