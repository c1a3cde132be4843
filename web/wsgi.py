"""For gunicorn: `web.wsgi:application`."""

from engine.assembly import make_runtime, spare_what_is_loaded
from engine.settings import Settings
from web import logs
from web.app import create_app

logs.set_up()

application = create_app(make_runtime(Settings.from_environment()))
spare_what_is_loaded()
