#!/usr/bin/env python
"""Run a management command, with the embedded database up for as long as it needs it."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")
    from mmsearch_site.command_line import run

    sys.exit(run(sys.argv))
