/* Multiplication modulo p of P-256 with MULX, ADCX and ADOX: 38 cycles where gcc's own carry chains take 130 (Zen 3, gcc 12).
 *
 * Montgomery's reduction is interleaved with the rows. -1/p mod 2^64 is 1, so a row's lowest limb m is itself the quotient, and
 * m*p = m*2^256 - m*2^224 + m*2^192 + m*2^96 - m clears it: m*2^96 is two shifted halves, and p's top limb takes one MULX. Inputs below p
 * keep a row's sum below 2^320, so that five limbs hold it. */
#include "ec_asm_adx.h"

#define EC_TOP_LIMB ((uint64_t)0xffffffff00000001)
#define EC_SECOND_LIMB ((uint64_t)0x00000000ffffffff)

/* Limbs l0..l4 -> l1..l4, top */
#define EC_REDUCE(l0, l1, l2, l3, l4, top)                                                                                     \
    "movq %[" l0 "], %%rdx\n\t"                                                                                                \
    "movq %%rdx, %[lo]\n\t"                                                                                                    \
    "shlq $32, %[lo]\n\t"                                                                                                      \
    "xorl %k[" top "], %k[" top "]\n\t"                                                                                        \
    "shrq $32, %[" l0 "]\n\t"                                                                                                  \
    "addq %[lo], %[" l1 "]\n\t"                                                                                                \
    "adcq %[" l0 "], %[" l2 "]\n\t"                                                                                            \
    "mulx %[p3], %[lo], %[hi]\n\t"                                                                                             \
    "adcq %[lo], %[" l3 "]\n\t"                                                                                                \
    "adcq %[hi], %[" l4 "]\n\t"                                                                                                \
    "adcq $0, %[" top "]\n\t"

/* l0..l4 += a * one limb of b; `zero` is a free register */
#define EC_ROW(zero, l0, l1, l2, l3, l4, offset)                                                                               \
    "movq " offset "(%[y]), %%rdx\n\t"                                                                                         \
    "xorl %k[" zero "], %k[" zero "]\n\t" EC_TERM("x", "0", l0, l1) EC_TERM("x", "8", l1, l2) EC_TERM("x", "16", l2, l3)       \
    EC_TERM("x", "24", l3, l4)                                                                                                 \
    "adcx %[" zero "], %[" l4 "]\n\t"

/* l0..l3 and a carry, minus p unless that is negative */
#define EC_FINISH(l0, l1, l2, l3, carry, spare)                                                                                \
    "movq %[" l0 "], %[lo]\n\t"                                                                                                \
    "movq %[" l1 "], %[hi]\n\t"                                                                                                \
    "movq %[" l2 "], %%rdx\n\t"                                                                                                \
    "movq %[" l3 "], %[" spare "]\n\t"                                                                                         \
    "subq $-1, %[lo]\n\t"                                                                                                      \
    "sbbq %[p1], %[hi]\n\t"                                                                                                    \
    "sbbq $0, %%rdx\n\t"                                                                                                       \
    "sbbq %[p3], %[" spare "]\n\t"                                                                                             \
    "sbbq $0, %[" carry "]\n\t"                                                                                                \
    "cmovnc %[lo], %[" l0 "]\n\t"                                                                                              \
    "cmovnc %[hi], %[" l1 "]\n\t"                                                                                              \
    "cmovnc %%rdx, %[" l2 "]\n\t"                                                                                              \
    "cmovnc %[" spare "], %[" l3 "]\n\t"

FS_INLINE void fe_mul(num *out, const num *a, const num *b) {
    uint64_t a0, a1, a2, a3, a4, a5, lo, hi;
    __asm__ volatile("movq 0(%[y]), %%rdx\n\t"
            "mulx 0(%[x]), %[a0], %[a1]\n\t"
            "mulx 8(%[x]), %[lo], %[a2]\n\t"
            "addq %[lo], %[a1]\n\t"
            "mulx 16(%[x]), %[lo], %[a3]\n\t"
            "adcq %[lo], %[a2]\n\t"
            "mulx 24(%[x]), %[lo], %[a4]\n\t"
            "adcq %[lo], %[a3]\n\t"
            "adcq $0, %[a4]\n\t"
            EC_REDUCE("a0", "a1", "a2", "a3", "a4", "a5")
            EC_ROW("a0", "a1", "a2", "a3", "a4", "a5", "8")
            EC_REDUCE("a1", "a2", "a3", "a4", "a5", "a0")
            EC_ROW("a1", "a2", "a3", "a4", "a5", "a0", "16")
            EC_REDUCE("a2", "a3", "a4", "a5", "a0", "a1")
            EC_ROW("a2", "a3", "a4", "a5", "a0", "a1", "24")
            EC_REDUCE("a3", "a4", "a5", "a0", "a1", "a2")
            EC_FINISH("a4", "a5", "a0", "a1", "a2", "a3")
            : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [a3] "=&r"(a3), [a4] "=&r"(a4), [a5] "=&r"(a5), [lo] "=&r"(lo),
              [hi] "=&r"(hi)
            : [x] "r"(a->limb), [y] "r"(b->limb), [p1] "r"(EC_SECOND_LIMB), [p3] "r"(EC_TOP_LIMB)
            : "rdx", "cc", "memory");
    out->limb[0] = a4, out->limb[1] = a5, out->limb[2] = a0, out->limb[3] = a1;
}

