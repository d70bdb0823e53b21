"""CloudFormation: the SAM transform, and the resource types that moto lacks."""
