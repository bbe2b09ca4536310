"""`python -m fastsign` is the `fastsign` program."""

import sys

from fastsign.cli.main import main

sys.exit(main())
