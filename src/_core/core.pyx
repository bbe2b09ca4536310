# The compiled core of fastsign: a table of contents. Each part is thin: it checks spans, releases the GIL and calls C.

include "memory.pyx"
include "scan.pyx"
include "order.pyx"
include "denial.pyx"
include "nsec3.pyx"
include "digest.pyx"
include "zonemd.pyx"
include "batch.pyx"
include "sign.pyx"
include "verify.pyx"
include "retain.pyx"
include "render.pyx"
