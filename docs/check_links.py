"""Check that every link within the built pages leads to a page, and to a place that is on it.

Sphinx itself warns of cross-references that lead nowhere, not of links in raw HTML, in drawings or
to files.
"""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["broken_links"]

# Sphinx's own pages: their links lead to what the others have.
GENERATED = ("_static", "_modules", "_sources")


class Page(HTMLParser):
    """Collect the links of a page and the places that a link can lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag, attrs):
        """Read one tag."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.places.add(value)
            elif name in ("href", "src", "xlink:href") and value:
                self.links.append(value)


def broken_links(folder: Path) -> list[str]:
    """Return a line for each link of the pages in the folder that leads nowhere."""
    pages = {path: read(path) for path in find_pages(folder)}
    return [
        f"{path.relative_to(folder)}: {link}"
        for path, page in pages.items()
        for link in dict.fromkeys(page.links)
        if is_broken(link, path, pages)
    ]


def find_pages(folder: Path) -> list[Path]:
    found = folder.resolve().rglob("*.html")
    return sorted(path for path in found if not set(GENERATED) & set(path.parts))


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def is_broken(link: str, path: Path, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False  # another site's, which can be down without any fault of ours
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target not in pages:
        return not target.exists()
    # An empty place and "top" are the page itself, in every browser.
    place = unquote(parts.fragment)
    return place not in ("", "top") and place not in pages[target].places


def main() -> int:
    """Print what leads nowhere in the folder that the command line names."""
    folder = Path(sys.argv[1]).resolve()
    broken = broken_links(folder)
    print("\n".join(broken) or f"All links of {len(find_pages(folder))} pages lead somewhere.")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