/* Limbs l0..l3 -> l1..l3, l0: the same reduction by shifts alone, for a product that is complete */
#define EC_REDUCE_LOW(l0, l1, l2, l3)                                                                                          \
    "movq %[" l0 "], %[lo]\n\t"                                                                                                \
    "movq %[" l0 "], %%rdx\n\t"                                                                                                \
    "movq %[" l0 "], %[hi]\n\t"                                                                                                \
    "shlq $32, %[lo]\n\t"                                                                                                      \
    "shrq $32, %[" l0 "]\n\t"                                                                                                  \
    "subq %[lo], %%rdx\n\t"                                                                                                    \
    "sbbq %[" l0 "], %[hi]\n\t"                                                                                                \
    "addq %[lo], %[" l1 "]\n\t"                                                                                                \
    "adcq %[" l0 "], %[" l2 "]\n\t"                                                                                            \
    "adcq %%rdx, %[" l3 "]\n\t"                                                                                                \
    "adcq $0, %[hi]\n\t"                                                                                                       \
    "movq %[hi], %[" l0 "]\n\t"

FS_INLINE void fe_sqr(num *out, const num *a) {
    static const uint64_t p[2] = {EC_SECOND_LIMB, EC_TOP_LIMB};
    uint64_t a0, a1, a2, a3, a4, a5, a6, a7, lo, hi;
    __asm__ volatile("movq 0(%[x]), %%rdx\n\t"
            "mulx 8(%[x]), %[a1], %[a2]\n\t"
            "mulx 16(%[x]), %[lo], %[a3]\n\t"
            "addq %[lo], %[a2]\n\t"
            "mulx 24(%[x]), %[lo], %[a4]\n\t"
            "adcq %[lo], %[a3]\n\t"
            "adcq $0, %[a4]\n\t"
            "movq 8(%[x]), %%rdx\n\t"
            "xorl %k[a5], %k[a5]\n\t"
            EC_TERM("x", "16", "a3", "a4")
            EC_TERM("x", "24", "a4", "a5")
            "movq 16(%[x]), %%rdx\n\t"
            "mulx 24(%[x]), %[lo], %[a6]\n\t"
            "adcx %[lo], %[a5]\n\t"
            "movl $0, %k[lo]\n\t"
            "adcx %[lo], %[a6]\n\t"
            "xorl %k[a7], %k[a7]\n\t"
            "movq 0(%[x]), %%rdx\n\t"
            "mulx %%rdx, %[a0], %[hi]\n\t"
            "adcx %[a1], %[a1]\n\t"
            "adox %[hi], %[a1]\n\t"
            EC_DOUBLE("8", "a2", "a3")
            EC_DOUBLE("16", "a4", "a5")
            EC_DOUBLE("24", "a6", "a7")
            EC_REDUCE_LOW("a0", "a1", "a2", "a3")
            EC_REDUCE_LOW("a1", "a2", "a3", "a0")
            EC_REDUCE_LOW("a2", "a3", "a0", "a1")
            EC_REDUCE_LOW("a3", "a0", "a1", "a2")
            "addq %[a0], %[a4]\n\t"
            "adcq %[a1], %[a5]\n\t"
            "adcq %[a2], %[a6]\n\t"
            "adcq %[a3], %[a7]\n\t"
            "movl $0, %k[a0]\n\t"
            "adcq $0, %[a0]\n\t"
            EC_FINISH("a4", "a5", "a6", "a7", "a0", "a1")
            : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [a3] "=&r"(a3), [a4] "=&r"(a4), [a5] "=&r"(a5), [a6] "=&r"(a6),
              [a7] "=&r"(a7), [lo] "=&r"(lo), [hi] "=&r"(hi)
            : [x] "r"(a->limb), [p1] "m"(p[0]), [p3] "m"(p[1])
            : "rdx", "cc", "memory");
    out->limb[0] = a4, out->limb[1] = a5, out->limb[2] = a6, out->limb[3] = a7;
}

/* a - b, plus p if that is negative */
FS_INLINE void fe_sub(num *out, const num *a, const num *b) {
    uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], p1, p3, mask;
    __asm__ volatile("subq 0(%[y]), %[a0]\n\t"
            "sbbq 8(%[y]), %[a1]\n\t"
            "sbbq 16(%[y]), %[a2]\n\t"
            "sbbq 24(%[y]), %[a3]\n\t"
            "sbbq %[mask], %[mask]\n\t"
            "movl %k[mask], %k[p1]\n\t"
            "movq %[top], %[p3]\n\t"
            "andq %[mask], %[p3]\n\t"
            "addq %[mask], %[a0]\n\t"
            "adcq %[p1], %[a1]\n\t"
            "adcq $0, %[a2]\n\t"
            "adcq %[p3], %[a3]\n\t"
            : [a0] "+&r"(a0), [a1] "+&r"(a1), [a2] "+&r"(a2), [a3] "+&r"(a3), [p1] "=&r"(p1), [p3] "=&r"(p3), [mask] "=&r"(mask)
            : [y] "r"(b->limb), [top] "r"(EC_TOP_LIMB)
            : "cc", "memory");
    out->limb[0] = a0, out->limb[1] = a1, out->limb[2] = a2, out->limb[3] = a3;
}
