"""Gather the changelog fragments: print them, or with a version write them into CHANGELOG.md."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
from datetime import date
from pathlib import Path

__all__ = ["HEADINGS", "read_fragments", "release", "render"]

DOCS = Path(__file__).parent
HEADINGS = {
    "feature": "New",
    "change": "Changed",
    "fix": "Fixed",
    "doc": "Documentation",
}


def read_fragments(folder: Path) -> dict[str, list[str]]:
    """Return the texts of each type, in the order of their slugs.

    Raises
    ------
    ValueError
        If a file is not called ``<slug>.<type>.md`` with a known type, or is empty.
    """
    fragments: dict[str, list[str]] = {kind: [] for kind in HEADINGS}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        slug, _, kind = path.stem.rpartition(".")
        text = path.read_text(encoding="utf-8").strip()
        if not slug or kind not in HEADINGS or not text:
            raise ValueError(
                f"{path.name} is no changelog fragment: expected <slug>.<type>.md with a text and "
                f"one of the types {', '.join(HEADINGS)}."
            )
        fragments[kind].append(text)
    return fragments


def render(fragments: dict[str, list[str]], title: str) -> str:
    """Return one version's section in Markdown."""
    lines = [f"## {title}", ""]
    for kind, heading in HEADINGS.items():
        if fragments[kind]:
            lines += [f"### {heading}", ""]
            lines += ["- " + text.replace("\n", "\n  ") for text in fragments[kind]]
            lines += [""]
    return "\n".join(lines)


def release(root: Path, version: str, when: date) -> None:
    """Move all fragments into a new section at the top of ``CHANGELOG.md``."""
    folder = root / "docs" / "changes.d"
    section = render(read_fragments(folder), f"{version} ({when.isoformat()})")
    changelog = root / "CHANGELOG.md"
    head, mark, older = changelog.read_text(encoding="utf-8").partition("\n## ")
    changelog.write_text(f"{head.rstrip()}\n\n{section.rstrip()}\n{mark}{older}", encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.name != "README.md":
            path.unlink()


def main() -> None:
    """Print the unreleased changes, or make a release of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", nargs="?", help="write the section of this version")
    version = parser.parse_args().version
    if version is None:
        print(render(read_fragments(DOCS / "changes.d"), "Unreleased"))
    else:
        release(DOCS.parent, version, date.today())


if __name__ == "__main__":
    main()
