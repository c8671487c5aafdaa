"""The chart that leads from data to a recommender, and what the recommenders were measured at."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capabilities import recommenders
from drawing import Drawing

from sklearn_recsys.base import RecommenderTags

__all__ = ["RUNGS", "chart", "measured"]


@dataclass(frozen=True)
class Answer:
    """Name a class, the page that describes it, and what it is chosen for."""

    name: str
    page: str
    text: str


@dataclass(frozen=True)
class Rung:
    """Hold a question, the answers to it, and what the tags of every answer have to say."""

    question: tuple[str, ...]
    answers: tuple[Answer, ...]
    tags: Callable[[RecommenderTags], bool] = lambda tags: tags.feedback == "implicit"


RUNGS = (
    Rung(
        ("Is a rating to be", "predicted, rather", "than a list made?"),
        (
            Answer("BiasedMFRecommender", "decomposition.html", "the smallest error"),
            Answer("CFNADERecommender", "neural_network.html", "how likely each star is"),
            Answer("BaselineRecommender", "baseline.html", "means: to be beaten"),
        ),
        tags=lambda tags: tags.feedback == "explicit",
    ),
    Rung(
        ("New users, with a", "table of what they are?"),
        (Answer("HybridRecommender", "cold_start.html", "age, job, town; items too"),),
    ),
    Rung(
        ("New items, with", "genres, tags, texts?"),
        (
            Answer("ContentToFactorsRecommender", "content.html", "learns what they say"),
            Answer("ContentRecommender", "content.html", "few users; reasons in words"),
        ),
    ),
    Rung(
        ("New songs, with", "their sound?"),
        (
            Answer("AudioSummary", "audio.html", "some hundred songs"),
            Answer("AudioCNNRegressor", "neural_network.html", "thousands of songs"),
        ),
    ),
    Rung(
        ("Millions of users,", "or of items?"),
        (
            Answer("ALSRecommender", "decomposition.html", "any size, takes more data"),
            Answer("RP3BetaRecommender", "neighbors.html", "memory: a few neighbours"),
        ),
    ),
    Rung(
        ("Must each item of a", "list say why?"),
        (
            Answer("ItemKNNRecommender", "neighbors.html", "the plainest reasons"),
            Answer("SLIMRecommender", "linear_model.html", "accurate, short reasons"),
        ),
        tags=lambda tags: "item" in tags.explain,
    ),
    Rung(
        ("Far fewer users", "than items?"),
        (Answer("UserKNNRecommender", "neighbors.html", "asks the users most alike"),),
    ),
    Rung(
        ("A new model every", "few minutes?"),
        (
            Answer("GraphFilterRecommender", "decomposition.html", "nothing is trained"),
            Answer("SVDRecommender", "decomposition.html", "one parameter"),
        ),
    ),
    Rung(
        ("None of these:", "the best lists"),
        (
            Answer("EASERecommender", "linear_model.html", "up to some 20,000 items"),
            Answer("ALSRecommender", "decomposition.html", "beyond, or few data"),
        ),
    ),
    Rung(
        ("Is one model", "not enough?"),
        (
            Answer("BlendRecommender", "ensemble.html", "several scores, added up"),
            Answer("CascadeRecommender", "cold_start.html", "the first that knows a user"),
            Answer("RerankRecommender", "ensemble.html", "any estimator decides"),
            Answer("MMRDiversifier", "ensemble.html", "variety, too"),
        ),
    ),
)

# In units that are pixels where a phone shows the chart: names stay legible there.
WIDTH, BOX, GAP, RIGHT = 358, 40, 8, 192


def chart() -> str:
    """Return the chart as SVG: questions one below the other, their answers beside them."""
    heights = [max(_tall(rung) + 28, len(rung.answers) * (BOX + GAP) + 10) for rung in RUNGS]
    drawing = Drawing(WIDTH, 54 + sum(heights), "From the data at hand to a recommender")
    first = [
        (18, "PopularityRecommender", "name middle"),
        (35, "first, always: the model to beat", "note middle"),
    ]
    drawing.box(1, 1, WIDTH - 2, 45, "answer", first, "baseline.html")
    top = 66
    for number, (rung, height) in enumerate(zip(RUNGS, heights, strict=True)):
        _draw_rung(drawing, rung, top, height, is_last=number == len(RUNGS) - 1)
        top += height
    return drawing.svg(style="max-width: 36rem")


def _draw_rung(drawing: Drawing, rung: Rung, top: int, height: int, is_last: bool) -> None:
    tall = _tall(rung)
    drawing.line(78, top - 18, 78, top)
    question = [(20 + 18 * number, line, "middle") for number, line in enumerate(rung.question)]
    drawing.box(1, top, 154, tall, "question", question)
    if not is_last:
        drawing.line(78, top + tall, 78, top + height - 18)
        drawing.text(84, top + tall + 15, "no, or besides", "note")
    for number, answer in enumerate(rung.answers):
        y = top + number * (BOX + GAP)
        middle = y + BOX / 2
        drawing.path(f"M155 {top + 18} C 175 {top + 18} 172 {middle} {RIGHT} {middle}")
        name = answer.name.removesuffix("Recommender")
        lines = [(17, name, "name"), (32, answer.text, "note")]
        drawing.box(RIGHT, y, WIDTH - RIGHT - 1, BOX, "answer", lines, answer.page)


def _tall(rung: Rung) -> int:
    return 18 * len(rung.question) + 14


# ---- what was measured

# Of a row: the recommender, its nDCG@10 as the search found it and with its defaults, and seconds.
_SECTION = re.compile(r"^## ([^\n]+), 80/20 by user\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_NUMBER = r" ([\d.]+) \|"
_ROW = re.compile(rf"^\| `(\w+)\(.*?\)` \|{_NUMBER}{_NUMBER}{_NUMBER}{_NUMBER}", re.MULTILINE)


def measured(results: Path) -> str:
    """Return a table of the leaderboards in ``reproductions.md``, a row for each recommender."""
    text = results.read_text(encoding="utf-8")
    boards = {name: _read_board(rows) for name, rows in _SECTION.findall(text)}
    boards = {name: board for name, board in boards.items() if board}
    names = sorted(boards["MovieLens-1M"], key=lambda name: -boards["MovieLens-1M"][name][1])
    head = [f"{board}: defaults | searched | fit, s" for board in boards]
    lines = ["| Recommender | " + " | ".join(head) + " |", "|---" * (1 + 3 * len(boards)) + "|"]
    for name in names:
        cells = [cell for board in boards.values() for cell in _cells(board[name])]
        lines.append(f"| {_link(name)} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"*{text.splitlines()[0]}.*", ""])


def _read_board(rows: str) -> dict[str, tuple[float, float, str]]:
    return {
        name: (float(defaults), float(searched), seconds)
        for name, searched, _, defaults, seconds in _ROW.findall(rows)
    }


def _cells(figures: tuple[float, float, str]) -> list[str]:
    defaults, searched, seconds = figures
    return [f"{defaults:.3f}".lstrip("0"), f"{searched:.3f}".lstrip("0"), seconds]


def _link(name: str) -> str:
    found = next(cls for cls in recommenders() if cls.__name__ == name)
    return f"[{name}](#{found.__module__.rpartition('._')[0]}.{name})"
