"""The commands of `docs/why.md`, taken from the page and run in one shell (F-WHY-11)."""

import json

import pytest
from page import DEFAULT_ADDRESS, Page, is_free

PAGE = Page("why.md")


@pytest.fixture
def story(start, tmp_path):
    address = DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0"
    return PAGE.run(start(*PAGE.flags(), listen=address), tmp_path)


def test_a_refusal_is_explained_as_the_page_says(story):
    assert PAGE.refused().count(True) == 1
    assert story.failed == PAGE.refused(), "\n".join(story.outputs)

    why = story.of('explain "$EVENT"')
    assert "→ account:EnableRegion   REFUSED" in why
    assert " 2 service control policies  DENY   ← decides" in why
    assert "DENY: NoNewRegions, statement 1 NoNewRegions, lines 4 to 10" in why
    assert "saw af-south-1   wanted eu-south-1, eu-south-2" in why
    assert "AccessDeniedException (403): User: " in why
    # The page shows what is printed, but for the ids, the time and the lines that it leaves out.
    (shown,) = [text for text in PAGE.text.split("```text\n")[1:]]
    for line in shown.split("```")[0].splitlines()[4:]:
        if "(" not in line and "…" not in line:
            assert line.strip() in why, line

    imagined = story.of("aws:TagKeys=team")
    assert imagined.count("ALLOWED") == 2
    assert "but for a condition" in imagined
    assert "   ALLOWED" in story.of("--draft")
    assert "   ALLOWED" in story.of("--detach")

    who = story.of("--who organization").splitlines()
    assert who[0] == "who may account:EnableRegion"
    assert any(line.startswith("may      arn:aws:iam::111122223333:root") for line in who), who
    assert any(line.startswith("may not") and line.endswith("service control policies") for line in who), who

    answer = json.loads(story.of("/_accountd/explain"))
    assert (answer["decision"], answer["decided_by"]["layer"]) == ("denied", "service_control_policies")
