"""ArtifactConfig: what an output is called and where it belongs."""

from typing import Annotated, get_type_hints

import pytest

from modelcp import enum as older_name
from modelcp import enums
from modelcp.artifacts import ArtifactConfig
from modelcp.enums import ArtifactKind, ArtifactType, ModelStages
from modelcp.errors import InvalidInput, ModelcpError, RuleRefused
from registry.rules import stages


def test_the_kind_follows_the_flags():
    assert ArtifactConfig().kind == "data"
    assert ArtifactConfig(is_model_artifact=True).kind is ArtifactKind.MODEL
    assert ArtifactConfig(is_deployment_artifact=True).kind == "deployment"


def test_both_kinds_at_once_are_an_error():
    with pytest.raises(InvalidInput, match="not both"):
        ArtifactConfig(is_model_artifact=True, is_deployment_artifact=True)


@pytest.mark.parametrize("name", ["", " a", "a/b", "..", "@a", "alias:a", "a\n", "x" * 256, "\ud800", 5])
def test_a_name_against_the_rules_is_refused(name):
    for given in ({"name": name}, {"model_name": name}, {"tags": [name]}):
        with pytest.raises(ModelcpError) as told:
            ArtifactConfig(**given)
        assert isinstance(told.value, (RuleRefused, InvalidInput))
        str(told.value).encode()


def test_names_are_normalised():
    assert ArtifactConfig(name="e\u0301").name == "é"
    assert ArtifactConfig(tags=["e\u0301"]).tags == ("é",)
    with pytest.raises(RuleRefused, match="new"):
        ArtifactConfig(model_name="new")


@pytest.mark.parametrize("version", [5, "5", "1.0", "latest", ModelStages.PRODUCTION, "@champion"])
def test_versions_in_all_words(version):
    assert ArtifactConfig(model_name="m", model_version=version).model_version == version


@pytest.mark.parametrize(
    "given",
    [
        {"model_version": 1},
        {"model_name": "m", "model_version": 1.5},
        {"model_name": "m", "model_version": True},
        {"tags": "nlp"},
        {"tags": [1]},
    ],
)
def test_what_makes_no_sense_is_refused(given):
    with pytest.raises(InvalidInput):
        ArtifactConfig(**given)


def test_it_lives_in_annotations():
    config = ArtifactConfig("x", tags=["a"])
    assert hash(config) == hash(ArtifactConfig("x", tags=("a",)))

    def step() -> Annotated[int, config]: ...

    assert get_type_hints(step, include_extras=True)["return"].__metadata__ == (config,)


def test_the_words_are_those_of_the_rules():
    assert {str(stage) for stage in ModelStages} == {*stages.STAGES, stages.LATEST}
    assert ArtifactKind is ArtifactType
    assert [str(kind) for kind in ArtifactKind] == ["data", "model", "deployment"]
    assert all(getattr(older_name, name) is getattr(enums, name) for name in enums.__all__)
    assert f"{ModelStages.STAGING}" == "staging"
