"""For gunicorn: `web.wsgi:application`."""

from engine.assembly import make_runtime
from engine.settings import Settings
from web.app import create_app

application = create_app(make_runtime(Settings.from_environment()))
