/* Multiplication modulo p of P-384 with MULX, ADCX and ADOX.
 *
 * Montgomery's reduction is interleaved with the rows. With q = m * (2^32 + 1), m the lowest limb, m + q*p is a multiple of 2^64, and
 * q*p = q*2^384 - q*(2^128 + 2^96 - 2^32 + 1) takes shifts and additions alone. p is so close to 2^384 that a row's sum may need an eighth
 * limb. */
#include "ec_asm_adx.h"

/* x = q * (2^128 + 2^96 - 2^32 + 1) / 2^64 in three limbs lo, l0, hi; l1..l6 -= x, then l6, l7 += q. Limbs l0..l7 -> l1..l7. */
#define EC_REDUCE(l0, l1, l2, l3, l4, l5, l6, l7)                                                                              \
    "movq %[" l0 "], %[lo]\n\t"                                                                                                \
    "movq %[" l0 "], %%rdx\n\t"                                                                                                \
    "shlq $32, %[lo]\n\t"                                                                                                      \
    "addq %[lo], %%rdx\n\t"                                                                                                    \
    "movq %%rdx, %[lo]\n\t"                                                                                                    \
    "movq %%rdx, %[hi]\n\t"                                                                                                    \
    "movq %%rdx, %[" l0 "]\n\t"                                                                                                \
    "shlq $32, %[lo]\n\t"                                                                                                      \
    "shrq $32, %[hi]\n\t"                                                                                                      \
    "cmpq %[lo], %%rdx\n\t"                                                                                                    \
    "sbbq %[hi], %[lo]\n\t"                                                                                                    \
    "sbbq $0, %[" l0 "]\n\t"                                                                                                   \
    "addq %[hi], %[" l0 "]\n\t"                                                                                                \
    "movl $0, %k[hi]\n\t"                                                                                                      \
    "adcq $0, %[hi]\n\t"                                                                                                       \
    "subq %[lo], %[" l1 "]\n\t"                                                                                                \
    "sbbq %[" l0 "], %[" l2 "]\n\t"                                                                                            \
    "sbbq %[hi], %[" l3 "]\n\t"                                                                                                \
    "sbbq $0, %[" l4 "]\n\t"                                                                                                   \
    "sbbq $0, %[" l5 "]\n\t"                                                                                                   \
    "sbbq $0, %%rdx\n\t"                                                                                                       \
    "addq %%rdx, %[" l6 "]\n\t"                                                                                                \
    "adcq $0, %[" l7 "]\n\t"

/* l0..l6 += a * one limb of b, the carry goes to `top`, a free register */
#define EC_ROW(l0, l1, l2, l3, l4, l5, l6, top, offset)                                                                        \
    "movq " offset "(%[y]), %%rdx\n\t"                                                                                         \
    "xorl %k[" top "], %k[" top "]\n\t" EC_TERM("x", "0", l0, l1) EC_TERM("x", "8", l1, l2) EC_TERM("x", "16", l2, l3)         \
    EC_TERM("x", "24", l3, l4) EC_TERM("x", "32", l4, l5) EC_TERM("x", "40", l5, l6)                                           \
    "adcx %[" top "], %[" l6 "]\n\t"                                                                                           \
    "adox %[" top "], %[" top "]\n\t"                                                                                          \
    "adcq $0, %[" top "]\n\t"

/* l0..l5 += p where the flag CF is set; uses lo, hi, rdx. p = -1, -1, -1, -2, -2^32, 2^32-1 from the top limb down. */
#define EC_ADD_P_IF_CARRY(l0, l1, l2, l3, l4, l5)                                                                              \
    "sbbq %[lo], %[lo]\n\t"                                                                                                    \
    "movq %[lo], %%rdx\n\t"                                                                                                    \
    "movl %k[lo], %k[hi]\n\t"                                                                                                  \
    "shlq $32, %%rdx\n\t"                                                                                                      \
    "addq %[hi], %[" l0 "]\n\t"                                                                                                \
    "leaq (%[lo],%[lo]), %[hi]\n\t"                                                                                            \
    "adcq %%rdx, %[" l1 "]\n\t"                                                                                                \
    "adcq %[hi], %[" l2 "]\n\t"                                                                                                \
    "adcq %[lo], %[" l3 "]\n\t"                                                                                                \
    "adcq %[lo], %[" l4 "]\n\t"                                                                                                \
    "adcq %[lo], %[" l5 "]\n\t"

