/* Montgomery multiplication modulo an m of four limbs, a < m < 2^256 - 2^193, any b, with MULX, ADCX and ADOX; for the order. */
#include "ec_asm_adx.h"

/* l0..l4 += the number at base * rdx; `free` is a free register, zero afterwards */
#define EC_ROW_OF(base, l0, l1, l2, l3, l4, free)                                                                              \
    "xorl %k[" free "], %k[" free "]\n\t" EC_TERM(base, "0", l0, l1) EC_TERM(base, "8", l1, l2)                                \
    EC_TERM(base, "16", l2, l3) EC_TERM(base, "24", l3, l4)                                                                    \
    "adcx %[" free "], %[" l4 "]\n\t"

/* Add that multiple of m which clears l0; the carry goes to `free`. As a < m, a's row stays below 2^320 without one. */
#define EC_CLEAR(l0, l1, l2, l3, l4, free)                                                                                     \
    "movq %[" l0 "], %%rdx\n\t"                                                                                                \
    "imulq %[factor], %%rdx\n\t" EC_ROW_OF("m", l0, l1, l2, l3, l4, free)                                                      \
    "adox %[" free "], %[" free "]\n\t"                                                                                        \
    "adcq $0, %[" free "]\n\t"

#define EC_STEP(offset, l0, l1, l2, l3, l4, free)                                                                              \
    "movq " offset "(%[y]), %%rdx\n\t" EC_ROW_OF("x", l0, l1, l2, l3, l4, free) EC_CLEAR(l0, l1, l2, l3, l4, free)

FS_INLINE void mont4(uint64_t out[4], const uint64_t a[4], const uint64_t b[4], const uint64_t m[4], uint64_t factor) {
    uint64_t r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5, lo, hi;
    __asm__ volatile(EC_STEP("0", "r0", "r1", "r2", "r3", "r4", "r5")
            EC_STEP("8", "r1", "r2", "r3", "r4", "r5", "r0")
            EC_STEP("16", "r2", "r3", "r4", "r5", "r0", "r1")
            EC_STEP("24", "r3", "r4", "r5", "r0", "r1", "r2")
            "movq %[r4], %[lo]\n\t" /* minus m, unless that is negative */
            "movq %[r5], %[hi]\n\t"
            "movq %[r0], %%rdx\n\t"
            "movq %[r1], %[r3]\n\t"
            "subq 0(%[m]), %[lo]\n\t"
            "sbbq 8(%[m]), %[hi]\n\t"
            "sbbq 16(%[m]), %%rdx\n\t"
            "sbbq 24(%[m]), %[r3]\n\t"
            "sbbq $0, %[r2]\n\t"
            "cmovnc %[lo], %[r4]\n\t"
            "cmovnc %[hi], %[r5]\n\t"
            "cmovnc %%rdx, %[r0]\n\t"
            "cmovnc %[r3], %[r1]\n\t"
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [r4] "+&r"(r4), [r5] "=&r"(r5), [lo] "=&r"(lo),
              [hi] "=&r"(hi)
            : [x] "r"(a), [y] "r"(b), [m] "r"(m), [factor] "rm"(factor)
            : "rdx", "cc", "memory");
    out[0] = r4, out[1] = r5, out[2] = r0, out[3] = r1;
}
