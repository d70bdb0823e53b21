"""Systems Manager: Run Command on instances, with real packets where the machine allows them."""

from localcloud.ssm import documents, instance_information, run_command

__all__ = ["documents", "instance_information", "run_command"]
