"""Resources in a stack that are made by a recipe's API calls, in the stack's account and region."""

from collections.abc import Mapping
from typing import Any, ClassVar

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

from localcloud.cloudformation.recipes import RECIPES, Properties, Recipe
from localcloud.endpoint.internal import client_for


class ApiResource:
    """What the classes of all these types have in common; moto has a class, a `CloudFormationModel`, for each type."""

    resource_type: ClassVar[str]
    recipe: ClassVar[Recipe]

    def __init__(self, name: str, properties: Properties, attributes: Mapping[str, str]) -> None:
        self.name = name
        self._properties = properties
        self._attributes = attributes

    @property
    def physical_resource_id(self) -> str:
        return self.name

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.recipe.name_property

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.resource_type

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.recipe.attributes or attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self._attributes.get(attribute_name, self.name)

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> "ApiResource":
        properties = cloudformation_json["Properties"]
        client = client_for(cls.recipe.service, account_id, region_name)
        name = cls.recipe.create(client, resource_name, properties)
        return cls(name, properties, {attribute: read(client, name) for attribute, read in cls.recipe.attributes.items()})

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> "ApiResource":
        properties, name = cloudformation_json["Properties"], original_resource.name
        if cls.recipe.update and properties.get(cls.recipe.name_property, name) == name:
            cls.recipe.update(client_for(cls.recipe.service, account_id, region_name), name, properties)
            return cls(name, properties, original_resource._attributes)
        original_resource.delete(account_id, region_name)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    def delete(self, account_id: str, region_name: str) -> None:
        self.recipe.delete(client_for(self.recipe.service, account_id, region_name), self.name, self._properties)


def install() -> None:
    """Let templates have the types that there are recipes for."""
    known = dict(parsing.get_model_map()) | {name: _model(name, recipe) for name, recipe in RECIPES.items()}
    parsing.get_model_list = lambda: list(known.values())
    parsing.get_model_map = lambda: known


def _model(resource_type: str, recipe: Recipe) -> type:
    return type(resource_type, (ApiResource, CloudFormationModel), {"resource_type": resource_type, "recipe": recipe})
