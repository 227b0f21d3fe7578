"""What the browser tests lean on says so when it can't tell anything."""

import pytest
from playwright.sync_api import Browser

from tests.browser.support import assert_accessible

pytestmark = pytest.mark.browser


def test_a_page_without_javascript_is_not_called_accessible(chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content("<p>fine")
    with pytest.raises(RuntimeError, match="without JavaScript"):
        assert_accessible(page)
    context.close()
