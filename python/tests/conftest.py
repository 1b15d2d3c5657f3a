"""pytester runs pytest within a test: for the plugin itself."""

pytest_plugins = ["pytester"]
