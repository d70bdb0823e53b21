"""The functions' environment."""

import pytest

from causeway.settings import MissingSetting, Settings


def test_the_environment_is_read_by_name_and_the_rest_of_it_left_aside() -> None:
    settings = Settings.from_environment({"LEDGER_TABLE": "ledger", "EXTERNAL_ID": "secret", "PATH": "/bin"})

    assert settings == Settings(ledger_table="ledger", external_id="secret")
    assert settings.require("ledger_table") == "ledger"


def test_the_environment_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_BUS_NAME", "causeway")

    assert Settings.from_environment().event_bus_name == "causeway"


@pytest.mark.parametrize("environment", [{}, {"STATE_MACHINE_ARN": ""}])
def test_a_missing_variable_is_named_with_where_to_set_it(environment: dict[str, str]) -> None:
    with pytest.raises(MissingSetting, match=r"STATE_MACHINE_ARN.*template\.yaml"):
        Settings.from_environment(environment).require("state_machine_arn")
