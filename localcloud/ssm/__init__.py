"""Systems Manager: Run Command on instances, with real packets where the machine allows them."""
