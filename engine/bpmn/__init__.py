"""The only importer of SpiffWorkflow and lxml."""

import logging

# the library logs every change of state, with data, wherever it runs; ours is the audit trail
logging.getLogger("spiff").setLevel(logging.ERROR)
