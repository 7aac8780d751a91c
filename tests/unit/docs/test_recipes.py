"""The recipes of the documentation: each is run by a test, and the shell's need no newer curl than Ubuntu 22.04 has."""

from __future__ import annotations

import re

from localstack.home import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"(?:<!-- recipe: (?P<name>[\w-]+) -->\n)?```(?P<language>\w+)\n(?P<code>.*?)```", re.DOTALL)
RECIPES = {
    match["name"]: match["code"] for page in PAGES for match in BLOCK.finditer(page.read_text()) if match["name"]
}
NEWER_THAN_CURL_7_81 = re.compile(
    r"--json|--url-query|--variable|--expand-|--rate\b|--ipfs|--ca-native|--etag-only|--skip-existing|--retry-connect"
)


def test_every_recipe_is_run_by_a_test() -> None:
    tests = "".join(
        path.read_text()
        for folder in ("e2e", "browser", "integration")
        for path in (ROOT / "tests" / folder).rglob("*")
        if path.suffix in {".py", ".mjs"} and "node_modules" not in path.parts
    )
    assert [name for name in RECIPES if not re.search(rf"""["']{re.escape(name)}["']""", tests)] == []


def test_every_request_with_curl_to_the_api_is_a_recipe() -> None:
    unnamed = [match["code"] for page in PAGES for match in BLOCK.finditer(page.read_text()) if not match["name"]]
    assert [code for code in unnamed if re.search(r'curl [^\n]*"\$(API|PAGE)', code)] == []


def test_the_shell_recipes_need_no_newer_curl_than_7_81() -> None:
    assert [name for name, code in RECIPES.items() if NEWER_THAN_CURL_7_81.search(code)] == []