FS_INLINE void fe_mul(num *out, const num *a, const num *b) {
    uint64_t r0, r1, r2, r3, r4, r5, r6, r7, lo, hi;
    __asm__ volatile("movq 0(%[y]), %%rdx\n\t"
            "xorl %k[r7], %k[r7]\n\t"
            "mulx 0(%[x]), %[r0], %[r1]\n\t"
            "mulx 8(%[x]), %[lo], %[r2]\n\t"
            "adcq %[lo], %[r1]\n\t"
            "mulx 16(%[x]), %[lo], %[r3]\n\t"
            "adcq %[lo], %[r2]\n\t"
            "mulx 24(%[x]), %[lo], %[r4]\n\t"
            "adcq %[lo], %[r3]\n\t"
            "mulx 32(%[x]), %[lo], %[r5]\n\t"
            "adcq %[lo], %[r4]\n\t"
            "mulx 40(%[x]), %[lo], %[r6]\n\t"
            "adcq %[lo], %[r5]\n\t"
            "adcq $0, %[r6]\n\t"
            EC_REDUCE("r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7")
            EC_ROW("r1", "r2", "r3", "r4", "r5", "r6", "r7", "r0", "8")
            EC_REDUCE("r1", "r2", "r3", "r4", "r5", "r6", "r7", "r0")
            EC_ROW("r2", "r3", "r4", "r5", "r6", "r7", "r0", "r1", "16")
            EC_REDUCE("r2", "r3", "r4", "r5", "r6", "r7", "r0", "r1")
            EC_ROW("r3", "r4", "r5", "r6", "r7", "r0", "r1", "r2", "24")
            EC_REDUCE("r3", "r4", "r5", "r6", "r7", "r0", "r1", "r2")
            EC_ROW("r4", "r5", "r6", "r7", "r0", "r1", "r2", "r3", "32")
            EC_REDUCE("r4", "r5", "r6", "r7", "r0", "r1", "r2", "r3")
            EC_ROW("r5", "r6", "r7", "r0", "r1", "r2", "r3", "r4", "40")
            EC_REDUCE("r5", "r6", "r7", "r0", "r1", "r2", "r3", "r4")
            "movl $0xffffffff, %k[lo]\n\t" /* minus p, and plus p again where that is negative */
            "movq $-1, %[hi]\n\t"
            "shlq $32, %[hi]\n\t"
            "subq %[lo], %[r6]\n\t"
            "sbbq %[hi], %[r7]\n\t"
            "sbbq $-2, %[r0]\n\t"
            "sbbq $-1, %[r1]\n\t"
            "sbbq $-1, %[r2]\n\t"
            "sbbq $-1, %[r3]\n\t"
            "sbbq $0, %[r4]\n\t"
            EC_ADD_P_IF_CARRY("r6", "r7", "r0", "r1", "r2", "r3")
            : [r0] "=&r"(r0), [r1] "=&r"(r1), [r2] "=&r"(r2), [r3] "=&r"(r3), [r4] "=&r"(r4), [r5] "=&r"(r5), [r6] "=&r"(r6),
              [r7] "=&r"(r7), [lo] "=&r"(lo), [hi] "=&r"(hi)
            : [x] "r"(a->limb), [y] "r"(b->limb)
            : "rdx", "cc", "memory");
    out->limb[0] = r6, out->limb[1] = r7, out->limb[2] = r0, out->limb[3] = r1, out->limb[4] = r2, out->limb[5] = r3;
}

FS_INLINE void fe_sqr(num *out, const num *a) { fe_mul(out, a, a); }

/* a - b, plus p if that is negative */
FS_INLINE void fe_sub(num *out, const num *a, const num *b) {
    uint64_t r0 = a->limb[0], r1 = a->limb[1], r2 = a->limb[2], r3 = a->limb[3], r4 = a->limb[4], r5 = a->limb[5], lo, hi;
    __asm__ volatile("subq 0(%[y]), %[r0]\n\t"
            "sbbq 8(%[y]), %[r1]\n\t"
            "sbbq 16(%[y]), %[r2]\n\t"
            "sbbq 24(%[y]), %[r3]\n\t"
            "sbbq 32(%[y]), %[r4]\n\t"
            "sbbq 40(%[y]), %[r5]\n\t"
            EC_ADD_P_IF_CARRY("r0", "r1", "r2", "r3", "r4", "r5")
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [r4] "+&r"(r4), [r5] "+&r"(r5), [lo] "=&r"(lo),
              [hi] "=&r"(hi)
            : [y] "r"(b->limb)
            : "rdx", "cc", "memory");
    out->limb[0] = r0, out->limb[1] = r1, out->limb[2] = r2, out->limb[3] = r3, out->limb[4] = r4, out->limb[5] = r5;
}
