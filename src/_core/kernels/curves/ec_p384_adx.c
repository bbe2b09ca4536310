/* P-384 for x86-64 with BMI2, ADX and AVX2 (Broadwell, Zen, and later). */
#if defined(__x86_64__)

#define EC_ADX 1
#define EC_ADX_HEADER "ec_p384_adx.h"
#include "ec_p384.h"
#include "ec_variant_impl.h"

static int has_adx(void) {
    return FS_ADX_RUNS();
}

const fs_ec_kernel fs_ec_p384_adx = EC_KERNEL("adx", has_adx);

#endif
