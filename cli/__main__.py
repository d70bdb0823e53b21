"""`python -m cli`: the same as `causeway`."""

from .app import app

if __name__ == "__main__":
    app(prog_name="causeway")
