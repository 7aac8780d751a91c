"""The page's limits are the API's."""

from infra.packaging import page_limits


def test_the_page_has_the_limits_of_the_models() -> None:
    assert page_limits.FILE.read_text() == page_limits.render(), "run python -m infra.packaging.page_limits"
    assert "name: 100," in page_limits.render()
