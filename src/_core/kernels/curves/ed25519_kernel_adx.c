/* Ed25519 for x86-64 with BMI2, ADX and AVX2 (Broadwell, Zen, and later). */
#if defined(__x86_64__)

#define EC_ADX 1
#include "ed25519.h"
#include "ed25519_variant_impl.h"

static int has_adx(void) {
    return FS_ADX_RUNS();
}

const fs_ed25519_kernel fs_ed25519_adx = ED25519_KERNEL("adx", has_adx);

#endif
