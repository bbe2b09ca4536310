/* P-256 for any CPU. */
#include "ec_p256.h"
#include "ec_variant_impl.h"

static int always(void) { return 1; }

const fs_ec_kernel fs_ec_p256_portable = EC_KERNEL("portable", always);
