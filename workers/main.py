"""What `lscp work` runs: Dramatiq loads this module and finds `broker`."""

from engine.assembly import make_runtime, spare_what_is_loaded
from engine.settings import Settings
from workers.inprocess import assemble

broker = assemble(make_runtime(Settings.from_environment()))
spare_what_is_loaded()
