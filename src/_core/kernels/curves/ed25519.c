/* Ed25519 for any CPU. */
#include "ed25519.h"
#include "ed25519_variant_impl.h"

static int always(void) { return 1; }

const fs_ed25519_kernel fs_ed25519_portable = ED25519_KERNEL("portable", always);
