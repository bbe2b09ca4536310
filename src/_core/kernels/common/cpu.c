#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdatomic.h>

#define ASKED 1u /* bit 0 is FSGSBASE, which nobody here asks for */

bool fs_cpu_has(unsigned int features) {
    static atomic_uint known;
    unsigned int offered = atomic_load_explicit(&known, memory_order_relaxed);
    if (offered == 0) {
        unsigned int eax, ebx = 0, ecx, edx;
        if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) ebx = 0;
        offered = ebx | ASKED;
        atomic_store_explicit(&known, offered, memory_order_relaxed);
    }
    return (offered & features) == features;
}

#endif
