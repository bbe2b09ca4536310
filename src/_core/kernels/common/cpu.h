/* What this x86-64 offers beyond what every compiler's __builtin_cpu_supports can tell: clang 14's knows neither "adx" nor "sha". */
#ifndef FS_CPU_H
#define FS_CPU_H

#if defined(__x86_64__)
#include <stdbool.h>

#define FS_CPU_ADX (1u << 19) /* bits of EBX of CPUID leaf 7 (Intel SDM, volume 2A) */
#define FS_CPU_SHA (1u << 29)

/* Has it all of these? Cheap: the CPU is asked once, for in a virtual machine asking costs microseconds. */
bool fs_cpu_has(unsigned int features);

#endif
#endif
