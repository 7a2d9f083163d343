#!/usr/bin/env python3
"""brief: in a line each, what libraries are and what pages are about.

    python brief.py left-pad requests https://example.org/
    python brief.py                  the libraries of the project in this folder

Libraries are looked up in what is installed, then, with --url-template, on the network; pages are
fetched. All of it side by side, a few at a time, and kept in the cache: without a network the line
says what was known.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import re
import sys

import tapps
import tapps.aio

AT_ONCE = 6
TIMEOUT = 15  # seconds, of one lookup
PROSE = re.compile(r"[A-Za-z\"'*_`].*\w \w")
NO_PROSE = re.compile(r"[\w-]+: |npm package |Python distribution ")


def one_line(text: str, width: int = 100) -> str:
    line = " ".join(html.unescape(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def first_sentence(markdown: str) -> str:
    """The first line of prose: no heading, badge, list, code or field of metadata."""
    without_code = re.sub(r"^(```|~~~).*?^\1", "", markdown, flags=re.S | re.M)
    without_links = re.sub(r"!\[[^]]*\](\([^)]*\))?|<[^>]*>", "", without_code)
    for line in re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", without_links).splitlines():
        if PROSE.match(line) and not NO_PROSE.match(line):
            return one_line(line.strip("*_` "))
    return "(nothing that reads like a sentence)"


async def about_library(cache: tapps.aio.AsyncCache, name: str, template: str) -> str:
    found = await cache.docs(
        name, project_root=".", paths=sys.path[1:], timeout=TIMEOUT, url_template=template
    )
    version = found.version or "version not known"
    return f"{found.library or name} {version}: {first_sentence(found.text)}"


async def about_page(cache: tapps.aio.AsyncCache, url: str) -> str:
    page = await cache.fetch(url, timeout=TIMEOUT, retries=1, max_body_bytes=8 << 20)
    if not page.ok:
        return f"{url}: answered with status {page.status}"
    title = re.search(r"<title[^>]*>(.*?)</title>", page.text, re.S | re.I)
    note = f" (as of {page.age / 3600:.1f} hours ago)" if page.stale else ""
    return f"{url}: {one_line(title[1]) if title else '(no title)'}{note}"


async def brief(names: list[str], offline: bool, template: str) -> int:
    """Prints a line for each in the order given; how many could not be said."""
    async with tapps.aio.open(os.environ.get("TAPPS_CACHE"), offline=offline) as cache:
        if not names:
            plan = await cache.plan(".")
            names = [item["library"] for item in plan.description["items"] if item["direct"]]
        places = asyncio.Semaphore(AT_ONCE)

        async def line(name: str) -> str:
            async with places:
                if "://" in name:
                    return await about_page(cache, name)
                return await about_library(cache, name, template)

        failed = 0
        for name, said in zip(
            names, await asyncio.gather(*map(line, names), return_exceptions=True)
        ):
            if isinstance(said, tapps.Error):
                failed += 1
                print(f"{name}: {said}", file=sys.stderr)
            elif isinstance(said, BaseException):
                raise said
            else:
                print(said)
        return failed


def main() -> int:
    parser = argparse.ArgumentParser(description="In a line each, what libraries and pages are.")
    parser.add_argument("names", nargs="*", metavar="LIBRARY|URL")
    parser.add_argument("--offline", action="store_true", help="ask nobody: what is known")
    parser.add_argument(
        "--url-template",
        default="",
        metavar="URL",
        help="where documentation is: {ecosystem}, {library} and {version} are filled in",
    )
    given = parser.parse_args()
    try:
        return 1 if asyncio.run(brief(given.names, given.offline, given.url_template)) else 0
    except tapps.Error as error:
        sys.exit(f"brief: {error}")
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
